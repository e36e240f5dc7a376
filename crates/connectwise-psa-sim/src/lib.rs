//! A simulated ConnectWise PSA (formerly Manage) server: what an integration does can be run and tested without a
//! vendor's tenant.
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
//! // two refusals, which the client gets over
//! sim.inject(Fault::next(2).with_429(Duration::ZERO));
//! let created = psa.service().create_ticket(&connectwise_psa::types::Ticket::new("Printer on fire", 5)).await?;
//! assert_eq!(created.company.and_then(|company| company.name).as_deref(), Some("Acme"));
//! assert_eq!(sim.requests().iter().map(|request| request.status).collect::<Vec<_>>(), [Some(429), Some(429), Some(201)]);
//! # Ok::<(), connectwise_psa::Error>(())
//! # }).unwrap();
//! ```
//!
//! # The program
//!
//! `cwpsa-sim` is the server as a program, for integrations in any language; `docs/simulator.md` tells of its options.
//! It is behind the feature `server`, which is on by default. A test that uses the library alone takes
//! `default-features = false`, and compiles no TLS and no arguments:
//!
//! | feature | |
//! |---|---|
//! | `server` | the program, and `tls` |
//! | `tls` | `SimBuilder::tls`: servers with a certificate of their own |
//!
//! # State
//!
//! With [`SimBuilder::state`], records outlive the server. The promise: once a change is answered, a server that is
//! started with the file has it, whatever became of this one, a kill or a power cut included; of one request,
//! everything or nothing; no id is given twice; and the file can always be read. So each change waits for the disk.
//! Changes that come at the same time wait together.
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
//! With `SimBuilder::tls`, the server speaks TLS with a certificate for `localhost`, `127.0.0.1` and `::1`. It is
//! signed by an authority that is made when the server starts, and whose key is forgotten then; `Sim::ca_certificate`
//! is what clients have to trust. The client of [`Sim::psa`] does.
//!
#![doc = include_str!("../BEHAVIOUR.md")]
#![forbid(unsafe_code)]
// docs.rs shows the feature of each item. This needs a nightly compiler, which sets `docsrs`.
#![cfg_attr(docsrs, feature(doc_cfg))]

// The layers. A module uses only those below it or beside it; no two use each other.

// The public value: settings, start, records. And what records there are to begin with.
mod sim;

mod demo;
mod rights;
mod seed;

// Connections, and the way from a request to its response. The server turns the events of the state into messages of
// callbacks.
mod server;

mod faults;
mod request_log;
mod state_file;
#[cfg(feature = "tls")]
mod tls;

// From a request to what it does: an action of its own, or what its form says.
mod dispatch;

mod actions;

mod crud;

// The three ways in which a record changes, and the rules that every change passes.
mod writes;

mod rules;

// What endpoints have in common: which changes a callback concerns, which records a list shows, what is answered where
// nothing is simulated, what is read.
mod access;
mod callbacks;
mod listing;
mod placeholders;
mod router;

// What a request works with: the state of the server, and who calls.
mod server_state;

mod middleware;
mod settings;

// What the server does with records of any type, and the records themselves.
mod records;

mod store;

mod packed;
mod schema;

// Requests, responses, errors, locks.
mod api_error;
mod http;
mod sync;

pub use faults::Fault;
pub use request_log::RecordedRequest;
pub use seed::Seed;
pub use sim::Sim;
pub use sim::builder::SimBuilder;
pub use sim::store::Store;
