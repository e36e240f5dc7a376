//! What was probably meant: each rule is a mistake that people make with this API. A comparison that is proposed has
//! passed the check itself.

use serde_json::Value;

use super::Parameter;
use super::comparison::Checked;
use super::schema::{INFO_MEMBERS, PropertySchema, Schema, Target, ValueKind};
use crate::conditions::Condition;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::field_path::FieldPath;
use crate::conditions::literal::{Literal, LiteralValue};

/// A path that was probably meant.
pub(super) struct Meant {
    pub(super) path: String,
    /// Whether it follows from how this API names things, rather than from likeness.
    sure: bool,
}

impl Meant {
    pub(super) fn surely(path: impl Into<String>) -> Self {
        Self { path: path.into(), sure: true }
    }
}

/// The first of several paths under which a comparison fits, as it would be written.
pub(super) fn comparison(record: &Schema<'_>, checked: &Checked<'_>, meant: &[Meant]) -> Option<String> {
    let there = |path: &str| {
        FieldPath::new(path.to_owned()).is_ok_and(|path| !matches!(record.resolve(&path), Target::Nothing { .. }))
    };
    meant.iter().find_map(|meant| {
        // Of what is only spelt alike, the value may be wrong too.
        if !meant.sure {
            return there(&meant.path).then(|| format!("did you mean `{}`?", meant.path));
        }
        let (parameter, text) = placed(record, checked, &meant.path)?;
        Some(if parameter == checked.parameter {
            format!("write {text}")
        } else {
            format!("use {}: {text}", parameter.name())
        })
    })
}

/// Where a comparison fits under a path or one of the members it leads to: the parameter and the text.
fn placed(record: &Schema<'_>, checked: &Checked<'_>, path: &str) -> Option<(Parameter, String)> {
    let members = if is_of_text(checked.comparison) {
        ["", "/name", "/identifier", "/summary", "/value", "/id"]
    } else {
        ["", "/id", "/value", "", "", ""]
    };
    members.iter().find_map(|member| {
        let path = format!("{path}{member}");
        [checked.parameter, Parameter::Conditions, Parameter::Children].into_iter().find_map(|parameter| {
            let text = written(checked.comparison, &path, parameter)?;
            let condition: Condition = text.parse().ok()?;
            let fits = |comparison: &Comparison| {
                Checked { parameter, comparison, place: None, hinted: false }.check(record).is_ok()
            };
            condition.comparisons().into_iter().all(fits).then_some((parameter, text))
        })
    })
}

fn is_of_text(comparison: &Comparison) -> bool {
    comparison.values().first().is_some_and(|value| matches!(value.value(), LiteralValue::Text(_)))
}

/// How many values a list may have to be written as comparisons.
const MOST_VALUES: usize = 8;

/// A comparison of another field, in a parameter that may have no `in`.
fn written(comparison: &Comparison, path: &str, parameter: Parameter) -> Option<String> {
    let values = comparison.values();
    if parameter != Parameter::Conditions && comparison.operator().takes_list() {
        if values.len() > MOST_VALUES {
            return None;
        }
        let text = each(comparison, path);
        return Some(if values.len() > 1 { format!("({text})") } else { text });
    }
    let text = comparison.to_string();
    Some(format!("{path}{}", text.strip_prefix(comparison.field().as_str())?))
}

/// The values of a list as one comparison each.
fn each(comparison: &Comparison, path: &str) -> String {
    let (sign, word) = if comparison.operator() == Operator::In { ("=", " or ") } else { ("!=", " and ") };
    comparison.values().iter().map(|value| format!("{path}{sign}{value}")).collect::<Vec<_>>().join(word)
}

/// `in` where it cannot stand.
pub(super) fn without_list(checked: &Checked<'_>) -> String {
    let comparison = checked.comparison;
    match written(comparison, comparison.field().as_str(), checked.parameter) {
        Some(text) => format!("write {text}"),
        None => {
            let word = if comparison.operator() == Operator::In { "or" } else { "and" };
            format!("compare `{}` with each value on its own, joined by `{word}`", comparison.field())
        }
    }
}

/// The list of records beside a list of their ids, by its ids: `types/id` for `typeIds`.
pub(super) fn sibling(record: &Schema<'_>, list: &str) -> Vec<Meant> {
    let found = strip_end(list, "Ids").and_then(|stem| plural(record, stem));
    found.map(|list| Meant::surely(format!("{list}/id"))).into_iter().collect()
}

/// The paths that may have been meant by one that leads nowhere: `step` is no member of `within`, `before` and `behind`
/// stand around it.
pub(super) fn renamed(
    record: &Schema<'_>,
    path: &FieldPath,
    within: Schema<'_>,
    step: &str,
    behind: Option<&str>,
) -> Vec<Meant> {
    let behind = behind.map(|behind| format!("/{behind}")).unwrap_or_default();
    let before = path.as_str().get(..path.as_str().len() - step.len() - behind.len()).unwrap_or_default();
    let around = |name: &str| format!("{before}{name}{behind}");
    let mut meant = Vec::new();
    // `type/id` of a record with `types`.
    if before.is_empty() {
        meant.extend(plural(record, step).map(|list| Meant::surely(around(list))));
        let stem = strip_end(step, "Ids").or_else(|| strip_end(step, "Id"));
        meant
            .extend(stem.and_then(|stem| plural(record, stem)).map(|list| Meant::surely(format!("{list}/id{behind}"))));
    }
    // `companyId`, `managerContactId`: references are records, with `id` inside.
    for (suffix, member) in [("Identifier", "identifier"), ("Id", "id"), ("Name", "name")] {
        if let Some((reference, schema)) = strip_end(step, suffix).and_then(|name| within.member(name))
            && within.inside(schema).is_some_and(|inside| inside.member(member).is_some())
        {
            meant.push(Meant::surely(around(&format!("{reference}/{member}"))));
        }
    }
    if before.is_empty() {
        // `board/name` of a board is its `name`.
        if step.eq_ignore_ascii_case(record.name())
            && let Some(rest) = behind.strip_prefix('/')
        {
            meant.push(Meant::surely(rest));
        }
        // `invoiceDate` of an invoice is its `date`.
        if let Some((member, _)) = strip_start(step, record.name()).and_then(|rest| record.member(rest)) {
            meant.push(Meant::surely(around(member)));
        }
    }
    // `password` for `portalPassword`, when only one member has the word in it; else what is spelt most alike.
    let info = before.is_empty().then_some(INFO_MEMBERS.map(|(name, _)| name)).into_iter().flatten();
    let members: Vec<&str> = within.members().filter(|member| *member != "_info").chain(info).collect();
    let lower = step.to_ascii_lowercase();
    let holding: Vec<&&str> =
        members.iter().filter(|member| lower.len() >= 4 && member.to_ascii_lowercase().contains(&lower)).collect();
    let alike = match holding.as_slice() {
        [one] => Some(**one),
        _ => nearest(&lower, members.iter().copied()),
    };
    meant.extend(alike.map(|member| Meant { path: around(member), sure: false }));
    meant
}

/// The first of several paths that leads where it has to.
pub(super) fn path(meant: &[Meant], leads: impl Fn(&FieldPath) -> bool) -> Option<String> {
    meant.iter().find_map(|meant| {
        let path = FieldPath::new(meant.path.clone()).ok().filter(|path| leads(path))?;
        Some(if meant.sure { format!("write {path}") } else { format!("did you mean `{path}`?") })
    })
}

/// The most alike of several names, when it is alike enough.
fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.65;
    let scored = names.map(|name| (strsim::normalized_damerau_levenshtein(wanted, &name.to_ascii_lowercase()), name));
    scored
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

/// The list of records whose name is the plural of a step.
pub(super) fn plural<'a>(schema: &Schema<'a>, step: &str) -> Option<&'a str> {
    let ies = strip_end(step, "y").map(|stem| format!("{stem}ies"));
    [format!("{step}s"), format!("{step}es")].into_iter().chain(ies).find_map(|name| schema.list(&name))
}

fn strip_end<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(end.len()).filter(|at| *at > 0)?;
    name.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(end)).then(|| name.get(..at))?
}

fn strip_start<'a>(name: &'a str, start: &str) -> Option<&'a str> {
    let rest = name.get(start.len()..).filter(|rest| !rest.is_empty())?;
    name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)).then_some(rest)
}

/// The known values of an enum, or the nearest when one is near.
pub(super) fn values(known: &[Value], wanted: &str) -> String {
    const SHOWN: usize = 12;
    let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
    if let Some(near) = nearest(&wanted.to_ascii_lowercase(), known.iter().copied()) {
        return format!("did you mean \"{near}\"?");
    }
    let more = if known.len() > SHOWN { ", …" } else { "" };
    let listed: Vec<String> = known.iter().take(SHOWN).map(|value| format!("\"{value}\"")).collect();
    format!("the known values are {}{more}", listed.join(", "))
}

/// A reference beside an enum that people take the enum for, by its name: a communication's `type` is a
/// `CommunicationTypeReference`, and the enum beside it is `communicationType`.
pub(super) fn other_member(record: &Schema<'_>, path: &FieldPath, member: &PropertySchema<'_>) -> Option<String> {
    let (schema, ValueKind::Enumeration(known)) = (member.of?, member.kind) else { return None };
    let named = |inside: &Schema<'_>| strip_start(inside.name(), member.name).is_some();
    let other = schema.members().find(|name| {
        schema.member(name).and_then(|(_, value)| schema.inside(value)).is_some_and(|inside| named(&inside))
    })?;
    let path = format!("{}{other}", path.as_str().get(..path.as_str().len() - member.name.len())?);
    let shown = FieldPath::new(format!("{path}/name"))
        .ok()
        .filter(|path| matches!(record.resolve(path), Target::Value(_) | Target::List { .. }))?;
    let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
    Some(format!("it is one of {}; others are names of `{path}`: compare {shown}", known.join(", ")))
}

/// A value of another kind as it would be written for a field of this one.
pub(super) fn as_kind(kind: ValueKind<'_>, value: &Literal) -> Option<String> {
    let text = match value.value() {
        LiteralValue::Text(text) => Some(text.trim()),
        _ => None,
    };
    match kind {
        ValueKind::Date => Some(match text.filter(|text| Literal::bracketed(text).is_some()) {
            Some(date) => format!("dates stand in brackets: [{date}]"),
            None => "dates stand in brackets: [2025-01-31] or [2025-01-31T10:00:00Z]".to_owned(),
        }),
        ValueKind::Boolean => Some(match (value.value(), text) {
            (LiteralValue::Integer(0), _) => "write false".to_owned(),
            (LiteralValue::Integer(1), _) => "write true".to_owned(),
            (_, Some(flag)) if ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(flag)) => {
                format!("write {} without quotes", flag.to_ascii_lowercase())
            }
            _ => "write true or false".to_owned(),
        }),
        ValueKind::Integer if matches!(value.value(), LiteralValue::Decimal(_)) => {
            Some("the field holds whole numbers of at most 64 bits".to_owned())
        }
        ValueKind::Integer | ValueKind::Number => text
            .filter(|text| Literal::digits(text).is_some())
            .map(|digits| format!("numbers stand without quotes: {digits}")),
        ValueKind::Text | ValueKind::Uuid | ValueKind::Enumeration(_) | ValueKind::DateText => {
            Some(format!("text stands in quotes: \"{}\"", value.to_string().trim_matches(['[', ']'])))
        }
        ValueKind::Any => None,
    }
}
