//! Every type can be deserialised from the JSON that the server sends: with fields that are null, absent or unknown,
//! with names in another letter case, and with unknown enum values. Serialising it gives the same JSON, without the fields that are null or unknown.

use std::fmt::Debug;

use connectwise_psa_core::json::Object;
use connectwise_psa_core::serde_json::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, json};

use crate::generated::all_types::{ENUMS, OBJECTS};
use crate::openapi::{referenced, schema};
use crate::samples::{self, Options, SECRET};

/// A check of one type. The argument is the name of its schema.
pub(crate) type Check = fn(&str);

const UNKNOWN: &str = "Brand New Value";

#[test]
fn every_object_reads_and_writes_the_json_of_the_server() {
    for (name, check) in OBJECTS {
        check(name);
    }
    println!("{} types", OBJECTS.len());
}

#[test]
fn every_enum_has_the_documented_values_and_keeps_other_ones() {
    for (name, check, values) in ENUMS {
        let documented: Vec<&str> =
            schema(name)["enum"].as_array().expect("an enum").iter().filter_map(Value::as_str).collect();
        assert_eq!(documented, **values, "{name}");
        check(name);
    }
}

#[test]
fn every_schema_has_a_generated_type_or_a_type_in_core() {
    let names = || OBJECTS.iter().map(|(name, _)| *name).chain(ENUMS.iter().map(|(name, ..)| *name));
    let schemas = crate::openapi::DOCUMENT["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas.iter().filter(|(name, _)| !names().any(|known| known == **name)) {
        let in_core =
            schema["x-reference"] == "plain" || schema.get("properties").is_none() || name == "PatchOperation";
        assert!(in_core, "{name} has no type");
    }
}

/// Deserialises a value from text, as the client does with a response.
fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    serde_json::from_slice(value.to_string().as_bytes()).map_err(|error| format!("{name}: {error}"))
}

fn serialised<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("every type can be serialised")
}

/// Checks one object type.
pub(crate) fn check_object<T: Object + DeserializeOwned + Serialize + Debug + Default + PartialEq>(name: &str) {
    let properties = schema(name)["properties"].as_object().expect("an object");
    let nulls: Map<String, Value> = properties.keys().map(|field| (field.clone(), Value::Null)).collect();
    for empty in [json!({}), Value::Object(nulls)] {
        let value: T = read(name, &empty).unwrap();
        assert!(value == T::default(), "{name}");
        assert_eq!(serialised(&value), json!({}), "{name}");
    }

    let full = samples::of(name);
    let value: T = read(name, &full).unwrap();
    assert_eq!(serialised(&value), full, "{name}: serialising gives the same JSON");

    let fields = full.as_object().expect("an object").iter();
    let upper: Map<String, Value> = fields.map(|(field, value)| (field.to_ascii_uppercase(), value.clone())).collect();
    let upper = read::<T>(name, &Value::Object(upper)).unwrap();
    assert_eq!(serialised(&upper), full, "{name}: names are read in any letter case");

    let mut newer = full.clone();
    newer["brandNewField"] = json!({"deep": [1, null]});
    newer["anotherOne"] = Value::Null;
    assert_eq!(serialised(&read::<T>(name, &newer).unwrap()), full, "{name}: unknown fields are ignored");

    let unknown = samples::with_options(name, Options { enum_value: Some(UNKNOWN) });
    assert_eq!(serialised(&read::<T>(name, &unknown).unwrap()), unknown, "{name}: unknown enum values are kept");

    assert!(!format!("{value:?}").contains(SECRET), "{name}: `Debug` prints a secret");
    check_errors::<T>(name, properties);
    check_lengths::<T>(name, properties);
}

/// Checks that the error for a value of the wrong type names the field. Uses the first number or boolean of the type.
fn check_errors<T: DeserializeOwned>(name: &str, properties: &Map<String, Value>) {
    for (field, property) in properties {
        let is_scalar = ["integer", "number", "boolean"].contains(&property["type"].as_str().unwrap_or_default());
        if is_scalar {
            let error = read::<T>(name, &json!({field: [{"x": 1}]}))
                .err()
                .unwrap_or_else(|| panic!("{name}.{field}: an array was read"));
            assert!(error.contains(&format!("`{field}`")), "{name}.{field}: {error}");
            return;
        }
    }
}

/// Checks that a string of the maximum length passes, that one more character fails, and that the error names the field
/// and the limit.
fn check_lengths<T: Object + DeserializeOwned>(name: &str, properties: &Map<String, Value>) {
    for (field, property) in properties {
        let Some(limit) = property["maxLength"].as_u64().and_then(|limit| usize::try_from(limit).ok()) else {
            continue;
        };
        if referenced(property).is_some() {
            continue;
        }
        let with = |length: usize| read::<T>(name, &json!({field: "x".repeat(length)})).unwrap().check_lengths();
        assert!(with(limit).is_ok(), "{name}.{field}");
        let error = with(limit + 1).expect_err("longer than the limit").to_string();
        assert!(error.contains(field.as_str()) && error.contains(&limit.to_string()), "{name}.{field}: {error}");
    }
}

/// Checks one enum.
pub(crate) fn check_enum<T: DeserializeOwned + Serialize + Debug + PartialEq>(name: &str) {
    let values = schema(name)["enum"].as_array().expect("an enum").iter().filter_map(Value::as_str);
    for text in values.chain([UNKNOWN, "", "LOWER and UPPER"]) {
        let value: T = read(name, &json!(text)).unwrap();
        assert_eq!(serialised(&value), json!(text), "{name}");
    }
}
