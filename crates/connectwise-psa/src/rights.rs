//! Finds out which rights of a security role a request may need. The advice after a 403 and the report of a check name
//! them.

use std::fmt;

/// A CSV table of path, area and entry. ConnectWise does not publish the rights of each endpoint. The rows are taken
/// from what several integrations tell their users to grant, so they are hints.
const TABLE: &str = include_str!("../data/security-roles.csv");

/// A right of a security role: an entry, and the level to grant in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Right {
    /// The module of the role: `Service Desk`.
    pub area: &'static str,
    /// The entry in the module: `Service Tickets`.
    pub entry: &'static str,
    /// The level, a column in PSA: `Add`, `Edit`, `Delete` or `Inquire`.
    pub level: &'static str,
}

/// `Service Desk > Service Tickets (Inquire)`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {} ({})", self.area, self.entry, self.level)
    }
}

/// Returns the rights that a request may need.
///
/// They are hints: ConnectWise does not publish the rights of each endpoint, so this crate has a table of those that
/// integrations tell their users to grant. `path` is a path or a path template. The longest path in the table that is a
/// prefix of `path` applies; without one, the result is empty.
///
/// ```
/// let rights = connectwise_psa::check::rights("GET", "/service/boards/5/statuses");
/// assert_eq!(rights[0].to_string(), "System > Table Setup (Inquire)");
/// ```
#[must_use]
pub fn rights(method: &str, path: &str) -> Vec<Right> {
    let level = match method.to_ascii_uppercase().as_str() {
        "POST" if path.trim_end_matches('/').to_ascii_lowercase().ends_with("/search") => "Inquire",
        "POST" => "Add",
        "PUT" | "PATCH" => "Edit",
        "DELETE" => "Delete",
        _ => "Inquire",
    };
    let rows = || {
        TABLE.lines().skip(1).filter_map(|line| {
            let mut cells = line.splitn(3, ',');
            Some((cells.next()?, cells.next()?, cells.next()?))
        })
    };
    let longest = rows().filter(|(row, ..)| is_under(path, row)).map(|(row, ..)| row.split('/').count()).max();
    rows()
        .filter(|(row, ..)| is_under(path, row) && Some(row.split('/').count()) == longest)
        // The entries for closing records do not affect reading.
        .filter(|(_, _, entry)| !(level == "Inquire" && entry.starts_with("Close ")))
        .map(|(_, area, entry)| Right { area, entry, level })
        .collect()
}

/// Returns whether a path starts with the segments of a row. `{}` matches any segment.
fn is_under(path: &str, row: &str) -> bool {
    let mut segments = path.trim_matches('/').split('/');
    row.trim_matches('/').split('/').all(|expected| {
        segments.next().is_some_and(|segment| expected == "{}" || segment.eq_ignore_ascii_case(expected))
    })
}

/// Returns the advice for a 403: one sentence that names the rights the request may need.
pub(crate) fn advice(method: &str, path: &str) -> Option<String> {
    let rights: Vec<_> = rights(method, path).iter().map(ToString::to_string).collect();
    (!rights.is_empty())
        .then(|| format!("Grant the security role of the API member the rights it may lack: {}.", rights.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(method: &str, path: &str) -> Vec<String> {
        rights(method, path).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_longest_matching_path_and_the_method_determine_the_rights() {
        for (method, path, expected) in [
            ("GET", "/service/tickets/5/notes", &["Service Desk > Service Tickets (Inquire)"][..]),
            ("POST", "/service/tickets/search", &["Service Desk > Service Tickets (Inquire)"]),
            (
                "PATCH",
                "/service/tickets/5",
                &["Service Desk > Service Tickets (Edit)", "Service Desk > Close Service Tickets (Edit)"],
            ),
            ("POST", "/service/tickets/5/merge", &["Service Desk > Merge Tickets (Add)"]),
            ("DELETE", "/Company/Contacts/5", &["Companies > Contacts (Delete)"]),
            ("GET", "/company/contacts/types", &["System > Table Setup (Inquire)"]),
            ("GET", "/company/contactsX", &[]),
            ("GET", "/system/info", &[]),
        ] {
            assert_eq!(texts(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn advice_is_given_only_for_paths_with_known_rights() {
        assert_eq!(advice("GET", "/system/info"), None);
        assert!(advice("GET", "/system/members").unwrap().contains("System > Member Maintenance (Inquire)"));
    }

    #[test]
    fn every_row_matches_an_operation() {
        let compiled: Vec<_> = connectwise_psa_bindings::catalogue::all().collect();
        for line in TABLE.lines().skip(1) {
            let (path, rest) = line.split_once(',').unwrap();
            assert_eq!(rest.split(',').count(), 2, "{line}");
            let section = path.split('/').nth(1).unwrap();
            // Sections whose feature is off are not in the catalogue.
            let is_compiled = compiled.iter().any(|operation| operation.section == section);
            assert!(!is_compiled || compiled.iter().any(|operation| is_under(operation.path, path)), "{line}");
        }
    }
}
