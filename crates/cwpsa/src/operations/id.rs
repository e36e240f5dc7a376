//! Ids of operations: ours, the vendor's, and the keys of actions.

use connectwise_psa::catalogue::{self, Operation};

use crate::error::CommandError;

/// How similar a name must be to be suggested: 0 is not at all, 1 is equal.
const MIN_SIMILARITY: f64 = 0.6;

/// The most names that a suggestion lists.
const MAX_SUGGESTIONS: usize = 3;

/// Finds an operation by our id (`service.list_tickets`, or `list_tickets` if only one section has it), the vendor's
/// operation id (`getServiceTickets`) or the key of an action (`list-tickets`).
///
/// # Errors
/// A usage error if there is none or the id is ambiguous. It names the candidates.
pub(crate) fn find(id: &str) -> Result<&'static Operation, CommandError> {
    let id = id.trim();
    if let Some((section, name)) = id.split_once('.')
        && let Some(operation) = catalogue::find(section, name)
    {
        return Ok(operation);
    }
    if let Some(operation) = catalogue::find_by_vendor_id(id) {
        return Ok(operation);
    }
    if let Some(action) = catalogue::actions().find(|action| action.key == id) {
        return action.operation().ok_or_else(|| without_operation(action.name, action.reason));
    }
    let same_name: Vec<_> = catalogue::all().filter(|operation| operation.id == id).collect();
    match same_name.as_slice() {
        [] => Err(unknown(id)),
        [operation] => Ok(operation),
        several => Err(ambiguous(id, several)),
    }
}

/// Returns our id of an operation: `service.list_tickets`.
pub(crate) fn name(operation: &Operation) -> String {
    format!("{}.{}", operation.section, operation.id)
}

/// Returns the names that are most similar to a name, the most similar first.
pub(crate) fn nearest<T: AsRef<str>>(name: &str, names: impl IntoIterator<Item = T>, limit: usize) -> Vec<T> {
    let wanted = name.to_ascii_lowercase();
    let mut found: Vec<(f64, T)> = names
        .into_iter()
        .map(|other| (strsim::normalized_damerau_levenshtein(&wanted, &other.as_ref().to_ascii_lowercase()), other))
        .filter(|(similarity, _)| *similarity > MIN_SIMILARITY)
        .collect();
    found.sort_by(|(a, first), (b, second)| b.total_cmp(a).then_with(|| first.as_ref().cmp(second.as_ref())));
    found.into_iter().map(|(_, other)| other).take(limit).collect()
}

fn without_operation(name: &str, reason: &str) -> CommandError {
    CommandError::usage(format!("the action {name:?} has no operation: {reason}"))
}

fn ambiguous(id: &str, candidates: &[&'static Operation]) -> CommandError {
    let names: Vec<_> = candidates.iter().map(|operation| format!("  {}", name(operation))).collect();
    CommandError::usage(format!("several sections have an operation {id:?}"))
        .with_next_step(format!("Use one of:\n{}", names.join("\n")))
}

fn unknown(id: &str) -> CommandError {
    let names: Vec<String> = match id.split_once('.') {
        // A known section narrows the names down.
        Some((section, _)) if catalogue::all().any(|operation| operation.section == section) => {
            catalogue::all().filter(|operation| operation.section == section).map(name).collect()
        }
        _ => catalogue::all()
            .flat_map(|operation| [name(operation), operation.id.to_owned(), operation.vendor_id.to_owned()])
            .chain(catalogue::actions().map(|action| action.key.to_owned()))
            .collect(),
    };
    let mut similar = nearest(id, names, MAX_SUGGESTIONS * 2);
    // The same name can be in several sections.
    similar.dedup();
    similar.truncate(MAX_SUGGESTIONS);
    let next_step = match similar.as_slice() {
        [] => "Find operations with `cwpsa ops search`.".to_owned(),
        similar => format!("Similar ids: {}. Find others with `cwpsa ops search`.", similar.join(", ")),
    };
    // A whole text can be given in place of an id.
    let shown = format!("{id:.100}");
    CommandError::usage(format!("there is no operation {shown:?}")).with_next_step(next_step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn each_form_of_an_id_finds_the_operation() {
        for id in ["service.list_tickets", "getServiceTickets", "list-service-tickets", " service.list_tickets "] {
            assert_eq!(name(find(id).unwrap()), "service.list_tickets", "{id}");
        }
        assert_eq!(name(find("list_companies").unwrap()), "company.list_companies");
    }

    #[test]
    fn each_operation_is_found_by_both_of_its_ids() {
        for operation in catalogue::all() {
            assert_eq!(find(&name(operation)).unwrap().vendor_id, operation.vendor_id);
        }
        // Each look-up by the vendor's id reads the whole table, so a part of them.
        for operation in catalogue::all().step_by(20) {
            assert_eq!(find(operation.vendor_id).unwrap().id, operation.id, "{operation}");
        }
    }

    #[test]
    fn each_action_has_an_operation_or_says_why_not() {
        let mut without = Vec::new();
        for action in catalogue::actions() {
            match find(action.key) {
                Ok(operation) => assert_eq!(Some(operation), action.operation(), "{}", action.key),
                Err(error) => {
                    assert!(error.to_string().ends_with(action.reason) && !action.reason.is_empty(), "{error}");
                    without.push(action.key);
                }
            }
        }
        assert_eq!(without, ["create-pod-confirmation", "cw-psa-api-request"]);
        assert_eq!(catalogue::actions().count(), 487);
    }

    #[test]
    fn an_ambiguous_id_names_the_candidates() {
        let error = find("list_tickets").unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        let text = error.to_string();
        assert!(text.contains("  service.list_tickets") && text.contains("  project.list_tickets"), "{text}");
    }

    #[test]
    fn an_unknown_id_suggests_similar_ones() {
        for (id, suggestion) in [
            ("service.list_tickts", "service.list_tickets"),
            ("getServiceTicket", "getServiceTickets"),
            ("list-compnies", "list-companies"),
            ("service.lst_tickets", "service.list_tickets"),
        ] {
            let text = find(id).unwrap_err().to_string();
            assert!(text.contains(&format!("Similar ids: {suggestion}")), "{id}: {text}");
        }
        let text = find("xyz").unwrap_err().to_string();
        assert!(text.ends_with("Find operations with `cwpsa ops search`."), "{text}");
    }
}
