//! The commands as a user runs them: what they say, how they end, and that nothing is written when they fail.

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

/// A small document of the vendor's that has nothing wrong but what `change` makes wrong.
fn document(change: impl FnOnce(&mut Value)) -> Value {
    let operation = |id: &str| {
        json!({"tags": ["A"], "operationId": id, "parameters": [{"name": "clientId", "in": "header", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "", "content": {"application/vnd.connectwise.com+json; version=2099.1": {"schema": {"$ref": "#/components/schemas/A"}}}}}})
    };
    let mut document = json!({
        "openapi": "3.0.1", "info": {"title": "T", "version": "2099.1"},
        "paths": {"/service/as/default": {"get": operation("getServiceAsDefault")}, "/service/bs/default": {"get": operation("getServiceBsDefault")}},
        "components": {"schemas": {"A": {"type": "object", "properties": {"id": {"type": "integer", "format": "int32"}}}}}
    });
    change(&mut document);
    document
}

/// Runs `regen --spec --out` on a text and gives what was said; nothing may have been written.
fn refused(text_of_document: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (folder.path().join("All.json"), folder.path().join("out"));
    fs::write(&spec, text_of_document).unwrap();
    let output = run(&["regen", "--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!out.exists(), "nothing is written");
    said
}

#[test]
fn a_missing_file_is_named() {
    let output = run(&["regen", "--spec", "/nowhere/All.json", "--out", "/nowhere/out"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/All.json"), "{}", text(&output.stderr));
}

#[test]
fn bad_documents_are_refused_with_the_place_and_the_decision() {
    for (document, place, what) in [
        (
            document(|document| {
                document["components"]["schemas"]["A"]["properties"]["b"] = json!({"$ref": "#/components/schemas/Gone"})
            }),
            "/components/schemas/A/properties/b/$ref",
            "`#/components/schemas/Gone` does not exist",
        ),
        (
            document(|document| {
                document["paths"]["/service/as/{id"] = document["paths"]["/service/as/default"].clone()
            }),
            "/paths/~1service~1as~1{id",
            "cannot be corrected",
        ),
        (
            document(|document| {
                document["paths"]["/service/as/defaults"] =
                    json!({"get": {"operationId": "getServiceAsDefaults", "tags": ["A"], "responses": {"204": {}}}})
            }),
            "GET /service/as/defaults (getServiceAsDefaults)",
            "both have the name service::get_default_a",
        ),
        (document(|_| {}), "getCompanyContactsDefault", "the correction matches nothing in 2099.1"),
    ] {
        let said = refused(&document.to_string());
        assert!(said.contains(place) && said.contains(what) && said.contains("fix:"), "{place}: {what} in\n{said}");
    }
    for (text, what) in
        [("<html>", "not JSON"), (r#"{"swagger": "2.0"}"#, "Swagger"), (r#"{"openapi": "3.1.0"}"#, "OpenAPI 3.1.0")]
    {
        let said = refused(text);
        assert!(said.contains(what) && said.contains("fix:"), "{said}");
    }
}

#[test]
fn all_decisions_are_told_at_once() {
    let said = refused(
        &document(|document| {
            document["components"]["schemas"]["A"]["properties"]["b"] = json!({"$ref": "#/components/schemas/Gone"});
            document["components"]["schemas"]["A"]["properties"]["ID"] = json!({"type": "string"});
            document["paths"]["/service/as/default"]["get"]["parameters"][0]["name"] = json!("X-Other");
        })
        .to_string(),
    );
    for expected in ["does not exist", "are both `id` in Rust", "`X-Other` is a header parameter"] {
        assert!(said.contains(expected), "{expected} in\n{said}");
    }
}

#[test]
fn regenerating_apart_writes_the_committed_description_and_a_crate_that_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["regen", "--out", folder.path().to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("3062 operations") && said.contains("Done in"), "{said}");
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    assert_eq!(fs::read(folder.path().join("psa.json")).unwrap(), fs::read(root.join("openapi/psa.json")).unwrap());
    let made = folder.path().join("connectwise-psa-bindings");
    let committed = root.join("crates/connectwise-psa-bindings");
    for file in [
        "src/lib.rs",
        "src/catalogue/mod.rs",
        "src/generated/mod.rs",
        "src/generated/api_version.md",
        "src/generated/service/operations.rs",
        "src/generated/schemas.json",
    ] {
        assert_eq!(fs::read(made.join(file)).unwrap(), fs::read(committed.join(file)).unwrap(), "{file}");
    }
    let manifest = fs::read_to_string(made.join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("workspace = true"), "{manifest}");
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(made.join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", text(&cargo.stderr));
}

#[test]
fn the_repository_itself_is_no_place_to_write_apart() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let committed = fs::read(root.join("openapi/psa.json")).unwrap();
    for out in [root.to_owned(), root.join("openapi"), root.join("codegen/..")] {
        let output = run(&["regen", "--out", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", out.display());
        assert!(text(&output.stderr).contains("lies in the repository"), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read(root.join("openapi/psa.json")).unwrap(), committed);
}

#[test]
fn what_is_committed_is_what_the_generator_makes() {
    let output = run(&["regen", "--check"]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn a_document_differs_from_itself_in_nothing_and_from_a_changed_one_in_the_change() {
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
    let said = text(&run(&["diff", committed, changed]).stdout);
    assert!(
        said.contains("create_ticket") && said.contains("postServiceTickets") && said.contains("1 breaking"),
        "{said}"
    );
    assert!(said.contains("Catastrophic"), "{said}");
    let markdown = text(&run(&["diff", committed, changed, "--markdown"]).stdout);
    assert!(markdown.contains("# ") && markdown.contains("- "), "{markdown}");
}

#[test]
fn the_coverage_table_tells_every_action() {
    let said = text(&run(&["actions"]).stdout);
    assert!(said.ends_with("487 actions: 485 with an operation, 2 with a reason\n"), "{said}");
}
