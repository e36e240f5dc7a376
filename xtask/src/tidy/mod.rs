//! `tidy`: checks the rules of the repository that the compiler cannot check. `xtask/tidy.toml` configures them.

mod configuration;
mod dependency_graph;
mod files;
mod module_tree;
mod packages;
mod problem;
mod references;
mod rules;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use crate::tidy::configuration::{CONFIGURATION_FILE, Configuration};
use crate::tidy::dependency_graph::DependencyGraph;
use crate::tidy::files::Files;
use crate::tidy::module_tree::ModuleTree;
use crate::tidy::packages::TargetKind;
use crate::tidy::problem::Problem;
use crate::{Failure, output, repository};

/// The problems and hints of all rules.
struct Findings {
    problems: Vec<Problem>,
    hints: Vec<String>,
}

/// Runs the task on this repository, or on the one in `folder`.
pub(crate) fn tidy(folder: Option<&Path>) -> Result<(), Failure> {
    let root = folder.map_or_else(repository::root, Path::to_path_buf);
    let configuration = configuration::read(&repository::read(&root.join(CONFIGURATION_FILE))?)?;
    let files = Files::read(&root)?;
    let mut findings = check(&files, &configuration)?;
    if let Some(minimum) = &configuration.minimum_rust {
        let graph = DependencyGraph::read(&root)?;
        findings.problems.extend(rules::minimum_rust_version::check(
            &files,
            &packages::read(&files)?,
            &graph,
            minimum,
            &configuration,
        ));
    }
    let mut text = String::new();
    for problem in &findings.problems {
        writeln!(text, "{problem}")?;
    }
    for hint in &findings.hints {
        writeln!(text, "hint: {hint}")?;
    }
    match findings.problems.len() {
        0 => writeln!(text, "tidy: {} files, no problems", files.iter().count())?,
        _ => writeln!(text, "{}", summary(&findings.problems))?,
    }
    output::print(&text)?;
    match findings.problems.len() {
        0 => Ok(()),
        1 => Err("1 problem: CONTRIBUTING.md explains the rules".into()),
        count => Err(format!("{count} problems: CONTRIBUTING.md explains the rules").into()),
    }
}

/// Returns what the rule `sections` reports as text: what is to be done after an import with a new section. Reads only
/// the files that list the sections.
pub(crate) fn sections(root: &Path) -> Result<Vec<String>, Failure> {
    let Ok(text) = repository::read(&root.join(CONFIGURATION_FILE)) else { return Ok(Vec::new()) };
    let Some(sections) = configuration::read(&text)?.sections else { return Ok(Vec::new()) };
    let problems = rules::sections::check(&|path| repository::read(&root.join(path)).ok(), &sections);
    Ok(problems.iter().map(ToString::to_string).collect())
}

/// Prints the layers that follow from a package's current imports, in the format of the configuration file.
pub(crate) fn layers(folder: Option<&Path>, package: &str) -> Result<(), Failure> {
    let files = Files::read(&folder.map_or_else(repository::root, Path::to_path_buf))?;
    let packages = packages::read(&files)?;
    let named = packages
        .iter()
        .find(|known| known.name == package)
        .ok_or_else(|| format!("the workspace has no package `{package}`"))?;
    let main = named
        .targets
        .iter()
        .find(|target| target.kind == TargetKind::Main)
        .ok_or_else(|| format!("the package `{package}` has neither a library nor a binary"))?;
    output::print(&rules::module_directions::current_layers(&ModuleTree::read(&files, named, main)))
}

/// Returns the number of problems per rule as text.
fn summary(problems: &[Problem]) -> String {
    let rules: BTreeSet<&str> = problems.iter().map(|problem| problem.rule).collect();
    let counts =
        rules.iter().map(|rule| format!("{rule} {}", problems.iter().filter(|problem| problem.rule == *rule).count()));
    format!("tidy: {}", counts.collect::<Vec<_>>().join(", "))
}

fn check(files: &Files, configuration: &Configuration) -> Result<Findings, Failure> {
    let packages = packages::read(files)?;
    let trees: Vec<ModuleTree> = packages
        .iter()
        .flat_map(|package| package.targets.iter().map(|target| ModuleTree::read(files, package, target)))
        .collect();
    let mut problems = files.unparsed().to_vec();
    problems.extend(rules::crate_directions::check(files, &packages, configuration));
    problems.extend(rules::lint_tables::check(&packages, configuration));
    problems.extend(rules::file_headers::check(files, &configuration.file_headers));
    problems.extend(rules::outside_paths::check(files, &packages, &configuration.outside_paths));
    problems.extend(rules::links::check(files));
    problems.extend(rules::vocabulary::check(files, &configuration.vocabulary));
    if let Some(sections) = &configuration.sections {
        problems.extend(rules::sections::check(&|path| files.text(path).map(str::to_owned), sections));
    }
    let mut hints = Vec::new();
    for tree in &trees {
        problems.extend(tree.missing.iter().cloned());
        problems.extend(rules::module_directions::check(tree, configuration));
        problems.extend(rules::defining_module::check(tree, configuration.macro_modules(&tree.package)));
        hints.extend(rules::module_directions::pairs(tree));
    }
    problems.extend(rules::generated_names::check(files, &files_of_tests(&trees), configuration));
    // A file that belongs to several crates yields the same problem once for each.
    problems.sort();
    problems.dedup();
    Ok(Findings { problems, hints })
}

/// Returns the files that are compiled only for tests.
fn files_of_tests(trees: &[ModuleTree]) -> BTreeSet<String> {
    let modules = |test: bool| {
        trees
            .iter()
            .flat_map(|tree| &tree.modules)
            .filter(move |module| module.test == test)
            .map(|module| module.file.clone())
    };
    let others: BTreeSet<String> = modules(false).collect();
    modules(true).filter(|file| !others.contains(file)).collect()
}
