//! Rules about prose: keep its facts, remove its words.

use serde_json::{Value, json};

use crate::document::{for_each_operation, for_each_schema};
use crate::problem::Problems;
use crate::prose;

/// Converts `Max length: N`, `Required On Updates`, `Required Reference` and "Only available for POST" to keywords of
/// the property.
pub(super) fn keep_facts(document: &mut Value, _: &mut Problems) -> usize {
    let mut facts = 0;
    for_each_schema(document, |_, schema| {
        let mut required = Vec::new();
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            required = properties
                .iter()
                .filter(|(_, property)| {
                    property.get("description").and_then(Value::as_str).is_some_and(prose::required_reference)
                })
                .map(|(name, _)| json!(name))
                .collect();
        }
        for name in required {
            if let Some(list) = schema.entry("required").or_insert_with(|| json!([])).as_array_mut()
                && !list.contains(&name)
            {
                list.push(name);
                facts += 1;
            }
        }
        let Some(description) = schema.get("description").and_then(Value::as_str).map(str::to_owned) else { return };
        if let Some(length) = prose::max_length(&description)
            && !schema.contains_key("maxLength")
            && schema.get("type").and_then(Value::as_str) == Some("string")
        {
            schema.insert("maxLength".into(), length.into());
            facts += 1;
        }
        if prose::required_on_updates(&description) {
            schema.insert("x-required-on-update".into(), true.into());
            facts += 1;
        }
        if prose::write_only(&description) {
            schema.insert("writeOnly".into(), true.into());
            facts += 1;
        }
    });
    facts
}

/// Removes all descriptions, summaries, titles and examples. The generator writes its own documentation.
pub(super) fn remove_prose(document: &mut Value, _: &mut Problems) -> usize {
    const WORDS: [&str; 6] = ["description", "summary", "title", "example", "examples", "externalDocs"];
    let mut removed = 0;
    for_each_schema(document, |_, schema| {
        for word in WORDS {
            removed += usize::from(schema.remove(word).is_some());
        }
    });
    for_each_operation(document, |_, _, operation| {
        for word in WORDS {
            removed += usize::from(operation.remove(word).is_some());
        }
        for parameter in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            for word in WORDS {
                removed += usize::from(parameter.remove(word).is_some());
            }
        }
        if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
            removed += usize::from(body.remove("description").is_some());
        }
        for response in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(|responses| responses.iter_mut().map(|(_, response)| response))
        {
            if let Some(response) = response.as_object_mut() {
                // OpenAPI requires a description, so an empty one remains.
                if response.insert("description".into(), "".into()).is_some_and(|words| words != "") {
                    removed += 1;
                }
            }
        }
    });
    if let Some(root) = document.as_object_mut() {
        for word in ["tags", "externalDocs"] {
            removed += usize::from(root.remove(word).is_some());
        }
    }
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        for word in ["description", "termsOfService", "contact", "license"] {
            removed += usize::from(info.remove(word).is_some());
        }
        info.insert("title".into(), "ConnectWise PSA REST API".into());
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_kept_and_words_are_removed() {
        let mut document = json!({
            "info": {"title": "T", "description": "D"},
            "paths": {"/a": {"get": {"summary": "S", "tags": ["A"], "parameters": [{"name": "p", "description": "P"}], "responses": {"200": {"description": "R"}}}}},
            "components": {"schemas": {"A": {"required": ["b"], "properties": {
                "b": {"type": "string", "description": "Words. Max length: 77; Required On Updates;"},
                "c": {"$ref": "#/components/schemas/C", "description": "Required Reference"},
                "d": {"type": "string", "description": "Only available for POST, never mind"}
            }}}}
        });
        assert_eq!(keep_facts(&mut document, &mut Problems::default()), 4);
        remove_prose(&mut document, &mut Problems::default());
        assert_eq!(
            document["components"]["schemas"]["A"],
            json!({"required": ["b", "c"], "properties": {
                "b": {"type": "string", "maxLength": 77, "x-required-on-update": true},
                "c": {"$ref": "#/components/schemas/C"},
                "d": {"type": "string", "writeOnly": true}
            }})
        );
        let text = document.to_string();
        for words in ["\"S\"", "\"P\"", "\"R\"", "\"D\"", "Words"] {
            assert!(!text.contains(words), "{words} in {text}");
        }
        // The table of operations contains the tag.
        assert_eq!(document["paths"]["/a"]["get"]["tags"], json!(["A"]));
    }
}
