//! Generators of random parts of the conditions language, from paths to whole conditions.

use connectwise_psa_core::chrono::{DateTime, NaiveDate};
use connectwise_psa_core::conditions::{Comparison, Condition, FieldPath, Literal, Operator};
use connectwise_psa_core::json::Date;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const KEYWORDS: [&str; 9] = ["and", "or", "not", "in", "like", "contains", "true", "false", "null"];

pub(crate) fn path() -> impl Strategy<Value = FieldPath> {
    let step = prop_oneof![4 => "[A-Za-z_][A-Za-z0-9_]{0,8}", 1 => select(vec!["likes", "_info", "order", "nullable", "not", "In", "TRUE"]).prop_map(str::to_owned)];
    vec(step, 1..4).prop_filter_map("starts with a keyword", |steps| {
        let is_valid = !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(&steps[0]));
        is_valid.then(|| FieldPath::new(steps.join("/")).unwrap())
    })
}

/// Hostile text, most of which cannot be a literal.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        6 => select(vec![
            "\"", "'", "\\", "\\\\", "\"\"", "''", "\\\"", "\\'", "\" or 1=1 or name=\"", "' or 1=1 or name='", "\") or (\"\"=\"", " and ", " or ", "=", "(", ")", ",",
            "[", "]", "[2025-01-01]", "null", "%", "*", "_", "“", "”", "‘", "’", "＂", "ʼ", "\n", "\r", "\t", "\0", "\u{85}", "\u{2028}", "\u{202e}", "--", ";", "/*", "ä", "🖨",
        ])
        .prop_map(str::to_owned),
        2 => "[a-z ]{0,6}",
        1 => any::<String>(),
    ];
    vec(fragment, 0..6).prop_map(|fragments| fragments.concat())
}

/// Hostile text that can be a literal.
pub(crate) fn valid_text() -> impl Strategy<Value = String> {
    (hostile_text(), select(vec!['"', '\''])).prop_map(|(text, removed)| {
        let mut text: String =
            text.chars().filter(|character| *character != removed && !character.is_control()).collect();
        // The only reason that is left is an odd number of trailing backslashes; one more makes it even.
        if Literal::text(text.as_str()).is_err() {
            text.push('\\');
        }
        text
    })
}

fn text() -> impl Strategy<Value = Literal> {
    valid_text().prop_map(|text| Literal::text(text).unwrap())
}

/// Generates dates. Day 366 becomes January 1 in a year that has only 365 days.
fn any_date() -> impl Strategy<Value = Date> {
    (1..=9999_i32, 1..=366_u32)
        .prop_map(|(year, day)| NaiveDate::from_yo_opt(year, day).unwrap_or(NaiveDate::from_yo_opt(year, 1).unwrap()))
}

fn date() -> impl Strategy<Value = Literal> {
    // In nanoseconds. 1,000,000,000 is a leap second, which chrono accepts only after second 59.
    let fraction = prop_oneof![Just(0_u32), Just(500_000_000), 0..1_000_000_000_u32, Just(1_000_000_000)];
    prop_oneof![
        any_date().prop_map(|date| Literal::date(date).unwrap()),
        (any_date(), 0..86_400_i64, fraction).prop_map(|(date, second, fraction)| {
            let midnight = date.and_hms_opt(0, 0, 0).unwrap().and_utc();
            let timestamp = DateTime::from_timestamp(midnight.timestamp() + second, fraction);
            Literal::date_time(&timestamp.unwrap_or(midnight)).unwrap()
        }),
    ]
}

fn number() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<i64>().prop_map(Literal::integer),
        (-20..20_i64).prop_map(Literal::integer),
        (proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO)
            .prop_map(|number| Literal::number(number).unwrap()),
        (-10_000..10_000_i32).prop_map(|hundredths| Literal::number(f64::from(hundredths) / 100.0).unwrap()),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![3 => text(), 2 => number(), 1 => any::<bool>().prop_map(Literal::boolean), 2 => date()]
}

pub(crate) fn comparison() -> impl Strategy<Value = Comparison> {
    (path(), select(Operator::ALL.to_vec())).prop_flat_map(|(path, operator)| {
        let values = if operator.takes_list() {
            vec(literal(), 1..5).boxed()
        } else if operator.is_textual() {
            vec(text(), 1).boxed()
        } else if operator.is_ordering() {
            vec(literal(), 1).boxed()
        } else {
            vec(prop_oneof![4 => literal(), 1 => Just(Literal::NULL)], 1).boxed()
        };
        values.prop_filter_map("an ordering comparison with a date in quotes", move |values| {
            Comparison::new(path.clone(), operator, values).ok()
        })
    })
}

/// Nested conditions, as code builds them.
pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    comparison().prop_map(Condition::from).prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 1..4).prop_map(|all| Condition::all(all).unwrap()),
            3 => vec(inner.clone(), 1..4).prop_map(|any| Condition::any(any).unwrap()),
            1 => inner.prop_map(Condition::not),
        ]
    })
}
