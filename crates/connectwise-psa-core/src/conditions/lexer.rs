//! Words and signs of the language, with their places.

use std::ops::Range;

use super::field_path::{begins_name, continues_name};
use super::literal::unwritable;
use super::syntax_error::SyntaxError;
use crate::conditions::field_path::FieldPath;

/// One word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    /// A path or a word: `company/name`, `and`.
    Word(&'a str),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`
    Sign(&'static str),
    Open,
    Close,
    Comma,
    /// Text, without its quotes.
    Text(&'a str),
    /// Digits with sign and point.
    Number(&'a str),
    /// What stands between brackets.
    Bracketed(&'a str),
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) token: Token<'a>,
    pub(crate) place: Range<usize>,
}

/// Reads a text token by token.
#[derive(Clone)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn error(&self, length: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.text, self.position..self.position + length, message)
    }

    /// The next token; at the end, `End` for ever.
    pub(crate) fn next(&mut self) -> Result<Placed<'a>, SyntaxError> {
        self.position = self.text.len() - self.rest().trim_start().len();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Placed { token: Token::End, place: self.position..self.position });
        };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '"' | '\'' => self.quoted(first)?,
            '[' => self.bracketed()?,
            '-' | '0'..='9' => self.number()?,
            first if begins_name(first) => self.word()?,
            first => self.sign(first)?,
        };
        let place = self.position..self.position + length;
        self.position = place.end;
        Ok(Placed { token, place })
    }

    fn quoted(&self, quote: char) -> Result<(Token<'a>, usize), SyntaxError> {
        let inside = self.rest().get(1..).unwrap_or_default();
        let Some((content, _)) = inside.split_once(quote) else {
            return Err(self.error(1, format!("the text that begins with {quote} has no {quote} at its end")));
        };
        let length = content.len() + 2;
        if let Some(why) = unwritable(content) {
            let error = self.error(length, format!("the text {why}"));
            let escaped = content.ends_with('\\');
            return Err(if escaped {
                error.with_hint("quotes are not escaped with backslashes; put the other kind of quotes around the text")
            } else {
                error
            });
        }
        Ok((Token::Text(content), length))
    }

    fn bracketed(&self) -> Result<(Token<'a>, usize), SyntaxError> {
        let inside = self.rest().get(1..).unwrap_or_default();
        match inside.split_once(']') {
            Some((content, _)) => Ok((Token::Bracketed(content), content.len() + 2)),
            None => Err(self.error(1, "the date that begins with [ has no ] at its end")),
        }
    }

    fn number(&self) -> Result<(Token<'a>, usize), SyntaxError> {
        let rest = self.rest();
        let unsigned = rest.strip_prefix('-').unwrap_or(rest);
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        let whole = digits(unsigned);
        let mut length = rest.len() - unsigned.len() + whole;
        let fraction = unsigned.get(whole..).and_then(|rest| rest.strip_prefix('.')).map(digits);
        length += fraction.map_or(0, |fraction| fraction + 1);
        let run = rest.len()
            - rest
                .trim_start_matches(|character: char| {
                    continues_name(character) || matches!(character, '.' | '-' | ':' | '/')
                })
                .len();
        if whole > 0 && fraction != Some(0) && length == run {
            return Ok((Token::Number(rest.get(..length).unwrap_or_default()), length));
        }
        let written = rest.get(..run).unwrap_or_default();
        let error = self.error(run.max(1), format!("`{written}` is no number"));
        let looks_dated = written.len() >= 8 && written.matches(['-', '/']).count() == 2;
        Err(if looks_dated {
            error.with_hint("dates stand in brackets: [2025-01-31] or [2025-01-31T10:00:00Z]")
        } else {
            error.with_hint("numbers are digits with an optional sign and point, such as -12.5; text stands in quotes")
        })
    }

    fn word(&self) -> Result<(Token<'a>, usize), SyntaxError> {
        let rest = self.rest();
        let length =
            rest.len() - rest.trim_start_matches(|character: char| continues_name(character) || character == '/').len();
        let word = rest.get(..length).unwrap_or_default();
        if !word.split('/').all(|step| step.starts_with(begins_name)) {
            return Err(self
                .error(length, format!("`{word}` is no path"))
                .with_hint("members are written by slash, such as company/name"));
        }
        let behind = rest.get(length..).unwrap_or_default();
        if let Some(member) = behind.strip_prefix('.').filter(|member| member.starts_with(begins_name)) {
            let member: String = member.chars().take_while(|character| continues_name(*character)).collect();
            let error = self.error(length + 1 + member.len(), format!("`{word}.{member}` is no path"));
            return Err(error.with_hint(format!("members are written by slash: {word}/{member}")));
        }
        Ok((Token::Word(word), length))
    }

    fn sign(&self, first: char) -> Result<(Token<'a>, usize), SyntaxError> {
        let rest = self.rest();
        const MISTAKES: [(&str, &str); 9] = [
            ("==", "equality is one `=`"),
            ("=>", "greater or equal is `>=`"),
            ("=<", "less or equal is `<=`"),
            ("<>", "inequality is `!=`"),
            ("&&", "conditions are joined by `and`"),
            ("&", "conditions are joined by `and`"),
            ("||", "conditions are joined by `or`"),
            ("|", "conditions are joined by `or`"),
            ("%", "wildcards stand inside the quotes: like \"%text%\""),
        ];
        const SIGNS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];
        if let Some((mistake, hint)) = MISTAKES.iter().find(|(mistake, _)| rest.starts_with(mistake)) {
            return Err(self.error(mistake.len(), format!("`{mistake}` is no operator")).with_hint(*hint));
        }
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            return Ok((Token::Sign(sign), sign.len()));
        }
        let error = self.error(first.len_utf8(), format!("`{}` is not part of the language", first.escape_debug()));
        Err(match first {
            '“' | '”' | '„' | '«' | '»' | '‘' | '’' | '‚' | '`' | '´' => {
                error.with_hint("text stands in straight quotes: \"text\"")
            }
            '!' => error.with_hint("inequality is `!=`, negation is `not`"),
            ';' => error.with_hint("conditions are joined by `and`, lists by commas"),
            '*' => error.with_hint("wildcards stand inside the quotes: like \"*text*\""),
            '$' | '@' | '{' | '?' => {
                error.with_hint("placeholders are not filled in; build the condition with typed fields")
            }
            _ => error,
        })
    }
}

impl Token<'_> {
    /// The token as a path.
    pub(crate) fn path(&self) -> Option<FieldPath> {
        match self {
            Self::Word(word) => FieldPath::from_token(word),
            _ => None,
        }
    }

    /// The token in messages.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::Open => "`(`".to_owned(),
            Self::Close => "`)`".to_owned(),
            Self::Comma => "`,`".to_owned(),
            Self::Text(text) => format!("the text {}", super::literal::shown(text)),
            Self::Number(number) => format!("`{number}`"),
            Self::Bracketed(content) => format!("`[{content}]`"),
            Self::End => "the end".to_owned(),
        }
    }
}
