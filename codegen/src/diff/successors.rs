//! What became of a type whose name changed: what stands now in most of the places where it stood. Enums have names by
//! rule, which change with their uses, so for them this is also asked when the old name is still there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Answer, Api, Operation, SchemaKind, type_name};

use super::Match;
use super::types::Type;

/// Schema of the older document -> the schema of another Rust name that stands in its places in the newer one.
pub(super) type Successors = BTreeMap<String, String>;

/// Finds the successors of all types of the older document.
pub(super) fn find(old: &Api, new: &Api, operations: &[Match<'_>]) -> Successors {
    let mut tally: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (before, after) in places(old, new, operations) {
        *tally.entry(before).or_default().entry(after).or_default() += 1;
    }
    let mut successors = Successors::new();
    for name in old.schemas.keys() {
        let (kind, still_there) = (old.kind(name), counterpart(new, name).is_some());
        if matches!(kind, SchemaKind::Core(_)) || (still_there && kind != SchemaKind::Enumeration) {
            continue;
        }
        let count = |counts: &BTreeMap<String, usize>, other: &str| counts.get(other).copied().unwrap_or(0);
        let by_place = tally.get(name).and_then(|counts| {
            let stayed = counts
                .keys()
                .filter(|other| type_name(other) == type_name(name))
                .map(|other| count(counts, other))
                .sum();
            let best = counts
                .iter()
                .filter(|(other, _)| type_name(other) != type_name(name) && new.kind(other) == kind)
                .max_by_key(|(_, count)| **count);
            best.filter(|(_, count)| **count > stayed).map(|(other, _)| other.clone())
        });
        if let Some(other) = by_place.or_else(|| if still_there { None } else { with_same_values(old, new, name) }) {
            successors.insert(name.clone(), other);
        }
    }
    successors
}

/// The schema of the same Rust name.
pub(super) fn counterpart<'a>(new: &'a Api, name: &str) -> Option<&'a str> {
    if let Some((same, _)) = new.schemas.get_key_value(name) {
        return Some(same);
    }
    let rust = type_name(name);
    new.schemas.keys().find(|other| type_name(other) == rust).map(String::as_str)
}

/// The enum that has the values of one that no place leads to.
fn with_same_values(old: &Api, new: &Api, name: &str) -> Option<String> {
    let values = |api: &Api, name: &str| -> Option<BTreeSet<String>> {
        Some(api.schemas.get(name)?.get("enum")?.as_array()?.iter().map(Value::to_string).collect())
    };
    let wanted = values(old, name)?;
    new.schemas.keys().find(|other| values(new, other).as_ref() == Some(&wanted)).cloned()
}

/// Every place that names a schema in both documents: members, parameters, bodies, answers.
fn places(old: &Api, new: &Api, operations: &[Match<'_>]) -> Vec<(String, String)> {
    let mut places = Vec::new();
    let mut add = |before: &Type, after: &Type| {
        if let (Some(before), Some(after)) = (before.schema(), after.schema()) {
            places.push((before.to_owned(), after.to_owned()));
        }
    };
    for (name, schema) in &old.schemas {
        let Some(other) = counterpart(new, name).and_then(|other| new.schemas.get(other)) else { continue };
        for (member, before) in members(schema) {
            if let Some(after) = other.get("properties").and_then(|members| members.get(member)) {
                add(&Type::from_schema(before), &Type::from_schema(after));
            }
        }
    }
    for (before, after) in operations {
        for parameter in &before.parameters {
            if let Some(other) = after.parameters.iter().find(|other| other.name == parameter.name) {
                add(&Type::from_kind(&parameter.kind), &Type::from_kind(&other.kind));
            }
        }
        if let (Some(before), Some(after)) = (&before.body, &after.body) {
            add(&Type::from_shape(&before.shape), &Type::from_shape(&after.shape));
        }
        if let (Answer::Json(before), Answer::Json(after)) = (&before.answer, &after.answer) {
            add(&Type::from_shape(before), &Type::from_shape(after));
        }
    }
    places
}

/// The members of a schema, in the order of the document.
pub(super) fn members(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, member)| (name.as_str(), member))
}

/// How many members, parameters, bodies and answers name a schema.
pub(super) fn uses(api: &Api, name: &str) -> usize {
    let in_members = api
        .schemas
        .values()
        .flat_map(members)
        .filter(|(_, member)| Type::from_schema(member).schema() == Some(name))
        .count();
    in_members + api.operations.iter().flat_map(Operation::schemas).filter(|used| *used == name).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::operations::matched;
    use super::super::tests::{document, named, operation};
    use super::*;

    fn successors(old: &Value, new: &Value) -> Successors {
        let (old, new) = (Api::read(old).unwrap(), Api::read(new).unwrap());
        find(&old, &new, &matched(&old, &new))
    }

    fn owner(members: &[(&str, &str)]) -> Value {
        json!({"properties": members.iter().map(|(member, schema)| ((*member).to_owned(), named(schema))).collect::<serde_json::Map<_, _>>()})
    }

    #[test]
    fn an_enum_is_followed_by_its_places() {
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
        assert_eq!(successors(&old, &split), Successors::new());
        let taken = document(
            &json!({}),
            &json!({"Owner": owner(&[("a", "F"), ("b", "F"), ("c", "E")]), "E": {"enum": ["z"]}, "F": {"enum": ["x"]}}),
        );
        assert_eq!(successors(&old, &taken), [("E".to_owned(), "F".to_owned())].into());
    }

    #[test]
    fn an_enum_without_common_places_is_followed_by_its_values() {
        let old = document(&json!({}), &json!({"E": {"enum": ["x", "y"]}}));
        let new = document(&json!({}), &json!({"F": {"enum": ["y", "x"]}, "G": {"enum": ["x"]}}));
        assert_eq!(successors(&old, &new), [("E".to_owned(), "F".to_owned())].into());
    }

    #[test]
    fn objects_are_followed_only_when_they_are_gone() {
        let at = |answer: &Value| json!({"/a/b": {"get": operation("a", "get_b", "getAB", answer)}});
        let (a, b) = (json!({"properties": {"x": {}}}), json!({"properties": {"x": {}}}));
        let old = document(&at(&named("A")), &json!({"A": a}));
        assert_eq!(
            successors(&old, &document(&at(&named("B")), &json!({"B": b}))),
            [("A".to_owned(), "B".to_owned())].into()
        );
        assert_eq!(successors(&old, &document(&at(&named("B")), &json!({"A": a, "B": b}))), Successors::new());
        assert_eq!(
            successors(&old, &document(&at(&named("B")), &json!({"B": {"enum": ["x"]}}))),
            Successors::new(),
            "another kind is no successor"
        );
    }

    #[test]
    fn uses_are_counted() {
        let document = document(
            &json!({"/a/b": {"get": operation("a", "get_b", "getAB", &named("E"))}}),
            &json!({"Owner": owner(&[("a", "E"), ("b", "F")]), "E": {}, "F": {}}),
        );
        assert_eq!(uses(&Api::read(&document).unwrap(), "E"), 2);
    }
}
