//! Success responses with a content other than the one that was requested: web pages, error objects, other records,
//! invalid JSON, compressed and endless bodies.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::{ApiResponse, ID, ticket};
use crate::contents::Content;
use crate::faults::gzip;
use crate::faults::{Context, Fault};
use crate::server::Step;

const JSON: &str = "application/json; charset=utf-8";

/// A single record in the response.
const RECORDS: &[Content] = &[Content::Record, Content::NewRecord];

/// JSON with a known form.
const TYPED: &[Content] = &[
    Content::Record,
    Content::NewRecord,
    Content::List,
    Content::Count,
    Content::CompanyInfo,
    Content::Keys,
    Content::Check,
];

/// Contents that are JSON, of a known form or not.
const ALL_JSON: &[Content] = &[
    Content::Record,
    Content::NewRecord,
    Content::List,
    Content::Count,
    Content::Any,
    Content::CompanyInfo,
    Content::Keys,
    Content::Check,
];

pub(super) fn faults() -> Vec<Fault> {
    [pages(), empty(), objects(), records(), values(), malformed(), labels(), compressed(), endless(), secrets()]
        .concat()
}

/// Returns a fault of a success response with this body.
fn body(name: &str, body: impl Into<Vec<u8>>) -> Fault {
    let body = body.into();
    Fault::response(name, move |context| as_json(context, body.clone()))
}

/// Returns a fault of a success response whose JSON is made from the content.
fn value(name: &str, make: impl Fn(&Context<'_>) -> Value + Send + Sync + 'static) -> Fault {
    Fault::response(name, move |context| as_json(context, make(context).to_string()))
}

/// Returns the API's response with this body, declared as JSON. The other headers, such as the link to the next page,
/// are kept.
fn as_json(context: &Context<'_>, body: impl Into<Vec<u8>>) -> ApiResponse {
    let headers = context.honest.clone().without("content-type").without("content-disposition");
    ApiResponse { status: success(context), body: body.into(), ..headers.header("content-type", JSON) }
}

/// Returns the status of the API's response, or 200 instead of a 204, which cannot have a body.
fn success(context: &Context<'_>) -> u16 {
    if context.honest.status == 204 { 200 } else { context.honest.status }
}

/// Returns the record inside the content with this change: each record of a list, or the only record.
fn changed(context: &Context<'_>, change: impl Fn(&mut Value)) -> Value {
    let mut content: Value = serde_json::from_slice(&context.honest.body).unwrap_or_default();
    match &mut content {
        Value::Array(records) => records.iter_mut().for_each(&change),
        record => change(record),
    }
    content
}

fn text(context: &Context<'_>) -> String {
    String::from_utf8_lossy(&context.honest.body).into_owned()
}

fn pages() -> Vec<Fault> {
    let login = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>";
    vec![
        Fault::response("web page", move |context| {
            ApiResponse::new(success(context), "text/html; charset=utf-8", login)
        }),
        body("web page", login).variant("declared as JSON"),
        Fault::response("web page without a content type", move |context| {
            ApiResponse::new(success(context), "text/html", login).without("content-type")
        }),
        body("not JSON", "It works!").only(ALL_JSON),
        body("not JSON", b"\x00\x01\x02\x03\xff\xfe".to_vec()).variant("binary").only(ALL_JSON),
        body("not JSON", "<?xml version=\"1.0\"?><ticket><id>5</id></ticket>").variant("XML").only(ALL_JSON),
    ]
}

fn empty() -> Vec<Fault> {
    let with_status = |status: u16, body: &'static str| {
        Fault::response("no content", move |_| ApiResponse::new(status, JSON, body)).variant(format!("{status}"))
    };
    vec![
        body("no content", ""),
        body("no content", " \r\n\t ").variant("whitespace"),
        Fault::response("no content", |context| as_json(context, "").without("content-type"))
            .variant("without a content type"),
        with_status(204, ""),
        Fault::steps("no content", |_| {
            vec![Step::Send(b"HTTP/1.1 204 No Content\r\n\r\n{\"id\":5,\"summary\":\"x\"}".to_vec()), Step::Close]
        })
        .variant("204 with a body"),
        Fault::steps("no content", |_| {
            vec![Step::Send(b"HTTP/1.1 204 No Content\r\ncontent-length: 8\r\n\r\n{\"id\":5}".to_vec()), Step::Close]
        })
        .variant("204 with a body and its length"),
        with_status(205, ""),
    ]
}

fn objects() -> Vec<Fault> {
    vec![
        body("empty object", "{}"),
        body("null", "null"),
        body("error object", r#"{"code":"Security","message":"SSL is required.","errors":null}"#),
        body("error object", r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated","errors":[]}"#)
            .variant("of the API"),
        value("array instead of an object", |context| json!([changed(context, |_| {})])).only(&[
            Content::Record,
            Content::NewRecord,
            Content::Count,
            Content::CompanyInfo,
            Content::Keys,
        ]),
        value("object instead of an array", |_| ticket(1)).only(&[Content::List]),
        value("object instead of an array", |context| json!({"items": changed(context, |_| {})}))
            .variant("around the array")
            .only(&[Content::List]),
        body("scalar", "true").only(TYPED),
        body("scalar", "\"OK\"").variant("string").only(TYPED),
        body("scalar", "5").variant("number").only(TYPED),
        body("array of other values", "[1, 2, 3]").only(&[Content::List]),
        body("array of other values", "[null]").variant("null").only(&[Content::List]),
        body("array of other values", "[[]]").variant("arrays").only(&[Content::List]),
    ]
}

fn records() -> Vec<Fault> {
    let with_id = |name: &str, id: Value| {
        value(name, move |context| {
            changed(context, |record| {
                record["id"] = id.clone();
            })
        })
        .only(RECORDS)
    };
    vec![
        with_id("another id", json!(ID + 1)).only(&[Content::Record]),
        body("another id", r#"{"id":5,"id":6,"summary":"Ticket 6"}"#).variant("twice").only(&[Content::Record]),
        value("without an id", |context| {
            changed(context, |record| {
                record.as_object_mut().map(|record| record.remove("id"));
            })
        })
        .only(RECORDS),
        with_id("without an id", Value::Null).variant("null"),
        body("without an id", r#"{"_info":{"lastUpdated":"2025-01-02T03:04:05Z"}}"#)
            .variant("only _info")
            .only(RECORDS),
        with_id("id in another notation", json!(ID.to_string())).variant("string").only(&[Content::Record]),
        with_id("id in another notation", json!(5.0)).variant("fraction").only(&[Content::Record]),
        with_id("id of another type", json!({"id": 5})).variant("object"),
        with_id("id of another type", json!(5.5)).variant("fraction"),
        with_id("id of another type", json!(99_999_999_999_999_999_i64)).variant("too large"),
    ]
}

fn values() -> Vec<Fault> {
    let summary = |name: &str, summary: Value| {
        value(name, move |context| {
            changed(context, |record| {
                record["summary"] = summary.clone();
            })
        })
    };
    let raw_hours = |name: &str, number: String| {
        Fault::response(name, move |context| {
            let body = text(context).replace("\"budgetHours\":1.5", &format!("\"budgetHours\":{number}"));
            as_json(context, body)
        })
        .only(&[Content::Record, Content::List])
    };
    let unknown = |name: &str, json: String| {
        Fault::response(name, move |context| {
            let body = text(context).replace("\"summary\":", &format!("\"unknown\":{json},\"summary\":"));
            as_json(context, body)
        })
        .only(&[Content::Record, Content::List])
    };
    vec![
        summary("wrong value", json!({"text": "a"})).only(&[Content::Record, Content::List]),
        summary("wrong value", json!(["a"])).variant("array").only(&[Content::Record, Content::List]),
        body("wrong value", r#"{"count":"many"}"#).variant("count").only(&[Content::Count]),
        body("wrong value", r#"{"count":null}"#).variant("no count").only(&[Content::Count]),
        body("wrong value", r#"{"count":1e999}"#).variant("large count").only(&[Content::Count]),
        body("wrong value", r#"{"publicKey":5,"privateKey":{}}"#).variant("keys").only(&[Content::Keys]),
        raw_hours("odd number", "1e999".to_owned()).variant("1e999").keeps_content(),
        raw_hours("odd number", format!("0.{}", "1".repeat(400))).variant("400 digits").keeps_content(),
        raw_hours("odd number", "-0.0e-0".to_owned()).variant("negative zero").keeps_content(),
        unknown("odd number", "1e999".to_owned()).variant("1e999 in an unknown field").keeps_content(),
        unknown("odd number", "9".repeat(5000)).variant("5,000 digits in an unknown field").keeps_content(),
        unknown("deeply nested unknown field", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)))
            .keeps_content(),
        unknown("duplicate field", "1,\"unknown\":2".to_owned()).variant("unknown").keeps_content(),
        Fault::response("duplicate field", |context| {
            let body = text(context).replace("\"summary\":", "\"summary\":\"first\",\"summary\":");
            as_json(context, body)
        })
        .only(&[Content::Record, Content::List])
        .keeps_content(),
    ]
}

fn malformed() -> Vec<Fault> {
    let edited = |name: &str, edit: fn(String) -> Vec<u8>| {
        Fault::response(name, move |context| as_json(context, edit(text(context)))).only(ALL_JSON)
    };
    vec![
        edited("truncated JSON", |text| text.as_bytes().get(..text.len() / 2).unwrap_or_default().to_vec()),
        edited("truncated JSON", |text| text.as_bytes().get(..text.len() - 1).unwrap_or_default().to_vec())
            .variant("without the last byte"),
        edited("malformed JSON", |text| text.replacen(':', ";", 1).into_bytes()),
        edited("malformed JSON", |text| format!("{text}{text}").into_bytes()).variant("twice"),
        edited("malformed JSON", |text| format!("{text}<!-- 12 ms -->").into_bytes()).variant("followed by text"),
        edited("malformed JSON", |text| text.replacen('"', "'", 2).into_bytes()).variant("single quotes"),
        Fault::response("string that is not UTF-8", |context| {
            let mut body = context.honest.body.clone();
            if let Some(at) = body.windows(6).position(|window| window == b"Ticket") {
                body.splice(at..at, *b"\xff\xfe");
            }
            as_json(context, body)
        })
        .only(&[Content::Record, Content::List]),
        body("malformed JSON", "[".repeat(100_000)).variant("nested arrays without an end").only(ALL_JSON),
        body("deep nesting", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).only(ALL_JSON),
        body("malformed JSON", "{\"id\":".repeat(100_000)).variant("nested objects without an end").only(ALL_JSON),
    ]
}

/// Labels that do not fit the body: the body decides.
fn labels() -> Vec<Fault> {
    let labelled = |variant: &str, media_type: &'static str| {
        Fault::response("none", move |context| {
            ApiResponse {
                headers: context.honest.headers.iter().filter(|(name, _)| name != "content-type").cloned().collect(),
                ..context.honest.clone()
            }
            .header("content-type", media_type)
        })
        .variant(variant)
        .only(ALL_JSON)
        .keeps_content()
    };
    vec![
        labelled("as text/plain", "text/plain"),
        labelled("as text/html", "text/html"),
        labelled("as application/xml", "application/xml"),
        labelled("as application/octet-stream", "application/octet-stream"),
        labelled("with an unreadable content type", ";;;"),
        labelled("with the character set UTF-16", "application/json; charset=utf-16"),
        labelled("with an unknown character set", "application/json; charset=klingon"),
        Fault::response("none", |context| ApiResponse {
            body: [b"\xef\xbb\xbf", context.honest.body.as_slice()].concat(),
            ..context.honest.clone()
        })
        .variant("with a byte order mark")
        .only(ALL_JSON)
        .keeps_content(),
        Fault::response("other character set", |context| {
            let units = text(context).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
            ApiResponse::new(
                success(context),
                "application/json; charset=utf-16",
                [b"\xff\xfe".to_vec(), units].concat(),
            )
        })
        .variant("UTF-16")
        .only(ALL_JSON),
        Fault::response("string that is not UTF-8", |context| {
            let body = text(context).replace("Ticket", "Ti\u{1}ket").into_bytes();
            let body = body.into_iter().map(|byte| if byte == 1 { 0xe7 } else { byte }).collect::<Vec<_>>();
            ApiResponse::new(success(context), "application/json; charset=iso-8859-1", body)
        })
        .variant("Latin-1")
        .only(&[Content::Record, Content::List]),
    ]
}

fn compressed() -> Vec<Fault> {
    let bomb = gzip::spaces(256 * 1024 * 1024);
    vec![
        Fault::response("compressed and declared", |context| {
            ApiResponse { body: gzip::stored(&context.honest.body), ..context.honest.clone() }
                .header("content-encoding", "gzip")
        })
        .only(ALL_JSON),
        Fault::response("compressed and declared", |context| {
            let response = ApiResponse { body: gzip::stored(&context.honest.body), ..context.honest.clone() };
            response.header("content-encoding", "gzip")
        })
        .variant("a file")
        .only(&[Content::File]),
        Fault::response("compressed and not declared", |context| ApiResponse {
            body: gzip::stored(&context.honest.body),
            ..context.honest.clone()
        })
        .only(ALL_JSON),
        Fault::response("not compressed but declared", |context| {
            context.honest.clone().header("content-encoding", "gzip")
        })
        .only(ALL_JSON)
        .keeps_content(),
        Fault::response("decompression bomb", move |context| {
            as_json(context, bomb.clone()).header("content-encoding", "gzip")
        })
        .only(ALL_JSON)
        .measures_memory(),
    ]
}

fn endless() -> Vec<Fault> {
    const LENGTH: u64 = 5 * 1024 * 1024 * 1024;
    const SPACES: &[u8] = &[b' '; 64 * 1024];
    vec![
        Fault::steps("5 GB", |context| {
            let response = ApiResponse { status: success(context), ..context.honest.clone() };
            vec![Step::Send(response.head(Some(LENGTH), false).into_bytes()), Step::Repeat(SPACES, LENGTH), Step::Close]
        })
        .measures_memory(),
        Fault::steps("5 GB", |context| {
            let response = ApiResponse { status: success(context), ..context.honest.clone() };
            vec![Step::Send(response.head(None, true).into_bytes()), Step::Repeat(SPACES, LENGTH), Step::Close]
        })
        .variant("without a length")
        .measures_memory(),
    ]
}

/// Responses that repeat the credentials of the request.
fn secrets() -> Vec<Fault> {
    let echo = |context: &Context<'_>| {
        let mut text = format!("{} {}", context.authorization, context.private_key);
        let _ = write!(text, " {}", context.authorization.trim_start_matches("Basic "));
        text
    };
    let error_response = move |status: u16| {
        Fault::response(status.to_string(), move |context| {
            ApiResponse::json(
                status,
                &json!({"code": "Debug", "message": echo(context), "errors": [{"message": echo(context)}]}),
            )
        })
        .variant("with the credentials of the request")
    };
    vec![
        error_response(400),
        error_response(401),
        error_response(403),
        error_response(500),
        error_response(502),
        Fault::response("web page", move |context| {
            let page = format!("<html><body>{}</body></html>", echo(context));
            ApiResponse::new(success(context), "text/html", page)
        })
        .variant("with the credentials of the request"),
        Fault::response("error object", move |context| {
            ApiResponse::json(success(context), &json!({"code": "Debug", "message": echo(context)}))
        })
        .variant("with the credentials of the request"),
        Fault::response("not JSON", move |context| ApiResponse::new(success(context), "text/plain", echo(context)))
            .variant("with the credentials of the request")
            .only(TYPED),
        value("wrong value", move |context| {
            let echoed = echo(context);
            changed(context, |record| {
                record["summary"] = json!([echoed]);
            })
        })
        .variant("with the credentials of the request")
        .only(&[Content::Record, Content::List]),
        Fault::response("redirect", move |context| {
            let target = format!("https://{}/?key={}", context.other, context.private_key);
            ApiResponse::new(302, "text/plain", echo(context)).header("location", target)
        })
        .variant("302 with the credentials of the request"),
    ]
}
