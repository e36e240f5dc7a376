//! What is answered where nothing is simulated: a success without content, and files that say nothing.

pub(crate) mod files;

use connectwise_psa::catalogue::ResponseKind;
use serde_json::json;

use crate::http::Response;
use crate::router::Route;

/// What an action answers that is not simulated: success, and nothing else.
pub(crate) fn empty_success(route: &Route) -> Response {
    match route.operation.response {
        ResponseKind::None => Response::no_content(),
        ResponseKind::Many(_) => Response::ok(&json!([])),
        ResponseKind::One("SuccessResponse") => success(),
        ResponseKind::Bytes(media_type) => files::file(media_type),
        _ => Response::ok(&json!({})),
    }
}

/// What an action answers that has no more to say.
pub(crate) fn success() -> Response {
    Response::ok(&json!({"success": true}))
}
