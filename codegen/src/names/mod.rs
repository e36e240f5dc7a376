//! Names operations and arguments. Rules derive the names from method and path.
//!
//! A name is unique in its section. It depends only on its own operation and is therefore stable between API versions.
//! `openapi/names.toml` contains the words that a rule cannot know, and the names that the rules would get wrong.

pub mod rules;
pub mod words;

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{self, for_each_operation};
use crate::problem::Problems;

use self::rules::ResponseShape;

/// The content of `openapi/names.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Path segments that the vendor writes as one word, with their words: `purchaseorders = "purchase orders"`.
    #[serde(default)]
    pub compounds: BTreeMap<String, String>,
    /// First path segments of a section that need more words: `[sections.time] entries = "time entries"`.
    #[serde(default)]
    pub sections: BTreeMap<String, BTreeMap<String, String>>,
    /// The vendor's operation ID -> the name in the bindings, if the name by rule is wrong or another operation has it.
    #[serde(default)]
    pub operations: BTreeMap<String, String>,
    /// The name of an enum by rule -> its name in the bindings.
    #[serde(default)]
    pub enums: BTreeMap<String, String>,
}

const FILE: &str = "openapi/names.toml";

/// Reads the file.
///
/// # Errors
/// Fails if the text is not TOML or has an unknown table.
pub fn read(text: &str) -> Result<Lexicon, Problems> {
    toml::from_str(text).map_err(|error| {
        Problems::one(
            FILE,
            format!("the file cannot be read: {error}"),
            "correct the file; codegen's `Lexicon` lists the tables",
        )
    })
}

/// Names the operations of a normalised document, and returns the number of overrides.
///
/// `operationId` becomes `SECTION_NAME`, and `x-vendor-id` the vendor's operation ID. Parameters get `x-argument`.
/// Reports duplicate names, and sections and names that are not valid in Rust.
pub fn name_operations(document: &mut Value, lexicon: &Lexicon, problems: &mut Problems) -> usize {
    let mut taken: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut vendor_ids: BTreeMap<String, String> = BTreeMap::new();
    let mut overridden = 0;
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        let Some(vendor_id) = document::text(operation, "operationId").map(str::to_owned) else {
            problems.add(
                label,
                "the operation has no operationId",
                "add one to the document, because the vendor's documentation uses it",
            );
            return;
        };
        if let Some(other) = vendor_ids.insert(vendor_id.clone(), label.clone()) {
            problems.add(
                &label,
                format!("it has the same operationId as {other}"),
                "change one of the two operationIds in the document",
            );
        }
        let section = path.split('/').nth(1).unwrap_or_default().to_snake_case();
        let name = match lexicon.operations.get(&vendor_id) {
            Some(name) => {
                overridden += 1;
                name.clone()
            }
            None => lexicon.operation_name(method, path, response_shape(operation)),
        };
        if !is_rust_name(&name) {
            problems.add(
                &label,
                format!("`{name}` is not a valid name of a Rust function"),
                format!("name the operation in {FILE}, [operations]"),
            );
        }
        if !is_rust_name(&section) || TAKEN_MODULES.contains(&section.as_str()) {
            problems.add(
                &label,
                format!("the section `{section}` cannot be a module of the bindings"),
                "rename the module of the section (codegen: `name_operations`)",
            );
        }
        operation.insert("x-vendor-id".into(), json!(vendor_id));
        operation.insert("operationId".into(), json!(format!("{section}_{name}")));
        operation.insert("x-section".into(), json!(section));
        operation.insert("x-name".into(), json!(name));
        taken.entry((section, name)).or_default().push(label.clone());
        name_arguments(path, operation, lexicon, &label, problems);
    });
    for ((section, name), labels) in taken.iter().filter(|(_, labels)| labels.len() > 1) {
        problems.add(
            labels.join(" and "),
            format!("both have the name {section}::{name}"),
            format!("name one of them in {FILE}, [operations]"),
        );
    }
    overridden
}

/// Returns the operations and enums of the lexicon that a named document does not have.
#[must_use]
pub fn unused(document: &Value, lexicon: &Lexicon) -> Vec<String> {
    let mut vendor_ids = Vec::new();
    for item in document.get("paths").and_then(Value::as_object).into_iter().flat_map(document::Object::values) {
        for operation in item.as_object().into_iter().flat_map(document::Object::values) {
            vendor_ids.extend(operation.get("x-vendor-id").and_then(Value::as_str));
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let operations = lexicon.operations.keys().filter(|id| !vendor_ids.contains(&id.as_str())).cloned();
    let enums = lexicon
        .enums
        .iter()
        .filter(|(_, name)| !schemas.is_some_and(|schemas| schemas.contains_key(*name)))
        .map(|(by_rule, _)| by_rule.clone());
    operations.chain(enums).collect()
}

/// Modules of the bindings that are not sections.
const TAKEN_MODULES: &[&str] = &["catalogue", "common", "generated", "psa", "schemas", "types"];

fn is_rust_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !KEYWORDS.contains(&name)
}

fn response_shape(operation: &document::Object) -> ResponseShape {
    let schema = operation
        .get("responses")
        .and_then(Value::as_object)
        .and_then(|responses| responses.values().next())
        .and_then(|response| response.pointer("/content/application~1json/schema/type"));
    if schema.and_then(Value::as_str) == Some("array") { ResponseShape::Array } else { ResponseShape::Other }
}

fn name_arguments(
    path: &str,
    operation: &mut document::Object,
    lexicon: &Lexicon,
    label: &str,
    problems: &mut Problems,
) {
    let in_path: BTreeMap<String, String> =
        document::template_parameters(path).map(str::to_owned).zip(lexicon.arguments(path)).collect();
    // Arguments have the order of the path, not that of the document.
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        let position = |parameter: &Value| {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            document::template_parameters(path).position(|other| other == name).unwrap_or(usize::MAX)
        };
        parameters.sort_by_key(position);
    }
    let mut seen: Vec<String> = Vec::new();
    for parameter in document::array_mut(operation, "parameters").filter_map(Value::as_object_mut) {
        let Some(name) = document::text(parameter, "name").map(str::to_owned) else { continue };
        let argument = match document::text(parameter, "in") {
            Some("path") => in_path.get(&name).cloned().unwrap_or_else(|| name.to_snake_case()),
            _ => name.to_snake_case(),
        };
        let argument = if KEYWORDS.contains(&argument.as_str()) { format!("{argument}_") } else { argument };
        let is_reserved = ["body", "patch", "form", "file"].contains(&argument.as_str());
        if is_reserved || seen.contains(&argument) {
            let message = if is_reserved {
                format!("the argument `{argument}` has the name of the argument for a request body")
            } else {
                format!("two arguments have the name `{argument}`")
            };
            problems.add(label, message, "give the argument another name (codegen: `name_arguments`)");
        }
        parameter.insert("x-argument".into(), json!(argument));
        seen.push(argument);
    }
}

/// Rust's keywords.
const KEYWORDS: &[&str] = &[
    "type", "ref", "match", "use", "in", "move", "where", "self", "loop", "for", "if", "else", "enum", "fn", "let",
    "mod", "pub", "return", "static", "struct", "trait", "async", "await", "dyn", "box", "final", "override", "priv",
    "abstract", "virtual", "yield", "try", "gen", "as", "break", "const", "continue", "crate", "extern", "false",
    "impl", "mut", "super", "true", "unsafe", "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_name_is_reported_unless_it_is_overridden() {
        let document = json!({"paths": {
            "/a/companies/types": {"get": {"operationId": "one", "responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}}}},
            "/a/companies/{id}/types": {"get": {"operationId": "two", "parameters": [{"name": "id", "in": "path"}], "responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}}}}
        }});
        let mut problems = Problems::default();
        name_operations(&mut document.clone(), &Lexicon::default(), &mut problems);
        assert_eq!(problems.0.len(), 1);
        assert!(problems.to_string().contains("both have the name a::list_company_types"), "{problems}");
        let lexicon = Lexicon {
            operations: [("two".to_owned(), "list_types_of_company".to_owned())].into(),
            ..Lexicon::default()
        };
        let (mut named, mut none) = (document, Problems::default());
        assert_eq!(name_operations(&mut named, &lexicon, &mut none), 1);
        assert_eq!(none, Problems::default());
        let operation = &named["paths"]["/a/companies/{id}/types"]["get"];
        assert_eq!(
            (operation["operationId"].as_str(), operation["x-vendor-id"].as_str()),
            (Some("a_list_types_of_company"), Some("two"))
        );
        assert_eq!(operation["parameters"][0]["x-argument"], "id");
    }

    #[test]
    fn unused_names_are_found() {
        let document =
            json!({"paths": {"/a/b": {"get": {"x-vendor-id": "getB"}}}, "components": {"schemas": {"Level": {}}}});
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let lexicon = Lexicon {
            operations: pairs(&[("getB", "x"), ("getC", "y")]),
            enums: pairs(&[("TicketImpact", "Level"), ("Gone", "Missing")]),
            ..Lexicon::default()
        };
        assert_eq!(unused(&document, &lexicon), ["getC", "Gone"]);
    }

    #[test]
    fn invalid_rust_names_are_reported() {
        let mut document = json!({"paths": {"/types/b": {"get": {"operationId": "x"}}, "/a/b": {"get": {"operationId": "y"}}, "/9/b": {"get": {"operationId": "z"}}}});
        let lexicon = Lexicon { operations: [("y".to_owned(), "Get It".to_owned())].into(), ..Lexicon::default() };
        let mut problems = Problems::default();
        name_operations(&mut document, &lexicon, &mut problems);
        for expected in ["`types` cannot be a module", "`9` cannot be a module", "`Get It` is not a valid name"] {
            assert!(problems.to_string().contains(expected), "{problems}");
        }
    }

    #[test]
    fn missing_and_repeated_operation_ids_are_reported() {
        let mut document =
            json!({"paths": {"/a/b": {"get": {}, "put": {"operationId": "x"}, "post": {"operationId": "x"}}}});
        let mut problems = Problems::default();
        name_operations(&mut document, &Lexicon::default(), &mut problems);
        assert!(
            problems.to_string().contains("no operationId") && problems.to_string().contains("the same operationId"),
            "{problems}"
        );
    }
}
