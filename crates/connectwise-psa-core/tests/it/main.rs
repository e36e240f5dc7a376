//! Contract tests of the runtime, in one binary: what generated code relies on, and what the server is known to do.
// Results are checked by the test runner; indexing and unwrapping are how a test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod amounts;
mod calls;
mod diffs;
mod edges;
mod errors;
mod faults;
mod lengths;
mod lists;
mod paging;
mod sample;
mod table;
mod typed;
mod wire;
