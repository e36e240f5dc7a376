//! References in the texts of `openapi/docs.toml`: `{operation:getServiceTickets}`, `{type:Ticket}` and
//! `{field:Ticket.summary}`. They use the vendor's names, which do not change with ours.

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// An operation by the vendor's ID.
    Operation(&'a str),
    /// A type by the name of its schema.
    Type(&'a str),
    /// A field by the name of its schema and its JSON name.
    Field(&'a str, &'a str),
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text without references.
    Text(&'a str),
    /// A reference.
    Reference(Reference<'a>),
}

/// Divides a text into its references and the text between them.
///
/// # Errors
/// Fails with the first reference that cannot be read.
pub fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(start) = rest.get(from..).and_then(|text| text.find('{')).map(|at| at + from) {
        let (before, after) = rest.split_at(start);
        let Some((kind, name)) = after.get(1..).and_then(kind) else {
            from = start + 1;
            continue;
        };
        let Some(end) = name.find('}') else { return Err(format!("`{after}` has no closing brace")) };
        let (name, tail) = name.split_at(end);
        if before.matches('`').count() % 2 == 1 {
            return Err(format!("`{{{kind}:{name}}}` is in a code span: write it without backticks"));
        }
        let reference = match kind {
            "operation" => Reference::Operation(name),
            "type" => Reference::Type(name),
            "field" => {
                let (schema, field) =
                    name.split_once('.').ok_or_else(|| format!("`{{field:{name}}}`: write {{field:Type.field}}"))?;
                Reference::Field(schema, field)
            }
            _ => return Err(format!("`{{{kind}:{name}}}`: write operation, type or field before the colon")),
        };
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Reference(reference));
        rest = tail.get(1..).unwrap_or_default();
        from = 0;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

/// Returns the word before the colon and the rest, if the text after a brace begins like a reference. JSON does not.
fn kind(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.split_once(':')?;
    (!kind.is_empty() && kind.chars().all(|letter| letter.is_ascii_lowercase())).then_some((kind, rest))
}

/// Returns a text in which `name` has named each reference.
///
/// # Errors
/// Fails with the first reference that cannot be read.
pub fn resolve(text: &str, mut name: impl FnMut(Reference<'_>) -> String) -> Result<String, String> {
    let parts = parts(text)?;
    Ok(parts
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Reference(reference) => name(reference),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_between_text() {
        use Part::{Reference as R, Text};
        assert_eq!(
            parts("See {operation:getX}, {type:Ticket} and {field:Ticket.a.b}. Send `{\"id\": 5}` to `/x/{id}`.")
                .unwrap(),
            [
                Text("See "),
                R(Reference::Operation("getX")),
                Text(", "),
                R(Reference::Type("Ticket")),
                Text(" and "),
                R(Reference::Field("Ticket", "a.b")),
                Text(". Send `{\"id\": 5}` to `/x/{id}`."),
            ]
        );
    }

    #[test]
    fn wrong_references_are_reported() {
        for (text, expected) in [
            ("{operations:getX}", "write operation, type or field"),
            ("{field:summary}", "{field:Type.field}"),
            ("{type:Ticket", "closing brace"),
            ("`{type:Ticket}`", "without backticks"),
        ] {
            assert!(parts(text).unwrap_err().contains(expected), "{text}");
        }
    }
}
