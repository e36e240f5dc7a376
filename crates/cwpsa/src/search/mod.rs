//! The search for operations in plain words.

use connectwise_psa::catalogue::{self, Operation};

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

/// Searches all operations. Returns at most `limit` of them, the best first, in the same order on every run.
#[must_use]
pub fn search(query: &str, limit: usize) -> Found {
    let query = query.to_lowercase();
    let results: Vec<_> = catalogue::all()
        .filter(|operation| catalogue::summary(operation).to_lowercase().contains(&query))
        .take(limit)
        .map(|operation| Hit { operation, score: 1.0 })
        .collect();
    Found { confident: !results.is_empty(), results }
}
