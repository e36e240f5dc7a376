//! Which crate of the workspace may depend on which.

use crate::tidy::configuration::{Configuration, DATA_FILE};
use crate::tidy::files::Files;
use crate::tidy::packages::Package;
use crate::tidy::problem::Problem;

const RULE: &str = "crate-directions";

/// Checks the dependencies in every manifest against the data file, and that the data file knows every package and no
/// other.
pub(crate) fn check(files: &Files, packages: &[Package], configuration: &Configuration) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in packages {
        let file = package.manifest_path();
        let Some(rules) = configuration.crates.get(&package.name) else {
            problems.push(Problem {
                file,
                line: 1,
                rule: RULE,
                message: format!("the data file does not say what the package `{}` may depend on", package.name),
                fix: format!("add `[crates.{}]` with `depends_on` to {DATA_FILE}", package.name),
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
                let (what, key) =
                    if dependency.development { ("tests of ", "tests_depend_on") } else { ("", "depends_on") };
                problems.push(Problem {
                    line: line_of(files, &file, &dependency.package),
                    file: file.clone(),
                    rule: RULE,
                    message: format!("{what}`{}` must not depend on `{}`", package.name, dependency.package),
                    fix: format!(
                        "remove the dependency; the allowed ones are `{key}` of `[crates.{}]` in {DATA_FILE}",
                        package.name
                    ),
                });
            }
        }
    }
    for name in configuration.crates.keys().filter(|name| !packages.iter().any(|package| package.name == **name)) {
        problems.push(Problem {
            file: DATA_FILE.to_owned(),
            line: configuration.line_of(&format!("crates.{name}"), ""),
            rule: RULE,
            message: format!("there is no package `{name}`"),
            fix: format!("remove or rename `[crates.{name}]`"),
        });
    }
    problems
}

/// The first line of a file that begins with a text; 1 when there is none.
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
    fn a_dependency_against_the_direction_is_reported_with_its_line() {
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
    fn tests_have_a_list_of_their_own() {
        let manifest = "[package]\nname = \"low\"\n[dev-dependencies]\nhigh.workspace = true\n";
        assert_eq!(found(manifest, RULES).len(), 1);
        assert!(
            found(manifest, "[crates.low]\ntests_depend_on = [\"high\"]\n[crates.high]\ndepends_on = [\"low\"]\n")
                .is_empty()
        );
    }

    #[test]
    fn a_package_that_the_data_file_does_not_know_and_one_that_does_not_exist_are_reported() {
        let found = found("[package]\nname = \"low\"\n", "[crates.lower]\n[crates.high]\ndepends_on = [\"low\"]\n");
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
