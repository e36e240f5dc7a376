//! What is printed about a message: a line for people, or one JSON object on a line.

use connectwise_psa::dependencies::chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

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
    pub(crate) fn json(&self, time: DateTime<Utc>) -> Map<String, Value> {
        let (result, mut object) = match self {
            Self::Forwarded { received, attempt, .. } => {
                (if attempt.is_success() { "forwarded" } else { "failed" }, received.json())
            }
            Self::Filtered { received } => ("filtered", received.json()),
            Self::Duplicate { received } => ("duplicate", received.json()),
            Self::Rejected { .. } => ("rejected", Map::new()),
        };
        object.insert("result".to_owned(), json!(result));
        object.insert("time".to_owned(), json!(time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()));
        object.extend(self.details().into_iter().map(|(name, value)| (name.to_owned(), value)));
        object
    }

    /// Returns the fields that only this kind of report has.
    fn details(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Forwarded { attempt, number, retry_after_seconds, .. } => {
                let milliseconds = u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX);
                let mut details = vec![
                    ("attempt", json!(number)),
                    ("milliseconds", json!(milliseconds)),
                    ("retryAfterSeconds", json!(retry_after_seconds)),
                ];
                match &attempt.result {
                    Ok(response) => details.extend([
                        ("status", json!(response.status.as_u16())),
                        ("body", json!(response.body.text())),
                        ("bodyIsCut", json!(response.body.is_cut())),
                    ]),
                    Err(error) => details.push(("error", json!(error.to_string()))),
                }
                details
            }
            Self::Filtered { .. } | Self::Duplicate { .. } => Vec::new(),
            Self::Rejected { status, reason } => vec![("status", json!(status)), ("reason", json!(reason))],
        }
    }
}
