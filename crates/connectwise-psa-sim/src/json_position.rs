//! Positions in JSON bodies, counted as the server's JSON library counts them. Its messages name the path, the line and
//! the position of a field.

/// A position: the line, counted from 1, and the number of characters of this line before the position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Where a field is in a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FieldPosition {
    /// After the colon that follows the name.
    pub(crate) after_name: Position,
    /// After the last character of the value.
    pub(crate) after_value: Position,
}

/// Returns the path of a field of the object at `path`: `company.name`. An empty path is that of the body.
pub(crate) fn field_path(path: &str, name: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '$');
    match (path.is_empty(), name.chars().all(is_plain)) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}['{name}']"),
    }
}

/// Returns where the field at a path is. Names are compared ignoring case. `None` if the body is not valid JSON or has
/// no such field.
pub(crate) fn find(body: &[u8], path: &str) -> Option<FieldPosition> {
    let text = std::str::from_utf8(body).ok()?;
    let mut scanner = Scanner { text, at: 0, wanted: path, found: None };
    scanner.value("", 0)?;
    let (name, value) = scanner.found?;
    Some(FieldPosition { after_name: position(text, name), after_value: position(text, value) })
}

/// Returns the position before a byte of a text.
fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    // .NET counts UTF-16 code units.
    let column = before.get(line_start..).unwrap_or_default().encode_utf16().count();
    Position { line: before.matches('\n').count() + 1, column }
}

/// Reads a body up to the field that is wanted.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    wanted: &'a str,
    /// The byte offsets after the colon and after the value.
    found: Option<(usize, usize)>,
}

/// Bodies that are nested deeper have been rejected before.
const MAX_DEPTH: usize = 128;

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Consumes a byte, after whitespace.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_whitespace();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next.then_some(())
    }

    /// Consumes a string and returns it without its quotes. Escapes stay as they are.
    fn string(&mut self) -> Option<&str> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        let end = self.at;
        self.at += 1;
        self.text.get(start..end)
    }

    /// Consumes the value at a path. Returns `None` at the end of invalid JSON.
    fn value(&mut self, path: &str, depth: usize) -> Option<()> {
        self.skip_whitespace();
        match self.peek()? {
            _ if depth > MAX_DEPTH => None,
            b'{' => self.object(path, depth),
            b'[' => self.list(path, depth),
            b'"' => self.string().map(|_| ()),
            _ => {
                while self.peek().is_some_and(|byte| !b",]}".contains(&byte) && !byte.is_ascii_whitespace()) {
                    self.at += 1;
                }
                Some(())
            }
        }
    }

    fn object(&mut self, path: &str, depth: usize) -> Option<()> {
        self.take(b'{')?;
        while self.take(b'}').is_none() {
            let inner = field_path(path, self.string()?);
            self.take(b':')?;
            let after_name = self.at;
            self.value(&inner, depth + 1)?;
            if self.found.is_none() && inner.eq_ignore_ascii_case(self.wanted) {
                self.found = Some((after_name, self.at));
            }
            _ = self.take(b',');
        }
        Some(())
    }

    fn list(&mut self, path: &str, depth: usize) -> Option<()> {
        self.take(b'[')?;
        let mut index = 0;
        while self.take(b']').is_none() {
            let before = self.at;
            self.value(&format!("{path}[{index}]"), depth + 1)?;
            _ = self.take(b',');
            index += 1;
            // Invalid JSON: a list without an end.
            if self.at == before {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, path: &str) -> Option<[usize; 4]> {
        let FieldPosition { after_name, after_value } = find(body.as_bytes(), path)?;
        Some([after_name.line, after_name.column, after_value.line, after_value.column])
    }

    #[test]
    fn positions_are_after_the_colon_and_after_the_value() {
        // The position that a live server named for a body written by PowerShell was line 3, position 11.
        let indented = "{\r\n    \"firstName\":  \"Ida\",\r\n    \"type\":  {\r\n                 \"id\":  37\r\n             }\r\n}";
        assert_eq!(found(indented, "type"), Some([3, 11, 5, 14]));
        assert_eq!(found(indented, "type.ID"), Some([4, 22, 4, 26]));
        for (body, path, expected) in [
            (r#"{"page":5}"#, "page", Some([1, 8, 1, 9])),
            (r#"{"a":"x\"}{","page" : null}"#, "page", Some([1, 21, 1, 26])),
            (r#"{"list":[1,{"colour":true}]}"#, "list[1].colour", Some([1, 21, 1, 25])),
            (r#"{"ä€🖨":1,"b":2}"#, "b", Some([1, 14, 1, 15])),
            (r#"{"a b":1}"#, "['a b']", Some([1, 7, 1, 8])),
            (r#"[{"a":1}]"#, "a", None),
            (r#"{"a":1}"#, "b", None),
            (r#"{"a":[1"#, "b", None),
            (r#"{"a":[}"#, "b", None),
            ("", "a", None),
        ] {
            assert_eq!(found(body, path), expected, "{body}");
        }
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(found(&deep, "a"), None);
    }
}
