//! Packed JSON values: bytes that take a fraction of the memory of [`Value`], with access to a field without reading
//! the others. A server with hundreds of thousands of records fits into the memory of a laptop and evaluates conditions
//! on them quickly. This module does not depend on the content of the values: a [`Format`] names the frequent field
//! names and links.
//!
//! A value is a tag byte, followed by its content. Known field names are stored as numbers. Links are split into a
//! shared prefix, which is stored as a number, and the rest. Objects with many fields start with a table of field
//! offsets. Objects inside of other values that occur often are stored once.

pub(crate) mod names;
pub(crate) mod node;
pub(crate) mod shared;
pub(crate) mod write;

use std::fmt::{Display, Formatter};
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use crate::packed::names::{Format, UNNUMBERED, split_link};
use crate::packed::node::Node;
use crate::packed::write::Writer;

/// The tag bytes of values.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    /// Followed by the number in zigzag encoding; see [`super::put_number`].
    pub(super) const INTEGER: u8 = 3;
    /// An integer above the range of `i64`. Followed by 8 bytes.
    pub(super) const UNSIGNED: u8 = 4;
    /// Followed by 8 bytes.
    pub(super) const FLOAT: u8 = 5;
    /// Followed by the length and the bytes. At least one character needs an escape in JSON.
    pub(super) const STRING: u8 = 6;
    /// Followed by the number of the prefix (1 byte), the length of the rest, and the rest. No character needs an escape
    /// in JSON.
    pub(super) const LINK: u8 = 7;
    /// Followed by the length of the content, and the values.
    pub(super) const LIST: u8 = 8;
    /// Followed by the length of the content, and the names with their values.
    pub(super) const OBJECT: u8 = 9;
    /// An object with an offset table. Followed by
    ///
    /// - the length of the content,
    /// - the length of the values of the numbered fields (4 bytes),
    /// - the count of numbered fields (2 bytes),
    /// - for each of them, ordered by number: its number (2 bytes) and the offset of its value after the table (4
    ///   bytes),
    /// - their values,
    /// - the names and values of the other fields.
    pub(super) const TABLE: u8 = 10;
    /// An object that many values contain. Followed by its number (2 bytes).
    pub(super) const SHARED: u8 = 11;
    /// A string in which no character needs an escape in JSON. Followed by the length and the bytes.
    pub(super) const PLAIN: u8 = 12;
}

/// An object with at least this many fields has an offset table.
const TABLE_MIN_FIELDS: usize = 12;

/// A packed value. Copies share its memory.
#[derive(Clone)]
pub(crate) struct Packed<F>(Arc<[u8]>, PhantomData<F>);

impl<F: Format> Packed<F> {
    /// Returns the value for reading without unpacking.
    pub(crate) fn node(&self) -> Node<'_, F> {
        Node::new(&self.0)
    }

    /// Returns the value as JSON.
    pub(crate) fn value(&self) -> Value {
        self.node().value()
    }
}

/// Compares the values. The bytes of equal values may differ, because an object may be shared or not.
impl<F: Format> PartialEq for Packed<F> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.value() == other.value()
    }
}

impl<F: Format> From<&Value> for Packed<F> {
    fn from(value: &Value) -> Self {
        let mut bytes = Vec::new();
        put::<F>(&mut bytes, value);
        Self(bytes.into(), PhantomData)
    }
}

/// Displays the value as JSON.
impl<F: Format> Display for Packed<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let mut text = Vec::new();
        Writer::new(&mut text, F::LINK_START).write(self.node());
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl<F: Format> std::fmt::Debug for Packed<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

fn put<F: Format>(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => to.push(tag::NULL),
        Value::Bool(false) => to.push(tag::FALSE),
        Value::Bool(true) => to.push(tag::TRUE),
        Value::Number(number) => put_json_number(to, number),
        Value::String(text) => put_string::<F>(to, text),
        Value::Array(values) => {
            let mut content = Vec::new();
            values.iter().for_each(|value| put_inner::<F>(&mut content, value));
            put_tagged(to, tag::LIST, &content);
        }
        Value::Object(fields) if fields.len() < TABLE_MIN_FIELDS => {
            let mut content = Vec::new();
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| F::names().number_of(name).unwrap_or(UNNUMBERED));
            fields.into_iter().for_each(|(name, value)| put_field::<F>(&mut content, name, value));
            put_tagged(to, tag::OBJECT, &content);
        }
        Value::Object(fields) => put_tagged(to, tag::TABLE, &pack_with_table::<F>(fields)),
    }
}

fn pack_with_table<F: Format>(fields: &Map<String, Value>) -> Vec<u8> {
    let (mut numbered, mut others) = (Vec::new(), Vec::new());
    for (name, value) in fields {
        match F::names().number_of(name) {
            Some(number) => numbered.push((number, value)),
            None => put_field::<F>(&mut others, name, value),
        }
    }
    numbered.sort_unstable_by_key(|(number, _)| *number);
    // Fits, because field numbers are unique and have two bytes.
    let count = u16::try_from(numbered.len()).unwrap_or(u16::MAX);
    let (mut table, mut values) = (Vec::new(), Vec::new());
    for (number, value) in numbered {
        table.extend_from_slice(&number.to_le_bytes());
        table.extend_from_slice(&offset(&values));
        put_inner::<F>(&mut values, value);
    }
    [&offset(&values)[..], &count.to_le_bytes(), &table, &values, &others].concat()
}

/// Returns the offset of the next value. 4 bytes are enough: request bodies are limited to 64 MiB, and no record of a
/// seed has 4 GiB.
fn offset(values: &[u8]) -> [u8; 4] {
    u32::try_from(values.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn put_field<F: Format>(to: &mut Vec<u8>, name: &str, value: &Value) {
    match F::names().number_of(name) {
        Some(number) => to.extend_from_slice(&number.to_le_bytes()),
        None => {
            to.extend_from_slice(&UNNUMBERED.to_le_bytes());
            put_bytes(to, name.as_bytes());
        }
    }
    put_inner::<F>(to, value);
}

/// Packs a value that is part of another one. An object that many values contain is stored once.
fn put_inner<F: Format>(to: &mut Vec<u8>, value: &Value) {
    let start = to.len();
    put::<F>(to, value);
    if value.is_object()
        && let Some(number) = to.get(start..).and_then(|object| F::shared().number_of(object))
    {
        to.truncate(start);
        to.push(tag::SHARED);
        to.extend_from_slice(&number.to_le_bytes());
    }
}

fn put_tagged(to: &mut Vec<u8>, tag: u8, content: &[u8]) {
    to.push(tag);
    put_bytes(to, content);
}

fn put_string<F: Format>(to: &mut Vec<u8>, text: &str) {
    let needs_escape = text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\');
    let rest = match split_link(text, F::LINK_PREFIX_END).filter(|_| !needs_escape) {
        Some((prefix, rest)) => {
            to.extend_from_slice(&[tag::LINK, prefix]);
            rest
        }
        None => {
            to.push(if needs_escape { tag::STRING } else { tag::PLAIN });
            text
        }
    };
    put_bytes(to, rest.as_bytes());
}

fn put_json_number(to: &mut Vec<u8>, number: &Number) {
    if let Some(number) = number.as_i64() {
        to.push(tag::INTEGER);
        // Zigzag encoding: numbers near 0 take few bytes, including negative ones.
        put_number(to, ((number << 1) ^ (number >> 63)).cast_unsigned());
    } else if let Some(number) = number.as_u64() {
        to.push(tag::UNSIGNED);
        to.extend_from_slice(&number.to_le_bytes());
    } else {
        to.push(tag::FLOAT);
        to.extend_from_slice(&number.as_f64().unwrap_or_default().to_le_bytes());
    }
}

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    // Lengths fit into 64 bits on every platform.
    put_number(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// Appends a variable-length number: seven bits per byte, lowest first; the high bit marks that more bytes follow.
fn put_number(to: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            to.push(low & 0x7f);
            return;
        }
        to.push(low | 0x80);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;
    use crate::packed::names::Names;
    use crate::packed::shared::SharedObjects;

    /// A format that has numbers for some of the field names below.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct SomeNames;

    impl Format for SomeNames {
        const LINK_PREFIX_END: &'static str = "/apis/3.0/";
        const LINK_START: &'static str = "https://h/v//apis/3.0";
        const LINK_FIELD_END: &'static str = "_href";

        fn names() -> &'static Names {
            static NAMES: LazyLock<Names> = LazyLock::new(|| {
                Names::new::<SomeNames>(
                    [
                        "_info",
                        "actualHours",
                        "approved",
                        "board",
                        "board_href",
                        "budgetHours",
                        "closedFlag",
                        "customFields",
                        "id",
                        "impact",
                        "lastUpdated",
                        "name",
                        "owner",
                        "owner_href",
                        "parentTicketId",
                        "resources",
                        "severity",
                        "site",
                        "sort",
                        "summary",
                        "value",
                    ],
                    |name| u8::from(name != "id"),
                )
            });
            &NAMES
        }

        fn shared() -> &'static SharedObjects {
            static SHARED: LazyLock<SharedObjects> = LazyLock::new(SharedObjects::default);
            &SHARED
        }
    }

    type Packed = super::Packed<SomeNames>;
    type Path = node::Path<SomeNames>;

    /// Values of every JSON type, in every encoding.
    pub(crate) fn records() -> Vec<Value> {
        let many: Map<String, Value> = (0..300).map(|at| (format!("x{at}"), json!(at))).collect();
        let wide = json!({
            "id": 7, "summary": "ä \"b\" \u{1}\\", "board": {"id": 1, "name": "B", "_info": {"board_href": "https://h/v//apis/3.0/service/boards/1"}},
            "closedFlag": false, "approved": true, "budgetHours": 1.0, "actualHours": 0.1, "site": {}, "owner": {"_info": {"owner_href": "x"}, "id": null},
            "_info": {"lastUpdated": "2026-06-09T21:59:49Z", "zebra": 1}, "customFields": [{"id": 1, "value": null}, {"id": 2, "value": [[]]}],
            "parentTicketId": null, "Colour": "red", "_own": [1, -1], "severity": "", "resources": "x".repeat(200),
        });
        let mut all = vec![
            wide,
            Value::Object(many),
            json!({}),
            json!([]),
            json!(null),
            json!("https://h/apis/3.0/"),
            json!({"SUMMARY": 1, "summary": 2}),
            json!({"Sort": 1}),
        ];
        all.extend([0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN].map(|number| json!({"n": number})));
        all.extend([json!(u64::MAX), json!(1e300), json!(-0.0), json!(5e-324), json!(127.5)]);
        all
    }

    #[test]
    fn packed_records_round_trip() {
        for record in records() {
            let packed = Packed::from(&record);
            assert_eq!(packed.value(), record);
            assert_eq!(format!("{packed:?}").parse::<Value>().unwrap(), record);
        }
    }

    #[test]
    fn numbers_with_a_fraction_have_two_decimals_or_more_and_ranked_names_come_first() {
        for (number, expected) in [
            (json!(0.0), "0.00"),
            (json!(10.5), "10.50"),
            (json!(-0.125), "-0.125"),
            (json!(7), "7"),
            (json!(1e300), "1e+300"),
        ] {
            assert_eq!(Packed::from(&number).to_string(), expected);
        }
        let small = json!({"board": 1, "id": 2, "zebra": 3});
        assert_eq!(Packed::from(&small).to_string(), r#"{"id":2,"board":1,"zebra":3}"#);
    }

    #[test]
    fn fields_are_found_in_any_letter_case_and_in_info() {
        let all = records();
        let packed = Packed::from(all.first().unwrap());
        let found = |path: &str| packed.node().find(&Path::new(path.split('/')), "_info").map(|node| node.value());
        for (path, expected) in [
            ("summary", Some(json!("ä \"b\" \u{1}\\"))),
            ("SUMMARY", Some(json!("ä \"b\" \u{1}\\"))),
            ("board/NAME", Some(json!("B"))),
            ("board/_info/board_href", Some(json!("https://h/v//apis/3.0/service/boards/1"))),
            ("colour", Some(json!("red"))),
            ("_OWN", Some(json!([1, -1]))),
            ("lastUpdated", Some(json!("2026-06-09T21:59:49Z"))),
            ("ZEBRA", Some(json!(1))),
            ("zebra/x", None),
            ("board/colour", None),
            ("customFields/id", None),
            ("id/x", None),
            ("missing", None),
            ("impact", None),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
        // The exact name has priority, in objects with and without an offset table.
        let others: Map<String, Value> = (0..20).map(|at| (format!("x{at}"), json!(at))).collect();
        for more in [Map::new(), others] {
            let mut twice = json!({"SUMMARY": 1, "summary": 2}).as_object().cloned().unwrap();
            twice.extend(more);
            let twice = Packed::from(&Value::Object(twice));
            for (name, expected) in [("summary", 2), ("SUMMARY", 1), ("Summary", 1)] {
                assert_eq!(
                    twice.node().find(&Path::new([name]), "_info").map(|node| node.value()),
                    Some(json!(expected)),
                    "{name}"
                );
            }
        }
        let only = Packed::from(&json!({"Sort": 1}));
        assert_eq!(only.node().find(&Path::new(["sort"]), "_info").map(|node| node.value()), Some(json!(1)));
        assert_eq!(packed.node().text("summary").as_deref(), Some("ä \"b\" \u{1}\\"));
        assert_eq!(
            (packed.node().text("id"), packed.node().text("Summary"), packed.node().text("missing")),
            (None, None, None)
        );
    }

    #[test]
    fn frequent_objects_take_little_memory_and_read_the_same() {
        let record = json!({"id": 7, "status": {"id": 5, "name": "In progress", "_info": {"status_href": "x"}}});
        let packed: Vec<_> = (0..10).map(|_| Packed::from(&record)).collect();
        let (first, last) = (packed.first().unwrap(), packed.last().unwrap());
        assert!(last.0.len() + 10 < first.0.len(), "{} {}", last.0.len(), first.0.len());
        for packed in &packed {
            assert_eq!((packed.value(), packed), (record.clone(), first));
            assert_eq!(packed.to_string(), first.to_string());
            let name = packed.node().find(&Path::new(["STATUS", "name"]), "_info").map(|node| node.value());
            assert_eq!(name, Some(json!("In progress")));
            assert!(packed.node().get("status").unwrap().is_container());
        }
    }

    #[test]
    fn the_start_of_links_is_replaced_in_fields_with_links_only() {
        let start = SomeNames::LINK_START;
        let links = |start: &str, text_start: &str| {
            json!({
                "board_href": format!("{start}/service/boards/1"), "own_href": start, "Quoted_href": format!("{start}\"x\""),
                "other_href": "https://h/v//apis/2.0/x", "prefix_href": format!("x{text_start}"), "empty_href": "",
                "summary": format!("{text_start}/a"), "own": text_start, "list_href": [text_start], "zebra": format!("see {text_start}"),
            })
        };
        let record = |start: &str, text_start: &str| {
            let mut record = links(start, text_start);
            record["_info"] = links(start, text_start);
            record["customFields"] = json!([{"id": 1, "owner": links(start, text_start)}]);
            record
        };
        // The objects of the last ones are shared.
        for _ in 0..20 {
            let packed = Packed::from(&record(start, start));
            for other in ["http://127.0.0.1:8080/v//apis", "", start] {
                let mut text = Vec::new();
                Writer::new(&mut text, other).write(packed.node());
                assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), record(other, start));
                text.clear();
                Writer::new(&mut text, other)
                    .write_fields(packed.node(), &|name| name == "_info" || name == "own_href");
                let shown = json!({"_info": links(other, start), "own_href": other});
                assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), shown);
            }
        }
    }

    #[test]
    fn truncated_bytes_do_not_panic() {
        for record in records() {
            let packed = Packed::from(&record);
            for length in 0..packed.0.len() {
                let truncated = Node::<SomeNames>::new(packed.0.get(..length).unwrap());
                let _ = (truncated.value(), truncated.find(&Path::new(["board", "name"]), "_info"), truncated.scalar());
                let mut text = Vec::new();
                Writer::new(&mut text, "").write(truncated);
                assert!(serde_json::from_slice::<Value>(&text).is_ok(), "invalid bytes are written as null");
            }
        }
    }
}
