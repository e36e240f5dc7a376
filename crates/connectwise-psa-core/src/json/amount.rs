//! Numbers with a fraction, with all their digits.
//!
//! # Why not `arbitrary_precision`
//!
//! serde_json's feature `arbitrary_precision` would also keep every digit of the numbers inside a
//! [`Value`](serde_json::Value). Cargo enables features for the whole program, and this one breaks unrelated code: a
//! number with a fraction can no longer be deserialized through `#[serde(flatten)]`, `#[serde(untagged)]` or
//! `#[serde(tag = …)]` (serde-rs/json issues 505, 721, 1108), and every number needs an allocation. A library must not
//! make that choice for a program. Therefore:
//!
//! - An [`Amount`] reads the digits of the number through serde_json's `RawValue`, and writes them. The feature
//!   `raw_value` changes nothing for other code in the program. Records, conditions, patches and
//!   [`Patch::diff`](crate::patch::Patch::diff) are exact for numbers of any length, and records keep trailing zeros.
//! - A `Value` holds a number with a fraction as `f64`, which preserves up to 15 significant digits. Trailing zeros are
//!   lost, and longer numbers are rounded before this library sees them. A program that needs more in its own JSON can
//!   enable `serde_json/arbitrary_precision` itself: this library works with and without it.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Unexpected};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::json::digits::Digits;
use crate::json::property::Property;
use crate::json::scalars::{RAW_VALUE_TOKEN, Scalar, ScalarVisitor};

/// A number with a fraction, such as an amount of money, hours or a quantity: exact, however many digits it has.
///
/// [`decimal`](Self::decimal) returns a [`Decimal`] for calculations. Records have amounts instead of decimals, so that
/// every number from the server can be read. A number that a [`Decimal`] cannot hold (more than 28 digits, or beyond
/// 7.9 × 10²⁸) is kept with all its digits, is written back with the same digits, and can still be compared and
/// printed.
///
/// Amounts convert from decimals, integers, `f32` and `f64` (with the fewest digits that identify the float: `0.1_f64`
/// becomes 0.1), and are parsed from strings. They are compared by value: 1.5 equals 1.50. They serialize to JSON with
/// all their digits.
///
/// ```
/// use connectwise_psa_core::json::{Amount, Decimal};
///
/// let [one, other]: [Amount; 2] = serde_json::from_str("[0.1, 0.20]")?;
/// let sum: Option<Decimal> = one.decimal().zip(other.decimal()).map(|(one, other)| one + other);
/// assert_eq!(serde_json::to_string(&sum.map(Amount::from))?, "0.30");
/// assert_eq!(Amount::from(0.3), "0.30".parse::<Amount>()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Pass an amount, not a [`Decimal`], to functions that take any serializable value, such as
/// [`Patch::replace`](crate::patch::Patch::replace): a decimal implements `Serialize` only if another crate enables its
/// feature `serde`, and then serializes as a string.
#[derive(Clone)]
pub struct Amount(Repr);

#[derive(Clone)]
enum Repr {
    Decimal(Decimal),
    /// A number that a decimal cannot hold, as JSON; or infinity or NaN from an `f64`, which cannot be serialized.
    Text(Box<str>),
}

impl Amount {
    /// Returns the number as a [`Decimal`]; `None` if a decimal cannot hold it exactly.
    #[must_use]
    pub fn decimal(&self) -> Option<Decimal> {
        match self.0 {
            Repr::Decimal(decimal) => Some(decimal),
            Repr::Text(_) => None,
        }
    }

    fn from_digits(digits: &Digits<'_>) -> Self {
        Self(digits.decimal().map_or_else(|| Repr::Text(digits.json().into()), Repr::Decimal))
    }

    /// Calls `compare` with the digits of both amounts, if both are finite numbers.
    fn with_digits<T>(&self, other: &Self, compare: impl FnOnce(Digits<'_>, Digits<'_>) -> T) -> Option<T> {
        let (one, other) = (self.to_string(), other.to_string());
        Some(compare(Digits::parse(&one)?, Digits::parse(&other)?))
    }
}

impl Default for Amount {
    /// Returns 0.
    fn default() -> Self {
        Self(Repr::Decimal(Decimal::ZERO))
    }
}

impl From<Decimal> for Amount {
    fn from(decimal: Decimal) -> Self {
        Self(Repr::Decimal(decimal))
    }
}

macro_rules! from_integers {
    ($($type:ty)*) => {
        $(impl From<$type> for Amount {
            fn from(number: $type) -> Self {
                Self(Repr::Decimal(Decimal::from(number)))
            }
        })*
    };
}

from_integers!(i8 i16 i32 i64 u8 u16 u32 u64 usize isize);

macro_rules! from_floats {
    ($($type:ty)*) => {
        $(impl From<$type> for Amount {
            /// Converts with the fewest digits that identify the number. Infinity and NaN cannot be serialized: a call
            /// that sends them fails.
            fn from(number: $type) -> Self {
                let text = number.to_string();
                match Digits::parse(&text) {
                    Some(digits) => Self::from_digits(&digits),
                    None => Self(Repr::Text(text.into())),
                }
            }
        })*
    };
}

from_floats!(f32 f64);

impl FromStr for Amount {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = Digits::parse(text.trim())
            .ok_or_else(|| Error::invalid_input("amount", format!("{text:?} is not a number")))?;
        Ok(Self::from_digits(&digits))
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Decimal(one), Repr::Decimal(other)) => one == other,
            (Repr::Text(one), Repr::Text(other)) if one == other => true,
            _ => self.with_digits(other, |one, other| one == other).unwrap_or(false),
        }
    }
}

impl PartialEq<Decimal> for Amount {
    fn eq(&self, other: &Decimal) -> bool {
        self.decimal().as_ref() == Some(other)
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (&self.0, &other.0) {
            (Repr::Decimal(one), Repr::Decimal(other)) => Some(one.cmp(other)),
            (Repr::Text(one), Repr::Text(other)) if one == other => Some(Ordering::Equal),
            _ => self.with_digits(other, |one, other| one.cmp(&other)),
        }
    }
}

/// Formats the number with all its digits, trailing zeros included. A number that no decimal can hold keeps its
/// exponent: `1e400`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Decimal(decimal) => fmt::Display::fmt(decimal, f),
            Repr::Text(text) => f.pad(text),
        }
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Scalar for Amount {
    const EXPECTED: &'static str = "a number";

    fn from_text(text: &str) -> Option<Self> {
        Digits::parse(text).map(|digits| Self::from_digits(&digits))
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(Self::from(number))
    }

    fn from_large_integer(number: u64) -> Option<Self> {
        Some(Self::from(number))
    }

    fn from_number(number: f64) -> Option<Self> {
        number.is_finite().then(|| Self::from(number))
    }
}

/// A number that serializes to the same digits as a decimal.
enum ShortNumber {
    Integer(i64),
    Float(f64),
}

/// Returns the number that serializes to the same digits as the decimal, if the decimal is short enough to know this
/// without serializing the number.
fn short_number(decimal: Decimal) -> Option<ShortNumber> {
    // A mantissa below 10^15 and these powers of ten are exact as `f64`. So the quotient is the float nearest to the
    // decimal, and a decimal of up to 15 digits is the shortest text for it.
    const LIMIT: u64 = 1_000_000_000_000_000;
    const POWERS: [f64; 5] = [1.0, 1e1, 1e2, 1e3, 1e4];
    let mantissa = i64::try_from(decimal.mantissa()).ok()?;
    // A zero with a sign, and a fraction that ends with a zero, are not what the number serializes to.
    if mantissa == 0 && decimal.is_sign_negative() {
        return None;
    }
    match decimal.scale() {
        0 => Some(ShortNumber::Integer(mantissa)),
        scale if scale > 1 && mantissa % 10 == 0 => None,
        scale if mantissa.unsigned_abs() < LIMIT => {
            POWERS.get(usize::try_from(scale).ok()?).map(|power| ShortNumber::Float(mantissa as f64 / power))
        }
        _ => None,
    }
}

impl Property for Amount {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        // serde_json passes the text of the value to the visitor. Other formats, and serde's
        // internal buffer for `flatten` and `untagged`, pass a number.
        from.deserialize_newtype_struct(RAW_VALUE_TOKEN, ScalarVisitor::<Self>(PhantomData))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // Writes an `i64` or `f64` if it serializes to the same digits: every format supports these types, but only
        // serde_json supports `RawValue`.
        match self.decimal().and_then(short_number) {
            Some(ShortNumber::Integer(number)) => return to.serialize_i64(number),
            Some(ShortNumber::Float(number)) => return to.serialize_f64(number),
            None => {}
        }
        let text = self.to_string();
        if let Ok(number) = text.parse::<f64>()
            && serde_json::to_string(&number).is_ok_and(|written| written == text)
        {
            return to.serialize_f64(number);
        }
        match serde_json::from_str::<&RawValue>(&text) {
            Ok(raw) => raw.serialize(to),
            Err(_) => Err(S::Error::custom(format_args!("{text} is not a number that JSON can represent"))),
        }
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.write_property(to)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read_property(from)?.ok_or_else(|| serde::de::Error::invalid_type(Unexpected::Unit, &"a number"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Amount {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn numbers_round_trip() {
        for text in [
            "0",
            "5",
            "-5",
            "1.5",
            "1.50",
            "0.00",
            "0.30000000000000004",
            "123456789012.123456",
            "79228162514264337593543950335",
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
            "12345678901234567890.12345678901234567890",
            "-922337203685477580.8",
            "-922337203685477.5808",
            "-9223372036854775808",
            "-0.0000001",
            "1e400",
        ] {
            assert_eq!(serde_json::to_string(&read(text)).unwrap(), text);
            assert_eq!(serde_json::to_string(&read(&format!(" \"{text}\" "))).unwrap(), text, "in quotes");
            assert_eq!(read(text).to_string(), text);
        }
        for (text, written) in [
            ("1E+3", "1000"),
            ("2.50e1", "25.0"),
            ("\" +5 \"", "5"),
            ("\".5\"", "0.5"),
            ("\"1\\u002e5\"", "1.5"),
            ("-0.0", "0.0"),
        ] {
            assert_eq!(serde_json::to_string(&read(text)).unwrap(), written, "{text}");
        }
    }

    #[test]
    fn short_numbers_serialize_to_the_digits_of_their_decimal() {
        let mantissas = [0, 1, 5, 9, 10, 19, 99, 100, 101, 12_345, 99_999, 1_000_001, 999_999_999_999_999];
        let mut short = 0;
        let long = [100_000_000_000_000, 1_000_000_000_000_000, i64::MAX, i64::MIN];
        for mantissa in mantissas.into_iter().chain(long).flat_map(|one| [one, one.wrapping_neg()]) {
            for scale in 0..=6 {
                let decimal = Decimal::new(mantissa, scale);
                let written = match short_number(decimal) {
                    Some(ShortNumber::Integer(number)) => serde_json::to_string(&number).unwrap(),
                    Some(ShortNumber::Float(number)) => serde_json::to_string(&number).unwrap(),
                    None => continue,
                };
                assert_eq!(written, decimal.to_string());
                short += 1;
            }
        }
        // 34 at the scale 0, 28 at the scale 1, and 20 at each of the scales 2 to 4.
        assert_eq!(short, 122);
        assert!(short_number(-Decimal::ZERO).is_none() && short_number(Decimal::new(150, 2)).is_none());
    }

    #[test]
    fn a_number_that_a_decimal_cannot_hold_is_kept() {
        let large = read("1e400");
        assert_eq!(large.decimal(), None);
        assert!(large > read("79228162514264337593543950336") && large == read("10e399") && large != read("1e401"));
        assert_eq!(read("79228162514264337593543950335").decimal(), Some(Decimal::MAX));
    }

    #[test]
    fn values_that_are_not_numbers_are_rejected() {
        for (text, message) in [
            ("true", "invalid value: boolean `true`, expected a number"),
            ("\"1,234.50\"", "invalid value: string \"1,234.50\", expected a number"),
            ("{}", "invalid type: map, expected a number"),
            ("[1]", "invalid type: sequence, expected a number"),
            ("null", "invalid type: null, expected a number"),
        ] {
            let error = serde_json::from_str::<Amount>(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = serde_json::to_string(&Amount::from(number)).unwrap_err().to_string();
            assert_eq!(error, format!("{number} is not a number that JSON can represent"));
        }
        assert!("ten".parse::<Amount>().unwrap_err().is_invalid_input());
    }

    #[test]
    fn sums_of_decimals_are_exact() {
        let sum = Amount::from(0.1).decimal().unwrap() + Amount::from(0.2).decimal().unwrap();
        assert_eq!(serde_json::to_string(&Amount::from(sum)).unwrap(), "0.3");
        assert_eq!(Amount::from(sum), Amount::from(0.3));
        assert_eq!(Amount::from(1.1_f32), Amount::from(1.1_f64));
        assert_eq!(Amount::from(u64::MAX).to_string(), u64::MAX.to_string());
    }

    #[test]
    fn json_values_keep_15_digits() {
        let value: Value =
            serde_json::from_str("[0.1, 999999999999.999, 5, 5.0, \"1.50\", 18446744073709551615]").unwrap();
        let amounts: Vec<Amount> = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_string(&amounts).unwrap(), "[0.1,999999999999.999,5,5.0,1.50,18446744073709551615]");
        assert_eq!(serde_json::to_value(Amount::from(0.3)).unwrap(), json!(0.3));
        assert_eq!(serde_json::to_value(Amount::from(5)).unwrap(), json!(5));
    }

    #[test]
    fn amounts_deserialize_from_serde_buffers() {
        #[derive(serde::Deserialize)]
        struct Inner {
            amount: Amount,
        }
        #[derive(serde::Deserialize)]
        struct Outer {
            #[serde(flatten)]
            inner: Inner,
        }
        let outer: Outer = serde_json::from_str(r#"{"amount": 1.5}"#).unwrap();
        assert_eq!(outer.inner.amount, Amount::from(1.5));
    }
}
