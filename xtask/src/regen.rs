//! `regen`: imports the vendor's document if one is given, renders the bindings, and writes the files last.

use std::path::{Component, Path, PathBuf};
use std::time::Instant;

use connectwise_psa_codegen::actions;
use connectwise_psa_codegen::corrections::versions::is_older;
use connectwise_psa_codegen::diff::diff;
use connectwise_psa_codegen::model::Api;
use connectwise_psa_codegen::names::write;
use connectwise_psa_codegen::render::{self, Rendered};
use connectwise_psa_codegen::report::Report;
use connectwise_psa_codegen::{document, import};
use serde_json::Value;

use crate::{Failure, changelog, manifest, output, repository, tidy};

/// The complete result of a regeneration, before any file is written.
pub(crate) struct Output {
    /// The content of psa.json as text.
    pub(crate) psa_text: String,
    /// The content of names.toml, with the names of what is new.
    pub(crate) names_text: String,
    /// The content of psa.json.
    pub(crate) psa: Value,
    /// The report of the import. `None` without an import.
    pub(crate) report: Option<Report>,
    /// The rendered bindings and contract tests.
    pub(crate) rendered: Rendered,
    /// The bindings of the small document in codegen/snapshots.
    pub(crate) snapshots: output::Files,
}

impl Output {
    /// Returns every generated folder of the repository with its files.
    pub(crate) fn folders(&self) -> [(PathBuf, &output::Files); 3] {
        [
            (repository::generated_bindings(), &self.rendered.bindings),
            (repository::generated_tests(), &self.rendered.tests),
            (repository::snapshots().join("src/generated"), &self.snapshots),
        ]
    }
}

/// Imports `spec` if it is given, and renders. Writes nothing.
pub(crate) fn generate(spec: Option<&Path>) -> Result<Output, Failure> {
    let (corrections, lexicon) = repository::decisions()?;
    let mut docs = repository::docs()?;
    let (psa, report, names) = match spec {
        Some(spec) => {
            let (psa, report, mut problems) =
                import::import_with_problems(&repository::read(spec)?, &corrections, &lexicon);
            if !psa.is_null() {
                let api = Api::read_partly(&psa).0;
                if is_older_than_committed(&psa) {
                    // The documentation is about the committed version.
                    docs = docs.existing_in(&api);
                } else if let Err(mut more) = docs.check(&api) {
                    // All problems are in one list, also those of the documentation.
                    problems.0.append(&mut more.0);
                }
            }
            problems.into_result().map_err(|problems| {
                format!("{} cannot be imported; nothing was written. {problems}", spec.display())
            })?;
            let names = report.names.clone();
            (psa, Some(report), names)
        }
        None => {
            let mut psa = repository::committed_psa()?.1;
            if psa.pointer("/info/x-decisions").and_then(Value::as_str) != Some(&import::fingerprint(&corrections)) {
                return Err(
                    "openapi/corrections.toml has changed since psa.json was imported. Only an import applies \
                    it: run `cargo xtask regen --spec All.json` with the vendor's document"
                        .into(),
                );
            }
            let names = import::rename(&mut psa, &lexicon)
                .map_err(|problems| format!("the names cannot be applied; nothing was written. {problems}"))?;
            (psa, None, names)
        }
    };
    let names_text = write::updated(&repository::read(&repository::names())?, &names)?;
    let rendered = render::render(&psa, &docs, "openapi/psa.json")
        .map_err(|problems| format!("the bindings cannot be rendered; nothing was written. {problems}"))?;
    Ok(Output {
        psa_text: document::canonical(&psa),
        names_text,
        psa,
        report,
        rendered,
        snapshots: render_snapshots()?,
    })
}

/// Returns whether a document has an older API version than the committed psa.json.
fn is_older_than_committed(psa: &Value) -> bool {
    repository::committed_psa()
        .is_ok_and(|(_, committed)| is_older(document::version(psa), document::version(&committed)))
}

/// Renders the bindings of the small document in codegen/snapshots.
fn render_snapshots() -> Result<output::Files, Failure> {
    let folder = repository::snapshots();
    let (corrections, lexicon) = repository::decisions_in(&folder)?;
    let (psa, _) = import::import(&repository::read(&folder.join("vendor.json"))?, &corrections, &lexicon)?;
    Ok(render::render(&psa, &repository::snapshot_docs()?, "codegen/snapshots/vendor.json")?.bindings)
}

/// Runs the task.
pub(crate) fn regen(spec: Option<&Path>, out: Option<&Path>) -> Result<(), Failure> {
    let started = Instant::now();
    if let Some(out) = out {
        check_outside(out)?;
    }
    let generated = generate(spec)?;
    if let Some(report) = &generated.report {
        print!("{report}");
    }
    print!("{}", generated.rendered.totals);
    match out {
        Some(out) => write_outside(&generated, out)?,
        None => write_here(&generated, spec.is_some())?,
    }
    println!("Done in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn write_here(generated: &Output, imported: bool) -> Result<(), Failure> {
    let _only_this_run = output::lock(&repository::root())?;
    output::remove_leftovers(&repository::root())?;
    let changelog = if imported { changelog_entry(generated)? } else { None };
    for (folder, files) in generated.folders() {
        report(&folder, output::replace_folder(&folder, files)?);
    }
    if let Some(text) = changelog {
        report(&repository::changelog(), output::replace_file(&repository::changelog(), &text)?);
    }
    report(&repository::names(), output::replace_file(&repository::names(), &generated.names_text)?);
    // psa.json is written last: if the command is interrupted before, running it again finds the same differences and
    // completes the work, also without git.
    report(&repository::psa(), output::replace_file(&repository::psa(), &generated.psa_text)?);
    let missing = tidy::sections(&repository::root())?;
    if !missing.is_empty() {
        println!(
            "The sections of the document and those of the repository differ (`cargo xtask tidy` lists this again):"
        );
        missing.iter().for_each(|problem| println!("  {problem}"));
    }
    if imported {
        report_next_steps(generated)?;
    }
    Ok(())
}

/// Prints what to do after an import: the integration actions whose operation no longer exists, and the next steps.
fn report_next_steps(generated: &Output) -> Result<(), Failure> {
    let api = Api::read(&generated.psa)?;
    let actions = actions::read(&repository::read(&repository::actions())?)?;
    if let Err(problems) = actions::cover(actions, &api) {
        println!("openapi/actions.csv: {problems}");
    }
    println!(
        "Next: review the diff of psa.json, update the numbers in README.md and run .ci/run. If the API version is new \
         or a change breaks users' code, raise the minor version in the root Cargo.toml."
    );
    Ok(())
}

fn report(path: &Path, changed: bool) {
    println!(
        "{:<10} {}",
        if changed { "written" } else { "unchanged" },
        path.strip_prefix(repository::root()).unwrap_or(path).display()
    );
}

/// Prints the changes since the psa.json without this API version, and returns the changelog with an entry for them.
/// Returns `None` if there is nothing to compare with. Before the first release, prints the changes since the last
/// commit, and returns `None`.
fn changelog_entry(generated: &Output) -> Result<Option<String>, Failure> {
    let version = document::version(&generated.psa);
    let changelog = repository::read(&repository::changelog())?;
    let has_release = changelog::has_release(&changelog);
    let committed = if has_release {
        changelog::committed_psa(&repository::root(), version)
    } else {
        changelog::last_psa(&repository::root())
    };
    let is_committed = committed.is_some();
    let (base, origin) = match committed {
        Some((text, origin)) => (serde_json::from_str(&text)?, format!("openapi/psa.json of {origin}")),
        None => match repository::committed_psa() {
            Ok((_, psa)) => (psa, "openapi/psa.json before this import".to_owned()),
            Err(_) => return Ok(None),
        },
    };
    let changes = diff(&base, &generated.psa)?;
    println!("Changes since {origin}");
    println!("{changes}");
    if !has_release || (changes.is_empty() && !is_committed) {
        // Nobody uses an older version, or the import is the same again and the entry is from the first one.
        return Ok(None);
    }
    let entry = (!changes.is_empty()).then(|| changes.markdown());
    Ok(Some(changelog::with_entry(&changelog, version, entry.as_deref())?))
}

/// Rejects a folder for `--out` that is in the repository, because `--out` must not change the repository.
fn check_outside(out: &Path) -> Result<(), Failure> {
    if is_inside(out, &repository::root())? && !is_inside(out, &repository::root().join("target"))? {
        return Err(format!(
            "--out {} is in the repository: choose a folder outside of it or under target, or omit --out to \
                 write to the repository",
            out.display()
        )
        .into());
    }
    Ok(())
}

/// Returns whether a path is in a folder, after links and `..` are resolved. The path need not exist.
fn is_inside(path: &Path, folder: &Path) -> Result<bool, Failure> {
    let path = std::path::absolute(path)?;
    let existing = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(&path);
    let mut resolved = existing.canonicalize()?;
    for part in path.strip_prefix(existing)?.components() {
        if part == Component::ParentDir {
            resolved.pop();
        } else {
            resolved.push(part);
        }
    }
    Ok(resolved.starts_with(folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf())))
}

fn write_outside(generated: &Output, out: &Path) -> Result<(), Failure> {
    output::remove_leftovers(out)?;
    let target = out.join("connectwise-psa-bindings");
    write_bindings(&target, &generated.rendered.bindings)?;
    output::replace_file(&out.join("names.toml"), &generated.names_text)?;
    output::replace_file(&out.join("psa.json"), &generated.psa_text)?;
    println!("written    {} and {}", out.join("psa.json").display(), target.display());
    Ok(())
}

/// Writes a copy of the bindings crate that builds outside of the workspace, with the given generated files.
pub(crate) fn write_bindings(target: &Path, generated: &output::Files) -> Result<(), Failure> {
    let manifest = manifest::standalone()?;
    for folder in ["src", "examples"] {
        let hand_written = output::read_folder(&repository::bindings().join(folder))?;
        for (name, text) in hand_written.iter().filter(|(name, _)| !name.starts_with("generated/")) {
            output::replace_file(&target.join(folder).join(name), text)?;
        }
    }
    output::replace_file(&target.join("Cargo.toml"), &manifest)?;
    output::replace_folder(&target.join("src/generated"), generated)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_inside_is_recognised_with_and_without_parent_components() {
        let base = tempfile::tempdir().unwrap();
        let (repository, outside) = (base.path().join("repository"), base.path().join("outside"));
        std::fs::create_dir_all(repository.join("openapi")).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        for inside in [
            repository.clone(),
            repository.join("openapi"),
            repository.join("openapi/.."),
            repository.join("new/deep"),
            outside.join("../repository/x"),
            outside.join("new/../../repository"),
        ] {
            assert!(is_inside(&inside, &repository).unwrap(), "{}", inside.display());
        }
        for outside in
            [outside.clone(), outside.join("new"), repository.join("../outside"), base.path().join("repository2")]
        {
            assert!(!is_inside(&outside, &repository).unwrap(), "{}", outside.display());
        }
    }
}
