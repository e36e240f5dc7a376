//! The type of record that a user means: by its name, a collection, or the id of an operation.

use std::collections::BTreeMap;

use connectwise_psa::catalogue::{self, Operation, QueryKind, ResponseKind};
use connectwise_psa::conditions::Schema;
use connectwise_psa::schemas;

use crate::error::CommandError;
use crate::operations::id;

/// How similar a name must be to be suggested.
const SIMILAR: f64 = 0.75;

/// Returns the schema of a type. A user may write the name in any letter case (`Ticket`, `ticket`), a collection
/// (`tickets`, `service/tickets`, `time-entries`), or the id of an operation (`service.list_tickets`).
pub(crate) fn find(name: &str) -> Result<Schema<'static>, CommandError> {
    let name = name.trim();
    if let Some(schema) = schemas::schema(name).or_else(|| by_type_name(name)) {
        return Ok(schema);
    }
    if let Ok(operation) = id::find(name) {
        let without = || CommandError::usage(format!("the operation {name:?} has no records whose fields are known"));
        return schemas::for_records(operation).ok_or_else(without);
    }
    let types = of_collection(name);
    match types.iter().next() {
        Some((type_name, _)) if types.len() == 1 => {
            schemas::schema(type_name).ok_or_else(|| CommandError::usage(format!("{type_name:?} has no fields")))
        }
        None => Err(unknown(name)),
        Some(_) => {
            let candidates: Vec<String> =
                types.iter().map(|(type_name, path)| format!("{type_name} (of {path})")).collect();
            Err(CommandError::usage(format!("{name:?} are records of several types: {}", candidates.join(", "))))
        }
    }
}

/// Returns the type with a name in any letter case, or with its plural.
fn by_type_name(name: &str) -> Option<Schema<'static>> {
    let name = folded(name);
    let singulars = [Some(name.clone()), name.strip_suffix("ies").map(|stem| format!("{stem}y")), stem(&name)];
    singulars.into_iter().flatten().find_map(|singular| {
        let type_name = type_names().find(|type_name| type_name.to_lowercase() == singular)?;
        schemas::schema(type_name)
    })
}

fn stem(name: &str) -> Option<String> {
    name.strip_suffix('s').map(str::to_owned)
}

/// Returns the types of the lists of a collection, each with the path of its first list.
fn of_collection(name: &str) -> BTreeMap<&'static str, &'static str> {
    let wanted = folded(name);
    let lists = catalogue::all().filter(|operation| is_list(operation));
    // `list_tickets` of the section `service`: `tickets` and `service/tickets`.
    let named = lists.filter(|operation| {
        let name = operation.id.trim_start_matches("list_");
        [operation.path, name, &format!("{}/{name}", operation.section)].iter().any(|text| folded(text) == wanted)
    });
    let mut types = BTreeMap::new();
    for operation in named {
        if let Some(type_name) = record_type(operation) {
            types.entry(type_name).or_insert(operation.path);
        }
    }
    types
}

fn is_list(operation: &Operation) -> bool {
    operation.query != QueryKind::None && matches!(operation.response, ResponseKind::Many(_))
}

fn record_type(operation: &Operation) -> Option<&'static str> {
    match operation.response {
        ResponseKind::One(name) | ResponseKind::Many(name) => Some(name),
        _ => None,
    }
}

/// Returns the names of the types of all responses.
fn type_names() -> impl Iterator<Item = &'static str> {
    catalogue::all().filter_map(record_type)
}

/// Returns a name without letter case, and without the characters that separate words.
fn folded(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the error for a name that means nothing, with a similar name.
fn unknown(name: &str) -> CommandError {
    let wanted = folded(name);
    let similarity = |type_name: &str| strsim::jaro_winkler(&wanted, &type_name.to_lowercase());
    let similar = type_names()
        .filter(|type_name| schemas::schema(type_name).is_some() && similarity(type_name) >= SIMILAR)
        .max_by(|one, other| similarity(one).total_cmp(&similarity(other)).then_with(|| other.cmp(one)));
    let error = CommandError::usage(format!("there is no type of record {name:?}"));
    match similar {
        Some(similar) => error.with_next_step(format!("hint: did you mean {similar}?")),
        None => error.with_next_step(
            "hint: write a type (Ticket), a collection (service/tickets), or the id of an operation (service.list_tickets)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_name_a_collection_or_an_operation() {
        for (name, expected) in [
            ("Ticket", "Ticket"),
            (" ticket", "Ticket"),
            ("tickets", "Ticket"),
            ("service/tickets", "Ticket"),
            ("/service/tickets", "Ticket"),
            ("service.list_tickets", "Ticket"),
            ("getServiceTickets", "Ticket"),
            ("project/tickets", "ProjectTicket"),
            ("companies", "Company"),
            ("time-entries", "TimeEntry"),
            ("time_entry", "TimeEntry"),
            ("purchase orders", "PurchaseOrder"),
        ] {
            assert_eq!(find(name).unwrap().name(), expected, "{name}");
        }
    }

    #[test]
    fn an_unknown_type_has_a_hint() {
        for (name, expected) in [("Tikcet", "did you mean Ticket?"), ("zzz", "hint: write a type")] {
            let error = find(name).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
