//! The builder of a call's request: path, query, body and options.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};

use crate::calls::call::{Call, Finish};
use crate::calls::count::Count;
use crate::calls::decode::fetch;
use crate::calls::get::Get;
use crate::calls::list::List;
use crate::calls::long_query::apply_query;
use crate::calls::response_check::{check_discarded, looks_like_file, not_a_file};
use crate::conditions::Condition;
use crate::error::{Error, MAX_ERROR_BODY};
use crate::json::property::Property;
use crate::operation::{Operation, ResponseKind};
use crate::patch::Patch;
use crate::query::list_query::ListQuery;
use crate::transport::body::{JsonBody, fields, form};
use crate::transport::connection::{Connection, RequestContext};
use crate::transport::download::Download;
use crate::transport::dry_run::DryRun;
use crate::transport::encoding::{PathValue, QueryValue, encode_segment};
use crate::transport::options::CallOptions;
use crate::transport::request::{Request, RequestBody};
use crate::transport::response::Response;
use crate::transport::upload::{Form, Upload};

/// A builder of requests. Generated functions fill it in and turn it into a [`Call`], [`Get`], [`Count`] or [`List`].
///
/// Invalid input is stored and becomes the error of the call.
#[derive(Debug)]
#[must_use = "a request builder does nothing until it becomes a call that is awaited"]
pub struct RequestBuilder {
    connection: Connection,
    request: Request,
    /// The rest of the path template that has not been filled in.
    template: &'static str,
    /// The values of the path parameters, percent-encoded.
    path_values: Vec<String>,
    error: Option<Error>,
}

impl RequestBuilder {
    /// Creates a builder for a request of an operation.
    pub fn new(connection: &Connection, operation: &'static Operation) -> Self {
        Self {
            template: operation.path,
            ..Self::from_request(
                connection,
                Request { operation: Some(operation), ..Request::new(operation.method, "") },
            )
        }
    }

    /// Creates a builder from a request whose path is complete. List parameters and a body can be added.
    pub fn from_request(connection: &Connection, mut request: Request) -> Self {
        let operation = request.operation;
        let path_values = operation.map(|operation| path_values(operation.path, &request.path)).unwrap_or_default();
        request.download |= operation.is_some_and(|operation| matches!(operation.response, ResponseKind::Bytes(_)));
        Self { connection: connection.clone(), request, template: "", path_values, error: None }
    }

    /// Returns the condition that the client adds to lists and counts of the operation by default.
    pub(crate) fn default_condition(&self) -> Option<Condition> {
        self.request.operation.and_then(|operation| self.connection.default_condition(operation))
    }

    /// Fills in the next path parameter.
    ///
    /// An empty value, `.` or `..` makes the call fail, because the path would then belong to another endpoint.
    pub fn path(mut self, value: impl PathValue) -> Self {
        self.fill(&value.text());
        self
    }

    fn fill(&mut self, text: &str) {
        let Some((before, name, after)) = next_parameter(self.template) else {
            self.fail(|| Error::invalid_input("path", "has more values than parameters"));
            return;
        };
        let problem = match text {
            "" => Some("is empty".to_owned()),
            "." | ".." => Some(format!("is `{text}`, which would lead to another endpoint")),
            _ => None,
        };
        if let Some(problem) = problem {
            self.fail(|| Error::invalid_input(name, problem));
        }
        self.request.path.push_str(before);
        let mut value = String::new();
        encode_segment(&mut value, text);
        self.request.path.push_str(&value);
        self.path_values.push(value);
        self.template = after;
    }

    /// Adds a query parameter; `None` adds nothing.
    pub fn query(mut self, name: &'static str, value: Option<impl QueryValue>) -> Self {
        if let Some(value) = value {
            let text = value.text().into_owned();
            self.request.query.push((Cow::Borrowed(name), text));
        }
        self
    }

    /// Adds each field of an object as a query parameter; `None` adds nothing.
    pub fn query_object(mut self, object: Option<&(impl JsonBody + ?Sized)>) -> Self {
        match object.map(|object| object.json().and_then(|json| fields(&json))) {
            Some(Ok(fields)) => {
                self.request.query.extend(fields.into_iter().map(|(name, text)| (Cow::Owned(name), text)))
            }
            Some(Err(error)) => self.fail(|| error),
            None => {}
        }
        self
    }

    /// Sets a JSON body.
    pub fn json(self, body: &(impl JsonBody + ?Sized)) -> Self {
        self.json_result(body.json())
    }

    /// Sets a JSON body from serialized JSON; see [`json_text`](crate::json::json_text).
    pub fn json_text(self, text: Bytes) -> Self {
        self.json_result(Ok(text))
    }

    /// Sets a JSON body; `None` sets no body.
    pub fn json_opt(self, body: Option<&(impl JsonBody + ?Sized)>) -> Self {
        match body {
            Some(body) => self.json(body),
            None => self,
        }
    }

    fn json_result(mut self, json: Result<Bytes, Error>) -> Self {
        match json {
            Ok(json) => self.request.body = RequestBody::Json(json),
            Err(error) => self.fail(|| error),
        }
        self
    }

    /// Sets a patch as the body. An empty patch makes the call fail.
    pub fn patch(self, patch: &Patch) -> Self {
        self.json_result(patch.json())
    }

    /// Sets a multipart form as the body: the fields of `body` as text parts, and the file, if any, as the part
    /// `file_part`.
    pub fn multipart(self, body: &(impl JsonBody + ?Sized), file_part: &str, file: Option<Upload>) -> Self {
        self.form(body.json().and_then(|json| form(&json, file_part, file)))
    }

    /// Like [`multipart`](Self::multipart), with the fields of a serialized JSON object.
    pub fn multipart_text(self, text: &[u8], file_part: &str, file: Option<Upload>) -> Self {
        self.form(form(text, file_part, file))
    }

    fn form(mut self, form: Result<Form, Error>) -> Self {
        match form {
            Ok(form) => self.request.body = RequestBody::Multipart(form),
            Err(error) => self.fail(|| error),
        }
        self
    }

    /// Stores the error unless one is already stored.
    fn fail(&mut self, error: impl FnOnce() -> Error) {
        if self.error.is_none() {
            self.error = Some(error());
        }
    }

    /// Makes the call fail with this error, unless another error is already stored.
    pub fn failed(mut self, error: Error) -> Self {
        self.fail(|| error);
        self
    }

    /// Creates a builder for a related operation, whose path has the same parameters. Copies the options, the headers
    /// and those query parameters that the related operation accepts.
    pub(crate) fn related_call(&self, operation: &'static Operation) -> Self {
        let mut related = Self::new(&self.connection, operation);
        related.error = self.error.clone();
        for value in &self.path_values {
            if let Some((before, _, after)) = next_parameter(related.template) {
                related.request.path.push_str(before);
                related.request.path.push_str(value);
                related.path_values.push(value.clone());
                related.template = after;
            }
        }
        related.request.options = self.request.options.clone();
        related.request.headers = self.request.headers.clone();
        let accepts = |name: &str| operation.parameters.iter().any(|parameter| parameter.name == name);
        related.request.query.extend(self.request.query.iter().filter(|(name, _)| accepts(name)).cloned());
        related
    }

    /// Returns the operation of the request.
    pub(crate) fn operation(&self) -> Option<&'static Operation> {
        self.request.operation
    }

    /// Returns the request, or the stored error.
    pub(crate) fn prepare(mut self) -> Result<(Connection, Request), Error> {
        if let Some((_, name, _)) = next_parameter(self.template) {
            self.fail(|| Error::invalid_input(name, "is missing from the path"));
        }
        match self.error {
            Some(error) => Err(error.with_operation(self.request.operation)),
            None => {
                self.request.path.push_str(self.template);
                Ok((self.connection, self.request))
            }
        }
    }

    /// Returns a copy to show, not to send: streams in the body have no content.
    fn description(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            request: self.request.description(),
            template: self.template,
            path_values: self.path_values.clone(),
            error: self.error.clone(),
        }
    }

    /// Returns the request with these list parameters, or the first error.
    pub(crate) fn prepare_list(self, query: &ListQuery) -> Result<(Connection, Request), Error> {
        let (connection, mut request) = self.prepare()?;
        let operation = request.operation;
        let applied = query.check().and_then(|()| apply_query(&mut request, query, connection.base_length()));
        applied.map_err(|error| error.with_operation(operation))?;
        Ok((connection, request))
    }

    /// Returns a dry run of the request with these list parameters.
    pub(crate) fn dry_run(&self, query: &ListQuery) -> Result<DryRun, Error> {
        let (connection, request) = self.description().prepare_list(query)?;
        connection.dry_run(&request)
    }

    /// Changes the options of this call in place.
    pub(crate) fn change_options(&mut self, change: impl FnOnce(CallOptions) -> CallOptions) {
        self.request.change_options(change);
    }

    /// Adds a header. Headers that carry credentials are ignored, because only the client sets them.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.add_header(name, value);
        self
    }

    /// Adds a header in place.
    pub(crate) fn add_header(&mut self, name: &str, value: &str) {
        if let Err(error) = self.request.add_header(name, value) {
            self.fail(|| error);
        }
    }

    /// Returns a call whose response is one value.
    #[inline]
    pub fn value<T: DeserializeOwned>(self) -> Call<T> {
        Call::new(self, Finish::Read(|response| response.decode()))
    }

    /// Returns a call whose response is one string, number or boolean. It is decoded as leniently as a field of a
    /// record.
    #[inline]
    pub fn scalar<T: Property>(self) -> Call<T> {
        Call::new(self, Finish::Read(|response| Ok(response.decode::<Scalar<T>>()?.0)))
    }

    /// Returns a call that discards the body of its response.
    #[inline]
    pub fn empty(self) -> Call<()> {
        Call::new(self, Finish::Stream(|connection, request| Box::pin(discard(connection, request))))
    }

    /// Returns a call whose response is a file.
    #[inline]
    pub fn download(mut self) -> Call<Download> {
        self.request.download = true;
        Call::new(self, Finish::Stream(|connection, request| Box::pin(download(connection, request))))
    }

    /// Returns a list of `T`.
    #[inline]
    pub fn list<T>(self) -> List<T> {
        List::new(self)
    }

    /// Returns a call that reads one `T`.
    #[inline]
    pub fn get<T>(self) -> Get<T> {
        Get::new(self)
    }

    /// Returns a call that counts records of the type `T`.
    #[inline]
    pub fn count<T>(self) -> Count<T> {
        Count::new(self)
    }

    /// Sends the request with these list parameters, and reads the whole response. A query that is too long for a URL is
    /// sent as a search, if there is one.
    ///
    /// # Errors
    ///
    /// Invalid input, an error of the transport, a status outside 2xx, and a response that is not what was requested: an
    /// error object, a web page in place of anything but a file, another record or none.
    pub async fn execute(self, query: &ListQuery) -> Result<WholeResponse, Error> {
        let (connection, request) = self.prepare_list(query)?;
        let (operation, is_file) = (request.operation, request.download);
        let response = fetch(connection, request).await?;
        let is_empty = response.body.trim_ascii().is_empty();
        let needs_body =
            operation.is_some_and(|operation| !matches!(operation.response, ResponseKind::None | ResponseKind::Any));
        if is_empty && needs_body {
            return Err(response.annotate(Error::empty_response()));
        }
        if is_file && !is_empty && !looks_like_file(operation, &response.headers, &response.body) {
            let error = not_a_file(response.status, &response.headers, &response.body);
            return Err(response.annotate(error));
        }
        if !is_file && !is_empty {
            response.check_json()?;
        }
        Ok(WholeResponse { status: response.status, headers: response.headers, body: response.body })
    }
}

/// A successful response whose body has been read completely.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WholeResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

async fn discard(connection: Connection, request: Request) -> Result<(), Error> {
    let context = RequestContext::new(&connection, &request);
    let response = connection.execute(request, &context).await?;
    let (status, headers) = (response.status, response.headers);
    let body =
        response.body.collect().await.map_err(|error| context.annotate(error.with_response(status, &headers)))?;
    check_discarded(status, &headers, &body).map_err(|error| context.annotate(error.with_attempts(response.attempts)))
}

async fn download(connection: Connection, request: Request) -> Result<Download, Error> {
    let (operation, context) = (request.operation, RequestContext::new(&connection, &request));
    let response = connection.execute(request, &context).await?;
    if response.status == StatusCode::NO_CONTENT {
        return Err(context.annotate(Error::empty_response().with_response(response.status, &response.headers)));
    }
    let (status, attempts) = (response.status, response.attempts);
    let annotate = |error: Error, headers: &HeaderMap| {
        context.annotate(error.with_response(status, headers).with_attempts(attempts))
    };
    let Response { headers, body, .. } = response;
    let (start, body) = body.peek().await.map_err(|error| annotate(error, &headers))?;
    if !looks_like_file(operation, &headers, &start) {
        let body = body.collect_available(MAX_ERROR_BODY).await;
        return Err(annotate(not_a_file(status, &headers, &body), &headers));
    }
    Ok(Download::new(Response::new(status, body).with_headers(headers), context))
}

/// A scalar as the whole body of a response.
struct Scalar<T>(T);

impl<'de, T: Property> Deserialize<'de> for Scalar<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read_property(from)?.map(Self).ok_or_else(|| D::Error::custom("the value is missing"))
    }
}

/// Returns the segments of a path that fill the parameters of its template.
fn path_values(template: &str, path: &str) -> Vec<String> {
    let pairs = template.trim_matches('/').split('/').zip(path.trim_matches('/').split('/'));
    pairs.filter(|(expected, _)| expected.starts_with('{')).map(|(_, value)| value.to_owned()).collect()
}

/// Returns the text before the next `{parameter}` of a template, the parameter's name, and the text after it.
fn next_parameter(template: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
