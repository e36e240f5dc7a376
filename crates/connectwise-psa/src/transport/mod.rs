//! The transport interface, and the client's HTTP transport: every request passes the same steps, and each step has a
//! file.

pub(crate) mod background;
pub(crate) mod budget;
pub(crate) mod connect_failure;
pub(crate) mod echo;
pub(crate) mod http;
pub(crate) mod limits;
pub(crate) mod pipeline;
pub(crate) mod progress;
pub(crate) mod proxy;
pub(crate) mod retry;
#[cfg(all(feature = "rustls-ring", not(any(feature = "rustls", feature = "native-tls"))))]
pub(crate) mod ring;
pub(crate) mod trace;

pub use connectwise_psa_core::transport::{
    ApiVersion, Body, BoxFuture, Connection, Form, MAX_URL_LENGTH, Part, Request, RequestBody, Response, Transport,
};
