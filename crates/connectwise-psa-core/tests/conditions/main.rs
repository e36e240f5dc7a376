//! Properties of the conditions language, held against random conditions, texts and records: what no list of examples
//! would find.
// Results are checked by the test runner; indexing and unwrapping are how a test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod evaluation;
mod generate;
mod injection;
mod reference;
mod robustness;
mod round_trip;
mod spelling;

use proptest::test_runner::{Config, RngSeed};

/// Enough cases to meet every production of the grammar often; failures are reported, not kept in files.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Always the same cases, for tests that count what the generators make.
fn counted(cases: u32) -> Config {
    Config { rng_seed: RngSeed::Fixed(1), ..config(cases) }
}
