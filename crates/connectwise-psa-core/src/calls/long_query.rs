//! Queries that are too long for a URL: a search that takes them in its body, a list of ids in parts, or a refusal that
//! names the length.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::conditions::comparison::Operator;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::conditions::order_by::Direction;
use crate::conditions::{Condition, ConditionView};
use crate::error::Error;
use crate::operation::Method;
use crate::query::list_query::ListQuery;
use crate::query::text_or::TextOr;
use crate::transport::connection::{LONGEST_URL, too_long};
use crate::transport::request::{Request, RequestBody};

/// The conditions by their names in the body of a search. facts: two of them are in lower case there, and a member of
/// another name is refused.
const IN_THE_BODY: [(&str, &str); 4] = [
    ("conditions", "conditions"),
    ("childConditions", "childconditions"),
    ("customFieldConditions", "customfieldconditions"),
    ("orderBy", "orderBy"),
];

/// Adds the query's parameters, and the header that turns forward-only reading on when it begins after an id. A query
/// that is too long for a URL goes into the body of the search for the same records, where there is one.
pub(crate) fn apply_query(request: &mut Request, query: &ListQuery, base_length: usize) -> Result<(), Error> {
    let pairs = query.pairs();
    if query.page_id.is_some() {
        request.headers.insert("pagination-type", http::HeaderValue::from_static("forward-only"));
    }
    let own = request.query.len();
    request.query.extend(pairs.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())));
    let length = base_length + request.path_and_query_length();
    if length <= LONGEST_URL {
        return Ok(());
    }
    let Some(search) = request
        .operation
        .and_then(|operation| operation.related.search)
        .filter(|_| matches!(request.body, RequestBody::Empty))
    else {
        return Err(too_long(length));
    };
    request.query.truncate(own);
    let mut body = Map::new();
    for (name, value) in pairs {
        match IN_THE_BODY.iter().find(|(parameter, _)| *parameter == name) {
            Some((_, member)) => _ = body.insert((*member).to_owned(), Value::String(value)),
            None => request.query.push((Cow::Borrowed(name), value)),
        }
    }
    request.method = Method::Post;
    request.path = format!("{}/search", request.path.trim_end_matches('/'));
    request.operation = Some(search);
    request.body = RequestBody::Json(Value::Object(body).to_string().into());
    let length = base_length + request.path_and_query_length();
    if length > LONGEST_URL { Err(too_long(length)) } else { Ok(()) }
}

/// The query in parts, when it is too long for a URL only because of a list of ids: each asks for some of them, and one
/// after the other they give what the whole would. With each comes the place of its first id; they begin behind as many
/// ids as are `done`. `None` when it need not or cannot be divided.
///
/// Only records chosen by their own `id` in no order or in that of their ids are divided: other lists would have to be
/// sorted anew here, and nobody knows how the server sorts text.
pub(crate) fn split(
    request: &Request,
    query: &ListQuery,
    base_length: usize,
    done: u32,
) -> Option<Vec<(u32, ListQuery)>> {
    let length = |query: &ListQuery| {
        let mut whole = Request::new(request.method, request.path.clone());
        whole.query.clone_from(&request.query);
        whole.query.extend(query.pairs().into_iter().map(|(name, value)| (Cow::Borrowed(name), value)));
        base_length + whole.path_and_query_length()
    };
    let searched = request.operation.is_some_and(|operation| operation.related.search.is_some());
    if searched || query.page.is_some() || query.page_id.is_some() || length(query) <= LONGEST_URL {
        return None;
    }
    let descending = match query.order_by.value() {
        None if query.order_by.is_set() => return None,
        None => false,
        Some(order) => match order.fields() {
            [(field, direction)] if field.as_str().eq_ignore_ascii_case("id") => *direction == Direction::Descending,
            _ => return None,
        },
    };
    let (mut ids, rest) = chosen_ids(query.conditions.value()?)?;
    ids.sort_unstable();
    ids.dedup();
    if descending {
        ids.reverse();
    }
    let with = |ids: &[i64]| {
        let chosen = Condition::from(comparison(ids)?);
        let conditions = rest.clone().map_or(chosen.clone(), |rest| chosen.clone().and(rest));
        Some(ListQuery { conditions: TextOr::from(conditions), ..query.clone() })
    };
    let most = query.page_size.unwrap_or(crate::query::list_query::LARGEST_PAGE) as usize;
    let mut parts = Vec::new();
    let mut place = done;
    while let Some(left) = ids.get(usize::try_from(place).ok()?..).filter(|left| !left.is_empty()) {
        // Each id adds its digits and an encoded comma.
        let mut room = LONGEST_URL.checked_sub(length(&with(left.get(..1)?)?))?;
        let mut count = 1;
        while let Some(id) = left.get(count).filter(|_| count < most) {
            let Some(rest) = room.checked_sub(id.to_string().len() + "%2C".len()) else { break };
            room = rest;
            count += 1;
        }
        parts.push((place, with(left.get(..count)?)?));
        place += u32::try_from(count).ok()?;
    }
    Some(parts)
}

/// A list even of a single id, so that each further one adds its own length alone.
fn comparison(ids: &[i64]) -> Option<crate::conditions::comparison::Comparison> {
    crate::conditions::comparison::Comparison::new(
        "id".parse().ok()?,
        Operator::In,
        ids.iter().map(|id| Literal::integer(*id)),
    )
    .ok()
}

/// The ids of the one `id in (…)` that stands at the top of a condition, and what else has to hold.
fn chosen_ids(condition: &Condition) -> Option<(Vec<i64>, Option<Condition>)> {
    let of = |condition: &Condition| match condition.view() {
        ConditionView::Comparison(comparison)
            if comparison.operator() == Operator::In && comparison.field().as_str().eq_ignore_ascii_case("id") =>
        {
            let id = |value: &Literal| match value.value() {
                LiteralValue::Integer(id) => Some(id),
                _ => None,
            };
            comparison.values().iter().map(id).collect::<Option<Vec<i64>>>()
        }
        _ => None,
    };
    if let Some(ids) = of(condition) {
        return Some((ids, None));
    }
    let ConditionView::And(all) = condition.view() else { return None };
    let at = all.iter().position(|condition| of(condition).is_some())?;
    let rest = all
        .iter()
        .enumerate()
        .filter(|(position, _)| *position != at)
        .map(|(_, condition)| condition.clone())
        .reduce(Condition::and);
    Some((of(all.get(at)?)?, rest))
}
