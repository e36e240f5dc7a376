//! The document for progenitor: psa.json without everything that progenitor rejects, panics on or gets silently wrong.
//! Later steps read the removed facts from the model.

use std::panic::{AssertUnwindSafe, catch_unwind};

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::{Value, json};

use crate::document::{array_mut, for_each_operation, for_each_schema, is_binary};
use crate::model::{Api, CoreType, SchemaKind};
use crate::problem::Problems;

/// Runs progenitor on psa.json and returns its output as a syntax tree.
///
/// # Errors
/// Fails if progenitor or typify rejects the document or panics. This is an error in the generator.
pub fn generate(psa: &Value, api: &Api) -> Result<syn::File, Problems> {
    let gap = |message: String| Problems::generator("the whole document", message);
    let mut view = view(psa, api);
    replace_names(&mut view);
    let document: openapiv3::OpenAPI =
        serde_json::from_value(view).map_err(|error| gap(format!("progenitor cannot parse the document: {error}")))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_map_type("::std::collections::BTreeMap");
    for name in api.schemas.keys() {
        if let SchemaKind::Core(core) = api.schema_kind(name) {
            settings.with_replacement(name, format!("::psa::{}", core.name()), std::iter::empty());
        }
    }
    let tokens = catch_unwind(AssertUnwindSafe(|| Generator::new(&settings).generate_tokens(&document)))
        .map_err(|panic| {
            gap(panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_else(|| "it panicked without a message".to_owned()))
        })?
        .map_err(|error| gap(error.to_string()))?;
    syn::parse2(tokens).map_err(|error| gap(format!("its output is not valid Rust: {error}")))
}

/// Returns psa.json in a form that progenitor supports.
#[must_use]
pub fn view(psa: &Value, api: &Api) -> Value {
    let mut view = psa.clone();
    let any: Vec<String> = api
        .schemas
        .keys()
        .filter(|name| api.schema_kind(name) == SchemaKind::Core(CoreType::Value))
        .map(|name| format!("#/components/schemas/{name}"))
        .collect();
    for_each_operation(&mut view, |_, _, operation| {
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            // The shared list parameters are methods of the builders, not eight arguments.
            parameters.retain(|parameter| parameter.get("$ref").is_none());
        }
        // Progenitor rejects forms. As JSON, the body has a type; the generated method sends the form.
        if let Some(content) = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"))
            && let Some(form) = content.get_mut("multipart/form-data").map(Value::take)
        {
            *content = json!({"application/json": form});
        }
        // Every 2xx is a success. The document's 200, 201 and 204 are not reliable.
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            let response = responses.values().next().cloned().unwrap_or_default();
            *responses = [("2XX".to_owned(), response)].into_iter().collect();
        }
    });
    for_each_schema(&mut view, |_, schema| {
        // The file of a form is a separate argument.
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|_, property| !is_binary(property));
        }
        // Lengths would become validating types, and closed objects would reject new properties. Other formats have no
        // effect.
        const KEPT: [&str; 7] = ["$ref", "type", "format", "enum", "items", "properties", "additionalProperties"];
        schema.retain(|key, _| KEPT.contains(&key.as_str()));
        if schema.get("$ref").and_then(Value::as_str).is_some_and(|reference| any.iter().any(|any| any == reference)) {
            schema.clear();
        }
        if schema.get("format").and_then(Value::as_str).is_some_and(|format| {
            !["int32", "int64", "double", "date", "date-time", "uuid", "binary"].contains(&format)
        }) {
            schema.remove("format");
        }
    });
    if let Some(components) = view.get_mut("components").and_then(Value::as_object_mut) {
        components.remove("parameters");
    }
    view
}

/// Replaces names that need not be valid or unique in Rust. The names of fields, variants and arguments come from the
/// model.
fn replace_names(view: &mut Value) {
    for_each_schema(view, |_, schema| {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            *properties = std::mem::take(properties)
                .into_iter()
                .enumerate()
                .map(|(index, (_, property))| (field_name(index), property))
                .collect();
        }
        if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            *values = (0..values.len()).map(|index| json!(format!("V{index}"))).collect();
        }
    });
    for_each_operation(view, |_, _, operation| {
        for parameter in
            array_mut(operation, "parameters").filter(|parameter| parameter.get("in") != Some(&json!("path")))
        {
            if let Some(argument) = parameter.get("x-argument").cloned() {
                parameter["name"] = argument;
            }
        }
    });
}

/// Returns the name of the field at an index, without files, in progenitor's view of a schema. Typify sorts fields by
/// name, so all names have the same length.
#[must_use]
pub fn field_name(index: usize) -> String {
    format!("f{index:05}")
}
