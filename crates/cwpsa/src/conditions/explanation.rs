//! What conditions, sort orders and field lists mean, in plain English.

use connectwise_psa::Condition;
use connectwise_psa::conditions::{Comparison, ConditionView, Direction, Literal, LiteralValue, Operator};
use serde_json::{Value, json};

use crate::conditions::layout::indent;
use crate::conditions::parameter::{Parameter, Parsed};

/// Explains a parameter: one line or more, in a tree with indents.
pub(crate) fn text(parameter: Parameter, parsed: &Parsed, type_name: Option<&str>) -> String {
    match parsed {
        Parsed::Condition(condition) => {
            let record = type_name.map_or_else(|| "A record".to_owned(), |name| format!("A record of the type {name}"));
            let within = match parameter {
                Parameter::ChildConditions => " for one and the same element of a list",
                Parameter::CustomFieldConditions => " for one and the same custom field",
                _ => "",
            };
            let mut lines = vec![match group(condition) {
                Some((_, heading)) => format!("{record} matches if {heading}{within}:"),
                None => format!("{record} matches if this is true{within}:"),
            }];
            match group(condition) {
                Some((parts, _)) => parts.iter().for_each(|part| add(part, 1, &mut lines)),
                None => add(condition, 1, &mut lines),
            }
            lines.join("\n")
        }
        Parsed::OrderBy(order) => {
            let mut lines = vec!["The records are sorted by".to_owned()];
            for (position, (field, direction)) in order.fields().iter().enumerate() {
                let then = if position == 0 { "" } else { "then " };
                lines.push(format!("  - {then}{field}, {}", direction_text(*direction)));
            }
            lines.join("\n")
        }
        Parsed::Fields(fields) => {
            let mut lines = vec!["The response has only these fields:".to_owned()];
            lines.extend(fields.fields().iter().map(|field| match field.as_str().rsplit_once('/') {
                Some((of, name)) => format!("  - {name} of {of}"),
                None => format!("  - {field}"),
            }));
            lines.join("\n")
        }
    }
}

/// Explains a parameter as JSON. Conditions are a tree of objects: `all` and `any` with an array, or a comparison.
pub(crate) fn json(parsed: &Parsed) -> Value {
    match parsed {
        Parsed::Condition(condition) => node(condition),
        Parsed::OrderBy(order) => order
            .fields()
            .iter()
            .map(|(field, direction)| json!({"field": field.as_str(), "descending": *direction == Direction::Descending}))
            .collect(),
        Parsed::Fields(fields) => fields.fields().iter().map(|field| json!({"field": field.as_str()})).collect(),
    }
}

fn direction_text(direction: Direction) -> &'static str {
    match direction {
        Direction::Descending => "the largest or latest first",
        _ => "the smallest or earliest first",
    }
}

fn node(condition: &Condition) -> Value {
    match condition.view() {
        ConditionView::And(parts) => json!({"all": parts.iter().map(node).collect::<Vec<_>>()}),
        ConditionView::Or(parts) => json!({"any": parts.iter().map(node).collect::<Vec<_>>()}),
        ConditionView::Comparison(comparison) => json!({
            "field": comparison.field().as_str(),
            "operator": comparison.operator().as_str(),
            "values": comparison.values().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "meaning": meaning(comparison),
        }),
        // What later versions of the client add.
        _ => json!({"text": condition.to_string()}),
    }
}

/// Returns the parts of a group, and what must be true of them. `None` for a comparison.
fn group(condition: &Condition) -> Option<(&[Condition], &'static str)> {
    match condition.view() {
        ConditionView::And(parts) => Some((parts, "all of these are true")),
        ConditionView::Or(parts) => Some((parts, "at least one of these is true")),
        _ => None,
    }
}

fn add(condition: &Condition, depth: usize, lines: &mut Vec<String>) {
    let line = match condition.view() {
        ConditionView::Comparison(comparison) => meaning(comparison),
        _ => group(condition).map_or_else(|| condition.to_string(), |(_, heading)| format!("{heading}:")),
    };
    lines.push(format!("{}- {line}", indent(depth)));
    for part in group(condition).map_or(&[][..], |(parts, _)| parts) {
        add(part, depth + 1, lines);
    }
}

/// Returns what a comparison means: `closedFlag is false`.
fn meaning(comparison: &Comparison) -> String {
    let field = comparison.field();
    let values: Vec<String> = comparison.values().iter().map(literal).collect();
    let values = values.join(", ");
    let first = comparison.values().first().map(Literal::value);
    let is_date = matches!(first, Some(LiteralValue::Date(_) | LiteralValue::DateTime(_)));
    match (comparison.operator(), first) {
        (Operator::Equal, Some(LiteralValue::Null)) => format!("{field} has no value"),
        (Operator::NotEqual, Some(LiteralValue::Null)) => format!("{field} has a value"),
        (operator @ (Operator::Like | Operator::NotLike), Some(LiteralValue::Text(pattern))) => {
            format!("{field} {}", pattern_meaning(pattern, operator == Operator::NotLike))
        }
        (operator, _) => format!("{field} {} {values}", verb(operator, is_date)),
    }
}

fn verb(operator: Operator, is_date: bool) -> &'static str {
    match (operator, is_date) {
        (Operator::Equal, _) => "is",
        (Operator::NotEqual, _) => "is not",
        (Operator::Less, true) => "is before",
        (Operator::Less, false) => "is less than",
        (Operator::LessOrEqual, true) => "is at or before",
        (Operator::LessOrEqual, false) => "is at most",
        (Operator::Greater, true) => "is after",
        (Operator::Greater, false) => "is greater than",
        (Operator::GreaterOrEqual, true) => "is at or after",
        (Operator::GreaterOrEqual, false) => "is at least",
        (Operator::Contains, _) => "contains",
        (Operator::NotContains, _) => "does not contain",
        (Operator::In, _) => "is one of",
        (Operator::NotIn, _) => "is none of",
        (other, _) => other.as_str(),
    }
}

/// Returns what a pattern means. Only the usual forms have words of their own.
fn pattern_meaning(pattern: &str, is_not: bool) -> String {
    let is_wildcard = |character: char| matches!(character, '%' | '*' | '_' | '[');
    let is_any = |character: char| matches!(character, '%' | '*');
    let inner = pattern.trim_matches(is_any);
    let (starts, ends) = (pattern.starts_with(is_any), pattern.ends_with(is_any));
    let (yes, no) = match (starts, ends) {
        _ if inner.contains(is_wildcard) => {
            let matches = if is_not { "does not match" } else { "matches" };
            return format!("{matches} the pattern {pattern:?}");
        }
        _ if inner.is_empty() && starts => ("has any text", "has no text"),
        (true, true) => ("contains", "does not contain"),
        (false, true) => ("starts with", "does not start with"),
        (true, false) => ("ends with", "does not end with"),
        (false, false) => ("is exactly", "is not exactly"),
    };
    let words = if is_not { no } else { yes };
    if inner.is_empty() && starts { words.to_owned() } else { format!("{words} {inner:?}") }
}

/// Returns a value as people write it.
fn literal(literal: &Literal) -> String {
    match literal.value() {
        LiteralValue::DateTime(timestamp) => format!("{} UTC", timestamp.format("%Y-%m-%d %H:%M:%S%.f")),
        LiteralValue::Date(date) => format!("{date} 00:00:00 UTC"),
        _ => literal.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(conditions: &str) -> String {
        text(Parameter::Conditions, &Parameter::Conditions.parse(conditions).unwrap(), None)
    }

    #[test]
    fn every_operator_has_a_meaning() {
        for (conditions, expected) in [
            ("a=1", "a is 1"),
            ("a!='x'", "a is not \"x\""),
            ("a=null", "a has no value"),
            ("a!=null", "a has a value"),
            ("a<1", "a is less than 1"),
            ("a<=[2025-01-01]", "a is at or before 2025-01-01 00:00:00 UTC"),
            ("a>[2025-01-01T10:00:00+02:00]", "a is after 2025-01-01 08:00:00 UTC"),
            ("a>=1.50", "a is at least 1.5"),
            ("a contains 'x'", "a contains \"x\""),
            ("a not contains 'x'", "a does not contain \"x\""),
            ("a like '%x%'", "a contains \"x\""),
            ("a like 'x%'", "a starts with \"x\""),
            ("a not like '*x'", "a does not end with \"x\""),
            ("a like 'x'", "a is exactly \"x\""),
            ("a like '%'", "a has any text"),
            ("a like 'x_y%'", "a matches the pattern \"x_y%\""),
            ("a in (1,2)", "a is one of 1, 2"),
            ("a not in ('x','y')", "a is none of \"x\", \"y\""),
        ] {
            assert_eq!(explain(conditions), format!("A record matches if this is true:\n  - {expected}"));
        }
    }

    #[test]
    fn groups_are_a_tree() {
        assert_eq!(
            explain("a=1 and (b=2 or c=3 and d=4)"),
            "A record matches if all of these are true:\n\
             \x20 - a is 1\n\
             \x20 - at least one of these is true:\n\
             \x20   - b is 2\n\
             \x20   - all of these are true:\n\
             \x20     - c is 3\n\
             \x20     - d is 4"
        );
    }

    #[test]
    fn the_json_form_has_the_same_tree() {
        let parsed = Parameter::Conditions.parse("a=1 or b in (2,3)").unwrap();
        assert_eq!(
            json(&parsed),
            json!({"any": [
                {"field": "a", "operator": "=", "values": ["1"], "meaning": "a is 1"},
                {"field": "b", "operator": "in", "values": ["2", "3"], "meaning": "b is one of 2, 3"},
            ]})
        );
    }
}
