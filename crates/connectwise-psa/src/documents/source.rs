//! What an upload sends: a file of the file system, bytes in memory, or a stream.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{ByteStream, Upload};
use futures_core::Stream;
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncWriteExt as _};

use crate::documents::file_name::checked_file_name;
use crate::documents::file_stream;
use crate::documents::progress::{OnProgress, observed};

/// A file to upload: a path, bytes in memory, a stream, or a reader.
///
/// ```
/// use connectwise_psa::documents::FileSource;
///
/// let photo = FileSource::path("photos/1234.jpg").named("rack.jpg").media_type("image/jpeg");
/// let note = FileSource::bytes("note.txt", "link down\n");
/// # drop((photo, note));
/// ```
pub struct FileSource {
    name: Option<String>,
    media_type: Option<String>,
    content: Content,
}

enum Content {
    Path(PathBuf),
    Bytes(Bytes),
    Stream { stream: ByteStream, length: Option<u64> },
}

impl FileSource {
    /// Creates a source from the path of a regular file. The file is opened when the upload is sent, and is read from
    /// the disk in pieces. Its name is the last part of the path. If its length changes during the upload, the upload
    /// fails. After a 429, the file is opened and sent again.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::new(None, Content::Path(path.into()))
    }

    /// Creates a source from bytes in memory. After a 429, they are sent again.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::new(Some(name.into()), Content::Bytes(bytes.into()))
    }

    /// Creates a source from a stream of bytes, such as a [`Download`](crate::Download).
    ///
    /// A stream without a [`length`](Self::length) is first written to a temporary file, because the server needs the
    /// length of the upload before its content. With a length it is sent directly, and only once: the upload is not
    /// retried, also not after a 429.
    #[must_use]
    pub fn stream<B, E>(name: impl Into<String>, stream: impl Stream<Item = Result<B, E>> + Send + 'static) -> Self
    where
        B: Into<Bytes>,
        E: fmt::Display,
    {
        let stream = ByteStream::new(Converted(Box::pin(stream)));
        Self::new(Some(name.into()), Content::Stream { stream, length: None })
    }

    /// Creates a source from a reader. It is sent as [`stream`](Self::stream) describes.
    #[must_use]
    pub fn reader(name: impl Into<String>, reader: impl AsyncRead + Send + 'static) -> Self {
        let stream = file_stream::reader(reader);
        Self::new(Some(name.into()), Content::Stream { stream, length: None })
    }

    fn new(name: Option<String>, content: Content) -> Self {
        Self { name, media_type: None, content }
    }

    /// Sets the name of the file in PSA, in place of the last part of its path.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the media type, such as `application/pdf`. Without one, none is sent.
    #[must_use]
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// Sets the length of a stream in bytes, so that it is sent without a temporary file. If the stream has another
    /// length, the upload fails. Paths and bytes have a length already, so this has no effect on them.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        if let Content::Stream { length, .. } = &mut self.content {
            *length = Some(bytes);
        }
        self
    }

    /// Returns the upload for a generated operation, such as
    /// [`replace_document_content`](crate::system::Client::replace_document_content).
    ///
    /// # Errors
    ///
    /// Invalid input for a name that is not valid, and for a file that is missing, cannot be opened, or is not a regular
    /// file.
    pub async fn into_upload(self) -> Result<Upload, Error> {
        self.open(None).await
    }

    /// Opens the source. Every attempt of the upload reports its progress.
    pub(crate) async fn open(self, on_progress: Option<OnProgress>) -> Result<Upload, Error> {
        let name = match (self.name, &self.content) {
            (Some(name), _) => name,
            (None, Content::Path(path)) => name_of(path)?,
            (None, _) => String::new(),
        };
        let name = checked_file_name(&name)?.to_owned();
        let observe = move |stream: ByteStream, total: u64| match &on_progress {
            Some(on_progress) => observed(stream, Some(total), Arc::clone(on_progress)),
            None => stream,
        };
        let upload = match self.content {
            Content::Bytes(bytes) => {
                // A usize fits into 64 bits on every platform.
                let length = bytes.len() as u64;
                Upload::from_source(name, length, move || observe(chunked(bytes.clone()), length))
            }
            Content::Path(path) => {
                let (_, length) = file_stream::open(&path).await.map_err(|error| unreadable(&path, error))?;
                let path: Arc<Path> = path.into();
                Upload::from_source(name, length, move || observe(file_stream::file(Arc::clone(&path), length), length))
            }
            Content::Stream { stream, length: Some(length) } => {
                Upload::from_stream(name, length, observe(stream, length))
            }
            Content::Stream { stream, length: None } => {
                let (file, length) = store(stream).await?;
                let path: Arc<Path> = file.to_path_buf().into();
                let file = Arc::new(file);
                Upload::from_source(name, length, move || {
                    let content = observe(file_stream::file(Arc::clone(&path), length), length);
                    // The temporary file exists as long as the stream that reads it.
                    ByteStream::new(Keeping { stream: content, _file: Arc::clone(&file) })
                })
            }
        };
        Ok(match self.media_type {
            Some(media_type) => upload.with_media_type(media_type),
            None => upload,
        })
    }
}

/// Does not show the content.
impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = match &self.content {
            Content::Path(path) => format!("path {}", path.display()),
            Content::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Content::Stream { length, .. } => format!("stream of length {length:?}"),
        };
        f.debug_struct("FileSource").field("name", &self.name).field("content", &content).finish_non_exhaustive()
    }
}

fn name_of(path: &Path) -> Result<String, Error> {
    let name = path.file_name().and_then(|name| name.to_str());
    let problem = "has no file name in UTF-8: set one with `named`";
    name.map(str::to_owned).ok_or_else(|| Error::invalid_input("path", problem))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::invalid_input_from(format!("file {}", path.display()), "cannot be read", error)
}

/// Returns bytes in memory as a stream of chunks, so that the progress has steps.
fn chunked(bytes: Bytes) -> ByteStream {
    const CHUNK: usize = 256 * 1024;
    ByteStream::new(Chunked { rest: bytes, chunk: CHUNK })
}

struct Chunked {
    rest: Bytes,
    chunk: usize,
}

impl Stream for Chunked {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let length = self.rest.len().min(self.chunk);
        let chunk = self.rest.split_to(length);
        Poll::Ready((!chunk.is_empty()).then_some(Ok(chunk)))
    }
}

/// Writes a stream to a temporary file. Returns its path, whose drop deletes the file, and its length.
async fn store(mut stream: ByteStream) -> Result<(TempPath, u64), Error> {
    let failed = |error: std::io::Error| Error::invalid_input_from("temporary file", "cannot be written", error);
    let created = tokio::task::spawn_blocking(tempfile::NamedTempFile::new).await;
    let (file, path) = created.map_err(std::io::Error::other).and_then(|file| file).map_err(failed)?.into_parts();
    let (mut file, mut length) = (File::from_std(file), 0_u64);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        file.write_all(&chunk).await.map_err(failed)?;
        // A usize fits into 64 bits on every platform.
        length = length.saturating_add(chunk.len() as u64);
    }
    file.flush().await.map_err(failed)?;
    Ok((path, length))
}

/// A stream with the temporary file that it reads.
struct Keeping {
    stream: ByteStream,
    _file: Arc<TempPath>,
}

impl Stream for Keeping {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.stream).poll_next(context)
    }
}

/// A stream with its items and errors converted.
struct Converted<S>(Pin<Box<S>>);

impl<B: Into<Bytes>, E: fmt::Display, S: Stream<Item = Result<B, E>>> Stream for Converted<S> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let convert = |item: Result<B, E>| {
            item.map(Into::into).map_err(|error| Error::transport_because(format!("the source failed: {error}")))
        };
        self.0.as_mut().poll_next(context).map(|item| item.map(convert))
    }
}
