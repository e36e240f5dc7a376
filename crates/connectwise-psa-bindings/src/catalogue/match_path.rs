//! Finds the operation of a path, in a tree of all path templates. The first lookup builds the tree.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::LazyLock;

use connectwise_psa_core::operation::{Method, Operation, ParameterKind};
use connectwise_psa_core::text::decode_path_segment;

use crate::catalogue::all;

/// An operation and the path that matches its template.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PathMatch<'p> {
    /// The operation.
    pub operation: &'static Operation,
    path: &'p str,
}

impl<'p> PathMatch<'p> {
    /// Returns the names of the path parameters with their percent-decoded values, from left to right.
    pub fn path_values(&self) -> impl Iterator<Item = (&'static str, Cow<'p, str>)> + use<'p> {
        let pairs = segments(self.operation.path).zip(segments(self.path));
        pairs.filter_map(|(expected, segment)| Some((parameter_name(expected)?, decode_path_segment(segment))))
    }
}

/// Returns the operation of a method and a path below the base URL: `GET /service/tickets/5` is `service.get_ticket`.
///
/// - Ignores letter case, and slashes at both ends. Percent-decodes segments before the comparison. `path` must not
///   contain a query.
/// - A 64-bit integer matches every parameter. Any other non-empty segment matches only string parameters. The
///   placeholder of a parameter matches that parameter: `/service/tickets/{id}`.
/// - If several templates match, the first segment in which they differ decides: a literal segment precedes an integer
///   parameter, and an integer parameter precedes a string parameter. `/system/members/5` is `system.get_member`, and
///   `/system/members/jdoe` is `system.get_member_by_identifier`.
///
/// Returns `None` if no operation matches, or its section is not compiled.
///
/// ```
/// use connectwise_psa_bindings::catalogue;
/// use connectwise_psa_core::operation::Method;
///
/// # #[cfg(feature = "service")]
/// # {
/// let found = catalogue::match_path(Method::Get, "/service/tickets/5/notes/7").unwrap();
/// assert_eq!(found.operation.id, "get_ticket_note");
/// let values: Vec<_> = found.path_values().collect();
/// assert_eq!(values, [("parentId", "5".into()), ("id", "7".into())]);
/// # }
/// assert!(catalogue::match_path(Method::Get, "/service/unicorns").is_none());
/// ```
#[must_use]
pub fn match_path(method: Method, path: &str) -> Option<PathMatch<'_>> {
    let operation = ROOT.find(method, path.trim_matches('/'), path)?;
    Some(PathMatch { operation, path })
}

/// The tree of all templates.
static ROOT: LazyLock<Node> = LazyLock::new(|| {
    let mut root = Node::default();
    for operation in all() {
        root.insert(operation);
    }
    root
});

/// The templates that begin with the same segments.
#[derive(Default)]
struct Node {
    /// The children with a literal segment, in the order of [`compare_ignoring_case`].
    literals: Vec<(&'static str, Node)>,
    /// The child with an integer parameter.
    integer: Option<Box<Node>>,
    /// The child with any other parameter.
    string: Option<Box<Node>>,
    /// The operations whose templates end here.
    operations: Vec<&'static Operation>,
}

impl Node {
    fn insert(&mut self, operation: &'static Operation) {
        let last = segments(operation.path).fold(self, |node, segment| match parameter_name(segment) {
            Some(name) if is_integer(operation, name) => node.integer.get_or_insert_default(),
            Some(_) => node.string.get_or_insert_default(),
            None => node.literal_or_insert(segment),
        });
        last.operations.push(operation);
    }

    fn literal_or_insert(&mut self, literal: &'static str) -> &mut Self {
        let at = match self.literals.binary_search_by(|(other, _)| compare_ignoring_case(other, literal)) {
            Ok(at) => at,
            Err(at) => {
                self.literals.insert(at, (literal, Self::default()));
                at
            }
        };
        #[allow(clippy::indexing_slicing, reason = "the search found this index, or the insertion used it")]
        &mut self.literals[at].1
    }

    /// Returns the operation for the rest of a path. If a branch does not lead to an operation, the search continues
    /// with the next one.
    fn find(&self, method: Method, rest: &str, path: &str) -> Option<&'static Operation> {
        let (segment, rest) = match rest.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (rest, None),
        };
        let segment = decode_path_segment(segment);
        let descend = |node: &Self| match rest {
            Some(rest) => node.find(method, rest, path),
            None => node
                .operations
                .iter()
                .copied()
                .find(|operation| operation.method == method && has_placeholders_of(path, operation)),
        };
        self.literal(&segment)
            .and_then(descend)
            .or_else(|| {
                let fits_integer = segment.parse::<i64>().is_ok() || parameter_name(&segment).is_some();
                self.integer.as_deref().filter(|_| fits_integer).and_then(descend)
            })
            .or_else(|| self.string.as_deref().filter(|_| !segment.is_empty()).and_then(descend))
    }

    fn literal(&self, literal: &str) -> Option<&Self> {
        let at = self.literals.binary_search_by(|(other, _)| compare_ignoring_case(other, literal)).ok()?;
        self.literals.get(at).map(|(_, node)| node)
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.trim_matches('/').split('/')
}

/// Returns the name in a placeholder: `id` for `{id}`.
fn parameter_name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn is_integer(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().any(|parameter| parameter.name == name && parameter.kind == ParameterKind::Integer)
}

/// Returns whether the placeholders in a path are those of the operation.
fn has_placeholders_of(path: &str, operation: &Operation) -> bool {
    !path.contains('{')
        || segments(operation.path)
            .zip(segments(path))
            .all(|(expected, segment)| parameter_name(segment).is_none() || expected.eq_ignore_ascii_case(segment))
}

fn compare_ignoring_case(one: &str, other: &str) -> Ordering {
    one.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(method: Method, path: &str) -> Option<String> {
        match_path(method, path).map(|found| format!("{}.{}", found.operation.section, found.operation.id))
    }

    /// Returns the path of an operation with a value for each parameter.
    fn path_with_values(operation: &Operation) -> String {
        let value = |segment| match parameter_name(segment) {
            Some(name) if is_integer(operation, name) => "41",
            Some(_) => "word",
            None => segment,
        };
        segments(operation.path).map(value).collect::<Vec<_>>().join("/")
    }

    /// Returns the precedence of a segment: literal, integer parameter, string parameter.
    fn rank(operation: &Operation, segment: &str) -> u8 {
        match parameter_name(segment) {
            None => 0,
            Some(name) if is_integer(operation, name) => 1,
            Some(_) => 2,
        }
    }

    /// Returns a segment that both templates match. `None` if there is none.
    fn common(one: (u8, &'static str), other: (u8, &'static str)) -> Option<&'static str> {
        match (one, other) {
            ((0, one), (0, other)) => one.eq_ignore_ascii_case(other).then_some(one),
            ((0, word), (1, _)) | ((1, _), (0, word)) => word.parse::<i64>().is_ok().then_some(word),
            ((0, word), _) | (_, (0, word)) => Some(word),
            ((1, _), _) | (_, (1, _)) => Some("41"),
            _ => Some("word"),
        }
    }

    /// Returns a path that the templates of both operations match.
    fn path_of_both(one: &'static Operation, other: &'static Operation) -> Option<String> {
        if one.method != other.method || segments(one.path).count() != segments(other.path).count() {
            return None;
        }
        let pairs = segments(one.path).zip(segments(other.path));
        let both: Option<Vec<_>> = pairs.map(|(a, b)| common((rank(one, a), a), (rank(other, b), b))).collect();
        Some(both?.join("/"))
    }

    #[test]
    fn all_operations_are_found_by_path() {
        for operation in all() {
            let path = path_with_values(operation);
            for variant in [
                operation.path.to_owned(),
                path.clone(),
                format!("/{path}/"),
                format!("/{}", path.to_ascii_uppercase()),
            ] {
                let found = match_path(operation.method, &variant).map(|found| found.operation);
                assert_eq!(found, Some(operation), "{variant}");
            }
        }
    }

    /// Checks all pairs of operations whose templates match the same path.
    #[test]
    fn the_more_specific_template_takes_precedence() {
        let operations: Vec<_> = all().collect();
        let mut overlaps = Vec::new();
        for (at, one) in operations.iter().enumerate() {
            for other in operations.iter().skip(at + 1) {
                let Some(path) = path_of_both(one, other) else { continue };
                let ranks = |operation: &'static Operation| {
                    segments(operation.path).map(|segment| rank(operation, segment)).collect::<Vec<_>>()
                };
                let (specific, general) = if ranks(one) < ranks(other) { (one, other) } else { (other, one) };
                let found = match_path(one.method, &path).map(|found| found.operation);
                assert_eq!(found, Some(*specific), "{} /{path} matches {one} and {other}", one.method);
                overlaps.push(format!("{} /{path}: {} before {}", one.method, specific.id, general.id));
            }
        }
        overlaps.sort();
        let expected: &[&str] = if cfg!(feature = "system") {
            &[
                "GET /system/info/members/41: get_member_info before get_member_info_by_identifier",
                "GET /system/info/members/count: count_member_infos before get_member_info_by_identifier",
                "GET /system/members/41: get_member before get_member_by_identifier",
                "GET /system/members/calendarsync: list_calendar_sync_members before get_member_by_identifier",
                "GET /system/members/count: count_members before get_member_by_identifier",
                "GET /system/members/types: list_member_types before get_member_by_identifier",
                "GET /system/members/withSso: list_members_with_sso before get_member_by_identifier",
            ]
        } else {
            &[]
        };
        assert_eq!(overlaps, expected);
    }

    #[cfg(feature = "service")]
    #[test]
    fn a_path_matches_by_its_segments_whatever_its_letter_case_and_outer_slashes() {
        for (method, path, expected) in [
            (Method::Get, "/service/tickets", Some("service.list_tickets")),
            (Method::Post, "service/tickets", Some("service.create_ticket")),
            (Method::Get, "/Service/TICKETS/", Some("service.list_tickets")),
            (Method::Get, "/service/tickets/5", Some("service.get_ticket")),
            (Method::Get, "/service/tickets/-5", Some("service.get_ticket")),
            (Method::Get, "/service/tickets/count", Some("service.count_tickets")),
            (Method::Patch, "/service/tickets/5", Some("service.update_ticket")),
            (Method::Get, "/service/tickets/5/notes", Some("service.list_ticket_notes")),
            (Method::Get, "/service/tickets/%35/n%6ftes", Some("service.list_ticket_notes")),
            (Method::Get, "/service/tickets/{parentId}/notes/7", Some("service.get_ticket_note")),
            // The parameter is called `parentId`.
            (Method::Get, "/service/tickets/{id}/notes/7", None),
            (Method::Put, "/service/tickets", None),
            (Method::Get, "/service/tickets/five", None),
            (Method::Get, "/service/tickets/5x", None),
            (Method::Get, "/service/tickets//notes", None),
            (Method::Get, "/service/tickets/5/notes/7/8", None),
            (Method::Get, "/service/unknown", None),
            (Method::Get, "/service", None),
            (Method::Get, "/", None),
            (Method::Get, "", None),
        ] {
            assert_eq!(name(method, path).as_deref(), expected, "{method} {path}");
        }
    }

    #[cfg(feature = "system")]
    #[test]
    fn members_are_found_by_id_and_by_identifier() {
        for (path, expected, value) in [
            ("/system/members/5", "system.get_member", ("id", "5")),
            ("/system/members/jdoe", "system.get_member_by_identifier", ("memberIdentifier", "jdoe")),
            ("/SYSTEM/MEMBERS/J%20Doe/", "system.get_member_by_identifier", ("memberIdentifier", "J Doe")),
            // This is not a 64-bit integer.
            (
                "/system/members/99999999999999999999",
                "system.get_member_by_identifier",
                ("memberIdentifier", "99999999999999999999"),
            ),
            ("/system/members/{id}", "system.get_member", ("id", "{id}")),
            (
                "/system/members/{memberIdentifier}",
                "system.get_member_by_identifier",
                ("memberIdentifier", "{memberIdentifier}"),
            ),
            ("/system/info/members/5", "system.get_member_info", ("id", "5")),
            ("/system/info/members/jdoe", "system.get_member_info_by_identifier", ("memberIdentifier", "jdoe")),
        ] {
            let found = match_path(Method::Get, path).unwrap();
            assert_eq!(name(Method::Get, path).as_deref(), Some(expected), "{path}");
            assert_eq!(found.path_values().collect::<Vec<_>>(), [(value.0, Cow::from(value.1))], "{path}");
        }
        assert_eq!(name(Method::Delete, "/system/members/types/5").as_deref(), Some("system.delete_member_type"));
    }

    #[cfg(feature = "procurement")]
    #[test]
    fn a_branch_without_an_operation_is_skipped() {
        let found = |path| name(Method::Get, path);
        assert_eq!(found("/procurement/catalog/vendors/5").as_deref(), Some("procurement.list_catalog_item_vendors"));
        // The literal `vendors` leads only to an integer parameter, so it is read as a catalog item identifier.
        assert_eq!(
            found("/procurement/catalog/vendors/quantityOnHand").as_deref(),
            Some("procurement.get_catalog_item_quantity_on_hand")
        );
    }
}
