//! Reads fields whose names have another letter case in the response than in the OpenAPI document.
//!
//! Observed on live servers: the status of a ticket has `Sort`, which the vendor's document calls `sort`.

use crate::json::object::{Object, Reader, Writer};
use crate::json::property::Property;

/// Reads the value of a name that no field of `object` has exactly, into the field whose name differs only in the case
/// of ASCII letters. If there is no such field, skips the value, because the server adds fields without notice.
///
/// If the input also has the exact name, its value is kept, whatever the order. If one of the two values is `null`, the
/// later one is kept.
#[cold]
#[inline(never)]
pub fn read_other_case<T: Object, R: Reader>(object: &mut T, name: &str, from: &mut R) {
    match unset_field_ignoring_case(object, name) {
        // The exact name calls this function again if `read` does not have all the names that `write` has.
        Some(field) if field != name => object.read(field, from),
        _ => from.skip(),
    }
}

/// Returns the name of the field that is equal to `name`, ignoring ASCII case, unless the field is set.
fn unset_field_ignoring_case<T: Object>(object: &T, name: &str) -> Option<&'static str> {
    let mut finder = NameFinder { name, field: None };
    object.write(&mut finder);
    finder.field.filter(|(_, is_set)| !is_set).map(|(field, _)| field)
}

/// Finds the first field whose name is equal to `name`, ignoring ASCII case, and whether it is set.
struct NameFinder<'a> {
    name: &'a str,
    field: Option<(&'static str, bool)>,
}

impl NameFinder<'_> {
    #[inline(never)]
    fn compare(&mut self, name: &'static str, is_set: bool) {
        if self.field.is_none() && name.eq_ignore_ascii_case(self.name) {
            self.field = Some((name, is_set));
        }
    }
}

impl Writer for NameFinder<'_> {
    // The lengths are compared in the object's `write`, because that excludes most fields without a call.
    #[inline]
    fn field<T: Property>(&mut self, name: &'static str, value: &Option<T>) {
        if name.len() == self.name.len() {
            self.compare(name, value.is_some());
        }
    }

    #[inline]
    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) {
        self.field(name, value);
    }

    #[inline]
    fn secret(&mut self, name: &'static str, _: Option<usize>, value: &Option<String>) {
        self.field(name, value);
    }
}
