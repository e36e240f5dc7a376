//! Matches the operations of the older document with those of the newer one.

use std::collections::BTreeMap;

use crate::model::{Api, Operation};

use super::Match;

/// Returns the operations that are in both documents.
///
/// Operations match by the first of these criteria:
///
/// 1. the vendor's operation ID, method and path
/// 2. the vendor's operation ID, unless its method and path exist in both documents
/// 3. method and path
/// 4. the vendor's operation ID
/// 5. the name in the bindings
/// 6. method and path in another section
pub(super) fn matched<'a>(old: &'a Api, new: &'a Api) -> Vec<Match<'a>> {
    let mut unmatched_old: Vec<&Operation> = old.operations.iter().collect();
    let mut unmatched_new: Vec<&Operation> = new.operations.iter().collect();
    let endpoints_of = |operations: &'a [Operation]| -> Vec<String> { operations.iter().map(endpoint).collect() };
    let (old_endpoints, new_endpoints) = (endpoints_of(&old.operations), endpoints_of(&new.operations));
    let mut matches = Vec::new();
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| {
        Some(format!("{} {}", operation.vendor_id, endpoint(operation)))
    }));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| {
        let endpoint = endpoint(operation);
        (!(old_endpoints.contains(&endpoint) && new_endpoints.contains(&endpoint))).then(|| operation.vendor_id.clone())
    }));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| Some(endpoint(operation))));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| Some(operation.vendor_id.clone())));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| Some(operation.id())));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, endpoint_without_section));
    matches
}

/// Returns the endpoint of an operation.
pub(super) fn endpoint(operation: &Operation) -> String {
    endpoint_of(&operation.method, &operation.path)
}

/// Returns method and path, without the names of path parameters and in lower case.
pub(super) fn endpoint_of(method: &str, path: &str) -> String {
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_ascii_lowercase() })
        .collect();
    format!("{method} /{}", segments.join("/"))
}

/// Returns method and path without the section, or `None` if the path is only the section.
fn endpoint_without_section(operation: &Operation) -> Option<String> {
    let endpoint = endpoint(operation);
    let (method, path) = endpoint.split_once(" /")?;
    Some(format!("{method} {}", path.split_once('/')?.1))
}

/// Removes the operations with equal keys from both lists, and returns them as matches.
fn match_by<'a>(
    old: &mut Vec<&'a Operation>,
    new: &mut Vec<&'a Operation>,
    key: impl Fn(&Operation) -> Option<String>,
) -> Vec<Match<'a>> {
    let mut by_key: BTreeMap<String, &'a Operation> =
        new.iter().filter_map(|operation| Some((key(operation)?, *operation))).collect();
    let mut matches = Vec::new();
    old.retain(|before| match key(before).and_then(|key| by_key.remove(&key)) {
        Some(after) => {
            matches.push((*before, after));
            false
        }
        None => true,
    });
    new.retain(|operation| !matches.iter().any(|(_, after)| std::ptr::eq(*after, *operation)));
    matches
}
