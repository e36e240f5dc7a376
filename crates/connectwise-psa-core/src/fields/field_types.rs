//! The kinds of typed fields, and the Rust values that each can be compared with.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime as ChronoDateTime, TimeZone};
use rust_decimal::Decimal;

use crate::conditions::comparison::Operator;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::json::amount::Amount;
use crate::json::open_enum::OpenEnum;

/// A kind of field that can be compared.
pub trait FieldType {
    /// The value that an ordering comparison is made with.
    fn bound(_operator: Operator, value: Literal) -> Literal {
        value
    }
}

/// Kinds with an order: numbers and dates.
#[diagnostic::on_unimplemented(
    message = "a field of the kind {Self} has no order",
    note = "numbers and dates can be compared with lt, le, gt and ge"
)]
pub trait Ordered: FieldType {}

/// Kinds whose text has parts: `contains` and `like`.
#[diagnostic::on_unimplemented(
    message = "a field of the kind {Self} is no text",
    note = "text can be compared with contains, like, starts_with and ends_with"
)]
pub trait TextLike: FieldType {}

/// A Rust value that fields of a kind can be compared with.
#[diagnostic::on_unimplemented(
    message = "a field of the kind {K} cannot be compared with a value of the type {Self}",
    note = "enums are compared with values of their own type, such as `SeverityLevel::High`; dates with `DateTime` or `Date`"
)]
pub trait ValueOf<K> {
    /// The value as it is written, or why it cannot be.
    ///
    /// # Errors
    ///
    /// Why it cannot be written.
    fn literal(self) -> Result<Literal, InvalidLiteral>;
}

/// A Rust value that fields of a kind can be compared with by `lt`, `le`, `gt` and `ge`: numbers and dates, not text.
#[diagnostic::on_unimplemented(
    message = "a field of the kind {K} has no order against a value of the type {Self}",
    note = "give dates as connectwise_psa::DateTime or connectwise_psa::Date"
)]
pub trait ComparableTo<K>: ValueOf<K> {}

/// Why a value cannot be written in a condition.
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
    /// Text.
    Text: FieldType TextLike;
    /// A whole number.
    Integer: FieldType Ordered;
    /// A number with a fraction.
    Number: FieldType Ordered;
    /// true or false.
    Boolean: FieldType;
    /// A moment.
    DateTime: Ordered;
    /// A day; compared with days and moments.
    Date: Ordered;
    /// A UUID, compared as text.
    Uuid: FieldType;
    /// A date that the description of the API has as text without a format, so that it is open whether the server
    /// compares it as text or as a date.
    DateText: Ordered TextLike;
    /// The value of a custom field, which can be of any kind.
    Dynamic: Ordered TextLike;
    /// What can be selected and not compared: lists, whole objects, JSON of any shape.
    Opaque: ;
}

/// One of the texts of an enum.
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

/// A bound without fraction of a second, which some endpoints refuse: facts: schedule and time entries. Lower bounds go
/// down and upper bounds up, so that no record is lost.
fn whole_second(operator: Operator, value: Literal) -> Literal {
    let LiteralValue::DateTime(moment) = value.value() else { return value };
    let whole = chrono::DateTime::from_timestamp(moment.timestamp(), 0).unwrap_or(moment);
    let is_upper = matches!(operator, Operator::Less | Operator::LessOrEqual);
    let bound = if is_upper && whole != moment {
        whole.checked_add_signed(chrono::TimeDelta::seconds(1)).unwrap_or(moment)
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
    Integer: u64 usize isize, |value| large(value);
    Number: u64 usize isize, |value| large(value);
    Dynamic: u64 usize isize, |value| large(value);
    Number: f64, |value| number(value);
    Dynamic: f64, |value| number(value);
    Number: Decimal, |value| amount(&value.into());
    Dynamic: Decimal, |value| amount(&value.into());
    Number: Amount, |value| amount(&value);
    Dynamic: Amount, |value| amount(&value);
    Number: f32, |value| short_number(value);
    Dynamic: f32, |value| short_number(value);
    Boolean: bool, |value| Ok(Literal::boolean(value));
    Dynamic: bool, |value| Ok(Literal::boolean(value));
    Uuid: uuid::Uuid, |value| text(value.to_string());
    DateText: crate::json::date_text::DateText, |value| date_or_text(value);
    Dynamic: crate::json::date_text::DateText, |value| date_or_text(value);
    DateTime: crate::json::scalars::Date, |value| day(value);
    Date: crate::json::scalars::Date, |value| day(value);
    DateText: crate::json::scalars::Date, |value| day(value);
    Dynamic: crate::json::scalars::Date, |value| day(value);
}

macro_rules! moments {
    ($($field_type:ident)*) => {
        $(
            impl<Z: TimeZone> ValueOf<$field_type> for ChronoDateTime<Z> {
                fn literal(self) -> Result<Literal, InvalidLiteral> {
                    moment(&self)
                }
            }

            impl<Z: TimeZone> ComparableTo<$field_type> for ChronoDateTime<Z> {}

            impl ComparableTo<$field_type> for crate::json::scalars::Date {}
        )*
    };
}

moments!(DateTime Date DateText Dynamic);

/// The text of an enum as a literal, for the impls that [`open_enum!`](crate::open_enum!) makes.
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
    match crate::conditions::literal::unwritable(&value) {
        None => Literal::text(value).map_err(|error| InvalidLiteral(error.to_string())),
        Some(why) => Err(InvalidLiteral(format!("{}: it {why}", crate::conditions::literal::shown(&value)))),
    }
}

/// A whole number that may be larger than the language's, which is as large as its digits.
fn large(value: impl fmt::Display) -> Result<Literal, InvalidLiteral> {
    let digits = value.to_string();
    Literal::digits(&digits).ok_or(InvalidLiteral(digits))
}

/// A number of 32 bits, by its own digits: as one of 64 bits it would be another.
fn short_number(value: f32) -> Result<Literal, InvalidLiteral> {
    number(value.to_string().parse().unwrap_or(f64::from(value)))
}

fn number(value: f64) -> Result<Literal, InvalidLiteral> {
    Literal::number(value).map_err(|_| InvalidLiteral(format!("{value}, which is no number that can be written")))
}

fn amount(value: &Amount) -> Result<Literal, InvalidLiteral> {
    Literal::amount(value).map_err(|_| InvalidLiteral(format!("{value}, which is not a number that can be written")))
}

/// As the date that it is, so that the server compares instants; any other text as it is.
fn date_or_text(value: crate::json::date_text::DateText) -> Result<Literal, InvalidLiteral> {
    match value.date_time() {
        Some(instant) => moment(&instant),
        None => text(value),
    }
}

fn day(value: crate::json::scalars::Date) -> Result<Literal, InvalidLiteral> {
    Literal::date(value).map_err(|_| InvalidLiteral(format!("{value}, which is outside the years 1 to 9999")))
}

fn moment<Z: TimeZone>(value: &ChronoDateTime<Z>) -> Result<Literal, InvalidLiteral> {
    Literal::date_time(value)
        .map_err(|_| InvalidLiteral(format!("{}, which is outside the years 1 to 9999", value.to_utc())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_lose_their_fraction_and_no_record() {
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
