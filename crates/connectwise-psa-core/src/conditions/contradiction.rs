//! Finds conditions on one list element or custom field that no element can satisfy.
//!
//! The server evaluates `childConditions` and `customFieldConditions` for one element at a time. Two filters that each
//! name a custom field become `caption="A" and … and caption="B" and …`, which matches no record, although both custom
//! fields can have the wanted values. The server returns an empty list.

use std::collections::BTreeMap;

use super::matcher::may_be_equal;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::literal::{Literal, LiteralValue};
use crate::conditions::{Condition, ConditionView};

/// Two comparisons that cannot both be true for one element, in the order of the text.
#[derive(Clone, Debug)]
pub(crate) struct Contradiction<'a> {
    pub(crate) first: Fixed<'a>,
    pub(crate) second: Fixed<'a>,
}

/// A comparison that is only true for certain values of its field.
#[derive(Clone, Debug)]
pub(crate) struct Fixed<'a> {
    /// The position in [`Condition::comparisons`].
    pub(crate) index: usize,
    pub(crate) comparison: &'a Comparison,
    /// The values that are left of the comparison's own.
    values: Vec<&'a Literal>,
}

/// The fields that a combination of comparisons fixes, by their paths in lower case.
type Case<'a> = BTreeMap<String, Fixed<'a>>;

/// The most combinations that are kept apart. Beyond it, some contradictions are not found.
const MAX_CASES: usize = 256;

/// The most pairs of values that are compared for two comparisons. Beyond it, some contradictions are not found.
const MAX_PAIRS: usize = 10_000;

/// Returns two comparisons that make the condition false for every element, or `None` if an element may satisfy it.
pub(crate) fn contradiction(condition: &Condition) -> Option<Contradiction<'_>> {
    cases(condition, &mut 0).err()
}

impl Contradiction<'_> {
    /// Returns what is wrong. `element` names what the condition is evaluated for.
    pub(crate) fn message(&self, element: &str) -> String {
        let (first, second) = (self.first.comparison, self.second.comparison);
        format!("`{first}` and `{second}` cannot both be true for one {element}")
    }
}

/// What to do in place of a contradiction.
pub(crate) const CONTRADICTION_HINT: &str = "join the two with `or` if one is enough; if a record must have both, put one into the request, and check the other in \
     your program";

/// Returns the combinations in which a condition can be true. `position` counts the comparisons.
fn cases<'a>(condition: &'a Condition, position: &mut usize) -> Result<Vec<Case<'a>>, Contradiction<'a>> {
    match condition.view() {
        ConditionView::Comparison(comparison) => {
            let index = *position;
            *position += 1;
            let fixed = fixed_values(comparison)
                .map(|values| (comparison.field().as_str().to_ascii_lowercase(), Fixed { index, comparison, values }));
            Ok(vec![fixed.into_iter().collect()])
        }
        ConditionView::And(all) => {
            let mut joined = Ok(vec![Case::new()]);
            for part in all {
                // Every part is visited, to count its comparisons.
                let part = cases(part, position);
                joined = joined.and_then(|before| both(&before, &part?));
            }
            joined
        }
        ConditionView::Or(any) => {
            let (mut possible, mut first_error) = (Vec::new(), None);
            for part in any {
                match cases(part, position) {
                    Ok(cases) => possible.extend(cases),
                    Err(error) => first_error = first_error.or(Some(error)),
                }
            }
            match first_error {
                Some(error) if possible.is_empty() => Err(error),
                _ => Ok(possible),
            }
        }
    }
}

/// Returns the combinations in which two parts are both true.
fn both<'a>(one: &[Case<'a>], other: &[Case<'a>]) -> Result<Vec<Case<'a>>, Contradiction<'a>> {
    let (mut one, mut other) = (one.to_vec(), other.to_vec());
    if one.len().saturating_mul(other.len()) > MAX_CASES {
        (one, other) = (vec![either(&one)], vec![either(&other)]);
    }
    let (mut possible, mut first_error) = (Vec::new(), None);
    for one in &one {
        for other in &other {
            match joined(one, other) {
                Ok(case) => possible.push(case),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
    }
    match first_error {
        Some(error) if possible.is_empty() => Err(error),
        _ => Ok(possible),
    }
}

/// Returns the combination of two, or the contradiction between them.
fn joined<'a>(one: &Case<'a>, other: &Case<'a>) -> Result<Case<'a>, Contradiction<'a>> {
    let mut case = one.clone();
    for (path, second) in other {
        match case.get_mut(path) {
            None => {
                case.insert(path.clone(), second.clone());
            }
            Some(first) if first.values.len().saturating_mul(second.values.len()) > MAX_PAIRS => {}
            Some(first) => {
                let left: Vec<&Literal> = first
                    .values
                    .iter()
                    .copied()
                    .filter(|value| second.values.iter().any(|other| is_possible(value, other)))
                    .collect();
                if left.is_empty() {
                    return Err(Contradiction { first: first.clone(), second: second.clone() });
                }
                first.values = left;
            }
        }
    }
    Ok(case)
}

/// Returns whether one value can equal both. Text beyond ASCII can always be equal, because collations differ: some compare
/// `ß` and `ss`, or composed and decomposed accents, as equal.
fn is_possible(value: &Literal, other: &Literal) -> bool {
    let is_beyond_ascii = |literal: &Literal| matches!(literal.value(), LiteralValue::Text(text) if !text.is_ascii());
    is_beyond_ascii(value) || is_beyond_ascii(other) || may_be_equal(value, other)
}

/// Returns one combination that allows everything that one of several allows: the fields that all of them fix.
fn either<'a>(cases: &[Case<'a>]) -> Case<'a> {
    let Some((first, rest)) = cases.split_first() else { return Case::new() };
    let mut common = first.clone();
    common.retain(|path, fixed| {
        rest.iter().all(|case| match case.get(path) {
            Some(other) => {
                fixed.values.extend(&other.values);
                true
            }
            None => false,
        })
    });
    common
}

/// Returns the values for which a comparison can be true; `None` if it does not list them.
fn fixed_values(comparison: &Comparison) -> Option<Vec<&Literal>> {
    // Without a wildcard, `like` is an equality.
    let has_wildcard =
        |value: &Literal| matches!(value.value(), LiteralValue::Text(text) if text.contains(['%', '*', '_', '[']));
    match comparison.operator() {
        Operator::Equal | Operator::In => Some(comparison.values().iter().collect()),
        Operator::Like if !comparison.values().iter().any(has_wildcard) => Some(comparison.values().iter().collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(usize, usize)> {
        let condition: Condition = text.parse().unwrap();
        contradiction(&condition).map(|found| (found.first.index, found.second.index))
    }

    #[test]
    fn contradictions_are_found_and_nothing_else() {
        for (text, expected) in [
            ("caption='A' and caption='B'", Some((0, 1))),
            ("caption='A' and value=1 and caption='B' and value=2", Some((0, 2))),
            ("CAPTION='A' and caption='B'", Some((0, 1))),
            ("caption='A' and (value=1 or value=2) and caption='B'", Some((0, 3))),
            ("types/id=4 and types/id=7", Some((0, 1))),
            ("types/id=4 and x/id=7 and types/id=7", Some((0, 2))),
            ("a in (1,2) and a in (3,4)", Some((0, 1))),
            ("(a=1 or a=2) and (a=3 or a=4)", Some((0, 2))),
            ("(a=1 and b=1 or a=2 and b=2) and a=1 and b=2", Some((1, 5))),
            ("a=1 and a=2 or a=3 and a=4", Some((0, 1))),
            ("not (a!='A' or a!='B')", Some((0, 1))),
            ("a=null and a='A'", Some((0, 1))),
            ("a=true and a=false", Some((0, 1))),
            ("a=[2025-01-01] and a=[2025-01-02]", Some((0, 1))),
            ("a='A' and a like 'B'", Some((0, 1))),
            ("a=1 and b=1 and a in (1,2) and a in (2,3)", Some((0, 3))),
            // These can be true.
            ("caption='A' and caption='a '", None),
            ("a=1 and a=1.0", None),
            ("a=1 and a='1'", None),
            ("a=1 and a=true", None),
            ("a='2025-01-01' and a=[2025-01-01T00:00:00Z]", None),
            ("a='A' and a=[2025-01-01]", None),
            ("a='A' and a!='B'", None),
            ("a='A' and a>'B'", None),
            ("a='A' and a like 'B%'", None),
            ("a='A' and a contains 'B'", None),
            ("a='A' or a='B'", None),
            ("a in (1,2) and a in (2,3)", None),
            ("types/id=4 and x/id=7", None),
            ("caption='Straße' and caption='Strasse'", None),
            ("a=1 and a=2 or a=3", None),
            ("(a=1 or b=2) and a=2", None),
            ("a=null and b='A'", None),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_contradiction_is_false_for_every_element() {
        // Every combination of three comparisons with every element of two fields.
        let parts = ["a=1", "a=2", "a in (1,3)", "b='x'", "b='X'", "b='y'", "a!=1", "b=null", "not b='x'"];
        let elements: Vec<_> = [1, 2, 3]
            .iter()
            .flat_map(|a| [Some("x"), Some("y"), None].map(|b| serde_json::json!({"customFields": [{"a": a, "b": b}]})))
            .collect();
        let mut contradictions = 0;
        for one in parts {
            for two in parts {
                for three in parts {
                    for text in [
                        format!("{one} and {two} and {three}"),
                        format!("({one} or {two}) and {three}"),
                        format!("{one} and {two} or {three}"),
                    ] {
                        let condition: Condition = text.parse().unwrap();
                        let matcher = condition.matcher();
                        if contradiction(&condition).is_some() {
                            contradictions += 1;
                            assert!(!elements.iter().any(|record| matcher.matches_custom_fields(record)), "{text}");
                        }
                    }
                }
            }
        }
        assert!(contradictions > 100, "{contradictions}");
    }

    #[test]
    fn long_conditions_take_little_time() {
        let each = (0..2000).map(|number| format!("(a{number}=1 or b{number}=1)")).collect::<Vec<_>>().join(" and ");
        assert_eq!(found(&each), None);
        let list = (0..2000).map(|number| format!("a={number}")).collect::<Vec<_>>().join(" or ");
        assert_eq!(found(&format!("({list}) and a=2000")), Some((0, 2000)));
        assert_eq!(found(&format!("({list}) and a=1999")), None);
        assert_eq!(found(&format!("({list}) and ({list})")), None);
    }
}
