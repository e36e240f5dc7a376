//! Error responses: every status of interest, each with every form of `Retry-After`.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::api::ApiResponse;
use crate::contents::Content;
use crate::faults::{Fault, RetryAfter};
use crate::server::Step;

/// The statuses. 3xx are in `redirects`.
const STATUSES: &[u16] = &[
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424,
    425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 521, 522, 523, 524,
    525, 526, 527, 529, 530, 598, 599, 999,
];

/// Error responses whose body decides: name, status and message. Observed on live servers: the messages of a 500.
const MESSAGES: &[(&str, u16, &str)] = &[
    ("500 timeout", 500, "A timeout has occured. Please try again."),
    (
        "500 pool",
        500,
        "Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool. This may have \
         occurred because all pooled connections were in use and max pool size was reached.",
    ),
    ("500 boolean", 500, "String was not recognized as a valid Boolean."),
    ("500 conversion", 500, "Error converting value \"timeout\" to type 'System.Int32'. Path 'board.id', line 1."),
];

/// The contents that are not pages of lists.
const NO_LIST: &[Content] = &[
    Content::Record,
    Content::NewRecord,
    Content::Count,
    Content::Nothing,
    Content::File,
    Content::Any,
    Content::Keys,
];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for retry_after in RetryAfter::ALL {
        for status in STATUSES {
            let body = json!({"code": "ConnectWiseApi", "message": "The request failed.", "errors": null});
            faults.push(error_response(status.to_string(), *status, body, retry_after));
        }
        for (name, status, message) in MESSAGES {
            let body = json!({"code": "ConnectWiseApi", "message": message, "errors": null});
            let fault = error_response((*name).to_owned(), *status, body, retry_after);
            // Observed on live servers: for a list, this error means that the endpoint has no forward-only paging.
            faults.push(if *name == "500 boolean" { fault.only(NO_LIST) } else { fault });
        }
    }
    faults.extend(other_bodies());
    faults
}

fn error_response(name: String, status: u16, body: Value, retry_after: RetryAfter) -> Fault {
    let fault = Fault::response(name, move |_| {
        let response = ApiResponse::json(status, &body);
        match header_value(retry_after) {
            Some(value) => response.header("retry-after", value),
            None => response,
        }
    });
    let fault = match retry_after {
        RetryAfter::Absent => fault,
        other => fault.variant(format!("Retry-After: {}", other.name())),
    };
    Fault { retry_after: Some(retry_after), ..fault }
}

fn header_value(retry_after: RetryAfter) -> Option<String> {
    let in_an_hour = || SystemTime::now() + Duration::from_secs(3600);
    Some(match retry_after {
        RetryAfter::Absent => return None,
        RetryAfter::OneSecond => "1".to_owned(),
        RetryAfter::InAnHour => http_date(in_an_hour()),
        RetryAfter::Past => "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
        RetryAfter::Endless => "999999999999".to_owned(),
        RetryAfter::Text => "soon".to_owned(),
    })
}

/// Returns a timestamp in the form of HTTP.
fn http_date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// Error responses with bodies that are not the API's: web pages, nothing, broken or endless bodies.
fn other_bodies() -> Vec<Fault> {
    let mut faults = Vec::new();
    for status in [400, 403, 404, 407, 429, 500, 502, 503] {
        let page = format!("<!DOCTYPE html><html><body><h1>{status}</h1>This page is from a gateway.</body></html>");
        faults.push(
            Fault {
                retry_after: Some(RetryAfter::Absent),
                ..Fault::response(status.to_string(), move |_| ApiResponse::new(status, "text/html", page.clone()))
            }
            .variant("a web page"),
        );
        faults.push(
            Fault {
                retry_after: Some(RetryAfter::Absent),
                ..Fault::response(status.to_string(), move |_| {
                    ApiResponse::new(status, "application/json", "").without("content-type")
                })
            }
            .variant("without a body"),
        );
        faults.push(
            Fault {
                retry_after: Some(RetryAfter::Absent),
                ..Fault::steps(status.to_string(), move |_| {
                    let response = ApiResponse::new(status, "application/json", "{\"message\":");
                    vec![
                        Step::Send(response.head(Some(500), false).into_bytes()),
                        Step::Send(response.body),
                        Step::Close,
                    ]
                })
            }
            .variant("a truncated body"),
        );
        faults.push(
            Fault {
                retry_after: Some(RetryAfter::Absent),
                ..Fault::steps(status.to_string(), move |_| {
                    let response = ApiResponse::new(status, "application/json", "");
                    let length = 5 * 1024 * 1024 * 1024;
                    vec![
                        Step::Send(response.head(Some(length), false).into_bytes()),
                        Step::Repeat(&[b' '; 64 * 1024], length),
                        Step::Close,
                    ]
                })
            }
            .variant("a body of 5 GB")
            .measures_memory(),
        );
    }
    faults
}
