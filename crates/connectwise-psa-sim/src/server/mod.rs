//! The HTTP server: connections, requests, responses.

mod admission;
mod compression;
mod connections;
mod delivery;
mod request_body;
mod respond;
mod response_body;
pub(crate) mod shared;
mod write_timeout;

pub(crate) use connections::serve;
pub(crate) use delivery::Deliveries;
