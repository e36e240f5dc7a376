//! The rule `crate-directions`: a crate of the workspace depends only on those other workspace crates that the
//! configuration file allows.

use crate::tidy::configuration::{CONFIGURATION_FILE, Configuration};
use crate::tidy::files::Files;
use crate::tidy::packages::Package;
use crate::tidy::problem::Problem;

const RULE: &str = "crate-directions";

/// Checks that the configuration file allows the dependencies between workspace packages, and that it lists exactly the
/// existing packages.
pub(crate) fn check(files: &Files, packages: &[Package], configuration: &Configuration) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in packages {
        let file = package.manifest_path();
        let Some(rules) = configuration.crates.get(&package.name) else {
            problems.push(Problem {
                file,
                line: 1,
                rule: RULE,
                message: format!("{CONFIGURATION_FILE} has no entry for the package `{}`", package.name),
                fix: format!("add `[crates.{}]` with `depends_on` to {CONFIGURATION_FILE}", package.name),
            });
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| packages.iter().any(|known| known.name == dependency.package))
        {
            let allowed = rules.depends_on.contains(&dependency.package)
                || (dependency.development && rules.tests_depend_on.contains(&dependency.package));
            if !allowed {
                let (subject, key) =
                    if dependency.development { ("tests of ", "tests_depend_on") } else { ("", "depends_on") };
                problems.push(Problem {
                    line: line_of(files, &file, &dependency.package),
                    file: file.clone(),
                    rule: RULE,
                    message: format!("{subject}`{}` must not depend on `{}`", package.name, dependency.package),
                    fix: format!(
                        "remove the dependency; `{key}` of `[crates.{}]` in {CONFIGURATION_FILE} lists the allowed ones",
                        package.name
                    ),
                });
            }
        }
    }
    for name in configuration.crates.keys().filter(|name| !packages.iter().any(|package| package.name == **name)) {
        problems.push(Problem {
            file: CONFIGURATION_FILE.to_owned(),
            // With an empty second argument, `line_of` returns the line of the header `[crates.…]`.
            line: configuration.line_of(&format!("crates.{name}"), ""),
            rule: RULE,
            message: format!("the workspace has no package `{name}`"),
            fix: format!("remove or rename `[crates.{name}]`"),
        });
    }
    problems
}

/// Returns the number of the first line that begins with a text, or 1 if there is none.
fn line_of(files: &Files, file: &str, beginning: &str) -> usize {
    let lines = files.text(file).unwrap_or_default().lines();
    (1..).zip(lines).find(|(_, line)| line.trim_start().starts_with(beginning)).map_or(1, |(line, _)| line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{configuration, packages};

    fn found(manifest: &str, rules: &str) -> Vec<String> {
        let texts = [
            ("Cargo.toml", "[workspace]\nmembers = [\"low\", \"high\"]\n"),
            ("low/Cargo.toml", manifest),
            ("high/Cargo.toml", "[package]\nname = \"high\"\n[dependencies]\nlow = { path = \"../low\" }\n"),
        ];
        let files = Files::from_texts(texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into());
        let packages = packages::read(&files).unwrap();
        check(&files, &packages, &configuration::read(rules).unwrap()).iter().map(ToString::to_string).collect()
    }

    const RULES: &str = "[crates.low]\n[crates.high]\ndepends_on = [\"low\"]\n";

    #[test]
    fn an_allowed_dependency_passes() {
        assert!(found("[package]\nname = \"low\"\n[dependencies]\nserde = \"1\"\n", RULES).is_empty());
    }

    #[test]
    fn a_forbidden_dependency_is_reported_with_its_line() {
        for table in ["dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
            let found = found(&format!("[package]\nname = \"low\"\n[{table}]\nhigh.workspace = true\n"), RULES);
            assert_eq!(found.len(), 1, "{table}: {found:?}");
            assert!(
                found[0].starts_with("low/Cargo.toml:4: [crate-directions] `low` must not depend on `high`"),
                "{}",
                found[0]
            );
        }
    }

    #[test]
    fn dev_dependencies_have_their_own_list() {
        let manifest = "[package]\nname = \"low\"\n[dev-dependencies]\nhigh.workspace = true\n";
        assert_eq!(found(manifest, RULES).len(), 1);
        assert!(
            found(manifest, "[crates.low]\ntests_depend_on = [\"high\"]\n[crates.high]\ndepends_on = [\"low\"]\n")
                .is_empty()
        );
    }

    #[test]
    fn an_unlisted_package_and_a_listed_one_that_does_not_exist_are_reported() {
        let found = found("[package]\nname = \"low\"\n", "[crates.lower]\n[crates.high]\ndepends_on = [\"low\"]\n");
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
