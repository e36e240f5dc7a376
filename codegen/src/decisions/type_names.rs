//! Names of schemas that are not valid or not unique as Rust types.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use crate::document::{self, Object};
use crate::normalise::schemas::{flat_name, is_inlined};
use crate::paste::Paste;
use crate::problem::Problems;

/// What a name is used for. The names of each use are unique.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Schema,
    Type,
}

/// Reports the schemas whose Rust names are invalid, or those of other schemas. Runs after the names of names.toml have
/// been applied, and gives these schemas other names.
pub(crate) fn decide(document: &mut Value, problems: &mut Problems) {
    let Some(schemas) = document.pointer("/components/schemas").and_then(Value::as_object) else { return };
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    // A name without a change is the best owner of its Rust name, so that the other schema is renamed.
    let mut sorted: Vec<(&String, &Value)> = schemas.iter().collect();
    sorted.sort_by_key(|(name, _)| (flat_name(name) != **name, name.as_str()));
    let mut taken: BTreeSet<String> = sorted.iter().map(|(name, _)| flat_name(name).to_pascal_case()).collect();
    let mut owners: BTreeMap<(Use, String), &String> = BTreeMap::new();
    for (name, schema) in sorted {
        let flat = flat_name(name);
        let rust_name = flat.to_pascal_case();
        // A schema that becomes no type needs a name of its own only until it is inlined.
        let mut uses = vec![(Use::Schema, flat)];
        if !is_inlined(schema) {
            uses.push((Use::Type, rust_name.clone()));
        }
        let message = if syn::parse_str::<syn::Ident>(&rust_name).is_err() {
            format!("`{rust_name}` is not a valid name of a type")
        } else if let Some(other) = uses.iter().find_map(|own| owners.get(own)) {
            format!("its type would be `{rust_name}`, which is that of `{}`", vendor_name(other, schemas.get(*other)))
        } else {
            owners.extend(uses.into_iter().map(|own| (own, name)));
            continue;
        };
        let letters: String = rust_name.chars().filter(char::is_ascii_alphanumeric).collect();
        let base = letters.trim_start_matches(|c: char| c.is_ascii_digit()).to_pascal_case();
        let base = if base.is_empty() { "Schema".to_owned() } else { format!("{base}Record") };
        let numbered = (2..).map(|number| format!("{base}{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default();
        taken.insert(free.clone());
        let lines = Paste::name("types", vendor_name(name, Some(schema)), &free);
        let location = format!("/components/schemas/{}", document::escape(name));
        problems.decide(location, message, "choose the name of its type", [lines]);
        renamed.insert(name.clone(), free);
    }
    rename(document, &renamed);
}

/// Returns the vendor's name of a schema that names.toml may have renamed.
fn vendor_name<'a>(name: &'a str, schema: Option<&'a Value>) -> &'a str {
    schema.and_then(|schema| schema.get("x-vendor-name")).and_then(Value::as_str).unwrap_or(name)
}

fn rename(document: &mut Value, names: &BTreeMap<String, String>) {
    if names.is_empty() {
        return;
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        let all = std::mem::take(schemas);
        *schemas = all.into_iter().map(|(name, schema)| (names.get(&name).cloned().unwrap_or(name), schema)).collect();
    }
    document::for_each_schema(document, |_, schema: &mut Object| {
        let name = document::text(schema, "$ref").and_then(document::schema_name).and_then(|name| names.get(name));
        if let Some(name) = name {
            schema.insert("$ref".into(), format!("#/components/schemas/{name}").into());
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clashing_and_invalid_names_are_decisions() {
        let object = || json!({"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A.B"}}});
        let mut document = json!({"paths": {}, "components": {"schemas": {
            "A.B": object(), "AB": object(), "ab": object(), "2fa": object(), "日": object(), "Option": object(),
            "ABRecord": {"type": "string"}, "Loop": object()
        }}});
        let mut problems = Problems::default();
        decide(&mut document, &mut problems);
        let lines: Vec<&str> = problems.0.iter().map(|problem| problem.paste[0].lines.as_str()).collect();
        assert_eq!(
            lines,
            ["2fa = \"FaRecord\"", "ab = \"AbRecord2\"", "\"A.B\" = \"AbRecord3\"", "\"日\" = \"Schema\""],
            "{problems}"
        );
        assert_eq!(
            document["components"]["schemas"]["Loop"]["properties"]["a"]["$ref"],
            "#/components/schemas/AbRecord3"
        );
        let mut again = Problems::default();
        decide(&mut document, &mut again);
        assert_eq!(again, Problems::default());
    }
}
