//! The state file: keeps the records when the server stops, is killed or loses power.
//!
//! The file has a header line, a line for each part of a snapshot (a record, a list, the last id of a sequence), a line
//! at the end of the snapshot, and a line for the changes of each later request. A line starts with a checksum and its
//! number. Lines are flushed to the disk before the
//! responses to their requests are sent, and before the next lines are written. When the changes are longer than the
//! snapshot and than 4 MiB, a new file is written under another name and then replaces the old one.
//!
//! A last line that is incomplete was being written when the server stopped. No client has received a response that
//! depends on it, and it is removed. Any other line whose checksum is wrong is damaged, and the numbers show which lines
//! are missing, repeated or out of order: the server uses all other lines, reports these, and keeps a copy of the file
//! before it writes a new one. Only the removal of whole lines at the end of the file cannot be noticed.

pub(crate) mod damage;
pub(crate) mod file;
mod format;
pub(crate) mod journal;
