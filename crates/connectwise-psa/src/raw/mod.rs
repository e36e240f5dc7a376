//! Requests by path or by the name of an operation, with JSON in and out: for tools, and for what no type describes.

pub(crate) mod body;
mod parameters;
mod path;
pub(crate) mod request;
pub(crate) mod response;
mod suggestion;

pub use body::RawBody;
pub use request::RawRequest;
pub use response::RawResponse;
