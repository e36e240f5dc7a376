//! Types: which came and went, and what became of their members, constructors and values.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use crate::document::array;
use crate::model::{Api, CoreType, SchemaKind, type_name};
use crate::render::fields::plain_reference;

use super::successors::{counterpart, members, uses};
use super::types::{FILE, Type, field, same};
use super::{Change, Collect, Pair, Subject, Weight, counted, listed};

/// Notes every change of types.
pub(super) fn compare(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    for name in pair.old.schemas.keys() {
        if let Some(successor) = pair.successors.get(name) {
            renamed(pair, name, successor, changes);
        }
        match counterpart(pair.new, name) {
            Some(other) => common(pair, name, other, changes),
            None if pair.successors.contains_key(name) => {}
            None => gone(pair.old, name, changes),
        }
    }
    added(pair, changes);
}

/// Whether a schema is a type of its own in Rust; all others are types of core.
fn is_type(api: &Api, name: &str) -> bool {
    !matches!(api.kind(name), SchemaKind::Core(_))
}

fn gone(old: &Api, name: &str, changes: &mut Vec<Change>) {
    if is_type(old, name) {
        changes.note(Weight::Breaking, Subject::schema(name), format!("the {} is gone", word(old, name)));
    }
}

fn added(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let replacing: BTreeSet<&str> = pair
        .successors
        .iter()
        .filter(|(old, _)| counterpart(pair.new, old).is_none())
        .map(|(_, new)| new.as_str())
        .collect();
    for name in pair.new.schemas.keys() {
        if is_type(pair.new, name) && !replacing.contains(name.as_str()) && counterpart(pair.old, name).is_none() {
            changes.note(Weight::Added, Subject::schema(name), format!("new {}", word(pair.new, name)));
        }
    }
}

/// What a schema is, for people.
fn word(api: &Api, name: &str) -> &'static str {
    let extended = api.schemas.get(name).is_some_and(|schema| schema.get("x-reference").is_some());
    match api.kind(name) {
        SchemaKind::Enumeration => "enum",
        SchemaKind::Object if extended => "extended reference",
        SchemaKind::Object => "object",
        SchemaKind::Core(CoreType::Reference) => "plain reference",
        SchemaKind::Core(CoreType::Value) => "any JSON",
        SchemaKind::Core(core) => core.name(),
    }
}

/// A type whose places have one of another name.
fn renamed(pair: &Pair<'_>, name: &str, successor: &str, changes: &mut Vec<Change>) {
    let (kind, rust) = (word(pair.old, name), type_name(successor));
    if counterpart(pair.new, name).is_some() {
        changes.note(
            Weight::Breaking,
            Subject::schema(name),
            format!("most members of this {kind} have `{rust}` now: code that names the type needs that name"),
        );
        return;
    }
    let (Some(before), Some(after)) = (pair.old.schemas.get(name), pair.new.schemas.get(successor)) else { return };
    let alike = in_common(before, after);
    let how = match (alike, counterpart(pair.old, successor)) {
        (true, None) => "its name is",
        _ => "gone, in its place is",
    };
    let other = if alike { "" } else { ", which has other members" };
    changes.note(
        Weight::Breaking,
        Subject::schema(name),
        format!("{how} `{rust}` now{other}: code that names the {kind} needs that name"),
    );
    if alike {
        contents(pair, (name, before), (successor, after), changes);
    }
}

/// Whether at least half of the members or values are there in the other schema.
fn in_common(before: &Value, after: &Value) -> bool {
    let names = |schema: &Value| -> BTreeSet<String> {
        members(schema).map(|(name, _)| name.to_owned()).chain(values(schema).into_iter().map(str::to_owned)).collect()
    };
    let (before, after) = (names(before), names(after));
    before.intersection(&after).count() * 2 >= before.len()
}

/// A schema of both documents.
fn common(pair: &Pair<'_>, name: &str, other: &str, changes: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (pair.old.schemas.get(name), pair.new.schemas.get(other)) else { return };
    if name != other && is_type(pair.new, other) {
        changes.note(Weight::Changed, Subject::schema(other), format!("the vendor's name was {name}"));
    }
    let (old_word, new_word) = (word(pair.old, name), word(pair.new, other));
    if old_word != new_word {
        let (weight, why) = kind_change(pair, (name, old_word), (other, new_word));
        changes.note(weight, Subject::schema(other), format!("{old_word} -> {new_word}: {why}"));
    }
    // Plain references are one type, with typed fields by the members that each has.
    let has_members = is_type(pair.old, name) || pair.old.kind(name) == SchemaKind::Core(CoreType::Reference);
    if has_members && pair.old.kind(name) == pair.new.kind(other) {
        contents(pair, (name, before), (other, after), changes);
    }
}

/// What another kind of schema means: weight and reason.
fn kind_change(pair: &Pair<'_>, (name, old_word): (&str, &str), (other, new_word): (&str, &str)) -> (Weight, String) {
    if (old_word, new_word) == ("object", "extended reference") {
        return (Weight::Changed, "it is made from an id now".to_owned());
    }
    if (old_word, new_word) == ("extended reference", "object") {
        return (Weight::Breaking, "it is not made from an id any more".to_owned());
    }
    let rust = |api: &Api, name: &str| match api.kind(name) {
        SchemaKind::Core(core) => format!("`psa::{}`", core.name()),
        _ => format!("`types::{}`", type_name(name)),
    };
    let places = counted(uses(pair.new, other), "place");
    match (rust(pair.old, name), rust(pair.new, other)) {
        (old, new) if old == new => (Weight::Breaking, format!("`types::{}` is made differently", type_name(other))),
        (old, new) => (Weight::Breaking, format!("{new} stands where {old} stood, in {places}")),
    }
}

/// Members, constructor or values of two schemas of one kind.
fn contents(
    pair: &Pair<'_>,
    (name, before): (&str, &Value),
    (other, after): (&str, &Value),
    changes: &mut Vec<Change>,
) {
    if before == after {
        return;
    }
    if pair.old.kind(name) == SchemaKind::Enumeration {
        compare_values(other, before, after, changes);
    } else {
        compare_members(pair, other, before, after, changes);
        constructors(other, before, after, changes);
    }
}

/// A member: its name on the wire and its schema.
type Named<'a> = (&'a str, &'a Value);

/// Pairs the members of two schemas: by name on the wire, then by name in Rust. Older ones without a partner come with
/// `None`, newer ones last.
fn paired<'a>(before: &'a Value, after: &'a Value) -> Vec<(Option<Named<'a>>, Option<Named<'a>>)> {
    let mut new: BTreeMap<&str, &Value> = members(after).collect();
    let mut pairs = Vec::new();
    let mut open = Vec::new();
    for (wire, old) in members(before) {
        match new.remove_entry(wire) {
            Some(same) => pairs.push((Some((wire, old)), Some(same))),
            None => open.push((wire, old)),
        }
    }
    for (wire, old) in open {
        let same = new.keys().find(|other| field(other) == field(wire)).copied();
        pairs.push((Some((wire, old)), same.and_then(|same| new.remove_entry(same))));
    }
    pairs.extend(new.into_iter().map(|added| (None, Some(added))));
    pairs
}

fn compare_members(pair: &Pair<'_>, schema: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    for (old, new) in paired(before, after) {
        match (old, new) {
            (Some(old), Some(new)) => compare_member(pair, schema, old, new, changes),
            (Some((wire, old)), None) => {
                let weight =
                    if Type::from_schema(old) == Type::Plain(FILE) { Weight::Changed } else { Weight::Breaking };
                changes.note(
                    weight,
                    Subject::member(schema, wire),
                    format!("gone (was {}): code that names the field fails", Type::from_schema(old).text(pair.old)),
                );
            }
            (None, Some((wire, new))) => {
                changes.note(Weight::Added, Subject::member(schema, wire), Type::from_schema(new).text(pair.new))
            }
            (None, None) => {}
        }
    }
}

fn compare_member(
    pair: &Pair<'_>,
    schema: &str,
    (old_wire, old): (&str, &Value),
    (wire, new): (&str, &Value),
    changes: &mut Vec<Change>,
) {
    let mut note = |weight, what: String| changes.note(weight, Subject::member(schema, wire), what);
    let (old_type, new_type) = (Type::from_schema(old), Type::from_schema(new));
    let texts = format!("{} -> {}", old_type.text(pair.old), new_type.text(pair.new));
    if !same(pair, &old_type, &new_type) {
        note(Weight::Breaking, format!("{texts}: the field has another type"));
    } else if is_other_reference(pair, &old_type, &new_type) {
        let fields = |api: &Api, named: &Type| plain_reference(named.schema().and_then(|name| api.schemas.get(name)));
        let (before, after) = (fields(pair.old, &old_type), fields(pair.new, &new_type));
        if before == after {
            note(Weight::Changed, format!("{texts}: refers to records of another kind"));
        } else {
            note(
                Weight::Breaking,
                format!(
                    "{texts}: refers to records of another kind, and conditions have `psa::{after}` for `psa::{before}`"
                ),
            );
        }
    }
    if old_wire != wire {
        note(Weight::Changed, format!("is `{wire}` on the wire, was `{old_wire}`"));
    }
    let length = |property: &Value| property.get("maxLength").and_then(Value::as_u64);
    match (length(old), length(new)) {
        (Some(old), Some(new)) if new < old => {
            note(Weight::Changed, format!("at most {new} characters, was {old}: shrinks, longer texts are refused"))
        }
        (Some(old), Some(new)) if new > old => note(Weight::Changed, format!("at most {new} characters, was {old}")),
        (None, Some(new)) => {
            note(Weight::Changed, format!("at most {new} characters, was without limit: longer texts are refused"))
        }
        (Some(old), None) => note(Weight::Changed, format!("without limit, was at most {old} characters")),
        _ => {}
    }
    for (key, on, off) in [
        ("writeOnly", "sent, never returned", "returned too"),
        ("x-required-on-update", "updates need it now", "updates do not need it any more"),
    ] {
        match (old.get(key).is_some(), new.get(key).is_some()) {
            (false, true) => note(Weight::Changed, on.to_owned()),
            (true, false) => note(Weight::Changed, off.to_owned()),
            _ => {}
        }
    }
}

/// Whether two plain references, one Rust type, name different kinds of record.
fn is_other_reference(pair: &Pair<'_>, old: &Type, new: &Type) -> bool {
    let plain = |api: &Api, name: &str| api.kind(name) == SchemaKind::Core(CoreType::Reference);
    matches!((old.schema(), new.schema()), (Some(old), Some(new)) if old != new && plain(pair.old, old) && plain(pair.new, new))
}

/// The fields that `new` takes, in order; none when there is no `new`.
fn constructor(schema: &Value) -> Vec<String> {
    let Some(object) = schema.as_object() else { return Vec::new() };
    let is_field = |name: &&str| {
        schema
            .get("properties")
            .and_then(|members| members.get(*name))
            .is_some_and(|member| Type::from_schema(member) != Type::Plain(FILE))
    };
    array(object, "x-required-on-create").filter_map(Value::as_str).filter(is_field).map(field).collect()
}

/// Above this many arguments a constructor is told by its differences.
const SHOWN_ARGUMENTS: usize = 6;

fn constructors(name: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let (old, new) = (constructor(before), constructor(after));
    if old == new {
        return;
    }
    let written = |arguments: &[String]| format!("`new({})`", arguments.join(", "));
    if old.is_empty() {
        changes.note(
            Weight::Added,
            Subject::schema(name),
            format!("constructor {} of what a creation needs", written(&new)),
        );
        return;
    }
    if new.is_empty() {
        changes.note(
            Weight::Breaking,
            Subject::schema(name),
            format!("{} is gone: a creation needs no member, begin with `default()`", written(&old)),
        );
        return;
    }
    let (more, less) = (missing(&new, &old), missing(&old, &new));
    let reordered = {
        let kept = |list: &[String], other: &[String]| -> Vec<String> {
            list.iter().filter(|name| other.contains(name)).cloned().collect()
        };
        kept(&old, &new) != kept(&new, &old)
    };
    let mut differences = Vec::new();
    if !more.is_empty() {
        differences.push(format!("takes {} too", listed(&more)));
    }
    if !less.is_empty() {
        differences.push(format!("takes no {} any more", listed(&less)));
    }
    if reordered {
        differences.push("arguments in another order: a call that still compiles may mean something else".to_owned());
    }
    let shown = if old.len().max(new.len()) <= SHOWN_ARGUMENTS {
        format!("{} -> {}", written(&old), written(&new))
    } else {
        format!("`new` of {} -> {} arguments", old.len(), new.len())
    };
    changes.note(Weight::Breaking, Subject::schema(name), format!("{shown}: {}", differences.join("; ")));
}

/// What of `these` is not in `those`.
fn missing<'a, T: PartialEq>(these: &'a [T], those: &[T]) -> Vec<&'a T> {
    these.iter().filter(|one| !those.contains(one)).collect()
}

/// The values of an enum.
fn values(schema: &Value) -> Vec<&str> {
    schema.as_object().into_iter().flat_map(|schema| array(schema, "enum")).filter_map(Value::as_str).collect()
}

/// Above this many, new values are counted instead of listed.
const SHOWN_VALUES: usize = 24;

fn compare_values(name: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let (old, new) = (values(before), values(after));
    let has_variant =
        |values: &[&str], value: &str| values.iter().any(|other| other.to_pascal_case() == value.to_pascal_case());
    let respelt: Vec<&str> =
        missing(&new, &old).into_iter().copied().filter(|value| has_variant(&old, value)).collect();
    let gone: Vec<&str> = missing(&old, &new).into_iter().copied().filter(|value| !has_variant(&new, value)).collect();
    let added: Vec<&str> = missing(&new, &old).into_iter().copied().filter(|value| !has_variant(&old, value)).collect();
    if !gone.is_empty() {
        changes.note(
            Weight::Breaking,
            Subject::schema(name),
            format!(
                "without {}: {} gone",
                listed(&gone),
                if gone.len() == 1 { "the variant is" } else { "the variants are" }
            ),
        );
    }
    if !added.is_empty() {
        let more = added.len().saturating_sub(SHOWN_VALUES);
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        changes.note(
            Weight::Added,
            Subject::schema(name),
            format!("{}: {}{rest}", counted(added.len(), "new value"), listed(added.iter().take(SHOWN_VALUES))),
        );
    }
    if !respelt.is_empty() {
        changes.note(
            Weight::Changed,
            Subject::schema(name),
            format!("written otherwise on the wire: {}", listed(&respelt)),
        );
    }
}

#[cfg(test)]
mod tests;
