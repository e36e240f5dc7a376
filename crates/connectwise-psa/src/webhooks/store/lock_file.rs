//! A lock that keeps a second process from using the same journal. The operating system releases it when the process
//! ends, however it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fs4::TryLockError;

/// How long to wait before the next attempt to lock.
const INTERVAL: Duration = Duration::from_millis(20);

/// A locked file. Dropping it releases the lock. The file stays: if it were deleted, two processes could lock two files
/// of the same name.
#[derive(Debug)]
pub(super) struct LockFile {
    _file: File,
}

impl LockFile {
    /// Locks a file, which is created if needed. Waits at most `wait` while another process has the lock; then returns
    /// `None`.
    pub(super) fn lock(path: &Path, wait: Duration) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        let start = Instant::now();
        loop {
            // The method of the standard library with this name needs Rust 1.89.
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => return Ok(Some(Self { _file: file })),
                Err(TryLockError::WouldBlock) if start.elapsed() < wait => thread::sleep(INTERVAL),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}
