//! Reads JSON and reports what a plain reader hides: names that an object has twice, and values that are nested too
//! deeply. A plain reader silently keeps one of two operations with the same method.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::escape;
use crate::problem::Problems;

/// The maximum length of a document in bytes. The vendor's documents have 8 million.
const MAXIMUM_LENGTH: usize = 100_000_000;

/// The maximum depth of nested values. Below the limit of serde_json, so that the error names the place. The vendor's
/// documents have 11 levels.
const MAXIMUM_DEPTH: usize = 100;

/// Reads a document.
///
/// # Errors
/// Fails if the text is not JSON, is too long or is nested too deeply, and if an object has a name twice. The error
/// lists all such names with their places.
pub(crate) fn read(text: &str) -> Result<Value, Problems> {
    if text.len() > MAXIMUM_LENGTH {
        return Err(Problems::one(
            "/",
            format!("the document has {} bytes; the limit is {MAXIMUM_LENGTH}", text.len()),
            "use the OpenAPI document from the developer portal (All.json)",
        ));
    }
    let (at, found) = (RefCell::new(Vec::new()), RefCell::new(Problems::default()));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Reader { at: &at, found: &found }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let mut problems = found.into_inner();
    match value {
        Ok(value) => problems.into_result().map(|()| value),
        Err(error) => {
            if problems.0.is_empty() {
                problems.add(
                    "/",
                    format!("the file is not JSON: {error}"),
                    "use the OpenAPI document from the developer portal (All.json)",
                );
            }
            Err(problems)
        }
    }
}

/// The value that is being read.
#[derive(Clone, Copy)]
struct Reader<'a> {
    /// The names and positions on the way to it.
    at: &'a RefCell<Vec<String>>,
    found: &'a RefCell<Problems>,
}

impl Reader<'_> {
    fn pointer(self) -> String {
        let at = self.at.borrow();
        if at.is_empty() { "/".to_owned() } else { at.iter().map(|name| format!("/{}", escape(name))).collect() }
    }

    /// Goes one level deeper. [`Self::leave`] goes back.
    fn enter<E: Error>(self, name: &str) -> Result<(), E> {
        if self.at.borrow().len() >= MAXIMUM_DEPTH {
            self.found.borrow_mut().add(
                self.pointer(),
                format!("the document is nested more than {MAXIMUM_DEPTH} levels deep"),
                "use the OpenAPI document from the developer portal (All.json)",
            );
            return Err(E::custom(TOO_DEEP));
        }
        self.at.borrow_mut().push(name.to_owned());
        Ok(())
    }

    fn leave(self) {
        self.at.borrow_mut().pop();
    }
}

/// The error that ends the reading; the problem says more.
const TOO_DEEP: &str = "nested too deeply";

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        loop {
            self.enter(&array.len().to_string())?;
            let element = elements.next_element_seed(self)?;
            self.leave();
            match element {
                Some(element) => array.push(element),
                None => return Ok(array.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.enter(&name)?;
            let value = members.next_value_seed(self)?;
            self.leave();
            if object.insert(name.clone(), value).is_some() {
                self.found.borrow_mut().add(
                    self.pointer(),
                    format!("`{name}` is there twice, and JSON has no rule for which one counts"),
                    "obtain the document again, or ask the vendor which one is right",
                );
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_it_is() {
        let text = r#"{"a": [1, -2, 2.5, true, null, "ü\n", {}], "b": {"c": 18446744073709551615}}"#;
        assert_eq!(read(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        for text in ["", "{", "{} {}", "<html>", "{\"a\": 1,}"] {
            assert!(read(text).unwrap_err().to_string().contains("the file is not JSON"), "{text}");
        }
    }

    #[test]
    fn every_name_that_is_there_twice_is_reported_with_its_place() {
        let text = r#"{"paths": {"/a": {"get": {}, "get": {}}, "/b": [{"x": 1, "x": 1}]}, "paths": {}}"#;
        let problems = read(text).unwrap_err().to_string();
        for expected in
            ["/paths/~1a: `get` is there twice", "/paths/~1b/0: `x` is there twice", "/: `paths` is there twice"]
        {
            assert!(problems.contains(expected), "{problems}");
        }
        // The same name in two objects, and two names that differ.
        assert!(read(r#"{"a": {"a": 1}, "A": [{"a": 1}, {"a": 1}]}"#).is_ok());
    }

    #[test]
    fn a_document_that_is_too_deep_or_too_long_is_reported() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAXIMUM_DEPTH)).is_ok());
        for depth in [MAXIMUM_DEPTH + 2, 100_000] {
            let problems = read(&nested(depth)).unwrap_err().to_string();
            assert!(problems.contains("nested more than 100 levels deep") && problems.contains("/0/0"), "{problems}");
        }
        let long = format!("\"{}\"", " ".repeat(MAXIMUM_LENGTH));
        assert!(read(&long).unwrap_err().to_string().contains("the limit is"));
    }
}
