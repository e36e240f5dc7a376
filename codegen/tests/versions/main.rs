//! Next versions of a small document: each change is imported, compared, rendered and, for a part of them, compiled with
//! programs that must break and programs that must still compile. `cases` has one change of each class;
//! `generated_documents` plants several at random.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking and reports its counts"
)]

mod adopt;
mod cases;
mod compiled;
mod document;
mod files;
mod generated_documents;
mod isolated;
mod json_names;
mod planted;
mod random;
mod verdicts;
mod workspace;
