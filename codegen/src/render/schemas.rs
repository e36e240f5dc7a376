//! Converts the schemas of psa.json to one document with the JSON Schemas of all types, for the feature `schemas`.

use serde_json::{Map, Value, json};

use crate::document::walk_schema;
use crate::render::docs::context::Context;
use crate::render::docs::lines::Documentation;
use crate::render::docs::links;

/// Returns all schemas by name. References point to `#/$defs/NAME`; the bindings add `$defs`
/// to each schema that they return. No property is required and every property may be
/// null, because responses omit and null everything. `x-required-on-create` lists what is required when creating.
/// Descriptions and known values come from our own files.
#[must_use]
pub fn document(context: &Context<'_>) -> Value {
    let mut all = Map::new();
    for (name, schema) in &context.api.schemas {
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
        describe(context, name, &mut schema);
        all.insert(name.clone(), schema);
    }
    Value::Object(all)
}

/// Adds our texts as descriptions, and known values as examples.
fn describe(context: &Context<'_>, name: &str, schema: &mut Value) {
    let texts = context.docs.texts.types.get(name);
    let plain = |text: &str| {
        let mut documentation = Documentation::default();
        documentation.markdown(text, |line| links::plain(context, line), <[String]>::to_vec);
        json!(documentation.text())
    };
    for (field, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(property) = property.as_object_mut() else { continue };
        if let Some(text) = texts.and_then(|texts| texts.fields.get(field)) {
            property.insert("description".into(), plain(text));
        }
        let known = context.docs.known_values.all(name, field);
        if !known.is_empty() {
            property.insert("examples".into(), json!(known));
        }
    }
    if let (Some(schema), Some(about)) = (schema.as_object_mut(), texts.and_then(|texts| texts.about.as_deref())) {
        schema.insert("description".into(), plain(about));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::{Docs, Files};
    use crate::model::Api;

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
        let docs = Docs::default();
        assert_eq!(
            document(&Context::new(&api, &docs)),
            json!({"A": {"properties": {"b": {"$ref": "#/$defs/B"}}}, "B": {"type": "string", "examples": ["x"]}})
        );
    }

    #[test]
    fn our_texts_are_descriptions() {
        let api = Api {
            version: "1".into(),
            operations: Vec::new(),
            schemas: [("A".to_owned(), json!({"properties": {"b": {"type": "string"}}}))].into(),
        };
        let docs = Docs::read(&Files {
            texts: "[types.A]\nabout = \"About\\n{type:A}.\"\nfields.b = \"Field {field:A.b}.\"",
            known_values: "type,field,values,when\nA,b,x|y,\n",
            rights: "path,area,entry\n",
            reference_paths: "type,path,link\n",
            actions: "category,action,method,path,vendor_operation_id,reason,popular\n",
        })
        .unwrap();
        assert_eq!(
            document(&Context::new(&api, &docs)),
            json!({"A": {"description": "About `A`.", "properties": {
                "b": {"type": "string", "description": "Field `A.b`.", "examples": ["x", "y"]}
            }}})
        );
    }
}
