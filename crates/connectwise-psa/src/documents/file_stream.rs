//! Files and readers as streams of bytes. A file is read in pieces, so its size does not matter.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{BoxFuture, ByteStream};
use futures_core::Stream;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

/// How many bytes are read at a time.
const CHUNK: usize = 64 * 1024;

/// Opens a regular file and returns its length.
pub(crate) async fn open(path: &Path) -> io::Result<(File, u64)> {
    // Opening a pipe would wait for its writer.
    regular_length(&tokio::fs::metadata(path).await?)?;
    let file = File::open(path).await?;
    let length = regular_length(&file.metadata().await?)?;
    Ok((file, length))
}

fn regular_length(metadata: &Metadata) -> io::Result<u64> {
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// Returns the content of a file, which is opened when the stream is read. A file that does not have `length` bytes is an
/// error.
pub(crate) fn file(path: Arc<Path>, length: u64) -> ByteStream {
    ByteStream::new(FileStream::Opening(Box::pin(async move {
        let (file, found) = open(&path).await?;
        if found != length {
            let problem = format!("its length has changed from {length} to {found} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(file)
    })))
}

/// Returns the bytes of a reader.
pub(crate) fn reader(reader: impl AsyncRead + Send + 'static) -> ByteStream {
    ByteStream::new(FileStream::Reading(Box::pin(reader)))
}

enum FileStream {
    Opening(BoxFuture<'static, io::Result<File>>),
    Reading(Pin<Box<dyn AsyncRead + Send>>),
    Ended,
}

impl Stream for FileStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let next = match &mut *self {
                Self::Opening(opening) => match ready!(opening.as_mut().poll(context)) {
                    Ok(file) => {
                        *self = Self::Reading(Box::pin(file));
                        continue;
                    }
                    Err(error) => Err(error),
                },
                Self::Reading(reader) => {
                    let mut chunk = BytesMut::zeroed(CHUNK);
                    let mut buffer = ReadBuf::new(&mut chunk);
                    let read = ready!(reader.as_mut().poll_read(context, &mut buffer));
                    let length = buffer.filled().len();
                    chunk.truncate(length);
                    read.map(|()| chunk.freeze())
                }
                Self::Ended => return Poll::Ready(None),
            };
            return Poll::Ready(match next {
                Ok(chunk) if chunk.is_empty() => {
                    *self = Self::Ended;
                    None
                }
                Ok(chunk) => Some(Ok(chunk)),
                Err(error) => {
                    *self = Self::Ended;
                    Some(Err(Error::transport_because(format!("the file could not be read: {error}"))))
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_read_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &content).unwrap();
        let (_, length) = open(&path).await.unwrap();
        let mut stream = file(path.clone().into(), length);
        let (mut read, mut longest) = (Vec::new(), 0);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.unwrap();
            longest = longest.max(chunk.len());
            read.extend_from_slice(&chunk);
        }
        assert!(read == content && longest <= CHUNK, "{longest}");
        std::fs::write(&path, "shorter").unwrap();
        let error = file(path.into(), length).collect().await.unwrap_err();
        assert!(error.to_string().contains("its length has changed from 800000 to 7 bytes"), "{error}");
    }

    #[tokio::test]
    async fn a_folder_and_a_missing_file_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(folder.path()).await.is_err());
        assert!(open(&folder.path().join("none")).await.is_err());
    }
}
