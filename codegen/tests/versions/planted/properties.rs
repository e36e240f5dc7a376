//! Random changes of properties.

use serde_json::{Value, json};

use super::{Draft, Entry, Planted, rust_name};
use crate::document::{boolean, described, integer, list, number, object, reference, string, timestamp};

pub(super) const CLASSES: &[Entry] = &[
    ("property added", added),
    ("property removed", removed),
    ("property renamed", renamed),
    ("property in other letter case", letter_case),
    ("type of a property changed", type_changed),
    ("integer with 64 bits", wide_integer),
    ("text that may be a date with a length", date_with_length),
    ("reference to another record", other_reference),
    ("maximum length added", length_added),
    ("maximum length changed", length_changed),
    ("maximum length removed", length_removed),
    ("required when creating", required),
    ("no longer required when creating", not_required),
    ("required fields reordered", reordered),
    ("read-only", read_only),
    ("write-only", write_only),
    ("required when updating", required_on_update),
    ("deprecated property", deprecated),
    ("nullable changed", nullable),
    ("words and facts without an effect", words),
    ("property with a clash", clash),
    ("property that Rust cannot name", unnameable),
    ("inline object", inline),
    ("oneOf, anyOf or allOf", combined),
    ("reference without a target", dangling),
    ("unknown type", unknown_type),
];

fn is_string(property: &Value) -> bool {
    property["type"] == "string" && ["format", "enum", "description"].iter().all(|key| property.get(*key).is_none())
}

/// A string whose name does not say that it is a date.
fn plain(draft: &mut Draft) -> Option<(String, String)> {
    let (schema, name) = draft.property(is_string)?;
    (!name.to_lowercase().contains("date")).then_some((schema, name))
}

fn is_limited(property: &Value) -> bool {
    property["description"].as_str().is_some_and(|text| text.contains("Max length"))
}

fn field(schema: &str, name: &str) -> String {
    format!("{}.{name}", rust_name(schema))
}

fn added(draft: &mut Draft) -> Option<Planted> {
    let (schema, word) = (draft.record(), draft.word()?);
    let (property, text) = draft.random.pick(&[
        (string(), "string"),
        (integer(), "integer"),
        (number(), "number"),
        (boolean(), "boolean"),
        (timestamp(), "timestamp"),
        (list(string()), "list of string"),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), "map of string"),
        (json!({"type": "object"}), "any JSON"),
        (reference("BoardReference"), "Reference"),
        (list(reference("TicketTask")), "list of `TicketTask`"),
        (json!({"type": "string", "format": "uuid"}), "UUID"),
    ])?;
    draft.document.set(schema, word, property);
    Some(Planted::new(format!("{schema}.{word}: {text}")).added(&field(schema, word), &[text]))
}

fn removed(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property.get("enum").is_none())?;
    draft.document.unset(&schema, &name);
    Some(Planted::new(format!("{schema}.{name} removed")).breaking(&field(&schema, &name), &["removed"]))
}

fn renamed(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property.get("enum").is_none())?;
    let word = draft.word()?;
    let property = draft.document.property(&schema, &name).clone();
    draft.document.unset(&schema, &name);
    draft.document.set(&schema, word, property);
    Some(
        Planted::new(format!("{schema}.{name} -> {word}"))
            .breaking(&field(&schema, &name), &["removed"])
            .added(&field(&schema, word), &[]),
    )
}

fn letter_case(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = plain(draft)?;
    let other = format!("{}{}", name.get(..1)?.to_uppercase(), name.get(1..)?);
    let property = draft.document.property(&schema, &name).clone();
    draft.document.unset(&schema, &name);
    draft.document.set(&schema, &other, property);
    Some(Planted::new(format!("{schema}.{name} -> {other}")).changed(&field(&schema, &other), &[&name, &other]))
}

fn type_changed(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| {
        is_string(property) || ["integer", "number", "boolean"].iter().any(|json_type| property["type"] == **json_type)
    })?;
    let before = draft.document.property(&schema, &name)["type"].as_str()?.to_owned();
    let types: Vec<(Value, &str)> = [
        (json!({"type": "string", "format": "uuid"}), "UUID"),
        (integer(), "integer"),
        (number(), "number"),
        (boolean(), "boolean"),
        (timestamp(), "timestamp"),
        (list(string()), "list of string"),
        (reference("TicketTask"), "`TicketTask`"),
        (reference("MemberReference"), "Reference"),
        (json!({"type": "object"}), "any JSON"),
        (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "map of integer"),
    ]
    .into_iter()
    .filter(|(_, text)| *text != before)
    .collect();
    let (property, text) = draft.random.pick(&types)?;
    draft.document.set(&schema, &name, property);
    Some(Planted::new(format!("{schema}.{name}: {before} -> {text}")).breaking(&field(&schema, &name), &[text]))
}

fn wide_integer(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property["format"] == "int32")?;
    draft.document.property(&schema, &name)["format"] = json!("int64");
    Some(Planted::new(format!("{schema}.{name}: int64")).breaking(&field(&schema, &name), &["int32", "int64"]))
}

fn date_with_length(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.random.pick(&[("Ticket", "closedDate"), ("TicketNote", "dateCreated")])?;
    draft.claim(&format!("{schema}/{name}"))?;
    draft.document.set(schema, name, described("Max length: 40;"));
    Some(
        Planted::new(format!("{schema}.{name} with a length"))
            .breaking(&field(schema, name), &["string"])
            .may_mention(&field(schema, name)),
    )
}

fn other_reference(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft
        .property(|property| property["$ref"].as_str().is_some_and(|target| target.ends_with("/ContactReference")))?;
    draft.document.set(&schema, &name, reference("BoardReference"));
    Some(
        Planted::new(format!("{schema}.{name} refers to a board")).changed(&field(&schema, &name), &["BoardReference"]),
    )
}

fn length_added(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = plain(draft)?;
    draft.document.set(&schema, &name, described("Max length: 1234;"));
    Some(Planted::new(format!("{schema}.{name} with a length")).changed(&field(&schema, &name), &["1,234"]))
}

fn length_changed(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = limited(draft)?;
    let length = 10 + draft.random.below(300);
    if [15, 30, 50, 80, 100].contains(&length) {
        return None;
    }
    draft.document.set(&schema, &name, described(&format!("Max length: {length};")));
    Some(
        Planted::new(format!("{schema}.{name} with another length"))
            .changed(&field(&schema, &name), &[&length.to_string()]),
    )
}

fn length_removed(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = limited(draft)?;
    draft.document.set(&schema, &name, string());
    Some(Planted::new(format!("{schema}.{name} without a length")).changed(&field(&schema, &name), &["limit"]))
}

/// Selects an untouched property with a maximum length. It may be required.
fn limited(draft: &mut Draft) -> Option<(String, String)> {
    let mut found = Vec::new();
    for schema in super::RECORDS {
        let properties = draft.document.properties(schema).iter();
        found.extend(
            properties.filter(|(_, property)| is_limited(property)).map(|(name, _)| format!("{schema}/{name}")),
        );
    }
    let part = draft.claim_one(&found)?;
    part.split_once('/').map(|(schema, name)| (schema.to_owned(), name.to_owned()))
}

/// Selects a schema whose constructor is untouched, and returns its required fields.
fn constructor(draft: &mut Draft, at_least: usize) -> Option<(&'static str, Vec<String>)> {
    let schema = draft.record();
    let required: Vec<String> = draft.document.schema(schema)["required"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if required.len() < at_least {
        return None;
    }
    draft.claim(&format!("{schema}/new"))?;
    Some((schema, required))
}

fn require(draft: &mut Draft, schema: &str, names: &[String]) {
    draft.document.require(schema, &names.iter().map(String::as_str).collect::<Vec<_>>());
}

fn required(draft: &mut Draft) -> Option<Planted> {
    let (schema, mut names) = constructor(draft, 1)?;
    let word = draft.word()?;
    draft.document.set(schema, word, string());
    names.push(word.to_owned());
    require(draft, schema, &names);
    Some(
        Planted::new(format!("{schema} requires {word}"))
            .added(&field(schema, word), &["string"])
            .breaking(&rust_name(schema), &["new", word]),
    )
}

fn not_required(draft: &mut Draft) -> Option<Planted> {
    let (schema, mut names) = constructor(draft, 2)?;
    let name = names.remove(draft.random.below(names.len()));
    require(draft, schema, &names);
    Some(Planted::new(format!("{schema} does not require {name}")).breaking(&rust_name(schema), &["no longer takes"]))
}

fn reordered(draft: &mut Draft) -> Option<Planted> {
    let (schema, mut names) = constructor(draft, 2)?;
    names.reverse();
    require(draft, schema, &names);
    Some(Planted::new(format!("{schema} requires {names:?}")).breaking(&rust_name(schema), &["reordered"]))
}

fn read_only(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property.get("$ref").is_none())?;
    draft.document.property(&schema, &name)["readOnly"] = json!(true);
    Some(Planted::new(format!("{schema}.{name} read-only")).changed(&field(&schema, &name), &["read-only"]))
}

fn write_only(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = plain(draft)?;
    draft.document.set(&schema, &name, described("Only available for POST."));
    Some(Planted::new(format!("{schema}.{name} write-only")).changed(&field(&schema, &name), &["write-only"]))
}

fn required_on_update(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| {
        is_string(property) || (property.get("enum").is_some() && property.get("description").is_none())
    })?;
    draft.document.property(&schema, &name)["description"] = json!("Required On Updates;");
    Some(Planted::new(format!("{schema}.{name} required when updating")).changed(&field(&schema, &name), &["updat"]))
}

fn deprecated(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property.get("$ref").is_none())?;
    draft.document.property(&schema, &name)["deprecated"] = json!(true);
    Some(Planted::new(format!("{schema}.{name} deprecated")).changed(&field(&schema, &name), &["deprecated"]))
}

fn nullable(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = draft.property(|property| property.get("$ref").is_none())?;
    let property = draft.document.property(&schema, &name);
    property["nullable"] = json!(property["nullable"] != true);
    Some(Planted::new(format!("{schema}.{name} nullable")))
}

fn words(draft: &mut Draft) -> Option<Planted> {
    let (schema, name) = plain(draft)?;
    let key = draft.random.pick(&["description", "example", "title", "x-internal", "x-rust-name", "x-values"])?;
    draft.document.property(&schema, &name)[key] = json!("other words");
    Some(Planted::new(format!("{schema}.{name} with {key}")))
}

fn clash(draft: &mut Draft) -> Option<Planted> {
    let (schema, word) = (draft.record(), draft.word()?);
    let capital = format!("{}{}", word.get(..1)?.to_uppercase(), word.get(1..)?);
    draft.document.set(schema, word, string());
    draft.document.set(schema, &capital, integer());
    Some(
        Planted::new(format!("{schema}.{word} and {capital}"))
            .added(&field(schema, word), &["string"])
            .added(&field(schema, &capital), &["integer"]),
    )
}

fn unnameable(draft: &mut Draft) -> Option<Planted> {
    let (schema, word) = (draft.record(), draft.word()?);
    let name = draft.random.pick(&[
        format!("@{word}.type"),
        format!("{word}größe"),
        format!("{word}#"),
        format!("2{word}"),
        format!("日{word}"),
    ])?;
    draft.document.set(schema, &name, boolean());
    Some(Planted::new(format!("{schema}.{name}")).added(&field(schema, &name), &["boolean"]))
}

/// Adds a property that needs a decision.
fn undecided(draft: &mut Draft, property: Value, parts: &[&str]) -> Option<Planted> {
    let (schema, word) = (draft.record(), draft.word()?);
    draft.document.set(schema, word, property);
    let location = format!("/components/schemas/{schema}/properties/{word}");
    // The location has the name before or after the rules.
    let location = if schema.contains('.') { format!("/properties/{word}") } else { location };
    Some(
        Planted::new(format!("{schema}.{word}: {parts:?}")).decision(&location, parts).added(&field(schema, word), &[]),
    )
}

fn inline(draft: &mut Draft) -> Option<Planted> {
    undecided(draft, object(json!({"city": string()})), &["inline|no name"])
}

fn combined(draft: &mut Draft) -> Option<Planted> {
    let parts = || json!([reference("TicketTask"), reference("Contact")]);
    let keyword = draft.random.pick(&["oneOf", "anyOf", "allOf"])?;
    undecided(draft, json!({keyword: parts()}), &[keyword])
}

fn dangling(draft: &mut Draft) -> Option<Planted> {
    undecided(draft, reference("Gone"), &["Gone"])
}

fn unknown_type(draft: &mut Draft) -> Option<Planted> {
    undecided(draft, json!({"type": "money"}), &["money"])
}
