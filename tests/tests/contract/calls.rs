//! Calls every operation once against a loopback server: the request matches the OpenAPI document, and the call returns
//! the response that the server sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use connectwise_psa::Psa;
use connectwise_psa_core::calls::Page;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{Date, DateTime};
use connectwise_psa_core::operation::{BodyEncoding, Operation, Paging, ParameterLocation, QueryKind, ResponseKind};
use connectwise_psa_core::patch::Patch;
use connectwise_psa_core::query::ListQuery;
use connectwise_psa_core::serde_json::Value;
use connectwise_psa_core::transport::{BoxFuture, Connection, Download, Upload};
use connectwise_psa_core::uuid::Uuid;
use httpmock::prelude::{HttpMockRequest, HttpMockResponse, MockServer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use serde_json::json;

use crate::generated::SECTIONS;
use crate::openapi::{DOCUMENT, operations, referenced, schema};
use crate::samples;

/// One call of one operation.
pub(crate) struct Case {
    /// The row of the catalogue.
    pub(crate) operation: &'static Operation,
    /// The call.
    pub(crate) call: fn(Connection) -> BoxFuture<'static, Result<Value, Error>>,
}

/// The file that the server sends.
const BYTES: &[u8] = b"%PDF-1.7 \x00\xff bytes";
/// The file that the calls upload.
const FILE: &[u8] = b"the \x00 file";
/// The argument for parameters that are strings. Most of its special characters must be percent-encoded.
const TEXT: &str = "a b/c+d&e%ü";
/// The characters to percent-encode: all except those that RFC 3986 calls unreserved.
const PERCENT_ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

// ---- values that the generated calls use ----

/// Returns a query with every list parameter except pageId, which cannot be combined with orderBy.
pub(crate) fn every_list_parameter() -> ListQuery {
    ListQuery::new()
        .conditions("summary contains \"a+b & c\"")
        .child_conditions("types/id = 2")
        .custom_field_conditions("value != null")
        .order_by("id desc")
        .fields("id,name")
        .from_page(2)
        .page_size(3)
}

/// Returns a query with every list parameter that an operation takes, except pageId.
#[allow(dead_code, reason = "used only for operations that do not take every list parameter")]
pub(crate) fn every_list_parameter_of(operation: &Operation) -> ListQuery {
    let takes = |name: &str| !operation.without.contains(&name);
    let mut query = ListQuery::new();
    if takes("conditions") {
        query = query.conditions("summary contains \"a+b & c\"");
    }
    if takes("childConditions") {
        query = query.child_conditions("types/id = 2");
    }
    if takes("customFieldConditions") {
        query = query.custom_field_conditions("value != null");
    }
    if takes("orderBy") {
        query = query.order_by("id desc");
    }
    if takes("fields") {
        query = query.fields("id,name");
    }
    if takes("page") {
        query = query.from_page(2);
    }
    if takes("pageSize") {
        query = query.page_size(3);
    }
    query
}

/// Returns a patch with three operations.
pub(crate) fn patch() -> Patch {
    Patch::new().replace("summary", "täxt").set_null("owner").remove("customFields/0")
}

/// Returns a file to upload.
pub(crate) fn upload() -> Upload {
    Upload::from_bytes("täst.pdf", FILE).with_media_type("application/pdf")
}

/// Returns the timestamp in the samples.
#[allow(dead_code, reason = "used only if an operation has such a parameter")]
pub(crate) fn timestamp() -> DateTime {
    "2026-06-09T21:59:49Z".parse().expect("a timestamp")
}

/// Returns the date in the samples.
#[allow(dead_code, reason = "used only if an operation has such a parameter")]
pub(crate) fn date() -> Date {
    "2026-06-09".parse().expect("a date")
}

/// Returns the UUID in the samples.
#[allow(dead_code, reason = "used only if an operation has such a parameter")]
pub(crate) fn uuid() -> Uuid {
    "0b6f5b1e-7c1f-4b67-9c0e-5d4a3b2c1d0e".parse().expect("a UUID")
}

/// Returns a response as JSON.
pub(crate) fn json<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).expect("every response can be serialised")
}

/// Returns the records of a page as JSON.
pub(crate) fn records<T: Serialize>(page: &Page<T>) -> Value {
    serde_json::to_value(&**page).expect("every record can be serialised")
}

/// Returns the bytes of a download, with the file name and the media type from its headers.
pub(crate) async fn bytes(download: Download) -> Result<Value, Error> {
    let (name, media) = (download.file_name.clone(), download.media_type.clone());
    Ok(json!({"bytes": download.bytes().await?.to_vec(), "name": name, "media": media}))
}

// ---- the check ----

/// Calls every operation of a section.
pub(crate) async fn check(section: &str, cases: &[Case]) {
    let documented: BTreeMap<&str, (&str, &str, &Value)> = operations()
        .filter(|(_, _, operation)| operation["x-section"] == section)
        .map(|(method, path, operation)| (operation["x-vendor-id"].as_str().expect("an id"), (method, path, operation)))
        .collect();
    assert_eq!(cases.len(), documented.len(), "one call for each operation of {section}");

    let server = MockServer::start_async().await;
    let received: Arc<Mutex<Vec<HttpMockRequest>>> = Arc::default();
    let response: Arc<Mutex<Option<HttpMockResponse>>> = Arc::default();
    let (server_received, server_response) = (Arc::clone(&received), Arc::clone(&response));
    server
        .mock_async(move |when, then| {
            when.any_request();
            then.respond_with(move |request| {
                server_received.lock().unwrap().push(request.clone());
                server_response.lock().unwrap().clone().expect("a response is set")
            });
        })
        .await;
    let psa =
        Psa::builder().host(server.base_url()).company("acme").keys("public", "private").client_id("the-client-id");
    let connection = psa.unlimited_requests_per_minute().build().unwrap().connection().clone();

    for case in cases {
        let (method, path, operation) = documented
            .get(case.operation.vendor_id)
            .copied()
            .unwrap_or_else(|| panic!("{} is in the document", case.operation.vendor_id));
        let label = format!("{method} {path} ({})", case.operation.vendor_id);
        let expected = Expected::new(method, path, operation);
        *response.lock().unwrap() = Some(expected.response());
        received.lock().unwrap().clear();
        let result = (case.call)(connection.clone()).await.unwrap_or_else(|error| panic!("{label}: {error}"));
        let requests = std::mem::take(&mut *received.lock().unwrap());
        assert_eq!(requests.len(), 1, "{label}: one request");
        expected.check_request(&label, &requests[0]);
        assert_eq!(result, expected.result(), "{label}: the response");
    }
    println!("{section}: {} of {} operations", cases.len(), documented.len());
}

#[test]
fn every_operation_of_the_document_has_a_call() {
    let called: usize = SECTIONS.iter().map(|cases| cases.len()).sum();
    assert_eq!(called, operations().count());
    println!("{called} of {} operations", operations().count());
}

#[test]
fn the_catalogue_agrees_with_the_document() {
    let rows: BTreeMap<&str, &Operation> =
        connectwise_psa_bindings::catalogue::all().map(|operation| (operation.vendor_id, operation)).collect();
    assert_eq!(rows.len(), operations().count());
    for (method, path, operation) in operations() {
        let row = rows[operation["x-vendor-id"].as_str().unwrap()];
        assert_eq!(
            (row.method.as_str().to_lowercase().as_str(), row.path, row.section, row.id),
            (method, path, operation["x-section"].as_str().unwrap(), operation["x-name"].as_str().unwrap())
        );
        assert_eq!(Some(row.tag), operation["tags"][0].as_str());
        let names: Vec<_> = own_parameters(operation).map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(row.parameters.iter().map(|parameter| parameter.name).collect::<Vec<_>>(), names, "{path}");
        let locations = own_parameters(operation)
            .map(|parameter| {
                (
                    if parameter["in"] == "path" { ParameterLocation::Path } else { ParameterLocation::Query },
                    parameter["required"] == true,
                )
            })
            .collect::<Vec<_>>();
        assert_eq!(
            row.parameters.iter().map(|parameter| (parameter.location, parameter.required)).collect::<Vec<_>>(),
            locations,
            "{path}"
        );
        check_body_response_and_query(row, &format!("{method} {path}"), operation);
    }
}

/// Checks the body, the response and the query of a catalogue row against the document.
fn check_body_response_and_query(row: &Operation, label: &str, operation: &Value) {
    let type_name = |schema: &Value| referenced(schema).or_else(|| referenced(&schema["items"])).map(str::to_owned);
    let body = operation.get("requestBody").and_then(content);
    assert_eq!(row.body.is_some(), operation.get("requestBody").is_some(), "{label}");
    if let (Some(row_body), Some((media, schema))) = (row.body, body) {
        assert_eq!(row_body.type_name, type_name(schema).unwrap_or_default(), "{label}: the body's type");
        assert_eq!(row_body.many, schema["type"] == "array", "{label}: a list as body");
        assert_eq!(
            row_body.encoding,
            if media == "multipart/form-data" { BodyEncoding::Multipart } else { BodyEncoding::Json },
            "{label}: the body's media type"
        );
        assert_eq!(row_body.required, operation["requestBody"]["required"] == true, "{label}: the body is required");
    }
    let (_, response) =
        operation["responses"].as_object().and_then(|responses| responses.iter().next()).expect("a response");
    match content(response) {
        None => assert_eq!(row.response, ResponseKind::None, "{label}"),
        Some((media, _)) if media != "application/json" => {
            assert!(matches!(row.response, ResponseKind::Bytes(found) if found == media), "{label}: {:?}", row.response)
        }
        Some((_, schema)) => {
            let matches = match row.response {
                ResponseKind::One(name) => referenced(schema) == Some(name),
                ResponseKind::Many(name) => schema["type"] == "array" && referenced(&schema["items"]) == Some(name),
                ResponseKind::Any => type_name(schema).is_none(),
                _ => false,
            };
            assert!(matches, "{label}: {:?}", row.response);
        }
    }
    let shared = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .find_map(|parameter| parameter["$ref"].as_str()?.rsplit('/').next());
    let query = match shared {
        Some("ListQuery") => QueryKind::List,
        // The document does not say which records an operation counts, so the name in the catalogue cannot be checked
        // here. The tests of `schemas::for_records` check that most counts have one.
        Some("CountQuery") => QueryKind::Count(match row.query {
            QueryKind::Count(records) => records,
            _ => None,
        }),
        Some("FieldsQuery") => QueryKind::Fields,
        _ => QueryKind::None,
    };
    assert_eq!(row.query, query, "{label}");
    assert!(row.paging == Paging::None || query == QueryKind::List, "{label}: {:?}", row.paging);
}

/// The request, the response and the result that the document prescribes for one operation.
struct Expected {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    body: ExpectedBody,
    status: u16,
    /// The media type and the body of the response.
    response: Option<(String, Value)>,
    /// Whether the call returns the response as a number.
    is_count: bool,
}

enum ExpectedBody {
    None,
    Json(Value),
    Form(Value, String),
}

fn own_parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter.get("$ref").is_none())
}

fn content(value: &Value) -> Option<(&str, &Value)> {
    let (media, body) = value.get("content")?.as_object()?.iter().next()?;
    Some((media, &body["schema"]))
}

/// Returns the value of the parameter at a position, by its schema. The generated calls pass the same values. Numbers
/// are 41 plus the position, so that swapped arguments are noticed.
fn argument(schema: &Value, position: usize) -> String {
    let number = position + 41;
    match schema["type"].as_str() {
        Some("integer") => number.to_string(),
        Some("number") => format!("{number}.5"),
        Some("boolean") => "true".to_owned(),
        Some("string") if matches!(schema["format"].as_str(), Some("date-time" | "date" | "uuid")) => {
            samples::of_any(schema).as_str().unwrap_or_default().to_owned()
        }
        _ => TEXT.to_owned(),
    }
}

/// Returns the id that the generated call passes for `{id}` in a path.
fn id_in_path(path: &str, operation: &Value) -> Option<i64> {
    let position = own_parameters(operation).position(|parameter| parameter["name"] == "id")?;
    let parameter = own_parameters(operation).nth(position)?;
    path.contains("{id}").then(|| argument(&parameter["schema"], position).parse().ok()).flatten()
}

impl Expected {
    fn new(method: &str, path: &str, operation: &Value) -> Self {
        let mut filled = path.to_owned();
        let mut query = Vec::new();
        for (position, parameter) in own_parameters(operation).enumerate() {
            let name = parameter["name"].as_str().expect("a name");
            let value = argument(&parameter["schema"], position);
            if parameter["in"] == "path" {
                filled =
                    filled.replace(&format!("{{{name}}}"), &utf8_percent_encode(&value, &PERCENT_ENCODED).to_string());
            } else if let Some(properties) =
                referenced(&parameter["schema"]).map(schema).and_then(|schema| schema["properties"].as_object())
            {
                query.extend(properties.iter().map(|(property, schema)| {
                    let sample = samples::of_any(schema);
                    (property.clone(), sample.as_str().map_or_else(|| sample.to_string(), str::to_owned))
                }));
            } else {
                query.push((name.to_owned(), value));
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let shared: &[(&str, &str)] =
                match parameter["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
                    Some("ListQuery") => &[
                        ("conditions", "summary contains \"a+b & c\""),
                        ("childConditions", "types/id=2"),
                        ("customFieldConditions", "value!=null"),
                        ("orderBy", "id desc"),
                        ("fields", "id,name"),
                        ("page", "2"),
                        ("pageSize", "3"),
                    ],
                    Some("CountQuery") => &[
                        ("conditions", "id>1"),
                        ("childConditions", "types/id=2"),
                        ("customFieldConditions", "value!=null"),
                    ],
                    Some("FieldsQuery") => &[("fields", "id,name")],
                    _ => &[],
                };
            let takes = |name: &str| {
                !operation["x-query-without"]
                    .as_array()
                    .is_some_and(|without| without.iter().any(|other| other == name))
            };
            query.extend(
                shared
                    .iter()
                    .filter(|(name, _)| takes(name))
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
            );
        }
        query.sort();
        let body = match operation.get("requestBody").and_then(content) {
            None => ExpectedBody::None,
            Some(("multipart/form-data", schema)) => ExpectedBody::Form(samples::of_any(schema), file_property(schema)),
            Some((_, schema))
                if schema["items"]["$ref"] == "#/components/schemas/PatchOperation" && method == "patch" =>
            {
                ExpectedBody::Json(json!([
                    {"op": "replace", "path": "summary", "value": "täxt"},
                    {"op": "replace", "path": "owner", "value": null},
                    {"op": "remove", "path": "customFields/0"}
                ]))
            }
            Some((_, schema)) if *schema == json!({}) => ExpectedBody::Json(json!("any")),
            Some((_, schema)) => ExpectedBody::Json(samples::of_any(schema)),
        };
        let is_count = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|parameter| parameter["$ref"] == "#/components/parameters/CountQuery");
        let (status, response) =
            operation["responses"].as_object().and_then(|responses| responses.iter().next()).expect("a response");
        let response = content(response).map(|(media, schema)| {
            let mut value =
                if referenced(schema) == Some("Count") { json!({"count": 7}) } else { samples::of_any(schema) };
            // The client rejects another record than the one in the path.
            if let Some(id) = value.as_object_mut().and_then(|record| record.get_mut("id"))
                && let Some(requested) = id_in_path(path, operation)
            {
                *id = json!(requested);
            }
            (media.to_owned(), value)
        });
        Self {
            method: method.to_uppercase(),
            path: format!("/v4_6_release/apis/3.0{filled}"),
            query,
            body,
            // The status can be `default`.
            status: status.parse().unwrap_or(200),
            response,
            is_count,
        }
    }

    fn response(&self) -> HttpMockResponse {
        let response = HttpMockResponse::builder().status(self.status);
        match &self.response {
            None => response.build(),
            Some((media, value)) if media == "application/json" => {
                response.header("content-type", "application/json; charset=utf-8").body(value.to_string()).build()
            }
            Some((media, _)) => response
                .header("content-type", media)
                // The client drops the folders.
                .header("content-disposition", "attachment; filename=\"../../file.pdf\"")
                .body(BYTES)
                .build(),
        }
    }

    fn result(&self) -> Value {
        match &self.response {
            None => Value::Null,
            Some((media, value)) if media == "application/json" => {
                if self.is_count {
                    value["count"].clone()
                } else {
                    value.clone()
                }
            }
            Some((media, _)) => json!({"bytes": BYTES, "name": "file.pdf", "media": media}),
        }
    }

    fn check_request(&self, label: &str, request: &HttpMockRequest) {
        assert_eq!(request.method_str(), self.method, "{label}: the method");
        let target = request
            .uri_str()
            .strip_prefix("http://")
            .and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)))
            .expect("an absolute URI");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        assert_eq!(path, self.path, "{label}: the path");
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned();
        let mut pairs: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').map(|(name, value)| (decoded(name), decoded(value))).expect("a pair"))
            .collect();
        pairs.sort();
        assert_eq!(pairs, self.query, "{label}: the query");
        assert!(!query.contains('+'), "{label}: the server reads a plus as a space: {query}");
        let headers = request.headers();
        let header =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(header("clientid"), "the-client-id", "{label}");
        // `acme+public:private` in Base64.
        assert_eq!(header("authorization"), "Basic YWNtZStwdWJsaWM6cHJpdmF0ZQ==", "{label}");
        assert!(
            header("accept").starts_with("application/vnd.connectwise.com+json; version=2025.8"),
            "{label}: {}",
            header("accept")
        );
        let body = request.body_ref();
        match &self.body {
            ExpectedBody::None => assert!(body.is_empty(), "{label}: no body"),
            ExpectedBody::Json(expected) => {
                assert_eq!(header("content-type"), "application/json; charset=utf-8", "{label}");
                assert_eq!(
                    serde_json::from_slice::<Value>(body)
                        .unwrap_or_else(|error| panic!("{label}: the body is JSON: {error}")),
                    *expected,
                    "{label}: the body"
                );
            }
            ExpectedBody::Form(fields, file) => check_form(label, &header("content-type"), body, fields, file),
        }
    }
}

/// Returns the name of the file's property in the schema of a multipart form.
fn file_property(schema_of_form: &Value) -> String {
    let properties =
        referenced(schema_of_form).map(schema).expect("a named form")["properties"].as_object().expect("an object");
    properties
        .iter()
        .find(|(_, property)| property["format"] == "binary")
        .map(|(name, _)| name.clone())
        .expect("a file")
}

fn check_form(label: &str, media: &str, body: &[u8], fields: &Value, file: &str) {
    assert!(media.starts_with("multipart/form-data; boundary="), "{label}: {media}");
    let text = String::from_utf8_lossy(body);
    for (name, value) in fields.as_object().expect("fields") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(text.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{label}: {name} in {text}");
    }
    assert!(
        text.contains(&format!("name=\"{file}\"; filename")) && text.contains("application/pdf"),
        "{label}: {text}"
    );
    assert!(body.windows(FILE.len()).any(|window| window == FILE), "{label}: the file's bytes");
}

#[test]
fn the_document_and_the_bindings_have_the_same_api_version() {
    assert_eq!(DOCUMENT["info"]["version"], connectwise_psa_bindings::API_VERSION);
}
