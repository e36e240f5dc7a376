//! The documentation of struct fields and typed fields: what a property is beyond its Rust type.

use serde_json::Value;

use crate::docs::reference_paths::has_same_segments;
use crate::document;
use crate::model::{Operation, ResponseBody, Shape, type_name};
use crate::render::docs::context::{Context, property_schema};
use crate::render::docs::lines::{Documentation, wrapped};
use crate::render::docs::links::{Definitions, Scope, define, linked};
use crate::render::summary::{article, with_acronyms};

/// Returns the documentation of a struct's field.
#[must_use]
pub fn property(context: &Context<'_>, schema_name: &str, json_name: &str) -> Documentation {
    let schema = context.api.schemas.get(schema_name).unwrap_or(&Value::Null);
    let property = property_schema(schema, json_name);
    let mut facts = Vec::new();
    facts.extend(reference(context, property));
    if let Some(length) = property.get("maxLength").and_then(Value::as_u64) {
        facts.push(format!("at most {} characters", grouped(length)));
    }
    facts.extend(roles(schema, json_name).map(str::to_owned));
    if json_name == "_info" {
        facts.push("who changed the record, and when".to_owned());
    }
    let mut documentation = Documentation::default();
    let line = if facts.is_empty() { format!("`{json_name}`") } else { format!("`{json_name}`: {}", facts.join("; ")) };
    documentation.paragraph(&line);
    known_values(context, schema_name, json_name, &mut documentation);
    if let Some(text) = context.docs.texts.types.get(schema_name).and_then(|entry| entry.fields.get(json_name)) {
        let mut definitions = Definitions::new();
        let scope = Scope::for_type(context, schema_name);
        documentation.markdown(text, |line| linked(context, &scope, line, &mut definitions), <[String]>::to_vec);
        define(&mut documentation, definitions);
    }
    documentation
}

/// Returns when a property is required, and whether it is only read or only written.
pub fn roles(schema: &Value, json_name: &str) -> impl Iterator<Item = &'static str> {
    let property = property_schema(schema, json_name);
    let required = schema.get("x-required-on-create").and_then(Value::as_array).into_iter().flatten();
    let is_required = required.filter_map(Value::as_str).any(|name| name == json_name);
    [
        is_required.then_some("required when creating"),
        property.get("x-required-on-update").map(|_| "required when updating"),
        property.get("writeOnly").map(|_| "write-only"),
        property.get("readOnly").map(|_| "read-only"),
        property.get("deprecated").filter(|deprecated| **deprecated == true).map(|_| "deprecated"),
    ]
    .into_iter()
    .flatten()
}

/// Returns what a reference, or each reference of a list, refers to.
fn reference(context: &Context<'_>, property: &Value) -> Option<String> {
    let schema = |property: &Value| {
        property.get("$ref").and_then(Value::as_str).and_then(document::schema_name).map(str::to_owned)
    };
    let (schema, many) = match schema(property) {
        Some(schema) => (schema, false),
        None => (schema(property.get("items")?)?, true),
    };
    let target = referenced(context, &schema)?;
    Some(if many { format!("references to {}", target.many) } else { format!("reference to {}", target.one) })
}

/// The records that a reference refers to, in words.
pub struct Target {
    /// One of them.
    pub one: String,
    /// Several of them.
    pub many: String,
}

/// Returns the records that a type of references refers to. `None` for other types.
#[must_use]
pub fn referenced(context: &Context<'_>, schema: &str) -> Option<Target> {
    context.api.schemas.get(schema)?.get("x-reference")?;
    let stem = schema.strip_suffix("Reference").unwrap_or(schema);
    let lists = || context.collections.values().flatten().flat_map(|collection| &collection.operations);
    // The path in the table can have other parameter names than the operation.
    let list: Option<&&Operation> = match context.docs.reference_paths.of(schema) {
        Some(path) => lists().find(|operation| operation.method == "get" && has_same_segments(&operation.path, path)),
        None => context.list_path(stem).and_then(|path| {
            lists().find(|operation| operation.method == "get" && has_same_segments(&operation.path, path))
        }),
    };
    let record = list.and_then(|list| match &list.response {
        ResponseBody::Json(Shape::Many(name)) => Some((type_name(name), list.path.trim_end_matches('/'))),
        _ => None,
    });
    Some(match record {
        Some((name, path)) => Target {
            one: format!("{} `{name}` (`{path}`)", article(&name)),
            many: format!("`{name}` records (`{path}`)"),
        },
        None => {
            let words = with_acronyms(&heck::AsSnakeCase(stem).to_string().replace('_', " "));
            Target { one: format!("{} {words}", article(&words)), many: format!("{words} records") }
        }
    })
}

/// Adds the known values of a string property.
fn known_values(context: &Context<'_>, schema: &str, json_name: &str, documentation: &mut Documentation) {
    let known = context.docs.known_values.of(schema, json_name);
    let listed = |values: &[&str]| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    let always = known.iter().filter(|known| known.when.is_none());
    for known in always {
        documentation.paragraph(&format!("Known values: {}.", listed(&known.values)));
    }
    let items: Vec<String> = known
        .iter()
        .filter_map(|known| known.when.map(|(field, value)| (field, value, &known.values)))
        .map(|(field, value, values)| format!("- `{field}` is `{value}`: {}", listed(values)))
        .collect();
    if !items.is_empty() {
        documentation.paragraph("Known values:");
        documentation.paragraph(&items.join("\n"));
    }
}

/// Returns the documentation of a typed field: its JSON name and the type of its values.
#[must_use]
pub fn field(json_name: &str, property: &Value) -> Vec<String> {
    let text = |key: &str| property.get(key).and_then(Value::as_str);
    let type_of =
        |property: &Value| property.get("$ref").and_then(Value::as_str).and_then(document::schema_name).map(type_name);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docs::{Docs, Files};
    use crate::model::{Api, Query};
    use crate::render::summary::tests::operation_named;

    #[test]
    fn a_property_says_what_its_type_does_not() {
        let list = |name: &str, record: &str, path: &str| Operation {
            section: "service".into(),
            method: "get".into(),
            path: path.into(),
            query: Query::List,
            response: ResponseBody::Json(Shape::Many(record.into())),
            ..operation_named(name)
        };
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let ticket = json!({"x-required-on-create": ["summary"], "properties": {
            "summary": {"type": "string", "maxLength": 1000, "x-required-on-update": true},
            "board": reference("BoardReference"), "status": reference("ServiceStatusReference"),
            "teams": {"type": "array", "items": reference("BoardReference")}, "sla": reference("SLAReference"),
            "level": {"type": "string"}, "password": {"writeOnly": true}, "_info": {}, "other": {"type": "integer"},
        }});
        let api = Api {
            version: String::new(),
            operations: vec![
                list("list_boards", "Board", "/service/boards"),
                list("list_board_statuses", "BoardStatus", "/service/boards/{parentId}/statuses"),
            ],
            schemas: [
                ("Ticket".to_owned(), ticket),
                ("BoardReference".to_owned(), json!({"x-reference": "plain"})),
                ("ServiceStatusReference".to_owned(), json!({"x-reference": "extended"})),
                ("SLAReference".to_owned(), json!({"x-reference": "plain"})),
            ]
            .into(),
        };
        let docs = Docs::read(&Files {
            texts: "[types.Ticket.fields]\npassword = \"Never returned.\"",
            known_values: "type,field,values,when\nTicket,level,A|B,\nTicket,level,C,other=1\n",
            rights: "path,area,entry\n",
            reference_paths: "type,path,link\nServiceStatusReference,/service/boards/{board}/statuses,\n",
            actions: "category,action,method,path,vendor_operation_id,reason,popular\n",
        })
        .unwrap();
        let context = Context::new(&api, &docs);
        for (name, expected) in [
            ("summary", &[" `summary`: at most 1,000 characters; required when creating; required when updating"][..]),
            ("board", &[" `board`: reference to a `Board` (`/service/boards`)"]),
            ("status", &[" `status`: reference to a `BoardStatus` (`/service/boards/{parentId}/statuses`)"]),
            ("teams", &[" `teams`: references to `Board` records (`/service/boards`)"]),
            ("sla", &[" `sla`: reference to an SLA"]),
            (
                "level",
                &[" `level`", "", " Known values: `A`, `B`.", "", " Known values:", "", " - `other` is `1`: `C`"],
            ),
            ("password", &[" `password`: write-only", "", " Never returned."]),
            ("_info", &[" `_info`: who changed the record, and when"]),
            ("other", &[" `other`"]),
        ] {
            assert_eq!(property(&context, "Ticket", name).lines(4), expected, "{name}");
        }
    }

    #[test]
    fn digits_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), expected);
        }
    }
}
