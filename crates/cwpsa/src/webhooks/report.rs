//! What is printed about a message: a line for people, or one JSON object on a line.

use connectwise_psa::dependencies::chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::webhooks::forwarder::Attempt;
use crate::webhooks::received::Received;
use crate::webhooks::response_text::escaped;

/// What happened to a message.
pub(crate) enum Report<'a> {
    /// It was forwarded, or an attempt to do so has failed.
    Forwarded { received: &'a Received, attempt: &'a Attempt, number: usize, retry_after_seconds: Option<u64> },
    /// It is genuine, but about an event that the user did not choose.
    Filtered { received: &'a Received },
    /// It was rejected, or not accepted now.
    Rejected { status: u16, reason: String },
    /// It is a duplicate of a message that was received before.
    Duplicate { received: &'a Received },
}

impl Report<'_> {
    /// Returns the lines for people.
    pub(crate) fn text(&self, time: DateTime<Utc>) -> String {
        let time = time.format("%H:%M:%S");
        match self {
            Self::Forwarded { received, attempt, number, retry_after_seconds } => {
                let attempt_text = if *number > 1 { format!(" (attempt {number})") } else { String::new() };
                let next = match retry_after_seconds {
                    Some(seconds) => format!("; next attempt in {seconds} s"),
                    None if attempt.is_success() => String::new(),
                    None => "; not repeated".to_owned(),
                };
                let milliseconds = attempt.duration.as_millis();
                let mut text = match &attempt.result {
                    Ok(response) => {
                        let verb = if attempt.is_success() { "forwarded" } else { "failed" };
                        format!(
                            "{time}  {}  {verb}: {} in {milliseconds} ms{attempt_text}{next}",
                            received.title(),
                            response.status
                        )
                    }
                    Err(error) => format!("{time}  {}  failed: {error}{attempt_text}{next}", received.title()),
                };
                for line in attempt.result.iter().flat_map(|response| response.body.lines()) {
                    text.push_str("\n          ");
                    text.push_str(&line);
                }
                text
            }
            Self::Filtered { received } => format!("{time}  {}  not forwarded: not one of --events", received.title()),
            Self::Duplicate { received } => format!("{time}  {}  not forwarded: a duplicate", received.title()),
            Self::Rejected { status, reason } => {
                format!("{time}  rejected with status {status}, not forwarded: {}", escaped(reason))
            }
        }
    }

    /// Returns the object for programs.
    pub(crate) fn json(&self, time: DateTime<Utc>) -> Value {
        let mut object = match self {
            Self::Forwarded { received, attempt, number, retry_after_seconds } => {
                let mut object = received.json();
                object["result"] = json!(if attempt.is_success() { "forwarded" } else { "failed" });
                object["attempt"] = json!(number);
                object["milliseconds"] = json!(u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX));
                object["retryAfterSeconds"] = json!(retry_after_seconds);
                match &attempt.result {
                    Ok(response) => {
                        object["status"] = json!(response.status.as_u16());
                        object["body"] = json!(response.body.text());
                        object["bodyIsCut"] = json!(response.body.is_cut());
                    }
                    Err(error) => object["error"] = json!(error.to_string()),
                }
                object
            }
            Self::Filtered { received } => with_result(received, "filtered"),
            Self::Duplicate { received } => with_result(received, "duplicate"),
            Self::Rejected { status, reason } => json!({"result": "rejected", "status": status, "reason": reason}),
        };
        object["time"] = json!(time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
        object
    }
}

fn with_result(received: &Received, result: &str) -> Value {
    let mut object = received.json();
    object["result"] = json!(result);
    object
}
