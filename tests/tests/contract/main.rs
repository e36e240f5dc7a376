//! The contract between the description, the generated code and the wire: every operation is called once, every type is
//! read and written, and every integration action has its operation. `generated` is written by `cargo xtask regen`;
//! what it is held against is read from openapi/psa.json here, without the generator.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking and reports its counts"
)]

mod actions;
mod calls;
mod description;
mod every_type;
#[rustfmt::skip]
#[allow(unused_imports, clippy::all, reason = "generated: which imports a section needs depends on the description")]
mod generated;
mod samples;
