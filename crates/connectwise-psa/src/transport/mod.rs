//! The transport seam, and the client's own transport: one path for every request, a file for each step.

pub(crate) mod budget;
pub(crate) mod http;
pub(crate) mod limits;
pub(crate) mod permit_stream;
pub(crate) mod pipeline;
pub(crate) mod retry;
pub(crate) mod trace;

pub use connectwise_psa_core::transport::{
    ApiVersion, Body, BoxFuture, Connection, Form, LONGEST_URL, Part, Request, RequestBody, Response, Transport,
};
