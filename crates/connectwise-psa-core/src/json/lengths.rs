//! Lengths: texts against the greatest lengths the description of the API gives, before anything is sent.

use std::convert::Infallible;

use crate::error::Error;
use crate::error::FieldError;
use crate::json::json_path::{Step, push};
use crate::json::object::{Object, Writer};
use crate::json::property::Property;

/// Checks every text of an object, and of the objects inside it, against its greatest length.
///
/// Lengths are counted in UTF-16 code units: facts: the server runs on .NET, whose text length counts them, over a
/// database that stores them, so that one emoji takes two.
///
/// # Errors
///
/// An invalid-input error whose [`field_errors`](Error::field_errors) name each text that is too long, its limit and
/// its length.
pub fn check_lengths<T: Object>(object: &T) -> Result<(), Error> {
    let mut check = LengthCheck::default();
    check_object(object, &mut check);
    check.finish(T::NAME)
}

/// A check of lengths under way.
#[derive(Debug, Default)]
pub struct LengthCheck {
    path: String,
    found: Vec<FieldError>,
}

impl LengthCheck {
    pub(crate) fn inside(&mut self, step: Step<'_>, check: impl FnOnce(&mut Self)) {
        let before = push(&mut self.path, step);
        check(self);
        self.path.truncate(before);
    }

    fn limit(&mut self, name: &str, max_length: usize, text: &str) {
        // A text has at most as many code units as bytes.
        if text.len() <= max_length {
            return;
        }
        let length = text.encode_utf16().count();
        if length > max_length {
            let before = push(&mut self.path, Step::Property(name));
            self.found.push(FieldError {
                code: Some("MaxLengthField".to_owned()),
                message: Some(format!("is {length} characters long, at most {max_length} are allowed")),
                field: Some(self.path.clone()),
                ..FieldError::default()
            });
            self.path.truncate(before);
        }
    }

    fn finish(self, name: &'static str) -> Result<(), Error> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid_fields(name, "holds text that is too long", self.found))
        }
    }
}

/// Checks one object at the current path.
#[doc(hidden)]
pub fn check_object<T: Object>(object: &T, check: &mut LengthCheck) {
    match object.write(check) {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

impl Writer for LengthCheck {
    type Error = Infallible;

    fn member<T: Property>(&mut self, name: &'static str, value: &Option<T>) -> Result<(), Infallible> {
        if let Some(value) = value {
            self.inside(Step::Property(name), |check| value.check_property(check));
        }
        Ok(())
    }

    fn text(&mut self, name: &'static str, max_length: usize, value: &Option<String>) -> Result<(), Infallible> {
        if let Some(text) = value {
            self.limit(name, max_length, text);
        }
        Ok(())
    }

    fn secret(
        &mut self,
        name: &'static str,
        max_length: Option<usize>,
        value: &Option<String>,
    ) -> Result<(), Infallible> {
        match max_length {
            Some(max_length) => self.text(name, max_length, value),
            None => Ok(()),
        }
    }
}
