//! Applies the names of types in `openapi/names.toml`.

use serde_json::{Value, json};

use super::{FILE, Lexicon};
use crate::document::{self, for_each_schema};
use crate::problem::Problems;

/// Renames the schemas that names.toml has other names for, and returns their number. `x-vendor-name` keeps the vendor's
/// name. Reports names that another schema has.
pub fn rename(document: &mut Value, lexicon: &Lexicon, problems: &mut Problems) -> usize {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return 0 };
    let mut renamed: Vec<(String, String)> = Vec::new();
    for (name, schema) in std::mem::take(schemas) {
        let vendor_name = schema.get("x-vendor-name").and_then(Value::as_str).unwrap_or(&name).to_owned();
        let new = lexicon.types.get(&vendor_name).cloned().unwrap_or_else(|| vendor_name.clone());
        let mut schema = schema;
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("x-vendor-name");
            if new != vendor_name {
                schema.insert("x-vendor-name".into(), json!(vendor_name));
            }
        }
        if new != name {
            renamed.push((format!("#/components/schemas/{name}"), format!("#/components/schemas/{new}")));
        }
        if schemas.insert(new.clone(), schema).is_some() {
            problems.add(
                format!("{FILE}, [types] \"{vendor_name}\""),
                format!("another schema has the name {new}"),
                format!("choose another name, for example {new}Record"),
            );
        }
    }
    for_each_schema(document, |_, schema| {
        let to = document::text(schema, "$ref").and_then(|from| renamed.iter().find(|(other, _)| other == from));
        if let Some((_, to)) = to {
            schema.insert("$ref".into(), json!(to));
        }
    });
    renamed.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_renamed_with_its_references_and_back() {
        let original = json!({"paths": {}, "components": {"schemas": {
            "A.B": {"properties": {"c": {"$ref": "#/components/schemas/C"}}},
            "C": {"properties": {"a": {"$ref": "#/components/schemas/A.B"}}}
        }}});
        let (mut document, mut problems) = (original.clone(), Problems::default());
        let lexicon = Lexicon { types: [("A.B".to_owned(), "Letter".to_owned())].into(), ..Lexicon::default() };
        assert_eq!(rename(&mut document, &lexicon, &mut problems), 1);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Letter"]["x-vendor-name"], "A.B");
        assert_eq!(schemas["C"]["properties"]["a"]["$ref"], "#/components/schemas/Letter");
        assert_eq!(rename(&mut document.clone(), &lexicon, &mut problems), 0);
        rename(&mut document, &Lexicon::default(), &mut problems);
        assert_eq!((document, problems), (original, Problems::default()));
    }

    #[test]
    fn a_name_that_is_taken_is_reported() {
        let mut document = json!({"paths": {}, "components": {"schemas": {"A": {}, "B": {}}}});
        let lexicon = Lexicon { types: [("B".to_owned(), "A".to_owned())].into(), ..Lexicon::default() };
        let mut problems = Problems::default();
        rename(&mut document, &lexicon, &mut problems);
        assert!(problems.to_string().contains("another schema has the name A"), "{problems}");
    }
}
