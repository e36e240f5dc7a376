//! Finds the successor of a renamed type: the type that replaces it in most of its uses or, for an enum without such
//! uses, the enum with the same values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::schema_name;
use crate::model::{Api, Operation, ResponseBody, SchemaKind, ValueType, type_name};

use super::Match;

/// Maps a schema of the older document to the schema with another Rust name that replaces it in the newer one.
pub(super) type Successors = BTreeMap<String, String>;

/// Finds the successors of the types that no longer exist.
pub(super) fn find(old: &Api, new: &Api, operations: &[Match<'_>]) -> Successors {
    let mut tally: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (before, after) in uses_in_both(old, new, operations) {
        *tally.entry(before).or_default().entry(after).or_default() += 1;
    }
    let mut successors = Successors::new();
    for name in old.schemas.keys() {
        let kind = old.schema_kind(name);
        if matches!(kind, SchemaKind::Core(_)) || counterpart(new, name).is_some() {
            continue;
        }
        let by_use = tally.get(name).and_then(|counts| {
            let same_kind = counts.iter().filter(|(other, _)| {
                new.schema_kind(other) == kind && (kind == SchemaKind::Enumeration || is_alike(old, new, name, other))
            });
            same_kind.max_by_key(|(_, count)| **count).map(|(other, _)| other.clone())
        });
        if let Some(other) = by_use.or_else(|| with_same_values(old, new, name)) {
            successors.insert(name.clone(), other);
        }
    }
    successors
}

/// Returns the schema with the same Rust name.
pub(super) fn counterpart<'a>(new: &'a Api, name: &str) -> Option<&'a str> {
    if let Some((same, _)) = new.schemas.get_key_value(name) {
        return Some(same);
    }
    let rust_name = type_name(name);
    new.schemas.keys().find(|other| type_name(other) == rust_name).map(String::as_str)
}

/// Returns whether a newer struct has at least half of the properties of an older one.
fn is_alike(old: &Api, new: &Api, before: &str, after: &str) -> bool {
    let names = |api: &Api, name: &str| -> BTreeSet<String> {
        api.schemas.get(name).into_iter().flat_map(properties).map(|(name, _)| name.to_owned()).collect()
    };
    let (before, after) = (names(old, before), names(new, after));
    before.intersection(&after).count() * 2 >= before.len()
}

/// Returns the enum with the same values, for an enum without common uses.
fn with_same_values(old: &Api, new: &Api, name: &str) -> Option<String> {
    let values = |api: &Api, name: &str| -> Option<BTreeSet<String>> {
        Some(api.schemas.get(name)?.get("enum")?.as_array()?.iter().map(Value::to_string).collect())
    };
    let wanted = values(old, name)?;
    new.schemas.keys().find(|other| values(new, other).as_ref() == Some(&wanted)).cloned()
}

/// Returns the old and the new schema of every property, parameter and body that names a schema in both documents.
fn uses_in_both(old: &Api, new: &Api, operations: &[Match<'_>]) -> Vec<(String, String)> {
    let mut uses = Vec::new();
    let mut add = |before: Option<&str>, after: Option<&str>| {
        if let (Some(before), Some(after)) = (before, after) {
            uses.push((before.to_owned(), after.to_owned()));
        }
    };
    for (name, schema) in &old.schemas {
        let Some(other) = counterpart(new, name).and_then(|other| new.schemas.get(other)) else { continue };
        for (property, before) in properties(schema) {
            if let Some(after) = other.get("properties").and_then(|properties| properties.get(property)) {
                add(leaf(before), leaf(after));
            }
        }
    }
    for (before, after) in operations {
        for parameter in &before.parameters {
            if let Some(other) = after.parameters.iter().find(|other| other.name == parameter.name) {
                add(named(&parameter.value_type), named(&other.value_type));
            }
        }
        let body =
            |operation: &'_ Operation| operation.body.as_ref().and_then(|body| body.shape.schema().map(str::to_owned));
        add(body(before).as_deref(), body(after).as_deref());
        if let (ResponseBody::Json(before), ResponseBody::Json(after)) = (&before.response, &after.response) {
            add(before.schema(), after.schema());
        }
    }
    uses
}

fn named(value_type: &ValueType) -> Option<&str> {
    match value_type {
        ValueType::Enumeration(name) | ValueType::Object(name) => Some(name),
        _ => None,
    }
}

/// Returns the named schema of a schema, directly or in a list or map.
pub(super) fn leaf(schema: &Value) -> Option<&str> {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => schema_name(reference),
        None => schema.get("items").or_else(|| schema.get("additionalProperties")).and_then(leaf),
    }
}

/// Returns the properties of a schema, in the order of the document.
pub(super) fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.as_str(), property))
}

/// Returns how many properties, parameters and bodies name a schema.
pub(super) fn uses(api: &Api, name: &str) -> usize {
    let in_properties =
        api.schemas.values().flat_map(properties).filter(|(_, property)| leaf(property) == Some(name)).count();
    in_properties + api.operations.iter().flat_map(Operation::schemas).filter(|used| *used == name).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::matching::matched;
    use super::super::tests::{document, operation, reference};
    use super::*;

    fn successors(old: &Value, new: &Value) -> Successors {
        let (old, new) = (Api::read(old).unwrap(), Api::read(new).unwrap());
        find(&old, &new, &matched(&old, &new))
    }

    fn owner(properties: &[(&str, &str)]) -> Value {
        json!({"properties": properties.iter().map(|(property, schema)| ((*property).to_owned(), reference(schema))).collect::<serde_json::Map<_, _>>()})
    }

    #[test]
    fn a_renamed_enum_is_found_by_its_uses() {
        let old =
            document(&json!({}), &json!({"Owner": owner(&[("a", "E"), ("b", "E"), ("c", "E")]), "E": {"enum": ["x"]}}));
        let renamed = document(
            &json!({}),
            &json!({"Owner": owner(&[("a", "F"), ("b", "F"), ("c", "G")]), "F": {"enum": ["x", "y"]}, "G": {"enum": ["z"]}}),
        );
        assert_eq!(successors(&old, &renamed), [("E".to_owned(), "F".to_owned())].into());
        let split = document(
            &json!({}),
            &json!({"Owner": owner(&[("a", "E"), ("b", "E"), ("c", "F")]), "E": {"enum": ["x", "y"]}, "F": {"enum": ["x"]}}),
        );
        // `E` still exists.
        assert_eq!(successors(&old, &split), Successors::new());
    }

    #[test]
    fn a_renamed_enum_without_common_uses_is_found_by_its_values() {
        let old = document(&json!({}), &json!({"E": {"enum": ["x", "y"]}}));
        let new = document(&json!({}), &json!({"F": {"enum": ["y", "x"]}, "G": {"enum": ["x"]}}));
        assert_eq!(successors(&old, &new), [("E".to_owned(), "F".to_owned())].into());
    }

    #[test]
    fn only_a_removed_object_has_a_successor() {
        let at = |response: &Value| json!({"/a/b": {"get": operation("a", "get_b", "getAB", response)}});
        let (a, b) = (json!({"properties": {"x": {}}}), json!({"properties": {"x": {}}}));
        let old = document(&at(&reference("A")), &json!({"A": a}));
        assert_eq!(
            successors(&old, &document(&at(&reference("B")), &json!({"B": b}))),
            [("A".to_owned(), "B".to_owned())].into()
        );
        assert_eq!(successors(&old, &document(&at(&reference("B")), &json!({"A": a, "B": b}))), Successors::new());
        assert_eq!(
            successors(&old, &document(&at(&reference("B")), &json!({"B": {"enum": ["x"]}}))),
            Successors::new(),
            "an enum cannot replace an object"
        );
    }

    #[test]
    fn uses_are_counted() {
        let document = document(
            &json!({"/a/b": {"get": operation("a", "get_b", "getAB", &reference("E"))}}),
            &json!({"Owner": owner(&[("a", "E"), ("b", "F")]), "E": {}, "F": {}}),
        );
        assert_eq!(uses(&Api::read(&document).unwrap(), "E"), 2);
    }
}
