//! JSON values as bytes: a fraction of the memory that they take otherwise, and a member is found without reading the
//! others. A server with hundreds of thousands of records fits a laptop, and answers conditions on them while a reader
//! waits. Nothing here knows what the values are about: a [`Format`] tells which names and links are frequent.
//!
//! A value is a byte that tells what it is, and what belongs to that. Names of members are numbers, links are split
//! into a prefix, which many have and which is a number too, and the rest, and objects with many members begin with a
//! table of where each of them is.

pub(crate) mod names;
pub(crate) mod node;

use std::fmt::{Display, Formatter};
use std::marker::PhantomData;

use serde_json::{Map, Number, Value};

use crate::packed::names::{Format, UNKNOWN, split_link};
use crate::packed::node::Node;

/// What a value is.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    /// Then the number, see [`super::put_number`].
    pub(super) const INTEGER: u8 = 3;
    /// A number beyond 64 bits with a sign: then 8 bytes.
    pub(super) const LARGE: u8 = 4;
    /// Then 8 bytes.
    pub(super) const FLOAT: u8 = 5;
    /// Then its length and its bytes.
    pub(super) const TEXT: u8 = 6;
    /// Then the number of its prefix, and the rest as a text.
    pub(super) const LINK: u8 = 7;
    /// Then the length of what follows, and the values.
    pub(super) const LIST: u8 = 8;
    /// Then the length of what follows, and names with values.
    pub(super) const OBJECT: u8 = 9;
    /// Then the length of what follows; how long the values are (4 bytes); the number of members that have numbers (2
    /// bytes); for each of them, in the order of the numbers, its number (2 bytes) and where its value begins behind
    /// the table (4 bytes); the values; names with values of the others.
    pub(super) const TABLE: u8 = 10;
}

/// From so many members on, an object has a table.
const MANY: usize = 12;

/// A value as bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Packed<F>(Box<[u8]>, PhantomData<F>);

impl<F: Format> Packed<F> {
    /// The value, to be read.
    pub(crate) fn node(&self) -> Node<'_, F> {
        Node::new(&self.0)
    }

    /// The value as JSON.
    pub(crate) fn value(&self) -> Value {
        self.node().value()
    }
}

impl<F: Format> From<&Value> for Packed<F> {
    fn from(value: &Value) -> Self {
        let mut bytes = Vec::new();
        put::<F>(&mut bytes, value);
        Self(bytes.into_boxed_slice(), PhantomData)
    }
}

/// As JSON.
impl<F: Format> Display for Packed<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let mut text = Vec::new();
        self.node().write(&mut text);
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
        Value::String(text) => put_text::<F>(to, text),
        Value::Array(values) => {
            let mut inside = Vec::new();
            values.iter().for_each(|value| put::<F>(&mut inside, value));
            put_body(to, tag::LIST, &inside);
        }
        Value::Object(members) if members.len() < MANY => {
            let mut inside = Vec::new();
            members.iter().for_each(|(name, value)| put_member::<F>(&mut inside, name, value));
            put_body(to, tag::OBJECT, &inside);
        }
        Value::Object(members) => put_body(to, tag::TABLE, &table::<F>(members)),
    }
}

fn table<F: Format>(members: &Map<String, Value>) -> Vec<u8> {
    let (mut numbered, mut others) = (Vec::new(), Vec::new());
    for (name, value) in members {
        match F::names().number_of(name) {
            Some(number) => numbered.push((number, value)),
            None => put_member::<F>(&mut others, name, value),
        }
    }
    numbered.sort_unstable_by_key(|(number, _)| *number);
    // No two members have the same number, and numbers have two bytes.
    let count = u16::try_from(numbered.len()).unwrap_or(u16::MAX);
    let (mut places, mut values) = (Vec::new(), Vec::new());
    for (number, value) in numbered {
        places.extend_from_slice(&number.to_le_bytes());
        places.extend_from_slice(&place(&values));
        put::<F>(&mut values, value);
    }
    [&place(&values)[..], &count.to_le_bytes(), &places, &values, &others].concat()
}

/// Where the next value begins. Requests are far smaller than what 4 bytes can count.
fn place(values: &[u8]) -> [u8; 4] {
    u32::try_from(values.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn put_member<F: Format>(to: &mut Vec<u8>, name: &str, value: &Value) {
    match F::names().number_of(name) {
        Some(number) => to.extend_from_slice(&number.to_le_bytes()),
        None => {
            to.extend_from_slice(&UNKNOWN.to_le_bytes());
            put_bytes(to, name.as_bytes());
        }
    }
    put::<F>(to, value);
}

fn put_body(to: &mut Vec<u8>, tag: u8, inside: &[u8]) {
    to.push(tag);
    put_bytes(to, inside);
}

fn put_text<F: Format>(to: &mut Vec<u8>, text: &str) {
    let rest = match split_link(text, F::LINK_END) {
        Some((prefix, rest)) => {
            to.extend_from_slice(&[tag::LINK, prefix]);
            rest
        }
        None => {
            to.push(tag::TEXT);
            text
        }
    };
    put_bytes(to, rest.as_bytes());
}

fn put_json_number(to: &mut Vec<u8>, number: &Number) {
    if let Some(number) = number.as_i64() {
        to.push(tag::INTEGER);
        // Small numbers take few bytes, also when they are negative.
        put_number(to, ((number << 1) ^ (number >> 63)).cast_unsigned());
    } else if let Some(number) = number.as_u64() {
        to.push(tag::LARGE);
        to.extend_from_slice(&number.to_le_bytes());
    } else {
        to.push(tag::FLOAT);
        to.extend_from_slice(&number.as_f64().unwrap_or_default().to_le_bytes());
    }
}

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    // Lengths of memory fit into 64 bits on every platform.
    put_number(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// A number in as few bytes as it needs: seven bits in each, and a bit that says that more follow.
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

    /// A format that has numbers for some of the names below.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct SomeNames;

    impl Format for SomeNames {
        const LINK_END: &'static str = "/apis/3.0/";

        fn names() -> &'static Names {
            static NAMES: LazyLock<Names> = LazyLock::new(|| {
                Names::new([
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
                ])
            });
            &NAMES
        }
    }

    type Packed = super::Packed<SomeNames>;
    type Path = node::Path<SomeNames>;

    /// Values of every kind, at every size that has a form of its own.
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
    fn records_come_back_as_they_were() {
        for record in records() {
            let packed = Packed::from(&record);
            assert_eq!(packed.value(), record);
            let mut text = Vec::new();
            packed.node().write(&mut text);
            assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), record);
            assert_eq!(format!("{packed:?}").parse::<Value>().unwrap(), record);
        }
    }

    #[test]
    fn members_are_found_in_any_letter_case_and_in_info() {
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
            ("nothing", None),
            ("impact", None),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
        // The exact name comes first, in objects with and without a table.
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
            (packed.node().text("id"), packed.node().text("Summary"), packed.node().text("nothing")),
            (None, None, None)
        );
    }

    #[test]
    fn bytes_that_end_too_soon_are_nothing() {
        for record in records() {
            let packed = Packed::from(&record);
            for length in 0..packed.0.len() {
                let torn = Node::<SomeNames>::new(packed.0.get(..length).unwrap());
                let _ = (torn.value(), torn.find(&Path::new(["board", "name"]), "_info"), torn.scalar());
                torn.write(&mut Vec::new());
            }
        }
    }
}
