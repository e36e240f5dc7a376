//! Tests what the client sends to test servers, and what it returns to callers. All files are compiled into one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![cfg(all(feature = "service", feature = "system"))]

#[cfg(feature = "company")]
mod access;
mod bulk;
mod check;
#[cfg(feature = "company")]
mod company_condition;
mod compression;
#[cfg(feature = "company")]
mod contacts;
mod credential_source;
mod credentials;
mod discovery;
#[cfg(feature = "documents")]
mod documents;
mod echo;
mod errors;
mod limits;
mod logs;
#[cfg(feature = "webhooks")]
mod message_handling;
#[cfg(feature = "webhooks")]
mod message_receiving;
#[cfg(feature = "webhooks")]
mod message_store;
mod origin;
mod proxy;
mod raw;
mod read_ahead;
mod reports;
mod response_size;
mod responses;
mod retries;
mod secrets;
mod server;
mod tickets;
mod version;
#[cfg(feature = "webhooks")]
mod webhook_key_urls;
#[cfg(feature = "webhooks")]
mod webhook_verification;
#[cfg(feature = "webhooks")]
mod webhooks;
