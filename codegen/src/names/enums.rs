//! Converts inline enums to named schemas, and assigns their names.
//!
//! A property or parameter that is an enum (a use) keeps its type for ever: `openapi/names.toml` lists the uses of each
//! enum. Enums are open, so a type can list the values of several uses: its values are those of all its uses. A use
//! whose own values are only some of them has its values in `x-values`, beside the `$ref`.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::{Map, Value, json};

use super::{FILE, Lexicon, rules, schema_key};
use crate::document::{self, for_each_operation};
use crate::paste::Paste;
use crate::problem::Problems;

/// A property or parameter that is an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    /// Its key in names.toml: `Ticket.severity`, or `getSystemDocuments.recordType`.
    key: String,
    /// The schema, or the nouns of the path.
    owner: String,
    property: String,
    values: Vec<String>,
}

impl Use {
    fn set(&self) -> BTreeSet<&str> {
        self.values.iter().map(String::as_str).collect()
    }
}

/// Converts inline enums to named schemas, and returns the number of uses. Adds new uses to the lexicon.
///
/// A new use joins the enum that has exactly its values. Otherwise a rule names a new enum after an owner and a property
/// (`TicketSeverity`): the property that most often has these values, and the owner of it with the shortest name.
pub(super) fn assign(document: &mut Value, lexicon: &mut Lexicon, problems: &mut Problems) -> usize {
    inline(document);
    let mut uses: Vec<Use> = Vec::new();
    for_each_enum(document, lexicon, &mut |mut found, schema| {
        found.values = values(schema);
        uses.push(found);
    });
    let names = name_uses(document, &uses, lexicon, problems);
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (found, name) in uses.iter().zip(&names) {
        let values = all.entry(name).or_default();
        for value in &found.values {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
    }
    let mut remaining = uses.iter().zip(&names);
    for_each_enum(document, lexicon, &mut |_, schema| {
        let Some((found, name)) = remaining.next() else { return };
        let is_whole = all.get(name.as_str()).is_some_and(|values| values.len() == found.set().len());
        refer_to(schema, name, (!is_whole).then_some(found.values.as_slice()));
    });
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.extend(
            all.iter().map(|(name, values)| {
                ((*name).to_owned(), json!({"type": "string", "enum": values, "x-inline": true}))
            }),
        );
    }
    uses.len()
}

/// Returns the enum of each use. Adds new uses and enums to the lexicon.
fn name_uses(document: &Value, uses: &[Use], lexicon: &mut Lexicon, problems: &mut Problems) -> Vec<String> {
    let assigned = assigned(lexicon, problems);
    let before = lexicon.enums.clone();
    let mut names: Vec<Option<String>> = uses.iter().map(|found| assigned.get(&found.key).cloned()).collect();
    let mut known: BTreeMap<String, (usize, BTreeSet<&str>)> = BTreeMap::new();
    let mut new: BTreeMap<BTreeSet<&str>, Vec<usize>> = BTreeMap::new();
    for (index, (found, name)) in uses.iter().zip(&names).enumerate() {
        match name {
            Some(name) => {
                let (count, values) = known.entry(name.clone()).or_default();
                *count += 1;
                values.extend(found.set());
            }
            None => new.entry(found.set()).or_default().push(index),
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let is_schema = |name: &str| schemas.is_some_and(|schemas| schemas.contains_key(name));
    for (set, indexes) in new {
        let same = known
            .iter()
            .filter(|(_, (_, values))| *values == set)
            .max_by_key(|(name, (count, _))| (*count, std::cmp::Reverse((*name).clone())));
        let name = match same {
            Some((name, _)) => name.clone(),
            None => {
                let of_set: Vec<&Use> = indexes.iter().filter_map(|index| uses.get(*index)).collect();
                let candidates = candidates(&of_set);
                let free = candidates.iter().find(|name| !is_schema(name) && !lexicon.enums.contains_key(*name));
                free.or(candidates.first()).cloned().unwrap_or_default()
            }
        };
        for index in indexes {
            if let (Some(slot), Some(found)) = (names.get_mut(index), uses.get(index)) {
                *slot = Some(name.clone());
                lexicon.enums.entry(name.clone()).or_default().push(found.key.clone());
            }
        }
    }
    let used: BTreeSet<&String> = names.iter().flatten().collect();
    for name in used.into_iter().filter(|name| is_schema(name)) {
        let location = format!("/components/schemas/{name}");
        let message = "the name of an enum is already the name of a schema";
        // An enum that had its name before keeps it.
        let lines = if before.contains_key(name) {
            Paste::name("types", name, &format!("{name}Record"))
        } else {
            Paste::names("enums", &format!("{name}Value"), lexicon.enums.get(name).map_or(&[], Vec::as_slice))
        };
        problems.decide(location, message, "choose another name for one of them", [lines]);
    }
    lexicon.enums.values_mut().for_each(|keys| keys.sort());
    names.into_iter().map(Option::unwrap_or_default).collect()
}

/// Returns the enum of each use in the lexicon. Reports uses of several enums, and invalid names.
fn assigned(lexicon: &Lexicon, problems: &mut Problems) -> BTreeMap<String, String> {
    let mut assigned: BTreeMap<String, String> = BTreeMap::new();
    for (name, keys) in &lexicon.enums {
        if !crate::rust_names::is_pascal_case(name) || name.to_pascal_case() != *name {
            problems.add(
                format!("{FILE}, [enums] {name}"),
                "the name is not a valid name of a type",
                format!("write it as `{}`", name.to_pascal_case()),
            );
        }
        for key in keys {
            if let Some(other) = assigned.insert(key.clone(), name.clone()) {
                problems.add(
                    format!("{FILE}, [enums] {name}"),
                    format!("`{key}` is also a use of {other}"),
                    "remove it from one of the two",
                );
            }
        }
    }
    assigned
}

/// Returns the names by rule of a set of values, the best first.
fn candidates(uses: &[&Use]) -> Vec<String> {
    let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
    for found in uses {
        *frequency.entry(&found.property).or_default() += 1;
    }
    let mut ranked = uses.to_vec();
    ranked.sort_by_key(|found| {
        (
            std::cmp::Reverse(frequency.get(found.property.as_str()).copied()),
            found.property.clone(),
            found.owner.len(),
            found.owner.clone(),
        )
    });
    ranked.iter().map(|found| type_name(&found.owner, &found.property)).collect()
}

/// Returns the name of an enum: `MemberSkillLevel` for `skillLevel` of `MemberSkill`. No words are repeated.
fn type_name(owner: &str, property: &str) -> String {
    let (before, words) = (owner.to_snake_case(), property.to_snake_case());
    let before: Vec<&str> = before.split('_').collect();
    let words: Vec<&str> = words.split('_').collect();
    let repeated = (1..words.len()).rev().find(|count| words.get(..*count).is_some_and(|head| before.ends_with(head)));
    let rest = words.get(repeated.unwrap_or(0)..).unwrap_or_default().join("_");
    format!("{owner}{}", rest.to_pascal_case()).to_pascal_case()
}

/// Returns the values of an enum as strings.
fn values(schema: &Value) -> Vec<String> {
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

/// Replaces an inline enum with a reference. Keeps the facts about the property.
fn refer_to(schema: &mut Value, name: &str, own_values: Option<&[String]>) {
    let mut replaced = document::schema_reference(name);
    let facts = schema.as_object().into_iter().flatten().filter(|(key, _)| is_fact(key));
    let kept: Map<String, Value> = facts.map(|(key, value)| (key.clone(), value.clone())).collect();
    if let Some(object) = replaced.as_object_mut() {
        object.extend(kept);
        if let Some(values) = own_values {
            object.insert("x-values".into(), json!(values));
        }
    }
    *schema = replaced;
}

/// Returns whether a keyword states a fact about a property that does not depend on the type of its values.
fn is_fact(keyword: &str) -> bool {
    keyword.starts_with("x-") || ["readOnly", "writeOnly", "deprecated"].contains(&keyword)
}

/// Converts the enums of a document that has been imported back to inline enums.
fn inline(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let mut inline = Map::new();
    schemas.retain(|name, schema| {
        let is_inline = schema.get("x-inline").is_some();
        if is_inline {
            inline.insert(name.clone(), schema.take());
        }
        !is_inline
    });
    if inline.is_empty() {
        return;
    }
    document::for_each_schema(document, |_, schema| {
        let name = document::text(schema, "$ref").and_then(document::schema_name);
        let Some(values) = name.and_then(|name| inline.get(name)?.get("enum")).cloned() else { return };
        schema.remove("$ref");
        let own = schema.remove("x-values").unwrap_or(values);
        schema.insert("type".into(), "string".into());
        schema.insert("enum".into(), own);
    });
}

/// Calls `each` for every inline enum of properties and parameters, also inside arrays and maps. `each` gets the use
/// without its values, and the schema.
fn for_each_enum(document: &mut Value, lexicon: &Lexicon, each: &mut impl FnMut(Use, &mut Value)) {
    for (owner, schema) in
        document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let key = schema_key(owner, schema);
        for (property, schema) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            descend(&key, owner, property, schema, each);
        }
    }
    for_each_operation(document, |path, _, operation| {
        let owner = rules::nouns(lexicon, path).to_pascal_case();
        let id = document::text(operation, "x-vendor-id").or_else(|| document::text(operation, "operationId"));
        let id = id.unwrap_or_default().to_owned();
        for parameter in document::array_mut(operation, "parameters") {
            let Some(name) = parameter.get("name").and_then(Value::as_str).map(str::to_owned) else { continue };
            if let Some(schema) = parameter.get_mut("schema") {
                descend(&id, &owner, &name, schema, each);
            }
        }
    });
}

fn descend(id: &str, owner: &str, property: &str, schema: &mut Value, each: &mut impl FnMut(Use, &mut Value)) {
    if schema.get("enum").is_some() {
        let key = format!("{id}.{property}");
        each(Use { key, owner: owner.to_owned(), property: property.to_owned(), values: Vec::new() }, schema);
        return;
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(key) {
            descend(id, owner, property, inner, each);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(values: &[&str]) -> Value {
        json!({"type": "string", "enum": values})
    }

    fn document(schemas: &Value) -> Value {
        json!({"paths": {}, "components": {"schemas": schemas}})
    }

    fn run(document: &mut Value, lexicon: &mut Lexicon) -> Value {
        let mut problems = Problems::default();
        assign(document, lexicon, &mut problems);
        assert_eq!(problems, Problems::default());
        document["components"]["schemas"].clone()
    }

    fn names(lexicon: &Lexicon) -> Vec<String> {
        lexicon.enums.iter().map(|(name, keys)| format!("{name}: {}", keys.join(" "))).collect()
    }

    #[test]
    fn a_new_set_of_values_is_named_after_its_most_frequent_property() {
        let mut document = document(&json!({
            "Ticket": {"properties": {"severity": property(&["Low", "High"]), "impact": property(&["High", "Low"])}},
            "LongerTicket": {"properties": {"severity": property(&["Low", "High"]), "list": {"type": "array", "items": property(&["x"])}}}
        }));
        document["paths"] = json!({"/service/tickets": {"get": {"operationId": "getServiceTickets", "parameters": [{"name": "type", "in": "query", "schema": property(&["a"])}]}}});
        let mut lexicon = Lexicon::default();
        let schemas = run(&mut document, &mut lexicon);
        assert_eq!(
            names(&lexicon),
            [
                "LongerTicketList: LongerTicket.list",
                "TicketSeverity: LongerTicket.severity Ticket.impact Ticket.severity",
                "TicketType: getServiceTickets.type",
            ]
        );
        assert_eq!(schemas["TicketSeverity"]["enum"], json!(["Low", "High"]));
        assert_eq!(schemas["Ticket"]["properties"]["impact"], json!({"$ref": "#/components/schemas/TicketSeverity"}));
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
    fn the_name_of_an_enum_does_not_repeat_words() {
        for (owner, property, expected) in [
            ("Ticket", "severity", "TicketSeverity"),
            ("MemberSkill", "skillLevel", "MemberSkillLevel"),
            ("MarketplaceImport", "marketplaceImportType", "MarketplaceImportType"),
            ("Type", "type", "TypeType"),
            ("SLA", "basedOn", "SlaBasedOn"),
        ] {
            assert_eq!(type_name(owner, property), expected);
        }
    }

    #[test]
    fn an_added_value_renames_no_type() {
        let with = |impact: &[&str]| {
            document(
                &json!({"Ticket": {"properties": {"severity": property(&["Low", "High"]), "impact": property(impact)}}}),
            )
        };
        let mut lexicon = Lexicon::default();
        run(&mut with(&["Low", "High"]), &mut lexicon);
        let before = lexicon.clone();
        let schemas = run(&mut with(&["Low", "High", "None"]), &mut lexicon);
        assert_eq!(lexicon, before);
        assert_eq!(schemas["TicketImpact"]["enum"], json!(["Low", "High", "None"]));
        assert_eq!(schemas["Ticket"]["properties"]["severity"]["x-values"], json!(["Low", "High"]));
        assert!(schemas["Ticket"]["properties"]["impact"].get("x-values").is_none());
    }

    #[test]
    fn a_new_use_joins_the_enum_with_its_values() {
        let mut lexicon =
            Lexicon { enums: [("Level".to_owned(), vec!["A.b".to_owned()])].into(), ..Lexicon::default() };
        run(
            &mut document(
                &json!({"A": {"properties": {"b": property(&["x"])}}, "C": {"properties": {"d": property(&["x"]), "e": property(&["y"])}}}),
            ),
            &mut lexicon,
        );
        assert_eq!(names(&lexicon), ["Ce: C.e", "Level: A.b C.d"]);
    }

    #[test]
    fn the_facts_of_a_property_are_kept() {
        let mut document = document(&json!({"A": {"properties": {"b": {
            "type": "string", "enum": ["x"], "default": "x", "x-required-on-update": true, "writeOnly": true, "readOnly": true, "deprecated": true
        }}}}));
        let schemas = run(&mut document, &mut Lexicon::default());
        assert_eq!(
            schemas["A"]["properties"]["b"],
            json!({"$ref": "#/components/schemas/Ab", "x-required-on-update": true, "writeOnly": true, "readOnly": true, "deprecated": true})
        );
    }

    #[test]
    fn a_document_that_has_been_imported_gets_new_names() {
        let mut document = document(&json!({"A": {"properties": {"b": property(&["x", "y"]), "c": property(&["y"])}}}));
        let mut lexicon = Lexicon {
            enums: [("Level".to_owned(), vec!["A.b".to_owned(), "A.c".to_owned()])].into(),
            ..Lexicon::default()
        };
        run(&mut document, &mut lexicon);
        let first = document.clone();
        run(&mut document, &mut lexicon);
        assert_eq!(document, first);
        lexicon.enums =
            [("First".to_owned(), vec!["A.b".to_owned()]), ("Second".to_owned(), vec!["A.c".to_owned()])].into();
        let schemas = run(&mut document, &mut lexicon);
        assert_eq!((&schemas["First"]["enum"], &schemas["Second"]["enum"]), (&json!(["x", "y"]), &json!(["y"])));
        assert!(schemas.get("Level").is_none() && schemas["A"]["properties"]["c"].get("x-values").is_none());
    }

    #[test]
    fn an_existing_name_is_not_used() {
        let enums = json!({"A": {"properties": {"b": {"enum": ["x"]}}}, "Ab": {}});
        let mut lexicon = Lexicon::default();
        let mut problems = Problems::default();
        assign(&mut document(&enums), &mut lexicon, &mut problems);
        assert!(problems.to_string().contains("AbValue = [\"A.b\"]"), "{problems}");
        let mut lexicon =
            Lexicon { enums: [("Letter".to_owned(), vec!["A.b".to_owned()])].into(), ..Lexicon::default() };
        assert!(run(&mut document(&enums), &mut lexicon)["Letter"].is_object());
    }

    #[test]
    fn a_use_of_two_enums_is_reported() {
        let key = || vec!["A.b".to_owned()];
        let mut lexicon =
            Lexicon { enums: [("X".to_owned(), key()), ("Y".to_owned(), key())].into(), ..Lexicon::default() };
        let mut problems = Problems::default();
        assign(&mut document(&json!({})), &mut lexicon, &mut problems);
        assert!(problems.to_string().contains("also a use of X"), "{problems}");
    }
}
