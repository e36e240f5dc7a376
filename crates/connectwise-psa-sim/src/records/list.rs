//! Lists: which records, in which order, with which members, and which page of them.

use std::cmp::Ordering;

use connectwise_psa::{Condition, Direction, FieldSelection, FindingKind, Matcher, OrderBy, schemas};
use serde_json::{Map, Value};

use crate::exchange::{Asked, encoded_by_server};
use crate::problem::Problem;
use crate::store::Collection;

/// The page size when none is asked for, and the greatest. facts: larger ones are capped without an error.
const PAGE: usize = 25;
const LARGEST_PAGE: usize = 1000;

/// What a list is asked for.
pub(crate) struct Wanted {
    conditions: Option<Matcher>,
    children: Option<Matcher>,
    custom_fields: Option<Matcher>,
    order: Vec<(Vec<String>, Direction)>,
    fields: Option<Vec<Vec<String>>>,
    paging: Paging,
    size: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Paging {
    Page(usize),
    /// Forward only, after this id.
    Forward(i64),
}

/// A page of records.
pub(crate) struct Page {
    pub(crate) records: Vec<Value>,
    pub(crate) link: Option<String>,
}

impl Wanted {
    /// Reads the parameters; `type_name` is what the records are, for names and kinds. `strict` refuses unknown names of `fields`.
    pub(crate) fn read(asked: &Asked, type_name: &str, forward_only: bool, strict: bool) -> Result<Self, Problem> {
        let parameter = |name: &str| asked.parameter(name).map(str::trim).filter(|text| !text.is_empty());
        Self::of(parameter, asked, type_name, forward_only, strict)
    }

    /// Of a search: the conditions are in the body, pages and fields in the query.
    pub(crate) fn of_search(body: &Map<String, Value>, asked: &Asked, type_name: &str, strict: bool) -> Result<Self, Problem> {
        const MEMBERS: [&str; 4] = ["conditions", "orderBy", "childConditions", "customFieldConditions"];
        if let Some(unknown) = body.keys().find(|name| !MEMBERS.iter().any(|member| member.eq_ignore_ascii_case(name))) {
            return Err(Problem::unknown_member(unknown, "FilterValues", unknown));
        }
        let member = |name: &str| body.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str());
        let parameter = |name: &str| {
            let given = if MEMBERS.contains(&name) { member(name) } else { asked.parameter(name) };
            given.map(str::trim).filter(|text| !text.is_empty())
        };
        Self::of(parameter, asked, type_name, true, strict)
    }

    fn of<'a>(parameter: impl Fn(&str) -> Option<&'a str>, asked: &Asked, type_name: &str, forward_only: bool, strict: bool) -> Result<Self, Problem> {
        let matcher = |name: &str| parameter(name).map(|text| condition(name, text, type_name)).transpose();
        let forward = forward_only && asked.header("pagination-type").is_some_and(|value| value.eq_ignore_ascii_case("forward-only"));
        let number = |name: &str| parameter(name).map(|text| text.parse::<i64>().map_err(|_| not_a_number(name, text))).transpose();
        let order = match parameter("orderBy") {
            Some(_) if forward => return Err(Problem::bad("ConnectWiseApi", "orderBy is not supported with forward-only pagination.")),
            Some(text) => order(text, type_name)?,
            None => Vec::new(),
        };
        let paging = if forward {
            Paging::Forward(number("pageId")?.unwrap_or(0))
        } else {
            Paging::Page(usize::try_from(number("page")?.unwrap_or(1)).unwrap_or(1).max(1))
        };
        let size = match number("pageSize")? {
            Some(size) if size > 0 => usize::try_from(size).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE),
            _ => PAGE,
        };
        Ok(Self {
            conditions: matcher("conditions")?,
            children: matcher("childConditions")?,
            custom_fields: matcher("customFieldConditions")?,
            order,
            fields: parameter("fields").map(|text| fields(text, type_name, strict)).transpose()?,
            paging,
            size,
        })
    }

    fn fits(&self, record: &Value) -> bool {
        self.conditions.as_ref().is_none_or(|matcher| matcher.matches(record))
            && self.children.as_ref().is_none_or(|matcher| matcher.matches_children(record))
            && self.custom_fields.as_ref().is_none_or(|matcher| matcher.matches_custom_fields(record))
    }

    /// How many records there are.
    pub(crate) fn count(&self, collection: Option<&Collection>, only: impl Fn(&Value) -> bool) -> usize {
        collection.map_or(0, |collection| collection.records.values().filter(|record| only(record) && self.fits(record)).count())
    }

    /// The page, with its links. `view` makes of a record what is shown of it.
    pub(crate) fn page(&self, collection: Option<&Collection>, only: impl Fn(&Value) -> bool, view: impl Fn(&Value) -> Value, link: &LinkBase<'_>) -> Page {
        let shown = |record: &Value| self.select(view(record));
        let empty = Collection::default();
        let records = &collection.unwrap_or(&empty).records;
        match self.paging {
            Paging::Forward(after) => {
                let mut fitting = records.range(after.saturating_add(1)..).filter(|(_, record)| only(record) && self.fits(record));
                let page: Vec<_> = fitting.by_ref().take(self.size).collect();
                let next = page.last().map(|(id, _)| **id).filter(|_| page.len() == self.size && fitting.next().is_some());
                let link = next.map(|id| link.to(&[("pageId", id.to_string())], "next")).unwrap_or_default();
                // facts: on the last page the header is there and empty.
                Page { records: page.into_iter().map(|(_, record)| shown(record)).collect(), link: Some(link) }
            }
            Paging::Page(page) => {
                let start = (page - 1).saturating_mul(self.size);
                let (picked, total): (Vec<&Value>, usize) = if self.order.is_empty() {
                    let mut picked = Vec::new();
                    let mut total = 0;
                    for record in records.values() {
                        if only(record) && self.fits(record) {
                            if total >= start && picked.len() < self.size {
                                picked.push(record);
                            }
                            total += 1;
                        }
                    }
                    (picked, total)
                } else {
                    let mut fitting: Vec<&Value> = records.values().filter(|record| only(record) && self.fits(record)).collect();
                    fitting.sort_by(|a, b| self.compare(a, b));
                    let total = fitting.len();
                    (fitting.into_iter().skip(start).take(self.size).collect(), total)
                };
                let last = total.div_ceil(self.size).max(1);
                let mut links = Vec::new();
                let mut add = |number: usize, relation: &str| links.push(link.to(&[("page", number.to_string())], relation));
                if page < last {
                    add(page + 1, "next");
                    add(last, "last");
                }
                if page > 1 && total > 0 {
                    add(1, "first");
                    add((page - 1).min(last), "prev");
                }
                Page { records: picked.into_iter().map(shown).collect(), link: (!links.is_empty()).then(|| links.join(", ")) }
            }
        }
    }

    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        for (steps, direction) in &self.order {
            let order = compare_values(find(a, steps), find(b, steps));
            let order = if *direction == Direction::Descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }

    /// The members that are asked for.
    pub(crate) fn select(&self, record: Value) -> Value {
        match &self.fields {
            None => record,
            Some(fields) => with_fields(fields, &record),
        }
    }
}

/// The fields a single record is asked for.
pub(crate) fn select(asked: &Asked, type_name: &str, strict: bool, record: Value) -> Result<Value, Problem> {
    let Some(text) = asked.parameter("fields").map(str::trim).filter(|text| !text.is_empty()) else { return Ok(record) };
    Ok(with_fields(&fields(text, type_name, strict)?, &record))
}

/// A record with the members at these paths alone.
fn with_fields(fields: &[Vec<String>], record: &Value) -> Value {
    let mut selected = Map::new();
    for steps in fields {
        copy(record, steps, &mut selected);
    }
    Value::Object(selected)
}

fn copy(from: &Value, steps: &[String], to: &mut Map<String, Value>) {
    let Some((first, rest)) = steps.split_first() else { return };
    let Some((name, value)) = from.as_object().and_then(|members| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(first))) else { return };
    if rest.is_empty() {
        to.insert(name.clone(), value.clone());
    } else if value.is_object()
        && let Value::Object(inner) = to.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))
    {
        copy(value, rest, inner);
    } else if let Value::Array(elements) = value {
        let selected = elements.iter().map(|element| {
            let mut inner = Map::new();
            copy(element, rest, &mut inner);
            Value::Object(inner)
        });
        to.insert(name.clone(), selected.collect());
    }
}

/// A value in a record by its path; members of `_info` as if they were the record's own.
fn find<'a>(record: &'a Value, steps: &[String]) -> Option<&'a Value> {
    let member = |value: &'a Value, name: &str| value.as_object()?.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let mut value = record;
    for (depth, step) in steps.iter().enumerate() {
        value = match member(value, step) {
            Some(value) => value,
            None if depth == 0 => member(record.get("_info")?, step)?,
            None => return None,
        };
    }
    Some(value)
}

/// Nothing first, numbers by value, text without letter case.
fn compare_values(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        None | Some(Value::Null) => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::Number(_)) => 2,
        Some(_) => 3,
    };
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        (Some(Value::String(a)), Some(Value::String(b))) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn not_a_number(name: &str, text: &str) -> Problem {
    Problem::bad("ConnectWiseApi", format!("The value '{text}' is not valid for {name}."))
}

/// A condition, read and held against the type.
fn condition(parameter: &str, text: &str, type_name: &str) -> Result<Matcher, Problem> {
    let condition: Condition = text.parse().map_err(|error: connectwise_psa::SyntaxError| Problem::bad("ApiFindCondition", error.message().to_owned()))?;
    if let Some(schema) = schemas::schema(type_name) {
        let checked = match parameter {
            "conditions" => schema.check_conditions(text),
            "childConditions" => schema.check_child_conditions(text),
            _ => schema.check_custom_field_conditions(text),
        };
        if let Err(error) = checked
            && let Some(finding) = error.findings().iter().find(|finding| finding.kind != FindingKind::UnknownValue)
        {
            return Err(Problem::bad("ApiFindCondition", refusal(finding.kind, &finding.field, &finding.message)));
        }
    }
    Ok(condition.matcher())
}

/// facts: unknown names are refused in these words.
fn unrecognized(field: &str) -> String {
    format!("{field} is not a recognized name.")
}

/// facts: for values of the wrong kind, the words go on with how to write each kind.
fn refusal(kind: FindingKind, field: &str, message: &str) -> String {
    match kind {
        FindingKind::UnknownField | FindingKind::List | FindingKind::NoList | FindingKind::CustomField | FindingKind::WholeRecord => unrecognized(field),
        _ => format!("{message}. String values are in quotes, numbers and true, false and null stand alone, dates are in brackets."),
    }
}

fn order(text: &str, type_name: &str) -> Result<Vec<(Vec<String>, Direction)>, Problem> {
    let order: OrderBy = text.parse().map_err(|error: connectwise_psa::SyntaxError| Problem::bad("ApiFindCondition", error.message().to_owned()))?;
    if let Some(schema) = schemas::schema(type_name)
        && let Err(error) = schema.check_order_by(text)
        && let Some(finding) = error.findings().first()
    {
        return Err(Problem::bad("ApiFindCondition", unrecognized(&finding.field)));
    }
    Ok(order.fields().iter().map(|(field, direction)| (field.steps().map(str::to_owned).collect(), *direction)).collect())
}

fn fields(text: &str, type_name: &str, strict: bool) -> Result<Vec<Vec<String>>, Problem> {
    // facts: a name that is not there is dropped by some servers and refused by others.
    if strict
        && let Some(schema) = schemas::schema(type_name)
        && let Err(error) = schema.check_fields(text)
        && let Some(finding) = error.findings().first()
    {
        return Err(Problem::bad("ApiFindCondition", unrecognized(&finding.field)));
    }
    let steps = |field: &str| field.trim().split('/').map(|step| step.trim().to_owned()).collect();
    match text.parse::<FieldSelection>() {
        Ok(selection) => Ok(selection.fields().iter().map(|field| field.steps().map(str::to_owned).collect()).collect()),
        Err(_) => Ok(text.split(',').map(steps).collect()),
    }
}

/// Where links lead: the public host, the path and the caller's other parameters, encoded anew.
pub(crate) struct LinkBase<'a> {
    pub(crate) url: String,
    pub(crate) asked: &'a Asked,
}

impl LinkBase<'_> {
    fn to(&self, place: &[(&str, String)], relation: &str) -> String {
        let mut query = String::new();
        for (name, value) in &self.asked.query {
            if !["page", "pageId"].iter().any(|own| own.eq_ignore_ascii_case(name)) {
                query.push_str(&format!("{name}={}&", encoded_by_server(value)));
            }
        }
        // facts: readers look for the number at the very end.
        for (name, value) in place {
            query.push_str(&format!("{name}={value}"));
        }
        // facts: a slash can stand before the question mark.
        format!("<{}/?{query}>; rel=\"{relation}\"", self.url.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method};
    use serde_json::json;

    use crate::store::Records;

    fn records() -> Records {
        let mut records = Records::default();
        for id in 1..=7 {
            let board = if id % 2 == 0 { "Help" } else { "Projects" };
            let ticket = json!({"summary": format!("Ticket {}", 8 - id), "board": {"id": id % 2, "name": board}, "closedFlag": id == 3, "_info": {"lastUpdated": format!("2026-01-0{id}T00:00:00Z")}});
            records.insert("service/tickets", ticket.as_object().cloned().unwrap(), None);
        }
        records
    }

    fn asked(query: &str, forward: bool) -> Asked {
        let mut headers = HeaderMap::new();
        if forward {
            headers.insert("pagination-type", HeaderValue::from_static("forward-only"));
        }
        Asked::new(Method::GET, &format!("/service/tickets?{query}"), headers, Bytes::new())
    }

    fn page(query: &str, forward: bool) -> Result<(Vec<i64>, Option<String>), Problem> {
        let (records, asked) = (records(), asked(query, forward));
        let wanted = Wanted::read(&asked, "Ticket", true, false)?;
        let link = LinkBase { url: "https://na/v2025_1//apis/3.0/service/tickets".into(), asked: &asked };
        let page = wanted.page(records.collection("service/tickets"), |_| true, Value::clone, &link);
        Ok((page.records.iter().map(|record| record["id"].as_i64().unwrap_or(0)).collect(), page.link))
    }

    #[test]
    fn both_kinds_of_pages_have_their_links() {
        let url = "https://na/v2025_1//apis/3.0/service/tickets/?";
        for (query, forward, ids, link) in [
            ("", false, &[1, 2, 3, 4, 5, 6, 7][..], None),
            ("pageSize=3", false, &[1, 2, 3], Some(format!("<{url}pageSize=3&page=2>; rel=\"next\", <{url}pageSize=3&page=3>; rel=\"last\""))),
            ("pageSize=3&page=3", false, &[7], Some(format!("<{url}pageSize=3&page=1>; rel=\"first\", <{url}pageSize=3&page=2>; rel=\"prev\""))),
            ("pageSize=3&page=9", false, &[], Some(format!("<{url}pageSize=3&page=1>; rel=\"first\", <{url}pageSize=3&page=3>; rel=\"prev\""))),
            ("pageSize=3", true, &[1, 2, 3], Some(format!("<{url}pageSize=3&pageId=3>; rel=\"next\""))),
            ("pageSize=3&pageId=4", true, &[5, 6, 7], Some(String::new())),
            ("pageSize=3&pageId=9", true, &[], Some(String::new())),
            (
                "conditions=closedFlag%3dfalse&pageSize=2&pageId=2",
                true,
                &[4, 5],
                Some(format!("<{url}conditions=closedFlag%3dfalse&pageSize=2&pageId=5>; rel=\"next\"")),
            ),
            ("orderBy=summary", false, &[7, 6, 5, 4, 3, 2, 1], None),
            (
                "orderBy=board/name,lastUpdated desc&pageSize=2",
                false,
                &[6, 4],
                Some(format!(
                    "<{url}orderBy=board%2fname%2clastUpdated+desc&pageSize=2&page=2>; rel=\"next\", <{url}orderBy=board%2fname%2clastUpdated+desc&pageSize=2&page=4>; rel=\"last\""
                )),
            ),
            ("pageSize=5000", false, &[1, 2, 3, 4, 5, 6, 7], None),
        ] {
            assert_eq!(page(query, forward).unwrap(), (ids.to_vec(), link), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for (query, forward, code, message) in [
            ("conditions=colour%3d1", false, "ApiFindCondition", "colour is not a recognized name."),
            ("conditions=customFields/value%3d1", false, "ApiFindCondition", "customFields/value is not a recognized name."),
            ("conditions=closedFlag%3d", false, "ApiFindCondition", ""),
            ("conditions=closedFlag%3d5", false, "ApiFindCondition", ""),
            ("orderBy=colour", false, "ApiFindCondition", "colour is not a recognized name."),
            ("orderBy=id", true, "ConnectWiseApi", "orderBy is not supported with forward-only pagination."),
            ("page=two", false, "ConnectWiseApi", "The value 'two' is not valid for page."),
        ] {
            let problem = page(query, forward).unwrap_err();
            assert_eq!((problem.status.as_u16(), problem.code), (400, code), "{query}");
            assert!(problem.message.starts_with(message), "{query}: {problem:?}");
        }
    }

    #[test]
    fn members_are_selected_at_any_depth() {
        let record = json!({"id": 1, "summary": "x", "board": {"id": 2, "name": "b", "_info": {}}, "items": [{"a": 1, "b": 2}], "_info": {"lastUpdated": "y"}});
        for (fields, expected) in [
            ("id,BOARD/name", json!({"id": 1, "board": {"name": "b"}})),
            ("colour,items/a", json!({"items": [{"a": 1}]})),
            ("_info/lastUpdated,board", json!({"_info": {"lastUpdated": "y"}, "board": {"id": 2, "name": "b", "_info": {}}})),
        ] {
            assert_eq!(select(&asked(&format!("fields={fields}"), false), "Ticket", false, record.clone()).unwrap(), expected);
        }
        assert!(select(&asked("fields=colour", false), "Ticket", true, record).is_err());
    }
}
