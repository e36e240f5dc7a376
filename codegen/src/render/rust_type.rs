//! The Rust types of the bindings, as data: read from the model, and written as tokens at the end.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::document;
use crate::model::{Api, CoreType, SchemaKind, Shape, ValueType, type_name};

/// The Rust type of a property (without its `Option`), an argument or a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RustType {
    /// A string.
    String,
    /// A date that the document describes as a string without a format. The name of the property says that it is a
    /// date.
    DateText,
    /// A 32-bit integer.
    Integer,
    /// A 64-bit integer.
    Long,
    /// A decimal number.
    Number,
    /// A boolean.
    Boolean,
    /// A timestamp.
    DateTime,
    /// A date.
    Date,
    /// A UUID.
    Uuid,
    /// A file in a form. It is an argument of the operation, not a field of the form's struct.
    File,
    /// Any JSON.
    Json,
    /// Core's type for the `_info` of a record.
    RecordInfo,
    /// Core's type for an operation of a JSON patch.
    PatchOperation,
    /// Core's type for plain references, with the schema that lists the properties of the reference.
    Reference(String),
    /// A generated struct for a reference that has more properties than a plain reference, by its schema.
    ExtendedReference(String),
    /// Any other generated struct, by its schema.
    Object(String),
    /// A generated enum, by its schema.
    Enumeration(String),
    /// A list.
    List(Box<RustType>),
    /// A map with string keys.
    Map(Box<RustType>),
    /// A reference, or an object that contains its own type, as a property of a record: in core's pointer.
    Shared(Box<RustType>),
}

impl RustType {
    /// Returns the type of a schema, or `None` if it has no Rust type.
    #[must_use]
    pub fn from_schema(api: &Api, schema: &Value) -> Option<Self> {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name) {
            return Some(Self::from_name(api, name));
        }
        let inner =
            |key: &str| schema.get(key).map_or(Some(Self::Json), |inner| Self::from_schema(api, inner)).map(Box::new);
        match schema.get("type").and_then(Value::as_str) {
            None => Some(Self::Json),
            Some("array") => inner("items").map(Self::List),
            Some("object") if schema.get("properties").is_none() => inner("additionalProperties").map(Self::Map),
            Some("string") if document::is_binary(schema) => Some(Self::File),
            Some("string") if schema.get("x-date-as-text").is_some() => Some(Self::DateText),
            Some(_) => ValueType::from_schema(schema).map(|value_type| Self::from_value_type(api, &value_type)),
        }
    }

    /// Returns the type of a named schema.
    #[must_use]
    pub fn from_name(api: &Api, name: &str) -> Self {
        let is_reference = api.schemas.get(name).is_some_and(|schema| schema.get("x-reference").is_some());
        match api.schema_kind(name) {
            SchemaKind::Core(CoreType::Reference) => Self::Reference(name.to_owned()),
            SchemaKind::Core(CoreType::RecordInfo) => Self::RecordInfo,
            SchemaKind::Core(CoreType::PatchOperation) => Self::PatchOperation,
            SchemaKind::Core(CoreType::Value) => Self::Json,
            SchemaKind::Enumeration => Self::Enumeration(name.to_owned()),
            SchemaKind::Object if is_reference => Self::ExtendedReference(name.to_owned()),
            SchemaKind::Object => Self::Object(name.to_owned()),
        }
    }

    /// Returns the type of a parameter's value.
    #[must_use]
    pub fn from_value_type(api: &Api, value_type: &ValueType) -> Self {
        match value_type {
            ValueType::Integer => Self::Integer,
            ValueType::Long => Self::Long,
            ValueType::Number => Self::Number,
            ValueType::Boolean => Self::Boolean,
            ValueType::String => Self::String,
            ValueType::DateTime => Self::DateTime,
            ValueType::Date => Self::Date,
            ValueType::Uuid => Self::Uuid,
            ValueType::Enumeration(name) | ValueType::Object(name) => Self::from_name(api, name),
        }
    }

    /// Returns the type of a body of a request or response.
    #[must_use]
    pub fn from_shape(api: &Api, shape: &Shape) -> Self {
        let list = |item| Self::List(Box::new(item));
        let map =
            |name: Option<&String>| Self::Map(Box::new(name.map_or(Self::Json, |name| Self::from_name(api, name))));
        match shape {
            Shape::One(name) => Self::from_name(api, name),
            Shape::Many(name) => list(Self::from_name(api, name)),
            Shape::Scalar(value_type) => Self::from_value_type(api, value_type),
            Shape::Scalars(value_type) => list(Self::from_value_type(api, value_type)),
            Shape::Map(name) => map(name.as_ref()),
            Shape::ManyMaps(name) => list(map(name.as_ref())),
            Shape::Any => Self::Json,
            Shape::ManyAny => list(Self::Json),
            Shape::Lists(inner) => list(Self::from_shape(api, inner)),
            Shape::Maps(inner) => Self::Map(Box::new(Self::from_shape(api, inner))),
        }
    }

    /// Returns whether the type is `String`.
    #[must_use]
    pub fn is_string(&self) -> bool {
        *self == Self::String
    }

    /// Returns whether a constructor accepts every value that converts into the type. Strings, decimal numbers,
    /// references and enums are usually written as literals, IDs and names.
    #[must_use]
    pub fn accepts_conversion(&self) -> bool {
        matches!(self, Self::String | Self::DateText | Self::Number | Self::Enumeration(_)) || self.is_reference()
    }

    /// Returns whether the type is a reference.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        match self {
            Self::Reference(_) | Self::ExtendedReference(_) => true,
            Self::Shared(inner) => inner.is_reference(),
            _ => false,
        }
    }

    /// Returns the schema of the generated type that it names, directly or in a list, map or pointer.
    #[must_use]
    pub fn generated_type(&self) -> Option<&str> {
        match self {
            Self::ExtendedReference(schema) | Self::Object(schema) | Self::Enumeration(schema) => Some(schema),
            Self::List(inner) | Self::Map(inner) | Self::Shared(inner) => inner.generated_type(),
            _ => None,
        }
    }

    /// Returns the type of an owned value.
    #[must_use]
    pub fn tokens(&self) -> TokenStream {
        match self {
            Self::String => quote!(String),
            Self::DateText => quote!(psa::DateText),
            Self::Integer => quote!(i32),
            Self::Long => quote!(i64),
            Self::Number => quote!(psa::Amount),
            Self::Boolean => quote!(bool),
            Self::DateTime => quote!(psa::DateTime),
            Self::Date => quote!(psa::Date),
            Self::Uuid => quote!(psa::Uuid),
            Self::File => quote!(psa::Upload),
            Self::Json => quote!(psa::Value),
            Self::RecordInfo => quote!(psa::RecordInfo),
            Self::PatchOperation => quote!(psa::PatchOperation),
            Self::Reference(_) => quote!(psa::Reference),
            Self::ExtendedReference(schema) | Self::Object(schema) | Self::Enumeration(schema) => {
                let ident = format_ident!("{}", type_name(schema));
                quote!(types::#ident)
            }
            Self::List(inner) => {
                let inner = inner.tokens();
                quote!(Vec<#inner>)
            }
            Self::Map(inner) => {
                let inner = inner.tokens();
                quote!(psa::Map<#inner>)
            }
            Self::Shared(inner) => {
                let inner = inner.tokens();
                quote!(psa::Shared<#inner>)
            }
        }
    }

    /// Returns the type of an argument: numbers and booleans by value, all others by reference.
    #[must_use]
    pub fn argument_tokens(&self) -> TokenStream {
        match self {
            Self::String | Self::DateText => quote!(&str),
            Self::Integer | Self::Long | Self::Number | Self::Boolean => self.tokens(),
            _ => {
                let owned = self.tokens();
                quote!(&#owned)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn api() -> Api {
        let schemas = [
            ("Ticket", json!({"properties": {}})),
            ("Level", json!({"enum": ["a"]})),
            ("BoardReference", json!({"x-reference": "plain"})),
            ("SiteReference", json!({"x-reference": "extended", "properties": {}})),
            ("RecordInfo", json!({"properties": {}})),
            ("PatchOperation", json!({"properties": {}})),
            ("Any", json!({})),
        ];
        Api {
            version: String::new(),
            operations: Vec::new(),
            schemas: schemas.map(|(name, schema)| (name.to_owned(), schema)).into(),
        }
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[test]
    fn every_schema_has_its_rust_type() {
        let api = api();
        for (schema, expected, argument) in [
            (json!({"type": "string"}), "String", "& str"),
            (json!({"type": "string", "x-date-as-text": true}), "psa :: DateText", "& str"),
            (
                json!({"type": "array", "items": reference("Ticket")}),
                "Vec < types :: Ticket >",
                "& Vec < types :: Ticket >",
            ),
            (json!({"type": "array"}), "Vec < psa :: Value >", "& Vec < psa :: Value >"),
            (reference("Ticket"), "types :: Ticket", "& types :: Ticket"),
            (reference("SiteReference"), "types :: SiteReference", "& types :: SiteReference"),
            (reference("Level"), "types :: Level", "& types :: Level"),
            (reference("RecordInfo"), "psa :: RecordInfo", "& psa :: RecordInfo"),
            (reference("PatchOperation"), "psa :: PatchOperation", "& psa :: PatchOperation"),
            (reference("BoardReference"), "psa :: Reference", "& psa :: Reference"),
            (reference("Any"), "psa :: Value", "& psa :: Value"),
            (json!({}), "psa :: Value", "& psa :: Value"),
            (json!({"type": "string", "format": "date-time"}), "psa :: DateTime", "& psa :: DateTime"),
            (json!({"type": "string", "format": "date"}), "psa :: Date", "& psa :: Date"),
            (json!({"type": "string", "format": "uuid"}), "psa :: Uuid", "& psa :: Uuid"),
            (json!({"type": "string", "format": "binary"}), "psa :: Upload", "& psa :: Upload"),
            (
                json!({"type": "object", "additionalProperties": reference("Ticket")}),
                "psa :: Map < types :: Ticket >",
                "& psa :: Map < types :: Ticket >",
            ),
            (
                json!({"type": "object", "additionalProperties": {}}),
                "psa :: Map < psa :: Value >",
                "& psa :: Map < psa :: Value >",
            ),
            (json!({"type": "integer", "format": "int32"}), "i32", "i32"),
            (json!({"type": "integer"}), "i64", "i64"),
            (json!({"type": "number", "format": "double"}), "psa :: Amount", "psa :: Amount"),
            (json!({"type": "boolean"}), "bool", "bool"),
        ] {
            let rust_type = RustType::from_schema(&api, &schema).unwrap();
            assert_eq!(
                (rust_type.tokens().to_string().as_str(), rust_type.argument_tokens().to_string().as_str()),
                (expected, argument),
                "{schema}"
            );
        }
        assert_eq!(
            RustType::Shared(Box::new(RustType::Reference("BoardReference".into()))).tokens().to_string(),
            "psa :: Shared < psa :: Reference >"
        );
    }

    #[test]
    fn unsupported_schemas_have_no_rust_type() {
        for schema in [
            json!({"type": "file"}),
            json!({"type": "object", "properties": {}}),
            json!({"type": "array", "items": {"type": "file"}}),
        ] {
            assert_eq!(RustType::from_schema(&api(), &schema), None, "{schema}");
        }
    }

    #[test]
    fn a_shape_has_the_type_of_its_schema() {
        let api = api();
        for schema in [
            reference("Ticket"),
            json!({"type": "array", "items": reference("Ticket")}),
            json!({"type": "array", "items": {"type": "object", "additionalProperties": reference("Ticket")}}),
            json!({"type": "array", "items": {"type": "object", "additionalProperties": {}}}),
            json!({"type": "array", "items": {}}),
            json!({"type": "object", "additionalProperties": {}}),
            json!({"type": "integer"}),
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "array", "items": {"type": "array", "items": reference("Ticket")}}),
            json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}),
            json!({}),
        ] {
            let shape = Shape::from_schema(&schema).unwrap();
            assert_eq!(Some(RustType::from_shape(&api, &shape)), RustType::from_schema(&api, &schema), "{schema}");
        }
    }

    #[test]
    fn the_schema_decides_on_conversions_and_the_generated_type() {
        let api = api();
        for (schema, by_conversion, generated) in [
            (json!({"type": "string"}), true, None),
            (json!({"type": "integer"}), false, None),
            (json!({"type": "number"}), true, None),
            (json!({"type": "string", "x-date-as-text": true}), true, None),
            (reference("BoardReference"), true, None),
            (reference("SiteReference"), true, Some("SiteReference")),
            (reference("Level"), true, Some("Level")),
            (reference("Ticket"), false, Some("Ticket")),
            (reference("Any"), false, None),
            (json!({"type": "array", "items": reference("Level")}), false, Some("Level")),
            (json!({"type": "object", "additionalProperties": reference("Ticket")}), false, Some("Ticket")),
        ] {
            let rust_type = RustType::from_schema(&api, &schema).unwrap();
            assert_eq!(
                (rust_type.accepts_conversion(), rust_type.generated_type()),
                (by_conversion, generated),
                "{schema}"
            );
        }
    }
}
