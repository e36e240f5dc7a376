//! Members: keys minted for them, and their end.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Done, body, owner};
use crate::exchange::{Answer, Asked};
use crate::gate::{CallerKind, Minted};
use crate::problem::Problem;
use crate::router::Route;
use crate::store::{Change, text, touch};
use crate::world::{Scene, members};

/// facts: an integrator login may mint keys, an API member's keys may not.
pub(super) fn mint(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    if !matches!(scene.caller.kind, CallerKind::Integrator) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "Security", "You do not have security permission to perform this action."));
    }
    let named = route.value("memberIdentifier").unwrap_or_default();
    let given = body(asked)?.get("memberIdentifier").and_then(Value::as_str).map(str::to_owned);
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

pub(super) fn deactivate(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let mut member = scene.world.records.get(&list, id).map(members).ok_or_else(|| Problem::not_found("Member", &id.to_string()))?;
    member.insert("inactiveFlag".to_owned(), Value::Bool(true));
    touch(&mut member, scene.now, &scene.caller.member);
    scene.world.records.put(&list, id, member);
    scene.happened(&list, id, Change::Updated);
    Ok(Answer::ok(&json!({})))
}
