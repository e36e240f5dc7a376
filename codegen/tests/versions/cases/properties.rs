//! Changes of properties: their types, facts and names.

use serde_json::json;

use super::{Case, case};
use crate::document::{boolean, described, integer, list, number, object, reference, string, timestamp};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = types();
    cases.extend(facts());
    cases.extend(names());
    cases
}

fn types() -> Vec<Case> {
    vec![
        case("a property is added", |document| document.set("Contact", "website", string()))
            .added("Contact.website", &["string"]),
        case("a property is removed", |document| document.unset("Contact", "nickName"))
            .breaking("Contact.nickName", &["removed"])
            .breaks("let _ = Contact { nick_name: None, ..Default::default() };")
            .breaks("company.list_contacts().filter(|contact| contact.nick_name().eq(\"x\"));"),
        case("a property gets another name", |document| {
            document.unset("Contact", "nickName");
            document.set("Contact", "alias", string());
        })
        .breaking("Contact.nickName", &["removed"])
        .added("Contact.alias", &["string"])
        .breaks("let _ = Contact::fields().nick_name();"),
        case("a property changes in letter case", |document| {
            document.unset("Contact", "nickName");
            document.set("Contact", "NickName", string());
        })
        .changed("Contact.NickName|Contact.nickName", &["NickName"]),
        case("an integer gets 64 bits", |document| document.property("Ticket", "ordinal")["format"] = json!("int64"))
            .breaking("Ticket.ordinal", &["int32", "int64"])
            .breaks("let ordinal: i32 = 3; let _ = Ticket { ordinal: Some(ordinal), ..Default::default() };")
            .compiles("let _ = Ticket { ordinal: Some(3), ..Default::default() };"),
        case("an integer becomes a number", |document| document.set("Ticket", "ordinal", number()))
            .breaking("Ticket.ordinal", &["integer", "number"])
            .breaks("let _ = Ticket { ordinal: Some(3), ..Default::default() };"),
        case("a number becomes a string", |document| document.set("Ticket", "budgetHours", string()))
            .breaking("Ticket.budgetHours", &["number", "string"])
            .breaks("service.list_tickets().filter(|ticket| ticket.budget_hours().lt(2.5));"),
        case("a string becomes a timestamp", |document| document.set("Ticket", "poNumber", timestamp()))
            .breaking("Ticket.poNumber", &["string", "timestamp"])
            .breaks("service.list_tickets().filter(|ticket| ticket.po_number().contains(\"1\"));"),
        case("a timestamp becomes a string", |document| document.set("Ticket", "requiredDate", string()))
            .breaking("Ticket.requiredDate", &["timestamp", "string"])
            .breaks("let date: DateTime = DateTime::default(); let _ = Ticket { required_date: Some(date), ..Default::default() };"),
        case("a timestamp becomes a date", |document| document.property("Ticket", "requiredDate")["format"] = json!("date"))
            .breaking("Ticket.requiredDate", &["timestamp", "date"])
            .breaks("let date: DateTime = DateTime::default(); let _ = Ticket { required_date: Some(date), ..Default::default() };"),
        case("a text that may be a date gets a maximum length", |document| document.set("Ticket", "closedDate", described("Max length: 40;")))
            .breaking("Ticket.closedDate", &["string"])
            .may_mention("Ticket.closedDate")
            .breaks("let date: DateTime = DateTime::default(); service.list_tickets().filter(|ticket| ticket.closed_date().gt(date));"),
        case("a text that may be a date becomes a timestamp", |document| document.set("Ticket", "closedDate", timestamp()))
            .breaking("Ticket.closedDate", &["timestamp"])
            .breaks("service.list_tickets().filter(|ticket| ticket.closed_date().contains(\"2030\"));"),
        case("a boolean becomes a string", |document| document.set("Ticket", "closedFlag", string()))
            .breaking("Ticket.closedFlag", &["boolean", "string"])
            .breaks("service.list_tickets().filter(|ticket| ticket.closed_flag().eq(false));"),
        case("a string becomes a UUID", |document| document.property("Ticket", "poNumber")["format"] = json!("uuid"))
            .breaking("Ticket.poNumber", &["string", "UUID"])
            .breaks("let _ = Ticket { po_number: Some(String::new()), ..Default::default() };"),
        case("a string becomes a list", |document| document.set("Ticket", "poNumber", list(string())))
            .breaking("Ticket.poNumber", &["list of string"])
            .breaks("let _ = Ticket { po_number: Some(String::new()), ..Default::default() };"),
        case("a list gets other elements", |document| document.set("Ticket", "watchers", list(integer())))
            .breaking("Ticket.watchers", &["list of string", "list of integer"])
            .breaks("let _ = Ticket { watchers: Some(vec![String::new()]), ..Default::default() };"),
        case("a list becomes a single object", |document| document.set("Ticket", "tasks", reference("TicketTask")))
            .breaking("Ticket.tasks", &["list of"])
            .breaks("let _ = Ticket { tasks: Some(vec![TicketTask::new(\"x\")]), ..Default::default() };"),
        case("a map gets other values", |document| {
            document.property("Company.Configuration", "attributes")["additionalProperties"] = integer();
        })
        .breaking("CompanyConfiguration.attributes", &["map of string", "map of integer"])
        .breaks("let _: Option<&String> = CompanyConfiguration::default().attributes.as_ref().and_then(|map| map.get(\"a\"));"),
        case("a map becomes any JSON", |document| document.set("Company.Configuration", "attributes", json!({"type": "object"})))
            .breaking("CompanyConfiguration.attributes", &["map of string", "any JSON"])
            .breaks("for (name, value) in CompanyConfiguration::default().attributes.unwrap_or_default().iter() { let _ = (name.len(), value); }"),
        case("a string becomes any JSON", |document| document.set("Ticket", "poNumber", json!({"type": "object"})))
            .breaking("Ticket.poNumber", &["string", "any JSON"])
            .breaks("let _ = Ticket { po_number: Some(String::new()), ..Default::default() };"),
        case("a reference refers to another type of record", |document| document.set("Ticket", "contact", reference("BoardReference")))
            .changed("Ticket.contact", &["ContactReference", "BoardReference"]),
        case("a reference refers to a type with more fields", |document| document.set("Ticket", "contact", reference("MemberReference")))
            .reported("Ticket.contact", &["MemberReference"])
            .compiles("service.list_tickets().filter(|ticket| ticket.contact().name().eq(\"x\"));"),
        case("a reference refers to a type with fewer fields", |document| document.set("Ticket", "company", reference("BoardReference")))
            .breaking("Ticket.company", &["identifier"])
            .breaks("service.list_tickets().filter(|ticket| ticket.company().identifier().eq(\"x\"));"),
        case("a reference becomes one with a type of its own", |document| document.set("Ticket", "contact", reference("TicketReference")))
            .breaking("Ticket.contact", &["TicketReference"])
            .breaks("let _ = Ticket { contact: Some(connectwise_psa_core::json::Reference::from(5).into()), ..Default::default() };"),
        case("a reference becomes a record", |document| document.set("Ticket", "contact", reference("Contact")))
            .breaking("Ticket.contact", &["`Contact`"])
            .breaks("let _ = Ticket { contact: Some(connectwise_psa_core::json::Reference::from(5).into()), ..Default::default() };"),
        case("a reference becomes an ID", |document| document.set("Ticket", "contact", integer()))
            .breaking("Ticket.contact", &["integer"])
            .breaks("service.list_tickets().filter(|ticket| ticket.contact().id().eq(5));"),
        case("a property is an inline object", |document| document.set("Contact", "address", object(json!({"city": string()}))))
            .decision("/components/schemas/Contact/properties/address", &["inline|no name"])
            .added("Contact.address", &[]),
        case("a property is one of several types", |document| {
            document.set("Contact", "owner", json!({"oneOf": [reference("MemberReference"), reference("CompanyReference")]}));
        })
        .decision("/components/schemas/Contact/properties/owner", &["oneOf"])
        .added("Contact.owner", &[]),
        case("a property is any of several types", |document| {
            document.set("Contact", "owner", json!({"anyOf": [string(), integer()]}));
        })
        .decision("/components/schemas/Contact/properties/owner", &["anyOf"])
        .added("Contact.owner", &[]),
        case("a property combines several schemas", |document| {
            document.set("Contact", "owner", json!({"allOf": [reference("MemberReference"), reference("CompanyReference")]}));
        })
        .decision("/components/schemas/Contact/properties/owner", &["allOf"])
        .added("Contact.owner", &[]),
        case("a property is not of a type", |document| document.set("Contact", "owner", json!({"not": string()})))
            .added("Contact.owner", &["any JSON"]),
        case("a property has an unknown type", |document| document.set("Contact", "owner", json!({"type": "money"})))
            .decision("/components/schemas/Contact/properties/owner", &["money"])
            .added("Contact.owner", &[]),
        case("a property has no type", |document| document.set("Contact", "owner", json!({"description": "Anything."})))
            .added("Contact.owner", &["any JSON"]),
        case("a property is a list without elements", |document| document.set("Contact", "owners", json!({"type": "array"})))
            .added("Contact.owners", &["list of any JSON"]),
        case("a property is a list of lists", |document| document.set("Contact", "rows", list(list(integer()))))
            .added("Contact.rows", &["list of list of integer"]),
    ]
}

fn facts() -> Vec<Case> {
    vec![
        case("a maximum length is added", |document| document.set("Ticket", "poNumber", described("Max length: 20;")))
            .changed("Ticket.poNumber", &["20"]),
        case("a maximum length gets shorter", |document| document.set("Ticket", "reference", described("Max length: 40;")))
            .changed("Ticket.reference", &["40", "50"]),
        case("a maximum length gets longer", |document| document.set("Ticket", "reference", described("Max length: 60;")))
            .changed("Ticket.reference", &["60", "50"]),
        case("a maximum length is removed", |document| document.set("Ticket", "reference", string()))
            .changed("Ticket.reference", &["50"]),
        case("a maximum length becomes a keyword", |document| {
            document.set("Ticket", "reference", json!({"type": "string", "maxLength": 50}));
        }),
        case("a field becomes required", |document| document.require("Contact", &["firstName", "lastName", "nickName"]))
            .breaking("Contact", &["new", "nick_name"])
            .breaks("Contact::new(\"Anna\", \"Archer\");"),
        case("a field is no longer required", |document| document.require("Contact", &["firstName"]))
            .breaking("Contact", &["new", "last_name"])
            .breaks("Contact::new(\"Anna\", \"Archer\");"),
        case("required fields change places", |document| document.require("Contact", &["lastName", "firstName"]))
            .breaking("Contact", &["reordered"])
            .in_requests("both arguments are strings, so that calls compile and pass each value as the other one"),
        case("the first field becomes required", |document| document.require("BoardInfo", &["name"]))
            .added("BoardInfo", &["new", "name"]),
        case("no field is required any more", |document| drop(document.schema("Contact").as_object_mut().unwrap().remove("required")))
            .breaking("Contact", &["new", "removed|default"])
            .breaks("Contact::new(\"Anna\", \"Archer\");"),
        case("a reference becomes required in its description", |document| {
            document.set("Contact", "company", json!({"allOf": [reference("CompanyReference")], "description": "Whose contact it is. Required Reference"}));
        })
        .breaking("Contact", &["new", "company"])
        .breaks("Contact::new(\"Anna\", \"Archer\");"),
        case("a field that does not exist is required", |document| document.require("BoardInfo", &["colour"]))
            .decision("/components/schemas/BoardInfo", &["colour"])
            .may_mention("BoardInfo"),
        case("a field becomes read-only", |document| document.property("Ticket", "ordinal")["readOnly"] = json!(true))
            .changed("Ticket.ordinal", &["read-only"]),
        case("a required field becomes read-only", |document| document.property("Contact", "lastName")["readOnly"] = json!(true))
            .breaking("Contact", &["new", "last_name"])
            .changed("Contact.lastName", &["read-only"])
            .breaks("Contact::new(\"Anna\", \"Archer\");"),
        case("a field becomes write-only", |document| document.property("Ticket", "ordinal")["writeOnly"] = json!(true))
            .changed("Ticket.ordinal", &["write-only"]),
        case("a field is no longer write-only", |document| document.set("Ticket", "initialDescription", string()))
            .changed("Ticket.initialDescription", &["write-only"]),
        case("a field becomes required when updating", |document| document.set("Ticket", "poNumber", described("Required On Updates;")))
            .changed("Ticket.poNumber", &["updat"]),
        case("a field with an enum is no longer required when updating", |document| {
            document.property("Ticket", "severity").as_object_mut().unwrap().remove("description");
        })
        .changed("Ticket.severity", &["updat"]),
        case("a reference becomes required when updating", |document| {
            document.set("Ticket", "contact", json!({"allOf": [reference("ContactReference")], "description": "Required On Updates;"}));
        })
        .changed("Ticket.contact", &["updat"]),
        case("a property becomes deprecated", |document| document.property("Ticket", "poNumber")["deprecated"] = json!(true))
            .changed("Ticket.poNumber", &["deprecated"]),
        case("null is allowed or forbidden", |document| {
            document.property("Ticket", "summary")["nullable"] = json!(true);
            document.property("Ticket", "ordinal")["nullable"] = json!(false);
        }),
        case("facts without an effect are added", |document| {
            for (key, value) in [("example", json!("x")), ("default", json!("x")), ("pattern", json!("^x$")), ("minLength", json!(1)), ("title", json!("PO"))] {
                document.property("Ticket", "poNumber")[key] = value;
            }
            document.property("Ticket", "ordinal")["minimum"] = json!(0);
            document.property("Ticket", "watchers")["uniqueItems"] = json!(true);
            document.schema("Ticket")["additionalProperties"] = json!(false);
        })
        .may_mention("Ticket.ordinal")
        .may_mention("Ticket.watchers")
        .may_mention("Ticket.poNumber"),
    ]
}

fn names() -> Vec<Case> {
    vec![
        case("two properties have the same Rust name", |document| {
            document.set("Contact", "fooBar", string());
            document.set("Contact", "FooBar", integer());
            document.set("Contact", "foo_bar", boolean());
        })
        .added("Contact.fooBar", &["string"])
        .added("Contact.FooBar", &["integer"])
        .added("Contact.foo_bar", &["boolean"]),
        case("a property gets the Rust name of an old one", |document| document.set("Contact", "nick_name", integer()))
            .added("Contact.nick_name", &["integer"]),
        case("properties have names that Rust does not allow", |document| {
            for name in ["@odata.type", "größe", "c#", "2fa", "self", "Self", "crate", "async", "%", "a b", "日付"]
            {
                document.set("Contact", name, string());
            }
        })
        .added("Contact.@odata.type", &[])
        .added("Contact.größe", &[])
        .added("Contact.c#", &[])
        .added("Contact.2fa", &[])
        .added("Contact.self", &[])
        .added("Contact.Self", &[])
        .added("Contact.crate", &[])
        .added("Contact.async", &[])
        .added("Contact.%", &[])
        .added("Contact.a b", &[])
        .added("Contact.日付", &[]),
        case("properties have the names of generated methods", |document| {
            for name in
                ["new", "fields", "default", "clone", "read", "write", "info", "lastUpdated", "serialize", "path"]
            {
                document.set("Contact", name, string());
            }
        })
        .added("Contact.new", &[])
        .added("Contact.fields", &[])
        .added("Contact.default", &[])
        .added("Contact.clone", &[])
        .added("Contact.read", &[])
        .added("Contact.write", &[])
        .added("Contact.info", &[])
        .added("Contact.lastUpdated", &[])
        .added("Contact.serialize", &[])
        .added("Contact.path", &[]),
        case("a property with a clash is removed", |document| document.unset("Contact", "FooBar"))
            .from(|document| {
                document.set("Contact", "fooBar", string());
                document.set("Contact", "FooBar", string());
            })
            .breaking("Contact.FooBar", &["removed"])
            .breaks("let _ = Contact::fields().foo_bar_2();")
            .compiles("let _ = Contact::fields().foo_bar();"),
    ]
}
