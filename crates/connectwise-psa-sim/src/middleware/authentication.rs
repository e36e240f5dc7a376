//! Who makes a request: the credentials, and whom they belong to.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::Refused;
use super::address::unrouted;
use crate::api_error::ApiError;
use crate::http::Request;
use crate::settings::Settings;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The member whose name changes carry.
    pub(crate) member: String,
    pub(crate) kind: CallerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallerKind {
    Keys,
    Integrator,
    MemberHash,
    Minted,
}

/// Keys minted for a member.
#[derive(Clone, Debug)]
pub(crate) struct MintedKeys {
    pub(crate) member: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    pub(crate) until: Instant,
}

/// Who a request says it is, and whether that is true.
pub(crate) fn caller(settings: &Settings, minted: &[MintedKeys], request: &Request, now: Instant) -> Refused<Caller> {
    let refused_with = |status| Box::new(ApiError::new(status, "ConnectWiseApi", "UserNotAuthenticated").response());
    let unauthenticated = || refused_with(settings.invalid_credentials_status);
    let Some((company, name, secret)) = basic(request) else { return Err(refused_with(StatusCode::UNAUTHORIZED)) };
    if company != settings.company {
        return Err(Box::new(unrouted()));
    }
    let is = |pairs: &[(String, String)]| pairs.iter().any(|(other, password)| *other == name && *password == secret);
    let caller = |member: &str, kind| Ok(Caller { member: member.to_owned(), kind });
    if name == settings.public_key && secret == settings.private_key {
        return caller("api", CallerKind::Keys);
    }
    if is(&settings.integrators) {
        return caller(&name, CallerKind::Integrator);
    }
    if is(&settings.member_hashes) {
        let cookies = request.header("cookie").unwrap_or_default();
        let has = |name: &str, value: &str| cookies.split(';').any(|cookie| cookie.trim() == format!("{name}={value}"));
        // facts: a hosted page sends the session's cookies beside the header.
        return if has("memberHash", &secret) && has("memberId", &name) {
            caller(&name, CallerKind::MemberHash)
        } else {
            Err(unauthenticated())
        };
    }
    match minted.iter().find(|minted| minted.public_key == name && minted.private_key == secret && minted.until > now) {
        Some(minted) => caller(&minted.member, CallerKind::Minted),
        None => Err(unauthenticated()),
    }
}

/// Who asks without saying who it is, where that is allowed.
pub(crate) fn anonymous(settings: &Settings, path: &str) -> Option<Caller> {
    let is_public = settings.public_system_info && path.trim_end_matches('/').eq_ignore_ascii_case("/system/info");
    is_public.then(|| Caller { member: String::new(), kind: CallerKind::Keys })
}

/// Company, name and secret of the header.
fn basic(request: &Request) -> Option<(String, String, String)> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, secret) = text.split_once(':')?;
    let (company, name) = user.split_once('+')?;
    Some((company.to_owned(), name.to_owned(), secret.to_owned()))
}
