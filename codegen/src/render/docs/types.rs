//! The documentation of structs, their constructors, and enums.

use serde_json::Value;

use crate::model::{Operation, type_name};
use crate::render::docs::context::Context;
use crate::render::docs::lines::{Documentation, wrapped};
use crate::render::docs::links::{Definitions, Scope, define, linked, method_path};
use crate::render::docs::properties::{referenced, roles};
use crate::render::docs::recipes;
use crate::render::summary::article;

/// The number of operations that a list of operations names.
const NAMED_OPERATIONS: usize = 8;

/// The number of fields that a list of fields names.
const NAMED_FIELDS: usize = 4;

/// Returns the documentation of a struct.
#[must_use]
pub fn object(context: &Context<'_>, schema_name: &str) -> Documentation {
    let mut documentation = Documentation::default();
    let mut definitions = Definitions::new();
    let scope = Scope::for_type(context, schema_name);
    let texts = context.docs.texts.types.get(schema_name);
    if let Some(about) = texts.and_then(|texts| texts.about.as_deref()) {
        documentation.markdown(about, |line| linked(context, &scope, line, &mut definitions), <[String]>::to_vec);
    }
    documentation.paragraph(&what(context, schema_name));
    let schema = context.api.schemas.get(schema_name).unwrap_or(&Value::Null);
    let roles = properties_by_role(schema);
    if !roles.is_empty() {
        documentation.paragraph(&roles.join("\n"));
    }
    operations(context, schema_name, &mut documentation);
    if let Some(text) = texts.and_then(|texts| texts.recipes.as_deref()) {
        documentation.paragraph("# Recipes");
        documentation.markdown(
            text,
            |line| {
                let level = if line.starts_with('#') { "#" } else { "" };
                linked(context, &scope, &format!("{level}{line}"), &mut definitions)
            },
            |code| recipes::block(context, code),
        );
    }
    define(&mut documentation, definitions);
    documentation
}

/// Returns what the records of a type are, from its uses.
fn what(context: &Context<'_>, schema_name: &str) -> String {
    let uses = context.uses(schema_name);
    let first = |operations: &[&Operation]| {
        operations.first().map(|operation| format!("`{}.{}`", operation.section, operation.name))
    };
    let sentence = if let Some(target) = referenced(context, schema_name) {
        format!("A reference to {}.", target.one)
    } else if let Some(path) = context.list_path(schema_name) {
        format!("A record of `{path}`.")
    } else if let Some(operation) = first(&uses.returned) {
        match uses.returned.len() {
            1 => format!("The response of {operation}."),
            number => format!("The response of {number} operations."),
        }
    } else if let Some(operation) = first(&uses.taken) {
        match uses.taken.len() {
            1 => format!("The body of {operation}."),
            number => format!("The body of {number} operations."),
        }
    } else if uses.fields.is_empty() {
        "A JSON object of the API.".to_owned()
    } else {
        format!("The value of {}.", some(&uses.fields, NAMED_FIELDS))
    };
    if type_name(schema_name) == schema_name {
        sentence
    } else {
        format!("{sentence} `{schema_name}` in the vendor's OpenAPI document.")
    }
}

/// Returns a list item for each role that properties have: "Required when creating".
fn properties_by_role(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let names: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let required = schema.get("x-required-on-create").and_then(Value::as_array).into_iter().flatten();
    // In the order of the constructor's arguments.
    let required: Vec<&str> = required.filter_map(Value::as_str).collect();
    ["required when creating", "required when updating", "read-only", "write-only", "deprecated"]
        .into_iter()
        .filter_map(|role| {
            let names = if role == "required when creating" { &required } else { &names };
            let names: Vec<&str> =
                names.iter().copied().filter(|name| roles(schema, name).any(|own| own == role)).collect();
            let (first, rest) = role.split_at(1);
            (!names.is_empty()).then(|| format!("- {}{rest}: {}", first.to_uppercase(), listed(&names)))
        })
        .collect()
}

/// Adds the operations that return or take a type: a list item for each section. Only builds with the section have it.
fn operations(context: &Context<'_>, schema_name: &str, documentation: &mut Documentation) {
    let uses = context.uses(schema_name);
    let sections = context.sections_of(schema_name);
    let mut items = Vec::new();
    for section in &sections {
        let in_section = |operations: &[&Operation]| -> Vec<String> {
            operations
                .iter()
                .filter(|operation| operation.section == *section)
                .map(|operation| format!("[`{}`]({})", operation.name, method_path(operation)))
                .collect()
        };
        let (returned, taken) = (in_section(&uses.returned), in_section(&uses.taken));
        let roles: Vec<String> = [("returned by", returned), ("taken by", taken)]
            .into_iter()
            .filter(|(_, operations)| !operations.is_empty())
            .map(|(role, operations)| format!("{role} {}", some(&operations, NAMED_OPERATIONS)))
            .collect();
        if !roles.is_empty() {
            items.push((*section, format!("- `{section}`: {}.", roles.join("; "))));
        }
    }
    if items.is_empty() {
        return;
    }
    documentation.paragraph("# Operations");
    documentation.gap();
    for (section, item) in items {
        if sections.len() == 1 {
            documentation.paragraph(&item);
        } else {
            documentation.line_for([section], item);
        }
    }
}

/// Returns the first items of a list, and how many there are more.
fn some(items: &[String], number: usize) -> String {
    let named =
        items.iter().take(number).map(|item| if item.starts_with('[') { item.clone() } else { format!("`{item}`") });
    let named = named.collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(number) {
        0 => named,
        1 => format!("{named} and one other"),
        more => format!("{named} and {more} others"),
    }
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

/// Returns the documentation of an enum.
#[must_use]
pub fn enumeration(context: &Context<'_>, schema_name: &str) -> Documentation {
    let mut documentation = Documentation::default();
    let scope = Scope::for_type(context, schema_name);
    let mut definitions = Definitions::new();
    if let Some(about) = context.docs.texts.types.get(schema_name).and_then(|texts| texts.about.as_deref()) {
        documentation.markdown(about, |line| linked(context, &scope, line, &mut definitions), <[String]>::to_vec);
    }
    let uses = context.uses(schema_name).fields;
    let of = if uses.is_empty() { format!("`{schema_name}`") } else { some(&uses, NAMED_FIELDS) };
    documentation.paragraph(&format!("The known values of {of}. Any other value is kept as `Unrecognized`."));
    define(&mut documentation, definitions);
    documentation
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docs::{Docs, Files};
    use crate::model::{Api, Body, Query, ResponseBody, Shape};
    use crate::render::summary::tests::operation_named;

    const EMPTY: Files<'_> = Files {
        texts: "",
        known_values: "type,field,values,when\n",
        rights: "path,area,entry\n",
        reference_paths: "type,path,link\n",
        actions: "category,action,method,path,vendor_operation_id,reason,popular\n",
    };

    fn operation(section: &str, name: &str, returns: &str) -> Operation {
        Operation {
            section: section.into(),
            vendor_id: format!("{section}{name}"),
            path: format!("/{section}/tickets"),
            response: ResponseBody::Json(Shape::One(returns.into())),
            ..operation_named(name)
        }
    }

    fn api() -> Api {
        let list = Operation {
            method: "get".into(),
            query: Query::List,
            response: ResponseBody::Json(Shape::Many("Ticket".into())),
            ..operation("service", "list_tickets", "")
        };
        let create = Operation {
            method: "post".into(),
            body: Some(Body { shape: Shape::One("Ticket".into()), multipart: false, required: true }),
            ..operation("service", "create_ticket", "Ticket")
        };
        let ticket = json!({"x-required-on-create": ["summary", "company"], "properties": {
            "company": {}, "summary": {"x-required-on-update": true}, "id": {"readOnly": true}, "password": {"writeOnly": true},
            "level": {"$ref": "#/components/schemas/Level"}, "part": {"$ref": "#/components/schemas/PartOf"},
        }});
        Api {
            version: String::new(),
            operations: vec![create, list, operation("time", "get_it", "Ticket"), operation("time", "do_it", "Result")],
            schemas: [
                ("Ticket".to_owned(), ticket),
                ("Level".to_owned(), json!({"enum": ["a"]})),
                ("PartOf".to_owned(), json!({"properties": {}})),
                ("Result".to_owned(), json!({"properties": {}})),
                ("TicketReference".to_owned(), json!({"x-reference": "extended", "properties": {}})),
                ("x_other".to_owned(), json!({"properties": {}})),
            ]
            .into(),
        }
    }

    #[test]
    fn a_type_says_what_it_is_and_which_operations_use_it() {
        let (api, docs) = (api(), Docs::read(&EMPTY).unwrap());
        let context = Context::new(&api, &docs);
        assert_eq!(
            object(&context, "Ticket").lines(0),
            [
                " A record of `/service/tickets`.",
                "",
                " - Required when creating: `summary`, `company`",
                " - Required when updating: `summary`",
                " - Read-only: `id`",
                " - Write-only: `password`",
                "",
                " # Operations",
                ""
            ]
        );
        let text = object(&context, "Ticket").attributes(0).to_string();
        for expected in [
            "# [cfg_attr (feature = \"service\" , doc = \"- `service`: returned by [`list_tickets`](crate::service::Client::list_tickets), \
             [`create_ticket`](crate::service::Client::create_ticket); taken by [`create_ticket`](crate::service::Client::create_ticket).\")]",
            "# [cfg_attr (feature = \"time\" , doc = \"- `time`: returned by [`get_it`](crate::time::Client::get_it).\")]",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        for (schema, expected) in [
            ("Result", " The response of `time.do_it`."),
            ("PartOf", " The value of `Ticket.part`."),
            ("TicketReference", " A reference to a `Ticket` (`/service/tickets`)."),
            ("x_other", " A JSON object of the API. `x_other` in the vendor's OpenAPI document."),
        ] {
            assert_eq!(object(&context, schema).lines(0).first().unwrap(), expected);
        }
        assert_eq!(
            enumeration(&context, "Level").lines(0),
            [" The known values of `Ticket.level`. Any other value is kept as `Unrecognized`."]
        );
        assert_eq!(
            constructor("Ticket", ["summary"].into_iter()),
            [" Creates a `Ticket` with its required field: `summary`. All other fields are `None` and are not sent."]
        );
    }

    #[test]
    fn our_texts_come_first_and_recipes_last() {
        let api = api();
        let texts = "[types.Ticket]\nabout = \"A ticket. See {type:Result}.\"\nrecipes = \"\"\"\n# First\n```rust\nservice.list_tickets();\n```\n\"\"\"";
        let docs = Docs::read(&Files { texts, ..EMPTY }).unwrap();
        let context = Context::new(&api, &docs);
        let lines = object(&context, "Ticket").lines(0);
        assert_eq!(
            lines.iter().take(3).collect::<Vec<_>>(),
            [" A ticket. See `Result`.", "", " A record of `/service/tickets`."]
        );
        let at = lines.iter().position(|line| line == " # Recipes").unwrap();
        assert_eq!(lines.get(at + 2).unwrap(), " ## First");
        assert!(lines.contains(&" service.list_tickets();".to_owned()), "{lines:?}");
    }
}
