//! Compares the values that properties and parameters take, and the values of enums. A use of an enum can take only some
//! of its values, so a value is reported at the property or parameter; the enum itself has a line only if no use has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::array;
use crate::model::{Api, variant_name};

use super::successors::leaf;
use super::{Change, Pair, Subject, Weight, counted, listed};

/// The values that a property or parameter takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    /// The enum, or `None` for strings of which only some values are allowed.
    pub(super) enumeration: Option<String>,
    values: Vec<String>,
}

impl Allowed {
    /// Returns the values of a property, or `None` if it takes any value of its type.
    pub(super) fn for_property(api: &Api, property: &Value) -> Option<Self> {
        Self::for_schema_name(api, leaf(property), own_values(property))
    }

    /// Returns the values of something with a named type, or `None` if it is not an enum and has no values of its own.
    pub(super) fn for_schema_name(api: &Api, schema: Option<&str>, own: Option<Vec<String>>) -> Option<Self> {
        let enumeration =
            schema.filter(|name| api.schemas.get(*name).is_some_and(|schema| schema.get("enum").is_some()));
        let all = || Some(values(api.schemas.get(enumeration?)?).into_iter().map(str::to_owned).collect());
        Some(Self { enumeration: enumeration.map(str::to_owned), values: own.or_else(all)? })
    }
}

/// Returns the values that a property has itself, also inside a list or map.
fn own_values(property: &Value) -> Option<Vec<String>> {
    match property.get("x-values") {
        Some(values) => Some(values.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        None => property.get("items").or_else(|| property.get("additionalProperties")).and_then(own_values),
    }
}

/// Returns the values of an enum.
pub(super) fn values(schema: &Value) -> Vec<&str> {
    schema.as_object().into_iter().flat_map(|schema| array(schema, "enum")).filter_map(Value::as_str).collect()
}

/// The maximum number of new values that are listed. Further values are only counted.
const SHOWN_VALUES: usize = 24;

/// Returns the values in backticks. Many values are listed in part.
fn shown(values: &[&str]) -> String {
    let more = values.len().saturating_sub(SHOWN_VALUES);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{rest}", listed(values.iter().take(SHOWN_VALUES)))
}

/// Adds the changes of the values of one property or parameter. `prefix` names the parameter.
pub(super) fn compare(
    pair: &Pair<'_>,
    subject: &Subject,
    prefix: &str,
    before: &Allowed,
    after: &Allowed,
    changes: &mut Vec<Change>,
) {
    let enumeration = after.enumeration.as_deref().and_then(|name| pair.new.schemas.get(name));
    let old_enumeration = before.enumeration.as_deref().and_then(|name| pair.old.schemas.get(name));
    // The enum has the line of a variant whose value changed in JSON.
    let is_same_variant = |old: &str, new: &str| match (old_enumeration, enumeration) {
        (Some(old_enumeration), Some(enumeration)) => {
            variant_name(old, old_enumeration) == variant_name(new, enumeration)
        }
        _ => false,
    };
    let removed: Vec<&str> = missing(&before.values, &after.values)
        .filter(|old| !after.values.iter().any(|new| is_same_variant(old, new)))
        .collect();
    let added: Vec<&str> = missing(&after.values, &before.values)
        .filter(|new| !before.values.iter().any(|old| is_same_variant(old, new)))
        .collect();
    let for_type =
        after.enumeration.as_ref().map(|name| format!(" (of `{}`)", crate::model::type_name(name))).unwrap_or_default();
    let has_variant = |value: &&str| {
        enumeration.is_none_or(|schema| values(schema).iter().any(|other| is_same_variant(value, other)))
    };
    let (kept, gone): (Vec<&str>, Vec<&str>) = removed.into_iter().partition(has_variant);
    if !gone.is_empty() {
        changes.push(
            Change::new(
                Weight::Breaking,
                subject.clone(),
                "value-removed",
                format!("{prefix}{} removed: {}{for_type}", plural(&gone), shown(&gone)),
            )
            .action(format!("remove {} from code", if gone.len() == 1 { "its variant" } else { "their variants" }))
            .names(gone),
        );
    }
    if !kept.is_empty() {
        let still = if enumeration.is_some() {
            "code that names the variant still compiles, because other fields have the value; "
        } else {
            ""
        };
        changes.push(
            Change::new(
                Weight::Changed,
                subject.clone(),
                "value-removed",
                format!("{prefix}{} removed: {}{for_type}", plural(&kept), shown(&kept)),
            )
            .action(format!("do not send it here; {still}the server can reject it"))
            .names(kept),
        );
    }
    if !added.is_empty() {
        let word = if added.len() == 1 { "new value" } else { "new values" };
        changes.push(
            Change::new(
                Weight::Added,
                subject.clone(),
                "value-added",
                format!("{prefix}{word} {}{for_type}", shown(&added)),
            )
            .names(added),
        );
    }
}

fn plural(values: &[&str]) -> &'static str {
    if values.len() == 1 { "value" } else { "values" }
}

/// Returns the elements of `these` that are not in `those`.
fn missing<'a>(these: &'a [String], those: &'a [String]) -> impl Iterator<Item = &'a str> {
    these.iter().filter(|one| !those.contains(one)).map(String::as_str)
}

/// The values of enums that the lines of properties and parameters name, by the newer name of the enum.
pub(super) type Reported = BTreeMap<String, BTreeSet<String>>;

/// Adds the changes of an enum that no property or parameter has.
pub(super) fn compare_enums(name: &str, before: &Value, after: &Value, reported: &Reported, changes: &mut Vec<Change>) {
    let (old, new) = (values(before), values(after));
    let is_reported = |value: &str| reported.get(name).is_some_and(|values| values.contains(value));
    let variant_in = |values: &[&str], schema: &Value, variant: &str| {
        values.iter().find(|value| variant_name(value, schema) == variant).map(|value| (*value).to_owned())
    };
    let removed: Vec<&str> =
        old.iter().copied().filter(|value| variant_in(&new, after, &variant_name(value, before)).is_none()).collect();
    let added: Vec<&str> =
        new.iter().copied().filter(|value| variant_in(&old, before, &variant_name(value, after)).is_none()).collect();
    // A value in both whose variant has another name.
    let (renamed, removed): (Vec<&str>, Vec<&str>) = removed.into_iter().partition(|value| new.contains(value));
    let added: Vec<&str> = added.into_iter().filter(|value| !old.contains(value) && !is_reported(value)).collect();
    let removed: Vec<&str> = removed.into_iter().filter(|value| !is_reported(value)).collect();
    if !renamed.is_empty() {
        let texts: Vec<String> = renamed
            .iter()
            .map(|value| format!("`{}` -> `{}`", variant_name(value, before), variant_name(value, after)))
            .collect();
        changes.push(
            Change::new(
                Weight::Breaking,
                Subject::schema(name),
                "variant-renamed",
                format!("{} renamed: {}", if texts.len() == 1 { "variant" } else { "variants" }, texts.join(", ")),
            )
            .action("code that names them needs the new names")
            .names(renamed),
        );
    }
    if !removed.is_empty() {
        changes.push(
            Change::new(
                Weight::Breaking,
                Subject::schema(name),
                "value-removed",
                format!("{} removed: {}", plural(&removed), shown(&removed)),
            )
            .action(format!("remove {} from code", if removed.len() == 1 { "its variant" } else { "their variants" }))
            .names(removed),
        );
    }
    if !added.is_empty() {
        changes.push(
            Change::new(
                Weight::Added,
                Subject::schema(name),
                "value-added",
                format!("{}: {}", counted(added.len(), "new value"), shown(&added)),
            )
            .names(added),
        );
    }
    // A variant whose value changes in letter case or separators keeps its name.
    let changed: Vec<(String, &str)> = new
        .iter()
        .filter(|value| !old.contains(value))
        .filter_map(|value| Some((variant_in(&old, before, &variant_name(value, after))?, *value)))
        .collect();
    if !changed.is_empty() {
        let texts: Vec<String> = changed.iter().map(|(old, new)| format!("`{old}` -> `{new}`")).collect();
        changes.push(
            Change::new(
                Weight::Changed,
                Subject::schema(name),
                "value-changed",
                format!("changed in JSON, with the same variant: {}", texts.join(", ")),
            )
            .action("change text that names the old value, such as conditions as text")
            .names(changed.into_iter().map(|(_, new)| new)),
        );
    }
}
