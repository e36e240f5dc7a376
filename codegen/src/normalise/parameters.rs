//! Rules about parameters.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::{self, LIST_PARAMETERS, for_each_operation, is_count, text};
use crate::problem::Problems;

const COUNT_PARAMETERS: [&str; 3] = ["conditions", "childConditions", "customFieldConditions"];
const FIELDS_PARAMETERS: [&str; 1] = ["fields"];

/// Removes the `clientId` header of every operation. `decisions` reported all other header and cookie parameters.
pub(super) fn move_client_id_to_settings(document: &mut Value, _: &mut Problems) -> usize {
    let mut moved = 0;
    for_each_operation(document, |_, _, operation| {
        let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
        let before = parameters.len();
        parameters.retain(|parameter| parameter.get("in").and_then(Value::as_str) != Some("header"));
        moved += before - parameters.len();
    });
    moved
}

/// Moves path parameters that are not in the template. They become optional query parameters, because the vendor's
/// `required` only follows from `in: path`. An object becomes the body or, for a GET, a query parameter for each of its
/// properties (OpenAPI's default).
pub(super) fn move_out_of_path(document: &mut Value, _: &mut Problems) -> usize {
    let mut moved = 0;
    for_each_operation(document, |path, method, operation| {
        let template: BTreeSet<&str> = document::template_parameters(path).collect();
        let mut body = None;
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            parameters.retain_mut(|parameter| {
                let Some(parameter) = parameter.as_object_mut() else { return false };
                if text(parameter, "in") != Some("path") {
                    return true;
                }
                let name = text(parameter, "name").unwrap_or_default().to_owned();
                if template.contains(name.as_str()) {
                    parameter.insert("required".into(), true.into());
                    return true;
                }
                moved += 1;
                if method != "get" && parameter.get("schema").and_then(|schema| schema.get("$ref")).is_some() {
                    body = parameter.get("schema").cloned();
                    return false;
                }
                parameter.insert("in".into(), "query".into());
                parameter.remove("required");
                true
            });
        }
        if let Some(schema) = body {
            operation.insert(
                "requestBody".into(),
                json!({"content": {"application/json": {"schema": schema}}, "required": true}),
            );
        }
    });
    moved
}

/// Replaces the eight list parameters with one parameter: `ListQuery` for an array, `CountQuery` (only filters) for a
/// count, `FieldsQuery` for any other GET that returns JSON, none for bytes. `x-query: list`, from a correction,
/// requests `ListQuery` for other responses. `x-query-without` lists those that the operation does not declare.
///
/// Other methods keep the parameters with these names as their own, unless their response is an array.
pub(super) fn list_parameters(document: &mut Value, _: &mut Problems) -> usize {
    let mut replaced = 0;
    for_each_operation(document, |path, method, operation| {
        let is_requested = operation.remove("x-query").is_some();
        let response = response_schema(operation).cloned();
        let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
        let Some(query) = shared_query(path, method, response.as_ref(), is_requested) else {
            // The vendor lists the parameters at every GET, also where they have no effect.
            if method == "get" {
                parameters.retain(|parameter| list_parameter(parameter).is_none());
            }
            return;
        };
        let declared: Vec<&str> = parameters.iter().filter_map(list_parameter).collect();
        let without: Vec<&str> = query.parameters().iter().filter(|name| !declared.contains(name)).copied().collect();
        if !is_requested && without.len() == query.parameters().len() {
            if !declared.is_empty() {
                parameters.retain(|parameter| list_parameter(parameter).is_none());
            }
            return;
        }
        replaced += 1;
        parameters.retain(|parameter| list_parameter(parameter).is_none());
        parameters.push(json!({"$ref": format!("#/components/parameters/{}", query.component())}));
        if !is_requested && !without.is_empty() {
            operation.insert("x-query-without".into(), json!(without));
        }
    });
    if replaced > 0 {
        add_query_components(document);
    }
    replaced
}

/// Returns the name of a list parameter, or `None` for any other parameter.
fn list_parameter(parameter: &Value) -> Option<&'static str> {
    let name = parameter.get("name").and_then(Value::as_str)?;
    let in_query = parameter.get("in").and_then(Value::as_str) == Some("query");
    LIST_PARAMETERS.into_iter().find(|known| in_query && *known == name)
}

/// One parameter that stands for several list parameters.
#[derive(Clone, Copy)]
enum SharedQuery {
    List,
    Count,
    Fields,
}

impl SharedQuery {
    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::List => &LIST_PARAMETERS,
            Self::Count => &COUNT_PARAMETERS,
            Self::Fields => &FIELDS_PARAMETERS,
        }
    }

    /// Returns the name in `/components/parameters`.
    fn component(self) -> &'static str {
        match self {
            Self::List => "ListQuery",
            Self::Count => "CountQuery",
            Self::Fields => "FieldsQuery",
        }
    }
}

/// Returns the parameter that stands for the list parameters of an operation, or `None` if it takes none.
fn shared_query(path: &str, method: &str, response: Option<&Value>, is_requested: bool) -> Option<SharedQuery> {
    let response = response?;
    let text = |key: &str| response.get(key).and_then(Value::as_str);
    if text("format") == Some("binary") {
        return None;
    }
    let is_count = is_count(path) && text("$ref").and_then(document::schema_name) == Some("Count");
    match method {
        _ if is_requested || text("type") == Some("array") => Some(SharedQuery::List),
        "get" if is_count => Some(SharedQuery::Count),
        "get" => Some(SharedQuery::Fields),
        _ => None,
    }
}

fn response_schema(operation: &Map<String, Value>) -> Option<&Value> {
    operation
        .get("responses")?
        .as_object()?
        .values()
        .next()?
        .get("content")?
        .as_object()?
        .values()
        .next()?
        .get("schema")
}

fn add_query_components(document: &mut Value) {
    let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else { return };
    for query in [SharedQuery::List, SharedQuery::Count, SharedQuery::Fields] {
        let name = query.component();
        let properties: Map<String, Value> = query
            .parameters()
            .iter()
            .map(|property| {
                let schema = if property.starts_with("page") {
                    json!({"type": "integer", "format": "int32"})
                } else {
                    json!({"type": "string"})
                };
                ((*property).to_owned(), schema)
            })
            .collect();
        let parameter = json!({"name": name, "in": "query", "style": "form", "explode": true, "schema": {"type": "object", "properties": properties}});
        components
            .entry("parameters")
            .or_insert_with(|| json!({}))
            .as_object_mut()
            .map(|parameters| parameters.insert(name.to_owned(), parameter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document_with(path: &str, method: &str, operation: Value) -> Value {
        json!({"paths": {path: {method: operation}}, "components": {"schemas": {}}})
    }

    fn response(schema: Value) -> Value {
        json!({"200": {"content": {"application/json": {"schema": schema}}}})
    }

    #[test]
    fn the_client_id_is_removed() {
        let parameters = json!([{"name": "clientid", "in": "header"}, {"name": "id", "in": "query"}]);
        let mut document = document_with("/a", "get", json!({"operationId": "getA", "parameters": parameters}));
        assert_eq!(move_client_id_to_settings(&mut document, &mut Problems::default()), 1);
        assert_eq!(document["paths"]["/a"]["get"]["parameters"], json!([{"name": "id", "in": "query"}]));
    }

    #[test]
    fn parameters_outside_the_template_are_moved() {
        let mut document = document_with(
            "/a/{id}",
            "post",
            json!({"parameters": [{"name": "id", "in": "path"}, {"name": "flag", "in": "path", "required": true, "schema": {"type": "boolean"}}, {"name": "request", "in": "path", "schema": {"$ref": "#/components/schemas/R"}}]}),
        );
        let mut problems = Problems::default();
        assert_eq!(move_out_of_path(&mut document, &mut problems), 2);
        let operation = &document["paths"]["/a/{id}"]["post"];
        assert_eq!(
            operation["parameters"],
            json!([{"name": "id", "in": "path", "required": true}, {"name": "flag", "in": "query", "schema": {"type": "boolean"}}])
        );
        assert_eq!(operation["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/R");
        assert_eq!(problems, Problems::default());
        let request =
            json!({"name": "request", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/R"}});
        let mut get_document = document_with("/a", "get", json!({"parameters": [request]}));
        assert_eq!(move_out_of_path(&mut get_document, &mut problems), 1);
        assert_eq!(get_document["paths"]["/a"]["get"]["parameters"][0]["in"], "query");
    }

    #[test]
    fn the_shared_query_parameter_follows_from_the_path_and_the_response() {
        let all: Vec<Value> = LIST_PARAMETERS.iter().map(|name| json!({"name": name, "in": "query"})).collect();
        for (path, method, schema, query) in [
            ("/a", "get", json!({"type": "array", "items": {}}), Some("ListQuery")),
            ("/a/{id}", "get", json!({"$ref": "#/components/schemas/A"}), Some("FieldsQuery")),
            ("/a/count", "get", json!({"$ref": "#/components/schemas/Count"}), Some("CountQuery")),
            ("/a/count/info", "get", json!({"$ref": "#/components/schemas/Count"}), Some("CountQuery")),
            // The response is a count, but the path has no segment `count`.
            ("/a/onHand", "get", json!({"$ref": "#/components/schemas/Count"}), Some("FieldsQuery")),
            ("/a/pdf", "get", json!({"type": "string", "format": "binary"}), None),
        ] {
            let mut document = document_with(path, method, json!({"parameters": all, "responses": response(schema)}));
            assert_eq!(list_parameters(&mut document, &mut Problems::default()), usize::from(query.is_some()));
            let parameters = document["paths"][path][method]["parameters"].as_array().unwrap().clone();
            let expected: Vec<Value> =
                query.map(|query| json!({"$ref": format!("#/components/parameters/{query}")})).into_iter().collect();
            assert_eq!(parameters, expected, "{path}");
        }
    }

    #[test]
    fn list_parameters_that_are_not_declared_are_kept_as_missing() {
        let declared = |missing: &[&str]| -> Vec<Value> {
            let names = LIST_PARAMETERS.iter().filter(|name| !missing.contains(name));
            names.map(|name| json!({"name": name, "in": "query"})).collect()
        };
        let (list, count, record) = (
            json!({"type": "array", "items": {}}),
            json!({"$ref": "#/components/schemas/Count"}),
            json!({"$ref": "#/components/schemas/A"}),
        );
        for (path, method, schema, missing, parameters, without) in [
            ("/a", "get", &list, &["conditions", "page"][..], 1, json!(["conditions", "page"])),
            ("/a", "get", &list, &LIST_PARAMETERS[..], 0, Value::Null),
            ("/a/count", "get", &count, &["customFieldConditions"], 1, json!(["customFieldConditions"])),
            // A count takes no page.
            ("/a/count", "get", &count, &["page"], 1, Value::Null),
            ("/a/{id}", "get", &record, &["conditions"], 1, Value::Null),
            ("/a/{id}", "get", &record, &["fields"], 0, Value::Null),
            ("/a/search", "post", &list, &["pageId"], 1, json!(["pageId"])),
            // Parameters of a POST have their own meaning.
            ("/a", "post", &record, &["page"], 7, Value::Null),
        ] {
            let mut document = document_with(
                path,
                method,
                json!({"parameters": declared(missing), "responses": response(schema.clone())}),
            );
            list_parameters(&mut document, &mut Problems::default());
            let operation = &document["paths"][path][method];
            assert_eq!(operation["parameters"].as_array().unwrap().len(), parameters, "{path} {missing:?}");
            assert_eq!(operation["x-query-without"], without, "{path} {missing:?}");
        }
    }

    #[test]
    fn a_correction_can_request_the_list_parameters() {
        let mut document = document_with(
            "/a/search",
            "post",
            json!({"x-query": "list", "parameters": [], "responses": response(json!({"type": "array", "items": {}}))}),
        );
        list_parameters(&mut document, &mut Problems::default());
        let operation = &document["paths"]["/a/search"]["post"];
        assert_eq!(operation["parameters"][0]["$ref"], "#/components/parameters/ListQuery");
        assert!(operation.get("x-query").is_none());
        assert!(document["components"]["parameters"]["ListQuery"]["schema"]["properties"]["pageId"].is_object());
    }
}
