//! Many records in one request: each succeeds or fails by itself, and the whole is 207.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Done;
use crate::exchange::{Answer, Asked};
use crate::operations;
use crate::problem::Problem;
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
    let payload: Vec<Value> = items.iter().enumerate().map(|(index, item)| result(index, &one(scene, &list, item, method))).collect();
    Ok(Answer::json(StatusCode::MULTI_STATUS, &json!({ "payload": payload })))
}

fn one(scene: &mut Scene<'_>, list: &str, item: &Value, method: &Method) -> Done {
    let id = item.get("id").unwrap_or(item);
    let path = if *method == Method::POST { list.to_owned() } else { format!("{list}/{}", crate::records::references::integer(id).unwrap_or_default()) };
    let Found::Route(route) = router::find(method, &path) else { return Err(Problem::no_endpoint()) };
    let body = if *method == Method::DELETE { String::new() } else { item.to_string() };
    let asked = Asked::new(method.clone(), &path, http::HeaderMap::new(), body.into());
    operations::run(scene, &route, &asked)
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
