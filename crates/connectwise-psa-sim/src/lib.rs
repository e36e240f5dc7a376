//! A simulated ConnectWise PSA (formerly Manage) server, for testing an integration without a ConnectWise account.
//!
//! ```
//! use std::time::Duration;
//! use connectwise_psa_sim::{Fault, Seed, Sim};
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let sim = Sim::builder().seed(Seed::Empty).start().await?;
//! let psa = sim.psa();
//! sim.store().insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
//!
//! // The server rejects the next two requests with 429. The client retries them.
//! sim.inject(Fault::next(2).with_429(Duration::ZERO));
//! let created = psa.service().create_ticket(&connectwise_psa::types::Ticket::new("Printer on fire", 5)).await?;
//! assert_eq!(created.company.as_ref().and_then(|company| company.name.as_deref()), Some("Acme"));
//! let statuses: Vec<_> = sim.requests().iter().map(|request| request.status).collect();
//! assert_eq!(statuses, [Some(429), Some(429), Some(201)]);
//! # Ok::<(), connectwise_psa::Error>(())
//! # }).unwrap();
//! ```
//!
//! # The program
//!
//! `cwpsa-sim` is the server as a program, for integrations in any language. `docs/simulator.md` describes its options.
//! The feature `server` enables it and is on by default. A test that uses only the library sets
//! `default-features = false`, which compiles neither TLS nor command-line parsing:
//!
//! | feature | |
//! |---|---|
//! | `server` | the program, and the module `program`, with which another program includes it; enables `tls` |
//! | `tls` | `SimBuilder::tls`: servers that generate their own certificate; callbacks with https URLs |
//!
//! # State
//!
//! With [`SimBuilder::state`], records outlive the server. The guarantees:
//!
//! - When a change has got its response, the next server that starts with the file has the change, even if this server
//!   was killed or lost power.
//! - The file contains all changes of a request or none.
//! - No id is used twice.
//! - A kill or a power cut never leaves a file that the next server cannot read. Values that could not be read back, because
//!   they are nested too deeply, are not stored.
//! - A damaged line costs only itself: a record, or the changes of one request. [`Sim::state_damage`] reports what was
//!   lost, and a copy of the damaged file is kept.
//!
//! The response to each change therefore waits for the disk. Changes that arrive at the same time share one write.
//!
//! ```
//! use connectwise_psa_sim::{Seed, Sim};
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! # let folder = tempfile::tempdir().unwrap();
//! # let file = folder.path().join("psa.state");
//! let sim = Sim::builder().seed(Seed::Empty).state(&file).start().await?;
//! sim.store().insert("/company/companies", json!({"identifier": "acme", "name": "Acme"}));
//! drop(sim);
//! let sim = Sim::builder().seed(Seed::Empty).state(&file).start().await?;
//! assert_eq!(sim.store().count("/company/companies"), 1);
//! # Ok::<(), connectwise_psa::Error>(())
//! # }).unwrap();
//! ```
//!
//! # TLS
//!
//! With `SimBuilder::tls`, the server speaks TLS with a certificate for `localhost`, `127.0.0.1` and `::1`. When it
//! starts, it generates a certificate authority, signs the certificate and discards the authority's key. Clients must
//! trust `Sim::ca_certificate`; the client of [`Sim::psa`] does.
//!
#![doc = include_str!("../BEHAVIOUR.md")]
#![forbid(unsafe_code)]
// docs.rs shows the feature of each item. This needs a nightly compiler, and docs.rs sets `docsrs`.
#![cfg_attr(docsrs, feature(doc_cfg))]

// The layers, top to bottom. A module uses only modules of its own layer or of the layers below. There are no cycles.
// `cargo xtask tidy` checks this with the finer layers in xtask/tidy.toml.

// The program: options and output.
#[cfg(feature = "server")]
pub mod program;

// The public types: settings, start, records; and the seeds.
mod sim;

mod demo;
mod rights;
mod seed;

// Connections, and the path from a request to its response. The server turns the events in the state into callback
// messages.
mod server;

mod faults;
mod request_log;
mod state_file;
#[cfg(feature = "tls")]
mod tls;

// Chooses what an operation does: its own action, or the generic create, read, update and delete.
mod dispatch;

mod actions;

mod crud;

// The three ways to change a record, and the rules that apply to every change.
mod writes;

mod rules;

mod callback_client;

// What endpoints share: reading records, callbacks, the choice of the records that a list shows, placeholder responses,
// routing.
mod access;
mod callbacks;
mod listing;
mod placeholders;
mod router;

// What a request works with: the state of the server, the settings, and the caller.
mod server_state;

mod middleware;
mod settings;

// What the server does with records of any type, and their storage.
mod records;

mod store;

mod packed;
mod schema;

// The data files of the rules.
mod data_table;

// Callback messages for tests of receivers.
pub mod fixtures;

// Requests, responses, errors, locks.
mod api_error;
mod http;
mod json_limits;
mod json_position;
mod sync;

pub use faults::Fault;
pub use request_log::RecordedRequest;
pub use seed::Seed;
pub use sim::Sim;
pub use sim::builder::SimBuilder;
pub use sim::store::Store;
pub use state_file::damage::{DamagedLine, StateDamage};
