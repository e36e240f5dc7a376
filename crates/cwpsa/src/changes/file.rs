//! Files of records: JSON objects `{"type": "tickets", "id": 5, "fields": {…}}`, in an array or one after another.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::calls::input_text::{MAX_INPUT, read_limited};
use crate::calls::twice;
use crate::error::CommandError;
use crate::records::property::Properties;
use crate::records::types::RecordType;
use crate::records::{assignment, body, exact};

/// The most records of a file.
const MAX_RECORDS: usize = 10_000;

/// A record of a file.
pub(crate) struct FileRecord {
    pub(crate) record_type: &'static RecordType,
    /// None for a record to create.
    pub(crate) id: Option<i64>,
    /// The fields. The value of a reference by name is a text, and of a field to clear null.
    pub(crate) fields: Map<String, Value>,
    /// Custom fields by caption.
    pub(crate) custom_fields: Vec<(String, Value)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    r#type: String,
    id: Option<i64>,
    fields: Box<RawValue>,
}

/// Reads a file; `-` is standard input.
pub(crate) fn read(path: &str) -> Result<Vec<FileRecord>, CommandError> {
    let text = match path {
        "-" => read_limited(std::io::stdin().lock(), MAX_INPUT),
        path => assignment::read(path, MAX_INPUT),
    };
    let text = text.map_err(|problem| CommandError::usage(format!("{path}: {problem}")))?;
    parse(&text).map_err(|error| error.about(path))
}

/// Parses the text of a file.
pub(crate) fn parse(text: &str) -> Result<Vec<FileRecord>, CommandError> {
    let documents: Result<Vec<Box<RawValue>>, _> =
        serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter().collect();
    let documents = documents.map_err(|error| CommandError::usage(format!("not valid JSON: {error}")))?;
    let mut records = Vec::new();
    for document in documents {
        if document.get().starts_with('[') {
            let elements: Vec<Box<RawValue>> = serde_json::from_str(document.get())
                .map_err(|error| CommandError::usage(format!("not valid JSON: {error}")))?;
            records.extend(elements);
        } else {
            records.push(document);
        }
    }
    if records.is_empty() || records.len() > MAX_RECORDS {
        return Err(CommandError::usage(format!("{} records; a file has 1 to {MAX_RECORDS}", records.len())));
    }
    let wanted: Result<Vec<FileRecord>, CommandError> = records
        .iter()
        .enumerate()
        .map(|(index, record)| {
            wanted(record).map_err(|error| CommandError::usage(format!("record {}: {error}", index + 1)))
        })
        .collect();
    let wanted = wanted?;
    for (index, record) in wanted.iter().enumerate() {
        let is_same = |other: &FileRecord| {
            other.id.is_some() && (other.record_type.command, other.id) == (record.record_type.command, record.id)
        };
        if wanted.iter().take(index).any(is_same) {
            return Err(CommandError::usage(format!("{} occurs twice", record.name())));
        }
    }
    Ok(wanted)
}

fn wanted(record: &RawValue) -> Result<FileRecord, CommandError> {
    let entry: Entry = serde_json::from_str(record.get()).map_err(|error| {
        CommandError::usage(format!(
            r#"{error}; the form is {{"type": "tickets", "id": 5, "fields": {{"summary": "x"}}}}"#
        ))
    })?;
    let record_type = RecordType::find(&entry.r#type)?;
    if entry.id.is_some_and(|id| id < 1) {
        return Err(CommandError::usage("the id is not a positive number"));
    }
    let Value::Object(mut fields) = exact::value(&entry.fields)? else {
        return Err(CommandError::usage("`fields` is not an object"));
    };
    let custom_fields = match fields.remove("customFields") {
        None => Vec::new(),
        Some(Value::Object(custom_fields)) => custom_fields.into_iter().collect(),
        Some(_) => {
            return Err(CommandError::usage(
                r#"`customFields` is not an object of captions and values: {"Floor": "3"}"#,
            ));
        }
    };
    if let Some(caption) = twice(custom_fields.iter().map(|(caption, _)| caption.as_str())) {
        return Err(CommandError::usage(format!("the custom field {caption:?} occurs twice")));
    }
    let fields = body::fields(&Properties::of(record_type.schema), &Value::Object(fields))?;
    if fields.is_empty() && custom_fields.is_empty() {
        return Err(CommandError::usage("`fields` is empty"));
    }
    Ok(FileRecord { record_type, id: entry.id, fields, custom_fields })
}

impl FileRecord {
    /// Returns the name of the record for people: `ticket 5`.
    pub(crate) fn name(&self) -> String {
        match self.id {
            Some(id) => format!("{} {id}", self.record_type.one),
            None => format!("new {}", self.record_type.one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_records_in_any_arrangement() {
        let one = r#"{"type": "tickets", "id": 5, "fields": {"Summary": "x", "board": 1}}"#;
        let two = r#"{"type": "Company", "fields": {"name": "Acme", "customFields": {"Floor": 3}}}"#;
        for text in [format!("[{one},{two}]"), format!("{one}\n{two}"), format!("[{one}] {two}")] {
            let records = parse(&text).unwrap();
            let names: Vec<String> = records.iter().map(FileRecord::name).collect();
            assert_eq!(names, ["ticket 5", "new company"]);
            assert_eq!(
                Value::Object(records[0].fields.clone()),
                serde_json::json!({"summary": "x", "board": {"id": 1}})
            );
            assert_eq!(records[1].custom_fields, [("Floor".to_owned(), 3.into())]);
        }
    }

    #[test]
    fn wrong_files_are_errors_that_name_the_record() {
        for (text, expected) in [
            ("", "0 records"),
            ("{", "not valid JSON"),
            (r#"[{"type": "tickets", "id": 5, "fields": {"sumary": 1}}]"#, "record 1: "),
            (r#"{"type": "burns", "id": 5, "fields": {"summary": 1}}"#, "there is no type"),
            (r#"{"type": "tickets", "id": 5, "summary": "x"}"#, "unknown field `summary`"),
            (r#"{"type": "tickets", "id": 0, "fields": {"summary": "x"}}"#, "positive"),
            (r#"{"type": "tickets", "id": 5, "fields": {}}"#, "empty"),
            (r#"{"type": "tickets", "id": 5, "fields": {"customFields": []}}"#, "captions"),
        ] {
            let error = parse(text).err().expect(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let twice = r#"{"type": "tickets", "id": 5, "fields": {"summary": "x"}}"#.repeat(2);
        assert!(parse(&twice).err().is_some_and(|error| error.to_string().contains("ticket 5 occurs twice")));
    }
}
