//! Literals: the values that conditions compare with. Each has one text, which the server reads as the same value.

use std::fmt;

use chrono::{DateTime as ChronoDateTime, Datelike as _, TimeZone, Timelike as _, Utc};

use crate::error::Error;
use crate::json::amount::Amount;
use crate::json::digits::Digits;
use crate::json::scalars::{Date, DateTime};

/// A value in a condition.
///
/// A literal can always be written in the conditions language. Values that cannot are rejected: text with both single
/// and double quotes, with control characters or with an odd number of backslashes at its end; numbers that are not
/// finite or have an exponent beyond ±1,000; years outside 1 to 9999.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Literal(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Text(String),
    Integer(i64),
    /// Canonical: has a fraction that does not end in 0, or does not fit in 64 bits.
    Decimal(String),
    Boolean(bool),
    /// Has the precision of .NET, 100 ns, and a year from 1 to 9999.
    DateTime(DateTime),
    Date(Date),
    Null,
}

/// The value of a [`Literal`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LiteralValue<'a> {
    /// Text, without quotes.
    Text(&'a str),
    /// An integer of 64 bits.
    Integer(i64),
    /// Any other number: its digits, without exponent.
    Decimal(&'a str),
    /// A boolean.
    Boolean(bool),
    /// A timestamp.
    DateTime(DateTime),
    /// A date; the server compares with its midnight in UTC.
    Date(Date),
    /// null.
    Null,
}

impl Literal {
    /// `null`.
    pub const NULL: Self = Self(Repr::Null);

    /// Creates a text literal.
    ///
    /// # Errors
    ///
    /// Fails if the server might read the literal as ending elsewhere. ConnectWise does not document how to write a
    /// quote inside a literal, so the literal is enclosed in the other quote character, and text with both is rejected.
    /// Control characters are rejected too. An odd number of backslashes at the end is rejected because a server that
    /// treats a backslash as an escape would read past the end of the literal.
    pub fn text(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        match unwritable_reason(&text) {
            None => Ok(Self(Repr::Text(text))),
            Some(reason) => Err(Error::invalid_input("value", format!("{} {reason}", excerpt(&text)))),
        }
    }

    /// Creates an integer literal.
    #[must_use]
    pub const fn integer(number: i64) -> Self {
        Self(Repr::Integer(number))
    }

    /// Creates a number literal. A number without a fraction becomes an integer if it fits in 64 bits.
    ///
    /// # Errors
    ///
    /// Fails for infinity and NaN.
    pub fn number(number: f64) -> Result<Self, Error> {
        // Rust prints the fewest digits that parse as the same number, without an exponent.
        let text = number.to_string();
        Self::digits(&text).ok_or_else(|| Error::invalid_input("value", format!("{text} is not a finite number")))
    }

    /// Creates a number literal with all digits of the amount. A number without a fraction becomes an integer if it
    /// fits in 64 bits.
    ///
    /// # Errors
    ///
    /// Fails for an [`Amount`] that is not a number, such as one made from infinity, and for one whose exponent is
    /// beyond ±1,000, because a literal has no exponent.
    pub fn amount(amount: &Amount) -> Result<Self, Error> {
        let text = amount.to_string();
        let plain = Digits::parse(&text).and_then(|digits| digits.plain());
        let literal = plain.and_then(|digits| Self::digits(&digits));
        literal.ok_or_else(|| {
            Error::invalid_input("value", format!("{} is not a number with an exponent within ±1,000", excerpt(&text)))
        })
    }

    /// Parses a number such as `-12.50`. Returns `None` for any other text.
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

    /// Creates a boolean literal.
    #[must_use]
    pub const fn boolean(value: bool) -> Self {
        Self(Repr::Boolean(value))
    }

    /// Creates a timestamp literal from a timestamp of any time zone. It is converted to UTC and truncated to 100 ns.
    ///
    /// # Errors
    ///
    /// Fails for years outside 1 to 9999.
    pub fn date_time<Z: TimeZone>(timestamp: &ChronoDateTime<Z>) -> Result<Self, Error> {
        let timestamp = timestamp.with_timezone(&Utc);
        check_year(timestamp.year(), &timestamp)?;
        Ok(Self(Repr::DateTime(truncated_to_ticks(timestamp))))
    }

    /// Creates a date literal.
    ///
    /// # Errors
    ///
    /// Fails for years outside 1 to 9999.
    pub fn date(date: Date) -> Result<Self, Error> {
        check_year(date.year(), &date)?;
        Ok(Self(Repr::Date(date)))
    }

    /// Parses the date or timestamp between brackets: `2025-01-01`, `2025-01-01T10:00:00Z`. A timestamp with an offset
    /// is converted to UTC; one without an offset is in UTC. Returns `None` for any other text.
    pub(crate) fn bracketed(text: &str) -> Option<Self> {
        let text = text.trim();
        // Plain dates go through this function too: chrono's own parser would accept `2025- 1- 1`.
        let timestamp = crate::json::scalars::date_time_from_text(text)?;
        if text.len() == 10 { Self::date(timestamp.date_naive()).ok() } else { Self::date_time(&timestamp).ok() }
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> LiteralValue<'_> {
        match &self.0 {
            Repr::Text(text) => LiteralValue::Text(text),
            Repr::Integer(number) => LiteralValue::Integer(*number),
            Repr::Decimal(digits) => LiteralValue::Decimal(digits),
            Repr::Boolean(value) => LiteralValue::Boolean(*value),
            Repr::DateTime(timestamp) => LiteralValue::DateTime(*timestamp),
            Repr::Date(date) => LiteralValue::Date(*date),
            Repr::Null => LiteralValue::Null,
        }
    }

    /// Returns whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0 == Repr::Null
    }

    /// Returns the type of the value as messages show it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.0 {
            Repr::Text(_) => "text",
            Repr::Integer(_) | Repr::Decimal(_) => "a number",
            Repr::Boolean(_) => "a boolean",
            Repr::DateTime(_) | Repr::Date(_) => "a date",
            Repr::Null => "null",
        }
    }
}

/// Returns the timestamp truncated to 100 ns, the precision of .NET. A leap second becomes the second before it,
/// because .NET has no leap seconds.
pub(crate) fn truncated_to_ticks(timestamp: DateTime) -> DateTime {
    timestamp.with_nanosecond(timestamp.nanosecond() % 1_000_000_000 / 100 * 100).unwrap_or(timestamp)
}

fn check_year(year: i32, value: &dyn fmt::Display) -> Result<(), Error> {
    if (1..=9999).contains(&year) {
        Ok(())
    } else {
        Err(Error::invalid_input("value", format!("{value} is outside the years 1 to 9999")))
    }
}

/// Returns why a text cannot be a literal, or `None` if it can. The reason follows the text in the message.
pub(crate) fn unwritable_reason(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        return Some("contains a control character, such as a line break, which a condition cannot contain");
    }
    if text.contains('"') && text.contains('\'') {
        return Some(
            "contains both single and double quotes, which a condition cannot express; search for a part of it with \
             `contains`",
        );
    }
    // An even number of backslashes leaves the closing quote unescaped, whether or not the server treats them as
    // escapes.
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    (backslashes % 2 == 1).then_some(
        "ends with a backslash, which the server may read as an escape of the closing quote; search for a part of it \
         with `contains`",
    )
}

/// Returns a text as messages show it: quoted, and cut after 60 characters.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX_LENGTH: usize = 60;
    if text.chars().count() <= MAX_LENGTH {
        format!("{text:?}")
    } else {
        format!("{:?}…", text.chars().take(MAX_LENGTH).collect::<String>())
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
            Repr::Boolean(value) => write!(f, "{value}"),
            Repr::DateTime(timestamp) => write!(f, "[{}]", crate::json::scalars::format_date_time(timestamp)),
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
    fn text_is_quoted_or_rejected() {
        for (text, expected) in [
            ("", "\"\""),
            ("it's", "\"it's\""),
            ("a \"b\"", "'a \"b\"'"),
            ("C:\\new", "\"C:\\new\""),
            ("\\\\", "\"\\\\\""),
            ("ä€🖨", "\"ä€🖨\""),
        ] {
            assert_eq!(Literal::text(text).unwrap().to_string(), expected);
        }
        for (text, expected) in [
            ("a\"b'c", "both single and double quotes"),
            ("a\nb", "control"),
            ("\0", "control"),
            ("\u{85}", "control"),
            ("C:\\", "backslash"),
        ] {
            let error = Literal::text(text).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn numbers_are_canonical() {
        for (text, printed) in [
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
            assert_eq!(literal.to_string(), printed);
            assert_eq!(Literal::digits(printed), Some(literal));
        }
        for text in ["", "-", "1.", ".5", "1e5", "0x1", "1,000", "+5", "--1", "NaN", "inf"] {
            assert_eq!(Literal::digits(text), None, "{text}");
        }
        assert_eq!(Literal::number(13.0).unwrap(), Literal::integer(13));
        assert_eq!(Literal::number(1e21).unwrap().to_string(), "1000000000000000000000");
        assert_eq!(Literal::number(1e-7).unwrap().to_string(), "0.0000001");
        assert!(Literal::number(f64::NAN).is_err() && Literal::number(f64::NEG_INFINITY).is_err());
        for (text, printed) in
            [("1.50", "1.5"), ("123456789012.123456", "123456789012.123456"), ("1E+3", "1000"), ("2e-3", "0.002")]
        {
            assert_eq!(Literal::amount(&text.parse().unwrap()).unwrap().to_string(), printed);
        }
        assert!(
            Literal::amount(&Amount::from(f64::NAN)).is_err() && Literal::amount(&"1e9999".parse().unwrap()).is_err()
        );
    }

    #[test]
    fn dates_are_printed_in_utc_and_brackets() {
        for (text, printed) in [
            ("2025-01-01", "[2025-01-01]"),
            (" 2016-08-20T18:04:26Z ", "[2016-08-20T18:04:26Z]"),
            ("2025-01-01T10:00:00", "[2025-01-01T10:00:00Z]"),
            ("2025-01-01T10:00", "[2025-01-01T10:00:00Z]"),
            ("2025-01-01T01:00:00+02:00", "[2024-12-31T23:00:00Z]"),
            ("2025-01-01 10:00:00.1234567891", "[2025-01-01T10:00:00.1234567Z]"),
            // A leap second, which .NET does not have.
            ("2016-12-31T23:59:60Z", "[2016-12-31T23:59:59Z]"),
        ] {
            let literal = Literal::bracketed(text).unwrap();
            assert_eq!(literal.to_string(), printed);
            assert_eq!(Literal::bracketed(printed.trim_matches(['[', ']'])), Some(literal));
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
