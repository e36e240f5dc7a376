//! A client for the ConnectWise PSA (formerly Manage) REST API. It has a typed function for every operation of the
//! twelve sections, and handles authentication, paging, retries and rate limits.
//!
//! ```no_run
//! # #[cfg(feature = "service")]
//! # async fn run() -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::types::Ticket;
//! use connectwise_psa::{Patch, Psa};
//!
//! // Reads CW_SITE, CW_COMPANY, CW_PUBLIC_KEY, CW_PRIVATE_KEY and CW_CLIENT_ID. `Psa::builder()` takes them as values.
//! let psa = Psa::from_env()?;
//!
//! // A list is read with one of `all`, `page`, `first`, `one`, `stream` and `pages`.
//! let mut open = psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).stream();
//! while let Some(ticket) = open.next().await {
//!     println!("{:?}", ticket?.summary);
//! }
//!
//! // Awaiting any other call sends it.
//! let company_id = 5;
//! let created = psa.service().create_ticket(&Ticket::new("Printer on fire", company_id)).await?;
//! let patch = Patch::new().set(Ticket::fields().summary(), "Extinguished");
//! psa.service().update_ticket(42, &patch).timeout(std::time::Duration::from_secs(20)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Overview
//!
//! | topic | items |
//! |---|---|
//! | client | [`Psa`], [`PsaBuilder`], [`Region`]; to check the settings: [`Psa::check`] and the module [`check`] |
//! | rights of the API member | [`Psa::access`] and the module [`access`] |
//! | credentials from a vault, or tokens of a gateway | the module [`credentials`] |
//! | operations | `psa.service()` returns `service::Client`, which has the operations of the section `service`; the other sections work in the same way |
//! | types | [`types`]: the records of all sections; [`Reference`] in [`Shared`], [`RecordInfo`], [`Date`], [`DateTime`] |
//! | calls | [`List`], [`Get`], [`Count`], [`Call`]; their options: [`CallOptions`], [`RetryPolicy`]; the module [`calls`] |
//! | conditions | [`Filter`] and the module [`fields`] for typed filters; [`Condition`] and the module [`conditions`] to parse conditions from text, or to build them at run time |
//! | updates | [`Patch`] and the module [`patch`]; [`Get::edit`] |
//! | files | `psa.documents()` and the module `documents` (feature `documents`); [`Upload`], [`Download`], [`ByteStream`] |
//! | reports, the audit trail | `psa.reports()` and the module `reports` (feature `system`) |
//! | many records | [`bulk::run`], `psa.bulk()` and the module [`bulk`] |
//! | webhooks (callbacks): verified messages, stores, handlers | `Receiver` in the module `webhooks` (features `webhooks`, `axum`) |
//! | webhooks (callbacks): registration, catch-up | `Psa::callbacks` and the module `webhooks` (feature `webhooks`) |
//! | pages that PSA shows in a frame | the module [`hosted`]; `Psa::hosted_pages` (feature `system`) |
//! | custom fields by caption | the module `custom_fields` |
//! | tickets, contacts | the modules `tickets` (feature `service`) and `contacts` (feature `company`) |
//! | records that exist once for each key | [`Psa::find_or_create`] and the module [`find_or_create`] |
//! | errors | [`Error`], [`ErrorKind`], [`FieldError`] |
//! | untyped requests, by path or operation name, with JSON | [`Psa::request`], [`Psa::operation`] and the module [`raw`] |
//! | catalogue of operations | [`catalogue`]; JSON Schemas of all types: `schemas` (feature `schemas`) |
//! | custom transports, for tests | [`transport`] |
//! | blocking calls | `blocking` (feature `blocking`) |
//! | crates whose types are part of the public API | [`dependencies`] |
//!
//! # Calls
//!
//! Every operation returns a call: a value that owns its data (`'static` and [`Send`]). A call can be stored, passed
//! on, and spawned with `tokio::spawn(call.into_future())`. Awaiting it sends the request. The exception is [`List`]:
//! call one of its methods, such as `all` or `stream`. Each call has the options `timeout`, `version`,
//! `without_version`, `retry`, `retry_non_idempotent` and `header`, which override those of the client. Its `dry_run`
//! shows the request without sending it.
//!
//! # Errors
//!
//! There is one error type, [`Error`]. It carries the operation, the HTTP status, PSA's code, message and field errors,
//! and advice on what to do next. [`Error::kind`] returns an enum to match on. [`is_ambiguous`](Error::is_ambiguous)
//! means that the server may have made a change although no response confirms it.
//! [`is_retryable`](Error::is_retryable) means that the same call may succeed later and that repeating it is harmless.
//! The underlying network error is the [`source`](std::error::Error::source).
//!
//! # Retries
//!
//! A request is retried after a 429 (after the time in `Retry-After`; without that header after 30 s, then 60 s and so
//! on), after a 502, 503 or 504, after a 500 whose message mentions a timeout or an exhausted connection pool, when the
//! connection fails, and when the server sends nothing for the time of [`PsaBuilder::read_timeout`].
//! The delays between attempts grow and have jitter. Retries end with the maximum number of attempts ([`RetryPolicy`]),
//! the timeout of the call, or the retry budget that a client and its clones share.
//!
//! A request that may have reached the server is retried only if repeating it is harmless: reads, searches, PUT,
//! DELETE, and patches that set or clear fields by name. A POST, and a patch that uses `add` or addresses an array
//! element by its index, is retried only after a 429 or if the client could not connect;
//! [`CallOptions::retry_non_idempotent`] lifts this restriction. If the server may have carried out a change and no
//! attempt succeeded, the error [`is_ambiguous`](Error::is_ambiguous).
//!
//! # Credentials
//!
//! Credentials are sent only to the configured host or, on the ConnectWise cloud, to the API host that the client looks
//! up, which must be in the same ConnectWise domain. Redirects are not followed. From a `Link` header, the client takes
//! only the page number or page id, never the URL. Keys are stored in
//! secret types, and headers that carry them are marked as sensitive, so neither `Debug` output nor logs show them.
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `company`, `configurations`, `expense`, `finance`, `marketing`, `procurement`, `project`, `sales`, `schedule`, `service`, `system`, `time` | the operations of a section and the types they use; all are on by default |
//! | `rustls` (on by default) | TLS by rustls with the cryptography of aws-lc |
//! | `rustls-ring` | TLS by rustls with the cryptography of ring, which compiles faster. `rustls` takes precedence. reqwest cannot use ring by itself: `PsaBuilder::http_client`, and every `reqwest::Client` that the program creates itself, then need a default provider of rustls, such as `rustls::crypto::ring::default_provider().install_default()`. |
//! | `native-tls` | TLS by the operating system's library, which takes precedence over both. Without any of the three, `build` rejects https hosts. |
//! | `socks` | SOCKS proxies; without it, `build` rejects a SOCKS proxy that the environment sets |
//! | `gzip` | `PsaBuilder::accept_gzip`, which requests compressed responses |
//! | `documents` (on by default) | uploads from files and downloads to files; enables `system` |
//! | `webhooks` | registration, receiving and catch-up of webhooks; enables `system` |
//! | `axum` | an axum router and extractor for webhooks; enables `webhooks` |
//! | `blocking` | blocking calls |
//! | `schemas` | JSON Schemas of every type, and `schemas::check`, which checks a query against the fields of its record before you send it |
//!
//! A program that needs one section compiles in a fraction of the time with
//! `default-features = false, features = ["rustls", "service"]`.
//!
//! # Versions
//!
//! The bindings are generated from ConnectWise's OpenAPI document of the API version [`API_VERSION`]. Below 1.0, a new
//! API version is a new minor version of this crate. The minimum Rust version is 1.88.
//!
//! # Guides
//!
//! The repository has guides in its folder `docs`: set-up in PSA (`setup.md`), whole lists (`lists.md`), the conditions
//! language (`conditions.md`), updates (`patches.md`), custom fields (`custom-fields.md`), tickets and contacts
//! (`tickets-and-contacts.md`), webhooks (`webhooks.md`), files (`files.md`), reports (`reports.md`), many records
//! (`bulk.md`), hosted pages (`hosted-pages.md`), amounts and dates (`amounts-and-dates.md`), errors (`errors.md`), tests
//! of your program (`testing.md`, `simulator.md`), and the policy for versions and dependencies (`policy.md`).
#![forbid(unsafe_code)]
// docs.rs sets `docsrs`, and builds with a nightly compiler, which `doc_cfg` needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod access;
#[cfg(feature = "blocking")]
pub mod blocking;
pub mod bulk;
pub mod calls;
pub mod catalogue;
pub mod check;
pub mod conditions;
#[cfg(feature = "company")]
pub mod contacts;
pub mod credentials;
#[cfg(any(
    feature = "company",
    feature = "expense",
    feature = "finance",
    feature = "procurement",
    feature = "project",
    feature = "sales",
    feature = "service",
    feature = "system",
    feature = "time"
))]
pub mod custom_fields;
pub mod dependencies;
#[cfg(feature = "documents")]
pub mod documents;
pub mod fields;
pub mod find_or_create;
pub mod hosted;
pub mod json;
pub mod patch;
pub mod raw;
#[cfg(feature = "system")]
pub mod reports;
#[cfg(feature = "service")]
pub mod tickets;
pub mod transport;
#[cfg(feature = "webhooks")]
pub mod webhooks;

mod auth;
mod builder;
mod client;
mod discovery;
#[cfg(any(feature = "documents", feature = "webhooks"))]
mod folder;
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

// The items that most programs use. Each public item has one path: an item that is exported here is not exported by a
// module too. The exceptions are `Value`, `Uuid` and `Decimal`: `dependencies` exports their whole crates.
pub use builder::PsaBuilder;
pub use client::Psa;
pub use connectwise_psa_core::calls::{Bookmark, Call, Count, Get, List, Page};
pub use connectwise_psa_core::conditions::Condition;
pub use connectwise_psa_core::error::{Error, ErrorKind, FieldError};
pub use connectwise_psa_core::fields::Filter;
pub use connectwise_psa_core::json::{
    Amount, Date, DateText, DateTime, Decimal, Record, RecordInfo, Reference, Shared,
};
pub use connectwise_psa_core::operation::Method;
pub use connectwise_psa_core::patch::Patch;
pub use connectwise_psa_core::query::ListQuery;
pub use connectwise_psa_core::serde_json::Value;
pub use connectwise_psa_core::transport::{ByteStream, CallOptions, Download, DryRun, RetryPolicy, Upload};
pub use connectwise_psa_core::uuid::Uuid;
pub use discovery::company_info::CompanyInfo;
pub use discovery::mode::Discovery;
pub use discovery::region::Region;
