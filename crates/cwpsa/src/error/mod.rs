//! The error of a command: what is printed on standard error, and the exit code.

pub(crate) mod kinds;

use std::fmt;
use std::io;

use connectwise_psa::Error;
use serde_json::{Map, Value, json};

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
    /// Whether a change was carried out before the failure.
    is_changed: bool,
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

    /// A value that cannot be written as JSON.
    pub(crate) fn unwritable(error: serde_json::Error) -> Self {
        Self::failure(format!("the result cannot be written: {error}"))
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
        Self { exit, kind, message: message.into(), next_step: None, call: None, is_changed: false }
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

    /// The failure came after a change that the server has carried out: its result cannot be printed.
    #[must_use]
    pub(crate) fn after_change(mut self) -> Self {
        if !self.is_closed_pipe() {
            self.message.push_str("; the request was carried out");
            self.next_step = Some("Do not repeat it: read the record.".to_owned());
            self.is_changed = true;
        }
        self
    }

    /// Names what the error is about, in front of the message.
    #[must_use]
    pub(crate) fn about(mut self, subject: &str) -> Self {
        self.message = format!("{subject}: {}", self.message);
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

    /// Returns the JSON form: one object with the member `error`, which has the [`details`](Self::details).
    pub(crate) fn to_json(&self) -> Value {
        json!({ "error": self.details() })
    }

    /// Returns the details as JSON. For a failed call, they have these members, which are null if they are not known:
    ///
    /// - `sent`: whether the call sent a request at all.
    /// - `mayHaveChanged`: whether the server may have made a change although no response confirms it.
    /// - `retryable`: whether the same command may succeed later and is harmless to repeat.
    /// - `retryAfter`: seconds.
    pub(crate) fn details(&self) -> Value {
        let mut error =
            Map::from_iter([("kind".to_owned(), self.kind.into()), ("message".to_owned(), json!(self.message))]);
        let mut set = |name: &str, value: Value| error.insert(name.to_owned(), value);
        match &self.call {
            Some(call) => {
                let fields = call.field_errors().iter();
                let fields = fields
                    .map(|field| json!({ "field": field.field, "code": field.code, "message": field.message }))
                    .collect();
                set("http", json!(call.status().map(|status| status.as_u16())));
                set("code", json!(call.code()));
                set("fields", fields);
                set("operation", json!(call.operation().map(kinds::operation_id)));
                set("page", json!(call.page()));
                set("requestId", json!(call.request_id()));
                set("retryAfter", json!(call.retry_after().map(|wait| wait.as_secs())));
                set("sent", json!(!call.is_unsent()));
                set("mayHaveChanged", json!(call.is_ambiguous()));
                set("retryable", json!(call.is_retryable()));
            }
            None if self.is_changed => {
                set("sent", json!(true));
                set("mayHaveChanged", json!(true));
            }
            None if self.exit == Exit::Usage => drop(set("sent", json!(false))),
            None => {}
        }
        set("nextStep", json!(self.next_step));
        error.into()
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
        let (exit, kind) = kinds::classify(&error);
        let next_step = kinds::next_step(&error);
        Self { exit, kind, message: error.to_string(), next_step, call: Some(Box::new(error)), is_changed: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_says_what_is_known_about_the_past() {
        let lost = CommandError::from(Error::transport("closed").with_request(false, false)).to_json();
        let lost = &lost["error"];
        assert_eq!((&lost["kind"], &lost["http"]), (&json!("transport"), &Value::Null));
        assert_eq!(
            (&lost["sent"], &lost["mayHaveChanged"], &lost["retryable"]),
            (&true.into(), &true.into(), &false.into())
        );
        let unsent = CommandError::from(Error::connect("refused").with_request(false, false)).to_json();
        let unsent = &unsent["error"];
        assert_eq!((&unsent["sent"], &unsent["mayHaveChanged"]), (&false.into(), &false.into()));
        let usage = CommandError::usage("wrong").with_next_step("do it well").to_json();
        let expected =
            json!({ "error": {"kind": "usage", "message": "wrong", "sent": false, "nextStep": "do it well"}});
        assert_eq!(usage, expected);
        assert!(CommandError::failure("x").to_json()["error"].get("sent").is_none());
    }
}
