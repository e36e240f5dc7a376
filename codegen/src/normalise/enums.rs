//! Rules about enums.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{self, for_each_operation};
use crate::problem::Problems;

/// Converts enums without values to strings.
pub(super) fn empty_to_string(document: &mut Value, _: &mut Problems) -> usize {
    let mut changed = 0;
    document::for_each_schema(document, |_, schema| {
        if schema.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            schema.remove("enum");
            schema.insert("type".into(), "string".into());
            changed += 1;
        }
    });
    changed
}

/// Converts a string in a form to an enum, if the list at the same path has an enum parameter with the same name:
/// `recordType` of documents. Both then have the same enum.
pub(super) fn share_with_forms(document: &mut Value, _: &mut Problems) -> usize {
    let mut enums: BTreeMap<(String, String), Value> = BTreeMap::new();
    let mut forms: BTreeSet<(String, String)> = BTreeSet::new();
    for_each_operation(document, |path, method, operation| {
        for parameter in document::array(operation, "parameters").filter(|_| method == "get") {
            if let (Some(name), Some(schema)) = (parameter.get("name").and_then(Value::as_str), parameter.get("schema"))
                && schema.get("enum").is_some()
            {
                enums.insert((path.to_owned(), name.to_owned()), schema.clone());
            }
        }
        forms.extend(document::form_schema(operation).map(|schema| (path.to_owned(), schema.to_owned())));
    });
    let mut changed = 0;
    for (path, schema) in forms {
        let properties = document
            .pointer_mut(&format!("/components/schemas/{}/properties", document::escape(&schema)))
            .and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let is_plain_string = property.get("type").is_some_and(|json_type| json_type == "string")
                && property.get("format").is_none()
                && property.get("enum").is_none();
            if is_plain_string
                && let Some(values) = enums.get(&(path.clone(), name.clone())).and_then(|schema| schema.get("enum"))
            {
                property["enum"] = values.clone();
                changed += 1;
            }
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_enum_without_values_becomes_a_string() {
        let mut document = json!({"paths": {}, "components": {"schemas": {"A": {"properties": {"b": {"enum": []}, "c": {"enum": ["x"]}}}}}});
        assert_eq!(empty_to_string(&mut document, &mut Problems::default()), 1);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"],
            json!({"b": {"type": "string"}, "c": {"enum": ["x"]}})
        );
    }

    #[test]
    fn a_form_uses_the_enum_of_the_list() {
        let form = json!({"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Form"}}}});
        let query = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "enum": ["A", "B"]}});
        let text = || json!({"type": "string"});
        let mut document = json!({
            "paths": {
                "/documents": {"get": {"parameters": [query("recordType"), query("file")]}, "post": {"requestBody": form}},
                "/others": {"get": {"parameters": [query("title")]}}
            },
            "components": {"schemas": {"Form": {"properties": {"recordType": text(), "title": text(), "file": {"type": "string", "format": "binary"}}}}}
        });
        let mut problems = Problems::default();
        assert_eq!(share_with_forms(&mut document, &mut problems), 1);
        let parameter = document["paths"]["/documents"]["get"]["parameters"][0]["schema"].clone();
        let properties = &document["components"]["schemas"]["Form"]["properties"];
        assert_eq!(properties["recordType"], parameter);
        // The list with an enum `title` has another path.
        assert_eq!(properties["title"], text());
    }
}
