//! Members: keys minted for them, their links to single sign-on, who asks, and their end.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::changes::{all, body, keep, lacks, read};
use super::{Done, owner, sheets, succeeded};
use crate::exchange::{Answer, Asked};
use crate::gate::{CallerKind, Minted};
use crate::problem::Problem;
use crate::records::Members;
use crate::records::list::select;
use crate::records::views;
use crate::router::Route;
use crate::store::text;
use crate::world::Scene;

const MEMBERS: &str = "system/members";

/// facts: an integrator login may mint keys; of an API member's keys, sources disagree.
pub(super) fn mint(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let may_mint = match scene.caller.kind {
        CallerKind::Integrator => true,
        CallerKind::Keys => scene.settings.keys_mint,
        CallerKind::MemberHash | CallerKind::Minted => false,
    };
    if !may_mint {
        return Err(Problem::new(StatusCode::FORBIDDEN, "Security", "You do not have security permission to perform this action."));
    }
    let named = route.value("memberIdentifier").unwrap_or_default();
    let given = super::body(asked)?.get("memberIdentifier").and_then(Value::as_str).map(str::to_owned);
    let found = scene.world.records.collection("system/members").and_then(|members| {
        members.records.iter().find_map(|(id, member)| {
            let identifier = member.text("identifier")?;
            let is = |wanted: &str| identifier.eq_ignore_ascii_case(wanted) || wanted.parse() == Ok(id);
            (is(named) && given.as_deref().is_none_or(is)).then(|| identifier.into_owned())
        })
    });
    let Some(member) = found else { return Err(Problem::not_found("Member", named)) };
    let keys = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
    let until = scene.clock + scene.settings.token_life;
    scene.world.minted.push(Minted { member, public_key: keys.0.clone(), private_key: keys.1.clone(), until });
    let life = chrono::Duration::from_std(scene.settings.token_life).unwrap_or_default();
    Ok(Answer::ok(&json!({"publicKey": keys.0, "privateKey": keys.1, "expiration": text(scene.now + life)})))
}

/// What the server makes of the members of the body that name successors is not known; they are checked and answered.
pub(super) fn deactivate(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let body = body(scene, asked, "MemberDeactivation")?;
    let member = read(scene, &list, id)?;
    switch_off(scene, id, member);
    if body.get("deleteOpenTimeSheetsFlag") == Some(&Value::Bool(true)) {
        sheets::delete_open(scene, id, false);
    }
    Ok(Answer::ok(&Value::Object(body)))
}

fn switch_off(scene: &mut Scene<'_>, id: i64, mut member: Members) {
    member.insert("inactiveFlag".to_owned(), Value::Bool(true));
    member.insert("inactiveDate".to_owned(), Value::from(text(scene.now)));
    keep(scene, MEMBERS, id, member);
}

/// Deactivates the member that is linked with a user of single sign-on.
pub(super) fn deactivate_linked(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let user = route.value("ssoid").unwrap_or_default();
    let is_linked = |member: &Members| member.get("ssoSettings").and_then(|settings| settings.get("ssoUserId")).and_then(Value::as_str) == Some(user);
    let found = all(scene, MEMBERS).into_iter().find(|(_, member)| is_linked(member));
    let (id, member) = found.ok_or_else(|| Problem::not_found("Member", user))?;
    switch_off(scene, id, member);
    Ok(Answer::no_content())
}

/// Links a member with a user of single sign-on.
pub(super) fn link(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let user = body(scene, asked, "MemberLinkSsoUser")?.remove("ssoUserId").ok_or_else(|| lacks("MemberLinkSsoUser", "ssoUserId"))?;
    let mut member = read(scene, &list, id)?;
    member.insert("ssoSettings".to_owned(), json!({ "ssoUserId": user }));
    keep(scene, &list, id, member);
    Ok(succeeded())
}

pub(super) fn unlink(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let mut member = read(scene, &list, id)?;
    member.remove("ssoSettings");
    keep(scene, &list, id, member);
    Ok(succeeded())
}

/// The record of the member who asks; a login that has none, as an integrator's, is shown as what it is called.
pub(super) fn myself(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let type_name = route.record_type().unwrap_or_default();
    let record = super::proposals::caller(scene)
        .map(|(_, member)| member)
        .unwrap_or_else(|| Members::from_iter([("identifier".to_owned(), json!(scene.caller.member))]));
    let shown = record.into_iter().filter(|(member, _)| views::is_of(type_name, member)).collect();
    Ok(Answer::ok(&select(asked, type_name, scene.settings.strict, shown)?))
}
