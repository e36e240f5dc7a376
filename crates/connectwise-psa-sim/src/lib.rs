//! A simulated ConnectWise PSA (formerly Manage) server: what an integration does can be run and tested without a vendor's tenant.
//!
//! ```
//! use std::time::Duration;
//! use connectwise_psa_sim::{Seed, Sim, next};
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let sim = Sim::builder().seed(Seed::Empty).start().await?;
//! let psa = sim.psa();
//! sim.store().insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
//!
//! // two refusals, which the client gets over
//! sim.fail(next(2).with_429(Duration::ZERO));
//! let created = psa.service().create_ticket(&connectwise_psa::types::Ticket::new("Printer on fire", 5)).await?;
//! assert_eq!(created.company.and_then(|company| company.name).as_deref(), Some("Acme"));
//! assert_eq!(sim.seen().iter().map(|seen| seen.status).collect::<Vec<_>>(), [Some(429), Some(429), Some(201)]);
//! # Ok::<(), connectwise_psa::Error>(())
//! # }).unwrap();
//! ```
//!
//! # The program
//!
//! `cwpsa-sim` is the server as a program, for integrations in any language; `docs/simulator.md` tells of its options. It is behind the feature `server`, which
//! is on by default. A test that uses the library alone takes `default-features = false`, and compiles no TLS and no arguments:
//!
//! | feature | |
//! |---|---|
//! | `server` | the program, and `tls` |
//! | `tls` | `SimBuilder::tls`: servers with a certificate of their own |
//!
//! # State
//!
//! With [`SimBuilder::state`], records outlive the server. The promise: once a change is answered, a server that is started with the file has it, whatever became
//! of this one, a kill or a power cut included; of one request, everything or nothing; no id is given twice; and the file can always be read. So each change
//! waits for the disk. Changes that come at the same time wait together.
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
//! With `SimBuilder::tls`, the server speaks TLS with a certificate for `localhost`, `127.0.0.1` and `::1`. It is signed by an authority that is made when the
//! server starts, and whose key is forgotten then; `Sim::ca_certificate` is what clients have to trust. The client of [`Sim::psa`] does.
//!
#![doc = include_str!("../BEHAVIOUR.md")]
#![forbid(unsafe_code)]

mod access;
mod actions;
mod api_error;
mod callbacks;
mod crud;
mod demo;
mod dispatch;
mod faults;
mod http;
mod listing;
mod middleware;
mod packed;
mod placeholders;
mod records;
mod request_log;
mod rights;
mod router;
mod rules;
mod schema;
mod seed;
mod server;
mod server_state;
mod settings;
mod sim;
mod state_file;
mod store;
mod sync;
#[cfg(feature = "tls")]
mod tls;
mod writes;

pub use faults::Fault;
pub use request_log::RecordedRequest;
pub use seed::Seed;
pub use sim::Sim;
pub use sim::builder::SimBuilder;
pub use sim::store::Store;
