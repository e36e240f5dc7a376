//! Parses arbitrary text as a condition, an order and a list of fields. The parsers must not panic, and printed values
//! must parse as equal values.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::LazyLock;

use connectwise_psa_core::conditions::{Condition, FieldSelection, OrderBy, SyntaxError};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// A record with a field of every type. The names are short, so the fuzzer finds them. The text has characters that
/// take several bytes; `İ` becomes longer in lower case.
static RECORD: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "a": "Text İ 🖨 [x] 100%",
        "b": 13,
        "c": 1.5,
        "d": true,
        "e": null,
        "f": "2025-01-01T00:00:00Z",
        "g": {"a": 1, "b": "17"},
        "h": [{"a": 1, "b": "x"}, {"a": 2}],
        "i": {},
        "customFields": [{"caption": "a", "value": "b"}, {"a": 5}],
        "_info": {"lastUpdated": "2026-06-09T21:59:49Z"}
    })
});

/// Returns the parsed value, if the text is valid. Checks that the printed value parses as an equal value, and that the
/// span of an error is inside the text.
fn parse<T: FromStr<Err = SyntaxError> + Display + Debug + PartialEq>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            let printed = value.to_string();
            let again: T = printed.parse().expect("the printed value parses");
            assert_eq!(again, value);
            assert_eq!(again.to_string(), printed);
            Some(value)
        }
        Err(error) => {
            assert!(text.get(error.span()).is_some(), "{:?}", error.span());
            assert!(!error.to_string().is_empty() && !error.summary().is_empty());
            None
        }
    }
}

fuzz_target!(|text: &str| {
    parse::<OrderBy>(text);
    parse::<FieldSelection>(text);
    if let Some(condition) = parse::<Condition>(text) {
        let matcher = condition.matcher();
        let is_match = matcher.matches(&RECORD);
        assert!(!(is_match && condition.not().matches(&RECORD)), "the condition and its opposite both hold");
        let _ = (matcher.matches_children(&RECORD), matcher.matches_custom_fields(&RECORD));
    }
});
