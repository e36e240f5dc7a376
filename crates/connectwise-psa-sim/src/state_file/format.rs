//! The format of the state file: lines with checksums, the header, and the changes as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufRead, Write};

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::damage::{DamagedLine, describe};
use crate::store::record::Packed;
use crate::store::{Edit, Records};

/// The program name in the header line.
pub(super) const PROGRAM: &str = "cwpsa-sim";

/// The version of the file format.
pub(super) const FORMAT_VERSION: u64 = 3;

/// The length of a checksum with the space behind it.
const PREFIX: usize = 9;

/// Appends a line: the CRC-32 of the rest as eight hexadecimal digits, the number of the line, the content, with spaces
/// between them, and a line break. The content must not contain line breaks; JSON has none.
pub(super) fn push_line(to: &mut String, number: u64, content: &str) {
    let number = format!("{number} ");
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(number.as_bytes());
    checksum.update(content.as_bytes());
    // Writing to a string cannot fail.
    let _ = writeln!(to, "{:08x} {number}{content}", checksum.finalize());
}

/// Returns what follows a valid checksum.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let (prefix, rest) = line.split_at_checked(PREFIX)?;
    (prefix == format!("{:08x} ", crc32fast::hash(rest)).as_bytes()).then_some(rest)
}

/// Returns the number and the content of a line with a valid checksum.
fn numbered(line: &[u8]) -> Option<(u64, &[u8])> {
    let rest = checked(without_line_break(line))?;
    let (number, content) = rest.split_at_checked(rest.iter().position(|byte| *byte == b' ')?)?;
    Some((str::from_utf8(number).ok()?.parse().ok()?, content.strip_prefix(b" ")?))
}

/// Removes the line break, which may be that of another system.
fn without_line_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The size of what was written.
#[derive(Debug)]
pub(super) struct Written {
    /// In bytes.
    pub(super) length: u64,
    pub(super) lines: u64,
}

/// Writes the content of a file with these records and no later changes.
pub(super) fn write_snapshot(records: &Records, to: &mut impl Write) -> io::Result<Written> {
    let mut written = Written { length: 0, lines: 0 };
    let mut text = String::new();
    let mut write = |content: &str| {
        text.clear();
        push_line(&mut text, written.lines + 1, content);
        written.lines += 1;
        written.length += text.len() as u64;
        to.write_all(text.as_bytes())
    };
    let count = records.snapshot().count();
    write(&json!({"program": PROGRAM, "state": FORMAT_VERSION, "snapshot": count}).to_string())?;
    for edit in records.snapshot() {
        write(&edits_text(std::slice::from_ref(&edit)))?;
    }
    write(&json!({ "end": count }).to_string())?;
    Ok(written)
}

/// Returns changes as JSON.
pub(super) fn edits_text(edits: &[Edit<'_>]) -> String {
    let mut text = "[".to_owned();
    for (at, edit) in edits.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{}", EditText(edit));
    }
    text.push(']');
    text
}

/// Displays a change as JSON.
struct EditText<'a>(&'a Edit<'a>);

impl std::fmt::Display for EditText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = |text: &str| Value::from(text);
        match self.0 {
            Edit::Put { list, id, record } => write!(f, r#"{{"put":{},"id":{id},"record":{record}}}"#, quoted(list)),
            Edit::Remove { list, id } => write!(f, r#"{{"remove":{},"id":{id}}}"#, quoted(list)),
            Edit::Single { key, value } => write!(f, r#"{{"single":{},"value":{value}}}"#, quoted(key)),
            Edit::LastId { sequence, id } => write!(f, r#"{{"last":{},"id":{id}}}"#, quoted(sequence)),
            Edit::File { name, content } => {
                write!(f, r#"{{"file":{},"content":"{}"}}"#, quoted(name), Base64Display::new(content, &STANDARD))
            }
            Edit::RemoveFile { name } => write!(f, r#"{{"removeFile":{}}}"#, quoted(name)),
            Edit::List { list } => write!(f, r#"{{"list":{}}}"#, quoted(list)),
        }
    }
}

/// Parses a change; `None` if the value is not a change.
fn parse_edit(mut value: Value) -> Option<Edit<'static>> {
    let fields = value.as_object_mut()?;
    let id = fields.get("id").and_then(Value::as_i64);
    let mut take_string = |name: &str| match fields.remove(name) {
        Some(Value::String(value)) => Some(Cow::Owned(value)),
        _ => None,
    };
    if let Some(list) = take_string("put") {
        let record = fields.remove("record").filter(Value::is_object)?;
        return Some(Edit::Put { list, id: id?, record: Cow::Owned(Packed::from(&record)) });
    }
    if let Some(list) = take_string("remove") {
        return Some(Edit::Remove { list, id: id? });
    }
    if let Some(sequence) = take_string("last") {
        return Some(Edit::LastId { sequence, id: id? });
    }
    if let Some(list) = take_string("list") {
        return Some(Edit::List { list });
    }
    if let Some(name) = take_string("file") {
        let content = STANDARD.decode(take_string("content")?.as_bytes()).ok()?;
        return Some(Edit::File { name, content: Cow::Owned(content.into()) });
    }
    if let Some(name) = take_string("removeFile") {
        return Some(Edit::RemoveFile { name });
    }
    let key = take_string("single")?;
    Some(Edit::Single { key, value: Cow::Owned(fields.remove("value")?) })
}

/// The content of a line.
enum Content {
    /// The number of lines of the snapshot.
    Header(u64),
    /// The line after the snapshot. Contains the number of lines of the snapshot.
    End(u64),
    Changes(Vec<Edit<'static>>),
}

/// Parses the content of a line; `None` if it is not one.
fn parse_content(content: &[u8]) -> Option<Content> {
    match serde_json::from_slice(content).ok()? {
        Value::Array(edits) => edits.into_iter().map(parse_edit).collect::<Option<_>>().map(Content::Changes),
        Value::Object(fields) if fields.contains_key("program") => {
            fields.get("snapshot").and_then(Value::as_u64).map(Content::Header)
        }
        value => value.get("end").and_then(Value::as_u64).map(Content::End),
    }
}

/// The contents of a state file.
pub(super) struct Contents {
    pub(super) records: Records,
    /// The length of the complete lines in bytes, damaged ones included.
    pub(super) length: u64,
    /// The number of lines.
    pub(super) lines: u64,
    /// The length of the header and the snapshot in bytes.
    pub(super) snapshot_length: u64,
    /// The length in bytes of an incomplete last line; 0 if there is none.
    pub(super) incomplete: u64,
    /// Whether the last line is complete, but has no line break.
    pub(super) lacks_line_break: bool,
    pub(super) damaged: Vec<DamagedLine>,
}

/// Why a state file cannot be used.
#[derive(Debug)]
pub(super) enum ReadError {
    Io(io::Error),
    /// The content is not a usable state. The string continues a sentence that starts with the file name.
    Invalid(String),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a state file.
pub(super) fn read(mut lines: impl BufRead) -> Result<Contents, ReadError> {
    let mut reader = Reader::new();
    let mut line = Vec::new();
    loop {
        let length = read_line(&mut lines, &mut line)?;
        if length == 0 {
            break;
        }
        if reader.contents.length == 0 {
            check_version(&line)?;
        }
        // A last line without a line break, or with another byte in its place, may be complete.
        let is_last = !line.ends_with(b"\n") && line.len() as u64 == length;
        let cut = line.split_last().map_or(&[][..], |(_, cut)| cut);
        let (found, kept) = match numbered(&line) {
            None if is_last => (numbered(cut), length - 1),
            found => (found, length),
        };
        match found {
            Some((number, content)) => {
                reader.contents.length += kept;
                reader.contents.lacks_line_break = is_last;
                reader.take(number, content);
            }
            None if is_last => reader.contents.incomplete = length,
            None => {
                reader.contents.length += length;
                reader.unread.push(describe(&line));
            }
        }
    }
    reader.finish()
}

/// Reads a line, and returns its length. Does not keep all of a long line that does not start as a line of a state file:
/// the file of another program may be one very long line.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    const KEPT: u64 = 64 * 1024;
    line.clear();
    let length = io::Read::take(&mut *lines, KEPT).read_until(b'\n', line)? as u64;
    if length < KEPT || line.ends_with(b"\n") {
        return Ok(length);
    }
    let is_start = line.get(..PREFIX).is_some_and(|prefix| {
        prefix
            .split_last()
            .is_some_and(|(space, checksum)| *space == b' ' && checksum.iter().all(u8::is_ascii_hexdigit))
    });
    let rest = if is_start { lines.read_until(b'\n', line)? } else { lines.skip_until(b'\n')? };
    Ok(length + rest as u64)
}

/// Rejects a file whose first line is the header of another format version.
fn check_version(line: &[u8]) -> Result<(), ReadError> {
    let line = without_line_break(line);
    // The lines of format version 2 have no numbers, and the header of version 1 has no checksum.
    let content = numbered(line).map(|(_, content)| content).or_else(|| checked(line)).unwrap_or(line);
    let header: Value = serde_json::from_slice(content).unwrap_or_default();
    if header.get("program").and_then(Value::as_str) != Some(PROGRAM) {
        return Ok(());
    }
    match header.get("state").and_then(Value::as_u64) {
        Some(FORMAT_VERSION) => Ok(()),
        version => {
            let version = version.map_or_else(
                || "an unknown format version".to_owned(),
                |version| format!("the format version {version}"),
            );
            Err(ReadError::Invalid(format!("has {version}, but this {PROGRAM} reads only version {FORMAT_VERSION}")))
        }
    }
}

/// Takes the lines of a file, and notices which are damaged, missing, repeated or out of order.
struct Reader {
    contents: Contents,
    /// What the damaged lines contained that were read since the last valid line.
    unread: Vec<String>,
    /// The number of the line after the snapshot; `None` while neither the header nor that line was read.
    end: Option<u64>,
}

impl Reader {
    fn new() -> Self {
        let contents = Contents {
            records: Records::default(),
            length: 0,
            lines: 0,
            snapshot_length: 0,
            incomplete: 0,
            lacks_line_break: false,
            damaged: Vec::new(),
        };
        Self { contents, unread: Vec::new(), end: None }
    }

    fn report(&mut self, number: u64, lost: String) {
        self.contents.damaged.push(DamagedLine { number, lost });
    }

    /// Takes a line with a valid checksum.
    fn take(&mut self, number: u64, content: &[u8]) {
        let Some(absent) = number.checked_sub(self.contents.lines + 1) else {
            return self.report(number, format!("repeated or out of order: {}", describe(content)));
        };
        self.report_absent(absent);
        self.contents.lines = number;
        match parse_content(content) {
            Some(Content::Header(count)) => self.end = Some(count.saturating_add(2)),
            Some(Content::End(count)) => {
                if count.saturating_add(2) != number {
                    self.report(number, format!("the end of the snapshot, which has {count} lines"));
                }
                self.end = Some(number);
                self.contents.snapshot_length = self.contents.length;
            }
            Some(Content::Changes(edits)) => edits.into_iter().for_each(|edit| self.contents.records.apply(edit)),
            None => self.report(number, describe(content)),
        }
    }

    /// Reports lines before the next valid one: the damaged ones, and those that are missing.
    fn report_absent(&mut self, absent: u64) {
        let mut number = self.contents.lines + 1;
        let after = number.saturating_add(absent);
        for lost in std::mem::take(&mut self.unread) {
            // Further damaged lines do not belong to the file.
            self.report(number, if number == 1 { "the header".to_owned() } else { lost });
            number = number.saturating_add(1).min(after);
        }
        match after - number {
            0 => {}
            1 => self.report(number, "missing".to_owned()),
            missing => self.report(number, format!("the first of {missing} missing lines")),
        }
    }

    fn finish(mut self) -> Result<Contents, ReadError> {
        if self.contents.lines == 0 {
            return Err(ReadError::Invalid(format!("is not a state file of {PROGRAM}")));
        }
        let damaged = self.unread.len() as u64;
        self.report_absent(damaged);
        self.contents.lines += damaged;
        // A server that stopped cannot have left a file without the end of the snapshot: it gives a file its name only
        // after the snapshot is on the disk.
        let next = self.contents.lines + 1;
        match self.end {
            None => self.report(next, "the end of the snapshot".to_owned()),
            Some(end) if next <= end => {
                self.report(next, format!("the end of the snapshot: {} lines", end - self.contents.lines));
            }
            Some(_) => {}
        }
        Ok(self.contents)
    }
}
