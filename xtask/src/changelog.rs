//! The entry of an API version in `CHANGELOG.md`: what changed since the last version without such an entry.
//!
//! An import can be repeated, with other decisions. Each one replaces the entry as a whole, and compares with the same
//! psa.json: the one of the newest commit whose changelog does not have the entry among the unreleased changes. Before
//! the first commit of an import, this is the last commit. Without git, it is the file in the working tree.

use std::ops::Range;
use std::path::Path;
use std::process::Command;

use crate::Failure;

/// The heading of the part that the next release will have.
const UNRELEASED: &str = "## Unreleased\n";

/// Returns the psa.json with which the entry of a version compares, and where it comes from. `None` without git, or
/// if no commit has one.
pub(crate) fn committed_psa(repository: &Path, version: &str) -> Option<(String, String)> {
    let commits = git(repository, &["log", "--format=%H", "--", "CHANGELOG.md", "openapi/psa.json"])?;
    let has_entry = |commit: &str| {
        let changelog = git(repository, &["show", &format!("{commit}:./CHANGELOG.md")]).unwrap_or_default();
        entry(&changelog, version).is_some()
    };
    let commit = commits.lines().find(|commit| !has_entry(commit))?;
    let psa = git(repository, &["show", &format!("{commit}:./openapi/psa.json")])?;
    let short = commit.get(..10).unwrap_or(commit);
    Some((psa, format!("commit {short}")))
}

/// Returns the psa.json of the last commit, and where it comes from. `None` without git, or without a commit.
pub(crate) fn last_psa(repository: &Path) -> Option<(String, String)> {
    Some((git(repository, &["show", "HEAD:./openapi/psa.json"])?, "the last commit".to_owned()))
}

/// Returns whether the changelog has a release. Before the first one, nobody uses an older version, so a change of the API
/// has no entry.
pub(crate) fn has_release(changelog: &str) -> bool {
    unreleased(changelog).is_some_and(|unreleased| unreleased.end < changelog.len())
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

/// Returns the changelog with this entry for a version in its unreleased part, in place of the one that it has. With
/// `None`, returns it without an entry for the version.
pub(crate) fn with_entry(changelog: &str, version: &str, new: Option<&str>) -> Result<String, Failure> {
    let unreleased =
        unreleased(changelog).ok_or("CHANGELOG.md has no `## Unreleased` heading: add it, the changes go below it")?;
    let (range, is_there) = match entry(changelog, version) {
        Some(range) => (range, true),
        None => (unreleased.end..unreleased.end, false),
    };
    let Some(new) = new.map(str::trim) else {
        return Ok(if is_there { joined(changelog, range, "") } else { changelog.to_owned() });
    };
    Ok(joined(changelog, range, new))
}

/// Replaces a range of a page by a paragraph, with one empty line around it.
fn joined(text: &str, range: Range<usize>, paragraph: &str) -> String {
    let before = text.get(..range.start).unwrap_or_default().trim_end();
    let after = text.get(range.end..).unwrap_or_default().trim();
    let parts = [before, paragraph, after].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Returns the part below the heading `Unreleased`.
fn unreleased(changelog: &str) -> Option<Range<usize>> {
    let start = changelog.find(UNRELEASED)? + UNRELEASED.len();
    let after = changelog.get(start..)?;
    Some(start..after.find("\n## ").map_or(changelog.len(), |at| start + at + 1))
}

/// Returns the entry of a version in the unreleased part: from its heading to the next heading of the same or a higher
/// level.
fn entry(changelog: &str, version: &str) -> Option<Range<usize>> {
    let unreleased = unreleased(changelog)?;
    let heading = format!("### API version {version}\n");
    let text = changelog.get(unreleased.clone())?;
    let at = if text.starts_with(&heading) { 0 } else { text.find(&format!("\n{heading}"))? + 1 };
    let after = text.get(at + heading.len()..)?;
    let end = after.find("\n### ").map_or(text.len(), |end| at + heading.len() + end + 1);
    Some(unreleased.start + at..unreleased.start + end)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ENTRY: &str = "### API version 1\n\n- x\n\n#### Additions\n\n- y\n";

    #[test]
    fn an_entry_is_added_to_the_unreleased_part() {
        let with = |changelog: &str| with_entry(changelog, "1", Some(ENTRY)).unwrap();
        assert_eq!(
            with("# C\n\n## Unreleased\n\n- a\n\n## 0.1\n\n- b\n"),
            format!("# C\n\n## Unreleased\n\n- a\n\n{ENTRY}\n## 0.1\n\n- b\n")
        );
        assert_eq!(with("## Unreleased\n"), format!("## Unreleased\n\n{ENTRY}"));
        let released = format!("## Unreleased\n\n## 0.1\n\n{ENTRY}");
        assert_eq!(with(&released), format!("## Unreleased\n\n{ENTRY}\n## 0.1\n\n{ENTRY}"));
        assert!(with_entry("# C\n", "1", Some(ENTRY)).unwrap_err().to_string().contains("Unreleased"));
    }

    #[test]
    fn a_release_is_found() {
        assert!(!has_release("# C\n\n## Unreleased\n\n### API version 1\n\n- x\n"));
        assert!(has_release("# C\n\n## Unreleased\n\n## 0.1\n"));
    }

    #[test]
    fn an_entry_replaces_the_one_of_the_same_version_and_no_other() {
        let others = ["- a\n\n### API version 12\n\n- z", "### Words\n\n- w", "## 0.1\n\n- b\n"];
        let [before, behind, released] = others;
        let page = |entry: &str| format!("## Unreleased\n\n{before}\n\n{entry}\n{behind}\n\n{released}");
        let old = page(ENTRY);
        let new = "### API version 1\n\n- only this\n";
        assert_eq!(with_entry(&old, "1", Some(new)).unwrap(), page(new));
        assert_eq!(with_entry(&old, "1", Some(ENTRY)).unwrap(), old, "the same entry again");
        let without = with_entry(&old, "1", None).unwrap();
        assert_eq!(without, format!("## Unreleased\n\n{before}\n\n{behind}\n\n{released}"));
        assert_eq!(with_entry(&without, "1", None).unwrap(), without);
    }

    #[test]
    fn the_base_of_an_entry_is_the_last_commit_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(committed_psa(root, "2"), None, "not a git repository");
        let run = |arguments: &[&str]| git(root, &[&["-c", "user.name=n", "-c", "user.email=e"], arguments].concat());
        if run(&["init", "--quiet"]).is_none() {
            // The program is not installed. Then the base is the file in the working tree.
            return;
        }
        let commit = |changelog: &str, psa: &str| {
            fs::create_dir_all(root.join("openapi")).unwrap();
            fs::write(root.join("CHANGELOG.md"), changelog).unwrap();
            fs::write(root.join("openapi/psa.json"), psa).unwrap();
            run(&["add", "."]).unwrap();
            run(&["commit", "--quiet", "--message", "m"]).unwrap();
        };
        let base = |version: &str| committed_psa(root, version).map(|(psa, _)| psa);
        assert_eq!(base("2"), None, "no commit yet");
        commit("## Unreleased\n\n- a\n", "one");
        fs::write(root.join("openapi/psa.json"), "imported, not committed").unwrap();
        assert_eq!(base("2").as_deref(), Some("one"));
        commit("## Unreleased\n\n### API version 2\n\n- x\n", "two");
        commit("## Unreleased\n\n### API version 2\n\n- y\n", "two again");
        assert_eq!(base("2").as_deref(), Some("one"), "the entry is from here");
        assert_eq!(base("3").as_deref(), Some("two again"));
        commit("## Unreleased\n\n## 0.2\n\n### API version 2\n\n- y\n", "two released");
        assert_eq!(base("2").as_deref(), Some("two released"));
    }
}
