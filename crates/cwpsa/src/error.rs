//! The error of a command: what is printed on standard error, and the exit code.

use std::fmt;
use std::io;

use connectwise_psa::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::exit::Exit;

/// The failure of a command.
#[derive(Debug)]
pub(crate) struct CommandError {
    exit: Exit,
    kind: &'static str,
    message: String,
    /// What to do next.
    next_step: Option<String>,
    /// The error of the call that failed.
    call: Option<Box<Error>>,
}

/// The result of a command. Success can also be [`Exit::PartlyFailed`].
pub(crate) type Outcome = Result<Exit, CommandError>;

impl CommandError {
    /// Wrong arguments or input. Nothing was sent.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// A failure without an exit code of its own, such as a file that cannot be written.
    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Self::new(Exit::Failure, "failure", message)
    }

    /// Missing credentials.
    pub(crate) fn authentication(message: impl Into<String>) -> Self {
        Self::new(Exit::Authentication, "authentication", message)
    }

    /// Standard output cannot be written. If its reader has closed it, as `head` does, the program ends without a message
    /// and with success.
    pub(crate) fn stdout(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::Success, "closed_pipe", "standard output is closed"),
            _ => Self::failure(format!("standard output: {error}")),
        }
    }

    /// Returns whether the reader of standard output has closed it.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.kind == "closed_pipe"
    }

    /// A failure with any exit code. `kind` is the machine-readable name in the JSON form.
    pub(crate) fn new(exit: Exit, kind: &'static str, message: impl Into<String>) -> Self {
        Self { exit, kind, message: message.into(), next_step: None, call: None }
    }

    /// Sets what to do next.
    #[must_use]
    pub(crate) fn with_next_step(mut self, next_step: impl Into<String>) -> Self {
        self.next_step = Some(next_step.into());
        self
    }

    /// Replaces the message, for an error of a call that is one of several steps.
    #[must_use]
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Returns how the program ends.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// Returns the error of the call, if a call failed.
    pub(crate) fn call(&self) -> Option<&Error> {
        self.call.as_deref()
    }

    /// Returns the JSON form: one object with the member `error`.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "kind": self.kind, "message": self.message });
        if let Some(call) = &self.call {
            error["http"] = json!(call.status().map(|status| status.as_u16()));
            error["code"] = json!(call.code());
            error["fields"] = call
                .field_errors()
                .iter()
                .map(|field| json!({ "field": field.field, "code": field.code, "message": field.message }))
                .collect();
            error["operation"] =
                json!(call.operation().map(|operation| format!("{}.{}", operation.section, operation.id)));
        }
        error["nextStep"] = json!(self.next_step);
        json!({ "error": error })
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.next_step {
            Some(next_step) => write!(f, "\n{next_step}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CommandError {}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let (exit, kind) = exit_of(error.kind());
        Self { exit, kind, message: error.to_string(), next_step: None, call: Some(Box::new(error)) }
    }
}

/// Returns the exit code and the name of an error of the client.
pub(crate) const fn exit_of(kind: ErrorKind) -> (Exit, &'static str) {
    match kind {
        ErrorKind::InvalidInput => (Exit::Usage, "invalid_input"),
        ErrorKind::Connect => (Exit::Network, "connect"),
        ErrorKind::Timeout => (Exit::Network, "timeout"),
        ErrorKind::Transport => (Exit::Network, "transport"),
        ErrorKind::Unauthenticated => (Exit::Authentication, "unauthenticated"),
        ErrorKind::PermissionDenied => (Exit::Authentication, "permission_denied"),
        ErrorKind::NotFound => (Exit::NotFound, "not_found"),
        ErrorKind::RateLimited => (Exit::RateLimited, "rate_limited"),
        ErrorKind::Rejected => (Exit::Rejected, "rejected"),
        ErrorKind::Server => (Exit::Failure, "server"),
        _ => (Exit::Failure, "unexpected"),
    }
}
