//! All notes of a ticket: the list `allNotes` shows the ticket's notes and the notes of its time entries as records of
//! one type. The list is filled for the duration of a request to it. It cannot be changed.

use serde_json::{Map, Value};

use crate::access::{list_all, matching};
use crate::records::JsonObject;
use crate::records::references::{completed, record_name};
use crate::server_state::RequestContext;
use crate::store::Key;
use crate::store::record::RecordNode as _;

/// The fields of time entries that say where their notes are shown, and what notes call them.
const SHOWN_IN: [(&str, &str); 3] = [
    ("addToDetailDescriptionFlag", "detailDescriptionFlag"),
    ("addToInternalAnalysisFlag", "internalAnalysisFlag"),
    ("addToResolutionFlag", "resolutionFlag"),
];

/// The fields that a record of the list has in common with a note.
const OF_NOTES: [&str; 9] = [
    "id",
    "text",
    "detailDescriptionFlag",
    "internalAnalysisFlag",
    "resolutionFlag",
    "issueFlag",
    "contact",
    "member",
    "_info",
];

/// The fields that a record of the list has in common with a time entry.
const OF_TIME_ENTRIES: [&str; 5] = ["id", "member", "timeStart", "timeEnd", "_info"];

/// Added to the ids of time entries for the position in the list, because a note and a time entry may have the same id.
const AFTER_NOTES: i64 = 1 << 40;

/// Returns the list and the id of the ticket whose notes a list shows.
fn ticket_of(key: &str) -> Option<(&str, i64)> {
    let (list, id) = key.strip_suffix("/allnotes")?.rsplit_once('/')?;
    Some((list, id.parse().ok()?))
}

/// If the key is that of the list `allNotes` under a ticket, fills this list.
pub(crate) fn show(ctx: &mut RequestContext<'_>, key: &str) {
    let Some((list, ticket)) = ticket_of(key) else { return };
    let reference = ctx
        .state
        .records
        .get(list, ticket)
        .map(|record| completed("TicketReference", &format!("/{list}"), ticket, &record));
    let notes = list_all(ctx, &format!("{list}/{ticket}/notes")).into_iter().map(|(id, note)| (id, from_note(&note)));
    let has_notes = |entry: crate::store::record::Node<'_>| {
        entry.reference_id("ticket") == Some(ticket) && entry.text("notes").is_some_and(|notes| !notes.is_empty())
    };
    let entries = matching(ctx, &Key::from("time/entries"), has_notes);
    let entries = entries.into_iter().map(|(id, entry)| (AFTER_NOTES + id, from_time_entry(&entry)));
    let shown: Vec<_> = notes
        .chain(entries)
        .map(|(at, mut record)| {
            record.extend(reference.clone().map(|reference| ("ticket".to_owned(), reference)));
            (at, Value::Object(record))
        })
        .collect();
    ctx.state.records.show_virtual_list(key, shown);
}

fn part(record: &JsonObject, fields: &[&str]) -> JsonObject {
    fields.iter().filter_map(|name| Some(((*name).to_owned(), record.get(*name)?.clone()))).collect()
}

/// Adds the type of the note and the name of its author.
fn complete(mut record: JsonObject, note_type: &str) -> JsonObject {
    let author = ["member", "contact"].iter().find_map(|name| record_name(record.get(*name)?.as_object()?));
    record.insert("noteType".to_owned(), Value::from(note_type));
    record.extend(author.map(|author| ("originalAuthor".to_owned(), Value::from(author))));
    record
}

fn from_note(note: &JsonObject) -> JsonObject {
    complete(part(note, &OF_NOTES), "TicketNote")
}

fn from_time_entry(entry: &JsonObject) -> JsonObject {
    let mut record = part(entry, &OF_TIME_ENTRIES);
    let copied = [("notes", "text")].into_iter().chain(SHOWN_IN);
    record
        .extend(copied.filter_map(|(from, to)| Some((to.to_owned(), entry.get(from)?.clone()))).collect::<Map<_, _>>());
    complete(record, "TimeEntryNote")
}
