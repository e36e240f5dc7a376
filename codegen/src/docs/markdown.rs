//! The Markdown of `openapi/docs.toml`, divided into paragraphs without the line breaks of the file.

/// A part of a text that is rendered as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph, heading, list item or row of a table, in one line.
    Line(String),
    /// The end of a paragraph.
    Gap,
    /// A code block: the word after the fence, and the lines.
    Code(String, Vec<String>),
}

/// Divides a text.
///
/// # Errors
/// Fails if a code block does not end.
pub fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = text.trim().lines();
    while let Some(line) = lines.next() {
        let words = line.trim();
        if let Some(language) = words.strip_prefix("```") {
            let mut code = Vec::new();
            loop {
                match lines.next() {
                    None => return Err("a code block has no end".to_owned()),
                    Some(line) if line.trim() == "```" => break,
                    Some(line) => code.push(line.trim_end().to_owned()),
                }
            }
            blocks.push(Block::Code(language.trim().to_owned(), code));
        } else if words.is_empty() {
            blocks.push(Block::Gap);
        } else {
            match blocks.last_mut() {
                Some(Block::Line(before)) if !begins_line(words) && !begins_heading_or_row(before) => {
                    before.push(' ');
                    before.push_str(words);
                }
                _ => blocks.push(Block::Line(words.to_owned())),
            }
        }
    }
    Ok(blocks)
}

/// Returns whether Markdown begins a new line with this text instead of continuing the paragraph.
fn begins_line(text: &str) -> bool {
    text.starts_with("- ") || numbered_item(text).is_some() || begins_heading_or_row(text)
}

fn begins_heading_or_row(text: &str) -> bool {
    text.starts_with('#') || text.starts_with('|')
}

/// Returns the length of `1. ` at the beginning of a list item.
#[must_use]
pub fn numbered_item(text: &str) -> Option<usize> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    (digits > 0 && text.get(digits..).is_some_and(|rest| rest.starts_with(". "))).then_some(digits + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_paragraph_are_joined() {
        let line = |text: &str| Block::Line(text.to_owned());
        assert_eq!(
            blocks("\nOne\ntwo.\n\n- a\n  b\n- c\n1. d\n\n```rust\nlet a = 1;\n\n  b();\n```\n# Title\nEnd\n").unwrap(),
            [
                line("One two."),
                Block::Gap,
                line("- a b"),
                line("- c"),
                line("1. d"),
                Block::Gap,
                Block::Code("rust".into(), vec!["let a = 1;".into(), String::new(), "  b();".into()]),
                line("# Title"),
                line("End"),
            ]
        );
        assert!(blocks("```rust\nlet a = 1;").is_err());
    }
}
