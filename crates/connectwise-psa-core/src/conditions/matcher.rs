//! Evaluates conditions on JSON records with the semantics of SQL Server.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use super::like::{LikePattern, folded};
use super::literal::truncated_to_ticks;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::literal::{Literal, LiteralValue};
use crate::conditions::{Condition, ConditionView};
use crate::json::digits::Digits;
use crate::json::scalars::DateTime;
use crate::json::scalars::{boolean_from_text, date_time_from_text};
use crate::text::field_ignoring_case;

/// A condition compiled for evaluation on many records.
///
/// - **Names** of fields match in any letter case. A top-level field that the record does not have is looked up in its
///   `_info`.
/// - **Text** is compared ignoring case, but not accents. `=`, `in` and the ordering operators also ignore trailing spaces. `contains`
///   matches a substring, `like` a [`LikePattern`]. ConnectWise does not document these rules; they are the defaults of
///   SQL Server.
/// - **Dates and timestamps** are compared as timestamps. A date is its midnight in UTC. A string without an offset is
///   in UTC.
/// - **Numbers** are compared by value. Integers of up to 64 bits and numbers in strings keep all their digits; any
///   other JSON number has the precision of an `f64`.
/// - **Conversion** depends on the type of the literal, because the server sometimes sends numbers, booleans and dates
///   as strings. A string of the record is converted for comparison with a number, a boolean or a date. For comparison
///   with a boolean, 0 and 1 count as false and true, also in a string such as `"1.0"`. For comparison with text, a
///   number or a boolean of the record is converted to a string, but `contains` and `like` on a boolean are unknown.
/// - **Null**, a missing field and an object with only nulls and `_info` are the same. Every comparison with null
///   except `= null` and `!= null` is unknown, and so is a comparison between types that cannot be compared. A record
///   matches if the whole condition is true, not if it is false or unknown.
///
/// ```
/// use connectwise_psa_core::conditions::Condition;
/// use serde_json::json;
///
/// let condition: Condition = "closedFlag=false and summary like '%down%'".parse()?;
/// assert!(condition.matches(&json!({"summary": "Server DOWN", "closedFlag": false})));
/// assert!(!condition.matches(&json!({"summary": "Server DOWN"})));
/// # Ok::<(), connectwise_psa_core::conditions::SyntaxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The distinct paths of the comparisons.
    fields: Vec<Vec<String>>,
    test: Test,
    /// The same condition, prepared for use as `childConditions`.
    children: ChildTest,
}

/// A condition on the elements of lists, in parts that are evaluated independently.
#[derive(Clone, Debug)]
enum ChildTest {
    All(Vec<ChildTest>),
    Any(Vec<ChildTest>),
    /// Comparisons that share lists. They hold if they are true for some choice of one element from each list.
    Choice {
        lists: Vec<String>,
        test: Test,
    },
}

#[derive(Clone, Debug)]
enum Test {
    /// The field is an index into [`Matcher::fields`].
    Compare {
        field: usize,
        operator: Operator,
        operands: Vec<Operand>,
    },
    And(Vec<Test>),
    Or(Vec<Test>),
}

/// A literal, prepared for comparison.
#[derive(Clone, Debug)]
enum Operand {
    /// With its letter case folded and without trailing spaces.
    Text(String),
    /// For `contains`: with its letter case folded.
    Substring(String),
    Pattern(LikePattern),
    Integer(i64),
    /// The digits, and the nearest `f64`, which decides nearly every comparison.
    Number {
        digits: String,
        approximate: f64,
    },
    Boolean(bool),
    Timestamp(DateTime),
    Null,
}

impl Condition {
    /// Compiles the condition for evaluation on many records.
    #[must_use]
    pub fn matcher(&self) -> Matcher {
        let mut fields = PathTable::default();
        let test = prepare(self, &mut fields);
        let fields = fields.paths;
        Matcher { children: child_test(&test, &fields), test, fields }
    }

    /// Returns whether a record matches; [`Matcher`] has the rules.
    #[must_use]
    pub fn matches(&self, record: &Value) -> bool {
        self.matcher().matches(record)
    }
}

/// The distinct paths of a condition, collected while it is compiled.
#[derive(Default)]
struct PathTable {
    paths: Vec<Vec<String>>,
    indexes: HashMap<Vec<String>, usize>,
}

impl PathTable {
    /// Returns the index of a path. A new path is added.
    fn index(&mut self, steps: Vec<String>) -> usize {
        *self.indexes.entry(steps).or_insert_with_key(|steps| {
            self.paths.push(steps.clone());
            self.paths.len() - 1
        })
    }
}

fn prepare(condition: &Condition, fields: &mut PathTable) -> Test {
    match condition.view() {
        ConditionView::And(all) => Test::And(all.iter().map(|part| prepare(part, fields)).collect()),
        ConditionView::Or(any) => Test::Or(any.iter().map(|part| prepare(part, fields)).collect()),
        ConditionView::Comparison(comparison) => Test::Compare {
            field: fields.index(comparison.field().steps().map(str::to_owned).collect()),
            operator: comparison.operator(),
            operands: comparison.values().iter().map(|value| operand(comparison, value)).collect(),
        },
    }
}

/// Splits a condition on the elements of lists into independent parts. An `or` holds if one of its parts does. An `and`
/// holds if all its parts do, but parts that share a list must hold for the same element of it, so they stay together.
fn child_test(test: &Test, fields: &[Vec<String>]) -> ChildTest {
    match test {
        Test::Or(any) => ChildTest::Any(any.iter().map(|test| child_test(test, fields)).collect()),
        Test::And(all) => {
            let mut groups: Vec<(Vec<String>, Vec<Test>)> = Vec::new();
            for test in all {
                let (mut lists, mut tests) = (lists_of(test, fields), vec![test.clone()]);
                let (sharing, separate): (Vec<_>, Vec<_>) =
                    groups.into_iter().partition(|(others, _)| others.iter().any(|list| lists.contains(list)));
                groups = separate;
                for (others, more) in sharing {
                    lists.extend(others);
                    tests.extend(more);
                }
                lists.sort();
                lists.dedup();
                groups.push((lists, tests));
            }
            let parts = groups.into_iter().map(|(lists, mut tests)| match (tests.pop(), tests.is_empty()) {
                (Some(test), true) => child_test(&test, fields),
                (last, _) => ChildTest::Choice { lists, test: Test::And(tests.into_iter().chain(last).collect()) },
            });
            ChildTest::All(parts.collect())
        }
        Test::Compare { .. } => ChildTest::Choice { lists: lists_of(test, fields), test: test.clone() },
    }
}

/// Returns the distinct lists that a test compares: the first steps of its paths, in lowercase.
fn lists_of(test: &Test, fields: &[Vec<String>]) -> Vec<String> {
    let mut lists: Vec<String> = match test {
        Test::And(tests) | Test::Or(tests) => tests.iter().flat_map(|test| lists_of(test, fields)).collect(),
        Test::Compare { field, .. } => fields
            .get(*field)
            .and_then(|steps| steps.first())
            .map(|step| step.to_ascii_lowercase())
            .into_iter()
            .collect(),
    };
    lists.sort();
    lists.dedup();
    lists
}

fn operand(comparison: &Comparison, value: &Literal) -> Operand {
    match value.value() {
        LiteralValue::Text(text) => match comparison.operator() {
            Operator::Contains | Operator::NotContains => Operand::Substring(fold(text)),
            Operator::Like | Operator::NotLike => Operand::Pattern(LikePattern::new(text)),
            _ => equality_operand(value),
        },
        _ => equality_operand(value),
    }
}

/// Prepares a literal for `=`, `in` and the ordering operators.
fn equality_operand(value: &Literal) -> Operand {
    match value.value() {
        LiteralValue::Text(text) => Operand::Text(fold(text.trim_end_matches(' '))),
        LiteralValue::Integer(number) => Operand::Integer(number),
        LiteralValue::Decimal(digits) => {
            Operand::Number { digits: digits.to_owned(), approximate: approximate(digits) }
        }
        LiteralValue::Boolean(value) => Operand::Boolean(value),
        LiteralValue::DateTime(timestamp) => Operand::Timestamp(timestamp),
        LiteralValue::Date(date) => Operand::Timestamp(date.and_time(chrono::NaiveTime::MIN).and_utc()),
        LiteralValue::Null => Operand::Null,
    }
}

impl Matcher {
    /// Returns whether the record matches the condition as the parameter `conditions`, by the rules of [`Matcher`].
    #[must_use]
    pub fn matches(&self, record: &Value) -> bool {
        record.is_object()
            && self.matches_fields(|field| {
                self.fields
                    .get(field)
                    .and_then(|steps| value_at_path(record, steps))
                    .map_or(FieldValue::Null, FieldValue::from_json)
            })
    }

    /// Returns the distinct paths that the condition compares, each as the names of its steps, for
    /// [`matches_fields`](Self::matches_fields).
    #[must_use]
    pub fn fields(&self) -> &[Vec<String>] {
        &self.fields
    }

    /// Does the same as [`matches`](Self::matches) for a record that is not a JSON value, such as a row of a database.
    ///
    /// The closure `value` gets an index into [`fields`](Self::fields) and returns the value at that path. To match
    /// names as `matches` does, it must ignore their letter case and also look for a top-level field in `_info`.
    ///
    /// ```
    /// use connectwise_psa_core::conditions::{Condition, FieldValue};
    ///
    /// let matcher = "summary contains 'down' and board/id=7".parse::<Condition>()?.matcher();
    /// assert_eq!(matcher.fields(), [vec!["summary"], vec!["board", "id"]]);
    /// let row = ("Server DOWN", 7);
    /// assert!(matcher.matches_fields(|field| match field {
    ///     0 => FieldValue::Text(row.0.into()),
    ///     _ => FieldValue::Number(row.1.into()),
    /// }));
    /// # Ok::<(), connectwise_psa_core::conditions::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn matches_fields<'v>(&self, value: impl Fn(usize) -> FieldValue<'v>) -> bool {
        evaluate(&self.test, &|field| Some(value(field))) == Some(true)
    }

    /// Returns whether the record matches the condition as the parameter `childConditions`, by the rules of
    /// [`Matcher`]: whether its lists have elements for which the condition is true.
    ///
    /// Comparisons of one list that are joined with `and` must be true for the same element. A field that is not a list
    /// counts as a list of one element. A condition such as `(a/x=1 or b/x=1) and a/y=2`, which mixes the lists `a` and
    /// `b` inside an `and`, is evaluated for every combination of their elements.
    #[must_use]
    pub fn matches_children(&self, record: &Value) -> bool {
        record.is_object() && self.children.matches(record, &self.fields)
    }

    /// Returns whether the record matches the condition as the parameter `customFieldConditions`, by the rules of
    /// [`Matcher`]: whether the condition is true for one of its custom fields.
    #[must_use]
    pub fn matches_custom_fields(&self, record: &Value) -> bool {
        record
            .as_object()
            .is_some_and(|record| elements(record, "customFields").iter().any(|field| self.matches(field)))
    }
}

impl ChildTest {
    fn matches(&self, record: &Value, fields: &[Vec<String>]) -> bool {
        match self {
            Self::All(all) => all.iter().all(|part| part.matches(record, fields)),
            Self::Any(any) => any.iter().any(|part| part.matches(record, fields)),
            Self::Choice { lists, test } => {
                let Some(object) = record.as_object() else { return false };
                let elements: Vec<&[Value]> = lists.iter().map(|list| elements(object, list)).collect();
                let mut chosen = vec![0; lists.len()];
                loop {
                    // For a list without elements, its comparisons are unknown; the others are not affected.
                    let element = |step: &str| {
                        let at = lists.iter().position(|list| list.eq_ignore_ascii_case(step))?;
                        elements.get(at)?.get(*chosen.get(at)?)
                    };
                    let result = evaluate(test, &|field| {
                        let (list, rest) = fields.get(field)?.split_first()?;
                        Some(descend(element(list)?, rest).map_or(FieldValue::Null, FieldValue::from_json))
                    });
                    if result == Some(true) {
                        return true;
                    }
                    if !next_choice(&mut chosen, &elements) {
                        return false;
                    }
                }
            }
        }
    }
}

/// Advances to the next choice, like the digits of a counter. Returns false after the last one.
fn next_choice(chosen: &mut [usize], elements: &[&[Value]]) -> bool {
    for (at, elements) in chosen.iter_mut().zip(elements) {
        *at += 1;
        if *at < elements.len() {
            return true;
        }
        *at = 0;
    }
    false
}

/// Returns the elements of a list of the record. A single value is a list of one; null and a missing field are empty
/// lists.
fn elements<'v>(record: &'v Map<String, Value>, list: &str) -> &'v [Value] {
    match top_level_value(record, list) {
        Some(Value::Array(elements)) => elements,
        Some(Value::Null) | None => &[],
        Some(single) => std::slice::from_ref(single),
    }
}

/// The value of a field, as comparisons use it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FieldValue<'v> {
    /// Null, a missing field, or an object with only nulls and `_info`.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A string, including dates.
    Text(Cow<'v, str>),
    /// An object or a list, which can only be compared with null.
    Other,
}

impl<'v> FieldValue<'v> {
    fn from_json(value: &'v Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Object(fields) if fields.iter().all(|(name, value)| name == "_info" || value.is_null()) => {
                Self::Null
            }
            Value::Array(_) | Value::Object(_) => Self::Other,
        }
    }
}

/// Returns the value at a path. The first step may be a field of `_info`.
fn value_at_path<'v>(record: &'v Value, steps: &[String]) -> Option<&'v Value> {
    let (first, rest) = steps.split_first()?;
    descend(top_level_value(record.as_object()?, first)?, rest)
}

/// Returns a field of the record, or the field of its `_info` if the record does not have one with that name.
fn top_level_value<'v>(record: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    field_ignoring_case(record, name)
        .or_else(|| field_ignoring_case(field_ignoring_case(record, "_info")?.as_object()?, name))
}

fn descend<'v>(from: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(from, |value, step| field_ignoring_case(value.as_object()?, step))
}

/// Returns true, false, or `None` for unknown. `at` returns the value at the path with an index, or `None` if the list
/// has no elements.
fn evaluate<'v>(test: &Test, at: &impl Fn(usize) -> Option<FieldValue<'v>>) -> Option<bool> {
    match test {
        Test::And(all) => decide(all, false, at),
        Test::Or(any) => decide(any, true, at),
        Test::Compare { field, operator, operands } => compare(&at(*field)?, *operator, operands),
    }
}

/// Returns `deciding` if one of the tests has this result, the other value if all tests have that, and otherwise
/// unknown.
fn decide<'v>(tests: &[Test], deciding: bool, at: &impl Fn(usize) -> Option<FieldValue<'v>>) -> Option<bool> {
    let mut result = Some(!deciding);
    for test in tests {
        match evaluate(test, at) {
            Some(value) if value == deciding => return Some(deciding),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn compare(value: &FieldValue<'_>, operator: Operator, operands: &[Operand]) -> Option<bool> {
    match operator {
        Operator::NotEqual | Operator::NotContains | Operator::NotLike | Operator::NotIn => {
            compare(value, operator.not(), operands).map(|holds| !holds)
        }
        Operator::In => {
            let mut result = Some(false);
            for operand in operands {
                match equal(value, operand) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => result = None,
                }
            }
            result
        }
        operator => {
            let operand = operands.first()?;
            match operator {
                Operator::Equal => equal(value, operand),
                Operator::Less => order(value, operand).map(Ordering::is_lt),
                Operator::LessOrEqual => order(value, operand).map(Ordering::is_le),
                Operator::Greater => order(value, operand).map(Ordering::is_gt),
                Operator::GreaterOrEqual => order(value, operand).map(Ordering::is_ge),
                _ => matches_text(value, operand),
            }
        }
    }
}

fn equal(value: &FieldValue<'_>, operand: &Operand) -> Option<bool> {
    match operand {
        Operand::Null => Some(*value == FieldValue::Null),
        operand => order(value, operand).map(Ordering::is_eq),
    }
}

/// Returns whether one value can equal both literals. True if it is uncertain, as for a text and a date.
pub(super) fn may_be_equal(one: &Literal, other: &Literal) -> bool {
    if one.is_null() || other.is_null() {
        return one == other;
    }
    let unequal = |one: &Literal, other: &Literal| equal(&value_of(one), &equality_operand(other)) == Some(false);
    !(unequal(one, other) && unequal(other, one))
}

/// Returns a value that equals a literal.
fn value_of(literal: &Literal) -> FieldValue<'_> {
    match literal.value() {
        LiteralValue::Null => FieldValue::Null,
        LiteralValue::Text(text) => FieldValue::Text(Cow::Borrowed(text)),
        LiteralValue::Boolean(value) => FieldValue::Boolean(value),
        LiteralValue::Integer(_) | LiteralValue::Decimal(_) | LiteralValue::DateTime(_) | LiteralValue::Date(_) => {
            FieldValue::Text(Cow::Owned(literal.to_string().trim_matches(['[', ']']).to_owned()))
        }
    }
}

/// Orders a value against an operand. Returns `None` if the two cannot be compared.
fn order(value: &FieldValue<'_>, operand: &Operand) -> Option<Ordering> {
    match operand {
        Operand::Text(other) => match value {
            FieldValue::Text(text) => Some(order_folded(text.trim_end_matches(' '), other)),
            FieldValue::Number(number) => Some(order_folded(&number.to_string(), other)),
            FieldValue::Boolean(value) => Some(order_folded(if *value { "true" } else { "false" }, other)),
            FieldValue::Null | FieldValue::Other => None,
        },
        Operand::Integer(other) => match value {
            FieldValue::Number(number) if number.is_i64() => Some(number.as_i64()?.cmp(other)),
            value => order_number(value, &other.to_string(), *other as f64),
        },
        Operand::Number { digits, approximate } => order_number(value, digits, *approximate),
        Operand::Boolean(other) => match value {
            FieldValue::Boolean(value) => Some(value.cmp(other)),
            FieldValue::Text(text) => Some(boolean_from_text(text.trim())?.cmp(other)),
            FieldValue::Number(number) => Some(boolean_from_number(number.as_f64()?)?.cmp(other)),
            FieldValue::Null | FieldValue::Other => None,
        },
        Operand::Timestamp(other) => match value {
            FieldValue::Text(text) => Some(truncated_to_ticks(date_time_from_text(text.trim())?).cmp(other)),
            _ => None,
        },
        Operand::Substring(_) | Operand::Pattern(_) | Operand::Null => None,
    }
}

/// Converts 0 and 1. Observed on live servers: some booleans are sent as these numbers.
fn boolean_from_number(number: f64) -> Option<bool> {
    match number {
        0.0 => Some(false),
        1.0 => Some(true),
        _ => None,
    }
}

/// Orders a number of the record against a number of the condition.
fn order_number(value: &FieldValue<'_>, other: &str, approximate_other: f64) -> Option<Ordering> {
    match value {
        FieldValue::Number(number) => match number.as_f64().and_then(|number| number.partial_cmp(&approximate_other)) {
            // Rounding to floating point never reverses an order. It can make different numbers equal, so equal ones
            // are compared by their digits.
            Some(order @ (Ordering::Less | Ordering::Greater)) => Some(order),
            _ => Some(Digits::parse(&number.to_string())?.cmp(&Digits::parse(other)?)),
        },
        FieldValue::Text(text) => Some(Digits::parse(text.trim())?.cmp(&Digits::parse(other)?)),
        _ => None,
    }
}

/// Returns the nearest `f64`; infinity for a number out of range.
fn approximate(digits: &str) -> f64 {
    digits.parse().unwrap_or(f64::INFINITY)
}

fn matches_text(value: &FieldValue<'_>, operand: &Operand) -> Option<bool> {
    let text = match value {
        FieldValue::Text(text) => Cow::Borrowed(&**text),
        FieldValue::Number(number) => Cow::Owned(number.to_string()),
        _ => return None,
    };
    match operand {
        Operand::Substring(part) => Some(contains_folded(&text, part)),
        Operand::Pattern(pattern) => Some(pattern.matches(&text)),
        _ => None,
    }
}

fn fold(text: &str) -> String {
    text.chars().map(folded).collect()
}

/// Orders a text against one that is already folded, ignoring letter case.
fn order_folded(text: &str, folded_text: &str) -> Ordering {
    text.chars().map(folded).cmp(folded_text.chars())
}

fn contains_folded(text: &str, part: &str) -> bool {
    if !text.is_ascii() {
        return fold(text).contains(part);
    }
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some((first, rest)) = part.split_first() else { return true };
    text.iter().enumerate().any(|(at, byte)| {
        byte.to_ascii_lowercase() == *first
            && text.get(at + 1..at + part.len()).is_some_and(|after| after.eq_ignore_ascii_case(rest))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ticket() -> Value {
        json!({
            "id": 13,
            "summary": "Printer [3rd floor] is DOWN ",
            "closedFlag": false,
            "hours": 1.5,
            "board": {"id": 1, "name": "Integration"},
            "site": {},
            "owner": {"_info": {}},
            "parentTicketId": null,
            "requiredDate": "2025-01-01T00:00:00Z",
            "numberAsText": "17",
            "booleanAsText": "True",
            "emoji": "🖨 Ä",
            "types": [{"id": 4, "name": "End User"}, {"id": 7, "name": "Approver", "type": {"id": 1}}],
            "communicationItems": [
                {"value": "john@example.com", "communicationType": "Email"},
                {"value": "555-0100", "communicationType": "Phone"}
            ],
            "typeIds": [4, 7],
            "none": [],
            "customFields": [{"caption": "Region", "value": "North"}, {"caption": "Seats", "value": 5}, {"caption": "Empty"}],
            "_info": {"lastUpdated": "2026-06-09T21:59:49Z", "enteredBy": "jdoe"}
        })
    }

    #[test]
    fn records_match_as_in_sql() {
        let record = ticket();
        for (text, expected) in [
            // text
            ("summary = 'printer [3RD floor] is down'", true),
            ("summary = 'printer'", false),
            ("summary contains 'FLOOR]'", true),
            ("summary contains 'floor]x'", false),
            ("summary contains ''", true),
            ("emoji contains 'ä'", true),
            ("summary like '%[[]3rd%'", true),
            ("summary like 'printer'", false),
            ("summary not like 'printer'", true),
            ("summary > 'P'", true),
            ("summary < 'q'", true),
            // numbers, booleans
            ("id = 13", true),
            ("id = 13.0", true),
            ("id in (1,13)", true),
            ("id not in (1,13)", false),
            ("ID >= 13 and Id <= 13", true),
            ("hours > 1 and hours < 2 and hours = 1.50", true),
            ("numberAsText = 17 and numberAsText > 16.5", true),
            ("closedFlag = false", true),
            ("closedFlag != false", false),
            ("booleanAsText = true", true),
            ("id = '13'", true),
            ("hours contains '.5'", true),
            // dates
            ("requiredDate = [2025-01-01]", true),
            ("requiredDate >= [2025-01-01T01:00:00+01:00]", true),
            ("requiredDate > [2025-01-01T00:00:00]", false),
            ("lastUpdated > [2026-06-09]", true),
            ("_info/lastUpdated <= [2026-06-09T21:59:49Z]", true),
            ("enteredBy = 'JDOE'", true),
            // paths
            ("board/name = 'integration'", true),
            ("board/nothing = 'x'", false),
            ("board/name/deeper = 'x'", false),
            ("board = 1", false),
            ("types/id = 4", false),
            // null
            ("parentTicketId = null", true),
            ("parentTicketId != null", false),
            ("missing = null and site = null and owner = null", true),
            ("site/id = null", true),
            ("board != null", true),
            ("parentTicketId = 5", false),
            ("parentTicketId != 5", false),
            ("parentTicketId not in (5)", false),
            ("parentTicketId < 5 or id = 13", true),
            ("parentTicketId < 5 or id = 14", false),
            ("not (parentTicketId < 5 and id = 14)", true),
            ("not (parentTicketId < 5 or id = 14)", false),
            ("parentTicketId contains 'x'", false),
            ("parentTicketId not contains 'x'", false),
            // types that cannot be compared
            ("summary = 5", false),
            ("summary != 5", false),
            ("summary = [2025-01-01]", false),
            ("id = true", false),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().matches(&record), expected, "{text}");
        }
        for value in [json!([1]), json!(null), json!("x")] {
            assert!(!"id=null".parse::<Condition>().unwrap().matches(&value), "not an object");
        }
    }

    #[test]
    fn unusual_values_are_compared_as_documented() {
        let huge = format!("1{}", "0".repeat(400));
        for (text, record, expected) in [
            (format!("a={huge}"), json!({}), false),
            (format!("a<{huge} and a>-{huge}"), json!({"a": 5}), true),
            (format!("a in ({huge})"), json!({"a": 5}), false),
            ("board/name='x'".to_owned(), json!({"board": {"id": 1}, "_info": {"board": {"name": "x"}}}), false),
            ("lastUpdated>[2025-01-01]".to_owned(), json!({"_INFO": {"LASTUPDATED": "2026-01-01"}}), true),
            ("a=[2016-12-31T23:59:60Z]".to_owned(), json!({"a": "2016-12-31T23:59:60Z"}), true),
            ("a=[2025-01-01T00:00:00.123456789Z]".to_owned(), json!({"a": "2025-01-01T00:00:00.123456789Z"}), true),
            ("a='οδος'".to_owned(), json!({"a": "ΟΔΟΣ"}), true),
            // The literal is text, so 13 is compared as text, and `1` comes before `5`.
            ("a>'5'".to_owned(), json!({"a": 13}), false),
            ("a=true and b=false".to_owned(), json!({"a": 1, "b": 0}), true),
            ("a=true".to_owned(), json!({"a": 2}), false),
            ("a=true and b=false".to_owned(), json!({"a": "1.", "b": "0.0"}), true),
            ("a=true or a=false".to_owned(), json!({"a": "1.5"}), false),
            ("a=null".to_owned(), json!({"a": {"id": null, "name": null, "_info": {"x": 1}}}), true),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().matches(&record), expected, "{text}");
        }
    }

    #[test]
    fn many_lists_need_little_stack_and_time() {
        let record = json!({"l1": vec![json!({"x": 1}); 50]});
        let each = |word: &str| {
            (0..10_000)
                .map(|list| format!("l{list}/x=1"))
                .collect::<Vec<_>>()
                .join(word)
                .parse::<Condition>()
                .unwrap()
                .matcher()
        };
        assert!(each(" or ").matches_children(&record));
        assert!(!each(" and ").matches_children(&record));
        let lists: Map<String, Value> =
            (0..12).map(|list| (format!("l{list}"), json!(vec![json!({"x": 1, "y": 2}); 50]))).collect();
        let sharing = (0..12).map(|list| format!("l{list}/x=1 and l{list}/y=3")).collect::<Vec<_>>().join(" and ");
        assert!(!sharing.parse::<Condition>().unwrap().matcher().matches_children(&Value::Object(lists)));
    }

    #[test]
    fn child_conditions_match_one_element_of_each_list() {
        let record = ticket();
        for (text, expected) in [
            ("types/id = 4", true),
            ("types/id = 5", false),
            ("types/id = 4 and types/name = 'Approver'", false),
            ("types/id = 7 and types/name = 'Approver'", true),
            ("TYPES/type/id = 1", true),
            (
                "communicationItems/value like \"john@example.com\" AND communicationItems/communicationType=\"Email\"",
                true,
            ),
            ("communicationItems/value like \"555%\" AND communicationItems/communicationType=\"Email\"", false),
            ("types/id = 4 and communicationItems/communicationType = 'Phone'", true),
            ("typeIds = 7", true),
            ("none/id = null", false),
            ("none/id = 1 or types/id = 4", true),
            ("missing/id = null", false),
            ("board/id = 1", true),
            ("types/missing = null", true),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().matcher().matches_children(&record), expected, "{text}");
        }
    }

    #[test]
    fn custom_field_conditions_match_one_custom_field() {
        let record = ticket();
        for (text, expected) in [
            ("caption = 'region' and value = 'North'", true),
            ("caption = 'Region' and value = 5", false),
            ("caption = 'Seats' and value >= 5", true),
            ("caption = 'Empty' and value = null", true),
            ("caption = 'TomNumber' and value != null", false),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().matcher().matches_custom_fields(&record), expected, "{text}");
        }
        let any = "value = null".parse::<Condition>().unwrap().matcher();
        assert!(!any.matches_custom_fields(&json!({"customFields": null})) && !any.matches_custom_fields(&json!([])));
        assert!(any.matches_custom_fields(&json!({"customFields": {"caption": "x"}})), "a single custom field");
    }
}
