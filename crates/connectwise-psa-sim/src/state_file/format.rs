//! The format of the state file: lines with checksums, the header, and the changes as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use super::damage::{DamagedLine, describe};
use crate::store::record::Packed;
use crate::store::{Edit, Records};

/// The program name in the header line.
pub(super) const PROGRAM: &str = "cwpsa-sim";

/// The version of the file format.
pub(super) const FORMAT_VERSION: u64 = 2;

/// The length of a checksum with the space behind it.
const PREFIX: usize = 9;

/// Appends a line: the CRC-32 of the content as eight hexadecimal digits, a space, the content, and a line break. The
/// content must not contain line breaks; JSON has none.
pub(super) fn push_line(to: &mut String, content: &str) {
    let checksum = crc32fast::hash(content.as_bytes());
    // Writing to a string cannot fail.
    let _ = writeln!(to, "{checksum:08x} {content}");
}

/// Returns the content of a line with a valid checksum.
fn content(line: &[u8]) -> Option<&[u8]> {
    let (prefix, content) = line.strip_suffix(b"\n")?.split_at_checked(PREFIX)?;
    (prefix == format!("{:08x} ", crc32fast::hash(content)).as_bytes()).then_some(content)
}

/// Writes the content of a file with these records and no later changes. Returns its length.
pub(super) fn write_snapshot(records: &Records, to: &mut impl Write) -> io::Result<u64> {
    let header = json!({"program": PROGRAM, "state": FORMAT_VERSION, "snapshot": records.snapshot().count()});
    let mut line = String::new();
    push_line(&mut line, &header.to_string());
    to.write_all(line.as_bytes())?;
    let mut length = line.len() as u64;
    for edit in records.snapshot() {
        line.clear();
        push_line(&mut line, &edits_text(std::slice::from_ref(&edit)));
        to.write_all(line.as_bytes())?;
        length += line.len() as u64;
    }
    Ok(length)
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
    let key = take_string("single")?;
    Some(Edit::Single { key, value: Cow::Owned(fields.remove("value")?) })
}

/// Parses the changes of a line; `None` if the line is incomplete or damaged.
fn parse_line(line: &[u8]) -> Option<Vec<Edit<'static>>> {
    let Ok(Value::Array(edits)) = serde_json::from_slice(content(line)?) else { return None };
    edits.into_iter().map(parse_edit).collect()
}

/// The contents of a state file.
pub(super) struct Contents {
    pub(super) records: Records,
    /// The length of the complete lines in bytes, damaged ones included.
    pub(super) length: u64,
    /// The length of the header and the snapshot in bytes.
    pub(super) snapshot_length: u64,
    /// The length in bytes of a last line without a line break; 0 if there is none.
    pub(super) incomplete: u64,
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
    /// The maximum length of the header in bytes. The file of another program may be one very long line.
    const MAX_HEADER: u64 = 200;
    let mut line = Vec::new();
    io::Read::take(&mut lines, MAX_HEADER).read_until(b'\n', &mut line)?;
    let header = parse_header(&line)?;
    let mut contents = Contents {
        records: Records::default(),
        length: line.len() as u64,
        snapshot_length: line.len() as u64,
        incomplete: 0,
        damaged: Vec::new(),
    };
    if header.is_none() {
        contents.damaged.push(DamagedLine { number: 1, lost: "the header".to_owned() });
    }
    let mut number = 1;
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line)? as u64;
        let edits = parse_line(&line);
        // A file without a valid header is a damaged state file only if the next line is one of a state file.
        if header.is_none() && number == 1 && edits.is_none() {
            return Err(ReadError::Invalid(format!("is not a state file of {PROGRAM}")));
        }
        if length == 0 {
            break;
        }
        if !line.ends_with(b"\n") {
            contents.incomplete = length;
            break;
        }
        number += 1;
        contents.length += length;
        if number - 1 <= header.unwrap_or_default() {
            contents.snapshot_length = contents.length;
        }
        match edits {
            Some(edits) => edits.into_iter().for_each(|edit| contents.records.apply(edit)),
            None => contents.damaged.push(DamagedLine { number, lost: describe(&line) }),
        }
    }
    // A server that stopped cannot have left such a file: it gives a file its name only after the snapshot is on the
    // disk.
    if let Some(missing) = header.unwrap_or_default().checked_sub(number - 1).filter(|missing| *missing > 0) {
        contents
            .damaged
            .push(DamagedLine { number: number + 1, lost: format!("the end of the snapshot: {missing} lines") });
    }
    Ok(contents)
}

/// Parses the header. Returns the number of lines of the snapshot; `None` if this is not a valid header.
fn parse_header(line: &[u8]) -> Result<Option<u64>, ReadError> {
    // The header of format version 1 has no checksum.
    let header: Value = serde_json::from_slice(content(line).unwrap_or(line)).unwrap_or_default();
    if header.get("program").and_then(Value::as_str) != Some(PROGRAM) {
        return Ok(None);
    }
    match header.get("state").and_then(Value::as_u64) {
        Some(FORMAT_VERSION) => Ok(header.get("snapshot").and_then(Value::as_u64)),
        version => {
            let version = version.map_or_else(
                || "an unknown format version".to_owned(),
                |version| format!("the format version {version}"),
            );
            Err(ReadError::Invalid(format!("has {version}, but this {PROGRAM} reads only version {FORMAT_VERSION}")))
        }
    }
}
