//! `--set FIELD=VALUE`: a field of a record, and the value that it gets.

use serde_json::{Map, Value};

use crate::calls::input_text::read_limited;
use crate::error::CommandError;
use crate::records::property::{Properties, ValueType, typed};

/// The largest file of a value.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The start of a custom field's name.
const CUSTOM_FIELD: &str = "customField:";

/// An argument of `--set`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    field: String,
    text: String,
}

/// Parses the argument.
pub(crate) fn parse(argument: &str) -> Result<Assignment, String> {
    match argument.split_once('=') {
        Some((field, text)) if !field.trim().is_empty() => {
            Ok(Assignment { field: field.trim().to_owned(), text: text.to_owned() })
        }
        _ => Err("is not FIELD=VALUE".to_owned()),
    }
}

/// The fields of arguments: those of the record, and the custom fields by caption.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields {
    /// The value of a cleared field is null. The value of a reference by name is a text.
    pub(crate) values: Map<String, Value>,
    pub(crate) custom_fields: Vec<(String, Value)>,
}

/// Returns the fields of the arguments, typed by the schema. Reads files.
pub(crate) fn fields(properties: &Properties, assignments: &[Assignment]) -> Result<Fields, CommandError> {
    let mut fields = Fields::default();
    for assignment in assignments {
        let Assignment { field, .. } = assignment;
        let text = assignment.text()?;
        if let Some(caption) = field.strip_prefix(CUSTOM_FIELD) {
            let value = if text.is_empty() { Value::Null } else { Value::from(text) };
            fields.custom_fields.push((caption.to_owned(), value));
            continue;
        }
        let (name, rest) = field.split_once('/').map_or((field.as_str(), None), |(name, rest)| (name, Some(rest)));
        let (name, kind) = properties.find(name)?;
        if name == "id" {
            return Err(CommandError::usage("the id of a record cannot be set"));
        }
        let value = match (rest, &kind) {
            (Some(rest), ValueType::Reference(_)) => member_of_reference(field, rest, &text)?,
            (Some(_), _) => {
                return Err(CommandError::usage(format!(
                    "{field}: {name} is not a reference, so it has no fields to set"
                )));
            }
            (None, _) if text.is_empty() => Value::Null,
            (None, ValueType::Reference(_)) => match id(&text) {
                Some(id) => serde_json::json!({ "id": id }),
                None if text.starts_with('{') => typed(name, &kind, &text)?,
                None => Value::from(text),
            },
            (None, kind) => typed(name, kind, &text)?,
        };
        if fields.values.insert(name.to_owned(), value).is_some() {
            return Err(CommandError::usage(format!("{name} is set twice")));
        }
    }
    Ok(fields)
}

/// Returns an id.
fn id(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|id| *id > 0)
}

/// Returns the reference of `board/id=5` or `company/identifier=Acme`.
fn member_of_reference(field: &str, member: &str, text: &str) -> Result<Value, CommandError> {
    match member {
        "id" => match id(text) {
            Some(id) => Ok(serde_json::json!({ "id": id })),
            None => Err(CommandError::usage(format!("{field}: {text:?} is not an id"))),
        },
        "identifier" | "name" if !text.is_empty() => Ok(serde_json::json!({ member: text })),
        _ => Err(CommandError::usage(format!("{field}: set the id, the identifier or the name of a reference"))),
    }
}

impl Assignment {
    fn text(&self) -> Result<String, CommandError> {
        text_of(&self.field, &self.text)
    }
}

/// Returns the text of an argument: `@FILE` is the text of the file, and `@@` at the start is one `@`. `name` is what
/// errors call the argument.
pub(crate) fn text_of(name: &str, argument: &str) -> Result<String, CommandError> {
    let Some(path) = argument.strip_prefix('@') else { return Ok(argument.to_owned()) };
    if path.starts_with('@') {
        return Ok(path.to_owned());
    }
    read(path, MAX_FILE).map_err(|problem| {
        CommandError::usage(format!("{name}: {path}: {problem}"))
            .with_next_step("@ at the start stands for a file; write @@ for a text that starts with @")
    })
}

/// Reads a text file of limited size.
pub(crate) fn read(path: &str, limit: u64) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    read_limited(file, limit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(arguments: &[&str]) -> Result<Fields, CommandError> {
        let assignments: Vec<Assignment> = arguments.iter().map(|argument| parse(argument).unwrap()).collect();
        fields(&Properties::of("Ticket"), &assignments)
    }

    #[test]
    fn values_are_typed_by_the_schema() {
        let fields = set(&[
            "summary=a=b",
            "board=Help Desk",
            "status=5",
            "company/identifier=Acme",
            "budgetHours=1.5",
            "contact=",
            "requiredDate=2026-01-31",
            "customField:Floor=3",
            "customerUpdatedFlag=true",
        ])
        .unwrap();
        let expected = json!({
            "summary": "a=b",
            "board": "Help Desk",
            "status": {"id": 5},
            "company": {"identifier": "Acme"},
            "budgetHours": 1.5,
            "contact": null,
            "requiredDate": "2026-01-31T00:00:00Z",
            "customerUpdatedFlag": true,
        });
        assert_eq!(Value::Object(fields.values), expected);
        assert_eq!(fields.custom_fields, [("Floor".to_owned(), json!("3"))]);
    }

    #[test]
    fn wrong_arguments_are_errors() {
        for (arguments, expected) in [
            (&["sumary=x"][..], "did you mean summary?"),
            (&["board/id=x"], "is not an id"),
            (&["board/sort=1"], "set the id, the identifier or the name"),
            (&["summary/id=1"], "is not a reference"),
            (&["budgetHours=much"], "is not a number"),
            (&["summary=a", "Summary=b"], "summary is set twice"),
            (&["summary=@/missing/file"], "/missing/file"),
        ] {
            let error = set(arguments).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(parse("summary").is_err());
        assert!(parse("=x").is_err());
    }

    #[test]
    fn a_value_can_be_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "line 1\nline 2").unwrap();
        let fields = set(&[&format!("summary=@{}", file.path().display())]).unwrap();
        assert_eq!(fields.values.get("summary"), Some(&json!("line 1\nline 2")));
        assert_eq!(set(&["summary=@@home"]).unwrap().values.get("summary"), Some(&json!("@home")));
    }
}
