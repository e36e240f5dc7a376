//! The notation of types in corrections. It writes a type, and what the vendor's document has in its place, in one line:
//!
//! | notation | schema |
//! |---|---|
//! | `any` | any JSON |
//! | `integer`, `long`, `number`, `boolean`, `string`, `date`, `timestamp`, `uuid` | a value; `integer` has 32 bits, `long` 64 |
//! | `Type` | a named schema |
//! | `[TYPE]`, `{TYPE}` | an array, a map with strings as keys; both can be nested |
//! | `["Low", "High"]` | a string with these values |
//!
//! In front of a type, a body can have `optional` and a media type (`multipart:Form`, `bytes:application/pdf`), and a
//! parameter has its location (`path integer`, `query string required`). `none` is the absence of it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::document::{self, Object};

/// The absence of a body, a parameter or a property.
pub(crate) const NONE: &str = "none";

/// The types, in words.
pub(super) const TYPES: &str = "any, integer, long, number, boolean, string, date, timestamp, uuid, the name of a \
    schema, or one of these in [] (an array) or {} (a map)";

/// A type as a correction writes it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Notation {
    /// All types except enums.
    Named(String),
    /// The values of an enum.
    Enumeration(Vec<String>),
}

impl Notation {
    /// Returns the notation on one line.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Enumeration(values) => enumeration(values.iter().cloned()),
        }
    }

    /// Returns the schema, in the form that the vendor's document uses for the type. `None` if it is not a type.
    pub(crate) fn schema(&self) -> Option<Value> {
        match self {
            Self::Named(name) => schema(name),
            Self::Enumeration(values) => Some(json!({"type": "string", "enum": values})),
        }
    }
}

/// Returns the schema of a type in notation. `None` if the text is not a type.
pub(crate) fn schema(notation: &str) -> Option<Value> {
    let inside = |open, close| notation.strip_prefix(open)?.strip_suffix(close);
    if let Some(items) = inside('[', ']') {
        return Some(json!({"type": "array", "items": schema(items.trim())?}));
    }
    if let Some(values) = inside('{', '}') {
        return Some(json!({"type": "object", "additionalProperties": schema(values.trim())?}));
    }
    Some(match notation {
        "any" => json!({}),
        "integer" => json!({"type": "integer", "format": "int32"}),
        "long" => json!({"type": "integer", "format": "int64"}),
        "number" => json!({"type": "number", "format": "double"}),
        "boolean" | "string" => json!({"type": notation}),
        "date" | "uuid" => json!({"type": "string", "format": notation}),
        "timestamp" => json!({"type": "string", "format": "date-time"}),
        NONE => return None,
        name if is_schema_name(name) => document::schema_reference(name),
        _ => return None,
    })
}

fn is_schema_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Returns the type of a schema in notation. Other schemas get a short description in the same style, for example
/// `object(id, name)` or `oneOf(A, B)`. Two schemas that the import treats alike get the same text: names of lists and
/// strings are resolved, and descriptions and `nullable` are ignored.
pub(crate) fn describe(schemas: &Object, schema: &Value) -> String {
    describe_nested(schemas, schema, 0)
}

/// The depth up to which names and nested schemas are resolved. Documents can refer to themselves without end.
const MAXIMUM_DEPTH: usize = 12;

fn describe_nested(schemas: &Object, schema: &Value, depth: usize) -> String {
    let nested = |schema: &Value| describe_nested(schemas, schema, depth + 1);
    let Some(object) = schema.as_object().filter(|_| depth < MAXIMUM_DEPTH) else { return "…".to_owned() };
    let list = |key: &str| object.get(key).and_then(Value::as_array);
    if let Some(reference) = document::text(object, "$ref") {
        let name = document::schema_name(reference).unwrap_or(reference);
        return match schemas.get(name) {
            Some(named) if is_value(named) => nested(named),
            _ => name.to_owned(),
        };
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        match list(keyword).map(Vec::as_slice) {
            Some([single]) if keyword == "allOf" => return nested(single),
            Some(parts) => return format!("{keyword}({})", parts.iter().map(nested).collect::<Vec<_>>().join(", ")),
            None => {}
        }
    }
    if let Some(values) = list("enum") {
        let strings = values.iter().filter(|value| !value.is_null());
        return enumeration(strings.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    let format = document::text(object, "format");
    match (document::text(object, "type"), format) {
        (Some("array"), _) => format!("[{}]", object.get("items").map_or_else(|| "any".to_owned(), nested)),
        (Some("integer"), Some("int32")) => "integer".to_owned(),
        (Some("integer"), _) => "long".to_owned(),
        (Some("string"), Some("date-time")) => "timestamp".to_owned(),
        (Some("string"), Some(format @ ("date" | "uuid"))) => format.to_owned(),
        (Some("string"), Some("binary")) => "bytes".to_owned(),
        (Some(name @ ("string" | "number" | "boolean")), _) => name.to_owned(),
        (Some("object") | None, _) => describe_object(object, nested),
        (Some(other), _) => format!("type({other})"),
    }
}

fn describe_object(object: &Object, nested: impl Fn(&Value) -> String) -> String {
    if let Some(properties) = object.get("properties").and_then(Value::as_object).filter(|own| !own.is_empty()) {
        let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
        names.sort_unstable();
        return format!("object({})", names.join(", "));
    }
    if object.contains_key("not") {
        return "not(…)".to_owned();
    }
    match object.get("additionalProperties") {
        Some(values @ Value::Object(_)) => format!("{{{}}}", nested(values)),
        Some(Value::Bool(true)) => "{any}".to_owned(),
        _ => "any".to_owned(),
    }
}

fn enumeration(values: impl Iterator<Item = String>) -> String {
    let mut values: Vec<String> = values.collect();
    values.sort();
    values.dedup();
    format!("enum({})", values.join(", "))
}

/// Returns whether a named schema is only another name of its content: it is neither an object nor an enum.
fn is_value(schema: &Value) -> bool {
    let json_type = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let has = |key: &str| schema.get(key).is_some();
    !has("enum")
        && !has("properties")
        && (["array", "string", "integer", "number", "boolean"].contains(&json_type)
            || has("$ref")
            || schema.get("allOf").and_then(Value::as_array).is_some_and(|parts| parts.len() == 1)
            || schema.get("additionalProperties").is_some_and(Value::is_object))
}

/// Returns what a person wrote about a place in the form of [`describe`], so that both can be compared.
pub(super) fn canonical(schemas: &Object, text: &str) -> String {
    let alternatives = text.split(" | ").map(|alternative| {
        let mut rest = alternative.trim();
        let mut front = String::new();
        for word in ["optional", "path", "query", "header", "cookie"] {
            if let Some(after) = rest.strip_prefix(word).filter(|after| after.starts_with(' ')) {
                front.push_str(word);
                front.push(' ');
                rest = after.trim_start();
            }
        }
        if let Some((media, after)) = rest.split_once(':').filter(|(media, _)| media.contains('/') || *media == FORM) {
            front.push_str(media);
            front.push(':');
            rest = after;
        }
        let (name, back) = rest.strip_suffix(" required").map_or((rest, ""), |name| (name.trim_end(), " required"));
        match schema(name) {
            Some(schema) => format!("{front}{}{back}", describe(schemas, &schema)),
            None => format!("{front}{name}{back}"),
        }
    });
    alternatives.collect::<Vec<_>>().join(" | ")
}

/// The prefix of a form.
pub(super) const FORM: &str = "multipart";
/// The prefix of the media type of a response that is not JSON.
pub(super) const BYTES: &str = "bytes:";

/// Returns the notation of a body's content: its type, after the media type if it is not JSON. A body with several
/// media types is JSON if one of them is. `None` if the content has no media type.
pub(super) fn describe_content(schemas: &Object, content: &Map<String, Value>, is_response: bool) -> Option<String> {
    let mut json = Vec::new();
    let mut others = Vec::new();
    for (media, body) in content {
        let described = body.get("schema").map_or_else(|| "any".to_owned(), |schema| describe(schemas, schema));
        let essence = document::essence(media);
        let (list, notation) = match essence.as_str() {
            "multipart/form-data" => (&mut others, format!("{FORM}:{described}")),
            essence if document::is_json(essence) => (&mut json, described),
            essence if is_response => (&mut others, format!("{BYTES}{essence}")),
            essence => (&mut others, format!("{essence}:{described}")),
        };
        if !list.contains(&notation) {
            list.push(notation);
        }
    }
    // The import keeps the JSON of a body, except in place of a form.
    if !json.is_empty() {
        others.retain(|notation| notation.starts_with(FORM));
    }
    json.append(&mut others);
    (!json.is_empty()).then(|| json.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schemas() -> Object {
        let named = json!({
            "Ticket": {"type": "object", "properties": {"id": {}}},
            "Level": {"type": "string", "enum": ["Low"]},
            "TicketList": {"type": "array", "items": {"$ref": "#/components/schemas/Ticket"}},
            "Alias": {"allOf": [{"$ref": "#/components/schemas/Ticket"}]},
            "Endless": {"$ref": "#/components/schemas/Endless"},
        });
        named.as_object().unwrap().clone()
    }

    #[test]
    fn a_notation_becomes_a_schema_and_the_same_notation_again() {
        for text in [
            "any",
            "integer",
            "long",
            "number",
            "boolean",
            "string",
            "date",
            "timestamp",
            "uuid",
            "Ticket",
            "Level",
            "Finance.Currency",
            "[Ticket]",
            "[[integer]]",
            "{string}",
            "{[Ticket]}",
            "[{any}]",
        ] {
            assert_eq!(describe(&schemas(), &schema(text).unwrap()), text);
        }
        for text in ["none", "", "[]", "[Ticket", "oneOf(A, B)", "1st", "a b"] {
            assert_eq!(schema(text), None, "{text}");
        }
        let levels = Notation::Enumeration(vec!["Low".to_owned(), "High".to_owned()]);
        assert_eq!(levels.line(), describe(&schemas(), &levels.schema().unwrap()));
    }

    #[test]
    fn schemas_that_the_import_treats_alike_have_one_notation() {
        let ticket = json!({"$ref": "#/components/schemas/Ticket", "nullable": true, "description": "d"});
        for (schema, expected) in [
            (ticket.clone(), "Ticket"),
            (json!({"allOf": [ticket]}), "Ticket"),
            (json!({"$ref": "#/components/schemas/Alias"}), "Ticket"),
            (json!({"$ref": "#/components/schemas/TicketList"}), "[Ticket]"),
            (json!({"type": "object"}), "any"),
            (json!({"type": "object", "properties": {}}), "any"),
            (json!({"type": "array"}), "[any]"),
            (json!({"type": "string", "maxLength": 5, "format": "password"}), "string"),
            (json!({"type": "string", "enum": ["b", "a", null]}), "enum(a, b)"),
            (json!({"type": "object", "additionalProperties": true}), "{any}"),
            (json!({"type": "object", "properties": {"b": {}, "a": {}}}), "object(a, b)"),
            (json!({"oneOf": [{"type": "integer", "format": "int32"}, ticket]}), "oneOf(integer, Ticket)"),
            (json!({"type": "file"}), "type(file)"),
            (json!({"$ref": "#/components/schemas/Endless"}), "…"),
        ] {
            assert_eq!(describe(&schemas(), &schema), expected, "{schema}");
        }
    }

    #[test]
    fn what_a_person_wrote_is_compared_by_its_meaning() {
        for (text, expected) in [
            ("TicketList", "[Ticket]"),
            ("optional TicketList", "optional [Ticket]"),
            ("multipart:Alias", "multipart:Ticket"),
            ("path  integer", "path integer"),
            ("query Alias required", "query Ticket required"),
            ("Alias | multipart:Alias", "Ticket | multipart:Ticket"),
            ("bytes:application/pdf", "bytes:application/pdf"),
            ("none", "none"),
            ("oneOf(A, B)", "oneOf(A, B)"),
        ] {
            assert_eq!(canonical(&schemas(), text), expected);
        }
    }

    #[test]
    fn the_content_of_a_body_has_a_media_type_only_if_it_is_not_json() {
        let ticket = json!({"schema": {"$ref": "#/components/schemas/Ticket"}});
        for (content, is_response, expected) in [
            (json!({"application/vnd.connectwise.com+json; version=2026.1": ticket}), false, Some("Ticket")),
            (json!({"application/json": ticket, "text/json": ticket, "text/xml": ticket}), false, Some("Ticket")),
            (json!({"application/json": {}}), true, Some("any")),
            (json!({"multipart/form-data": ticket}), false, Some("multipart:Ticket")),
            (
                json!({"application/json": ticket, "multipart/form-data": ticket}),
                false,
                Some("Ticket | multipart:Ticket"),
            ),
            (json!({"application/json": ticket, "text/json": {}}), false, Some("Ticket | any")),
            (json!({"text/csv": {"schema": {"type": "string"}}}), false, Some("text/csv:string")),
            (json!({"application/pdf": {}}), true, Some("bytes:application/pdf")),
            (json!({}), true, None),
        ] {
            let described = describe_content(&schemas(), content.as_object().unwrap(), is_response);
            assert_eq!(described.as_deref(), expected, "{content}");
        }
    }
}
