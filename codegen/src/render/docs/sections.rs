//! The documentation of a section's client: a table of its collections, and a heading for each.

use crate::model::Operation;
use crate::render::collections::{Collection, fragment};
use crate::render::docs::context::Context;
use crate::render::docs::lines::Documentation;

/// Returns the documentation of a section's client.
#[must_use]
pub fn client(context: &Context<'_>, section: &str) -> Documentation {
    let mut documentation = Documentation::default();
    documentation.paragraph(&format!(
        "The operations of the section `{section}`. `psa.{section}()` in `connectwise-psa` returns this client."
    ));
    documentation.paragraph("# Collections");
    let row = |collection: &Collection<'_>| {
        let paths: Vec<String> = collection.paths.iter().map(|path| format!("`{path}`")).collect();
        format!(
            "| [{}](#{}) | {} | {} |",
            collection.title,
            fragment(&collection.title),
            collection.operations.len(),
            paths.join(", ")
        )
    };
    let head = ["| Collection | Operations | Path |".to_owned(), "|---|---|---|".to_owned()];
    let collections = context.collections.get(section).map(Vec::as_slice).unwrap_or_default();
    documentation.verbatim(head.into_iter().chain(collections.iter().map(row)));
    let mut examples: Vec<_> = context
        .operations_of(section)
        .filter_map(|operation| Some((context.example(operation)?.shape, operation)))
        .collect();
    examples.sort_by_key(|(shape, _)| *shape);
    let examples: Vec<String> = examples
        .into_iter()
        .map(|(shape, operation)| format!("[{}](Self::{})", shape.name(), operation.name))
        .collect();
    if !examples.is_empty() {
        documentation.paragraph("# Examples");
        documentation.paragraph(&format!("One operation of each kind has an example: {}.", examples.join(", ")));
    }
    documentation.paragraph(
        "# Errors\n\n\
         Every call fails with an [`Error`](psa::Error) in these cases:\n\n\
         - The arguments are invalid. Nothing is sent.\n\
         - The server cannot be reached, or the response does not arrive completely or in time.\n\
         - The server rejects the request. The error contains the status and PSA's code, message and field errors.\n\
         - The response cannot be decoded. The error names the record and the field.\n\n\
         If [`Error::is_ambiguous`](psa::Error::is_ambiguous) returns true, the server may have carried out the \
         request although the call failed.",
    );
    if context.operations_of(section).any(|operation| !context.docs.rights.of(operation).is_empty()) {
        documentation.paragraph(
            "# Rights\n\n\
             The rights at the operations are hints: ConnectWise does not publish the rights of each endpoint. They are \
             those that integrations tell their users to grant.",
        );
    }
    documentation
}

/// Returns the heading of a collection, with links to the lists below its records.
#[must_use]
pub fn collection(collection: &Collection<'_>) -> Documentation {
    let mut documentation = Documentation::default();
    documentation.paragraph(&format!("# {}", collection.title));
    let link = |list: &Operation| format!("[`{}`](Self::{})", list.name, list.name);
    let nested: Vec<String> = collection.nested_lists().map(link).collect();
    let paths: Vec<String> = collection.paths.iter().map(|path| format!("`{path}`")).collect();
    documentation.paragraph(&match nested.as_slice() {
        [] => format!("{}.", paths.join(", ")),
        _ => format!("{}. Further lists: {}.", paths.join(", "), nested.join(", ")),
    });
    documentation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::Docs;
    use crate::model::{Api, Query, ResponseBody, Shape};
    use crate::render::summary::tests::operation_named;

    #[test]
    fn a_client_has_a_table_of_its_collections() {
        let list = |name: &str, path: &str| Operation {
            section: "service".into(),
            method: "get".into(),
            path: path.into(),
            query: Query::List,
            response: ResponseBody::Json(Shape::Many("X".into())),
            ..operation_named(name)
        };
        let api = Api {
            version: String::new(),
            operations: vec![
                list("list_board_types", "/service/boardTypes"),
                list("list_tickets", "/service/tickets"),
                list("list_ticket_notes", "/service/tickets/{parentId}/notes"),
            ],
            schemas: [].into(),
        };
        let docs = Docs::default();
        let context = Context::new(&api, &docs);
        let lines = client(&context, "service").lines(0);
        for expected in [
            " | [Board types](#board-types) | 1 | `/service/boardTypes` |",
            " | [Tickets](#tickets) | 2 | `/service/tickets` |",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected} in {lines:?}");
        }
        assert!(!lines.iter().any(|line| line.contains("# Rights")), "no right is known");
        let tickets = context.collections["service"].iter().find(|collection| collection.name == "tickets").unwrap();
        assert_eq!(
            collection(tickets).lines(0),
            [" # Tickets", "", " `/service/tickets`. Further lists: [`list_ticket_notes`](Self::list_ticket_notes)."]
        );
    }
}
