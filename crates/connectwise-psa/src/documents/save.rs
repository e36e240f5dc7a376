//! Saves downloads: into a writer, or to a file that appears under its name only when it is complete.

use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{BoxFuture, Download};
use tempfile::{PathPersistError, TempPath};
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::documents::file_name::{extension_of, safe_file_name, stem_and_extension};
use crate::documents::progress::{OnProgress, Progress};
use crate::folder::{folder_of, sync_folder};

/// The most bytes of a download that are saved, unless another limit is set: 4 GiB.
pub const DEFAULT_MAX_FILE_SIZE: u64 = 4 * 1024 * 1024 * 1024;

/// How many numbers are tried for a name that is not taken.
const MAX_NUMBER: u32 = 10_000;

/// What to do if the file exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IfExists {
    /// The call fails, and the existing file stays as it is.
    #[default]
    Fail,
    /// The complete download replaces the existing file in one step.
    Overwrite,
    /// The download gets a name with a number: `offer (1).pdf`.
    NumberedName,
}

/// A file that has been saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The number of bytes.
    pub length: u64,
}

/// Why a download could not be saved. Nothing exists under the name of the file that did not exist before.
#[derive(Debug)]
#[non_exhaustive]
pub enum SaveError {
    /// The download failed, or is larger than the limit ([`is_response_too_large`](Error::is_response_too_large)).
    Download(Error),
    /// A file with this path exists already.
    Exists(PathBuf),
    /// The file cannot be written.
    File {
        /// The path of the file or the folder.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// The writer failed.
    Writer(io::Error),
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Download(error) => fmt::Display::fmt(error, f),
            Self::Exists(path) => write!(f, "the file {} exists already", path.display()),
            Self::File { path, .. } => write!(f, "the download cannot be saved to {}", path.display()),
            Self::Writer(_) => f.write_str("the download cannot be written"),
        }
    }
}

impl std::error::Error for SaveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Download(error) => error.source(),
            Self::Exists(_) => None,
            Self::File { source, .. } | Self::Writer(source) => Some(source),
        }
    }
}

impl From<Error> for SaveError {
    fn from(error: Error) -> Self {
        Self::Download(error)
    }
}

/// Saves downloads. Import it to use its functions on every [`Download`].
pub trait SaveFile: sealed::Sealed + Sized {
    /// Saves the download in a folder, which must exist. The name is that of the server, made safe by
    /// [`safe_file_name`]; without one it is `download`, with an extension that fits the media type.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), Box<dyn std::error::Error>> {
    /// use connectwise_psa::documents::{IfExists, SaveFile as _};
    ///
    /// let download = psa.documents().download(5).await?;
    /// let saved = download.save_in("downloads").if_exists(IfExists::NumberedName).max_size(10_000_000).await?;
    /// # drop(saved);
    /// # Ok(())
    /// # }
    /// ```
    fn save_in(self, folder: impl Into<PathBuf>) -> SaveToFile;

    /// Saves the download to a file with exactly this path. Its folder must exist.
    fn save_as(self, path: impl Into<PathBuf>) -> SaveToFile;

    /// Writes the download into a writer, and flushes it. If the download fails, the writer has received the bytes
    /// before the failure.
    fn write_to<'w>(self, writer: impl AsyncWrite + Unpin + Send + 'w) -> WriteTo<'w>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for connectwise_psa_core::transport::Download {}
}

impl SaveFile for Download {
    fn save_in(self, folder: impl Into<PathBuf>) -> SaveToFile {
        let name = file_name(&self);
        SaveToFile { target: folder.into().join(name), ..SaveToFile::new(self) }
    }

    fn save_as(self, path: impl Into<PathBuf>) -> SaveToFile {
        SaveToFile { target: path.into(), ..SaveToFile::new(self) }
    }

    fn write_to<'w>(self, writer: impl AsyncWrite + Unpin + Send + 'w) -> WriteTo<'w> {
        WriteTo { transfer: Transfer::new(self), writer: Box::new(writer) }
    }
}

fn file_name(download: &Download) -> String {
    let named = download.file_name.as_deref().and_then(safe_file_name);
    named.unwrap_or_else(|| format!("download{}", download.media_type.as_deref().map_or("", extension_of)))
}

/// A download with the options of saving it.
struct Transfer {
    download: Download,
    max_size: u64,
    on_progress: Option<OnProgress>,
}

impl Transfer {
    fn new(download: Download) -> Self {
        Self { download, max_size: DEFAULT_MAX_FILE_SIZE, on_progress: None }
    }

    /// Fails if the download is known to be too large, before anything is written.
    fn check_length(&self) -> Result<(), SaveError> {
        match self.download.length {
            Some(length) if length > self.max_size => Err(Error::response_too_large(self.max_size).into()),
            _ => Ok(()),
        }
    }

    /// Copies the download into a writer. `failed` converts the errors of the writer.
    async fn copy(
        mut self,
        to: &mut (impl AsyncWrite + Unpin),
        failed: &(impl Fn(io::Error) -> SaveError + Sync),
    ) -> Result<u64, SaveError> {
        self.check_length()?;
        let (mut bytes, total) = (0_u64, self.download.length);
        while let Some(chunk) = self.download.next().await {
            let chunk = chunk?;
            // A usize fits into 64 bits on every platform.
            bytes = bytes.saturating_add(chunk.len() as u64);
            if bytes > self.max_size {
                return Err(Error::response_too_large(self.max_size).into());
            }
            to.write_all(&chunk).await.map_err(failed)?;
            if let Some(on_progress) = &self.on_progress {
                on_progress(Progress { bytes, total });
            }
        }
        to.flush().await.map_err(failed)?;
        Ok(bytes)
    }
}

/// A download that is written into a writer. Awaiting it returns the number of bytes.
#[must_use = "nothing is written until it is awaited"]
pub struct WriteTo<'w> {
    transfer: Transfer,
    writer: Box<dyn AsyncWrite + Unpin + Send + 'w>,
}

impl WriteTo<'_> {
    /// Sets the largest number of bytes. A download with more is an error. The default is [`DEFAULT_MAX_FILE_SIZE`].
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.transfer.max_size = bytes;
        self
    }

    /// Calls `on_progress` after each piece that has been written.
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.transfer.on_progress = Some(Arc::new(on_progress));
        self
    }
}

impl<'w> IntoFuture for WriteTo<'w> {
    type Output = Result<u64, SaveError>;
    type IntoFuture = BoxFuture<'w, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move { self.transfer.copy(&mut self.writer, &SaveError::Writer).await })
    }
}

/// A download that is saved to a file. Awaiting it returns the saved file.
///
/// The bytes are written to a temporary file in the same folder, which is stored on the disk (`fsync`) and then renamed.
/// So a file under the final name is complete. If the download fails or its future is dropped, the temporary file is
/// removed.
#[must_use = "nothing is saved until it is awaited"]
pub struct SaveToFile {
    transfer: Transfer,
    target: PathBuf,
    if_exists: IfExists,
}

impl SaveToFile {
    fn new(download: Download) -> Self {
        Self { transfer: Transfer::new(download), target: PathBuf::new(), if_exists: IfExists::Fail }
    }

    /// Sets what to do if the file exists already. The default is [`IfExists::Fail`].
    pub fn if_exists(mut self, policy: IfExists) -> Self {
        self.if_exists = policy;
        self
    }

    /// Sets the largest number of bytes. A download with more is an error. The default is [`DEFAULT_MAX_FILE_SIZE`].
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.transfer.max_size = bytes;
        self
    }

    /// Calls `on_progress` after each piece that has been written.
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.transfer.on_progress = Some(Arc::new(on_progress));
        self
    }

    async fn save(self) -> Result<SavedFile, SaveError> {
        let Self { transfer, target, if_exists } = self;
        transfer.check_length()?;
        let failed = |source: io::Error| SaveError::File { path: target.clone(), source };
        // This saves the transfer of a file that cannot be stored. The rename checks again.
        if if_exists == IfExists::Fail && tokio::fs::symlink_metadata(&target).await.is_ok() {
            return Err(SaveError::Exists(target));
        }
        let folder = folder_of(&target).to_owned();
        let created = tokio::task::spawn_blocking(move || temporary_file(&folder)).await;
        let (file, temporary) = created.map_err(io::Error::other).and_then(|created| created).map_err(failed)?;
        let mut file = File::from_std(file);
        let length = transfer.copy(&mut file, &failed).await?;
        file.sync_all().await.map_err(failed)?;
        drop(file);
        let to = target.clone();
        let moved = tokio::task::spawn_blocking(move || rename(temporary, &to, if_exists)).await;
        match moved.map_err(io::Error::other).and_then(|moved| moved) {
            Ok(path) => Ok(SavedFile { path, length }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(SaveError::Exists(target)),
            Err(error) => Err(failed(error)),
        }
    }
}

impl IntoFuture for SaveToFile {
    type Output = Result<SavedFile, SaveError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.save())
    }
}

/// Creates a file with a random name, which is deleted when its path is dropped.
fn temporary_file(folder: &Path) -> io::Result<(std::fs::File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".download-").suffix(".part");
    // Temporary files are otherwise readable only by their owner. The umask of the process applies, as for other files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map(tempfile::NamedTempFile::into_parts)
}

/// Gives a temporary file its final name, in one step. Returns its path.
fn rename(temporary: TempPath, target: &Path, if_exists: IfExists) -> io::Result<PathBuf> {
    let path = match if_exists {
        IfExists::Overwrite => temporary.persist(target).map(|()| target.to_owned()).map_err(|failed| failed.error)?,
        IfExists::Fail => {
            temporary.persist_noclobber(target).map(|()| target.to_owned()).map_err(|failed| failed.error)?
        }
        IfExists::NumberedName => rename_to_free_name(temporary, target)?,
    };
    // Where this is not possible, the rename is stored later.
    let _ = sync_folder(target);
    Ok(path)
}

fn rename_to_free_name(mut temporary: TempPath, target: &Path) -> io::Result<PathBuf> {
    for number in 0..MAX_NUMBER {
        let path = numbered(target, number);
        temporary = match temporary.persist_noclobber(&path) {
            Ok(()) => return Ok(path),
            Err(PathPersistError { error, path }) if error.kind() == io::ErrorKind::AlreadyExists => path,
            Err(PathPersistError { error, .. }) => return Err(error),
        };
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Returns the path with a number before its extension; the number 0 changes nothing.
fn numbered(target: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return target.to_owned();
    }
    let name = target.file_name().map(std::ffi::OsStr::to_string_lossy).unwrap_or_default();
    let (stem, extension) = stem_and_extension(&name);
    target.with_file_name(format!("{stem} ({number}){extension}"))
}

impl fmt::Debug for WriteTo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteTo").field("download", &self.transfer.download).finish_non_exhaustive()
    }
}

impl fmt::Debug for SaveToFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveToFile")
            .field("download", &self.transfer.download)
            .field("target", &self.target)
            .field("if_exists", &self.if_exists)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_before_the_extension() {
        for (path, number, expected) in [
            ("a/offer.pdf", 0, "a/offer.pdf"),
            ("a/offer.pdf", 1, "a/offer (1).pdf"),
            ("offer", 12, "offer (12)"),
            ("a/.profile", 1, "a/.profile (1)"),
            ("a.tar.gz", 2, "a.tar (2).gz"),
        ] {
            assert_eq!(numbered(Path::new(path), number), Path::new(expected));
        }
    }

    #[test]
    fn the_folder_of_a_bare_name_is_the_current_one() {
        assert_eq!(folder_of(Path::new("a.txt")), Path::new("."));
        assert_eq!(folder_of(Path::new("b/a.txt")), Path::new("b"));
    }
}
