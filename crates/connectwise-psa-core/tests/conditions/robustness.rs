//! The parsers do not panic on any text, and the span of every error is inside the text.

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use connectwise_psa_core::conditions::{Condition, FieldPath, FieldSelection, LikePattern, OrderBy, SyntaxError};
use connectwise_psa_core::query::ListQuery;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::generate::{condition, hostile_text};
use crate::spelling::Choices;
use crate::{config, fixed_seed};

const TOKENS: [&str; 60] = [
    "a",
    "board/id",
    "_info/lastUpdated",
    "ID",
    "a/b/c",
    "and",
    "or",
    "not",
    "AND",
    "Or",
    "NOT",
    "in",
    "like",
    "contains",
    "true",
    "FALSE",
    "null",
    "asc",
    "desc",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "=>",
    "<>",
    "(",
    ")",
    "(",
    ")",
    ",",
    "\"x\"",
    "'x'",
    "\"\"",
    "\"",
    "'",
    "'it\"s'",
    "\"a\\\"",
    "1",
    "-1.5",
    "007",
    "1e5",
    "-",
    ".5",
    "9223372036854775808",
    "[2025-01-01]",
    "[2025-01-01T10:00:00.5+02:00]",
    "[today]",
    "[",
    "]",
    "a.b",
    "a//b",
    "/",
    "ä",
    "“x”",
    "\u{0}",
    "\u{202e}",
    "%",
];

fn any_input() -> impl Strategy<Value = String> {
    let separated =
        |between: &'static str| vec(select(TOKENS.to_vec()), 0..14).prop_map(move |tokens| tokens.join(between));
    prop_oneof![
        1 => any::<String>(),
        1 => ".{0,60}",
        1 => hostile_text(),
        4 => separated(" "),
        2 => separated(""),
        3 => (condition(), any::<u64>()).prop_map(|(condition, seed)| damaged(&condition.to_string(), &mut Choices(seed))),
        2 => (condition(), any::<u64>()).prop_map(|(condition, seed)| shuffled(&condition.to_string(), &mut Choices(seed))),
    ]
}

/// Returns the text with a few characters removed, inserted or replaced.
fn damaged(text: &str, choices: &mut Choices) -> String {
    const OTHERS: [char; 14] = ['"', '\'', '(', ')', '[', ']', ',', '=', '!', ' ', '/', '.', '\\', 'ß'];
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=choices.below(3) {
        let at = choices.below(characters.len() + 1);
        let other = OTHERS[choices.below(OTHERS.len())];
        match choices.below(3) {
            0 => characters.insert(at, other),
            1 if at < characters.len() => characters[at] = other,
            _ if at < characters.len() => drop(characters.remove(at)),
            _ => {}
        }
    }
    characters.into_iter().collect()
}

/// Returns the text with its words in another order.
fn shuffled(text: &str, choices: &mut Choices) -> String {
    let mut words: Vec<&str> = text.split_inclusive([' ', '=', '(', ')', ',']).collect();
    for at in 1..words.len() {
        words.swap(at, choices.below(at + 1));
    }
    words.concat()
}

fn check_error(text: &str, error: &SyntaxError) -> Result<(), TestCaseError> {
    let span = error.span();
    prop_assert_eq!(error.text(), text);
    prop_assert_eq!(error.position(), span.start);
    prop_assert!(span.start <= span.end && span.end <= text.len(), "{:?}", span);
    prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{:?}", span);
    prop_assert!(!error.message().is_empty());
    prop_assert!(error.to_string().contains('^'));
    prop_assert!(error.summary().contains(error.message()) && !error.summary().contains('\n'), "{}", error.summary());
    Ok(())
}

/// Parses a text. Checks that the printed value parses as an equal value, or that the span of the error is inside the
/// text. Returns whether the text is valid.
fn check_parser<T: FromStr<Err = SyntaxError> + Display + Debug + PartialEq>(
    text: &str,
) -> Result<bool, TestCaseError> {
    match text.parse::<T>() {
        Err(error) => check_error(text, &error).map(|()| false),
        Ok(value) => {
            let printed = value.to_string();
            let again: T = printed.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
            prop_assert_eq!(&again, &value);
            prop_assert_eq!(again.to_string(), printed);
            Ok(true)
        }
    }
}

proptest! {
    #![proptest_config(config(1536))]

    #[test]
    fn any_text_is_parsed_or_rejected(text in any_input()) {
        check_parser::<Condition>(&text)?;
        check_parser::<OrderBy>(&text)?;
        check_parser::<FieldSelection>(&text)?;
        if let Ok(path) = text.parse::<FieldPath>() {
            prop_assert_eq!(path.to_string().parse::<FieldPath>().unwrap(), path);
        }
        // As query parameters: invalid text is not sent.
        let query = ListQuery::new().conditions(text.as_str()).order_by(text.as_str()).fields(text.as_str());
        if let Err(error) = query.check() {
            prop_assert!(error.is_invalid_input() && !error.to_string().is_empty());
        }
        for (_, sent) in query.pairs() {
            prop_assert!(sent.parse::<Condition>().is_ok() || sent.parse::<OrderBy>().is_ok() || sent.parse::<FieldSelection>().is_ok());
        }
    }

    #[test]
    fn parsed_conditions_can_be_evaluated(text in any_input(), value in hostile_text()) {
        let _ = LikePattern::new(&text).matches(&value);
        if let Ok(condition) = text.parse::<Condition>() {
            let matcher = condition.matcher();
            for record in [json!(null), json!([]), json!({"a": value, "board": {"id": 1}, "customFields": [{"a": value}], "_info": {"ID": 5}})] {
                let _ = (matcher.matches(&record), matcher.matches_children(&record), matcher.matches_custom_fields(&record));
            }
        }
    }
}

#[test]
fn the_inputs_include_valid_and_invalid_text() {
    const CASES: u32 = 4096;
    let valid = [const { Cell::new(0_u32) }; 3];
    TestRunner::new(fixed_seed(CASES))
        .run(&any_input(), |text| {
            let are_valid = [
                check_parser::<Condition>(&text)?,
                check_parser::<OrderBy>(&text)?,
                check_parser::<FieldSelection>(&text)?,
            ];
            for (count, is_valid) in valid.iter().zip(are_valid) {
                count.set(count.get() + u32::from(is_valid));
            }
            Ok(())
        })
        .unwrap();
    // For each parser, at least 0.1% and less than half of the inputs are valid.
    assert!(valid.iter().all(|count| (CASES / 1000..CASES / 2).contains(&count.get())), "{valid:?} of {CASES}");
}
