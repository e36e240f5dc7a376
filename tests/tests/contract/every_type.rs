//! Every type survives what the server sends: members null, absent, unknown, enum values nobody knows; and writes back
//! what it read.

use std::fmt::Debug;

use connectwise_psa_core::json::Object;
use connectwise_psa_core::serde_json::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, json};

use crate::description::{referred, schema};
use crate::generated::all_types::{ENUMS, OBJECTS};
use crate::samples::{self, Choice, SECRET};

/// A check of one type, given its schema's name.
pub(crate) type Check = fn(&str);

const UNKNOWN: &str = "Brand New Value";

#[test]
fn every_object() {
    for (name, check) in OBJECTS {
        check(name);
    }
    println!("{} of {} types", OBJECTS.len(), OBJECTS.len());
}

#[test]
fn every_enum() {
    for (name, check, values) in ENUMS {
        let described: Vec<&str> =
            schema(name)["enum"].as_array().expect("an enum").iter().filter_map(Value::as_str).collect();
        assert_eq!(described, **values, "{name}");
        check(name);
    }
}

#[test]
fn every_schema_is_a_type_or_has_one_in_core() {
    let names = || OBJECTS.iter().map(|(name, _)| *name).chain(ENUMS.iter().map(|(name, ..)| *name));
    let schemas = crate::description::PSA["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas.iter().filter(|(name, _)| !names().any(|known| known == **name)) {
        let in_core =
            schema["x-reference"] == "plain" || schema.get("properties").is_none() || name == "PatchOperation";
        assert!(in_core, "{name} has no type");
    }
}

/// Reads text as a page would be read.
fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    serde_json::from_slice(value.to_string().as_bytes()).map_err(|error| format!("{name}: {error}"))
}

fn written<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("every type is written")
}

/// The check of one object type.
pub(crate) fn check_object<T: Object + DeserializeOwned + Serialize + Debug + Default + PartialEq>(name: &str) {
    let properties = schema(name)["properties"].as_object().expect("an object");
    let nulls: Map<String, Value> = properties.keys().map(|member| (member.clone(), Value::Null)).collect();
    for empty in [json!({}), Value::Object(nulls)] {
        let value: T = read(name, &empty).unwrap();
        assert!(value == T::default(), "{name}");
        assert_eq!(written(&value), json!({}), "{name}");
    }

    let full = samples::of(name);
    let value: T = read(name, &full).unwrap();
    assert_eq!(written(&value), full, "{name}: what was read is written");

    let mut newer = full.clone();
    newer["brandNewMember"] = json!({"deep": [1, null]});
    newer["anotherOne"] = Value::Null;
    assert_eq!(written(&read::<T>(name, &newer).unwrap()), full, "{name}: unknown members are ignored");

    let unknown = samples::with_choice(name, Choice { enum_value: Some(UNKNOWN) });
    assert_eq!(written(&read::<T>(name, &unknown).unwrap()), unknown, "{name}: unknown enum values are kept");

    assert!(!format!("{value:?}").contains(SECRET), "{name}: a credential is printed");
    check_errors::<T>(name, properties);
    check_lengths::<T>(name, properties);
}

/// A member of the wrong form names itself.
fn check_errors<T: DeserializeOwned>(name: &str, properties: &Map<String, Value>) {
    for (member, property) in properties {
        let is_scalar = ["integer", "number", "boolean"].contains(&property["type"].as_str().unwrap_or_default());
        if is_scalar {
            let error = read::<T>(name, &json!({member: [{"x": 1}]}))
                .err()
                .unwrap_or_else(|| panic!("{name}.{member}: an array was read"));
            assert!(error.contains(&format!("`{member}`")), "{name}.{member}: {error}");
            return;
        }
    }
}

/// The longest text passes, one more character does not, and the error names the member.
fn check_lengths<T: Object + DeserializeOwned>(name: &str, properties: &Map<String, Value>) {
    for (member, property) in properties {
        let Some(limit) = property["maxLength"].as_u64().and_then(|limit| usize::try_from(limit).ok()) else {
            continue;
        };
        if referred(property).is_some() {
            continue;
        }
        let with = |length: usize| read::<T>(name, &json!({member: "x".repeat(length)})).unwrap().check_lengths();
        assert!(with(limit).is_ok(), "{name}.{member}");
        let error = with(limit + 1).expect_err("longer than the limit").to_string();
        assert!(error.contains(member.as_str()) && error.contains(&limit.to_string()), "{name}.{member}: {error}");
    }
}

/// The check of one enum.
pub(crate) fn check_enum<T: DeserializeOwned + Serialize + Debug + PartialEq>(name: &str) {
    let values = schema(name)["enum"].as_array().expect("an enum").iter().filter_map(Value::as_str);
    for text in values.chain([UNKNOWN, "", "LOWER and UPPER"]) {
        let value: T = read(name, &json!(text)).unwrap();
        assert_eq!(written(&value), json!(text), "{name}");
    }
}
