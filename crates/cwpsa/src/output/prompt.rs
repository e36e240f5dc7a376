//! Questions to a person, who must be at a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::error::CommandError;

/// Returns whether a person confirms. `yes` is the option that confirms in advance. Without a terminal, a command that
/// needs a confirmation fails.
pub(crate) fn confirm(yes: bool, question: &str) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(CommandError::usage(format!(
            "{question} Nothing was changed, because nobody can confirm it here."
        ))
        .with_next_step("--yes confirms in advance"));
    }
    let mut stderr = io::stderr().lock();
    // Fails only if standard error is closed.
    let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| CommandError::failure(format!("standard input: {error}")))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "Yes" | "YES"))
}
