//! Bulk operations: many records in one request. Each record succeeds or fails separately, and the response has the
//! status 207.

use std::time::Instant;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ActionResult, Dispatch};
use crate::access::{read, with_checker};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::records::JsonObject;
use crate::records::list::MAX_TIME;
use crate::records::references::integer;
use crate::records::views::public;
use crate::router::{self, Route, RouteMatch};
use crate::server_state::RequestContext;
use crate::writes::{insert, remove, update};

/// The maximum number of records in a request. The limit of live servers is not known.
const MAX_RECORDS: usize = 1000;

pub(super) fn create(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    dispatch: Dispatch,
) -> ActionResult {
    run_each(ctx, route, request, dispatch, &Method::POST)
}

pub(super) fn replace(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    dispatch: Dispatch,
) -> ActionResult {
    run_each(ctx, route, request, dispatch, &Method::PUT)
}

pub(super) fn delete(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    dispatch: Dispatch,
) -> ActionResult {
    run_each(ctx, route, request, dispatch, &Method::DELETE)
}

/// Carries out one request for each item. Observed on live servers: a bulk DELETE names the ids in the body.
fn run_each(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    dispatch: Dispatch,
    method: &Method,
) -> ActionResult {
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| ApiError::malformed_json(&error))?;
    let items = match &body {
        Value::Array(items) => items.clone(),
        Value::Object(fields) => fields
            .get("ids")
            .and_then(Value::as_array)
            .cloned()
            .ok_or_else(|| ApiError::bad("InvalidObject", "ids is required"))?,
        _ => return Err(ApiError::bad("InvalidObject", "The request object is invalid")),
    };
    if items.len() > MAX_RECORDS {
        return Err(ApiError::bad("InvalidObject", format!("The request object has more than {MAX_RECORDS} records.")));
    }
    let end = Instant::now() + MAX_TIME;
    let list = format!("/{}", route.list_key().trim_end_matches("/bulk"));
    let mut payload = Vec::new();
    for (index, item) in items.iter().enumerate() {
        // The other changes wait, and none of these is kept.
        if Instant::now() >= end {
            return Err(ApiError::timeout());
        }
        payload.push(result(index, &run_one(ctx, route, &list, item, dispatch, method)));
    }
    Ok(Response::json(StatusCode::MULTI_STATUS, &json!({ "payload": payload })))
}

fn run_one(
    ctx: &mut RequestContext<'_>,
    bulk: &Route,
    list: &str,
    item: &Value,
    dispatch: Dispatch,
    method: &Method,
) -> ActionResult {
    let id = item.get("id").unwrap_or(item);
    let path =
        if *method == Method::POST { list.to_owned() } else { format!("{list}/{}", integer(id).unwrap_or_default()) };
    let RouteMatch::Route(route) = router::find(method, &path) else {
        return write_without_endpoint(ctx, bulk, list.trim_matches('/'), item, method);
    };
    let body = if *method == Method::DELETE { String::new() } else { item.to_string() };
    let request = Request::new(method.clone(), &path, http::HeaderMap::new(), body.into());
    dispatch(ctx, &route, &request)
}

/// Writes records that have no endpoint of their own. Replaces or deletes the record with the item's id; an item
/// without an id, or with the id 0, becomes a new record. `list` is the key of the list, without a leading slash.
fn write_without_endpoint(
    ctx: &mut RequestContext<'_>,
    bulk: &Route,
    list: &str,
    item: &Value,
    method: &Method,
) -> ActionResult {
    let id = item.get("id").unwrap_or(item);
    let id = integer(id).filter(|id| *id != 0);
    let before = id.map(|id| read(ctx, list, id).map(|record| (id, record))).transpose()?;
    if *method == Method::DELETE {
        let (id, _) = before.ok_or_else(ApiError::no_endpoint)?;
        remove(ctx, list, id);
        return Ok(Response::no_content());
    }
    let type_name = bulk.operation.body.map(|body| body.type_name).unwrap_or_default();
    let record = with_checker(ctx, type_name, |checker| {
        checker.new_record(&checker.object(item.to_string().as_bytes())?, &JsonObject::new())
    })?;
    let (status, id) = match before {
        Some((id, before)) => {
            let mut record = record;
            record.insert("id".to_owned(), Value::from(id));
            record.extend(before.into_iter().filter(|(name, _)| name == "_info"));
            update(ctx, list, id, record);
            (StatusCode::OK, id)
        }
        None => (StatusCode::CREATED, insert(ctx, list, record)),
    };
    Ok(Response::json(status, &ctx.state.records.get(list, id).map(public).unwrap_or_default()))
}

fn result(index: usize, outcome: &ActionResult) -> Value {
    match outcome {
        Ok(response) => json!({
            "success": true, "originalIndex": index, "statusCode": response.status.as_u16(),
            "data": serde_json::from_slice::<Value>(&response.body).unwrap_or_default(), "error": null,
        }),
        Err(error) => {
            json!({"success": false, "originalIndex": index, "statusCode": error.status.as_u16(), "data": null, "error": error.body()})
        }
    }
}
