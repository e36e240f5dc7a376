//! Decides whether a request only reads, and whether it is repeatable.

use serde_json::Value;

use crate::operation::Method;
use crate::transport::request::{Request, RequestBody};

/// The ends of the paths of POST requests that only read.
const READ_ONLY_POSTS: &[&str] = &["/search", "/bundles/count"];

impl Request {
    /// Returns whether the request only reads: a GET, or a POST that searches or counts.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        match self.method {
            Method::Get => true,
            // The paths outside the API have other meanings.
            Method::Post if self.outside_api => false,
            Method::Post => {
                READ_ONLY_POSTS.iter().any(|end| self.path.trim_end_matches('/').to_ascii_lowercase().ends_with(end))
            }
            _ => false,
        }
    }

    /// Returns whether the request is repeatable: sending it twice has the same effect as sending it once. Such a
    /// request can be retried even if the server may have carried it out.
    ///
    /// Read requests, PUT and DELETE are repeatable. A PATCH is repeatable if each of its operations replaces or
    /// removes a field by name: an `add` may append, and an array index may refer to another element the second time.
    /// Any other POST is not repeatable. Observed on live servers: there are no idempotency keys and no ETags. A
    /// request whose body contains a stream is not repeatable, because the stream can be read only once.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        let is_repeatable = match self.method {
            Method::Put | Method::Delete => true,
            Method::Patch => patch_is_repeatable(&self.body),
            Method::Get | Method::Post => self.is_read_only(),
        };
        is_repeatable && !matches!(&self.body, RequestBody::Multipart(form) if form.try_clone().is_none())
    }
}

fn patch_is_repeatable(body: &RequestBody) -> bool {
    let RequestBody::Json(json) = body else { return false };
    let Ok(Value::Array(changes)) = serde_json::from_slice(json) else { return false };
    changes.iter().all(|change| {
        let text = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
        let sets = ["replace", "remove"].iter().any(|op| text("op").eq_ignore_ascii_case(op));
        let path = text("path").trim_matches('/');
        sets && !path.is_empty() && !path.split('/').any(is_index)
    })
}

/// Returns whether a step of a path is an array index: a number, or `-` for the end.
fn is_index(step: &str) -> bool {
    step == "-" || (!step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::Patch;
    use crate::transport::upload::{Form, Part, Upload};

    fn request(method: Method, path: &str, body: RequestBody) -> Request {
        Request { body, ..Request::new(method, path) }
    }

    #[test]
    fn method_and_body_determine_whether_a_request_is_repeatable() {
        let patch = |patch: Patch| RequestBody::Json(serde_json::to_vec(&patch).unwrap().into());
        let text = |text: &'static str| RequestBody::Json(text.into());
        let form = |upload| RequestBody::Multipart(Form { parts: vec![("file".into(), Part::File(upload))] });
        for (method, path, body, reads, repeatable) in [
            (Method::Get, "/service/tickets", RequestBody::Empty, true, true),
            (Method::Post, "/service/tickets", text("{}"), false, false),
            (Method::Post, "/service/tickets/search", text("{}"), true, true),
            (Method::Post, "/project/tickets/Search/", text("{}"), true, true),
            (Method::Post, "/system/bundles/count", text("{}"), true, true),
            (Method::Post, "/system/bundles", text("{}"), false, false),
            (Method::Put, "/service/tickets/5", text("{}"), false, true),
            (Method::Delete, "/service/tickets/5", RequestBody::Empty, false, true),
            (
                Method::Patch,
                "/x",
                patch(Patch::new().replace("summary", "a").replace("/status/id", 5).remove("site")),
                false,
                true,
            ),
            (Method::Patch, "/x", patch(Patch::new().replace("summary", "a").add("summary", "b")), false, false),
            (Method::Patch, "/x", patch(Patch::new().replace("communicationItems/1/value", "a")), false, false),
            (Method::Patch, "/x", patch(Patch::new().remove("/communicationItems/0")), false, false),
            (Method::Patch, "/x", patch(Patch::new().replace("communicationItems/-", 1)), false, false),
            (Method::Patch, "/x", patch(Patch::new().replace("address2", "a")), false, true),
            (Method::Patch, "/x", text(r#"[{"op":"Replace","path":"a"}]"#), false, true),
            (Method::Patch, "/x", text(r#"[{"path":"a"}]"#), false, false),
            (Method::Patch, "/x", text(r#"[{"op":"replace","path":"/"}]"#), false, false),
            (Method::Patch, "/x", text(r#"{"summary":"a"}"#), false, false),
            (Method::Patch, "/x", text("no JSON"), false, false),
            (Method::Put, "/x", form(Upload::from_bytes("a", "x")), false, true),
            (
                Method::Put,
                "/x",
                form(Upload::from_stream("a", 1, crate::transport::byte_stream::ByteStream::from("x"))),
                false,
                false,
            ),
        ] {
            let request = request(method, path, body);
            assert_eq!((request.is_read_only(), request.is_repeatable()), (reads, repeatable), "{request:?}");
        }
        let outside = Request { outside_api: true, ..Request::new(Method::Post, "/hooks/search") };
        assert!(!outside.is_read_only() && !outside.is_repeatable());
    }
}
