//! The field types, and the Rust values that fields of each can be compared with. References to these values can be
//! passed too.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime as ChronoDateTime, TimeZone};
use rust_decimal::Decimal;

use crate::conditions::comparison::Operator;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::json::amount::Amount;
use crate::json::open_enum::OpenEnum;

/// A field type whose fields can be compared.
pub trait FieldType {
    /// Returns the literal to send in a comparison with `<`, `<=`, `>` or `>=`. Timestamps are rounded to whole
    /// seconds.
    fn bound(_operator: Operator, value: Literal) -> Literal {
        value
    }
}

/// A field type with an order: numbers, dates and timestamps.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` has no order",
    note = "only numbers, dates and timestamps can be compared with lt, le, gt and ge"
)]
pub trait Ordered: FieldType {}

/// A field type that `contains` and `like` can search.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` is not text",
    note = "only text can be compared with contains, like, starts_with and ends_with"
)]
pub trait TextLike: FieldType {}

/// A Rust value that fields of the field type `K` can be compared with by `eq`, `ne`, `is_in` and `not_in`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{K}` cannot be compared with a value of type `{Self}`",
    note = "text is compared with strings, numbers with numbers, enums with values of their own type, such as \
            `SeverityLevel::High`, and dates and timestamps with `DateTime` or `Date`"
)]
pub trait ValueOf<K> {
    /// Converts the value to a literal.
    ///
    /// # Errors
    ///
    /// Fails if the value has no literal in the conditions language.
    fn literal(self) -> Result<Literal, InvalidLiteral>;
}

/// A Rust value that fields of the field type `K` can be compared with by `lt`, `le`, `gt` and `ge`: a number, a date
/// or a timestamp.
#[diagnostic::on_unimplemented(
    message = "a field of type `{K}` cannot be ordered against a value of type `{Self}`",
    note = "lt, le, gt and ge compare numbers with numbers, and dates and timestamps with connectwise_psa::DateTime or \
            connectwise_psa::Date"
)]
pub trait ComparableTo<K>: ValueOf<K> {}

/// The reason why a value has no literal in the conditions language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLiteral(pub(crate) String);

impl fmt::Display for InvalidLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! field_types {
    ($($(#[$meta:meta])* $field_type:ident: $($trait:ident)*;)*) => {
        $(
            $(#[$meta])*
            #[derive(Debug)]
            #[non_exhaustive]
            pub struct $field_type;
            $(impl $trait for $field_type {})*
        )*
    };
}

field_types! {
    /// Text, compared with strings.
    Text: FieldType TextLike;
    /// An integer, compared with any Rust integer of up to 64 bits.
    Integer: FieldType Ordered;
    /// A number that can have a fraction, compared with integers, `f32`, `f64`, `Decimal` and [`Amount`].
    Number: FieldType Ordered;
    /// A boolean, compared with `bool`.
    Boolean: FieldType;
    /// A timestamp, compared with dates and timestamps.
    DateTime: Ordered;
    /// A date, compared with dates and timestamps.
    Date: Ordered;
    /// A UUID, compared with UUIDs, which are sent as text.
    Uuid: FieldType;
    /// A date that the OpenAPI document declares as text without a format. It is unknown whether the server compares it
    /// as text or as a date, so it can be compared with strings, dates and timestamps.
    DateText: Ordered TextLike;
    /// The value of a custom field, which can have any type: compared with strings, numbers, booleans, dates and
    /// timestamps.
    Dynamic: Ordered TextLike;
    /// A field that can be selected but not compared: a list, a whole object, any JSON.
    Opaque: ;
}

/// Text that is one of the values of the enum `E`, compared with values of `E`.
#[derive(Debug)]
pub struct Enumeration<E>(PhantomData<fn() -> E>);

impl<E> FieldType for Enumeration<E> {}

macro_rules! dated_field_types {
    ($($field_type:ident)*) => {
        $(impl FieldType for $field_type {
            fn bound(operator: Operator, value: Literal) -> Literal {
                whole_second(operator, value)
            }
        })*
    };
}

dated_field_types!(DateTime Date DateText Dynamic);

/// Returns a bound rounded to whole seconds: lower bounds down and upper bounds up, so the comparison misses no record.
/// Observed on live servers: the endpoints of schedule entries and time entries reject fractions of a second.
fn whole_second(operator: Operator, value: Literal) -> Literal {
    let LiteralValue::DateTime(timestamp) = value.value() else { return value };
    let whole = chrono::DateTime::from_timestamp(timestamp.timestamp(), 0).unwrap_or(timestamp);
    let is_upper = matches!(operator, Operator::Less | Operator::LessOrEqual);
    let bound = if is_upper && whole != timestamp {
        whole.checked_add_signed(chrono::TimeDelta::seconds(1)).unwrap_or(timestamp)
    } else {
        whole
    };
    Literal::date_time(&bound).unwrap_or(value)
}

macro_rules! values {
    ($($field_type:ident: $($type:ty)*, |$value:ident| $literal:expr;)*) => {
        $($(impl ValueOf<$field_type> for $type {
            fn literal(self) -> Result<Literal, InvalidLiteral> {
                let $value = self;
                $literal
            }
        })*)*
    };
}

values! {
    Text: &str String Cow<'_, str>, |value| text(value);
    DateText: &str String Cow<'_, str>, |value| text(value);
    Dynamic: &str String Cow<'_, str>, |value| text(value);
    Integer: i64, |value| Ok(Literal::integer(value));
    Number: i64, |value| Ok(Literal::integer(value));
    Dynamic: i64, |value| Ok(Literal::integer(value));
    Integer: i8 i16 i32 u8 u16 u32, |value| Ok(Literal::integer(value.into()));
    Number: i8 i16 i32 u8 u16 u32, |value| Ok(Literal::integer(value.into()));
    Dynamic: i8 i16 i32 u8 u16 u32, |value| Ok(Literal::integer(value.into()));
    Integer: u64 usize isize, |value| wide_integer(value);
    Number: u64 usize isize, |value| wide_integer(value);
    Dynamic: u64 usize isize, |value| wide_integer(value);
    Number: f64, |value| number(value);
    Dynamic: f64, |value| number(value);
    Number: Decimal, |value| amount(&value.into());
    Dynamic: Decimal, |value| amount(&value.into());
    Number: Amount, |value| amount(&value);
    Dynamic: Amount, |value| amount(&value);
    Number: f32, |value| single_precision(value);
    Dynamic: f32, |value| single_precision(value);
    Boolean: bool, |value| Ok(Literal::boolean(value));
    Dynamic: bool, |value| Ok(Literal::boolean(value));
    Uuid: uuid::Uuid, |value| text(value.to_string());
    DateText: crate::json::date_text::DateText, |value| date_or_text(value);
    Dynamic: crate::json::date_text::DateText, |value| date_or_text(value);
    DateTime: crate::json::scalars::Date, |value| date(value);
    Date: crate::json::scalars::Date, |value| date(value);
    DateText: crate::json::scalars::Date, |value| date(value);
    Dynamic: crate::json::scalars::Date, |value| date(value);
}

macro_rules! timestamp_values {
    ($($field_type:ident)*) => {
        $(
            impl<Z: TimeZone> ValueOf<$field_type> for ChronoDateTime<Z> {
                fn literal(self) -> Result<Literal, InvalidLiteral> {
                    timestamp(&self)
                }
            }

            impl<Z: TimeZone> ComparableTo<$field_type> for ChronoDateTime<Z> {}

            impl ComparableTo<$field_type> for crate::json::scalars::Date {}
        )*
    };
}

timestamp_values!(DateTime Date DateText Dynamic);

/// Converts an enum value to a literal, for the implementations of [`open_enum!`](crate::open_enum!).
#[doc(hidden)]
pub fn enum_literal<E: OpenEnum>(value: &E) -> Result<Literal, InvalidLiteral> {
    text(value.as_str())
}

impl<K, V: ValueOf<K> + Clone> ValueOf<K> for &V {
    fn literal(self) -> Result<Literal, InvalidLiteral> {
        self.clone().literal()
    }
}

impl<K, V: ComparableTo<K> + Clone> ComparableTo<K> for &V {}

macro_rules! bounds {
    ($($field_type:ident: $($type:ty)*;)*) => {
        $($(impl ComparableTo<$field_type> for $type {})*)*
    };
}

bounds! {
    Integer: i8 i16 i32 i64 u8 u16 u32 u64 usize isize;
    Number: i8 i16 i32 i64 u8 u16 u32 u64 usize isize f32 f64 Decimal Amount;
    Dynamic: i8 i16 i32 i64 u8 u16 u32 u64 usize isize f32 f64 Decimal Amount;
}

fn text(value: impl Into<String>) -> Result<Literal, InvalidLiteral> {
    let value = value.into();
    match crate::conditions::literal::unwritable_reason(&value) {
        None => Literal::text(value).map_err(|error| InvalidLiteral(error.to_string())),
        Some(reason) => Err(InvalidLiteral(format!("{}: it {reason}", crate::conditions::literal::excerpt(&value)))),
    }
}

/// Converts an integer that may exceed `i64`. Such a number becomes a decimal literal.
fn wide_integer(value: impl fmt::Display) -> Result<Literal, InvalidLiteral> {
    let digits = value.to_string();
    Literal::digits(&digits).ok_or(InvalidLiteral(digits))
}

/// Converts an `f32` through its shortest decimal digits, because a direct conversion to `f64` would add digits.
fn single_precision(value: f32) -> Result<Literal, InvalidLiteral> {
    number(value.to_string().parse().unwrap_or(f64::from(value)))
}

fn number(value: f64) -> Result<Literal, InvalidLiteral> {
    Literal::number(value).map_err(|_| InvalidLiteral(format!("{value}, which is not a finite number")))
}

fn amount(value: &Amount) -> Result<Literal, InvalidLiteral> {
    Literal::amount(value)
        .map_err(|_| InvalidLiteral(format!("{value}, which is not a number with an exponent within ±1,000")))
}

/// Converts to a timestamp literal if the text is a date, and to a text literal otherwise.
fn date_or_text(value: crate::json::date_text::DateText) -> Result<Literal, InvalidLiteral> {
    match value.date_time() {
        Some(value) => timestamp(&value),
        None => text(value),
    }
}

fn date(value: crate::json::scalars::Date) -> Result<Literal, InvalidLiteral> {
    Literal::date(value).map_err(|_| InvalidLiteral(format!("{value}, which is outside the years 1 to 9999")))
}

fn timestamp<Z: TimeZone>(value: &ChronoDateTime<Z>) -> Result<Literal, InvalidLiteral> {
    Literal::date_time(value)
        .map_err(|_| InvalidLiteral(format!("{}, which is outside the years 1 to 9999", value.to_utc())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_outwards_to_whole_seconds() {
        let at = |text: &str| Literal::bracketed(text).unwrap();
        for (operator, value, bound) in [
            (Operator::Greater, "2025-01-01T10:00:00.5Z", "[2025-01-01T10:00:00Z]"),
            (Operator::GreaterOrEqual, "2025-01-01T10:00:00.9999999Z", "[2025-01-01T10:00:00Z]"),
            (Operator::Less, "2025-01-01T10:00:00.5Z", "[2025-01-01T10:00:01Z]"),
            (Operator::LessOrEqual, "2025-12-31T23:59:59.1Z", "[2026-01-01T00:00:00Z]"),
            (Operator::Less, "2025-01-01T10:00:00Z", "[2025-01-01T10:00:00Z]"),
            (Operator::Greater, "1969-12-31T23:59:59.5Z", "[1969-12-31T23:59:59Z]"),
            (Operator::Less, "9999-12-31T23:59:59.5Z", "[9999-12-31T23:59:59.5Z]"),
            (Operator::Less, "2025-01-01", "[2025-01-01]"),
        ] {
            assert_eq!(whole_second(operator, at(value)).to_string(), bound, "{value}");
        }
    }
}
