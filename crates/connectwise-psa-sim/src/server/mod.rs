//! The HTTP server: connections, requests, responses.

mod admission;
mod compression;
pub(crate) mod connections;
pub(crate) mod delivery;
mod origin;
mod request_body;
mod respond;
mod response_body;
pub(crate) mod shared;
mod write_timeout;
