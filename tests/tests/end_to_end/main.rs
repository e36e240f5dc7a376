//! The client against the simulated server, as integrators use it: each story is told through the public interface
//! alone, and held against both what callers get back and what the server then holds.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod blocking;
mod callbacks;
mod calls;
mod documents;
mod failures;
mod finance;
mod lists;
mod logins;
mod organisation;
mod projects;
mod questions;
mod raw;
mod restart;
mod tickets;
