//! The transport trait, which sends requests, and the types of requests, responses, bodies and files.

pub(crate) mod body;
pub(crate) mod byte_stream;
pub(crate) mod connection;
pub(crate) mod download;
pub(crate) mod dry_run;
pub(crate) mod encoding;
pub(crate) mod idempotency;
pub(crate) mod options;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod upload;

pub use body::{Body, JsonBody};
pub use byte_stream::{ByteStream, MAX_RESPONSE_SIZE};
pub use connection::{BoxFuture, Connection, MAX_URL_LENGTH, Transport};
pub use download::Download;
pub use dry_run::DryRun;
pub use encoding::{PathValue, QueryValue};
pub use options::{ApiVersion, CallOptions, RetryPolicy};
pub use request::{CREDENTIAL_HEADERS, Request, RequestBody};
pub use response::Response;
pub use upload::{Form, Part, Upload};
