//! Authentication: the credentials of a request, and the member they belong to.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::MiddlewareResult;
use super::target::unrouted;
use crate::api_error::ApiError;
use crate::http::Request;
use crate::settings::Settings;

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The identifier of the member that changes are attributed to.
    pub(crate) member: String,
    pub(crate) credentials: Credentials,
}

/// What a request authenticates with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    ApiKeys,
    Integrator,
    MemberHash,
    MintedKeys,
}

/// API keys that were created for a member, with `POST /system/members/{memberIdentifier}/tokens`.
#[derive(Clone, Debug)]
pub(crate) struct MintedKeys {
    pub(crate) member: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    pub(crate) expires: Instant,
}

/// Authenticates a request. `now` decides which minted keys have expired.
pub(crate) fn authenticate(
    settings: &Settings,
    minted: &[MintedKeys],
    request: &Request,
    now: Instant,
) -> MiddlewareResult<Caller> {
    let rejected_with = |status| Box::new(ApiError::new(status, "ConnectWiseApi", "UserNotAuthenticated").response());
    let unauthenticated = || rejected_with(settings.invalid_credentials_status);
    // `invalid_credentials_status` applies to wrong credentials only: without credentials, the status is 401.
    let Some((company, name, secret)) = basic_credentials(request) else {
        return Err(rejected_with(StatusCode::UNAUTHORIZED));
    };
    if company != settings.company {
        return Err(Box::new(unrouted()));
    }
    let is = |pairs: &[(String, String)]| pairs.iter().any(|(other, password)| *other == name && *password == secret);
    let caller = |member: &str, credentials| Ok(Caller { member: member.to_owned(), credentials });
    if name == settings.public_key && secret == settings.private_key {
        return caller("api", Credentials::ApiKeys);
    }
    if is(&settings.integrators) {
        return caller(&name, Credentials::Integrator);
    }
    if is(&settings.member_hashes) {
        let cookies = request.header("cookie").unwrap_or_default();
        let has = |name: &str, value: &str| cookies.split(';').any(|cookie| cookie.trim() == format!("{name}={value}"));
        // Observed on live servers: a hosted page sends the session cookies in addition to the header.
        return if has("memberHash", &secret) && has("memberId", &name) {
            caller(&name, Credentials::MemberHash)
        } else {
            Err(unauthenticated())
        };
    }
    match minted.iter().find(|minted| minted.public_key == name && minted.private_key == secret && minted.expires > now)
    {
        Some(minted) => caller(&minted.member, Credentials::MintedKeys),
        None => Err(unauthenticated()),
    }
}

/// Returns the caller of a request that needs no credentials; `None` if it needs some.
pub(crate) fn anonymous(settings: &Settings, path: &str) -> Option<Caller> {
    let is_public = settings.public_system_info && path.trim_end_matches('/').eq_ignore_ascii_case("/system/info");
    is_public.then(|| Caller { member: String::new(), credentials: Credentials::ApiKeys })
}

/// Returns company, name and secret from the `Authorization` header.
fn basic_credentials(request: &Request) -> Option<(String, String, String)> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, secret) = text.split_once(':')?;
    let (company, name) = user.split_once('+')?;
    Some((company.to_owned(), name.to_owned(), secret.to_owned()))
}
