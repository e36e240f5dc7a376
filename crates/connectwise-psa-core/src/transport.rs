//! The transport seam: the one place where a request of any kind leaves and its answer comes back.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::encoding::encode_query;
use crate::error_body;
use crate::upload::Form;
use crate::{ByteStream, Error, Method, Operation};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests. Authentication, retries, limits and logging are transports around transports.
///
/// ```
/// use connectwise_psa_core as psa;
///
/// /// Answers everything with an empty array.
/// struct Nothing;
///
/// impl psa::Transport for Nothing {
///     fn send(&self, _: psa::Request) -> psa::BoxFuture<'_, Result<psa::Response, psa::Error>> {
///         Box::pin(async { Ok(psa::Response::new(http::StatusCode::OK, "[]")) })
///     }
/// }
///
/// let connection = psa::Connection::new(Nothing);
/// ```
pub trait Transport: Send + Sync {
    /// Sends one request and gives the answer as soon as its head is there, whatever its status.
    ///
    /// A transport makes its errors with [`Error::transport`], [`Error::timeout`] and [`Error::connect`]; the caller names the operation.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>>;

    /// How many bytes of URL stand in front of [`Request::path_and_query`]: queries are held against [`LONGEST_URL`] with it.
    fn base_length(&self) -> usize {
        0
    }
}

/// The greatest length of a URL, in bytes. facts: servers answer 414 to longer ones, and the vendor's guide names this number.
pub const LONGEST_URL: usize = 2000;

/// A shared transport; cheap to clone.
#[derive(Clone)]
pub struct Connection(Arc<dyn Transport>);

impl Connection {
    /// Connects through `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }

    /// Sends a request; the answer comes with any status. [`Response::success`] turns refusals into errors.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let about = About::of(&request);
        let length = self.base_length() + request.path_and_query_length();
        if length > LONGEST_URL {
            return Err(about.name(too_long(length)));
        }
        self.0.send(request).await.map_err(|error| about.name(error))
    }

    /// Sends a request; a status outside 2xx is an error.
    pub(crate) async fn execute(&self, request: Request) -> Result<Response, Error> {
        let about = About::of(&request);
        self.send(request).await?.success(None).await.map_err(|error| about.name(error))
    }

    /// What stands in front of paths.
    pub(crate) fn base_length(&self) -> usize {
        self.0.base_length()
    }
}

/// The refusal to send a URL that servers refuse.
pub(crate) fn too_long(length: usize) -> Error {
    Error::invalid_input("query", format!("makes the URL {length} characters long, and servers take {LONGEST_URL}: shorten the conditions, or split them"))
}

/// What an error says of its request.
struct About {
    operation: Option<&'static Operation>,
    reads: bool,
    repeatable: bool,
    /// Method and path, where there is no operation to name.
    place: Option<String>,
}

impl About {
    fn of(request: &Request) -> Self {
        let named = request.operation.is_some_and(|operation| !operation.path.is_empty());
        let place = (!named).then(|| format!("{} {}", request.method, request.path));
        Self { operation: request.operation, reads: request.reads_only(), repeatable: request.is_repeatable(), place }
    }

    fn name(&self, error: Error) -> Error {
        let error = named(error.with_request(self.reads, self.repeatable), self.operation);
        self.place.clone().into_iter().fold(error, Error::at)
    }
}

impl From<Arc<dyn Transport>> for Connection {
    fn from(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Connection")
    }
}

/// Names the operation unless the error has one.
fn named(error: Error, operation: Option<&'static Operation>) -> Error {
    match operation {
        Some(operation) if error.operation().is_none() => error.with_operation(operation),
        _ => error,
    }
}

/// A request before it is one of HTTP: relative to the API base and without credentials.
pub struct Request {
    /// The operation it is for; `None` for a call by path.
    pub operation: Option<&'static Operation>,
    /// The method.
    pub method: Method,
    /// The path under the API base, percent-encoded, with a leading slash: `/service/tickets/5`.
    pub path: String,
    /// The query parameters in order, not encoded.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// Headers beyond those every request has.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// Whether the answer is a file of any type and length, which is handed on as it comes. Other answers may be read whole before they are handed on.
    pub download: bool,
}

/// The body of a request.
pub enum RequestBody {
    /// None.
    Empty,
    /// JSON text.
    Json(Bytes),
    /// `multipart/form-data`.
    Multipart(Form),
}

impl Request {
    /// A request without query, headers or body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { operation: None, method, path: path.into(), query: Vec::new(), headers: HeaderMap::new(), body: RequestBody::Empty, download: false }
    }

    /// The path and, after a `?`, the query, percent-encoded but for unreserved characters: facts: a `+` would be read as a space.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        let mut text = self.path.clone();
        encode_query(&mut text, &self.query);
        text
    }

    /// The length of [`path_and_query`](Self::path_and_query), in bytes. facts: the whole URL should keep below 2,000.
    #[must_use]
    pub fn path_and_query_length(&self) -> usize {
        self.path_and_query().len()
    }

    /// The same request again, for a retry or the next page; `None` when its body is a stream, which can be read once only.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let body = match &self.body {
            RequestBody::Empty => RequestBody::Empty,
            RequestBody::Json(json) => RequestBody::Json(json.clone()),
            RequestBody::Multipart(form) => RequestBody::Multipart(form.try_clone()?),
        };
        let (path, query, headers) = (self.path.clone(), self.query.clone(), self.headers.clone());
        Some(Self { operation: self.operation, method: self.method, path, query, headers, body, download: self.download })
    }
}

/// Shows the sizes of bodies, not their content.
impl fmt::Debug for Request {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Request")
            .field("operation", &self.operation.map(|operation| operation.id))
            .field("method", &self.method)
            .field("path_and_query", &self.path_and_query())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => to.write_str("Empty"),
            Self::Json(json) => write!(to, "Json({} bytes)", json.len()),
            Self::Multipart(form) => to.debug_tuple("Multipart").field(form).finish(),
        }
    }
}

/// An answer of any status.
#[derive(Debug)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, not yet read.
    pub body: ByteStream,
    /// How many times the request was sent until this answer came.
    pub attempts: u32,
    /// Whether the answer to an earlier try was lost, so that what was asked may have been done already, whatever this answer says.
    pub lost_before: bool,
    /// What to do about a refusal, where the transport knows better than the status tells: one sentence.
    pub advice: Option<String>,
}

impl Response {
    /// An answer without headers, for transports that make answers up.
    pub fn new(status: StatusCode, body: impl Into<ByteStream>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into(), attempts: 1, lost_before: false, advice: None }
    }

    /// The answer when its status is 2xx.
    ///
    /// # Errors
    ///
    /// Any other status, with what its body says; at most 64 KiB of it are read.
    pub async fn success(self, operation: Option<&'static Operation>) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        let body = self.body.collect_what_comes(error_body::MOST).await;
        let error = Error::of_answer(self.status, &self.headers, &body).with_attempts(self.attempts).with_lost_before(self.lost_before);
        Err(named(self.advice.into_iter().fold(error, Error::with_advice), operation))
    }
}
