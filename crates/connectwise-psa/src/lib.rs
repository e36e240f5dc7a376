//! A client for the ConnectWise PSA (formerly Manage) REST API: every operation, and the care that each of them needs.
//!
//! ```no_run
//! # #[cfg(feature = "service")]
//! # async fn run() -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::types::Ticket;
//! use connectwise_psa::{Patch, Psa};
//!
//! let psa = Psa::from_env()?;
//! let mut open = psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).stream();
//! while let Some(ticket) = open.next().await {
//!     println!("{:?}", ticket?.summary);
//! }
//! let created = psa.service().create_ticket(&Ticket::new("Printer on fire", 5)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Retries
//!
//! A request is sent again after a 429 (when the server says, or after 30 s), a 502, 503 or 504, a 500 that speaks of a timeout, and when the connection cannot
//! be made or breaks. Delays grow and vary ([`RetryPolicy`]); the time of the whole call and a budget shared by all clones bound them.
//!
//! What may have been carried out already is sent again only when that leaves the same: readings, searches, PUT, DELETE, and patches that set or empty members
//! by name. A POST, an `add` and a change of an element by its index are repeated only after a 429 or when no connection was made;
//! [`CallOptions::retry_non_idempotent`] lifts that for calls that bear it. Otherwise the error is [`is_ambiguous`](Error::is_ambiguous).
//!
//! # Credentials
//!
//! They go to the configured server and nowhere else. Redirects are not followed, of links only the page is read, and a lookup cannot lead out of the vendor's
//! domain. They are in secret types, and headers that carry them are marked, so that neither `Debug` nor logs show them.
//!
//! # Features
//!
//! One for each section of the API, all on by default; `rustls` (default) or `native-tls`; `blocking`; `schemas`. Programs that need one section compile in a
//! fraction of the time: `default-features = false, features = ["rustls", "service"]`.
#![forbid(unsafe_code)]

#[cfg(feature = "blocking")]
pub mod blocking;

mod auth;
mod builder;
mod check;
mod client;
mod discovery;
mod raw;
mod rights;
mod sync;
mod transport;

// What the public interface is made of, for callers that name its types.
pub use reqwest;

// The bindings and the runtime under them: whoever uses this crate needs no other of ours.
pub use connectwise_psa_bindings::*;
pub use connectwise_psa_core::*;

pub use builder::PsaBuilder;
pub use check::report::{Check, CheckOutcome, CheckReport, CheckSubject};
pub use client::Psa;
pub use discovery::company_info::CompanyInfo;
pub use discovery::mode::Discovery;
pub use discovery::region::Region;
pub use raw::body::RawBody;
pub use raw::request::RawRequest;
pub use raw::response::RawResponse;
pub use rights::{Right, rights};
