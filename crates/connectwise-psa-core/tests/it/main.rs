//! Tests of the core crate in one binary: what generated code relies on, and how the crate handles the known behaviour
//! of the server.
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
mod edge_cases;
mod errors;
mod json;
mod lengths;
mod list_properties;
mod lists;
mod paging;
mod paging_server;
mod read_ahead;
mod regressions;
mod sample;
mod typed;
