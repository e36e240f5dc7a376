//! Success responses without content, for operations that are not simulated or have no result.

pub(crate) mod files;

use connectwise_psa::catalogue::ResponseKind;
use serde_json::json;

use crate::http::Response;
use crate::router::Route;

/// Returns a success without content, in the form that the operation declares: no body, `[]`, `{"success": true}`, an
/// object with an empty `_info`, or a placeholder file. Clients reject an object without fields, which no live server is
/// known to send.
pub(crate) fn empty_success(route: &Route) -> Response {
    match route.operation.response {
        ResponseKind::None => Response::no_content(),
        ResponseKind::Many(_) => Response::ok(&json!([])),
        ResponseKind::One("SuccessResponse") => success(),
        ResponseKind::Bytes(media_type) => files::placeholder_file(media_type),
        ResponseKind::One(_) => Response::ok(&json!({"_info": {}})),
        _ => Response::ok(&json!({})),
    }
}

/// Returns the body `{"success": true}`: PSA's `SuccessResponse`.
pub(crate) fn success() -> Response {
    Response::ok(&json!({"success": true}))
}
