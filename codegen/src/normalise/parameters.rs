//! Rules about parameters.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::{self, METHODS, array, for_each_operation, text};
use crate::problem::Problems;

/// The query parameters that the document lists at every GET.
pub(crate) const LIST_PARAMETERS: [&str; 8] =
    ["conditions", "childConditions", "customFieldConditions", "orderBy", "fields", "page", "pageSize", "pageId"];
const COUNT_PARAMETERS: [&str; 3] = ["conditions", "childConditions", "customFieldConditions"];
const FIELDS_PARAMETERS: [&str; 1] = ["fields"];

/// Copies shared and path-level parameters to each operation. The operation's own parameters take precedence.
pub(super) fn copy_to_operations(document: &mut Value, problems: &mut Problems) -> usize {
    let shared = document.pointer_mut("/components/parameters").map(Value::take).unwrap_or_default();
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.remove("parameters");
    }
    let mut copied = 0;
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return 0 };
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        if item.contains_key("$ref") {
            problems.add(
                format!("/paths/{}", document::escape(path)),
                "a path with $ref is not supported",
                "replace the $ref in the document with its content",
            );
        }
        let path_parameters: Vec<Value> =
            item.remove("parameters").and_then(|parameters| parameters.as_array().cloned()).unwrap_or_default();
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else { continue };
            let own: Vec<Value> = array(operation, "parameters").cloned().collect();
            let mut all = Vec::new();
            for (index, parameter) in own.into_iter().chain(path_parameters.iter().cloned()).enumerate() {
                let resolved = match parameter.get("$ref").and_then(Value::as_str) {
                    None => parameter,
                    Some(reference) => {
                        match reference.strip_prefix("#/components/parameters/").and_then(|name| shared.get(name)) {
                            Some(found) => {
                                copied += 1;
                                found.clone()
                            }
                            None => {
                                problems.add(
                                    format!("/paths/{}/{method}/parameters/{index}", document::escape(path)),
                                    format!("`{reference}` does not exist"),
                                    "add the parameter to the document, or remove the $ref",
                                );
                                continue;
                            }
                        }
                    }
                };
                let key = |parameter: &Value| (parameter.get("name").cloned(), parameter.get("in").cloned());
                if !all.iter().any(|existing| key(existing) == key(&resolved)) {
                    all.push(resolved);
                }
            }
            operation.insert("parameters".into(), Value::Array(all));
        }
    }
    copied
}

/// Removes the `clientId` header of every operation. Reports all other header and cookie parameters.
pub(super) fn move_client_id_to_settings(document: &mut Value, problems: &mut Problems) -> usize {
    let mut moved = 0;
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
        parameters.retain(|parameter| {
            let (name, location) = (
                parameter.get("name").and_then(Value::as_str).unwrap_or_default(),
                parameter.get("in").and_then(Value::as_str).unwrap_or_default(),
            );
            match location {
                "header" if name.eq_ignore_ascii_case("clientId") => {
                    moved += 1;
                    false
                }
                "query" | "path" => true,
                _ => {
                    problems.add(
                        &label,
                        format!("`{name}` is a {location} parameter, which the bindings cannot send"),
                        "make it a setting of the client, or remove it (codegen: `move_client_id_to_settings`)",
                    );
                    true
                }
            }
        });
    });
    moved
}

/// Moves path parameters that are not in the template. They become optional query parameters, because the vendor's
/// `required` only follows from `in: path`. An object becomes the body or, for a GET, a query parameter for each of its
/// properties (OpenAPI's default). Reports template parameters that are not declared.
pub(super) fn move_out_of_path(document: &mut Value, problems: &mut Problems) -> usize {
    let mut moved = 0;
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        let template: BTreeSet<&str> = document::template_parameters(path).collect();
        let mut body = None;
        let mut declared = BTreeSet::new();
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            parameters.retain_mut(|parameter| {
                let Some(parameter) = parameter.as_object_mut() else { return false };
                if text(parameter, "in") != Some("path") {
                    return true;
                }
                let name = text(parameter, "name").unwrap_or_default().to_owned();
                if template.contains(name.as_str()) {
                    parameter.insert("required".into(), true.into());
                    declared.insert(name);
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
        for name in template.iter().filter(|name| !declared.contains(**name)) {
            problems.add(
                &label,
                format!("the path parameter `{{{name}}}` is not declared"),
                "add the parameter with a correction (parameter = { name, in = \"path\", type, required = true })",
            );
        }
        if let Some(schema) = body {
            if operation.contains_key("requestBody") {
                problems.add(
                    &label,
                    "a parameter is an object, but the operation already has a body",
                    "remove the parameter or the body from the document",
                );
            }
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

/// Returns whether a path is that of a count.
pub(crate) fn is_count(path: &str) -> bool {
    path.split('/').any(|segment| segment.eq_ignore_ascii_case("count"))
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
    fn the_operations_own_parameters_take_precedence_over_shared_ones() {
        let mut document = json!({
            "paths": {"/a": {"parameters": [{"name": "x", "in": "query", "schema": {"type": "string"}}, {"$ref": "#/components/parameters/Y"}],
                "get": {"parameters": [{"name": "x", "in": "query", "schema": {"type": "integer"}}]}}},
            "components": {"parameters": {"Y": {"name": "y", "in": "query"}}}
        });
        let mut problems = Problems::default();
        assert_eq!(copy_to_operations(&mut document, &mut problems), 1);
        assert_eq!(
            document["paths"]["/a"]["get"]["parameters"],
            json!([{"name": "x", "in": "query", "schema": {"type": "integer"}}, {"name": "y", "in": "query"}])
        );
        assert_eq!(problems, Problems::default());
        let mut dangling = document_with("/a", "get", json!({"parameters": [{"$ref": "#/components/parameters/Z"}]}));
        copy_to_operations(&mut dangling, &mut problems);
        assert!(problems.to_string().contains("does not exist"));
    }

    #[test]
    fn client_id_is_removed_and_other_headers_are_reported() {
        let mut document = document_with(
            "/a",
            "get",
            json!({"operationId": "getA", "parameters": [{"name": "clientid", "in": "header"}, {"name": "id", "in": "query"}, {"name": "X-Other", "in": "header"}]}),
        );
        let mut problems = Problems::default();
        assert_eq!(move_client_id_to_settings(&mut document, &mut problems), 1);
        assert_eq!(problems.0.len(), 1);
        assert!(problems.to_string().contains("GET /a (getA): `X-Other` is a header parameter"));
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
        let mut undeclared = document_with("/a/{id}", "get", json!({}));
        move_out_of_path(&mut undeclared, &mut problems);
        assert!(problems.to_string().contains("the path parameter `{id}` is not declared"));
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
