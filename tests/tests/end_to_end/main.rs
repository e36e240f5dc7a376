//! The client against the simulator, as integrators use it. Each test is a story. It uses only the public API, and
//! checks both the results of the calls and the records that the simulator has afterwards.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod authentication;
mod blocking;
mod bulk;
mod callback_registration;
mod callbacks;
mod calls;
mod catch_up;
mod contacts;
mod custom_fields;
mod documents;
mod failures;
mod finance;
mod hosted_pages;
mod lists;
mod projects;
mod raw;
mod reports;
mod restart;
mod setup;
mod ticket_helpers;
mod tickets;
mod webhooks;
