//! The packages of the repository: their manifests, their dependencies, and the root files of their crates.

use toml::{Table, Value};

use crate::Failure;
use crate::tidy::files::{Files, folder_of, join};

/// A package of the repository: in the workspace, or excluded from it.
#[derive(Debug)]
pub(crate) struct Package {
    /// The name of the package.
    pub(crate) name: String,
    /// The folder, relative to the root of the repository.
    pub(crate) folder: String,
    /// The parsed manifest.
    pub(crate) manifest: Table,
    /// The dependencies.
    pub(crate) dependencies: Vec<Dependency>,
    /// The crates of the package.
    pub(crate) targets: Vec<Target>,
}

impl Package {
    /// Returns the path of the manifest.
    pub(crate) fn manifest_path(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

/// A dependency of a package.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The package's own name, even if the manifest renames it.
    pub(crate) package: String,
    /// Whether it is a dev-dependency.
    pub(crate) development: bool,
}

/// A crate of a package: Cargo's target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The root file.
    pub(crate) root: String,
    /// The kind of target.
    pub(crate) kind: TargetKind,
}

/// The kinds of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetKind {
    /// The library, or the main binary of a package without a library. The layers of the package apply to it.
    Main,
    /// Another binary.
    Binary,
    /// A test, a benchmark, an example or a build script.
    Test,
}

/// Reads the packages of a repository.
pub(crate) fn read(files: &Files) -> Result<Vec<Package>, Failure> {
    let root: Table = manifest(files, "Cargo.toml")?;
    let workspace =
        root.get("workspace").and_then(Value::as_table).ok_or("Cargo.toml: the table [workspace] is missing")?;
    let shared = workspace.get("dependencies").and_then(Value::as_table).cloned().unwrap_or_default();
    let mut packages = Vec::new();
    for folder in folders(workspace, files) {
        packages.push(package(files, folder, &shared)?);
    }
    Ok(packages)
}

fn manifest(files: &Files, path: &str) -> Result<Table, Failure> {
    let text = files.text(path).ok_or_else(|| format!("{path}: the file is missing"))?;
    text.parse().map_err(|error| format!("{path}: {error}").into())
}

/// Returns the folders in `members` and `exclude` of the workspace, with patterns such as `crates/*` resolved.
fn folders(workspace: &Table, files: &Files) -> Vec<String> {
    let named = ["members", "exclude"]
        .into_iter()
        .filter_map(|key| workspace.get(key).and_then(Value::as_array))
        .flatten()
        .filter_map(Value::as_str);
    let mut folders = Vec::new();
    for pattern in named {
        for (path, _) in files.iter().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
            let folder = folder_of(path);
            let matches = match pattern.strip_suffix("/*") {
                Some(parent) => folder_of(folder) == parent,
                None => folder == pattern,
            };
            if matches && !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    folders
}

fn package(files: &Files, folder: String, shared: &Table) -> Result<Package, Failure> {
    let manifest = manifest(files, &format!("{folder}/Cargo.toml"))?;
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .unwrap_or(&folder)
        .to_owned();
    let mut dependencies = Vec::new();
    collect_dependencies(&manifest, shared, &mut dependencies);
    for platform in
        manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values).filter_map(Value::as_table)
    {
        collect_dependencies(platform, shared, &mut dependencies);
    }
    let targets = targets(files, &folder, &manifest);
    Ok(Package { name, folder, manifest, dependencies, targets })
}

fn collect_dependencies(manifest: &Table, shared: &Table, dependencies: &mut Vec<Dependency>) {
    for (table, development) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)] {
        for (key, value) in manifest.get(table).and_then(Value::as_table).into_iter().flatten() {
            let renamed = |value: &Value| value.get("package").and_then(Value::as_str).map(str::to_owned);
            let package = renamed(value).or_else(|| shared.get(key).and_then(renamed)).unwrap_or_else(|| key.clone());
            dependencies.push(Dependency { package, development });
        }
    }
}

/// Returns the targets that the manifest lists or that Cargo discovers by their location.
fn targets(files: &Files, folder: &str, manifest: &Table) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let mut add = |root: Option<String>, kind: TargetKind| {
        if let Some(root) = root.filter(|root| files.text(root).is_some())
            && !targets.iter().any(|target| target.root == root)
        {
            targets.push(Target { root, kind });
        }
    };
    let library =
        manifest.get("lib").and_then(|library| library.get("path")).and_then(Value::as_str).unwrap_or("src/lib.rs");
    let library = join(folder, library).filter(|root| files.text(root).is_some());
    let binary = if library.is_some() { TargetKind::Binary } else { TargetKind::Main };
    add(library, TargetKind::Main);
    add(join(folder, "src/main.rs"), binary);
    for (key, kind) in [
        ("bin", TargetKind::Binary),
        ("test", TargetKind::Test),
        ("bench", TargetKind::Test),
        ("example", TargetKind::Test),
    ] {
        for path in manifest
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|target| target.get("path"))
            .filter_map(Value::as_str)
        {
            add(join(folder, path), kind);
        }
    }
    add(join(folder, "build.rs"), TargetKind::Test);
    for (subfolder, kind) in [
        ("src/bin", TargetKind::Binary),
        ("tests", TargetKind::Test),
        ("benches", TargetKind::Test),
        ("examples", TargetKind::Test),
    ] {
        let location = format!("{folder}/{subfolder}");
        for (path, _) in files.below(&location).filter(|(path, _)| path.ends_with(".rs")) {
            let parent = folder_of(path);
            if parent == location || (folder_of(parent) == location && path.ends_with("/main.rs")) {
                add(Some(path.to_owned()), kind);
            }
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_their_targets_and_dependencies_are_found() {
        let files = Files::from_texts(
            [
                (
                    "Cargo.toml",
                    "[workspace]\nmembers = [\"crates/*\", \"tool\"]\nexclude = [\"fuzz\"]\n\
                    [workspace.dependencies]\ncore = { path = \"crates/core\", package = \"the-core\" }\n",
                ),
                ("crates/core/Cargo.toml", "[package]\nname = \"the-core\"\n"),
                ("crates/core/src/lib.rs", ""),
                ("crates/core/src/bin/a/main.rs", ""),
                ("crates/core/src/bin/a/other.rs", ""),
                ("crates/core/tests/it/main.rs", ""),
                ("crates/core/tests/it/part.rs", ""),
                ("crates/core/benches/speed.rs", ""),
                (
                    "tool/Cargo.toml",
                    "[package]\nname = \"tool\"\n[dependencies]\ncore.workspace = true\n\
                    [dev-dependencies]\nserde = \"1\"\n",
                ),
                ("tool/src/main.rs", ""),
                ("fuzz/Cargo.toml", "[package]\nname = \"fuzz\"\n[[bin]]\nname = \"f\"\npath = \"f/f.rs\"\n"),
                ("fuzz/f/f.rs", ""),
            ]
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect(),
        );
        let packages = read(&files).unwrap();
        let names: Vec<_> = packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["the-core", "tool", "fuzz"]);
        let targets = |index: usize| {
            packages[index].targets.iter().map(|target| (target.root.as_str(), target.kind)).collect::<Vec<_>>()
        };
        assert_eq!(
            targets(0),
            [
                ("crates/core/src/lib.rs", TargetKind::Main),
                ("crates/core/src/bin/a/main.rs", TargetKind::Binary),
                ("crates/core/tests/it/main.rs", TargetKind::Test),
                ("crates/core/benches/speed.rs", TargetKind::Test),
            ]
        );
        assert_eq!(targets(1), [("tool/src/main.rs", TargetKind::Main)]);
        assert_eq!(targets(2), [("fuzz/f/f.rs", TargetKind::Binary)]);
        let dependencies: Vec<_> = packages[1]
            .dependencies
            .iter()
            .map(|dependency| (dependency.package.as_str(), dependency.development))
            .collect();
        assert_eq!(dependencies, [("the-core", false), ("serde", true)]);
    }
}
