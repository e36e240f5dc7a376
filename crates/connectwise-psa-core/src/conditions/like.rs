//! Patterns of `like`, as SQL Server reads them.

/// A pattern of `like`, ready to be held against texts.
///
/// - `%` and `*` stand for any run of characters, also none. facts: the vendor's guide uses `*`, most clients `%`;
///   nobody has compared the two, so they are taken for the same.
/// - `_` stands for one character. facts: inferred, since a `[` in a pattern has to be wrapped as `[[]`, which shows
///   that the pattern reaches SQL's LIKE.
/// - `[abc]`, `[a-f]` stand for one of these characters, `[^abc]` for any other one.
/// - Letter case does not matter, and a pattern without wildcards is equality.
///
/// ```
/// use connectwise_psa_core::conditions::LikePattern;
///
/// assert!(LikePattern::new("%printer%").matches("The Printer is down"));
/// assert!(LikePattern::new("Domain*").matches("domain.example"));
/// let literally = format!("{}%", LikePattern::escape("100% [new]"));
/// assert_eq!(literally, "100[%] [[]new]%");
/// assert!(LikePattern::new(&literally).matches("100% [new] things"));
/// ```
#[derive(Clone, Debug)]
pub struct LikePattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    AnyRun,
    AnyOne,
    One(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl LikePattern {
    /// A pattern from its text; every text is one.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = pattern.chars();
        while let Some(character) = rest.next() {
            let piece = match character {
                '%' | '*' => Piece::AnyRun,
                '_' => Piece::AnyOne,
                '[' => match class(rest.as_str()) {
                    Some((piece, behind)) => {
                        rest = behind.chars();
                        piece
                    }
                    None => Piece::One('['),
                },
                other => Piece::One(folded(other)),
            };
            // Two runs are one.
            if piece != Piece::AnyRun || pieces.last() != Some(&Piece::AnyRun) {
                pieces.push(piece);
            }
        }
        Self(pieces)
    }

    /// A text as a pattern that fits it literally: wildcards and brackets are wrapped.
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

    /// Whether the whole text fits.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().map(folded).collect();
        let (mut at, mut in_text) = (0, 0);
        // Where to go on when what follows the last run does not fit: with one more character in the run.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(at), text.get(in_text)) {
                (None, None) => return true,
                (Some(Piece::AnyRun), _) => {
                    retry = Some((at + 1, in_text));
                    at += 1;
                    continue;
                }
                (Some(piece), Some(character)) if piece.fits(*character) => {
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

impl Piece {
    fn fits(&self, character: char) -> bool {
        match self {
            Self::AnyRun => false,
            Self::AnyOne => true,
            Self::One(one) => *one == character,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *negated
            }
        }
    }
}

/// The class that begins behind a `[`, and what follows it; `None` when it does not end.
fn class(text: &str) -> Option<(Piece, &str)> {
    let (negated, inside) = text.strip_prefix('^').map_or((false, text), |inside| (true, inside));
    // A `]` directly behind the `[` would make an empty class, which fits nothing in SQL either.
    let (content, behind) = inside.split_once(']')?;
    let characters: Vec<char> = content.chars().collect();
    let mut ranges = Vec::new();
    let mut rest = characters.as_slice();
    loop {
        rest = match rest {
            [from, '-', to, behind @ ..] => {
                ranges.push((folded(*from), folded(*to)));
                behind
            }
            [one, behind @ ..] => {
                ranges.push((folded(*one), folded(*one)));
                behind
            }
            [] => return Some((Piece::Class { negated, ranges }, behind)),
        };
    }
}

/// A character without its letter case: one for one, so that `_` is one character of any text.
pub(super) fn folded(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    // Through its capital, so that both forms of the small sigma are the same.
    only(only(character, character.to_uppercase()), only(character, character.to_uppercase()).to_lowercase())
}

/// The one character of a mapping, or the character itself when it has several.
fn only(character: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_sql() {
        for (pattern, text, fits) in [
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
        ] {
            assert_eq!(LikePattern::new(pattern).matches(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn escaped_text_fits_itself_alone() {
        for text in ["a_b", "50%", "[x]", "*", "[[]", "", "plain"] {
            let pattern = LikePattern::new(&LikePattern::escape(text));
            assert!(pattern.matches(text), "{text}");
            assert!(!pattern.matches(&format!("{text}x")), "{text}");
        }
        assert!(!LikePattern::new(&LikePattern::escape("a_b")).matches("axb"));
    }

    #[test]
    fn a_long_text_takes_no_more_than_its_length_times_the_pattern() {
        let text = "a".repeat(20_000);
        assert!(!LikePattern::new(&format!("{}b", "%a".repeat(50))).matches(&text));
    }
}
