//! Uploads: files to send, and multipart forms.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;

use crate::error::Error;
use crate::transport::byte_stream::ByteStream;

/// A file to send.
///
/// ```
/// use connectwise_psa_core::transport::Upload;
///
/// let upload = Upload::from_bytes("offer.pdf", b"%PDF-1.7".to_vec()).with_media_type("application/pdf");
/// assert_eq!(upload.length(), 8);
/// ```
pub struct Upload {
    pub(crate) file_name: String,
    pub(crate) media_type: Option<String>,
    pub(crate) body: UploadBody,
}

pub(crate) enum UploadBody {
    Bytes(Bytes),
    Stream {
        stream: ByteStream,
        length: u64,
    },
    /// A source that can be read several times.
    Reopenable {
        open: Arc<dyn Fn() -> ByteStream + Send + Sync>,
        length: u64,
    },
}

impl Upload {
    /// Creates an upload of bytes in memory. A retry can send it again.
    #[must_use]
    pub fn from_bytes(file_name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { file_name: file_name.into(), media_type: None, body: UploadBody::Bytes(bytes.into()) }
    }

    /// Creates an upload of `length` bytes from a stream. It can be sent only once, so a request with it is not
    /// retried. If the stream has another length, sending fails with a transport error.
    #[must_use]
    pub fn from_stream(
        file_name: impl Into<String>,
        length: u64,
        stream: impl Stream<Item = Result<Bytes, Error>> + Send + 'static,
    ) -> Self {
        let stream = ByteStream::new(stream).expect_length(length);
        Self { file_name: file_name.into(), media_type: None, body: UploadBody::Stream { stream, length } }
    }

    /// Creates an upload of `length` bytes from a source that can be read several times, such as a file. Each attempt
    /// calls `open` for the content, so a retry can send it again. If the content has another length, sending fails with
    /// a transport error.
    #[must_use]
    pub fn from_source(
        file_name: impl Into<String>,
        length: u64,
        open: impl Fn() -> ByteStream + Send + Sync + 'static,
    ) -> Self {
        Self {
            file_name: file_name.into(),
            media_type: None,
            body: UploadBody::Reopenable { open: Arc::new(open), length },
        }
    }

    /// Sets the media type, such as `application/pdf`. Without one, the part of the form has no `Content-Type` header.
    /// The client rejects an upload whose media type is not valid.
    #[must_use]
    pub fn with_media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// Returns the file name.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Returns the media type, if one is set.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// Returns the length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        match &self.body {
            // A usize fits into 64 bits on every platform.
            UploadBody::Bytes(bytes) => bytes.len() as u64,
            UploadBody::Stream { length, .. } | UploadBody::Reopenable { length, .. } => *length,
        }
    }

    /// Returns the content as a stream.
    #[must_use]
    pub fn into_stream(self) -> ByteStream {
        match self.body {
            UploadBody::Bytes(bytes) => bytes.into(),
            UploadBody::Stream { stream, .. } => stream,
            UploadBody::Reopenable { open, length } => open().expect_length(length),
        }
    }

    /// Returns a copy to show, not to send, for example in a dry run. The copy of a stream has the length of the
    /// stream, but no content.
    #[must_use]
    pub fn description(&self) -> Self {
        let empty_body = || UploadBody::Stream { stream: ByteStream::from(Bytes::new()), length: self.length() };
        self.try_clone().unwrap_or_else(|| Self {
            file_name: self.file_name.clone(),
            media_type: self.media_type.clone(),
            body: empty_body(),
        })
    }

    /// Copies the upload; `None` if it is a stream, which can be read only once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let body = match &self.body {
            UploadBody::Bytes(bytes) => UploadBody::Bytes(bytes.clone()),
            UploadBody::Reopenable { open, length } => {
                UploadBody::Reopenable { open: Arc::clone(open), length: *length }
            }
            UploadBody::Stream { .. } => return None,
        };
        Some(Self { file_name: self.file_name.clone(), media_type: self.media_type.clone(), body })
    }
}

/// Does not show the content.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file_name", &self.file_name)
            .field("media_type", &self.media_type)
            .field("length", &self.length())
            .finish()
    }
}

/// A `multipart/form-data` body: named strings and files, in order.
#[derive(Default)]
#[non_exhaustive]
pub struct Form {
    /// The parts, each with its name.
    pub parts: Vec<(String, Part)>,
}

/// One part of a [`Form`].
#[non_exhaustive]
pub enum Part {
    /// A string.
    Text(String),
    /// A file.
    File(Upload),
}

impl Form {
    /// Returns a copy to show, not to send: streams have no content.
    pub(crate) fn description(&self) -> Self {
        let copy = |(name, part): &(String, Part)| {
            let part = match part {
                Part::Text(text) => Part::Text(text.clone()),
                Part::File(upload) => Part::File(upload.description()),
            };
            (name.clone(), part)
        };
        Self { parts: self.parts.iter().map(copy).collect() }
    }

    /// Copies the form; `None` if a file is a stream.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let copy = |(name, part): &(String, Part)| {
            let part = match part {
                Part::Text(text) => Part::Text(text.clone()),
                Part::File(upload) => Part::File(upload.try_clone()?),
            };
            Some((name.clone(), part))
        };
        Some(Self { parts: self.parts.iter().map(copy).collect::<Option<_>>()? })
    }
}

/// Shows the names, the lengths of the strings, and the properties of the files, but no content.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, part) in &self.parts {
            match part {
                Part::Text(text) => map.entry(name, &format_args!("{} bytes", text.len())),
                Part::File(upload) => map.entry(name, upload),
            };
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let form = Form {
            parts: vec![
                ("title".into(), Part::Text("confidential".into())),
                ("file".into(), Part::File(Upload::from_bytes("a.txt", "confidential"))),
            ],
        };
        let text = format!("{form:?}");
        assert!(!text.contains("confidential"), "{text}");
        assert!(text.contains("a.txt") && text.contains("12"), "{text}");
    }

    #[tokio::test]
    async fn a_source_is_opened_for_each_attempt_and_must_have_its_length() {
        let opened = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        let upload = Upload::from_source("a", 3, move || {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            ByteStream::from("abc")
        });
        let copy = upload.try_clone().unwrap();
        assert_eq!((upload.length(), opened.load(std::sync::atomic::Ordering::Relaxed)), (3, 0));
        assert_eq!(upload.into_stream().collect().await.unwrap(), "abc");
        assert_eq!(copy.into_stream().collect().await.unwrap(), "abc");
        assert_eq!(opened.load(std::sync::atomic::Ordering::Relaxed), 2);
        let shorter = Upload::from_source("a", 4, || ByteStream::from("abc"));
        assert!(shorter.into_stream().collect().await.unwrap_err().is_transport());
    }

    #[test]
    fn uploads_from_memory_can_be_cloned_and_streams_cannot() {
        assert!(Upload::from_bytes("a", "x").try_clone().is_some());
        let stream = Upload::from_stream("a", 1, ByteStream::from("x"));
        assert!(stream.try_clone().is_none());
        assert!(Form { parts: vec![("file".into(), Part::File(stream))] }.try_clone().is_none());
    }
}
