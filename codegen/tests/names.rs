//! Tests of the names in the committed openapi/names.toml and psa.json: they stay when the API or a rule changes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking and reports its counts"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use connectwise_psa_codegen::import;
use connectwise_psa_codegen::names::{self, Lexicon, listing};
use connectwise_psa_codegen::problem::Problems;
use serde_json::{Value, json};

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi").join(name)).unwrap()
}

fn committed() -> (Value, Lexicon) {
    (serde_json::from_str(&read("psa.json")).unwrap(), names::read(&read("names.toml")).unwrap())
}

/// The schema of a property or parameter, if it refers to an enum.
struct Use {
    pointer: String,
    name: String,
    values: Value,
}

/// Adds all uses of enums in a schema, also in its lists and maps.
fn find(pointer: &str, schema: &Value, schemas: &Value, into: &mut Vec<Use>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/")) {
        if schemas[name]["enum"].is_array() {
            let own = schema.get("x-values").unwrap_or(&schemas[name]["enum"]);
            into.push(Use { pointer: pointer.to_owned(), name: name.to_owned(), values: own.clone() });
        }
        return;
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key) {
            find(&format!("{pointer}/{key}"), inner, schemas, into);
        }
    }
}

fn uses(psa: &Value) -> Vec<Use> {
    let (schemas, mut uses) = (&psa["components"]["schemas"], Vec::new());
    for (name, schema) in schemas.as_object().unwrap() {
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            find(&format!("/components/schemas/{name}/properties/{property}"), schema, schemas, &mut uses);
        }
    }
    for (path, item) in psa["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (index, parameter) in operation["parameters"].as_array().into_iter().flatten().enumerate() {
                let path = path.replace('/', "~1");
                let pointer = format!("/paths/{path}/{method}/parameters/{index}/schema");
                find(&pointer, &parameter["schema"], schemas, &mut uses);
            }
        }
    }
    uses
}

/// Returns a document with only the properties and operations that have an enum. Naming it takes a millisecond.
fn reduced(psa: &Value) -> Value {
    let has_enum: Vec<String> = uses(psa).into_iter().map(|found| found.pointer).collect();
    let mut reduced = psa.clone();
    reduced["paths"].as_object_mut().unwrap().retain(|path, item| {
        item.as_object_mut().unwrap().retain(|method, _| {
            let pointer = format!("/paths/{}/{method}/", path.replace('/', "~1"));
            has_enum.iter().any(|other| other.starts_with(&pointer))
        });
        !item.as_object().unwrap().is_empty()
    });
    reduced["components"]["schemas"].as_object_mut().unwrap().retain(|name, schema| {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|property, _| {
                let pointer = format!("/components/schemas/{name}/properties/{property}");
                has_enum.iter().any(|other| *other == pointer || other.starts_with(&format!("{pointer}/")))
            });
            schema.as_object_mut().unwrap().remove("x-required-on-create");
        }
        schema.get("properties").is_some() || schema.get("enum").is_some()
    });
    reduced
}

fn names_of_uses(psa: &Value) -> BTreeMap<String, String> {
    uses(psa).into_iter().map(|found| (found.pointer, found.name)).collect()
}

#[test]
fn every_word_of_the_paths_is_known() {
    let (mut psa, mut lexicon) = committed();
    lexicon.operations.clear();
    let unknown = |psa: &mut Value, lexicon: &Lexicon| {
        let mut problems = Problems::default();
        names::assign(psa, &mut lexicon.clone(), &mut problems);
        problems.0.into_iter().map(|problem| problem.message).filter(|message| message.ends_with("is unknown")).count()
    };
    assert_eq!(unknown(&mut psa, &lexicon), 0);
    lexicon.compounds.remove("purchaseorders");
    assert_eq!(unknown(&mut psa, &lexicon), 1, "a word asks once, although many operations have it");
}

#[test]
fn no_two_operations_of_a_section_differ_only_by_an_s() {
    let (psa, lexicon) = committed();
    let names: BTreeSet<(String, String)> =
        listing::list(&psa, &lexicon).into_iter().filter_map(|listed| Some((listed.section?, listed.name))).collect();
    assert!(names.len() > 3_000);
    let confusable = |(section, name): &&(String, String)| {
        name.match_indices('_').map(|(at, _)| at).chain([name.len()]).any(|at| {
            let other = format!("{}s{}", &name[..at], &name[at..]);
            names.contains(&(section.clone(), other))
        })
    };
    assert_eq!(names.iter().filter(confusable).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

#[test]
fn a_value_that_is_added_to_one_enum_renames_no_type() {
    let (psa, mut lexicon) = committed();
    let document = reduced(&psa);
    let ids = document["paths"].to_string();
    lexicon.operations.values_mut().for_each(|names| {
        names.retain(|_, line| {
            line.rsplit_once('(').is_some_and(|(_, id)| ids.contains(&format!("\"{}\"", id.trim_end_matches(')'))))
        });
    });
    let before = names_of_uses(&document);
    assert_eq!(before, names_of_uses(&psa), "the reduced document has all uses");
    assert!(before.len() > 300, "{}", before.len());
    for added in uses(&document) {
        let mut changed = document.clone();
        let mut values = added.values.as_array().unwrap().clone();
        values.push(json!("ValueOfANewVersion"));
        changed.pointer_mut(&added.pointer).unwrap()["x-values"] = json!(values);
        let names = import::rename(&mut changed, &lexicon).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(names_of_uses(&changed), before, "{}", added.pointer);
        assert_eq!(names.enums, lexicon.enums, "{}", added.pointer);
        let values = changed["components"]["schemas"][&added.name]["enum"].as_array().unwrap();
        assert!(values.contains(&json!("ValueOfANewVersion")), "{}", added.pointer);
    }
    println!("added a value to each of {} properties and parameters", before.len());
}

#[test]
fn the_names_do_not_depend_on_the_rules() {
    let (psa, mut lexicon) = committed();
    // Other words would give most operations other names.
    lexicon.compounds.clear();
    lexicon.sections.clear();
    let mut renamed = psa.clone();
    import::rename(&mut renamed, &lexicon).unwrap_or_else(|problems| panic!("{problems}"));
    let names = |document: &Value| -> Vec<String> {
        let items = document["paths"].as_object().unwrap().values();
        items
            .flat_map(|item| item.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&renamed), names(&psa));
    assert_eq!(names_of_uses(&renamed), names_of_uses(&psa));
}

#[test]
fn a_name_is_changed_in_names_toml_alone() {
    let (mut psa, mut lexicon) = committed();
    let service = lexicon.operations.get_mut("service").unwrap();
    let line = service.remove("list_tickets").unwrap();
    service.insert("list_service_tickets".into(), line);
    let uses = lexicon.enums.remove("SeverityLevel").unwrap();
    lexicon.enums.insert("TicketLevel".into(), uses);
    lexicon.fields.insert("Ticket.summary".into(), "title".into());
    lexicon.types.insert("Board".into(), "ServiceBoard".into());
    let names = import::rename(&mut psa, &lexicon).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(names, lexicon);
    assert_eq!(psa["paths"]["/service/tickets"]["get"]["operationId"], "service_list_service_tickets");
    let schemas = &psa["components"]["schemas"];
    assert_eq!(schemas["Ticket"]["properties"]["impact"]["$ref"], "#/components/schemas/TicketLevel");
    assert_eq!(schemas["Ticket"]["properties"]["summary"]["x-rust-name"], "title");
    assert_eq!(schemas["ServiceBoard"]["x-vendor-name"], "Board");
    assert!(schemas.get("SeverityLevel").is_none() && schemas.get("Board").is_none());
}
