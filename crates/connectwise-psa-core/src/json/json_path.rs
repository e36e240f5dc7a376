//! Paths of values in JSON (`[17].company.id`): how they are formatted, carried in serde's errors, and found for a byte
//! offset.

use std::fmt::Write as _;

use serde::de;

/// One step from a value to a value inside it.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    /// A field of an object.
    Property(&'a str),
    /// An element of an array.
    Index(usize),
}

/// The text before and after a path in an error message.
const PATH_START: &str = "at `";
const PATH_END: &str = "`: ";

/// Appends `step` to `path` and returns the previous length of `path`, for `truncate`.
pub(crate) fn push_step(path: &mut String, step: Step<'_>) -> usize {
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
            // A backtick would end the path in an error message.
            let quoted = format!("{name:?}").replace('`', "\\u{60}");
            let _ = write!(path, "[{quoted}]");
        }
    }
    before
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'))
}

/// Puts a step in front of the path in an error's message.
///
/// The path is part of the message, because the message is the only part of an error that all serde formats keep.
#[cold]
pub(crate) fn prepend_step<E: de::Error>(step: Step<'_>, error: E) -> E {
    E::custom(with_step(step, &error.to_string()))
}

fn with_step(step: Step<'_>, message: &str) -> String {
    let (inner, text) = split_path(message).unwrap_or(("", message));
    let mut path = String::new();
    push_step(&mut path, step);
    if !inner.is_empty() && !inner.starts_with('[') {
        path.push('.');
    }
    format!("{PATH_START}{path}{inner}{PATH_END}{text}")
}

/// Splits an error message into the path at its start and the text after it.
pub(crate) fn split_path(message: &str) -> Option<(&str, &str)> {
    message.strip_prefix(PATH_START)?.split_once(PATH_END)
}

/// Returns the index at the start of a path: `17` for `[17].company.id`.
pub(crate) fn first_index(path: &str) -> Option<usize> {
    path.strip_prefix('[')?.split_once(']')?.0.parse().ok()
}

/// The location of a value in JSON.
#[derive(Debug, PartialEq)]
pub(crate) struct ValueLocation {
    /// The path of the value; empty for the whole text.
    pub(crate) path: String,
    /// The byte offset at which the value starts.
    pub(crate) start: usize,
}

/// An object or array that has started and not ended at a point of the scan.
struct Container {
    /// The index of the current element; `None` in an object.
    index: Option<usize>,
    /// The length of the path of the container itself.
    path_length: usize,
    /// The offset at which the container starts.
    start: usize,
    /// The offset at which the current value in it starts, if one has started.
    value_start: Option<usize>,
    /// In an object: the start and end of the last string that can be the name of a field.
    name: Option<(usize, usize)>,
    /// In an object: whether the scan is after a colon and before the next comma.
    in_value: bool,
}

/// Finds the value that a serde_json error at `offset` is about: in the innermost array or object that is open at
/// `offset`, the last value that has started before it, or the array or object itself if none has started.
///
/// Accepts malformed and truncated JSON, because it is used for responses that could not be decoded. Does not recurse.
pub(crate) fn locate(text: &[u8], offset: usize) -> ValueLocation {
    let mut path = String::new();
    let mut open: Vec<Container> = Vec::new();
    let mut at = 0;
    let end = offset.min(text.len());
    while let Some(&byte) = text.get(at).filter(|_| at < end) {
        match byte {
            b'{' | b'[' => {
                start_value(&mut open, &mut path, at);
                let index = (byte == b'[').then_some(0);
                open.push(Container {
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
                    push_step(&mut path, Step::Property(&name));
                    top.value_start = Some(at);
                    top.in_value = true;
                }
            }
            b',' => {
                // The path changes only when the next value starts, because serde_json reports the position after a
                // value for an error in it.
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
                    _ => start_value(&mut open, &mut path, at),
                }
                at = after;
            }
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                start_value(&mut open, &mut path, at);
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
    let whitespace =
        text.get(start..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count());
    ValueLocation { path, start: start + whitespace }
}

/// Handles a value that starts at `at`: in an array, its index becomes the last step of the path.
fn start_value(open: &mut [Container], path: &mut String, at: usize) {
    if let Some(top) = open.last_mut()
        && let Some(index) = top.index
    {
        path.truncate(top.path_length);
        push_step(path, Step::Index(index));
        top.value_start = Some(at);
    }
}

/// Returns the offset after the string that starts at `start`.
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

/// Converts a line (from 1) and a column of serde_json to the byte offset after that column. The column is the number
/// of bytes that were read in the line; 0 is the start of the line.
pub(crate) fn byte_offset(text: &[u8], line: usize, column: usize) -> usize {
    let starts = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len);
    starts.take(line.saturating_sub(1)).sum::<usize>() + column
}

/// Returns the text of the value that starts at `start`, including the closing bracket of an array or object.
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
    fn paths_have_dots_indexes_and_quoted_names() {
        let mut path = String::new();
        for step in [
            Step::Index(17),
            Step::Property("company"),
            Step::Property("_info"),
            Step::Property("a b`c"),
            Step::Index(0),
            Step::Property("id"),
        ] {
            push_step(&mut path, step);
        }
        assert_eq!(path, r#"[17].company._info["a b\u{60}c"][0].id"#);
        assert_eq!(first_index(&path), Some(17));
        assert_eq!(first_index("company[3]"), None);
    }

    #[test]
    fn steps_are_put_in_front_of_an_existing_path() {
        let mut message = "invalid type: map, expected an integer at line 1 column 9".to_owned();
        for step in [Step::Property("id"), Step::Property("company"), Step::Index(2)] {
            message = with_step(step, &message);
        }
        assert_eq!(message, "at `[2].company.id`: invalid type: map, expected an integer at line 1 column 9");
        assert_eq!(split_path(&message).map(|(path, _)| path), Some("[2].company.id"));
        assert_eq!(split_path("no path"), None);
    }

    /// `^` marks the offset and is removed from the text.
    #[test]
    fn the_value_at_an_offset_is_located() {
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
            let location = locate(text.as_bytes(), offset);
            assert_eq!(location.path, path, "{marked}");
            assert_eq!(String::from_utf8_lossy(value_text(text.as_bytes(), location.start)), value, "{marked}");
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let deep = "[".repeat(200_000);
        assert!(locate(deep.as_bytes(), deep.len()).path.starts_with("[0][0]"));
        assert_eq!(value_text(deep.as_bytes(), 0).len(), deep.len());
    }

    #[test]
    fn lines_and_columns_convert_to_byte_offsets() {
        let text = b"ab\ncd\r\nef";
        for (line, column, expected) in [(1, 1, 1), (2, 0, 3), (2, 2, 5), (3, 2, 9)] {
            assert_eq!(byte_offset(text, line, column), expected);
        }
    }
}
