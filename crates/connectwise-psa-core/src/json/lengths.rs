//! Length checks: strings are compared with the maximum lengths of the OpenAPI document before they are sent.

use crate::error::Error;
use crate::error::FieldError;
use crate::json::json_path::{Step, push_step};
use crate::json::object::{Object, Writer};
use crate::json::property::Property;

/// Checks the length of every string of an object and of the objects inside it.
///
/// Lengths are counted in UTF-16 code units, because the server (.NET) and its database count them: an emoji usually
/// counts as two.
///
/// # Errors
///
/// An invalid-input error whose [`field_errors`](Error::field_errors) name each string that is too long, its length and
/// its maximum length.
pub fn check_lengths<T: Object>(object: &T) -> Result<(), Error> {
    let mut check = LengthCheck::default();
    check_object(object, &mut check);
    check.finish(T::NAME)
}

/// The state of a length check: the current path and the strings that are too long.
#[derive(Debug, Default)]
pub struct LengthCheck {
    path: String,
    errors: Vec<FieldError>,
}

impl LengthCheck {
    /// Calls `check` for a value inside the current one.
    pub(crate) fn inside(&mut self, step: Step<'_>, check: impl FnOnce(&mut Self)) {
        let before = push_step(&mut self.path, step);
        check(self);
        self.path.truncate(before);
    }

    fn check_string(&mut self, name: &str, max_length: usize, text: &str) {
        // A string has at most as many UTF-16 code units as UTF-8 bytes.
        if text.len() <= max_length {
            return;
        }
        let length = text.encode_utf16().count();
        if length > max_length {
            let before = push_step(&mut self.path, Step::Property(name));
            self.errors.push(FieldError {
                code: Some("MaxLengthField".to_owned()),
                message: Some(format!("is {length} characters long, at most {max_length} are allowed")),
                field: Some(self.path.clone()),
                ..FieldError::default()
            });
            self.path.truncate(before);
        }
    }

    fn finish(self, name: &'static str) -> Result<(), Error> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid_fields(name, "holds text that is too long", self.errors))
        }
    }
}

/// Checks one object at the current path.
pub(crate) fn check_object<T: Object>(object: &T, check: &mut LengthCheck) {
    object.write(check);
}

impl Writer for LengthCheck {
    fn field<T: Property>(&mut self, name: &'static str, value: &Option<T>) {
        if let Some(value) = value {
            self.inside(Step::Property(name), |check| value.check_property(check));
        }
    }

    fn text(&mut self, name: &'static str, max_length: usize, value: &Option<String>) {
        if let Some(text) = value {
            self.check_string(name, max_length, text);
        }
    }

    fn secret(&mut self, name: &'static str, max_length: Option<usize>, value: &Option<String>) {
        if let Some(max_length) = max_length {
            self.text(name, max_length, value);
        }
    }
}
