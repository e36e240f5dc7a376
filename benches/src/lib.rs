//! What `cargo xtask bench` measures inside a process: decoding, encoding, lists, conditions and memory.
//!
//! The programs of this package read one request per line from standard input (`decode ticket slice`), carry it out
//! once, and print one line of JSON for it. So `cargo xtask bench` can alternate between programs in several languages,
//! and computes all figures in one way.
//!
//! progenitor's plain types are not part of the repository. `cargo xtask bench` generates them, and passes them to
//! [`times::Times`] in a program that it writes.

pub mod memory;
pub mod pages;
pub mod plain;
pub mod protocol;
pub mod times;

mod conditions;
mod decoding;
mod lists;
mod types;

/// The number of records of a page.
pub const PAGE: usize = 1000;
