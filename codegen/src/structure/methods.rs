//! Removes operations with methods that the API does not use.

use serde_json::Value;

/// Removes HEAD, OPTIONS and TRACE, and returns their number.
pub(super) fn remove(document: &mut Value) -> usize {
    let mut removed = 0;
    for (_, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        for method in ["head", "options", "trace"] {
            removed += usize::from(item.as_object_mut().is_some_and(|item| item.remove(method).is_some()));
        }
    }
    removed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn other_methods_are_removed() {
        let mut document = json!({"paths": {"/a": {"get": {}, "head": {}, "options": {}}}});
        assert_eq!(remove(&mut document), 2);
        assert_eq!(document, json!({"paths": {"/a": {"get": {}}}}));
    }
}
