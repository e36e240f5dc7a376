//! Property tests of the conditions language with random conditions, texts and records. They find cases that a list of
//! examples misses.
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

/// Returns a configuration with this many cases. Failures are not saved in files.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Returns a configuration with a fixed seed, for tests that count generated values.
fn fixed_seed(cases: u32) -> Config {
    Config { rng_seed: RngSeed::Fixed(1), ..config(cases) }
}
