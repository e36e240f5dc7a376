//! Names of operations, types and fields in documentation: as links of rustdoc, and as plain names for JSON Schemas and
//! the catalogue.
//!
//! A link must resolve in every combination of features. An item is compiled if one of the sections of its scope is. A
//! link to something that all of these sections compile is a plain link. A link to an operation of another section leads
//! to what the documentation of the crate says about features, in builds without that section.

use std::collections::BTreeSet;

use crate::docs::references::{Reference, resolve};
use crate::model::{Operation, type_name};
use crate::render::docs::context::Context;
use crate::render::docs::lines::Documentation;

/// The item that a text documents.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The sections that compile it.
    pub sections: BTreeSet<&'a str>,
    /// The section whose client it belongs to, if it is an operation.
    pub client: Option<&'a str>,
    /// The schema of the type that it is or belongs to, if it is a type or field.
    pub schema: Option<&'a str>,
}

impl<'a> Scope<'a> {
    /// Returns the scope of an operation, or of a section's client.
    #[must_use]
    pub fn section(section: &'a str) -> Self {
        Self { sections: [section].into(), client: Some(section), schema: None }
    }

    /// Returns the scope of a type.
    #[must_use]
    pub fn for_type(context: &Context<'a>, schema: &'a str) -> Self {
        Self { sections: context.sections_of(schema), client: None, schema: Some(schema) }
    }

    /// Returns whether everything in the scope is compiled only together with one of these sections.
    fn is_within(&self, sections: &BTreeSet<&str>) -> bool {
        !self.sections.is_empty() && self.sections.iter().all(|section| sections.contains(section))
    }
}

/// The links to operations of sections that only some builds have: the section, and the name of the method.
pub type Definitions = BTreeSet<(String, String)>;

/// Returns a text of `openapi/docs.toml` with links, and adds the definitions that they need.
#[must_use]
pub fn linked(context: &Context<'_>, scope: &Scope<'_>, text: &str, definitions: &mut Definitions) -> String {
    // `Texts::check` has reported the references that cannot be read.
    resolve(text, |reference| match reference {
        Reference::Operation(id) => match operation(context, id) {
            Some(operation) => operation_link(scope, operation, definitions),
            None => format!("`{id}`"),
        },
        Reference::Type(schema) => type_link(context, scope, schema),
        Reference::Field(schema, field) => field_link(context, scope, schema, field),
    })
    .unwrap_or_else(|_| text.to_owned())
}

/// Returns a text of `openapi/docs.toml` with plain names.
#[must_use]
pub fn plain(context: &Context<'_>, text: &str) -> String {
    resolve(text, |reference| match reference {
        Reference::Operation(id) => operation(context, id)
            .map_or_else(|| format!("`{id}`"), |operation| format!("`{}.{}`", operation.section, operation.name)),
        Reference::Type(schema) => format!("`{schema}`"),
        Reference::Field(schema, field) => format!("`{schema}.{field}`"),
    })
    .unwrap_or_else(|_| text.to_owned())
}

/// Adds the definitions to a documentation, after an empty line.
pub fn define(documentation: &mut Documentation, definitions: Definitions) {
    if !definitions.is_empty() {
        documentation.gap();
    }
    for (section, name) in definitions {
        let label = label(&section, &name);
        documentation.line_for([section.as_str()], format!("{label}: crate::{section}::Client::{name}"));
        documentation.line_without([section.as_str()], format!("{label}: crate#features"));
    }
}

fn operation<'a>(context: &Context<'a>, id: &str) -> Option<&'a Operation> {
    context.api.operations.iter().find(|operation| operation.vendor_id == id)
}

/// Returns the path of an operation's method.
#[must_use]
pub fn method_path(operation: &Operation) -> String {
    format!("crate::{}::Client::{}", operation.section, operation.name)
}

fn operation_link(scope: &Scope<'_>, operation: &Operation, definitions: &mut Definitions) -> String {
    let Operation { section, name, .. } = operation;
    let path = method_path(operation);
    if scope.client == Some(section.as_str()) {
        format!("[`{name}`]({path})")
    } else if scope.is_within(&[section.as_str()].into()) {
        format!("[`{section}.{name}`]({path})")
    } else {
        definitions.insert((section.clone(), name.clone()));
        label(section, name)
    }
}

/// Returns the label of a link whose target is defined at the end of the documentation.
fn label(section: &str, name: &str) -> String {
    format!("[`{section}.{name}`]")
}

/// Returns a type with a link, if every build that has the scope has the type.
#[must_use]
pub fn type_link(context: &Context<'_>, scope: &Scope<'_>, schema: &str) -> String {
    let name = type_name(schema);
    if context.is_generated(schema) && scope.is_within(&context.sections_of(schema)) {
        format!("[`{name}`](crate::types::{name})")
    } else {
        format!("`{name}`")
    }
}

fn field_link(context: &Context<'_>, scope: &Scope<'_>, schema: &str, field: &str) -> String {
    let Some(property) = context.property(schema, field) else { return format!("`{schema}.{field}`") };
    let (name, ident) = (type_name(schema), &property.ident);
    let shown = if scope.schema == Some(schema) { ident.to_string() } else { format!("{name}::{ident}") };
    // Rustdoc does not show the field `info`, so it has no link.
    if scope.is_within(&context.sections_of(schema)) && field != "_info" {
        format!("[`{shown}`](field@crate::types::{name}::{ident})")
    } else {
        format!("`{shown}`")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docs::Docs;
    use crate::model::{Api, ResponseBody, Shape};
    use crate::render::summary::tests::operation_named;

    #[test]
    fn a_link_resolves_in_every_build() {
        let get = |section: &str, schema: &str| Operation {
            section: section.into(),
            vendor_id: format!("get{schema}{section}"),
            response: ResponseBody::Json(Shape::One(schema.into())),
            ..operation_named("get_it")
        };
        let object = || json!({"properties": {"type": {"type": "string"}}});
        let api = Api {
            version: String::new(),
            operations: vec![get("service", "Board"), get("service", "Ticket"), get("time", "Ticket")],
            schemas: [("Board".to_owned(), object()), ("Ticket".to_owned(), object())].into(),
        };
        let docs = Docs::default();
        let context = Context::new(&api, &docs);
        let (in_service, in_time, shared) =
            (Scope::section("service"), Scope::section("time"), Scope::for_type(&context, "Ticket"));
        let operation = "{operation:getBoardservice}";
        let method = "crate::service::Client::get_it";
        for (scope, text, expected) in [
            (&in_service, operation, format!("[`get_it`]({method})")),
            (&Scope::for_type(&context, "Board"), operation, format!("[`service.get_it`]({method})")),
            (&in_time, operation, "[`service.get_it`]".to_owned()),
            (&shared, operation, "[`service.get_it`]".to_owned()),
            (&in_service, "{type:Board}", "[`Board`](crate::types::Board)".to_owned()),
            (&in_time, "{type:Board}", "`Board`".to_owned()),
            (&in_time, "{type:Ticket}", "[`Ticket`](crate::types::Ticket)".to_owned()),
            (&shared, "{type:Board}", "`Board`".to_owned()),
            (&in_service, "{field:Board.type}", "[`Board::type_`](field@crate::types::Board::type_)".to_owned()),
            (&in_time, "{field:Board.type}", "`Board::type_`".to_owned()),
            (
                &Scope::for_type(&context, "Board"),
                "{field:Board.type}",
                "[`type_`](field@crate::types::Board::type_)".to_owned(),
            ),
        ] {
            let mut definitions = Definitions::new();
            assert_eq!(linked(&context, scope, text, &mut definitions), expected);
            let has_definition = expected == "[`service.get_it`]";
            assert_eq!(!definitions.is_empty(), has_definition);
            let mut documentation = Documentation::default();
            define(&mut documentation, definitions);
            let attributes = documentation.attributes(0).to_string();
            for target in [method, "crate#features"] {
                assert_eq!(attributes.contains(&format!("\"[`service.get_it`]: {target}\"")), has_definition);
            }
        }
        assert_eq!(
            plain(&context, "{operation:getTickettime}, {type:Board}, {field:Board.type}"),
            "`time.get_it`, `Board`, `Board.type`"
        );
    }
}
