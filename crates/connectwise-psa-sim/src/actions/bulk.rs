//! Many records in one request: each succeeds or fails by itself, and the whole is 207.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Done;
use super::changes::{checking, keep, read, remove};
use crate::exchange::{Answer, Asked};
use crate::operations;
use crate::problem::Problem;
use crate::records::Members;
use crate::records::references::integer;
use crate::records::views::public;
use crate::router::{self, Found, Route};
use crate::world::Scene;

pub(super) fn create(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    each(scene, route, asked, &Method::POST)
}

pub(super) fn replace(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    each(scene, route, asked, &Method::PUT)
}

pub(super) fn delete(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    each(scene, route, asked, &Method::DELETE)
}

/// Does for each what the single request would. facts: deletions name the ids in the body.
fn each(scene: &mut Scene<'_>, route: &Route, asked: &Asked, method: &Method) -> Done {
    let body: Value = serde_json::from_slice(&asked.body).map_err(|error| Problem::bad("ConnectWiseApi", format!("Invalid JSON: {error}")))?;
    let items = match &body {
        Value::Array(items) => items.clone(),
        Value::Object(members) => members.get("ids").and_then(Value::as_array).cloned().ok_or_else(|| Problem::bad("InvalidObject", "ids is required"))?,
        _ => return Err(Problem::bad("InvalidObject", "The request object is invalid")),
    };
    let list = format!("/{}", route.list_key().trim_end_matches("/bulk"));
    let mut payload = Vec::new();
    for (index, item) in items.iter().enumerate() {
        payload.push(result(index, &one(scene, route, &list, item, method)));
    }
    Ok(Answer::json(StatusCode::MULTI_STATUS, &json!({ "payload": payload })))
}

fn one(scene: &mut Scene<'_>, bulk: &Route, list: &str, item: &Value, method: &Method) -> Done {
    let id = item.get("id").unwrap_or(item);
    let path = if *method == Method::POST { list.to_owned() } else { format!("{list}/{}", integer(id).unwrap_or_default()) };
    let Found::Route(route) = router::find(method, &path) else { return without_endpoint(scene, bulk, list.trim_matches('/'), item, method) };
    let body = if *method == Method::DELETE { String::new() } else { item.to_string() };
    let asked = Asked::new(method.clone(), &path, http::HeaderMap::new(), body.into());
    operations::run(scene, &route, &asked)
}

/// Records that have no endpoint of their own: those that are there are replaced or deleted, and those without a number made.
fn without_endpoint(scene: &mut Scene<'_>, bulk: &Route, list: &str, item: &Value, method: &Method) -> Done {
    let id = item.get("id").unwrap_or(item);
    let id = integer(id).filter(|id| *id != 0);
    let before = id.map(|id| read(scene, list, id).map(|record| (id, record))).transpose()?;
    if *method == Method::DELETE {
        let (id, _) = before.ok_or_else(Problem::no_endpoint)?;
        remove(scene, list, id);
        return Ok(Answer::no_content());
    }
    let type_name = bulk.operation.body.map(|body| body.type_name).unwrap_or_default();
    let record = checking(scene, type_name, |checker| checker.new_record(&checker.object(item.to_string().as_bytes())?, &Members::new()))?;
    let (status, id) = match before {
        Some((id, before)) => {
            let mut record = record;
            record.insert("id".to_owned(), Value::from(id));
            record.extend(before.into_iter().filter(|(name, _)| name == "_info"));
            keep(scene, list, id, record);
            (StatusCode::OK, id)
        }
        None => (StatusCode::CREATED, operations::insert(scene, list, record)),
    };
    Ok(Answer::json(status, &scene.world.records.get(list, id).map(public).unwrap_or_default()))
}

fn result(index: usize, done: &Done) -> Value {
    match done {
        Ok(answer) => json!({
            "success": true, "originalIndex": index, "statusCode": answer.status.as_u16(),
            "data": serde_json::from_slice::<Value>(&answer.body).unwrap_or_default(), "error": null,
        }),
        Err(problem) => json!({"success": false, "originalIndex": index, "statusCode": problem.status.as_u16(), "data": null, "error": problem.body()}),
    }
}
