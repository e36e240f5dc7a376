//! What the head of a request decides, before its body is read: the target, faults, and the checks of the URL's length,
//! TLS, credentials, client id, rate limit, version, route and rights.

use std::time::Instant;

use http::StatusCode;
use uuid::Uuid;

use super::request_body::{MAX_ANONYMOUS_BYTES, MAX_BODY_BYTES, has_form};
use super::shared::Shared;
use crate::api_error::{ApiError, with_null_errors};
use crate::callbacks::delivery::key_response;
use crate::faults::{Effect, take_effect};
use crate::http::{Request, Response};
use crate::middleware::authentication::{self, Caller};
use crate::middleware::target::{self, Target};
use crate::middleware::{self, MiddlewareResult};
use crate::router::{self, Route, RouteMatch};
use crate::sync::lock;

/// How to handle a request.
pub(super) struct Plan {
    pub(super) effect: Option<Effect>,
    pub(super) work: Work,
}

impl Plan {
    /// Sends a response, whatever faults there are.
    pub(super) fn respond(response: Response) -> Self {
        Self { effect: None, work: Work::Respond(Box::new(response)) }
    }
}

/// What to do before the effect of a fault.
pub(super) enum Work {
    /// Send a response. The body of the request is not needed.
    Respond(Box<Response>),
    /// Nothing, because the fault replaces the response.
    Nothing,
    /// Carry out the operation.
    Run(Box<Admitted>),
}

/// A request to the API that passed the checks of its head.
pub(super) struct Admitted {
    pub(super) caller: Caller,
    pub(super) route: Route,
    /// The maximum size of its body in bytes.
    pub(super) max_body: usize,
}

/// Plans how to handle a request.
pub(super) fn plan(shared: &Shared, request: &Request) -> Plan {
    let target = target::target(&request.path, &shared.settings.code_base);
    if !matches!(target, Target::Api(_)) && !SITE_METHODS.contains(&request.method.as_str()) {
        return Plan::respond(not_allowed(&SITE_METHODS, Response::text(StatusCode::METHOD_NOT_ALLOWED, "")));
    }
    let path = match target {
        Target::CompanyInfo(company) => {
            return Plan::respond(target::company_info(&shared.settings, &company, &shared.authority));
        }
        Target::CallbackKey => return Plan::respond(callback_key(shared, request)),
        Target::Unrouted => return Plan::respond(target::unrouted()),
        Target::Page => return Plan::respond(web_page()),
        Target::Api(path) => path,
    };
    let effect = take_effect(&mut lock(&shared.faults), request, &path);
    let work = match effect {
        Some(Effect::Replace(_) | Effect::Disconnect { processed: false }) => Work::Nothing,
        _ => match admit(shared, request, &path) {
            Ok(admitted) => Work::Run(Box::new(admitted)),
            Err(response) => {
                let response = if shared.settings.null_errors { with_null_errors(*response) } else { *response };
                Work::Respond(Box::new(with_standard_headers(shared, response)))
            }
        },
    };
    Plan { effect, work }
}

/// The methods of the paths that do not belong to the API.
const SITE_METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

/// Names the methods of a path in a response with status 405.
fn not_allowed(methods: &[&str], response: Response) -> Response {
    response.with_header("allow", &methods.join(", "))
}

/// Checks the head of a request to the API.
fn admit(shared: &Shared, request: &Request, path: &str) -> MiddlewareResult<Admitted> {
    let settings = &shared.settings;
    // The length of the URL as the client wrote it.
    if request.origin.len() + request.target_length > settings.max_url_length {
        return Err(Box::new(Response::text(StatusCode::URI_TOO_LONG, "Request URI Too Long")));
    }
    let clock = Instant::now();
    middleware::tls(settings, shared.scheme() == "https")?;
    let anonymous = authentication::anonymous(settings, path);
    let max_body = match (&anonymous, has_form(request)) {
        (Some(_), _) => MAX_ANONYMOUS_BYTES,
        (None, true) => settings.max_form_bytes,
        (None, false) => settings.max_form_bytes.min(MAX_BODY_BYTES),
    };
    let caller = match anonymous {
        Some(anonymous) => anonymous,
        None => {
            let caller = authentication::authenticate(settings, &shared.view().minted_keys, request, clock)?;
            middleware::client_id(settings, request)?;
            caller
        }
    };
    lock(&shared.rate_limit).admit(settings.requests_per_minute, settings.retry_after, clock)?;
    middleware::version(settings, request)?;
    let route = match router::find(&request.method, path) {
        RouteMatch::Route(route) => route,
        RouteMatch::MethodNotAllowed(allowed) => {
            let message = format!("The requested resource does not support http method '{}'.", request.method);
            let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "ConnectWiseApi", message);
            return Err(Box::new(not_allowed(&allowed, error.response())));
        }
        RouteMatch::NotFound => return Err(Box::new(ApiError::no_endpoint().response())),
    };
    middleware::rights(settings, request.method.as_str(), path)?;
    Ok(Admitted { caller, route, max_body })
}

/// Adds the standard headers. Observed on live servers: every response of the API has them.
pub(super) fn with_standard_headers(shared: &Shared, response: Response) -> Response {
    let id = Uuid::new_v4().to_string();
    let response = response
        .with_header("x-cw-request-id", &id)
        .with_header("api-current-version", shared.settings.version.trim_start_matches('v'))
        .with_header("cache-control", "no-cache")
        .with_header("pragma", "no-cache")
        .with_header("x-frame-options", "SAMEORIGIN")
        .with_header("x-server-name", "cwpsa-sim");
    if shared.scheme() == "https" {
        response.with_header("strict-transport-security", "max-age=31536000")
    } else {
        response
    }
}

/// A page of the web site.
fn web_page() -> Response {
    Response::new(
        StatusCode::OK,
        "text/html; charset=utf-8",
        "<!DOCTYPE html><html><head><title>ConnectWise</title></head><body>Log in</body></html>",
    )
}

/// Returns a callback signing key. Checks the credentials of the request if the settings require them.
fn callback_key(shared: &Shared, request: &Request) -> Response {
    if shared.settings.protect_callback_keys
        && let Err(response) =
            authentication::authenticate(&shared.settings, &shared.view().minted_keys, request, Instant::now())
    {
        return *response;
    }
    let parameter = |name: &str| request.parameter(name).unwrap_or_default();
    key_response(parameter("companyName"), parameter("id"))
}
