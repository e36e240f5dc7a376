//! Contract tests of the client, in one binary: what is on the wire, and what callers get back.
// Results are checked by the test runner; indexing and unwrapping are how a test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![cfg(all(feature = "service", feature = "system"))]

mod check;
mod credentials;
mod discovery;
mod errors;
mod limits;
mod logs;
mod origin;
mod raw;
mod retries;
mod secrets;
mod server;
mod version;
