//! Operations that are not described as OpenAPI describes them.

use serde_json::Value;

use crate::corrections::Change;
use crate::decisions::Corrected;
use crate::document::{self, METHODS, text};
use crate::problem::Problems;
use crate::structure::UNDECIDED;

/// Reports and removes operations that are marked as a whole.
pub(super) fn decide(document: &mut Value, corrected: &Corrected<'_>, problems: &mut Problems) {
    for (path, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(item) = item.as_object_mut() else { continue };
        for method in METHODS {
            let Some(operation) = item.get(method).and_then(Value::as_object) else { continue };
            let Some(reason) = text(operation, UNDECIDED).map(str::to_owned) else { continue };
            let label = document::operation_label(path, method, operation);
            let target = format!("{} {path}", method.to_uppercase());
            let lines = corrected.paste(&target, &reason, &Change::RemoveOperation);
            problems.decide(label, reason, "remove the operation, or use a document that describes it", [lines]);
            item.remove(method);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decisions::tests;

    #[test]
    fn a_marked_operation_is_removed() {
        let (document, problems) =
            tests::decided(json!({"paths": {"/a": {"get": {UNDECIDED: "it is a list"}, "put": {}}}}), decide);
        assert_eq!(document, json!({"paths": {"/a": {"put": {}}}}));
        assert!(problems.0[0].paste[0].lines.contains("operation = \"GET /a\""), "{problems}");
    }
}
