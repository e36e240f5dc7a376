//! The text of `--input`: JSON itself, a file, or standard input.

use std::fs::File;
use std::io::Read;

use crate::error::CommandError;

/// The largest input: 64 MiB.
pub(crate) const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// Returns the JSON of an argument: `@FILE` and `-` (standard input) are read, everything else is the JSON itself.
pub(crate) fn read(argument: &str) -> Result<String, CommandError> {
    let wrong = |problem: String| CommandError::usage(format!("--input {argument}: {problem}"));
    match (argument, argument.strip_prefix('@')) {
        ("-", _) => read_limited(std::io::stdin().lock(), MAX_INPUT).map_err(wrong),
        (_, Some(path)) => File::open(path)
            .map_err(|error| error.to_string())
            .and_then(|file| read_limited(file, MAX_INPUT))
            .map_err(wrong),
        _ => Ok(argument.to_owned()),
    }
}

/// Reads a text of at most `limit` bytes.
pub(crate) fn read_limited(from: impl Read, limit: u64) -> Result<String, String> {
    let mut text = String::new();
    from.take(limit.saturating_add(1)).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > limit { Err(format!("more than {limit} bytes")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_text_is_an_error() {
        assert_eq!(read_limited("abc".as_bytes(), 3).as_deref(), Ok("abc"));
        assert!(read_limited("abcd".as_bytes(), 3).is_err());
        assert!(read_limited(std::io::repeat(b'a'), 1_000).is_err());
    }
}
