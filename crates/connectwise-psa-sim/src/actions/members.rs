//! Members: creating API keys for a member (minting), single sign-on links, deactivation, and the record of the current
//! member.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ActionResult, owner, timesheets};
use crate::access::{body, caller, list_all, missing_field, raw_body, read};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::middleware::authentication::{Credentials, MintedKeys};
use crate::placeholders::success;
use crate::records::list::select;
use crate::records::{JsonObject, views};
use crate::router::Route;
use crate::server_state::RequestContext;
use crate::store::timestamp;
use crate::writes::update;

const MEMBERS: &str = "system/members";

/// Creates API keys for a member, which expire. Observed on live servers: integrators may mint keys. Published sources
/// disagree on whether the keys of an API member may, so a switch decides.
pub(super) fn mint_keys(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let may_mint = match ctx.caller.credentials {
        Credentials::Integrator => true,
        Credentials::ApiKeys => ctx.settings.mint_with_api_keys,
        Credentials::MemberHash | Credentials::MintedKeys => false,
    };
    if !may_mint {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "Security",
            "You do not have security permission to perform this action.",
        ));
    }
    let identifier = route.value("memberIdentifier").unwrap_or_default();
    let body_identifier = raw_body(request)?.get("memberIdentifier").and_then(Value::as_str).map(str::to_owned);
    let found = ctx.state.records.collection("system/members").and_then(|members| {
        members.records.iter().find_map(|(id, member)| {
            let found = member.text("identifier")?;
            let is = |wanted: &str| found.eq_ignore_ascii_case(wanted) || wanted.parse() == Ok(id);
            (is(identifier) && body_identifier.as_deref().is_none_or(is)).then(|| found.into_owned())
        })
    });
    let Some(member) = found else { return Err(ApiError::not_found("Member", identifier)) };
    let keys = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
    let expires = ctx.clock + ctx.settings.minted_key_lifetime;
    let minted = MintedKeys { member, public_key: keys.0.clone(), private_key: keys.1.clone(), expires };
    ctx.state.add_minted_keys(minted, ctx.clock);
    let lifetime = chrono::Duration::from_std(ctx.settings.minted_key_lifetime).unwrap_or_default();
    Ok(Response::ok(&json!({"publicKey": keys.0, "privateKey": keys.1, "expiration": timestamp(ctx.now + lifetime)})))
}

/// Deactivates a member. What live servers do with the fields of the body that name the member's successors is unknown;
/// the simulator checks these fields and returns them.
pub(super) fn deactivate(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let body = body(ctx, request, "MemberDeactivation")?;
    let member = read(ctx, &list, id)?;
    set_inactive(ctx, id, member);
    if body.get("deleteOpenTimeSheetsFlag") == Some(&Value::Bool(true)) {
        timesheets::delete_open(ctx, id, false);
    }
    Ok(Response::ok(&Value::Object(body)))
}

fn set_inactive(ctx: &mut RequestContext<'_>, id: i64, mut member: JsonObject) {
    member.insert("inactiveFlag".to_owned(), Value::Bool(true));
    member.insert("inactiveDate".to_owned(), Value::from(timestamp(ctx.now)));
    update(ctx, MEMBERS, id, member);
}

/// Deactivates the member that is linked to a single sign-on user.
pub(super) fn deactivate_by_sso_user(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let user = route.value("ssoid").unwrap_or_default();
    let is_linked = |member: &JsonObject| {
        member.get("ssoSettings").and_then(|settings| settings.get("ssoUserId")).and_then(Value::as_str) == Some(user)
    };
    let found = list_all(ctx, MEMBERS).into_iter().find(|(_, member)| is_linked(member));
    let (id, member) = found.ok_or_else(|| ApiError::not_found("Member", user))?;
    set_inactive(ctx, id, member);
    Ok(Response::no_content())
}

/// Links a member to a single sign-on user.
pub(super) fn link(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let user = body(ctx, request, "MemberLinkSsoUser")?
        .remove("ssoUserId")
        .ok_or_else(|| missing_field("MemberLinkSsoUser", "ssoUserId"))?;
    let mut member = read(ctx, &list, id)?;
    member.insert("ssoSettings".to_owned(), json!({ "ssoUserId": user }));
    update(ctx, &list, id, member);
    Ok(success())
}

pub(super) fn unlink(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let mut member = read(ctx, &list, id)?;
    member.remove("ssoSettings");
    update(ctx, &list, id, member);
    Ok(success())
}

/// Returns the member record of the caller. A caller without one, such as an integrator, gets a record with only an
/// `identifier`.
pub(super) fn current_member(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let type_name = route.record_type().unwrap_or_default();
    let record = caller(ctx)
        .map(|(_, member)| member)
        .unwrap_or_else(|| JsonObject::from_iter([("identifier".to_owned(), json!(ctx.caller.member))]));
    let shown = record.into_iter().filter(|(field, _)| views::has_field(type_name, field)).collect();
    Ok(Response::ok(&select(request, type_name, ctx.settings.list_rules, shown)?))
}
