//! Members: keys minted for them, their links to single sign-on, who asks, and their end.

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

/// facts: an integrator login may mint keys; of an API member's keys, sources disagree.
pub(super) fn mint(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
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
    let named = route.value("memberIdentifier").unwrap_or_default();
    let given = raw_body(request)?.get("memberIdentifier").and_then(Value::as_str).map(str::to_owned);
    let found = ctx.state.records.collection("system/members").and_then(|members| {
        members.records.iter().find_map(|(id, member)| {
            let identifier = member.text("identifier")?;
            let is = |wanted: &str| identifier.eq_ignore_ascii_case(wanted) || wanted.parse() == Ok(id);
            (is(named) && given.as_deref().is_none_or(is)).then(|| identifier.into_owned())
        })
    });
    let Some(member) = found else { return Err(ApiError::not_found("Member", named)) };
    let keys = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
    let until = ctx.clock + ctx.settings.minted_key_lifetime;
    ctx.state.minted_keys.push(MintedKeys {
        member,
        public_key: keys.0.clone(),
        private_key: keys.1.clone(),
        expires: until,
    });
    let life = chrono::Duration::from_std(ctx.settings.minted_key_lifetime).unwrap_or_default();
    Ok(Response::ok(&json!({"publicKey": keys.0, "privateKey": keys.1, "expiration": timestamp(ctx.now + life)})))
}

/// What the server makes of the members of the body that name successors is not known; they are checked and answered.
pub(super) fn deactivate(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let body = body(ctx, request, "MemberDeactivation")?;
    let member = read(ctx, &list, id)?;
    switch_off(ctx, id, member);
    if body.get("deleteOpenTimeSheetsFlag") == Some(&Value::Bool(true)) {
        timesheets::delete_open(ctx, id, false);
    }
    Ok(Response::ok(&Value::Object(body)))
}

fn switch_off(ctx: &mut RequestContext<'_>, id: i64, mut member: JsonObject) {
    member.insert("inactiveFlag".to_owned(), Value::Bool(true));
    member.insert("inactiveDate".to_owned(), Value::from(timestamp(ctx.now)));
    update(ctx, MEMBERS, id, member);
}

/// Deactivates the member that is linked with a user of single sign-on.
pub(super) fn deactivate_linked(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let user = route.value("ssoid").unwrap_or_default();
    let is_linked = |member: &JsonObject| {
        member.get("ssoSettings").and_then(|settings| settings.get("ssoUserId")).and_then(Value::as_str) == Some(user)
    };
    let found = list_all(ctx, MEMBERS).into_iter().find(|(_, member)| is_linked(member));
    let (id, member) = found.ok_or_else(|| ApiError::not_found("Member", user))?;
    switch_off(ctx, id, member);
    Ok(Response::no_content())
}

/// Links a member with a user of single sign-on.
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

/// The record of the member who asks; a login that has none, as an integrator's, is shown as what it is called.
pub(super) fn myself(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let type_name = route.record_type().unwrap_or_default();
    let record = caller(ctx)
        .map(|(_, member)| member)
        .unwrap_or_else(|| JsonObject::from_iter([("identifier".to_owned(), json!(ctx.caller.member))]));
    let shown = record.into_iter().filter(|(member, _)| views::has_field(type_name, member)).collect();
    Ok(Response::ok(&select(request, type_name, ctx.settings.list_rules, shown)?))
}
