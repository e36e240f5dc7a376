//! Paths into an answer (`[17].company.id`): how they are written, carried in serde's errors, and found for an offset.

use std::fmt::Write as _;

use serde::de;

/// One step from a value to a value inside it.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    /// A member of an object.
    Property(&'a str),
    /// An element of an array.
    Index(usize),
}

/// What stands in front of a path in the text of an error, and behind it.
const OPENING: &str = "at `";
const CLOSING: &str = "`: ";

/// Appends `step` to `path` and returns the length to cut back to.
pub(crate) fn push(path: &mut String, step: Step<'_>) -> usize {
    let before = path.len();
    match step {
        Step::Index(index) => {
            // Writing into a String cannot fail.
            let _ = write!(path, "[{index}]");
        }
        Step::Property(name) if is_plain(name) => {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
        }
        Step::Property(name) => {
            // A backtick would end the path inside an error's text.
            let quoted = format!("{name:?}").replace('`', "\\u{60}");
            let _ = write!(path, "[{quoted}]");
        }
    }
    before
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'))
}

/// The error of a value as the error of what holds it: the step is put in front of the path in its text.
///
/// The path travels in the text, because that is the only part of an error that every serde format carries.
#[cold]
pub(crate) fn within<E: de::Error>(step: Step<'_>, error: E) -> E {
    E::custom(prefixed(step, &error.to_string()))
}

fn prefixed(step: Step<'_>, message: &str) -> String {
    let (inner, text) = split(message).unwrap_or(("", message));
    let mut path = String::new();
    push(&mut path, step);
    if !inner.is_empty() && !inner.starts_with('[') {
        path.push('.');
    }
    format!("{OPENING}{path}{inner}{CLOSING}{text}")
}

/// The path at the start of an error's text, and the text after it.
pub(crate) fn split(message: &str) -> Option<(&str, &str)> {
    message.strip_prefix(OPENING)?.split_once(CLOSING)
}

/// The index a path starts with: `17` for `[17].company.id`.
pub(crate) fn first_index(path: &str) -> Option<usize> {
    path.strip_prefix('[')?.split_once(']')?.0.parse().ok()
}

/// Where in a JSON text something is.
#[derive(Debug, PartialEq)]
pub(crate) struct Place {
    /// The path of the innermost value there; empty for the whole text.
    pub(crate) path: String,
    /// The offset at which that value starts.
    pub(crate) start: usize,
}

/// What is open at a point of the scan: an object or an array, and the value being read in it.
struct Open {
    /// `None` in an object.
    index: Option<usize>,
    /// Length of the path of the container itself.
    path_length: usize,
    /// Where the container starts.
    start: usize,
    /// Where the value in it starts, once one has begun.
    value_start: Option<usize>,
    /// The last string of an object that stands where a member's name stands.
    name: Option<(usize, usize)>,
    /// In an object: the colon has been seen, the comma has not.
    in_value: bool,
}

/// Finds the innermost value that contains `offset` or ended last before it.
///
/// Works on any text up to `offset`, well formed or not, without recursion: an answer that could not be read is what it
/// is for.
pub(crate) fn place(text: &[u8], offset: usize) -> Place {
    let mut path = String::new();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    let end = offset.min(text.len());
    while let Some(&byte) = text.get(at).filter(|_| at < end) {
        match byte {
            b'{' | b'[' => {
                begin(&mut open, &mut path, at);
                let index = (byte == b'[').then_some(0);
                open.push(Open {
                    index,
                    path_length: path.len(),
                    start: at,
                    value_start: None,
                    name: None,
                    in_value: false,
                });
                at += 1;
            }
            b'}' | b']' => {
                if let Some(closed) = open.pop() {
                    path.truncate(closed.path_length);
                }
                at += 1;
            }
            b':' => {
                at += 1;
                if let Some(top) = open.last_mut()
                    && let Some((from, to)) = top.name.take()
                {
                    let raw = text.get(from..to).unwrap_or_default();
                    let name: String =
                        serde_json::from_slice(raw).unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned());
                    path.truncate(top.path_length);
                    push(&mut path, Step::Property(&name));
                    top.value_start = Some(at);
                    top.in_value = true;
                }
            }
            b',' => {
                // The step stays until the next value begins: an error reported between two values belongs to the
                // first.
                if let Some(top) = open.last_mut() {
                    top.in_value = false;
                    if let Some(index) = top.index.as_mut() {
                        *index += 1;
                    }
                }
                at += 1;
            }
            b'"' => {
                let after = string_end(text, at);
                match open.last_mut() {
                    Some(top) if top.index.is_none() && !top.in_value => top.name = Some((at, after)),
                    _ => begin(&mut open, &mut path, at),
                }
                at = after;
            }
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                begin(&mut open, &mut path, at);
                at += 1;
                while text.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !b",:{}[]\"".contains(byte)) {
                    at += 1;
                }
            }
        }
    }
    let start = match open.last() {
        Some(top) if path.len() > top.path_length => top.value_start.unwrap_or(top.start),
        Some(top) => top.start,
        None => 0,
    };
    let blanks = text.get(start..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count());
    Place { path, start: start + blanks }
}

/// A value begins at `at`: in an array, its index becomes the last step of the path.
fn begin(open: &mut [Open], path: &mut String, at: usize) {
    if let Some(top) = open.last_mut()
        && let Some(index) = top.index
    {
        path.truncate(top.path_length);
        push(path, Step::Index(index));
        top.value_start = Some(at);
    }
}

/// The offset after the string that starts at `start`.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// The offset serde_json means by a line and a column, both counted from 1 and in bytes.
pub(crate) fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let starts = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len);
    starts.take(line.saturating_sub(1)).sum::<usize>() + column
}

/// The text of the value that starts at `start`: to its end when it is a scalar, else to the end of what closes it.
pub(crate) fn value_text(text: &[u8], start: usize) -> &[u8] {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at);
                if depth == 0 {
                    break;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => {
                at += depth;
                break;
            }
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    text.get(start..at.min(text.len())).unwrap_or_default().trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_with_dots_indexes_and_quoted_odd_names() {
        let mut path = String::new();
        for step in [
            Step::Index(17),
            Step::Property("company"),
            Step::Property("_info"),
            Step::Property("a b`c"),
            Step::Index(0),
            Step::Property("id"),
        ] {
            push(&mut path, step);
        }
        assert_eq!(path, r#"[17].company._info["a b\u{60}c"][0].id"#);
        assert_eq!(first_index(&path), Some(17));
        assert_eq!(first_index("company[3]"), None);
    }

    #[test]
    fn steps_are_put_in_front_of_a_path_that_is_there() {
        let mut message = "invalid type: map, expected an integer at line 1 column 9".to_owned();
        for step in [Step::Property("id"), Step::Property("company"), Step::Index(2)] {
            message = prefixed(step, &message);
        }
        assert_eq!(message, "at `[2].company.id`: invalid type: map, expected an integer at line 1 column 9");
        assert_eq!(split(&message).map(|(path, _)| path), Some("[2].company.id"));
        assert_eq!(split("no path"), None);
    }

    /// `^` marks the offset, counted in the text without it.
    #[test]
    fn an_offset_is_found() {
        for (marked, path, value) in [
            (r#"^{"a":1}"#, "", r#"{"a":1}"#),
            (r#"{"a":1^,"b":2}"#, "a", "1"),
            (r#"{"a": "x" ^ ,"b":2}"#, "a", r#""x""#),
            (r#"{"a":1,"b":{^"c":2}}"#, "b", r#"{"c":2}"#),
            (r#"{"a":1,"b":{"c":2^}}"#, "b.c", "2"),
            (r#"{"a":1,"b":{"c":2}^}"#, "b", r#"{"c":2}"#),
            (r#"{"a":1}^"#, "", r#"{"a":1}"#),
            (r#"[1,[2,"x,]"^],3]"#, "[1][1]", r#""x,]""#),
            (r#"[{"id":1},null,^{"id":2}]"#, "[1]", "null"),
            ("[ {\"id\":1},\n {\"company\" : {\"id\": tr^ue}} ]", "[1].company.id", "true"),
            (r#"{"a\"b":{"c":"d\\"^}}"#, r#"["a\"b"].c"#, r#""d\\""#),
            (r#"{"a":"x","a^"#, "a", r#""x""#),
            (r#"[[],[[]^]]"#, "[1][0]", "[]"),
            (r#"{"a":[],"b":1e400^}"#, "b", "1e400"),
            ("", "", ""),
        ] {
            let offset = marked.find('^').unwrap_or(0);
            let text = marked.replace('^', "");
            let place = place(text.as_bytes(), offset);
            assert_eq!(place.path, path, "{marked}");
            assert_eq!(String::from_utf8_lossy(value_text(text.as_bytes(), place.start)), value, "{marked}");
        }
    }

    #[test]
    fn nesting_beyond_any_stack_is_walked() {
        let deep = "[".repeat(200_000);
        assert!(place(deep.as_bytes(), deep.len()).path.starts_with("[0][0]"));
        assert_eq!(value_text(deep.as_bytes(), 0).len(), deep.len());
    }

    #[test]
    fn lines_and_columns_are_offsets() {
        let text = b"ab\ncd\r\nef";
        for (line, column, expected) in [(1, 1, 1), (2, 0, 3), (2, 2, 5), (3, 2, 9)] {
            assert_eq!(offset(text, line, column), expected);
        }
    }
}
