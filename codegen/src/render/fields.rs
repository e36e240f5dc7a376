//! Typed fields: for each object a struct with one method per property. Conditions, sort orders and field selections
//! use them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::document;
use crate::model::{Api, type_name};
use crate::render::code::{Code, References};
use crate::render::docs::properties as documentation;
use crate::render::operations::deprecation;
use crate::render::properties::Property;
use crate::render::rust_type::RustType;
use crate::render::types;

/// Returns the fields of one object.
#[must_use]
pub fn object(api: &Api, schema_name: &str, schema: &Value, ident: &syn::Ident, properties: &[Property]) -> Code {
    let mut references = References::default();
    references.add_type(schema_name);
    // Core provides `_info` for every record.
    let (mut methods, mut lists) = (TokenStream::new(), TokenStream::new());
    for property in properties.iter().filter(|property| property.json_name != "_info") {
        let (json_name, method) = (&property.json_name, &property.ident);
        let property_schema =
            schema.pointer(&format!("/properties/{}", document::escape(json_name))).unwrap_or(&Value::Null);
        let field = Field::from_rust_type(api, json_name, &property.rust_type);
        field.add_references(&mut references);
        let doc = documentation::field(json_name, property_schema);
        let (tokens, step) = (field.tokens(), field.step());
        let into = if matches!(field, Field::List(_)) { &mut lists } else { &mut methods };
        let deprecated = deprecation(types::is_deprecated(property, schema));
        into.extend(
            quote!(#(#[doc = #doc])* #deprecated pub fn #method(&self) -> #tokens { self.0.#step(#json_name) }),
        );
    }
    // Only the methods of lists need the bound `S: Scope`. Without it, the other methods compile faster.
    let lists = (!lists.is_empty()).then(|| quote!(impl<S: psa::Scope> #ident<S> { #lists }));
    let own: Vec<&String> = properties
        .iter()
        .map(|property| &property.json_name)
        .filter(|json_name| INFO_PROPERTIES.contains(&json_name.as_str()))
        .collect();
    let own = (!own.is_empty()).then(|| quote!(, own #(#own)*));
    let reference = schema.get("x-reference").map(|_| quote!(, reference));
    let doc = format!(" The fields of [`types::{ident}`].");
    let items = quote! {
        #[doc = #doc]
        pub struct #ident<S>(psa::FieldLocation<S>);
        impl<S> #ident<S> { #methods }
        #lists
        psa::record!(types::#ident, #ident #own #reference);
    };
    Code { items, references }
}

/// Returns the type of the typed field of a property, as tokens. `None` if the property has none.
#[must_use]
pub fn typed_field(api: &Api, json_name: &str, rust_type: &RustType) -> Option<String> {
    (json_name != "_info" && *rust_type != RustType::File)
        .then(|| Field::from_rust_type(api, json_name, rust_type).tokens().to_string())
}

/// The properties of `_info` that core provides for every record. Core selects them as `_info/lastUpdated` and so on.
/// If the record itself has a property of that name, `own` tells core to select that property instead.
const INFO_PROPERTIES: [&str; 4] = ["lastUpdated", "updatedBy", "dateEntered", "enteredBy"];

/// The typed field of a property.
enum Field {
    /// A value of one of core's field types.
    Value(&'static str),
    /// A value of an enum, by its schema.
    Enumeration(String),
    /// The fields of a plain reference, by the name of core's type.
    Reference(&'static str),
    /// The fields of another object, by its schema.
    Object(String),
    /// A list of something with fields.
    List(Box<Field>),
}

impl Field {
    /// Returns the field of a property with this name and type.
    fn from_rust_type(api: &Api, json_name: &str, rust_type: &RustType) -> Self {
        match rust_type {
            // A condition would put the credential into URLs and logs.
            RustType::String | RustType::DateText if types::is_secret(json_name) => Self::Value("Opaque"),
            RustType::String => Self::Value("Text"),
            RustType::DateText => Self::Value("DateText"),
            RustType::Integer | RustType::Long => Self::Value("Integer"),
            RustType::Number => Self::Value("Number"),
            RustType::Boolean => Self::Value("Boolean"),
            RustType::DateTime => Self::Value("DateTime"),
            RustType::Date => Self::Value("Date"),
            RustType::Uuid => Self::Value("Uuid"),
            RustType::Enumeration(schema) => Self::Enumeration(schema.clone()),
            RustType::Reference(schema) => Self::Reference(plain_reference(api.schemas.get(schema))),
            RustType::ExtendedReference(schema) | RustType::Object(schema) => Self::Object(schema.clone()),
            RustType::Shared(inner) => Self::from_rust_type(api, json_name, inner),
            RustType::List(element) => Self::from_element(api, json_name, element),
            RustType::File | RustType::Json | RustType::RecordInfo | RustType::PatchOperation | RustType::Map(_) => {
                Self::Value("Opaque")
            }
        }
    }

    /// Returns the field of a list with such elements.
    fn from_element(api: &Api, json_name: &str, element: &RustType) -> Self {
        if matches!(element, RustType::Object(schema) if schema == CUSTOM_FIELD) {
            return Self::Value("Opaque");
        }
        match Self::from_rust_type(api, json_name, element) {
            element @ (Self::Reference(_) | Self::Object(_)) => Self::List(Box::new(element)),
            _ => Self::Value("Opaque"),
        }
    }

    /// Adds the generated items that the field names.
    fn add_references(&self, references: &mut References) {
        match self {
            Self::Value(_) | Self::Reference(_) => {}
            Self::Enumeration(schema) => references.add_type(schema),
            Self::Object(schema) => references.add_fields(schema),
            Self::List(element) => element.add_references(references),
        }
    }

    /// Returns core's function that creates the field. The one for values has no bounds and compiles faster.
    fn step(&self) -> syn::Ident {
        match self {
            Self::Value(_) | Self::Enumeration(_) => format_ident!("value"),
            Self::Reference(_) | Self::Object(_) | Self::List(_) => format_ident!("field"),
        }
    }

    fn tokens(&self) -> TokenStream {
        self.within(&quote!(S))
    }

    fn within(&self, scope: &TokenStream) -> TokenStream {
        match self {
            Self::Value(field_type) => {
                let field_type = format_ident!("{field_type}");
                quote!(psa::Field<#scope, psa::field_types::#field_type>)
            }
            Self::Enumeration(schema) => {
                let ident = format_ident!("{}", type_name(schema));
                quote!(psa::Field<#scope, psa::field_types::Enumeration<types::#ident>>)
            }
            Self::Reference(core) => {
                let core = format_ident!("{core}");
                quote!(psa::#core<#scope>)
            }
            Self::Object(schema) => {
                let ident = format_ident!("{}", type_name(schema));
                quote!(fields::#ident<#scope>)
            }
            Self::List(element) => {
                let element = element.within(&quote!(#scope::Element));
                quote!(psa::ListField<#scope, #element>)
            }
        }
    }
}

/// The schema of custom fields. Observed on live servers: only `customFieldConditions` filters them.
const CUSTOM_FIELD: &str = "CustomFieldValue";

/// Returns core's type for the fields of a plain reference with these properties.
#[must_use]
pub fn plain_reference(schema: Option<&Value>) -> &'static str {
    let has = |property: &str| schema.and_then(|schema| schema.get("properties")?.get(property)).is_some();
    match (has("name"), has("identifier")) {
        (true, true) => "FullReference",
        (true, false) => "NamedReference",
        (false, true) => "IdentifiedReference",
        (false, false) => "IdReference",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_type_of_property_has_its_typed_field() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let schemas = [
            ("Level", json!({"enum": ["a"]})),
            ("Board", json!({"properties": {}})),
            ("CustomFieldValue", json!({"properties": {}})),
            ("RecordInfo", json!({"properties": {}})),
            ("Any", json!({})),
            ("ARef", json!({"x-reference": "plain", "properties": {"id": {}, "name": {}, "_info": {}}})),
            ("BRef", json!({"x-reference": "plain", "properties": {"id": {}, "identifier": {}}})),
            ("CRef", json!({"x-reference": "plain", "properties": {"id": {}, "identifier": {}, "name": {}}})),
            ("DRef", json!({"x-reference": "plain", "properties": {"id": {}}})),
        ];
        let api = Api {
            version: String::new(),
            operations: Vec::new(),
            schemas: schemas.map(|(name, schema)| (name.to_owned(), schema)).into(),
        };
        let field = |json_name: &str, property: &Value| {
            Field::from_rust_type(&api, json_name, &RustType::from_schema(&api, property).unwrap())
                .tokens()
                .to_string()
                .replace(' ', "")
        };
        for (property, expected) in [
            (json!({"type": "string", "maxLength": 5}), "psa::Field<S,psa::field_types::Text>"),
            (json!({"type": "string", "format": "date-time"}), "psa::Field<S,psa::field_types::DateTime>"),
            (json!({"type": "string", "format": "date"}), "psa::Field<S,psa::field_types::Date>"),
            (json!({"type": "string", "format": "uuid"}), "psa::Field<S,psa::field_types::Uuid>"),
            (json!({"type": "string", "format": "binary"}), "psa::Field<S,psa::field_types::Opaque>"),
            (json!({"type": "string", "x-date-as-text": true}), "psa::Field<S,psa::field_types::DateText>"),
            (json!({"type": "integer", "format": "int32"}), "psa::Field<S,psa::field_types::Integer>"),
            (json!({"type": "number"}), "psa::Field<S,psa::field_types::Number>"),
            (json!({"type": "boolean"}), "psa::Field<S,psa::field_types::Boolean>"),
            (json!({"type": "object", "additionalProperties": {}}), "psa::Field<S,psa::field_types::Opaque>"),
            (json!({}), "psa::Field<S,psa::field_types::Opaque>"),
            (reference("Level"), "psa::Field<S,psa::field_types::Enumeration<types::Level>>"),
            (reference("Board"), "fields::Board<S>"),
            (reference("RecordInfo"), "psa::Field<S,psa::field_types::Opaque>"),
            (reference("Any"), "psa::Field<S,psa::field_types::Opaque>"),
            (reference("ARef"), "psa::NamedReference<S>"),
            (reference("BRef"), "psa::IdentifiedReference<S>"),
            (reference("CRef"), "psa::FullReference<S>"),
            (reference("DRef"), "psa::IdReference<S>"),
            (json!({"type": "array", "items": reference("Board")}), "psa::ListField<S,fields::Board<S::Element>>"),
            (json!({"type": "array", "items": reference("ARef")}), "psa::ListField<S,psa::NamedReference<S::Element>>"),
            (
                json!({"type": "array", "items": reference("CustomFieldValue")}),
                "psa::Field<S,psa::field_types::Opaque>",
            ),
            (json!({"type": "array", "items": reference("Level")}), "psa::Field<S,psa::field_types::Opaque>"),
            (json!({"type": "array", "items": {"type": "integer"}}), "psa::Field<S,psa::field_types::Opaque>"),
        ] {
            assert_eq!(field("name", &property), expected, "{property}");
        }
        // The name says that it is a credential.
        assert_eq!(field("portalPassword", &json!({"type": "string"})), "psa::Field<S,psa::field_types::Opaque>");
    }
}
