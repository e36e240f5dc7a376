//! Typed fields: for each object a struct with one method a member, of which conditions, orders and field lists are made.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::ItemStruct;

use crate::document;
use crate::model::{Api, SchemaKind, type_name};
use crate::problem::Problems;
use crate::render::rust_types::Names;
use crate::render::{docs, types};

/// The fields of one object.
///
/// # Errors
/// A struct that typify made in a form these steps do not know.
pub fn object(api: &Api, names: &Names, schema_name: &str, item: &ItemStruct) -> Result<TokenStream, Problems> {
    let schema = api.schemas.get(schema_name).cloned().unwrap_or_default();
    let members = types::members(names, schema_name, item)?;
    let ident = &item.ident;
    // Core gives `_info` to every record.
    let (mut methods, mut lists) = (TokenStream::new(), TokenStream::new());
    for member in members.iter().filter(|member| member.wire != "_info") {
        let (wire, method) = (&member.wire, &member.ident);
        let property = schema.pointer(&format!("/properties/{}", document::escape(wire))).unwrap_or(&Value::Null);
        let field = field(api, wire, property);
        let doc = docs::field(wire, property);
        let (tokens, step) = (field.tokens(), field.step());
        let into = if matches!(field, Field::List(_)) { &mut lists } else { &mut methods };
        into.extend(quote!(#[doc = #doc] pub fn #method(&self) -> #tokens { self.0.#step(#wire) }));
    }
    // What lists lead to depends on the scope; without its bound, the others take the compiler less.
    let lists = (!lists.is_empty()).then(|| quote!(impl<S: psa::Scope> #ident<S> { #lists }));
    let own: Vec<&String> = members.iter().map(|member| &member.wire).filter(|wire| INFO_MEMBERS.contains(&wire.as_str())).collect();
    let own = (!own.is_empty()).then(|| quote!(, own #(#own)*));
    let doc = format!(" The fields of [`types::{ident}`].");
    Ok(quote! {
        #[doc = #doc]
        pub struct #ident<S>(psa::FieldLocation<S>);
        impl<S> #ident<S> { #methods }
        #lists
        psa::record!(types::#ident, #ident #own);
    })
}

/// The members of `_info` that core gives to every record. A record that has one of its own selects that.
const INFO_MEMBERS: [&str; 4] = ["lastUpdated", "updatedBy", "dateEntered", "enteredBy"];

/// What a member is as a field.
enum Field {
    /// A value of one of core's kinds.
    Kind(&'static str),
    /// A value of an enum.
    Enumeration(syn::Ident),
    /// The fields of a plain reference, by the name of core's type.
    Reference(&'static str),
    /// The fields of another object.
    Object(syn::Ident),
    /// A list of something with fields.
    List(Box<Field>),
}

impl Field {
    /// Core's function that makes it. Values have one without bounds, which takes the compiler less.
    fn step(&self) -> syn::Ident {
        match self {
            Self::Kind(_) | Self::Enumeration(_) => format_ident!("value"),
            Self::Reference(_) | Self::Object(_) | Self::List(_) => format_ident!("field"),
        }
    }

    fn tokens(&self) -> TokenStream {
        self.within(&quote!(S))
    }

    fn within(&self, scope: &TokenStream) -> TokenStream {
        match self {
            Self::Kind(kind) => {
                let kind = format_ident!("{kind}");
                quote!(psa::Field<#scope, psa::kinds::#kind>)
            }
            Self::Enumeration(ident) => quote!(psa::Field<#scope, psa::kinds::Enumeration<types::#ident>>),
            Self::Reference(core) => {
                let core = format_ident!("{core}");
                quote!(psa::#core<#scope>)
            }
            Self::Object(ident) => quote!(fields::#ident<#scope>),
            Self::List(element) => {
                let element = element.within(&quote!(#scope::Element));
                quote!(psa::ListField<#scope, #element>)
            }
        }
    }
}

/// The schema whose records are custom fields; facts: they are filtered by `customFieldConditions` alone.
const CUSTOM_FIELD: &str = "CustomFieldValue";

fn field(api: &Api, wire: &str, property: &Value) -> Field {
    if let Some(name) = property.get("$ref").and_then(Value::as_str).and_then(document::schema_name) {
        return named(api, name);
    }
    let text = |key: &str| property.get(key).and_then(Value::as_str);
    match (text("type"), text("format")) {
        (Some("string"), Some("date-time")) => Field::Kind("DateTime"),
        (Some("string"), Some("date")) => Field::Kind("Date"),
        (Some("string"), Some("uuid")) => Field::Kind("Uuid"),
        (Some("string"), _) if document::is_binary(property) => Field::Kind("Opaque"),
        // A condition would carry the credential into URLs and logs.
        (Some("string"), _) if types::is_secret(wire) => Field::Kind("Opaque"),
        (Some("string"), _) if property.get("x-date-as-text").is_some() => Field::Kind("TextOrDate"),
        (Some("string"), _) => Field::Kind("Text"),
        (Some("integer"), _) => Field::Kind("Integer"),
        (Some("number"), _) => Field::Kind("Number"),
        (Some("boolean"), _) => Field::Kind("Boolean"),
        (Some("array"), _) => {
            let element = property.get("items").and_then(|items| items.get("$ref")).and_then(Value::as_str).and_then(document::schema_name);
            match element.filter(|name| *name != CUSTOM_FIELD).map(|name| named(api, name)) {
                Some(element @ (Field::Reference(_) | Field::Object(_))) => Field::List(Box::new(element)),
                _ => Field::Kind("Opaque"),
            }
        }
        _ => Field::Kind("Opaque"),
    }
}

fn named(api: &Api, name: &str) -> Field {
    let ident = format_ident!("{}", type_name(name));
    match api.kind(name) {
        SchemaKind::Enumeration => Field::Enumeration(ident),
        SchemaKind::Object => Field::Object(ident),
        SchemaKind::Core("Reference") => Field::Reference(plain_reference(api.schemas.get(name))),
        SchemaKind::Core(_) => Field::Kind("Opaque"),
    }
}

/// Core's type for the fields of a plain reference, by the members it has.
#[must_use]
pub fn plain_reference(schema: Option<&Value>) -> &'static str {
    let has = |member: &str| schema.and_then(|schema| schema.get("properties")?.get(member)).is_some();
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
    fn each_kind_of_member_has_its_field() {
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
        let api = Api { version: String::new(), operations: Vec::new(), schemas: schemas.map(|(name, schema)| (name.to_owned(), schema)).into() };
        for (property, expected) in [
            (json!({"type": "string", "maxLength": 5}), "psa::Field<S,psa::kinds::Text>"),
            (json!({"type": "string", "format": "date-time"}), "psa::Field<S,psa::kinds::DateTime>"),
            (json!({"type": "string", "format": "date"}), "psa::Field<S,psa::kinds::Date>"),
            (json!({"type": "string", "format": "uuid"}), "psa::Field<S,psa::kinds::Uuid>"),
            (json!({"type": "string", "format": "binary"}), "psa::Field<S,psa::kinds::Opaque>"),
            (json!({"type": "string", "x-date-as-text": true}), "psa::Field<S,psa::kinds::TextOrDate>"),
            (json!({"type": "integer", "format": "int32"}), "psa::Field<S,psa::kinds::Integer>"),
            (json!({"type": "number"}), "psa::Field<S,psa::kinds::Number>"),
            (json!({"type": "boolean"}), "psa::Field<S,psa::kinds::Boolean>"),
            (json!({"type": "object", "additionalProperties": {}}), "psa::Field<S,psa::kinds::Opaque>"),
            (json!({}), "psa::Field<S,psa::kinds::Opaque>"),
            (reference("Level"), "psa::Field<S,psa::kinds::Enumeration<types::Level>>"),
            (reference("Board"), "fields::Board<S>"),
            (reference("RecordInfo"), "psa::Field<S,psa::kinds::Opaque>"),
            (reference("Any"), "psa::Field<S,psa::kinds::Opaque>"),
            (reference("ARef"), "psa::NamedReference<S>"),
            (reference("BRef"), "psa::IdentifiedReference<S>"),
            (reference("CRef"), "psa::FullReference<S>"),
            (reference("DRef"), "psa::IdReference<S>"),
            (json!({"type": "array", "items": reference("Board")}), "psa::ListField<S,fields::Board<S::Element>>"),
            (json!({"type": "array", "items": reference("ARef")}), "psa::ListField<S,psa::NamedReference<S::Element>>"),
            (json!({"type": "array", "items": reference("CustomFieldValue")}), "psa::Field<S,psa::kinds::Opaque>"),
            (json!({"type": "array", "items": reference("Level")}), "psa::Field<S,psa::kinds::Opaque>"),
            (json!({"type": "array", "items": {"type": "integer"}}), "psa::Field<S,psa::kinds::Opaque>"),
        ] {
            assert_eq!(field(&api, "name", &property).tokens().to_string().replace(' ', ""), expected, "{property}");
        }
        assert_eq!(field(&api, "portalPassword", &json!({"type": "string"})).tokens().to_string().replace(' ', ""), "psa::Field<S,psa::kinds::Opaque>");
    }
}
