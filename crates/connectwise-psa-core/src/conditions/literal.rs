//! Literals: the values conditions compare with, each with one way to write it that the server reads back as the same
//! value.

use std::fmt;

use chrono::{DateTime as ChronoDateTime, Datelike as _, TimeZone, Timelike as _, Utc};

use crate::error::Error;
use crate::json::amount::Amount;
use crate::json::digits::Digits;
use crate::json::scalars::{Date, DateTime};

/// A value in a condition.
///
/// Whatever cannot be written in the language cannot be a literal: text with both kinds of quotes or with control
/// characters, numbers that are none, years outside 1 to 9999.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Literal(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Text(String),
    Integer(i64),
    /// Canonical: with a fraction that does not end in 0, or beyond 64 bits.
    Decimal(String),
    Boolean(bool),
    /// To the 100 ns that .NET keeps, in the years 1 to 9999.
    DateTime(DateTime),
    Date(Date),
    Null,
}

/// What a [`Literal`] holds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LiteralValue<'a> {
    /// Text, without quotes.
    Text(&'a str),
    /// A whole number of 64 bits.
    Integer(i64),
    /// Any other number: its digits, without exponent.
    Decimal(&'a str),
    /// true or false.
    Boolean(bool),
    /// A moment.
    DateTime(DateTime),
    /// A day; the server takes its midnight.
    Date(Date),
    /// null.
    Null,
}

impl Literal {
    /// `null`.
    pub const NULL: Self = Self(Repr::Null);

    /// Text.
    ///
    /// # Errors
    ///
    /// Text that cannot be written so that it surely ends where it should. facts: how to write a quote inside a literal
    /// is documented nowhere, so the other kind of quote is used around it, and text with both kinds is refused; so are
    /// control characters. A backslash at the end is refused because a server that took it for an escape would read on
    /// behind the literal.
    pub fn text(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        match unwritable(&text) {
            None => Ok(Self(Repr::Text(text))),
            Some(why) => Err(Error::invalid_input("value", format!("{} {why}", shown(&text)))),
        }
    }

    /// A whole number.
    #[must_use]
    pub const fn integer(number: i64) -> Self {
        Self(Repr::Integer(number))
    }

    /// A number; a whole one becomes an integer.
    ///
    /// # Errors
    ///
    /// Infinity, and what is no number.
    pub fn number(number: f64) -> Result<Self, Error> {
        // Rust prints numbers without exponents and in the fewest digits that are read back as the same number.
        let text = number.to_string();
        Self::digits(&text)
            .ok_or_else(|| Error::invalid_input("value", format!("{text} is no number that can be written")))
    }

    /// A number with a fraction, to the last digit; a whole one becomes an integer.
    ///
    /// # Errors
    ///
    /// An [`Amount`] that is not a number, such as one made from infinity, and one that takes more than 1,000 digits.
    pub fn amount(amount: &Amount) -> Result<Self, Error> {
        let text = amount.to_string();
        let plain = Digits::parse(&text).and_then(|digits| digits.plain());
        let literal = plain.and_then(|digits| Self::digits(&digits));
        literal.ok_or_else(|| {
            Error::invalid_input("value", format!("{} is not a number that can be written", shown(&text)))
        })
    }

    /// A number from `-12.50`; `None` for any other text.
    pub(crate) fn digits(text: &str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            let text = format!("{sign}{whole}");
            return Some(Self(text.parse().map_or(Repr::Decimal(text), Repr::Integer)));
        }
        Some(Self(Repr::Decimal(format!("{sign}{whole}.{fraction}"))))
    }

    /// true or false.
    #[must_use]
    pub const fn boolean(flag: bool) -> Self {
        Self(Repr::Boolean(flag))
    }

    /// A moment of any time zone; written in UTC, to 100 ns.
    ///
    /// # Errors
    ///
    /// Years outside 1 to 9999.
    pub fn date_time<Z: TimeZone>(moment: &ChronoDateTime<Z>) -> Result<Self, Error> {
        let moment = moment.with_timezone(&Utc);
        check_year(moment.year(), &moment)?;
        Ok(Self(Repr::DateTime(in_ticks(moment))))
    }

    /// A day.
    ///
    /// # Errors
    ///
    /// Years outside 1 to 9999.
    pub fn date(date: Date) -> Result<Self, Error> {
        check_year(date.year(), &date)?;
        Ok(Self(Repr::Date(date)))
    }

    /// A day or moment as it stands between brackets: `2025-01-01`, `2025-01-01T10:00:00Z`. What has no offset is in
    /// UTC, an offset is converted. `None` for anything else.
    pub(crate) fn bracketed(text: &str) -> Option<Self> {
        let text = text.trim();
        // Also where it is a day alone: chrono by itself would take `2025- 1- 1`.
        let moment = crate::json::scalars::date_time_from_text(text)?;
        if text.len() == 10 { Self::date(moment.date_naive()).ok() } else { Self::date_time(&moment).ok() }
    }

    /// What it holds.
    #[must_use]
    pub fn value(&self) -> LiteralValue<'_> {
        match &self.0 {
            Repr::Text(text) => LiteralValue::Text(text),
            Repr::Integer(number) => LiteralValue::Integer(*number),
            Repr::Decimal(digits) => LiteralValue::Decimal(digits),
            Repr::Boolean(flag) => LiteralValue::Boolean(*flag),
            Repr::DateTime(moment) => LiteralValue::DateTime(*moment),
            Repr::Date(date) => LiteralValue::Date(*date),
            Repr::Null => LiteralValue::Null,
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0 == Repr::Null
    }

    /// What kind of value it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self.0 {
            Repr::Text(_) => "text",
            Repr::Integer(_) | Repr::Decimal(_) => "a number",
            Repr::Boolean(_) => "true or false",
            Repr::DateTime(_) | Repr::Date(_) => "a date",
            Repr::Null => "null",
        }
    }
}

/// A moment to the 100 ns that .NET keeps. A leap second is the second before it, since no other calendar has one.
pub(crate) fn in_ticks(moment: DateTime) -> DateTime {
    moment.with_nanosecond(moment.nanosecond() % 1_000_000_000 / 100 * 100).unwrap_or(moment)
}

fn check_year(year: i32, shown: &dyn fmt::Display) -> Result<(), Error> {
    if (1..=9999).contains(&year) {
        Ok(())
    } else {
        Err(Error::invalid_input("value", format!("{shown} is outside the years 1 to 9999")))
    }
}

/// Why a text cannot be written as a literal; continues the sentence after the text.
pub(crate) fn unwritable(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        return Some("holds control characters, such as line breaks, which a condition cannot hold");
    }
    if text.contains('"') && text.contains('\'') {
        return Some(
            "holds both kinds of quotes, and a condition has no way to write that; look for a part of it with `contains`",
        );
    }
    // An even number of them is the same to a server that takes backslashes for escapes and to one that does not.
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    (backslashes % 2 == 1).then_some("ends in a backslash, behind which the server may not see the end of the text; look for a part of it with `contains`")
}

/// A text in messages: quoted, and not too long.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        format!("{text:?}")
    } else {
        format!("{:?}…", text.chars().take(MOST).collect::<String>())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Text(text) => {
                let quote = if text.contains('"') { '\'' } else { '"' };
                write!(f, "{quote}{text}{quote}")
            }
            Repr::Integer(number) => write!(f, "{number}"),
            Repr::Decimal(digits) => f.write_str(digits),
            Repr::Boolean(flag) => write!(f, "{flag}"),
            Repr::DateTime(moment) => write!(f, "[{}]", crate::json::scalars::format_date_time(moment)),
            Repr::Date(date) => write!(f, "[{}]", date.format("%Y-%m-%d")),
            Repr::Null => f.write_str("null"),
        }
    }
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_so_that_it_ends_where_it_should() {
        for (text, written) in [
            ("", "\"\""),
            ("it's", "\"it's\""),
            ("a \"b\"", "'a \"b\"'"),
            ("C:\\new", "\"C:\\new\""),
            ("\\\\", "\"\\\\\""),
            ("ä€🖨", "\"ä€🖨\""),
        ] {
            assert_eq!(Literal::text(text).unwrap().to_string(), written);
        }
        for (text, why) in [
            ("a\"b'c", "both kinds of quotes"),
            ("a\nb", "control"),
            ("\0", "control"),
            ("\u{85}", "control"),
            ("C:\\", "backslash"),
        ] {
            let error = Literal::text(text).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn numbers_are_canonical() {
        for (text, written) in [
            ("5", "5"),
            ("-5", "-5"),
            ("007", "7"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            ("00.5", "0.5"),
            ("-12.340", "-12.34"),
            ("9223372036854775808", "9223372036854775808"),
            ("0.1000000000000000055", "0.1000000000000000055"),
        ] {
            let literal = Literal::digits(text).unwrap();
            assert_eq!(literal.to_string(), written);
            assert_eq!(Literal::digits(written), Some(literal));
        }
        for text in ["", "-", "1.", ".5", "1e5", "0x1", "1,000", "+5", "--1", "NaN", "inf"] {
            assert_eq!(Literal::digits(text), None, "{text}");
        }
        assert_eq!(Literal::number(13.0).unwrap(), Literal::integer(13));
        assert_eq!(Literal::number(1e21).unwrap().to_string(), "1000000000000000000000");
        assert_eq!(Literal::number(1e-7).unwrap().to_string(), "0.0000001");
        assert!(Literal::number(f64::NAN).is_err() && Literal::number(f64::NEG_INFINITY).is_err());
        for (text, written) in
            [("1.50", "1.5"), ("123456789012.123456", "123456789012.123456"), ("1E+3", "1000"), ("2e-3", "0.002")]
        {
            assert_eq!(Literal::amount(&text.parse().unwrap()).unwrap().to_string(), written);
        }
        assert!(
            Literal::amount(&Amount::from(f64::NAN)).is_err() && Literal::amount(&"1e9999".parse().unwrap()).is_err()
        );
    }

    #[test]
    fn dates_are_in_utc_and_brackets() {
        for (text, written) in [
            ("2025-01-01", "[2025-01-01]"),
            (" 2016-08-20T18:04:26Z ", "[2016-08-20T18:04:26Z]"),
            ("2025-01-01T10:00:00", "[2025-01-01T10:00:00Z]"),
            ("2025-01-01T10:00", "[2025-01-01T10:00:00Z]"),
            ("2025-01-01T01:00:00+02:00", "[2024-12-31T23:00:00Z]"),
            ("2025-01-01 10:00:00.1234567891", "[2025-01-01T10:00:00.1234567Z]"),
            ("2016-12-31T23:59:60Z", "[2016-12-31T23:59:59Z]"),
        ] {
            let literal = Literal::bracketed(text).unwrap();
            assert_eq!(literal.to_string(), written);
            assert_eq!(Literal::bracketed(written.trim_matches(['[', ']'])), Some(literal));
        }
        for text in [
            "",
            "+2025-1-01",
            "2025- 1- 1",
            "2025-01- 1",
            "today",
            "2025-13-01",
            "2025-1-1",
            "0000-01-01",
            "01/02/2025",
            "2025-01-01T25:00:00Z",
        ] {
            assert_eq!(Literal::bracketed(text), None, "{text}");
        }
        assert!(Literal::date(Date::MAX).unwrap_err().to_string().contains("years 1 to 9999"));
        assert!(Literal::date_time(&DateTime::MIN_UTC).is_err());
    }
}
