//! A value never ends its literal: untrusted text cannot change the condition that contains it.

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

/// The possible escape rules of a server for quotes inside a text. ConnectWise does not document them.
#[derive(Clone, Copy, Debug)]
enum EscapeRule {
    /// The next quote of the same kind ends the text.
    NoEscapes,
    /// A backslash escapes the next character.
    Backslash,
    /// Two quotes are one quote inside the text.
    DoubledQuote,
}

const ESCAPE_RULES: [EscapeRule; 3] = [EscapeRule::NoEscapes, EscapeRule::Backslash, EscapeRule::DoubledQuote];

/// Returns the spans of the quoted texts, found by a scanner that knows only quotes. The error is the position of a
/// quote that is not closed.
fn quoted_spans(text: &str, rule: EscapeRule) -> Result<Vec<Range<usize>>, usize> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut spans = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let (start, quote) = characters[at];
        at += 1;
        if quote != '"' && quote != '\'' {
            continue;
        }
        loop {
            match (
                rule,
                characters.get(at).map(|(_, character)| *character),
                characters.get(at + 1).map(|(_, character)| *character),
            ) {
                (_, None, _) => return Err(start),
                (EscapeRule::Backslash, Some('\\'), _) => at += 2,
                (EscapeRule::DoubledQuote, Some(one), Some(two)) if one == quote && two == quote => at += 2,
                (_, Some(one), _) if one == quote => break,
                _ => at += 1,
            }
        }
        spans.push(start..characters[at].0 + 1);
        at += 1;
    }
    Ok(spans)
}

/// Checks that with each escape rule, the scanner finds exactly these literals, in this order.
fn check_spans(text: &str, literals: &[String]) -> Result<(), TestCaseError> {
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
    for rule in ESCAPE_RULES {
        prop_assert_eq!(quoted_spans(text, rule), Ok(expected.clone()), "{:?} in {}", rule, text);
    }
    Ok(())
}

/// Returns whether a text cannot be a literal: it contains both quotes or a control character, or ends with an odd
/// number of backslashes. There are no other reasons.
fn is_not_a_literal(text: &str) -> bool {
    let backslashes = text.chars().rev().take_while(|character| *character == '\\').count();
    (text.contains('"') && text.contains('\'')) || text.chars().any(char::is_control) || backslashes % 2 == 1
}

/// Checks that the text parses as one comparison with exactly these values.
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
fn the_scanner_applies_each_escape_rule() {
    let spans = |text: &str| ESCAPE_RULES.map(|rule| quoted_spans(text, rule));
    let both = || Ok(vec![2..5, 12..16]);
    assert_eq!(spans(r#"a="b" and c='d"'"#), [both(), both(), both()]);
    assert_eq!(spans(r#"a="b\" and c="d""#), [Ok(vec![2..6, 13..16]), Err(15), Ok(vec![2..6, 13..16])]);
    assert_eq!(
        spans(r#"a="b""c" and d=''"#),
        [Ok(vec![2..5, 5..8, 15..17]), Ok(vec![2..5, 5..8, 15..17]), Ok(vec![2..8, 15..17])]
    );
    assert_eq!(spans("a='b"), [Err(2), Err(2), Err(2)]);
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn a_value_stays_one_value(value in hostile_text(), operator in select(vec![Operator::Equal, Operator::NotEqual, Operator::Contains, Operator::Like, Operator::NotLike, Operator::NotIn])) {
        let literal = Literal::text(value.as_str());
        prop_assert_eq!(literal.is_err(), is_not_a_literal(&value));
        if let Ok(literal) = literal {
            let text = Comparison::new(FieldPath::new("name").unwrap(), operator, [literal.clone()]).unwrap().to_string();
            check_single(&text, "name", operator, &[&value])?;
            check_spans(&text, &[literal.to_string()])?;
        }
    }

    #[test]
    fn two_values_stay_two_values(one in hostile_text(), two in hostile_text()) {
        let (Ok(first), Ok(second)) = (Literal::text(one.as_str()), Literal::text(two.as_str())) else { return Ok(()) };
        let literals = [first.to_string(), second.to_string()];

        let both = equals("a", first.clone()).and(equals("b", second.clone()));
        let text = both.to_string();
        prop_assert_eq!(&text, &format!("a={first} and b={second}"));
        let parsed: Condition = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        let ConditionView::And([left, right]) = parsed.view() else { return Err(TestCaseError::fail(text)) };
        check_comparison(left, "a", Operator::Equal, &[&one])?;
        check_comparison(right, "b", Operator::Equal, &[&two])?;
        check_spans(&text, &literals)?;

        let list = Comparison::new(FieldPath::new("a").unwrap(), Operator::In, [first, second]).unwrap().to_string();
        check_single(&list, "a", Operator::In, &[&one, &two])?;
        check_spans(&list, &literals)?;
    }

    #[test]
    fn typed_fields_keep_the_value_and_match_it_literally(value in hostile_text()) {
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
            prop_assert_eq!(condition.is_err(), is_not_a_literal(&text), "{} {:?}", operator, text);
            let Ok(Some(condition)) = condition else { continue };
            check_comparison(&condition, "name", operator, &[&text])?;
            let printed = condition.to_string();
            check_single(&printed, "name", operator, &[&text])?;
            check_spans(&printed, &[Literal::text(text).unwrap().to_string()])?;
        }
        // The filters match the value literally.
        for (filter, found) in [
            (name.eq(value.as_str()), value.clone()),
            (name.contains(value.as_str()), format!("a{value}b")),
            (name.starts_with(&value), format!("{value}b")),
            (name.ends_with(&value), format!("a{value}")),
            (name.contains_pattern(&value), format!("a{value}b")),
        ] {
            if let Ok(Some(condition)) = filter.condition() {
                prop_assert!(condition.matches(&json!({ "name": found })), "{}", condition);
            }
        }
        // An escaped pattern does not match the value with one more character or with one character replaced.
        if let Ok(Some(condition)) = name.like(escaped).condition() {
            prop_assert!(condition.matches(&json!({ "name": value })), "{}", condition);
            prop_assert!(!condition.matches(&json!({ "name": format!("{value}x") })), "{}", condition);
            for (at, character) in value.char_indices() {
                let other = format!("{}€{}", &value[..at], &value[at + character.len_utf8()..]);
                prop_assert!(!condition.matches(&json!({ "name": other })) || character == '€', "{} on {}", condition, other);
            }
        }
    }

    #[test]
    fn joined_filters_keep_their_structure(one in hostile_text(), two in hostile_text()) {
        let fields = Fields::<Reference>::new();
        let filter = fields.id().eq(5) & (fields.name().eq(one.as_str()) | fields.identifier().starts_with(&two));
        let pattern = format!("{}%", LikePattern::escape(&two));
        let condition = filter.condition();
        prop_assert_eq!(condition.is_err(), is_not_a_literal(&one) || is_not_a_literal(&pattern));
        let Ok(condition) = condition else { return Ok(()) };
        let condition = condition.unwrap();
        let (first, second) = (Literal::text(one).unwrap(), Literal::text(pattern).unwrap());
        let text = condition.to_string();
        prop_assert_eq!(&text, &format!("id=5 and (name={first} or identifier like {second})"));
        prop_assert_eq!(text.parse::<Condition>().unwrap(), condition);
        check_spans(&text, &[first.to_string(), second.to_string()])?;
    }
}
