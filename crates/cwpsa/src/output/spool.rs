//! Records that wait until the result is complete: in memory at first, in a temporary file when they are many.

use std::io::{self, BufWriter, Read, Seek as _, Write as _};

use tempfile::SpooledTempFile;

use crate::error::CommandError;

/// The bytes that are kept in memory.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// The text of a JSON array that is being written.
pub(crate) struct Spool {
    file: BufWriter<SpooledTempFile>,
    is_empty: bool,
}

impl Spool {
    pub(crate) fn new() -> Self {
        Self { file: BufWriter::new(SpooledTempFile::new(IN_MEMORY)), is_empty: true }
    }

    /// Adds an element.
    pub(crate) fn push(&mut self, element: &str) -> Result<(), CommandError> {
        let separator = if self.is_empty { "[" } else { "," };
        self.is_empty = false;
        self.file.write_all(separator.as_bytes()).and_then(|()| self.file.write_all(element.as_bytes())).map_err(failed)
    }

    /// Returns the text of the whole array.
    pub(crate) fn finish(mut self) -> Result<impl Read, CommandError> {
        let end = if self.is_empty { "[]" } else { "]" };
        self.file.write_all(end.as_bytes()).map_err(failed)?;
        let mut file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.rewind().map_err(failed)?;
        Ok(file)
    }
}

fn failed(error: io::Error) -> CommandError {
    CommandError::failure(format!("a temporary file for the result cannot be written: {error}"))
}
