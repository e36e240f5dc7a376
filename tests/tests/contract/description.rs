//! openapi/psa.json, read plainly.

use std::sync::LazyLock;

use serde_json::Value;

/// The description.
pub(crate) static PSA: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/psa.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("openapi/psa.json is committed"))
        .expect("openapi/psa.json is JSON")
});

/// A named schema.
pub(crate) fn schema(name: &str) -> &'static Value {
    PSA.pointer("/components/schemas")
        .and_then(|schemas| schemas.get(name))
        .unwrap_or_else(|| panic!("{name} is a schema"))
}

/// What a `$ref` names; `None` for a schema without.
pub(crate) fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// Method, path and operation of every operation.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = PSA["paths"].as_object().expect("the description has paths");
    paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .into_iter()
            .flatten()
            .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}
