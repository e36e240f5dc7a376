//! Generates progenitor's unmodified output from psa.json. `cargo xtask bench` compares the bindings with it.
//!
//! As in the vendor's document, enums are closed and inline, and every GET has the eight list parameters.

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::{Value, json};

use crate::document::{self, for_each_operation, for_each_schema};
use crate::model::Api;
use crate::problem::Problems;
use crate::render::progenitor_view;

/// Returns the Rust that progenitor generates from psa.json.
///
/// # Errors
/// Fails if progenitor rejects the document.
pub fn render(psa: &Value) -> Result<String, Problems> {
    let rejected = |message: String| Problems::one("progenitor", message, "use a document that progenitor accepts");
    let document: openapiv3::OpenAPI =
        serde_json::from_value(view(psa)?).map_err(|error| rejected(error.to_string()))?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Positional).with_tag(TagStyle::Merged);
    let tokens = Generator::new(&settings).generate_tokens(&document).map_err(|error| rejected(error.to_string()))?;
    let file: syn::File = syn::parse2(tokens).map_err(|error| rejected(error.to_string()))?;
    Ok(prettyplease::unparse(&file))
}

/// Returns psa.json in the form of the vendor's document, as far as progenitor supports it.
fn view(psa: &Value) -> Result<Value, Problems> {
    let mut view = progenitor_view::view(psa, &Api::read(psa)?);
    for_each_operation(&mut view, |_, method, operation| {
        let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
        if method == "get" {
            for name in ["conditions", "childConditions", "customFieldConditions", "orderBy", "fields"] {
                parameters.push(json!({"name": name, "in": "query", "schema": {"type": "string"}}));
            }
            for name in ["page", "pageSize", "pageId"] {
                parameters.push(json!({"name": name, "in": "query", "schema": {"type": "integer", "format": "int32"}}));
            }
        }
    });
    let enums: Vec<(String, Value)> = view
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get("enum").is_some())
        .map(|(name, schema)| (format!("#/components/schemas/{name}"), schema.clone()))
        .collect();
    for_each_schema(&mut view, |_, schema| {
        let inline = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| enums.iter().find(|(name, _)| name == reference));
        if let Some((_, Value::Object(inline))) = inline {
            *schema = inline.clone();
        }
    });
    if let Some(schemas) = view.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.retain(|name, _| !enums.iter().any(|(reference, _)| document::schema_name(reference) == Some(name)));
    }
    Ok(view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enums_are_inline_and_every_get_has_the_list_parameters() {
        let psa = json!({"openapi": "3.0.1", "info": {"title": "T", "version": "1"}, "paths": {"/a/b": {"get": {"operationId": "a_get_b", "x-section": "a", "x-name": "get_b", "x-vendor-id": "v",
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}}}}, "parameters": []}}},
            "components": {"schemas": {"B": {"type": "object", "properties": {"c": {"$ref": "#/components/schemas/C"}}}, "C": {"type": "string", "enum": ["x"]}}}});
        let text = render(&psa).unwrap();
        assert!(text.contains("pub enum BC"), "{text}");
        assert!(text.contains("child_conditions: Option<&'a str>"), "{text}");
    }
}
