//! Sends one request with reqwest, and only to the origin of the base URL.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{
    ByteStream, CREDENTIAL_HEADERS, Form, Part, Request, RequestBody, Response, Upload,
};
use futures_core::Stream;
use http::header::{ACCEPT, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Client;
use url::Url;

use crate::auth::authentication::Authentication;
use crate::transport::connect_failure::ConnectFailure;

/// The content type of JSON bodies. Observed on live servers: without the character set, some servers store non-ASCII
/// characters as replacement characters.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

const CLIENT_ID: HeaderName = HeaderName::from_static("clientid");

/// Returns the URL of a request: the base URL followed by path and query. Rejects paths that change the origin or the
/// base path.
pub(crate) fn url(base: &Url, request: &Request) -> Result<Url, Error> {
    let invalid = |problem: &str| Error::invalid_input("path", format!("{problem}: `{}`", request.path));
    if !request.path.starts_with('/') {
        return Err(invalid("does not start with a slash"));
    }
    let mut base = base.clone();
    if request.outside_api {
        base.set_path("/");
    }
    let expected = format!("{}{}", base.path().trim_end_matches('/'), request.path);
    let text = format!("{}{}", base.as_str().trim_end_matches('/'), request.path_and_query());
    match Url::parse(&text) {
        // Parsing resolves `..` and interprets unencoded characters, so the parsed path must equal the given path.
        Ok(url) if url.origin() == base.origin() && url.path() == expected && url.fragment().is_none() => Ok(url),
        _ => Err(invalid("is not percent-encoded, or resolves to another endpoint")),
    }
}

/// Returns the headers of a request without its credentials. `accept` is the API's media type.
pub(crate) fn headers(
    request: &Request,
    accept: &HeaderValue,
    client_id: Option<&HeaderValue>,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
    let accept = match accept.to_str() {
        // Observed on live servers: the version is ignored unless ConnectWise's media type is the first one.
        Ok(text) if request.download => header(&format!("{text}, */*"), "version")?,
        _ => accept.clone(),
    };
    headers.insert(ACCEPT, accept);
    if matches!(request.body, RequestBody::Json(_)) {
        headers.insert(CONTENT_TYPE, JSON);
    }
    // The request's own headers replace the headers above, and may have several values.
    for name in request.headers.keys() {
        headers.remove(name);
    }
    for (name, value) in &request.headers {
        headers.append(name, value.clone());
    }
    // Only the client's settings set these headers.
    for name in CREDENTIAL_HEADERS {
        headers.remove(*name);
    }
    if let Some(client_id) = client_id {
        headers.insert(CLIENT_ID, client_id.clone());
    }
    Ok(headers)
}

/// Sends a request once. `credentials` is `None` for public endpoints.
pub(crate) async fn exchange(
    client: &Client,
    base: &Url,
    headers: HeaderMap,
    credentials: Option<&Authentication>,
    request: Request,
) -> Result<Response, Error> {
    let url = url(base, &request)?;
    let outgoing = client.request(request.method.into(), url).headers(headers);
    let outgoing = match credentials {
        Some(credentials) => credentials.authenticate(outgoing),
        None => outgoing,
    };
    let outgoing = match request.body {
        RequestBody::Empty => outgoing,
        RequestBody::Json(json) => outgoing.body(json),
        RequestBody::Multipart(form) => outgoing.multipart(multipart(form)?),
        _ => return Err(Error::invalid_input("body", "is of a type that this client cannot send")),
    };
    outgoing.send().await.map(convert_response).map_err(convert_error)
}

fn convert_response(response: reqwest::Response) -> Response {
    let status = response.status();
    let mut headers = response.headers().clone();
    // Session cookies must not be printed.
    headers.iter_mut().filter(|(name, _)| *name == SET_COOKIE).for_each(|(_, value)| value.set_sensitive(true));
    // The length is that of the body as the stream returns it: none is known if reqwest decompresses it.
    let length = response.content_length().unwrap_or_default();
    let body = ByteStream::new(Body(Box::pin(response.bytes_stream()))).size_hint(length);
    Response::new(status, body).with_headers(headers)
}

/// Returns a header value. The error calls the text `name`.
pub(crate) fn header(text: &str, name: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|error| Error::invalid_input_from(name, "contains characters that a header cannot hold", error))
}

fn multipart(form: Form) -> Result<reqwest::multipart::Form, Error> {
    form.parts.into_iter().try_fold(reqwest::multipart::Form::new(), |outgoing, (name, part)| match part {
        Part::Text(text) => Ok(outgoing.text(name, text)),
        Part::File(upload) => Ok(outgoing.part(name, file_part(upload)?)),
        _ => {
            Err(Error::invalid_input(format!("part {name:?} of the form"), "is of a type that this client cannot send"))
        }
    })
}

fn file_part(upload: Upload) -> Result<reqwest::multipart::Part, Error> {
    // A line break in the file name would start another header of the part.
    if upload.file_name().chars().any(char::is_control) {
        return Err(Error::invalid_input(
            "file name of the upload",
            format!("contains control characters: {:?}", upload.file_name()),
        ));
    }
    let (file_name, media_type, length) =
        (upload.file_name().to_owned(), upload.media_type().map(str::to_owned), upload.length());
    let part = reqwest::multipart::Part::stream_with_length(reqwest::Body::wrap_stream(upload.into_stream()), length)
        .file_name(file_name);
    match media_type {
        Some(media_type) => {
            let part = part.mime_str(&media_type);
            part.map_err(|error| {
                Error::invalid_input_from(
                    "media type of the upload",
                    format!("is {media_type:?}, which is not valid"),
                    error,
                )
            })
        }
        None => Ok(part),
    }
}

/// Converts an error of reqwest. Removes the URL, because its query may contain the caller's data.
pub(crate) fn convert_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(failure) = upload_failure(&error) {
        Error::transport_because(format!("the stream of the upload failed: {}", failure.summary()))
    } else if error.is_connect() {
        let cause = ConnectFailure::of(&error);
        let converted = Error::connect(error).with_advice(cause.advice());
        if cause.is_permanent() { converted.permanent() } else { converted }
    } else if error.is_timeout() {
        Error::timeout(error)
    } else if error.is_builder() {
        Error::invalid_input_from("request", "cannot be built", error)
    } else {
        Error::transport(error)
    }
}

/// Returns the error of the stream of an upload, if it is the cause.
fn upload_failure(error: &reqwest::Error) -> Option<&Error> {
    std::iter::successors(std::error::Error::source(error), |source| source.source())
        .find_map(|source| source.downcast_ref::<Error>())
}

/// The body of a response, with the errors converted.
struct Body<S>(Pin<Box<S>>);

impl<S: Stream<Item = Result<Bytes, reqwest::Error>>> Stream for Body<S> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context).map(|item| item.map(|chunk| chunk.map_err(convert_error)))
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::operation::Method;

    use super::*;

    #[test]
    fn a_request_stays_below_the_base_url() {
        let base: Url = "https://psa.example/v4_6_release/apis/3.0".parse().unwrap();
        for (path, expected) in [
            ("/service/tickets/5", Some("https://psa.example/v4_6_release/apis/3.0/service/tickets/5")),
            ("/a%2Fb", Some("https://psa.example/v4_6_release/apis/3.0/a%2Fb")),
            ("service/tickets", None),
            ("/../login", None),
            ("/a/%2e%2e/b", None),
            ("@evil.example/", None),
            // This path stays on the server, because it follows the base URL.
            ("//evil.example/x", Some("https://psa.example/v4_6_release/apis/3.0//evil.example/x")),
            ("/a?b=c", None),
            ("/a#b", None),
            ("/a b", None),
            ("/a\\b", None),
        ] {
            let url = url(&base, &Request::new(Method::Get, path)).ok();
            assert_eq!(url.as_ref().map(Url::as_str), expected, "{path}");
        }
    }

    #[test]
    fn a_request_outside_the_api_stays_on_the_server() {
        let base: Url = "https://psa.example/v4_6_release/apis/3.0".parse().unwrap();
        for (path, expected) in [
            ("/v4_6_release/inline/images/5", Some("https://psa.example/v4_6_release/inline/images/5")),
            ("//evil.example/x", Some("https://psa.example//evil.example/x")),
            ("@evil.example/", None),
            ("/../a", None),
        ] {
            let mut request = Request::new(Method::Get, path);
            request.outside_api = true;
            let url = url(&base, &request).ok();
            assert_eq!(url.as_ref().map(Url::as_str), expected, "{path}");
        }
    }

    #[test]
    fn headers_of_a_request_are_kept_except_credential_headers() {
        let mut request = Request::new(Method::Post, "/x");
        request.body = RequestBody::Json(Bytes::from_static(b"{}"));
        for (name, value) in [
            ("authorization", "Basic x"),
            ("cookie", "a=b"),
            ("clientid", "other"),
            ("x-own", "1"),
            ("content-type", "application/json-patch+json"),
        ] {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        request.headers.append("x-own", HeaderValue::from_static("2"));
        let accept = HeaderValue::from_static("application/vnd.connectwise.com+json; version=2025.8");
        let sent = headers(&request, &accept, Some(&HeaderValue::from_static("mine"))).unwrap();
        let text = |name: &str| sent.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            (text("authorization"), text("cookie"), text("clientid"), text("x-own")),
            (None, None, Some("mine"), Some("1"))
        );
        assert_eq!((text("content-type"), text("accept")), (Some("application/json-patch+json"), accept.to_str().ok()));
        let values: Vec<_> = sent.get_all("x-own").iter().collect();
        assert_eq!(values, ["1", "2"], "a header that is added twice has both values");
    }

    #[test]
    fn a_download_accepts_any_media_type() {
        let mut request = Request::new(Method::Get, "/x");
        request.download = true;
        let accept = HeaderValue::from_static("application/vnd.connectwise.com+json; version=2025.8");
        let sent = headers(&request, &accept, None).unwrap();
        assert_eq!(sent["accept"], "application/vnd.connectwise.com+json; version=2025.8, */*");
        assert!(!sent.contains_key("clientid"), "this client has no client id");
    }
}
