//! Calls by path or by the name of an operation, with JSON in and out: for tools, and for what no type describes.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use connectwise_psa_bindings::catalogue;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::{
    Answer, BodyFact, Call, Download, Error, Kind, List, ListQuery, Location, Media, Method, NextPage, Operation, Paging, Parameter, Psa, QueryKind, Request,
    Twins, Unread, Upload,
};

/// The path of the API in hyperlinks: what stands behind it is the path of an endpoint.
const API_PATH: &str = "/apis/3.0/";

/// A call that is not made through a typed function, under construction; see [`Psa::request`] and [`Psa::operation`].
///
/// Input that cannot be sent is remembered and becomes the error of the call; nothing is sent then.
#[must_use = "nothing is sent before it is awaited"]
pub struct GenericRequest {
    psa: Psa,
    method: Method,
    operation: &'static Operation,
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
    /// let reply = psa.request(Method::Post, "/service/tickets/5/notes").json(&note).send().await?;
    /// println!("the note has the id {}", reply.into_json()?["id"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> GenericRequest {
        let (path, query) = anchored(path);
        let mut request = GenericRequest::new(self, method, catalogued(method, &path).unwrap_or_else(|| unknown(method)), path);
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
    pub fn operation(&self, id: &str) -> GenericRequest {
        let found = match id.split_once('.') {
            Some((section, id)) => catalogue::find(section, id),
            None => catalogue::find_by_vendor_id(id),
        };
        match found {
            Some(operation) => GenericRequest::new(self, operation.method, operation, operation.path.to_owned()),
            None => {
                let why = unknown_name(id);
                let request = GenericRequest::new(self, Method::Get, unknown(Method::Get), String::new());
                request.with_problem(Error::invalid_input(format!("operation {id:?}"), why))
            }
        }
    }
}

impl GenericRequest {
    fn new(psa: &Psa, method: Method, operation: &'static Operation, path: String) -> Self {
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
    pub fn catalogued(&self) -> Option<&'static Operation> {
        Some(self.operation).filter(|operation| !operation.path.is_empty())
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
        self.operation.path.starts_with("/system/reports/")
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

    /// Sends a JSON body; beside a file, its members are the texts of the form.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.clone());
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
    pub async fn send(self) -> Result<Reply, Error> {
        let is_file = matches!(self.operation.answer, Answer::Bytes(_));
        let known = self.catalogued();
        let (call, list) = self.call()?;
        let response = match list {
            Some(list) => call.execute_list(&list).await?,
            None => call.execute().await?,
        };
        let (status, headers) = (response.status, response.headers);
        let name = |error: Error| known.into_iter().fold(error, Error::with_operation);
        let body = response.body.collect().await.map_err(name)?;
        let content = content(&headers, body, is_file).map_err(|body| name(Error::unexpected_answer(status, &headers, &body)))?;
        Ok(Reply { status, headers, content })
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
        if self.catalogued().is_some() && !matches!(self.operation.answer, Answer::Many(_) | Answer::Any) {
            return Err(Error::invalid_input("list", "is not what this operation answers").with_operation(self.operation));
        }
        let (call, list) = self.call()?;
        Ok(call.list().query(list.unwrap_or_default()))
    }

    /// What would be sent, with its secrets hidden; nothing is sent.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent.
    pub async fn dry_run(self) -> Result<crate::DryRun, Error> {
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
            let own = self.operation.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(&name));
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
                None if takes(self.operation.query, &name) => {
                    self.list_parameter(&name, &text)?;
                }
                None => return Err(self.refuse(format!("parameter {name:?}"), &format!("is unknown; it takes {}", known_parameters(self.operation)))),
            }
        }
        if let Some((_, rest)) = self.path.split_once('{') {
            let name = rest.split_once('}').map_or(rest, |(name, _)| name).to_owned();
            return Err(self.refuse(name, "is missing from the path"));
        }
        let missing = self.operation.parameters.iter().find(|parameter| {
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
        !takes(self.operation.query, name) && self.operation.parameters.iter().any(|parameter| matches!(parameter.kind, Kind::Object(_)))
    }

    fn refuse(&self, name: impl Into<String>, why: &str) -> Error {
        let error = Error::invalid_input(name, why);
        self.catalogued().into_iter().fold(error, Error::with_operation)
    }

    /// The call, checked, and the parameters of lists when there are some.
    fn call(mut self) -> Result<(Call, Option<ListQuery>), Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        self.fill()?;
        if let Some(BodyFact { required: true, type_name, .. }) = self.operation.body
            && self.body.is_none()
            && self.upload.is_none()
        {
            return Err(self.refuse("body", &format!("is missing: JSON of {type_name}")));
        }
        let mut request = Request::new(self.method, self.path);
        request.query = self.query;
        request.headers = self.headers;
        let call = Call::of_request(self.psa.connection(), self.operation, request);
        let is_form = self.upload.is_some() || self.operation.body.is_some_and(|body| body.media == Media::Multipart);
        let call = match self.body {
            body if is_form => call.multipart(&body.unwrap_or_else(|| Value::Object(Map::new())), "file", self.upload),
            Some(body) => call.json(&body),
            None => call,
        };
        Ok((call, self.list))
    }
}

/// Shows no secrets: of headers the names, of parameters and body what is none.
impl fmt::Debug for GenericRequest {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map(|body| crate::redacted(body).to_string());
        to.debug_struct("GenericRequest")
            .field("operation", &self.catalogued().map(|operation| operation.id))
            .field("method", &self.method)
            .field("path", &self.path)
            .field("parameters", &crate::redacted(&Value::Object(self.values.clone())).to_string())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &body)
            .field("upload", &self.upload)
            .finish_non_exhaustive()
    }
}

/// The answer to a generic call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// Its status, always 2xx.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// What it holds.
    pub content: Content,
}

/// What an answer holds.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// Nothing: a 204, or a blank body, which is an answer too.
    Nothing,
    /// JSON.
    Json(Value),
    /// Anything else.
    Bytes(Bytes),
}

impl Reply {
    /// The JSON; nothing is null.
    ///
    /// # Errors
    ///
    /// When bytes came.
    pub fn into_json(self) -> Result<Value, Error> {
        match self.content {
            Content::Nothing => Ok(Value::Null),
            Content::Json(value) => Ok(value),
            Content::Bytes(body) => Err(Error::unexpected_answer(self.status, &self.headers, &body)),
        }
    }

    /// Where the next page is, when it is a page of a list and the server names one.
    #[must_use]
    pub fn next_page(&self) -> Option<NextPage> {
        NextPage::of_answer(&self.headers)
    }
}

/// Shows no secrets, and of bytes their number.
impl fmt::Debug for Content {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => to.write_str("Nothing"),
            Self::Json(value) => write!(to, "Json({})", crate::redacted(value)),
            Self::Bytes(bytes) => write!(to, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// What a body is; the body itself when it is a web page that nobody asked for.
fn content(headers: &HeaderMap, body: Bytes, is_file: bool) -> Result<Content, Bytes> {
    let media_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&body);
    if text.trim_ascii().is_empty() {
        return Ok(Content::Nothing);
    }
    if is_file {
        return Ok(Content::Bytes(body));
    }
    if media_type.contains("html") || text.trim_ascii_start().starts_with(b"<") {
        return Err(body);
    }
    match serde_json::from_slice(text) {
        Ok(value) => Ok(Content::Json(value)),
        Err(_) if media_type.contains("json") => Err(body),
        Err(_) => Ok(Content::Bytes(body)),
    }
}

/// The path under the API base, and the query, of a path or hyperlink as a person or the server writes it.
fn anchored(text: &str) -> (String, Vec<(String, String)>) {
    let text = text.trim();
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let lower = path.to_ascii_lowercase();
    let path = match lower.find(API_PATH) {
        Some(at) if path.contains("://") || lower.starts_with("/v") || lower.starts_with('v') || at == 0 => path.get(at + API_PATH.len()..).unwrap_or_default(),
        _ => path,
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    (path, pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
}

/// The operation of the catalogue that a path is one of: that with the most segments in common where several fit.
fn catalogued(method: Method, path: &str) -> Option<&'static Operation> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let literal = |template: &str| -> Option<usize> {
        let template: Vec<&str> = template.trim_matches('/').split('/').collect();
        if template.len() != segments.len() {
            return None;
        }
        let mut literals = 0;
        for (expected, segment) in template.iter().zip(&segments) {
            if expected.eq_ignore_ascii_case(segment) {
                literals += 1;
            } else if !expected.contains('{') {
                return None;
            }
        }
        Some(literals)
    };
    let fitting = catalogue::all().filter(|operation| operation.method == method).filter_map(|operation| Some((literal(operation.path)?, operation)));
    fitting.max_by_key(|(literals, _)| *literals).map(|(_, operation)| operation)
}

/// What stands for an operation that the catalogue does not have.
fn unknown(method: Method) -> &'static Operation {
    const fn of(method: Method) -> Operation {
        Operation {
            id: "request",
            section: "generic",
            vendor_id: "",
            method,
            path: "",
            parameters: &[],
            body: None,
            answer: Answer::Any,
            query: QueryKind::List,
            paging: Paging::PageOrForward,
            tag: "",
            twins: Twins::NONE,
        }
    }
    static UNKNOWN: [Operation; 5] = [of(Method::Get), of(Method::Post), of(Method::Put), of(Method::Patch), of(Method::Delete)];
    let [get, post, put, patch, delete] = &UNKNOWN;
    match method {
        Method::Get => get,
        Method::Post => post,
        Method::Put => put,
        Method::Patch => patch,
        Method::Delete => delete,
    }
}

/// What is wrong with a name of no operation, and which one may have been meant.
fn unknown_name(id: &str) -> String {
    let section = id.split_once('.').map(|(section, _)| section);
    if let Some(section) = section.filter(|section| !catalogue::all().any(|operation| operation.section == *section)) {
        return format!("is unknown: there is no section {section:?}, or the feature of that name is not compiled");
    }
    let distance = |name: &str| strsim::normalized_damerau_levenshtein(id, name);
    let names = catalogue::all().flat_map(|operation| [format!("{}.{}", operation.section, operation.id), operation.vendor_id.to_owned()]);
    let nearest = names.map(|name| (distance(&name), name)).max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(likeness, _)| *likeness > 0.6);
    match nearest {
        Some((_, name)) => format!("is unknown; perhaps `{name}` is meant"),
        None => "is unknown; names have a section in front, as in `service.list_tickets`, or are the vendor's, as in `getServiceTickets`".to_owned(),
    }
}

/// Whether an operation takes a parameter of lists.
fn takes(query: QueryKind, name: &str) -> bool {
    let all = list_parameters(query);
    all.iter().any(|parameter| parameter.eq_ignore_ascii_case(name))
}

fn list_parameters(query: QueryKind) -> &'static [&'static str] {
    match query {
        QueryKind::None => &[],
        QueryKind::Fields => &["fields"],
        QueryKind::Count(_) => &["conditions", "childConditions", "customFieldConditions"],
        QueryKind::List => &["conditions", "childConditions", "customFieldConditions", "orderBy", "fields", "page", "pageSize", "pageId"],
    }
}

fn known_parameters(operation: &Operation) -> String {
    let own = operation.parameters.iter().map(|parameter| parameter.name);
    let all: Vec<_> = own.chain(list_parameters(operation.query).iter().copied()).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// Whether a text can be the value of a parameter.
fn fits(parameter: &Parameter, text: &str) -> Result<(), String> {
    let (fits, what) = match parameter.kind {
        Kind::Integer => (text.parse::<i64>().is_ok(), "a whole number"),
        Kind::Number => (text.parse::<f64>().is_ok_and(f64::is_finite), "a number"),
        Kind::Boolean => (matches!(text, "true" | "false"), "true or false"),
        Kind::Text | Kind::Enumeration(_) | Kind::Object(_) => (true, ""),
    };
    if fits { Ok(()) } else { Err(format!("is {text:?}, which is not {what}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_hyperlinks_are_anchored() {
        for (text, path, query) in [
            ("/service/tickets/5", "/service/tickets/5", ""),
            ("service/tickets", "/service/tickets", ""),
            (" /service/tickets?conditions=a+%3d+%22b%26c%22&page=2 ", "/service/tickets", "conditions=a = \"b&c\";page=2"),
            ("https://na.myconnectwise.net/v2025_1//apis/3.0/company/contacts/57961/notes", "/company/contacts/57961/notes", ""),
            ("https://evil.example/v4_6_release/APIs/3.0/service/tickets?pageId=7", "/service/tickets", "pageId=7"),
            ("/v4_6_release/apis/3.0/service/tickets", "/service/tickets", ""),
            ("apis/3.0x", "/apis/3.0x", ""),
            ("/service/tickets?flag", "/service/tickets", "flag="),
        ] {
            let (found, pairs) = anchored(text);
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!((found.as_str(), pairs.join(";").as_str()), (path, query), "{text}");
        }
    }

    #[test]
    fn bodies_are_told_apart() {
        let html = |text: &'static str| (Some("text/html"), text);
        for ((media_type, text), is_file, expected) in [
            ((None, ""), false, "Nothing"),
            ((Some("application/json"), " \r\n"), false, "Nothing"),
            ((None, "{\"a\":1,\"apiKey\":2}"), false, "Json({\"a\":1,\"apiKey\":\"[redacted]\"})"),
            ((Some("application/json; charset=utf-8"), "\u{feff}[]"), false, "Json([])"),
            ((Some("text/plain"), "17"), false, "Json(17)"),
            ((Some("text/plain"), "hello"), false, "Bytes(5 bytes)"),
            ((Some("application/json"), "{\"a\":"), false, "refused"),
            (html("<html>"), false, "refused"),
            ((None, " <!DOCTYPE html>"), false, "refused"),
            (html("<html>"), true, "Bytes(6 bytes)"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(media_type) = media_type {
                headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            }
            let found = content(&headers, Bytes::from_static(text.as_bytes()), is_file);
            assert_eq!(found.map_or_else(|_| "refused".to_owned(), |content| format!("{content:?}")), expected, "{text}");
        }
    }

    #[cfg(feature = "service")]
    #[test]
    fn a_path_finds_its_operation() {
        for (method, path, id) in [
            (Method::Get, "/service/tickets", Some("list_tickets")),
            (Method::Get, "/Service/Tickets/", Some("list_tickets")),
            (Method::Get, "/service/tickets/5", Some("get_ticket")),
            (Method::Get, "/service/tickets/count", Some("count_tickets")),
            (Method::Patch, "/service/tickets/5", Some("update_ticket")),
            (Method::Get, "/service/tickets/5/notes", Some("list_ticket_notes")),
            (Method::Get, "/service/unknown", None),
        ] {
            assert_eq!(catalogued(method, path).map(|operation| operation.id), id, "{path}");
        }
    }
}
