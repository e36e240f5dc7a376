//! The interface between operations and HTTP: the trait that sends requests, and a shared handle to it.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::conditions::Condition;
use crate::error::Error;
use crate::operation::{Method, Operation};
use crate::transport::dry_run::DryRun;
use crate::transport::request::Request;
use crate::transport::response::Response;

/// A boxed `Send` future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests. Authentication, retries, limits and logging can be added by a transport that wraps another one.
///
/// ```
/// use connectwise_psa_core as psa;
///
/// /// Responds to every request with an empty array.
/// struct EmptyArray;
///
/// impl psa::transport::Transport for EmptyArray {
///     fn send(&self, _: psa::transport::Request) -> psa::transport::BoxFuture<'_, Result<psa::transport::Response, psa::error::Error>> {
///         Box::pin(async { Ok(psa::transport::Response::new(http::StatusCode::OK, "[]")) })
///     }
/// }
///
/// let connection = psa::transport::Connection::new(EmptyArray);
/// ```
pub trait Transport: Send + Sync {
    /// Sends one request and returns the response, of any status, after its headers have arrived. The body may still be
    /// arriving.
    ///
    /// A transport creates its errors with [`Error::transport`], [`Error::timeout`] and [`Error::connect`]; the caller
    /// adds the operation.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>>;

    /// Runs a task in the background, and returns a future that is ready when the task has ended. The task must run even
    /// while this future is not polled, and must be cancelled when this future is dropped. Lists use it for the pages that
    /// they request before the caller needs them.
    ///
    /// By default, the task is returned as it is, and runs only while it is polled. A list with parallel pages then holds
    /// whatever its requests hold, such as permits, while the caller does other work, and a list with forward-only paging
    /// requests no page in advance. A transport that wraps another one should forward this method.
    fn spawn(&self, task: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        task
    }

    /// Returns the length of the base URL in front of [`Request::path_and_query`], in characters. It counts towards
    /// [`MAX_URL_LENGTH`].
    fn base_length(&self) -> usize {
        0
    }

    /// Returns a condition that every list and every count of an operation gets in addition to its own filters. By
    /// default there is none. A transport that wraps another one should forward this method.
    fn default_condition(&self, operation: &Operation) -> Option<Condition> {
        let _ = operation;
        None
    }

    /// Returns a text from the server without the secrets of the transport, such as keys that a server or a proxy
    /// echoes. The text becomes a part of an error. By default, it stays the same. A transport that wraps another one
    /// should forward this method.
    fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(text)
    }

    /// Returns a dry run of a request, without sending it. By default it contains only the path, the query and the
    /// headers of the request. A transport that knows the server should return the whole URL and all headers.
    ///
    /// # Errors
    ///
    /// An error if the request cannot be sent.
    fn dry_run(&self, request: &Request) -> Result<DryRun, Error> {
        Ok(DryRun::new(request, request.path_and_query(), &request.headers))
    }
}

/// The maximum length of a URL, in characters, according to ConnectWise's guide. A URL is ASCII, so this is also its
/// length in bytes. Observed on live servers: longer URLs cause a 414.
pub const MAX_URL_LENGTH: usize = 2000;

/// A shared transport. A clone shares it as well.
#[derive(Clone)]
pub struct Connection(Arc<dyn Transport>);

impl Connection {
    /// Creates a connection that uses `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }

    /// Sends a request and returns the response, whatever its status. [`Response::success`] turns error responses into
    /// errors.
    ///
    /// # Errors
    ///
    /// An error if the URL is too long or no response arrives.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let context = RequestContext::new(self, &request);
        self.send_in(request, &context).await
    }

    /// Returns a text from the server without the secrets of the transport; see [`Transport::redact`].
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.redact(text)
    }

    /// Runs a task in the background; see [`Transport::spawn`].
    pub(crate) fn spawn(&self, task: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        self.0.spawn(task)
    }

    /// Returns the condition that lists and counts of an operation get by default.
    pub(crate) fn default_condition(&self, operation: &Operation) -> Option<Condition> {
        self.0.default_condition(operation)
    }

    async fn send_in(&self, request: Request, context: &RequestContext) -> Result<Response, Error> {
        let length = self.base_length() + request.path_and_query_length();
        if length > MAX_URL_LENGTH {
            return Err(context.annotate(url_too_long(length, &request)));
        }
        self.0.send(request).await.map_err(|error| context.annotate(error))
    }

    /// Returns a dry run of a request. Errors name the operation, or the method and path.
    pub(crate) fn dry_run(&self, request: &Request) -> Result<DryRun, Error> {
        self.0.dry_run(request).map_err(|error| RequestContext::new(self, request).annotate(error))
    }

    /// Sends a request. A status outside 2xx is an error. Adds `context` to errors.
    pub(crate) async fn execute(&self, request: Request, context: &RequestContext) -> Result<Response, Error> {
        self.send_in(request, context).await?.success(None).await.map_err(|error| context.annotate(error))
    }

    /// Returns the length of the base URL.
    pub(crate) fn base_length(&self) -> usize {
        self.0.base_length()
    }
}

/// Returns the error for a request whose URL of `length` characters is longer than servers accept.
pub(crate) fn url_too_long(length: usize, request: &Request) -> Error {
    let has_conditions = request
        .query
        .iter()
        .any(|(name, _)| matches!(name.as_ref(), "conditions" | "childConditions" | "customFieldConditions"));
    let is_search = request.method == Method::Post && request.is_read_only();
    let advice = match (has_conditions, is_search) {
        (true, _) => "shorten the conditions, or split them into several queries",
        (false, true) => {
            "the conditions are already in the body of the search, so shorten the other parameters, such as `fields`"
        }
        (false, false) => "shorten the parameters, such as `fields`",
    };
    Error::invalid_input(
        "query",
        format!("makes the URL {length} characters long; servers accept at most {MAX_URL_LENGTH}: {advice}"),
    )
}

/// The properties of a request that its errors need.
pub(crate) struct RequestContext {
    /// Redacts the texts of errors.
    connection: Connection,
    operation: Option<&'static Operation>,
    is_read: bool,
    repeatable: bool,
    /// The method and path, if there is no operation.
    method_and_path: Option<String>,
}

impl RequestContext {
    pub(crate) fn new(connection: &Connection, request: &Request) -> Self {
        let method_and_path = request.operation.is_none().then(|| format!("{} {}", request.method, request.path));
        Self {
            connection: connection.clone(),
            operation: request.operation,
            is_read: request.is_read_only(),
            repeatable: request.is_repeatable(),
            method_and_path,
        }
    }

    /// Returns the path of the request, or its template.
    pub(crate) fn path(&self) -> &str {
        self.operation.map_or_else(|| self.method_and_path.as_deref().unwrap_or_default(), |operation| operation.path)
    }

    /// Returns a text from the server without the secrets of the transport.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.connection.redact(text)
    }

    /// Adds the properties of the request to an error, and redacts its texts.
    pub(crate) fn annotate(&self, error: Error) -> Error {
        let error = error.with_request(self.is_read, self.repeatable).or_operation(self.operation);
        let error = self.method_and_path.clone().into_iter().fold(error, Error::or_method_and_path);
        error.redact_texts(&|text| self.connection.redact(text))
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
