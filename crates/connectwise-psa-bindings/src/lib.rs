//! All operations and types of the ConnectWise PSA (formerly Manage) REST API, generated from the vendor's OpenAPI
//! document.
//!
//! - Each section of the API (`service`, `company`, `finance`, …) is a module with a `Client`.
//! - [`types`] has the types of all sections.
//! - [`fields`] has their typed fields, for conditions.
//! - [`catalogue`] is the table of all operations.
//!
//! The search of this documentation finds operations by their name and by the vendor's operation ID.
//!
//! Programs use this crate through `connectwise-psa`, which adds authentication, retries and rate limits. This crate
//! sends requests through any [`Transport`](connectwise_psa_core::transport::Transport).
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
//!     .filter(|ticket| {
//!         let is_urgent = ticket.priority().id().is_in([1, 2]) | ticket.summary().contains("down");
//!         ticket.closed_flag().eq(false) & is_urgent
//!     })
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
//! Every field of every type is optional: the server omits or nulls even fields that the document requires, and a call
//! can `select` only some fields. Unknown fields are ignored. Unknown enum values are kept as strings. Writing sends
//! only the fields that are set. `new` takes the fields that are required when creating. Each list and get decodes into
//! your own type with `.decode_as::<T>()`, for example to read a new field before a release has it.
//!
//! Decimal numbers are [`Amount`](connectwise_psa_core::json::Amount)s, which are exact. Dates that the document
//! describes as strings are [`DateText`](connectwise_psa_core::json::DateText)s, which keep the string and convert it
//! to a timestamp. Every type that has an integer `id` and is not a reference implements
//! [`Record`](connectwise_psa_core::json::Record). Its method `id()` returns an error where the field `id` is `None`.
//! `info()` returns the `_info` of a record.
//!
//! # New fields
//!
//! A new API version adds fields to types. Structs are not `#[non_exhaustive]`, so that programs can write struct
//! literals. End every literal with `..Default::default()` and every pattern with `..`. Such code compiles with the new
//! version, and a new field does not count as a breaking change. The changelog lists new fields under their own
//! heading. Enums are `#[non_exhaustive]`. Fields that this documentation hides are not part of the crate's API.
//!
//! ```
//! # #[cfg(feature = "service")]
//! # {
//! use connectwise_psa_bindings::types::Ticket;
//!
//! let summary = Some("Printer on fire".into());
//! let ticket = Ticket { summary, budget_hours: Some(1.5.into()), ..Default::default() };
//! let Ticket { summary, .. } = ticket;
//! assert_eq!(summary.as_deref(), Some("Printer on fire"));
//! # }
//! ```
//!
//! # Conditions
//!
//! `filter` takes a condition of the record's typed fields. A wrong name or a value of a wrong type does not compile.
//! `filter_children` filters by the elements of lists, and `filter_custom_fields` by custom fields. `sort` sets the
//! order, and `select` the fields to read. Conditions as text are parsed before they are sent
//! ([`Condition`](connectwise_psa_core::conditions::Condition)). With the feature `schemas`, you can
//! check them against the fields of the record: call `schemas::check`.
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
//! let expected = r#"board/name="Integration" and status/name not in ("Closed","Cancelled")"#;
//! assert_eq!(filter.condition()?.expect("the filter has comparisons").to_string(), expected);
//! # }
//! # Ok::<(), connectwise_psa_core::error::Error>(())
//! ```
//!
//! # Features
//!
//! Each section is a feature, and all are on by default. A section's feature compiles its operations and the types that
//! they use. `schemas` adds the JSON Schemas of all types. For short builds, turn off the default features and name the
//! sections that you use.
//!
//! # Versions
//!
//! [`API_VERSION`] is the API version. The version of the crate does not contain it, because a registry does not
//! distinguish versions that differ only in build metadata. Below 1.0, each new API version is a new minor version of
//! this crate. It can add, rename and remove operations, types, fields and arguments. The changelog lists each change.
//! A patch version changes none of this. Code that follows these rules compiles with most new API versions:
//!
//! - Construct a record with `new`, or with the fields that you need and `..Default::default()`. Match it with `..`. A
//!   new field is not a breaking change.
//! - Match enums with a wildcard arm. All are `#[non_exhaustive]` and keep unknown values.
//! - Do not use items that this documentation hides. They are for the generated code and can change in any version.
#![forbid(unsafe_code)]
// docs.rs shows the feature of each item. This needs a nightly compiler; docs.rs sets `docsrs`.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod catalogue;
#[allow(clippy::all, clippy::pedantic, reason = "generated: the generator's tests and the contract tests check it")]
#[allow(unreachable_pub, reason = "`common` is empty if the compiled sections share no type")]
#[allow(unused_imports, reason = "the imports that a section needs depend on the document")]
#[allow(unused_qualifications, reason = "generated paths begin with `types::` even for types in the same file")]
#[rustfmt::skip]
mod generated;
#[cfg(feature = "schemas")]
pub mod schemas;

pub use generated::*;
// The generated types implement `schemars::JsonSchema`.
#[cfg(feature = "schemas")]
pub use schemars;
