//! The paths in the repository, and functions that read its files. Their errors name the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use connectwise_psa_codegen::corrections::{self, Corrections};
use connectwise_psa_codegen::docs::{Docs, Files};
use connectwise_psa_codegen::names::{self, Lexicon};
use serde_json::Value;

use crate::Failure;

/// The repository that a command was told to use.
static ROOT: OnceLock<PathBuf> = OnceLock::new();

/// Uses the repository in this folder instead of the one that this program was built in.
pub(crate) fn set_root(folder: PathBuf) {
    // The command sets it once, before it reads the root.
    let _ = ROOT.set(folder);
}

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    let built_in = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default();
    ROOT.get().cloned().unwrap_or_else(built_in)
}

/// Returns the path of the imported OpenAPI document.
pub(crate) fn psa() -> PathBuf {
    root().join("openapi/psa.json")
}

/// Returns the folder of the bindings crate.
pub(crate) fn bindings() -> PathBuf {
    root().join("crates/connectwise-psa-bindings")
}

/// Returns the folder of the programs that `bench` measures with.
pub(crate) fn benches() -> PathBuf {
    root().join("benches")
}

/// Returns the folder of the bindings' generated code.
pub(crate) fn generated_bindings() -> PathBuf {
    bindings().join("src/generated")
}

/// Returns the folder of the generated contract tests.
pub(crate) fn generated_tests() -> PathBuf {
    root().join("tests/tests/contract/generated")
}

/// Returns the path of the changelog.
pub(crate) fn changelog() -> PathBuf {
    root().join("CHANGELOG.md")
}

/// Returns the path of the table of actions.
pub(crate) fn actions() -> PathBuf {
    root().join("openapi/actions.csv")
}

/// Returns the path of the names.
pub(crate) fn names() -> PathBuf {
    root().join("openapi/names.toml")
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Returns the folder of the crate with the generator's output for a small document.
pub(crate) fn snapshots() -> PathBuf {
    root().join("codegen/snapshots")
}

/// Reads `openapi/corrections.toml` and `openapi/names.toml`.
pub(crate) fn decisions() -> Result<(Corrections, Lexicon), Failure> {
    decisions_in(&root().join("openapi"))
}

/// Reads `corrections.toml` and `names.toml` of a folder.
pub(crate) fn decisions_in(folder: &Path) -> Result<(Corrections, Lexicon), Failure> {
    Ok((corrections::read(&read(&folder.join("corrections.toml"))?)?, names::read(&read(&folder.join("names.toml"))?)?))
}

/// Reads what the documentation of the bindings says beyond psa.json. The client and the simulator own two of the tables.
pub(crate) fn docs() -> Result<Docs, Failure> {
    read_docs([
        root().join("openapi/docs.toml"),
        root().join("openapi/known_values.csv"),
        root().join("crates/connectwise-psa/data/security-roles.csv"),
        root().join("crates/connectwise-psa-sim/data/references.csv"),
        actions(),
    ])
}

/// Reads what the documentation of the small document in codegen/snapshots says beyond it.
pub(crate) fn snapshot_docs() -> Result<Docs, Failure> {
    read_docs(
        ["docs.toml", "known_values.csv", "rights.csv", "references.csv", "actions.csv"]
            .map(|name| snapshots().join(name)),
    )
}

fn read_docs(paths: [PathBuf; 5]) -> Result<Docs, Failure> {
    let [texts, known_values, rights, reference_paths, actions] = paths;
    Ok(Docs::read(&Files {
        texts: &read(&texts)?,
        known_values: &read(&known_values)?,
        rights: &read(&rights)?,
        reference_paths: &read(&reference_paths)?,
        actions: &read(&actions)?,
    })?)
}

/// Reads the committed psa.json.
pub(crate) fn committed_psa() -> Result<(String, Value), Failure> {
    let path = psa();
    let text = read(&path)?;
    let psa =
        serde_json::from_str(&text).map_err(|error| format!("{}: the file is not JSON: {error}", path.display()))?;
    Ok((text, psa))
}
