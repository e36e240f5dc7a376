//! The description of an operation as text of 100 columns.

use std::fmt::Write as _;

use serde_json::Value;

use crate::operations::description::Description;
use crate::operations::fields::{Body, Field};

const WIDTH: usize = 100;
const INDENT: &str = "  ";
/// The widest name in a column. Longer ones push the text behind them to the right.
const MAX_NAME: usize = 28;

/// Returns the text about an operation. Without `all_fields`, it has only the required and the usual fields of the body.
pub(crate) fn page(description: &Description, all_fields: bool) -> String {
    let mut page = format!("{}\n\n", description.title);
    let ids: Vec<&str> = [description.id.as_str(), description.vendor_id]
        .into_iter()
        .chain(description.actions.iter().copied())
        .collect();
    line(&mut page, "Ids", &ids.join(", "));
    line(&mut page, "Request", &format!("{} {}", description.method, description.path));
    line(&mut page, "Returns", &description.response());
    line(&mut page, "Rights", &rights(description));
    if !description.about.is_empty() {
        section(&mut page, "About", &markdown(description.about));
    }
    section(&mut page, "Parameters", &parameters(&description.parameters));
    if let Some(body) = &description.body {
        section(&mut page, &title(body), &fields(body, all_fields));
    }
    section(&mut page, "Example", &indented(&description.examples.cwpsa));
    section(&mut page, "With curl", &indented(&description.examples.curl));
    section(&mut page, "In Rust", &indented(&description.examples.rust));
    if !description.related.is_empty() {
        section(&mut page, "Related operations", &paragraph(&description.related.join(", "), INDENT, INDENT));
    }
    if let Some(guide) = description.guide() {
        section(&mut page, &format!("Guide: {}", guide.title), &markdown(guide.text));
    }
    page.trim_end().to_owned()
}

fn line(page: &mut String, name: &str, text: &str) {
    let first = format!("{name:<9} ");
    let rest = " ".repeat(first.len());
    page.push_str(&paragraph(text, &first, &rest));
    page.push('\n');
}

fn section(page: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(page, "\n{title}\n{text}\n");
    }
}

fn rights(description: &Description) -> String {
    if description.rights.is_empty() { "not known".to_owned() } else { description.rights.join(", ") }
}

fn parameters(schema: &Value) -> String {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut rows: Vec<(String, String, String)> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let text = |key: &str| property.get(key).and_then(Value::as_str).unwrap_or_default();
            let mark = if required(name) { " (required)" } else { "" };
            (format!("{name}{mark}"), text("type").to_owned(), text("description").to_owned())
        })
        .collect();
    rows.sort_by_key(|(name, ..)| !name.ends_with(" (required)"));
    table(&rows)
}

fn title(body: &Body) -> String {
    let kind = match (body.type_name, body.many) {
        ("", _) => "JSON that the OpenAPI document does not describe".to_owned(),
        ("PatchOperation", _) => "an array of operations, each with op, path and value".to_owned(),
        (name, true) => format!("an array of {name}"),
        (name, false) => name.to_owned(),
    };
    let form = if body.form { ", as a form with a file" } else { "" };
    let required = if body.required { "" } else { ", optional" };
    format!("Body: {kind}{form}{required}")
}

fn fields(body: &Body, all: bool) -> String {
    if body.type_name == "PatchOperation" {
        return paragraph(
            "op is add, replace or remove; path is the field, such as summary; value is the new value. Replace a \
             reference as a whole: {\"op\":\"replace\",\"path\":\"board\",\"value\":{\"id\":5}}",
            INDENT,
            INDENT,
        );
    }
    let shown: Vec<&Field> = body.fields.iter().filter(|field| all || field.frequent).collect();
    let rows: Vec<_> = shown
        .iter()
        .map(|field| {
            let mark = if field.required { " (required)" } else { "" };
            let limit = field.max_length.map(|limit| format!(", at most {limit} characters")).unwrap_or_default();
            (format!("{}{mark}", field.name), format!("{}{limit}", field.type_name), first_sentence(&field.about))
        })
        .collect();
    let mut text = table(&rows);
    let hidden = body.fields.len() - shown.len();
    if hidden > 0 {
        let _ = write!(text, "\n{INDENT}… and {hidden} more: --all-fields");
    }
    text
}

/// Returns the first sentence of a text.
fn first_sentence(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    text.split_once(". ").map_or_else(|| text.to_owned(), |(first, _)| format!("{first}."))
}

/// Returns rows with a name, a type and a text. The columns are as wide as their content.
fn table(rows: &[(String, String, String)]) -> String {
    let width =
        |of: fn(&(String, String, String)) -> usize| rows.iter().map(of).max().unwrap_or_default().min(MAX_NAME);
    let (names, types) = (width(|(name, ..)| name.chars().count()), width(|(_, kind, _)| kind.chars().count()));
    let lines = rows.iter().map(|(name, kind, text)| {
        let first = format!("{INDENT}{name:<names$}  ");
        let (first, text) = match text.is_empty() {
            true => (first, kind.clone()),
            false => (format!("{first}{kind:<types$}  "), text.clone()),
        };
        paragraph(&text, &first, &" ".repeat(first.chars().count().min(WIDTH / 2)))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Wraps Markdown: paragraphs, lists and headings. Lines of code and tables stay whole.
fn markdown(text: &str) -> String {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code || line.starts_with('|') {
            lines.push(format!("{INDENT}{line}"));
        } else if let Some(item) = line.strip_prefix("- ") {
            lines.push(paragraph(item, &format!("{INDENT}- "), &format!("{INDENT}  ")));
        } else {
            lines.push(paragraph(line.trim_start_matches('#').trim(), INDENT, INDENT));
        }
    }
    // The lines of fences leave empty lines behind.
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("{INDENT}{line}")).collect::<Vec<_>>().join("\n")
}

/// Breaks a text into lines. `first` begins the first line, `rest` the others.
fn paragraph(text: &str, first: &str, rest: &str) -> String {
    if text.is_empty() {
        return first.trim_end().to_owned();
    }
    let (mut lines, mut line, mut length) = (Vec::new(), first.to_owned(), first.chars().count());
    let mut is_start = true;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if !is_start && length + 1 + word_length > WIDTH {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            length = rest.chars().count();
            is_start = true;
        }
        if !is_start {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
        is_start = false;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use connectwise_psa::catalogue;

    use super::*;
    use crate::operations::id::find;

    #[test]
    fn text_is_wrapped_and_code_is_not() {
        assert_eq!(paragraph("a b", "- ", "  "), "- a b");
        let long = "word ".repeat(30);
        let wrapped = paragraph(&long, "- ", "  ");
        assert!(wrapped.lines().count() == 2 && wrapped.lines().all(|line| line.len() <= WIDTH), "{wrapped}");
        let code = "x".repeat(150);
        assert_eq!(markdown(&format!("A\n\n```console\n{code}\n```\n\nB")), format!("  A\n\n  {code}\n\n  B"));
    }

    #[test]
    fn pages_fit_the_width_and_show_the_usual_fields() {
        // Command lines are not broken, so that they can be copied, and neither are long ids and paths.
        let starts = ["cwpsa ", "$ cwpsa ", "curl ", "-u ", "-H ", "psa.", "let "];
        let is_whole = |line: &str| {
            starts.iter().any(|start| line.trim_start().starts_with(start))
                || line.split_whitespace().any(|word| word.len() > 50)
        };
        for operation in catalogue::all().step_by(30) {
            let page = page(&Description::of(operation), false);
            for line in page.lines() {
                assert!(line.chars().count() <= WIDTH || is_whole(line), "{operation}: {line}");
            }
        }
        let create = Description::of(find("service.create_ticket").unwrap());
        let (short, long) = (page(&create, false), page(&create, true));
        assert!(short.lines().count() < 140 && long.lines().count() > short.lines().count() + 80, "{short}");
        assert!(short.contains("more: --all-fields") && !long.contains("--all-fields"));
    }
}
