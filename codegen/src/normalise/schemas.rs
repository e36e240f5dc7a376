//! Rules about schemas and their properties.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::{Map, Value, json};

use crate::document::{self, for_each_operation, for_each_schema, references};
use crate::problem::Problems;

fn schemas_mut(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}

/// Names of Rust that the generated code uses, and the name of the type of `_info`.
const RESERVED: [&str; 14] = [
    "Box",
    "Clone",
    "Default",
    "Err",
    "Into",
    "None",
    "Ok",
    "Option",
    "RecordInfo",
    "Result",
    "Self",
    "Some",
    "String",
    "Vec",
];

/// Returns the name of a schema in psa.json: `Company.Configuration` is `CompanyConfiguration`, `Option` is
/// `OptionRecord`.
pub(crate) fn flat_name(name: &str) -> String {
    let flat: String = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    if RESERVED.contains(&flat.to_pascal_case().as_str()) { format!("{flat}Record") } else { flat }
}

/// Gives the schemas their names in psa.json. They are unique, because `decisions` reported those that were not.
pub(super) fn flatten_names(document: &mut Value, _: &mut Problems) -> usize {
    let Some(schemas) = schemas_mut(document) else { return 0 };
    let mut renamed = BTreeMap::new();
    for (name, schema) in std::mem::take(schemas) {
        let flat = flat_name(&name);
        schemas.insert(flat.clone(), schema);
        if flat != name {
            renamed.insert(format!("#/components/schemas/{name}"), format!("#/components/schemas/{flat}"));
        }
    }
    for_each_schema(document, |_, schema| {
        if let Some(to) = document::text(schema, "$ref").and_then(|from| renamed.get(from)) {
            schema.insert("$ref".into(), json!(to));
        }
    });
    renamed.len()
}

/// Removes the format `binary` of properties in JSON: only forms contain files. Runs after the aliases of forms have
/// been resolved.
pub(super) fn binary_properties_of_json(document: &mut Value, _: &mut Problems) -> usize {
    let mut forms = BTreeSet::new();
    for_each_operation(document, |_, _, operation| {
        forms.extend(document::form_schema(operation).map(str::to_owned));
    });
    let mut changed = 0;
    for (name, schema) in schemas_mut(document).into_iter().flatten().filter(|(name, _)| !forms.contains(name.as_str()))
    {
        document::walk_schema(name, schema, &mut |_, schema| {
            if schema.get("format").is_some_and(|format| format == "binary") {
                schema.remove("format");
                changed += 1;
            }
        });
    }
    changed
}

/// Removes null from the values of enums, because every property can be null.
pub(super) fn remove_null_values(document: &mut Value, _: &mut Problems) -> usize {
    let mut removed = 0;
    for_each_schema(document, |_, schema| {
        if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            let before = values.len();
            values.retain(|value| !value.is_null());
            removed += before - values.len();
        }
    });
    removed
}

/// Returns whether a named schema is neither an object nor an enum: a list, a string, a map or an alias.
pub(crate) fn is_inlined(schema: &Value) -> bool {
    let json_type = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    schema.get("enum").is_none()
        && schema.get("properties").is_none()
        && (["array", "string", "integer", "number", "boolean"].contains(&json_type)
            || schema.get("$ref").is_some()
            || schema.get("additionalProperties").is_some_and(Value::is_object))
}

/// Returns the schemas that are neither objects nor enums and contain themselves.
pub(crate) fn recursive_values(schemas: &Map<String, Value>) -> Vec<String> {
    let values: Map<String, Value> = schemas
        .iter()
        .filter(|(_, schema)| is_inlined(schema))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    values.keys().filter(|name| contains_itself(name, &values)).cloned().collect()
}

/// Inlines named schemas that are neither objects nor enums. `decisions` reported those that contain themselves.
pub(super) fn inline_named_values(document: &mut Value, _: &mut Problems) -> usize {
    let Some(schemas) = schemas_mut(document) else { return 0 };
    let recursive = recursive_values(schemas);
    let values: Map<String, Value> = schemas
        .iter()
        .filter(|(name, schema)| is_inlined(schema) && !recursive.contains(name))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    schemas.retain(|name, _| !values.contains_key(name));
    // The walk continues inside the inlined schemas, and inlines the references in them too.
    for_each_schema(document, |_, schema| {
        // Follows aliases of aliases. `values` has no recursive schemas.
        while let Some(value) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(document::schema_name)
            .and_then(|name| values.get(name))
            .and_then(Value::as_object)
        {
            *schema = value.clone();
        }
    });
    values.len()
}

/// Returns whether a schema contains itself, directly or through other values.
fn contains_itself(name: &str, values: &Map<String, Value>) -> bool {
    let mut seen = BTreeSet::new();
    let mut pending = Vec::new();
    values.get(name).into_iter().for_each(|schema| references(schema, &mut pending));
    while let Some(next) = pending.pop() {
        if next == name {
            return true;
        }
        if seen.insert(next) {
            values.get(next).into_iter().for_each(|schema| references(schema, &mut pending));
        }
    }
    false
}

/// Removes components other than schemas, and the references to them (security). Parameters, bodies and responses have
/// been copied before.
pub(super) fn remove_other_components(document: &mut Value, _: &mut Problems) -> usize {
    let mut removed = 0;
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        let before = components.len();
        components.retain(|name, _| name == "schemas");
        removed += before - components.len();
    }
    if let Some(root) = document.as_object_mut() {
        removed += usize::from(root.remove("security").is_some());
    }
    for_each_operation(document, |_, _, operation| {
        for key in ["security", "servers", "callbacks"] {
            removed += usize::from(operation.remove(key).is_some());
        }
    });
    removed
}

/// Removes the vendor's extensions, so that all `x-` keys in psa.json come from the importer. Keeps `x-query`, which a
/// correction adds, and `x-vendor-name`, which stands for a name of names.toml.
pub(super) fn remove_extensions(document: &mut Value, _: &mut Problems) -> usize {
    let mut removed = 0;
    let mut drop_from = |object: &mut Map<String, Value>| {
        let before = object.len();
        object.retain(|key, _| !key.starts_with("x-") || ["x-query", "x-vendor-name"].contains(&key.as_str()));
        removed += before - object.len();
    };
    if let Some(root) = document.as_object_mut() {
        drop_from(root);
    }
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        drop_from(info);
    }
    for_each_schema(document, |_, schema| drop_from(schema));
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        drop_from(paths);
        paths.values_mut().filter_map(Value::as_object_mut).for_each(&mut drop_from);
    }
    for_each_operation(document, |_, _, operation| {
        drop_from(operation);
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            drop_from(responses);
            responses.values_mut().filter_map(Value::as_object_mut).for_each(&mut drop_from);
        }
        for parameter in document::array_mut(operation, "parameters").filter_map(Value::as_object_mut) {
            drop_from(parameter);
        }
    });
    removed
}

/// Converts objects without properties to any JSON, because the server returns strings, numbers and lists for them.
/// Arrays without `items` become arrays of any JSON.
pub(super) fn any_json(document: &mut Value, _: &mut Problems) -> usize {
    let mut changed = 0;
    for_each_schema(document, |_, schema| {
        let json_type = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let has_properties = ["properties", "additionalProperties", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|key| schema.get(*key).is_some_and(|value| *value != json!(false) && *value != json!({})));
        if json_type == "object" && !has_properties {
            let kept: Map<String, Value> = schema
                .iter()
                .filter(|(key, _)| key.starts_with("x-") || *key == "description")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            *schema = kept;
            changed += 1;
        } else if json_type == "array" && !schema.contains_key("items") {
            schema.insert("items".into(), json!({}));
            changed += 1;
        }
    });
    changed
}

/// Replaces the map `_info` of all records with the schema `RecordInfo`: any keys, any values. The server returns null
/// and numbers where the document says string.
pub(super) fn one_record_info(document: &mut Value, _: &mut Problems) -> usize {
    let mut replaced = 0;
    for_each_schema(document, |_, schema| {
        let Some(info) = schema.get_mut("properties").and_then(|properties| properties.get_mut("_info")) else {
            return;
        };
        if info.get("additionalProperties").is_some() {
            *info = document::schema_reference("RecordInfo");
            replaced += 1;
        }
    });
    if replaced > 0
        && let Some(schemas) = schemas_mut(document)
    {
        schemas.insert("RecordInfo".into(), json!({"type": "object", "additionalProperties": {}}));
    }
    replaced
}

/// Opens closed objects, because the server adds properties without notice. Also removes other values of
/// `additionalProperties` from objects with properties: typify would generate a field `extra` for them.
pub(super) fn open_additional_properties(document: &mut Value, _: &mut Problems) -> usize {
    let mut opened = 0;
    for_each_schema(document, |_, schema| {
        let has_properties =
            schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty());
        if schema.get("additionalProperties").is_some_and(|additional| has_properties || *additional == json!(false)) {
            schema.remove("additionalProperties");
            opened += 1;
        }
    });
    opened
}

/// Renames `required` to `x-required-on-create`. It applies only when creating, because responses can omit every
/// property.
pub(super) fn required_on_create(document: &mut Value, _: &mut Problems) -> usize {
    let mut moved = 0;
    for_each_schema(document, |_, schema| {
        let Some(required) = schema.remove("required") else { return };
        let known = |name: &Value| {
            name.as_str()
                .is_some_and(|name| schema.get("properties").is_some_and(|properties| properties.get(name).is_some()))
        };
        // `required` on a `readOnly` property is about responses. A repeated name would be a repeated argument.
        let read_only = |name: &Value| {
            name.as_str().is_some_and(|name| {
                schema
                    .get("properties")
                    .and_then(|properties| properties.get(name))
                    .and_then(|property| property.get("readOnly"))
                    == Some(&json!(true))
            })
        };
        let mut on_create: Vec<Value> = Vec::new();
        for name in required.as_array().into_iter().flatten().filter(|name| known(name) && !read_only(name)) {
            if !on_create.contains(name) {
                on_create.push(name.clone());
            }
        }
        if !on_create.is_empty() {
            schema.insert("x-required-on-create".into(), on_create.into());
            moved += 1;
        }
    });
    moved
}

/// Removes `nullable`, because every property in a response can be null.
pub(super) fn remove_nullability(document: &mut Value, _: &mut Problems) -> usize {
    let mut removed = 0;
    for_each_schema(document, |_, schema| {
        removed += usize::from(schema.remove("nullable").is_some());
    });
    removed
}

/// Marks references, which are schemas with an `id` whose names end with `Reference`: `x-reference: plain` if all
/// properties are among id, name, identifier and _info and none is an enum (one Rust type for all of them),
/// `x-reference: extended` for other references. Schemas that an operation returns are not references, and neither are
/// those whose `id`, `name` or `identifier` has another type than in core.
pub(super) fn mark_references(document: &mut Value, _: &mut Problems) -> usize {
    const PLAIN: [&str; 4] = ["id", "name", "identifier", "_info"];
    let mut returned = BTreeSet::new();
    for_each_operation(document, |_, _, operation| {
        for (_, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
            for (_, body) in response.get("content").and_then(Value::as_object).into_iter().flatten() {
                let schema = body.get("schema");
                for schema in [schema, schema.and_then(|schema| schema.get("items"))].into_iter().flatten() {
                    returned.extend(
                        schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name).map(str::to_owned),
                    );
                }
            }
        }
    });
    let mut marked = 0;
    for (name, schema) in schemas_mut(document).into_iter().flatten() {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { continue };
        // Core's reference has a 32-bit ID and strings. A reference with other types keeps its own Rust type.
        let fits_core_type = properties.iter().all(|(property, schema)| {
            match (property.as_str(), schema.get("type").and_then(Value::as_str)) {
                ("id", Some(json_type)) => json_type == "integer" && schema.get("format") == Some(&json!("int32")),
                ("name" | "identifier", Some(json_type)) => json_type == "string",
                ("id" | "name" | "identifier", None) => schema.get("$ref").is_none(),
                _ => true,
            }
        });
        if !name.ends_with("Reference") || !properties.contains_key("id") || !fits_core_type || returned.contains(name)
        {
            continue;
        }
        let category = if properties
            .iter()
            .all(|(property, schema)| PLAIN.contains(&property.as_str()) && schema.get("enum").is_none())
        {
            "plain"
        } else {
            "extended"
        };
        schema["x-reference"] = json!(category);
        marked += 1;
    }
    marked
}

/// Marks strings without a format whose names say that they are dates (`x-date-as-text`). They are read as strings, and
/// conditions compare them as strings or as dates. Observed on live servers: conditions on such properties, for example
/// `closedDate`, accept dates in brackets.
pub(super) fn mark_dates_as_text(document: &mut Value, _: &mut Problems) -> usize {
    let mut marked = 0;
    for (_, schema) in schemas_mut(document).into_iter().flatten() {
        for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            let Some(property) = property.as_object_mut() else { continue };
            let is_plain_string = property.get("type").and_then(Value::as_str) == Some("string")
                && ["format", "maxLength", "enum"].iter().all(|key| !property.contains_key(*key));
            if is_plain_string && is_date_by_name(name) {
                property.insert("x-date-as-text".into(), true.into());
                marked += 1;
            }
        }
    }
    marked
}

/// Returns whether a name is that of a date: `closedDate`, `dateClosed`, `paymentDateUtc`, `endDateOverride`, `date`,
/// `lastUpdated`; not `update`, `dates`, `validated`.
fn is_date_by_name(name: &str) -> bool {
    let starts_word = |rest: &str| rest.is_empty() || rest.starts_with(|next: char| next.is_ascii_uppercase());
    let inside = name.match_indices("Date").any(|(at, word)| name.get(at + word.len()..).is_some_and(starts_word));
    // `timeStartUtc` is a timestamp, because a time of day has no time zone.
    let in_utc = name.ends_with("Utc") || name.ends_with("UTC");
    name == "lastUpdated" || in_utc || inside || name.strip_prefix("date").is_some_and(starts_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_recognised_by_name() {
        let text = json!({"type": "string"});
        let mut document = document_with(json!({"A": {"properties": {
            "closedDate": text, "dateClosed": text, "date": text, "paymentDateUtc": text, "endDateOverride": text, "lastUpdated": text, "timeStartUtc": text,
            "update": text, "dates": text, "dated": text, "Dated": text, "summary": text,
            "endDate": {"type": "string", "format": "date-time"}, "dateCaption": {"type": "string", "maxLength": 50}, "dateCount": {"type": "integer"}
        }}}));
        assert_eq!(mark_dates_as_text(&mut document, &mut Problems::default()), 7);
        let properties = document["components"]["schemas"]["A"]["properties"].as_object().unwrap();
        let marked: Vec<_> = properties
            .iter()
            .filter(|(_, property)| property.get("x-date-as-text").is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        assert!(
            marked.iter().all(|name| [
                "closedDate",
                "dateClosed",
                "date",
                "paymentDateUtc",
                "endDateOverride",
                "lastUpdated",
                "timeStartUtc"
            ]
            .contains(name)),
            "{marked:?}"
        );
    }

    fn document_with(schemas: Value) -> Value {
        json!({"paths": {}, "components": {"schemas": schemas}})
    }

    fn schemas(document: &Value) -> &Value {
        &document["components"]["schemas"]
    }

    #[test]
    fn dotted_names_and_their_references_are_renamed() {
        let mut document = document_with(
            json!({"Company.Configuration": {}, "A": {"properties": {"c": {"$ref": "#/components/schemas/Company.Configuration"}}}}),
        );
        let mut problems = Problems::default();
        assert_eq!(flatten_names(&mut document, &mut problems), 1);
        assert_eq!(
            *schemas(&document),
            json!({"CompanyConfiguration": {}, "A": {"properties": {"c": {"$ref": "#/components/schemas/CompanyConfiguration"}}}})
        );
        let mut reserved = document_with(json!({"Option": {}, "A": {"$ref": "#/components/schemas/Option"}}));
        assert_eq!(flatten_names(&mut reserved, &mut problems), 1);
        assert_eq!(
            *schemas(&reserved),
            json!({"OptionRecord": {}, "A": {"$ref": "#/components/schemas/OptionRecord"}})
        );
        assert_eq!(flat_name("recordInfo"), "recordInfoRecord");
    }

    #[test]
    fn a_binary_property_is_a_file_in_a_form_and_a_string_in_json() {
        let property = json!({"properties": {"file": {"type": "string", "format": "binary"}}});
        let mut document = document_with(json!({"Form": property, "Record": property}));
        document["paths"] = json!({"/x": {"post": {"requestBody": {"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Form"}}}}}}});
        assert_eq!(binary_properties_of_json(&mut document, &mut Problems::default()), 1);
        assert_eq!(schemas(&document)["Form"], property);
        assert_eq!(schemas(&document)["Record"]["properties"]["file"], json!({"type": "string"}));
    }

    #[test]
    fn null_is_removed_from_enums() {
        let mut document = document_with(json!({"Level": {"type": "string", "enum": ["Low", null]}}));
        assert_eq!(remove_null_values(&mut document, &mut Problems::default()), 1);
        assert_eq!(schemas(&document)["Level"]["enum"], json!(["Low"]));
    }

    #[test]
    fn named_values_are_inlined() {
        let mut document = document_with(json!({
            "Names": {"type": "array", "items": {"$ref": "#/components/schemas/Name"}}, "Name": {"type": "string", "maxLength": 3},
            "A": {"properties": {"names": {"$ref": "#/components/schemas/Names"}, "b": {"$ref": "#/components/schemas/B"}}}, "B": {"properties": {}}
        }));
        let mut problems = Problems::default();
        assert_eq!(inline_named_values(&mut document, &mut problems), 2);
        assert_eq!(problems, Problems::default());
        assert_eq!(
            schemas(&document)["A"]["properties"]["names"],
            json!({"type": "array", "items": {"type": "string", "maxLength": 3}})
        );
        assert_eq!(schemas(&document).as_object().unwrap().keys().collect::<Vec<_>>(), ["A", "B"]);
        let mut recursive = document_with(
            json!({"Tree": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, "A": {"properties": {"t": {"$ref": "#/components/schemas/Tree"}}}}),
        );
        assert_eq!(recursive_values(schemas(&recursive).as_object().unwrap()), ["Tree"]);
        assert_eq!(inline_named_values(&mut recursive, &mut problems), 0);
    }

    #[test]
    fn extensions_and_other_components_are_removed() {
        let mut document = json!({"x-a": 1, "security": [], "info": {"x-b": 1}, "paths": {"/a": {"get": {"x-c": 1, "x-query": "list", "security": [], "parameters": [{"x-d": 1}]}}},
            "components": {"securitySchemes": {}, "schemas": {"A": {"x-e": 1}}}});
        assert_eq!(remove_extensions(&mut document, &mut Problems::default()), 5);
        assert_eq!(remove_other_components(&mut document, &mut Problems::default()), 3);
        assert_eq!(
            document,
            json!({"info": {}, "paths": {"/a": {"get": {"x-query": "list", "parameters": [{}]}}}, "components": {"schemas": {"A": {}}}})
        );
    }

    #[test]
    fn objects_without_properties_are_any_json() {
        let mut document = document_with(
            json!({"Empty": {"type": "object"}, "Closed": {"type": "object", "additionalProperties": false},
            "A": {"type": "object", "properties": {"value": {"type": "object", "nullable": true}, "list": {"type": "array"}, "map": {"type": "object", "additionalProperties": {"type": "object"}}}}}),
        );
        assert_eq!(any_json(&mut document, &mut Problems::default()), 5);
        assert_eq!(schemas(&document)["Empty"], json!({}));
        assert_eq!(
            schemas(&document)["A"]["properties"],
            json!({"value": {}, "list": {"type": "array", "items": {}}, "map": {"type": "object", "additionalProperties": {}}})
        );
    }

    #[test]
    fn info_becomes_one_schema() {
        let mut document = document_with(
            json!({"A": {"properties": {"_info": {"type": "object", "additionalProperties": {"type": "string"}}}}, "B": {"properties": {"_info": {"type": "string"}}}}),
        );
        assert_eq!(one_record_info(&mut document, &mut Problems::default()), 1);
        assert_eq!(schemas(&document)["A"]["properties"]["_info"]["$ref"], "#/components/schemas/RecordInfo");
        assert_eq!(schemas(&document)["B"]["properties"]["_info"]["type"], "string");
    }

    #[test]
    fn required_applies_only_when_creating() {
        let mut document = document_with(
            json!({"A": {"required": ["b"], "properties": {"b": {"nullable": true}}}, "B": {"required": ["gone"], "properties": {}}}),
        );
        let mut problems = Problems::default();
        assert_eq!(required_on_create(&mut document, &mut problems), 1);
        assert_eq!(remove_nullability(&mut document, &mut problems), 1);
        assert_eq!(schemas(&document)["A"], json!({"x-required-on-create": ["b"], "properties": {"b": {}}}));
        assert_eq!(schemas(&document)["B"], json!({"properties": {}}));
    }

    #[test]
    fn closed_objects_are_opened() {
        let mut document = document_with(json!({"A": {"additionalProperties": false, "properties": {}}}));
        assert_eq!(open_additional_properties(&mut document, &mut Problems::default()), 1);
    }

    #[test]
    fn references_are_marked_by_their_properties() {
        let mut document = document_with(json!({
            "BoardReference": {"properties": {"id": {}, "name": {}, "_info": {}}},
            "TicketReference": {"properties": {"id": {}, "summary": {}}},
            "CrossReference": {"properties": {"id": {}, "vendor": {}}},
            "Board": {"properties": {"id": {}}}
        }));
        document["paths"] = json!({"/x": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/CrossReference"}}}}}}}}});
        assert_eq!(mark_references(&mut document, &mut Problems::default()), 2);
        assert_eq!(schemas(&document)["BoardReference"]["x-reference"], "plain");
        assert_eq!(schemas(&document)["TicketReference"]["x-reference"], "extended");
        assert!(schemas(&document)["CrossReference"].get("x-reference").is_none());
    }
}
