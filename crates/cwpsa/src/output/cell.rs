//! The text of a field in a table or in CSV.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The fields of a JSON object, in their order.
pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// Returns the fields of a JSON object; none for any other JSON.
pub(crate) fn fields(object: &RawValue) -> Fields<'_> {
    struct FieldsVisitor;

    impl<'de> Visitor<'de> for FieldsVisitor {
        type Value = Fields<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
            let mut fields = Vec::new();
            while let Some(field) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                fields.push(field);
            }
            Ok(fields)
        }
    }

    serde_json::Deserializer::from_str(object.get()).deserialize_map(FieldsVisitor).unwrap_or_default()
}

/// Returns the elements of a JSON array; any other value is one element, except null, which is none.
pub(crate) fn elements(value: &RawValue) -> Vec<&RawValue> {
    match value.get() {
        "null" => Vec::new(),
        text if text.starts_with('[') => serde_json::from_str(text).unwrap_or_default(),
        _ => vec![value],
    }
}

/// Returns the value at a path such as `board/name`. Names differ only in letter case at most.
pub(crate) fn at<'a>(record: &'a RawValue, path: &str) -> Option<&'a RawValue> {
    path.split('/').try_fold(record, |value, name| {
        let fields = fields(value);
        let exact = fields.iter().find(|(field, _)| field == name);
        exact.or_else(|| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name))).map(|(_, value)| *value)
    })
}

/// Returns the text of a value: a string without quotes, a number with its digits, the name of a reference, and JSON of
/// anything else. Null is empty.
pub(crate) fn text(value: &RawValue) -> String {
    match value.get().as_bytes().first() {
        Some(b'n') => String::new(),
        Some(b'"') => serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned()),
        Some(b'{') => {
            let name = ["name", "identifier", "id"].into_iter().find_map(|name| at(value, name));
            name.map_or_else(|| value.get().to_owned(), text)
        }
        _ => value.get().to_owned(),
    }
}

/// Returns the text of a value for people, on one line: that of an array is the list of its elements, and custom fields
/// have their captions. Empty custom fields are left out.
pub(crate) fn readable(value: &RawValue) -> String {
    if !value.get().starts_with('[') {
        return printable(&text(value));
    }
    let parts = elements(value).into_iter().filter_map(|element| match at(element, "caption") {
        Some(caption) => at(element, "value").map(text).filter(|value| !value.is_empty()).map(|value| {
            let caption = text(caption);
            format!("{caption}: {value}")
        }),
        None => Some(text(element)),
    });
    printable(&parts.collect::<Vec<_>>().join(", "))
}

/// Returns a text on one line, without control characters: the text of a record must not move the cursor, change
/// colours, or hide characters.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' => {}
            '\n' | '\t' => printable.push(' '),
            // Characters that change the direction of the text, or are invisible.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {}
            character if character.is_control() => printable.push('\u{fffd}'),
            character => printable.push(character),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect("JSON")
    }

    #[test]
    fn cells_have_the_text_of_the_value() {
        let record =
            raw(r#"{"id":1,"board":{"id":2,"name":"Help\tDesk"},"total":10.50,"Notes":null,"types":[{"id":1}]}"#);
        let cell = |path: &str| at(&record, path).map(text);
        assert_eq!(cell("board/name").as_deref(), Some("Help\tDesk"));
        assert_eq!(cell("board").as_deref(), Some("Help\tDesk"));
        assert_eq!(cell("total").as_deref(), Some("10.50"));
        assert_eq!(cell("notes").as_deref(), Some(""));
        assert_eq!(cell("types").as_deref(), Some(r#"[{"id":1}]"#));
        assert_eq!((cell("board/x"), cell("id/x"), cell("x")), (None, None, None));
    }

    #[test]
    fn people_read_lists_and_custom_fields() {
        let text = |json: &str| readable(&raw(json));
        assert_eq!(text(r#"[{"id":1,"name":"Customer"},{"id":2,"name":"Owner"}]"#), "Customer, Owner");
        assert_eq!(
            text(r#"[{"id":1,"caption":"Floor","value":3.50},{"id":2,"caption":"Door","value":null}]"#),
            "Floor: 3.50"
        );
        assert_eq!(
            (text("[1,2]"), text("[]"), text("null"), text(r#""a\nb""#)),
            ("1, 2".into(), String::new(), String::new(), "a b".into())
        );
    }

    #[test]
    fn texts_cannot_control_the_terminal() {
        assert_eq!(printable("a\r\nb\tc\u{1b}[31md\u{202e}e\u{7}"), "a b c\u{fffd}[31mde\u{fffd}");
    }

    #[test]
    fn any_result_has_elements() {
        let count = |json: &str| elements(&raw(json)).len();
        assert_eq!((count("[1,2]"), count("null"), count("{}"), count("5")), (2, 0, 1, 1));
    }
}
