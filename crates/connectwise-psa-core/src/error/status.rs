//! What a status says about a request: whether the error may disappear by itself, and whether the server may have
//! carried out the request.

use std::ops::RangeInclusive;

/// What a status outside 2xx says about its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusRule {
    /// Whether the same request may succeed later.
    pub(crate) is_transient: bool,
    /// Whether the server may have carried out the request all the same.
    pub(crate) leaves_change_ambiguous: bool,
}

/// The server rejected the request.
const REJECTED: StatusRule = StatusRule { is_transient: false, leaves_change_ambiguous: false };
/// The server rejected the request for now.
const REJECTED_FOR_NOW: StatusRule = StatusRule { is_transient: true, leaves_change_ambiguous: false };
/// The server failed, perhaps after it had carried out the request.
const FAILED: StatusRule = StatusRule { is_transient: false, leaves_change_ambiguous: true };
/// The server or a gateway gave up, perhaps after the server had carried out the request.
const FAILED_FOR_NOW: StatusRule = StatusRule { is_transient: true, leaves_change_ambiguous: true };

/// The rules by status; the first range with the status counts. A status without a source that says otherwise counts as
/// "may have been carried out", because a repeated change can lose or duplicate data and an unnecessary check cannot.
const RULES: [(RangeInclusive<u16>, StatusRule); 12] = [
    // A gateway waited too long for the request, of which it may have forwarded a part.
    (408..=408, FAILED_FOR_NOW),
    // A server does not process the request, because it might be a repetition. It says nothing about the first one.
    (425..=425, FAILED_FOR_NOW),
    (429..=429, REJECTED_FOR_NOW),
    (300..=499, REJECTED),
    // The server does not support the method or the HTTP version.
    (501..=501, REJECTED),
    (505..=505, REJECTED),
    (502..=504, FAILED_FOR_NOW),
    // The content network in front of the cloud: 520 to 526 if it cannot reach the server or cannot use its response
    // (524: no response in time), 527 and 530 for errors of its own.
    (520..=527, FAILED_FOR_NOW),
    (530..=530, FAILED_FOR_NOW),
    // Not registered: a gateway is overloaded (529), or did not get a response in time (598, 599).
    (529..=529, FAILED_FOR_NOW),
    (598..=599, FAILED_FOR_NOW),
    (500..=599, FAILED),
];

/// Returns the rule for a status. The message decides for a 500, which live servers send for a timeout of the database
/// and for a value of the wrong type alike.
pub(crate) fn status_rule(status: u16, message: Option<&str>) -> StatusRule {
    let message = message.unwrap_or_default().to_ascii_lowercase();
    let mentions = |text: &str| message.contains(text);
    match status {
        // Observed on live servers: the server could not read a value of the request. The message quotes that value,
        // which can contain any word.
        500 if mentions("error converting") || mentions("string was not recognized as a valid") => REJECTED,
        500 if mentions("timeout") || mentions("max pool size") => FAILED_FOR_NOW,
        _ => RULES.iter().find(|(statuses, _)| statuses.contains(&status)).map_or(FAILED, |(_, rule)| *rule),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use crate::error::Error;

    /// A GET; a change that is repeatable, such as a PUT; a change that is not, such as a POST.
    const REQUESTS: [(bool, bool); 3] = [(true, true), (false, true), (false, false)];

    /// The expected (is_retryable, is_ambiguous) for each of the [`REQUESTS`].
    type Expected = [(bool, bool); 3];

    const REJECTED: Expected = [(false, false); 3];
    const REJECTED_FOR_NOW: Expected = [(true, false); 3];
    const FAILED: Expected = [(false, false), (false, true), (false, true)];
    const FAILED_FOR_NOW: Expected = [(true, false), (true, true), (false, true)];

    #[test]
    fn every_status_has_a_rule() {
        let timeout = "A timeout has occured. Please try again.";
        let pool = "The period elapsed prior to obtaining a connection from the pool. Max pool size was reached.";
        let converting = r#"Error converting value "timeout" to type 'System.Int32'."#;
        let boolean = "String was not recognized as a valid Boolean.";
        for (statuses, message, expected) in [
            (300..=407, "", REJECTED),
            (408..=408, "", FAILED_FOR_NOW),
            (409..=424, "", REJECTED),
            (425..=425, "", FAILED_FOR_NOW),
            (426..=428, "", REJECTED),
            (429..=429, "", REJECTED_FOR_NOW),
            (430..=499, timeout, REJECTED),
            (500..=500, "", FAILED),
            (500..=500, timeout, FAILED_FOR_NOW),
            (500..=500, pool, FAILED_FOR_NOW),
            (500..=500, converting, REJECTED),
            (500..=500, boolean, REJECTED),
            (501..=501, "", REJECTED),
            (502..=504, "", FAILED_FOR_NOW),
            (505..=505, "", REJECTED),
            (506..=519, "", FAILED),
            (520..=527, "", FAILED_FOR_NOW),
            (528..=528, "", FAILED),
            (529..=530, "", FAILED_FOR_NOW),
            (531..=597, "", FAILED),
            (598..=599, "", FAILED_FOR_NOW),
            // Not registered.
            (600..=999, "", FAILED),
        ] {
            for status in statuses {
                let status = StatusCode::from_u16(status).unwrap();
                let body = serde_json::json!({ "message": message }).to_string();
                let found = REQUESTS.map(|(is_read, repeatable)| {
                    let error = Error::from_response(status, &HeaderMap::new(), body.as_bytes());
                    let error = error.with_request(is_read, repeatable);
                    (error.is_retryable(), error.is_ambiguous())
                });
                assert_eq!(found, expected, "{status} {message}");
            }
        }
    }
}
