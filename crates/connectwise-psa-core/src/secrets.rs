//! The secrets of a client, and text from the server without them: a server or a proxy may echo the credentials of a
//! request, plain or encoded.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::redaction::REDACTED;

/// How many bytes of a longer secret identify it. A text may contain only a part of the secret.
const PART: usize = 16;

/// How many of a secret's first bytes identify it at the end of a text, which may be truncated within the secret.
const CUT: usize = 8;

/// The fewest characters of a secret that is redacted wherever it is.
const SHORTEST: usize = 8;

/// The fewest characters of a secret that does not consist only of letters.
const SHORTEST_UNLIKE_WORDS: usize = 6;

/// Secrets, in the forms in which they are found in text: plain; in base64, alone or within other text; each of them
/// also percent-encoded, or escaped as in JSON or HTML; in any ASCII letter case.
///
/// A part of 16 bytes is found as well, and the first eight bytes at the end of a text or before an ellipsis, because the
/// text may be truncated. A secret that could be an ordinary word is not redacted by itself: fewer than eight letters, or
/// fewer than six characters of any kind. It is redacted as part of a [pair](Self::add_pair).
///
/// ```
/// use connectwise_psa_core::secrets::KnownSecrets;
///
/// let mut secrets = KnownSecrets::new();
/// secrets.add_pair("acme+public", "Sesame/27");
/// assert_eq!(secrets.redact("you sent Sesame/27"), "you sent [redacted]");
/// assert_eq!(secrets.redact("?key=Sesame%2f27&x=1"), "?key=[redacted]&x=1");
/// assert_eq!(secrets.redact("Basic YWNtZStwdWJsaWM6U2VzYW1lLzI3"), "Basic [redacted]");
/// ```
#[derive(Clone, Default)]
pub struct KnownSecrets {
    patterns: Vec<Pattern>,
    /// Where a part of a secret can start, by its first byte: the indices of a pattern and of the byte in the pattern.
    starts: HashMap<u8, Vec<(usize, usize)>>,
}

impl KnownSecrets {
    /// Creates an empty set of secrets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret, such as a key or a password.
    pub fn add(&mut self, secret: &str) {
        let only_letters = secret.chars().all(char::is_alphabetic);
        let shortest = if only_letters { SHORTEST } else { SHORTEST_UNLIKE_WORDS };
        if secret.chars().count() < shortest {
            return;
        }
        self.push(Pattern::plain(secret.as_bytes()));
        (0..3).for_each(|before| self.push(Pattern::base64(base64_within(secret.as_bytes(), before))));
    }

    /// Adds a secret and the pair `name:secret`, which basic authentication sends in base64. The name is not a secret: a
    /// part of the pair is redacted only if it contains a part of the secret.
    pub fn add_pair(&mut self, name: &str, secret: &str) {
        self.add(secret);
        let pair = format!("{name}:{secret}");
        let name = name.len() + 1;
        self.push(Pattern { public: name, ..Pattern::plain(pair.as_bytes()) });
        // A character of base64 has six bits. The first ones with a whole byte of the secret are not public.
        let public = ((name + 1) * 8).div_ceil(6) - 1;
        self.push(Pattern { public, ..Pattern::base64(base64(pair.as_bytes()).into_bytes()) });
    }

    /// Adds a secret that is known only in base64, such as the value of a header.
    pub fn add_base64(&mut self, encoded: &str) {
        self.push(Pattern::base64(encoded.trim_end_matches('=').as_bytes().to_vec()));
    }

    fn push(&mut self, pattern: Pattern) {
        if pattern.bytes.len() < SHORTEST_UNLIKE_WORDS {
            return;
        }
        let mut parts = HashSet::new();
        for (start, part) in pattern.bytes.windows(pattern.part()).enumerate() {
            // Text that matches a repeated part matches the first one as well, but perhaps only its public bytes.
            if !parts.insert((part, start + part.len() > pattern.public)) {
                continue;
            }
            for first in part.first().copied().into_iter().flat_map(first_bytes) {
                self.starts.entry(first).or_default().push((self.patterns.len(), start));
            }
        }
        self.patterns.push(pattern);
    }

    /// Returns the length of the longest secret, or of a part that identifies it, at the start of `text`.
    fn length_in(&self, text: &[u8]) -> Option<usize> {
        let firsts =
            units(text, Escapes::Decoded).into_iter().flatten().filter_map(|unit| unit.bytes().first().copied());
        let starts = firsts.filter_map(|first| self.starts.get(&first.to_ascii_lowercase())).flatten();
        starts.filter_map(|(pattern, start)| self.patterns.get(*pattern)?.length_in(*start, text)).max()
    }

    /// Returns the text with `[redacted]` in place of the secrets.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
        }
    }

    /// Returns the bytes with `[redacted]` in place of the secrets.
    #[must_use]
    pub fn redact_bytes<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let (mut redacted, mut copied, mut at) = (Vec::new(), 0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            match self.length_in(rest) {
                Some(length) => {
                    redacted.extend_from_slice(text.get(copied..at).unwrap_or_default());
                    redacted.extend_from_slice(REDACTED.as_bytes());
                    at += length.max(1);
                    copied = at;
                }
                None => at += 1,
            }
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        redacted.extend_from_slice(text.get(copied..).unwrap_or_default());
        Cow::Owned(redacted)
    }

    /// Returns whether the bytes contain a secret.
    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        matches!(self.redact_bytes(text), Cow::Owned(_))
    }
}

/// Shows only the number of forms.
impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownSecrets({} forms)", self.patterns.len())
    }
}

/// One form of a secret.
#[derive(Clone)]
struct Pattern {
    bytes: Vec<u8>,
    /// How many of the first bytes are not secret by themselves.
    public: usize,
    is_base64: bool,
}

impl Pattern {
    fn plain(secret: &[u8]) -> Self {
        Self { bytes: secret.to_vec(), public: 0, is_base64: false }
    }

    const fn base64(bytes: Vec<u8>) -> Self {
        Self { bytes, public: 0, is_base64: true }
    }

    /// Returns the length of a part that identifies the secret.
    fn part(&self) -> usize {
        self.bytes.len().min(PART)
    }

    /// Returns the length of the secret from the byte `start` on, at the start of `text`: of all of it, or of a part
    /// that identifies it.
    fn length_in(&self, start: usize, text: &[u8]) -> Option<usize> {
        let secret = self.bytes.get(start..)?;
        let found = [Escapes::Decoded, Escapes::Literal].map(|escapes| {
            let (matched, length) = self.longest(secret, text, escapes)?;
            let is_cut = start == 0 && matched >= CUT && is_end(text.get(length..).unwrap_or_default());
            let is_public = start + matched <= self.public;
            (!is_public && (matched >= self.part() || is_cut)).then_some(length)
        });
        found.into_iter().flatten().max()
    }

    /// Returns how many bytes of `secret` the text starts with, and their length in the text; `None` for none.
    fn longest(&self, secret: &[u8], text: &[u8], escapes: Escapes) -> Option<(usize, usize)> {
        // Whitespace behind the last matched byte is not a part of the secret either.
        let (mut matched, mut length, mut end) = (0, 0, 0);
        while let (Some(rest), Some(expected)) = (text.get(length..), secret.get(matched..)) {
            let mut units = units(rest, escapes).into_iter().flatten();
            match units.find_map(|unit| Some((self.advance(&unit, expected)?, unit.length))) {
                // Whitespace at the start is not a part of the secret.
                Some((0, _)) if matched == 0 => return None,
                Some((bytes, in_text)) => {
                    matched += bytes;
                    length += in_text;
                    end = if bytes > 0 { length } else { end };
                }
                None => break,
            }
        }
        (matched > 0).then_some((matched, end))
    }

    /// Returns how many bytes of the secret a unit of the text stands for; `None` if it differs.
    fn advance(&self, unit: &Unit, expected: &[u8]) -> Option<usize> {
        let same = |(found, expected): (&u8, &u8)| {
            found.eq_ignore_ascii_case(expected) || (self.is_base64 && same_in_base64url(*found, *expected))
        };
        let bytes = unit.bytes();
        if expected.is_empty() {
            return None;
        }
        if expected.get(..bytes.len()).is_some_and(|expected| bytes.iter().zip(expected).all(same)) {
            return Some(bytes.len());
        }
        match (bytes, expected) {
            // Encoded text may be wrapped.
            ([found], _) if self.is_base64 && found.is_ascii_whitespace() => Some(0),
            // In forms, a plus sign is a space.
            ([b'+'], [b' ', ..]) => Some(1),
            _ => None,
        }
    }
}

/// Whether escape sequences in a text stand for characters of the secret, or for themselves.
#[derive(Clone, Copy)]
enum Escapes {
    Decoded,
    Literal,
}

/// A character of a text: a byte, or an escape sequence.
struct Unit {
    /// The decoded bytes, of which the first `count` are used.
    bytes: [u8; 4],
    count: usize,
    /// The length in the text.
    length: usize,
}

impl Unit {
    fn byte(byte: u8, length: usize) -> Self {
        Self { bytes: [byte, 0, 0, 0], count: 1, length }
    }

    fn character(character: char, length: usize) -> Self {
        let mut bytes = [0; 4];
        let count = character.encode_utf8(&mut bytes).len();
        Self { bytes, count, length }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }
}

/// Returns the possible meanings of the start of a text, the longest one first.
fn units(text: &[u8], escapes: Escapes) -> [Option<Unit>; 3] {
    let literal = text.first().map(|byte| Unit::byte(*byte, 1));
    match (escapes, text) {
        (Escapes::Decoded, [b'%', ..]) => [percent_twice(text), percent(text), literal],
        (Escapes::Decoded, [b'\\', ..]) => [backslash(text), None, literal],
        (Escapes::Decoded, [b'&', ..]) => [entity(text), None, literal],
        _ => [literal, None, None],
    }
}

/// Reads `%2B`.
fn percent(text: &[u8]) -> Option<Unit> {
    let digits = text.strip_prefix(b"%")?.get(..2)?;
    Some(Unit::byte(u8::try_from(number(digits, 16)?).ok()?, 3))
}

/// Reads `%252B`, which was percent-encoded twice.
fn percent_twice(text: &[u8]) -> Option<Unit> {
    let digits = text.strip_prefix(b"%25")?.get(..2)?;
    Some(Unit::byte(u8::try_from(number(digits, 16)?).ok()?, 5))
}

/// The most backslashes that are read as one escape sequence: JSON that is nested five times has 31.
const MAX_BACKSLASHES: usize = 32;

/// Reads an escape sequence of JSON: `\"`, `\n` or `\u002B`. JSON within JSON has several backslashes.
fn backslash(text: &[u8]) -> Option<Unit> {
    let backslashes = text.iter().take(MAX_BACKSLASHES).take_while(|byte| **byte == b'\\').count();
    match text.get(backslashes..)? {
        [b'u', rest @ ..] => Some(Unit::character(char::from_u32(number(rest.get(..4)?, 16)?)?, backslashes + 5)),
        [b'r' | b'n' | b't', ..] => Some(Unit::byte(b' ', backslashes + 1)),
        [other @ (b'"' | b'/' | b'\''), ..] => Some(Unit::byte(*other, backslashes + 1)),
        _ if backslashes > 1 => Some(Unit::byte(b'\\', 2)),
        _ => None,
    }
}

/// Reads a character reference of HTML: `&amp;`, `&#43;` or `&#x2B;`.
fn entity(text: &[u8]) -> Option<Unit> {
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let name = text.get(1..end)?;
    let character = match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some(Unit::character(character, end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    // `from_str_radix` accepts a sign.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

/// Returns the bytes of a text, in lower case, that can stand for a byte of a secret.
fn first_bytes(byte: u8) -> impl Iterator<Item = u8> {
    let other = match byte {
        b'+' => Some(b'-'),
        b'/' => Some(b'_'),
        b' ' => Some(b'+'),
        _ => None,
    };
    std::iter::once(byte.to_ascii_lowercase()).chain(other)
}

/// Returns whether a text ends here: it is empty, or an ellipsis follows.
fn is_end(rest: &[u8]) -> bool {
    rest.is_empty() || rest.starts_with("…".as_bytes()) || rest.starts_with(b"...")
}

/// Returns whether two characters are the same character in base64 and in its form for URLs.
fn same_in_base64url(one: u8, other: u8) -> bool {
    matches!((one, other), (b'+', b'-') | (b'-', b'+') | (b'/', b'_') | (b'_', b'/'))
}

/// Encodes bytes in base64 without padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for position in 0..=group.len() {
            let index = usize::try_from((bits >> (18 - 6 * position)) & 63).unwrap_or_default();
            encoded.extend(ALPHABET.get(index).copied().map(char::from));
        }
    }
    encoded
}

/// Returns the characters of base64 that depend only on these bytes, if `before` other bytes are in front of them in
/// their group of three.
fn base64_within(bytes: &[u8], before: usize) -> Vec<u8> {
    let all: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
    // Six bits of each byte are in one character.
    let (first, end) = ((before * 8).div_ceil(6), all.len() * 8 / 6);
    base64(&all).as_bytes().get(first..end).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::MAX_ERROR_BODY;

    /// base64 of `acme+public:Sesame&"27/Ü`.
    const PAIR: &str = "YWNtZStwdWJsaWM6U2VzYW1lJiIyNy/DnA==";
    const SECRET: &str = "Sesame&\"27/Ü";

    fn secrets() -> KnownSecrets {
        let mut secrets = KnownSecrets::new();
        secrets.add_pair("acme+public", SECRET);
        secrets
    }

    #[test]
    fn every_form_of_a_secret_is_redacted() {
        let secrets = secrets();
        for (text, expected) in [
            (SECRET, "[redacted]"),
            ("a Sesame&\"27/Ü b Sesame&\"27/Ü", "a [redacted] b [redacted]"),
            ("sesame&\"27/Ü", "[redacted]"),
            // Percent-encoded, once or twice, with the digits in either case.
            ("x=Sesame%26%2227%2F%C3%9C&y", "x=[redacted]&y"),
            ("x=Sesame%26%2227%2f%c3%9c&y", "x=[redacted]&y"),
            ("x=Sesame%26%2227/%C3%9C&y", "x=[redacted]&y"),
            ("x=Sesame%2526%252227%252F%25C3%259C&y", "x=[redacted]&y"),
            // Escaped as in JSON and HTML.
            (r#""Sesame&\"27\/Ü""#, r#""[redacted]""#),
            (r#""Sesame\u0026\u002227/\u00dc""#, r#""[redacted]""#),
            (r#"{\"a\":\"Sesame\\u0026\\\"27\\\/Ü\"}"#, r#"{\"a\":\"[redacted]\"}"#),
            ("<b>Sesame&amp;&quot;27/Ü</b>", "<b>[redacted]</b>"),
            ("<b>Sesame&#38;&#x22;27&#47;&#220;</b>", "<b>[redacted]</b>"),
            // The pair, plain and in base64.
            ("acme+public:Sesame&\"27/Ü", "[redacted]"),
            (&format!("Basic {PAIR}."), "Basic [redacted]==."),
            ("Basic YWNtZStwdWJsaWM6U2VzYW1lJiIyNy_DnA.", "Basic [redacted]."),
            ("Basic YWNtZStwdWJsaWM6U2VzYW1lJiIyNy%2FDnA%3D%3D.", "Basic [redacted]%3D%3D."),
            ("Basic YWNtZStwdWJs\r\n aWM6U2VzYW1lJiIyNy/DnA.", "Basic [redacted]."),
            (r"Basic YWNtZStwdWJs\r\naWM6U2VzYW1lJiIyNy/DnA.", "Basic [redacted]."),
            // The secret in base64, alone and behind one or two other characters.
            ("U2VzYW1lJiIyNy/DnA", "[redacted]"),
            // The last character has two bits of the secret.
            ("OlNlc2FtZSYiMjcvw5w=", "Ol[redacted]w="),
            ("eDpTZXNhbWUmIjI3L8Oc", "eDp[redacted]"),
            // Parts.
            ("Basic YWNtZStwdWJsaWM6U2Vz and more", "Basic [redacted] and more"),
            ("…WNtZStwdWJsaWM6U2Vz…", "…[redacted]…"),
            ("you sent Sesame&\"", "you sent [redacted]"),
            ("you sent Sesame&\"2…", "you sent [redacted]…"),
            // Harmless text.
            ("acme+public is unknown", "acme+public is unknown"),
            ("the user is acme+public", "the user is acme+public"),
            ("Basic YWNtZStwdWJsaWM6 and more", "Basic YWNtZStwdWJsaWM6 and more"),
            ("Sesame", "Sesame"),
            ("Sesame&\"2 is not it", "Sesame&\"2 is not it"),
            ("", ""),
            ("100% & \\ %", "100% & \\ %"),
        ] {
            assert_eq!(secrets.redact(text), expected, "{text}");
            assert_eq!(secrets.is_in(text.as_bytes()), text != expected, "{text}");
        }
        assert_eq!(secrets.redact_bytes(b"\xff Sesame&\"27/\xc3\x9c \xff"), &b"\xff [redacted] \xff"[..]);
        assert!(!format!("{secrets:?}").contains("Sesame"));
    }

    #[test]
    fn the_name_of_a_pair_is_not_secret() {
        let (name, secret) = ("managedservicesprovider+0123456789abcdef", "qwertzuiopasdfgh");
        let mut secrets = KnownSecrets::new();
        secrets.add_pair(name, secret);
        let encoded = base64(format!("{name}:{secret}").as_bytes());
        let encoded_name = base64(format!("{name}:").as_bytes());
        for text in [
            "the company managedservicesprovider has no agreement",
            "managedservicesprovider",
            "key 0123456789abcdef is old",
            name,
            &format!("{name}: unknown"),
            &encoded_name,
            &format!("{}…", encoded.get(..40).unwrap()),
        ] {
            assert_eq!(secrets.redact(text), text);
        }
        for (text, expected) in [
            (format!("<{name}:{secret}>"), "<[redacted]>"),
            (format!("<{name}:{}>", secret.get(..8).unwrap()), "<[redacted]>"),
            (format!("<{encoded}>"), "<[redacted]>"),
            (format!("<{}>", encoded.get(20..).unwrap()), "<[redacted]>"),
            (format!("<{}>", encoded.get(..encoded_name.len() + 2).unwrap()), "<[redacted]>"),
            (format!("{name}:{}…", secret.get(..1).unwrap()), "[redacted]…"),
        ] {
            assert_eq!(secrets.redact(&text), expected, "{text}");
        }
        // The parts of a repetitive pair that contain its secret are found even if a public part is the same.
        let mut repetitive = KnownSecrets::new();
        repetitive.add_pair(&"ab".repeat(20), "xab");
        assert_eq!(repetitive.redact("abababababababab"), "abababababababab");
        assert_eq!(repetitive.redact("babababababab:xab."), "[redacted].");
    }

    #[test]
    fn a_secret_that_could_be_a_word_is_redacted_only_as_a_part_of_its_pair() {
        for (secret, is_redacted) in [
            ("private", false),
            ("secret1", true),
            ("hunter2", true),
            ("s3", false),
            ("password", true),
            ("ab:12", false),
        ] {
            let mut secrets = KnownSecrets::new();
            secrets.add_pair("acme+public", secret);
            let text = format!("the {secret} key");
            assert_eq!(secrets.redact(&text) != text, is_redacted, "{secret}");
            assert_eq!(secrets.redact(&format!("<acme+public:{secret}>")), "<[redacted]>", "{secret}");
            let header = base64(format!("acme+public:{secret}").as_bytes());
            assert_eq!(secrets.redact(&format!("<{header}>")), "<[redacted]>", "{secret}");
        }
    }

    #[test]
    fn a_secret_with_the_characters_of_escape_sequences_is_found_literally() {
        for secret in ["100%25abc", r"a\\b\u0041c", "&amp;&#38;", "%%%%%%%%", "two  spaces here"] {
            let mut secrets = KnownSecrets::new();
            secrets.add(secret);
            assert_eq!(secrets.redact(&format!("<{secret}>")), "<[redacted]>", "{secret}");
        }
        let mut secrets = KnownSecrets::new();
        secrets.add("two spaces");
        assert_eq!(secrets.redact("a=two+spaces&b"), "a=[redacted]&b");
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, encoded) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
        // Whatever is in front of and behind the secret, its characters in base64 are found.
        for before in 0..4 {
            for after in 0..3 {
                let text = base64(format!("{}hunter2{}", "x".repeat(before), "y".repeat(after)).as_bytes());
                let within = String::from_utf8(base64_within(b"hunter2", before % 3)).unwrap();
                assert!(text.contains(&within) && within.len() >= 8, "{text} {within}");
            }
        }
    }

    #[test]
    fn long_texts_and_long_secrets_are_redacted_in_bounded_time() {
        let mut secrets = KnownSecrets::new();
        secrets.add_pair("acme+public", &"a".repeat(200));
        secrets.add_pair("acme+public", &"%25".repeat(100));
        secrets.add("5b1d7a52-0000-4c1e-9999-9f3f6f0c7b11");
        let started = std::time::Instant::now();
        for part in ["a", "%25", "b", "aaaaaaaaaaaaaaab", "\\b"] {
            let text = part.repeat(16 * 1024 / part.len());
            assert_eq!(secrets.is_in(text.as_bytes()), !part.contains('b'), "{part}");
        }
        // Text with many backslashes takes no longer than other text. A run was once counted again at each of them.
        let backslashes = "\\".repeat(MAX_ERROR_BODY);
        let started_backslashes = std::time::Instant::now();
        assert!(!secrets.is_in(backslashes.as_bytes()));
        assert!(
            started_backslashes.elapsed() < std::time::Duration::from_secs(3),
            "{:?}",
            started_backslashes.elapsed()
        );
        // About a second without optimisation; the limit allows for a busy machine.
        assert!(started.elapsed() < std::time::Duration::from_secs(30), "{:?}", started.elapsed());
    }
}
