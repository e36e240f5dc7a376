//! Random changes of enums.

use serde_json::{Value, json};

use super::{Draft, Entry, Planted};
use crate::document::{one_of, string};

pub(super) const CLASSES: &[Entry] = &[
    ("value added", value_added),
    ("value removed", value_removed),
    ("values reordered", values_reordered),
    ("null or a repeated value", value_without_effect),
    ("value in other letter case", value_letter_case),
    ("value with a clash", value_with_a_clash),
    ("value that Rust cannot name", value_without_a_name),
    ("value added to a shared set", shared_value),
    ("enum added", enum_added),
    ("enum of numbers", enum_of_numbers),
    ("enum became a string", enum_to_string),
];

/// Selects an enum that only one property uses: its schema, property and Rust type.
fn own_enum(draft: &mut Draft) -> Option<(&'static str, &'static str, &'static str)> {
    let (schema, name, rust) = draft.random.pick(&[
        ("Ticket", "source", "TicketSource"),
        ("TicketNote", "kind", "TicketNoteKind"),
        ("Contact", "gender", "ContactGender"),
        ("Member", "licenseClass", "MemberLicenseClass"),
    ])?;
    draft.claim(&format!("{schema}/{name}"))?;
    Some((schema, name, rust))
}

/// Expects lines about new values of an enum.
fn new_values(schema: &str, name: &str, rust: &str, values: &[String]) -> Planted {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    let field = format!("{schema}.{name}");
    Planted::new(format!("{field} gets {values:?}"))
        .added(&format!("{rust}|{field}"), &quoted.iter().map(String::as_str).collect::<Vec<_>>())
        .may_mention(rust)
        .may_mention(&field)
}

fn value_added(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, rust) = own_enum(draft)?;
    let word = draft.word()?.to_owned();
    draft.document.values(schema, name).push(json!(word));
    Some(new_values(schema, name, rust, &[word]))
}

fn value_removed(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, rust) = own_enum(draft)?;
    let Value::String(value) = draft.document.values(schema, name).pop()? else { return None };
    Some(
        Planted::new(format!("{schema}.{name} loses {value}"))
            .breaking(&format!("{rust}|{schema}.{name}"), &[&format!("`{value}`")])
            .may_mention(&format!("{schema}.{name}")),
    )
}

fn values_reordered(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, _) = own_enum(draft)?;
    draft.document.values(schema, name).reverse();
    Some(Planted::new(format!("{schema}.{name} reordered")))
}

fn value_without_effect(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, _) = own_enum(draft)?;
    let first = draft.document.values(schema, name).first()?.clone();
    let value = draft.random.pick(&[Value::Null, first])?;
    draft.document.values(schema, name).push(value);
    Some(Planted::new(format!("{schema}.{name} with null or a repeated value")))
}

fn value_letter_case(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, rust) = own_enum(draft)?;
    let value = draft.document.values(schema, name).first_mut()?;
    let upper = value.as_str()?.to_uppercase();
    if *value == *upper {
        return None;
    }
    *value = json!(upper);
    let field = format!("{schema}.{name}");
    Some(
        Planted::new(format!("{field} in capitals"))
            .changed(&format!("{rust}|{field}"), &[&format!("`{upper}`")])
            .may_mention(&field),
    )
}

fn value_with_a_clash(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, rust) = own_enum(draft)?;
    let lower = draft.document.values(schema, name).first()?.as_str()?.to_lowercase();
    draft.document.values(schema, name).push(json!(lower));
    Some(new_values(schema, name, rust, &[lower]))
}

fn value_without_a_name(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, rust) = own_enum(draft)?;
    let value = draft.random.pick(&["Self", "größe", "c#", "2fa", "%", "@odata.type", "Unrecognized"])?.to_owned();
    draft.document.values(schema, name).push(json!(value));
    Some(new_values(schema, name, rust, &[value]))
}

fn shared_value(draft: &mut Draft) -> Option<Planted> {
    let name = draft.random.pick(&["severity", "impact"])?;
    // One value in one of both; a change of the other one would be another change of the same type.
    draft.claim("TicketLevel")?;
    draft.claim(&format!("Ticket/{name}"))?;
    let word = draft.word()?.to_owned();
    draft.document.values("Ticket", name).push(json!(word));
    Some(new_values("Ticket", name, "TicketLevel", &[word]).may_mention("Ticket.severity").may_mention("Ticket.impact"))
}

fn enum_added(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    let values = [format!("{word} one"), format!("{word} two")];
    draft.document.set("Contact", word, one_of(&[&values[0], &values[1]]));
    let capital = format!("{}{}", word.get(..1)?.to_uppercase(), word.get(1..)?);
    Some(
        Planted::new(format!("Contact.{word}: enum"))
            .added(&format!("Contact.{word}"), &["enum"])
            .added(&format!("Contact{capital}"), &["enum"]),
    )
}

fn enum_of_numbers(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    draft.document.set("Contact", word, json!({"type": "integer", "format": "int32", "enum": [1, 2]}));
    Some(Planted::new(format!("Contact.{word}: enum of numbers")).added(&format!("Contact.{word}"), &["integer"]))
}

fn enum_to_string(draft: &mut Draft) -> Option<Planted> {
    let (schema, name, rust) = own_enum(draft)?;
    draft.document.set(schema, name, string());
    Some(
        Planted::new(format!("{schema}.{name}: string"))
            .breaking(&format!("{schema}.{name}"), &["string"])
            .breaking(rust, &["removed"]),
    )
}
