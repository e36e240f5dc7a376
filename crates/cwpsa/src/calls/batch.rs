//! Several requests of one command, one after another, with one result each.

use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::Output;

/// The columns of a table of results.
const COLUMNS: [&str; 5] = ["index", "status", "result", "error/message", "skipped"];

/// A request that succeeded.
pub(crate) struct Success {
    /// The status, unless several requests were needed.
    pub(crate) status: Option<u16>,
    /// The JSON of the response; for a list, always an array. Null for an empty response.
    pub(crate) result: Box<RawValue>,
}

/// How many requests succeeded, failed and were not sent.
#[derive(Debug, Default)]
struct Counts {
    succeeded: usize,
    /// Failures with a status, and failures without a response.
    rejected: usize,
    failed: usize,
    skipped: usize,
    first_exit: Option<Exit>,
}

/// Calls an operation for each input and writes the results in this order: `{"index", "status", "result"}`, or
/// `{"index", "status", "error"}`, or `{"index", "skipped": true}` for those that were not sent because an earlier failure
/// would repeat. With `no_fail`, a failure with a status is not a failure of the command.
pub(crate) async fn run<T>(
    inputs: &[T],
    call: impl AsyncFn(&T) -> Result<Success, CommandError>,
    no_fail: bool,
    output: &Output,
) -> Result<Exit, CommandError> {
    let mut writer = output.records(&COLUMNS.map(str::to_owned));
    writer.set_total(u64::try_from(inputs.len()).ok());
    let mut counts = Counts::default();
    let mut is_stopped = false;
    for (index, input) in inputs.iter().enumerate() {
        if is_stopped {
            counts.skipped += 1;
            writer
                .write(&to_raw_value(&json!({ "index": index, "skipped": true })).map_err(CommandError::unwritable)?)?;
            continue;
        }
        let result = match call(input).await {
            Ok(success) => {
                counts.succeeded += 1;
                success_text(index, &success)?
            }
            Err(error) => {
                is_stopped = would_repeat(error.exit());
                let status = error.call().and_then(|call| call.status());
                counts.add_failure(status.is_some(), error.exit());
                failure_text(index, status.map(|status| status.as_u16()), &error)?
            }
        };
        writer.write(&result)?;
    }
    writer.finish()?;
    if counts.succeeded < inputs.len() {
        output.note(&counts.summary());
    }
    Ok(counts.exit(no_fail))
}

impl Counts {
    fn add_failure(&mut self, has_status: bool, exit: Exit) {
        if has_status {
            self.rejected += 1;
        } else {
            self.failed += 1;
        }
        self.first_exit.get_or_insert(exit);
    }

    fn summary(&self) -> String {
        let Self { succeeded, rejected, failed, skipped, .. } = self;
        let not_sent = match skipped {
            0 => String::new(),
            _ => format!(", {skipped} not sent because the failure would repeat"),
        };
        format!("requests: {succeeded} succeeded, {} failed{not_sent}", rejected + failed)
    }

    /// Returns the exit code: that of the first failure if nothing succeeded.
    fn exit(&self, no_fail: bool) -> Exit {
        match self.first_exit {
            Some(_) if no_fail && self.failed == 0 && self.skipped == 0 => Exit::Success,
            Some(_) if self.succeeded > 0 => Exit::PartlyFailed,
            Some(exit) => exit,
            None => Exit::Success,
        }
    }
}

/// Returns whether further requests would fail for the same reason.
const fn would_repeat(exit: Exit) -> bool {
    matches!(exit, Exit::Authentication | Exit::Network | Exit::RateLimited)
}

fn success_text(index: usize, success: &Success) -> Result<Box<RawValue>, CommandError> {
    let status = success.status.map(|status| format!(r#""status":{status},"#)).unwrap_or_default();
    let text = format!(r#"{{"index":{index},{status}"result":{}}}"#, success.result);
    RawValue::from_string(text).map_err(CommandError::unwritable)
}

fn failure_text(index: usize, status: Option<u16>, error: &CommandError) -> Result<Box<RawValue>, CommandError> {
    let result = json!({ "index": index, "status": status, "error": error.details() });
    to_raw_value(&result).map_err(CommandError::unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_follows_from_all_results() {
        let counts = |succeeded, rejected, failed, skipped| Counts {
            succeeded,
            rejected,
            failed,
            skipped,
            first_exit: (rejected + failed > 0).then_some(Exit::NotFound),
        };
        let exits = |counts: &Counts| (counts.exit(false), counts.exit(true));
        assert_eq!(exits(&counts(2, 0, 0, 0)), (Exit::Success, Exit::Success));
        assert_eq!(exits(&counts(1, 1, 0, 0)), (Exit::PartlyFailed, Exit::Success));
        assert_eq!(exits(&counts(0, 2, 0, 0)), (Exit::NotFound, Exit::Success));
        assert_eq!(exits(&counts(0, 0, 1, 4)), (Exit::NotFound, Exit::NotFound));
        assert_eq!(exits(&counts(1, 0, 1, 4)), (Exit::PartlyFailed, Exit::PartlyFailed));
        let summary = counts(1, 1, 0, 2).summary();
        assert_eq!(summary, "requests: 1 succeeded, 1 failed, 2 not sent because the failure would repeat");
    }
}
