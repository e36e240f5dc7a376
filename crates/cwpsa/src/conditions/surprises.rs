//! What surprises in conditions: rules of the server that the text does not show. ConnectWise documents none of them;
//! they are those of SQL Server, which the client's matcher follows too.

use connectwise_psa::Condition;
use connectwise_psa::conditions::{Comparison, ConditionView, LiteralValue, Operator, OrderBy};

use crate::conditions::parameter::{Parameter, Parsed};

/// A rule, with the comparisons that it concerns.
struct Rule {
    concerns: fn(&Comparison) -> bool,
    /// `FIELDS` becomes the fields of these comparisons.
    text: &'static str,
}

const RULES: &[Rule] = &[
    Rule { concerns: has_text, text: "Text is compared without regard to letter case, but with regard to accents." },
    Rule { concerns: is_equality_of_text, text: "Spaces at the end of text are ignored by `=`, `!=` and `in`." },
    Rule {
        concerns: is_pattern,
        text: "In patterns, `%` and `*` match any characters, `_` matches one character, and `[ab]` one of several. \
               To search for such a character itself, put it in brackets: `[%]`.",
    },
    Rule {
        concerns: is_pattern_without_wildcard,
        text: "`like` compares the whole value. FIELDS: without `%`, it finds no text that contains more than the \
               pattern. Use `contains`, or `%` at both ends.",
    },
    Rule {
        concerns: contains_wildcard,
        text: "FIELDS: whether the server reads `%`, `*`, `_` and `[` after `contains` as wildcards is not known. Use \
               `like` with the character in brackets: `[%]`.",
    },
    Rule {
        concerns: excludes_null,
        text: "FIELDS: a record without a value does not match, not even `!=` or `not`. To include it, add \
               `or FIELD = null`.",
    },
    Rule { concerns: is_null, text: "A field that is missing, null, or an empty reference has no value." },
    Rule {
        concerns: has_date,
        text: "FIELDS: a date means its midnight in UTC, not the whole day: `=` finds only this timestamp.",
    },
    Rule { concerns: has_timestamp, text: "Times are in UTC. They are sent in UTC, also if the text has an offset." },
    Rule {
        concerns: is_order_of_text,
        text: "FIELDS: text in quotes is compared as text: \"10\" is before \"9\". Write numbers without quotes, and \
               dates in brackets.",
    },
];

const AND_BEFORE_OR: &str = "`and` binds more tightly than `or`. The formatted text has parentheses where both meet.";
const SAME_ELEMENT: &str = "All comparisons of fields of one list must be true for the same element. A record matches \
                            if one element does: other elements do not exclude it.";
const SAME_CUSTOM_FIELD: &str =
    "All comparisons must be true for the same custom field: compare `caption` and `value`.";
const UNDEFINED_ORDER: &str =
    "Records with equal values have no defined order, which can change from page to page. Add `id` at the end.";
const LIST_OF_FIELDS: &str = "Fields that are not in the list are missing in the response, also those with a value.";

/// Returns what surprises in a parameter, one text each, in a fixed order.
pub(crate) fn of(parameter: Parameter, parsed: &Parsed) -> Vec<String> {
    match parsed {
        Parsed::Condition(condition) => of_condition(parameter, condition),
        Parsed::OrderBy(order) if is_ambiguous(order) => vec![UNDEFINED_ORDER.to_owned()],
        Parsed::OrderBy(_) => Vec::new(),
        Parsed::Fields(_) => vec![LIST_OF_FIELDS.to_owned()],
    }
}

fn of_condition(parameter: Parameter, condition: &Condition) -> Vec<String> {
    let comparisons = condition.comparisons();
    let mut texts = Vec::new();
    match parameter {
        Parameter::ChildConditions => texts.push(SAME_ELEMENT.to_owned()),
        Parameter::CustomFieldConditions => texts.push(SAME_CUSTOM_FIELD.to_owned()),
        _ => {}
    }
    if mixes(condition) {
        texts.push(AND_BEFORE_OR.to_owned());
    }
    for Rule { concerns, text } in RULES {
        let mut fields: Vec<&str> = Vec::new();
        for comparison in comparisons.iter().filter(|comparison| concerns(comparison)) {
            let field = comparison.field().as_str();
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        if let Some(first) = fields.first() {
            // FIELDS comes first: FIELD is a part of it.
            texts.push(text.replace("FIELDS", &fields.join(", ")).replace("FIELD", first));
        }
    }
    texts
}

/// Returns whether `and` and `or` meet in the condition.
fn mixes(condition: &Condition) -> bool {
    let is_group = |part: &Condition| !matches!(part.view(), ConditionView::Comparison(_));
    match condition.view() {
        ConditionView::And(parts) | ConditionView::Or(parts) => parts.iter().any(is_group),
        _ => false,
    }
}

fn is_ambiguous(order: &OrderBy) -> bool {
    !order.fields().iter().any(|(field, _)| field.as_str().eq_ignore_ascii_case("id"))
}

fn values<'a>(comparison: &'a Comparison) -> impl Iterator<Item = LiteralValue<'a>> {
    comparison.values().iter().map(connectwise_psa::conditions::Literal::value)
}

fn has_text(comparison: &Comparison) -> bool {
    values(comparison).any(|value| matches!(value, LiteralValue::Text(_)))
}

fn is_equality_of_text(comparison: &Comparison) -> bool {
    let operator = comparison.operator();
    has_text(comparison) && !operator.is_textual() && !operator.is_ordering()
}

fn is_order_of_text(comparison: &Comparison) -> bool {
    comparison.operator().is_ordering() && has_text(comparison)
}

fn is_pattern(comparison: &Comparison) -> bool {
    matches!(comparison.operator(), Operator::Like | Operator::NotLike)
}

fn is_pattern_without_wildcard(comparison: &Comparison) -> bool {
    is_pattern(comparison)
        && values(comparison).any(|value| matches!(value, LiteralValue::Text(text) if !text.contains(['%', '*'])))
}

fn contains_wildcard(comparison: &Comparison) -> bool {
    matches!(comparison.operator(), Operator::Contains | Operator::NotContains)
        && values(comparison)
            .any(|value| matches!(value, LiteralValue::Text(text) if text.contains(['%', '*', '_', '['])))
}

fn is_null(comparison: &Comparison) -> bool {
    values(comparison).any(|value| value == LiteralValue::Null)
}

fn excludes_null(comparison: &Comparison) -> bool {
    let is_negative = matches!(
        comparison.operator(),
        Operator::NotEqual | Operator::NotContains | Operator::NotLike | Operator::NotIn
    );
    is_negative && !is_null(comparison)
}

fn has_date(comparison: &Comparison) -> bool {
    values(comparison).any(|value| matches!(value, LiteralValue::Date(_)))
}

fn has_timestamp(comparison: &Comparison) -> bool {
    values(comparison).any(|value| matches!(value, LiteralValue::DateTime(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(parameter: Parameter, text: &str) -> Vec<String> {
        of(parameter, &parameter.parse(text).unwrap())
    }

    #[test]
    fn each_rule_has_its_comparisons() {
        for (conditions, expected) in [
            ("a=1", &[][..]),
            ("a='x'", &["letter case", "Spaces at the end"]),
            ("a contains 'x'", &["letter case"]),
            ("a contains '5%'", &["letter case", "a: whether the server"]),
            ("a like '%x'", &["letter case", "In patterns"]),
            ("a like 'x'", &["letter case", "In patterns", "a: without `%`"]),
            (
                "a/b!=1 and c not in (1)",
                &[
                    "a/b, c: a record without a value does not match, not even `!=` or `not`. To include it, add `or a/b = null`",
                ],
            ),
            ("a=null", &["empty reference"]),
            ("a!=null", &["empty reference"]),
            ("a=[2025-01-01]", &["a: a date means its midnight in UTC"]),
            ("a>[2025-01-01T00:00:00Z]", &["Times are in UTC"]),
            ("a<'9'", &["letter case", "a: text in quotes"]),
            ("a=1 and b=2 or c=3", &["binds more tightly"]),
        ] {
            let found = texts(Parameter::Conditions, conditions);
            assert_eq!(found.len(), expected.len(), "{conditions}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.contains(expected), "{conditions}: {found}");
            }
        }
    }

    #[test]
    fn other_parameters_have_rules_of_their_own() {
        for (parameter, text, expected) in [
            (Parameter::ChildConditions, "types/id=4", "same element"),
            (Parameter::CustomFieldConditions, "caption='x'", "same custom field"),
            (Parameter::OrderBy, "name", "Add `id`"),
            (Parameter::Fields, "id", "missing in the response"),
        ] {
            assert!(texts(parameter, text).first().is_some_and(|text| text.contains(expected)), "{text}");
        }
        assert!(texts(Parameter::OrderBy, "name, ID desc").is_empty());
    }
}
