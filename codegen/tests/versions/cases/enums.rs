//! Changes of enums: values, clashes, shared sets.

use serde_json::json;

use super::{Case, case};
use crate::document::{list, one_of, reference, string};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("a value is added", |document| document.values("Contact", "gender").push(json!("Diverse")))
            .added("ContactGender|Contact.gender", &["`Diverse`"])
            .may_mention("Contact.gender")
            .may_mention("ContactGender"),
        case("a value is removed", |document| document.values("Contact", "gender").truncate(1))
            .breaking("ContactGender|Contact.gender", &["`Male`"])
            .may_mention("Contact.gender")
            .breaks("let _ = ContactGender::Male;"),
        case("a value is added to one of two fields that share a type", |document| {
            document.values("Ticket", "impact").push(json!("Urgent"));
        })
        .added("TicketLevel|Ticket.impact", &["`Urgent`"])
        .may_mention("Ticket.impact")
        .may_mention("TicketLevel")
        .compiles("let level: TicketLevel = TicketLevel::Low; let _ = Ticket { severity: Some(level.clone()), impact: Some(level), ..Default::default() };"),
        case("a value is added to the other of two fields that share a type", |document| {
            document.values("Ticket", "severity").push(json!("Urgent"));
        })
        .added("TicketLevel|Ticket.severity", &["`Urgent`"])
        .may_mention("Ticket.severity")
        .may_mention("TicketLevel")
        .compiles("let level: TicketLevel = TicketLevel::Low; let _ = Ticket { severity: Some(level.clone()), impact: Some(level), ..Default::default() };"),
        case("a value is added to both fields that share a type", |document| {
            document.values("Ticket", "severity").push(json!("Urgent"));
            document.values("Ticket", "impact").push(json!("Urgent"));
        })
        .added("TicketLevel|Ticket.severity", &["`Urgent`"])
        .may_mention("Ticket.severity")
        .may_mention("Ticket.impact"),
        case("a value is removed from one of two fields that share a type", |document| document.values("Ticket", "impact").truncate(2))
            .reported("Ticket.impact|TicketLevel", &["`High`"])
            .may_mention("Ticket.impact")
            .compiles("let level: TicketLevel = TicketLevel::High; let _ = Ticket { severity: Some(level.clone()), impact: Some(level), ..Default::default() };"),
        case("a value is removed from both fields that share a type", |document| {
            document.values("Ticket", "severity").truncate(2);
            document.values("Ticket", "impact").truncate(2);
        })
        .breaking("TicketLevel|Ticket.severity", &["`High`"])
        .consequences("Ticket.impact")
        .may_mention("Ticket.severity")
        .may_mention("Ticket.impact")
        .breaks("let _ = TicketLevel::High;"),
        case("a field that shares a type gets other values", |document| {
            *document.values("Ticket", "impact") = vec![json!("None"), json!("All")];
        })
        .reported("TicketLevel|Ticket.impact", &[])
        .may_mention("Ticket.impact")
        .may_mention("TicketLevel")
        .compiles("let _ = Ticket { severity: Some(TicketLevel::Low), ..Default::default() };"),
        case("a field with the values of another type is added", |document| {
            document.set("TicketTask", "level", one_of(&["Low", "Medium", "High"]));
        })
        .added("TicketTask.level", &["enum"])
        .may_mention("TicketTaskLevel"),
        case("a field with an enum is added", |document| document.set("Contact", "origin", one_of(&["Web", "Fair"])))
            .added("Contact.origin", &["enum"])
            .added("ContactOrigin", &["enum"]),
        case("a list of an enum is added", |document| document.set("Contact", "origins", list(one_of(&["Web", "Fair"]))))
            .added("Contact.origins", &["list of enum"])
            .added("ContactOrigins", &["enum"]),
        case("a field with an enum is removed", |document| document.unset("Contact", "gender"))
            .breaking("Contact.gender", &["removed"])
            .breaking("ContactGender", &["removed"])
            .breaks("let _ = ContactGender::Male;"),
        case("one of two fields that share a type is removed", |document| document.unset("Ticket", "impact"))
            .breaking("Ticket.impact", &["removed"])
            .breaks("let _ = Ticket { impact: None, ..Default::default() };")
            .compiles("let _ = Ticket { severity: Some(TicketLevel::Low), ..Default::default() };"),
        case("an enum becomes a string", |document| document.set("Contact", "gender", string()))
            .breaking("Contact.gender", &["string"])
            .breaking("ContactGender", &["removed"])
            .breaks("let _ = Contact { gender: Some(\"Male\".into()), ..Default::default() }.gender.map(|gender: ContactGender| gender);"),
        case("a string becomes an enum", |document| document.set("Contact", "nickName", one_of(&["Annie", "Bob"])))
            .breaking("Contact.nickName", &["string", "enum"])
            .added("ContactNickName", &["enum"])
            .breaks("let _ = Contact { nick_name: Some(String::new()), ..Default::default() };"),
        case("values change places", |document| document.values("Member", "licenseClass").reverse()),
        case("null is a value", |document| document.values("Member", "licenseClass").push(json!(null))),
        case("a value is listed twice", |document| document.values("Member", "licenseClass").push(json!("A"))),
        case("a value changes in letter case", |document| *document.values("Ticket", "source") = vec![json!("EMAIL"), json!("Phone")])
            .changed("TicketSource|Ticket.source", &["`Email`", "`EMAIL`"])
            .may_mention("Ticket.source"),
        case("a value has the variant of another one", |document| document.values("Ticket", "source").push(json!("phone")))
            .added("TicketSource|Ticket.source", &["`phone`"])
            .may_mention("Ticket.source"),
        case("a value has the variant of another one apart from a sign", |document| {
            document.values("Ticket", "source").extend([json!("a b"), json!("a-b")]);
        })
        .added("TicketSource|Ticket.source", &["`a b`", "`a-b`"])
        .may_mention("Ticket.source"),
        case("values are added that Rust cannot name", |document| {
            document.values("Ticket", "source").extend(["Self", "", "größe", "c#", "2fa", "%", "Unrecognized"].map(|value| json!(value)));
        })
        .added("TicketSource|Ticket.source", &["größe", "c#", "2fa"])
        .may_mention("Ticket.source"),
        case("an enum with values that clash is added", |document| document.set("Contact", "state", one_of(&["a b", "a-b"])))
            .added("Contact.state", &[])
            .may_mention("ContactState"),
        case("an enum with values that Rust cannot name is added", |document| {
            document.set("Contact", "state", one_of(&["Self", "", "größe", "c#", "2fa", "@odata.type", "%", "Unrecognized"]));
        })
        .added("Contact.state", &[])
        .may_mention("ContactState"),
        case("an enum of numbers is added", |document| {
            document.set("Contact", "rank", json!({"type": "integer", "format": "int32", "enum": [1, 2, 3]}));
        })
        .added("Contact.rank", &["integer"]),
        case("an enum of numbers and strings is added", |document| {
            document.set("Contact", "rank", json!({"enum": [1, "two", true]}));
        })
        .decision("/components/schemas/Contact/properties/rank", &["enum"])
        .added("Contact.rank", &[]),
        case("an enum without values is added", |document| document.set("Contact", "rank", json!({"type": "string", "enum": []})))
            .added("Contact.rank", &[]),
        case("an enum that is only null is added", |document| document.set("Contact", "rank", json!({"type": "string", "enum": [null]})))
            .added("Contact.rank", &[]),
        case("a named enum is added", |document| {
            document.schemas().insert("Colour".into(), json!({"type": "string", "enum": ["Red", "Blue"]}));
            document.set("Contact", "colour", reference("Colour"));
        })
        .added("Contact.colour", &["enum"])
        .added("Colour", &["enum"]),
        case("a new schema has the name of an enum", |document| {
            document.schemas().insert("TicketSource".into(), crate::document::object(json!({"name": string()})));
            document.set("Contact", "origin", reference("TicketSource"));
        })
        .decision("TicketSource", &[])
        .added("Contact.origin", &[])
        .added("*", &["struct"]),
        case("a new enum has the name of a schema", |document| {
            document.schemas().insert("ContactOrigin".into(), crate::document::object(json!({"name": string()})));
            document.set("Contact", "origin", one_of(&["Web", "Fair"]));
        })
        .decision("ContactOrigin", &[])
        .added("Contact.origin", &["enum"])
        .added("*", &["enum"])
        .added("ContactOrigin", &["struct"]),
    ]
}
