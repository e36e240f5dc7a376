//! One exchange over HTTP: a request of ours as one of reqwest's, to the configured origin and nowhere else.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{
    ByteStream, CREDENTIAL_HEADERS, Form, Part, Request, RequestBody, Response, Upload,
};
use futures_core::Stream;
use http::header::{ACCEPT, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::Client;
use url::Url;

use crate::auth::credentials::Login;

/// facts: without the character set, some servers store other letters than ASCII as replacement characters.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

const CLIENT_ID: HeaderName = HeaderName::from_static("clientid");

/// The URL of a request: its path and query behind the base, and nothing that leads elsewhere.
pub(crate) fn url(base: &Url, request: &Request) -> Result<Url, Error> {
    let refuse = |why: &str| Error::invalid_input("path", format!("{why}: `{}`", request.path));
    if !request.path.starts_with('/') {
        return Err(refuse("does not start with a slash"));
    }
    let expected = format!("{}{}", base.path().trim_end_matches('/'), request.path);
    let text = format!("{}{}", base.as_str().trim_end_matches('/'), request.path_and_query());
    match Url::parse(&text) {
        // Parsing resolves `..` and takes what is not encoded as something else; the path has to come out as it went
        // in.
        Ok(url) if url.origin() == base.origin() && url.path() == expected && url.fragment().is_none() => Ok(url),
        _ => Err(refuse("is not encoded, or leads to another endpoint")),
    }
}

/// The headers of a request but for its credentials. `accept` is the API's media type.
pub(crate) fn headers(
    request: &Request,
    accept: &HeaderValue,
    client_id: Option<&HeaderValue>,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
    let accept = match accept.to_str() {
        // facts: the vendor's media type has to come first, or its version is ignored.
        Ok(text) if request.download => header(&format!("{text}, */*"), "version")?,
        _ => accept.clone(),
    };
    headers.insert(ACCEPT, accept);
    if matches!(request.body, RequestBody::Json(_)) {
        headers.insert(CONTENT_TYPE, JSON);
    }
    // The request's own headers replace these, and can have several values.
    for name in request.headers.keys() {
        headers.remove(name);
    }
    for (name, value) in &request.headers {
        headers.append(name, value.clone());
    }
    // Set from the client's settings, and by nobody else.
    for name in CREDENTIAL_HEADERS {
        headers.remove(*name);
    }
    if let Some(client_id) = client_id {
        headers.insert(CLIENT_ID, client_id.clone());
    }
    Ok(headers)
}

/// Sends one request once, with a login unless it is public.
pub(crate) async fn exchange(
    client: &Client,
    base: &Url,
    headers: HeaderMap,
    login: Option<&Login>,
    request: Request,
) -> Result<Response, Error> {
    let url = url(base, &request)?;
    let outgoing = client.request(request.method.into(), url).headers(headers);
    let outgoing = match login {
        Some(login) => login.sign(outgoing),
        None => outgoing,
    };
    let outgoing = match request.body {
        RequestBody::Empty => outgoing,
        RequestBody::Json(json) => outgoing.body(json),
        RequestBody::Multipart(form) => outgoing.multipart(multipart(form)?),
        _ => return Err(Error::invalid_input("body", "is of a kind that this client cannot send")),
    };
    let response = outgoing.send().await.map_err(failure)?;
    received(response, base)
}

fn received(response: reqwest::Response, asked: &Url) -> Result<Response, Error> {
    // The caller's own client may follow redirects.
    if response.url().origin() != asked.origin() {
        let host = response.url().host_str().unwrap_or("another host");
        let advice =
            format!("The client that was given followed a redirect to {host}: give it a redirect policy of none.");
        return Err(Error::from_response(StatusCode::FOUND, &HeaderMap::new(), b"").with_advice(advice));
    }
    let status = response.status();
    let mut headers = response.headers().clone();
    // Sessions of the server are not to be printed.
    headers.iter_mut().filter(|(name, _)| *name == SET_COOKIE).for_each(|(_, value)| value.set_sensitive(true));
    let length = response.content_length().unwrap_or_default();
    let body = ByteStream::new(Body(Box::pin(response.bytes_stream()))).size_hint(length);
    Ok(Response::new(status, body).with_headers(headers))
}

pub(crate) fn header(text: &str, name: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|error| Error::invalid_input_from(name, "has characters that a header cannot hold", error))
}

fn multipart(form: Form) -> Result<reqwest::multipart::Form, Error> {
    form.parts.into_iter().try_fold(reqwest::multipart::Form::new(), |outgoing, (name, part)| match part {
        Part::Text(text) => Ok(outgoing.text(name, text)),
        Part::File(upload) => Ok(outgoing.part(name, file_part(upload)?)),
        _ => {
            Err(Error::invalid_input(format!("part {name:?} of the form"), "is of a kind that this client cannot send"))
        }
    })
}

fn file_part(upload: Upload) -> Result<reqwest::multipart::Part, Error> {
    // In the part's header, a line break would begin another header.
    if upload.file_name().chars().any(char::is_control) {
        return Err(Error::invalid_input(
            "file name of the upload",
            format!("has control characters in it: {:?}", upload.file_name()),
        ));
    }
    let (file_name, media_type, length) =
        (upload.file_name().to_owned(), upload.media_type().map(str::to_owned), upload.length());
    let part = reqwest::multipart::Part::stream_with_length(reqwest::Body::wrap_stream(upload.into_stream()), length)
        .file_name(file_name);
    match media_type {
        Some(media_type) => {
            let named = part.mime_str(&media_type);
            named.map_err(|error| {
                Error::invalid_input_from(
                    "media type of the upload",
                    format!("is {media_type:?}, which is none"),
                    error,
                )
            })
        }
        None => Ok(part),
    }
}

/// What reqwest says as an error of ours. Its URL is left out: the conditions in it are the caller's data.
pub(crate) fn failure(error: reqwest::Error) -> Error {
    let error = error.without_url();
    // An upload stream's own error comes back as ours.
    if error.is_connect() {
        Error::connect(error)
    } else if error.is_timeout() {
        Error::timeout(error)
    } else if error.is_builder() {
        Error::invalid_input_from("request", "cannot be made", error)
    } else {
        Error::transport(error)
    }
}

/// The body of an answer with errors of ours.
struct Body<S>(Pin<Box<S>>);

impl<S: Stream<Item = Result<Bytes, reqwest::Error>>> Stream for Body<S> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context).map(|item| item.map(|chunk| chunk.map_err(failure)))
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::operation::Method;

    use super::*;

    #[test]
    fn a_request_stays_behind_its_base() {
        let base: Url = "https://psa.example/v4_6_release/apis/3.0".parse().unwrap();
        for (path, expected) in [
            ("/service/tickets/5", Some("https://psa.example/v4_6_release/apis/3.0/service/tickets/5")),
            ("/a%2Fb", Some("https://psa.example/v4_6_release/apis/3.0/a%2Fb")),
            ("service/tickets", None),
            ("/../login", None),
            ("/a/%2e%2e/b", None),
            ("@evil.example/", None),
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
    fn headers_that_carry_the_login_are_ours_alone() {
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
        let own: Vec<_> = sent.get_all("x-own").iter().collect();
        assert_eq!(own, ["1", "2"], "a header that is added twice has both values");
        request.download = true;
        let sent = headers(&request, &accept, None).unwrap();
        assert_eq!(sent["accept"], "application/vnd.connectwise.com+json; version=2025.8, */*");
        assert!(!sent.contains_key("clientid"));
    }
}
