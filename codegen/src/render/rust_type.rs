//! The types of the bindings as a description: read once from the model, asked by every decision, written as tokens
//! last.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::document;
use crate::model::{Api, CoreType, Kind, SchemaKind, Shape, type_name};

/// A type of the bindings: of a member (without its `Option`), an argument, a body or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RustType {
    /// Text.
    Text,
    /// A date by its name that the document has as text, in a format that it does not state.
    DateText,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A number with a fraction.
    Number,
    /// true or false.
    Boolean,
    /// A date with a time.
    DateTime,
    /// A date.
    Date,
    /// A UUID.
    Uuid,
    /// A file of a form. It is an argument of the operation, not a member of the form's struct.
    File,
    /// Any JSON.
    Json,
    /// Core's type for the information about a record.
    RecordInfo,
    /// Core's type for an operation of a JSON patch.
    PatchOperation,
    /// Core's type for plain references. The schema tells which members the reference has.
    Reference(String),
    /// A generated struct that refers to a record and has more members than a plain reference, by its schema.
    ExtendedReference(String),
    /// Any other generated struct, by its schema.
    Object(String),
    /// A generated enum, by its schema.
    Enumeration(String),
    /// A list.
    List(Box<RustType>),
    /// A map from text.
    Map(Box<RustType>),
    /// A value in a `Box`, because its type contains itself.
    Boxed(Box<RustType>),
}

impl RustType {
    /// The type of a schema; `None` for a schema that has no Rust type.
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
            Some(_) => Kind::from_schema(schema).map(|kind| Self::from_kind(api, &kind)),
        }
    }

    /// The type of a named schema.
    #[must_use]
    pub fn from_name(api: &Api, name: &str) -> Self {
        let refers = api.schemas.get(name).is_some_and(|schema| schema.get("x-reference").is_some());
        match api.kind(name) {
            SchemaKind::Core(CoreType::Reference) => Self::Reference(name.to_owned()),
            SchemaKind::Core(CoreType::RecordInfo) => Self::RecordInfo,
            SchemaKind::Core(CoreType::PatchOperation) => Self::PatchOperation,
            SchemaKind::Core(CoreType::Value) => Self::Json,
            SchemaKind::Enumeration => Self::Enumeration(name.to_owned()),
            SchemaKind::Object if refers => Self::ExtendedReference(name.to_owned()),
            SchemaKind::Object => Self::Object(name.to_owned()),
        }
    }

    /// The type of what a parameter carries.
    #[must_use]
    pub fn from_kind(api: &Api, kind: &Kind) -> Self {
        match kind {
            Kind::Integer => Self::Integer,
            Kind::Long => Self::Long,
            Kind::Number => Self::Number,
            Kind::Boolean => Self::Boolean,
            Kind::Text => Self::Text,
            Kind::DateTime => Self::DateTime,
            Kind::Date => Self::Date,
            Kind::Uuid => Self::Uuid,
            Kind::Enumeration(name) | Kind::Object(name) => Self::from_name(api, name),
        }
    }

    /// The type of a body or an answer.
    #[must_use]
    pub fn from_shape(api: &Api, shape: &Shape) -> Self {
        let list = |item| Self::List(Box::new(item));
        let map =
            |name: Option<&String>| Self::Map(Box::new(name.map_or(Self::Json, |name| Self::from_name(api, name))));
        match shape {
            Shape::One(name) => Self::from_name(api, name),
            Shape::Many(name) => list(Self::from_name(api, name)),
            Shape::Scalar(kind) => Self::from_kind(api, kind),
            Shape::Scalars(kind) => list(Self::from_kind(api, kind)),
            Shape::Map(name) => map(name.as_ref()),
            Shape::ManyMaps(name) => list(map(name.as_ref())),
            Shape::Any => Self::Json,
            Shape::ManyAny => list(Self::Json),
        }
    }

    /// Whether values are text in Rust.
    #[must_use]
    pub fn is_text(&self) -> bool {
        *self == Self::Text
    }

    /// Whether a constructor takes what converts into it: texts, numbers, references and enums are written as literals,
    /// ids and names.
    #[must_use]
    pub fn is_taken_by_conversion(&self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::DateText
                | Self::Number
                | Self::Reference(_)
                | Self::ExtendedReference(_)
                | Self::Enumeration(_)
        )
    }

    /// The schema of the generated type that it names, through lists, maps and boxes.
    #[must_use]
    pub fn generated_type(&self) -> Option<&str> {
        match self {
            Self::ExtendedReference(schema) | Self::Object(schema) | Self::Enumeration(schema) => Some(schema),
            Self::List(inner) | Self::Map(inner) | Self::Boxed(inner) => inner.generated_type(),
            _ => None,
        }
    }

    /// The type as a value that is owned.
    #[must_use]
    pub fn tokens(&self) -> TokenStream {
        match self {
            Self::Text => quote!(String),
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
            Self::Boxed(inner) => {
                let inner = inner.tokens();
                quote!(Box<#inner>)
            }
        }
    }

    /// The type as an argument: numbers and booleans by value, the rest by reference.
    #[must_use]
    pub fn argument_tokens(&self) -> TokenStream {
        match self {
            Self::Text | Self::DateText => quote!(&str),
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
    fn every_form_of_a_schema() {
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
            let described = RustType::from_schema(&api, &schema).unwrap();
            assert_eq!(
                (described.tokens().to_string().as_str(), described.argument_tokens().to_string().as_str()),
                (expected, argument),
                "{schema}"
            );
        }
        assert_eq!(
            RustType::Boxed(Box::new(RustType::Object("Ticket".into()))).tokens().to_string(),
            "Box < types :: Ticket >"
        );
    }

    #[test]
    fn a_schema_without_a_rust_type_has_none() {
        for schema in [
            json!({"type": "file"}),
            json!({"type": "object", "properties": {}}),
            json!({"type": "array", "items": {"type": "file"}}),
        ] {
            assert_eq!(RustType::from_schema(&api(), &schema), None, "{schema}");
        }
    }

    #[test]
    fn shapes_are_described_as_their_schemas() {
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
            json!({}),
        ] {
            let shape = Shape::from_schema(&schema).unwrap();
            assert_eq!(Some(RustType::from_shape(&api, &shape)), RustType::from_schema(&api, &schema), "{schema}");
        }
    }

    #[test]
    fn conversions_and_generated_types_are_known() {
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
            let described = RustType::from_schema(&api, &schema).unwrap();
            assert_eq!(
                (described.is_taken_by_conversion(), described.generated_type()),
                (by_conversion, generated),
                "{schema}"
            );
        }
    }
}
