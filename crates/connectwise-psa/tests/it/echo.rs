//! A server or a proxy that echoes the credentials of a request, in any place of a response and in any encoding, does not
//! get them into errors, logs or `Debug` output.

use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::{CallOptions, Discovery, Error, Method, Patch, Psa, RetryPolicy, Upload};
use serde_json::json;

use crate::logs::{LogBuffer, capture};
use crate::server::{Action, RecordedRequest, Server, json_response, response};

/// The private key, the password and the hash: each has characters that the encodings escape, if they are allowed.
const KEY: &str = "tKqVx/Key+One\"&Üé";
const PASSWORD: &str = "zHtWq <Robot> 'Password'";
const HASH: &str = "mWzQe/Hash+Seven==";
const MINTED: &str = "qPlMn&Minted/Key";
const CLIENT_ID: &str = "5b1d7a52-aaaa-4c1e-bbbb-9f3f6f0c7b11";

/// Returns the credentials of a request as a server can echo them: the headers as they are, each secret in several
/// encodings, and a truncated header.
fn echoes(request: &RecordedRequest, secrets: &[&str]) -> Vec<String> {
    let mut texts = Vec::new();
    for name in ["authorization", "clientid", "cookie"] {
        texts.extend(request.header(name).map(|value| format!("{name}: {value}")));
    }
    if let Some(header) = request.header("authorization") {
        let encoded = header.trim_start_matches("Basic ");
        texts.push(format!("you sent {}", &encoded[..28]));
        texts.push(format!("you sent {}… to the server", &encoded[..encoded.len() - 5]));
        texts.push(encoded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3d"));
        texts.push(encoded.replace('+', "-").replace('/', "_"));
    }
    texts.extend(secrets.iter().flat_map(|secret| encodings(secret)));
    texts
}

/// Returns a secret plain and encoded.
fn encodings(secret: &str) -> Vec<String> {
    let percent = |lower: bool| {
        secret.bytes().fold(String::new(), |mut text, byte| {
            match (byte.is_ascii_alphanumeric(), lower) {
                (true, _) => text.push(char::from(byte)),
                (false, true) => write!(text, "%{byte:02x}").unwrap(),
                (false, false) => write!(text, "%{byte:02X}").unwrap(),
            }
            text
        })
    };
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let json = serde_json::to_string(secret).unwrap();
    let unicode: String = secret
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
        .collect();
    vec![secret.to_owned(), percent(true), percent(false), html, json, unicode, secret.to_uppercase()]
}

/// Returns everything that must not be printed, in lower case: the secrets in their encodings, and parts of the headers.
fn leaks(psa_requests: &[RecordedRequest]) -> Vec<String> {
    let mut leaks: Vec<String> = [KEY, PASSWORD, HASH, MINTED].iter().flat_map(|secret| encodings(secret)).collect();
    leaks.push(CLIENT_ID.to_owned());
    for request in psa_requests {
        let encoded = request.header("authorization").unwrap_or_default().trim_start_matches("Basic ");
        // Each part of 16 characters of a header identifies it, if it has a part of the secret. The company and the name
        // in front of the secret take up to 24 characters, and are not secret.
        leaks.extend((28..=encoded.len()).step_by(4).map(|end| encoded[end - 16..end].to_owned()));
    }
    leaks.iter().map(|leak| leak.trim_matches('"').to_lowercase()).collect()
}

/// Returns responses that have this text in one place each.
fn responses(text: &str) -> Vec<Action> {
    // A header has neither line breaks nor control characters.
    let header: String = text.chars().filter(|c| !c.is_control()).collect();
    let object = json!({"code": format!("code {text}"), "message": format!("message {text}"), "errors": [
        {"code": text, "message": text, "resource": text, "field": text, "details": text}]});
    let title = format!("<html><head><title>{text}</title></head><body>{text}</body></html>");
    let mut found = Vec::new();
    for status in [400, 401, 403, 404, 429, 500] {
        found.extend([
            json_response(status, object.to_string()),
            json_response(status, format!(r#"{{"Message":{},"ExceptionMessage":{0}}}"#, json!(text))),
            response(status, "text/plain", &format!("the request was {text}")),
            response(status, "text/html", &title),
            json_response(status, "{}").header("x-cw-request-id", header.clone()).header("retry-after", header.clone()),
        ]);
    }
    for status in [301, 302, 307] {
        found.push(
            json_response(status, "").header("location", format!("https://other.example/{header}?q={header}#{header}")),
        );
    }
    found.extend([
        response(200, "text/html", &title),
        response(200, "text/plain", &format!("the request was {text}")),
        response(200, &format!("text/plain; x={header}"), "x"),
        // Error objects, values of wrong types, and truncated and malformed JSON, with status 200.
        json_response(200, object.to_string()),
        json_response(200, json!({"id": text}).to_string()),
        json_response(200, json!([{"id": 5, "board": text}]).to_string()),
        json_response(200, json!({"id": 5, "board": {"id": text}}).to_string()),
        json_response(200, json!({"id": 5, "board": [text]}).to_string()),
        json_response(200, json!({"count": text}).to_string()),
        json_response(200, json!({"id": 5, text: {"id": text}, "board": 7}).to_string()),
        json_response(200, format!(r#"{{"id":5,"board":{{"name":{}"#, json!(text))),
        json_response(200, format!("{} {text}", json!({"id": 5}))),
        // Successful responses: the data are the caller's, but `Debug` of a raw response prints them.
        json_response(200, json!({"id": 5, "summary": text}).to_string()).header("x-cw-request-id", header.clone()),
        json_response(200, r#"{"id":5}"#).header("set-cookie", format!("echo={header}")).header("link", header.clone()),
        json_response(200, json!({"id": 5, "board": {"id": text}}).to_string()).header("x-cw-request-id", header),
    ]);
    found
}

/// Appends everything that an error prints or returns as text.
fn print_error(printed: &mut String, error: &Error) {
    writeln!(
        printed,
        "{error}\n{error:?}\n{error:#?}\n{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}\n{}",
        error.message(),
        error.code(),
        error.field_errors(),
        error.path(),
        error.raw_value(),
        error.parameter(),
        error.request_id(),
        error.retry_after_text(),
        String::from_utf8_lossy(error.response_body()),
    )
    .unwrap();
    let mut next = error.source();
    while let Some(source) = next {
        writeln!(printed, "{source}\n{source:?}").unwrap();
        if let Some(error) = source.downcast_ref::<Error>() {
            print_error(printed, error);
            break;
        }
        next = source.source();
    }
}

/// Makes calls of every kind and prints their errors. Returns the number of errors.
async fn print_calls(psa: &Psa, printed: &mut String) -> usize {
    let (service, body) = (psa.service(), json!({"summary": "a"}));
    let upload = Some(Upload::from_bytes("a.txt", "bytes"));
    let form = json!({"title": "a"});
    let mut errors: Vec<Option<Error>> = vec![
        service.get_ticket(5).await.err(),
        service.list_tickets().all().await.err(),
        service.count_tickets().await.err(),
        service.create_ticket(&body).await.err(),
        service.update_ticket(5, &Patch::new().replace("summary", "a")).await.err(),
        service.delete_ticket(5).await.err(),
        psa.system().upload_menu_entry_image(5, &form, upload).await.err(),
        psa.company_info().await.err(),
    ];
    match psa.system().download_document(5).await {
        Ok(file) => {
            writeln!(printed, "{file:?}").unwrap();
            errors.push(file.bytes().await.err());
        }
        Err(error) => errors.push(Some(error)),
    }
    match psa.request(Method::Get, "/service/tickets/5").await {
        Ok(response) => {
            writeln!(printed, "{response:?}\n{response:#?}\n{:?}", response.body).unwrap();
            errors.push(response.into_json().err());
        }
        Err(error) => errors.push(Some(error)),
    }
    let errors: Vec<_> = errors.into_iter().flatten().collect();
    errors.iter().for_each(|error| print_error(printed, error));
    errors.len()
}

/// The kinds of credentials, each with the secrets that a client with them sends.
const CLIENTS: [(&str, &[&str]); 5] = [
    ("keys", &[KEY]),
    ("member hash", &[HASH]),
    ("member", &[PASSWORD, MINTED]),
    ("integrator", &[PASSWORD]),
    ("keys, with a lookup", &[KEY]),
];

fn client(server: &Server, kind: &str) -> Psa {
    let options = CallOptions::new().retry(RetryPolicy::none()).timeout(Duration::from_millis(900));
    let base = server.builder().client_id(CLIENT_ID).unlimited_requests_per_minute().options(options);
    // Loading the certificates of the machine would take most of the time of the test.
    let base = base.http_client(|client| client.tls_certs_only([]));
    let builder = match kind {
        "keys" => base.keys("PubKeyOne", KEY),
        "member hash" => base.member_hash("777123", HASH),
        "keys, with a lookup" => base.keys("PubKeyOne", KEY).code_base_discovery(Discovery::Always),
        _ => base.integrator("RobotUser", PASSWORD),
    };
    let psa = builder.build().unwrap();
    if kind == "member" { psa.as_member("jdoe") } else { psa }
}

#[tokio::test]
async fn echoed_credentials_are_not_printed() {
    let logs = LogBuffer::default();
    let _capture = capture(logs.clone());
    let current: Arc<Mutex<Option<Action>>> = Arc::default();
    let to_send = Arc::clone(&current);
    let server = Server::new(move |request| {
        let minted = json!({"publicKey": "MintedPublic", "privateKey": MINTED});
        match &*to_send.lock().unwrap() {
            Some(action) if !request.target.ends_with("/tokens") => action.clone(),
            _ => json_response(200, minted.to_string()),
        }
    })
    .await;
    let (mut printed, mut errors, mut calls) = (String::new(), 0, 0);
    for (kind, secrets) in CLIENTS {
        // Records the credentials that this client sends.
        *current.lock().unwrap() = Some(json_response(200, r#"{"id":5}"#));
        let psa = client(&server, kind);
        let _ = psa.service().get_ticket(5).await;
        let sent = server.requests().pop().unwrap();
        for text in echoes(&sent, secrets) {
            // Over all texts and clients, each place has several texts.
            for action in responses(&text).into_iter().skip(calls % 11).step_by(11) {
                // A 429 pauses a client, so each response has a client of its own.
                let psa = client(&server, kind);
                *current.lock().unwrap() = Some(action);
                errors += print_calls(&psa, &mut printed).await;
                calls += 1;
            }
        }
    }
    let logs = logs.text();
    assert!(errors > calls * 5, "{errors} errors of {calls} responses");
    for part in ["[redacted]", "RawResponse", "could not be", "Sensitive"] {
        assert!(printed.contains(part), "{part} is missing");
    }
    assert!(logs.contains("psa.request") && logs.contains("[redacted]"), "the logs have what the server sends");
    let requests = server.requests();
    let leaks = leaks(
        &requests
            .iter()
            .filter(|request| request.header("authorization").is_some())
            .take(3000)
            .cloned()
            .collect::<Vec<_>>(),
    );
    let leaks: std::collections::BTreeSet<_> = leaks.into_iter().collect();
    for (name, text) in [("printed", &printed), ("logs", &logs)] {
        let lines: Vec<_> = text
            .lines()
            .filter(|line| {
                let line = line.to_lowercase();
                leaks.iter().any(|leak| line.contains(leak.as_str()))
            })
            .take(3)
            .collect();
        assert!(lines.is_empty(), "{name}: {lines:#?}");
    }
}

#[tokio::test]
async fn the_data_of_a_successful_response_are_not_changed() {
    let server =
        Server::always(json_response(200, json!({"id": 5, "summary": KEY}).to_string()).header("x-echo", CLIENT_ID))
            .await;
    let psa = server.builder().client_id(CLIENT_ID).keys("PubKeyOne", KEY).build().unwrap();
    assert_eq!(psa.service().get_ticket(5).await.unwrap().summary.as_deref(), Some(KEY));
    let response = psa.request(Method::Get, "/service/tickets/5").await.unwrap();
    assert_eq!(response.headers["x-echo"], CLIENT_ID);
    assert_eq!(response.into_json().unwrap()["summary"], KEY);
    let server = Server::always(response_file()).await;
    let psa = server.builder().keys("PubKeyOne", KEY).build().unwrap();
    assert_eq!(psa.system().download_document(5).await.unwrap().bytes().await.unwrap(), KEY);
}

fn response_file() -> Action {
    response(200, "text/plain", KEY)
}
