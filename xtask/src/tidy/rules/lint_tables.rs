//! The rule `lint-tables`: every package inherits the workspace's lints. These forbid code that can panic, for example
//! on unexpected data from a server.

use toml::Value;

use crate::tidy::configuration::{CONFIGURATION_FILE, Configuration};
use crate::tidy::packages::Package;
use crate::tidy::problem::Problem;

const RULE: &str = "lint-tables";

/// Checks that every manifest has `[lints] workspace = true` or an exemption, and that every exemption is needed.
pub(crate) fn check(packages: &[Package], configuration: &Configuration) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in packages {
        let inherits = package.manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool)
            == Some(true);
        let exempt = configuration.lint_tables.exempt.contains_key(&package.name);
        if !inherits && !exempt {
            problems.push(Problem {
                file: package.manifest_path(),
                line: 1,
                rule: RULE,
                message: format!("`{}` does not inherit the workspace's lints", package.name),
                fix: format!(
                    "add `[lints]` with `workspace = true`, or add the package with a reason to `[lint_tables.exempt]` \
                     in {CONFIGURATION_FILE}"
                ),
            });
        }
    }
    for name in configuration.lint_tables.exempt.keys() {
        let needed = packages.iter().any(|package| {
            package.name == *name && package.manifest.get("lints").is_none_or(|lints| lints.get("workspace").is_none())
        });
        if !needed {
            problems.push(Problem {
                file: CONFIGURATION_FILE.to_owned(),
                line: configuration.line_of("lint_tables.exempt", name),
                rule: RULE,
                message: format!("the exemption of `{name}` is not needed"),
                fix: format!("remove `{name}` from `[lint_tables.exempt]`"),
            });
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, manifest: &str) -> Package {
        Package {
            name: name.to_owned(),
            folder: name.to_owned(),
            manifest: manifest.parse().unwrap(),
            dependencies: Vec::new(),
            targets: Vec::new(),
        }
    }

    #[test]
    fn a_package_without_the_lints_is_reported_unless_it_is_exempt() {
        let packages = [
            package("with", "[lints]\nworkspace = true\n"),
            package("without", ""),
            package("exempt", "[lints.rust]\nunsafe_code = \"deny\"\n"),
        ];
        let exempt = |names: &[&str]| {
            let lines: String = names.iter().map(|name| format!("{name} = \"why\"\n")).collect();
            crate::tidy::configuration::read(&format!("[lint_tables.exempt]\n{lines}")).unwrap()
        };
        let found = |names: &[&str]| {
            check(&packages, &exempt(names)).into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(found(&["exempt"]), ["`without` does not inherit the workspace's lints"]);
        assert_eq!(
            found(&["exempt", "without", "with", "gone"]),
            ["the exemption of `gone` is not needed", "the exemption of `with` is not needed"]
        );
    }
}
