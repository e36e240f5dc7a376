//! A second evaluator of conditions, written only from the documentation of `Matcher` and `LikePattern`. It is slow and
//! recursive and compiles nothing. The tests of `evaluation` compare it with the evaluator of the crate.

use std::cmp::Ordering;

use connectwise_psa_core::chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use connectwise_psa_core::conditions::{Comparison, Condition, ConditionView, LiteralValue, Operator};
use connectwise_psa_core::json::Date;
use serde_json::Value;

/// Returns whether a record matches the condition as `conditions`.
pub(crate) fn matches(condition: &Condition, record: &Value) -> bool {
    record.is_object() && holds(condition, &|path| Some(field_of_record(record, path))) == Some(true)
}

/// Returns whether a record matches the condition as `childConditions`: whether the condition holds for at
/// least one way to choose an element from each of its lists.
pub(crate) fn matches_children(condition: &Condition, record: &Value) -> bool {
    let mut lists: Vec<String> = condition.comparisons().iter().map(|comparison| list_name(comparison)).collect();
    lists.sort();
    lists.dedup();
    let mut choices: Vec<Vec<(String, Option<Value>)>> = vec![vec![]];
    for list in lists {
        let elements: Vec<Option<Value>> = match field_of_record(record, std::slice::from_ref(&list)) {
            Value::Array(elements) if !elements.is_empty() => elements.into_iter().map(Some).collect(),
            Value::Array(_) | Value::Null => vec![None],
            single => vec![Some(single)],
        };
        let with = |choice: &Vec<(String, Option<Value>)>, element: &Option<Value>| {
            [choice.clone(), vec![(list.clone(), element.clone())]].concat()
        };
        choices = choices.iter().flat_map(|choice| elements.iter().map(move |element| with(choice, element))).collect();
    }
    choices.iter().any(|choice| {
        let at = |path: &[String]| {
            let (_, element) = choice.iter().find(|(list, _)| *list == path[0].to_lowercase()).unwrap();
            element.as_ref().map(|element| field(element, &path[1..]).unwrap_or(Value::Null))
        };
        holds(condition, &at) == Some(true)
    })
}

fn list_name(comparison: &Comparison) -> String {
    comparison.field().steps().next().unwrap().to_lowercase()
}

/// Returns whether a record matches the condition as `customFieldConditions`: one of its custom fields does.
pub(crate) fn matches_custom_fields(condition: &Condition, record: &Value) -> bool {
    match field_of_record(record, &["customFields".to_owned()]) {
        Value::Array(fields) => fields.iter().any(|field| matches(condition, field)),
        Value::Null => false,
        single => matches(condition, &single),
    }
}

/// Returns the value at a path. A top-level field that the record does not have is looked up in its `_info`.
fn field_of_record(record: &Value, path: &[String]) -> Value {
    let found = if field(record, &path[..1]).is_some() { field(record, path) } else { field(&record["_info"], path) };
    found.unwrap_or(Value::Null)
}

fn field(from: &Value, path: &[String]) -> Option<Value> {
    let Some((name, rest)) = path.split_first() else { return Some(from.clone()) };
    let (_, value) = from.as_object()?.iter().find(|(key, _)| key.to_lowercase() == name.to_lowercase())?;
    field(value, rest)
}

/// Returns true, false, or `None` for unknown. `at` returns the value at a path, or `None` if the path starts with a
/// list that is empty or missing.
fn holds(condition: &Condition, at: &dyn Fn(&[String]) -> Option<Value>) -> Option<bool> {
    match condition.view() {
        ConditionView::Comparison(comparison) => {
            let path: Vec<String> = comparison.field().steps().map(str::to_owned).collect();
            compare(&at(&path)?, comparison)
        }
        ConditionView::And(all) => {
            let results: Vec<Option<bool>> = all.iter().map(|each| holds(each, at)).collect();
            if results.contains(&Some(false)) { Some(false) } else { (!results.contains(&None)).then_some(true) }
        }
        ConditionView::Or(any) => {
            let results: Vec<Option<bool>> = any.iter().map(|each| holds(each, at)).collect();
            if results.contains(&Some(true)) { Some(true) } else { (!results.contains(&None)).then_some(false) }
        }
        other => panic!("unknown in the reference: {other:?}"),
    }
}

fn compare(value: &Value, comparison: &Comparison) -> Option<bool> {
    let literals: Vec<LiteralValue<'_>> = comparison.values().iter().map(|literal| literal.value()).collect();
    let is_empty_reference =
        value.as_object().is_some_and(|fields| fields.iter().all(|(name, value)| name == "_info" || value.is_null()));
    let is_null = value.is_null() || is_empty_reference;
    match (comparison.operator(), literals[0]) {
        (Operator::Equal, LiteralValue::Null) => return Some(is_null),
        (Operator::NotEqual, LiteralValue::Null) => return Some(!is_null),
        _ if is_null => return None,
        _ => {}
    }
    let order = || order(value, literals[0]);
    match comparison.operator() {
        Operator::Equal => order().map(|order| order == Ordering::Equal),
        Operator::NotEqual => order().map(|order| order != Ordering::Equal),
        Operator::Less => order().map(|order| order == Ordering::Less),
        Operator::LessOrEqual => order().map(|order| order != Ordering::Greater),
        Operator::Greater => order().map(|order| order == Ordering::Greater),
        Operator::GreaterOrEqual => order().map(|order| order != Ordering::Less),
        Operator::Contains => part(value, literals[0]),
        Operator::NotContains => part(value, literals[0]).map(|holds| !holds),
        Operator::Like => like(value, literals[0]),
        Operator::NotLike => like(value, literals[0]).map(|holds| !holds),
        Operator::In => is_one_of(value, &literals),
        Operator::NotIn => is_one_of(value, &literals).map(|holds| !holds),
        other => panic!("unknown in the reference: {other:?}"),
    }
}

fn is_one_of(value: &Value, literals: &[LiteralValue<'_>]) -> Option<bool> {
    let results: Vec<Option<bool>> =
        literals.iter().map(|literal| order(value, *literal).map(|order| order == Ordering::Equal)).collect();
    if results.contains(&Some(true)) { Some(true) } else { (!results.contains(&None)).then_some(false) }
}

/// Orders a value against a literal. The type of the literal determines the comparison.
fn order(value: &Value, literal: LiteralValue<'_>) -> Option<Ordering> {
    match literal {
        LiteralValue::Text(literal) => {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            Some(text.to_lowercase().trim_end_matches(' ').cmp(literal.to_lowercase().trim_end_matches(' ')))
        }
        LiteralValue::Integer(literal) => number(value)?.partial_cmp(&(literal as f64)),
        LiteralValue::Decimal(literal) => number(value)?.partial_cmp(&literal.parse().unwrap()),
        LiteralValue::Boolean(literal) => Some(boolean(value)?.cmp(&literal)),
        LiteralValue::DateTime(literal) => Some(timestamp(value)?.cmp(&literal)),
        LiteralValue::Date(literal) => Some(timestamp(value)?.cmp(&literal.and_time(NaiveTime::MIN).and_utc())),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        value => match number(value)? {
            1.0 => Some(true),
            0.0 => Some(false),
            _ => None,
        },
    }
}

fn timestamp(value: &Value) -> Option<DateTime<Utc>> {
    let text = value.as_str()?.trim();
    if let Ok(timestamp) = DateTime::parse_from_rfc3339(text) {
        return Some(timestamp.to_utc());
    }
    if let Ok(timestamp) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S") {
        return Some(timestamp.and_utc());
    }
    let date: Date = text.parse().ok()?;
    Some(date.and_time(NaiveTime::MIN).and_utc())
}

/// Returns the text that `contains` and `like` search: a string, or the digits of a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn part(value: &Value, literal: LiteralValue<'_>) -> Option<bool> {
    let LiteralValue::Text(part) = literal else { return None };
    Some(text(value)?.to_lowercase().contains(&part.to_lowercase()))
}

fn like(value: &Value, literal: LiteralValue<'_>) -> Option<bool> {
    let LiteralValue::Text(pattern) = literal else { return None };
    Some(matches_pattern(pattern, &text(value)?))
}

/// Returns whether the pattern matches the whole text.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let characters = |text: &str| text.chars().collect::<Vec<char>>();
    matches_from(&characters(pattern), &characters(text))
}

fn matches_from(pattern: &[char], text: &[char]) -> bool {
    let Some((first, after)) = pattern.split_first() else { return text.is_empty() };
    if *first == '%' || *first == '*' {
        return (0..=text.len()).any(|length| matches_from(after, &text[length..]));
    }
    let Some((character, rest)) = text.split_first() else { return false };
    match first {
        '_' => matches_from(after, rest),
        // Without a closing bracket, `[` is a literal character.
        '[' if after.contains(&']') => {
            let end = after.iter().position(|character| *character == ']').unwrap();
            let is_inside = match &after[..end] {
                ['^', others @ ..] => !is_in_class(others, *character),
                class => is_in_class(class, *character),
            };
            is_inside && matches_from(&after[end + 1..], rest)
        }
        other => lower(*other) == lower(*character) && matches_from(after, rest),
    }
}

fn is_in_class(class: &[char], character: char) -> bool {
    match class {
        [] => false,
        [from, '-', to, after @ ..] => {
            (lower(*from)..=lower(*to)).contains(&lower(character)) || is_in_class(after, character)
        }
        [one, after @ ..] => lower(*one) == lower(character) || is_in_class(after, character),
    }
}

fn lower(character: char) -> String {
    character.to_lowercase().collect()
}
