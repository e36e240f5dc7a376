//! `diff`: prints the changes between two OpenAPI documents.

use std::path::Path;

use connectwise_psa_codegen::{diff, import};
use serde_json::Value;

use crate::{Failure, output, repository};

/// Runs the task.
pub(crate) fn diff(old: &Path, new: &Path, markdown: bool) -> Result<(), Failure> {
    let changes = diff::diff(&load(old)?, &load(new)?)?;
    output::print(&if markdown { changes.markdown() } else { changes.to_string() })
}

/// Reads a psa.json, or reads and imports a vendor's document.
fn load(path: &Path) -> Result<Value, Failure> {
    let text = repository::read(path)?;
    let document: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: the file is not JSON: {error}", path.display()))?;
    if is_imported(&document) {
        return Ok(document);
    }
    let (corrections, lexicon) = repository::decisions()?;
    let (psa, _) = import::import(&text, &corrections, &lexicon)
        .map_err(|problems| format!("{} cannot be imported. {problems}", path.display()))?;
    Ok(psa)
}

/// Returns whether the importer wrote a document: only the importer writes `x-vendor-id`.
fn is_imported(document: &Value) -> bool {
    let paths = document.get("paths").and_then(Value::as_object);
    paths
        .into_iter()
        .flatten()
        .filter_map(|(_, item)| item.as_object())
        .flat_map(|item| item.values())
        .any(|operation| operation.get("x-vendor-id").is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_imported_document_is_recognised_by_its_operations() {
        assert!(is_imported(&json!({"paths": {"/a": {"get": {"x-vendor-id": "getA"}}}})));
        assert!(!is_imported(&json!({"paths": {"/a": {"get": {"operationId": "getA"}}}})));
    }
}
