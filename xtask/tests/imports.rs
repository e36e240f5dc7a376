//! Imports into a small repository: runs that are killed while they write, and a document with a new section.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The folders in which a run replaces files and folders.
const WRITTEN: [&str; 5] =
    ["crates/connectwise-psa-bindings/src", "tests/tests/contract", "codegen/snapshots/src", "openapi", "."];

/// Creates a repository with what `regen` reads: the small document of codegen/snapshots takes the place of the
/// vendor's.
fn small_repository(root: &Path) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let copy = |from: &str, to: &str| {
        fs::create_dir_all(root.join(to).parent().unwrap()).unwrap();
        fs::copy(workspace.join(from), root.join(to)).unwrap();
    };
    for (file, source) in [
        ("corrections.toml", "openapi/corrections.toml"),
        ("names.toml", "openapi/names.toml"),
        ("vendor.json", "openapi/vendor.json"),
        ("docs.toml", "openapi/docs.toml"),
        ("known_values.csv", "openapi/known_values.csv"),
        ("rights.csv", "crates/connectwise-psa/data/security-roles.csv"),
        ("references.csv", "crates/connectwise-psa-sim/data/references.csv"),
        ("actions.csv", "openapi/actions.csv"),
    ] {
        for to in [source, &format!("codegen/snapshots/{file}")] {
            copy(&format!("codegen/snapshots/{file}"), to);
        }
    }
    copy("codegen/snapshots/Cargo.toml", "crates/connectwise-psa-bindings/Cargo.toml");
    fs::write(root.join("Cargo.toml"), "").unwrap();
    fs::write(root.join("CHANGELOG.md"), "# Changelog\n\n## Unreleased\n\n- words\n\n## 0.1\n\n- words\n").unwrap();
    root.join("openapi/vendor.json")
}

fn regen(root: &Path, spec: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["regen", "--repository"]).arg(root).arg("--spec").arg(spec).stdout(Stdio::null());
    command
}

fn complete(root: &Path, spec: &Path) {
    let output = regen(root, spec).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs git. Returns what it prints, or `None` if it fails or is not installed.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let author = ["-c", "user.name=n", "-c", "user.email=e"];
    let output = Command::new("git").arg("-C").arg(root).args(author).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// Commits everything. Returns whether git is installed.
fn commit(root: &Path) -> bool {
    let commands: [&[&str]; 3] = [&["init", "--quiet"], &["add", "."], &["commit", "--quiet", "--message", "m"]];
    commands.iter().all(|arguments| git(root, arguments).is_some())
}

/// Reads all files below a folder, except those of git.
fn files(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(".git") {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
            } else {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

/// Writes the small document after a change.
fn changed_document(root: &Path, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut document: Value =
        serde_json::from_str(&fs::read_to_string(root.join("openapi/vendor.json")).unwrap()).unwrap();
    change(&mut document);
    let path = root.join("openapi/changed.json");
    fs::write(&path, document.to_string()).unwrap();
    path
}

/// Adds a property that is new in each round, so that every generated folder changes.
fn add_property(document: &mut Value, round: usize) {
    let (_, schema) = document["components"]["schemas"]
        .as_object_mut()
        .unwrap()
        .iter_mut()
        .find(|(name, _)| *name == "Ticket")
        .expect("the small document has tickets");
    schema["properties"][format!("round{round}")] = json!({"type": "string"});
}

/// Runs `regen` and kills it as soon as it has a temporary folder in `folder`. Returns whether it was killed.
fn kill_in(root: &Path, folder: &str, spec: &Path) -> bool {
    let mut run = regen(root, spec).stderr(Stdio::null()).spawn().unwrap();
    let has_temporary_folder = || {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with(".regen-"))
    };
    loop {
        if has_temporary_folder() {
            run.kill().unwrap();
        }
        if let Some(status) = run.try_wait().unwrap() {
            return !status.success();
        }
    }
}

#[test]
fn a_killed_run_is_completed_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    complete(root, &small_repository(root));
    fs::write(root.join("openapi/changed.json"), "").unwrap();
    let has_git = commit(root);
    let mut killed = 0;
    for (round, written) in WRITTEN.into_iter().enumerate() {
        let spec = changed_document(root, |document| add_property(document, round));
        killed += usize::from(kill_in(root, written, &spec));
        complete(root, &spec);
        let after = files(root);
        let leftover = after.keys().find(|path| path.to_string_lossy().contains(".regen-"));
        assert_eq!(leftover, None, "{written}");
        if has_git {
            let status = git(root, &["status", "--porcelain"]).unwrap();
            assert!(!status.contains("??"), "{written}: {status}");
        }
        let changelog = &after[Path::new("CHANGELOG.md")];
        assert_eq!(changelog.matches("### API version").count(), 1, "{written}: {changelog}");
        // With git, the entry describes only what differs from the commit.
        let mentioned = (0..=round).filter(|round| changelog.contains(&format!("round{round}"))).count();
        assert!(!has_git || mentioned == 1, "{written}: {changelog}");
        // Nothing is missing or half written: one more run writes nothing.
        complete(root, &spec);
        let again = files(root);
        let differing: Vec<&PathBuf> = after.keys().filter(|path| again.get(*path) != after.get(*path)).collect();
        assert!(differing.is_empty() && again.len() == after.len(), "{written}: {differing:?}");
        assert!(after[Path::new("openapi/psa.json")].contains(&format!("round{round}")));
    }
    assert!(killed > 0, "no run was killed");
}

#[test]
fn an_import_with_a_new_section_is_written_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    small_repository(root);
    fs::create_dir_all(root.join("xtask")).unwrap();
    let lists = "[[sections.lists]]\nfile = \"crates/connectwise-psa-bindings/Cargo.toml\"\nentry = \"SECTION = []\"\n";
    fs::write(root.join("xtask/tidy.toml"), format!("[sections]\ndocument = \"openapi/psa.json\"\n{lists}")).unwrap();
    let spec = changed_document(root, |document| {
        let mut operation = document["paths"]["/service/tickets"]["get"].clone();
        operation["operationId"] = json!("getGardenTickets");
        document["paths"]["/garden/tickets"] = json!({"get": operation});
    });
    let output = regen(root, &spec).stdout(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(root.join("crates/connectwise-psa-bindings/src/generated/garden").is_dir());
    for expected in ["the section `garden` is missing", "add the line `garden = []`"] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains("the section `service` is missing"), "{text}");
}
