//! The builder of requests by path or by operation name.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use connectwise_psa_bindings::catalogue;
use connectwise_psa_core::calls::{Call, Get, List, RequestBuilder, WholeResponse};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::json_text;
use connectwise_psa_core::operation::{
    BodyEncoding, BodySpec, Method, Operation, Parameter, ParameterKind, ParameterLocation, QueryKind, ResponseKind,
};
use connectwise_psa_core::option_setters;
use connectwise_psa_core::query::{ListQuery, Verbatim};
use connectwise_psa_core::redaction::redacted;
use connectwise_psa_core::transport::{BoxFuture, Download, DryRun, Request, RetryPolicy, Upload};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::client::Psa;
use crate::raw::body;
use crate::raw::parameters::{check_value, known_parameters, takes_list_parameter};
use crate::raw::path::target;
use crate::raw::response::RawResponse;
use crate::raw::suggestion::unknown_name;

/// A builder of an untyped request; see [`Psa::request`] and [`Psa::operation`].
///
/// Awaiting it sends the request and reads the whole response. [`list`](Self::list) turns it into a list,
/// [`download`](Self::download) streams the response.
///
/// The first invalid input becomes the error of the call, which then sends nothing.
#[must_use = "a request is not sent until it is awaited"]
pub struct RawRequest {
    psa: Psa,
    /// The request without its body. Its path may be a template that `values` fill.
    request: Request,
    values: Map<String, Value>,
    /// The list parameters, if any are set.
    list: Option<ListQuery>,
    /// Serialised JSON, because numbers in a [`Value`] would lose digits.
    body: Option<Bytes>,
    upload: Option<Upload>,
    problem: Option<Error>,
}

impl Psa {
    /// Builds a request with any method and path below the base URL: `/service/tickets/5`, with or without a query.
    ///
    /// `path` may also be a hyperlink from a response
    /// (`https://na.myconnectwise.net/v2025_1//apis/3.0/company/contacts/5/notes`), also to something outside the API, such
    /// as an image. A URL of another server is invalid input. Every request is sent to the host of this client's base URL.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use connectwise_psa::Method;
    /// use serde_json::json;
    ///
    /// let note = json!({"text": "called back", "internalAnalysisFlag": true});
    /// let response = psa.request(Method::Post, "/service/tickets/5/notes").json(&note).await?;
    /// println!("the note has the id {}", response.into_json()?["id"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> RawRequest {
        let target = match target(path, &self.pipeline().shared.endpoint.known()) {
            Ok(target) => target,
            Err(problem) => {
                let request = RawRequest::new(self, method, None, String::new());
                return request.with_problem(Error::invalid_input("path", problem));
            }
        };
        let found = if target.outside_api { None } else { catalogue::match_path(method, &target.path) };
        let mut request = RawRequest::new(self, method, found.map(|found| found.operation), target.path);
        request.request.outside_api = target.outside_api;
        for (name, value) in target.query {
            request = request.query(name, value);
        }
        request
    }

    /// Builds a request for an operation by name: the name in this crate with its section (`service.list_tickets`), or
    /// the name in ConnectWise's OpenAPI document (`getServiceTickets`). [`parameters`](RawRequest::parameters) sets
    /// path and query parameters.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use serde_json::json;
    ///
    /// let parameters = json!({"parentId": 5, "conditions": "internalFlag = true"});
    /// let mut notes = psa.operation("service.list_ticket_notes").parameters(&parameters).list().stream();
    /// while let Some(note) = notes.next().await {
    ///     println!("{}", note?["text"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn operation(&self, id: &str) -> RawRequest {
        let found = match id.split_once('.') {
            Some((section, id)) => catalogue::find(section, id),
            None => catalogue::find_by_vendor_id(id),
        };
        match found {
            Some(operation) => RawRequest::new(self, operation.method, Some(operation), operation.path.to_owned()),
            None => {
                let message = unknown_name(id);
                let request = RawRequest::new(self, Method::Get, None, String::new());
                request.with_problem(Error::invalid_input(format!("operation {id:?}"), message))
            }
        }
    }
}

impl RawRequest {
    fn new(psa: &Psa, method: Method, operation: Option<&'static Operation>, path: String) -> Self {
        let mut request = Request::new(method, path);
        request.operation = operation;
        Self { psa: psa.clone(), request, values: Map::new(), list: None, body: None, upload: None, problem: None }
    }

    fn with_problem(mut self, problem: Error) -> Self {
        self.problem = self.problem.or(Some(problem));
        self
    }

    /// Returns the operation of the catalogue that this request belongs to, if there is one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'static Operation> {
        self.request.operation
    }

    /// Sets path and query parameters, including the list parameters (`conditions`, `childConditions`,
    /// `customFieldConditions`, `orderBy`, `fields`, `page`, `pageSize`, `pageId`), from the fields of a JSON object.
    /// The names are those of the API, in any letter case. Fields that are null are ignored.
    pub fn parameters(mut self, parameters: &Value) -> Self {
        match parameters {
            Value::Object(fields) => {
                self.values.extend(
                    fields
                        .iter()
                        .filter(|(_, value)| !value.is_null())
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
                self
            }
            Value::Null => self,
            _ => self.with_problem(Error::invalid_input("parameters", "are not a JSON object")),
        }
    }

    /// Adds a query parameter. List parameters are parsed and checked as in typed calls, except the `orderBy` of
    /// reports, which is sent unchanged.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.set_list_parameter(&name, &value) {
            Ok(true) => self,
            Ok(false) => {
                self.request.query.push((name, value));
                self
            }
            Err(problem) => self.with_problem(problem),
        }
    }

    /// Sets a list parameter. Returns false if `name` is not the name of a list parameter.
    fn set_list_parameter(&mut self, name: &str, value: &str) -> Result<bool, Error> {
        let list = self.list.clone().unwrap_or_default();
        let number = |name: &str| {
            value.trim().parse::<u32>().map_err(|error| {
                Error::invalid_input_from(name, format!("is {value:?}, which is not a valid number"), error)
            })
        };
        self.list = Some(match name.to_ascii_lowercase().as_str() {
            "conditions" => list.conditions(value),
            "childconditions" => list.child_conditions(value),
            "customfieldconditions" => list.custom_field_conditions(value),
            // The columns of reports are not fields of a record, so the order is sent unchecked.
            "orderby" if self.is_report() => list.order_by(Verbatim::new(value)),
            "orderby" => list.order_by(value),
            "fields" => list.fields(value),
            "page" => list.from_page(number("page")?),
            "pagesize" => list.page_size(number("pageSize")?),
            "pageid" => {
                let id = value.trim().parse().map_err(|error| {
                    Error::invalid_input_from("pageId", format!("is {value:?}, which is not a valid number"), error)
                })?;
                list.page_id(id)
            }
            _ => return Ok(false),
        });
        Ok(true)
    }

    fn is_report(&self) -> bool {
        self.request.operation.is_some_and(|operation| operation.path.starts_with("/system/reports/"))
    }

    option_setters!();

    /// Adds a header. Headers that carry credentials are ignored, because only the client sets them.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match self.request.add_header(name, value) {
            Ok(()) => self,
            Err(problem) => self.with_problem(problem),
        }
    }

    /// Sets the JSON body. In a request with an upload, the fields of the JSON object become text parts of the form. A
    /// value that cannot be serialised becomes the error of the call.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match json_text(body) {
            Ok(body) => self.body = Some(body),
            Err(problem) => return self.with_problem(problem),
        }
        self
    }

    /// Sets a file to send in a multipart form.
    pub fn upload(mut self, file: Upload) -> Self {
        self.upload = Some(file);
        self
    }

    /// Decodes the response as a type of the bindings or of the caller. Amounts are exact. In a [`Value`], numbers with
    /// a fraction keep only about 15 digits.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use connectwise_psa::{Method, Reference};
    ///
    /// let board = psa.request(Method::Get, "/service/boards/1").decode_as::<Reference>().await?;
    /// println!("{:?}", board.name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn decode_as<T>(self) -> Get<T> {
        let (request, query) = self.build();
        request.get().with_query(query)
    }

    /// Streams the response: a file of any type and length. List parameters (`conditions`, `fields`, `page` and the
    /// others) are not sent.
    pub fn download(self) -> Call<Download> {
        let (request, _) = self.build();
        request.download()
    }

    /// Turns the request into a list of JSON records, to read one page, all pages or all records. The list fails if the
    /// operation is known not to return a list. In a [`Value`], numbers with a fraction keep only about 15 digits;
    /// [`list_as`](Self::list_as) with serde_json's `Box<RawValue>` keeps the text of the records.
    pub fn list(self) -> List<Value> {
        self.list_as()
    }

    /// Turns the request into a list of records of a type of the bindings or of the caller, as [`list`](Self::list)
    /// does.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use connectwise_psa::Reference;
    ///
    /// let boards: Vec<Reference> = psa.operation("service.list_boards").list_as().all().await?;
    /// println!("{:?}", boards.first().and_then(|board| board.name.as_deref()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_as<T>(self) -> List<T> {
        let operation = self.request.operation;
        let is_list =
            operation.is_none_or(|operation| matches!(operation.response, ResponseKind::Many(_) | ResponseKind::Any));
        let (request, query) = self.build();
        let request = if is_list {
            request
        } else {
            request.failed(Error::invalid_input("list", "is not supported: this operation does not return a list"))
        };
        request.list().with_query(query)
    }

    /// Returns the request that would be sent, with secrets redacted. Sends nothing.
    ///
    /// # Errors
    ///
    /// Returns the error of invalid input.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        let (request, query) = self.clone_without_stream().build();
        request.get::<Value>().with_query(query).dry_run()
    }

    /// Moves the parameters into path, query and list parameters.
    fn apply_parameters(&mut self) -> Result<(), Error> {
        let values = std::mem::take(&mut self.values);
        for (name, value) in values {
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                _ => {
                    return Err(self.invalid(format!("parameter {name:?}"), "is not a string, number or boolean"));
                }
            };
            let declared =
                self.declared_parameters().iter().find(|parameter| parameter.name.eq_ignore_ascii_case(&name));
            if let Some(parameter) = declared {
                check_value(parameter, &text).map_err(|problem| self.invalid(parameter.name, &problem))?;
            }
            match declared {
                Some(parameter) if parameter.location == ParameterLocation::Path => {
                    let placeholder = format!("{{{}}}", parameter.name);
                    if matches!(text.as_str(), "" | "." | "..") {
                        let problem = format!("is {text:?}, which would change the path to another endpoint");
                        return Err(self.invalid(parameter.name, &problem));
                    }
                    let encoded =
                        percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
                    self.request.path = self.request.path.replace(&placeholder, &encoded);
                }
                Some(parameter) => self.request.query.push((Cow::Borrowed(parameter.name), text)),
                None if self.takes_object_fields(&name) => self.request.query.push((Cow::Owned(name), text)),
                None if takes_list_parameter(self.query_kind(), &name) => {
                    self.set_list_parameter(&name, &text)?;
                }
                None => {
                    return Err(self.invalid(
                        format!("parameter {name:?}"),
                        &format!(
                            "is unknown; the {} takes {}",
                            if self.request.operation.is_some() { "operation" } else { "request" },
                            known_parameters(self.declared_parameters(), self.query_kind())
                        ),
                    ));
                }
            }
        }
        if let Some((_, rest)) = self.request.path.split_once('{') {
            let name = rest.split_once('}').map_or(rest, |(name, _)| name).to_owned();
            return Err(self.invalid(name, "is missing from the path"));
        }
        let missing = self.declared_parameters().iter().find(|parameter| {
            parameter.required
                && parameter.location == ParameterLocation::Query
                && !self.request.query.iter().any(|(name, _)| name.eq_ignore_ascii_case(parameter.name))
        });
        match missing {
            // The fields of an object in the query are separate parameters, so the object itself is never there.
            Some(parameter) if !matches!(parameter.kind, ParameterKind::Object(_)) => {
                Err(self.invalid(parameter.name, "is missing from the query"))
            }
            _ => Ok(()),
        }
    }

    /// Returns whether an unknown parameter can be a field of an object in the query.
    fn takes_object_fields(&self, name: &str) -> bool {
        !takes_list_parameter(self.query_kind(), name)
            && self.declared_parameters().iter().any(|parameter| matches!(parameter.kind, ParameterKind::Object(_)))
    }

    /// Returns the parameters that the operation declares besides the list parameters.
    fn declared_parameters(&self) -> &'static [Parameter] {
        self.request.operation.map_or(&[], |operation| operation.parameters)
    }

    /// Returns which list parameters the operation takes. An unknown operation takes all of them.
    fn query_kind(&self) -> QueryKind {
        self.request.operation.map_or(QueryKind::List, |operation| operation.query)
    }

    fn invalid(&self, name: impl Into<String>, message: &str) -> Error {
        Error::invalid_input(name, message).with_operation(self.request.operation)
    }

    /// Copies the request for display, without the content of streams.
    fn clone_without_stream(&self) -> Self {
        Self {
            psa: self.psa.clone(),
            request: self.request.description(),
            values: self.values.clone(),
            list: self.list.clone(),
            body: self.body.clone(),
            upload: self.upload.as_ref().map(Upload::description),
            problem: self.problem.clone(),
        }
    }

    /// Returns the request and its list parameters. The request fails with the first problem, if there is one.
    fn build(mut self) -> (RequestBuilder, ListQuery) {
        let problem = match self.problem.take() {
            Some(problem) => Some(problem),
            None => self.complete().err(),
        };
        let is_form = self.upload.is_some()
            || self
                .request
                .operation
                .and_then(|operation| operation.body)
                .is_some_and(|body| body.encoding == BodyEncoding::Multipart);
        let request = RequestBuilder::from_request(self.psa.connection(), self.request);
        let request = match self.body {
            body if is_form => request.multipart_text(body.as_deref().unwrap_or(b"{}"), "file", self.upload),
            Some(body) => request.json_text(body),
            None => request,
        };
        let request = problem.into_iter().fold(request, RequestBuilder::failed);
        (request, self.list.unwrap_or_default())
    }

    /// Applies the parameters, and checks that no parameter or body is missing.
    fn complete(&mut self) -> Result<(), Error> {
        self.apply_parameters()?;
        match self.request.operation.and_then(|operation| operation.body) {
            Some(BodySpec { required: true, type_name, .. }) if self.body.is_none() && self.upload.is_none() => {
                Err(self.invalid("body", &format!("is missing; the operation takes the JSON of {type_name}")))
            }
            _ => Ok(()),
        }
    }

    async fn send(self) -> Result<RawResponse, Error> {
        let (operation, path) = (self.request.operation, self.request.path.clone());
        let is_read = self.request.is_read_only();
        let is_file = operation.is_some_and(|operation| matches!(operation.response, ResponseKind::Bytes(_)));
        let connection = self.psa.connection().clone();
        let (request, query) = self.build();
        let WholeResponse { status, headers, body, .. } = request.execute(&query).await?;
        let text = body.clone();
        let body = body::parse(body, is_file);
        Ok(RawResponse { status, headers, body, text, operation, is_read, path, connection })
    }
}

impl IntoFuture for RawRequest {
    type Output = Result<RawResponse, Error>;
    type IntoFuture = BoxFuture<'static, Result<RawResponse, Error>>;

    /// Sends the request and reads the whole response; for a list, one page. Fails on invalid input, on a status other
    /// than 2xx, and if there is no response. Unless the operation returns a file, it also fails if the response is an
    /// HTML page, or if its content type is JSON and its body is not.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Omits secrets: shows only the names of headers, and redacts parameters and body.
impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self
            .body
            .as_ref()
            .and_then(|body| serde_json::from_slice(body).ok())
            .map(|body: Value| redacted(&body).to_string());
        f.debug_struct("RawRequest")
            .field("operation", &self.request.operation.map(|operation| operation.id))
            .field("method", &self.request.method)
            .field("path", &self.request.path)
            .field("parameters", &redacted(&Value::Object(self.values.clone())).to_string())
            .field("headers", &self.request.headers.keys().collect::<Vec<_>>())
            .field("body", &body)
            .field("upload", &self.upload)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "service", feature = "system"))]
mod tests {
    use super::*;

    #[test]
    fn a_request_by_path_has_the_operation_that_matches_its_path() {
        let psa = Psa::builder().host("psa.example").company("acme").keys("pub", "priv").build().unwrap();
        for (method, path, id) in [
            (Method::Get, "/service/tickets/5", Some("get_ticket")),
            (Method::Get, "https://psa.example/v4_6_release/apis/3.0/Service/Tickets/", Some("list_tickets")),
            (Method::Get, "/system/members/5", Some("get_member")),
            (Method::Get, "/system/members/jdoe", Some("get_member_by_identifier")),
            (Method::Get, "/system/members/count", Some("count_members")),
            (Method::Get, "/service/unknown", None),
        ] {
            let request = psa.request(method, path);
            assert_eq!(request.operation().map(|operation| operation.id), id, "{path}");
            let error = request.header("not a header", "x").dry_run().unwrap_err();
            assert_eq!(error.operation().map(|operation| operation.id), id, "{path}: {error}");
        }
    }
}
