//! Compares the simulator's records with what is known of live servers: the fields that records always have, the names
//! of links, and the records that a POST creates with those that the demo data contains.
//!
//! The data files are next to this file. `exceptions.csv` lists every known difference with its reason; a difference
//! that is not listed fails a test, and so does a listed one that no longer exists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints the counts"
)]

mod created;
mod exceptions;
mod fields;
mod hrefs;
mod links;
mod lists;
mod paths;
mod replaced;
