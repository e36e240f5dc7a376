//! The types of properties, parameters and bodies. This module reads them from schemas, describes them in messages, and
//! compares the Rust types that they become.

use heck::ToSnakeCase;
use serde_json::Value;

use crate::document::schema_name;
use crate::model::{Api, CoreType, SchemaKind, Shape, ValueType, type_name};

use super::Pair;

const ANY: &str = "any JSON";
/// The type of a file in a multipart form. The generated method takes the file as an argument; the struct of the body
/// has no field for it.
pub(super) const FILE: &str = "file";

/// The parts of a type that determine the generated Rust type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DataType {
    /// A type that is not a named schema, by the description that messages print: `integer (int32)`.
    Plain(&'static str),
    /// A named schema.
    Schema(String),
    /// A list.
    List(Box<DataType>),
    /// A map with string keys.
    Map(Box<DataType>),
}

impl DataType {
    /// Returns the type of a property.
    pub(super) fn from_schema(schema: &Value) -> Self {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(schema_name) {
            return Self::Schema(name.to_owned());
        }
        let inner = |key: &str| Box::new(schema.get(key).map_or(Self::Plain(ANY), Self::from_schema));
        match (schema.get("type").and_then(Value::as_str), schema.get("format").and_then(Value::as_str)) {
            (Some("integer"), Some("int32")) => Self::Plain("integer (int32)"),
            (Some("integer"), _) => Self::Plain("integer (int64)"),
            (Some("number"), _) => Self::Plain("number"),
            (Some("boolean"), _) => Self::Plain("boolean"),
            (Some("string"), Some("date-time")) => Self::Plain("timestamp"),
            (Some("string"), Some("date")) => Self::Plain("date"),
            (Some("string"), Some("uuid")) => Self::Plain("UUID"),
            (Some("string"), Some("binary")) => Self::Plain(FILE),
            (Some("string"), _) if schema.get("x-date-as-text").is_some() => Self::Plain("date as a string"),
            (Some("string"), _) => Self::Plain("string"),
            (Some("array"), _) => Self::List(inner("items")),
            (Some("object"), _) if schema.get("additionalProperties").is_some() => {
                Self::Map(inner("additionalProperties"))
            }
            _ => Self::Plain(ANY),
        }
    }

    /// Returns the type of a parameter.
    pub(super) fn from_value_type(value_type: &ValueType) -> Self {
        match value_type {
            ValueType::Integer => Self::Plain("integer (int32)"),
            ValueType::Long => Self::Plain("integer (int64)"),
            ValueType::Number => Self::Plain("number"),
            ValueType::Boolean => Self::Plain("boolean"),
            ValueType::String => Self::Plain("string"),
            ValueType::DateTime => Self::Plain("timestamp"),
            ValueType::Date => Self::Plain("date"),
            ValueType::Uuid => Self::Plain("UUID"),
            ValueType::Enumeration(name) | ValueType::Object(name) => Self::Schema(name.clone()),
        }
    }

    /// Returns the type of a JSON body.
    pub(super) fn from_shape(shape: &Shape) -> Self {
        match shape {
            Shape::One(name) => Self::Schema(name.clone()),
            Shape::Many(name) => Self::List(Box::new(Self::Schema(name.clone()))),
            Shape::Scalar(value_type) => Self::from_value_type(value_type),
            Shape::Scalars(value_type) => Self::List(Box::new(Self::from_value_type(value_type))),
            Shape::Map(name) => Self::Map(Box::new(name.clone().map_or(Self::Plain(ANY), Self::Schema))),
            Shape::ManyMaps(name) => {
                Self::List(Box::new(Self::Map(Box::new(name.clone().map_or(Self::Plain(ANY), Self::Schema)))))
            }
            Shape::Any => Self::Plain(ANY),
            Shape::ManyAny => Self::List(Box::new(Self::Plain(ANY))),
        }
    }

    /// Returns a description of the type for messages: ``list of `Reference` (BoardReference)``.
    pub(super) fn description(&self, api: &Api) -> String {
        match self {
            Self::Plain(words) => (*words).to_owned(),
            Self::Schema(name) => match (api.schema_kind(name), type_name(name)) {
                (SchemaKind::Object, rust) => format!("`{rust}`"),
                (SchemaKind::Enumeration, rust) => format!("enum `{rust}`"),
                (SchemaKind::Core(CoreType::Reference), rust) => format!("`Reference` ({rust})"),
                (SchemaKind::Core(CoreType::Value), rust) => format!("{ANY} ({rust})"),
                (SchemaKind::Core(_), rust) => format!("`{rust}`"),
            },
            Self::List(inner) => format!("list of {}", inner.description(api)),
            Self::Map(inner) => format!("map of {}", inner.description(api)),
        }
    }

    /// Returns a string that is equal for two types if they become the same Rust type. It is not always valid Rust:
    /// scalars keep their description.
    fn rust_type_key(&self, api: &Api) -> String {
        match self {
            Self::Plain(ANY) => "psa::Value".to_owned(),
            Self::Plain(words) => (*words).to_owned(),
            Self::Schema(name) => match api.schema_kind(name) {
                SchemaKind::Core(core) => format!("psa::{}", core.name()),
                _ => format!("types::{}", type_name(name)),
            },
            Self::List(inner) => format!("Vec<{}>", inner.rust_type_key(api)),
            Self::Map(inner) => format!("psa::Map<{}>", inner.rust_type_key(api)),
        }
    }

    /// Returns the schema that it names, directly or in a list or map.
    pub(super) fn schema(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Schema(name) => Some(name),
            Self::List(inner) | Self::Map(inner) => inner.schema(),
        }
    }
}

/// Returns whether code that uses the type still compiles: both become the same Rust type, or `new` is `old` or its
/// successor (`old` under a new name), whose changes are reported at the schema itself. The caller reports references
/// that now refer to another type of record.
pub(super) fn same(pair: &Pair<'_>, old: &DataType, new: &DataType) -> bool {
    match (old, new) {
        (DataType::Schema(old_name), DataType::Schema(new_name))
            if old_name == new_name || pair.successors.get(old_name) == Some(new_name) =>
        {
            true
        }
        (DataType::List(old), DataType::List(new)) | (DataType::Map(old), DataType::Map(new)) => same(pair, old, new),
        _ => old.rust_type_key(pair.old) == new.rust_type_key(pair.new),
    }
}

/// Returns the name of a property's field in Rust: snake case, with an underscore after a keyword.
pub(super) fn field(json_name: &str) -> String {
    let name = json_name.to_snake_case();
    if syn::parse_str::<syn::Ident>(&name).is_ok() { name } else { format!("{name}_") }
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

    #[test]
    fn types_are_described_in_words() {
        let api = api(
            json!({"Level": {"enum": ["a"]}, "SLAInfo": {"properties": {}}, "BoardReference": {"x-reference": "plain", "properties": {}}, "Any": {}}),
        );
        for (schema, expected) in [
            (json!({"type": "integer", "format": "int32"}), "integer (int32)"),
            (json!({"type": "integer"}), "integer (int64)"),
            (json!({"type": "number", "format": "double"}), "number"),
            (json!({"type": "string", "format": "date-time"}), "timestamp"),
            (json!({"type": "string", "format": "uuid"}), "UUID"),
            (json!({"type": "string", "format": "password"}), "string"),
            (json!({"type": "string", "x-date-as-text": true}), "date as a string"),
            (json!({"type": "array", "items": reference("BoardReference")}), "list of `Reference` (BoardReference)"),
            (json!({"type": "object", "additionalProperties": reference("Level")}), "map of enum `Level`"),
            (reference("SLAInfo"), "`SlaInfo`"),
            (reference("Any"), "any JSON (Any)"),
            (json!({}), "any JSON"),
        ] {
            assert_eq!(DataType::from_schema(&schema).description(&api), expected, "{schema}");
        }
    }

    #[test]
    fn only_equal_rust_types_and_successors_are_the_same() {
        let old = api(
            json!({"A": {"enum": ["x"]}, "OneReference": {"x-reference": "plain"}, "Any": {}, "O": {"properties": {}}}),
        );
        let new = api(json!({"B": {"enum": ["x"]}, "TwoReference": {"x-reference": "plain"}, "P": {"properties": {}}}));
        let successors: BTreeMap<_, _> = [("A".to_owned(), "B".to_owned())].into();
        let pair = Pair { old: &old, new: &new, successors: &successors };
        let list = |name: &str| json!({"type": "array", "items": reference(name)});
        for (old, new, expected) in [
            (reference("A"), reference("B"), true),
            (list("A"), list("B"), true),
            (reference("OneReference"), reference("TwoReference"), true),
            (reference("Any"), json!({}), true),
            (reference("O"), reference("P"), false),
            (reference("O"), list("O"), false),
            (json!({"type": "string"}), json!({"type": "string", "format": "date"}), false),
            (json!({"type": "string"}), json!({"type": "string", "x-date-as-text": true}), false),
            (json!({"type": "integer"}), json!({"type": "integer", "format": "int64"}), true),
        ] {
            assert_eq!(
                same(&pair, &DataType::from_schema(&old), &DataType::from_schema(&new)),
                expected,
                "{old} {new}"
            );
        }
    }

    #[test]
    fn field_names_are_valid_in_rust() {
        for (json_name, expected) in
            [("closedFlag", "closed_flag"), ("_info", "info"), ("type", "type_"), ("connectWiseID", "connect_wise_id")]
        {
            assert_eq!(field(json_name), expected);
        }
    }

    #[test]
    fn value_types_and_shapes_convert_to_data_types() {
        assert_eq!(
            DataType::from_value_type(&ValueType::Enumeration("Level".into())),
            DataType::Schema("Level".into())
        );
        assert_eq!(
            DataType::from_shape(&Shape::ManyMaps(None)),
            DataType::List(Box::new(DataType::Map(Box::new(DataType::Plain(ANY)))))
        );
        assert_eq!(DataType::from_shape(&Shape::Many("A".into())).schema(), Some("A"));
    }
}
