//! Decimal numbers of any length, parsed from text, which are compared and converted without rounding.

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// The largest exponent, positive or negative, that is written out as digits.
const MAX_PLAIN_DIGITS: usize = 1000;

/// A number as decimal digits. Two numbers are equal if their values are equal: `1.50` equals `15e-1`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits<'a> {
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// The value is `whole.fraction` times ten to this power. An exponent that does not fit is clamped to
    /// `-i64::MAX` or `i64::MAX`.
    exponent: i64,
    /// The text of the exponent, to format a clamped one.
    exponent_text: &'a str,
}

impl<'a> Digits<'a> {
    /// Parses a number such as `-12.50`, `.5`, `5.`, `+5` or `1E+3`; `None` for other text, including infinity.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent, exponent_text) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?, exponent.trim_start_matches('+')),
            None => (rest, 0, ""),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
        is_number.then_some(Self { is_negative, whole, fraction, exponent, exponent_text })
    }

    /// Returns all digits, the most significant first.
    fn bytes(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes())
    }

    fn is_zero(&self) -> bool {
        self.bytes().all(|digit| digit == b'0')
    }

    /// Returns the number of digits before the decimal point, from the first digit that is not 0: 3 for `123.4`, and -1
    /// for `0.01`.
    fn magnitude(&self) -> i64 {
        let zeros = self.bytes().take_while(|digit| *digit == b'0').count();
        let places = i64::try_from(self.whole.len())
            .unwrap_or(i64::MAX)
            .saturating_sub(i64::try_from(zeros).unwrap_or(i64::MAX));
        self.exponent.saturating_add(places)
    }

    fn cmp_absolute(&self, other: &Self) -> Ordering {
        let significant = |digits: &Self| digits.bytes().skip_while(|digit| *digit == b'0').collect::<Vec<_>>();
        self.magnitude().cmp(&other.magnitude()).then_with(|| {
            let (mut one, mut two) = (significant(self), significant(other));
            // Pads the shorter number with zeros.
            let length = one.len().max(two.len());
            one.resize(length, b'0');
            two.resize(length, b'0');
            one.cmp(&two)
        })
    }

    /// Returns a decimal with the same value and, if possible, the same trailing zeros; `None` if no decimal has this
    /// value.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        self.short_decimal().or_else(|| self.long_decimal())
    }

    /// The same for a number of at most 18 digits without an exponent, as almost every number is. Allocates nothing.
    fn short_decimal(&self) -> Option<Decimal> {
        if self.exponent != 0 || self.whole.len() + self.fraction.len() > 18 {
            return None;
        }
        let mantissa = self.bytes().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        let scale = u32::try_from(self.fraction.len()).ok()?;
        Decimal::try_new(if self.is_negative { -mantissa } else { mantissa }, scale).ok()
    }

    /// The same for every number.
    fn long_decimal(&self) -> Option<Decimal> {
        let mut digits: Vec<u8> = self.bytes().collect();
        let mut scale = i64::try_from(self.fraction.len()).ok()?.checked_sub(self.exponent)?;
        if self.is_zero() {
            return Decimal::try_from_i128_with_scale(
                0,
                u32::try_from(scale.clamp(0, Decimal::MAX_SCALE.into())).ok()?,
            )
            .ok();
        }
        while scale > i64::from(Decimal::MAX_SCALE) && digits.last() == Some(&b'0') {
            digits.pop();
            scale -= 1;
        }
        while scale < 0 {
            // A decimal has at most 29 digits. The check keeps the loop short for huge exponents.
            if self.magnitude() > 40 {
                return None;
            }
            digits.push(b'0');
            scale += 1;
        }
        let mantissa: i128 = std::str::from_utf8(&digits).ok()?.parse().ok()?;
        Decimal::try_from_i128_with_scale(
            if self.is_negative { -mantissa } else { mantissa },
            u32::try_from(scale).ok()?,
        )
        .ok()
    }

    /// Formats the number as JSON, with all its digits: `+.5E3` becomes `0.5e3`.
    pub(crate) fn json(&self) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        let whole = match self.whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        let point = if self.fraction.is_empty() { "" } else { "." };
        let exponent = if self.exponent == 0 {
            String::new()
        } else {
            match self.exponent.unsigned_abs() == i64::MAX.unsigned_abs() {
                true => format!("e{}", self.exponent_text),
                false => format!("e{}", self.exponent),
            }
        };
        format!("{sign}{whole}{point}{}{exponent}", self.fraction)
    }

    /// Formats the number without an exponent; `None` if that shifts the decimal point by more than
    /// [`MAX_PLAIN_DIGITS`] digits.
    pub(crate) fn plain(&self) -> Option<String> {
        if self.exponent == 0 {
            return Some(self.json());
        }
        let exponent = if self.is_zero() { 0 } else { self.exponent };
        let shift = usize::try_from(exponent.unsigned_abs()).ok()?;
        if shift > MAX_PLAIN_DIGITS {
            return None;
        }
        let (mut whole, mut fraction) = (self.whole.to_owned(), self.fraction.to_owned());
        for _ in 0..shift {
            if exponent > 0 {
                whole.push(if fraction.is_empty() { '0' } else { fraction.remove(0) });
            } else {
                fraction.insert(0, whole.pop().unwrap_or('0'));
            }
        }
        let plain = Digits {
            is_negative: self.is_negative,
            whole: &whole,
            fraction: &fraction,
            exponent: 0,
            exponent_text: "",
        };
        Some(plain.json())
    }
}

/// Returns whether two texts have the same numeric value.
pub(crate) fn is_same_number(one: &str, other: &str) -> bool {
    Digits::parse(one).is_some_and(|one| Digits::parse(other) == Some(one))
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i64 = digits.parse().unwrap_or(i64::MAX);
    Some(if is_negative { -exponent } else { exponent })
}

impl Ord for Digits<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |digits: &Self| match (digits.is_zero(), digits.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        match (sign(self), sign(other)) {
            (1, 1) => self.cmp_absolute(other),
            (-1, -1) => other.cmp_absolute(self),
            (one, two) => one.cmp(&two),
        }
    }
}

impl PartialOrd for Digits<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Digits<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Digits<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Digits<'_> {
        Digits::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let ascending = [
            "-1e400",
            "-123456789012.123457",
            "-123456789012.123456",
            "-1",
            "-0.1e-99999999999999999999",
            "0",
            "1e-400",
            "0.1",
            "0.30000000000000000000000000000000001",
            "1",
            "9.99",
            "10",
            "123456789012.123456",
            "123456789012.123457",
            "79228162514264337593543950336",
            "1e400",
            "1e99999999999999999999",
        ];
        for (index, one) in ascending.iter().enumerate() {
            for (other_index, other) in ascending.iter().enumerate() {
                assert_eq!(digits(one).cmp(&digits(other)), index.cmp(&other_index), "{one} {other}");
            }
        }
        for (one, other) in
            [("1.50", "15e-1"), ("+5", "5."), ("-0.0", "0e9"), ("1E+3", "1000"), (".5", "0.50"), ("007", "7")]
        {
            assert_eq!(digits(one), digits(other));
        }
        // The last text is the Arabic digit 1.
        for text in
            ["", "-", ".", "e5", "1e", "1e+", "1,234.50", "inf", "nan", "0x1", "1 000", "--1", "1.2.3", "1e5.0", "١"]
        {
            assert!(Digits::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn decimal_returns_the_exact_value_or_none() {
        for (text, expected) in [
            ("1.50", Some("1.50")),
            ("-0.5", Some("-0.5")),
            ("0.00", Some("0.00")),
            ("123456789012.123456", Some("123456789012.123456")),
            ("1E+3", Some("1000")),
            ("12.5e-2", Some("0.125")),
            ("0e99999999999", Some("0")),
            ("79228162514264337593543950335", Some("79228162514264337593543950335")),
            ("79228162514264337593543950336", None),
            ("0.0000000000000000000000000001", Some("0.0000000000000000000000000001")),
            ("0.00000000000000000000000000001", None),
            ("0.50000000000000000000000000000000000000", Some("0.5000000000000000000000000000")),
            ("1e400", None),
            ("1e-400", None),
        ] {
            assert_eq!(digits(text).decimal().map(|decimal| decimal.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_formatted_with_all_digits() {
        for (text, json, plain) in [
            ("+.50E3", "0.50e3", Some("500")),
            ("1e-3", "1e-3", Some("0.001")),
            ("-00.5", "-0.5", Some("-0.5")),
            ("5.", "5", Some("5")),
            ("12.5e-1", "12.5e-1", Some("1.25")),
            ("0e9999", "0e9999", Some("0")),
            ("1e1001", "1e1001", None),
        ] {
            assert_eq!((digits(text).json().as_str(), digits(text).plain().as_deref()), (json, plain));
        }
    }
}
