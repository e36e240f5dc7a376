//! The JSON Schemas of every type, as one document for the feature `schemas`: psa.json's own components, in JSON
//! Schema's words.

use serde_json::{Map, Value, json};

use crate::document::walk_schema;
use crate::model::Api;

/// All schemas by name, references pointing to `#/$defs/…`. Nothing is required and everything may be null, as on the
/// wire; `required` of creations stays in `x-required-on-create`.
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
        // The set of values is open: new versions add some without notice, so the known ones are examples.
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
