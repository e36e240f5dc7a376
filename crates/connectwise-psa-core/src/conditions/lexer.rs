//! The tokens of the conditions language, with their positions.

use std::ops::Range;

use super::field_path::{is_name_part, is_name_start};
use super::literal::unwritable_reason;
use super::syntax_error::SyntaxError;
use crate::conditions::field_path::FieldPath;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    /// A path or a keyword: `company/name`, `and`.
    Word(&'a str),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`
    Symbol(&'static str),
    OpenParen,
    CloseParen,
    Comma,
    /// Text, without its quotes.
    Text(&'a str),
    /// Digits with an optional minus and decimal point.
    Number(&'a str),
    /// The text between `[` and `]`.
    Bracketed(&'a str),
    End,
}

/// A token and its byte range in the text.
#[derive(Clone, Debug)]
pub(crate) struct SpannedToken<'a> {
    pub(crate) token: Token<'a>,
    pub(crate) span: Range<usize>,
}

/// Splits a text into tokens.
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

    /// Returns the next token. At the end of the text, every call returns `End`.
    pub(crate) fn next(&mut self) -> Result<SpannedToken<'a>, SyntaxError> {
        self.position = self.text.len() - self.rest().trim_start().len();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(SpannedToken { token: Token::End, span: self.position..self.position });
        };
        let (token, length) = match first {
            '(' => (Token::OpenParen, 1),
            ')' => (Token::CloseParen, 1),
            ',' => (Token::Comma, 1),
            '"' | '\'' => self.quoted(first)?,
            '[' => self.bracketed()?,
            '-' | '0'..='9' => self.number()?,
            first if is_name_start(first) => self.word()?,
            first => self.symbol(first)?,
        };
        let span = self.position..self.position + length;
        self.position = span.end;
        Ok(SpannedToken { token, span })
    }

    fn quoted(&self, quote: char) -> Result<(Token<'a>, usize), SyntaxError> {
        let inside = self.rest().get(1..).unwrap_or_default();
        let Some((content, _)) = inside.split_once(quote) else {
            return Err(self.error(1, format!("the text that starts with {quote} has no closing {quote}")));
        };
        let length = content.len() + 2;
        if let Some(why) = unwritable_reason(content) {
            let error = self.error(length, format!("the text {why}"));
            let is_escape = content.ends_with('\\');
            return Err(if is_escape {
                error.with_hint("a backslash does not escape a quote; use the other quote character around the text")
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
            None => Err(self.error(1, "the date that starts with [ has no closing ]")),
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
                    is_name_part(character) || matches!(character, '.' | '-' | ':' | '/')
                })
                .len();
        if whole > 0 && fraction != Some(0) && length == run {
            return Ok((Token::Number(rest.get(..length).unwrap_or_default()), length));
        }
        let source = rest.get(..run).unwrap_or_default();
        let error = self.error(run.max(1), format!("`{source}` is not a number"));
        let looks_like_date = source.len() >= 8 && source.matches(['-', '/']).count() == 2;
        Err(if looks_like_date {
            error.with_hint("put dates in brackets: [2025-01-31] or [2025-01-31T10:00:00Z]")
        } else {
            error.with_hint(
                "a number is digits with an optional minus and decimal point, such as -12.5; put text in quotes",
            )
        })
    }

    fn word(&self) -> Result<(Token<'a>, usize), SyntaxError> {
        let rest = self.rest();
        let length =
            rest.len() - rest.trim_start_matches(|character: char| is_name_part(character) || character == '/').len();
        let word = rest.get(..length).unwrap_or_default();
        if !word.split('/').all(|step| step.starts_with(is_name_start)) {
            return Err(self
                .error(length, format!("`{word}` is not a field path"))
                .with_hint("separate the parts of a path with slashes, such as company/name"));
        }
        let after = rest.get(length..).unwrap_or_default();
        if let Some(name) = after.strip_prefix('.').filter(|name| name.starts_with(is_name_start)) {
            let name: String = name.chars().take_while(|character| is_name_part(*character)).collect();
            let error = self.error(length + 1 + name.len(), format!("`{word}.{name}` is not a field path"));
            return Err(error.with_hint(format!("use a slash instead of the dot: {word}/{name}")));
        }
        Ok((Token::Word(word), length))
    }

    fn symbol(&self, first: char) -> Result<(Token<'a>, usize), SyntaxError> {
        let rest = self.rest();
        const MISTAKES: [(&str, &str); 9] = [
            ("==", "use a single `=` for equality"),
            ("=>", "use `>=` for greater or equal"),
            ("=<", "use `<=` for less or equal"),
            ("<>", "use `!=` for inequality"),
            ("&&", "join conditions with `and`"),
            ("&", "join conditions with `and`"),
            ("||", "join conditions with `or`"),
            ("|", "join conditions with `or`"),
            ("%", "put wildcards inside the quotes: like \"%text%\""),
        ];
        const SYMBOLS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];
        if let Some((mistake, hint)) = MISTAKES.iter().find(|(mistake, _)| rest.starts_with(mistake)) {
            return Err(self.error(mistake.len(), format!("`{mistake}` is not an operator")).with_hint(*hint));
        }
        if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            return Ok((Token::Symbol(symbol), symbol.len()));
        }
        let error = self.error(first.len_utf8(), format!("unexpected character `{}`", first.escape_debug()));
        Err(match first {
            '“' | '”' | '„' | '«' | '»' | '‘' | '’' | '‚' | '`' | '´' => {
                error.with_hint("put text in straight quotes: \"text\"")
            }
            '!' => error.with_hint("use `!=` for inequality and `not` for negation"),
            ';' => error.with_hint("join conditions with `and`; separate the values of a list with commas"),
            '*' => error.with_hint("put wildcards inside the quotes: like \"*text*\""),
            '$' | '@' | '{' | '?' => {
                error.with_hint("placeholders are not supported; build the condition with typed fields")
            }
            _ => error,
        })
    }
}

impl Token<'_> {
    /// Returns the token as a path, or `None` if it is not one.
    pub(crate) fn path(&self) -> Option<FieldPath> {
        match self {
            Self::Word(word) => FieldPath::from_token(word),
            _ => None,
        }
    }

    /// Returns the token as messages show it.
    pub(crate) fn description(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::OpenParen => "`(`".to_owned(),
            Self::CloseParen => "`)`".to_owned(),
            Self::Comma => "`,`".to_owned(),
            Self::Text(text) => format!("the text {}", super::literal::excerpt(text)),
            Self::Number(number) => format!("`{number}`"),
            Self::Bracketed(content) => format!("`[{content}]`"),
            Self::End => "end of input".to_owned(),
        }
    }
}
