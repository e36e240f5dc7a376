//! Compares the types of both documents, and reports added, removed and renamed types, and changes of fields,
//! constructors and enum values.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use crate::document::array;
use crate::model::{Api, CoreType, SchemaKind, type_name};
use crate::render::docs::properties::grouped;
use crate::render::fields::plain_reference;

use super::successors::{counterpart, properties, uses};
use super::types::{DataType, FILE, field, same};
use super::{Change, Collect, Pair, Subject, Weight, counted, listed};

/// Adds all changes of types.
pub(super) fn compare(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    for name in pair.old.schemas.keys() {
        if let Some(successor) = pair.successors.get(name) {
            renamed(pair, name, successor, changes);
        }
        match counterpart(pair.new, name) {
            Some(other) => common(pair, name, other, changes),
            None if pair.successors.contains_key(name) => {}
            None => removed(pair.old, name, changes),
        }
    }
    added(pair, changes);
}

/// Returns whether a schema becomes a generated type. All others are types of core.
fn is_type(api: &Api, name: &str) -> bool {
    !matches!(api.schema_kind(name), SchemaKind::Core(_))
}

fn removed(old: &Api, name: &str, changes: &mut Vec<Change>) {
    if is_type(old, name) {
        changes.add_change(Weight::Breaking, Subject::schema(name), format!("the {} was removed", category(old, name)));
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
            changes.add_change(Weight::Added, Subject::schema(name), format!("new {}", category(pair.new, name)));
        }
    }
}

/// The category of most schemas.
const STRUCT: &str = "struct";
/// The category of a reference with more fields than `Reference`.
const OWN_REFERENCE: &str = "reference with a type of its own";

/// Returns the words for what a schema becomes in Rust: `struct`, `enum`.
fn category(api: &Api, name: &str) -> &'static str {
    let extended = api.schemas.get(name).is_some_and(|schema| schema.get("x-reference").is_some());
    match api.schema_kind(name) {
        SchemaKind::Enumeration => "enum",
        SchemaKind::Object if extended => OWN_REFERENCE,
        SchemaKind::Object => STRUCT,
        SchemaKind::Core(CoreType::Reference) => "`Reference`",
        SchemaKind::Core(CoreType::Value) => "any JSON",
        SchemaKind::Core(core) => core.name(),
    }
}

/// Adds the changes of a type that has a successor with another name.
fn renamed(pair: &Pair<'_>, name: &str, successor: &str, changes: &mut Vec<Change>) {
    let (category, rust_name) = (category(pair.old, name), type_name(successor));
    if counterpart(pair.new, name).is_some() {
        changes.add_change(
            Weight::Breaking,
            Subject::schema(name),
            format!(
                "most fields and arguments of this type now have the type `{rust_name}`: code that names `{}` for them \
                 needs the new name",
                type_name(name)
            ),
        );
        return;
    }
    let (Some(before), Some(after)) = (pair.old.schemas.get(name), pair.new.schemas.get(successor)) else { return };
    let alike = is_alike(before, after);
    let how = match (alike, counterpart(pair.old, successor)) {
        (true, None) => "renamed to",
        _ => "replaced by",
    };
    let other = match (alike, pair.old.schema_kind(name)) {
        (true, _) => "",
        (false, SchemaKind::Enumeration) => ", which has other values",
        (false, _) => ", which has other fields",
    };
    changes.add_change(
        Weight::Breaking,
        Subject::schema(name),
        format!("{how} `{rust_name}`{other}: code that names the {category} needs the new name"),
    );
    if alike {
        contents(pair, (name, before), (successor, after), changes);
    }
}

/// Returns whether `after` has at least half of the properties or values of `before`.
fn is_alike(before: &Value, after: &Value) -> bool {
    let names = |schema: &Value| -> BTreeSet<String> {
        properties(schema)
            .map(|(name, _)| name.to_owned())
            .chain(values(schema).into_iter().map(str::to_owned))
            .collect()
    };
    let (before, after) = (names(before), names(after));
    before.intersection(&after).count() * 2 >= before.len()
}

/// Adds the changes of a schema that is in both documents.
fn common(pair: &Pair<'_>, name: &str, other: &str, changes: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (pair.old.schemas.get(name), pair.new.schemas.get(other)) else { return };
    if name != other && is_type(pair.new, other) {
        changes.add_change(Weight::Changed, Subject::schema(other), format!("the vendor's name was {name}"));
    }
    let (old_category, new_category) = (category(pair.old, name), category(pair.new, other));
    if old_category != new_category {
        let (weight, message) = category_change(pair, (name, old_category), (other, new_category));
        changes.add_change(weight, Subject::schema(other), format!("{old_category} -> {new_category}: {message}"));
    }
    // All plain references are one struct, `Reference`, but which typed fields they have depends on their properties.
    let has_properties = is_type(pair.old, name) || pair.old.schema_kind(name) == SchemaKind::Core(CoreType::Reference);
    if has_properties && pair.old.schema_kind(name) == pair.new.schema_kind(other) {
        contents(pair, (name, before), (other, after), changes);
    }
}

/// Returns the weight and the effect of a change between categories.
fn category_change(
    pair: &Pair<'_>,
    (name, old_category): (&str, &str),
    (other, new_category): (&str, &str),
) -> (Weight, String) {
    if (old_category, new_category) == (STRUCT, OWN_REFERENCE) {
        return (Weight::Changed, "it now implements `From<i32>`, so an ID can be passed as a reference".to_owned());
    }
    if (old_category, new_category) == (OWN_REFERENCE, STRUCT) {
        return (
            Weight::Breaking,
            "it no longer implements `From<i32>`: code that passes an ID needs a value with the field `id`".to_owned(),
        );
    }
    let rust_type = |api: &Api, name: &str| match api.schema_kind(name) {
        SchemaKind::Core(core) => core.name().to_owned(),
        _ => type_name(name),
    };
    let message = match (rust_type(pair.old, name), rust_type(pair.new, other)) {
        (old, new) if old == new && pair.new.schema_kind(other) == SchemaKind::Enumeration => {
            format!("`{new}` is no longer a struct: code that constructs it or uses its fields no longer compiles")
        }
        (old, new) if old == new => {
            format!("`{new}` is no longer an enum: code that constructs it or names its variants no longer compiles")
        }
        (old, new) => match uses(pair.new, other) {
            1 => format!("1 field, argument, body or response now has the type `{new}` instead of `{old}`"),
            uses => {
                format!("{uses} fields, arguments, bodies and responses now have the type `{new}` instead of `{old}`")
            }
        },
    };
    (Weight::Breaking, message)
}

/// Compares the properties and constructors, or the values, of two schemas of the same category.
fn contents(
    pair: &Pair<'_>,
    (name, before): (&str, &Value),
    (other, after): (&str, &Value),
    changes: &mut Vec<Change>,
) {
    if before == after {
        return;
    }
    if pair.old.schema_kind(name) == SchemaKind::Enumeration {
        compare_values(other, before, after, changes);
    } else {
        compare_properties(pair, other, before, after, changes);
        constructors(other, before, after, changes);
    }
}

/// A property: its JSON name and its schema.
type NamedProperty<'a> = (&'a str, &'a Value);

/// Matches the properties of two schemas, first by JSON name, then by Rust name. Returns pairs of the old and the new
/// property. A removed property has no new one, an added property has no old one. Added properties are last.
fn match_properties<'a>(
    before: &'a Value,
    after: &'a Value,
) -> Vec<(Option<NamedProperty<'a>>, Option<NamedProperty<'a>>)> {
    let mut new: BTreeMap<&str, &Value> = properties(after).collect();
    let mut pairs = Vec::new();
    let mut unmatched = Vec::new();
    for (json_name, old) in properties(before) {
        match new.remove_entry(json_name) {
            Some(same) => pairs.push((Some((json_name, old)), Some(same))),
            None => unmatched.push((json_name, old)),
        }
    }
    for (json_name, old) in unmatched {
        let same = new.keys().find(|other| field(other) == field(json_name)).copied();
        pairs.push((Some((json_name, old)), same.and_then(|same| new.remove_entry(same))));
    }
    pairs.extend(new.into_iter().map(|added| (None, Some(added))));
    pairs
}

fn compare_properties(pair: &Pair<'_>, schema: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    for (old, new) in match_properties(before, after) {
        match (old, new) {
            (Some(old), Some(new)) => compare_property(pair, schema, old, new, changes),
            (Some((json_name, old)), None) => {
                let (weight, effect) = if DataType::from_schema(old) == DataType::Plain(FILE) {
                    (Weight::Changed, "the file is an argument of the call, which still compiles")
                } else {
                    (Weight::Breaking, "code that names the field no longer compiles")
                };
                changes.add_change(
                    weight,
                    Subject::property(schema, json_name),
                    format!("removed (was {}): {effect}", DataType::from_schema(old).description(pair.old)),
                );
            }
            (None, Some((json_name, new))) => changes.add_change(
                Weight::Added,
                Subject::property(schema, json_name),
                DataType::from_schema(new).description(pair.new),
            ),
            (None, None) => {}
        }
    }
}

fn compare_property(
    pair: &Pair<'_>,
    schema: &str,
    (old_json_name, old): (&str, &Value),
    (json_name, new): (&str, &Value),
    changes: &mut Vec<Change>,
) {
    let mut note = |weight, message: String| changes.add_change(weight, Subject::property(schema, json_name), message);
    let (old_type, new_type) = (DataType::from_schema(old), DataType::from_schema(new));
    let texts = format!("{} -> {}", old_type.description(pair.old), new_type.description(pair.new));
    if !same(pair, &old_type, &new_type) {
        note(Weight::Breaking, format!("{texts}: the type of the field changed"));
    } else if is_other_reference(pair, &old_type, &new_type) {
        let referenced = |api: &'_ Api, data_type: &DataType| -> (&'static str, Vec<&'static str>) {
            let schema = data_type.schema().and_then(|name| api.schemas.get(name));
            let has = |name: &str| schema.is_some_and(|schema| properties(schema).any(|(other, _)| other == name));
            (plain_reference(schema), ["name", "identifier"].into_iter().filter(|name| has(name)).collect())
        };
        let ((before, old_fields), (after, new_fields)) =
            (referenced(pair.old, &old_type), referenced(pair.new, &new_type));
        if before == after {
            note(Weight::Changed, format!("{texts}: refers to another type of record"));
        } else {
            note(
                Weight::Breaking,
                format!(
                    "{texts}: refers to another type of record; {}",
                    changed_reference_fields((before, after), (&old_fields, &new_fields))
                ),
            );
        }
    }
    if old_json_name != json_name {
        note(Weight::Changed, format!("the JSON name is `{json_name}` (was `{old_json_name}`)"));
    }
    let length = |property: &Value| property.get("maxLength").and_then(Value::as_u64);
    match (length(old), length(new)) {
        (Some(old), Some(new)) if new < old => note(
            Weight::Changed,
            format!("at most {} characters (was {}): {LONGER_STRINGS}", grouped(new), grouped(old)),
        ),
        (Some(old), Some(new)) if new > old => {
            note(Weight::Changed, format!("at most {} characters (was {})", grouped(new), grouped(old)))
        }
        (None, Some(new)) => {
            note(Weight::Changed, format!("at most {} characters (had no limit): {LONGER_STRINGS}", grouped(new)))
        }
        (Some(old), None) => {
            note(Weight::Changed, format!("no limit on the length (was at most {} characters)", grouped(old)))
        }
        _ => {}
    }
    for (key, on, off) in [
        ("writeOnly", "now write-only", "no longer write-only"),
        ("x-required-on-update", "now required when updating", "no longer required when updating"),
    ] {
        match (old.get(key).is_some(), new.get(key).is_some()) {
            (false, true) => note(Weight::Changed, on.to_owned()),
            (true, false) => note(Weight::Changed, off.to_owned()),
            _ => {}
        }
    }
}

/// What happens to strings that exceed a new limit.
const LONGER_STRINGS: &str = "the server rejects longer strings, and `check_lengths` finds them before sending";

/// Returns the text about the typed fields that a reference gains or loses because it refers to another type of record.
fn changed_reference_fields((before, after): (&str, &str), (old_fields, new_fields): (&[&str], &[&str])) -> String {
    let (removed, added) = (missing(old_fields, new_fields), missing(new_fields, old_fields));
    let methods = |names: &[&&str]| names.iter().map(|name| format!("`{name}()`")).collect::<Vec<_>>().join(" and ");
    match (removed.is_empty(), added.is_empty()) {
        (false, true) => format!("`filter`, `sort` and `select` no longer have its {}", methods(&removed)),
        (false, false) => {
            format!("`filter`, `sort` and `select` have its {} instead of {}", methods(&added), methods(&removed))
        }
        (true, _) => format!(
            "`filter`, `sort` and `select` also have its {}; code that names the field type `{before}` needs `{after}`",
            methods(&added)
        ),
    }
}

/// Returns whether two plain references, which are the same Rust type, refer to different types of record.
fn is_other_reference(pair: &Pair<'_>, old: &DataType, new: &DataType) -> bool {
    let plain = |api: &Api, name: &str| api.schema_kind(name) == SchemaKind::Core(CoreType::Reference);
    matches!((old.schema(), new.schema()), (Some(old), Some(new)) if old != new && plain(pair.old, old) && plain(pair.new, new))
}

/// Returns the fields that `new` takes, in order. Empty if there is no `new`.
fn constructor(schema: &Value) -> Vec<String> {
    let Some(object) = schema.as_object() else { return Vec::new() };
    let is_field = |name: &&str| {
        schema
            .get("properties")
            .and_then(|properties| properties.get(*name))
            .is_some_and(|property| DataType::from_schema(property) != DataType::Plain(FILE))
    };
    array(object, "x-required-on-create").filter_map(Value::as_str).filter(is_field).map(field).collect()
}

/// The maximum number of arguments with which both constructors are printed in full.
const SHOWN_ARGUMENTS: usize = 6;

fn constructors(name: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let (old, new) = (constructor(before), constructor(after));
    if old == new {
        return;
    }
    let signature = |arguments: &[String]| format!("`new({})`", arguments.join(", "));
    if old.is_empty() {
        changes.add_change(
            Weight::Added,
            Subject::schema(name),
            format!("new constructor {} with the required fields", signature(&new)),
        );
        return;
    }
    if new.is_empty() {
        changes.add_change(
            Weight::Breaking,
            Subject::schema(name),
            format!("{} was removed, because no field is required when creating: use `default()`", signature(&old)),
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
        differences.push(format!("also takes {}", listed(&more)));
    }
    if !less.is_empty() {
        differences.push(format!("no longer takes {}", listed(&less)));
    }
    if reordered {
        differences.push(
            "arguments reordered: check every call, because one that still compiles may pass wrong values".to_owned(),
        );
    }
    let shown = if old.len().max(new.len()) <= SHOWN_ARGUMENTS {
        format!("{} -> {}", signature(&old), signature(&new))
    } else {
        format!("`new` with {} -> {} arguments", old.len(), new.len())
    };
    changes.add_change(Weight::Breaking, Subject::schema(name), format!("{shown}: {}", differences.join("; ")));
}

/// Returns the elements of `these` that are not in `those`.
fn missing<'a, T: PartialEq>(these: &'a [T], those: &[T]) -> Vec<&'a T> {
    these.iter().filter(|one| !those.contains(one)).collect()
}

/// Returns the values of an enum.
fn values(schema: &Value) -> Vec<&str> {
    schema.as_object().into_iter().flat_map(|schema| array(schema, "enum")).filter_map(Value::as_str).collect()
}

/// The maximum number of new values that are listed. Further values are only counted.
const SHOWN_VALUES: usize = 24;

fn compare_values(name: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let (old, new) = (values(before), values(after));
    let has_variant =
        |values: &[&str], value: &str| values.iter().any(|other| other.to_pascal_case() == value.to_pascal_case());
    // A variant whose value changes in letter case or separators keeps its name.
    let changed: Vec<(&str, &str)> = missing(&new, &old)
        .into_iter()
        .filter_map(|value| Some((*old.iter().find(|other| other.to_pascal_case() == value.to_pascal_case())?, *value)))
        .collect();
    let removed: Vec<&str> =
        missing(&old, &new).into_iter().copied().filter(|value| !has_variant(&new, value)).collect();
    let added: Vec<&str> = missing(&new, &old).into_iter().copied().filter(|value| !has_variant(&old, value)).collect();
    if !removed.is_empty() {
        changes.add_change(
            Weight::Breaking,
            Subject::schema(name),
            format!(
                "{} removed: {}: code that names {} no longer compiles",
                if removed.len() == 1 { "value" } else { "values" },
                listed(&removed),
                if removed.len() == 1 { "its variant" } else { "their variants" }
            ),
        );
    }
    if !added.is_empty() {
        let more = added.len().saturating_sub(SHOWN_VALUES);
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        changes.add_change(
            Weight::Added,
            Subject::schema(name),
            format!("{}: {}{rest}", counted(added.len(), "new value"), listed(added.iter().take(SHOWN_VALUES))),
        );
    }
    if !changed.is_empty() {
        let texts: Vec<String> = changed.iter().map(|(old, new)| format!("`{old}` -> `{new}`")).collect();
        changes.add_change(
            Weight::Changed,
            Subject::schema(name),
            format!("changed in JSON, with the same variant: {}", texts.join(", ")),
        );
    }
}

#[cfg(test)]
mod tests;
