//! Redirects to every kind of target. The client follows none of them, and the error names the target.

use crate::api::ApiResponse;
use crate::faults::{Context, Fault};

/// Returns the value of `Location`.
type Target = fn(&Context<'_>) -> Option<String>;

const TARGETS: &[(&str, Target)] = &[
    ("to another path", |context| {
        Some(format!("http://{}/elsewhere", context.request.header("host").unwrap_or("127.0.0.1")))
    }),
    ("to another server", |context| Some(format!("http://{}{}", context.other, context.request.target))),
    ("to https", |context| Some(format!("https://{}/elsewhere", context.other))),
    ("to a relative path", |_| Some("../elsewhere".to_owned())),
    ("to itself", |context| Some(context.request.target.clone())),
    ("without a target", |_| None),
    ("to an unreadable target", |_| Some("http://[elsewhere".to_owned())),
];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        for (name, target) in TARGETS {
            let fault = Fault::response("redirect", move |context| {
                let response = ApiResponse::new(status, "text/html", "<html>Moved</html>");
                match target(context) {
                    Some(target) => response.header("location", target),
                    None => response,
                }
            });
            let fault = fault.variant(format!("{status} {name}"));
            let names_elsewhere = matches!(*name, "to another path" | "to https" | "to a relative path");
            faults.push(Fault { error_contains: names_elsewhere.then(|| "elsewhere".to_owned()), ..fault });
        }
    }
    for status in [300, 304, 305] {
        faults.push(
            Fault::response("redirect", move |_| ApiResponse::new(status, "text/html", ""))
                .variant(format!("{status} without a target")),
        );
    }
    faults
}
