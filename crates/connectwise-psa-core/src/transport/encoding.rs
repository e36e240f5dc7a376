//! Percent-encoding of paths and queries, and the types of their values.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::json::amount::Amount;
use crate::json::scalars::{Date, DateTime};
use crate::json::scalars::{date_text, date_time_text};
use uuid::Uuid;

/// The characters that are percent-encoded: all except the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Appends a percent-encoded path segment.
pub(crate) fn encode_segment(to: &mut String, text: &str) {
    to.extend(utf8_percent_encode(text, ENCODED));
}

/// Appends `?name=value&…`, or nothing if there are no pairs.
pub(crate) fn encode_query(to: &mut String, pairs: &[(Cow<'static, str>, String)]) {
    for (position, (name, value)) in pairs.iter().enumerate() {
        to.push(if position == 0 { '?' } else { '&' });
        encode_segment(to, name);
        to.push('=');
        encode_segment(to, value);
    }
}

/// A value of a path parameter.
pub trait PathValue {
    /// Returns the value as text, not percent-encoded.
    fn text(&self) -> Cow<'_, str>;
}

/// A value of a query parameter.
pub trait QueryValue {
    /// Returns the value as text, not percent-encoded.
    fn text(&self) -> Cow<'_, str>;
}

macro_rules! parameter_values {
    ($trait:ident: $($type:ty => |$value:ident| $text:expr),* $(,)?) => {
        $(impl $trait for $type {
            fn text(&self) -> Cow<'_, str> {
                let $value = self;
                $text
            }
        })*

        impl<T: $trait + ?Sized> $trait for &T {
            fn text(&self) -> Cow<'_, str> {
                T::text(self)
            }
        }
    };
}

parameter_values! { PathValue:
    i32 => |value| Cow::Owned(value.to_string()),
    i64 => |value| Cow::Owned(value.to_string()),
    f64 => |value| Cow::Owned(value.to_string()),
    Amount => |value| Cow::Owned(value.to_string()),
    bool => |value| Cow::Borrowed(if *value { "true" } else { "false" }),
    DateTime => |value| Cow::Owned(date_time_text(value).unwrap_or_else(|| value.to_string())),
    Date => |value| Cow::Owned(date_text(value).unwrap_or_else(|| value.to_string())),
    str => |value| Cow::Borrowed(value),
    String => |value| Cow::Borrowed(value),
    Uuid => |value| Cow::Owned(value.to_string()),
}

parameter_values! { QueryValue:
    i32 => |value| Cow::Owned(value.to_string()),
    i64 => |value| Cow::Owned(value.to_string()),
    f64 => |value| Cow::Owned(value.to_string()),
    Amount => |value| Cow::Owned(value.to_string()),
    bool => |value| Cow::Borrowed(if *value { "true" } else { "false" }),
    str => |value| Cow::Borrowed(value),
    String => |value| Cow::Borrowed(value),
    Uuid => |value| Cow::Owned(value.to_string()),
    DateTime => |value| Cow::Owned(date_time_text(value).unwrap_or_else(|| value.to_string())),
    Date => |value| Cow::Owned(date_text(value).unwrap_or_else(|| value.to_string())),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_unreserved_characters_are_encoded() {
        for (text, encoded) in [
            ("AZaz09-._~", "AZaz09-._~"),
            ("a b", "a%20b"),
            ("a+b", "a%2Bb"),
            ("a/b\\c", "a%2Fb%5Cc"),
            ("?&=#%", "%3F%26%3D%23%25"),
            ("%2e%2e", "%252e%252e"),
            ("\"'*[]", "%22%27%2A%5B%5D"),
            ("ä€", "%C3%A4%E2%82%AC"),
            ("\r\n\0", "%0D%0A%00"),
        ] {
            let mut path = String::new();
            encode_segment(&mut path, text);
            assert_eq!(path, encoded);
            let mut query = String::from("/x");
            encode_query(&mut query, &[("a".into(), text.to_owned()), ("b c".into(), "1".to_owned())]);
            assert_eq!(query, format!("/x?a={encoded}&b%20c=1"));
        }
    }
}
