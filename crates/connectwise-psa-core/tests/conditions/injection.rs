//! A value never becomes more than a value: whatever a stranger writes, the condition around it stays what the program
//! meant.

use std::ops::Range;

use connectwise_psa_core::conditions::{
    Comparison, Condition, ConditionView, FieldPath, LikePattern, Literal, LiteralValue, Operator,
};
use connectwise_psa_core::fields::{Fields, Filter};
use connectwise_psa_core::json::Reference;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::config;
use crate::generate::hostile_text;

/// How a server may read quotes inside a text, which is documented nowhere.
#[derive(Clone, Copy, Debug)]
enum Reading {
    /// The next quote of the same kind ends the text.
    NoEscapes,
    /// A backslash takes the meaning from the next character.
    Backslash,
    /// Two quotes are one, inside the text.
    DoubledQuote,
}

const READINGS: [Reading; 3] = [Reading::NoEscapes, Reading::Backslash, Reading::DoubledQuote];

/// Where the texts in quotes stand, by a reader that knows nothing but quotes; an error when the last one does not end.
fn quoted_places(text: &str, reading: Reading) -> Result<Vec<Range<usize>>, usize> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut places = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let (start, quote) = characters[at];
        at += 1;
        if quote != '"' && quote != '\'' {
            continue;
        }
        loop {
            match (
                reading,
                characters.get(at).map(|(_, character)| *character),
                characters.get(at + 1).map(|(_, character)| *character),
            ) {
                (_, None, _) => return Err(start),
                (Reading::Backslash, Some('\\'), _) => at += 2,
                (Reading::DoubledQuote, Some(one), Some(two)) if one == quote && two == quote => at += 2,
                (_, Some(one), _) if one == quote => break,
                _ => at += 1,
            }
        }
        places.push(start..characters[at].0 + 1);
        at += 1;
    }
    Ok(places)
}

/// Whether each of the readings finds exactly these literals, in this order.
fn check_places(text: &str, literals: &[String]) -> Result<(), TestCaseError> {
    let mut from = 0;
    let mut expected = Vec::new();
    for literal in literals {
        let start = from
            + text[from..]
                .find(literal.as_str())
                .ok_or_else(|| TestCaseError::fail(format!("{literal} is not in {text}")))?;
        from = start + literal.len();
        expected.push(start..from);
    }
    for reading in READINGS {
        prop_assert_eq!(quoted_places(text, reading), Ok(expected.clone()), "{:?} in {}", reading, text);
    }
    Ok(())
}

/// The reasons for which a text is refused; there are no others.
fn is_unwritable(text: &str) -> bool {
    let backslashes = text.chars().rev().take_while(|character| *character == '\\').count();
    (text.contains('"') && text.contains('\'')) || text.chars().any(char::is_control) || backslashes % 2 == 1
}

/// Whether the text is read as this one comparison with these very texts.
fn check_single(text: &str, field: &str, operator: Operator, values: &[&str]) -> Result<(), TestCaseError> {
    let condition: Condition = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
    check_comparison(&condition, field, operator, values)
}

fn check_comparison(
    condition: &Condition,
    field: &str,
    operator: Operator,
    values: &[&str],
) -> Result<(), TestCaseError> {
    let ConditionView::Comparison(comparison) = condition.view() else {
        return Err(TestCaseError::fail(format!("{condition} is more than one comparison")));
    };
    prop_assert_eq!(comparison.field().as_str(), field);
    prop_assert_eq!(comparison.operator(), operator);
    let texts: Vec<LiteralValue<'_>> = comparison.values().iter().map(Literal::value).collect();
    prop_assert_eq!(texts, values.iter().map(|value| LiteralValue::Text(value)).collect::<Vec<_>>());
    Ok(())
}

fn equals(field: &'static str, value: Literal) -> Condition {
    Comparison::new(FieldPath::new(field).unwrap(), Operator::Equal, [value]).unwrap().into()
}

#[test]
fn the_readings_differ() {
    let places = |text: &str| READINGS.map(|reading| quoted_places(text, reading));
    assert_eq!(places(r#"a="b" and c='d"'"#), [(); 3].map(|()| Ok(vec![2..5, 12..16])));
    assert_eq!(places(r#"a="b\" and c="d""#), [Ok(vec![2..6, 13..16]), Err(15), Ok(vec![2..6, 13..16])]);
    assert_eq!(
        places(r#"a="b""c" and d=''"#),
        [Ok(vec![2..5, 5..8, 15..17]), Ok(vec![2..5, 5..8, 15..17]), Ok(vec![2..8, 15..17])]
    );
    assert_eq!(places("a='b"), [Err(2), Err(2), Err(2)]);
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn a_value_stays_one_value(value in hostile_text(), operator in select(vec![Operator::Equal, Operator::NotEqual, Operator::Contains, Operator::Like, Operator::NotLike, Operator::NotIn])) {
        let literal = Literal::text(value.as_str());
        prop_assert_eq!(literal.is_err(), is_unwritable(&value));
        if let Ok(literal) = literal {
            let text = Comparison::new(FieldPath::new("name").unwrap(), operator, [literal.clone()]).unwrap().to_string();
            check_single(&text, "name", operator, &[&value])?;
            check_places(&text, &[literal.to_string()])?;
        }
    }

    #[test]
    fn two_values_stay_two(one in hostile_text(), two in hostile_text()) {
        let (Ok(first), Ok(second)) = (Literal::text(one.as_str()), Literal::text(two.as_str())) else { return Ok(()) };
        let literals = [first.to_string(), second.to_string()];

        let both = equals("a", first.clone()).and(equals("b", second.clone()));
        let text = both.to_string();
        prop_assert_eq!(&text, &format!("a={first} and b={second}"));
        let read: Condition = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        let ConditionView::And([left, right]) = read.view() else { return Err(TestCaseError::fail(text)) };
        check_comparison(left, "a", Operator::Equal, &[&one])?;
        check_comparison(right, "b", Operator::Equal, &[&two])?;
        check_places(&text, &literals)?;

        let list = Comparison::new(FieldPath::new("a").unwrap(), Operator::In, [first, second]).unwrap().to_string();
        check_single(&list, "a", Operator::In, &[&one, &two])?;
        check_places(&list, &literals)?;
    }

    #[test]
    fn typed_fields_write_one_value_that_means_itself(value in hostile_text()) {
        let name = Fields::<Reference>::new().name();
        let escaped = LikePattern::escape(&value);
        for (filter, operator, text) in [
            (name.eq(value.as_str()), Operator::Equal, value.clone()),
            (name.ne(value.as_str()), Operator::NotEqual, value.clone()),
            (name.contains(value.as_str()), Operator::Contains, value.clone()),
            (name.not_contains(value.as_str()), Operator::NotContains, value.clone()),
            (name.like(value.as_str()), Operator::Like, value.clone()),
            (name.starts_with(&value), Operator::Like, format!("{escaped}%")),
            (name.ends_with(&value), Operator::Like, format!("%{escaped}")),
            (name.contains_pattern(&value), Operator::Like, format!("%{escaped}%")),
            (name.is_in([value.as_str()]), Operator::In, value.clone()),
        ] {
            let condition = Filter::condition(&filter);
            prop_assert_eq!(condition.is_err(), is_unwritable(&text), "{} {:?}", operator, text);
            let Ok(condition) = condition else { continue };
            check_comparison(&condition, "name", operator, &[&text])?;
            let written = condition.to_string();
            check_single(&written, "name", operator, &[&text])?;
            check_places(&written, &[Literal::text(text).unwrap().to_string()])?;
        }
        // What was asked for is what is found.
        for (filter, found) in [
            (name.eq(value.as_str()), value.clone()),
            (name.contains(value.as_str()), format!("a{value}b")),
            (name.starts_with(&value), format!("{value}b")),
            (name.ends_with(&value), format!("a{value}")),
            (name.contains_pattern(&value), format!("a{value}b")),
        ] {
            if let Ok(condition) = filter.condition() {
                prop_assert!(condition.matches(&json!({ "name": found })), "{}", condition);
            }
        }
        // One letter more or another one makes another text, to patterns without wildcards of their own.
        if let Ok(condition) = name.like(escaped).condition() {
            prop_assert!(condition.matches(&json!({ "name": value })), "{}", condition);
            prop_assert!(!condition.matches(&json!({ "name": format!("{value}x") })), "{}", condition);
            for (at, character) in value.char_indices() {
                let other = format!("{}€{}", &value[..at], &value[at + character.len_utf8()..]);
                prop_assert!(!condition.matches(&json!({ "name": other })) || character == '€', "{} on {}", condition, other);
            }
        }
    }

    #[test]
    fn a_joined_filter_stays_joined(one in hostile_text(), two in hostile_text()) {
        let fields = Fields::<Reference>::new();
        let filter = fields.id().eq(5) & (fields.name().eq(one.as_str()) | fields.identifier().starts_with(&two));
        let pattern = format!("{}%", LikePattern::escape(&two));
        let condition = filter.condition();
        prop_assert_eq!(condition.is_err(), is_unwritable(&one) || is_unwritable(&pattern));
        let Ok(condition) = condition else { return Ok(()) };
        let (first, second) = (Literal::text(one).unwrap(), Literal::text(pattern).unwrap());
        let text = condition.to_string();
        prop_assert_eq!(&text, &format!("id=5 and (name={first} or identifier like {second})"));
        prop_assert_eq!(text.parse::<Condition>().unwrap(), condition);
        check_places(&text, &[first.to_string(), second.to_string()])?;
    }
}
