//! Patterns of `like`, with the syntax of SQL Server.

/// A compiled pattern of `like`.
///
/// - `%` and `*` match any number of characters, including none. ConnectWise's guide uses `*`, most programs use `%`.
///   Whether the server treats them differently is unknown; here they are equal.
/// - `_` matches one character. ConnectWise does not document this wildcard, nor the brackets. But the server needs `[`
///   to be written as `[[]`, so it probably passes patterns on to LIKE of SQL Server, which has both.
/// - `[abc]` and `[a-f]` match one of these characters, `[^abc]` matches one other character. A `[` without a `]` after
///   it matches itself.
/// - Letter case is ignored. Accents are not, and `ı` and `ſ` are letters of their own, not the letter case of `i`
///   and `s`. Trailing spaces count, although `=` ignores them.
///
/// ```
/// use connectwise_psa_core::conditions::LikePattern;
///
/// assert!(LikePattern::new("%printer%").matches("The Printer is down"));
/// assert!(LikePattern::new("Domain*").matches("domain.example"));
/// let literally = format!("{}%", LikePattern::escape("100% [new]"));
/// assert_eq!(literally, "100[%] [[]new]%");
/// assert!(LikePattern::new(&literally).matches("100% [new] items"));
/// ```
#[derive(Clone, Debug)]
pub struct LikePattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    AnySequence,
    AnyCharacter,
    Character(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl LikePattern {
    /// Compiles a pattern. Every text is a valid pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = pattern.chars();
        while let Some(character) = rest.next() {
            let part = match character {
                '%' | '*' => Part::AnySequence,
                '_' => Part::AnyCharacter,
                '[' => match class(rest.as_str()) {
                    Some((part, after)) => {
                        rest = after.chars();
                        part
                    }
                    None => Part::Character('['),
                },
                other => Part::Character(folded(other)),
            };
            // Two adjacent wildcards are the same as one.
            if part != Part::AnySequence || parts.last() != Some(&Part::AnySequence) {
                parts.push(part);
            }
        }
        Self(parts)
    }

    /// Returns a pattern that matches a text literally: `%`, `*`, `_` and `[` are enclosed in brackets.
    #[must_use]
    pub fn escape(text: &str) -> String {
        let mut pattern = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '[' | '%' | '_' | '*' => pattern.extend(['[', character, ']']),
                other => pattern.push(other),
            }
        }
        pattern
    }

    /// Returns whether the pattern matches the whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().map(folded).collect();
        let (mut at, mut in_text) = (0, 0);
        // The state to return to after a mismatch: the last wildcard then consumes one more character.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(at), text.get(in_text)) {
                (None, None) => return true,
                (Some(Part::AnySequence), _) => {
                    retry = Some((at + 1, in_text));
                    at += 1;
                    continue;
                }
                (Some(part), Some(character)) if part.matches(*character) => {
                    at += 1;
                    in_text += 1;
                    continue;
                }
                _ => {}
            }
            match retry {
                Some((after, from)) if from < text.len() => {
                    retry = Some((after, from + 1));
                    (at, in_text) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Part {
    fn matches(&self, character: char) -> bool {
        match self {
            Self::AnySequence => false,
            Self::AnyCharacter => true,
            Self::Character(one) => *one == character,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *negated
            }
        }
    }
}

/// Parses the class after a `[`. Returns the class and the text after it, or `None` if there is no `]`.
fn class(text: &str) -> Option<(Part, &str)> {
    let (negated, inside) = text.strip_prefix('^').map_or((false, text), |inside| (true, inside));
    // A `]` directly after the `[` makes an empty class, which matches nothing, as in SQL.
    let (content, after) = inside.split_once(']')?;
    let characters: Vec<char> = content.chars().collect();
    let mut ranges = Vec::new();
    let mut rest = characters.as_slice();
    loop {
        rest = match rest {
            [from, '-', to, after @ ..] => {
                ranges.push((folded(*from), folded(*to)));
                after
            }
            [one, after @ ..] => {
                ranges.push((folded(*one), folded(*one)));
                after
            }
            [] => return Some((Part::Class { negated, ranges }, after)),
        };
    }
}

/// Folds the letter case of a character, for comparison. It maps one character to one, so `_` matches exactly one.
///
/// Two characters are equal if one is the upper case of the other, and the other its lower case: `Ä` and `ä`. Dotless `ı`
/// has the upper case `I`, but `I` has the lower case `i`, so `ı` equals only itself; likewise long `ſ` and the Kelvin
/// sign `K`. The two lower cases of sigma are one letter.
pub(super) fn folded(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    if character == 'ς' {
        return 'σ';
    }
    let lower = single_or(character, character.to_lowercase());
    let upper = single_or(lower, lower.to_uppercase());
    // `ß`, the lower case of `ẞ`, has no upper case of one character.
    if upper == character || upper == lower { lower } else { character }
}

/// Returns the single character of a mapping, or the original character if the mapping has several.
fn single_or(character: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("abc", "ABC", true),
            ("abc", "abcd", false),
            ("%", "", true),
            ("%", "anything", true),
            ("*printer*", "A PRINTER.", true),
            ("Domain*", "domain.example", true),
            ("Domain*", "my domain", false),
            ("%b%b%", "abab", true),
            ("%b%b%", "aba", false),
            ("%aab", "aaaab", true),
            ("a_c", "abc", true),
            ("a_c", "ac", false),
            ("_", "ä", true),
            ("[[]string]", "[string]", true),
            ("[[]string]", "string]", false),
            ("[ab]x", "Bx", true),
            ("[a-c]x", "dx", false),
            ("[^a-c]x", "dx", true),
            ("[^a-c]x", "bx", false),
            ("[-a]", "-", true),
            ("[", "[", true),
            ("[ab", "[ab", true),
            ("[]a", "a", false),
            ("[*]", "*", true),
            ("[*]", "x", false),
            ("ÄRGER%", "ärgerlich", true),
            ("_", "İ", true),
            ("[İ]x", "İx", true),
            ("οδος", "ΟΔΟΣ", true),
            ("straße", "STRAßE", true),
            ("%ı%", "iI", false),
            ("[ı]", "i", false),
            ("ı", "ı", true),
        ] {
            assert_eq!(LikePattern::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn only_ascii_letters_are_folded_to_ascii() {
        let to_ascii: Vec<char> = ('\u{80}'..=char::MAX).filter(|character| folded(*character).is_ascii()).collect();
        assert_eq!(to_ascii, []);
        for (one, other, equal) in [
            ('I', 'i', true),
            ('Ä', 'ä', true),
            ('Å', 'å', true),
            ('Ж', 'ж', true),
            ('Σ', 'σ', true),
            ('ς', 'σ', true),
            ('ß', 'ẞ', true),
            ('ı', 'i', false),
            ('İ', 'i', false),
            ('ſ', 's', false),
            ('\u{212a}', 'k', false),
            ('\u{212b}', 'å', false),
            ('\u{2126}', 'ω', false),
            ('µ', 'μ', false),
            ('ä', 'a', false),
        ] {
            assert_eq!(folded(one) == folded(other), equal, "{one} {other}");
            assert_eq!(folded(folded(one)), folded(one), "{one}");
        }
    }

    #[test]
    fn escaped_text_matches_only_itself() {
        for text in ["a_b", "50%", "[x]", "*", "[[]", "", "plain"] {
            let pattern = LikePattern::new(&LikePattern::escape(text));
            assert!(pattern.matches(text), "{text}");
            assert!(!pattern.matches(&format!("{text}x")), "{text}");
        }
        assert!(!LikePattern::new(&LikePattern::escape("a_b")).matches("axb"));
    }

    #[test]
    fn many_wildcards_do_not_take_exponential_time() {
        let text = "a".repeat(20_000);
        assert!(!LikePattern::new(&format!("{}b", "%a".repeat(50))).matches(&text));
    }
}
