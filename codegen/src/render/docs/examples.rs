//! Short examples: in each section, one operation of each shape has one.
//!
//! The operations with a text in `openapi/docs.toml` are those that programs use most. The collection with the most texts
//! has the examples, as far as it has operations of the shape.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Operation, ResponseBody, SchemaKind, Shape as JsonShape, ValueType, type_name};
use crate::render::collections::Collection;
use crate::render::docs::context::Context;
use crate::render::docs::recipes;
use crate::render::operations::{CallType, call_type, is_optional};
use crate::render::rust_type::RustType;
use crate::render::types::is_secret;

/// The shape of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// A list.
    List,
    /// A GET of one record.
    Get,
    /// A count.
    Count,
    /// A POST of a new record.
    Create,
    /// A PATCH.
    Update,
    /// A PUT.
    Replace,
    /// A DELETE of one record.
    Delete,
    /// A file as response.
    Download,
    /// A form with a file.
    Upload,
    /// Several records in one request.
    Bulk,
}

impl Shape {
    const ALL: [Self; 10] = [
        Self::List,
        Self::Get,
        Self::Count,
        Self::Create,
        Self::Update,
        Self::Replace,
        Self::Delete,
        Self::Download,
        Self::Upload,
        Self::Bulk,
    ];

    /// Returns the name in lists of examples.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Count => "count",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Download => "download",
            Self::Upload => "upload",
            Self::Bulk => "bulk",
        }
    }
}

/// The example of an operation.
#[derive(Clone, Debug)]
pub struct Example {
    /// The shape of its call.
    pub shape: Shape,
    section: String,
    /// Hidden lines that set the arguments.
    arguments: Vec<String>,
    /// The lines that are shown.
    visible: Vec<String>,
}

impl Example {
    /// Returns the code block.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        recipes::compiled(&[&self.section], None, &self.arguments, &self.visible)
    }
}

/// Chooses the operations of each section that have an example.
#[must_use]
pub fn choose(context: &Context<'_>) -> BTreeMap<String, Example> {
    let mut examples = BTreeMap::new();
    for collections in context.collections.values() {
        let texts = |collection: &Collection<'_>| {
            let has_text = |operation: &&&Operation| context.docs.texts.operations.contains_key(&operation.vendor_id);
            collection.operations.iter().filter(has_text).count()
        };
        let mut collections: Vec<&Collection<'_>> = collections.iter().collect();
        collections.sort_by_key(|collection| std::cmp::Reverse(texts(collection)));
        for shape in Shape::ALL {
            let operations = collections.iter().flat_map(|collection| collection.operations.iter().copied());
            let found = operations
                .filter(|operation| self::shape(operation) == Some(shape))
                .find_map(|operation| Some((operation, example(context, operation, shape)?)));
            if let Some((operation, example)) = found {
                examples.insert(operation.id(), example);
            }
        }
    }
    examples
}

/// Returns the shape of an operation's call. `None` for actions and other calls.
fn shape(operation: &Operation) -> Option<Shape> {
    let verb = operation.name.split('_').next().unwrap_or_default();
    let ends_with_id = operation.path.trim_end_matches('/').ends_with('}');
    Some(match (call_type(operation), operation.method.as_str()) {
        _ if operation.path.to_lowercase().split('/').any(|segment| segment == "info") => return None,
        _ if operation.body.as_ref().is_some_and(|body| body.multipart) => Shape::Upload,
        _ if verb == "bulk" => Shape::Bulk,
        (CallType::Download, _) => Shape::Download,
        (CallType::List, "get") if verb == "list" => Shape::List,
        (CallType::Count, _) => Shape::Count,
        (CallType::Get, _) if ends_with_id => Shape::Get,
        (CallType::Value, "post") if verb == "create" => Shape::Create,
        (CallType::Value, "patch") if operation.takes_patch() => Shape::Update,
        (CallType::Value, "put") if ends_with_id => Shape::Replace,
        (CallType::Empty, "delete") if ends_with_id => Shape::Delete,
        _ => return None,
    })
}

/// Returns the example of an operation. `None` if its arguments are too special for a short one.
fn example(context: &Context<'_>, operation: &Operation, shape: Shape) -> Option<Example> {
    let mut arguments = Vec::new();
    let mut names = Vec::new();
    for parameter in operation.parameters.iter().filter(|parameter| !is_optional(parameter)) {
        let value = match parameter.value_type {
            ValueType::Integer | ValueType::Long => format!("{}", 5 + arguments.len()),
            ValueType::String => "\"example\"".to_owned(),
            _ => return None,
        };
        arguments.push(format!("let {} = {value};", parameter.argument));
        names.push(parameter.argument.clone());
    }
    let call = |more: &[&str]| {
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        all.extend(more);
        format!("{}.{}({})", operation.section, operation.name, all.join(", "))
    };
    let visible = match shape {
        Shape::List => list(context, operation, &call(&[]))?,
        Shape::Count => {
            let (record, field) = text_field(context, context.api.counted_schema(operation)?)?;
            vec![format!("let number = {}", call(&[])), filter(&record, &field), "    .await?;".to_owned()]
        }
        Shape::Get => {
            let (record, field) = text_field(context, one(&operation.response)?)?;
            vec![format!("let {record} = {}.await?;", call(&[])), format!("println!(\"{{:?}}\", {record}.{field});")]
        }
        Shape::Create => create(context, operation, &call)?,
        Shape::Update => {
            let schema = one(&operation.response)?;
            let (record, field) = text_field(context, schema)?;
            let type_name = type_name(schema);
            vec![
                format!("let patch = Patch::new().set({type_name}::fields().{field}(), \"Example\");"),
                format!("let {record} = {}.await?;", call(&["&patch"])),
            ]
        }
        Shape::Replace => replace(context, operation, &names, &call(&[]))?,
        Shape::Delete if operation.body.is_none() => vec![format!("{}.await?;", call(&[]))],
        Shape::Delete => return None,
        Shape::Download => vec![
            format!("let bytes = {}.await?.bytes().await?;", call(&[])),
            "std::fs::write(\"file\", bytes)?;".to_owned(),
        ],
        Shape::Upload => {
            let schema = operation.body.as_ref()?.shape.schema()?;
            let (_, field) = text_field(context, schema)?;
            let type_name = type_name(schema);
            vec![
                format!("let form = {type_name} {{ {field}: Some(\"Example\".into()), ..Default::default() }};"),
                "let file = Upload::from_bytes(\"offer.pdf\", std::fs::read(\"offer.pdf\")?);".to_owned(),
                format!("{}.await?;", call(&["&form", "Some(file)"])),
            ]
        }
        Shape::Bulk => {
            let JsonShape::Many(schema) = &operation.body.as_ref()?.shape else { return None };
            let new = constructed(context, schema)?;
            vec![format!("let records = vec![{new}];"), format!("{}.await?;", call(&["&records"]))]
        }
    };
    Some(Example { shape, section: operation.section.clone(), arguments, visible })
}

fn list(context: &Context<'_>, operation: &Operation, call: &str) -> Option<Vec<String>> {
    let ResponseBody::Json(JsonShape::Many(schema)) = &operation.response else { return None };
    let (record, field) = text_field(context, schema)?;
    Some(vec![
        format!("let records = {call}"),
        filter(&record, &field),
        format!("    .sort(|{record}| {record}.{field}().asc())"),
        "    .all()".to_owned(),
        "    .await?;".to_owned(),
        format!("for {record} in records {{"),
        format!("    println!(\"{{:?}}\", {record}.{field});"),
        "}".to_owned(),
    ])
}

fn create(context: &Context<'_>, operation: &Operation, call: &dyn Fn(&[&str]) -> String) -> Option<Vec<String>> {
    let body = operation.body.as_ref().filter(|body| body.required)?;
    let JsonShape::One(schema) = &body.shape else { return None };
    if one(&operation.response) != Some(schema) {
        return None;
    }
    let (record, field) = text_field(context, schema)?;
    let new = constructed(context, schema)?;
    Some(vec![
        format!("let {record} = {new};"),
        format!("let created = {}.await?;", call(&[&format!("&{record}")])),
        format!("println!(\"{{:?}}\", created.{field});"),
    ])
}

fn replace(context: &Context<'_>, operation: &Operation, names: &[String], call: &str) -> Option<Vec<String>> {
    let schema = one(&operation.response)?;
    let get = context.api.operations.iter().find(|get| {
        get.method == "get"
            && get.path == operation.path
            && get.section == operation.section
            && one(&get.response) == Some(schema)
    })?;
    let body = operation.body.as_ref().filter(|body| body.required && body.shape.schema() == Some(schema))?;
    let (record, field) = text_field(context, schema)?;
    if !matches!(body.shape, JsonShape::One(_)) || operation.parameters.iter().any(|parameter| !parameter.in_path) {
        return None;
    }
    let arguments = call.strip_suffix(')')?;
    let separator = if names.is_empty() { "" } else { ", " };
    Some(vec![
        format!("let mut {record} = {}.{}({}).await?;", operation.section, get.name, names.join(", ")),
        format!("{record}.{field} = Some(\"Example\".into());"),
        format!("{arguments}{separator}&{record}).await?;"),
    ])
}

/// Returns the line with the filter of a list or count.
fn filter(record: &str, field: &syn::Ident) -> String {
    let text = if field == "summary" { "printer" } else { "Example" };
    format!("    .filter(|{record}| {record}.{field}().contains({text:?}))")
}

/// Returns the schema of a response that is one record.
fn one(response: &ResponseBody) -> Option<&str> {
    match response {
        ResponseBody::Json(JsonShape::One(schema)) => Some(schema),
        _ => None,
    }
}

/// Returns the name of a variable for a record, and the Rust name of a field with a text that people recognise.
fn text_field(context: &Context<'_>, schema: &str) -> Option<(String, syn::Ident)> {
    if context.api.schema_kind(schema) != SchemaKind::Object {
        return None;
    }
    let field = ["summary", "name", "title", "identifier", "description", "text", "subject"]
        .iter()
        .filter_map(|name| context.property(schema, name))
        .find(|property| property.rust_type == RustType::String)?;
    let variable = heck::AsSnakeCase(type_name(schema)).to_string();
    // The clients are variables with the names of their sections.
    let is_free =
        syn::parse_str::<syn::Ident>(&variable).is_ok() && !context.collections.contains_key(variable.as_str());
    let variable = if is_free { variable } else { "record".to_owned() };
    Some((variable, field.ident.clone()))
}

/// Returns an expression for a new record with the required fields. `None` if one of them has no short value.
fn constructed(context: &Context<'_>, schema: &str) -> Option<String> {
    let type_name = type_name(schema);
    let required = context.api.schemas.get(schema)?.get("x-required-on-create").and_then(Value::as_array);
    let names: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
    if names.is_empty() {
        let (_, field) = text_field(context, schema)?;
        return Some(format!("{type_name} {{ {field}: Some(\"Example\".into()), ..Default::default() }}"));
    }
    let values: Option<Vec<String>> = names.iter().map(|name| value(context, schema, name)).collect();
    let values = values.filter(|values| values.len() <= 4)?;
    Some(format!("{type_name}::new({})", values.join(", ")))
}

fn value(context: &Context<'_>, schema: &str, name: &str) -> Option<String> {
    let property = context.property(schema, name)?;
    Some(match &property.rust_type {
        RustType::String if is_secret(name) => return None,
        RustType::String => match context.docs.known_values.all(schema, name).first() {
            Some(known) => format!("{known:?}"),
            None => "\"Example\"".to_owned(),
        },
        RustType::Integer | RustType::Long | RustType::Number => "1".to_owned(),
        RustType::Boolean => "true".to_owned(),
        other if other.is_reference() => "5".to_owned(),
        RustType::Enumeration(schema) => {
            format!("{:?}", context.api.schemas.get(schema)?.get("enum")?.get(0)?.as_str()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docs::Docs;
    use crate::model::{Api, Body, Parameter, Query};
    use crate::render::summary::tests::operation_named;

    fn operations() -> Vec<Operation> {
        let id = Parameter {
            name: "id".into(),
            argument: "id".into(),
            in_path: true,
            value_type: ValueType::Integer,
            required: true,
        };
        let ticket = || ResponseBody::Json(JsonShape::One("Ticket".into()));
        let body = |shape| Some(Body { shape, multipart: false, required: true });
        let base = |method: &str, name: &str, path: &str, response| Operation {
            section: "service".into(),
            vendor_id: name.into(),
            method: method.into(),
            path: path.into(),
            response,
            ..operation_named(name)
        };
        let with_id = |operation: Operation| Operation { parameters: vec![id.clone()], ..operation };
        let item = "/service/tickets/{id}";
        vec![
            Operation {
                query: Query::List,
                ..base("get", "list_tickets", "/service/tickets", ResponseBody::Json(JsonShape::Many("Ticket".into())))
            },
            Operation {
                query: Query::Count,
                ..base(
                    "get",
                    "count_tickets",
                    "/service/tickets/count",
                    ResponseBody::Json(JsonShape::One("Count".into())),
                )
            },
            with_id(base("get", "get_ticket", item, ticket())),
            Operation {
                body: body(JsonShape::One("Ticket".into())),
                ..base("post", "create_ticket", "/service/tickets", ticket())
            },
            with_id(Operation {
                body: body(JsonShape::Many("PatchOperation".into())),
                ..base("patch", "update_ticket", item, ticket())
            }),
            with_id(Operation {
                body: body(JsonShape::One("Ticket".into())),
                ..base("put", "replace_ticket", item, ticket())
            }),
            with_id(base("delete", "delete_ticket", item, ResponseBody::Empty)),
            with_id(base(
                "get",
                "get_ticket_pdf",
                "/service/tickets/{id}/pdf",
                ResponseBody::Bytes("application/pdf".into()),
            )),
            Operation {
                body: body(JsonShape::Many("Ticket".into())),
                ..base("post", "bulk_create_tickets", "/service/tickets/bulk", ResponseBody::Empty)
            },
            with_id(base("post", "merge_ticket", "/service/tickets/{id}/merge", ticket())),
        ]
    }

    #[test]
    fn each_shape_has_an_example() {
        let ticket = json!({"x-required-on-create": ["summary", "board"], "properties": {
            "summary": {"type": "string"}, "board": {"$ref": "#/components/schemas/BoardReference"},
        }});
        let schemas = [
            ("Ticket".to_owned(), ticket),
            ("BoardReference".to_owned(), json!({"x-reference": "plain", "properties": {}})),
        ];
        let api = Api { version: String::new(), operations: operations(), schemas: schemas.into() };
        let docs = Docs::default();
        let context = Context::new(&api, &docs);
        let visible = |name: &str| {
            let operation = api.operations.iter().find(|operation| operation.name == name).unwrap();
            context.example(operation).map(|example| example.visible.join("\n"))
        };
        for (name, expected) in [
            ("list_tickets", "service.list_tickets()\n    .filter(|ticket| ticket.summary().contains(\"printer\"))"),
            ("count_tickets", "let number = service.count_tickets()"),
            ("get_ticket", "let ticket = service.get_ticket(id).await?;\nprintln!(\"{:?}\", ticket.summary);"),
            (
                "create_ticket",
                "let ticket = Ticket::new(\"Example\", 5);\nlet created = service.create_ticket(&ticket).await?;",
            ),
            ("update_ticket", "service.update_ticket(id, &patch).await?;"),
            (
                "replace_ticket",
                "let mut ticket = service.get_ticket(id).await?;\nticket.summary = Some(\"Example\".into());\nservice.replace_ticket(id, &ticket).await?;",
            ),
            ("delete_ticket", "service.delete_ticket(id).await?;"),
            ("get_ticket_pdf", "service.get_ticket_pdf(id).await?.bytes().await?;"),
            ("bulk_create_tickets", "vec![Ticket::new(\"Example\", 5)]"),
        ] {
            let visible = visible(name).unwrap_or_default();
            assert!(visible.contains(expected), "{name}: {visible}");
        }
        assert_eq!(visible("merge_ticket"), None, "an action has none");
        let operations = operations().into_iter().map(|operation| Operation { section: "ticket".into(), ..operation });
        let section_of_tickets = Api { operations: operations.collect(), ..api.clone() };
        let context_of_tickets = Context::new(&section_of_tickets, &docs);
        let get = context_of_tickets.operations_of("ticket").find(|operation| operation.name == "get_ticket").unwrap();
        let example = context_of_tickets.example(get).unwrap();
        assert_eq!(example.visible.first().unwrap(), "let record = ticket.get_ticket(id).await?;");
        let get = api.operations.iter().find(|operation| operation.name == "get_ticket").unwrap();
        assert!(context.example(get).unwrap().lines().contains(&"# let id = 5;".to_owned()));
    }
}
