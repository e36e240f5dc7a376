//! Replaces the texts of an error with texts without secrets.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::error::response_body::ErrorResponse;
use crate::error::{DecodeFailure, Error, FieldError, Inner, Repr, Unexpected};

type Redact<'a> = &'a dyn Fn(&str) -> Cow<'_, str>;

/// Replaces every text of the error, of its body and of its sources.
pub(crate) fn redact(inner: &mut Inner, redact: Redact<'_>) {
    match &mut inner.repr {
        Repr::Api(response) | Repr::Unexpected(Unexpected::ErrorObject(response)) => redact_response(response, redact),
        Repr::Decode(DecodeFailure { path, raw_value, message, .. }) => {
            all([path, raw_value], redact);
            text(message, redact);
        }
        Repr::Unexpected(Unexpected::NotJson { media_type, start, is_html: _ }) => {
            all([media_type], redact);
            text(start, redact);
        }
        Repr::Unexpected(Unexpected::OtherRecord { requested, found }) => {
            text(requested, redact);
            text(found, redact);
        }
        Repr::Paging { message: clause }
        | Repr::Unexpected(Unexpected::Other(clause))
        | Repr::Preparation { purpose: clause } => text(clause, redact),
        Repr::InvalidInput { name, message, fields } => {
            text(name, redact);
            text(message, redact);
            fields.iter_mut().for_each(|field| redact_field(field, redact));
        }
        Repr::Unexpected(Unexpected::EmptyObject | Unexpected::NoId)
        | Repr::EmptyResponse
        | Repr::TooLarge { .. }
        | Repr::MissingId { .. }
        | Repr::RecordCount { .. }
        | Repr::Transport
        | Repr::Timeout
        | Repr::Connect
        | Repr::Limited => {}
    }
    let Inner { request_id, retry_after, location, advice, method_and_path, reason, .. } = inner;
    all([request_id, retry_after, location, advice, method_and_path, reason], redact);
    // Bytes that are not UTF-8 are kept unless there is a secret between them.
    if let Cow::Owned(body) = redact(&String::from_utf8_lossy(&inner.body)) {
        inner.body = body.into_bytes();
    }
    if let Some(source) = inner.source.take() {
        inner.source = Some(without_secrets(source, redact));
    }
}

fn redact_response(response: &mut ErrorResponse, redact: Redact<'_>) {
    let ErrorResponse { code, message, fields, format: _ } = response;
    all([code, message], redact);
    fields.iter_mut().for_each(|field| redact_field(field, redact));
}

fn redact_field(field: &mut FieldError, redact: Redact<'_>) {
    let FieldError { code, message, resource, field, details } = field;
    all([code, message, resource, field, details], redact);
}

fn all<const N: usize>(texts: [&mut Option<String>; N], redact: Redact<'_>) {
    texts.into_iter().flatten().for_each(|optional| text(optional, redact));
}

fn text(text: &mut String, redact: Redact<'_>) {
    if let Cow::Owned(redacted) = redact(text) {
        *text = redacted;
    }
}

/// Returns the source, or a copy of its texts if one of them has a secret.
fn without_secrets(source: Arc<dyn StdError + Send + Sync>, redact: Redact<'_>) -> Arc<dyn StdError + Send + Sync> {
    if let Some(error) = source.downcast_ref::<Error>() {
        return Arc::new(error.clone().redact_texts(redact));
    }
    let has_secret = |error: &(dyn StdError + 'static)| {
        [error.to_string(), format!("{error:?}")].iter().any(|text| matches!(redact(text), Cow::Owned(_)))
    };
    let first: &(dyn StdError + 'static) = source.as_ref();
    match std::iter::successors(Some(first), |error| (**error).source()).any(has_secret) {
        true => Arc::new(Texts::new(first, redact)),
        false => source,
    }
}

/// The texts of an error and of its sources, without secrets.
#[derive(Debug)]
struct Texts {
    text: String,
    source: Option<Box<Texts>>,
}

impl Texts {
    fn new(error: &(dyn StdError + 'static), redact: Redact<'_>) -> Self {
        let source = error.source().map(|source| Box::new(Self::new(source, redact)));
        Self { text: redact(&error.to_string()).into_owned(), source }
    }
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Texts {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;

    const SECRET: &str = "hunter2";

    fn redacted(error: Error) -> Error {
        error.redact_texts(&|text| match text.contains(SECRET) {
            true => Cow::Owned(text.replace(SECRET, "[redacted]")),
            false => Cow::Borrowed(text),
        })
    }

    /// Returns everything that an error prints, with its sources and its body.
    fn printed(error: &Error) -> String {
        let chain = std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| (**error).source());
        let chain: String = chain.map(|error| format!("{error} {error:?} {error:#?} ")).collect();
        let (fields, body) = (error.field_errors(), String::from_utf8_lossy(error.response_body()).into_owned());
        format!("{chain} {:?} {:?} {fields:?} {:?} {body}", error.message(), error.code(), error.raw_value())
    }

    #[test]
    fn every_text_of_every_error_is_redacted() {
        let mut headers = HeaderMap::new();
        for name in ["x-cw-request-id", "retry-after", "content-type", "location"] {
            headers.insert(name, HeaderValue::from_static(SECRET));
        }
        let field =
            r#"{"code":"hunter2","message":"hunter2","resource":"hunter2","field":"hunter2","details":"hunter2"}"#;
        let api = format!(r#"{{"code":"a hunter2","message":"b hunter2","errors":[{field}]}}"#);
        let failure = DecodeFailure {
            path: Some(SECRET.into()),
            raw_value: Some(SECRET.into()),
            message: SECRET.into(),
            ..DecodeFailure::default()
        };
        let io = || std::io::Error::other(std::io::Error::other(SECRET));
        for error in [
            Error::from_response(StatusCode::TOO_MANY_REQUESTS, &headers, api.as_bytes()),
            Error::from_response(StatusCode::FOUND, &headers, b"\xff hunter2"),
            Error::unexpected_response(StatusCode::OK, &headers, SECRET.as_bytes()),
            Error::decode(failure),
            Error::unexpected_because(SECRET),
            Error::unexpected(Unexpected::OtherRecord { requested: "5".into(), found: SECRET.into() }),
            Error::preparation("x", Error::from_response(StatusCode::UNAUTHORIZED, &headers, api.as_bytes())),
            Error::paging(SECRET),
            Error::invalid_input(SECRET, SECRET),
            Error::transport(io()),
            Error::connect(Error::connect(io())).with_advice(SECRET),
            Error::timeout_because(SECRET),
            Error::transport_because("x").or_method_and_path(format!("GET /{SECRET}")),
        ] {
            assert!(printed(&error).contains(SECRET), "{error}");
            let error = redacted(error);
            let text = printed(&error);
            assert!(!text.contains(SECRET) && text.contains("[redacted]"), "{text}");
        }
        // A source without a secret stays the same, so programs can downcast it.
        let kept = redacted(Error::transport(std::io::Error::other("x")));
        assert!(kept.source().is_some_and(|source| source.is::<std::io::Error>()));
    }
}
