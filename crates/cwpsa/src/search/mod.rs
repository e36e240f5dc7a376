//! The search for operations in plain words.
//!
//! Operations are few hundred collections times the same few verbs, so `rank` ranks the collections by the things that a
//! query names, and then their operations by its verb. docs/search.md explains how, and how well it does.

mod fields;
mod glossary;
mod index;
mod query;
mod rank;
mod typos;
mod verb;
mod words;

use std::sync::LazyLock;

use connectwise_psa::catalogue::Operation;

use crate::search::glossary::Glossary;
use crate::search::index::Index;
use crate::search::query::Query;
use crate::search::rank::{Ranked, rank};

/// The result of a search.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whether the first results fit the query well. False is the response to a request that PSA cannot fulfil.
    pub confident: bool,
    /// The operations, the best first.
    pub results: Vec<Hit>,
}

/// One operation that a search found.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// The operation.
    pub operation: &'static Operation,
    /// How well it fits: higher is better. Comparable within one search only.
    pub score: f64,
}

/// What a search needs, read once.
struct Data {
    glossary: Glossary,
    index: Index,
}

static DATA: LazyLock<Data> = LazyLock::new(|| Data { glossary: Glossary::new(), index: Index::new() });

/// The share of a query that its first result must cover.
const CONFIDENT_COVERAGE: f64 = 0.6;

/// How well the verb of the first result must fit.
const CONFIDENT_VERB: f64 = 0.45;

/// Searches all operations. Returns at most `limit` of them, the best first, in the same order on every run.
#[must_use]
pub fn search(query: &str, limit: usize) -> Found {
    let query = Query::parse(query, &DATA.glossary, &DATA.index);
    let mut ranked = rank(&query, &DATA.index);
    let confident = ranked.first().is_some_and(|first| is_confident(&query, first));
    ranked.truncate(limit);
    let results = ranked.into_iter().map(|Ranked { operation, score, .. }| Hit { operation, score }).collect();
    Found { confident, results }
}

/// Returns the memory of the search in bytes, about.
#[must_use]
pub fn size() -> usize {
    DATA.index.size() + DATA.glossary.size()
}

fn is_confident(query: &Query, first: &Ranked) -> bool {
    !query.asks_for_nothing && first.coverage >= CONFIDENT_COVERAGE && first.verb_fit >= CONFIDENT_VERB
}
