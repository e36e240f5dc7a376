//! The compiled evaluator agrees with the simple one of `reference` on random records and conditions.

use std::cell::Cell;

use connectwise_psa_core::conditions::{
    Comparison, Condition, FieldPath, LikePattern, Literal, LiteralValue, Operator,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::spelling::Choices;
use crate::{config, fixed_seed, reference};

/// Similar texts, and some that are numbers, booleans or dates.
const TEXTS: [&str; 32] = [
    "",
    " ",
    "a",
    "A",
    "b",
    "ab",
    "AB ",
    " ab",
    "abab",
    "a_b",
    "x%y",
    "[a]",
    "a-b",
    "Äb",
    "äB",
    "straße",
    "日本",
    "17",
    " 17 ",
    "17.0",
    "1.50",
    "1e1",
    "true",
    "False",
    "1",
    "1.",
    "1.0",
    "0.0",
    "2025-01-01",
    "2025-01-01T00:00:00Z",
    "2025-01-01T01:00:00+01:00",
    "2024-12-31T23:59:59",
];

const DATES: [&str; 5] =
    ["[2025-01-01]", "[2025-01-01T00:00:00Z]", "[2024-12-31T23:59:59Z]", "[2025-01-01T00:00:00.5Z]", "[2030-06-01]"];

const NUMBERS: [f64; 10] = [0.0, 1.0, 1.5, 2.0, 7.0, 10.0, 17.0, -1.0, -1.5, 1e9];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(TEXTS.to_vec()).prop_map(str::to_owned), 2 => "[abAB ]{0,4}", 1 => "[aA1.äÄ%_*^\\[\\]-]{0,5}"]
}

/// Patterns with many wildcards and brackets.
fn any_pattern() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[abAB%_*]{0,6}", 3 => "([a%_*]|\\[[\\^]?[a-cA-C-]{0,4}\\]){0,4}", 1 => "[ab%\\[\\]^-]{0,7}", 1 => any_text()]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => any_text().prop_map(Value::from),
        2 => select(NUMBERS.to_vec()).prop_map(number),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

/// Returns a JSON number; one without a fraction has no decimal point.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as i64) } else { Value::from(number) }
}

/// Generates objects with some of these fields.
fn object(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| proptest::option::weighted(0.7, value.prop_map(move |value| (name.to_owned(), value))))
        .collect();
    fields.prop_map(|fields| Value::Object(fields.into_iter().flatten().collect::<Map<_, _>>())).boxed()
}

fn nested() -> BoxedStrategy<Value> {
    prop_oneof![
        5 => object(vec![("id", scalar().boxed()), ("Name", scalar().boxed()), ("type", object(vec![("id", scalar().boxed())]))]),
        1 => Just(json!({})),
        1 => Just(json!({"_info": {"board_href": "x"}})),
        1 => scalar(),
    ]
    .boxed()
}

fn list() -> BoxedStrategy<Value> {
    prop_oneof![6 => vec(nested(), 0..4).prop_map(Value::from), 1 => nested()].boxed()
}

fn record() -> BoxedStrategy<Value> {
    let custom_field = object(vec![("caption", scalar().boxed()), ("value", scalar().boxed())]);
    let info =
        object(vec![("lastUpdated", scalar().boxed()), ("enteredBy", scalar().boxed()), ("summary", scalar().boxed())]);
    object(vec![
        ("summary", scalar().boxed()),
        ("id", scalar().boxed()),
        ("hours", scalar().boxed()),
        ("ClosedFlag", scalar().boxed()),
        ("board", nested()),
        ("types", list()),
        ("items", list()),
        ("customFields", prop_oneof![6 => vec(custom_field, 0..4).prop_map(Value::from), 1 => scalar()].boxed()),
        ("_info", info),
    ])
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        4 => any_text().prop_map(|text| Literal::text(text).unwrap()),
        2 => select(NUMBERS.to_vec()).prop_map(|number| Literal::number(number).unwrap()),
        1 => any::<bool>().prop_map(Literal::boolean),
        2 => select(DATES.to_vec()).prop_map(|text| format!("x={text}").parse::<Condition>().unwrap().comparisons()[0].values()[0].clone()),
    ]
}

fn comparison(paths: &'static [&'static str]) -> impl Strategy<Value = Condition> {
    let field = (select(paths.to_vec()), any::<u64>())
        .prop_map(|(path, seed)| FieldPath::new(Choices(seed).letter_case(path)).unwrap());
    (field, select(Operator::ALL.to_vec())).prop_flat_map(|(field, operator)| {
        let part = prop_oneof!["[abAB]{1,2}", any_pattern()];
        let pattern = part.prop_map(|pattern| Literal::text(pattern).unwrap());
        let values = if operator.takes_list() {
            vec(literal(), 1..4).boxed()
        } else if operator.is_textual() {
            vec(pattern, 1).boxed()
        } else if operator.is_ordering() {
            vec(literal(), 1).boxed()
        } else {
            vec(prop_oneof![3 => literal(), 1 => Just(Literal::NULL)], 1).boxed()
        };
        values.prop_filter_map("an ordering comparison with a date in quotes", move |values| {
            Comparison::new(field.clone(), operator, values).ok().map(Condition::from)
        })
    })
}

fn condition(paths: &'static [&'static str]) -> impl Strategy<Value = Condition> {
    comparison(paths).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|all| Condition::all(all).unwrap()),
            vec(inner.clone(), 2..4).prop_map(|any| Condition::any(any).unwrap()),
            inner.prop_map(Condition::not),
        ]
    })
}

/// Compares both evaluators on many pairs. At least 5% and less than 95% of the pairs must match, for a meaningful
/// result.
fn check_agreement(
    paths: &'static [&'static str],
    matches: fn(&Condition, &Value) -> bool,
    expected: fn(&Condition, &Value) -> bool,
) {
    const CASES: u32 = 2048;
    let matching = Cell::new(0_u32);
    let outcome = TestRunner::new(config(CASES)).run(&(condition(paths), record()), |(condition, record)| {
        let expected = expected(&condition, &record);
        prop_assert_eq!(matches(&condition, &record), expected, "{} on {}", condition, record);
        matching.set(matching.get() + u32::from(expected));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let matching = matching.get();
    assert!((CASES / 20..CASES * 19 / 20).contains(&matching), "{matching} of {CASES} match");
}

#[test]
fn records_match_as_in_the_reference() {
    check_agreement(
        &[
            "summary",
            "id",
            "hours",
            "closedFlag",
            "board",
            "board/id",
            "board/name",
            "board/type",
            "board/type/id",
            "board/missing",
            "types",
            "types/id",
            "lastUpdated",
            "_info/lastUpdated",
            "_info",
            "enteredBy",
            "missing",
            "missing/id",
            "summary/id",
            "customFields",
        ],
        |condition, record| condition.matches(record),
        reference::matches,
    );
}

#[test]
fn child_conditions_match_as_in_the_reference() {
    check_agreement(
        &[
            "types",
            "types/id",
            "types/name",
            "types/type/id",
            "items/id",
            "items/name",
            "items/missing",
            "board/id",
            "missing/id",
            "summary",
            "lastUpdated",
        ],
        |condition, record| condition.matcher().matches_children(record),
        reference::matches_children,
    );
}

#[test]
fn custom_field_conditions_match_as_in_the_reference() {
    check_agreement(
        // `value` is listed twice, so that it is chosen twice as often.
        &["caption", "value", "value", "type"],
        |condition, record| condition.matcher().matches_custom_fields(record),
        reference::matches_custom_fields,
    );
}

proptest! {
    #![proptest_config(config(1024))]

    #[test]
    fn patterns_match_as_in_the_reference(pattern in any_pattern(), text in prop_oneof!["[abAB]{0,6}", "[a%_*^\\[\\]-]{0,4}", any_text()]) {
        prop_assert_eq!(LikePattern::new(&pattern).matches(&text), reference::matches_pattern(&pattern, &text));
    }

    #[test]
    fn a_matcher_a_condition_and_its_printed_text_are_equivalent(condition in condition(&["summary", "id", "board/name"]), records in vec(record(), 1..4)) {
        let matcher = condition.matcher();
        for record in &records {
            prop_assert_eq!(matcher.matches(record), condition.matches(record));
            prop_assert_eq!(condition.to_string().parse::<Condition>().unwrap().matches(record), condition.matches(record));
        }
    }

    #[test]
    fn a_condition_and_its_opposite_never_both_match(condition in condition(&["summary", "id", "board/name"]), records in vec(record(), 1..4)) {
        for record in &records {
            prop_assert!(!(condition.matches(record) && condition.clone().not().matches(record)));
        }
    }
}

#[test]
fn the_generator_produces_every_type_of_literal() {
    // One count for each type: text, integer, decimal, boolean, timestamp and date.
    let counts: Vec<Cell<u32>> = vec![Cell::new(0); 6];
    TestRunner::new(fixed_seed(256))
        .run(&literal(), |literal| {
            let index = match literal.value() {
                LiteralValue::Text(_) => 0,
                LiteralValue::Integer(_) => 1,
                LiteralValue::Decimal(_) => 2,
                LiteralValue::Boolean(_) => 3,
                LiteralValue::DateTime(_) => 4,
                _ => 5,
            };
            counts[index].set(counts[index].get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(counts.iter().all(|count| count.get() > 0), "{counts:?}");
}
