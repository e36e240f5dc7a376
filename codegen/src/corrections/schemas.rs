//! Corrections of schemas: says what the document has in the corrected place, and changes it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::notation::{NONE, Notation, describe};
use super::{Change, REQUIRED_WITHOUT_PROPERTY, Rename};
use crate::document::{self, Object, array};

/// Returns what the document has in the place that a change is about, in notation. `None` if it does not have the
/// schema.
pub(super) fn found(schemas: &Object, name: &str, change: &Change) -> Option<String> {
    let schema = schemas.get(name)?;
    Some(match change {
        Change::RenameProperty(Rename { from, to }) => {
            match (property(schemas, schema, from), property(schemas, schema, to)) {
                (Some(_), Some(_)) => format!("{from} and {to}"),
                (Some(_), None) => from.clone(),
                (None, Some(_)) => to.clone(),
                (None, None) => NONE.to_owned(),
            }
        }
        Change::AddProperty(property, _) | Change::PropertyType(property, _) => {
            property_type(schemas, schema, property)
        }
        Change::NotRequired(property) => required(schemas, schema, property).to_owned(),
        Change::SchemaType(_) => describe(schemas, schema),
        _ => NONE.to_owned(),
    })
}

/// Applies a change to a schema.
pub(super) fn apply(document: &mut Value, name: &str, change: &Change) {
    let Some(schema) = document.pointer_mut("/components/schemas").and_then(|schemas| schemas.get_mut(name)) else {
        return;
    };
    if let Change::SchemaType(notation) = change {
        *schema = notation.schema().unwrap_or_default();
        return;
    }
    let Some(schema) = schema.as_object_mut() else { return };
    match change {
        Change::NotRequired(property) => {
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| name != property);
            }
        }
        Change::RenameProperty(Rename { from, to }) => rename_property(schema, from, to),
        Change::AddProperty(property, notation) | Change::PropertyType(property, notation) => {
            set_property(schema, property, notation);
        }
        _ => {}
    }
}

/// Returns a property of a schema or of one of the schemas that it consists of (`allOf`), with its name in the document.
/// Two names that differ only in letter case are the same, as they are when a record is read; an equal name is
/// preferred.
fn property<'a>(schemas: &'a Object, schema: &'a Value, name: &str) -> Option<(&'a String, &'a Value)> {
    let mut found = None;
    let mut seen = BTreeSet::new();
    let mut pending = vec![schema];
    while let Some(schema) = pending.pop() {
        if let Some(named) = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name)
            && seen.insert(named)
        {
            pending.extend(schemas.get(named));
        }
        pending.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten());
        for own in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if own.0 == name {
                return Some(own);
            }
            if found.is_none() && own.0.eq_ignore_ascii_case(name) {
                found = Some(own);
            }
        }
    }
    found
}

fn property_type(schemas: &Object, schema: &Value, name: &str) -> String {
    match property(schemas, schema, name) {
        None => NONE.to_owned(),
        Some((own, schema)) if own == name => describe(schemas, schema),
        Some((own, schema)) => format!("{}, named {own}", describe(schemas, schema)),
    }
}

fn required(schemas: &Object, schema: &Value, name: &str) -> &'static str {
    let is_required = schema.as_object().is_some_and(|schema| array(schema, "required").any(|own| own == name));
    match (is_required, property(schemas, schema, name)) {
        (false, _) => "not required",
        (true, None) => REQUIRED_WITHOUT_PROPERTY,
        (true, Some(_)) => "required",
    }
}

fn rename_property(schema: &mut Object, from: &str, to: &str) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
        && let Some(property) = properties.remove(from)
    {
        properties.insert(to.to_owned(), property);
    }
    for name in document::array_mut(schema, "required").filter(|name| **name == from) {
        *name = json!(to);
    }
}

/// What a property keeps when it gets another type. The description can contain facts.
const FACTS: [&str; 4] = ["description", "readOnly", "writeOnly", "deprecated"];

fn set_property(schema: &mut Object, name: &str, notation: &Notation) {
    let Some(mut corrected) = notation.schema() else { return };
    let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() else { return };
    if let (Some(before), Some(corrected)) =
        (properties.get(name).and_then(Value::as_object), corrected.as_object_mut())
    {
        let is_kept = |key: &str| FACTS.contains(&key);
        corrected
            .extend(before.iter().filter(|(key, _)| is_kept(key)).map(|(key, value)| (key.clone(), value.clone())));
    }
    properties.insert(name.to_owned(), corrected);
}
