//! Patches with typed fields. A misspelt field or a value of the wrong type does not compile.

use chrono::{DateTime as ChronoDateTime, TimeZone};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{PatchKind, PatchOperation};
use crate::fields::field::Field;
use crate::fields::field_types;
use crate::fields::field_types::{Boolean, Enumeration, Integer, Number, Text};
use crate::fields::record::FieldSet;
use crate::json::amount::Amount;
use crate::json::date_text::DateText;
use crate::json::open_enum::OpenEnum;
use crate::json::scalars::Date;
use crate::json::shared::Shared;
use crate::json::to_value::to_value;
use crate::patch::Patch;
use uuid::Uuid;

/// A Rust value that a field of the field type `K` can be set to.
#[diagnostic::on_unimplemented(
    message = "a field of type `{K}` cannot be set to a value of type `{Self}`",
    note = "if the field type is `Opaque` (a list or arbitrary JSON), use `set_object`"
)]
pub trait PatchValue<K> {
    /// Converts the value to JSON.
    ///
    /// # Errors
    ///
    /// Fails for a value that JSON cannot represent, such as infinity.
    fn to_json(&self) -> Result<Value, serde_json::Error>;
}

macro_rules! patch_values {
    ($($field_type:ty: $($type:ty)*, |$value:ident| $json:expr;)*) => {
        $($(impl PatchValue<$field_type> for $type {
            fn to_json(&self) -> Result<Value, serde_json::Error> {
                let $value = self;
                to_value(&$json)
            }
        })*)*
    };
}

patch_values! {
    Text: &str String &String, |value| value;
    field_types::DateText: &str String &String DateText &DateText Date &Date, |value| value;
    Integer: i32 i64, |value| value;
    Number: f64 f32 i32 i64 u32 Amount &Amount, |value| value;
    Number: Decimal, |value| Amount::from(*value);
    Number: &Decimal, |value| Amount::from(**value);
    Boolean: bool, |value| value;
    field_types::Date: Date &Date, |value| value;
    field_types::Uuid: Uuid &Uuid, |value| value;
}

macro_rules! timestamp_patch_values {
    ($($field_type:ty)*) => {
        $(
            impl<Z: TimeZone> PatchValue<$field_type> for ChronoDateTime<Z> {
                fn to_json(&self) -> Result<Value, serde_json::Error> {
                    to_value(&self.to_utc())
                }
            }

            impl<Z: TimeZone> PatchValue<$field_type> for &ChronoDateTime<Z> {
                fn to_json(&self) -> Result<Value, serde_json::Error> {
                    to_value(&self.to_utc())
                }
            }
        )*
    };
}

timestamp_patch_values!(field_types::DateTime field_types::DateText);

impl<E: OpenEnum + Serialize> PatchValue<Enumeration<E>> for E {
    fn to_json(&self) -> Result<Value, serde_json::Error> {
        to_value(self)
    }
}

impl<E: OpenEnum + Serialize> PatchValue<Enumeration<E>> for &E {
    fn to_json(&self) -> Result<Value, serde_json::Error> {
        to_value(self)
    }
}

/// A field with a single value that can be set to a `V`, for [`Patch::set`].
// With one trait for the field and the value, the compiler reports one error instead of two.
#[diagnostic::on_unimplemented(
    message = "`set` cannot set a reference, an object or a list",
    label = "this is not a single value",
    note = "use `set_object`, as in `.set_object(Ticket::fields().company(), Reference::from(5))`"
)]
pub trait ValueField<V>: FieldSet {
    /// Converts the value to JSON.
    ///
    /// # Errors
    ///
    /// Fails for a value that JSON cannot represent, such as infinity.
    fn to_json(value: &V) -> Result<Value, serde_json::Error>;
}

impl<S, K, V: PatchValue<K>> ValueField<V> for Field<S, K> {
    fn to_json(value: &V) -> Result<Value, serde_json::Error> {
        value.to_json()
    }
}

/// A value for [`Patch::set_object`]: one of the generated types, a list, or any JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be set with `set_object`",
    label = "expected a reference, an object, a list of them, a `Vec` or slice of scalars, or any JSON",
    note = "pass a reference, such as `Reference::from(5)` or `Reference::by_name(\"Closed\")`; set a single value \
            with `set`"
)]
pub trait ObjectValue {}

impl ObjectValue for Value {}
impl ObjectValue for Map<String, Value> {}
impl<T: ObjectValue + ?Sized> ObjectValue for &T {}
impl<T: ObjectValue> ObjectValue for Shared<T> {}
impl<T: ObjectValue> ObjectValue for [T] {}
impl<T: ObjectValue> ObjectValue for Vec<T> {}
impl<T: ObjectValue, const N: usize> ObjectValue for [T; N] {}

macro_rules! scalar_lists {
    ($($type:ty)*) => {
        $(impl ObjectValue for Vec<$type> {}
        impl ObjectValue for [$type] {})*
    };
}

scalar_lists!(i32 i64 String &str bool);

impl Patch {
    /// Sets a field of the record: `.set(Ticket::fields().summary(), "New")`.
    ///
    /// A field inside a reference or another object makes the call fail. Observed on live servers: some endpoints
    /// report success for such an update and change nothing. Set the whole reference with
    /// [`set_object`](Self::set_object). If an endpoint is known to accept the path, pass it as text to
    /// [`replace`](Self::replace).
    pub fn set<F: ValueField<V>, V>(self, field: F, value: V) -> Self {
        let path = field.location().path().as_str().to_owned();
        self.with_top_level_field(path, |patch, path| patch.with_result(PatchKind::Replace, path, F::to_json(&value)))
    }

    /// Sets a reference, an object or a list as a whole: `.set_object(Ticket::fields().company(), Reference::from(5))`.
    pub fn set_object<F: FieldSet>(self, field: F, value: impl ObjectValue + Serialize) -> Self {
        let path = field.location().path().as_str().to_owned();
        self.with_top_level_field(path, |patch, path| patch.replace(path, value))
    }

    /// Sends `remove` for a field: `.clear(Ticket::fields().site())`. Observed on live servers: some endpoints clear
    /// text only if it is set to `""`; use [`set`](Self::set) there.
    pub fn clear<F: FieldSet>(self, field: F) -> Self {
        let path = field.location().path().as_str().to_owned();
        self.with_top_level_field(path, Self::remove)
    }

    /// Sets a custom field by its id. Consecutive uses of this method make one patch operation. Custom fields that it
    /// does not name are unchanged. Observed on live servers: the value is a string, a number, a boolean or null, even
    /// if the custom field offers a list of values. A date or timestamp is sent in UTC, as in
    /// [`replace`](Self::replace).
    pub fn custom_field(mut self, id: i32, value: impl Serialize) -> Self {
        const PATH: &str = "customFields";
        let field = match to_value(&value) {
            Ok(value) => json!({"id": id, "value": value}),
            Err(error) => {
                self.problem = self.problem.or(Some((format!("{PATH} (id {id})"), error.to_string())));
                return self;
            }
        };
        let last =
            self.operations.last_mut().filter(|operation| operation.op == PatchKind::Replace && operation.path == PATH);
        if let Some(Value::Array(fields)) = last.and_then(|operation| operation.value.as_mut()) {
            fields.push(field);
        } else {
            self.operations.push(PatchOperation {
                op: PatchKind::Replace,
                path: PATH.to_owned(),
                value: Some(Value::Array(vec![field])),
            });
        }
        self
    }

    fn with_top_level_field(mut self, path: String, change: impl FnOnce(Self, String) -> Self) -> Self {
        if path.contains('/') {
            let problem = "it is inside another object; set that object as a whole, as in \
                           `set_object(…status(), Reference::from(5))`";
            self.problem = self.problem.or(Some((path, problem.to_owned())));
            return self;
        }
        change(self, path)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, Utc};

    use super::*;
    use crate::fields::record::FieldLocation;
    use crate::json::reference::Reference;

    struct TicketFields<S>(FieldLocation<S>);

    impl<S> TicketFields<S> {
        fn new() -> Self {
            Self(FieldLocation::new(crate::conditions::field_path::FieldPath::root()))
        }

        fn value<K>(&self, name: &'static str) -> Field<S, K> {
            self.0.value(name)
        }

        fn company(&self) -> crate::fields::references::FullReference<S> {
            self.0.field("company")
        }
    }

    #[test]
    fn typed_operations_equal_operations_by_path() {
        let ticket = TicketFields::<Reference>::new();
        let patch = Patch::new()
            .set(ticket.value::<Text>("summary"), "New")
            .set(ticket.value::<Number>("budgetHours"), 1.5)
            .set(ticket.value::<field_types::DateTime>("requiredDate"), ChronoDateTime::UNIX_EPOCH)
            .set_object(ticket.company(), Reference::from(5))
            .clear(ticket.value::<Text>("site"))
            .custom_field(3, "x")
            .custom_field(4, true);
        let expected = json!([
            {"op": "replace", "path": "summary", "value": "New"},
            {"op": "replace", "path": "budgetHours", "value": 1.5},
            {"op": "replace", "path": "requiredDate", "value": "1970-01-01T00:00:00Z"},
            {"op": "replace", "path": "company", "value": {"id": 5}},
            {"op": "remove", "path": "site"},
            {"op": "replace", "path": "customFields", "value": [{"id": 3, "value": "x"}, {"id": 4, "value": true}]},
        ]);
        assert_eq!(serde_json::to_value(&patch).unwrap(), expected);
    }

    #[test]
    fn every_setter_sends_dates_in_utc_and_text_unchanged() {
        const TEXT: &str = "2026-06-09T21:59:49+02:00";
        let ticket = TicketFields::<Reference>::new();
        let timestamp: ChronoDateTime<FixedOffset> = TEXT.parse().unwrap();
        let day = timestamp.date_naive();
        let dates = Patch::new()
            .replace("a", timestamp)
            .add("b", timestamp)
            .replace("c", std::collections::BTreeMap::from([("inside", [timestamp])]))
            .set(ticket.value::<field_types::DateTime>("d"), timestamp)
            .set(ticket.value::<field_types::DateTime>("e"), &timestamp)
            .set(ticket.value::<field_types::DateText>("f"), timestamp)
            .custom_field(1, timestamp);
        let days = Patch::new()
            .replace("a", day)
            .set(ticket.value::<field_types::Date>("b"), day)
            .set(ticket.value::<field_types::DateText>("c"), &day)
            .custom_field(1, day);
        for (patch, expected, count) in [(dates, "\"2026-06-09T19:59:49Z\"", 7), (days, "\"2026-06-09T00:00:00Z\"", 4)]
        {
            let sent = String::from_utf8(patch.json().unwrap().to_vec()).unwrap();
            assert!(sent.matches(expected).count() == count && sent.matches("2026").count() == count, "{sent}");
        }
        let texts = Patch::new()
            .replace("a", TEXT)
            .add("b", TEXT.to_owned())
            .replace("c", json!({"inside": [TEXT]}))
            .set(ticket.value::<Text>("d"), TEXT)
            .set(ticket.value::<field_types::DateText>("e"), DateText::from(TEXT))
            .set_object(ticket.company(), json!({"name": TEXT}))
            .custom_field(1, "2026-06-09T21:59:49.123456789Z");
        let sent = String::from_utf8(texts.json().unwrap().to_vec()).unwrap();
        assert!(sent.matches(TEXT).count() == 6 && sent.contains("49.123456789Z"), "{sent}");
    }

    #[test]
    fn invalid_fields_and_values_are_rejected() {
        let ticket = TicketFields::<Reference>::new();
        for patch in [
            Patch::new().set(ticket.company().name(), "Acme"),
            Patch::new().clear(ticket.company().id()),
            Patch::new().custom_field(1, f64::NAN),
            Patch::new().set(ticket.value::<field_types::DateTime>("requiredDate"), ChronoDateTime::<Utc>::MAX_UTC),
            Patch::new().set(ticket.value::<field_types::DateText>("closedDate"), Date::MAX),
            Patch::new().custom_field(1, Date::MIN),
        ] {
            assert!(patch.json().unwrap_err().is_invalid_input(), "{patch:?}");
        }
        let error = Patch::new().set(ticket.company().name(), "Acme").json().unwrap_err().to_string();
        assert!(
            error.contains("patch value of `company/name` cannot be sent")
                && error.contains("set that object as a whole"),
            "{error}"
        );
    }
}
