//! Reads packed values without unpacking them.

use std::borrow::Cow;
use std::cell::Cell;
use std::marker::PhantomData;

use serde_json::{Map, Value};

use super::names::{Format, Name, UNNUMBERED, prefix};
use super::tag;

/// A packed value: a slice that starts with the bytes of the value. Invalid bytes read as null.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a, F>(&'a [u8], PhantomData<F>);

/// A scalar value, or the type of another value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Boolean(bool),
    Number(serde_json::Number),
    String(Cow<'a, str>),
    List,
    Object,
}

/// A decoded value.
enum Shape<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    String(StringParts<'a>),
    List(&'a [u8]),
    Object(&'a [u8]),
    Table(Table<'a>),
}

/// A string. The prefix is empty unless it is a link.
#[derive(Clone, Copy)]
struct StringParts<'a> {
    prefix: &'static str,
    rest: &'a str,
}

impl<'a> StringParts<'a> {
    fn concat(self) -> Cow<'a, str> {
        if self.prefix.is_empty() { Cow::Borrowed(self.rest) } else { Cow::Owned([self.prefix, self.rest].concat()) }
    }
}

/// An object with an offset table.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    /// Six bytes per numbered field: number and offset.
    index: &'a [u8],
    /// The values of the numbered fields.
    values: &'a [u8],
    /// The names and values of the other fields.
    pub(super) others: &'a [u8],
}

/// The name of a field.
#[derive(Clone, Copy)]
enum FieldName<'a> {
    Numbered(u16),
    Unnumbered(&'a str),
}

impl<'a> FieldName<'a> {
    fn text<F: Format>(self) -> &'a str {
        match self {
            Self::Numbered(number) => F::names().name_at(number),
            Self::Unnumbered(text) => text,
        }
    }
}

/// The path of a value: the field name of each step.
#[derive(Clone, Debug)]
pub(crate) struct Path<F>(Vec<Name>, PhantomData<F>);

impl<F: Format> Path<F> {
    pub(crate) fn new<'s>(steps: impl IntoIterator<Item = &'s str>) -> Self {
        Self(steps.into_iter().map(|step| Name::new(step, F::names())).collect(), PhantomData)
    }
}

/// Reads a variable-length number. Returns it and the bytes after it.
pub(super) fn read_number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    // Most lengths have one byte.
    if let Some((byte @ ..0x80, rest)) = bytes.split_first() {
        return Some((u64::from(*byte), rest));
    }
    let mut number = 0;
    // 64 bits in groups of seven are at most 10 bytes.
    for (at, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(u32::try_from(at * 7).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}

/// Reads a length and that many bytes. Returns these bytes and the bytes after them.
pub(super) fn read_sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = read_number(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// Reads a string with its length. Returns it and the bytes after it.
pub(super) fn read_string(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (string, rest) = read_sized(bytes)?;
    Some((std::str::from_utf8(string).ok()?, rest))
}

/// Returns the bytes after a value.
pub(super) fn skip_value(bytes: &[u8]) -> Option<&[u8]> {
    let (tag, rest) = bytes.split_first()?;
    match *tag {
        tag::NULL | tag::FALSE | tag::TRUE => Some(rest),
        tag::INTEGER => read_number(rest).map(|(_, rest)| rest),
        tag::UNSIGNED | tag::FLOAT => rest.get(8..),
        tag::SHARED => rest.get(2..),
        tag::LINK => read_sized(rest.get(1..)?).map(|(_, rest)| rest),
        tag::STRING | tag::PLAIN | tag::LIST | tag::OBJECT | tag::TABLE => read_sized(rest).map(|(_, rest)| rest),
        _ => None,
    }
}

impl<'a> Table<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (index, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*count)) * 6)?;
        let (values, others) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        Some(Self { index, values, others })
    }

    /// Returns the value of the field with a number. `last_index` is its index in the previous record, and is updated.
    /// With many records, this avoids a binary search, in which each step may be a cache miss.
    fn get<F: Format>(self, number: u16, last_index: &Cell<usize>) -> Option<Node<'a, F>> {
        let (index, _) = self.index.as_chunks::<6>();
        let number_of = |entry: &[u8; 6]| u16::from_le_bytes([entry[0], entry[1]]);
        if index.get(last_index.get()).is_none_or(|entry| number_of(entry) != number) {
            last_index.set(index.binary_search_by_key(&number, number_of).ok()?);
        }
        let [_, _, offset @ ..] = index.get(last_index.get())?;
        self.values.get(usize::try_from(u32::from_le_bytes(*offset)).ok()?..).map(Node::new)
    }

    /// Returns the numbers of the numbered fields, and slices that start with their values.
    pub(super) fn numbered(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let (index, _) = self.index.as_chunks::<6>();
        index.iter().filter_map(move |[low, high, offset @ ..]| {
            let value = self.values.get(usize::try_from(u32::from_le_bytes(*offset)).ok()?..)?;
            Some((u16::from_le_bytes([*low, *high]), value))
        })
    }

    fn fields<F: Format>(self) -> impl Iterator<Item = (FieldName<'a>, Node<'a, F>)> {
        let numbered = self.numbered().map(|(number, value)| (FieldName::Numbered(number), Node::new(value)));
        numbered.chain(Fields::new(self.others))
    }
}

/// An iterator over consecutive names with their values.
struct Fields<'a, F>(&'a [u8], PhantomData<F>);

impl<'a, F: Format> Fields<'a, F> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes, PhantomData)
    }
}

impl<'a, F: Format> Iterator for Fields<'a, F> {
    type Item = (FieldName<'a>, Node<'a, F>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_first_chunk()?;
        let (name, value) = match u16::from_le_bytes(*name) {
            UNNUMBERED => read_string(rest).map(|(name, value)| (FieldName::Unnumbered(name), value))?,
            number => (FieldName::Numbered(number), rest),
        };
        self.0 = skip_value(value)?;
        Some((name, Node::new(value)))
    }
}

/// An iterator over consecutive values.
struct Values<'a, F>(&'a [u8], PhantomData<F>);

impl<'a, F: Format> Iterator for Values<'a, F> {
    type Item = Node<'a, F>;

    fn next(&mut self) -> Option<Node<'a, F>> {
        let value = Node::new(self.0);
        self.0 = skip_value(self.0)?;
        Some(value)
    }
}

impl<'a, F: Format> Node<'a, F> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes, PhantomData)
    }

    pub(super) const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Reads a byte of each of the first cache lines of the value, so that the offset table is in the cache. Returns an
    /// arbitrary byte, so that the compiler does not remove the reads.
    pub(crate) fn prefetch(self) -> u8 {
        const LINE: usize = 64;
        const LINES: usize = 8;
        self.0.iter().step_by(LINE).take(LINES).fold(0, |all, byte| all ^ byte)
    }

    /// Decodes the value.
    fn shape(self) -> Shape<'a> {
        self.read().unwrap_or(Shape::Null)
    }

    fn read(self) -> Option<Shape<'a>> {
        let (tag, rest) = self.0.split_first()?;
        Some(match *tag {
            tag::FALSE => Shape::Boolean(false),
            tag::TRUE => Shape::Boolean(true),
            tag::INTEGER => {
                let (number, _) = read_number(rest)?;
                Shape::Integer((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
            }
            tag::UNSIGNED => Shape::Unsigned(u64::from_le_bytes(*rest.first_chunk()?)),
            tag::FLOAT => Shape::Float(f64::from_le_bytes(*rest.first_chunk()?)),
            tag::STRING | tag::PLAIN => Shape::String(StringParts { prefix: "", rest: read_string(rest)?.0 }),
            tag::LINK => {
                let (number, rest) = rest.split_first()?;
                Shape::String(StringParts { prefix: prefix(*number), rest: read_string(rest)?.0 })
            }
            tag::LIST => Shape::List(read_sized(rest)?.0),
            tag::OBJECT => Shape::Object(read_sized(rest)?.0),
            tag::TABLE => Shape::Table(Table::read(read_sized(rest)?.0)?),
            tag::SHARED => return Self::new(F::shared().object(u16::from_le_bytes(*rest.first_chunk()?))).read(),
            _ => Shape::Null,
        })
    }

    /// Returns the fields of an object, numbered fields first; none for other values.
    fn named_fields(self) -> Box<dyn Iterator<Item = (FieldName<'a>, Self)> + 'a> {
        match self.shape() {
            Shape::Object(content) => Box::new(Fields::new(content)),
            Shape::Table(table) => Box::new(table.fields()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Returns the names and values of an object's fields; none for other values.
    pub(crate) fn fields(self) -> impl Iterator<Item = (&'a str, Self)> {
        self.named_fields().map(|(name, value)| (name.text::<F>(), value))
    }

    /// Returns whether it is an object or a list. Reads only the tag.
    pub(crate) fn is_container(self) -> bool {
        matches!(self.0.first(), Some(&(tag::OBJECT | tag::TABLE | tag::LIST | tag::SHARED)))
    }

    /// Returns whether it is a string that ends with a path, in any letter case. The path must start at a segment
    /// boundary.
    pub(crate) fn ends_with_path(self, path: &str) -> bool {
        match self.shape() {
            Shape::String(string) => ends_with(string.rest, path),
            _ => false,
        }
    }

    /// Returns a field by name, in any letter case. The exact name has priority.
    fn field(self, name: &Name) -> Option<Self> {
        match self.shape() {
            Shape::Object(content) => find_in_fields::<F>(content, name).map(|(_, value)| value),
            Shape::Table(table) => {
                if let Some(value) = name.exact.and_then(|number| table.get(number, &name.last_index)) {
                    return Some(value);
                }
                // Like lookup in JSON: the exact name, or else the first in the order of names.
                let other =
                    find_in_fields::<F>(table.others, name).map(|(other, value)| (other != name.text, other, value));
                let variant = name.case_variants.iter().find_map(|number| {
                    Some((true, F::names().name_at(*number), table.get(*number, &name.last_index)?))
                });
                other
                    .into_iter()
                    .chain(variant)
                    .min_by_key(|(is_variant, text, _)| (*is_variant, *text))
                    .map(|(.., value)| value)
            }
            _ => None,
        }
    }

    /// Returns the value at a path, with names in any letter case. If the first field does not exist, looks it up in
    /// the field `fallback`.
    pub(crate) fn find(self, path: &Path<F>, fallback: &str) -> Option<Self> {
        let (first, rest) = path.0.split_first()?;
        let top = self.field(first).or_else(|| self.get(fallback)?.field(first))?;
        rest.iter().try_fold(top, |value, step| value.field(step))
    }

    /// Returns a field by its exact name.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        match (self.shape(), F::names().number_of(name)) {
            (Shape::Table(table), Some(number)) => table.get(number, &Cell::default()),
            (Shape::Table(table), None) => {
                Fields::new(table.others).find(|(other, _)| other.text::<F>() == name).map(|(_, value)| value)
            }
            (Shape::Object(content), _) => {
                Fields::new(content).find(|(other, _)| other.text::<F>() == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Returns the values of a list; none for other values.
    pub(crate) fn elements(self) -> impl Iterator<Item = Self> {
        let content = match self.shape() {
            Shape::List(content) => content,
            _ => &[],
        };
        Values(content, PhantomData)
    }

    /// Returns a string field by its exact name.
    pub(crate) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.as_text()
    }

    /// Returns an integer field by its exact name.
    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        match self.get(name)?.shape() {
            Shape::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// Returns a boolean field by its exact name.
    pub(crate) fn boolean(self, name: &str) -> Option<bool> {
        match self.get(name)?.shape() {
            Shape::Boolean(value) => Some(value),
            _ => None,
        }
    }

    fn as_text(self) -> Option<Cow<'a, str>> {
        match self.shape() {
            Shape::String(string) => Some(string.concat()),
            _ => None,
        }
    }

    /// Returns whether it is null.
    pub(crate) fn is_null(self) -> bool {
        matches!(self.shape(), Shape::Null)
    }

    /// Returns the value of a scalar, or the type of another value.
    pub(crate) fn scalar(self) -> Scalar<'a> {
        match self.shape() {
            Shape::Null => Scalar::Null,
            Shape::Boolean(value) => Scalar::Boolean(value),
            Shape::Integer(number) => Scalar::Number(number.into()),
            Shape::Unsigned(number) => Scalar::Number(number.into()),
            Shape::Float(number) => serde_json::Number::from_f64(number).map_or(Scalar::Null, Scalar::Number),
            Shape::String(string) => Scalar::String(string.concat()),
            Shape::List(_) => Scalar::List,
            Shape::Object(_) | Shape::Table(_) => Scalar::Object,
        }
    }

    /// Returns the value as JSON.
    pub(crate) fn value(self) -> Value {
        match self.shape() {
            Shape::Null => Value::Null,
            Shape::Boolean(value) => Value::Bool(value),
            Shape::Integer(number) => Value::from(number),
            Shape::Unsigned(number) => Value::from(number),
            Shape::Float(number) => Value::from(number),
            Shape::String(string) => Value::String(string.concat().into_owned()),
            Shape::List(content) => Values::<F>(content, PhantomData).map(Self::value).collect(),
            Shape::Object(_) | Shape::Table(_) => self.part(&|_| true),
        }
    }

    /// Returns the fields whose names match, as a JSON object.
    pub(crate) fn part(self, is_wanted: &dyn Fn(&str) -> bool) -> Value {
        let fields = self.named_fields().filter(|(name, _)| is_wanted(name.text::<F>()));
        Value::Object(fields.map(|(name, value)| (name.text::<F>().to_owned(), value.value())).collect::<Map<_, _>>())
    }
}

/// Returns a field by name in any letter case, with its actual name. The exact name has priority; of others, the first
/// in the order of names.
fn find_in_fields<'a, F: Format>(fields: &'a [u8], name: &Name) -> Option<(&'a str, Node<'a, F>)> {
    let mut found: Option<(&str, Node<'_, F>)> = None;
    for (other, value) in Fields::new(fields) {
        let (is_exact, is_variant) = match other {
            FieldName::Numbered(number) => (name.exact == Some(number), name.case_variants.contains(&number)),
            FieldName::Unnumbered(text) => (text == name.text, text.eq_ignore_ascii_case(&name.text)),
        };
        if is_exact {
            return Some((other.text::<F>(), value));
        }
        if is_variant && found.is_none_or(|(text, _)| other.text::<F>() < text) {
            found = Some((other.text::<F>(), value));
        }
    }
    found
}

/// Returns whether a link ends with a path, in any letter case, at a segment boundary.
fn ends_with(link: &str, path: &str) -> bool {
    let parts = link.len().checked_sub(path.len()).and_then(|start| link.split_at_checked(start));
    parts.is_some_and(|(before, end)| end.eq_ignore_ascii_case(path) && (before.is_empty() || before.ends_with('/')))
}
