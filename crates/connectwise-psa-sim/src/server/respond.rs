//! Turns a request into a response: the checks of its head, its body, the operation, and the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use connectwise_psa::catalogue::ResponseKind;
use http::StatusCode;
use hyper::body::Incoming;

use super::admission::{Admitted, Plan, Work, plan, with_standard_headers};
use super::compression::compressed;
use super::origin::origin;
use super::request_body::{BodyError, discard, has_form, read};
use super::response_body::{ConnectionClosed, ResponseBody};
use super::shared::Shared;
use crate::api_error::{ApiError, with_null_errors};
use crate::dispatch;
use crate::faults::Effect;
use crate::http::{Request, Response};
use crate::json_limits::{self, Excess, MAX_BODY_DEPTH, MAX_BODY_VALUES};
use crate::records::links;
use crate::request_log::RecordedRequest;
use crate::router::Route;
use crate::settings::Settings;
use crate::sync::lock;

/// The maximum size of a body that is read although it is not needed, in bytes.
const MAX_DISCARDED_BYTES: usize = 1024 * 1024;

pub(super) async fn respond(
    shared: Arc<Shared>,
    incoming: http::Request<Incoming>,
) -> Result<http::Response<ResponseBody>, ConnectionClosed> {
    let (head, mut body) = incoming.into_parts();
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut request = Request::new(head.method, target, head.headers, Bytes::new());
    let origin = origin(shared.scheme(), &shared.authority, head.version, &head.uri, &request.headers);
    let plan = match origin {
        Some(origin) => {
            request.origin = origin;
            plan(&shared, &request)
        }
        None => Plan::respond(Response::text(StatusCode::BAD_REQUEST, "Bad Request")),
    };
    let rejected = match &plan.work {
        Work::Run(admitted) => match read(&mut request, body, admitted.max_body, &shared.settings.connections).await {
            Ok(()) => None,
            Err(BodyError::Rejected(response)) => Some(*response),
            Err(BodyError::Closed(closed)) => return Err(closed),
        },
        Work::Respond(_) | Work::Nothing => {
            discard(&mut body, &request.headers, MAX_DISCARDED_BYTES).await;
            None
        }
    };
    let request = Arc::new(request);
    let started = Instant::now();
    if !shared.settings.latency.is_zero() {
        tokio::time::sleep(shared.settings.latency).await;
    }
    let response = match rejected {
        Some(response) => Some(response),
        None => carry_out(&shared, &request, plan).await,
    };
    let response = match response {
        Some(response) => Some(compressed(&request, response).await),
        None => None,
    };
    record(&shared, &request, response.as_ref().map(|response| response.status.as_u16()), started.elapsed());
    let response = response.ok_or(ConnectionClosed)?;
    let mut outgoing = http::Response::new(ResponseBody::new(response.body, response.is_truncated));
    *outgoing.status_mut() = response.status;
    *outgoing.headers_mut() = response.headers;
    Ok(outgoing)
}

/// Logs a request.
fn record(shared: &Shared, request: &Request, status: Option<u16>, duration: Duration) {
    let recorded = RecordedRequest {
        method: request.method.to_string(),
        path: request.path.clone(),
        query: request.raw_query.clone(),
        status,
        duration,
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
}

/// Carries out a plan. Returns the response; `None` closes the connection.
async fn carry_out(shared: &Arc<Shared>, request: &Arc<Request>, plan: Plan) -> Option<Response> {
    let work = async {
        match plan.work {
            Work::Respond(response) => Some(*response),
            Work::Nothing => None,
            Work::Run(admitted) => {
                let response = when_persisted(shared, run(shared, request, *admitted).await).await;
                Some(with_standard_headers(shared, response))
            }
        }
    };
    match plan.effect {
        None => work.await,
        Some(Effect::Replace(response)) => Some(with_standard_headers(shared, response)),
        Some(Effect::Modify(change)) => work.await.map(change),
        Some(Effect::Delay(latency)) => {
            tokio::time::sleep(latency).await;
            work.await
        }
        Some(Effect::Disconnect { .. }) => {
            work.await;
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

/// Runs an operation on a thread for blocking work: other connections do not wait for it.
async fn run(shared: &Arc<Shared>, request: &Arc<Request>, admitted: Admitted) -> Response {
    let (shared, request) = (Arc::clone(shared), Arc::clone(request));
    let result = tokio::task::spawn_blocking(move || operate(&shared, &request, &admitted)).await;
    result.unwrap_or_else(|_| {
        let message = "The simulator failed to process the request.";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "ConnectWiseApi", message).response()
    })
}

/// Runs an operation: reads on a copy of the state, changes one after the other.
fn operate(shared: &Shared, request: &Request, admitted: &Admitted) -> Response {
    let Admitted { caller, route, .. } = admitted;
    let result = check_body(request).and_then(|()| {
        if dispatch::is_read(route) {
            shared.read(caller, |ctx| dispatch::run(ctx, route, request))
        } else {
            shared.change(caller, |ctx| dispatch::run(ctx, route, request))
        }
    });
    let response = match result {
        Ok(response) => with_absent_fields(&shared.settings, route, request, response),
        Err(error) => error.response(),
    };
    let response = with_links(request, response);
    if shared.settings.null_errors { with_null_errors(response) } else { response }
}

/// Writes the links in a JSON body for the requested host.
fn with_links(request: &Request, mut response: Response) -> Response {
    if response.is_json() && !response.has_links {
        response.body = links::with_base(response.body, &links::response_base(&request.origin));
    }
    response
}

/// Checks the limits of a JSON body.
fn check_body(request: &Request) -> Result<(), ApiError> {
    if has_form(request) {
        return Ok(());
    }
    json_limits::check_body(&request.body).map_err(|excess| {
        let message = match excess {
            Excess::Depth => format!("The request object is nested more than {MAX_BODY_DEPTH} levels deep."),
            Excess::Values => format!("The request object has more than {MAX_BODY_VALUES} values."),
        };
        ApiError::bad("InvalidObject", message)
    })
}

/// Adds absent fields to the records in a response, if the settings say so and the request selects no fields.
fn with_absent_fields(settings: &Settings, route: &Route, request: &Request, mut response: Response) -> Response {
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
