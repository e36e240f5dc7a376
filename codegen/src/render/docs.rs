//! Documentation comments of the generated code. They come from methods, paths and types, never from the vendor's
//! prose.

use serde_json::Value;

use crate::document::escape;
use crate::model::{Operation, Query, ResponseBody, Shape, ValueType, type_name};
use crate::render::summary::{article, sentence};

/// The width of generated lines, indentation included.
const WIDTH: usize = 120;

/// Returns the lines of a documentation comment, with the space after `///`. Wraps them at [`WIDTH`], but not inside
/// code spans. Indents the continuation lines of list items.
#[must_use]
pub fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let width = WIDTH - indent - "/// ".len();
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let continuation = if paragraph.starts_with("- ") { "  " } else { "" };
        let mut line = String::new();
        for word in words(paragraph) {
            if line.trim().is_empty() {
                line.push_str(&word);
            } else if line.chars().count() + 1 + word.chars().count() <= width {
                line.push(' ');
                line.push_str(&word);
            } else {
                lines.push(format!(" {line}"));
                line = format!("{continuation}{word}");
            }
        }
        lines.push(if line.is_empty() { line } else { format!(" {line}") });
    }
    lines
}

/// Returns the words of a text. A code span is part of one word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_code = false;
    for word in text.split(' ') {
        match words.last_mut() {
            Some(last) if in_code => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        in_code ^= word.matches('`').count() % 2 == 1;
    }
    words
}

/// Returns the documentation of a struct.
#[must_use]
pub fn object(schema_name: &str, schema: &Value) -> Vec<String> {
    let mut text = match schema.get("x-reference").and_then(Value::as_str) {
        Some(_) => format!("A reference to another record: `{schema_name}` in the vendor's OpenAPI document."),
        None => format!("`{schema_name}` in the vendor's OpenAPI document."),
    };
    let required = names(schema.get("x-required-on-create"));
    if !required.is_empty() {
        text.push_str(&format!("\n\nRequired when creating: {}.", listed(&required)));
    }
    wrapped(&text, 0)
}

/// Returns the documentation of a property.
#[must_use]
pub fn property(json_name: &str, schema: &Value) -> Vec<String> {
    let property = schema.pointer(&format!("/properties/{}", escape(json_name))).unwrap_or(&Value::Null);
    let mut facts = Vec::new();
    if let Some(length) = property.get("maxLength").and_then(Value::as_u64) {
        facts.push(format!("at most {length} characters"));
    }
    if property.get("writeOnly").is_some() {
        facts.push("write-only".to_owned());
    }
    if property.get("readOnly").is_some() {
        facts.push("read-only".to_owned());
    }
    if property.get("x-required-on-update").is_some() {
        facts.push("required when updating".to_owned());
    }
    if json_name == "_info" {
        facts.push("who changed the record, and when".to_owned());
    }
    let text = if facts.is_empty() { format!("`{json_name}`") } else { format!("`{json_name}`: {}", facts.join("; ")) };
    wrapped(&text, 4)
}

/// Returns the documentation of a typed field: its JSON name and the type of its values.
#[must_use]
pub fn field(json_name: &str, property: &Value) -> Vec<String> {
    let text = |key: &str| property.get(key).and_then(Value::as_str);
    let type_of = |property: &Value| {
        property.get("$ref").and_then(Value::as_str).and_then(crate::document::schema_name).map(type_name)
    };
    let limit = property.get("maxLength").and_then(Value::as_u64);
    let what = match (text("type"), text("format")) {
        (None, _) => match type_of(property) {
            Some(name) => format!("`{name}`"),
            None => "any JSON".to_owned(),
        },
        (Some("array"), _) => match property.get("items").and_then(type_of) {
            Some(name) => format!("list of `{name}`"),
            None => "list".to_owned(),
        },
        (Some("integer"), _) => "integer".to_owned(),
        (Some("number"), _) => "number".to_owned(),
        (Some("boolean"), _) => "boolean".to_owned(),
        (Some("string"), Some("date-time")) => "timestamp".to_owned(),
        (Some("string"), Some("date")) => "date".to_owned(),
        (Some("string"), Some("uuid")) => "UUID".to_owned(),
        (Some("string"), Some("binary")) => "bytes".to_owned(),
        (Some("string"), _) if property.get("x-date-as-text").is_some() => {
            "date as a string, in a format that the vendor does not document".to_owned()
        }
        (Some("string"), _) => {
            limit.map_or_else(|| "string".to_owned(), |limit| format!("string, at most {limit} characters"))
        }
        (Some(_), _) => "map".to_owned(),
    };
    wrapped(&format!("`{json_name}`: {what}"), 4)
}

/// Returns the documentation of a constructor.
#[must_use]
pub fn constructor<'a>(type_name: &str, required: impl Iterator<Item = &'a str>) -> Vec<String> {
    let required: Vec<&str> = required.collect();
    let fields = if required.len() == 1 { "its required field" } else { "its required fields" };
    let text = format!(
        "Creates {} `{type_name}` with {fields}: {}. All other fields are left out until you set them.",
        article(type_name),
        listed(&required)
    );
    wrapped(&text, 4)
}

/// Returns the documentation of an enum.
#[must_use]
pub fn enumeration(schema_name: &str) -> Vec<String> {
    wrapped(&format!("The known values of `{schema_name}`. Unknown values are kept unchanged."), 4)
}

/// Returns the documentation of an operation's method.
#[must_use]
pub fn operation(operation: &Operation) -> Vec<String> {
    let mut text = format!(
        "{}\n\n`{} {}`. Vendor's operation ID: `{}`. {}",
        sentence(operation),
        operation.method.to_uppercase(),
        operation.path,
        operation.vendor_id,
        returns(operation)
    );
    let arguments: String = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.in_path || parameter.required)
        .map(|parameter| {
            let location = if parameter.in_path { "path" } else { "query" };
            let argument = parameter.argument.trim_end_matches('_');
            format!("\n- `{argument}`: {location} parameter `{}`.", parameter.name)
        })
        .collect();
    if !arguments.is_empty() {
        text.push('\n');
        text.push_str(&arguments);
    }
    if operation.method == "put" {
        text.push_str(
            "\n\nReplaces the whole record: the server empties every field that you leave out. This includes fields of \
             newer API versions that the type does not have. Prefer an update.",
        );
    }
    if operation.body.as_ref().is_some_and(|body| body.multipart) {
        text.push_str(
            "\n\n`form` holds the text fields of the form. `file` is the file to upload, or `None` if the form names a \
             link instead.",
        );
    }
    wrapped(&text, 4)
}

fn returns(operation: &Operation) -> String {
    let options = match operation.query {
        Query::List if operation.is_list() => " page by page. Takes filters, order and fields",
        Query::List => ". Takes filters, order and paging",
        Query::Fields => ". Takes `fields`",
        _ => "",
    };
    match &operation.response {
        ResponseBody::Empty => "Returns nothing.".to_owned(),
        ResponseBody::Bytes(media) => format!("Returns bytes ({media})."),
        ResponseBody::Json(Shape::One(_)) if operation.query == Query::Count => {
            "Returns a number. Takes filters.".to_owned()
        }
        ResponseBody::Json(Shape::One(name)) => {
            let name = type_name(name);
            format!("Returns {} `{name}`{options}.", article(&name))
        }
        ResponseBody::Json(Shape::Many(name)) => format!("Returns `{}` records{options}.", type_name(name)),
        ResponseBody::Json(Shape::Scalar(value_type)) => {
            let name = value_name(value_type);
            format!("Returns {} {name}.", article(name))
        }
        ResponseBody::Json(Shape::Scalars(value_type)) => {
            format!("Returns a list of {}s{options}.", value_name(value_type))
        }
        ResponseBody::Json(Shape::Map(_)) => "Returns a map.".to_owned(),
        ResponseBody::Json(Shape::ManyMaps(_)) => format!("Returns maps{options}."),
        ResponseBody::Json(Shape::Any | Shape::ManyAny) => format!("Returns any JSON{options}."),
    }
}

fn value_name(value_type: &ValueType) -> &'static str {
    match value_type {
        ValueType::Integer | ValueType::Long => "integer",
        ValueType::Number => "number",
        ValueType::Boolean => "boolean",
        ValueType::DateTime => "timestamp",
        ValueType::Date => "date",
        ValueType::Uuid => "UUID",
        _ => "string",
    }
}

fn names(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Parameter;
    use crate::render::summary::tests::operation_named;

    #[test]
    fn types_and_properties_are_documented() {
        let schema = json!({"x-required-on-create": ["summary"], "properties": {"summary": {"maxLength": 100, "x-required-on-update": true}, "_info": {}}});
        assert_eq!(
            object("Ticket", &schema),
            [" `Ticket` in the vendor's OpenAPI document.", "", " Required when creating: `summary`."]
        );
        assert_eq!(property("summary", &schema), [" `summary`: at most 100 characters; required when updating"]);
        assert_eq!(property("_info", &schema), [" `_info`: who changed the record, and when"]);
        assert_eq!(property("other", &schema), [" `other`"]);
        assert_eq!(
            constructor("Ticket", ["summary"].into_iter()),
            [
                " Creates a `Ticket` with its required field: `summary`. All other fields are left out until you set them."
            ]
        );
    }

    #[test]
    fn an_operation_says_what_it_does_and_returns() {
        let described = Operation {
            vendor_id: "getX".into(),
            method: "get".into(),
            path: "/service/tickets/{parentId}/notes".into(),
            parameters: vec![Parameter {
                name: "parentId".into(),
                argument: "ticket_id".into(),
                in_path: true,
                value_type: ValueType::Integer,
                required: true,
            }],
            query: Query::List,
            response: ResponseBody::Json(Shape::Many("ServiceNote".into())),
            ..operation_named("list_ticket_notes")
        };
        assert_eq!(
            operation(&described),
            [
                " Lists ticket notes.",
                "",
                " `GET /service/tickets/{parentId}/notes`. Vendor's operation ID: `getX`. Returns `ServiceNote` records page by",
                " page. Takes filters, order and fields.",
                "",
                " - `ticket_id`: path parameter `parentId`."
            ]
        );
    }

    #[test]
    fn lines_are_wrapped_outside_code_spans() {
        let words = "word ".repeat(21);
        assert_eq!(
            wrapped(&format!("- {words}`GET /a/b` end\n\nnext"), 4),
            [format!(" - {}", words.trim_end()), "   `GET /a/b` end".to_owned(), String::new(), " next".to_owned()]
        );
    }
}
