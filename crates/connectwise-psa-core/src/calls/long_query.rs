//! Queries that are too long for a URL: they are sent in the body of a search, split by their list of ids, or rejected
//! with an error that states the length of the URL.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::conditions::comparison::Operator;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::conditions::order_by::Direction;
use crate::conditions::{Condition, ConditionView};
use crate::error::Error;
use crate::operation::Method;
use crate::query::list_query::{LARGEST_PAGE, ListQuery};
use crate::query::text_or::TextOr;
use crate::transport::connection::{MAX_URL_LENGTH, url_too_long};
use crate::transport::request::{Request, RequestBody};

/// The query parameters that a search takes in its body, each with the name of its field there. Observed on live
/// servers: the names of two fields are in lower case, and the server rejects bodies with other fields. The remaining
/// parameters, such as `fields` and `page`, stay in the URL.
const SEARCH_BODY_FIELDS: [(&str, &str); 4] = [
    ("conditions", "conditions"),
    ("childConditions", "childconditions"),
    ("customFieldConditions", "customfieldconditions"),
    ("orderBy", "orderBy"),
];

/// Adds the query's parameters to the request, and the header for forward-only paging if a page id is set. If the URL
/// would be too long, turns the request into the search for the same records. Fails if there is no search, or if the
/// URL of the search would be too long as well. `base_length` is the length of the base URL.
///
/// A parameter that the operation does not take is not sent. If that would change which records are read, or their
/// order, fails instead.
pub(crate) fn apply_query(request: &mut Request, query: &ListQuery, base_length: usize) -> Result<(), Error> {
    let operation = request.operation;
    let lacks = |name: &str| operation.is_some_and(|operation| operation.lacks(name));
    let (missing, pairs): (Vec<_>, Vec<_>) = query.pairs().into_iter().partition(|(name, _)| lacks(name));
    if let Some((name, _)) = missing.into_iter().find(|(name, value)| !is_default(name, value)) {
        return Err(Error::invalid_input(
            name,
            "is not a parameter of this operation in the API's document, and a server ignores unknown parameters; \
             leave it out, and filter or sort the records in your program",
        ));
    }
    if query.page_id.is_some() && !lacks("pageId") {
        request.headers.insert("pagination-type", http::HeaderValue::from_static("forward-only"));
    }
    let existing = request.query.len();
    request.query.extend(pairs.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())));
    let length = base_length + request.path_and_query_length();
    if length <= MAX_URL_LENGTH {
        return Ok(());
    }
    let Some(search) = request
        .operation
        .and_then(|operation| operation.related.search)
        .filter(|_| matches!(request.body, RequestBody::Empty))
    else {
        return Err(url_too_long(length, request));
    };
    request.query.truncate(existing);
    let mut body = Map::new();
    for (name, value) in pairs {
        match SEARCH_BODY_FIELDS.iter().find(|(parameter, _)| *parameter == name) {
            Some((_, field)) => _ = body.insert((*field).to_owned(), Value::String(value)),
            None => request.query.push((Cow::Borrowed(name), value)),
        }
    }
    request.method = Method::Post;
    // Every search has the path of its list, followed by `/search`; the parameters of the path are already filled in.
    request.path = format!("{}/search", request.path.trim_end_matches('/'));
    request.operation = Some(search);
    request.body = RequestBody::Json(Value::Object(body).to_string().into());
    let length = base_length + request.path_and_query_length();
    if length > MAX_URL_LENGTH { Err(url_too_long(length, request)) } else { Ok(()) }
}

/// Returns whether a request without this parameter has the same result. Without a page size, a page can be longer.
fn is_default(name: &str, value: &str) -> bool {
    matches!((name, value), ("page", "1") | ("pageId", "0") | ("pageSize", _))
}

/// One part of a query that is split by its list of ids.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The index of its first id in the sorted list of all ids.
    pub(crate) start: u32,
    /// The ids that it requests.
    pub(crate) ids: Vec<i64>,
    pub(crate) query: ListQuery,
}

/// Splits a query that is too long for a URL because of its list of ids (`id in (…)`). Each part requests some of the
/// ids; the parts together return the records of the whole query, in its order.
///
/// The ids are sorted, and duplicates are removed. Leaves out the first `skip` ids, which an earlier read has returned.
/// A part has at most `max_ids` ids, and its page size is the number of its ids.
///
/// A query without an order is split by ascending id, the order in which forward-only paging would return its records.
/// A query in another order than by id is not split, because the client would have to sort the records of all parts
/// again, and does not know the server's collation.
///
/// Returns `None` if the query is not split:
///
/// - its URL is short enough, or there is a search;
/// - a page number or a page id is set;
/// - an order is set that is not by `id` alone;
/// - the conditions have no `id in (…)` of integers that is joined to the rest with `and`, or are not set, invalid or
///   verbatim text;
/// - the URL would be too long even with a single id.
pub(crate) fn split_by_ids(
    request: &Request,
    query: &ListQuery,
    max_ids: u32,
    base_length: usize,
    skip: u32,
) -> Option<Vec<Part>> {
    let length = |query: &ListQuery| {
        let mut whole = Request::new(request.method, request.path.clone());
        whole.query.clone_from(&request.query);
        whole.query.extend(query.pairs().into_iter().map(|(name, value)| (Cow::Borrowed(name), value)));
        base_length + whole.path_and_query_length()
    };
    let has_search = request.operation.is_some_and(|operation| operation.related.search.is_some());
    if has_search || query.page.is_some() || query.page_id.is_some() || length(query) <= MAX_URL_LENGTH {
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
    let (mut ids, rest) = ids_and_rest(query.conditions.value()?)?;
    ids.sort_unstable();
    ids.dedup();
    if descending {
        ids.reverse();
    }
    let with_ids = |ids: &[i64], page_size: u32| {
        let id_in = Condition::from(id_in_list(ids)?);
        let conditions = rest.clone().map_or(id_in.clone(), |rest| id_in.clone().and(rest));
        Some(ListQuery { conditions: TextOr::from(conditions), page_size: Some(page_size), ..query.clone() })
    };
    // Each part is read with one request, so its records must fit on one page.
    let max_ids = max_ids.min(LARGEST_PAGE);
    let mut parts = Vec::new();
    let mut start = skip;
    while let Some(remaining) = ids.get(usize::try_from(start).ok()?..).filter(|ids| !ids.is_empty()) {
        // Each id after the first adds its digits and an encoded comma to the URL.
        let mut free = MAX_URL_LENGTH.checked_sub(length(&with_ids(remaining.get(..1)?, LARGEST_PAGE)?))?;
        let mut count = 1;
        while let Some(id) = remaining.get(count).filter(|_| count < max_ids as usize) {
            let Some(still_free) = free.checked_sub("%2C".len() + id.to_string().len()) else { break };
            free = still_free;
            count += 1;
        }
        let ids = remaining.get(..count)?;
        let count = u32::try_from(count).ok()?;
        parts.push(Part { start, ids: ids.to_vec(), query: with_ids(ids, count)? });
        start += count;
    }
    Some(parts)
}

/// Returns `id in (…)`, also for a single id, so that each further id only adds a comma and its digits.
fn id_in_list(ids: &[i64]) -> Option<crate::conditions::comparison::Comparison> {
    crate::conditions::comparison::Comparison::new(
        "id".parse().ok()?,
        Operator::In,
        ids.iter().map(|id| Literal::integer(*id)),
    )
    .ok()
}

/// Returns the ids of a condition's first `id in (…)` and the rest of the condition, if the condition is that
/// comparison or joins it to the rest with `and`. `None` if there is no such comparison with only integers.
fn ids_and_rest(condition: &Condition) -> Option<(Vec<i64>, Option<Condition>)> {
    let ids_of = |condition: &Condition| match condition.view() {
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
    if let Some(ids) = ids_of(condition) {
        return Some((ids, None));
    }
    let ConditionView::And(all) = condition.view() else { return None };
    let at = all.iter().position(|condition| ids_of(condition).is_some())?;
    let rest = all
        .iter()
        .enumerate()
        .filter(|(position, _)| *position != at)
        .map(|(_, condition)| condition.clone())
        .reduce(Condition::and);
    Some((ids_of(all.get(at)?)?, rest))
}
