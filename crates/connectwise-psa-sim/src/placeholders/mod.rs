//! Responses of operations that are not simulated: an empty success or a placeholder file.

pub(crate) mod files;

use connectwise_psa::catalogue::ResponseKind;
use serde_json::json;

use crate::http::Response;
use crate::router::Route;

/// The response of an action that is not simulated: an empty success.
pub(crate) fn empty_success(route: &Route) -> Response {
    match route.operation.response {
        ResponseKind::None => Response::no_content(),
        ResponseKind::Many(_) => Response::ok(&json!([])),
        ResponseKind::One("SuccessResponse") => success(),
        ResponseKind::Bytes(media_type) => files::placeholder_file(media_type),
        _ => Response::ok(&json!({})),
    }
}

/// The response of an action without a result.
pub(crate) fn success() -> Response {
    Response::ok(&json!({"success": true}))
}
