//! A client for the ConnectWise PSA (formerly Manage) REST API: every operation of its twelve sections as a typed
//! function, with login, paging, retries and limits taken care of.
//!
//! ```no_run
//! # #[cfg(feature = "service")]
//! # async fn run() -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::types::Ticket;
//! use connectwise_psa::{Patch, Psa};
//!
//! // CW_SITE, CW_COMPANY, CW_PUBLIC_KEY, CW_PRIVATE_KEY and CW_CLIENT_ID; or `Psa::builder()`.
//! let psa = Psa::from_env()?;
//!
//! // A list says what is read of it: `all`, `page`, `first`, `one`, `stream` or `pages`.
//! let mut open = psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).stream();
//! while let Some(ticket) = open.next().await {
//!     println!("{:?}", ticket?.summary);
//! }
//!
//! // Every other call is sent when it is awaited.
//! let created = psa.service().create_ticket(&Ticket::new("Printer on fire", 5)).await?;
//! let patch = Patch::new().set(Ticket::fields().summary(), "Extinguished");
//! psa.service().update_ticket(42, &patch).timeout(std::time::Duration::from_secs(20)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! | for | see |
//! |---|---|
//! | a client | [`Psa`], [`PsaBuilder`], [`Region`]; whether the settings are right: [`Psa::check`] and the module [`check`] |
//! | operations | a method of [`Psa`] for each section, such as `psa.service()`; the module of the section, such as `service`, has its `Client` |
//! | types | [`types`]: the records of all sections; [`Reference`], [`RecordInfo`], [`Date`], [`DateTime`] |
//! | calls | [`List`], [`Get`], [`Count`], [`Call`]; their options: [`CallOptions`], [`RetryPolicy`]; the module [`calls`] |
//! | conditions | [`Filter`] and the module [`fields`] for typed ones; [`Condition`] and the module [`conditions`] for text and values |
//! | changes | [`Patch`] and the module [`patch`]; [`Get::edit`] |
//! | files | [`Upload`], [`Download`], [`ByteStream`] |
//! | errors | [`Error`], [`ErrorKind`], [`FieldError`] |
//! | anything by path or name, as JSON | [`Psa::request`], [`Psa::operation`] and the module [`raw`] |
//! | the table of operations | [`catalogue`]; JSON Schemas of all types: `schemas` (feature `schemas`) |
//! | other transports, for tests | [`transport`] |
//! | calls without async | `blocking` (feature `blocking`) |
//! | crates that are part of this interface | [`dependencies`] |
//!
//! # Calls
//!
//! Every operation returns a value that owns what it needs (`'static` and [`Send`]): it can be stored, passed on, and
//! spawned with `tokio::spawn(call.into_future())`. Awaiting it sends the request. Each call has the options `timeout`,
//! `version`, `retry`, `retry_non_idempotent` and `header`, which override those of the client, and `dry_run`, which
//! shows the request without sending it. A [`List`] is not a future, so that nobody takes its first page for the whole
//! list.
//!
//! # Errors
//!
//! One type, [`Error`], carries the operation, the HTTP status, PSA's code, message and field errors, and what to do
//! next. [`Error::kind`] is for one `match`; [`is_ambiguous`](Error::is_ambiguous) says that a change may have been
//! carried out although no response confirms it, [`is_retryable`](Error::is_retryable) that the same call may succeed
//! later and repeating it does no harm. What the network said is the error's [`source`](std::error::Error::source).
//!
//! # Retries
//!
//! A request is sent again after a 429 (when the server says, or after 30 s), a 502, 503 or 504, a 500 that mentions a
//! timeout, and when the connection cannot be made or breaks. Delays grow and vary ([`RetryPolicy`]); the time of the
//! whole call and a budget shared by all clones bound them.
//!
//! A request that may have reached the server is retried only if repeating it is harmless: reads, searches, PUT,
//! DELETE, and patches that set or empty members by name. A POST, an `add` and a change of an element by its index are
//! repeated only after a 429 or when no connection was made; [`CallOptions::retry_non_idempotent`] lifts that.
//! Otherwise the error is [`is_ambiguous`](Error::is_ambiguous).
//!
//! # Credentials
//!
//! Credentials go to the configured server and nowhere else. Redirects are not followed, only the page number is taken
//! from links, and discovery cannot lead out of the vendor's domain. Keys are in secret types, and headers that carry
//! them are marked, so that neither `Debug` nor logs show them.
//!
//! # Features
//!
//! | feature | what it compiles |
//! |---|---|
//! | `company`, `configurations`, `expense`, `finance`, `marketing`, `procurement`, `project`, `sales`, `schedule`, `service`, `system`, `time` | the operations of a section and the types they reach; all are on by default |
//! | `rustls` (on by default), `native-tls` | TLS by rustls, or by the library of the operating system |
//! | `blocking` | calls without async |
//! | `schemas` | JSON Schemas of every type, and checks of conditions given as text |
//!
//! A program that needs one section compiles in a fraction of the time with
//! `default-features = false, features = ["rustls", "service"]`.
//!
//! # Versions
//!
//! The bindings are generated from the vendor's description of the API version in [`API_VERSION`]. A new API version is
//! a new minor version of this crate while it is below 1.0. The minimum Rust version is 1.88.
//!
//! # Guides
//!
//! The repository has a guide to the conditions language (`docs/conditions.md`), one to the simulated server for tests
//! (`docs/simulator.md`), the policy of versions and dependencies (`docs/policy.md`), and `CONTRIBUTING.md` for those
//! who change the code.
#![forbid(unsafe_code)]
// docs.rs shows the feature of each item. This needs a nightly compiler, which sets `docsrs`.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
pub mod blocking;
pub mod calls;
pub mod catalogue;
pub mod check;
pub mod conditions;
pub mod dependencies;
pub mod fields;
pub mod json;
pub mod patch;
pub mod raw;
pub mod transport;

mod auth;
mod builder;
mod client;
mod discovery;
mod rights;
mod sync;

pub use connectwise_psa_bindings::API_VERSION;
#[cfg(feature = "company")]
#[doc(inline)]
pub use connectwise_psa_bindings::company;
#[cfg(feature = "configurations")]
#[doc(inline)]
pub use connectwise_psa_bindings::configurations;
#[cfg(feature = "expense")]
#[doc(inline)]
pub use connectwise_psa_bindings::expense;
#[cfg(feature = "finance")]
#[doc(inline)]
pub use connectwise_psa_bindings::finance;
#[cfg(feature = "marketing")]
#[doc(inline)]
pub use connectwise_psa_bindings::marketing;
#[cfg(feature = "procurement")]
#[doc(inline)]
pub use connectwise_psa_bindings::procurement;
#[cfg(feature = "project")]
#[doc(inline)]
pub use connectwise_psa_bindings::project;
#[cfg(feature = "sales")]
#[doc(inline)]
pub use connectwise_psa_bindings::sales;
#[cfg(feature = "schedule")]
#[doc(inline)]
pub use connectwise_psa_bindings::schedule;
#[cfg(feature = "schemas")]
#[doc(inline)]
pub use connectwise_psa_bindings::schemas;
#[cfg(feature = "service")]
#[doc(inline)]
pub use connectwise_psa_bindings::service;
#[cfg(feature = "system")]
#[doc(inline)]
pub use connectwise_psa_bindings::system;
#[cfg(feature = "time")]
#[doc(inline)]
pub use connectwise_psa_bindings::time;
#[doc(inline)]
pub use connectwise_psa_bindings::types;

// What a program names every day. Each public item has one path: what is named here is in none of the modules. The
// exception is `Value`, `Uuid` and `Decimal`, which `dependencies` has as well, because it exports whole crates.
pub use builder::PsaBuilder;
pub use client::Psa;
pub use connectwise_psa_core::calls::{Bookmark, Call, Count, Get, List, Page};
pub use connectwise_psa_core::conditions::Condition;
pub use connectwise_psa_core::error::{Error, ErrorKind, FieldError};
pub use connectwise_psa_core::fields::Filter;
pub use connectwise_psa_core::json::{Amount, Date, DateText, DateTime, Decimal, Record, RecordInfo, Reference};
pub use connectwise_psa_core::operation::Method;
pub use connectwise_psa_core::patch::Patch;
pub use connectwise_psa_core::query::ListQuery;
pub use connectwise_psa_core::serde_json::Value;
pub use connectwise_psa_core::transport::{ByteStream, CallOptions, Download, DryRun, RetryPolicy, Upload};
pub use connectwise_psa_core::uuid::Uuid;
pub use discovery::company_info::CompanyInfo;
pub use discovery::mode::Discovery;
pub use discovery::region::Region;
