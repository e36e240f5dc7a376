//! A copy of the bindings' manifest that builds outside of the workspace.

use toml_edit::{DocumentMut, Item, Table, Value};

use crate::{Failure, repository};

/// Returns the bindings' manifest with the values that it inherits from the workspace filled in. Paths to this
/// workspace's crates are absolute.
pub(crate) fn standalone() -> Result<String, Failure> {
    let workspace: DocumentMut = repository::read(&repository::root().join("Cargo.toml"))?.parse()?;
    let crate_manifest: DocumentMut = repository::read(&repository::bindings().join("Cargo.toml"))?.parse()?;
    without_inheritance(&workspace, crate_manifest, &repository::root().display().to_string())
}

fn without_inheritance(workspace: &DocumentMut, mut manifest: DocumentMut, root: &str) -> Result<String, Failure> {
    let shared = workspace.get("workspace").and_then(Item::as_table).ok_or("the root manifest has no [workspace]")?;
    let inherited_value = |table: &str, key: &str| {
        shared
            .get(table)
            .and_then(|table| table.get(key))
            .cloned()
            .ok_or_else(|| format!("the workspace does not define {table}.{key}"))
    };
    if let Some(package) = manifest.get_mut("package").and_then(Item::as_table_mut) {
        for key in keys(package) {
            if package.get(&key).is_some_and(inherits) {
                package.insert(&key, inherited_value("package", &key)?);
            }
        }
    }
    for table in ["dependencies", "dev-dependencies"] {
        let Some(dependencies) = manifest.get_mut(table).and_then(Item::as_table_mut) else { continue };
        for key in keys(dependencies) {
            let Some(inherited) = dependencies.get(&key).filter(|dependency| inherits(dependency)).cloned() else {
                continue;
            };
            dependencies.insert(&key, merged(inherited_value("dependencies", &key)?, &inherited, root));
        }
    }
    manifest.remove("lints");
    manifest.insert("workspace", Item::Table(Table::new()));
    Ok(manifest.to_string())
}

fn keys(table: &Table) -> Vec<String> {
    table.iter().map(|(key, _)| key.to_owned()).collect()
}

fn inherits(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// Returns the workspace's dependency with the package's own `optional` and `features`.
fn merged(mut dependency: Item, own: &Item, root: &str) -> Item {
    if let Some(version) = dependency.as_str().map(str::to_owned) {
        let mut table = toml_edit::InlineTable::new();
        table.insert("version", version.into());
        dependency = Item::Value(table.into());
    }
    if let Some(table) = dependency.as_inline_table_mut() {
        if let Some(path) = table.get("path").and_then(Value::as_str).map(|path| format!("{root}/{path}")) {
            table.insert("path", path.into());
        }
        if let Some(optional) = own.get("optional").and_then(Item::as_bool) {
            table.insert("optional", optional.into());
        }
        if let Some(more) = own.get("features").and_then(Item::as_array) {
            let mut features = table.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
            features.extend(more.iter().cloned());
            table.insert("features", features.into());
        }
    }
    dependency
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inherited_values_are_filled_in() {
        let workspace = "[workspace.package]\nedition = \"2024\"\n[workspace.dependencies]\nserde = \"1\"\n\
            core = { path = \"crates/core\", version = \"0.1\", default-features = false }\n"
            .parse()
            .unwrap();
        let manifest = "[package]\nname = \"x\"\nedition.workspace = true\n[dependencies]\n\
            serde = { workspace = true, optional = true, features = [\"derive\"] }\ncore.workspace = true\n[lints]\n\
            workspace = true\n"
            .parse()
            .unwrap();
        let text = without_inheritance(&workspace, manifest, "/r").unwrap();
        for expected in [
            "edition = \"2024\"",
            "version = \"1\", optional = true, features = [\"derive\"]",
            "path = \"/r/crates/core\"",
            "default-features = false",
            "[workspace]",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("workspace = true") && !text.contains("[lints]"), "{text}");
    }
}
