//! Tests of the program with a running simulator, faults, files, or a server that is off.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod call;
mod changes;
mod check;
mod closed_pipe;
mod completion;
mod conditions;
mod connections;
mod examples;
mod guides;
mod listen;
mod login;
mod mcp;
mod output;
mod program;
mod records;
mod search;
mod sim;
mod target;
mod trigger;
mod user;
