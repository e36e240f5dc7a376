//! The call: one operation with its parameters and body, up to the point where it becomes a request.

use std::borrow::Cow;

use bytes::Bytes;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};

use crate::calls::count::Count;
use crate::calls::decode::{Received, receive};
use crate::calls::get::Get;
use crate::calls::list::List;
use crate::calls::long_query::ask;
use crate::error::Error;
use crate::json::property::Property;
use crate::operation::{Operation, ResponseKind};
use crate::patch::Patch;
use crate::query::list_query::ListQuery;
use crate::transport::body::{JsonBody, form, members};
use crate::transport::byte_stream::ByteStream;
use crate::transport::connection::Connection;
use crate::transport::download::Download;
use crate::transport::encoding::{PathValue, QueryValue, encode_segment};
use crate::transport::request::{Request, RequestBody};
use crate::transport::response::Response;
use crate::transport::upload::{Form, Upload};

/// How much of an unwanted body is read so that the connection can be used again, in bytes.
const MOST_DRAINED: usize = 64 * 1024;

/// One call of an operation under construction. Generated functions build and finish it; nothing is sent before it is awaited.
///
/// Input that cannot be sent is remembered and becomes the error of the call.
#[derive(Debug)]
#[must_use = "a call does nothing until it is finished and awaited"]
pub struct Call {
    connection: Connection,
    request: Request,
    operation: &'static Operation,
    /// What is left of the template of the path.
    template: &'static str,
    /// The values of the path, encoded.
    path_values: Vec<String>,
    problem: Option<Error>,
}

impl Call {
    /// Begins a call.
    pub fn new(connection: &Connection, operation: &'static Operation) -> Self {
        let download = matches!(operation.response, ResponseKind::Bytes(_));
        let request = Request { operation: Some(operation), download, ..Request::new(operation.method, "") };
        Self { connection: connection.clone(), request, operation, template: operation.path, path_values: Vec::new(), problem: None }
    }

    /// A call by path: the request is complete but for list parameters and body, and `operation` is the one that its path is of, or stands for none.
    pub fn from_request(connection: &Connection, operation: &'static Operation, request: Request) -> Self {
        let path_values = values(operation.path, &request.path);
        let download = request.download || matches!(operation.response, ResponseKind::Bytes(_));
        let request = Request { operation: Some(operation), download, ..request };
        Self { connection: connection.clone(), request, operation, template: "", path_values, problem: None }
    }

    /// Takes any answer as a file.
    pub fn as_download(mut self) -> Self {
        self.request.download = true;
        self
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
            Some(Ok(members)) => self.request.query.extend(members.into_iter().map(|(name, text)| (Cow::Owned(name), text))),
            Some(Err(error)) => self.fail(|| error),
            None => {}
        }
        self
    }

    /// Sends a JSON body.
    pub fn json(self, body: &(impl JsonBody + ?Sized)) -> Self {
        self.encoded(body.json())
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

    /// The same records by another operation: its path has the same parameters, and what it takes of the query goes along.
    pub(crate) fn related_call(&self, operation: &'static Operation) -> Self {
        let mut twin = Self::new(&self.connection, operation);
        twin.problem = self.problem.as_ref().map(Error::input_again);
        for value in &self.path_values {
            if let Some((before, _, after)) = next_parameter(twin.template) {
                twin.request.path.push_str(before);
                twin.request.path.push_str(value);
                twin.path_values.push(value.clone());
                twin.template = after;
            }
        }
        let takes = |name: &str| operation.parameters.iter().any(|parameter| parameter.name == name);
        twin.request.query.extend(self.request.query.iter().filter(|(name, _)| takes(name)).cloned());
        twin
    }

    /// The operation that is called.
    pub(crate) fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The request, or the first problem there was.
    pub(crate) fn prepare(mut self) -> Result<(Connection, Request), Error> {
        if let Some((_, name, _)) = next_parameter(self.template) {
            self.fail(|| Error::invalid_input(name, "is missing from the path"));
        }
        match self.problem {
            Some(problem) => Err(problem.with_operation(self.operation)),
            None => {
                self.request.path.push_str(self.template);
                Ok((self.connection, self.request))
            }
        }
    }

    /// The path and query that a request with these list parameters will have, or the first problem there is.
    pub(crate) fn path_and_query(&self, query: &ListQuery) -> Result<String, Error> {
        if let Some((_, name, _)) = next_parameter(self.template) {
            return Err(Error::invalid_input(name, "is missing from the path").with_operation(self.operation));
        }
        if let Some(problem) = &self.problem {
            return Err(problem.input_again().with_operation(self.operation));
        }
        query.check().map_err(|error| error.with_operation(self.operation))?;
        let mut request = Request::new(self.request.method, format!("{}{}", self.request.path, self.template));
        request.operation = Some(self.operation);
        request.query.clone_from(&self.request.query);
        ask(&mut request, query, self.connection.base_length()).map_err(|error| error.with_operation(self.operation))?;
        Ok(request.path_and_query())
    }

    /// Finishes as a list of `T`.
    pub fn list<T>(self) -> List<T> {
        List::new(self)
    }

    /// Finishes as the reading of one `T`.
    pub fn get<T>(self) -> Get<T> {
        Get::new(self)
    }

    /// Finishes as a count of records of the type `T`.
    pub fn count<T>(self) -> Count<T> {
        Count::new(self)
    }

    /// Sends the call; the answer's body is not read yet.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent, a failing transport, a status outside 2xx.
    pub async fn execute(self) -> Result<Response, Error> {
        let (connection, request) = self.prepare()?;
        connection.execute(request).await
    }

    /// Sends the call with the parameters of lists, as typed lists send theirs: a query that is too long for a URL becomes a search where there is one. The
    /// answer's body is not read yet.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute); a query that cannot be read, or is too long.
    pub async fn execute_list(self, query: &ListQuery) -> Result<Response, Error> {
        let (connection, request) = crate::calls::list::prepare(self, query)?;
        connection.execute(request).await
    }

    /// Sends the call and reads the whole answer.
    async fn receive(self) -> Result<Received, Error> {
        let (connection, request) = self.prepare()?;
        receive(connection, request).await
    }

    /// Sends the call and reads the value in the answer.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute), and when the answer is blank, is no JSON, or does not fit `T`.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.receive().await?.decode()
    }

    /// Sends the call and reads the one text, number or flag in the answer, in every form that members are read in.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_scalar<T: Property>(self) -> Result<T, Error> {
        Ok(self.send::<WholeAnswer<T>>().await?.0)
    }

    /// Sends the call; whatever the answer holds is of no interest.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn finish(self) -> Result<(), Error> {
        let response = self.execute().await?;
        ByteStream::collect_available(response.body, MOST_DRAINED).await;
        Ok(())
    }

    /// Sends the call; the answer is a file.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn download(self) -> Result<Download, Error> {
        let operation = self.operation;
        Ok(Download::new(self.execute().await?, operation))
    }
}

/// A scalar as the whole answer.
struct WholeAnswer<T>(T);

impl<'de, T: Property> Deserialize<'de> for WholeAnswer<T> {
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
