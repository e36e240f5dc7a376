//! Requests by path or by the name of an operation, under construction.

use std::borrow::Cow;
use std::fmt;

use connectwise_psa_bindings::catalogue;
use connectwise_psa_bindings::psa::{
    Answer, BodyFact, Call, Download, Error, Kind, List, ListQuery, Location, Media, Method, Operation, Parameter, QueryKind, Request, Unread, Upload, redacted,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::client::Psa;
use crate::dry_run::DryRun;
use crate::raw::body;
use crate::raw::parameters::{fits, known_parameters, takes};
use crate::raw::path::{anchored, matching, unknown};
use crate::raw::response::RawResponse;
use crate::raw::suggestion::unknown_name;

/// A request that is not made through a typed function, under construction; see [`Psa::request`] and [`Psa::operation`].
///
/// Input that cannot be sent is remembered and becomes the error of the call; nothing is sent then.
#[must_use = "nothing is sent before `send`, `download` or `list`"]
pub struct RawRequest {
    psa: Psa,
    method: Method,
    /// The operation of the catalogue that this is, if it is one.
    operation: Option<&'static Operation>,
    /// The path as it is sent; templates are filled from the parameters.
    path: String,
    values: Map<String, Value>,
    query: Vec<(Cow<'static, str>, String)>,
    /// The parameters of lists, when there are some.
    list: Option<ListQuery>,
    headers: HeaderMap,
    body: Option<Value>,
    upload: Option<Upload>,
    problem: Option<Error>,
}

impl Psa {
    /// A call of any method and path under the API base: `/service/tickets/5`, with or without a query.
    ///
    /// A hyperlink of an answer (`https://na.myconnectwise.net/v2025_1//apis/3.0/company/contacts/5/notes`) is taken as well: it is asked of this client's own
    /// server, whatever host it names.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use connectwise_psa::Method;
    /// use serde_json::json;
    ///
    /// let note = json!({"text": "called back", "internalAnalysisFlag": true});
    /// let response = psa.request(Method::Post, "/service/tickets/5/notes").json(&note).send().await?;
    /// println!("the note has the id {}", response.into_json()?["id"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> RawRequest {
        let (path, query) = anchored(path);
        let mut request = RawRequest::new(self, method, matching(method, &path), path);
        for (name, value) in query {
            request = request.query(name, value);
        }
        request
    }

    /// A call of an operation by its name, ours with its section (`service.list_tickets`) or the vendor's (`getServiceTickets`); what goes into path and
    /// query is given as JSON.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use serde_json::json;
    ///
    /// let mut notes = psa.operation("service.list_ticket_notes").parameters(&json!({"parentId": 5, "conditions": "internalFlag = true"})).list()?.stream();
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
                let why = unknown_name(id);
                let request = RawRequest::new(self, Method::Get, None, String::new());
                request.with_problem(Error::invalid_input(format!("operation {id:?}"), why))
            }
        }
    }
}

impl RawRequest {
    fn new(psa: &Psa, method: Method, operation: Option<&'static Operation>, path: String) -> Self {
        Self {
            psa: psa.clone(),
            method,
            operation,
            path,
            values: Map::new(),
            query: Vec::new(),
            list: None,
            headers: HeaderMap::new(),
            body: None,
            upload: None,
            problem: None,
        }
    }

    fn with_problem(mut self, problem: Error) -> Self {
        self.problem = self.problem.or(Some(problem));
        self
    }

    /// The operation of the catalogue that this is, if it is one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'static Operation> {
        self.operation
    }

    /// Values for the parameters of path and query, and for those of lists (`conditions`, `childConditions`, `customFieldConditions`, `orderBy`, `fields`, `page`,
    /// `pageSize`, `pageId`), by their names on the wire in any letter case. Members that are null are left out.
    pub fn parameters(mut self, parameters: &Value) -> Self {
        match parameters {
            Value::Object(members) => {
                self.values.extend(members.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())));
                self
            }
            Value::Null => self,
            _ => self.with_problem(Error::invalid_input("parameters", "are no JSON object")),
        }
    }

    /// Adds a query parameter. Those of lists are read first, as they are in typed calls.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.list_parameter(&name, &value) {
            Ok(true) => self,
            Ok(false) => {
                self.query.push((name, value));
                self
            }
            Err(problem) => self.with_problem(problem),
        }
    }

    /// Sets a parameter of lists; false when it is none.
    fn list_parameter(&mut self, name: &str, value: &str) -> Result<bool, Error> {
        let list = self.list.clone().unwrap_or_default();
        let number =
            |name: &str| value.trim().parse::<u32>().map_err(|error| Error::invalid_input_from(name, format!("is {value:?}, which is no number"), error));
        self.list = Some(match name.to_ascii_lowercase().as_str() {
            "conditions" => list.conditions(value),
            "childconditions" => list.child_conditions(value),
            "customfieldconditions" => list.custom_field_conditions(value),
            // Reports have fields of their own, which are no members of a record.
            "orderby" if self.is_report() => list.order_by(Unread(value.to_owned())),
            "orderby" => list.order_by(value),
            "fields" => list.fields(value),
            "page" => list.page(number("page")?),
            "pagesize" => list.page_size(number("pageSize")?),
            "pageid" => {
                let id = value.trim().parse().map_err(|error| Error::invalid_input_from("pageId", format!("is {value:?}, which is no number"), error))?;
                list.page_id(id)
            }
            _ => return Ok(false),
        });
        Ok(true)
    }

    fn is_report(&self) -> bool {
        self.operation.is_some_and(|operation| operation.path.starts_with("/system/reports/"))
    }

    /// Adds a header. Those that carry credentials are the client's alone and are left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
                self
            }
            _ => self.with_problem(Error::invalid_input(format!("header {name:?}"), "is none, or its value cannot be one")),
        }
    }

    /// Sends a JSON body; beside a file, its members are the texts of the form. A value that cannot be written as JSON is the error of the call.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_value(body) {
            Ok(body) => self.body = Some(body),
            Err(error) => return self.with_problem(Error::invalid_input_from("body", "cannot be written as JSON", error)),
        }
        self
    }

    /// Sends a file in a form.
    pub fn upload(mut self, file: Upload) -> Self {
        self.upload = Some(file);
        self
    }

    /// Sends it and reads the whole answer: for a list, one page of it.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent, an answer outside 2xx, no answer, and a web page where the API should answer.
    pub async fn send(self) -> Result<RawResponse, Error> {
        let operation = self.operation;
        let is_file = operation.is_some_and(|operation| matches!(operation.answer, Answer::Bytes(_)));
        let (call, list) = self.call()?;
        let response = match list {
            Some(list) => call.execute_list(&list).await?,
            None => call.execute().await?,
        };
        let (status, headers) = (response.status, response.headers);
        let name = |error: Error| operation.into_iter().fold(error, Error::with_operation);
        let body = response.body.collect().await.map_err(name)?;
        let body = body::read(&headers, body, is_file).map_err(|body| name(Error::unexpected_answer(status, &headers, &body)))?;
        Ok(RawResponse { status, headers, body })
    }

    /// Sends it; the answer is a file, which is handed on as it comes.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn download(self) -> Result<Download, Error> {
        let (call, _) = self.call()?;
        call.as_download().download().await
    }

    /// As a list of JSON records, of which one page, all pages or all records can be read.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent; an operation that is known to answer no list.
    pub fn list(self) -> Result<List<Value>, Error> {
        if let Some(operation) = self.operation
            && !matches!(operation.answer, Answer::Many(_) | Answer::Any)
        {
            return Err(Error::invalid_input("list", "is not what this operation answers").with_operation(operation));
        }
        let (call, list) = self.call()?;
        Ok(call.list().query(list.unwrap_or_default()))
    }

    /// What would be sent, with its secrets hidden; nothing is sent.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent.
    pub async fn dry_run(self) -> Result<DryRun, Error> {
        let psa = self.psa.clone();
        psa.dry_run(async |psa| Self { psa, ..self }.send().await).await
    }

    /// Puts the parameters where they belong.
    fn fill(&mut self) -> Result<(), Error> {
        let values = std::mem::take(&mut self.values);
        for (name, value) in values {
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                _ => return Err(self.refuse(format!("parameter {name:?}"), "is no text, number or flag")),
            };
            let own = self.parameters_of_operation().iter().find(|parameter| parameter.name.eq_ignore_ascii_case(&name));
            if let Some(parameter) = own {
                fits(parameter, &text).map_err(|why| self.refuse(parameter.name.to_owned(), &why))?;
            }
            match own {
                Some(parameter) if parameter.location == Location::Path => {
                    let placeholder = format!("{{{}}}", parameter.name);
                    if matches!(text.as_str(), "" | "." | "..") {
                        return Err(self.refuse(parameter.name.to_owned(), "would lead to another endpoint"));
                    }
                    let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
                    self.path = self.path.replace(&placeholder, &encoded);
                }
                Some(parameter) => self.query.push((Cow::Borrowed(parameter.name), text)),
                None if self.takes_members(&name) => self.query.push((Cow::Owned(name), text)),
                None if takes(self.query_kind(), &name) => {
                    self.list_parameter(&name, &text)?;
                }
                None => {
                    return Err(self.refuse(
                        format!("parameter {name:?}"),
                        &format!("is unknown; it takes {}", known_parameters(self.parameters_of_operation(), self.query_kind())),
                    ));
                }
            }
        }
        if let Some((_, rest)) = self.path.split_once('{') {
            let name = rest.split_once('}').map_or(rest, |(name, _)| name).to_owned();
            return Err(self.refuse(name, "is missing from the path"));
        }
        let missing = self.parameters_of_operation().iter().find(|parameter| {
            parameter.required && parameter.location == Location::Query && !self.query.iter().any(|(name, _)| name.eq_ignore_ascii_case(parameter.name))
        });
        match missing {
            // An object of the query is given member by member.
            Some(parameter) if !matches!(parameter.kind, Kind::Object(_)) => Err(self.refuse(parameter.name.to_owned(), "is missing from the query")),
            _ => Ok(()),
        }
    }

    /// Whether any name can be a member of an object of the query.
    fn takes_members(&self, name: &str) -> bool {
        !takes(self.query_kind(), name) && self.parameters_of_operation().iter().any(|parameter| matches!(parameter.kind, Kind::Object(_)))
    }

    /// The parameters that the operation has of its own.
    fn parameters_of_operation(&self) -> &'static [Parameter] {
        self.operation.map_or(&[], |operation| operation.parameters)
    }

    /// Which parameters of lists there are: all of them where the operation is not known.
    fn query_kind(&self) -> QueryKind {
        self.operation.map_or(QueryKind::List, |operation| operation.query)
    }

    fn refuse(&self, name: impl Into<String>, why: &str) -> Error {
        let error = Error::invalid_input(name, why);
        self.operation.into_iter().fold(error, Error::with_operation)
    }

    /// The call, checked, and the parameters of lists when there are some.
    fn call(mut self) -> Result<(Call, Option<ListQuery>), Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        self.fill()?;
        if let Some(BodyFact { required: true, type_name, .. }) = self.operation.and_then(|operation| operation.body)
            && self.body.is_none()
            && self.upload.is_none()
        {
            return Err(self.refuse("body", &format!("is missing: JSON of {type_name}")));
        }
        let mut request = Request::new(self.method, self.path);
        request.query = self.query;
        request.headers = self.headers;
        let call = Call::of_request(self.psa.connection(), self.operation.unwrap_or_else(|| unknown(self.method)), request);
        let is_form = self.upload.is_some() || self.operation.and_then(|operation| operation.body).is_some_and(|body| body.media == Media::Multipart);
        let call = match self.body {
            body if is_form => call.multipart(&body.unwrap_or_else(|| Value::Object(Map::new())), "file", self.upload),
            Some(body) => call.json(&body),
            None => call,
        };
        Ok((call, self.list))
    }
}

/// Shows no secrets: of headers the names, of parameters and body what is none.
impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map(|body| redacted(body).to_string());
        f.debug_struct("RawRequest")
            .field("operation", &self.operation.map(|operation| operation.id))
            .field("method", &self.method)
            .field("path", &self.path)
            .field("parameters", &redacted(&Value::Object(self.values.clone())).to_string())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &body)
            .field("upload", &self.upload)
            .finish_non_exhaustive()
    }
}
