//! Untyped requests by path or by operation name, with JSON bodies: for generic tools, and for endpoints without types.

pub(crate) mod body;
mod parameters;
pub(crate) mod path;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod suggestion;

pub use body::RawBody;
pub use request::RawRequest;
pub use response::RawResponse;
