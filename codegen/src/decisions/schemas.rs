//! Schemas that have no type: references that lead nowhere, combinations of schemas, unknown types, objects without a
//! name, and schemas that contain themselves.

use serde_json::{Value, json};

use crate::corrections::notation::schema as schema_of;
use crate::corrections::{Change, ParameterType};
use crate::decisions::{Corrected, named, target};
use crate::document::{self, Object, array, escape, for_each_operation, text};
use crate::normalise::schemas::recursive_values;
use crate::paste::Paste;
use crate::problem::Problems;
use crate::structure::UNDECIDED;

/// Why a schema has no type, and the schemas that could replace it.
struct Fault {
    message: String,
    candidates: Vec<Value>,
}

/// The part of the document whose type a correction can set.
enum Location {
    Schema(String),
    Property { schema: String, property: String },
    Body { path: String, method: String, pointer: String },
    Response { path: String, method: String, pointer: String },
    Parameter { path: String, method: String, index: usize },
}

/// The maximum number of lists and maps that are nested in each other. The compiler rejects types with some more.
const MAXIMUM_NESTING: usize = 16;

/// Reports each schema without a type, and replaces it by any JSON.
pub(super) fn decide(document: &mut Value, corrected: &Corrected<'_>, problems: &mut Problems) {
    let schemas = current_schemas(document).cloned().unwrap_or_default();
    let recursive = recursive_values(&schemas);
    for location in locations(document) {
        let pointer = location.pointer();
        let Some(root) = document.pointer(&pointer).cloned() else { continue };
        let is_named = matches!(location, Location::Schema(_));
        let mut faults = Vec::new();
        if let Location::Schema(name) = &location
            && recursive.contains(name)
            // A schema that is replaced ends the cycle for all others in it.
            && current_schemas(document).is_some_and(|schemas| recursive_values(schemas).contains(name))
        {
            let message = "the schema contains itself, but is not an object".to_owned();
            faults.push((String::new(), Fault { message, candidates: Vec::new() }));
        } else if nesting(&root, &schemas, &recursive, 0) > MAXIMUM_NESTING {
            let message = format!("it has more than {MAXIMUM_NESTING} lists or maps nested in each other");
            faults.push((String::new(), Fault { message, candidates: Vec::new() }));
        } else {
            find("", &root, is_named, &schemas, &mut faults);
        }
        for (inner, fault) in faults {
            let choices = choices(corrected, document, &location, &root, &inner, &fault);
            let fix = match choices.len() {
                1 => "give it a type that the generator has",
                _ => "choose its type",
            };
            problems.decide(location.label(document, &inner), &fault.message, fix, choices);
            // Any JSON does not fit a URL.
            let (at, replacement) = match location {
                Location::Parameter { .. } => (pointer.clone(), json!({"type": "string"})),
                _ => {
                    let at = format!("{pointer}{inner}");
                    let replacement = document.pointer(&at).map(neutral).unwrap_or_default();
                    (at, replacement)
                }
            };
            if let Some(schema) = document.pointer_mut(&at) {
                *schema = replacement;
            }
        }
    }
    report_unknown_required(document, corrected, problems);
}

/// Returns how many lists and maps are nested in each other, at most one more than the maximum. Follows references to
/// named lists, but not to schemas that contain themselves.
fn nesting(schema: &Value, schemas: &Object, recursive: &[String], outer: usize) -> usize {
    if outer > MAXIMUM_NESTING {
        return outer;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name) {
        let named = schemas.get(name).filter(|named| named.get("properties").is_none());
        let named = named.filter(|_| !recursive.iter().any(|other| other == name));
        return named.map_or(outer, |named| nesting(named, schemas, recursive, outer));
    }
    ["items", "additionalProperties"]
        .iter()
        .filter_map(|key| schema.get(*key).filter(|inner| inner.is_object()))
        .map(|inner| nesting(inner, schemas, recursive, outer + 1))
        .max()
        .unwrap_or(outer)
}

fn current_schemas(document: &Value) -> Option<&Object> {
    document.pointer("/components/schemas")?.as_object()
}

/// Returns every part whose type a correction can set.
fn locations(document: &mut Value) -> Vec<Location> {
    let mut locations = Vec::new();
    for (name, schema) in document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten() {
        // A named object is checked without its properties, which have their own locations.
        locations.push(Location::Schema(name.clone()));
        for property in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Object::keys) {
            locations.push(Location::Property { schema: name.clone(), property: property.clone() });
        }
    }
    for_each_operation(document, |path, method, operation| {
        let (path, method) = (path.to_owned(), method.to_owned());
        for (index, parameter) in array(operation, "parameters").enumerate() {
            if parameter.get("schema").is_some() && parameter.get(UNDECIDED).is_none() {
                locations.push(Location::Parameter { path: path.clone(), method: method.clone(), index });
            }
        }
        for media in media_types(operation.get("requestBody")) {
            let pointer = format!("/requestBody/content/{}/schema", escape(&media));
            locations.push(Location::Body { path: path.clone(), method: method.clone(), pointer });
        }
        for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
            // The bindings do not use the bodies of errors.
            if !status.starts_with('2') && status != "default" {
                continue;
            }
            for media in media_types(Some(response)) {
                let pointer = format!("/responses/{}/content/{}/schema", escape(status), escape(&media));
                locations.push(Location::Response { path: path.clone(), method: method.clone(), pointer });
            }
        }
    });
    locations
}

/// Returns the media types of a body whose schemas the bindings use: JSON and forms.
fn media_types(body: Option<&Value>) -> Vec<String> {
    let content = body.and_then(|body| body.get("content")).and_then(Value::as_object);
    let used = |media: &&String| document::is_json(&document::essence(media)) || *media == "multipart/form-data";
    content.into_iter().flat_map(Object::keys).filter(used).cloned().collect()
}

impl Location {
    fn pointer(&self) -> String {
        let operation = |path: &str, method: &str| format!("/paths/{}/{method}", escape(path));
        match self {
            Self::Schema(name) => format!("/components/schemas/{}", escape(name)),
            Self::Property { schema, property } => {
                format!("/components/schemas/{}/properties/{}", escape(schema), escape(property))
            }
            Self::Body { path, method, pointer } | Self::Response { path, method, pointer } => {
                format!("{}{pointer}", operation(path, method))
            }
            Self::Parameter { path, method, index } => {
                format!("{}/parameters/{index}/schema", operation(path, method))
            }
        }
    }

    fn operation<'a>(&self, document: &'a Value) -> Option<&'a Object> {
        match self {
            Self::Schema(_) | Self::Property { .. } => None,
            Self::Body { path, method, .. }
            | Self::Response { path, method, .. }
            | Self::Parameter { path, method, .. } => document.get("paths")?.get(path)?.get(method)?.as_object(),
        }
    }

    /// Returns the location in messages: a JSON pointer and, in an operation, the operation.
    fn label(&self, document: &Value, inner: &str) -> String {
        let pointer = format!("{}{inner}", self.pointer());
        match (self, self.operation(document)) {
            (
                Self::Body { path, method, .. }
                | Self::Response { path, method, .. }
                | Self::Parameter { path, method, .. },
                Some(operation),
            ) => format!("{}, {pointer}", document::operation_label(path, method, operation)),
            _ => pointer,
        }
    }

    /// Returns the change that gives this part a type in notation, with its target.
    fn change(&self, document: &Value, corrected: &Corrected<'_>, notation: &str) -> Option<(String, Change)> {
        let target = |path: &str, method: &str| Some(target(path, method, self.operation(document)?));
        Some(match self {
            Self::Schema(name) => (name.clone(), Change::SchemaType(named(notation))),
            Self::Property { schema, property } => {
                (schema.clone(), Change::PropertyType(property.clone(), named(notation)))
            }
            Self::Body { path, method, pointer } => {
                let target = target(path, method)?;
                let change = |text: String| Change::Body(text);
                let is_optional = corrected.found(&target, &change(String::new())).starts_with("optional ");
                let optional = if is_optional { "optional " } else { "" };
                let form = if pointer.contains("multipart~1form-data") { "multipart:" } else { "" };
                (target, change(format!("{optional}{form}{notation}")))
            }
            Self::Response { path, method, .. } => (target(path, method)?, Change::Response(notation.to_owned())),
            Self::Parameter { path, method, index } => {
                let name =
                    array(self.operation(document)?, "parameters").nth(*index)?.get("name")?.as_str()?.to_owned();
                // A parameter is never any JSON.
                let value_type = named(if notation == "any" { "string" } else { notation });
                (target(path, method)?, Change::ParameterType(ParameterType { name, value_type }))
            }
        })
    }
}

/// Returns the lines for each type that the schema at `inner` in a part could have. Any JSON is the last.
fn choices(
    corrected: &Corrected<'_>,
    document: &Value,
    location: &Location,
    root: &Value,
    inner: &str,
    fault: &Fault,
) -> Vec<Paste> {
    let any = json!({});
    let mut choices = Vec::new();
    for candidate in fault.candidates.iter().chain([&any]) {
        let mut replaced = root.clone();
        if let Some(schema) = replaced.pointer_mut(inner) {
            *schema = candidate.clone();
        }
        let notation = corrected.describe(&replaced);
        // Not every schema has a notation that a correction can write.
        let Some((target, change)) = schema_of(&notation).and_then(|_| location.change(document, corrected, &notation))
        else {
            continue;
        };
        // A correction has to change something.
        let is_found = corrected.found(&target, &change) == change.makes();
        let paste = corrected.paste(&target, &fault.message, &change);
        if !is_found && !choices.contains(&paste) {
            choices.push(paste);
        }
    }
    choices
}

/// Returns any JSON with the facts that do not depend on the type.
fn neutral(schema: &Value) -> Value {
    const FACTS: [&str; 4] = ["description", "readOnly", "writeOnly", "deprecated"];
    let facts = schema.as_object().into_iter().flatten().filter(|(key, _)| FACTS.contains(&key.as_str()));
    Value::Object(facts.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Adds the faults of a schema and of the schemas inside it, with their JSON pointers. Does not look into a schema that
/// has a fault itself.
fn find(at: &str, schema: &Value, named: bool, schemas: &Object, faults: &mut Vec<(String, Fault)>) {
    let Some(object) = schema.as_object() else { return };
    if let Some(fault) = fault(object, named, schemas) {
        faults.push((at.to_owned(), fault));
        return;
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key) {
            find(&format!("{at}/{key}"), inner, false, schemas, faults);
        }
    }
}

fn fault(schema: &Object, named: bool, schemas: &Object) -> Option<Fault> {
    let parts = || {
        let parts = ["anyOf", "oneOf", "allOf"].iter().flat_map(|key| array(schema, key));
        parts.filter(|part| fault_of_part(part, schemas).is_none()).cloned().collect()
    };
    if let Some(message) = text(schema, UNDECIDED) {
        return Some(Fault { message: message.to_owned(), candidates: parts() });
    }
    if let Some(reference) = text(schema, "$ref") {
        let exists = document::schema_name(reference).is_some_and(|name| schemas.contains_key(name));
        return (!exists).then(|| Fault { message: format!("`{reference}` does not exist"), candidates: Vec::new() });
    }
    if let Some(keyword) = ["anyOf", "oneOf", "allOf"].into_iter().find(|keyword| schema.contains_key(*keyword)) {
        let message = match keyword {
            "allOf" => "it combines several schemas (`allOf`) that are not all objects with a name".to_owned(),
            _ => format!("it is one of several schemas (`{keyword}`), for which there is no type"),
        };
        return Some(Fault { message, candidates: parts() });
    }
    let json_type = text(schema, "type");
    let scalar = |json_type: &str| match json_type {
        "string" | "boolean" => vec![json!({"type": json_type})],
        "integer" => vec![json!({"type": json_type, "format": "int32"})],
        "number" => vec![json!({"type": json_type, "format": "double"})],
        _ => Vec::new(),
    };
    match json_type {
        None | Some("string" | "integer" | "number" | "boolean" | "object" | "array") => {}
        Some(other) => {
            return Some(Fault { message: format!("`{other}` is not a JSON type"), candidates: scalar("string") });
        }
    }
    let has_properties =
        schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty());
    if has_properties && !named {
        let message = "it is an object with properties, but has no name".to_owned();
        return Some(Fault { message, candidates: Vec::new() });
    }
    if has_properties && (json_type.is_some_and(|json_type| json_type != "object") || schema.contains_key("enum")) {
        let message = "it has properties, but is not an object".to_owned();
        return Some(Fault { message, candidates: scalar(json_type.unwrap_or("string")) });
    }
    let is_text = |value: &Value| value.is_string() || value.is_null();
    if schema.contains_key("enum") && (json_type != Some("string") || !array(schema, "enum").all(is_text)) {
        return Some(Fault {
            message: "the values of its enum are not all text".to_owned(),
            candidates: scalar(json_type.unwrap_or("string")),
        });
    }
    None
}

/// Returns the fault of a part of a combination, so that only parts with a type are proposed.
fn fault_of_part(part: &Value, schemas: &Object) -> Option<Fault> {
    let mut faults = Vec::new();
    find("", part, false, schemas, &mut faults);
    faults.into_iter().next().map(|(_, fault)| fault)
}

/// Reports required properties that do not exist, and removes them from the list.
fn report_unknown_required(document: &mut Value, corrected: &Corrected<'_>, problems: &mut Problems) {
    for (name, schema) in
        document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let Some(schema) = schema.as_object_mut() else { continue };
        let properties: Vec<String> =
            schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Object::keys).cloned().collect();
        let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) else { continue };
        required.retain(|required| {
            let Some(required) = required.as_str() else { return false };
            let is_known = properties.iter().any(|property| property == required);
            if !is_known {
                let message = format!("`{required}` is required, but is not a property");
                let paste = corrected.paste(name, &message, &Change::NotRequired(required.to_owned()));
                problems.decide(
                    format!("/components/schemas/{}/required", escape(name)),
                    message,
                    "say that it is not required",
                    [paste],
                );
            }
            is_known
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::tests;

    fn decided(document: Value) -> (Value, Problems) {
        tests::decided(document, decide)
    }

    #[test]
    fn properties_without_a_type_become_any_json() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        for (property, expected, choices) in [
            (reference("Gone"), "`#/components/schemas/Gone` does not exist", 1),
            (json!({"anyOf": [reference("A"), {"type": "string"}, reference("Gone")]}), "(`anyOf`)", 3),
            (json!({"allOf": [reference("A"), {"properties": {"x": {}}}]}), "(`allOf`)", 2),
            (json!({"type": "file"}), "`file` is not a JSON type", 2),
            (json!({"type": "object", "properties": {"x": {}}}), "has no name", 1),
            (json!({"type": "array", "items": {"type": "array", "items": reference("Gone")}}), "does not exist", 1),
            (json!({"type": "string", "enum": ["a", 1]}), "not all text", 2),
            (json!({"type": "object", "additionalProperties": {"type": "date"}}), "not a JSON type", 2),
        ] {
            let schemas = json!({"A": {"type": "object", "properties": {"p": property}}});
            let (document, problems) = decided(json!({"paths": {}, "components": {"schemas": schemas}}));
            assert_eq!(problems.0.len(), 1, "{property}: {problems}");
            assert!(problems.0[0].message.contains(expected), "{property}: {problems}");
            assert!(problems.0[0].location.starts_with("/components/schemas/A/properties/p"), "{problems}");
            assert_eq!(problems.0[0].paste.len(), choices, "{property}: {problems}");
            let lines = &problems.0[0].paste.last().unwrap().lines;
            assert!(lines.contains("property-types = { p = \"") && lines.contains("any"), "{lines}");
            assert_eq!(decided(document).1, Problems::default(), "{property}");
        }
    }

    #[test]
    fn lists_that_are_nested_too_deeply_become_any_json() {
        let nested = |count: usize| {
            (0..count).fold(json!({"type": "string"}), |inner, _| json!({"type": "array", "items": inner}))
        };
        for (count, expected) in [(MAXIMUM_NESTING, 0), (MAXIMUM_NESTING + 1, 1), (60, 1)] {
            let schemas = json!({"A": {"type": "object", "properties": {"p": nested(count)}}});
            let (document, problems) = decided(json!({"paths": {}, "components": {"schemas": schemas}}));
            assert_eq!(problems.0.len(), expected, "{problems}");
            assert_eq!(decided(document).1, Problems::default());
        }
        let schemas = json!({
            "Long": nested(10), "Longer": {"type": "array", "items": {"$ref": "#/components/schemas/Long"}},
            "A": {"type": "object", "properties": {"p": (0..6).fold(json!({"$ref": "#/components/schemas/Longer"}), |inner, _| json!({"type": "array", "items": inner}))}}
        });
        let (_, problems) = decided(json!({"paths": {}, "components": {"schemas": schemas}}));
        assert!(problems.0[0].location.ends_with("/A/properties/p") && problems.0.len() == 1, "{problems}");
        assert!(problems.0[0].paste[0].lines.contains("property-types = { p = \"any\" }"), "{problems}");
    }

    #[test]
    fn the_type_around_a_fault_is_kept() {
        let property =
            json!({"type": "array", "items": {"oneOf": [{"type": "integer"}, {"type": "string", "format": "date"}]}});
        let schemas = json!({"A": {"type": "object", "properties": {"p": property}}});
        let (_, problems) = decided(json!({"paths": {}, "components": {"schemas": schemas}}));
        let lines: Vec<&str> = problems.0[0].paste.iter().map(|paste| paste.lines.as_str()).collect();
        for (lines, expected) in lines.into_iter().zip(["\"[long]\"", "\"[date]\"", "\"[any]\""]) {
            assert!(lines.contains(&format!("property-types = {{ p = {expected} }}")), "{lines}");
        }
    }

    #[test]
    fn whole_schemas_bodies_responses_and_parameters_have_lines_too() {
        let bad = || json!({"type": "file"});
        let (document, problems) = decided(json!({
            "paths": {"/a/b": {"post": {
                "operationId": "postB",
                "parameters": [{"name": "p", "in": "query", "schema": bad()}],
                "requestBody": {"content": {"multipart/form-data": {"schema": bad()}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": bad()}}}}, "400": {"content": {"application/json": {"schema": bad()}}}}
            }}},
            "components": {"schemas": {"A": bad(), "Tree": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
        }));
        let text = problems.to_string();
        for expected in [
            "/components/schemas/A: `file`",
            "/components/schemas/Tree: the schema contains itself",
            "POST /a/b (postB), /paths/~1a~1b/post/parameters/0/schema: `file`",
            "schema-type = \"string\"",
            "parameter-type = { name = \"p\", type = \"string\" }",
            "body = \"optional multipart:string\"",
            "response = \"[any]\"",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert_eq!(problems.0.len(), 5, "{text}");
        assert_eq!(document["components"]["schemas"]["A"], json!({}));
    }

    #[test]
    fn an_unknown_required_property_is_reported_and_removed() {
        let schemas = json!({"A": {"type": "object", "properties": {"p": {}}, "required": ["p", "q"]}});
        let (document, problems) = decided(json!({"paths": {}, "components": {"schemas": schemas}}));
        assert!(problems.0[0].paste[0].lines.contains("not-required = [\"q\"]"), "{problems}");
        assert_eq!(document["components"]["schemas"]["A"]["required"], json!(["p"]));
    }
}
