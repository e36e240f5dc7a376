//! The packages of the repository: their manifests, what they depend on, and the root files of their crates.

use toml::{Table, Value};

use crate::Failure;
use crate::tidy::files::{Files, folder_of, join};

/// A package: a member of the workspace, or one that the workspace excludes and that lies in the repository.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, relative to the root of the repository.
    pub(crate) folder: String,
    /// Its manifest as data.
    pub(crate) manifest: Table,
    /// Its dependencies.
    pub(crate) dependencies: Vec<Dependency>,
    /// The crates that it compiles.
    pub(crate) targets: Vec<Target>,
}

impl Package {
    /// The path of its manifest.
    pub(crate) fn manifest_path(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

/// A dependency of a package.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The name of the package, not a name that it is given by the manifest.
    pub(crate) package: String,
    /// Whether only tests, benchmarks and examples have it.
    pub(crate) development: bool,
}

/// A crate that a package compiles.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The file that is its root.
    pub(crate) root: String,
    /// What it is.
    pub(crate) kind: TargetKind,
}

/// What a crate of a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetKind {
    /// The library, or the only program of a package without a library: the layers of the package are about it.
    Main,
    /// Another program.
    Program,
    /// A test, a benchmark, an example or a build script.
    Test,
}

/// The packages of a repository.
pub(crate) fn read(files: &Files) -> Result<Vec<Package>, Failure> {
    let root: Table = manifest(files, "Cargo.toml")?;
    let workspace = root.get("workspace").and_then(Value::as_table).ok_or("Cargo.toml: there is no [workspace]")?;
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

/// The folders of the members and of what the workspace excludes, with patterns such as `crates/*` resolved.
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

/// The crates that Cargo finds by their place or that the manifest names.
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
    let program = if library.is_some() { TargetKind::Program } else { TargetKind::Main };
    add(library, TargetKind::Main);
    add(join(folder, "src/main.rs"), program);
    for (key, kind) in [
        ("bin", TargetKind::Program),
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
    for (place, kind) in [
        ("src/bin", TargetKind::Program),
        ("tests", TargetKind::Test),
        ("benches", TargetKind::Test),
        ("examples", TargetKind::Test),
    ] {
        let place = format!("{folder}/{place}");
        for (path, _) in files.below(&place).filter(|(path, _)| path.ends_with(".rs")) {
            let parent = folder_of(path);
            if parent == place || (folder_of(parent) == place && path.ends_with("/main.rs")) {
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
    fn members_patterns_excluded_folders_and_targets_are_found() {
        let files = Files::from_texts(
            [
                ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\", \"tool\"]\nexclude = [\"fuzz\"]\n[workspace.dependencies]\ncore = { path = \"crates/core\", package = \"the-core\" }\n"),
                ("crates/core/Cargo.toml", "[package]\nname = \"the-core\"\n"),
                ("crates/core/src/lib.rs", ""),
                ("crates/core/src/bin/a/main.rs", ""),
                ("crates/core/src/bin/a/other.rs", ""),
                ("crates/core/tests/it/main.rs", ""),
                ("crates/core/tests/it/part.rs", ""),
                ("crates/core/benches/speed.rs", ""),
                ("tool/Cargo.toml", "[package]\nname = \"tool\"\n[dependencies]\ncore.workspace = true\n[dev-dependencies]\nserde = \"1\"\n"),
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
                ("crates/core/src/bin/a/main.rs", TargetKind::Program),
                ("crates/core/tests/it/main.rs", TargetKind::Test),
                ("crates/core/benches/speed.rs", TargetKind::Test),
            ]
        );
        assert_eq!(targets(1), [("tool/src/main.rs", TargetKind::Main)]);
        assert_eq!(targets(2), [("fuzz/f/f.rs", TargetKind::Program)]);
        let dependencies: Vec<_> = packages[1]
            .dependencies
            .iter()
            .map(|dependency| (dependency.package.as_str(), dependency.development))
            .collect();
        assert_eq!(dependencies, [("the-core", false), ("serde", true)]);
    }
}
