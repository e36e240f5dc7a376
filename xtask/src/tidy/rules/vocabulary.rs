//! The rule `vocabulary`: one concept has one word, so no name, comment, message or page uses a word or phrase that the
//! glossary replaces. The configuration file lists the replaced words, and the contexts in which such a word is right.

use proc_macro2::{TokenStream, TokenTree};

use crate::tidy::configuration::{CONFIGURATION_FILE, ReplacedWords};
use crate::tidy::files::{Files, Parsed, is_below, is_generated, without_code};
use crate::tidy::problem::Problem;
use crate::tidy::references::name_of;

/// The section of a page that lists the replaced words, and is therefore not checked.
const GLOSSARY: &str = "## Glossary";

/// Checks every Rust file, page and manifest, except generated files and the configuration file.
pub(crate) fn check(files: &Files, vocabulary: &[ReplacedWords]) -> Vec<Problem> {
    let entries: Vec<Entry<'_>> = vocabulary.iter().map(Entry::new).collect();
    let mut problems = Vec::new();
    if entries.is_empty() {
        return problems;
    }
    for (path, text) in files.iter().filter(|(path, text)| *path != CONFIGURATION_FILE && !is_generated(text)) {
        let applicable: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.applies_to(path)).collect();
        let mut names = vec![Name { text: stem(path), line: 1 }];
        let prose = match (path.rsplit_once('.').map(|(_, extension)| extension), files.parsed(path)) {
            (Some("rs"), Some(parsed)) => {
                names_in(&parsed.tokens, &mut names);
                prose_of_rust(text, parsed)
            }
            (Some("md"), _) => prose_of_page(text),
            (Some("toml"), _) => prose_of_toml(text),
            _ => continue,
        };
        for name in &names {
            problems.extend(applicable.iter().filter_map(|entry| entry.in_name(path, name)));
        }
        for paragraph in &prose {
            let words = words_of_prose(paragraph);
            problems.extend(applicable.iter().flat_map(|entry| entry.in_prose(path, &words)));
        }
    }
    problems
}

/// A name in code, or of a file, with its line.
struct Name {
    text: String,
    line: usize,
}

/// A word with its line, and whether only whitespace separates it from the word before.
struct Word {
    text: String,
    line: usize,
    follows: bool,
}

/// One entry of the configuration file, divided into words.
struct Entry<'a> {
    data: &'a ReplacedWords,
    words: Vec<Vec<String>>,
    phrases: Vec<Vec<String>>,
    allowed: Vec<Vec<String>>,
}

impl<'a> Entry<'a> {
    fn new(data: &'a ReplacedWords) -> Self {
        let split = |texts: &[String]| {
            texts
                .iter()
                .map(|text| text.to_lowercase().replace(':', " :").split_whitespace().map(str::to_owned).collect())
                .collect()
        };
        Self { data, words: split(&data.words), phrases: split(&data.phrases), allowed: split(&data.allowed_with) }
    }

    fn applies_to(&self, path: &str) -> bool {
        let is_in = |folders: &[String]| folders.iter().any(|folder| path == folder || is_below(path, folder));
        !is_in(&self.data.allowed_in) && (self.data.only_in.is_empty() || is_in(&self.data.only_in))
    }

    /// The problem with a name, if it is replaced, or if any part of it is a replaced word.
    fn in_name(&self, path: &str, name: &Name) -> Option<Problem> {
        if self.data.names.contains(&name.text) {
            return Some(self.problem(path, name.line, &format!("the name `{}` is replaced", name.text)));
        }
        let words = words_of_name(&name.text);
        let (_, found) = self.first_outside_of_contexts(&words, &self.words, 0)?;
        Some(self.problem(path, name.line, &format!("`{}` in the name `{}` is replaced", found.join(" "), name.text)))
    }

    /// The problems in a paragraph.
    fn in_prose(&self, path: &str, words: &[Word]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for texts in [&self.words, &self.phrases] {
            let mut from = 0;
            while let Some((position, found)) = self.first_outside_of_contexts(words, texts, from) {
                let line = words.get(position).map_or(1, |word| word.line);
                problems.push(self.problem(path, line, &format!("`{}` is replaced", found.join(" "))));
                from = position + 1;
            }
        }
        problems
    }

    /// The first of these texts that is not part of an allowed context, with its position.
    fn first_outside_of_contexts<'t>(
        &self,
        words: &[Word],
        texts: &'t [Vec<String>],
        from: usize,
    ) -> Option<(usize, &'t Vec<String>)> {
        (from..words.len()).find_map(|position| {
            let found = texts.iter().find(|text| is_at(words, position, text))?;
            let in_context = self.allowed.iter().any(|context| {
                (position.saturating_sub(context.len())..=position)
                    .any(|start| is_at(words, start, context) && start + context.len() >= position + found.len())
            });
            (!in_context).then_some((position, found))
        })
    }

    fn problem(&self, path: &str, line: usize, message: &str) -> Problem {
        Problem {
            file: path.to_owned(),
            line,
            rule: "vocabulary",
            message: message.to_owned(),
            fix: format!(
                "write {}; if the word is right here, add its context to the entry in {CONFIGURATION_FILE}",
                self.data.write
            ),
        }
    }
}

/// Whether the words from a position on are these, with only whitespace between them.
fn is_at(words: &[Word], position: usize, text: &[String]) -> bool {
    let Some(rest) = words.get(position..) else { return false };
    !text.is_empty()
        && rest.len() >= text.len()
        && rest
            .iter()
            .zip(text)
            .enumerate()
            .all(|(index, (word, text))| word.text == *text && (index == 0 || word.follows))
}

/// The name of a file without its folder and extension.
fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name).to_owned()
}

/// The parts of a name in snake case, camel case or kebab case, in lower case.
fn words_of_name(name: &str) -> Vec<Word> {
    let mut words: Vec<String> = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase() || character.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words.into_iter().map(|text| Word { text, line: 1, follows: true }).collect()
}

/// The names in tokens, each with its line.
fn names_in(tokens: &TokenStream, names: &mut Vec<Name>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(name) => names.push(Name { text: name_of(&name), line: name.span().start().line }),
            TokenTree::Group(group) => names_in(&group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Consecutive lines of prose: the first line, and the text of each.
type Paragraph = (usize, Vec<String>);

/// The comments of a Rust file, and its strings that hold more than one word.
fn prose_of_rust(text: &str, parsed: &Parsed) -> Vec<Paragraph> {
    let mut lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let mut paragraphs = Vec::new();
    strings_in(&parsed.tokens, &mut lines, &mut paragraphs);
    // What is left after the strings are removed: everything behind two slashes is a comment.
    let mut comment: Option<Paragraph> = None;
    for (number, line) in (1..).zip(lines.iter().map(|line| line.iter().collect::<String>())) {
        match line.split_once("//") {
            Some((_, text)) => {
                let text = without_code(text.trim_start_matches(['/', '!']));
                comment.get_or_insert_with(|| (number, Vec::new())).1.push(text);
            }
            None => paragraphs.extend(comment.take()),
        }
    }
    paragraphs.extend(comment);
    paragraphs
}

/// Collects the strings with more than one word, and replaces every string in `lines` with spaces.
fn strings_in(tokens: &TokenStream, lines: &mut [Vec<char>], paragraphs: &mut Vec<Paragraph>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => strings_in(&group.stream(), lines, paragraphs),
            TokenTree::Literal(literal) => {
                let (start, end) = (literal.span().start(), literal.span().end());
                // A documentation comment is a literal as well, and is read as a comment.
                let is_comment = lines
                    .get(start.line - 1)
                    .is_some_and(|line| line.iter().skip(start.column).take(2).all(|character| *character == '/'));
                let text = literal.to_string();
                if is_comment || !text.contains('"') {
                    continue;
                }
                if text.contains(' ') {
                    let parts = text.replace("\\n", " \n").replace("\\\"", "\"");
                    paragraphs.push((start.line, parts.split('\n').map(str::to_owned).collect()));
                }
                for number in start.line..=end.line {
                    let Some(line) = lines.get_mut(number - 1) else { continue };
                    let from = if number == start.line { start.column } else { 0 };
                    let to = if number == end.line { end.column } else { line.len() };
                    for character in line.iter_mut().take(to).skip(from) {
                        *character = ' ';
                    }
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// The text of a page, without code in backticks and without the glossary.
fn prose_of_page(text: &str) -> Vec<Paragraph> {
    let mut in_glossary = false;
    let lines = text.lines().map(|line| {
        if line.starts_with("## ") {
            in_glossary = line == GLOSSARY;
        }
        if in_glossary { String::new() } else { without_code(line) }
    });
    vec![(1, lines.collect())]
}

/// The comments of a TOML file, and its values that hold more than one word.
fn prose_of_toml(text: &str) -> Vec<Paragraph> {
    let lines = text.lines().map(|line| match line.split_once('#') {
        Some((_, comment)) => without_code(comment),
        None => line.split('"').skip(1).step_by(2).filter(|value| value.contains(' ')).collect::<Vec<_>>().join(" . "),
    });
    vec![(1, lines.collect())]
}

/// The words of a paragraph, in lower case. A colon is a word of its own.
fn words_of_prose((first_line, lines): &Paragraph) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut follows = true;
    for (line, text) in (*first_line..).zip(lines) {
        let mut word = String::new();
        for character in text.chars().chain([' ']) {
            if character.is_alphanumeric() || matches!(character, '_' | '\'') {
                word.extend(character.to_lowercase());
                continue;
            }
            if !word.is_empty() {
                words.push(Word { text: std::mem::take(&mut word), line, follows });
                follows = true;
            }
            if character == ':' {
                words.push(Word { text: ":".to_owned(), line, follows });
            } else {
                follows &= character.is_whitespace();
            }
        }
        follows &= !text.trim().is_empty();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines and messages of the problems in one file. The replaced words `zorp` and `fnord` are made up.
    fn problems(path: &str, text: &str) -> Vec<(usize, String)> {
        let entry = ReplacedWords {
            words: vec!["zorp".to_owned(), "zorps".to_owned()],
            names: vec!["Fnord".to_owned()],
            phrases: vec!["is fnord".to_owned(), "fnord:".to_owned()],
            write: "`response`".to_owned(),
            allowed_with: vec!["API zorp".to_owned(), "is fnord but".to_owned()],
            allowed_in: vec!["legacy".to_owned(), "old.md".to_owned()],
            only_in: Vec::new(),
        };
        let files = Files::from_texts([(path.to_owned(), text.to_owned())].into());
        check(&files, &[entry]).into_iter().map(|problem| (problem.line, problem.message)).collect()
    }

    fn lines(path: &str, text: &str) -> Vec<usize> {
        problems(path, text).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn words_are_found_in_names_comments_strings_and_pages() {
        for (path, text, line) in [
            ("a.rs", "//! A.\nfn the_zorp() {}\n", 2),
            ("a.rs", "//! A.\nstruct ZorpList;\n", 2),
            ("a.rs", "//! A.\nfn f() { let x = Some(zorps); }\n", 2),
            ("a.rs", "//! The Zorp.\n", 1),
            ("a.rs", "//! A.\n\n/// One zorp.\nfn f() {}\n", 3),
            ("a.rs", "//! A.\nfn f() {} // a zorp\n", 2),
            ("a.rs", "//! A.\nfn f() { g(\"http://x\", \"no zorp\") }\n", 2),
            ("a.rs", "//! A.\nconst A: &str = \"\n one zorp\";\n", 3),
            ("zorp.rs", "//! A.\n", 1),
            ("a.md", "# A\n\nA zorp.\n", 3),
            ("a.toml", "# one zorp\n", 1),
            ("a.toml", "a = 1\ndescription = \"the zorp of it\"\n", 2),
            ("a.rs", "//! A.\nstruct Fnord;\n", 2),
            ("a.md", "A.\nFnord: x\n", 2),
            ("a.md", "It is\nfnord.\n", 1),
            ("a.rs", "//! A.\n// It is\n// fnord.\n", 2),
        ] {
            assert_eq!(lines(path, text), [line], "{path}: {text:?}");
        }
    }

    #[test]
    fn contexts_allowed_files_code_and_the_glossary_are_left_out() {
        for (path, text) in [
            (
                "a.rs",
                "//! An API zorp, which is fnord but useful.\nfn api_zorp() {}\nfn is_fnord() {}\nstruct FnordKind;\n",
            ),
            ("a.rs", "//! A.\nfn f() { g(\"zorp\") }\n/// The key `zorp`.\nfn zorpy() {}\n"),
            ("legacy/a.rs", "//! A zorp.\n"),
            ("old.md", "A zorp.\n"),
            ("a.md", "What is. Fnord is `zorp`.\n\nIt is\n\nfnord.\n\n## Glossary\n\nzorp\n\n## Else\n"),
            ("a.toml", "zorp = [\"zorp\"]\n"),
            ("a.txt", "A zorp.\n"),
            ("a.rs", "// @generated by a tool\n//! A zorp.\n"),
        ] {
            assert_eq!(problems(path, text), [], "{path}: {text:?}");
        }
    }

    #[test]
    fn an_entry_can_apply_to_some_folders_only() {
        let entry = ReplacedWords {
            words: vec!["zorp".to_owned()],
            write: "`response`".to_owned(),
            only_in: vec!["core/src".to_owned()],
            ..ReplacedWords::default()
        };
        let texts = ["core/src/a.md", "core/tests/a.md", "core/srcs/a.md"];
        let files = Files::from_texts(texts.map(|path| (path.to_owned(), "A zorp.\n".to_owned())).into());
        let found: Vec<_> = check(&files, &[entry]).into_iter().map(|problem| problem.file).collect();
        assert_eq!(found, ["core/src/a.md"]);
    }

    #[test]
    fn a_problem_names_the_word_and_every_occurrence_is_reported() {
        let found = problems("a.rs", "//! A zorp\n//! and zorps.\nfn get_zorp() {}\n");
        let messages: Vec<_> = found.iter().map(|(line, message)| (*line, message.as_str())).collect();
        // Names come before prose.
        assert_eq!(
            messages,
            [(3, "`zorp` in the name `get_zorp` is replaced"), (1, "`zorp` is replaced"), (2, "`zorps` is replaced"),]
        );
    }
}
