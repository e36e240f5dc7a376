//! Random changes of schemas, and of the document as a whole.

use serde_json::json;

use super::{Draft, Entry, Planted};
use crate::document::{VERSION, list, object, reference, string};

pub(super) const CLASSES: &[Entry] = &[
    ("type added", added),
    ("type renamed", renamed),
    ("recursive type", recursive),
    ("alias", alias),
    ("reference in allOf", all_of),
    ("named list", named_list),
    ("reference with a type of its own", own_type),
    ("shared parameters", shared_parameters),
    ("schema with allOf", combined),
    ("type that contains itself without an object", endless),
    ("extensions", extensions),
    ("servers and tags", servers),
    ("other methods", other_methods),
    ("version changed", version),
    ("section added", section),
];

fn capital(word: &str) -> Option<String> {
    Some(format!("{}{}", word.get(..1)?.to_uppercase(), word.get(1..)?))
}

fn added(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    let name = capital(word)?;
    draft.document.schemas().insert(name.clone(), object(json!({"label": string()})));
    draft.document.set("Contact", word, reference(&name));
    Some(
        Planted::new(format!("{name} added"))
            .added(&name, &["struct"])
            .added(&format!("Contact.{word}"), &[&format!("`{name}`")]),
    )
}

fn renamed(draft: &mut Draft) -> Option<Planted> {
    let (from, to) =
        draft.random.pick(&[("ReportColumnDefinition", "ReportColumn"), ("ResultInfo", "ResultDetail")])?;
    draft.claim(from)?;
    draft.document.rename_schema(from, to);
    Some(Planted::new(format!("{from} -> {to}")).breaking(from, &[to]))
}

fn recursive(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    draft.document.set("Contact", word, list(reference("Contact")));
    Some(
        Planted::new(format!("Contact.{word}: list of contacts"))
            .added(&format!("Contact.{word}"), &["list of `Contact`"]),
    )
}

fn alias(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property.get("$ref").is_some())?;
    let target = draft.document.property(&schema, &name).clone();
    let word = capital(draft.word()?)?;
    draft.document.schemas().insert(format!("{word}One"), target);
    draft.document.schemas().insert(format!("{word}Two"), reference(&format!("{word}One")));
    draft.document.set(&schema, &name, reference(&format!("{word}Two")));
    Some(Planted::new(format!("{schema}.{name} through aliases")))
}

fn all_of(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property.get("$ref").is_some())?;
    let target = draft.document.property(&schema, &name).clone();
    draft.document.set(&schema, &name, json!({"allOf": [target], "nullable": true}));
    Some(Planted::new(format!("{schema}.{name} in allOf")))
}

fn named_list(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property["type"] == "array")?;
    let target = draft.document.property(&schema, &name).clone();
    let word = capital(draft.word()?)?;
    draft.document.schemas().insert(format!("{word}List"), target);
    draft.document.set(&schema, &name, reference(&format!("{word}List")));
    Some(Planted::new(format!("{schema}.{name} as a named list")))
}

fn own_type(draft: &mut Draft) -> Option<Planted> {
    draft.claim("BoardReference")?;
    // A property that refers to boards since this change would be reported as well.
    for part in ["Ticket/contact", "Company.Configuration/contact"] {
        draft.claim(part)?;
    }
    draft.document.set("BoardReference", "location", string());
    Some(
        Planted::new("BoardReference with a location")
            .breaking("BoardReference", &["`Reference`"])
            .may_mention("BoardReference.location")
            .may_mention("Ticket.board"),
    )
}

fn shared_parameters(draft: &mut Draft) -> Option<Planted> {
    draft.claim("components/parameters")?;
    let operation = "GET /system/reports/{reportName}";
    let page = draft.document.parameter(operation, "page").take();
    draft.document.0["components"]["parameters"] = json!({"Page": page});
    let parameters = draft.document.parameters(operation);
    parameters.retain(|parameter| !parameter.is_null());
    parameters.push(json!({"$ref": "#/components/parameters/Page"}));
    Some(Planted::new("a shared parameter"))
}

fn combined(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    let name = format!("Extended{}", capital(word)?);
    // A decision about a property of a part would be a decision about the copy too, so no other change touches these.
    draft
        .document
        .schemas()
        .insert(name.clone(), json!({"allOf": [reference("SuccessResponse"), reference("IdCollection")]}));
    draft.document.set("Contact", word, reference(&name));
    Some(
        Planted::new(format!("{name} with allOf"))
            .added(&name, &["struct"])
            .added(&format!("Contact.{word}"), &[&format!("`{name}`")]),
    )
}

fn endless(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    let name = format!("Tree{}", capital(word)?);
    draft.document.schemas().insert(name.clone(), list(reference(&name)));
    draft.document.set("Contact", word, reference(&name));
    Some(
        Planted::new(format!("{name} contains itself"))
            .decision(&format!("/components/schemas/{name}"), &["itself"])
            .added(&format!("Contact.{word}"), &[])
            .may_mention(&name),
    )
}

fn extensions(draft: &mut Draft) -> Option<Planted> {
    draft.claim("x-internal")?;
    let key = draft.random.pick(&["x-internal", "x-name", "x-section", "x-vendor-id", "x-reference"])?;
    draft.document.operation("GET /system/reports/{reportName}")[key] = json!("other");
    draft.document.schema("Contact")[key] = json!("other");
    draft.document.0[key] = json!({"other": true});
    Some(Planted::new(format!("{key} everywhere")))
}

fn servers(draft: &mut Draft) -> Option<Planted> {
    draft.claim("servers")?;
    draft.document.0["servers"] = json!([{"url": "https://other.invalid"}]);
    draft.document.0["tags"] = json!([{"name": "other"}]);
    draft.document.0["security"] = json!([{"basic": []}]);
    draft.document.0["info"]["title"] = json!("Another title");
    Some(Planted::new("servers, tags, security and title"))
}

fn other_methods(draft: &mut Draft) -> Option<Planted> {
    draft.claim("HEAD")?;
    draft.document.add("HEAD /company/contacts", "headContacts", None, "200", json!({"description": ""}));
    draft.document.add("OPTIONS /company/contacts", "optionsContacts", None, "200", json!({"description": ""}));
    Some(Planted::new("HEAD and OPTIONS"))
}

fn version(draft: &mut Draft) -> Option<Planted> {
    draft.claim("version")?;
    draft.document.0["info"]["version"] = json!("2030.2");
    Some(Planted::new("another version").changed("API_VERSION", &[VERSION, "2030.2"]))
}

fn section(draft: &mut Draft) -> Option<Planted> {
    draft.claim("marketing")?;
    let word = draft.word()?;
    let operation = format!("GET /marketing/{word}s");
    draft.document.add(
        &operation,
        &format!("getMarketing{word}"),
        None,
        "200",
        crate::document::json_response(&list(reference("TicketTask"))),
    );
    Some(
        Planted::new(format!("{operation} in a new section"))
            .added("marketing", &["1 operation"])
            .added(&format!("marketing::list_{word}s"), &[&operation]),
    )
}
