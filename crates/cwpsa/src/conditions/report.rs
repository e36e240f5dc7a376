//! The result of a check: what is wrong with a text, where, and how to correct it.

use connectwise_psa::conditions::{CheckError, Schema, SyntaxError};
use serde::Serialize;

use crate::conditions::parameter::{Parameter, Parsed};

/// A problem. Positions and lengths are in bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) position: Option<usize>,
    pub(crate) length: Option<usize>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// What is wrong with a text.
#[derive(Clone, Debug)]
pub(crate) struct Problems {
    pub(crate) findings: Vec<Finding>,
    /// The findings for people, with carets under the text.
    pub(crate) text: String,
}

/// Reads and checks a text.
pub(crate) fn check(parameter: Parameter, text: &str, schema: Option<&Schema<'_>>) -> Result<Parsed, Problems> {
    let parsed = parameter.parse(text)?;
    parameter.check(text, schema)?;
    Ok(parsed)
}

impl From<SyntaxError> for Problems {
    fn from(error: SyntaxError) -> Self {
        let span = error.span();
        let finding = Finding {
            position: Some(span.start),
            length: Some(span.len()),
            message: error.message().to_owned(),
            hint: error.hint().map(str::to_owned),
        };
        Self { findings: vec![finding], text: error.to_string() }
    }
}

impl From<CheckError> for Problems {
    fn from(error: CheckError) -> Self {
        let findings = error.findings().iter().map(|finding| Finding {
            position: finding.span.as_ref().map(|span| span.start),
            length: finding.span.as_ref().map(ExactSizeIterator::len),
            message: finding.message.clone(),
            hint: finding.hint.clone(),
        });
        Self { findings: findings.collect(), text: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa::schemas;

    use super::*;

    #[test]
    fn findings_have_positions_in_the_text() {
        let contact = schemas::schema("Contact").unwrap();
        let problems = check(Parameter::Conditions, "ä.x = 5 and", None).unwrap_err();
        assert_eq!(problems.findings.len(), 1);
        let problems =
            check(Parameter::Conditions, "managerContactId = 5 and type/id = 2", Some(&contact)).unwrap_err();
        let spans: Vec<_> = problems.findings.iter().map(|finding| (finding.position, finding.length)).collect();
        assert_eq!(spans, [(Some(0), Some(16)), (Some(25), Some(7))]);
        assert_eq!(problems.findings[0].hint.as_deref(), Some("write managerContact/id=5"));
        assert!(problems.text.contains("^^^^^^^"), "{}", problems.text);
    }

    #[test]
    fn custom_fields_need_no_type() {
        assert!(check(Parameter::CustomFieldConditions, "caption='x' and value=null", None).is_ok());
        assert!(check(Parameter::CustomFieldConditions, "board/name='x'", None).is_err());
    }
}
