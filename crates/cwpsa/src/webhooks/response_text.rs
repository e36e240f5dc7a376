//! The body of a target's response, as it is printed: bounded, and without characters that control the terminal.

/// The most bytes of a response that are read.
pub(crate) const MAX_READ: usize = 64 * 1024;

/// The most lines and characters that people see.
const MAX_LINES: usize = 20;
const MAX_CHARACTERS: usize = 2_000;

/// A response's body, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseText {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl ResponseText {
    /// Adds a part of the body. Returns whether more is wanted.
    pub(crate) fn push(&mut self, part: &[u8]) -> bool {
        let rest = MAX_READ.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(part.get(..rest).unwrap_or(part));
        self.is_cut |= part.len() > rest;
        !self.is_cut
    }

    /// Marks a body whose end could not be read.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
    }

    /// Returns whether the end is missing.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Returns the body as text. Bytes that are not UTF-8 become U+FFFD.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns the lines for people. The last one says what is missing.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = self.text();
        let mut rest = MAX_CHARACTERS;
        let mut lines = Vec::new();
        let mut is_cut = self.is_cut;
        for line in text.lines() {
            if lines.len() == MAX_LINES || rest == 0 {
                is_cut = true;
                break;
            }
            let shown: String = line.chars().take(rest).collect();
            is_cut |= shown.len() < line.len();
            rest -= shown.chars().count();
            lines.push(escaped(&shown));
        }
        if is_cut {
            lines.push(format!("… (cut; {} bytes were read)", self.bytes.len()));
        }
        lines
    }
}

/// Returns a text without characters that control a terminal or reorder the line: each becomes an escape.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let reorders = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character != '\t' && (character.is_control() || reorders) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> ResponseText {
        let mut body = ResponseText::default();
        body.push(text.as_bytes());
        body
    }

    #[test]
    fn a_body_is_bounded() {
        let mut long = ResponseText::default();
        assert!(long.push(&vec![b'x'; MAX_READ - 1]));
        assert!(long.push(b"x"));
        assert!(!long.push(b"x"));
        assert_eq!((long.bytes.len(), long.is_cut()), (MAX_READ, true));
        let lines = long.lines();
        assert_eq!(lines.first().map(|line| line.len()), Some(MAX_CHARACTERS));
        assert!(lines.last().is_some_and(|line| line.contains("65536 bytes were read")), "{lines:?}");
        assert_eq!(body(&"x\n".repeat(30)).lines().len(), MAX_LINES + 1);
        assert_eq!(body("one\ntwo").lines(), ["one", "two"]);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(body("\u{1b}[2Ja\u{202e}b\r\nc\u{7}").lines(), ["\\u{1b}[2Ja\\u{202e}b", "c\\u{7}"]);
    }
}
