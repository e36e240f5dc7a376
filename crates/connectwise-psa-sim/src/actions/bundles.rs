//! Bundles: several readings in one request. facts: no client is known that uses them, so what they do beyond reading is not simulated.

use connectwise_psa::{Answer as Answered, catalogue};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::Done;
use crate::exchange::{Answer, Asked, encoded_by_server};
use crate::operations;
use crate::problem::Problem;
use crate::router::{self, Found};
use crate::world::Scene;

pub(super) fn run(scene: &mut Scene<'_>, _: &router::Route, asked: &Asked) -> Done {
    bundle(scene, asked, false)
}

pub(super) fn count(scene: &mut Scene<'_>, _: &router::Route, asked: &Asked) -> Done {
    bundle(scene, asked, true)
}

fn bundle(scene: &mut Scene<'_>, asked: &Asked, counts: bool) -> Done {
    let body: Value = serde_json::from_slice(&asked.body).map_err(|error| Problem::bad("ConnectWiseApi", format!("Invalid JSON: {error}")))?;
    let Some(requests) = body.get("requests").and_then(Value::as_array) else {
        return Err(Problem::bad("InvalidObject", "bundleRequestsCollection object is invalid"));
    };
    let results: Vec<Value> = requests.iter().map(|request| result(scene, request, counts)).collect();
    Ok(Answer::ok(&json!({ "results": results })))
}

fn result(scene: &mut Scene<'_>, request: &Value, counts: bool) -> Value {
    let resource = request.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let done = one(scene, resource, request.get("apiRequest").unwrap_or(&Value::Null), counts);
    let mut result = json!({"sequenceNumber": request.get("sequenceNumber"), "resourceType": resource, "version": request.get("version")});
    let (status, success, more) = match &done {
        Ok(value) => {
            let entities = if value.is_array() { value.clone() } else { json!([value]) };
            let count = value.get("count").cloned().unwrap_or_else(|| json!(entities.as_array().map_or(0, Vec::len)));
            (StatusCode::OK, true, json!({"entities": if counts { json!([]) } else { entities }, "count": count, "error": null}))
        }
        Err(problem) => (problem.status, false, json!({"entities": [], "count": 0, "error": problem.body()})),
    };
    if let (Some(members), Value::Object(more)) = (result.as_object_mut(), more) {
        members.insert("statusCode".to_owned(), Value::from(status.as_u16()));
        members.insert("success".to_owned(), Value::Bool(success));
        members.extend(more);
    }
    result
}

/// The one request, by path.
fn one(scene: &mut Scene<'_>, resource: &str, request: &Value, counts: bool) -> Result<Value, Problem> {
    let list = catalogue::all().filter(|operation| crate::facts::is_list(operation) && !operation.path.contains("/info"));
    let named = list.filter(|operation| matches!(operation.answer, Answered::Many(name) if name.eq_ignore_ascii_case(resource)));
    let operation = named
        .min_by_key(|operation| operation.path.len())
        .ok_or_else(|| Problem::bad("InvalidObject", format!("{resource} is not a supported resource type")))?;
    let id = |name: &str| request.get(name).and_then(crate::records::references::integer);
    let mut path = operation.path.trim_end_matches('/').to_owned();
    for (parameter, value) in [("{grandparentId}", id("grandParentId")), ("{parentId}", id("parentId"))] {
        if path.contains(parameter) {
            path = path.replace(parameter, &value.ok_or_else(|| Problem::bad("InvalidObject", "parentId is required"))?.to_string());
        }
    }
    if counts {
        path.push_str("/count");
    } else if let Some(id) = id("id") {
        path = format!("{path}/{id}");
    }
    let mut query = Vec::new();
    for (group, names) in
        [("filters", ["conditions", "orderBy", "childconditions", "customfieldconditions"].as_slice()), ("page", &["page", "pageSize", "pageId"])]
    {
        for name in names {
            if let Some(value) = request.get(group).and_then(|group| group.get(*name)).filter(|value| !value.is_null()) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                query.push(format!("{name}={}", encoded_by_server(&text)));
            }
        }
    }
    if let Some(fields) = request.get("fields").and_then(Value::as_str) {
        query.push(format!("fields={}", encoded_by_server(fields)));
    }
    let Found::Route(route) = router::find(&Method::GET, &path) else { return Err(Problem::no_endpoint()) };
    let asked = Asked::new(Method::GET, &format!("{path}?{}", query.join("&")), HeaderMap::new(), bytes::Bytes::new());
    let answer = operations::run(scene, &route, &asked)?;
    Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
}
