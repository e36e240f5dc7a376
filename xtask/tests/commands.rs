//! Runs the commands as a user does, and checks their output, their exit code, and that they write nothing if they
//! fail.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns a small, valid document of the vendor, after `change` has been applied to it.
fn document(change: impl FnOnce(&mut Value)) -> Value {
    let operation = |id: &str| {
        json!({
            "tags": ["A"],
            "operationId": id,
            "parameters": [{"name": "clientId", "in": "header", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "", "content": {
                "application/vnd.connectwise.com+json; version=2099.1": {"schema": {"$ref": "#/components/schemas/A"}},
            }}},
        })
    };
    let mut document = json!({
        "openapi": "3.0.1", "info": {"title": "T", "version": "2099.1"},
        "paths": {
            "/service/as/default": {"get": operation("getServiceAsDefault")},
            "/service/bs/default": {"get": operation("getServiceBsDefault")},
        },
        "components": {"schemas": {
            "A": {"type": "object", "properties": {"id": {"type": "integer", "format": "int32"}}},
        }},
    });
    change(&mut document);
    document
}

/// Runs `regen --spec --out` on a document that must be rejected. Checks that nothing is written, and returns the error
/// output.
fn error_of_regen(document: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (folder.path().join("All.json"), folder.path().join("out"));
    fs::write(&spec, document).unwrap();
    let output = run(&["regen", "--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(!out.exists(), "nothing is written");
    message
}

#[test]
fn the_error_names_a_missing_file() {
    let output = run(&["regen", "--spec", "/nowhere/All.json", "--out", "/nowhere/out"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/All.json"), "{}", text(&output.stderr));
}

#[test]
fn invalid_documents_are_rejected_with_the_location_the_problem_and_a_fix() {
    for (document, location, problem) in [
        (
            document(|document| {
                document["components"]["schemas"]["A"]["properties"]["b"] = json!({"$ref": "#/components/schemas/Gone"})
            }),
            "/components/schemas/A/properties/b",
            "`#/components/schemas/Gone` does not exist",
        ),
        (
            document(|document| {
                document["paths"]["/service/as/{id"] = document["paths"]["/service/as/default"].clone()
            }),
            "/paths/~1service~1as~1{id",
            "cannot be corrected",
        ),
        // The naming rules treat `default` and `defaults` alike.
        (
            document(|document| {
                document["paths"]["/service/as/defaults"] =
                    json!({"get": {"operationId": "getServiceAsDefaults", "tags": ["A"], "responses": {"204": {}}}})
            }),
            "GET /service/as/defaults (getServiceAsDefaults)",
            "its name would be service::get_default_as, which belongs to GET /service/as/default",
        ),
        // The small document is valid, but openapi/corrections.toml corrects operations that it does not have.
        (document(|_| {}), "getCompanyContactsDefault", "the correction matches nothing in 2099.1"),
    ] {
        let message = error_of_regen(&document.to_string());
        assert!(
            message.contains(location) && message.contains(problem) && message.contains("fix:"),
            "{location}: {problem} in\n{message}"
        );
    }
    for (text, problem) in
        [("<html>", "not JSON"), (r#"{"swagger": "2.0"}"#, "Swagger"), (r#"{"openapi": "3.1.0"}"#, "OpenAPI 3.1.0")]
    {
        let message = error_of_regen(text);
        assert!(message.contains(problem) && message.contains("fix:"), "{message}");
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let message = error_of_regen(
        &document(|document| {
            document["components"]["schemas"]["A"]["properties"]["b"] = json!({"$ref": "#/components/schemas/Gone"});
            document["paths"]["/service/as/default"]["get"]["parameters"][0]["name"] = json!("X-Other");
        })
        .to_string(),
    );
    for expected in ["does not exist", "the word `as` of the path is unknown", "`X-Other` is in the header"] {
        assert!(message.contains(expected), "{expected} in\n{message}");
    }
}

#[test]
fn regen_out_writes_the_committed_psa_json_and_a_standalone_crate() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["regen", "--out", folder.path().to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let message = text(&output.stdout);
    assert!(message.contains("3062 operations") && message.contains("Done in"), "{message}");
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    assert_eq!(fs::read(folder.path().join("psa.json")).unwrap(), fs::read(root.join("openapi/psa.json")).unwrap());
    let written = folder.path().join("connectwise-psa-bindings");
    let committed = root.join("crates/connectwise-psa-bindings");
    for file in [
        "src/lib.rs",
        "src/catalogue/mod.rs",
        "src/generated/mod.rs",
        "src/generated/api_version.md",
        "src/generated/service/operations/tickets.rs",
        "src/generated/schemas.json",
    ] {
        assert_eq!(fs::read(written.join(file)).unwrap(), fs::read(committed.join(file)).unwrap(), "{file}");
    }
    let manifest = fs::read_to_string(written.join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("workspace = true"), "{manifest}");
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(written.join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", text(&cargo.stderr));
}

#[test]
fn regen_out_rejects_folders_in_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let committed = fs::read(root.join("openapi/psa.json")).unwrap();
    for out in [root.to_owned(), root.join("openapi"), root.join("codegen/..")] {
        let output = run(&["regen", "--out", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", out.display());
        assert!(text(&output.stderr).contains("is in the repository"), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read(root.join("openapi/psa.json")).unwrap(), committed);
}

#[test]
fn the_committed_files_are_up_to_date() {
    let output = run(&["regen", "--check"]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn diff_prints_only_the_changes() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let committed = root.join("openapi/psa.json");
    let mut psa: Value = serde_json::from_str(&fs::read_to_string(&committed).unwrap()).unwrap();
    psa["paths"]["/service/tickets"].as_object_mut().unwrap().remove("post");
    psa["components"]["schemas"]["SeverityLevel"]["enum"].as_array_mut().unwrap().push(json!("Catastrophic"));
    let changed = folder.path().join("psa.json");
    fs::write(&changed, psa.to_string()).unwrap();
    let (committed, changed) = (committed.to_str().unwrap(), changed.to_str().unwrap());

    let same = text(&run(&["diff", committed, committed]).stdout);
    assert!(!same.contains("list_tickets"), "{same}");
    let changes = text(&run(&["diff", committed, changed]).stdout);
    assert!(
        changes.contains("create_ticket") && changes.contains("postServiceTickets") && changes.contains("1 breaking"),
        "{changes}"
    );
    assert!(changes.contains("Catastrophic"), "{changes}");
    let markdown = text(&run(&["diff", committed, changed, "--markdown"]).stdout);
    assert!(markdown.contains("# ") && markdown.contains("- "), "{markdown}");
}

#[test]
fn the_coverage_table_lists_every_action() {
    let table = text(&run(&["actions"]).stdout);
    assert!(table.ends_with("487 actions: 485 with an operation, 2 with a reason\n"), "{table}");
}
