//! Converts inline enums to named schemas, one for each set of values.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::{Value, json};

use crate::document::{self, for_each_operation};
use crate::names::{Lexicon, rules};
use crate::problem::Problems;

/// A property or parameter that is an enum, with its owner and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Usage {
    owner: String,
    property: String,
}

/// Converts inline enums to named schemas, one for each set of values. A rule names the schema after an owner and a
/// property (`TicketSeverity`): the property that most often has these values, and the owner of it with the shortest
/// name. The lexicon can override the name. Reports names that another schema already has.
pub(super) fn lift(document: &mut Value, lexicon: &Lexicon, problems: &mut Problems) -> usize {
    let mut sets: BTreeMap<BTreeSet<String>, (Vec<Value>, Vec<Usage>)> = BTreeMap::new();
    for_each_enum(document, lexicon, &mut |owner, property, schema| {
        let values = schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        sets.entry(set_of(schema))
            .or_insert_with(|| (values, Vec::new()))
            .1
            .push(Usage { owner: owner.to_owned(), property: property.to_owned() });
    });
    let mut names = BTreeMap::new();
    let mut components = Vec::new();
    let mut lifted = 0;
    for (key, (values, usages)) in sets {
        let by_rule = name_of(&usages);
        let name = lexicon.enums.get(&by_rule).cloned().unwrap_or(by_rule);
        lifted += usages.len();
        components.push((name.clone(), json!({"type": "string", "enum": values})));
        names.insert(key, name);
    }
    for_each_enum(document, lexicon, &mut |_, _, schema| {
        if let Some(name) = names.get(&set_of(schema)) {
            *schema = document::schema_reference(name);
        }
    });
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return lifted;
    };
    for (name, schema) in components {
        if schemas.contains_key(&name) {
            problems.add(
                format!("/components/schemas/{name}"),
                "the name of an enum is already the name of a schema",
                "give the enum another name in openapi/names.toml, [enums]",
            );
        }
        schemas.insert(name, schema);
    }
    lifted
}

/// Returns the values of an enum as a set.
fn set_of(schema: &Value) -> BTreeSet<String> {
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

/// Converts an enum whose values have invalid or equal Rust names to a string. `x-values` keeps the values.
pub(super) fn unnameable_to_string(document: &mut Value, _: &mut Problems) -> usize {
    let mut changed = 0;
    document::for_each_schema(document, |_, schema| {
        let Some(values) = schema.get("enum").and_then(Value::as_array) else { return };
        let strings: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let names: BTreeSet<String> = strings.iter().map(|value| value.to_pascal_case()).collect();
        let is_nameable = names.len() == strings.len()
            && !names.iter().any(|name| name.is_empty() || RESERVED_VARIANTS.contains(&name.as_str()));
        if !is_nameable && let Some(values) = schema.remove("enum") {
            schema.insert("type".into(), "string".into());
            schema.insert("x-values".into(), values);
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

/// `Self` is a keyword. `Unrecognized` is the variant for unknown values.
const RESERVED_VARIANTS: [&str; 2] = ["Self", "Unrecognized"];

/// Returns the name of a set of values by rule.
fn name_of(usages: &[Usage]) -> String {
    let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
    for usage in usages {
        *frequency.entry(&usage.property).or_default() += 1;
    }
    let mut ranked: Vec<&Usage> = usages.iter().collect();
    ranked.sort_by_key(|usage| {
        (
            std::cmp::Reverse(frequency.get(usage.property.as_str()).copied()),
            usage.property.clone(),
            usage.owner.len(),
            usage.owner.clone(),
        )
    });
    ranked.first().map(|usage| format!("{}{}", usage.owner, usage.property.to_pascal_case())).unwrap_or_default()
}

/// Calls `each` with owner, name and schema of every inline enum of properties and parameters, also inside arrays and
/// maps.
fn for_each_enum(document: &mut Value, lexicon: &Lexicon, each: &mut impl FnMut(&str, &str, &mut Value)) {
    for (owner, schema) in
        document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).into_iter().flatten()
    {
        for (property, schema) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            descend(owner, property, schema, each);
        }
    }
    for_each_operation(document, |path, _, operation| {
        let owner = rules::nouns(lexicon, path).to_pascal_case();
        for parameter in document::array_mut(operation, "parameters") {
            let Some(name) = parameter.get("name").and_then(Value::as_str).map(str::to_owned) else { continue };
            if let Some(schema) = parameter.get_mut("schema") {
                descend(&owner, &name, schema, each);
            }
        }
    });
}

fn descend(owner: &str, property: &str, schema: &mut Value, each: &mut impl FnMut(&str, &str, &mut Value)) {
    if schema.get("enum").is_some() {
        each(owner, property, schema);
        return;
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(key) {
            descend(owner, property, inner, each);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_values_becomes_one_schema_named_after_its_most_frequent_property() {
        let levels = |order: [&str; 2]| json!({"type": "string", "enum": order});
        let mut document = json!({
            "paths": {"/service/tickets": {"get": {"parameters": [{"name": "type", "in": "query", "schema": {"type": "string", "enum": ["a"]}}]}}},
            "components": {"schemas": {
                "Ticket": {"properties": {"severity": levels(["Low", "High"]), "impact": levels(["High", "Low"])}},
                "LongerTicket": {"properties": {"severity": levels(["Low", "High"]), "list": {"type": "array", "items": {"type": "string", "enum": ["x"]}}}}
            }}
        });
        let mut problems = Problems::default();
        assert_eq!(lift(&mut document, &Lexicon::default(), &mut problems), 5);
        assert_eq!(problems, Problems::default());
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["TicketSeverity"], json!({"type": "string", "enum": ["Low", "High"]}));
        assert_eq!(schemas["Ticket"]["properties"]["impact"]["$ref"], "#/components/schemas/TicketSeverity");
        assert_eq!(
            schemas["LongerTicket"]["properties"]["list"]["items"]["$ref"],
            "#/components/schemas/LongerTicketList"
        );
        assert_eq!(
            document["paths"]["/service/tickets"]["get"]["parameters"][0]["schema"]["$ref"],
            "#/components/schemas/TicketType"
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
        let (mut problems, lexicon) = (Problems::default(), Lexicon::default());
        assert_eq!(share_with_forms(&mut document, &mut problems), 1);
        lift(&mut document, &lexicon, &mut problems);
        let parameter = document["paths"]["/documents"]["get"]["parameters"][0]["schema"].clone();
        let properties = &document["components"]["schemas"]["Form"]["properties"];
        assert!(properties["recordType"] == parameter && parameter["$ref"].is_string(), "{properties}");
        // The list with an enum `title` has another path.
        assert_eq!(properties["title"], text());
    }

    #[test]
    fn enums_with_invalid_names_become_strings() {
        for values in [json!(["a b", "a-b"]), json!(["", "x"]), json!(["Self"]), json!(["Unrecognized"])] {
            let mut document = json!({"paths": {}, "components": {"schemas": {"A": {"properties": {"b": {"type": "string", "enum": values}}}}}});
            assert_eq!(unnameable_to_string(&mut document, &mut Problems::default()), 1, "{values}");
            assert_eq!(
                document["components"]["schemas"]["A"]["properties"]["b"],
                json!({"type": "string", "x-values": values})
            );
        }
        // Typify puts an X in front of the digit, and null needs no name.
        let mut named = json!({"paths": {}, "components": {"schemas": {"A": {"properties": {"b": {"enum": ["1st", "2 nd", null]}}}}}});
        assert_eq!(unnameable_to_string(&mut named, &mut Problems::default()), 0);
    }

    #[test]
    fn an_existing_name_is_reported_unless_the_lexicon_names_the_enum() {
        let document =
            json!({"paths": {}, "components": {"schemas": {"A": {"properties": {"b": {"enum": ["x"]}}}, "AB": {}}}});
        let mut problems = Problems::default();
        lift(&mut document.clone(), &Lexicon::default(), &mut problems);
        assert_eq!(problems.0[0].location, "/components/schemas/AB");
        let lexicon = Lexicon { enums: [("AB".to_owned(), "Letter".to_owned())].into(), ..Lexicon::default() };
        let (mut named, mut none) = (document, Problems::default());
        lift(&mut named, &lexicon, &mut none);
        assert_eq!(none, Problems::default());
        assert!(named["components"]["schemas"]["Letter"].is_object());
    }
}
