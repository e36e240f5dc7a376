//! Every operation needs its own ID, because decisions, the catalogue and the documentation use the vendor's IDs.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Value, json};

use crate::corrections::Change;
use crate::decisions::{Corrected, set_target, target};
use crate::document::{self, for_each_operation, text};
use crate::problem::Problems;

/// Reports missing, repeated and unusable operation IDs, and gives these operations new ones.
pub(super) fn decide(document: &mut Value, corrected: &Corrected<'_>, problems: &mut Problems) {
    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        labels.entry(text(operation, "operationId").unwrap_or_default().to_owned()).or_default().push(label);
    });
    let mut taken: BTreeSet<String> = labels.keys().cloned().collect();
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        let id = text(operation, "operationId").map(str::to_owned);
        let same = id.as_ref().and_then(|id| labels.get(id)).map(Vec::as_slice).unwrap_or_default();
        let by_path = format!("{} {path}", method.to_uppercase());
        let message = match (&id, same) {
            (None, _) => "the operation has no operationId".to_owned(),
            (Some(id), _) if !is_usable(id) => {
                format!("its operationId `{id}` contains whitespace or quotes, or is empty")
            }
            (Some(id), [first, _, ..]) => {
                if *first == label {
                    // The first operation with an ID keeps it.
                    set_target(operation, by_path);
                    return;
                }
                format!("its operationId `{id}` is also that of {first}")
            }
            _ => {
                set_target(operation, target(path, method, operation));
                return;
            }
        };
        let new_id = unique(&id_of(method, path), &taken);
        taken.insert(new_id.clone());
        let paste = corrected.paste(&by_path, &message, &Change::OperationId(new_id.clone()));
        problems.decide(label, message, "give the operation an ID of its own", [paste]);
        set_target(operation, by_path);
        operation.insert("operationId".into(), json!(new_id));
    });
}

/// Returns whether an ID can be used as a `doc(alias)`, which cannot contain whitespace and quotes.
fn is_usable(id: &str) -> bool {
    !id.is_empty() && !id.chars().any(|c| c.is_whitespace() || c.is_control() || c == '"' || c == '\'')
}

/// Returns an operation ID in the vendor's style: `getServiceTicketsById`.
fn id_of(method: &str, path: &str) -> String {
    let mut id = method.to_owned();
    for segment in path.split('/') {
        match segment.strip_prefix('{') {
            Some(parameter) => {
                let name: String = parameter.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                id.push_str("By");
                id.push_str(&name.to_upper_camel_case());
            }
            None => id.push_str(&segment.to_upper_camel_case()),
        }
    }
    id.retain(|c| c.is_ascii_alphanumeric());
    id
}

fn unique(id: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{id}{number}"));
    std::iter::once(id.to_owned()).chain(numbered).find(|id| !taken.contains(id)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::TARGET;
    use crate::decisions::tests::decided;

    #[test]
    fn suggested_ids_have_the_style_of_the_vendor() {
        for (method, path, expected) in [
            ("get", "/service/tickets/{parentId}/notes/{id}", "getServiceTicketsByParentIdNotesById"),
            ("post", "/system/audit-trail/", "postSystemAuditTrail"),
            ("get", "/system/members/{id:regex(a b", "getSystemMembersById"),
        ] {
            assert_eq!(id_of(method, path), expected);
        }
        assert_eq!(unique("getA", &["getA".to_owned(), "getA2".to_owned()].into()), "getA3");
    }

    #[test]
    fn the_first_operation_keeps_a_repeated_id() {
        let document = json!({"paths": {"/a/b": {"get": {"operationId": "x"}, "put": {"operationId": "x"}, "post": {}, "delete": {"operationId": "a b"}}}});
        let (document, problems) = decided(document, decide);
        let ids: Vec<_> =
            problems.0.iter().map(|problem| (problem.location.as_str(), problem.paste[0].lines.as_str())).collect();
        assert_eq!(ids.len(), 3, "{problems}");
        assert!(
            ids[0].0 == "POST /a/b (no operationId)" && ids[0].1.contains("operation-id = \"postAB\""),
            "{problems}"
        );
        assert!(ids[1].0 == "PUT /a/b (x)" && ids[1].1.contains("operation = \"PUT /a/b\""), "{problems}");
        assert!(ids[2].1.contains("expects = \"a b\""), "{problems}");
        assert_eq!(document["paths"]["/a/b"]["get"][TARGET], "GET /a/b");
    }
}
