//! A name in Rust never changes the name in JSON: a program that reads and writes records with names that clash, or that
//! Rust cannot name, through the generated code.

use serde_json::json;

use crate::adopt::{self, Decisions};
use crate::document::{base, integer, query, string};
use crate::isolated;
use crate::workspace::Workspace;

/// Names of properties. Some differ in letter case only, others are keywords or not names at all.
const PROPERTIES: [&str; 14] = [
    "fooBar",
    "FooBar",
    "foo_bar",
    "FOOBAR",
    "@odata.type",
    "größe",
    "c#",
    "2fa",
    "type",
    "self",
    "Self",
    "%",
    "info",
    "a b",
];

/// Values of an enum with the same difficulties.
const VALUES: [&str; 12] =
    ["Email", "email", "E-mail", "a b", "a-b", "Self", "", "größe", "c#", "2fa", "Unrecognized", "@odata.type"];

/// Names of parameters with the same difficulties.
const PARAMETERS: [&str; 6] = ["record_id", "RecordID", "größe", "@type", "2fa", "body"];

/// The program. The arrays of the names are in front of it.
const PROGRAM: &str = r#"
use bindings::types::{Contact, Ticket, TicketSource};
use connectwise_psa_core::serde_json::{Map, Value, from_str, from_value, json, to_value};

fn main() {
    // Each property keeps its own value, in both orders.
    for reversed in [false, true] {
        let mut names: Vec<&str> = PROPERTIES.to_vec();
        if reversed {
            names.reverse();
        }
        let text = format!("{{{}}}", names.iter().map(|name| format!("{:?}: {:?}", name, format!("value of {name}"))).collect::<Vec<_>>().join(", "));
        let contact: Contact = from_str(&text).unwrap();
        assert_eq!(to_value(&contact).unwrap(), from_str::<Value>(&text).unwrap());
    }
    // Each property alone is written alone.
    for name in PROPERTIES {
        let value = json!({name: "alone"});
        let contact: Contact = from_value(value.clone()).unwrap();
        assert_eq!(to_value(&contact).unwrap(), value, "{name}");
    }
    // Letter case is ignored only if no name matches exactly.
    let contact: Contact = from_value(json!({"NICKNAME": "Annie"})).unwrap();
    assert_eq!(contact.nick_name.as_deref(), Some("Annie"));
    // Each value has a variant of its own, and is written as it was read.
    for value in VALUES {
        let ticket: Ticket = from_value(json!({"source": value})).unwrap();
        let source = ticket.source.clone().unwrap();
        assert!(!matches!(source, TicketSource::Unrecognized(_)), "{value:?}");
        assert_eq!(source.as_str(), value);
        assert_eq!(to_value(&ticket).unwrap(), json!({"source": value}));
    }
    assert!(matches!(TicketSource::from("Fax"), TicketSource::Unrecognized(_)));
    println!("{} properties and {} values", PROPERTIES.len(), VALUES.len());
}
"#;

#[test]
fn json_names_are_read_and_written_exactly() {
    isolated::on_large_stack(read_and_write);
}

fn read_and_write() {
    let mut document = base();
    let old = adopt::import(&document.text(), &Decisions::of_the_small_document()).unwrap();
    for name in PROPERTIES {
        document.set("Contact", name, string());
    }
    *document.values("Ticket", "source") = VALUES.map(|value| json!(value)).to_vec();
    for name in PARAMETERS {
        document.parameters("GET /system/documents").push(query(name, integer()));
    }
    let version = adopt::import(&document.text(), &old.decisions)
        .unwrap_or_else(|decisions| panic!("every name has to be found without a person: {decisions:#?}"));
    let bindings = adopt::render(&version).into_values().collect::<String>();
    for name in PARAMETERS {
        assert!(bindings.contains(&format!("{name:?}")), "no code sends the parameter `{name}`");
    }
    let mut workspace = Workspace::new("json-names");
    let program = workspace.add(
        &version,
        "json_names",
        &format!(
            "const PROPERTIES: [&str; {}] = {PROPERTIES:?};\nconst VALUES: [&str; {}] = {VALUES:?};\n{PROGRAM}",
            PROPERTIES.len(),
            VALUES.len()
        ),
    );
    let output = workspace.run(&program).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(output.trim(), format!("{} properties and {} values", PROPERTIES.len(), VALUES.len()));
}
