//! `openapi/docs.toml`: what operations and types are for, when to use which, and what surprises. We write it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::docs::markdown::{self, Block};
use crate::docs::references::{self, Part, Reference};
use crate::document::escape;
use crate::model::Api;
use crate::problem::Problems;

/// The file, for messages.
pub const FILE: &str = "openapi/docs.toml";

/// The content of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Texts about operations, by the vendor's ID.
    #[serde(default)]
    pub operations: BTreeMap<String, OperationText>,
    /// Texts about types, by the name of the schema.
    #[serde(default)]
    pub types: BTreeMap<String, TypeText>,
    /// Guides to the records that people work with most, by name.
    #[serde(default)]
    pub guides: BTreeMap<String, GuideText>,
}

/// The guide to one kind of records.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuideText {
    /// The heading.
    pub title: String,
    /// The paths of the collections that it is about, with everything below them: `/service/tickets`.
    pub paths: Vec<String>,
    /// Markdown. Its code blocks are command lines.
    pub text: String,
}

/// The text about an operation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationText {
    /// The first sentence without its period: `Merges tickets`. It replaces the generated sentence.
    pub summary: Option<String>,
    /// Paragraphs in Markdown.
    pub about: Option<String>,
}

/// The text about a type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeText {
    /// Paragraphs in Markdown. The first sentence is the summary of the type.
    pub about: Option<String>,
    /// Markdown with Rust blocks. Each block is compiled.
    pub recipes: Option<String>,
    /// Texts about fields, by the JSON name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// Reads the file.
pub fn read(text: &str, problems: &mut Problems) -> Texts {
    toml::from_str(text).unwrap_or_else(|error| {
        let keys = "[operations.ID] has `summary` and `about`; [types.NAME] has `about`, `recipes` and `fields`; \
            [guides.NAME] has `title`, `paths` and `text`";
        problems.add(FILE, format!("the file cannot be read: {error}"), keys);
        Texts::default()
    })
}

/// One text of the file, with its location.
struct Text<'a> {
    location: String,
    text: &'a str,
    kind: Kind,
}

/// What a text can contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Paragraphs, lists and tables.
    Prose,
    /// Also headings and Rust.
    Recipes,
    /// Also headings and command lines.
    Guide,
}

impl Kind {
    /// Returns the language of the code blocks that the text can have.
    const fn language(self) -> Option<&'static str> {
        match self {
            Self::Prose => None,
            Self::Recipes => Some("rust"),
            Self::Guide => Some("console"),
        }
    }
}

impl<'a> Text<'a> {
    fn optional(location: String, text: Option<&'a String>, kind: Kind) -> Option<Self> {
        text.map(|text| Self { location, text, kind })
    }
}

impl Texts {
    /// Removes the entries that name something which the API does not have.
    pub fn retain_existing(&mut self, api: &Api) {
        let exists = |texts: Self| {
            let mut problems = Problems::default();
            texts.check(api, &mut problems);
            problems.0.is_empty()
        };
        self.operations
            .retain(|id, text| exists(Self { operations: [(id.clone(), text.clone())].into(), ..Self::default() }));
        self.types
            .retain(|name, text| exists(Self { types: [(name.clone(), text.clone())].into(), ..Self::default() }));
        self.guides
            .retain(|name, text| exists(Self { guides: [(name.clone(), text.clone())].into(), ..Self::default() }));
    }

    /// Reports entries and references that name nothing, empty texts, and Markdown that cannot be rendered.
    pub fn check(&self, api: &Api, problems: &mut Problems) {
        for (id, entry) in &self.operations {
            let location = format!("{FILE} [operations.{id}]");
            if !api.operations.iter().any(|operation| operation.vendor_id == *id) {
                problems.add(&location, "the API has no operation with this ID", correct(nearest_operation(api, id)));
            }
            if entry.summary.is_none() && entry.about.is_none() {
                problems.add(&location, "the entry is empty", "write `about`, or remove the entry");
            }
            if entry.summary.as_deref().is_some_and(|summary| summary.trim_end().ends_with('.')) {
                problems.add(&location, "`summary` ends with a period", "remove the period");
            }
        }
        for (name, entry) in &self.types {
            let location = format!("{FILE} [types.{name}]");
            let Some(schema) = api.schemas.get(name) else {
                let nearest = nearest(name, api.schemas.keys().map(String::as_str));
                problems.add(&location, "the API has no type with this name", correct(nearest));
                continue;
            };
            if entry.about.is_none() && entry.recipes.is_none() && entry.fields.is_empty() {
                problems.add(&location, "the entry is empty", "write `about`, or remove the entry");
            }
            for field in entry.fields.keys().filter(|field| !has_field(schema, field)) {
                problems.add(
                    &location,
                    format!("the type has no field `{field}`"),
                    correct(nearest_field(schema, field)),
                );
            }
        }
        for (name, guide) in &self.guides {
            for path in
                guide.paths.iter().filter(|path| !api.operations.iter().any(|operation| operation.path == **path))
            {
                let nearest = nearest(path, api.operations.iter().map(|operation| operation.path.as_str()));
                let message = format!("the API has no path {path}");
                problems.add(format!("{FILE} [guides.{name}]"), message, correct(nearest));
            }
        }
        for text in self.all() {
            if let Err((message, fix)) = check_text(api, &text) {
                problems.add(text.location, message, fix);
            }
        }
    }

    /// Returns all texts.
    fn all(&self) -> impl Iterator<Item = Text<'_>> {
        let operations = self.operations.iter().flat_map(|(id, entry)| {
            let summary =
                Text::optional(format!("{FILE} [operations.{id}] summary"), entry.summary.as_ref(), Kind::Prose);
            summary.into_iter().chain(Text::optional(
                format!("{FILE} [operations.{id}] about"),
                entry.about.as_ref(),
                Kind::Prose,
            ))
        });
        let types = self.types.iter().flat_map(|(name, entry)| {
            let about = Text::optional(format!("{FILE} [types.{name}] about"), entry.about.as_ref(), Kind::Prose);
            let recipes =
                Text::optional(format!("{FILE} [types.{name}] recipes"), entry.recipes.as_ref(), Kind::Recipes);
            let fields = entry.fields.iter().map(move |(field, text)| Text {
                location: format!("{FILE} [types.{name}.fields] {field}"),
                text,
                kind: Kind::Prose,
            });
            about.into_iter().chain(recipes).chain(fields)
        });
        let guides = self.guides.iter().map(|(name, guide)| Text {
            location: format!("{FILE} [guides.{name}] text"),
            text: &guide.text,
            kind: Kind::Guide,
        });
        operations.chain(types).chain(guides)
    }
}

/// Returns what is wrong with a text, and the fix.
fn check_text(api: &Api, text: &Text<'_>) -> Result<(), (String, String)> {
    if text.text.trim().is_empty() {
        return Err(("the text is empty".to_owned(), "write it, or remove the line".to_owned()));
    }
    let correct_text = |message: String| (message, "correct the text".to_owned());
    for block in markdown::blocks(text.text).map_err(correct_text)? {
        match block {
            Block::Line(line) => {
                if line.starts_with('#') && text.kind == Kind::Prose {
                    let fix = "write it without the heading; only `recipes` and guides can have headings".to_owned();
                    return Err((format!("`{line}` is a heading"), fix));
                }
                if line.matches('`').count() % 2 == 1 {
                    return Err(correct_text(format!("a code span has no end: {line}")));
                }
                for part in references::parts(&line).map_err(correct_text)? {
                    if let Part::Reference(reference) = part {
                        check_reference(api, reference)?;
                    }
                }
            }
            Block::Code(language, lines) => check_code(text.kind, &language, &lines)?,
            Block::Gap => {}
        }
    }
    Ok(())
}

/// Returns what is wrong with a code block, and the fix.
fn check_code(kind: Kind, language: &str, lines: &[String]) -> Result<(), (String, String)> {
    let first = || lines.iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or_default();
    match kind.language() {
        None => Err(("the text has a code block".to_owned(), "move it to `recipes` of a type".to_owned())),
        Some(expected) if language != expected => {
            let message = format!("the language of a code block is `{language}`");
            Err((message, format!("write ```{expected}, so that the block is checked")))
        }
        Some("rust") => {
            let code = format!("async fn example() {{\n{}\n}}", lines.join("\n"));
            syn::parse_str::<syn::ItemFn>(&code).map(drop).map_err(|error| {
                let message = format!("a code block is not Rust: {error}: the block begins with `{}`", first());
                (message, "correct the text".to_owned())
            })
        }
        // The tests of the program parse the command lines.
        Some(_) if lines.iter().all(|line| line.starts_with("$ cwpsa ")) => Ok(()),
        Some(_) => {
            let message = format!("a line is not a command line; the block begins with `{}`", first());
            Err((message, "begin each line with `$ cwpsa `".to_owned()))
        }
    }
}

/// Returns what is wrong with a reference, and the fix.
fn check_reference(api: &Api, reference: Reference<'_>) -> Result<(), (String, String)> {
    match reference {
        Reference::Operation(id) => match api.operations.iter().any(|operation| operation.vendor_id == id) {
            true => Ok(()),
            false => Err((
                format!("{{operation:{id}}}: the API has no operation with this ID"),
                correct(nearest_operation(api, id)),
            )),
        },
        Reference::Type(name) | Reference::Field(name, _) => match (api.schemas.get(name), reference) {
            (None, _) => Err((
                format!("{}: the API has no type `{name}`", written(reference)),
                correct(nearest(name, api.schemas.keys().map(String::as_str))),
            )),
            (Some(schema), Reference::Field(_, field)) if !has_field(schema, field) => Err((
                format!("{}: the type has no field `{field}`", written(reference)),
                correct(nearest_field(schema, field)),
            )),
            _ => Ok(()),
        },
    }
}

fn written(reference: Reference<'_>) -> String {
    match reference {
        Reference::Operation(id) => format!("{{operation:{id}}}"),
        Reference::Type(name) => format!("{{type:{name}}}"),
        Reference::Field(name, field) => format!("{{field:{name}.{field}}}"),
    }
}

fn has_field(schema: &serde_json::Value, field: &str) -> bool {
    schema.pointer(&format!("/properties/{}", escape(field))).is_some()
}

fn nearest_operation<'a>(api: &'a Api, id: &str) -> Option<&'a str> {
    nearest(id, api.operations.iter().map(|operation| operation.vendor_id.as_str()))
}

fn nearest_field<'a>(schema: &'a serde_json::Value, field: &str) -> Option<&'a str> {
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    nearest(field, properties.into_iter().flatten().map(|(name, _)| name.as_str()))
}

/// Returns the most similar name, if one is similar enough.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let similarity = |other: &str| similar::TextDiff::from_chars(name, other).ratio();
    names
        .map(|other| (similarity(other), other))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .filter(|(similarity, _)| *similarity > 0.7)
        .map(|(_, other)| other)
}

fn correct(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("write `{nearest}` if that is meant, or remove it"),
        None => "correct or remove it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Operation;
    use crate::render::summary::tests::operation_named;

    fn problems(text: &str) -> String {
        let operations = vec![Operation { vendor_id: "getServiceTickets".into(), ..operation_named("list_tickets") }];
        let schemas = [("Ticket".to_owned(), json!({"properties": {"summary": {}}}))].into();
        let mut problems = Problems::default();
        read(text, &mut problems).check(&Api { version: String::new(), operations, schemas }, &mut problems);
        if problems.0.is_empty() { String::new() } else { problems.to_string() }
    }

    #[test]
    fn entries_for_what_an_older_version_lacks_are_removed() {
        let text = "[operations.getServiceTickets]\nabout = \"A.\"\n[operations.getGone]\nabout = \"A.\"\n\
            [types.Ticket]\nabout = \"See {type:Gone}.\"\n";
        let operations = vec![Operation { vendor_id: "getServiceTickets".into(), ..operation_named("list_tickets") }];
        let schemas = [("Ticket".to_owned(), json!({"properties": {}}))].into();
        let mut problems = Problems::default();
        let mut texts = read(text, &mut problems);
        texts.retain_existing(&Api { version: String::new(), operations, schemas });
        assert_eq!(texts.operations.keys().collect::<Vec<_>>(), ["getServiceTickets"]);
        assert!(texts.types.is_empty(), "its reference names nothing");
    }

    #[test]
    fn a_correct_file_has_no_problems() {
        let text = "[operations.getServiceTickets]\nsummary = \"Lists tickets\"\nabout = \"Like {type:Ticket}.\"\n\
            [types.Ticket]\nabout = \"See {operation:getServiceTickets}, {field:Ticket.summary}.\"\n\
            recipes = \"\"\"\n## A\n```rust\nlet a = 1;\n```\n\"\"\"\nfields.summary = \"Short.\"\n";
        assert_eq!(problems(text), "");
    }

    #[test]
    fn each_problem_has_its_place() {
        for (text, location, message) in [
            ("[operation.x]\n", "openapi/docs.toml", "unknown field `operation`"),
            ("[operations.getServiceTickets]\n", "[operations.getServiceTickets]", "empty"),
            (
                "[operations.getServiceTicket]\nabout = \"A\"",
                "[operations.getServiceTicket]",
                "write `getServiceTickets`",
            ),
            ("[operations.getServiceTickets]\nsummary = \"A.\"", "[operations.getServiceTickets]", "period"),
            ("[operations.getServiceTickets]\nabout = \"# A\"", "[operations.getServiceTickets] about", "heading"),
            ("[operations.getServiceTickets]\nabout = \"`A\"", "[operations.getServiceTickets] about", "code span"),
            (
                "[operations.getServiceTickets]\nabout = \"```\\n```\"",
                "[operations.getServiceTickets] about",
                "code block",
            ),
            (
                "[operations.getServiceTickets]\nabout = \"{operation:x}\"",
                "[operations.getServiceTickets] about",
                "{operation:x}: the API has no operation",
            ),
            ("[types.Tickets]\nabout = \"A\"", "[types.Tickets]", "write `Ticket`"),
            ("[types.Ticket]\nabout = \"{type:Tickt}\"", "[types.Ticket] about", "{type:Tickt}: the API has no type"),
            (
                "[types.Ticket]\nabout = \"{field:Ticket.summry}\"",
                "[types.Ticket] about",
                "{field:Ticket.summry}: the type has no field `summry`",
            ),
            ("[types.Ticket]\nfields.x = \"A\"", "[types.Ticket]", "the type has no field `x`"),
            ("[types.Ticket]\nfields.summary = \" \"", "[types.Ticket.fields] summary", "the text is empty"),
            ("[types.Ticket]\nrecipes = \"```rust\\nlet a = ;\\n```\"", "[types.Ticket] recipes", "let a = ;"),
            ("[guides.a]\ntitle = \"A\"\npaths = [\"/x\"]\ntext = \"A\"", "[guides.a]", "the API has no path /x"),
            ("[guides.a]\ntitle = \"A\"\npaths = []\ntext = \"{type:X}\"", "[guides.a] text", "no type `X`"),
            (
                "[guides.a]\ntitle = \"A\"\npaths = []\ntext = \"```console\\nls\\n```\"",
                "[guides.a] text",
                "begin each line",
            ),
            ("[types.Ticket]\nrecipes = \"```text\\n```\"", "[types.Ticket] recipes", "`text`"),
        ] {
            let found = problems(text);
            assert!(found.contains(location) && found.contains(message), "{text}: {found}");
        }
    }
}
