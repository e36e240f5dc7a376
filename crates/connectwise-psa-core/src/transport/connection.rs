//! The seam between operations and HTTP: the trait that sends requests, and the shared handle on it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::Error;
use crate::operation::Operation;
use crate::transport::dry_run::DryRun;
use crate::transport::request::Request;
use crate::transport::response::Response;

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
/// impl psa::transport::Transport for Nothing {
///     fn send(&self, _: psa::transport::Request) -> psa::transport::BoxFuture<'_, Result<psa::transport::Response, psa::error::Error>> {
///         Box::pin(async { Ok(psa::transport::Response::new(http::StatusCode::OK, "[]")) })
///     }
/// }
///
/// let connection = psa::transport::Connection::new(Nothing);
/// ```
pub trait Transport: Send + Sync {
    /// Sends one request and gives the answer as soon as its head is there, whatever its status.
    ///
    /// A transport makes its errors with [`Error::transport`], [`Error::timeout`] and [`Error::connect`]; the caller
    /// names the operation.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>>;

    /// How many bytes of URL stand in front of [`Request::path_and_query`]: queries are held against [`LONGEST_URL`]
    /// with it.
    fn base_length(&self) -> usize {
        0
    }

    /// What a request would be, without sending it: a transport that knows the server gives the whole URL and every
    /// header.
    ///
    /// # Errors
    ///
    /// A request that cannot be sent.
    fn dry_run(&self, request: &Request) -> Result<DryRun, Error> {
        Ok(DryRun::new(request, request.path_and_query(), &request.headers))
    }
}

/// The greatest length of a URL, in bytes. facts: servers answer 414 to longer ones, and the vendor's guide names this
/// number.
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
        let info = RequestInfo::new(&request);
        self.send_as(request, &info).await
    }

    async fn send_as(&self, request: Request, info: &RequestInfo) -> Result<Response, Error> {
        let length = self.base_length() + request.path_and_query_length();
        if length > LONGEST_URL {
            return Err(info.name(too_long(length)));
        }
        self.0.send(request).await.map_err(|error| info.name(error))
    }

    /// What a request would be, without sending it.
    pub(crate) fn dry_run(&self, request: &Request) -> Result<DryRun, Error> {
        self.0.dry_run(request).map_err(|error| RequestInfo::new(request).name(error))
    }

    /// Sends a request, of which errors say what `info` knows; a status outside 2xx is an error.
    pub(crate) async fn execute(&self, request: Request, info: &RequestInfo) -> Result<Response, Error> {
        self.send_as(request, info).await?.success(None).await.map_err(|error| info.name(error))
    }

    /// What stands in front of paths.
    pub(crate) fn base_length(&self) -> usize {
        self.0.base_length()
    }
}

/// The refusal to send a URL that servers refuse.
pub(crate) fn too_long(length: usize) -> Error {
    Error::invalid_input(
        "query",
        format!(
            "makes the URL {length} characters long, and servers take {LONGEST_URL}: shorten the conditions, or split them"
        ),
    )
}

/// What an error says of its request.
pub(crate) struct RequestInfo {
    operation: Option<&'static Operation>,
    reads: bool,
    repeatable: bool,
    /// Method and path, where there is no operation to name.
    place: Option<String>,
}

impl RequestInfo {
    pub(crate) fn new(request: &Request) -> Self {
        let place = request.operation.is_none().then(|| format!("{} {}", request.method, request.path));
        Self { operation: request.operation, reads: request.reads_only(), repeatable: request.is_repeatable(), place }
    }

    pub(crate) fn name(&self, error: Error) -> Error {
        let error = error.with_request(self.reads, self.repeatable).in_operation(self.operation);
        self.place.clone().into_iter().fold(error, Error::at)
    }
}

impl From<Arc<dyn Transport>> for Connection {
    fn from(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
