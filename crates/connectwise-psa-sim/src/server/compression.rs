//! Compresses responses with gzip, when the request accepts it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, header};

use crate::http::{Request, Response};

/// Shorter bodies are not compressed: they fit into one packet anyway.
const MIN_BYTES: usize = 1024;

/// Longer bodies are compressed on a thread for blocking work.
const MAX_INLINE_BYTES: usize = 32 * 1024;

/// Returns the response, compressed if the request accepts that and if its body is long enough and is text.
pub(super) async fn compressed(request: &Request, mut response: Response) -> Response {
    if response.body.len() < MIN_BYTES || !is_text(&response) || response.headers.contains_key(header::CONTENT_ENCODING)
    {
        return response;
    }
    // Caches must not send a compressed response to a client that does not accept it.
    response.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let accepted = request.headers.get_all(header::ACCEPT_ENCODING);
    if !accepts_gzip(accepted.iter().filter_map(|value| value.to_str().ok())) {
        return response;
    }
    let body = response.body.clone();
    let compressed = if body.len() > MAX_INLINE_BYTES {
        tokio::task::spawn_blocking(move || gzip(&body)).await.ok().flatten()
    } else {
        gzip(&body)
    };
    if let Some(body) = compressed {
        response.body = body.into();
        response.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// Returns whether a body is text. Pictures and files are usually compressed already.
fn is_text(response: &Response) -> bool {
    let media_type = response.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.starts_with("application/json") || media_type.starts_with("text/"))
}

/// Returns whether the values of `Accept-Encoding` accept gzip. Without a quality, a coding is accepted; with the quality
/// 0, it is not. `*` stands for all codings that are not named.
fn accepts_gzip<'a>(values: impl Iterator<Item = &'a str>) -> bool {
    let (mut gzip, mut others) = (None, None);
    for element in values.flat_map(|value| value.split(',')) {
        let mut parts = element.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().unwrap_or(0.0))
        });
        let is_accepted = quality.is_none_or(|quality| quality > 0.0);
        match coding.as_str() {
            "gzip" | "x-gzip" => gzip = Some(is_accepted),
            "*" => others = Some(is_accepted),
            _ => {}
        }
    }
    gzip.or(others).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_encodings_have_qualities() {
        for (value, expected) in [
            ("gzip", true),
            ("GZIP, deflate, br", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("br;q=1.0, gzip; Q=0.1", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("*;q=0", false),
            ("gzip;q=0.000", false),
            ("gzip;q=much", false),
            ("identity, deflate", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip([value].into_iter()), expected, "{value}");
        }
        assert!(accepts_gzip(["br", "gzip"].into_iter()), "several headers");
        assert!(!accepts_gzip(std::iter::empty()));
    }
}
