//! Documentation lines, in our words: made from method, path and shape, never from the vendor's prose.

use serde_json::Value;

use crate::document::escape;
use crate::model::{Answer, Kind, Operation, Query, Shape, type_name};

/// Lines of a struct.
#[must_use]
pub fn object(schema_name: &str, schema: &Value) -> Vec<String> {
    let mut lines = vec![match schema.get("x-reference").and_then(Value::as_str) {
        Some(_) => format!(" Reference `{schema_name}` to another record."),
        None => format!(" `{schema_name}` of the vendor's document."),
    }];
    let required = names(schema.get("x-required-on-create"));
    if !required.is_empty() {
        lines.push(String::new());
        lines.push(format!(" A creation needs {}.", listed(&required)));
    }
    lines
}

/// Line of a member.
#[must_use]
pub fn member(wire: &str, schema: &Value) -> Vec<String> {
    let property = schema.pointer(&format!("/properties/{}", escape(wire))).unwrap_or(&Value::Null);
    let mut facts = Vec::new();
    if let Some(length) = property.get("maxLength").and_then(Value::as_u64) {
        facts.push(format!("at most {length} characters"));
    }
    if property.get("writeOnly").is_some() {
        facts.push("sent, never returned".to_owned());
    }
    if property.get("readOnly").is_some() {
        facts.push("set by the server".to_owned());
    }
    if property.get("x-required-on-update").is_some() {
        facts.push("needed by updates".to_owned());
    }
    if wire == "_info" {
        facts.push("who changed the record, and when".to_owned());
    }
    vec![if facts.is_empty() { format!(" `{wire}`") } else { format!(" `{wire}`: {}", facts.join("; ")) }]
}

/// Line of a field: its name on the wire, and what values it has.
#[must_use]
pub fn field(wire: &str, property: &Value) -> String {
    let text = |key: &str| property.get(key).and_then(Value::as_str);
    let named = |property: &Value| {
        property.get("$ref").and_then(Value::as_str).and_then(crate::document::schema_name).map(type_name)
    };
    let limit = property.get("maxLength").and_then(Value::as_u64);
    let what = match (text("type"), text("format")) {
        (None, _) => match named(property) {
            Some(name) => format!("`{name}`"),
            None => "JSON of any shape".to_owned(),
        },
        (Some("array"), _) => match property.get("items").and_then(named) {
            Some(name) => format!("list of `{name}`"),
            None => "list".to_owned(),
        },
        (Some("integer"), _) => "whole number".to_owned(),
        (Some("number"), _) => "number".to_owned(),
        (Some("boolean"), _) => "true or false".to_owned(),
        (Some("string"), Some("date-time")) => "date and time".to_owned(),
        (Some("string"), Some("date")) => "date".to_owned(),
        (Some("string"), Some("uuid")) => "UUID".to_owned(),
        (Some("string"), Some("binary")) => "bytes".to_owned(),
        (Some("string"), _) if property.get("x-date-as-text").is_some() => {
            "text without a format that is a date by its name".to_owned()
        }
        (Some("string"), _) => {
            limit.map_or_else(|| "text".to_owned(), |limit| format!("text of at most {limit} characters"))
        }
        (Some(_), _) => "map".to_owned(),
    };
    format!(" `{wire}`: {what}")
}

/// Lines of a constructor.
#[must_use]
pub fn constructor<'a>(members: impl Iterator<Item = &'a str>) -> Vec<String> {
    let members: Vec<&str> = members.collect();
    vec![format!(" With what a creation needs: {}. Every other member is left out until it is set.", listed(&members))]
}

/// Lines of an enum.
#[must_use]
pub fn enumeration(schema_name: &str) -> Vec<String> {
    vec![format!(" `{schema_name}`: values of the document; any other text is kept as it came.")]
}

/// Lines of an operation's method.
#[must_use]
pub fn operation(operation: &Operation) -> Vec<String> {
    let mut lines = vec![
        format!(" {}.", what(operation)),
        String::new(),
        format!(
            " `{} {}`, vendor's id `{}`. {}",
            operation.method.to_uppercase(),
            operation.path,
            operation.vendor_id,
            returns(operation)
        ),
    ];
    let own: Vec<String> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.in_path || parameter.required)
        .map(|parameter| {
            let place = if parameter.in_path { "path" } else { "query" };
            format!(" - `{}`: `{}` of the {place}.", parameter.argument.trim_end_matches('_'), parameter.name)
        })
        .collect();
    if !own.is_empty() {
        lines.push(String::new());
        lines.extend(own);
    }
    if operation.method == "put" {
        lines.push(String::new());
        lines.push(" Replaces: members left out are emptied, and members of newer versions that the type does not have are lost. Prefer an update.".to_owned());
    }
    if operation.body.as_ref().is_some_and(|body| body.multipart) {
        lines.push(String::new());
        lines.push(
            " `form` holds the texts of the form, `file` what is uploaded; `None` where the form names a link instead."
                .to_owned(),
        );
    }
    lines
}

/// "Lists ticket notes", "Gets a ticket": the name as a sentence.
fn what(operation: &Operation) -> String {
    let mut words = operation.name.split('_').map(str::to_owned).peekable();
    let bulk = words.next_if(|word| word == "bulk").map(|_| " in bulk").unwrap_or_default();
    let verb = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let verb = match verb.as_str() {
        verb if verb.ends_with('y') && !verb.ends_with("ay") => {
            format!("{}ies", verb.get(..verb.len() - 1).unwrap_or(verb))
        }
        verb if verb.ends_with("ch") || verb.ends_with('s') => format!("{verb}es"),
        verb => format!("{verb}s"),
    };
    let mut letters = verb.chars();
    let verb: String = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
    format!("{verb}{}{}{bulk}", article(&rest), rest.iter().map(|word| format!(" {word}")).collect::<String>())
}

/// The article before nouns that name one thing.
fn article(nouns: &[String]) -> &'static str {
    const UNCOUNTED: [&str; 7] = ["all", "info", "children", "default", "my", "from", "management"];
    let (Some(first), Some(last)) = (nouns.first(), nouns.last()) else { return "" };
    if [first, last].into_iter().any(|word| UNCOUNTED.contains(&word.as_str()))
        || (last.ends_with('s') && crate::names::singular(last) != *last)
    {
        ""
    } else if first.starts_with(['a', 'e', 'i', 'o']) || (first.starts_with('u') && !first.starts_with("us")) {
        " an"
    } else {
        " a"
    }
}

fn returns(operation: &Operation) -> String {
    let paged = match operation.query {
        Query::List if operation.is_list() => ", page by page; filters, order and fields can be set",
        Query::List => "; filters, order and paging can be set",
        Query::Fields => "; `fields` can be set",
        _ => "",
    };
    match &operation.answer {
        Answer::Nothing => "Answers nothing.".to_owned(),
        Answer::Bytes(media) => format!("Answers bytes ({media})."),
        Answer::Json(Shape::One(_)) if operation.query == Query::Count => {
            "Answers a number; filters can be set.".to_owned()
        }
        Answer::Json(Shape::One(name)) => format!("Answers `{}`{paged}.", type_name(name)),
        Answer::Json(Shape::Many(name)) => format!("Answers `{}` records{paged}.", type_name(name)),
        Answer::Json(Shape::Scalar(kind)) => format!("Answers a {}.", value_of(kind)),
        Answer::Json(Shape::Scalars(kind)) => format!("Answers a list of {}s{paged}.", value_of(kind)),
        Answer::Json(Shape::Map(_)) => "Answers a map.".to_owned(),
        Answer::Json(Shape::ManyMaps(_)) => format!("Answers maps{paged}."),
        Answer::Json(Shape::Any | Shape::ManyAny) => format!("Answers JSON of no described shape{paged}."),
    }
}

fn value_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Integer | Kind::Long => "whole number",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::DateTime => "date and time",
        Kind::Date => "date",
        Kind::Uuid => "UUID",
        _ => "text",
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

    #[test]
    fn lines_tell_the_facts() {
        let schema = json!({"x-required-on-create": ["summary"], "properties": {"summary": {"maxLength": 100, "x-required-on-update": true}, "_info": {}}});
        assert_eq!(
            object("Ticket", &schema),
            [" `Ticket` of the vendor's document.", "", " A creation needs `summary`."]
        );
        assert_eq!(member("summary", &schema), [" `summary`: at most 100 characters; needed by updates"]);
        assert_eq!(member("_info", &schema), [" `_info`: who changed the record, and when"]);
        assert_eq!(member("other", &schema), [" `other`"]);
    }

    #[test]
    fn an_operation_says_what_it_does_and_returns() {
        let mut described = Operation {
            section: "service".into(),
            name: "list_ticket_notes".into(),
            vendor_id: "getX".into(),
            method: "get".into(),
            path: "/service/tickets/{parentId}/notes".into(),
            tag: String::new(),
            parameters: vec![crate::model::Parameter {
                name: "parentId".into(),
                argument: "ticket_id".into(),
                in_path: true,
                kind: Kind::Integer,
                required: true,
            }],
            query: Query::List,
            body: None,
            answer: Answer::Json(Shape::Many("ServiceNote".into())),
            status: "200".into(),
        };
        assert_eq!(
            operation(&described),
            [
                " Lists ticket notes.",
                "",
                " `GET /service/tickets/{parentId}/notes`, vendor's id `getX`. Answers `ServiceNote` records, page by page; filters, order and fields can be set.",
                "",
                " - `ticket_id`: `parentId` of the path."
            ]
        );
        for (name, sentence) in [
            ("copy_board", " Copies a board."),
            ("get_invoice_pdf", " Gets an invoice pdf."),
            ("bulk_create_configurations", " Creates configurations in bulk."),
            ("attach_ticket_children", " Attaches ticket children."),
            ("get_board_info", " Gets board info."),
            ("get_user_status", " Gets a user status."),
        ] {
            described.name = name.into();
            assert_eq!(operation(&described)[0], sentence);
        }
    }
}
