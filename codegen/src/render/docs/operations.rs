//! The documentation of an operation's method.

use serde_json::Value;

use crate::model::{Api, Body, Operation, Query, ResponseBody, Shape, ValueType, type_name};
use crate::render::docs::context::Context;
use crate::render::docs::lines::Documentation;
use crate::render::docs::links::{self, Definitions, Scope, define, linked, type_link};
use crate::render::operations::{CallType, call_type, has_only_page_numbers};
use crate::render::summary::{article, sentence};

/// Returns the first sentence of an operation, without links.
#[must_use]
pub fn summary(context: &Context<'_>, operation: &Operation) -> String {
    let written = context.docs.texts.operations.get(&operation.vendor_id).and_then(|texts| texts.summary.as_deref());
    written.map_or_else(|| sentence(operation), |summary| format!("{}.", links::plain(context, summary.trim())))
}

/// Returns our text about an operation, with plain names instead of links. Empty if there is none.
#[must_use]
pub fn about(context: &Context<'_>, operation: &Operation) -> String {
    let written = context.docs.texts.operations.get(&operation.vendor_id).and_then(|texts| texts.about.as_deref());
    let mut documentation = Documentation::default();
    documentation.markdown(written.unwrap_or_default(), |line| links::plain(context, line), <[String]>::to_vec);
    documentation.text()
}

/// Returns the documentation of an operation's method.
#[must_use]
pub fn operation(context: &Context<'_>, operation: &Operation) -> Documentation {
    let scope = Scope::section(&operation.section);
    let mut documentation = Documentation::default();
    let mut definitions = Definitions::new();
    let texts = context.docs.texts.operations.get(&operation.vendor_id);
    match texts.and_then(|texts| texts.summary.as_deref()) {
        Some(summary) => {
            let summary = format!("{}.", summary.trim());
            documentation.markdown(
                &summary,
                |line| linked(context, &scope, line, &mut definitions),
                <[String]>::to_vec,
            );
        }
        None => documentation.paragraph(&sentence(operation)),
    }
    if let Some(about) = texts.and_then(|texts| texts.about.as_deref()) {
        documentation.markdown(about, |line| linked(context, &scope, line, &mut definitions), <[String]>::to_vec);
    }
    documentation.paragraph(&format!(
        "`{} {}`. Vendor's operation ID: `{}`. {}",
        operation.method.to_uppercase(),
        operation.path,
        operation.vendor_id,
        returns(context, operation)
    ));
    let arguments = arguments(context, operation);
    if !arguments.is_empty() {
        documentation.paragraph(&arguments.join("\n"));
    }
    if operation.method == "put" {
        documentation.paragraph(
            "Replaces the whole record: the server empties every field that you leave out. This includes fields of \
             newer API versions that the type does not have. Prefer an update.",
        );
    }
    let rights = context.docs.rights.of(operation);
    if !rights.is_empty() {
        documentation.paragraph(&format!("Rights of the security role: {}.", rights.join(", ")));
    }
    if let Some(example) = context.example(operation) {
        documentation.paragraph("# Example");
        documentation.verbatim(example.lines());
    }
    define(&mut documentation, definitions);
    documentation
}

/// Returns a list item for each argument.
fn arguments(context: &Context<'_>, operation: &Operation) -> Vec<String> {
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
            if body.file_part(context.api).is_some() {
                arguments.push("- `file`: the file to upload, or `None` if the form names a link instead.".to_owned());
            }
        }
        Some(body) => arguments.push(format!(
            "- `body`: {}.{}",
            body_text(context, operation, body),
            required(context.api, operation, body)
        )),
    }
    arguments
}

/// Returns what the argument `body` accepts. An optional body is an `Option`.
fn body_text(context: &Context<'_>, operation: &Operation, body: &Body) -> String {
    let scope = Scope::section(&operation.section);
    let named = match &body.shape {
        Shape::One(name) => Some(format!("{} {}", article(&type_name(name)), type_link(context, &scope, name))),
        Shape::Many(name) => Some(format!("a `Vec`, slice or array of {}", type_link(context, &scope, name))),
        _ => None,
    };
    match (named, body.required) {
        (Some(named), true) => format!("{named}, or any JSON as a `Value`"),
        (Some(named), false) => format!("{named}, or `None` to send no body"),
        (None, true) => "any JSON".to_owned(),
        (None, false) => "any JSON, or `None` to send no body".to_owned(),
    }
}

/// Returns the fields that a body must have.
fn required(api: &Api, operation: &Operation, body: &Body) -> String {
    let schema = body.shape.schema().and_then(|name| api.schemas.get(name));
    let required = schema.and_then(|schema| schema.get("x-required-on-create")).and_then(Value::as_array);
    let names: Vec<String> =
        required.into_iter().flatten().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
    if names.is_empty() || !matches!(operation.method.as_str(), "post" | "put") {
        return String::new();
    }
    format!(" Required: {}.", names.join(", "))
}

/// Returns what a call returns, and the methods with which a caller sets its list parameters.
fn returns(context: &Context<'_>, operation: &Operation) -> String {
    let api = context.api;
    let scope = Scope::section(&operation.section);
    // The typed methods need a record with typed fields. Other calls have only those for text.
    let has_fields = matches!(&operation.response, ResponseBody::Json(Shape::One(name) | Shape::Many(name))
        if api.schemas.get(name).is_none_or(|schema| schema.get("properties").is_some()));
    let suffix = if has_fields { "" } else { "_text" };
    let options = match operation.query {
        Query::List if call_type(operation) == CallType::List => format!(
            " page by page. The returned list has the methods `filter{suffix}`, `sort{suffix}` and `select{suffix}`"
        ),
        Query::List => ". The method `with_query` of the returned call sets filters, order and paging".to_owned(),
        Query::Fields => format!(", or only the fields that `select{suffix}` names"),
        _ => String::new(),
    };
    let text = match &operation.response {
        ResponseBody::Empty => "Returns nothing.".to_owned(),
        ResponseBody::Bytes(media) => format!("Returns bytes ({media})."),
        ResponseBody::Json(Shape::One(_)) if operation.query == Query::Count => {
            let filter = if api.counted_schema(operation).is_some() { "filter" } else { "filter_text" };
            format!("Returns the number of records, or of those that match a `{filter}`.")
        }
        ResponseBody::Json(Shape::One(name)) => {
            format!("Returns {} {}{options}.", article(&type_name(name)), type_link(context, &scope, name))
        }
        ResponseBody::Json(Shape::Many(name)) => {
            format!("Returns {} records{options}.", type_link(context, &scope, name))
        }
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
    };
    let mut text = text;
    if call_type(operation) == CallType::List && has_only_page_numbers(operation) {
        text.push_str(" The list has only page numbers, no forward-only paging.");
    }
    let without: Vec<String> = operation.annotations.without.iter().map(|name| format!("`{name}`")).collect();
    if !without.is_empty() {
        text.push_str(&format!(" The operation does not take {}.", without.join(", ")));
    }
    text
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docs::{Docs, Files};
    use crate::model::Parameter;
    use crate::render::summary::tests::operation_named;

    fn api() -> Api {
        let file = json!({"type": "string", "format": "binary"});
        let schemas = [
            ("Ticket", json!({"properties": {}, "x-required-on-create": ["summary"]})),
            ("Form", json!({"properties": {"file": file}})),
        ];
        Api {
            version: String::new(),
            operations: Vec::new(),
            schemas: schemas.map(|(name, schema)| (name.to_owned(), schema)).into(),
        }
    }

    /// Calls `check` with the context of an API that has only this operation.
    fn with_context<T>(api: Api, operation: &Operation, docs: &Docs, check: impl FnOnce(&Context<'_>) -> T) -> T {
        let mut api = api;
        api.operations.push(operation.clone());
        check(&Context::new(&api, docs))
    }

    #[test]
    fn an_operation_says_what_it_does_and_returns() {
        let described = Operation {
            section: "service".into(),
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
        let docs = Docs::read(&Files {
            texts: "[operations.getX]\nabout = \"\"\"\nThe discussion,\nlike {type:Ticket}.\n\n- `a`\n\"\"\"",
            known_values: "type,field,values,when\n",
            rights: "path,area,entry\n/service/tickets,Service Desk,Service Tickets\n",
            reference_paths: "type,path,link\n",
            actions: "category,action,method,path,vendor_operation_id,reason,popular\n",
        })
        .unwrap();
        with_context(api(), &described, &docs, |context| {
            assert_eq!(
                operation(context, &described).lines(4),
                [
                    " Lists ticket notes.",
                    "",
                    " The discussion, like `Ticket`.",
                    "",
                    " - `a`",
                    "",
                    " `GET /service/tickets/{parentId}/notes`. Vendor's operation ID: `getX`. Returns `ServiceNote` records page by",
                    " page. The returned list has the methods `filter`, `sort` and `select`.",
                    "",
                    " - `ticket_id`: path parameter `parentId`.",
                    "",
                    " Rights of the security role: Service Desk > Service Tickets (Inquire)."
                ]
            );
            assert_eq!(summary(context, &described), "Lists ticket notes.");
            assert_eq!(about(context, &described), "The discussion, like `Ticket`.\n\n- `a`");
        });
    }

    #[test]
    fn each_argument_has_a_line() {
        let parameter = |name: &str, argument: &str, required| Parameter {
            name: name.into(),
            argument: argument.into(),
            in_path: false,
            value_type: ValueType::String,
            required,
        };
        let with_body = |method: &str, shape, multipart, required| Operation {
            section: "service".into(),
            method: method.into(),
            parameters: vec![
                parameter("id", "id", true),
                parameter("type", "type_", true),
                parameter("optional", "optional", false),
            ],
            body: Some(Body { shape, multipart, required }),
            ..operation_named("do_it")
        };
        let ticket = "[`Ticket`](crate::types::Ticket)";
        for (method, shape, multipart, required, expected) in [
            (
                "post",
                Shape::One("Ticket".into()),
                false,
                true,
                format!("- `body`: a {ticket}, or any JSON as a `Value`. Required: `summary`."),
            ),
            (
                "post",
                Shape::Many("Ticket".into()),
                false,
                true,
                format!("- `body`: a `Vec`, slice or array of {ticket}, or any JSON as a `Value`. Required: `summary`."),
            ),
            (
                "delete",
                Shape::One("Ticket".into()),
                false,
                false,
                format!("- `body`: a {ticket}, or `None` to send no body."),
            ),
            ("post", Shape::Any, false, true, "- `body`: any JSON.".to_owned()),
            ("post", Shape::Any, false, false, "- `body`: any JSON, or `None` to send no body.".to_owned()),
            ("patch", Shape::Many("PatchOperation".into()), false, true, "- `patch`: the changes.".to_owned()),
            (
                "post",
                Shape::One("Form".into()),
                true,
                true,
                "- `form`: the text fields of the form.\n- `file`: the file to upload, or `None` if the form names a link instead.".to_owned(),
            ),
        ] {
            let operation = with_body(method, shape, multipart, required);
            let docs = Docs::default();
            with_context(api(), &operation, &docs, |context| {
                assert_eq!(
                    arguments(context, &operation).join("\n"),
                    format!("- `id`: query parameter.\n- `type_`: query parameter `type`.\n{expected}")
                );
            });
        }
    }

    #[test]
    fn a_call_names_the_methods_that_set_its_list_parameters() {
        let json = |shape, query| Operation {
            section: "service".into(),
            method: "get".into(),
            path: "/service/tickets/count".into(),
            query,
            response: ResponseBody::Json(shape),
            ..operation_named("get_it")
        };
        let audit_trail =
            Operation { path: "/system/audittrail".into(), ..json(Shape::Many("Entry".into()), Query::List) };
        for (operation, expected) in [
            (
                json(Shape::One("Ticket".into()), Query::Fields),
                "Returns a [`Ticket`](crate::types::Ticket), or only the fields that `select` names.",
            ),
            (json(Shape::Any, Query::Fields), "Returns any JSON, or only the fields that `select_text` names."),
            (
                json(Shape::ManyMaps(None), Query::List),
                "Returns maps page by page. The returned list has the methods `filter_text`, `sort_text` and `select_text`.",
            ),
            (
                json(Shape::One("Report".into()), Query::List),
                "Returns a `Report`. The method `with_query` of the returned call sets filters, order and paging.",
            ),
            (
                json(Shape::One("Count".into()), Query::Count),
                "Returns the number of records, or of those that match a `filter_text`.",
            ),
            (
                audit_trail,
                "Returns `Entry` records page by page. The returned list has the methods `filter`, `sort` and `select`. \
                 The list has only page numbers, no forward-only paging.",
            ),
        ] {
            let docs = Docs::default();
            with_context(api(), &operation, &docs, |context| assert_eq!(returns(context, &operation), expected));
        }
        let list = Operation { path: "/service/tickets".into(), ..json(Shape::Many("Ticket".into()), Query::List) };
        let with_list = Api { operations: vec![list], ..api() };
        let count = json(Shape::One("Count".into()), Query::Count);
        let docs = Docs::default();
        with_context(with_list, &count, &docs, |context| {
            assert_eq!(returns(context, &count), "Returns the number of records, or of those that match a `filter`.");
        });
    }
}
