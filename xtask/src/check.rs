//! `regen --check`: compares the committed files with the generator's output.

use std::path::Path;

use similar::TextDiff;

use crate::output::{self, Files};
use crate::{Failure, regen, repository};

/// The maximum number of diff lines to print per file.
const SHOWN_LINES: usize = 40;

/// Runs the task. With `spec`, also compares the committed psa.json with an import of `spec`.
pub(crate) fn check(spec: Option<&Path>) -> Result<(), Failure> {
    let generated = regen::generate(spec)?;
    let mut differing = 0;
    let committed = repository::read(&repository::psa())?;
    differing += usize::from(show("openapi/psa.json", &committed, &generated.psa_text));
    let names = repository::read(&repository::names())?;
    differing += usize::from(show("openapi/names.toml", &names, &generated.names_text));
    let mut count = 0;
    for (folder, files) in generated.folders() {
        count += files.len();
        differing += compare(&folder, &output::read_folder(&folder)?, files);
    }
    if differing > 0 {
        let command = spec.map_or_else(
            || "cargo xtask regen".to_owned(),
            |spec| format!("cargo xtask regen --spec {}", spec.display()),
        );
        return Err(format!(
            "{differing} files differ from the generator's output: run `{command}` and commit the files that it writes"
        )
        .into());
    }
    println!("up to date: {} operations, {} generated files", generated.rendered.totals.operations, count);
    Ok(())
}

fn compare(folder: &Path, committed: &Files, generated: &Files) -> usize {
    let folder = folder.strip_prefix(repository::root()).unwrap_or(folder).display().to_string();
    let mut names: Vec<&String> = committed.keys().chain(generated.keys()).collect();
    names.sort();
    names.dedup();
    let text = |files: &Files, name: &String| files.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .filter(|name| show(&format!("{folder}/{name}"), &text(committed, name), &text(generated, name)))
        .count()
}

/// Prints the diff of two texts. Returns whether they differ.
fn show(name: &str, committed: &str, generated: &str) -> bool {
    if committed == generated {
        return false;
    }
    let difference = TextDiff::from_lines(committed, generated)
        .unified_diff()
        .context_radius(2)
        .header(&format!("committed {name}"), &format!("generated {name}"))
        .to_string();
    let lines: Vec<&str> = difference.lines().collect();
    for line in lines.iter().take(SHOWN_LINES) {
        println!("{line}");
    }
    if lines.len() > SHOWN_LINES {
        println!("… {} more lines", lines.len() - SHOWN_LINES);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_missing_and_stale_files_are_counted() {
        let files = |entries: &[(&str, &str)]| {
            entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Files>()
        };
        let committed = files(&[("same.rs", "a"), ("changed.rs", "a"), ("stale.rs", "a")]);
        let generated = files(&[("same.rs", "a"), ("changed.rs", "b"), ("missing.rs", "a")]);
        assert_eq!(compare(Path::new("x"), &committed, &generated), 3);
        assert_eq!(compare(Path::new("x"), &generated, &generated), 0);
    }
}
