//! What progenitor is given: psa.json with everything taken out that it refuses, panics on or gets silently wrong. The
//! facts taken out are read from the model again in the later steps.

use std::panic::{AssertUnwindSafe, catch_unwind};

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::{Value, json};

use crate::document::{for_each_operation, for_each_schema, is_binary};
use crate::model::{Api, CoreType, SchemaKind};
use crate::problem::Problems;

/// Runs progenitor over psa.json and gives its output as a syntax tree.
///
/// # Errors
/// What progenitor or typify refuses, or the text of their panic: a gap of the pre-flight check.
pub fn generate(psa: &Value, api: &Api) -> Result<syn::File, Problems> {
    let gap = |what: String| {
        Problems::one(
            "progenitor",
            what,
            "add the case to codegen's pre-flight check, so that it is named with its path",
        )
    };
    let view = view(psa, api);
    let document: openapiv3::OpenAPI = serde_json::from_value(view)
        .map_err(|error| gap(format!("the document is not OpenAPI as progenitor reads it: {error}")))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_map_type("::std::collections::BTreeMap");
    for name in api.schemas.keys() {
        if let SchemaKind::Core(core) = api.kind(name) {
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
    syn::parse2(tokens).map_err(|error| gap(format!("its output is no Rust: {error}")))
}

/// psa.json as progenitor can read it.
#[must_use]
pub fn view(psa: &Value, api: &Api) -> Value {
    let mut view = psa.clone();
    let any: Vec<String> = api
        .schemas
        .keys()
        .filter(|name| api.kind(name) == SchemaKind::Core(CoreType::Value))
        .map(|name| format!("#/components/schemas/{name}"))
        .collect();
    for_each_operation(&mut view, |_, _, operation| {
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            // The shared list parameters are one argument of ours, not eight of progenitor's.
            parameters.retain(|parameter| parameter.get("$ref").is_none());
        }
        // Progenitor refuses forms; as JSON the body is typed, and the last step sends the form.
        if let Some(content) = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"))
            && let Some(form) = content.get_mut("multipart/form-data").map(Value::take)
        {
            *content = json!({"application/json": form});
        }
        // Any 2xx is a success: the document's 200, 201 and 204 cannot be trusted.
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            let answer = responses.values().next().cloned().unwrap_or_default();
            *responses = [("2XX".to_owned(), answer)].into_iter().collect();
        }
    });
    for_each_schema(&mut view, |_, schema| {
        // Files of a form are an argument of their own.
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|_, property| !is_binary(property));
        }
        // Lengths would become validating types, closed objects would refuse new members, formats other than these
        // change nothing.
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
