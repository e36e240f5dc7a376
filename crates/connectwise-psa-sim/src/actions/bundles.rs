//! Bundles: several reads in one request. No client is known to use bundles, so only reads are simulated. Their number,
//! the size of the response, and the time for all of them are limited, because a short request could otherwise ask for
//! gigabytes.

use std::time::Instant;

use connectwise_psa::catalogue;
use connectwise_psa::catalogue::ResponseKind;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::{ActionResult, Dispatch};
use crate::api_error::ApiError;
use crate::http::{Request, Response, encode_link_value};
use crate::records::list::MAX_TIME;
use crate::router::{self, RouteMatch};
use crate::server_state::RequestContext;

/// The maximum number of requests in a bundle. The limit of live servers is not known.
const MAX_REQUESTS: usize = 100;

/// The maximum size of the records in a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;

/// What the rest of a bundle may use.
struct Budget {
    end: Instant,
    bytes: usize,
}

impl Budget {
    /// Subtracts a response.
    ///
    /// # Errors
    ///
    /// The bundle has used more than it may.
    fn use_for(&mut self, response: &Response) -> Result<(), ApiError> {
        self.check_time()?;
        self.bytes = self.bytes.checked_sub(response.body.len()).ok_or_else(|| {
            let message = format!("The records of the bundle have more than {MAX_RESPONSE_BYTES} bytes.");
            ApiError::bad("InvalidObject", message)
        })?;
        Ok(())
    }

    fn check_time(&self) -> Result<(), ApiError> {
        if Instant::now() < self.end { Ok(()) } else { Err(ApiError::timeout()) }
    }
}

pub(super) fn run(
    ctx: &mut RequestContext<'_>,
    _: &router::Route,
    request: &Request,
    dispatch: Dispatch,
) -> ActionResult {
    bundle(ctx, request, dispatch, false)
}

pub(super) fn count(
    ctx: &mut RequestContext<'_>,
    _: &router::Route,
    request: &Request,
    dispatch: Dispatch,
) -> ActionResult {
    bundle(ctx, request, dispatch, true)
}

fn bundle(ctx: &mut RequestContext<'_>, request: &Request, dispatch: Dispatch, counts: bool) -> ActionResult {
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| ApiError::malformed_json(&error))?;
    let Some(requests) = body.get("requests").and_then(Value::as_array) else {
        return Err(ApiError::bad("InvalidObject", "bundleRequestsCollection object is invalid"));
    };
    if requests.len() > MAX_REQUESTS {
        let message = format!("bundleRequestsCollection object has more than {MAX_REQUESTS} requests");
        return Err(ApiError::bad("InvalidObject", message));
    }
    let mut budget = Budget { end: Instant::now() + MAX_TIME, bytes: MAX_RESPONSE_BYTES };
    let results: Result<Vec<Value>, _> =
        requests.iter().map(|request| result(ctx, request, dispatch, counts, &mut budget)).collect();
    Ok(Response::ok(&json!({ "results": results? })))
}

/// Returns the result of one request.
///
/// # Errors
///
/// The bundle has used more than it may.
fn result(
    ctx: &mut RequestContext<'_>,
    request: &Value,
    dispatch: Dispatch,
    counts: bool,
    budget: &mut Budget,
) -> Result<Value, ApiError> {
    budget.check_time()?;
    let resource = request.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let api_request = request.get("apiRequest").unwrap_or(&Value::Null);
    let outcome = match run_request(ctx, resource, api_request, dispatch, counts, budget.end) {
        Ok(response) => {
            budget.use_for(&response)?;
            Ok(serde_json::from_slice::<Value>(&response.body).unwrap_or_default())
        }
        Err(error) => {
            budget.check_time()?;
            Err(error)
        }
    };
    let mut result = json!({"sequenceNumber": request.get("sequenceNumber"), "resourceType": resource, "version": request.get("version")});
    let (status, success, details) = match &outcome {
        Ok(value) => {
            let entities = if value.is_array() { value.clone() } else { json!([value]) };
            let count = value.get("count").cloned().unwrap_or_else(|| json!(entities.as_array().map_or(0, Vec::len)));
            (
                StatusCode::OK,
                true,
                json!({"entities": if counts { json!([]) } else { entities }, "count": count, "error": null}),
            )
        }
        Err(error) => (error.status, false, json!({"entities": [], "count": 0, "error": error.body()})),
    };
    if let (Some(fields), Value::Object(details)) = (result.as_object_mut(), details) {
        fields.insert("statusCode".to_owned(), Value::from(status.as_u16()));
        fields.insert("success".to_owned(), Value::Bool(success));
        fields.extend(details);
    }
    Ok(result)
}

/// Runs one request of a bundle as a GET of the resource's list, record or count.
fn run_request(
    ctx: &mut RequestContext<'_>,
    resource: &str,
    request: &Value,
    dispatch: Dispatch,
    counts: bool,
    end: Instant,
) -> Result<Response, ApiError> {
    let lists =
        catalogue::all().filter(|operation| crate::schema::is_list(operation) && !operation.path.contains("/info"));
    let matching = lists.filter(
        |operation| matches!(operation.response, ResponseKind::Many(name) if name.eq_ignore_ascii_case(resource)),
    );
    let operation = matching
        .min_by_key(|operation| operation.path.len())
        .ok_or_else(|| ApiError::bad("InvalidObject", format!("{resource} is not a supported resource type")))?;
    let id = |name: &str| request.get(name).and_then(crate::records::references::integer);
    let mut path = operation.path.trim_end_matches('/').to_owned();
    for (parameter, name) in [("{grandparentId}", "grandParentId"), ("{parentId}", "parentId")] {
        if path.contains(parameter) {
            let value = id(name).ok_or_else(|| ApiError::bad("InvalidObject", format!("{name} is required")))?;
            path = path.replace(parameter, &value.to_string());
        }
    }
    if counts {
        path.push_str("/count");
    } else if let Some(id) = id("id") {
        path = format!("{path}/{id}");
    }
    let mut query = Vec::new();
    for (group, names) in [
        ("filters", ["conditions", "orderBy", "childconditions", "customfieldconditions"].as_slice()),
        ("page", &["page", "pageSize", "pageId"]),
    ] {
        for name in names {
            if let Some(value) = request.get(group).and_then(|group| group.get(*name)).filter(|value| !value.is_null())
            {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                query.push(format!("{name}={}", encode_link_value(&text)));
            }
        }
    }
    if let Some(fields) = request.get("fields").and_then(Value::as_str) {
        query.push(format!("fields={}", encode_link_value(fields)));
    }
    let RouteMatch::Route(route) = router::find(&Method::GET, &path) else { return Err(ApiError::no_endpoint()) };
    let mut request =
        Request::new(Method::GET, &format!("{path}?{}", query.join("&")), HeaderMap::new(), bytes::Bytes::new());
    request.time_end = Some(end);
    dispatch(ctx, &route, &request)
}
