//! Measures the search for operations, beside plain BM25 and substring matching: `cargo bench -p cwpsa --bench search`.
//!
//! `queries.csv` has requests whose words were not used to name anything, with the operations that fulfil them;
//! `unfulfillable.csv` has requests that no operation fulfils. Rows with the split `held-out` were never used to improve
//! the search. The benchmark `program` has the times of whole processes. With `--misses`, it also prints the queries of the split `tuning` whose first result is wrong.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panicking"
)]

mod baselines;
mod figures;
mod queries;

use connectwise_psa::catalogue::{self, Operation};

use crate::baselines::{Bm25, substring};
use crate::figures::{print_confidence, print_index, print_misses, print_shares};
use crate::queries::Queries;

/// The number of results that count as found.
const AMONG: usize = 5;

/// A way to search: returns the vendor ids of the best operations.
type Search<'a> = &'a dyn Fn(&str) -> Vec<&'static str>;

fn main() {
    let queries = match Queries::read() {
        Ok(queries) => queries,
        Err(error) => {
            eprintln!("the queries cannot be read: {error}");
            std::process::exit(1);
        }
    };
    if std::env::args().any(|argument| argument == "--misses") {
        print_misses(&queries, &ours);
        return;
    }
    let bm25 = Bm25::new();
    let ways: [(&str, Search<'_>); 3] = [
        ("ours", &ours),
        ("BM25", &|query| ids(bm25.search(query, AMONG))),
        ("substring", &|query| ids(substring(query, AMONG))),
    ];
    print_shares(&queries, &ways);
    print_confidence(&queries);
    print_index(&queries);
}

fn ours(query: &str) -> Vec<&'static str> {
    ids(cwpsa::search::search(query, AMONG).results.into_iter().map(|hit| hit.operation))
}

fn ids(operations: impl IntoIterator<Item = &'static Operation>) -> Vec<&'static str> {
    operations.into_iter().map(|operation| operation.vendor_id).collect()
}

/// Returns the text of an operation for the baselines: the words of its id, its sentence, and its path.
fn text(operation: &'static Operation) -> String {
    format!("{} {} {}", operation.id.replace('_', " "), catalogue::summary(operation), operation.path)
}
