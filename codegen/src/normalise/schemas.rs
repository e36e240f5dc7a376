//! Rules about named schemas and their members.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::{self, for_each_operation, for_each_schema};
use crate::model::references;
use crate::problem::Problems;

fn schemas_mut(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}

/// What the generated code calls by these names is Rust's.
const RESERVED: [&str; 13] =
    ["Box", "Clone", "Default", "Err", "Into", "None", "Ok", "Option", "Result", "Self", "Some", "String", "Vec"];

/// `Company.Configuration` is `CompanyConfiguration`, and `Option` is `OptionRecord`; a name that is taken then is a
/// decision.
pub(super) fn flatten_names(document: &mut Value, problems: &mut Problems) -> usize {
    let Some(schemas) = schemas_mut(document) else { return 0 };
    let mut renamed = Vec::new();
    for (name, schema) in std::mem::take(schemas) {
        let mut flat: String = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        if RESERVED.contains(&flat.as_str()) {
            flat.push_str("Record");
        }
        if schemas.insert(flat.clone(), schema).is_some() {
            problems.add(
                format!("/components/schemas/{}", document::escape(&name)),
                format!("flattened, the name is `{flat}`, which another schema has"),
                "rename one of the two in the importer (codegen: `flatten_names`)",
            );
        }
        if flat != name {
            renamed.push((format!("#/components/schemas/{name}"), format!("#/components/schemas/{flat}")));
        }
    }
    let replace = |reference: &mut Value| {
        if let Some((_, to)) = renamed.iter().find(|(from, _)| reference.as_str() == Some(from)) {
            *reference = json!(to);
        }
    };
    for_each_schema(document, |_, schema| {
        if let Some(reference) = schema.get_mut("$ref") {
            replace(reference);
        }
    });
    renamed.len()
}

/// `allOf` of one schema is that schema: the vendor's tools write a reference so when it may be null.
pub(super) fn collapse_single_all_of(document: &mut Value, _: &mut Problems) -> usize {
    let mut collapsed = 0;
    for_each_schema(document, |_, schema| {
        let single = schema
            .get("allOf")
            .and_then(Value::as_array)
            .filter(|parts| parts.len() == 1)
            .and_then(|parts| parts.first())
            .and_then(Value::as_object)
            .cloned();
        if let Some(single) = single {
            schema.remove("allOf");
            schema.extend(single);
            collapsed += 1;
        }
    });
    collapsed
}

/// A file is a member of a form; in JSON, a member that the document calls binary is text. Runs when other names of a
/// form are written out.
pub(super) fn binary_members_of_json(document: &mut Value, _: &mut Problems) -> usize {
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

/// An enum may list null among its values; everything may be null anyway.
pub(super) fn drop_null_values(document: &mut Value, _: &mut Problems) -> usize {
    let mut dropped = 0;
    for_each_schema(document, |_, schema| {
        if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            let before = values.len();
            values.retain(|value| !value.is_null());
            dropped += before - values.len();
        }
    });
    dropped
}

/// An enum of numbers is a number: its values say nothing that a name could.
pub(super) fn drop_enums_of_numbers(document: &mut Value, _: &mut Problems) -> usize {
    let mut dropped = 0;
    for_each_schema(document, |_, schema| {
        let is_number = schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| values.iter().all(|value| value.is_number() || value.is_null()));
        if is_number && schema.get("type").is_some_and(|kind| kind == "integer" || kind == "number") {
            schema.remove("enum");
            dropped += 1;
        }
    });
    dropped
}

/// A named schema that is no object and no enum (a list, a text, a map, another name of a schema) is written out where
/// it is used.
pub(super) fn write_out_named_values(document: &mut Value, problems: &mut Problems) -> usize {
    let is_value = |schema: &Value| {
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        schema.get("enum").is_none()
            && schema.get("properties").is_none()
            && (["array", "string", "integer", "number", "boolean"].contains(&kind)
                || schema.get("$ref").is_some()
                || schema.get("additionalProperties").is_some_and(Value::is_object))
    };
    let Some(schemas) = schemas_mut(document) else { return 0 };
    let mut values: Map<String, Value> = schemas
        .iter()
        .filter(|(_, schema)| is_value(schema))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let endless: Vec<String> = values.keys().filter(|name| contains_itself(name, &values)).cloned().collect();
    for name in endless {
        problems.add(
            format!("/components/schemas/{}", document::escape(&name)),
            "this is a value that contains itself",
            "describe it as an object with a correction",
        );
        values.remove(&name);
    }
    schemas.retain(|name, _| !values.contains_key(name));
    // The walk goes on inside what it has just written out, so that values that name others are written out as well.
    for_each_schema(document, |_, schema| {
        // A name of a name leads on; values that lead back to themselves are not among `values`.
        while let Some(written) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(document::schema_name)
            .and_then(|name| values.get(name))
            .and_then(Value::as_object)
        {
            *schema = written.clone();
        }
    });
    values.len()
}

/// Whether a value leads back to itself through other values.
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

/// Components other than schemas, and what names them (security), are dropped: parameters, bodies and answers are
/// written out before.
pub(super) fn drop_other_components(document: &mut Value, _: &mut Problems) -> usize {
    let mut dropped = 0;
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        let before = components.len();
        components.retain(|name, _| name == "schemas");
        dropped += before - components.len();
    }
    if let Some(root) = document.as_object_mut() {
        dropped += usize::from(root.remove("security").is_some());
    }
    for_each_operation(document, |_, _, operation| {
        for key in ["security", "servers", "callbacks"] {
            dropped += usize::from(operation.remove(key).is_some());
        }
    });
    dropped
}

/// The vendor's own extensions are dropped, so that every `x-` of psa.json is ours. (`x-query` comes from a
/// correction.)
pub(super) fn drop_extensions(document: &mut Value, _: &mut Problems) -> usize {
    let mut dropped = 0;
    let mut drop_from = |object: &mut Map<String, Value>| {
        let before = object.len();
        object.retain(|key, _| !key.starts_with("x-") || key == "x-query");
        dropped += before - object.len();
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
    dropped
}

/// An object without members, named or inline, is any JSON: the wire shows text, numbers and lists there. An array
/// without items holds any JSON.
pub(super) fn any_json(document: &mut Value, _: &mut Problems) -> usize {
    let mut changed = 0;
    for_each_schema(document, |_, schema| {
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let has_members = ["properties", "additionalProperties", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|key| schema.get(*key).is_some_and(|value| *value != json!(false) && *value != json!({})));
        if kind == "object" && !has_members {
            let kept: Map<String, Value> = schema
                .iter()
                .filter(|(key, _)| key.starts_with("x-") || *key == "description")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            *schema = kept;
            changed += 1;
        } else if kind == "array" && !schema.contains_key("items") {
            schema.insert("items".into(), json!({}));
            changed += 1;
        }
    });
    changed
}

/// The map `_info` of every record becomes the schema `RecordInfo`: any keys, any values (the wire shows null and
/// numbers where the document says text).
pub(super) fn one_record_info(document: &mut Value, problems: &mut Problems) -> usize {
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
        if schemas.contains_key("RecordInfo") {
            problems.add(
                "/components/schemas/RecordInfo",
                "the document has a schema of the name that `_info` gets",
                "choose another name (codegen: `one_record_info`)",
            );
        }
        schemas.insert("RecordInfo".into(), json!({"type": "object", "additionalProperties": {}}));
    }
    replaced
}

/// Closed objects are opened, since the server adds members without notice. Beside members, other values of the keyword
/// say no more than that: typify would make a member `extra` of them, which is none on the wire.
pub(super) fn open_additional_properties(document: &mut Value, _: &mut Problems) -> usize {
    let mut opened = 0;
    for_each_schema(document, |_, schema| {
        let has_members =
            schema.get("properties").and_then(Value::as_object).is_some_and(|members| !members.is_empty());
        if schema.get("additionalProperties").is_some_and(|additional| has_members || *additional == json!(false)) {
            schema.remove("additionalProperties");
            opened += 1;
        }
    });
    opened
}

/// `required` tells what a creation needs; answers omit anything. It becomes `x-required-on-create`, so that no reader
/// trusts it.
pub(super) fn required_on_create(document: &mut Value, problems: &mut Problems) -> usize {
    let mut moved = 0;
    for_each_schema(document, |at, schema| {
        let Some(required) = schema.remove("required") else { return };
        let known = |name: &Value| {
            name.as_str()
                .is_some_and(|name| schema.get("properties").is_some_and(|properties| properties.get(name).is_some()))
        };
        for name in required.as_array().into_iter().flatten().filter(|name| !known(name)) {
            problems.add(
                format!("{at}/required"),
                format!("{name} is required but no member has this name"),
                "rename or drop it with a correction",
            );
        }
        // `readOnly` and `required` together is about answers; a name listed twice would be an argument twice.
        let read_only = |name: &Value| {
            name.as_str().is_some_and(|name| {
                schema.get("properties").and_then(|members| members.get(name)).and_then(|member| member.get("readOnly"))
                    == Some(&json!(true))
            })
        };
        let mut on_create: Vec<Value> = Vec::new();
        for name in required.as_array().into_iter().flatten().filter(|name| !read_only(name)) {
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

/// Everything read may be null, so the word says nothing.
pub(super) fn drop_nullability(document: &mut Value, _: &mut Problems) -> usize {
    let mut dropped = 0;
    for_each_schema(document, |_, schema| {
        dropped += usize::from(schema.remove("nullable").is_some());
    });
    dropped
}

/// Marks references: `x-reference: plain` when the members are among id, name, identifier and _info and none is an enum
/// (one Rust type for all of them), `x-reference: extended` for the others that are only ever members of other records.
pub(super) fn mark_references(document: &mut Value, _: &mut Problems) -> usize {
    const PLAIN: [&str; 4] = ["id", "name", "identifier", "_info"];
    let mut answered = BTreeSet::new();
    for_each_operation(document, |_, _, operation| {
        for (_, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
            for (_, body) in response.get("content").and_then(Value::as_object).into_iter().flatten() {
                let schema = body.get("schema");
                for schema in [schema, schema.and_then(|schema| schema.get("items"))].into_iter().flatten() {
                    answered.extend(
                        schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name).map(str::to_owned),
                    );
                }
            }
        }
    });
    let mut marked = 0;
    for (name, schema) in schemas_mut(document).into_iter().flatten() {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { continue };
        // Core's reference has an id of 32 bits and texts; one with others keeps its own type.
        let as_in_core = properties.iter().all(|(member, schema)| {
            match (member.as_str(), schema.get("type").and_then(Value::as_str)) {
                ("id", Some(kind)) => kind == "integer" && schema.get("format") == Some(&json!("int32")),
                ("name" | "identifier", Some(kind)) => kind == "string",
                ("id" | "name" | "identifier", None) => schema.get("$ref").is_none(),
                _ => true,
            }
        });
        if !name.ends_with("Reference") || !properties.contains_key("id") || !as_in_core || answered.contains(name) {
            continue;
        }
        let kind = if properties
            .iter()
            .all(|(member, schema)| PLAIN.contains(&member.as_str()) && schema.get("enum").is_none())
        {
            "plain"
        } else {
            "extended"
        };
        schema["x-reference"] = json!(kind);
        marked += 1;
    }
    marked
}

/// Marks text that is a date by its name and has no format (`x-date-as-text`): it is read as text, and can be compared
/// as either. facts: the server takes bracketed dates for members such as `closedDate`.
pub(super) fn mark_dates_as_text(document: &mut Value, _: &mut Problems) -> usize {
    let mut marked = 0;
    for (_, schema) in schemas_mut(document).into_iter().flatten() {
        for (name, member) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            let Some(member) = member.as_object_mut() else { continue };
            let is_bare_text = member.get("type").and_then(Value::as_str) == Some("string")
                && ["format", "maxLength", "enum"].iter().all(|key| !member.contains_key(*key));
            if is_bare_text && is_date_by_name(name) {
                member.insert("x-date-as-text".into(), true.into());
                marked += 1;
            }
        }
    }
    marked
}

/// `closedDate`, `dateClosed`, `paymentDateUtc`, `endDateOverride`, `date`, `lastUpdated`; not `update`, `dates`,
/// `validated`.
fn is_date_by_name(name: &str) -> bool {
    let starts_word = |rest: &str| rest.is_empty() || rest.starts_with(|next: char| next.is_ascii_uppercase());
    let inside = name.match_indices("Date").any(|(at, word)| name.get(at + word.len()..).is_some_and(starts_word));
    // `timeStartUtc` is a moment; a time of the day has no time zone of its own.
    let in_utc = name.ends_with("Utc") || name.ends_with("UTC");
    name == "lastUpdated" || in_utc || inside || name.strip_prefix("date").is_some_and(starts_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_known_by_name() {
        let text = json!({"type": "string"});
        let mut document = document_with(json!({"A": {"properties": {
            "closedDate": text, "dateClosed": text, "date": text, "paymentDateUtc": text, "endDateOverride": text, "lastUpdated": text, "timeStartUtc": text,
            "update": text, "dates": text, "dated": text, "Dated": text, "summary": text,
            "endDate": {"type": "string", "format": "date-time"}, "dateCaption": {"type": "string", "maxLength": 50}, "dateCount": {"type": "integer"}
        }}}));
        assert_eq!(mark_dates_as_text(&mut document, &mut Problems::default()), 7);
        let members = document["components"]["schemas"]["A"]["properties"].as_object().unwrap();
        let marked: Vec<_> = members
            .iter()
            .filter(|(_, member)| member.get("x-date-as-text").is_some())
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
    fn dotted_names_are_flattened_with_their_references() {
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
        flatten_names(&mut document_with(json!({"A.B": {}, "AB": {}})), &mut problems);
        assert!(problems.to_string().contains("which another schema has"));
    }

    #[test]
    fn all_of_one_is_that_one() {
        let mut document = document_with(
            json!({"A": {"properties": {"b": {"allOf": [{"$ref": "#/components/schemas/B"}], "nullable": true}, "c": {"allOf": [{}, {}]}}}}),
        );
        assert_eq!(collapse_single_all_of(&mut document, &mut Problems::default()), 1);
        assert_eq!(
            schemas(&document)["A"]["properties"]["b"],
            json!({"$ref": "#/components/schemas/B", "nullable": true})
        );
        assert!(schemas(&document)["A"]["properties"]["c"].get("allOf").is_some());
    }

    #[test]
    fn a_binary_member_is_a_file_in_a_form_and_text_in_json() {
        let member = json!({"properties": {"file": {"type": "string", "format": "binary"}}});
        let mut document = document_with(json!({"Form": member, "Record": member}));
        document["paths"] = json!({"/x": {"post": {"requestBody": {"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Form"}}}}}}});
        assert_eq!(binary_members_of_json(&mut document, &mut Problems::default()), 1);
        assert_eq!(schemas(&document)["Form"], member);
        assert_eq!(schemas(&document)["Record"]["properties"]["file"], json!({"type": "string"}));
    }

    #[test]
    fn null_is_no_value_of_an_enum() {
        let mut document = document_with(json!({"Level": {"type": "string", "enum": ["Low", null]}}));
        assert_eq!(drop_null_values(&mut document, &mut Problems::default()), 1);
        assert_eq!(schemas(&document)["Level"]["enum"], json!(["Low"]));
    }

    #[test]
    fn an_enum_of_numbers_is_a_number() {
        let mut document = document_with(
            json!({"A": {"properties": {"b": {"type": "integer", "enum": [1, 2, null]}, "c": {"type": "string", "enum": ["1"]}}}}),
        );
        assert_eq!(drop_enums_of_numbers(&mut document, &mut Problems::default()), 1);
        assert_eq!(schemas(&document)["A"]["properties"]["b"], json!({"type": "integer"}));
    }

    #[test]
    fn named_values_are_written_out() {
        let mut document = document_with(json!({
            "Names": {"type": "array", "items": {"$ref": "#/components/schemas/Name"}}, "Name": {"type": "string", "maxLength": 3},
            "A": {"properties": {"names": {"$ref": "#/components/schemas/Names"}, "b": {"$ref": "#/components/schemas/B"}}}, "B": {"properties": {}}
        }));
        let mut problems = Problems::default();
        assert_eq!(write_out_named_values(&mut document, &mut problems), 2);
        assert_eq!(problems, Problems::default());
        assert_eq!(
            schemas(&document)["A"]["properties"]["names"],
            json!({"type": "array", "items": {"type": "string", "maxLength": 3}})
        );
        assert_eq!(schemas(&document).as_object().unwrap().keys().collect::<Vec<_>>(), ["A", "B"]);
        let mut endless = document_with(
            json!({"Tree": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, "A": {"properties": {"t": {"$ref": "#/components/schemas/Tree"}}}}),
        );
        write_out_named_values(&mut endless, &mut problems);
        assert!(
            problems.to_string().contains("/components/schemas/Tree: this is a value that contains itself"),
            "{problems}"
        );
    }

    #[test]
    fn what_is_not_the_apis_is_dropped() {
        let mut document = json!({"x-a": 1, "security": [], "info": {"x-b": 1}, "paths": {"/a": {"get": {"x-c": 1, "x-query": "list", "security": [], "parameters": [{"x-d": 1}]}}},
            "components": {"securitySchemes": {}, "schemas": {"A": {"x-e": 1}}}});
        assert_eq!(drop_extensions(&mut document, &mut Problems::default()), 5);
        assert_eq!(drop_other_components(&mut document, &mut Problems::default()), 3);
        assert_eq!(
            document,
            json!({"info": {}, "paths": {"/a": {"get": {"x-query": "list", "parameters": [{}]}}}, "components": {"schemas": {"A": {}}}})
        );
    }

    #[test]
    fn objects_without_members_are_any_json() {
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
    fn info_becomes_one_type() {
        let mut document = document_with(
            json!({"A": {"properties": {"_info": {"type": "object", "additionalProperties": {"type": "string"}}}}, "B": {"properties": {"_info": {"type": "string"}}}}),
        );
        assert_eq!(one_record_info(&mut document, &mut Problems::default()), 1);
        assert_eq!(schemas(&document)["A"]["properties"]["_info"]["$ref"], "#/components/schemas/RecordInfo");
        assert_eq!(schemas(&document)["B"]["properties"]["_info"]["type"], "string");
        let mut taken =
            document_with(json!({"RecordInfo": {}, "A": {"properties": {"_info": {"additionalProperties": {}}}}}));
        let mut problems = Problems::default();
        one_record_info(&mut taken, &mut problems);
        assert_eq!(problems.0.len(), 1);
    }

    #[test]
    fn required_is_a_fact_of_creation() {
        let mut document = document_with(
            json!({"A": {"required": ["b"], "properties": {"b": {"nullable": true}}}, "B": {"required": ["gone"], "properties": {}}}),
        );
        let mut problems = Problems::default();
        assert_eq!(required_on_create(&mut document, &mut problems), 2);
        assert_eq!(drop_nullability(&mut document, &mut problems), 1);
        assert_eq!(schemas(&document)["A"], json!({"x-required-on-create": ["b"], "properties": {"b": {}}}));
        assert!(problems.to_string().contains("/components/schemas/B/required: \"gone\" is required"));
    }

    #[test]
    fn closed_objects_are_opened() {
        let mut document = document_with(json!({"A": {"additionalProperties": false, "properties": {}}}));
        assert_eq!(open_additional_properties(&mut document, &mut Problems::default()), 1);
    }

    #[test]
    fn references_are_marked_by_their_members() {
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
