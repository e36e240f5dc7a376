//! Success responses without content of their own, for operations that are not simulated or have no result.

pub(crate) mod files;

use connectwise_psa::catalogue::ResponseKind;
use serde_json::{Value, json};

use crate::http::Response;
use crate::records::completion::empty_record;
use crate::router::Route;

/// Returns a success without content, in the form that the operation declares: no body, `[]`, `{"success": true}`, a
/// record in which nothing was set, or a placeholder file.
pub(crate) fn empty_success(route: &Route) -> Response {
    match route.operation.response {
        ResponseKind::None => Response::no_content(),
        ResponseKind::Many(_) => Response::ok(&json!([])),
        ResponseKind::One("SuccessResponse") => success(),
        ResponseKind::Bytes(media_type) => files::placeholder_file(media_type),
        ResponseKind::One(type_name) => Response::ok(&Value::Object(empty_record(type_name, &route.list_key()))),
        _ => Response::ok(&json!({})),
    }
}

/// Returns the body `{"success": true}`: PSA's `SuccessResponse`.
pub(crate) fn success() -> Response {
    Response::ok(&json!({"success": true}))
}
