//! Converts the schemas of psa.json to one document with the JSON Schemas of all types, for the feature `schemas`.

use serde_json::{Map, Value, json};

use crate::document::walk_schema;
use crate::model::Api;

/// Returns all schemas by name. References point to `#/$defs/NAME`; the bindings add `$defs`
/// to each schema that they return. No property is required and every property may be
/// null, because responses omit and null everything. `x-required-on-create` lists what is required when creating.
#[must_use]
pub fn document(api: &Api) -> Value {
    let mut all = Map::new();
    for (name, schema) in &api.schemas {
        let mut schema = schema.clone();
        walk_schema(name, &mut schema, &mut |_, schema| {
            if let Some(reference) = schema
                .get("$ref")
                .and_then(Value::as_str)
                .map(|reference| reference.replace("#/components/schemas/", "#/$defs/"))
            {
                schema.insert("$ref".into(), json!(reference));
            }
            if schema.get("format").and_then(Value::as_str) == Some("binary") {
                schema.remove("format");
                schema.insert("contentEncoding".into(), json!("binary"));
            }
        });
        // Enums are open, because new API versions add values without notice. The known values are examples.
        if let Some(schema) = schema.as_object_mut()
            && let Some(values) = schema.remove("enum")
        {
            schema.insert("examples".into(), values);
        }
        all.insert(name.clone(), schema);
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_enums_are_rewritten() {
        let api = Api {
            version: "1".into(),
            operations: Vec::new(),
            schemas: [
                ("A".to_owned(), json!({"properties": {"b": {"$ref": "#/components/schemas/B"}}})),
                ("B".to_owned(), json!({"type": "string", "enum": ["x"]})),
            ]
            .into(),
        };
        assert_eq!(
            document(&api),
            json!({"A": {"properties": {"b": {"$ref": "#/$defs/B"}}}, "B": {"type": "string", "examples": ["x"]}})
        );
    }
}
