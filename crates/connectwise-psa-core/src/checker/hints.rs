//! Hints with the probable correction. Each rule covers a common mistake with this API. A suggested comparison has
//! passed the check itself.

use serde_json::Value;

use super::Parameter;
use super::comparison::ComparisonCheck;
use super::schema::{INFO_FIELDS, PropertySchema, Schema, Target, ValueType};
use crate::conditions::Condition;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::field_path::FieldPath;
use crate::conditions::literal::{Literal, LiteralValue};

/// A path that is probably the intended one.
pub(super) struct Suggestion {
    pub(super) path: String,
    /// Whether the path follows from the naming conventions of the API, rather than from a similar spelling.
    certain: bool,
}

impl Suggestion {
    pub(super) fn certain(path: impl Into<String>) -> Self {
        Self { path: path.into(), certain: true }
    }
}

/// Returns a hint with the first suggested path for which the comparison is valid.
pub(super) fn suggested_comparison(
    record: &Schema<'_>,
    check: &ComparisonCheck<'_>,
    suggestions: &[Suggestion],
) -> Option<String> {
    let exists = |path: &str| {
        FieldPath::new(path.to_owned()).is_ok_and(|path| !matches!(record.resolve(&path), Target::UnknownField { .. }))
    };
    suggestions.iter().find_map(|suggestion| {
        // For a similar spelling, only the path is suggested, because the value may be wrong too.
        if !suggestion.certain {
            return exists(&suggestion.path).then(|| format!("did you mean `{}`?", suggestion.path));
        }
        let (parameter, text) = valid_comparison(record, check, &suggestion.path)?;
        Some(if parameter == check.parameter {
            format!("write {text}")
        } else {
            format!("use {}: {text}", parameter.name())
        })
    })
}

/// Returns the parameter and the text of the comparison with another path, or with a field below that path, for which
/// it is valid.
fn valid_comparison(record: &Schema<'_>, check: &ComparisonCheck<'_>, path: &str) -> Option<(Parameter, String)> {
    // The path itself comes first. The empty suffixes at the end only make both arrays equally long.
    let suffixes = if compares_text(check.comparison) {
        ["", "/name", "/identifier", "/summary", "/value", "/id"]
    } else {
        ["", "/id", "/value", "", "", ""]
    };
    suffixes.iter().find_map(|suffix| {
        let path = format!("{path}{suffix}");
        [check.parameter, Parameter::Conditions, Parameter::Children].into_iter().find_map(|parameter| {
            let text = with_path(check.comparison, &path, parameter)?;
            let condition: Condition = text.parse().ok()?;
            let is_valid = |comparison: &Comparison| {
                ComparisonCheck { parameter, comparison, source: None, with_hint: false }.check(record).is_ok()
            };
            condition.comparisons().into_iter().all(is_valid).then_some((parameter, text))
        })
    })
}

fn compares_text(comparison: &Comparison) -> bool {
    comparison.values().first().is_some_and(|value| matches!(value.value(), LiteralValue::Text(_)))
}

/// The maximum number of values of a list that a hint writes as separate comparisons.
const MAX_VALUES: usize = 8;

/// Returns the comparison with another path, without `in` for a parameter that does not support it.
fn with_path(comparison: &Comparison, path: &str, parameter: Parameter) -> Option<String> {
    let values = comparison.values();
    if parameter != Parameter::Conditions && comparison.operator().takes_list() {
        if values.len() > MAX_VALUES {
            return None;
        }
        let text = one_per_value(comparison, path);
        return Some(if values.len() > 1 { format!("({text})") } else { text });
    }
    let text = comparison.to_string();
    Some(format!("{path}{}", text.strip_prefix(comparison.field().as_str())?))
}

/// Returns a comparison with a list as one comparison per value.
fn one_per_value(comparison: &Comparison, path: &str) -> String {
    let (operator, connective) = if comparison.operator() == Operator::In { ("=", " or ") } else { ("!=", " and ") };
    comparison.values().iter().map(|value| format!("{path}{operator}{value}")).collect::<Vec<_>>().join(connective)
}

/// Returns the hint for `in` in a parameter that does not support it.
pub(super) fn without_list(check: &ComparisonCheck<'_>) -> String {
    let comparison = check.comparison;
    match with_path(comparison, comparison.field().as_str(), check.parameter) {
        Some(text) => format!("write {text}"),
        None => {
            let connective = if comparison.operator() == Operator::In { "or" } else { "and" };
            format!("compare `{}` with each value separately, joined with `{connective}`", comparison.field())
        }
    }
}

/// Suggests the ids in the list of records for a list of ids: `types/id` for `typeIds`.
pub(super) fn records_of_ids(record: &Schema<'_>, list: &str) -> Vec<Suggestion> {
    let found = strip_suffix(list, "Ids").and_then(|stem| plural(record, stem));
    found.map(|list| Suggestion::certain(format!("{list}/id"))).into_iter().collect()
}

/// Suggests paths for a path that does not exist. `step` is the unknown field of `within`, `rest` the path after it.
pub(super) fn suggestions(
    record: &Schema<'_>,
    path: &FieldPath,
    within: Schema<'_>,
    step: &str,
    rest: Option<&str>,
) -> Vec<Suggestion> {
    let rest = rest.map(|rest| format!("/{rest}")).unwrap_or_default();
    let before = path.as_str().get(..path.as_str().len() - step.len() - rest.len()).unwrap_or_default();
    let with_name = |name: &str| format!("{before}{name}{rest}");
    let mut suggestions = Vec::new();
    // `type/id` for a record with `types`.
    if before.is_empty() {
        suggestions.extend(plural(record, step).map(|list| Suggestion::certain(with_name(list))));
        let stem = strip_suffix(step, "Ids").or_else(|| strip_suffix(step, "Id"));
        let list = stem.and_then(|stem| plural(record, stem));
        suggestions.extend(list.map(|list| Suggestion::certain(format!("{list}/id{rest}"))));
    }
    // `companyId`, `managerContactId`: a reference is an object with an `id`.
    for (suffix, field) in [("Identifier", "identifier"), ("Id", "id"), ("Name", "name")] {
        if let Some((reference, schema)) = strip_suffix(step, suffix).and_then(|name| within.property(name))
            && within.object_schema(schema).is_some_and(|object| object.property(field).is_some())
        {
            suggestions.push(Suggestion::certain(with_name(&format!("{reference}/{field}"))));
        }
    }
    if before.is_empty() {
        // `board/name` for the `name` of a board.
        if step.eq_ignore_ascii_case(record.name())
            && let Some(rest) = rest.strip_prefix('/')
        {
            suggestions.push(Suggestion::certain(rest));
        }
        // `invoiceDate` for the `date` of an invoice.
        if let Some((field, _)) = strip_prefix(step, record.name()).and_then(|name| record.property(name)) {
            suggestions.push(Suggestion::certain(with_name(field)));
        }
    }
    // `password` for `portalPassword`, if only one field contains the word; otherwise the most similar name.
    let info = before.is_empty().then_some(INFO_FIELDS.map(|(name, _)| name)).into_iter().flatten();
    let fields: Vec<&str> = within.fields().filter(|field| *field != "_info").chain(info).collect();
    let lowercase = step.to_ascii_lowercase();
    let containing: Vec<&&str> =
        fields.iter().filter(|field| lowercase.len() >= 4 && field.to_ascii_lowercase().contains(&lowercase)).collect();
    let similar = match containing.as_slice() {
        [one] => Some(**one),
        _ => most_similar(&lowercase, fields.iter().copied()),
    };
    suggestions.extend(similar.map(|field| Suggestion { path: with_name(field), certain: false }));
    suggestions
}

/// Returns a hint with the first suggested path that is valid.
pub(super) fn suggested_path(suggestions: &[Suggestion], is_valid: impl Fn(&FieldPath) -> bool) -> Option<String> {
    suggestions.iter().find_map(|suggestion| {
        let path = FieldPath::new(suggestion.path.clone()).ok().filter(|path| is_valid(path))?;
        Some(if suggestion.certain { format!("write {path}") } else { format!("did you mean `{path}`?") })
    })
}

/// Returns the most similar of several names, or `None` if none is similar enough.
fn most_similar<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const MIN_SIMILARITY: f64 = 0.65;
    let scored = names.map(|name| (strsim::normalized_damerau_levenshtein(wanted, &name.to_ascii_lowercase()), name));
    scored
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

/// Returns the list of records whose name is the plural of a step.
pub(super) fn plural<'a>(schema: &Schema<'a>, step: &str) -> Option<&'a str> {
    let ies = strip_suffix(step, "y").map(|stem| format!("{stem}ies"));
    [format!("{step}s"), format!("{step}es")].into_iter().chain(ies).find_map(|name| schema.record_list(&name))
}

/// Returns a name without a suffix in any letter case, or `None` if nothing remains.
fn strip_suffix<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(suffix.len()).filter(|at| *at > 0)?;
    name.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(suffix)).then(|| name.get(..at))?
}

/// Returns a name without a prefix in any letter case, or `None` if nothing remains.
fn strip_prefix<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = name.get(prefix.len()..).filter(|rest| !rest.is_empty())?;
    name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix)).then_some(rest)
}

/// Returns the hint for an unknown value of an enum: the most similar known value, or the known values.
pub(super) fn known_values(known: &[Value], wanted: &str) -> String {
    const MAX_LISTED: usize = 12;
    let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
    if let Some(similar) = most_similar(&wanted.to_ascii_lowercase(), known.iter().copied()) {
        return format!("did you mean \"{similar}\"?");
    }
    let more = if known.len() > MAX_LISTED { ", …" } else { "" };
    let listed: Vec<String> = known.iter().take(MAX_LISTED).map(|value| format!("\"{value}\"")).collect();
    format!("the known values are {}{more}", listed.join(", "))
}

/// Suggests a reference that is easily confused with an enum of the same object: the `type` of a communication item is
/// a `CommunicationTypeReference`, and its `communicationType` is an enum.
pub(super) fn type_reference(record: &Schema<'_>, path: &FieldPath, property: &PropertySchema<'_>) -> Option<String> {
    let (schema, ValueType::Enumeration(known)) = (property.parent?, property.value_type) else { return None };
    let has_type_name = |object: &Schema<'_>| strip_prefix(object.name(), property.name).is_some();
    let reference = schema.fields().find(|name| {
        let object = schema.property(name).and_then(|(_, value)| schema.object_schema(value));
        object.is_some_and(|object| has_type_name(&object))
    })?;
    let before = path.as_str().get(..path.as_str().len() - property.name.len())?;
    let path = FieldPath::new(format!("{before}{reference}/name"))
        .ok()
        .filter(|path| matches!(record.resolve(path), Target::Value(_) | Target::List { .. }))?;
    let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
    Some(format!("the known values are {}; for other values, compare {path}", known.join(", ")))
}

/// Returns the hint for a value of the wrong type: how to write a literal for a field of this type.
pub(super) fn correct_literal(value_type: ValueType<'_>, value: &Literal) -> Option<String> {
    let text = match value.value() {
        LiteralValue::Text(text) => Some(text.trim()),
        _ => None,
    };
    match value_type {
        ValueType::Date => Some(match text.filter(|text| Literal::bracketed(text).is_some()) {
            Some(date) => format!("put dates in brackets: [{date}]"),
            None => "put dates in brackets: [2025-01-31] or [2025-01-31T10:00:00Z]".to_owned(),
        }),
        ValueType::Boolean => Some(match (value.value(), text) {
            (LiteralValue::Integer(0), _) => "write false".to_owned(),
            (LiteralValue::Integer(1), _) => "write true".to_owned(),
            (_, Some(text)) if ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(text)) => {
                format!("write {} without quotes", text.to_ascii_lowercase())
            }
            _ => "write true or false".to_owned(),
        }),
        ValueType::Integer if matches!(value.value(), LiteralValue::Decimal(_)) => {
            Some("the field takes integers of at most 64 bits".to_owned())
        }
        ValueType::Integer | ValueType::Number => {
            text.filter(|text| Literal::digits(text).is_some()).map(|digits| format!("remove the quotes: {digits}"))
        }
        ValueType::Text | ValueType::Uuid | ValueType::Enumeration(_) | ValueType::DateText => {
            Some(format!("put text in quotes: \"{}\"", value.to_string().trim_matches(['[', ']'])))
        }
        ValueType::Any => None,
    }
}
