//! The error responses for conditions and orders, in the words of live servers.

use connectwise_psa::conditions::{Finding, FindingKind, SyntaxError};

use crate::api_error::ApiError;
use crate::schema::{FieldType, type_of};

/// Observed on live servers: the end of the messages about values.
const LITERALS: &str = "String values should be enclosed with double or single quotes; DateTime values should be enclosed \
     in square brackets; numbers should consist of only digits, and optionally a decimal point and a negation sign; \
     boolean values should be indicated with the keywords true or false; null values should be indicated by the \
     keyword null.";

/// What a live server does about a finding of the checker.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rejection {
    /// `colour is not a recognized name.`
    UnrecognizedName,
    /// `Expected a boolean value, not a numeric.`
    UnexpectedType,
    /// `Condition Syntax Error (Line 1, Character 9) - …`. The words after the position are those of the checker,
    /// because those of live servers are not known.
    SyntaxError,
    /// None: the condition is valid and matches nothing.
    None,
}

/// The rejection of each finding. Findings of kinds that are not listed are syntax errors.
const REJECTIONS: &[(FindingKind, Rejection)] = &[
    (FindingKind::UnknownField, Rejection::UnrecognizedName),
    (FindingKind::List, Rejection::UnrecognizedName),
    (FindingKind::NotAList, Rejection::UnrecognizedName),
    (FindingKind::CustomField, Rejection::UnrecognizedName),
    (FindingKind::WholeRecord, Rejection::UnrecognizedName),
    (FindingKind::WrongType, Rejection::UnexpectedType),
    (FindingKind::Syntax, Rejection::SyntaxError),
    (FindingKind::InvalidLiteral, Rejection::SyntaxError),
    (FindingKind::Operator, Rejection::SyntaxError),
    (FindingKind::NotOrdered, Rejection::SyntaxError),
    (FindingKind::Query, Rejection::SyntaxError),
    (FindingKind::UnknownValue, Rejection::None),
    (FindingKind::Contradiction, Rejection::None),
];

/// Returns the error for text that is not a condition. Observed on live servers: the message names the line, the
/// character and the text at this position. For text that ends too early, the words after the position are not known.
pub(crate) fn syntax_error(error: &SyntaxError) -> ApiError {
    let found = error.text().get(error.span()).unwrap_or_default();
    let problem = if found.is_empty() { error.message().to_owned() } else { format!("Unrecognized value: {found}") };
    at_position(error.text(), error.position(), &problem)
}

/// Returns the error for a name that conditions and orders cannot use.
pub(crate) fn unrecognized_name(name: &str) -> ApiError {
    ApiError::bad("ApiFindCondition", format!("{name} is not a recognized name."))
}

/// Returns the error for a finding about a condition on records of a type. `None` if a live server accepts the
/// condition.
pub(crate) fn error(finding: &Finding, condition: &str, type_name: &str) -> Option<ApiError> {
    let listed = REJECTIONS.iter().find(|(kind, _)| *kind == finding.kind);
    let span = finding.span.clone().unwrap_or_default();
    match listed.map_or(Rejection::SyntaxError, |(_, rejection)| *rejection) {
        Rejection::UnrecognizedName => Some(unrecognized_name(&finding.field)),
        Rejection::UnexpectedType => {
            let (expected, given) =
                (expected_type(type_name, &finding.field), given_type(condition.get(span).unwrap_or_default()));
            let message = format!("Expected a {expected} value, not a {given}. {LITERALS}");
            Some(ApiError::bad("ApiFindCondition", message))
        }
        Rejection::SyntaxError => Some(at_position(condition, span.start, &finding.message)),
        Rejection::None => None,
    }
}

fn at_position(condition: &str, at: usize, problem: &str) -> ApiError {
    let before = condition.get(..at).unwrap_or(condition);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let (line, character) =
        (before.matches('\n').count() + 1, before.get(line_start..).unwrap_or_default().encode_utf16().count() + 1);
    let message = format!("Condition Syntax Error (Line {line}, Character {character}) - {problem}\n{LITERALS}");
    ApiError::bad("ApiFindCondition", message)
}

/// Returns the type of the field at a path, as messages name it.
fn expected_type(type_name: &str, path: &str) -> &'static str {
    let mut field_type = FieldType::Object(type_name.to_owned());
    for step in path.split('/') {
        while let FieldType::List(element) = field_type {
            field_type = *element;
        }
        let inner = match &field_type {
            FieldType::Object(name) | FieldType::Reference(name) => type_of(name),
            _ => None,
        };
        field_type = match (inner.and_then(|inner| inner.field(step)), step.to_ascii_lowercase().as_str()) {
            (Some((_, field)), _) => field.field_type.clone(),
            // Conditions use the fields of `_info` like fields of the record.
            (None, "lastupdated" | "dateentered") => FieldType::DateTime,
            (None, _) => FieldType::String,
        };
    }
    match field_type {
        FieldType::Boolean => "boolean",
        FieldType::Integer | FieldType::Number => "numeric",
        FieldType::Date | FieldType::DateTime => "datetime",
        _ => "string",
    }
}

/// Returns the type of a literal, as messages name it.
fn given_type(literal: &str) -> &'static str {
    match literal.chars().next() {
        Some('"' | '\'') => "string",
        Some('[') => "datetime",
        Some(first) if first.is_ascii_digit() || first == '-' => "numeric",
        Some('t' | 'T' | 'f' | 'F') => "boolean",
        _ => "null",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connectwise_psa::{Condition, schemas};

    fn message(condition: &str) -> Option<String> {
        if let Err(error) = condition.parse::<Condition>() {
            return Some(syntax_error(&error).message);
        }
        let checked = schemas::schema("Ticket").unwrap().check_conditions(condition);
        let findings = checked.err()?;
        let error = findings.findings().iter().find_map(|finding| error(finding, condition, "Ticket"))?;
        assert_eq!((error.status.as_u16(), error.code), (400, "ApiFindCondition"));
        Some(error.message)
    }

    #[test]
    fn conditions_are_rejected_in_the_words_of_live_servers() {
        for (condition, line, character, problem) in [
            ("type/id=4ANDobjectId=5", 1, 9, "Unrecognized value: 4ANDobjectId"),
            ("summary contains printer", 1, 18, "Unrecognized value: printer"),
            ("id=1 and\nsummary=ä", 2, 9, "Unrecognized value: ä"),
            ("summary='🖨' and id=x", 1, 21, "Unrecognized value: x"),
            ("id=1 id=2", 1, 6, "Unrecognized value: id"),
            ("id==1", 1, 3, "Unrecognized value: =="),
            ("id=", 1, 4, "expected a value, found end of input"),
            ("closedFlag > true", 1, 12, "`closedFlag` is a boolean, which `>` cannot compare"),
        ] {
            let expected =
                format!("Condition Syntax Error (Line {line}, Character {character}) - {problem}\n{LITERALS}");
            assert_eq!(message(condition), Some(expected), "{condition}");
        }
        for (condition, expected, given) in [
            ("closedFlag=5", "boolean", "numeric"),
            ("closedFlag='yes'", "boolean", "string"),
            ("id='5'", "numeric", "string"),
            ("board/id=true", "numeric", "boolean"),
            ("summary=5", "string", "numeric"),
            ("id in (1,[2025-01-01])", "numeric", "datetime"),
            ("lastUpdated = '2025-01-01'", "datetime", "string"),
        ] {
            let expected = format!("Expected a {expected} value, not a {given}. {LITERALS}");
            assert_eq!(message(condition), Some(expected), "{condition}");
        }
        for name in ["colour", "board", "customFields/value", "board/colour"] {
            assert_eq!(message(&format!("{name}=1")), Some(format!("{name} is not a recognized name.")));
        }
        // Valid conditions that match nothing.
        assert_eq!(message("recordType='Unknown'"), None);
    }
}
