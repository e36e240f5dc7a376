//! The names of records in error responses: `Service Ticket 5 not found`, `ticket object is invalid`.

use std::sync::LazyLock;

use crate::data_table::Table;
use crate::schema::{record_type, singular_of_path};

/// Types whose names do not follow from the rules below, as CSV: the type, the name in messages, and the name of the
/// resource. An empty column follows from its rule.
static NAMES: LazyLock<Table<2>> = LazyLock::new(|| Table::read(include_str!("../../data/record_names.csv")));

/// Returns the name of a type's records in messages: `Service Note` for `ServiceNote`. A reference type has the name of
/// the records that it refers to.
///
/// Where the table has no name, it is the name of the type, as words. Observed on live servers: `Service Status`,
/// `Service Note`, `Contact`, `Activity`.
pub(crate) fn name_of(type_name: &str) -> String {
    let type_name = type_name.trim_end_matches("Reference");
    match NAMES.of(type_name).next() {
        Some([name, _]) if !name.is_empty() => (*name).to_owned(),
        _ => words(type_name).join(" "),
    }
}

/// Returns the name of a list's records in messages: `Service Ticket` for `service/tickets`.
pub(crate) fn name_in(list: &str) -> String {
    let of_path = || with_first(&singular_of_path(list), |first| first.to_uppercase().collect());
    record_type(list).map_or_else(of_path, name_of)
}

/// Returns the name of the field that refers to a record of a list: `ticket` for `service/tickets`.
pub(crate) fn field_in(list: &str) -> String {
    with_first(&singular_of_path(list), |first| first.to_lowercase().collect())
}

/// Returns a text with its first character converted.
fn with_first(text: &str, convert: impl Fn(char) -> String) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| convert(first) + characters.as_str()).unwrap_or_default()
}

/// Returns the name of a type in `resource` and in messages about the body: `serviceNote` for `ServiceNote`.
///
/// Where the table has no name, it is the name of the type in camel case. Observed on live servers: `ticket`,
/// `serviceNote`, `callbackEntry`, `catalogItem`.
pub(crate) fn resource_of(type_name: &str) -> String {
    let type_name = type_name.trim_end_matches("Reference");
    if let Some([_, resource]) = NAMES.of(type_name).next().filter(|[_, resource]| !resource.is_empty()) {
        return (*resource).to_owned();
    }
    let words = words(type_name);
    let (first, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    first.to_lowercase() + &rest.concat()
}

/// Splits a name into its words: `GL` and `Account` for `GLAccount`.
fn words(name: &str) -> Vec<&str> {
    let characters: Vec<(usize, char)> = name.char_indices().collect();
    let is_upper = |at: usize| characters.get(at).is_some_and(|(_, character)| character.is_uppercase());
    let is_lower = |at: usize| characters.get(at).is_some_and(|(_, character)| character.is_lowercase());
    let starts = characters.iter().enumerate().skip(1).filter(|(at, _)| is_upper(*at));
    let starts = starts.filter(|(at, _)| !is_upper(*at - 1) || is_lower(*at + 1)).map(|(_, (start, _))| *start);
    let mut words = Vec::new();
    let mut from = 0;
    for start in starts.chain([name.len()]) {
        words.extend(name.get(from..start).filter(|word| !word.is_empty()));
        from = start;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_table_and_the_rules() {
        for (type_name, name, resource) in [
            ("Ticket", "Service Ticket", "ticket"),
            ("TicketReference", "Service Ticket", "ticket"),
            ("ProjectTicket", "Project Ticket", "projectTicket"),
            ("ServiceNote", "Service Note", "serviceNote"),
            ("ServiceStatusReference", "Service Status", "serviceStatus"),
            ("BoardStatus", "Service Status", "boardStatus"),
            ("Company", "company", "company"),
            ("CompanyReference", "company", "company"),
            ("Contact", "Contact", "contact"),
            ("ScheduleEntry", "Schedule", "schedule"),
            ("CompanyConfiguration", "Configuration", "configuration"),
            ("ConfigurationReference", "Configuration", "configuration"),
            ("CatalogItem", "Catalog Item", "catalogItem"),
            ("GLAccount", "GL Account", "glAccount"),
            ("SLA", "SLA", "sla"),
            ("M365Contact", "M365 Contact", "m365Contact"),
            ("", "", ""),
        ] {
            assert_eq!((name_of(type_name).as_str(), resource_of(type_name).as_str()), (name, resource));
        }
        for (list, name) in [
            ("service/tickets", "Service Ticket"),
            ("service/tickets/5/notes", "Service Note"),
            ("company/companies", "company"),
            ("service/boards/1/statuses", "Service Status"),
            ("no/where", "Where"),
        ] {
            assert_eq!(name_in(list), name);
        }
        assert_eq!(
            (field_in("service/tickets"), field_in("company/companies/5/sites")),
            ("ticket".into(), "site".into())
        );
    }

    #[test]
    fn the_table_has_only_types_of_the_document() {
        for (name, _) in NAMES.lines() {
            let reference = format!("{name}Reference");
            assert!(
                crate::schema::type_of(name).is_some() || crate::schema::type_of(&reference).is_some(),
                "{name} is not a type"
            );
        }
    }
}
