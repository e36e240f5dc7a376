//! Reads openapi/psa.json as JSON, without the generator.

use std::sync::LazyLock;

use serde_json::Value;

/// The OpenAPI document.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/psa.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("openapi/psa.json is committed"))
        .expect("openapi/psa.json is JSON")
});

/// Returns the schema with this name.
pub(crate) fn schema(name: &str) -> &'static Value {
    DOCUMENT
        .pointer("/components/schemas")
        .and_then(|schemas| schemas.get(name))
        .unwrap_or_else(|| panic!("{name} is a schema"))
}

/// Returns the name of the schema that a `$ref` refers to. Returns `None` if the schema has no `$ref`.
pub(crate) fn referenced(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// Returns the method, the path and the definition of every operation.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("the document has paths");
    paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .into_iter()
            .flatten()
            .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}
