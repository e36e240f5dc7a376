//! The lines of a documentation comment: wrapped text, code, and lines for the builds that compile a section.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::docs::markdown::{self, Block};

/// The width of generated lines, indentation included.
const WIDTH: usize = 120;

/// A documentation comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documentation(Vec<Line>);

/// A line before it is wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// The line between two paragraphs.
    Gap,
    /// Text to wrap.
    Text(String),
    /// Code, and rows of tables.
    Verbatim(String),
    /// Text for builds that compile one of these sections.
    For(BTreeSet<String>, String),
    /// Text for builds that compile none of these sections.
    Without(BTreeSet<String>, String),
}

impl Documentation {
    /// Adds a paragraph: an empty line before it, and one line of text for each line.
    pub fn paragraph(&mut self, text: &str) {
        self.gap();
        text.lines()
            .for_each(|line| self.0.push(if line.is_empty() { Line::Gap } else { Line::Text(line.to_owned()) }));
    }

    /// Adds lines that are not wrapped, such as code or a table, with an empty line before them.
    pub fn verbatim(&mut self, lines: impl IntoIterator<Item = String>) {
        self.gap();
        self.0.extend(lines.into_iter().map(Line::Verbatim));
    }

    /// Adds one line that only builds with one of the sections have.
    pub fn line_for<'a>(&mut self, sections: impl IntoIterator<Item = &'a str>, text: String) {
        self.0.push(Line::For(sections.into_iter().map(str::to_owned).collect(), text));
    }

    /// Adds one line that only builds without these sections have.
    pub fn line_without<'a>(&mut self, sections: impl IntoIterator<Item = &'a str>, text: String) {
        self.0.push(Line::Without(sections.into_iter().map(str::to_owned).collect(), text));
    }

    /// Adds an empty line, unless the documentation is empty or ends with one.
    pub fn gap(&mut self) {
        if self.0.last().is_some_and(|line| *line != Line::Gap) {
            self.0.push(Line::Gap);
        }
    }

    /// Adds a text of `openapi/docs.toml`, after `resolve` has replaced the references of each line. `code` turns a code
    /// block into lines.
    pub fn markdown(
        &mut self,
        text: &str,
        mut resolve: impl FnMut(&str) -> String,
        mut code: impl FnMut(&[String]) -> Vec<String>,
    ) {
        self.gap();
        // `Texts::check` has reported the texts that cannot be divided.
        for block in markdown::blocks(text).unwrap_or_default() {
            match block {
                Block::Gap => self.gap(),
                Block::Line(line) if line.starts_with('|') => self.0.push(Line::Verbatim(resolve(&line))),
                Block::Line(line) => self.0.push(Line::Text(resolve(&line))),
                Block::Code(_, lines) => {
                    self.verbatim(code(&lines));
                    self.gap();
                }
            }
        }
    }

    /// Returns the lines for a comment with this indentation, each with the space after `///`. Lines that only some
    /// builds have are left out.
    #[must_use]
    pub fn lines(&self, indent: usize) -> Vec<String> {
        self.0.iter().flat_map(|line| line.wrapped(indent)).collect()
    }

    /// Returns the text without line breaks in paragraphs. Lines that only some builds have are left out.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.0.iter().filter_map(|line| match line {
            Line::Gap => Some(""),
            Line::Text(text) | Line::Verbatim(text) => Some(text.as_str()),
            Line::For(..) | Line::Without(..) => None,
        });
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    /// Returns the attributes for an item with this indentation.
    #[must_use]
    pub fn attributes(&self, indent: usize) -> TokenStream {
        let mut attributes = TokenStream::new();
        let end = self.0.iter().rposition(|line| *line != Line::Gap).map_or(0, |last| last + 1);
        for line in self.0.iter().take(end) {
            match line {
                Line::For(sections, text) | Line::Without(sections, text) => {
                    let any = match sections.iter().collect::<Vec<_>>().as_slice() {
                        [one] => quote!(feature = #one),
                        several => quote!(any(#(feature = #several),*)),
                    };
                    let condition = if matches!(line, Line::Without(..)) { quote!(not(#any)) } else { any };
                    // Without the space after `///`: rustdoc adds it when it mixes both forms.
                    attributes.extend(quote!(#[cfg_attr(#condition, doc = #text)]));
                }
                _ => line.wrapped(indent).iter().for_each(|line| attributes.extend(quote!(#[doc = #line]))),
            }
        }
        attributes
    }
}

impl Line {
    fn wrapped(&self, indent: usize) -> Vec<String> {
        match self {
            Self::Gap => vec![String::new()],
            Self::Text(text) => wrapped(text, indent),
            Self::Verbatim(text) if text.is_empty() => vec![String::new()],
            Self::Verbatim(text) => vec![format!(" {text}")],
            Self::For(..) | Self::Without(..) => Vec::new(),
        }
    }
}

/// Returns the lines of a documentation comment, with the space after `///`. Wraps them at `WIDTH`, but not inside
/// code spans. Indents the continuation lines of list items.
#[must_use]
pub fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let width = WIDTH - indent - "/// ".len();
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let marker = if paragraph.starts_with("- ") { 2 } else { markdown::numbered_item(paragraph).unwrap_or(0) };
        let continuation = " ".repeat(marker);
        let mut line = String::new();
        for word in words(paragraph) {
            if line.trim().is_empty() {
                line.push_str(&word);
            } else if line.chars().count() + 1 + word.chars().count() <= width {
                line.push(' ');
                line.push_str(&word);
            } else {
                lines.push(format!(" {line}"));
                line = format!("{continuation}{word}");
            }
        }
        lines.push(if line.is_empty() { line } else { format!(" {line}") });
    }
    lines
}

/// Returns a text as a code span. Line breaks become spaces.
#[must_use]
pub fn code(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.contains('`') {
        format!("`` {line} ``")
    } else if line.is_empty() {
        "(empty)".to_owned()
    } else {
        format!("`{line}`")
    }
}

/// Returns the words of a text. A code span is part of one word. So is a word that would begin a list item or heading at
/// the start of a line.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_code = false;
    for word in text.split(' ') {
        let is_marker = matches!(word, "-" | "+" | "*" | "#" | "|" | ">") || is_number_with_period(word);
        match words.last_mut() {
            Some(last) if in_code || is_marker => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        in_code ^= word.matches('`').count() % 2 == 1;
    }
    words
}

fn is_number_with_period(word: &str) -> bool {
    word.strip_suffix('.').is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_outside_code_spans() {
        // At this indentation, 112 characters fit: the words and "`GET", but not the code span.
        let words = "word ".repeat(21);
        assert_eq!(
            wrapped(&format!("- {words}`GET /a/b` end\n\nnext"), 4),
            [format!(" - {}", words.trim_end()), "   `GET /a/b` end".to_owned(), String::new(), " next".to_owned()]
        );
        let words = "word ".repeat(22);
        assert_eq!(wrapped(&format!("{words}end 5. x"), 4), [format!(" {}", words.trim_end()), " end 5. x".to_owned()]);
    }

    #[test]
    fn paragraphs_are_separated_and_lines_for_a_section_are_attributes() {
        let mut documentation = Documentation::default();
        documentation.paragraph("One.");
        documentation.markdown("Two\nthree.\n\n| a |\n", str::to_owned, <[String]>::to_vec);
        documentation.verbatim(["```".to_owned(), "```".to_owned()]);
        documentation.gap();
        documentation.line_for(["service"], "- x".into());
        documentation.line_for(["service", "time"], "- y".into());
        documentation.line_without(["service"], "z".into());
        documentation.gap();
        assert_eq!(documentation.lines(0), [" One.", "", " Two three.", "", " | a |", "", " ```", " ```", "", ""]);
        let text = documentation.attributes(0).to_string().replace(' ', "");
        assert!(text.starts_with("#[doc=\"One.\"]#[doc=\"\"]#[doc=\"Twothree.\"]"), "{text}");
        assert!(
            text.ends_with("#[cfg_attr(feature=\"service\",doc=\"-x\")]#[cfg_attr(any(feature=\"service\",feature=\"time\"),doc=\"-y\")]#[cfg_attr(not(feature=\"service\"),doc=\"z\")]"),
            "{text}"
        );
    }
}
