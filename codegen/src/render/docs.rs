//! Documentation comments of the generated code. They come from methods, paths and types, never from the vendor's
//! prose.

use serde_json::Value;

use crate::document::escape;
use crate::model::{Api, Body, Operation, Query, ResponseBody, Shape, ValueType, type_name};
use crate::render::summary::{article, sentence};

/// The width of generated lines, indentation included.
const WIDTH: usize = 120;

/// Returns the lines of a documentation comment, with the space after `///`. Wraps them at `WIDTH`, but not inside
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
    let what =
        if schema.get("x-reference").is_some() { "A reference to another record" } else { "A JSON object of the API" };
    let mut text = format!("{what}: `{schema_name}` in the vendor's OpenAPI document.");
    if schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty()) {
        text.push_str(" The documentation of each field begins with its name in JSON.");
    }
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
        facts.push(format!("at most {} characters", grouped(length)));
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
    if property.get("deprecated").is_some_and(|deprecated| *deprecated == true) {
        facts.push("deprecated".to_owned());
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
            "date as a string, whose format the vendor's document does not state".to_owned()
        }
        (Some("string"), _) => {
            limit.map_or_else(|| "string".to_owned(), |limit| format!("string, at most {} characters", grouped(limit)))
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
        "Creates {} `{type_name}` with {fields}: {}. All other fields are `None` and are not sent.",
        article(type_name),
        listed(&required)
    );
    wrapped(&text, 4)
}

/// Returns a text as a code span. Line breaks become spaces.
#[must_use]
pub fn code(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.contains('`') {
        format!("`` {line} ``")
    } else if line.is_empty() {
        "(empty)".to_owned()
    } else {
        format!("`{line}`")
    }
}

/// Returns the documentation of an enum.
#[must_use]
pub fn enumeration(schema_name: &str) -> Vec<String> {
    wrapped(&format!("The known values of `{schema_name}`. Any other value is kept as `Unrecognized`."), 4)
}

/// Returns the documentation of an operation's method.
#[must_use]
pub fn operation(api: &Api, operation: &Operation) -> Vec<String> {
    let mut text = format!(
        "{}\n\n`{} {}`. Vendor's operation ID: `{}`. {}",
        sentence(operation),
        operation.method.to_uppercase(),
        operation.path,
        operation.vendor_id,
        returns(api, operation)
    );
    let arguments = arguments(api, operation);
    if !arguments.is_empty() {
        text.push_str("\n\n");
        text.push_str(&arguments.join("\n"));
    }
    if operation.method == "put" {
        text.push_str(
            "\n\nReplaces the whole record: the server empties every field that you leave out. This includes fields of \
             newer API versions that the type does not have. Prefer an update.",
        );
    }
    wrapped(&text, 4)
}

/// Returns a list item for each argument.
fn arguments(api: &Api, operation: &Operation) -> Vec<String> {
    let mut arguments: Vec<String> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.in_path || parameter.required)
        .map(|parameter| {
            let location = if parameter.in_path { "path" } else { "query" };
            if parameter.argument == parameter.name {
                format!("- `{}`: {location} parameter.", parameter.argument)
            } else {
                format!("- `{}`: {location} parameter `{}`.", parameter.argument, parameter.name)
            }
        })
        .collect();
    match &operation.body {
        None => {}
        Some(_) if operation.takes_patch() => arguments.push("- `patch`: the changes.".to_owned()),
        Some(body) if body.multipart => {
            arguments.push("- `form`: the text fields of the form.".to_owned());
            if body.file_part(api).is_some() {
                arguments.push("- `file`: the file to upload, or `None` if the form names a link instead.".to_owned());
            }
        }
        Some(body) => arguments.push(format!("- `body`: {}.", body_text(body))),
    }
    arguments
}

/// Returns what the argument `body` accepts. An optional body is an `Option`.
fn body_text(body: &Body) -> String {
    let named = match &body.shape {
        Shape::One(name) => Some(format!("{} `{}`", article(&type_name(name)), type_name(name))),
        Shape::Many(name) => Some(format!("a `Vec`, slice or array of `{}`", type_name(name))),
        _ => None,
    };
    match (named, body.required) {
        (Some(named), true) => format!("{named}, or any JSON as a `Value`"),
        (Some(named), false) => format!("{named}, or `None` to send no body"),
        (None, true) => "any JSON".to_owned(),
        (None, false) => "any JSON, or `None` to send no body".to_owned(),
    }
}

/// Returns what a call returns, and the methods with which a caller sets its list parameters.
fn returns(api: &Api, operation: &Operation) -> String {
    // The typed methods need a record with typed fields. Other calls have only those for text.
    let has_fields = matches!(&operation.response, ResponseBody::Json(Shape::One(name) | Shape::Many(name))
        if api.schemas.get(name).is_none_or(|schema| schema.get("properties").is_some()));
    let suffix = if has_fields { "" } else { "_text" };
    let options = match operation.query {
        Query::List if operation.is_list() => format!(
            " page by page. The returned list has the methods `filter{suffix}`, `sort{suffix}` and `select{suffix}`"
        ),
        Query::List => ". The method `with_query` of the returned call sets filters, order and paging".to_owned(),
        Query::Fields => format!(", or only the fields that `select{suffix}` names"),
        _ => String::new(),
    };
    match &operation.response {
        ResponseBody::Empty => "Returns nothing.".to_owned(),
        ResponseBody::Bytes(media) => format!("Returns bytes ({media})."),
        ResponseBody::Json(Shape::One(_)) if operation.query == Query::Count => {
            let filter = if api.counted_schema(operation).is_some() { "filter" } else { "filter_text" };
            format!("Returns the number of records, or of those that match a `{filter}`.")
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
        ResponseBody::Json(Shape::Map(_) | Shape::Maps(_)) => "Returns a map.".to_owned(),
        ResponseBody::Json(Shape::Lists(_)) => format!("Returns lists or maps{options}."),
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

/// Returns a number with commas between groups of three digits: `1,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn names(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::model::Parameter;
    use crate::render::summary::tests::operation_named;

    #[test]
    fn types_and_properties_are_documented() {
        let schema = json!({"x-required-on-create": ["summary"], "properties": {"summary": {"maxLength": 1000, "x-required-on-update": true}, "_info": {}}});
        assert_eq!(
            object("Ticket", &schema),
            [
                " A JSON object of the API: `Ticket` in the vendor's OpenAPI document. The documentation of each field begins with its",
                " name in JSON.",
                "",
                " Required when creating: `summary`."
            ]
        );
        assert_eq!(property("summary", &schema), [" `summary`: at most 1,000 characters; required when updating"]);
        assert_eq!(property("_info", &schema), [" `_info`: who changed the record, and when"]);
        assert_eq!(property("other", &schema), [" `other`"]);
        assert_eq!(
            constructor("Ticket", ["summary"].into_iter()),
            [" Creates a `Ticket` with its required field: `summary`. All other fields are `None` and are not sent."]
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
            operation(&api(), &described),
            [
                " Lists ticket notes.",
                "",
                " `GET /service/tickets/{parentId}/notes`. Vendor's operation ID: `getX`. Returns `ServiceNote` records page by",
                " page. The returned list has the methods `filter`, `sort` and `select`.",
                "",
                " - `ticket_id`: path parameter `parentId`."
            ]
        );
    }

    #[test]
    fn each_argument_has_a_line() {
        let form = json!({"properties": {"file": {"type": "string", "format": "binary"}}});
        let api = Api { schemas: [("Form".to_owned(), form)].into(), ..api() };
        let parameter = |name: &str, argument: &str, required| Parameter {
            name: name.into(),
            argument: argument.into(),
            in_path: false,
            value_type: ValueType::String,
            required,
        };
        let with_body = |method: &str, shape, multipart, required| Operation {
            method: method.into(),
            parameters: vec![
                parameter("id", "id", true),
                parameter("type", "type_", true),
                parameter("optional", "optional", false),
            ],
            body: Some(Body { shape, multipart, required }),
            ..operation_named("do_it")
        };
        for (method, shape, multipart, required, expected) in [
            ("post", Shape::One("Ticket".into()), false, true, "- `body`: a `Ticket`, or any JSON as a `Value`."),
            (
                "post",
                Shape::Many("Ticket".into()),
                false,
                true,
                "- `body`: a `Vec`, slice or array of `Ticket`, or any JSON as a `Value`.",
            ),
            ("post", Shape::One("Ticket".into()), false, false, "- `body`: a `Ticket`, or `None` to send no body."),
            ("post", Shape::Any, false, true, "- `body`: any JSON."),
            ("post", Shape::Any, false, false, "- `body`: any JSON, or `None` to send no body."),
            ("patch", Shape::Many("PatchOperation".into()), false, true, "- `patch`: the changes."),
            (
                "post",
                Shape::One("Form".into()),
                true,
                true,
                "- `form`: the text fields of the form.\n- `file`: the file to upload, or `None` if the form names a link instead.",
            ),
        ] {
            assert_eq!(
                arguments(&api, &with_body(method, shape, multipart, required)).join("\n"),
                format!("- `id`: query parameter.\n- `type_`: query parameter `type`.\n{expected}")
            );
        }
    }

    #[test]
    fn a_call_names_the_methods_that_set_its_list_parameters() {
        let json = |shape, query| Operation {
            method: "get".into(),
            path: "/service/tickets/count".into(),
            query,
            response: ResponseBody::Json(shape),
            ..operation_named("get_it")
        };
        for (shape, query, expected) in [
            (Shape::One("Ticket".into()), Query::Fields, "Returns a `Ticket`, or only the fields that `select` names."),
            (Shape::Any, Query::Fields, "Returns any JSON, or only the fields that `select_text` names."),
            (
                Shape::ManyMaps(None),
                Query::List,
                "Returns maps page by page. The returned list has the methods `filter_text`, `sort_text` and `select_text`.",
            ),
            (
                Shape::One("Report".into()),
                Query::List,
                "Returns a `Report`. The method `with_query` of the returned call sets filters, order and paging.",
            ),
            (
                Shape::One("Count".into()),
                Query::Count,
                "Returns the number of records, or of those that match a `filter_text`.",
            ),
        ] {
            assert_eq!(returns(&api(), &json(shape, query)), expected);
        }
        let list = Operation { path: "/service/tickets".into(), ..json(Shape::Many("Ticket".into()), Query::List) };
        let with_list = Api { operations: vec![list], ..api() };
        assert_eq!(
            returns(&with_list, &json(Shape::One("Count".into()), Query::Count)),
            "Returns the number of records, or of those that match a `filter`."
        );
    }

    #[test]
    fn digits_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), expected);
        }
    }

    fn api() -> Api {
        Api { version: String::new(), operations: Vec::new(), schemas: BTreeMap::new() }
    }

    #[test]
    fn lines_are_wrapped_outside_code_spans() {
        // At this indentation, 112 characters fit: the words and "`GET", but not the code span.
        let words = "word ".repeat(21);
        assert_eq!(
            wrapped(&format!("- {words}`GET /a/b` end\n\nnext"), 4),
            [format!(" - {}", words.trim_end()), "   `GET /a/b` end".to_owned(), String::new(), " next".to_owned()]
        );
    }
}
