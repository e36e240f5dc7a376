//! Assigns the names of fields and of the variants of enums, where they do not follow from the JSON name.
//!
//! psa.json has the name of a field in `x-rust-name`, and those of variants in `x-rust-names` (value to variant). Names
//! that follow from the JSON name are not stored.

use std::collections::BTreeMap;

use heck::{ToLowerCamelCase, ToPascalCase};
use serde_json::{Value, json};

use super::json_names::{self, Convention};
use super::{Lexicon, schema_key};
use crate::document;
use crate::problem::Problems;
use crate::rust_names;

const FIELDS: Convention = Convention {
    table: "fields",
    rule: rust_names::field,
    usual: |name| name.to_lower_camel_case(),
    is_valid: rust_names::is_snake_case,
    reserved: &[],
    separator: "_",
};

const VARIANTS: Convention = Convention {
    table: "values",
    rule: rust_names::variant,
    usual: |value| value.to_pascal_case(),
    is_valid: rust_names::is_pascal_case,
    reserved: &["Unrecognized"],
    separator: "",
};

/// Names the fields and variants of all named schemas, and returns how many names differ from the rule.
pub(super) fn assign(document: &mut Value, lexicon: &mut Lexicon, problems: &mut Problems) -> usize {
    let mut different = 0;
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let key = schema_key(name, schema);
        let Some(content) = schema.as_object_mut() else { continue };
        if let Some(properties) = content.get_mut("properties").and_then(Value::as_object_mut) {
            let resolved = json_names::resolve(FIELDS, properties.keys().map(String::as_str), |name| {
                lexicon.fields.get(&format!("{key}.{name}")).cloned()
            });
            json_names::report(FIELDS, &key, &resolved, problems);
            for (json_name, property) in properties.iter_mut() {
                let (Some(property), Some(name)) = (property.as_object_mut(), resolved.names.get(json_name)) else {
                    continue;
                };
                property.remove("x-rust-name");
                if *name != rust_names::field(json_name) {
                    different += 1;
                    property.insert("x-rust-name".into(), json!(name));
                }
            }
            keep(&mut lexicon.fields, &key, resolved.kept);
        }
        content.remove("x-rust-names");
        let values: Vec<String> =
            document::array(content, "enum").filter_map(Value::as_str).map(str::to_owned).collect();
        let resolved = json_names::resolve(VARIANTS, values.iter().map(String::as_str), |value| {
            lexicon.values.get(&format!("{key}.{value}")).cloned()
        });
        json_names::report(VARIANTS, &key, &resolved, problems);
        let other: BTreeMap<&String, &String> =
            resolved.names.iter().filter(|(value, name)| **name != rust_names::variant(value)).collect();
        if !other.is_empty() {
            different += other.len();
            content.insert("x-rust-names".into(), json!(other));
        }
        keep(&mut lexicon.values, &key, resolved.kept);
    }
    different
}

fn keep(table: &mut BTreeMap<String, String>, schema: &str, kept: BTreeMap<String, String>) {
    table.extend(kept.into_iter().map(|(json_name, name)| (format!("{schema}.{json_name}"), name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clashes_are_resolved_and_the_json_names_stay() {
        let mut document = json!({"components": {"schemas": {
            "A": {"properties": {"fooBar": {}, "FooBar": {}, "type": {}, "@odata.type": {}}},
            "E": {"enum": ["a b", "a-b", "Low"]}
        }}});
        let (mut lexicon, mut problems) = (Lexicon::default(), Problems::default());
        assert_eq!(assign(&mut document, &mut lexicon, &mut problems), 2);
        assert_eq!(problems, Problems::default());
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["A"]["properties"],
            json!({"fooBar": {}, "FooBar": {"x-rust-name": "foo_bar_2"}, "type": {}, "@odata.type": {}})
        );
        assert_eq!(schemas["E"]["x-rust-names"], json!({"a-b": "AB2"}));
        assert_eq!(
            lexicon.fields,
            [("A.@odata.type", "odata_type"), ("A.FooBar", "foo_bar_2")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .into()
        );
        // A second import gives the same names.
        let (first, names) = (document.clone(), lexicon.clone());
        assign(&mut document, &mut lexicon, &mut problems);
        assert_eq!((document, lexicon), (first, names));
    }

    #[test]
    fn a_name_by_hand_that_cannot_be_used_is_reported() {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {"a": {}}}}}});
        let mut lexicon = Lexicon { fields: [("A.a".to_owned(), "B C".to_owned())].into(), ..Lexicon::default() };
        let mut problems = Problems::default();
        assign(&mut document, &mut lexicon, &mut problems);
        assert!(problems.to_string().contains("[fields] \"A.a\""), "{problems}");
    }
}
