//! Checks that the generated code agrees with the OpenAPI document: the tests call every operation once, deserialise
//! and serialise every type, and look up the operation of every action in openapi/actions.csv. `cargo xtask regen`
//! writes the module `generated`. The expected values come directly from openapi/psa.json, without the generator.

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
mod every_type;
mod live_records;
mod openapi;
#[rustfmt::skip]
#[allow(unused_imports, clippy::all, reason = "generated: the needed imports depend on the OpenAPI document")]
mod generated;
mod samples;
