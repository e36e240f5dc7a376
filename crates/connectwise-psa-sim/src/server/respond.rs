//! From a request to its response: faults, checks, the operation, and what is written into every response.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use connectwise_psa::catalogue::ResponseKind;
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use uuid::Uuid;

use super::body::{ConnectionBroken, ResponseBody};
use super::shared::Shared;
use crate::api_error::ApiError;
use crate::callbacks::delivery::key_response;
use crate::dispatch;
use crate::faults::{Effect, apply_fault};
use crate::http::{FormPart, Request, Response};
use crate::middleware::address::{self, Address};
use crate::middleware::authentication::{self, Caller};
use crate::middleware::{self, Refused};
use crate::request_log::RecordedRequest;
use crate::router::{self, Found};
use crate::settings::Settings;
use crate::sync::lock;

/// How large a request may be, in bytes.
const MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;

pub(super) async fn respond(
    shared: Arc<Shared>,
    incoming: http::Request<Incoming>,
) -> Result<http::Response<ResponseBody>, ConnectionBroken> {
    let (head, body) = incoming.into_parts();
    let (body, is_too_large) = match http_body_util::Limited::new(body, MAX_REQUEST_BYTES).collect().await {
        Ok(body) => (body.to_bytes(), false),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => (Bytes::new(), true),
        Err(_) => return Err(ConnectionBroken),
    };
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut request = Request::new(head.method, target, head.headers, body);
    request.form = form(&request).await;
    let request = request;
    let begun = Instant::now();
    if !shared.settings.latency.is_zero() {
        tokio::time::sleep(shared.settings.latency).await;
    }
    let response = if is_too_large { Some(too_large()) } else { response_to(&shared, &request).await };
    let status = response.as_ref().map(|response| response.status.as_u16());
    let recorded = RecordedRequest {
        method: request.method.to_string(),
        path: request.path.clone(),
        query: request.query_text.clone(),
        status,
        duration: begun.elapsed(),
    };
    tracing::info!(
        method = recorded.method,
        path = recorded.path,
        query = recorded.query,
        status,
        duration_ms = recorded.duration.as_millis(),
        "request"
    );
    if let Some(observer) = &shared.observer {
        observer(&recorded);
    }
    lock(&shared.log).push(recorded);
    let response = response.ok_or(ConnectionBroken)?;
    let mut outgoing = http::Response::new(ResponseBody::new(response.body, response.is_truncated));
    *outgoing.status_mut() = response.status;
    *outgoing.headers_mut() = response.headers;
    Ok(outgoing)
}

/// The gateway's answer to a body that is too large, and is not read to its end.
fn too_large() -> Response {
    Response::text(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large").with_header("connection", "close")
}

/// The parts of a form; none of any other body, and of one that cannot be read.
async fn form(request: &Request) -> Option<Vec<FormPart>> {
    let boundary = multer::parse_boundary(request.header("content-type")?).ok()?;
    let body = request.body.clone();
    let mut form =
        multer::Multipart::new(futures_util::stream::once(async move { Ok::<_, std::io::Error>(body) }), boundary);
    let mut parts = Vec::new();
    while let Some(part) = form.next_field().await.ok()? {
        let (name, file_name) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        parts.push(FormPart { name, file_name, content: part.bytes().await.ok()? });
    }
    Some(parts)
}

/// The response to a request; none breaks the connection.
async fn response_to(shared: &Shared, request: &Request) -> Option<Response> {
    let path = match address::address(&request.path, &shared.settings.code_base) {
        Address::CompanyInfo(company) => {
            return Some(address::company_info(&shared.settings, &company, &shared.authority));
        }
        Address::CallbackKey => {
            if let Err(refusal) = check_callback_key(shared, request) {
                return Some(*refusal);
            }
            let parameter = |name: &str| request.parameter(name).unwrap_or_default();
            return Some(key_response(parameter("companyName"), parameter("id")));
        }
        Address::Unrouted => return Some(address::unrouted()),
        Address::Page => return Some(page()),
        Address::Api(path) => path,
    };
    let effect = apply_fault(&mut lock(&shared.faults), request, &path);
    let plain = async || with_standard_headers(shared, persisted(shared, handle(shared, request, &path)).await);
    match effect {
        None => Some(plain().await),
        Some(Effect::Instead(response)) => Some(with_standard_headers(shared, response)),
        Some(Effect::Change(change)) => Some(change(plain().await)),
        Some(Effect::Wait(latency)) => {
            tokio::time::sleep(latency).await;
            Some(plain().await)
        }
        Some(Effect::Disconnect { carried_out }) => {
            if carried_out {
                plain().await;
            }
            None
        }
    }
}

/// The answer, when all it can tell of is in the state file: changes, and what a reader has seen of those of others.
async fn persisted(shared: &Shared, response: Response) -> Response {
    let Some(journal) = &shared.journal else { return response };
    match journal.saved().await {
        Ok(()) => response,
        Err(why) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "ConnectWiseApi", why).response(),
    }
}

/// facts: these headers come with every answer.
fn with_standard_headers(shared: &Shared, response: Response) -> Response {
    let id = Uuid::new_v4().to_string();
    response
        .with_header("x-cw-request-id", &id)
        .with_header("api-current-version", shared.settings.version.trim_start_matches('v'))
        .with_header("cache-control", "no-cache")
}

/// What the web site answers.
fn page() -> Response {
    Response::new(
        StatusCode::OK,
        "text/html; charset=utf-8",
        "<!DOCTYPE html><html><head><title>ConnectWise</title></head><body>Log in</body></html>",
    )
}

/// Whether who asks for the key of a callback gets it.
fn check_callback_key(shared: &Shared, request: &Request) -> Refused<()> {
    if shared.settings.protect_callback_keys {
        authentication::caller(&shared.settings, &shared.state().minted_keys, request, Instant::now())?;
    }
    Ok(())
}

fn handle(shared: &Shared, request: &Request, path: &str) -> Response {
    let settings = &shared.settings;
    let length = "https://".len() + shared.authority.len() + request.path.len() + request.query_text.len() + 1;
    if length > settings.max_url_length {
        return Response::text(StatusCode::URI_TOO_LONG, "Request URI Too Long");
    }
    let clock = Instant::now();
    let mut state = shared.state();
    let mut admitted = || -> Refused<Caller> {
        let state = &mut *state;
        middleware::tls(settings, shared.scheme() == "https")?;
        let caller = match authentication::anonymous(settings, path) {
            Some(anonymous) => anonymous,
            None => {
                let caller = authentication::caller(settings, &state.minted_keys, request, clock)?;
                middleware::client_id(settings, request)?;
                caller
            }
        };
        state.rate_limit.admit(settings.requests_per_minute, settings.retry_after, clock)?;
        middleware::version(settings, request)?;
        Ok(caller)
    };
    let caller = match admitted() {
        Ok(caller) => caller,
        Err(response) => return *response,
    };
    let route = match router::find(&request.method, path) {
        Found::Route(route) => route,
        Found::OtherMethod => {
            let message = format!("The requested resource does not support http method '{}'.", request.method);
            return ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "ConnectWiseApi", message).response();
        }
        Found::Nothing => return ApiError::no_endpoint().response(),
    };
    if let Err(response) = middleware::rights(settings, request.method.as_str(), path) {
        return *response;
    }
    let done = shared.act(&mut state, &caller, |ctx| dispatch::run(ctx, &route, request));
    match done {
        Ok(response) => with_absent_fields(settings, &route, request, response),
        Err(error) => error.response(),
    }
}

/// Writes members that records do not have where the server does so; not where the request chose members.
fn with_absent_fields(
    settings: &Settings,
    route: &router::Route,
    request: &Request,
    mut response: Response,
) -> Response {
    let (ResponseKind::One(type_name) | ResponseKind::Many(type_name)) = route.operation.response else {
        return response;
    };
    let is_whole = request.parameter("fields").is_none_or(|fields| fields.trim().is_empty());
    if (settings.absent_fields.as_null || settings.absent_fields.references_as_empty)
        && is_whole
        && let Ok(mut value) = serde_json::from_slice(&response.body)
    {
        settings.absent_fields.write(type_name, &mut value);
        response.body = value.to_string().into();
    }
    response
}
