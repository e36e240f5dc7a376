//! Arbitrary text as a condition, an order and a list of fields: read or refused without panicking, and printed as what
//! is read again.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::LazyLock;

use connectwise_psa_core::conditions::{Condition, FieldSelection, OrderBy, SyntaxError};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// A record with a member of every kind, under names that a fuzzer finds.
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

/// What is read, when it is; its text is read as the same, and an error points into the text.
fn read<T: FromStr<Err = SyntaxError> + Display + Debug + PartialEq>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            let printed = value.to_string();
            let again: T = printed.parse().expect("what is printed is read");
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
    read::<OrderBy>(text);
    read::<FieldSelection>(text);
    if let Some(condition) = read::<Condition>(text) {
        let matcher = condition.matcher();
        let fits = matcher.matches(&RECORD);
        assert!(!(fits && condition.not().matches(&RECORD)), "the condition and its opposite both hold");
        let _ = (matcher.matches_children(&RECORD), matcher.matches_custom_fields(&RECORD));
    }
});
