//! What conditions mean: held against records in JSON, as SQL Server would hold them against its tables.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use super::like::{LikePattern, folded};
use super::literal::in_ticks;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::literal::{Literal, LiteralValue};
use crate::conditions::{Condition, ConditionView};
use crate::json::digits::Digits;
use crate::json::scalars::DateTime;
use crate::json::scalars::{boolean_from_text, date_time_from_text};
use crate::text::member_ignoring_case;

/// A condition prepared for being held against many records.
///
/// - Names of members in any letter case; a member that a record does not have at its top is looked for in its `_info`.
/// - Texts without letter case, and in comparisons without blanks at their end; `contains` is a part of the text,
///   `like` is a [`LikePattern`]. facts: inferred from SQL Server's defaults.
/// - Dates and moments as moments; a day is its midnight in UTC, and so is a text without an offset in UTC.
/// - Numbers by value, to the last digit that the record has: a JSON value keeps 15 of them, a text all. A text of the
///   record that holds a number, a flag or a date is read as one when it is compared with one, as the server writes
///   them so at times, and the numbers 0 and 1 are flags then, however they are written; a number or flag of the record
///   that is compared with text is its text.
/// - Null, a member that is not there and a reference without anything but null and `_info` are the same. Every
///   comparison with null but `= null` and `!= null` is unknown, and so is one between kinds that cannot be compared; a
///   record fits when the whole is true, neither false nor unknown.
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
    /// The paths that comparisons look at, each once.
    fields: Vec<Vec<String>>,
    test: Test,
    /// The same for `childConditions`.
    children: Children,
}

/// A condition on children, in parts that can be decided one by one.
#[derive(Clone, Debug)]
enum Children {
    All(Vec<Children>),
    Any(Vec<Children>),
    /// Comparisons that share lists: they hold when one choice of an element from each list makes them true.
    Choice {
        lists: Vec<String>,
        test: Test,
    },
}

#[derive(Clone, Debug)]
enum Test {
    /// The field is a number in [`Matcher::fields`].
    Compare {
        field: usize,
        operator: Operator,
        operands: Vec<Operand>,
    },
    And(Vec<Test>),
    Or(Vec<Test>),
}

/// A literal, prepared.
#[derive(Clone, Debug)]
enum Operand {
    /// Without letter case and blanks at its end.
    Text(String),
    /// For `contains`: without letter case.
    Part(String),
    Pattern(LikePattern),
    Integer(i64),
    /// The digits, and about which number they are, which decides nearly every comparison.
    Number {
        digits: String,
        about: f64,
    },
    Boolean(bool),
    Moment(DateTime),
    Null,
}

impl Condition {
    /// Prepares the condition for many records.
    #[must_use]
    pub fn matcher(&self) -> Matcher {
        let mut fields = Fields::default();
        let test = prepare(self, &mut fields);
        let fields = fields.paths;
        Matcher { children: children(&test, &fields), test, fields }
    }

    /// Whether a record fits; see [`Matcher`] for what that means.
    #[must_use]
    pub fn matches(&self, record: &Value) -> bool {
        self.matcher().matches(record)
    }
}

/// The paths of a condition while it is prepared.
#[derive(Default)]
struct Fields {
    paths: Vec<Vec<String>>,
    numbers: HashMap<Vec<String>, usize>,
}

impl Fields {
    /// The number of a path, which is added when it is new.
    fn number(&mut self, steps: Vec<String>) -> usize {
        *self.numbers.entry(steps).or_insert_with_key(|steps| {
            self.paths.push(steps.clone());
            self.paths.len() - 1
        })
    }
}

fn prepare(condition: &Condition, fields: &mut Fields) -> Test {
    match condition.view() {
        ConditionView::And(all) => Test::And(all.iter().map(|part| prepare(part, fields)).collect()),
        ConditionView::Or(any) => Test::Or(any.iter().map(|part| prepare(part, fields)).collect()),
        ConditionView::Comparison(comparison) => Test::Compare {
            field: fields.number(comparison.field().steps().map(str::to_owned).collect()),
            operator: comparison.operator(),
            operands: comparison.values().iter().map(|value| operand(comparison, value)).collect(),
        },
    }
}

/// The parts of a condition on children. There is no negation in it, so one is true when one part of an `or` is, or
/// every part of an `and`; parts of an `and` that share no list are true each for themselves.
fn children(test: &Test, fields: &[Vec<String>]) -> Children {
    match test {
        Test::Or(any) => Children::Any(any.iter().map(|test| children(test, fields)).collect()),
        Test::And(all) => {
            let mut groups: Vec<(Vec<String>, Vec<Test>)> = Vec::new();
            for test in all {
                let (mut lists, mut tests) = (lists_of(test, fields), vec![test.clone()]);
                let (sharing, apart): (Vec<_>, Vec<_>) =
                    groups.into_iter().partition(|(others, _)| others.iter().any(|list| lists.contains(list)));
                groups = apart;
                for (others, more) in sharing {
                    lists.extend(others);
                    tests.extend(more);
                }
                lists.sort();
                lists.dedup();
                groups.push((lists, tests));
            }
            let parts = groups.into_iter().map(|(lists, mut tests)| match (tests.pop(), tests.is_empty()) {
                (Some(test), true) => children(&test, fields),
                (last, _) => Children::Choice { lists, test: Test::And(tests.into_iter().chain(last).collect()) },
            });
            Children::All(parts.collect())
        }
        Test::Compare { .. } => Children::Choice { lists: lists_of(test, fields), test: test.clone() },
    }
}

/// The lists that a test is about, each once: the first steps of its paths, in small letters.
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
            Operator::Contains | Operator::NotContains => Operand::Part(fold(text)),
            Operator::Like | Operator::NotLike => Operand::Pattern(LikePattern::new(text)),
            _ => Operand::Text(fold(text.trim_end_matches(' '))),
        },
        LiteralValue::Integer(number) => Operand::Integer(number),
        LiteralValue::Decimal(digits) => Operand::Number { digits: digits.to_owned(), about: about(digits) },
        LiteralValue::Boolean(flag) => Operand::Boolean(flag),
        LiteralValue::DateTime(moment) => Operand::Moment(moment),
        LiteralValue::Date(date) => Operand::Moment(date.and_time(chrono::NaiveTime::MIN).and_utc()),
        LiteralValue::Null => Operand::Null,
    }
}

impl Matcher {
    /// Whether a record fits as `conditions`.
    #[must_use]
    pub fn matches(&self, record: &Value) -> bool {
        record.is_object()
            && self.matches_fields(|field| {
                self.fields
                    .get(field)
                    .and_then(|steps| find(record, steps))
                    .map_or(FieldValue::Null, FieldValue::from_json)
            })
    }

    /// The paths that the condition looks at, each once, as the names of their steps: for
    /// [`matches_fields`](Self::matches_fields).
    #[must_use]
    pub fn fields(&self) -> &[Vec<String>] {
        &self.fields
    }

    /// Whether a record fits as `conditions`, which is kept in another form than JSON values: `value` gives the value
    /// at the path of [`fields`](Self::fields) that has this number. What a name stands for (letter case, `_info`) is
    /// for it to decide.
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

    /// Whether a record fits as `childConditions`: its lists have elements for which it holds. What it says of one list
    /// has to be true of one and the same element; comparisons that have to hold together and are about several lists
    /// take as long as there are choices from all of them. A member that is no list counts as a list of one.
    #[must_use]
    pub fn matches_children(&self, record: &Value) -> bool {
        record.is_object() && self.children.fit(record, &self.fields)
    }

    /// Whether a record fits as `customFieldConditions`: it has a custom field for which it holds.
    #[must_use]
    pub fn matches_custom_fields(&self, record: &Value) -> bool {
        record
            .as_object()
            .is_some_and(|record| elements(record, "customFields").iter().any(|field| self.matches(field)))
    }
}

impl Children {
    fn fit(&self, record: &Value, fields: &[Vec<String>]) -> bool {
        match self {
            Self::All(all) => all.iter().all(|part| part.fit(record, fields)),
            Self::Any(any) => any.iter().any(|part| part.fit(record, fields)),
            Self::Choice { lists, test } => {
                let Some(members) = record.as_object() else { return false };
                let elements: Vec<&[Value]> = lists.iter().map(|list| elements(members, list)).collect();
                let mut chosen = vec![0; lists.len()];
                loop {
                    // A list without elements makes what is said of it unknown, and leaves the rest.
                    let element = |step: &str| {
                        let at = lists.iter().position(|list| list.eq_ignore_ascii_case(step))?;
                        elements.get(at)?.get(*chosen.get(at)?)
                    };
                    let fits = evaluate(test, &|field| {
                        let (list, rest) = fields.get(field)?.split_first()?;
                        Some(descend(element(list)?, rest).map_or(FieldValue::Null, FieldValue::from_json))
                    });
                    if fits == Some(true) {
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

/// Goes on to the next choice, like the digits of a counter; false when all have been tried.
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

/// The elements of a list of the record; a single value is a list of one, null and nothing one of none.
fn elements<'v>(record: &'v Map<String, Value>, list: &str) -> &'v [Value] {
    match at_top(record, list) {
        Some(Value::Array(elements)) => elements,
        Some(Value::Null) | None => &[],
        Some(single) => std::slice::from_ref(single),
    }
}

/// What a record has at a path, as comparisons see it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FieldValue<'v> {
    /// Null, nothing, and an object without anything but nulls and `_info`.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text; dates are texts too.
    Text(Cow<'v, str>),
    /// An object or a list, which nothing but null can be compared with.
    Other,
}

impl<'v> FieldValue<'v> {
    fn from_json(value: &'v Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Boolean(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Object(members) if members.iter().all(|(name, value)| name == "_info" || value.is_null()) => {
                Self::Null
            }
            Value::Array(_) | Value::Object(_) => Self::Other,
        }
    }
}

/// The value at a path, whose first step may be a member of `_info`.
fn find<'v>(record: &'v Value, steps: &[String]) -> Option<&'v Value> {
    let (first, rest) = steps.split_first()?;
    descend(at_top(record.as_object()?, first)?, rest)
}

/// A member of a record, or of its `_info` when the record has none of that name.
fn at_top<'v>(record: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    member_ignoring_case(record, name)
        .or_else(|| member_ignoring_case(member_ignoring_case(record, "_info")?.as_object()?, name))
}

fn descend<'v>(from: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(from, |value, step| member_ignoring_case(value.as_object()?, step))
}

/// True, false, or unknown; `at` gives the value at the path of a number, and none where there is no element to look
/// into.
fn evaluate<'v>(test: &Test, at: &impl Fn(usize) -> Option<FieldValue<'v>>) -> Option<bool> {
    match test {
        Test::And(all) => decide(all, false, at),
        Test::Or(any) => decide(any, true, at),
        Test::Compare { field, operator, operands } => compare(&at(*field)?, *operator, operands),
    }
}

/// The value that one of the tests decides on its own; the other one when all have it; else unknown.
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
                _ => fits(value, operand),
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

/// How a value lies to an operand; none when the two cannot be compared.
fn order(value: &FieldValue<'_>, operand: &Operand) -> Option<Ordering> {
    match operand {
        Operand::Text(other) => match value {
            FieldValue::Text(text) => Some(order_folded(text.trim_end_matches(' '), other)),
            FieldValue::Number(number) => Some(order_folded(&number.to_string(), other)),
            FieldValue::Boolean(flag) => Some(order_folded(if *flag { "true" } else { "false" }, other)),
            FieldValue::Null | FieldValue::Other => None,
        },
        Operand::Integer(other) => match value {
            FieldValue::Number(number) if number.is_i64() => Some(number.as_i64()?.cmp(other)),
            value => order_number(value, &other.to_string(), *other as f64),
        },
        Operand::Number { digits, about } => order_number(value, digits, *about),
        Operand::Boolean(other) => match value {
            FieldValue::Boolean(flag) => Some(flag.cmp(other)),
            FieldValue::Text(text) => Some(boolean_from_text(text.trim())?.cmp(other)),
            FieldValue::Number(number) => Some(boolean_from_number(number.as_f64()?)?.cmp(other)),
            FieldValue::Null | FieldValue::Other => None,
        },
        Operand::Moment(other) => match value {
            FieldValue::Text(text) => Some(in_ticks(date_time_from_text(text.trim())?).cmp(other)),
            _ => None,
        },
        Operand::Part(_) | Operand::Pattern(_) | Operand::Null => None,
    }
}

/// facts: the server writes flags as 0 and 1 in places.
fn boolean_from_number(number: f64) -> Option<bool> {
    match number {
        0.0 => Some(false),
        1.0 => Some(true),
        _ => None,
    }
}

/// How a number of the record lies to one of the condition.
fn order_number(value: &FieldValue<'_>, other: &str, about_other: f64) -> Option<Ordering> {
    match value {
        FieldValue::Number(number) => match number.as_f64().and_then(|number| number.partial_cmp(&about_other)) {
            // Rounding to floating point never turns an order round.
            Some(order @ (Ordering::Less | Ordering::Greater)) => Some(order),
            _ => Some(Digits::parse(&number.to_string())?.cmp(&Digits::parse(other)?)),
        },
        FieldValue::Text(text) => Some(Digits::parse(text.trim())?.cmp(&Digits::parse(other)?)),
        _ => None,
    }
}

/// The nearest floating-point number; infinity for what is beyond all of them.
fn about(digits: &str) -> f64 {
    digits.parse().unwrap_or(f64::INFINITY)
}

fn fits(value: &FieldValue<'_>, operand: &Operand) -> Option<bool> {
    let text = match value {
        FieldValue::Text(text) => Cow::Borrowed(&**text),
        FieldValue::Number(number) => Cow::Owned(number.to_string()),
        _ => return None,
    };
    match operand {
        Operand::Part(part) => Some(contains_folded(&text, part)),
        Operand::Pattern(pattern) => Some(pattern.matches(&text)),
        _ => None,
    }
}

fn fold(text: &str) -> String {
    text.chars().map(folded).collect()
}

/// Orders a text, whatever its letter case, against one that is folded.
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
            && text.get(at + 1..at + part.len()).is_some_and(|behind| behind.eq_ignore_ascii_case(rest))
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
            "sentText": "17",
            "sentFlag": "True",
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
    fn records_fit_conditions() {
        let record = ticket();
        for (text, fits) in [
            // texts
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
            // numbers, flags
            ("id = 13", true),
            ("id = 13.0", true),
            ("id in (1,13)", true),
            ("id not in (1,13)", false),
            ("ID >= 13 and Id <= 13", true),
            ("hours > 1 and hours < 2 and hours = 1.50", true),
            ("sentText = 17 and sentText > 16.5", true),
            ("closedFlag = false", true),
            ("closedFlag != false", false),
            ("sentFlag = true", true),
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
            // kinds that do not compare
            ("summary = 5", false),
            ("summary != 5", false),
            ("summary = [2025-01-01]", false),
            ("id = true", false),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().matches(&record), fits, "{text}");
        }
        for no_record in [json!([1]), json!(null), json!("x")] {
            assert!(!"id=null".parse::<Condition>().unwrap().matches(&no_record));
        }
    }

    #[test]
    fn odd_values_fit_as_documented() {
        let huge = format!("1{}", "0".repeat(400));
        for (text, record, fits) in [
            (format!("a={huge}"), json!({}), false),
            (format!("a<{huge} and a>-{huge}"), json!({"a": 5}), true),
            (format!("a in ({huge})"), json!({"a": 5}), false),
            ("board/name='x'".to_owned(), json!({"board": {"id": 1}, "_info": {"board": {"name": "x"}}}), false),
            ("lastUpdated>[2025-01-01]".to_owned(), json!({"_INFO": {"LASTUPDATED": "2026-01-01"}}), true),
            ("a=[2016-12-31T23:59:60Z]".to_owned(), json!({"a": "2016-12-31T23:59:60Z"}), true),
            ("a=[2025-01-01T00:00:00.123456789Z]".to_owned(), json!({"a": "2025-01-01T00:00:00.123456789Z"}), true),
            ("a='οδος'".to_owned(), json!({"a": "ΟΔΟΣ"}), true),
            ("a>'5'".to_owned(), json!({"a": 13}), false),
            ("a=true and b=false".to_owned(), json!({"a": 1, "b": 0}), true),
            ("a=true".to_owned(), json!({"a": 2}), false),
            ("a=true and b=false".to_owned(), json!({"a": "1.", "b": "0.0"}), true),
            ("a=true or a=false".to_owned(), json!({"a": "1.5"}), false),
            ("a=null".to_owned(), json!({"a": {"id": null, "name": null, "_info": {"x": 1}}}), true),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().matches(&record), fits, "{text}");
        }
    }

    #[test]
    fn many_lists_take_neither_stack_nor_for_ever() {
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
    fn children_fit_by_one_element_of_each_list() {
        let record = ticket();
        for (text, fits) in [
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
            assert_eq!(text.parse::<Condition>().unwrap().matcher().matches_children(&record), fits, "{text}");
        }
    }

    #[test]
    fn custom_fields_fit_one_by_one() {
        let record = ticket();
        for (text, fits) in [
            ("caption = 'region' and value = 'North'", true),
            ("caption = 'Region' and value = 5", false),
            ("caption = 'Seats' and value >= 5", true),
            ("caption = 'Empty' and value = null", true),
            ("caption = 'TomNumber' and value != null", false),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().matcher().matches_custom_fields(&record), fits, "{text}");
        }
        let any = "value = null".parse::<Condition>().unwrap().matcher();
        assert!(!any.matches_custom_fields(&json!({"customFields": null})) && !any.matches_custom_fields(&json!([])));
        assert!(any.matches_custom_fields(&json!({"customFields": {"caption": "x"}})), "a single one");
    }
}
