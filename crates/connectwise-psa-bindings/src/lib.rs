//! Every operation and type of the ConnectWise PSA (formerly Manage) REST API, generated from the vendor's description.
//!
//! One module for each section of the API (`service`, `company`, `finance`, …) with a `Client`; [`types`] with the
//! types of all sections, [`fields`] with the fields that conditions on them are made of; [`catalogue`] with a table of
//! what each operation is on the wire. Operations are found by our name or by the vendor's operation id: both are in
//! the search of this documentation.
//!
//! Programs use them through `connectwise-psa`, which adds authentication, retries, limits and all else that a server
//! needs; here requests leave through any [`Transport`](connectwise_psa_core::transport::Transport).
//!
#![doc = include_str!("generated/api_version.md")]
//!
//! ```
//! # #[cfg(feature = "service")]
//! # async fn run(connection: connectwise_psa_core::transport::Connection) -> Result<(), connectwise_psa_core::error::Error> {
//! use connectwise_psa_core::json::Record as _;
//! use connectwise_psa_core::patch::Patch;
//! use connectwise_psa_bindings::{service, types::Ticket};
//!
//! let service = service::Client::new(&connection);
//!
//! let hot = service
//!     .list_tickets()
//!     .filter(|ticket| ticket.closed_flag().eq(false) & (ticket.priority().id().is_in([1, 2]) | ticket.summary().contains("down")))
//!     .sort(|ticket| ticket.last_updated().desc());
//! for ticket in hot.all().await? {
//!     println!("{:?} {:?}", ticket.id, ticket.summary);
//! }
//! let created = service.create_ticket(&Ticket::new("Printer on fire", 5)).await?;
//! service.update_ticket(created.id()?, &Patch::new().replace("summary", "Printer extinguished")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Reading and writing
//!
//! Every member of every type is optional: the server leaves out and nulls what its document calls required, and
//! `fields` makes that certain. Unknown members are ignored, unknown enum values are kept as text. Writing sends what
//! is set and nothing else; `new` takes what a creation needs. Any list or get decodes into your own type with
//! `.decode_as::<T>()`, so nobody waits for a release to read a new member.
//!
//! Numbers with a fraction are [`Amount`](connectwise_psa_core::json::Amount)s, exact to the last digit. Dates that the
//! document has as text are [`DateText`](connectwise_psa_core::json::DateText)s, which give the instant and keep the
//! text. Every type with an id is a [`Record`](connectwise_psa_core::json::Record), whose `id()` needs no `Option`.
//! `info()` gives the `_info` of a record.
//!
//! # New members
//!
//! A new version of the API adds members to types. Structs are open, so that literals can name a few members: end every
//! literal with `..Default::default()` and every pattern with `..`. Code that does so compiles with the new version,
//! and a new member does not count as a breaking change; `cargo xtask diff` lists new members under a heading of their
//! own. Enums are `#[non_exhaustive]`. Fields that are hidden from this documentation are not part of the API.
//!
//! ```
//! # #[cfg(feature = "service")]
//! # {
//! use connectwise_psa_bindings::types::Ticket;
//!
//! let ticket = Ticket { summary: Some("Printer on fire".into()), budget_hours: Some(1.5.into()), ..Default::default() };
//! let Ticket { summary, .. } = ticket;
//! assert_eq!(summary.as_deref(), Some("Printer on fire"));
//! # }
//! ```
//!
//! # Conditions
//!
//! `filter` takes a condition made of the record's own fields, so that a wrong name or a wrong kind of value does not
//! compile; `filter_children` is for the elements of its lists, `filter_custom_fields` for its custom fields, `sort`
//! and `select` for the order and the fields to read. Conditions as text are read before they are sent
//! ([`Condition`](connectwise_psa_core::conditions::Condition)) and, with the feature `schemas`, checked against the
//! record (`schemas::check`).
//!
//! ```
//! # #[cfg(feature = "service")]
//! # {
//! use connectwise_psa_core::fields::Filter;
//! use connectwise_psa_bindings::types::Ticket;
//!
//! fn on_board(name: &str) -> Filter<Ticket> {
//!     Ticket::fields().board().name().eq(name)
//! }
//!
//! let filter = on_board("Integration") & !Ticket::fields().status().name().is_in(["Closed", "Cancelled"]);
//! assert_eq!(filter.condition()?.to_string(), r#"board/name="Integration" and status/name not in ("Closed","Cancelled")"#);
//! # }
//! # Ok::<(), connectwise_psa_core::error::Error>(())
//! ```
//!
//! # Features
//!
//! One feature for each section, all on by default; a section's feature compiles its operations and the types they
//! reach. `schemas` adds the JSON Schemas of every type. For short builds, turn the default off and name the sections
//! you use.
//!
//! # Versions
//!
//! [`API_VERSION`] is the API version. The version of the crate does not name it, because a registry does not keep two
//! versions apart that differ only in build metadata. Below 1.0, each new API version is a new minor version of this
//! crate. It may add, rename and remove operations, types, fields, members and arguments; the changelog lists each
//! change. A patch version changes none of this. Code that is written as follows compiles with most new API versions:
//!
//! - Construct a record with `new`, or with the members that you need and `..Default::default()`. Match it with `..`. A
//!   new member is not a breaking change.
//! - Match enums with an arm for everything else: all are `#[non_exhaustive]`, and a value that the description does
//!   not name is kept.
//! - Items that are hidden in this documentation are for the generated code alone. They may change in any version.
#![forbid(unsafe_code)]
// docs.rs shows the feature of each item. This needs a nightly compiler, which sets `docsrs`.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod catalogue;
#[allow(clippy::all, clippy::pedantic, reason = "generated: judged by its generator's tests and its own contract tests")]
#[allow(unreachable_pub, reason = "a section may share no type with another, and then `common` is empty")]
#[allow(unused_imports, reason = "which imports a section needs depends on the description")]
#[allow(unused_qualifications, reason = "generated paths say `types::` even where the type lies in the same file")]
#[rustfmt::skip]
mod generated;
#[cfg(feature = "schemas")]
pub mod schemas;

pub use generated::*;
// Generated types implement its `JsonSchema`.
#[cfg(feature = "schemas")]
pub use schemars;
