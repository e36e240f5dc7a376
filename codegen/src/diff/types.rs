//! The types of properties, parameters and bodies: describes them in messages, and compares the Rust types that the
//! generator makes of them.

use serde_json::Value;

use crate::model::{Api, Shape, ValueType, type_name};
use crate::render::properties::rust_type;
use crate::render::rust_type::RustType;

use super::Pair;
use super::successors::{counterpart, leaf};

/// A type in one of the two documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DataType {
    /// The Rust type that the generator makes of it, or `None` if it does not support the schema.
    pub(super) rust: Option<RustType>,
    /// The named schema, directly or in a list or map.
    pub(super) schema: Option<String>,
}

impl DataType {
    /// Returns the type of a property.
    pub(super) fn for_property(api: &Api, owner: &str, json_name: &str, property: &Value) -> Self {
        Self { rust: rust_type(api, owner, json_name, property), schema: leaf(property).map(str::to_owned) }
    }

    /// Returns the type of a parameter.
    pub(super) fn for_parameter(api: &Api, value_type: &ValueType) -> Self {
        let schema = match value_type {
            ValueType::Enumeration(name) | ValueType::Object(name) => Some(name.clone()),
            _ => None,
        };
        Self { rust: Some(RustType::from_value_type(api, value_type)), schema }
    }

    /// Returns the type of a JSON body.
    pub(super) fn for_shape(api: &Api, shape: &Shape) -> Self {
        Self { rust: Some(RustType::from_shape(api, shape)), schema: shape.schema().map(str::to_owned) }
    }

    /// Returns whether the type is the file of a form. The generated method takes the file as an argument; the struct
    /// of the form has no field for it.
    pub(super) fn is_file(&self) -> bool {
        self.rust == Some(RustType::File)
    }

    /// Returns a description of the type for messages: ``list of `Reference` (BoardReference)``.
    pub(super) fn description(&self) -> String {
        self.rust.as_ref().map_or_else(|| "a schema that the generator does not support".to_owned(), description)
    }
}

fn description(rust_type: &RustType) -> String {
    let words = match rust_type {
        RustType::String => "string",
        RustType::DateText => "date as a string",
        RustType::Integer => "integer (int32)",
        RustType::Long => "integer (int64)",
        RustType::Number => "number",
        RustType::Boolean => "boolean",
        RustType::DateTime => "timestamp",
        RustType::Date => "date",
        RustType::Uuid => "UUID",
        RustType::File => "file",
        RustType::Json => "any JSON",
        RustType::RecordInfo => "`RecordInfo`",
        RustType::PatchOperation => "`PatchOperation`",
        RustType::Reference(schema) => return format!("`Reference` ({})", type_name(schema)),
        RustType::ExtendedReference(schema) | RustType::Object(schema) => return format!("`{}`", type_name(schema)),
        RustType::Enumeration(schema) => return format!("enum `{}`", type_name(schema)),
        RustType::List(inner) => return format!("list of {}", description(inner)),
        RustType::Map(inner) => return format!("map of {}", description(inner)),
        RustType::Shared(inner) if inner.is_reference() => return description(inner),
        RustType::Shared(inner) => return format!("{} in a `Shared`", description(inner)),
    };
    words.to_owned()
}

/// Returns whether code that uses the type still compiles: both become the same Rust type, or `new` is `old` or its
/// successor (`old` under a new name), whose changes are reported at the schema itself. The caller reports references
/// that now refer to another type of record.
pub(super) fn same(pair: &Pair<'_>, old: &DataType, new: &DataType) -> bool {
    let (Some(old_rust), Some(new_rust)) = (&old.rust, &new.rust) else { return old == new };
    if let (Some(old_schema), Some(new_schema)) = (&old.schema, &new.schema)
        && corresponding(pair, old_schema) == Some(new_schema)
    {
        return containers(old_rust) == containers(new_rust);
    }
    old_rust.tokens().to_string() == new_rust.tokens().to_string() && is_still_there(pair, old)
}

/// Returns the schema that an older schema is in the newer document: the one with the same name or Rust name or, for a
/// struct, its successor.
pub(super) fn corresponding<'a>(pair: &Pair<'a>, schema: &str) -> Option<&'a str> {
    counterpart(pair.new, schema).or_else(|| {
        let is_enum = pair.old.schemas.get(schema).is_some_and(|schema| schema.get("enum").is_some());
        pair.successors.get(schema).filter(|_| !is_enum).map(String::as_str)
    })
}

/// Returns whether the generated type that an older type names, if any, still exists.
fn is_still_there(pair: &Pair<'_>, old: &DataType) -> bool {
    let named = old.rust.as_ref().and_then(RustType::generated_type);
    named.is_none_or(|name| counterpart(pair.new, name).is_some())
}

/// Returns the lists, maps and pointers around a type, outermost first.
fn containers(rust_type: &RustType) -> Vec<&'static str> {
    let (name, inner) = match rust_type {
        RustType::List(inner) => ("list", inner),
        RustType::Map(inner) => ("map", inner),
        // A schema that starts or stops to be a reference is a change of the schema itself.
        RustType::Shared(inner) if inner.is_reference() => return containers(inner),
        RustType::Shared(inner) => ("shared", inner),
        _ => return Vec::new(),
    };
    let mut all = vec![name];
    all.extend(containers(inner));
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::tests::reference;
    use super::*;

    fn api(schemas: Value) -> Api {
        let schemas =
            schemas.as_object().unwrap().iter().map(|(name, schema)| (name.clone(), schema.clone())).collect();
        Api { version: String::new(), operations: Vec::new(), schemas }
    }

    fn property(api: &Api, schema: &Value) -> DataType {
        DataType::for_property(api, "Owner", "name", schema)
    }

    #[test]
    fn types_are_described_in_words() {
        let api = api(
            json!({"Level": {"enum": ["a"]}, "SLAInfo": {"properties": {}}, "BoardReference": {"x-reference": "plain", "properties": {}}, "Any": {}, "Owner": {"properties": {"name": reference("Owner")}}}),
        );
        for (schema, expected) in [
            (json!({"type": "integer", "format": "int32"}), "integer (int32)"),
            (json!({"type": "integer"}), "integer (int64)"),
            (json!({"type": "number", "format": "double"}), "number"),
            (json!({"type": "string", "format": "date-time"}), "timestamp"),
            (json!({"type": "string", "format": "uuid"}), "UUID"),
            (json!({"type": "string", "format": "password"}), "string"),
            (json!({"type": "string", "format": "binary"}), "file"),
            (json!({"type": "string", "x-date-as-text": true}), "date as a string"),
            (json!({"type": "array", "items": reference("BoardReference")}), "list of `Reference` (BoardReference)"),
            (json!({"type": "object", "additionalProperties": reference("Level")}), "map of enum `Level`"),
            (reference("SLAInfo"), "`SlaInfo`"),
            (reference("Owner"), "`Owner` in a `Shared`"),
            (reference("Any"), "any JSON"),
            (json!({}), "any JSON"),
            (json!({"type": "file"}), "a schema that the generator does not support"),
        ] {
            assert_eq!(property(&api, &schema).description(), expected, "{schema}");
        }
    }

    #[test]
    fn only_equal_rust_types_and_successors_are_the_same() {
        let old = api(
            json!({"A": {"enum": ["x"]}, "OneReference": {"x-reference": "plain"}, "Any": {}, "O": {"properties": {}}, "Q": {"properties": {}}, "Changed": {}, "Gone": {"properties": {}}}),
        );
        let new = api(
            json!({"B": {"enum": ["x"]}, "TwoReference": {"x-reference": "plain"}, "P": {"properties": {}}, "R": {"properties": {}}, "Changed": {"properties": {}}}),
        );
        let successors: BTreeMap<_, _> = [("A".to_owned(), "B".to_owned()), ("Q".to_owned(), "R".to_owned())].into();
        let pair = Pair { old: &old, new: &new, successors: &successors };
        let list = |name: &str| json!({"type": "array", "items": reference(name)});
        for (before, after, expected) in [
            // The line of a property names its enum.
            (reference("A"), reference("B"), false),
            (reference("Q"), reference("R"), true),
            (list("Q"), list("R"), true),
            (reference("Q"), list("R"), false),
            (reference("OneReference"), reference("TwoReference"), true),
            (reference("Any"), json!({}), true),
            // The type itself has the change.
            (reference("Changed"), reference("Changed"), true),
            (reference("O"), reference("P"), false),
            (reference("Gone"), json!({}), false),
            (json!({"type": "string"}), json!({"type": "string", "format": "date"}), false),
            (json!({"type": "string"}), json!({"type": "string", "x-date-as-text": true}), false),
            (json!({"type": "string", "x-date-as-text": true}), json!({"type": "string", "maxLength": 5}), false),
            (json!({"type": "integer"}), json!({"type": "integer", "format": "int64"}), true),
        ] {
            assert_eq!(same(&pair, &property(&old, &before), &property(&new, &after)), expected, "{before} {after}");
        }
    }

    #[test]
    fn value_types_and_shapes_have_types() {
        let api = api(json!({"Level": {"enum": ["a"]}, "A": {"properties": {}}}));
        let level = DataType::for_parameter(&api, &ValueType::Enumeration("Level".into()));
        assert_eq!((level.description(), level.schema), ("enum `Level`".to_owned(), Some("Level".to_owned())));
        let maps = DataType::for_shape(&api, &Shape::ManyMaps(None));
        assert_eq!((maps.description(), maps.schema), ("list of map of any JSON".to_owned(), None));
        assert_eq!(DataType::for_shape(&api, &Shape::Many("A".into())).schema.as_deref(), Some("A"));
    }
}
