//! What agents see of a record: the chosen fields, without links and empty fields, with long texts cut.

use connectwise_psa_core::redaction::redacted;
use serde_json::{Map, Value};

/// How a record is shown.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// The paths of the fields, such as `board/name`. `None` for all.
    pub(crate) fields: Option<Vec<String>>,
    /// The number of characters after which a text is cut.
    pub(crate) text_length: usize,
    /// The number of characters of each text that were shown before.
    pub(crate) text_start: usize,
}

/// What was shown of a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shaped {
    pub(crate) record: Value,
    /// Whether a text was cut.
    pub(crate) is_cut: bool,
}

impl Shape {
    /// Returns what is shown of a record. Secrets are redacted.
    pub(crate) fn apply(&self, record: &Value) -> Shaped {
        let record = without_empty(&redacted(record));
        let mut shaped = Shaped {
            record: match &self.fields {
                Some(fields) => projected(&record, fields),
                None => record,
            },
            is_cut: false,
        };
        self.cut(&mut shaped.record, &mut shaped.is_cut);
        shaped
    }

    /// Returns a request with shortened texts. Null and empty values stay, because they clear fields.
    pub(crate) fn shorten(&self, request: &Value) -> Value {
        let mut request = redacted(request);
        self.cut(&mut request, &mut false);
        request
    }

    fn cut(&self, value: &mut Value, is_cut: &mut bool) {
        match value {
            Value::String(text) => {
                let (shown, hidden) = self.parts(text);
                if hidden > 0 {
                    *is_cut = true;
                    *text = format!("{shown} [cut: {hidden} more characters]");
                } else if shown.len() < text.len() {
                    *text = shown.to_owned();
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.cut(element, is_cut)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.cut(field, is_cut)),
            _ => {}
        }
    }

    /// Returns the part of a text that is shown, and how many characters come after it.
    fn parts<'a>(&self, text: &'a str) -> (&'a str, usize) {
        let rest = text.char_indices().nth(self.text_start).map_or("", |(start, _)| text.get(start..).unwrap_or(""));
        match rest.char_indices().nth(self.text_length) {
            Some((end, _)) => {
                let (shown, hidden) = rest.split_at(end);
                (shown, hidden.chars().count())
            }
            None => (rest, 0),
        }
    }
}

/// Returns a record without `_info`, null, empty lists and empty objects.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(without_empty).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(name, _)| *name != "_info")
                .map(|(name, field)| (name.clone(), without_empty(field)))
                .filter(|(_, field)| !is_empty(field))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Returns the fields of a record with these paths. Paths go through lists: `types/name` selects the name of each type.
fn projected(record: &Value, paths: &[String]) -> Value {
    match record {
        Value::Array(elements) => elements.iter().map(|element| projected(element, paths)).collect(),
        Value::Object(fields) => {
            let mut selected = Map::new();
            for (name, field) in fields {
                let below: Vec<Option<&str>> = paths.iter().filter_map(|path| path_below(path, name)).collect();
                if below.is_empty() {
                    continue;
                }
                let deeper: Option<Vec<String>> = below.into_iter().map(|path| path.map(str::to_owned)).collect();
                let shown = match deeper {
                    Some(paths) => projected(field, &paths),
                    None => field.clone(),
                };
                if !is_empty(&shown) {
                    selected.insert(name.clone(), shown);
                }
            }
            Value::Object(selected)
        }
        other => other.clone(),
    }
}

/// Returns the path below a field: `Some(None)` if the path is the field itself, `None` if it is another field.
fn path_below<'a>(path: &'a str, name: &str) -> Option<Option<&'a str>> {
    let (first, rest) = match path.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    first.eq_ignore_ascii_case(name).then_some(rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(fields: &[&str], text_length: usize, text_start: usize) -> Shape {
        let fields = (!fields.is_empty()).then(|| fields.iter().map(|&field| field.to_owned()).collect());
        Shape { fields, text_length, text_start }
    }

    #[test]
    fn fields_are_selected_by_path() {
        let record = json!({
            "id": 5, "summary": "x", "board": {"id": 1, "name": "Help", "_info": {}},
            "types": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "_info": {"lastUpdated": "y"}, "site": null,
        });
        for (fields, expected) in [
            (vec!["id", "board/name"], json!({"id": 5, "board": {"name": "Help"}})),
            (vec!["board/name", "BOARD"], json!({"board": {"id": 1, "name": "Help"}})),
            (vec!["types/name"], json!({"types": [{"name": "a"}, {"name": "b"}]})),
            (vec!["unknown"], json!({})),
        ] {
            assert_eq!(shape(&fields, 100, 0).apply(&record).record, expected, "{fields:?}");
        }
        let all = shape(&[], 100, 0).apply(&record).record;
        assert_eq!(all["board"], json!({"id": 1, "name": "Help"}));
        assert!(all.get("_info").is_none() && all.get("site").is_none());
    }

    #[test]
    fn long_texts_are_cut_and_continued() {
        let record = json!({"text": "äbcdefghij", "id": 1});
        let first = shape(&[], 4, 0).apply(&record);
        assert_eq!(first.record["text"], "äbcd [cut: 6 more characters]");
        assert!(first.is_cut);
        assert_eq!(shape(&[], 4, 4).apply(&record).record["text"], "efgh [cut: 2 more characters]");
        let last = shape(&[], 4, 8).apply(&record);
        assert_eq!(last.record["text"], "ij");
        assert!(!last.is_cut);
        assert_eq!(shape(&[], 4, 10).apply(&record).record["text"], "");
        let whole = shape(&[], 10, 0).apply(&record);
        assert_eq!(whole.record["text"], "äbcdefghij");
        assert!(!whole.is_cut);
    }

    #[test]
    fn secrets_are_redacted() {
        let record = json!({"user": "a", "password": "hunter2"});
        assert_eq!(shape(&[], 100, 0).apply(&record).record, json!({"user": "a", "password": "[redacted]"}));
    }
}
