//! Writes packed values as JSON text, in one pass over their bytes.

use std::marker::PhantomData;

use serde_json::Value;

use super::names::{Format, UNNUMBERED, prefix};
use super::node::{Node, Table, read_number, read_sized, read_string, skip_value};
use super::tag;

/// Appends packed values as JSON text.
pub(crate) struct Writer<'t, F> {
    to: &'t mut Vec<u8>,
    link_start: &'t str,
    format: PhantomData<F>,
}

impl<'t, F: Format> Writer<'t, F> {
    /// Creates a writer that writes `link_start` in place of [`Format::LINK_START`], in links. It must not need an escape
    /// in JSON.
    pub(crate) fn new(to: &'t mut Vec<u8>, link_start: &'t str) -> Self {
        Self { to, link_start, format: PhantomData }
    }

    /// Appends a value. Invalid bytes are written as null.
    pub(crate) fn write(&mut self, value: Node<'_, F>) {
        let start = self.to.len();
        if self.value(value.bytes(), false).is_none() {
            self.to.truncate(start);
            self.to.extend_from_slice(b"null");
        }
    }

    /// Appends an object with only the fields whose names match.
    pub(crate) fn write_fields(&mut self, object: Node<'_, F>, is_shown: &impl Fn(&str) -> bool) {
        let start = self.to.len();
        if self.object(object.bytes(), is_shown).is_none() {
            self.to.truncate(start);
            self.write(object);
        }
    }

    /// Appends the value that the bytes start with. Returns the bytes after it. `is_link` says whether it is a field with
    /// a link.
    fn value<'a>(&mut self, bytes: &'a [u8], is_link: bool) -> Option<&'a [u8]> {
        let (tag, rest) = bytes.split_first()?;
        match *tag {
            tag::NULL => {
                self.to.extend_from_slice(b"null");
                Some(rest)
            }
            tag::FALSE => {
                self.to.extend_from_slice(b"false");
                Some(rest)
            }
            tag::TRUE => {
                self.to.extend_from_slice(b"true");
                Some(rest)
            }
            tag::INTEGER => {
                let (number, rest) = read_number(rest)?;
                let number = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
                // Here and below: writing to memory cannot fail.
                let _ = serde_json::to_writer(&mut *self.to, &number);
                Some(rest)
            }
            tag::UNSIGNED => {
                let (number, rest) = rest.split_first_chunk()?;
                let _ = serde_json::to_writer(&mut *self.to, &u64::from_le_bytes(*number));
                Some(rest)
            }
            tag::FLOAT => {
                let (number, rest) = rest.split_first_chunk()?;
                write_float(self.to, f64::from_le_bytes(*number));
                Some(rest)
            }
            tag::STRING => {
                let (text, rest) = read_string(rest)?;
                self.escaped(text, is_link);
                Some(rest)
            }
            tag::PLAIN => {
                let (text, rest) = read_sized(rest)?;
                self.plain("", text, is_link);
                Some(rest)
            }
            tag::LINK => {
                let (number, rest) = rest.split_first()?;
                let (text, rest) = read_sized(rest)?;
                self.plain(prefix(*number), text, is_link);
                Some(rest)
            }
            tag::LIST => {
                let (mut elements, rest) = read_sized(rest)?;
                self.to.push(b'[');
                let start = self.to.len();
                while !elements.is_empty() {
                    if self.to.len() > start {
                        self.to.push(b',');
                    }
                    elements = self.value(elements, false)?;
                }
                self.to.push(b']');
                Some(rest)
            }
            tag::OBJECT | tag::TABLE => {
                self.object(bytes, &|_| true)?;
                read_sized(rest).map(|(_, rest)| rest)
            }
            tag::SHARED => {
                let (number, rest) = rest.split_first_chunk()?;
                F::shared().write::<F>(u16::from_le_bytes(*number), self.to, self.link_start)?;
                Some(rest)
            }
            _ => None,
        }
    }

    /// Appends an object with the fields whose names match. Returns `None` for another value.
    fn object(&mut self, bytes: &[u8], is_shown: &impl Fn(&str) -> bool) -> Option<()> {
        let (tag, rest) = bytes.split_first()?;
        if *tag == tag::SHARED {
            return self.object(F::shared().object(u16::from_le_bytes(*rest.first_chunk()?)), is_shown);
        }
        let (content, _) = read_sized(rest)?;
        self.to.push(b'{');
        let start = self.to.len();
        match *tag {
            tag::OBJECT => self.fields(content, start, is_shown)?,
            tag::TABLE => {
                let table = Table::read(content)?;
                for (number, value) in table.numbered() {
                    let name = F::names().get(number)?;
                    if is_shown(name.text) {
                        self.name(&name.separated, start);
                        self.value(value, name.is_link)?;
                    }
                }
                self.fields(table.others, start, is_shown)?;
            }
            _ => return None,
        }
        self.to.push(b'}');
        Some(())
    }

    /// Appends consecutive names with their values, of an object that starts at a position.
    fn fields(&mut self, mut bytes: &[u8], start: usize, is_shown: &impl Fn(&str) -> bool) -> Option<()> {
        while let Some((number, rest)) = bytes.split_first_chunk() {
            let number = u16::from_le_bytes(*number);
            let (text, is_link, value);
            if number == UNNUMBERED {
                (text, value) = read_string(rest)?;
                is_link = text.ends_with(F::LINK_FIELD_END);
            } else {
                let name = F::names().get(number)?;
                (text, is_link, value) = (name.text, name.is_link, rest);
            }
            if !is_shown(text) {
                bytes = skip_value(value)?;
                continue;
            }
            match F::names().get(number) {
                Some(name) => self.name(&name.separated, start),
                None => {
                    if self.to.len() > start {
                        self.to.push(b',');
                    }
                    self.escaped(text, false);
                    self.to.push(b':');
                }
            }
            bytes = self.value(value, is_link)?;
        }
        Some(())
    }

    /// Appends a name with the comma before it, unless it is the first one in the object that starts at a position.
    fn name(&mut self, separated: &str, start: usize) {
        let from = usize::from(self.to.len() == start);
        self.to.extend_from_slice(separated.as_bytes().get(from..).unwrap_or_default());
    }

    /// Appends a string that needs no escape, in two parts.
    fn plain(&mut self, prefix: &str, rest: &[u8], is_link: bool) {
        self.to.push(b'"');
        let text = if prefix.is_empty() { rest } else { prefix.as_bytes() };
        match text.strip_prefix(F::LINK_START.as_bytes()) {
            Some(text) if is_link => {
                self.to.extend_from_slice(self.link_start.as_bytes());
                self.to.extend_from_slice(text);
            }
            _ => self.to.extend_from_slice(text),
        }
        if !prefix.is_empty() {
            self.to.extend_from_slice(rest);
        }
        self.to.push(b'"');
    }

    /// Appends a string that may need escapes.
    fn escaped(&mut self, text: &str, is_link: bool) {
        match text.strip_prefix(F::LINK_START) {
            Some(text) if is_link => {
                self.to.push(b'"');
                self.to.extend_from_slice(self.link_start.as_bytes());
                let quote = self.to.len();
                let _ = serde_json::to_writer(&mut *self.to, text);
                self.to.remove(quote);
            }
            _ => _ = serde_json::to_writer(&mut *self.to, text),
        }
    }
}

/// Appends a number with at least two decimals, as a database prints amounts.
fn write_float(to: &mut Vec<u8>, number: f64) {
    /// Numbers below this, times 100, have at most 15 digits, which a float represents uniquely.
    const MAX: f64 = 1e13;
    let hundredths = (number * 100.0).round();
    // Numbers with two decimals, which most amounts are, take little time. The sign of a negative zero is not lost: it
    // is written as below.
    if number.abs() < MAX && hundredths / 100.0 == number && (number != 0.0 || number.is_sign_positive()) {
        if number.is_sign_negative() {
            to.push(b'-');
        }
        // Exact, because it is a whole number below 1e15.
        let hundredths = hundredths.abs() as u64;
        let _ = serde_json::to_writer(&mut *to, &(hundredths / 100));
        let [tens, ones] = [hundredths / 10 % 10, hundredths % 10].map(|digit| digit.to_le_bytes()[0] + b'0');
        to.extend_from_slice(&[b'.', tens, ones]);
        return;
    }
    let text = Value::from(number).to_string();
    to.extend_from_slice(text.as_bytes());
    // The shortest form with a fraction has at least one decimal. A form with an exponent stays as it is.
    if text.bytes().rev().nth(1) == Some(b'.') {
        to.push(b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_like_other_numbers() {
        let written = |number: f64| {
            let mut text = Vec::new();
            write_float(&mut text, number);
            String::from_utf8(text).unwrap()
        };
        // The shortest form that is read as the same number, with two decimals or more.
        let expected = |number: f64| {
            let shortest = serde_json::to_string(&number).unwrap();
            match shortest.split_once('.') {
                Some((_, decimals)) if decimals.len() == 1 => format!("{shortest}0"),
                _ => shortest,
            }
        };
        for number in
            [0.0, -0.0, 1.0, 0.1, 0.29, 0.57, 1.15, 1.005, 4.35, 99.99, 1e12, 9_999_999_999_999.99, 1e13, 1e300]
        {
            assert_eq!((written(number), written(-number)), (expected(number), expected(-number)));
        }
        for hundredths in 0..100_000 {
            let number = f64::from(hundredths) / 100.0;
            assert_eq!(written(number), expected(number));
            assert_eq!(written(number + 0.001), expected(number + 0.001));
        }
    }
}
