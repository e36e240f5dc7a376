//! Contract tests of the runtime, in one binary: what generated code relies on, and the known behaviour of the server.
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
