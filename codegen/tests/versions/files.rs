//! Files that are not a document, or not one that the importer can read: each is rejected with its location, or accepted
//! without a change.

use std::time::Duration;

use serde_json::{Value, json};

use crate::adopt::{self, Decisions, Version};
use crate::document::{Document, base, list, reference, string};
use crate::isolated;

fn import(text: &str) -> Result<Version, String> {
    adopt::import(text, &Decisions::of_the_small_document())
        .map_err(|decisions| decisions.iter().map(|decision| format!("{}\n", decision.text)).collect())
}

/// Returns the text of the small document after an edit.
fn edited(edit: impl FnOnce(&mut Document)) -> String {
    let mut document = base();
    edit(&mut document);
    document.text()
}

#[test]
fn a_byte_order_mark_and_whitespace_are_no_change() {
    let plain = import(&base().text()).unwrap();
    let pretty = format!("{:#}\r\n", base().0);
    for text in [format!("\u{feff}{}", base().text()), pretty.replace('\n', "\r\n"), pretty] {
        assert_eq!(import(&text).unwrap().psa, plain.psa);
    }
}

#[test]
fn duplicate_keys_are_reported_with_their_place() {
    let text = base().text();
    let first = "\"/service/info/boards\":";
    assert!(text.contains(first));
    let mut wrong = Vec::new();
    for (text, expected) in [
        (text.replacen(first, &format!("{first}{{}},{first}"), 1), "/service/info/boards"),
        (text.replacen("\"Count\":", "\"Count\":{},\"Count\":", 1), "Count"),
        (text.replacen("\"operationId\":", "\"operationId\":\"other\",\"operationId\":", 1), "operationId"),
        (text.replacen("\"nickName\":", "\"nickName\":{\"type\":\"integer\"},\"nickName\":", 1), "nickName"),
        (text.replacen("\"openapi\":", "\"openapi\":\"3.0.1\",\"openapi\":", 1), "openapi"),
    ] {
        match import(&text) {
            Ok(_) => wrong.push(format!("{expected} is listed twice, and nobody notices")),
            Err(message) if message.contains(expected) && message.contains("twice") => {}
            Err(message) => wrong.push(format!("{expected}: {message}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn other_files_are_rejected() {
    let set = |pointer: &str, value: Value| edited(|document| *document.0.pointer_mut(pointer).unwrap() = value);
    let without = |parent: &str, key: &str| {
        edited(|document| drop(document.0.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key)))
    };
    let base = base().text();
    let mut wrong = Vec::new();
    for (name, text, expected) in [
        ("nothing", String::new(), "JSON"),
        ("a page", "<!DOCTYPE html><html><body>Sign in</body></html>".to_owned(), "JSON"),
        ("a part", base.get(..base.len() / 2).unwrap().to_owned(), "JSON"),
        ("two documents", format!("{base}{base}"), "JSON"),
        ("YAML", "openapi: 3.0.1\npaths: {}\n".to_owned(), "JSON"),
        ("a list", "[]".to_owned(), "OpenAPI"),
        ("a string", "\"openapi\"".to_owned(), "OpenAPI"),
        ("Swagger 2", json!({"swagger": "2.0", "paths": {}}).to_string(), "Swagger"),
        ("OpenAPI 3.1", set("/openapi", json!("3.1.0")), "3.1.0"),
        ("no OpenAPI version", without("", "openapi"), "openapi"),
        ("no API version", without("/info", "version"), "version"),
        ("a version with a line break", set("/info/version", json!("2030.1\r\nX-Other: 1")), "version"),
        ("no paths", without("", "paths"), "paths"),
        ("paths as a list", set("/paths", json!([])), "paths"),
        ("no components", without("", "components"), "schemas"),
        ("no schemas", without("/components", "schemas"), "schemas"),
        ("a path without an object", set("/paths/~1service~1info~1boards", json!(5)), "/service/info/boards"),
        ("a schema without an object", set("/components/schemas/Count", json!([])), "Count"),
        (
            "parameters as an object",
            set("/paths/~1service~1info~1boards/get/parameters", json!({})),
            "/service/info/boards",
        ),
        ("responses as a list", set("/paths/~1service~1info~1boards/get/responses", json!([])), "/service/info/boards"),
        ("an operation as a list", set("/paths/~1service~1info~1boards/get", json!([])), "/service/info/boards"),
        ("properties as a list", set("/components/schemas/Count/properties", json!([])), "Count"),
        ("a property as a string", set("/components/schemas/Count/properties/count", json!("integer")), "Count"),
        ("values as a string", set("/components/schemas/Ticket/properties/source/enum", json!("Email")), "source"),
        ("required as a string", set("/components/schemas/Contact/required", json!("firstName")), "Contact"),
    ] {
        match import(&text) {
            Ok(_) => wrong.push(format!("{name} is accepted")),
            Err(message) if message.contains(expected) => {}
            Err(message) => wrong.push(format!("{name}: {message}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn deep_nesting_is_rejected_without_a_stack_overflow() {
    for text in ["[".repeat(100_000), "{\"openapi\":".repeat(100_000)] {
        let message = import(&text).err().unwrap();
        assert!(message.contains("recursion limit") || message.contains("nested"), "{message}");
    }
    // Each alias adds one level, so that the expanded schema is nested deeper than JSON can be.
    let text = edited(|document| {
        for level in 0..5_000 {
            document.schemas().insert(format!("Level{level}"), list(reference(&format!("Level{}", level + 1))));
        }
        document.schemas().insert("Level5000".into(), string());
        document.set("Contact", "deep", reference("Level0"));
    });
    in_a_child("deep", &text, "nested|limit|deep");
}

#[test]
fn aliases_that_refer_to_each_other_are_rejected() {
    let text = edited(|document| {
        document.schemas().insert("A".into(), reference("B"));
        document.schemas().insert("B".into(), reference("A"));
        document.set("Contact", "circle", reference("A"));
    });
    in_a_child("circle", &text, "itself|each other");
}

#[test]
fn a_document_that_expands_without_end_hits_a_limit() {
    // Each schema has the next one twice: the last one occurs 2^40 times.
    let text = edited(|document| {
        for level in 0..40 {
            let next = reference(&format!("Level{}", level + 1));
            document
                .schemas()
                .insert(format!("Level{level}"), json!({"type": "array", "items": next, "additionalProperties": next}));
        }
        document.schemas().insert("Level40".into(), string());
        document.set("Contact", "large", reference("Level0"));
    });
    in_a_child("large", &text, "limit|large");
}

/// Imports a document that may use up the stack or the memory in a process of its own, and checks its message.
fn in_a_child(name: &str, text: &str, expected: &str) {
    let message =
        isolated::run("files::child", text, Duration::from_secs(10)).unwrap_or_else(|end| panic!("{name}: {end}"));
    assert!(expected.split('|').any(|word| message.contains(word)), "{name}: {message}");
}

/// Only for [`in_a_child`]: imports the document, and returns the message.
#[test]
fn child() {
    isolated::child(|text| import(text).err().unwrap_or_else(|| "accepted".to_owned()));
}
