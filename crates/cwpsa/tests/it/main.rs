//! Tests of the program with a running simulator, faults, files, or a server that is off.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod conditions;
mod listen;
mod program;
mod search;
mod target;
mod trigger;
