//! What was lost with damaged lines of a state file.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

/// The damage that a server found in its state file when it started; see [`Sim::state_damage`](crate::Sim::state_damage).
///
/// Displayed as one line: the file, the damaged lines with what they contained, and the copy of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateDamage {
    /// The state file.
    pub file: PathBuf,
    /// The copy of the damaged file.
    pub copy: PathBuf,
    /// The lines that are damaged, missing, repeated or out of order, as they were found.
    pub lines: Vec<DamagedLine>,
}

/// A line of a state file that is damaged, missing, repeated or out of order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedLine {
    /// The number of the line, from 1.
    pub number: u64,
    /// What the line contained, as far as it can still be read: `service/tickets 5`. For a line that is not there, `missing`, or
    /// `the first of 3 missing lines`;
    /// a repeated line starts with `repeated or out of order: `.
    pub lost: String,
}

impl StateDamage {
    pub(super) fn new(file: &Path, copy: PathBuf, lines: Vec<DamagedLine>) -> Self {
        Self { file: file.to_owned(), copy, lines }
    }
}

impl Display for StateDamage {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        /// More damaged lines are only counted.
        const SHOWN: usize = 20;
        write!(f, "{} has damaged lines, which are not used: ", self.file.display())?;
        for (at, line) in self.lines.iter().take(SHOWN).enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}line {} ({})", line.number, line.lost)?;
        }
        if let Some(more) = self.lines.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            write!(f, "; and {more} more")?;
        }
        write!(f, ". The other lines are kept. {} is a copy of the damaged file", self.copy.display())
    }
}

/// Describes what a damaged line contained, from what can still be read in it.
pub(super) fn describe(line: &[u8]) -> String {
    /// More changes are not named.
    const SHOWN: usize = 3;
    let text = String::from_utf8_lossy(line);
    let mut found = Vec::new();
    for (key, before) in
        [("\"put\":\"", ""), ("\"remove\":\"", "removal of "), ("\"single\":\"", ""), ("\"list\":\"", "list ")]
    {
        for rest in text.split(key).skip(1) {
            let Some((list, rest)) = rest.split_once('"') else { continue };
            let is_path = !list.is_empty() && list.chars().all(|c| c.is_ascii_alphanumeric() || c == '/' || c == '-');
            if !is_path {
                continue;
            }
            let id: String = rest
                .strip_prefix(",\"id\":")
                .map_or_else(String::new, |rest| rest.chars().take_while(char::is_ascii_digit).collect());
            found.push(format!("{before}{list} {id}").trim_end().to_owned());
        }
    }
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    match (found.is_empty(), more) {
        (true, _) => "cannot be read".to_owned(),
        (false, 0) => found.join(", "),
        (false, more) => format!("{} and {more} more", found.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_displayed_with_what_was_lost() {
        for (line, expected) in [
            (&b"0 [{\"put\":\"service/tickets\",\"id\":5,\"record\":{\"a\":\"\xff"[..], "service/tickets 5"),
            (b"[{\"remove\":\"service/tickets\",\"id\":7}]", "removal of service/tickets 7"),
            (b"[{\"single\":\"system/x\",\"value\":1}]", "system/x"),
            (b"[{\"list\":\"a/b\"}]", "list a/b"),
            (b"[{\"put\":\"a\",\"id\":1},{\"put\":\"a\",\"id\":2},{\"put\":\"a\",\"id\":3},{\"put\":\"a\",\"id\":4}]", "a 1, a 2, a 3 and 1 more"),
            (b"\0\0\0", "cannot be read"),
            (b"\"put\":\"\xff\",", "cannot be read"),
            (b"\"put\":\"a", "cannot be read"),
        ] {
            assert_eq!(describe(line), expected);
        }
        let line = |number| DamagedLine { number, lost: "a 1".to_owned() };
        let damage = |lines| StateDamage::new(Path::new("f"), "f.damaged".into(), lines).to_string();
        assert_eq!(
            damage(vec![line(3), line(5)]),
            "f has damaged lines, which are not used: line 3 (a 1); line 5 (a 1). The other lines are kept. f.damaged is a copy of the damaged file"
        );
        assert!(damage((0..25).map(line).collect()).contains("line 19 (a 1); and 5 more. "));
    }
}
