//! `diff`: prints the changes between two OpenAPI documents. Decisions that are open in a document do not stop it.

use std::path::Path;

use connectwise_psa_codegen::diff::{self, Input};
use connectwise_psa_codegen::document;
use connectwise_psa_codegen::import;
use connectwise_psa_codegen::problem::Problems;
use serde_json::Value;

use crate::{Failure, output, repository};

/// How the changes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text for a terminal.
    Text,
    /// Markdown for the changelog.
    Markdown,
    /// JSON for programs.
    Json,
}

/// Runs the task.
pub(crate) fn diff(old: &Path, new: &Path, format: Format) -> Result<(), Failure> {
    let ((old_psa, old_open), (new_psa, new_open)) = (load(old)?, load(new)?);
    let changes = diff::diff_partly(Input { psa: &old_psa, open: &old_open }, Input { psa: &new_psa, open: &new_open });
    let text = match format {
        Format::Text => changes.to_string(),
        Format::Markdown => changes.markdown(),
        Format::Json => return output::print(&format!("{:#}\n", changes.json())),
    };
    output::print(&text)?;
    if !changes.not_compared.is_empty() {
        output::print(&format!(
            "\nNot compared, because a decision about it is open: {}\n",
            changes.not_compared.join(", ")
        ))?;
    }
    for (path, open) in [(old, &old_open), (new, &new_open)] {
        if !open.0.is_empty() {
            output::print(&format!("\nDecisions that are open in {}: {open}", path.display()))?;
        }
    }
    Ok(())
}

/// Reads a psa.json, or reads and imports a vendor's document as far as possible. Returns the decisions that are open
/// in it.
fn load(path: &Path) -> Result<(Value, Problems), Failure> {
    let text = repository::read(path)?;
    let unreadable = |problems: Problems| format!("{} cannot be read. {problems}", path.display());
    let document = document::read(&text).map_err(unreadable)?;
    if is_imported(&document) {
        return Ok((document, Problems::default()));
    }
    let (corrections, lexicon) = repository::decisions()?;
    let (psa, _, open) = import::import_with_problems(&text, &corrections, &lexicon);
    Ok((psa, open))
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

    #[test]
    fn a_document_is_read_as_regen_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("All.json");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        let document = json!({
            "openapi": "3.0.1",
            "info": {"version": "1", "title": ""},
            "paths": {"/service/tickets/{id}": {"get": {"operationId": "getServiceTicketsById", "responses": {"200": {}}}}},
            "components": {"schemas": {}}
        });
        write(&format!("\u{feff}{document}"));
        let (psa, open) = load(&path).unwrap();
        assert!(psa.pointer("/paths/~1service~1tickets~1{id}/get").is_some(), "{psa}");
        assert!(!open.0.is_empty(), "the path parameter is not declared, but the document is compared");
        write("{");
        assert!(load(&path).unwrap_err().to_string().contains("cannot be read"));
    }
}
