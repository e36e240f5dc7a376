//! The rule `links`: every inline relative link of a Markdown file leads to a file or folder of the repository, and its
//! fragment to a heading.

use crate::tidy::files::{Files, folder_of, join, without_code};
use crate::tidy::problem::Problem;

/// Checks every Markdown file. Links to web sites are not checked, because the command works offline.
pub(crate) fn check(files: &Files) -> Vec<Problem> {
    let pages = files.iter().filter(|(path, _)| path.ends_with(".md"));
    pages
        .flat_map(|(path, text)| links(text).filter_map(move |(line, link)| problem(files, path, line, &link)))
        .collect()
}

/// Returns the targets of inline links, each with its line. Skips fenced code blocks and code spans.
fn links(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut in_code = false;
    (1..).zip(text.lines()).flat_map(move |(number, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        let prose: String = if in_code || is_fence { String::new() } else { without_code(line) };
        let targets: Vec<_> = prose
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')').map(|(target, _)| (number, target.to_owned())))
            .collect();
        targets
    })
}

fn problem(files: &Files, page: &str, line: usize, link: &str) -> Option<Problem> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, fragment) = link.split_once('#').map_or((link, None), |(target, fragment)| (target, Some(fragment)));
    let path = if target.is_empty() { Some(page.to_owned()) } else { join(folder_of(page), target) };
    let exists = |path: &String| files.text(path).is_some() || files.below(path).next().is_some();
    let message = match (path.filter(exists), fragment) {
        (None, _) => format!("the link `{link}` does not lead to a file or folder of the repository"),
        (Some(path), Some(fragment))
            if !headings(files.text(&path).unwrap_or_default()).any(|name| name == fragment) =>
        {
            format!("the link `{link}` does not lead to a heading of {path}")
        }
        _ => return None,
    };
    Some(Problem {
        file: page.to_owned(),
        line,
        rule: "links",
        message,
        fix: "correct the link; it is relative to the folder of the page".to_owned(),
    })
}

/// Returns the fragments of all lines that start with `#`, as GitHub builds them for headings: lower case, no
/// punctuation, hyphens for spaces. Lines in code blocks are included; equal headings are not numbered.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        title
            .chars()
            .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
            .map(|character| if character == ' ' { '-' } else { character })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_and_fragments_must_exist() {
        let page = "[a](b.md)\n[b](../README.md) [c](#the-first-one)\n[d](b.md#gone) [e](gone.md)\n[f](https://example.com/x) `[g](gone.md)`\n```\n[h](gone.md)\n```\n## The `first` one\n[i](..) [j](#gone)\n[k](../../up.md)\n";
        let files = Files::from_texts(
            [("docs/a.md", page), ("docs/b.md", "# B\n"), ("README.md", "")]
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .into(),
        );
        let found: Vec<_> = check(&files).into_iter().map(|problem| (problem.line, problem.message)).collect();
        assert_eq!(
            found,
            [
                (3, "the link `b.md#gone` does not lead to a heading of docs/b.md".to_owned()),
                (3, "the link `gone.md` does not lead to a file or folder of the repository".to_owned()),
                (9, "the link `#gone` does not lead to a heading of docs/a.md".to_owned()),
                (10, "the link `../../up.md` does not lead to a file or folder of the repository".to_owned()),
            ]
        );
    }
}
