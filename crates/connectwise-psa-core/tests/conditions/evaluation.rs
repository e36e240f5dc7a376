//! The prepared evaluator agrees with the plain one of `reference` on random records and conditions.

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
use crate::{config, counted, reference};

/// Texts that are close to each other, and some that hold something else than text.
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

const MOMENTS: [&str; 5] =
    ["[2025-01-01]", "[2025-01-01T00:00:00Z]", "[2024-12-31T23:59:59Z]", "[2025-01-01T00:00:00.5Z]", "[2030-06-01]"];

const NUMBERS: [f64; 10] = [0.0, 1.0, 1.5, 2.0, 7.0, 10.0, 17.0, -1.0, -1.5, 1e9];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(TEXTS.to_vec()).prop_map(str::to_owned), 2 => "[abAB ]{0,4}", 1 => "[aA1.äÄ%_*^\\[\\]-]{0,5}"]
}

/// Patterns in which wildcards and brackets are frequent.
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

/// A whole number as JSON mostly writes it, without a point.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as i64) } else { Value::from(number) }
}

/// An object of some of these members.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| proptest::option::weighted(0.7, value.prop_map(move |value| (name.to_owned(), value))))
        .collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect::<Map<_, _>>())).boxed()
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
        2 => select(MOMENTS.to_vec()).prop_map(|text| format!("x={text}").parse::<Condition>().unwrap().comparisons()[0].values()[0].clone()),
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
        values.prop_filter_map("an order of a date in quotes", move |values| {
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

/// Both evaluators on many pairs; a good part of them has to fit, or the agreement says little.
fn agree(
    paths: &'static [&'static str],
    fits: fn(&Condition, &Value) -> bool,
    expected: fn(&Condition, &Value) -> bool,
) {
    const CASES: u32 = 2048;
    let fitting = Cell::new(0_u32);
    let outcome = TestRunner::new(config(CASES)).run(&(condition(paths), record()), |(condition, record)| {
        let expected = expected(&condition, &record);
        prop_assert_eq!(fits(&condition, &record), expected, "{} on {}", condition, record);
        fitting.set(fitting.get() + u32::from(expected));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let fitting = fitting.get();
    assert!((CASES / 20..CASES * 19 / 20).contains(&fitting), "{fitting} of {CASES} fit");
}

#[test]
fn records_fit_as_in_the_reference() {
    agree(
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
fn children_fit_as_in_the_reference() {
    agree(
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
fn custom_fields_fit_as_in_the_reference() {
    agree(
        &["caption", "value", "value", "type"],
        |condition, record| condition.matcher().matches_custom_fields(record),
        reference::matches_custom_fields,
    );
}

proptest! {
    #![proptest_config(config(1024))]

    #[test]
    fn patterns_fit_as_in_the_reference(pattern in any_pattern(), text in prop_oneof!["[abAB]{0,6}", "[a%_*^\\[\\]-]{0,4}", any_text()]) {
        prop_assert_eq!(LikePattern::new(&pattern).matches(&text), reference::fits(&pattern, &text));
    }

    #[test]
    fn a_matcher_is_the_condition(condition in condition(&["summary", "id", "board/name"]), records in vec(record(), 1..4)) {
        let matcher = condition.matcher();
        for record in &records {
            prop_assert_eq!(matcher.matches(record), condition.matches(record));
            // The opposite never holds beside the condition, and what is printed means the same.
            prop_assert!(!(condition.matches(record) && condition.clone().not().matches(record)));
            prop_assert_eq!(condition.to_string().parse::<Condition>().unwrap().matches(record), condition.matches(record));
        }
    }
}

#[test]
fn the_generators_reach_every_kind() {
    let kinds: Vec<Cell<u32>> = vec![Cell::new(0); 6];
    TestRunner::new(counted(256))
        .run(&literal(), |literal| {
            let kind = match literal.value() {
                LiteralValue::Text(_) => 0,
                LiteralValue::Integer(_) => 1,
                LiteralValue::Decimal(_) => 2,
                LiteralValue::Boolean(_) => 3,
                LiteralValue::DateTime(_) => 4,
                _ => 5,
            };
            kinds[kind].set(kinds[kind].get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(kinds.iter().all(|count| count.get() > 0), "{kinds:?}");
}
