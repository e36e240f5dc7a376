//! Turns a request into a response: faults, checks, the operation, and the standard headers.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use connectwise_psa::catalogue::ResponseKind;
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use uuid::Uuid;

use super::body::{ConnectionClosed, ResponseBody};
use super::shared::Shared;
use crate::api_error::{ApiError, with_null_errors};
use crate::callbacks::delivery::key_response;
use crate::dispatch;
use crate::faults::{Effect, take_effect};
use crate::http::{FormPart, Request, Response};
use crate::middleware::authentication::{self, Caller};
use crate::middleware::target::{self, Target};
use crate::middleware::{self, MiddlewareResult};
use crate::records::links;
use crate::request_log::RecordedRequest;
use crate::router::{self, RouteMatch};
use crate::settings::Settings;
use crate::sync::lock;

/// The maximum size of a request body in bytes.
const MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;

pub(super) async fn respond(
    shared: Arc<Shared>,
    incoming: http::Request<Incoming>,
) -> Result<http::Response<ResponseBody>, ConnectionClosed> {
    let (head, body) = incoming.into_parts();
    let (body, is_too_large) = match http_body_util::Limited::new(body, MAX_REQUEST_BYTES).collect().await {
        Ok(body) => (body.to_bytes(), false),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => (Bytes::new(), true),
        Err(_) => return Err(ConnectionClosed),
    };
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut request = Request::new(head.method, target, head.headers, body);
    let host = request.header("host").unwrap_or(&shared.authority);
    request.origin = format!("{}://{host}", shared.scheme());
    request.form = parse_form(&request).await;
    let request = request;
    let started = Instant::now();
    if !shared.settings.latency.is_zero() {
        tokio::time::sleep(shared.settings.latency).await;
    }
    let response = if is_too_large { Some(too_large()) } else { response_to(&shared, &request).await };
    let status = response.as_ref().map(|response| response.status.as_u16());
    let recorded = RecordedRequest {
        method: request.method.to_string(),
        path: request.path.clone(),
        query: request.raw_query.clone(),
        status,
        duration: started.elapsed(),
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
    let response = response.ok_or(ConnectionClosed)?;
    let mut outgoing = http::Response::new(ResponseBody::new(response.body, response.is_truncated));
    *outgoing.status_mut() = response.status;
    *outgoing.headers_mut() = response.headers;
    Ok(outgoing)
}

/// The gateway's response to a body that is too large. The rest of the body is not read.
fn too_large() -> Response {
    Response::text(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large").with_header("connection", "close")
}

/// Parses a multipart form. Returns `None` for any other body and for a malformed form.
async fn parse_form(request: &Request) -> Option<Vec<FormPart>> {
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

/// Returns the response to a request; `None` closes the connection.
async fn response_to(shared: &Shared, request: &Request) -> Option<Response> {
    let path = match target::target(&request.path, &shared.settings.code_base) {
        Target::CompanyInfo(company) => {
            return Some(target::company_info(&shared.settings, &company, &shared.authority));
        }
        Target::CallbackKey => {
            if let Err(response) = check_callback_key(shared, request) {
                return Some(*response);
            }
            let parameter = |name: &str| request.parameter(name).unwrap_or_default();
            return Some(key_response(parameter("companyName"), parameter("id")));
        }
        Target::Unrouted => return Some(target::unrouted()),
        Target::Page => return Some(web_page()),
        Target::Api(path) => path,
    };
    let effect = take_effect(&mut lock(&shared.faults), request, &path);
    let process = async || {
        let response = with_links(request, handle(shared, request, &path));
        let response = if shared.settings.null_errors { with_null_errors(response) } else { response };
        with_standard_headers(shared, when_persisted(shared, response).await)
    };
    match effect {
        None => Some(process().await),
        Some(Effect::Replace(response)) => Some(with_standard_headers(shared, response)),
        Some(Effect::Modify(change)) => Some(change(process().await)),
        Some(Effect::Delay(latency)) => {
            tokio::time::sleep(latency).await;
            Some(process().await)
        }
        Some(Effect::Disconnect { processed }) => {
            if processed {
                process().await;
            }
            None
        }
    }
}

/// Returns the response once every change that it may reveal is in the state file: its own changes, and changes of
/// other requests that it has read.
async fn when_persisted(shared: &Shared, response: Response) -> Response {
    let Some(journal) = &shared.journal else { return response };
    match journal.flushed().await {
        Ok(()) => response,
        Err(why) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "ConnectWiseApi", why).response(),
    }
}

/// Writes the links in a JSON body for the requested host.
fn with_links(request: &Request, mut response: Response) -> Response {
    if response.is_json() {
        response.body = links::with_base(response.body, &links::response_base(&request.origin));
    }
    response
}

/// Adds the standard headers. Observed on live servers: every response of the API has them.
fn with_standard_headers(shared: &Shared, response: Response) -> Response {
    let id = Uuid::new_v4().to_string();
    response
        .with_header("x-cw-request-id", &id)
        .with_header("api-current-version", shared.settings.version.trim_start_matches('v'))
        .with_header("cache-control", "no-cache")
}

/// A page of the web site.
fn web_page() -> Response {
    Response::new(
        StatusCode::OK,
        "text/html; charset=utf-8",
        "<!DOCTYPE html><html><head><title>ConnectWise</title></head><body>Log in</body></html>",
    )
}

/// Checks the credentials of a request for a callback signing key, if the settings require them.
fn check_callback_key(shared: &Shared, request: &Request) -> MiddlewareResult<()> {
    if shared.settings.protect_callback_keys {
        authentication::authenticate(&shared.settings, &shared.state().minted_keys, request, Instant::now())?;
    }
    Ok(())
}

/// Checks a request and runs its operation.
fn handle(shared: &Shared, request: &Request, path: &str) -> Response {
    let settings = &shared.settings;
    // The length of the whole URL; 1 is the question mark.
    let length = "https://".len() + shared.authority.len() + request.path.len() + request.raw_query.len() + 1;
    if length > settings.max_url_length {
        return Response::text(StatusCode::URI_TOO_LONG, "Request URI Too Long");
    }
    let clock = Instant::now();
    let mut state = shared.state();
    let mut admit = || -> MiddlewareResult<Caller> {
        let state = &mut *state;
        middleware::tls(settings, shared.scheme() == "https")?;
        let caller = match authentication::anonymous(settings, path) {
            Some(anonymous) => anonymous,
            None => {
                let caller = authentication::authenticate(settings, &state.minted_keys, request, clock)?;
                middleware::client_id(settings, request)?;
                caller
            }
        };
        state.rate_limit.admit(settings.requests_per_minute, settings.retry_after, clock)?;
        middleware::version(settings, request)?;
        Ok(caller)
    };
    let caller = match admit() {
        Ok(caller) => caller,
        Err(response) => return *response,
    };
    let route = match router::find(&request.method, path) {
        RouteMatch::Route(route) => route,
        RouteMatch::MethodNotAllowed => {
            let message = format!("The requested resource does not support http method '{}'.", request.method);
            return ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "ConnectWiseApi", message).response();
        }
        RouteMatch::NotFound => return ApiError::no_endpoint().response(),
    };
    if let Err(response) = middleware::rights(settings, request.method.as_str(), path) {
        return *response;
    }
    let result = shared.run_as(&mut state, &caller, |ctx| dispatch::run(ctx, &route, request));
    match result {
        Ok(response) => with_absent_fields(settings, &route, request, response),
        Err(error) => error.response(),
    }
}

/// Adds absent fields to the records in a response, if the settings say so and the request selects no fields.
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
