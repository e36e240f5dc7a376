//! The request of a call under construction: path, query and body, up to the point where it is sent.

use std::borrow::Cow;

use bytes::Bytes;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};

use crate::calls::call::{Call, Finish};
use crate::calls::count::Count;
use crate::calls::get::Get;
use crate::calls::list::List;
use crate::calls::long_query::apply_query;
use crate::error::{Error, MAX_ERROR_BODY};
use crate::json::property::Property;
use crate::operation::{Operation, ResponseKind};
use crate::patch::Patch;
use crate::query::list_query::ListQuery;
use crate::transport::body::{JsonBody, form, members};
use crate::transport::byte_stream::ByteStream;
use crate::transport::connection::{Connection, RequestInfo};
use crate::transport::download::Download;
use crate::transport::dry_run::DryRun;
use crate::transport::encoding::{PathValue, QueryValue, encode_segment};
use crate::transport::options::CallOptions;
use crate::transport::request::{Request, RequestBody};
use crate::transport::response::Response;
use crate::transport::upload::{Form, Upload};

/// One request under construction. Generated functions build it and finish it as a [`Call`], [`Get`], [`Count`] or
/// [`List`].
///
/// Input that cannot be sent is remembered and becomes the error of the call.
#[derive(Debug)]
#[must_use = "a request does nothing until it is finished and awaited"]
pub struct RequestBuilder {
    connection: Connection,
    request: Request,
    /// What is left of the template of the path.
    template: &'static str,
    /// The values of the path, encoded.
    path_values: Vec<String>,
    problem: Option<Error>,
}

impl RequestBuilder {
    /// Begins a request of an operation.
    pub fn new(connection: &Connection, operation: &'static Operation) -> Self {
        Self {
            template: operation.path,
            ..Self::from_request(
                connection,
                Request { operation: Some(operation), ..Request::new(operation.method, "") },
            )
        }
    }

    /// A request by path: it is complete but for list parameters and body, and has the operation that its path belongs
    /// to, if there is one.
    pub fn from_request(connection: &Connection, mut request: Request) -> Self {
        let operation = request.operation;
        let path_values = operation.map(|operation| values(operation.path, &request.path)).unwrap_or_default();
        request.download |= operation.is_some_and(|operation| matches!(operation.response, ResponseKind::Bytes(_)));
        Self { connection: connection.clone(), request, template: "", path_values, problem: None }
    }

    /// Fills in the next parameter of the path.
    ///
    /// Empty text, `.` and `..` make the call fail: they would lead to another endpoint.
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

    /// Adds each member of an object as a query parameter of its own; `None` adds nothing.
    pub fn query_object(mut self, object: Option<&(impl JsonBody + ?Sized)>) -> Self {
        match object.map(|object| object.json().and_then(|json| members(&json))) {
            Some(Ok(members)) => {
                self.request.query.extend(members.into_iter().map(|(name, text)| (Cow::Owned(name), text)))
            }
            Some(Err(error)) => self.fail(|| error),
            None => {}
        }
        self
    }

    /// Sends a JSON body.
    pub fn json(self, body: &(impl JsonBody + ?Sized)) -> Self {
        self.encoded(body.json())
    }

    /// Sends a JSON body that is text already; see [`json_text`](crate::json::json_text).
    pub fn json_text(self, text: Bytes) -> Self {
        self.encoded(Ok(text))
    }

    /// Sends a JSON body, if there is one.
    pub fn json_opt(self, body: Option<&(impl JsonBody + ?Sized)>) -> Self {
        match body {
            Some(body) => self.json(body),
            None => self,
        }
    }

    fn encoded(mut self, json: Result<Bytes, Error>) -> Self {
        match json {
            Ok(json) => self.request.body = RequestBody::Json(json),
            Err(error) => self.fail(|| error),
        }
        self
    }

    /// Sends a patch. An empty one makes the call fail.
    pub fn patch(self, patch: &Patch) -> Self {
        self.encoded(patch.json())
    }

    /// Sends a form: the members of `body` as texts, and the file, if any, as the part `file_part`.
    pub fn multipart(self, body: &(impl JsonBody + ?Sized), file_part: &str, file: Option<Upload>) -> Self {
        self.form(body.json().and_then(|json| form(&json, file_part, file)))
    }

    /// As [`multipart`](Self::multipart), of the members of a JSON text.
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

    /// Remembers the first problem.
    fn fail(&mut self, error: impl FnOnce() -> Error) {
        if self.problem.is_none() {
            self.problem = Some(error());
        }
    }

    /// The same request, which fails with this error unless it failed before.
    pub fn failed(mut self, error: Error) -> Self {
        self.fail(|| error);
        self
    }

    /// The same records by a related operation: its path has the same parameters; options, headers and what it takes of
    /// the query go along.
    pub(crate) fn related_call(&self, operation: &'static Operation) -> Self {
        let mut related = Self::new(&self.connection, operation);
        related.problem = self.problem.clone();
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
        let takes = |name: &str| operation.parameters.iter().any(|parameter| parameter.name == name);
        related.request.query.extend(self.request.query.iter().filter(|(name, _)| takes(name)).cloned());
        related
    }

    /// The operation that is called.
    pub(crate) fn operation(&self) -> Option<&'static Operation> {
        self.request.operation
    }

    /// The request, or the first problem there was.
    pub(crate) fn prepare(mut self) -> Result<(Connection, Request), Error> {
        if let Some((_, name, _)) = next_parameter(self.template) {
            self.fail(|| Error::invalid_input(name, "is missing from the path"));
        }
        match self.problem {
            Some(problem) => Err(problem.with_operation(self.request.operation)),
            None => {
                self.request.path.push_str(self.template);
                Ok((self.connection, self.request))
            }
        }
    }

    /// Whether a request with these list parameters can be sent: its input is valid and its URL is not too long.
    pub(crate) fn fits(&self, query: &ListQuery) -> bool {
        self.description().prepare_list(query).is_ok()
    }

    /// The same request for showing it: streams in its body are empty.
    fn description(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            request: self.request.description(),
            template: self.template,
            path_values: self.path_values.clone(),
            problem: self.problem.clone(),
        }
    }

    /// The request with these list parameters, or the first problem there was.
    pub(crate) fn prepare_list(self, query: &ListQuery) -> Result<(Connection, Request), Error> {
        let (connection, mut request) = self.prepare()?;
        let operation = request.operation;
        let applied = query.check().and_then(|()| apply_query(&mut request, query, connection.base_length()));
        applied.map_err(|error| error.with_operation(operation))?;
        Ok((connection, request))
    }

    /// What the request with these list parameters would be.
    pub(crate) fn dry_run(&self, query: &ListQuery) -> Result<DryRun, Error> {
        let (connection, request) = self.description().prepare_list(query)?;
        connection.dry_run(&request)
    }

    /// Changes the options of this call in place.
    pub(crate) fn change_options(&mut self, change: impl FnOnce(CallOptions) -> CallOptions) {
        self.request.change_options(change);
    }

    /// Adds a header. Headers that carry credentials are set by the client alone and are left out.
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

    /// Finishes as a call whose response is one value.
    #[inline]
    pub fn value<T: DeserializeOwned>(self) -> Call<T> {
        Call::new(self, Finish::Read(|received| received.decode()))
    }

    /// Finishes as a call whose response is one text, number or boolean, in every form that properties are read in.
    #[inline]
    pub fn scalar<T: Property>(self) -> Call<T> {
        Call::new(self, Finish::Read(|received| Ok(received.decode::<Scalar<T>>()?.0)))
    }

    /// Finishes as a call whose response holds nothing of interest.
    #[inline]
    pub fn empty(self) -> Call<()> {
        Call::new(self, Finish::Stream(|connection, request| Box::pin(discard(connection, request))))
    }

    /// Finishes as a call whose response is a file.
    #[inline]
    pub fn download(mut self) -> Call<Download> {
        self.request.download = true;
        Call::new(self, Finish::Stream(|connection, request| Box::pin(download(connection, request))))
    }

    /// Finishes as a list of `T`.
    #[inline]
    pub fn list<T>(self) -> List<T> {
        List::new(self)
    }

    /// Finishes as the reading of one `T`.
    #[inline]
    pub fn get<T>(self) -> Get<T> {
        Get::new(self)
    }

    /// Finishes as a count of records of the type `T`.
    #[inline]
    pub fn count<T>(self) -> Count<T> {
        Count::new(self)
    }

    /// Sends the request with these list parameters, as typed lists send theirs: a query that is too long for a URL
    /// becomes a search where there is one. The body of the response is not read yet.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent, a failing transport, a status outside 2xx.
    pub async fn execute(self, query: &ListQuery) -> Result<Response, Error> {
        let (connection, request) = self.prepare_list(query)?;
        let info = RequestInfo::new(&request);
        connection.execute(request, &info).await
    }
}

async fn discard(connection: Connection, request: Request) -> Result<(), Error> {
    let info = RequestInfo::new(&request);
    let response = connection.execute(request, &info).await?;
    ByteStream::collect_available(response.body, MAX_ERROR_BODY).await;
    Ok(())
}

async fn download(connection: Connection, request: Request) -> Result<Download, Error> {
    let (operation, info) = (request.operation, RequestInfo::new(&request));
    Ok(Download::new(connection.execute(request, &info).await?, operation))
}

/// A scalar as the whole response.
struct Scalar<T>(T);

impl<'de, T: Property> Deserialize<'de> for Scalar<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read_property(from)?.map(Self).ok_or_else(|| D::Error::custom("nothing is there"))
    }
}

/// The parts of a path that stand where its template has parameters.
fn values(template: &str, path: &str) -> Vec<String> {
    let pairs = template.trim_matches('/').split('/').zip(path.trim_matches('/').split('/'));
    pairs.filter(|(expected, _)| expected.starts_with('{')).map(|(_, value)| value.to_owned()).collect()
}

/// What stands before the next `{parameter}` of a template, its name, and what stands after it.
fn next_parameter(template: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
