//! Packed values, read in place.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::Write as _;
use std::marker::PhantomData;

use serde_json::{Map, Value};

use super::names::{Format, Name, UNKNOWN, prefix};
use super::tag;

/// A packed value: bytes that begin with it. What cannot be read is null.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a, F>(&'a [u8], PhantomData<F>);

/// A single value, or what else it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Boolean(bool),
    Number(serde_json::Number),
    String(Cow<'a, str>),
    List,
    Object,
}

/// What a value is, taken apart.
enum Shape<'a> {
    Null,
    Flag(bool),
    Integer(i64),
    Large(u64),
    Float(f64),
    Text(Text<'a>),
    List(&'a [u8]),
    Object(&'a [u8]),
    Table(Table<'a>),
}

/// A text, in two parts when it is a link.
#[derive(Clone, Copy)]
struct Text<'a> {
    prefix: &'static str,
    rest: &'a str,
}

impl<'a> Text<'a> {
    fn whole(self) -> Cow<'a, str> {
        if self.prefix.is_empty() { Cow::Borrowed(self.rest) } else { Cow::Owned([self.prefix, self.rest].concat()) }
    }
}

/// The parts of an object with a table.
#[derive(Clone, Copy)]
struct Table<'a> {
    /// Six bytes for each member.
    places: &'a [u8],
    values: &'a [u8],
    others: &'a [u8],
}

/// A member's name.
#[derive(Clone, Copy)]
enum Named<'a> {
    Known(u16),
    Other(&'a str),
}

impl<'a> Named<'a> {
    fn text<F: Format>(self) -> &'a str {
        match self {
            Self::Known(number) => F::names().name_of(number),
            Self::Other(text) => text,
        }
    }
}

/// Where a value is in a record: the names of the steps to it.
#[derive(Clone, Debug)]
pub(crate) struct Path<F>(Vec<Name>, PhantomData<F>);

impl<F: Format> Path<F> {
    pub(crate) fn new<'s>(steps: impl IntoIterator<Item = &'s str>) -> Self {
        Self(steps.into_iter().map(|step| Name::new(step, F::names())).collect(), PhantomData)
    }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(u32::try_from(at * 7).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}

/// Bytes behind their length, and what follows.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (text, rest) = sized(bytes)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// What follows a value.
fn behind(bytes: &[u8]) -> Option<&[u8]> {
    let (tag, rest) = bytes.split_first()?;
    match *tag {
        tag::NULL | tag::FALSE | tag::TRUE => Some(rest),
        tag::INTEGER => number(rest).map(|(_, rest)| rest),
        tag::LARGE | tag::FLOAT => rest.get(8..),
        tag::LINK => sized(rest.get(1..)?).map(|(_, rest)| rest),
        tag::TEXT | tag::LIST | tag::OBJECT | tag::TABLE => sized(rest).map(|(_, rest)| rest),
        _ => None,
    }
}

impl<'a> Table<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (places, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*count)) * 6)?;
        let (values, others) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        Some(Self { places, values, others })
    }

    /// The value of the member with a number; `last` is where it was in another record, and then where it is in this
    /// one. Of many records, each step of a search would wait for the memory.
    fn get<F: Format>(self, number: u16, last: &Cell<usize>) -> Option<Node<'a, F>> {
        let (places, _) = self.places.as_chunks::<6>();
        let number_at = |place: &[u8; 6]| u16::from_le_bytes([place[0], place[1]]);
        if places.get(last.get()).is_none_or(|place| number_at(place) != number) {
            last.set(places.binary_search_by_key(&number, number_at).ok()?);
        }
        let [_, _, place @ ..] = places.get(last.get())?;
        self.values.get(usize::try_from(u32::from_le_bytes(*place)).ok()?..).map(Node::new)
    }

    fn members<F: Format>(self) -> impl Iterator<Item = (Named<'a>, Node<'a, F>)> {
        let (places, _) = self.places.as_chunks::<6>();
        let numbered = places.iter().filter_map(move |[low, high, place @ ..]| {
            let value = self.values.get(usize::try_from(u32::from_le_bytes(*place)).ok()?..)?;
            Some((Named::Known(u16::from_le_bytes([*low, *high])), Node::new(value)))
        });
        numbered.chain(Entries::new(self.others))
    }
}

/// Names with values, one behind the other.
struct Entries<'a, F>(&'a [u8], PhantomData<F>);

impl<'a, F: Format> Entries<'a, F> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes, PhantomData)
    }
}

impl<'a, F: Format> Iterator for Entries<'a, F> {
    type Item = (Named<'a>, Node<'a, F>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_first_chunk()?;
        let (name, value) = match u16::from_le_bytes(*name) {
            UNKNOWN => text(rest).map(|(name, value)| (Named::Other(name), value))?,
            number => (Named::Known(number), rest),
        };
        self.0 = behind(value)?;
        Some((name, Node::new(value)))
    }
}

/// Values, one behind the other.
struct Values<'a, F>(&'a [u8], PhantomData<F>);

impl<'a, F: Format> Iterator for Values<'a, F> {
    type Item = Node<'a, F>;

    fn next(&mut self) -> Option<Node<'a, F>> {
        let value = Node::new(self.0);
        self.0 = behind(self.0)?;
        Some(value)
    }
}

impl<'a, F: Format> Node<'a, F> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes, PhantomData)
    }

    /// Something of each part of memory that its table lies in; whoever reads it has them at hand.
    pub(crate) fn prefetch(self) -> u8 {
        const LINE: usize = 64;
        const LINES: usize = 8;
        self.0.iter().step_by(LINE).take(LINES).fold(0, |all, byte| all ^ byte)
    }

    /// What it is.
    fn shape(self) -> Shape<'a> {
        self.read().unwrap_or(Shape::Null)
    }

    fn read(self) -> Option<Shape<'a>> {
        let (tag, rest) = self.0.split_first()?;
        Some(match *tag {
            tag::FALSE => Shape::Flag(false),
            tag::TRUE => Shape::Flag(true),
            tag::INTEGER => {
                let (number, _) = number(rest)?;
                Shape::Integer((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
            }
            tag::LARGE => Shape::Large(u64::from_le_bytes(*rest.first_chunk()?)),
            tag::FLOAT => Shape::Float(f64::from_le_bytes(*rest.first_chunk()?)),
            tag::TEXT => Shape::Text(Text { prefix: "", rest: text(rest)?.0 }),
            tag::LINK => {
                let (number, rest) = rest.split_first()?;
                Shape::Text(Text { prefix: prefix(*number), rest: text(rest)?.0 })
            }
            tag::LIST => Shape::List(sized(rest)?.0),
            tag::OBJECT => Shape::Object(sized(rest)?.0),
            tag::TABLE => Shape::Table(Table::read(sized(rest)?.0)?),
            _ => Shape::Null,
        })
    }

    /// The members of an object, those that have numbers in their order first; none of anything else.
    fn members(self) -> Box<dyn Iterator<Item = (Named<'a>, Self)> + 'a> {
        match self.shape() {
            Shape::Object(inside) => Box::new(Entries::new(inside)),
            Shape::Table(table) => Box::new(table.members()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The names and the values of an object's members; none of anything else.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        self.members().map(|(name, value)| (name.text::<F>(), value))
    }

    /// Whether it is an object or a list, told without reading it.
    pub(crate) fn is_container(self) -> bool {
        matches!(self.0.first(), Some(&(tag::OBJECT | tag::TABLE | tag::LIST)))
    }

    /// Whether it is a text that ends with a path, in any letter case, whose first segment is a whole one of the text.
    pub(crate) fn ends_with_path(self, path: &str) -> bool {
        match self.shape() {
            Shape::Text(text) => ends_with(text.rest, path),
            _ => false,
        }
    }

    /// A member, by its name in any letter case; the one with the exact name before others.
    fn member(self, name: &Name) -> Option<Self> {
        match self.shape() {
            Shape::Object(inside) => in_entries::<F>(inside, name).map(|(_, value)| value),
            Shape::Table(table) => {
                if let Some(value) = name.exact.and_then(|number| table.get(number, &name.place)) {
                    return Some(value);
                }
                // As in JSON: the exact one, or else the first by the order of names.
                let other =
                    in_entries::<F>(table.others, name).map(|(other, value)| (other != name.text, other, value));
                let alike = name
                    .alike
                    .iter()
                    .find_map(|number| Some((true, F::names().name_of(*number), table.get(*number, &name.place)?)));
                other
                    .into_iter()
                    .chain(alike)
                    .min_by_key(|(is_alike, text, _)| (*is_alike, *text))
                    .map(|(.., value)| value)
            }
            _ => None,
        }
    }

    /// The value at a path, whose names are in any letter case. When it has no member with the first name, the first
    /// step is looked for in its member `otherwise_in`.
    pub(crate) fn find(self, path: &Path<F>, otherwise_in: &str) -> Option<Self> {
        let (first, rest) = path.0.split_first()?;
        let top = self.member(first).or_else(|| self.get(otherwise_in)?.member(first))?;
        rest.iter().try_fold(top, |value, step| value.member(step))
    }

    /// A member, by its exact name.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        match (self.shape(), F::names().number_of(name)) {
            (Shape::Table(table), Some(number)) => table.get(number, &Cell::default()),
            (Shape::Table(table), None) => {
                Entries::new(table.others).find(|(other, _)| other.text::<F>() == name).map(|(_, value)| value)
            }
            (Shape::Object(inside), _) => {
                Entries::new(inside).find(|(other, _)| other.text::<F>() == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The values of a list; none of anything else.
    pub(crate) fn elements(self) -> impl Iterator<Item = Self> {
        let inside = match self.shape() {
            Shape::List(inside) => inside,
            _ => &[],
        };
        Values(inside, PhantomData)
    }

    /// The text of a member, by its exact name.
    pub(crate) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.as_text()
    }

    /// The number of a member, by its exact name.
    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        match self.get(name)?.shape() {
            Shape::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The flag of a member, by its exact name.
    pub(crate) fn boolean(self, name: &str) -> Option<bool> {
        match self.get(name)?.shape() {
            Shape::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    fn as_text(self) -> Option<Cow<'a, str>> {
        match self.shape() {
            Shape::Text(text) => Some(text.whole()),
            _ => None,
        }
    }

    /// Whether it is null.
    pub(crate) fn is_null(self) -> bool {
        matches!(self.shape(), Shape::Null)
    }

    /// The value, when it is a single one.
    pub(crate) fn scalar(self) -> Scalar<'a> {
        match self.shape() {
            Shape::Null => Scalar::Null,
            Shape::Flag(flag) => Scalar::Boolean(flag),
            Shape::Integer(number) => Scalar::Number(number.into()),
            Shape::Large(number) => Scalar::Number(number.into()),
            Shape::Float(number) => serde_json::Number::from_f64(number).map_or(Scalar::Null, Scalar::Number),
            Shape::Text(text) => Scalar::String(text.whole()),
            Shape::List(_) => Scalar::List,
            Shape::Object(_) | Shape::Table(_) => Scalar::Object,
        }
    }

    /// The value as JSON.
    pub(crate) fn value(self) -> Value {
        match self.shape() {
            Shape::Null => Value::Null,
            Shape::Flag(flag) => Value::Bool(flag),
            Shape::Integer(number) => Value::from(number),
            Shape::Large(number) => Value::from(number),
            Shape::Float(number) => Value::from(number),
            Shape::Text(text) => Value::String(text.whole().into_owned()),
            Shape::List(inside) => Values::<F>(inside, PhantomData).map(Self::value).collect(),
            Shape::Object(_) | Shape::Table(_) => self.part(&|_| true),
        }
    }

    /// An object of the members with certain names, as JSON.
    pub(crate) fn part(self, is_wanted: &dyn Fn(&str) -> bool) -> Value {
        let members = self.members().filter(|(name, _)| is_wanted(name.text::<F>()));
        Value::Object(members.map(|(name, value)| (name.text::<F>().to_owned(), value.value())).collect::<Map<_, _>>())
    }

    /// The value as JSON text.
    pub(crate) fn write(self, to: &mut Vec<u8>) {
        self.write_members(to, &|_| true);
    }

    /// The value as JSON text, of an object the members with certain names.
    pub(crate) fn write_members(self, to: &mut Vec<u8>, is_shown: &dyn Fn(&str) -> bool) {
        match self.shape() {
            Shape::Null => to.extend_from_slice(b"null"),
            Shape::Flag(true) => to.extend_from_slice(b"true"),
            Shape::Flag(false) => to.extend_from_slice(b"false"),
            // Nothing can fail in memory.
            Shape::Integer(number) => _ = write!(to, "{number}"),
            Shape::Large(number) => _ = write!(to, "{number}"),
            Shape::Float(number) => _ = write!(to, "{}", Value::from(number)),
            Shape::Text(Text { prefix: "", rest }) => write_text(to, rest),
            Shape::Text(text) => write_text(to, &text.whole()),
            Shape::List(inside) => {
                to.push(b'[');
                for (at, value) in Values::<F>(inside, PhantomData).enumerate() {
                    if at > 0 {
                        to.push(b',');
                    }
                    value.write(to);
                }
                to.push(b']');
            }
            Shape::Object(inside) => write_all::<F>(to, Entries::new(inside), is_shown),
            Shape::Table(table) => write_all::<F>(to, table.members(), is_shown),
        }
    }
}

fn write_all<'a, F: Format>(
    to: &mut Vec<u8>,
    members: impl Iterator<Item = (Named<'a>, Node<'a, F>)>,
    is_shown: &dyn Fn(&str) -> bool,
) {
    to.push(b'{');
    let start = to.len();
    for (name, value) in members.filter(|(name, _)| is_shown(name.text::<F>())) {
        if to.len() > start {
            to.push(b',');
        }
        match name {
            Named::Known(number) => to.extend_from_slice(F::names().written(number).as_bytes()),
            Named::Other(text) => {
                write_text(to, text);
                to.push(b':');
            }
        }
        value.write(to);
    }
    to.push(b'}');
}

fn write_text(to: &mut Vec<u8>, text: &str) {
    // Nothing can fail in memory.
    let _ = serde_json::to_writer(to, text);
}

/// The member with a name, and how it is written; the one with the exact name before others.
fn in_entries<'a, F: Format>(entries: &'a [u8], name: &Name) -> Option<(&'a str, Node<'a, F>)> {
    let mut found = None;
    for (other, value) in Entries::new(entries) {
        let (is_exact, is_alike) = match other {
            Named::Known(number) => (name.exact == Some(number), name.alike.contains(&number)),
            Named::Other(text) => (text == name.text, text.eq_ignore_ascii_case(&name.text)),
        };
        if is_exact {
            return Some((other.text::<F>(), value));
        }
        if is_alike && found.is_none() {
            found = Some((other.text::<F>(), value));
        }
    }
    found
}

/// Whether a link ends with a path, whatever their letter case.
fn ends_with(link: &str, path: &str) -> bool {
    let parts = link.len().checked_sub(path.len()).and_then(|at| link.split_at_checked(at));
    parts.is_some_and(|(before, end)| end.eq_ignore_ascii_case(path) && (before.is_empty() || before.ends_with('/')))
}
