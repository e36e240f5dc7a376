//! The parser of conditions. Keywords are read in any letter case. An error states the position and, for common
//! mistakes, how to correct the text.

use std::ops::Range;

use super::lexer::{Lexer, SpannedToken, Token};
use super::syntax_error::SyntaxError;
use crate::conditions::Condition;
use crate::conditions::comparison::{Comparison, Operator, empty_list_advice};
use crate::conditions::literal::Literal;

/// The maximum nesting depth of groups. Deeper nesting is a mistake, and each level uses stack.
const MAX_DEPTH: usize = 256;

/// The byte ranges of a comparison in the text.
pub(crate) struct ComparisonSpans {
    /// The comparison as the text has it. After a `not`, the condition contains its opposite instead.
    pub(crate) comparison: Comparison,
    pub(crate) field: Range<usize>,
    pub(crate) operator: Range<usize>,
    pub(crate) values: Vec<Range<usize>>,
}

/// Parses a condition.
pub(crate) fn parse(text: &str) -> Result<Condition, SyntaxError> {
    read(text, None).map(|(condition, _)| condition)
}

/// Parses a condition and returns the spans of its comparisons, in the order of [`Condition::comparisons`].
pub(crate) fn comparison_spans(text: &str) -> Result<Vec<ComparisonSpans>, SyntaxError> {
    read(text, Some(Vec::new())).map(|(_, spans)| spans.unwrap_or_default())
}

fn read(
    text: &str,
    spans: Option<Vec<ComparisonSpans>>,
) -> Result<(Condition, Option<Vec<ComparisonSpans>>), SyntaxError> {
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    let mut parser = Parser { lexer, token, spans, depth: 0 };
    let condition = parser.or_expression()?;
    if parser.token.token != Token::End {
        return Err(parser.missing_connective());
    }
    Ok((condition, parser.spans))
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The current token.
    token: SpannedToken<'a>,
    /// The spans of the comparisons; `None` if the caller does not need them.
    spans: Option<Vec<ComparisonSpans>>,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Consumes and returns the current token.
    fn take(&mut self) -> Result<SpannedToken<'a>, SyntaxError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn at_word(&self, keyword: &str) -> bool {
        matches!(self.token.token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_word(&mut self, keyword: &str) -> Result<bool, SyntaxError> {
        let is_next = self.at_word(keyword);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    fn expected(&self, what: &str) -> SyntaxError {
        SyntaxError::new(
            self.lexer.text(),
            self.token.span.clone(),
            format!("expected {what}, found {}", self.token.token.description()),
        )
    }

    /// Parses `… and … or … and …`.
    fn or_expression(&mut self) -> Result<Condition, SyntaxError> {
        let mut condition = self.and_expression()?;
        while self.take_word("or")? {
            condition = condition.or(self.and_expression()?);
        }
        Ok(condition)
    }

    fn and_expression(&mut self) -> Result<Condition, SyntaxError> {
        let mut condition = self.term()?;
        while self.take_word("and")? {
            condition = condition.and(self.term()?);
        }
        Ok(condition)
    }

    fn term(&mut self) -> Result<Condition, SyntaxError> {
        let mut negated = false;
        while self.take_word("not")? {
            negated = !negated;
        }
        let condition = if self.token.token == Token::OpenParen { self.group()? } else { self.comparison()? };
        Ok(if negated { condition.not() } else { condition })
    }

    fn group(&mut self) -> Result<Condition, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(SyntaxError::new(
                self.lexer.text(),
                self.token.span.clone(),
                format!("groups are nested more than {MAX_DEPTH} levels deep"),
            ));
        }
        self.depth += 1;
        self.take()?;
        let condition = self.or_expression()?;
        if self.token.token != Token::CloseParen {
            let error = self.missing_connective();
            return Err(if self.token.token == Token::End { self.expected("`)`") } else { error });
        }
        self.take()?;
        self.depth -= 1;
        Ok(condition)
    }

    /// Returns the error for a token in the position of `and`, `or` or the end.
    fn missing_connective(&self) -> SyntaxError {
        let error = self.expected("`and`, `or` or end of input");
        match self.token.token {
            Token::CloseParen => error.with_hint("the opening `(` is missing"),
            Token::Comma => error.with_hint("join conditions with `and`; commas only separate the values of `in`"),
            Token::Text(_) => {
                error.with_hint("a quote inside the text ended it; use the other quote character around the text")
            }
            Token::Word(_) => error.with_hint("join conditions with `and` or `or`, and put text in quotes"),
            _ => error,
        }
    }

    fn comparison(&mut self) -> Result<Condition, SyntaxError> {
        let Some(field) = self.token.token.path() else { return Err(self.missing_field()) };
        let field_span = self.take()?.span;
        let (operator, operator_span) = self.operator()?;
        let (values, value_spans) = if operator.takes_list() { self.list(operator)? } else { self.single(operator)? };
        let start = value_spans.first().map_or(operator_span.start, |first| first.start);
        let whole = start..value_spans.last().map_or(operator_span.end, |last| last.end);
        match Comparison::try_new(field, operator, values) {
            Ok(comparison) => {
                if let Some(spans) = &mut self.spans {
                    spans.push(ComparisonSpans {
                        comparison: comparison.clone(),
                        field: field_span,
                        operator: operator_span,
                        values: value_spans,
                    });
                }
                Ok(comparison.into())
            }
            Err(reason) => {
                Err(SyntaxError::new(self.lexer.text(), whole, "the operator does not accept this value")
                    .with_hint(reason))
            }
        }
    }

    fn missing_field(&self) -> SyntaxError {
        let error = self.expected("a field");
        match self.token.token {
            Token::Text(_) | Token::Number(_) | Token::Bracketed(_) => {
                error.with_hint("a comparison is a field, an operator and a value, such as board/id=1")
            }
            Token::End if self.lexer.text().trim().is_empty() => {
                error.with_hint("an empty condition is not valid; leave it out")
            }
            _ => error,
        }
    }

    fn operator(&mut self) -> Result<(Operator, Range<usize>), SyntaxError> {
        let start = self.token.span.start;
        let mut negated = false;
        while self.take_word("not")? {
            negated = !negated;
        }
        let operator = match self.token.token {
            Token::Symbol(symbol) => Operator::ALL.into_iter().find(|operator| operator.as_str() == symbol),
            Token::Word(word) => {
                Operator::ALL.into_iter().find(|operator| operator.as_str().eq_ignore_ascii_case(word))
            }
            _ => None,
        };
        let Some(operator) = operator else {
            let error = self.expected("an operator");
            return Err(match self.token.token {
                Token::Word(word) if word.eq_ignore_ascii_case("is") => {
                    error.with_hint("compare with null as `= null` or `!= null`")
                }
                Token::Word(word) if word.eq_ignore_ascii_case("between") => {
                    error.with_hint("use two comparisons for a range: field>=1 and field<=5")
                }
                Token::Word(word) if ["equals", "eq"].iter().any(|name| name.eq_ignore_ascii_case(word)) => {
                    error.with_hint("use `=` for equality")
                }
                Token::Word(word) if ["startswith", "endswith"].iter().any(|name| name.eq_ignore_ascii_case(word)) => {
                    error.with_hint("use a pattern: like \"text%\" or like \"%text\"")
                }
                _ => error
                    .with_hint("the operators are = != < <= > >= contains like in; `not` can precede the last three"),
            });
        };
        let end = self.take()?.span.end;
        Ok((if negated { operator.not() } else { operator }, start..end))
    }

    fn single(&mut self, operator: Operator) -> Result<(Vec<Literal>, Vec<Range<usize>>), SyntaxError> {
        if self.token.token == Token::OpenParen {
            let error = self.expected("a value");
            return Err(error.with_hint(format!("`{operator}` takes one value; use `in` for a list")));
        }
        let (value, span) = self.value()?;
        Ok((vec![value], vec![span]))
    }

    fn list(&mut self, operator: Operator) -> Result<(Vec<Literal>, Vec<Range<usize>>), SyntaxError> {
        if self.token.token != Token::OpenParen {
            let error = self.expected("`(`");
            return Err(error.with_hint("put the values of `in` in parentheses: in (1,2) or in (\"a\",\"b\")"));
        }
        self.take()?;
        if self.token.token == Token::CloseParen {
            let error = self.expected("a value");
            return Err(empty_list_advice(operator).into_iter().fold(error, SyntaxError::with_hint));
        }
        let (mut values, mut spans) = (Vec::new(), Vec::new());
        loop {
            let (value, span) = self.value()?;
            values.push(value);
            spans.push(span);
            if self.token.token == Token::CloseParen {
                break;
            }
            if self.token.token != Token::Comma {
                return Err(self.expected("`,` or `)`"));
            }
            self.take()?;
        }
        self.take()?;
        Ok((values, spans))
    }

    fn value(&mut self) -> Result<(Literal, Range<usize>), SyntaxError> {
        let literal = match self.token.token {
            // The lexer has already rejected text that cannot be a literal.
            Token::Text(text) => Literal::text(text).ok(),
            Token::Number(digits) => Literal::digits(digits),
            Token::Bracketed(content) => match Literal::bracketed(content) {
                Some(literal) => Some(literal),
                None => {
                    let error = SyntaxError::new(
                        self.lexer.text(),
                        self.token.span.clone(),
                        format!("`{content}` is not a date"),
                    );
                    return Err(error.with_hint(
                        "write a date as [2025-01-31] or [2025-01-31T10:00:00Z], and a list in parentheses",
                    ));
                }
            },
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "true" => Some(Literal::boolean(true)),
                "false" => Some(Literal::boolean(false)),
                "null" => Some(Literal::NULL),
                _ => return Err(self.expected("a value").with_hint(format!("put text in quotes: \"{word}\""))),
            },
            _ => None,
        };
        match literal {
            Some(literal) => Ok((literal, self.take()?.span)),
            None => Err(self.expected("a value")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_comparison_has_its_spans() {
        let text = "not (a = 1 or b/c NOT  in ('x', 2)) and d like \"%\"";
        let (condition, spans) = (parse(text).unwrap(), comparison_spans(text).unwrap());
        assert_eq!(condition.to_string(), r#"a!=1 and b/c in ("x",2) and d like "%""#);
        let sources: Vec<_> = spans
            .iter()
            .map(|span| {
                (
                    &text[span.field.clone()],
                    &text[span.operator.clone()],
                    span.values.iter().map(|span| &text[span.clone()]).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            sources,
            [("a", "=", vec!["1"]), ("b/c", "NOT  in", vec!["'x'", "2"]), ("d", "like", vec!["\"%\""])]
        );
        assert_eq!(condition.comparisons().len(), spans.len());
    }

    #[test]
    fn deep_nesting_is_rejected_but_long_conditions_are_not() {
        let deep = |depth: usize| format!("{}a=1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(parse(&deep(MAX_DEPTH)).unwrap().to_string(), "a=1");
        assert!(parse(&deep(MAX_DEPTH + 1)).err().unwrap().to_string().contains("256 levels deep"));
        // Neither overflows the stack.
        assert!(parse(&"(".repeat(1_000_000)).is_err());
        assert!(parse(&"not ".repeat(100_000)).is_err());
        let many = vec!["a=1"; 20_000].join(" and ");
        assert_eq!(parse(&many).unwrap().to_string(), many);
    }
}
