//! Types of members, arguments, bodies and answers: read from a schema, written for people, and held against each other
//! as the Rust they become.

use heck::ToSnakeCase;
use serde_json::Value;

use crate::document::schema_name;
use crate::model::{Api, CoreType, Kind, SchemaKind, Shape, type_name};

use super::Pair;

const ANY: &str = "any JSON";
/// A file of a form: an argument of its own, no field of the struct.
pub(super) const FILE: &str = "file";

/// A type as far as it matters for Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// One that needs no schema, in words.
    Plain(&'static str),
    /// A named schema.
    Named(String),
    /// A list.
    List(Box<Type>),
    /// A map from text.
    Map(Box<Type>),
}

impl Type {
    /// The type of a member.
    pub(super) fn from_schema(schema: &Value) -> Self {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(schema_name) {
            return Self::Named(name.to_owned());
        }
        let inner = |key: &str| Box::new(schema.get(key).map_or(Self::Plain(ANY), Self::from_schema));
        match (schema.get("type").and_then(Value::as_str), schema.get("format").and_then(Value::as_str)) {
            (Some("integer"), Some("int32")) => Self::Plain("integer (int32)"),
            (Some("integer"), _) => Self::Plain("integer (int64)"),
            (Some("number"), _) => Self::Plain("decimal"),
            (Some("boolean"), _) => Self::Plain("boolean"),
            (Some("string"), Some("date-time")) => Self::Plain("date and time"),
            (Some("string"), Some("date")) => Self::Plain("date"),
            (Some("string"), Some("uuid")) => Self::Plain("UUID"),
            (Some("string"), Some("binary")) => Self::Plain(FILE),
            (Some("string"), _) if schema.get("x-date-as-text").is_some() => Self::Plain("date as text"),
            (Some("string"), _) => Self::Plain("text"),
            (Some("array"), _) => Self::List(inner("items")),
            (Some("object"), _) if schema.get("additionalProperties").is_some() => {
                Self::Map(inner("additionalProperties"))
            }
            _ => Self::Plain(ANY),
        }
    }

    /// The type of a parameter.
    pub(super) fn from_kind(kind: &Kind) -> Self {
        match kind {
            Kind::Integer => Self::Plain("integer (int32)"),
            Kind::Long => Self::Plain("integer (int64)"),
            Kind::Number => Self::Plain("decimal"),
            Kind::Boolean => Self::Plain("boolean"),
            Kind::Text => Self::Plain("text"),
            Kind::DateTime => Self::Plain("date and time"),
            Kind::Date => Self::Plain("date"),
            Kind::Uuid => Self::Plain("UUID"),
            Kind::Enumeration(name) | Kind::Object(name) => Self::Named(name.clone()),
        }
    }

    /// The type of a JSON body or answer.
    pub(super) fn from_shape(shape: &Shape) -> Self {
        match shape {
            Shape::One(name) => Self::Named(name.clone()),
            Shape::Many(name) => Self::List(Box::new(Self::Named(name.clone()))),
            Shape::Scalar(kind) => Self::from_kind(kind),
            Shape::Scalars(kind) => Self::List(Box::new(Self::from_kind(kind))),
            Shape::Map(name) => Self::Map(Box::new(name.clone().map_or(Self::Plain(ANY), Self::Named))),
            Shape::ManyMaps(name) => {
                Self::List(Box::new(Self::Map(Box::new(name.clone().map_or(Self::Plain(ANY), Self::Named)))))
            }
            Shape::Any => Self::Plain(ANY),
            Shape::ManyAny => Self::List(Box::new(Self::Plain(ANY))),
        }
    }

    /// The type for people: ``list of reference `BoardReference` ``.
    pub(super) fn text(&self, api: &Api) -> String {
        match self {
            Self::Plain(words) => (*words).to_owned(),
            Self::Named(name) => match (api.kind(name), type_name(name)) {
                (SchemaKind::Object, rust) => format!("`{rust}`"),
                (SchemaKind::Enumeration, rust) => format!("enum `{rust}`"),
                (SchemaKind::Core(CoreType::Reference), rust) => format!("reference `{rust}`"),
                (SchemaKind::Core(CoreType::Value), rust) => format!("{ANY} `{rust}`"),
                (SchemaKind::Core(_), rust) => format!("`{rust}`"),
            },
            Self::List(inner) => format!("list of {}", inner.text(api)),
            Self::Map(inner) => format!("map to {}", inner.text(api)),
        }
    }

    /// The Rust it becomes, without the `Option`.
    fn rust(&self, api: &Api) -> String {
        match self {
            Self::Plain(ANY) => "psa::Value".to_owned(),
            Self::Plain(words) => (*words).to_owned(),
            Self::Named(name) => match api.kind(name) {
                SchemaKind::Core(core) => format!("psa::{}", core.name()),
                _ => format!("types::{}", type_name(name)),
            },
            Self::List(inner) => format!("Vec<{}>", inner.rust(api)),
            Self::Map(inner) => format!("psa::Map<{}>", inner.rust(api)),
        }
    }

    /// The schema it names, through lists and maps.
    pub(super) fn schema(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Named(name) => Some(name),
            Self::List(inner) | Self::Map(inner) => inner.schema(),
        }
    }
}

/// Whether a place whose type was `old` needs no word when it is `new`: the same Rust, or a change that is told once at
/// the type it names.
pub(super) fn same(pair: &Pair<'_>, old: &Type, new: &Type) -> bool {
    match (old, new) {
        (Type::Named(old_name), Type::Named(new_name))
            if old_name == new_name || pair.successors.get(old_name) == Some(new_name) =>
        {
            true
        }
        (Type::List(old), Type::List(new)) | (Type::Map(old), Type::Map(new)) => same(pair, old, new),
        _ => old.rust(pair.old) == new.rust(pair.new),
    }
}

/// The name of a member's field in Rust: snake case, with an underscore where that is a word of the language.
pub(super) fn field(wire: &str) -> String {
    let name = wire.to_snake_case();
    if syn::parse_str::<syn::Ident>(&name).is_ok() { name } else { format!("{name}_") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::tests::named;
    use super::*;

    fn api(schemas: Value) -> Api {
        let schemas =
            schemas.as_object().unwrap().iter().map(|(name, schema)| (name.clone(), schema.clone())).collect();
        Api { version: String::new(), operations: Vec::new(), schemas }
    }

    #[test]
    fn types_are_readable() {
        let api = api(
            json!({"Level": {"enum": ["a"]}, "SLAInfo": {"properties": {}}, "BoardReference": {"x-reference": "plain", "properties": {}}, "Any": {}}),
        );
        for (schema, expected) in [
            (json!({"type": "integer", "format": "int32"}), "integer (int32)"),
            (json!({"type": "integer"}), "integer (int64)"),
            (json!({"type": "number", "format": "double"}), "decimal"),
            (json!({"type": "string", "format": "date-time"}), "date and time"),
            (json!({"type": "string", "format": "uuid"}), "UUID"),
            (json!({"type": "string", "format": "password"}), "text"),
            (json!({"type": "string", "x-date-as-text": true}), "date as text"),
            (json!({"type": "array", "items": named("BoardReference")}), "list of reference `BoardReference`"),
            (json!({"type": "object", "additionalProperties": named("Level")}), "map to enum `Level`"),
            (named("SLAInfo"), "`SlaInfo`"),
            (named("Any"), "any JSON `Any`"),
            (json!({}), "any JSON"),
        ] {
            assert_eq!(Type::from_schema(&schema).text(&api), expected, "{schema}");
        }
    }

    #[test]
    fn only_rust_counts_and_renames_are_told_elsewhere() {
        let old = api(
            json!({"A": {"enum": ["x"]}, "OneReference": {"x-reference": "plain"}, "Any": {}, "O": {"properties": {}}}),
        );
        let new = api(json!({"B": {"enum": ["x"]}, "TwoReference": {"x-reference": "plain"}, "P": {"properties": {}}}));
        let successors: BTreeMap<_, _> = [("A".to_owned(), "B".to_owned())].into();
        let pair = Pair { old: &old, new: &new, successors: &successors };
        let list = |name: &str| json!({"type": "array", "items": named(name)});
        for (old, new, expected) in [
            (named("A"), named("B"), true),
            (list("A"), list("B"), true),
            (named("OneReference"), named("TwoReference"), true),
            (named("Any"), json!({}), true),
            (named("O"), named("P"), false),
            (named("O"), list("O"), false),
            (json!({"type": "string"}), json!({"type": "string", "format": "date"}), false),
            (json!({"type": "string"}), json!({"type": "string", "x-date-as-text": true}), false),
            (json!({"type": "integer"}), json!({"type": "integer", "format": "int64"}), true),
        ] {
            assert_eq!(same(&pair, &Type::from_schema(&old), &Type::from_schema(&new)), expected, "{old} {new}");
        }
    }

    #[test]
    fn fields_are_rust() {
        for (wire, expected) in
            [("closedFlag", "closed_flag"), ("_info", "info"), ("type", "type_"), ("connectWiseID", "connect_wise_id")]
        {
            assert_eq!(field(wire), expected);
        }
    }

    #[test]
    fn parameters_and_shapes_have_types() {
        assert_eq!(Type::from_kind(&Kind::Enumeration("Level".into())), Type::Named("Level".into()));
        assert_eq!(
            Type::from_shape(&Shape::ManyMaps(None)),
            Type::List(Box::new(Type::Map(Box::new(Type::Plain(ANY)))))
        );
        assert_eq!(Type::from_shape(&Shape::Many("A".into())).schema(), Some("A"));
    }
}
