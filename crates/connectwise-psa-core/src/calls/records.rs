//! Decodes the records of a page one by one, so that their ids are known and one unreadable record does not cost the
//! others, and removes ids that the caller did not select.

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::de::{Deserializer as JsonDeserializer, Read};
use serde_json::value::RawValue;

use crate::calls::decode::BufferedResponse;
use crate::calls::record_id::{RecordId, record_id, write_without_id};
use crate::calls::response_check::unexpected_error_object;
use crate::error::Error;
use crate::json::shared::{with_shared_references, without_shared_references};
use crate::text::without_byte_order_mark;

/// The ids of a page's records, in their order. `None` for a record without an id.
pub(crate) type RecordIds = Vec<Option<RecordId>>;

/// The decoded records of a page, and their ids.
pub(crate) struct Records<T> {
    pub(crate) items: Vec<T>,
    pub(crate) ids: RecordIds,
    /// The first record that was decoded and has no id.
    pub(crate) without_id: Option<RecordWithoutId>,
}

/// A record without an id, which is not a stored record.
pub(crate) struct RecordWithoutId {
    /// Its index on the page, counted from 0.
    index: usize,
    json: Box<[u8]>,
}

impl RecordWithoutId {
    /// Returns the error for a list whose records must have ids: a server sent an error object, or something else, in
    /// the place of a record.
    pub(crate) fn error(&self, response: &BufferedResponse) -> Error {
        let error = match unexpected_error_object(&self.json) {
            Some(problem) => Error::unexpected(problem),
            None => Error::unexpected_because(format!(
                "has a record without an id, at the index {} of the page",
                self.index
            )),
        };
        response.annotate(error)
    }
}

/// Decodes the records of a page into the empty vector. `hidden` holds the ids, if they have been removed from the
/// response.
pub(crate) type DecodeRecords<T> = fn(&BufferedResponse, Vec<T>, Option<RecordIds>) -> Result<Records<T>, Error>;

/// Decodes all records of a page. A record that cannot be decoded is an error of the page.
pub(crate) fn decode_all<T: DeserializeOwned>(
    response: &BufferedResponse,
    mut items: Vec<T>,
    hidden: Option<RecordIds>,
) -> Result<Records<T>, Error> {
    let mut ids = RecordIds::with_capacity(items.capacity());
    let mut without_id = None;
    let read = |text, item| {
        let index = items.len();
        items.push(item);
        let has_id = match &hidden {
            Some(hidden) => hidden.get(index).is_some_and(Option::is_some),
            None => {
                ids.push(record_id(text));
                ids.last().is_some_and(Option::is_some)
            }
        };
        if !has_id && without_id.is_none() {
            without_id = Some(RecordWithoutId { index, json: text.into() });
        }
    };
    let complete = with_shared_references(|| for_each_element(without_byte_order_mark(&response.body), read));
    if complete.is_none() {
        // Decoding the whole body returns the error, with the position in the body.
        items = response.decode_into(Vec::new())?;
        ids.clear();
        ids.resize(items.len(), None);
    }
    Ok(Records { items, ids: hidden.unwrap_or(ids), without_id })
}

/// Decodes the records of a page. A record that cannot be decoded becomes an [`UnreadableRecord`]. A body that is
/// truncated, malformed or not a list is an error of the page.
pub(crate) fn decode_readable<T: DeserializeOwned>(
    response: &BufferedResponse,
    mut items: Vec<Result<T, UnreadableRecord>>,
    hidden: Option<RecordIds>,
) -> Result<Records<Result<T, UnreadableRecord>>, Error> {
    let mut ids = RecordIds::new();
    let mut without_id = None;
    let read = |text, raw: &RawValue| {
        let index = items.len();
        let id = match &hidden {
            Some(hidden) => hidden.get(index).cloned().flatten(),
            None => record_id(text),
        };
        let item = serde_json::from_str(raw.get())
            .or_else(|_| without_shared_references(|| serde_json::from_str(raw.get())))
            .map_err(|error| UnreadableRecord {
                index,
                id: id.as_ref().and_then(RecordId::integer),
                error: response.record_error(text, &error, index),
            });
        if item.is_ok() && id.is_none() && without_id.is_none() {
            without_id = Some(RecordWithoutId { index, json: text.into() });
        }
        items.push(item);
        ids.push(id);
    };
    let complete = with_shared_references(|| for_each_element(without_byte_order_mark(&response.body), read));
    if complete.is_some() {
        return Ok(Records { items, ids, without_id });
    }
    // Decoding the whole body returns the error, with the position in the body. It is not a list of records in any case.
    response.decode_into::<Value>(Vec::new()).and(Err(response.annotate(Error::unexpected_because("is not a list"))))
}

/// Removes the ids from a page whose caller did not select them, and returns them. Changes nothing if the body is not a
/// list; decoding then returns the error.
pub(crate) fn remove_ids(response: &mut BufferedResponse) -> Option<RecordIds> {
    let (body, ids) = without_ids(without_byte_order_mark(&response.body))?;
    response.body = Bytes::from(body);
    Some(ids)
}

/// Returns the ids of the records of a body; `None` if it is not a list.
pub(crate) fn read_ids(body: &[u8]) -> Option<RecordIds> {
    let mut ids = RecordIds::new();
    for_each_element(without_byte_order_mark(body), |record, _: IgnoredAny| ids.push(record_id(record)))?;
    Some(ids)
}

fn without_ids(text: &[u8]) -> Option<(Vec<u8>, RecordIds)> {
    let (mut output, mut ids) = (vec![b'['], RecordIds::new());
    for_each_element(text, |record, raw: &RawValue| {
        ids.push(record_id(record));
        if output.len() > 1 {
            output.push(b',');
        }
        if write_without_id(raw.get().as_bytes(), &mut output).is_none() {
            output.extend_from_slice(record);
        }
    })?;
    output.push(b']');
    Some((output, ids))
}

/// Calls `read` for each element of a JSON array, with its source text and its value. Returns `None` if the text is not
/// an array or an element cannot be decoded.
fn for_each_element<'de, T: Deserialize<'de>>(text: &'de [u8], read: impl FnMut(&'de [u8], T)) -> Option<()> {
    match std::str::from_utf8(text) {
        // The text has been checked as a whole. From bytes, serde_json checks each string and each raw value.
        Ok(valid) => read_elements(text, |at| JsonDeserializer::from_str(valid.get(at..).unwrap_or_default()), read),
        // Strings that nobody reads may contain anything, but the text of a reference may not.
        Err(_) => without_shared_references(|| {
            read_elements(text, |at| JsonDeserializer::from_slice(text.get(at..).unwrap_or_default()), read)
        }),
    }
}

/// Reads the elements of a JSON array. `deserializer` returns a deserializer of the text from an offset.
fn read_elements<'de, T: Deserialize<'de>, R: Read<'de>>(
    text: &'de [u8],
    deserializer: impl Fn(usize) -> JsonDeserializer<R>,
    mut read: impl FnMut(&'de [u8], T),
) -> Option<()> {
    let mut rest = text.trim_ascii_start().strip_prefix(b"[")?.trim_ascii_start();
    if let Some(after) = rest.strip_prefix(b"]") {
        return after.trim_ascii().is_empty().then_some(());
    }
    loop {
        let mut from = deserializer(text.len() - rest.len());
        let value = T::deserialize(&mut from).ok()?;
        // Of serde_json's types, only `StreamDeserializer` returns its position. It reads nothing here.
        let (element, after) = rest.split_at_checked(from.into_iter::<IgnoredAny>().byte_offset())?;
        read(element, value);
        let after = after.trim_ascii_start();
        match after.strip_prefix(b",") {
            Some(next) => rest = next.trim_ascii_start(),
            None => return after.strip_prefix(b"]")?.trim_ascii().is_empty().then_some(()),
        }
    }
}

/// A record of a list that could not be decoded, from [`List::stream_lenient`](crate::calls::List::stream_lenient) or
/// [`List::pages_lenient`](crate::calls::List::pages_lenient).
///
/// It prints as one line: the id of the record, the path, the problem and the value.
#[derive(Clone, Debug)]
pub struct UnreadableRecord {
    index: usize,
    id: Option<i64>,
    error: Error,
}

impl UnreadableRecord {
    /// Returns the id of the record, to read or report it; `None` if it has none or it is not an integer.
    #[must_use]
    pub fn id(&self) -> Option<i64> {
        self.id
    }

    /// Returns the number of the record's page, counted from 1; `None` if pages are not numbered (forward-only paging).
    #[must_use]
    pub fn page(&self) -> Option<u32> {
        self.error.page()
    }

    /// Returns the index of the record on its page, counted from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the path of the value that could not be decoded, in the page: `[17].company.id`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.error.path()
    }

    /// Returns the JSON of the value that could not be decoded: at most 200 characters, and `[redacted]` if it may
    /// contain a secret.
    #[must_use]
    pub fn raw_value(&self) -> Option<&str> {
        self.error.raw_value()
    }

    /// Returns the decode error.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }
}

impl fmt::Display for UnreadableRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "the record with the id {id}")?,
            None => f.write_str("a record without an integer id")?,
        }
        write!(f, " could not be decoded, at `{}`", self.path().unwrap_or_default())?;
        write!(f, ": {}", self.error.message().unwrap_or_default())?;
        match self.raw_value() {
            Some(value) => write!(f, ", found {value}"),
            None => Ok(()),
        }
    }
}

impl StdError for UnreadableRecord {}

impl From<UnreadableRecord> for Error {
    fn from(record: UnreadableRecord) -> Self {
        record.error
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;
    use crate::json::object::{Object, Reader, Writer};
    use crate::json::reference::Reference;
    use crate::json::shared::Shared;

    #[test]
    fn ids_are_found_beside_ignored_text_in_another_character_set() {
        for unread in [&b"\"unknown\":\"caf\xe9\""[..], b"\"board\":{\"id\":7,\"unknown\":\"caf\xe9\"}"] {
            let page = [b" [{\"id\":1,", unread, b"},{\"id\":2}]"].concat();
            let read = |found: &mut Vec<(Option<i32>, Option<i32>)>| {
                with_shared_references(|| {
                    for_each_element::<Ticket>(&page, |_, ticket| {
                        found.push((ticket.id, ticket.board.and_then(|board| board.id)));
                    })
                })
            };
            let mut found = Vec::new();
            assert_eq!(read(&mut found), Some(()));
            let board = unread.starts_with(b"\"board").then_some(7);
            assert_eq!(found, [(Some(1), board), (Some(2), None)]);
            assert_eq!(read_ids(&page).map(|ids| ids.len()), Some(2));
        }
    }

    #[derive(Clone, Default, PartialEq)]
    struct Ticket {
        id: Option<i32>,
        board: Option<Shared<Reference>>,
    }

    impl Object for Ticket {
        const NAME: &'static str = "Ticket";

        fn read<R: Reader>(&mut self, name: &str, from: &mut R) {
            match name {
                "id" => from.field(&mut self.id),
                "board" => from.field(&mut self.board),
                _ => crate::json::letter_case::read_other_case(self, name, from),
            }
        }

        fn write<W: Writer>(&self, to: &mut W) {
            to.field("id", &self.id);
            to.field("board", &self.board);
        }
    }

    crate::object!(Ticket);

    #[test]
    fn elements_are_read_one_by_one() {
        for (text, expected) in [
            ("[]", Some(&[][..])),
            (" [ ] ", Some(&[])),
            ("[1]", Some(&["1"])),
            ("[1 , {\"a\":[1,2]}\n,\t\"x]\" ,null,true]\r\n", Some(&["1", "{\"a\":[1,2]}", "\"x]\"", "null", "true"])),
            ("", None),
            ("{}", None),
            ("[", None),
            ("[1", None),
            ("[1,", None),
            ("[1,]", None),
            ("[,1]", None),
            ("[1 2]", None),
            ("[1x]", None),
            ("[1\"a\"]", None),
            ("[truefalse]", None),
            ("[\"a\"x]", None),
            ("[{}x]", None),
            ("[1]]", None),
            ("[1] x", None),
            ("[] x", None),
        ] {
            let mut found = Vec::new();
            let complete = for_each_element::<IgnoredAny>(text.as_bytes(), |element, _| {
                found.push(std::str::from_utf8(element).unwrap());
            });
            assert_eq!(complete.map(|()| found.as_slice()), expected, "{text}");
        }
    }

    #[test]
    fn ids_are_removed_and_everything_else_is_kept_as_it_is() {
        for (text, expected) in [
            ("[]", "[]"),
            (r#"[{"id":1,"hours":1.50},{"hours":0.10,"id":2}]"#, r#"[{"hours":1.50},{"hours":0.10}]"#),
            (
                r#"[ {"Id":1, "company": {"id":7} , "a\"b":"\u00e4"}, 5, null, {} ]"#,
                r#"[{"company":{"id":7},"a\"b":"\u00e4"},5,null,{}]"#,
            ),
        ] {
            let (body, ids) = without_ids(text.as_bytes()).unwrap();
            assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
            assert_eq!(ids.len(), serde_json::from_str::<Vec<Value>>(text).unwrap().len(), "{text}");
        }
        for text in ["", "{}", "[{\"id\":1}", "[{\"id\":}]"] {
            assert!(without_ids(text.as_bytes()).is_none(), "{text}");
        }
    }
}
