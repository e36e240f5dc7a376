//! From text to conditions: the whole grammar, in any letter case, with errors that say where and how it is meant.

use std::ops::Range;

use super::lexer::{Lexer, Placed, Token};
use super::syntax_error::SyntaxError;
use crate::conditions::Condition;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::literal::Literal;

/// How deep groups may lie inside each other; deeper ones are a mistake, and would take as much stack.
const DEEPEST: usize = 256;

/// Where a comparison stands in the text.
pub(crate) struct ComparisonPlace {
    /// The comparison as it is written: behind a `not` the condition has its opposite.
    pub(crate) written: Comparison,
    pub(crate) field: Range<usize>,
    pub(crate) operator: Range<usize>,
    pub(crate) values: Vec<Range<usize>>,
}

/// Reads a condition.
pub(crate) fn parse(text: &str) -> Result<Condition, SyntaxError> {
    read(text, None).map(|(condition, _)| condition)
}

/// Where the comparisons of a condition stand and how they are written, in the order of [`Condition::comparisons`].
pub(crate) fn places(text: &str) -> Result<Vec<ComparisonPlace>, SyntaxError> {
    read(text, Some(Vec::new())).map(|(_, places)| places.unwrap_or_default())
}

fn read(
    text: &str,
    places: Option<Vec<ComparisonPlace>>,
) -> Result<(Condition, Option<Vec<ComparisonPlace>>), SyntaxError> {
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    let mut parser = Parser { lexer, token, places, depth: 0 };
    let condition = parser.any()?;
    if parser.token.token != Token::End {
        return Err(parser.unjoined());
    }
    Ok((condition, parser.places))
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next token.
    token: Placed<'a>,
    /// Where the comparisons stand; none when nobody asks.
    places: Option<Vec<ComparisonPlace>>,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Takes the next token.
    fn take(&mut self) -> Result<Placed<'a>, SyntaxError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn at_word(&self, keyword: &str) -> bool {
        matches!(self.token.token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_word(&mut self, keyword: &str) -> Result<bool, SyntaxError> {
        let is_there = self.at_word(keyword);
        if is_there {
            self.take()?;
        }
        Ok(is_there)
    }

    fn expected(&self, what: &str) -> SyntaxError {
        SyntaxError::new(
            self.lexer.text(),
            self.token.place.clone(),
            format!("expected {what}, found {}", self.token.token.shown()),
        )
    }

    /// `and … or …`
    fn any(&mut self) -> Result<Condition, SyntaxError> {
        let mut condition = self.all()?;
        while self.take_word("or")? {
            condition = condition.or(self.all()?);
        }
        Ok(condition)
    }

    fn all(&mut self) -> Result<Condition, SyntaxError> {
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
        let condition = if self.token.token == Token::Open { self.group()? } else { self.comparison()? };
        Ok(if negated { condition.not() } else { condition })
    }

    fn group(&mut self) -> Result<Condition, SyntaxError> {
        if self.depth == DEEPEST {
            return Err(SyntaxError::new(
                self.lexer.text(),
                self.token.place.clone(),
                format!("groups lie more than {DEEPEST} deep"),
            ));
        }
        self.depth += 1;
        self.take()?;
        let condition = self.any()?;
        if self.token.token != Token::Close {
            let error = self.unjoined();
            return Err(if self.token.token == Token::End { self.expected("`)`") } else { error });
        }
        self.take()?;
        self.depth -= 1;
        Ok(condition)
    }

    /// What stands where `and`, `or` or the end has to.
    fn unjoined(&self) -> SyntaxError {
        let error = self.expected("`and`, `or` or the end");
        match self.token.token {
            Token::Close => error.with_hint("a `(` is missing before it"),
            Token::Comma => error.with_hint("conditions are joined by `and`; commas stand in the lists of `in`"),
            Token::Text(_) => {
                error.with_hint("a quote inside the text ended it; put the other kind of quotes around the text")
            }
            Token::Word(_) => error.with_hint("conditions are joined by `and` or `or`, and text stands in quotes"),
            _ => error,
        }
    }

    fn comparison(&mut self) -> Result<Condition, SyntaxError> {
        let Some(field) = self.token.token.path() else { return Err(self.no_field()) };
        let field_place = self.take()?.place;
        let (operator, operator_place) = self.operator()?;
        let (values, value_places) = if operator.takes_list() { self.list()? } else { self.single(operator)? };
        let start = value_places.first().map_or(operator_place.start, |first| first.start);
        let whole = start..value_places.last().map_or(operator_place.end, |last| last.end);
        match Comparison::try_new(field, operator, values) {
            Ok(written) => {
                if let Some(places) = &mut self.places {
                    places.push(ComparisonPlace {
                        written: written.clone(),
                        field: field_place,
                        operator: operator_place,
                        values: value_places,
                    });
                }
                Ok(written.into())
            }
            Err(why) => {
                Err(SyntaxError::new(self.lexer.text(), whole, "the value does not fit the operator").with_hint(why))
            }
        }
    }

    fn no_field(&self) -> SyntaxError {
        let error = self.expected("a field");
        match self.token.token {
            Token::Text(_) | Token::Number(_) | Token::Bracketed(_) => {
                error.with_hint("a comparison is field, operator, value, such as board/id=1")
            }
            Token::End if self.lexer.text().trim().is_empty() => {
                error.with_hint("an empty condition is no condition: leave it out")
            }
            _ => error,
        }
    }

    fn operator(&mut self) -> Result<(Operator, Range<usize>), SyntaxError> {
        let start = self.token.place.start;
        let mut negated = false;
        while self.take_word("not")? {
            negated = !negated;
        }
        let operator = match self.token.token {
            Token::Sign(sign) => Operator::ALL.into_iter().find(|operator| operator.as_str() == sign),
            Token::Word(word) => {
                Operator::ALL.into_iter().find(|operator| operator.as_str().eq_ignore_ascii_case(word))
            }
            _ => None,
        };
        let Some(operator) = operator else {
            let error = self.expected("an operator");
            return Err(match self.token.token {
                Token::Word(word) if word.eq_ignore_ascii_case("is") => {
                    error.with_hint("null is compared with `= null` and `!= null`")
                }
                Token::Word(word) if word.eq_ignore_ascii_case("between") => {
                    error.with_hint("a range is two comparisons: field>=1 and field<=5")
                }
                Token::Word(word) if ["equals", "eq"].iter().any(|name| name.eq_ignore_ascii_case(word)) => {
                    error.with_hint("equality is `=`")
                }
                Token::Word(word) if ["startswith", "endswith"].iter().any(|name| name.eq_ignore_ascii_case(word)) => {
                    error.with_hint("beginnings and ends are patterns: like \"text%\", like \"%text\"")
                }
                _ => error
                    .with_hint("the operators are = != < <= > >= contains like in, and `not` before the last three"),
            });
        };
        let end = self.take()?.place.end;
        Ok((if negated { operator.not() } else { operator }, start..end))
    }

    fn single(&mut self, operator: Operator) -> Result<(Vec<Literal>, Vec<Range<usize>>), SyntaxError> {
        if self.token.token == Token::Open {
            let error = self.expected("a value");
            return Err(error.with_hint(format!("`{operator}` takes one value; a list is for `in`")));
        }
        let (value, place) = self.value()?;
        Ok((vec![value], vec![place]))
    }

    fn list(&mut self) -> Result<(Vec<Literal>, Vec<Range<usize>>), SyntaxError> {
        if self.token.token != Token::Open {
            let error = self.expected("`(`");
            return Err(error.with_hint("the values of `in` stand in parentheses: in (1,2) or in (\"a\",\"b\")"));
        }
        self.take()?;
        if self.token.token == Token::Close {
            return Err(self.expected("a value").with_hint("an empty list fits nothing, so leave the request out"));
        }
        let (mut values, mut places) = (Vec::new(), Vec::new());
        loop {
            let (value, place) = self.value()?;
            values.push(value);
            places.push(place);
            if self.token.token == Token::Close {
                break;
            }
            if self.token.token != Token::Comma {
                return Err(self.expected("`,` or `)`"));
            }
            self.take()?;
        }
        self.take()?;
        Ok((values, places))
    }

    fn value(&mut self) -> Result<(Literal, Range<usize>), SyntaxError> {
        let literal = match self.token.token {
            // The lexer takes no text that cannot be a literal.
            Token::Text(text) => Literal::text(text).ok(),
            Token::Number(digits) => Literal::digits(digits),
            Token::Bracketed(content) => match Literal::bracketed(content) {
                Some(literal) => Some(literal),
                None => {
                    let error = SyntaxError::new(
                        self.lexer.text(),
                        self.token.place.clone(),
                        format!("`{content}` is no date"),
                    );
                    return Err(error.with_hint(
                        "dates are written as [2025-01-31] or [2025-01-31T10:00:00Z]; lists stand in parentheses",
                    ));
                }
            },
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "true" => Some(Literal::boolean(true)),
                "false" => Some(Literal::boolean(false)),
                "null" => Some(Literal::NULL),
                _ => return Err(self.expected("a value").with_hint(format!("text stands in quotes: \"{word}\""))),
            },
            _ => None,
        };
        match literal {
            Some(literal) => Ok((literal, self.take()?.place)),
            None => Err(self.expected("a value")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text, what it is written as, or the place and hint of its error.
    #[test]
    fn places_belong_to_comparisons() {
        let text = "not (a = 1 or b/c NOT  in ('x', 2)) and d like \"%\"";
        let (condition, places) = (parse(text).unwrap(), places(text).unwrap());
        assert_eq!(condition.to_string(), r#"a!=1 and b/c in ("x",2) and d like "%""#);
        let shown: Vec<_> = places
            .iter()
            .map(|place| {
                (
                    &text[place.field.clone()],
                    &text[place.operator.clone()],
                    place.values.iter().map(|place| &text[place.clone()]).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(shown, [("a", "=", vec!["1"]), ("b/c", "NOT  in", vec!["'x'", "2"]), ("d", "like", vec!["\"%\""])]);
        assert_eq!(condition.comparisons().len(), places.len());
    }

    #[test]
    fn deep_groups_are_refused_and_many_conditions_are_not() {
        let deep = |depth: usize| format!("{}a=1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(parse(&deep(DEEPEST)).unwrap().to_string(), "a=1");
        assert!(parse(&deep(DEEPEST + 1)).err().unwrap().to_string().contains("256 deep"));
        assert!(parse(&"(".repeat(1_000_000)).is_err());
        assert!(parse(&"not ".repeat(100_000)).is_err());
        let many = vec!["a=1"; 20_000].join(" and ");
        assert_eq!(parse(&many).unwrap().to_string(), many);
    }
}
