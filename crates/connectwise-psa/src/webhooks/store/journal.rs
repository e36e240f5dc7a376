//! The lines of a journal: each has a checksum and one change.
//!
//! A line is `CHECKSUM WORD VALUE…`. Every line is written between two line breaks, so that a byte that is damaged,
//! even a line break, costs one line and not its neighbour. Empty lines have no meaning.

use std::io::{self, BufRead};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use crate::webhooks::store::messages::DedupKey;
use crate::webhooks::store::state::Change;

/// The version of the format.
const VERSION: u64 = 1;

/// How many hexadecimal digits of the SHA-256 of a line are its checksum.
const CHECKSUM_DIGITS: usize = 16;

/// How many damaged lines are kept, to be reported.
const MAX_REPORTED: usize = 1000;

/// The content of a line.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Version(u64),
    Change(Change),
}

/// Why a line is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineProblem {
    Checksum,
    Content,
}

/// What a journal contains besides its changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Journal {
    /// The version, if a line has it.
    pub(super) version: Option<u64>,
    /// The numbers of damaged lines, the first of which is 1. Only the first ones are kept.
    pub(super) damaged: Vec<(u64, LineProblem)>,
    /// How many lines are damaged.
    pub(super) damaged_count: u64,
    /// The length without an incomplete last line.
    pub(super) length: u64,
    /// Whether a line is valid.
    has_valid_line: bool,
    /// Whether the first line is incomplete. That of a journal is empty, so that the file is not a journal then.
    has_other_start: bool,
}

impl Journal {
    /// Returns whether the file is a journal. A new one is empty, or its first line is not complete.
    pub(super) fn is_journal(&self) -> bool {
        self.has_valid_line || (self.damaged_count == 0 && !self.has_other_start)
    }

    /// Returns whether this version of the crate can read the journal.
    pub(super) fn is_supported(&self) -> bool {
        self.version.is_none_or(|version| version == VERSION)
    }
}

/// Appends the line with the version.
pub(super) fn write_version(output: &mut Vec<u8>) {
    write_line(output, &format!("version {VERSION}"));
}

/// Appends the line of a change.
pub(super) fn write_change(output: &mut Vec<u8>, change: &Change) {
    let text = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let line = match change {
        Change::Accepted { sequence, attempts, key, record, body } => {
            format!("accepted {sequence} {attempts} {key} {} {}", text(record), STANDARD.encode(body))
        }
        Change::Done { sequence, at } => format!("done {sequence} {at}"),
        Change::AttemptFailed { sequence } => format!("attempt-failed {sequence}"),
        Change::GivenUp { sequence, attempts, error } => format!("given-up {sequence} {attempts} {}", text(error)),
        Change::Requeued { sequence, new_sequence } => format!("requeued {sequence} {new_sequence}"),
        Change::Known { key, at } => format!("known {key} {at}"),
        Change::Used { sequence } => format!("used {sequence}"),
    };
    write_line(output, &line);
}

fn write_line(output: &mut Vec<u8>, content: &str) {
    output.push(b'\n');
    output.extend_from_slice(checksum(content.as_bytes()).as_bytes());
    output.push(b' ');
    output.extend_from_slice(content.as_bytes());
    output.push(b'\n');
}

fn checksum(content: &[u8]) -> String {
    let digits: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(CHECKSUM_DIGITS).collect()
}

/// Reads a journal and passes its changes to `apply`, in order. Damaged lines are skipped.
pub(super) fn read(mut input: impl BufRead, mut apply: impl FnMut(Change)) -> io::Result<Journal> {
    let mut journal = Journal::default();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let length = input.read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(journal);
        }
        number += 1;
        let is_complete = line.last() == Some(&b'\n');
        if is_complete {
            line.pop();
        }
        let parsed = if line.is_empty() { Ok(None) } else { parse(&line).map(Some) };
        journal.has_valid_line |= matches!(parsed, Ok(Some(_)));
        match parsed {
            Ok(None) => {}
            Ok(Some(Line::Version(version))) => journal.version = Some(version),
            Ok(Some(Line::Change(change))) => apply(change),
            // The program ended while it wrote the line, before the message was accepted.
            Err(_) if !is_complete => {
                journal.has_other_start = number == 1;
                return Ok(journal);
            }
            Err(problem) => {
                journal.damaged_count += 1;
                if journal.damaged.len() < MAX_REPORTED {
                    journal.damaged.push((number, problem));
                }
            }
        }
        journal.length += u64::try_from(length).unwrap_or(u64::MAX);
    }
}

fn parse(line: &[u8]) -> Result<Line, LineProblem> {
    let (given, content) = line.split_at_checked(CHECKSUM_DIGITS).ok_or(LineProblem::Checksum)?;
    let content = content.strip_prefix(b" ").ok_or(LineProblem::Checksum)?;
    if checksum(content).as_bytes() != given {
        return Err(LineProblem::Checksum);
    }
    std::str::from_utf8(content).ok().and_then(parse_content).ok_or(LineProblem::Content)
}

fn parse_content(content: &str) -> Option<Line> {
    let mut words = content.split(' ');
    let word = words.next()?;
    let mut next = || words.next();
    let change = match word {
        "version" => return Some(Line::Version(next()?.parse().ok()?)),
        "accepted" => Change::Accepted {
            sequence: next()?.parse().ok()?,
            attempts: next()?.parse().ok()?,
            key: parse_key(next()?)?,
            record: Arc::from(parse_text(next()?)?),
            body: STANDARD.decode(next()?).ok()?.into(),
        },
        "done" => Change::Done { sequence: next()?.parse().ok()?, at: next()?.parse().ok()? },
        "attempt-failed" => Change::AttemptFailed { sequence: next()?.parse().ok()? },
        "given-up" => Change::GivenUp {
            sequence: next()?.parse().ok()?,
            attempts: next()?.parse().ok()?,
            error: parse_text(next()?)?,
        },
        "requeued" => Change::Requeued { sequence: next()?.parse().ok()?, new_sequence: next()?.parse().ok()? },
        "known" => Change::Known { key: parse_key(next()?)?, at: next()?.parse().ok()? },
        "used" => Change::Used { sequence: next()?.parse().ok()? },
        _ => return None,
    };
    next().is_none().then_some(Line::Change(change))
}

fn parse_text(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn parse_key(digits: &str) -> Option<DedupKey> {
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(DedupKey::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes() -> Vec<Change> {
        let key = DedupKey::new(Some("a"), b"");
        let record = Arc::from("ticket 1\n");
        vec![
            Change::Used { sequence: 3 },
            Change::Known { key, at: 17 },
            Change::Accepted { sequence: 4, attempts: 2, key, record, body: (&b"{\n \"a\": \"\xff\"}"[..]).into() },
            Change::Accepted { sequence: 5, attempts: 0, key, record: Arc::from(""), body: (&b""[..]).into() },
            Change::AttemptFailed { sequence: 4 },
            Change::GivenUp { sequence: 4, attempts: 3, error: "no space\nleft: ü %".to_owned() },
            Change::Requeued { sequence: 4, new_sequence: 6 },
            Change::Done { sequence: 6, at: 18 },
        ]
    }

    fn journal() -> Vec<u8> {
        let mut output = Vec::new();
        write_version(&mut output);
        changes().iter().for_each(|change| write_change(&mut output, change));
        output
    }

    fn read_all(input: &[u8]) -> (Journal, Vec<Change>) {
        let mut found = Vec::new();
        let journal = read(input, |change| found.push(change)).unwrap();
        (journal, found)
    }

    #[test]
    fn every_change_is_read_as_it_was_written() {
        let bytes = journal();
        let (journal, found) = read_all(&bytes);
        assert_eq!(found, changes());
        assert_eq!((journal.version, journal.damaged_count), (Some(1), 0));
        assert_eq!(journal.length, bytes.len() as u64);
        assert!(journal.is_supported());
        let mut other = Vec::new();
        write_line(&mut other, "version 2");
        assert!(!read_all(&other).0.is_supported());
    }

    #[test]
    fn a_journal_that_ends_anywhere_keeps_every_complete_line() {
        let bytes = journal();
        for end in 0..=bytes.len() {
            let bytes = &bytes[..end];
            let complete = bytes.iter().filter(|byte| **byte == b'\n').count() / 2;
            let (journal, found) = read_all(bytes);
            // The line of the version is the first one. A last line that lacks only its line break is complete as well.
            let expected = complete.saturating_sub(1);
            assert!(found.len() == expected || found.len() == expected + 1, "{end}: {found:?}");
            assert_eq!(found, changes()[..found.len()], "{end}");
            assert_eq!(journal.damaged_count, 0, "{end}");
            assert!(journal.length <= end as u64);
            let (after, same) = read_all(&bytes[..usize::try_from(journal.length).unwrap()]);
            assert_eq!((after, same), (journal, found));
        }
    }

    #[test]
    fn another_file_is_not_a_journal() {
        for (content, expected) in [
            ("", true),
            ("\n", true),
            ("\n83", true),
            ("# Notes", false),
            ("# Notes\n", false),
            ("\n# Notes\n", false),
            ("\n\n# Notes\nand more", false),
        ] {
            assert_eq!(read_all(content.as_bytes()).0.is_journal(), expected, "{content:?}");
        }
        let bytes = journal();
        assert!((0..=bytes.len()).all(|end| read_all(&bytes[..end]).0.is_journal()));
    }

    #[test]
    fn a_damaged_byte_costs_at_most_its_line() {
        let bytes = journal();
        for position in 0..bytes.len() {
            for byte in [b'\n', b' ', b'0', bytes[position] ^ 1] {
                let mut damaged = bytes.clone();
                damaged[position] = byte;
                let (journal, found) = read_all(&damaged);
                let lost = changes().len() - found.len();
                assert!(lost <= 1 && found.iter().all(|change| changes().contains(change)), "{position}: {found:?}");
                if lost == 1 && position + 1 < bytes.len() {
                    assert!((1..=2).contains(&journal.damaged_count), "{position}");
                }
            }
        }
    }
}
