//! The candidates for the values of arguments.

use std::ffi::OsStr;

use clap_complete::CompletionCandidate;
use connectwise_psa::catalogue;

use crate::completion::cache::Entry;
use crate::completion::lists::List;
use crate::completion::{lists, refresh};
use crate::connection;
use crate::connection::choice::Choice;
use crate::connection::settings::Settings;
use crate::operations::id;

/// Returns the ids of all operations, with their titles.
pub(crate) fn operations() -> Vec<CompletionCandidate> {
    catalogue::all().map(|operation| described(id::name(operation), catalogue::summary(operation))).collect()
}

/// Returns the names of the sections.
pub(crate) fn sections() -> Vec<CompletionCandidate> {
    let mut names: Vec<_> = catalogue::all().map(|operation| operation.section).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// Returns the names of the stored connections, with their servers.
pub(crate) fn connections() -> Vec<CompletionCandidate> {
    let connections = Settings::read().unwrap_or_default().connections;
    connections.into_iter().map(|(name, connection)| described(name, &connection.site)).collect()
}

/// Returns the ids of the records of a list, with their names.
pub(crate) fn ids(list: &'static List) -> Vec<CompletionCandidate> {
    let candidate =
        |(order, entry): (usize, Entry)| described(entry.id.to_string(), &entry.name).display_order(Some(order));
    entries(list).into_iter().enumerate().map(candidate).collect()
}

/// Returns the names of the records of a list, with their ids.
pub(crate) fn names(list: &'static List) -> Vec<CompletionCandidate> {
    let named = entries(list).into_iter().filter(|entry| !entry.name.is_empty());
    named.map(|entry| described(entry.name, &format!("id {}", entry.id))).collect()
}

/// Returns the records of a list of the connection that the command line uses.
fn entries(list: &'static List) -> Vec<Entry> {
    of_arguments().map(|connection| refresh::entries(&connection, list)).unwrap_or_default()
}

/// Returns the candidates for `field=value`: first the fields with references, then the names of the records of the field's
/// list, with their ids.
pub(crate) fn assignments(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(text) = current.to_str() else { return Vec::new() };
    match text.split_once('=') {
        None => {
            let fields = lists::references().filter(|(field, _)| field.starts_with(text));
            fields.map(|(field, list)| described(format!("{field}="), list.operation)).collect()
        }
        Some((field, start)) => {
            let entries = lists::of_field(field).map(entries).unwrap_or_default();
            entries.iter().filter_map(|entry| assignment(field, start, entry)).collect()
        }
    }
}

fn assignment(field: &str, start: &str, entry: &Entry) -> Option<CompletionCandidate> {
    let is_match = !entry.name.is_empty() && entry.name.to_lowercase().starts_with(&start.to_lowercase());
    is_match.then(|| described(format!("{field}={}", entry.name), &format!("id {}", entry.id)))
}

/// Returns the connection of the command line that is completed.
fn of_arguments() -> Option<Choice> {
    // The shell's script calls `cwpsa -- cwpsa …`.
    let arguments: Vec<_> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--sim") {
        return Some(Choice::Sim);
    }
    connection::choose(connection_of(&arguments)).ok()
}

/// Returns the value of `--connection`.
fn connection_of(arguments: &[String]) -> Option<&str> {
    let values = arguments.iter().zip(arguments.iter().skip(1));
    let separate =
        values.filter(|(option, _)| *option == "--connection" || *option == "-c").map(|(_, name)| name.as_str());
    let joined = arguments.iter().filter_map(|argument| argument.strip_prefix("--connection="));
    separate.chain(joined).last()
}

fn described(value: impl Into<std::ffi::OsString>, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_of_the_command_line_is_used() {
        let of = |line: &str| {
            let arguments: Vec<_> = line.split(' ').map(str::to_owned).collect();
            connection_of(&arguments).map(str::to_owned)
        };
        assert_eq!(of("cwpsa -- cwpsa call -c acme x").as_deref(), Some("acme"));
        assert_eq!(of("cwpsa -- cwpsa --connection=b call").as_deref(), Some("b"));
        assert_eq!(of("cwpsa -- cwpsa call"), None);
    }

    #[test]
    fn fields_and_sections_are_candidates() {
        let values = |candidates: Vec<CompletionCandidate>| {
            candidates.iter().map(|candidate| candidate.get_value().to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(values(assignments(OsStr::new("bo"))), ["board="]);
        assert!(values(sections()).contains(&"service".to_owned()));
        assert!(values(operations()).contains(&"service.list_tickets".to_owned()));
        let board = Entry { id: 1, name: "Help Desk".to_owned() };
        assert_eq!(values(assignment("board", "he", &board).into_iter().collect()), ["board=Help Desk"]);
        assert!(assignment("board", "x", &board).is_none());
    }
}
