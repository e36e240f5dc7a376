//! A failed tool call, as the agent sees it: an error of the tool with a text, not an error of the protocol, which clients do
//! not show to agents.

use std::fmt;

use connectwise_psa::Error;
use rmcp::model::{CallToolResult, ContentBlock};

use crate::error::CommandError;
use crate::mcp::plans::Rejected;

/// A failed tool call.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Wrong arguments. Nothing was sent.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::from(CommandError::usage(message))
    }

    /// A call that the policy forbids.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::from(CommandError::new(crate::exit::Exit::Usage, "not_allowed", message))
    }

    /// A rejected call with a reason. Nothing was sent.
    pub(crate) fn rejected(kind: &'static str, message: impl Into<String>) -> Self {
        Self::from(CommandError::new(crate::exit::Exit::Rejected, kind, message))
    }

    /// Returns the result of the tool.
    pub(crate) fn into_result(self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text(self.0)])
    }
}

impl From<CommandError> for Failure {
    /// The text is the JSON form of the error, with the server's own message, code and errors of fields.
    fn from(error: CommandError) -> Self {
        Self(error.to_json().to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let advice = if error.is_ambiguous() {
            Some("The change may have been made. Read the record before you repeat the call.")
        } else {
            None
        };
        let error = CommandError::from(error);
        Self::from(match advice {
            Some(advice) => error.with_next_step(advice),
            None => error,
        })
    }
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Self {
        Self::rejected("handle", rejected.reason())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
