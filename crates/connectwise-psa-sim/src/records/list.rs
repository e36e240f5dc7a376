//! Lists: which records, in which order, with which members, and which page of them.

use std::cmp::Ordering;

use connectwise_psa::conditions::{Direction, FieldSelection, FieldValue, FindingKind, Matcher, OrderBy};
use connectwise_psa::{Condition, schemas};
use connectwise_psa_core::text::member_ignoring_case;
use serde_json::{Map, Value};

use crate::api_error::ApiError;
use crate::http::{Request, encoded_by_server};
use crate::store::Collection;
use crate::store::record::{Node, Path, RecordNode as _};

/// The page size when none is asked for, and the greatest. facts: larger ones are capped without an error.
const PAGE: usize = 25;
const LARGEST_PAGE: usize = 1000;

/// Where servers differ in how they read lists.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ListRules {
    /// Lists are read forward only when a request asks for it. facts: not every endpoint can.
    pub(crate) forward_only: bool,
    /// Unknown names of `fields` are refused. facts: some servers do, some drop them.
    pub(crate) reject_unknown_fields: bool,
}

/// What a list is asked for.
pub(crate) struct ListRequest {
    conditions: Option<Filter>,
    children: Option<Filter>,
    custom_fields: Option<Filter>,
    order: Vec<(Path, Direction)>,
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

/// A condition, with the paths that it looks at.
struct Filter {
    matcher: Matcher,
    paths: Vec<Path>,
}

impl Filter {
    fn fits(&self, record: Node<'_>) -> bool {
        self.matcher.matches_fields(|field| {
            self.paths.get(field).and_then(|path| record.find_field(path)).map_or(FieldValue::Null, Node::field_value)
        })
    }

    fn fits_children(&self, record: Node<'_>) -> bool {
        self.matcher.matches_children(&part(
            record,
            self.matcher.fields().iter().filter_map(|steps| steps.first()).map(String::as_str),
        ))
    }

    fn fits_custom_fields(&self, record: Node<'_>) -> bool {
        self.matcher.matches_custom_fields(&part(record, ["customFields"]))
    }
}

/// Some members of a record as JSON.
fn part<'s>(record: Node<'_>, names: impl IntoIterator<Item = &'s str>) -> Value {
    names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), record.find_field(&Path::new([name]))?.value())))
        .collect()
}

/// A page of records, and where it stands in the list.
pub(crate) struct Page<'a> {
    pub(crate) records: Vec<Node<'a>>,
    place: Position,
}

enum Position {
    /// This page, and the last one that has records; none of it has when there are none at all.
    Numbered { page: usize, last: usize, is_empty: bool },
    /// The id after which the next page begins.
    Forward { next: Option<i64> },
}

impl Page<'_> {
    /// The header that leads to other pages.
    pub(crate) fn link(&self, base: &LinkBase<'_>) -> Option<String> {
        match self.place {
            // facts: on the last page the header is there and empty.
            Position::Forward { next } => {
                Some(next.map(|id| base.to(&[("pageId", id.to_string())], "next")).unwrap_or_default())
            }
            Position::Numbered { page, last, is_empty } => {
                let mut links = Vec::new();
                let mut add =
                    |number: usize, relation: &str| links.push(base.to(&[("page", number.to_string())], relation));
                if page < last {
                    add(page + 1, "next");
                    add(last, "last");
                }
                if page > 1 && !is_empty {
                    add(1, "first");
                    add((page - 1).min(last), "prev");
                }
                (!links.is_empty()).then(|| links.join(", "))
            }
        }
    }
}

/// Which records of a list an endpoint shows, because of its own parameters; none shows all.
pub(crate) type RecordFilter<'a> = Option<Box<dyn Fn(Node<'_>) -> bool + 'a>>;

impl ListRequest {
    /// Reads the parameters; `type_name` is what the records are, for names and kinds. `rules` say where servers
    /// differ.
    pub(crate) fn from_query(request: &Request, type_name: &str, rules: ListRules) -> Result<Self, ApiError> {
        Self::from_parameters(|name| request.parameter(name), request, Names::OfType(type_name), rules)
    }

    /// Of rows made of the records: `column` tells which member one shows.
    pub(crate) fn from_rows<'a>(
        request: &'a Request,
        column: &'a dyn Fn(&str) -> Option<Path>,
    ) -> Result<Self, ApiError> {
        // facts: columns are chosen by a parameter of their own.
        Self::from_parameters(
            |name| request.parameter(name).filter(|_| name != "fields"),
            request,
            Names::OfColumns(column),
            ListRules::default(),
        )
    }

    /// Of a search: the conditions are in the body, pages and fields in the query.
    pub(crate) fn from_search(
        body: &Map<String, Value>,
        request: &Request,
        type_name: &str,
        rules: ListRules,
    ) -> Result<Self, ApiError> {
        const MEMBERS: [&str; 4] = ["conditions", "orderBy", "childConditions", "customFieldConditions"];
        if let Some(unknown) = body.keys().find(|name| !MEMBERS.iter().any(|member| member.eq_ignore_ascii_case(name)))
        {
            return Err(ApiError::unknown_member(unknown, "FilterValues", unknown));
        }
        let member = |name: &str| member_ignoring_case(body, name).and_then(Value::as_str);
        let parameter = |name: &str| if MEMBERS.contains(&name) { member(name) } else { request.parameter(name) };
        Self::from_parameters(parameter, request, Names::OfType(type_name), rules)
    }

    fn from_parameters<'a>(
        parameter: impl Fn(&str) -> Option<&'a str>,
        request: &Request,
        names: Names<'_>,
        rules: ListRules,
    ) -> Result<Self, ApiError> {
        let parameter = |name: &str| parameter(name).map(str::trim).filter(|text| !text.is_empty());
        let test = |name: &str| parameter(name).map(|text| names.condition(name, text)).transpose();
        let forward = rules.forward_only
            && request.header("pagination-type").is_some_and(|value| value.eq_ignore_ascii_case("forward-only"));
        let number = |name: &str| {
            parameter(name).map(|text| text.parse::<i64>().map_err(|_| not_a_number(name, text))).transpose()
        };
        let order = match parameter("orderBy") {
            Some(_) if forward => {
                return Err(ApiError::bad("ConnectWiseApi", "orderBy is not supported with forward-only pagination."));
            }
            Some(text) => names.order(text)?,
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
            conditions: test("conditions")?,
            children: test("childConditions")?,
            custom_fields: test("customFieldConditions")?,
            order,
            fields: parameter("fields").map(|text| names.fields(text, rules)).transpose()?,
            paging,
            size,
        })
    }

    fn fits(&self, record: Node<'_>, only: &RecordFilter<'_>) -> bool {
        only.as_ref().is_none_or(|only| only(record))
            && self.conditions.as_ref().is_none_or(|test| test.fits(record))
            && self.children.as_ref().is_none_or(|test| test.fits_children(record))
            && self.custom_fields.as_ref().is_none_or(|test| test.fits_custom_fields(record))
    }

    /// Whether every record fits.
    fn takes_all(&self, only: &RecordFilter<'_>) -> bool {
        only.is_none() && self.conditions.is_none() && self.children.is_none() && self.custom_fields.is_none()
    }

    /// How many records there are.
    pub(crate) fn count(&self, collection: Option<&Collection>, only: &RecordFilter<'_>) -> usize {
        let Some(collection) = collection else { return 0 };
        if self.takes_all(only) {
            return collection.records.len();
        }
        collection.records.iter().filter(|(_, record)| self.fits(*record, only)).count()
    }

    /// The page that is asked for.
    pub(crate) fn page<'a>(&self, collection: Option<&'a Collection>, only: &RecordFilter<'_>) -> Page<'a> {
        match self.paging {
            Paging::Forward(after) => {
                let mut fitting = collection
                    .into_iter()
                    .flat_map(|collection| collection.records.after(after))
                    .filter(|(_, record)| self.fits(*record, only));
                let page: Vec<_> = fitting.by_ref().take(self.size).collect();
                let next =
                    page.last().map(|(id, _)| *id).filter(|_| page.len() == self.size && fitting.next().is_some());
                Page {
                    records: page.into_iter().map(|(_, record)| record).collect(),
                    place: Position::Forward { next },
                }
            }
            Paging::Page(page) => {
                let start = (page - 1).saturating_mul(self.size);
                let all =
                    collection.into_iter().flat_map(|collection| collection.records.iter()).map(|(_, record)| record);
                let (records, total) = if !self.order.is_empty() {
                    let sorted = self.sorted(all.filter(|record| self.fits(*record, only)));
                    let total = sorted.len();
                    (sorted.into_iter().skip(start).take(self.size).collect(), total)
                } else if self.takes_all(only) {
                    (all.skip(start).take(self.size).collect(), self.count(collection, only))
                } else {
                    let (mut picked, mut total) = (Vec::new(), 0);
                    for record in all.filter(|record| self.fits(*record, only)) {
                        if total >= start && picked.len() < self.size {
                            picked.push(record);
                        }
                        total += 1;
                    }
                    (picked, total)
                };
                Page {
                    records,
                    place: Position::Numbered { page, last: total.div_ceil(self.size).max(1), is_empty: total == 0 },
                }
            }
        }
    }

    /// Records in the order that is asked for; those that are alike in the order they had.
    fn sorted<'a>(&self, records: impl Iterator<Item = Node<'a>>) -> Vec<Node<'a>> {
        let key =
            |record: Node<'a>| self.order.iter().map(|(path, _)| Key::new(record.find_field(path))).collect::<Vec<_>>();
        let mut sorted: Vec<_> = records.map(|record| (key(record), record)).collect();
        sorted.sort_by(|(a, _), (b, _)| {
            let each = a.iter().zip(b).zip(&self.order).map(|((a, b), (_, direction))| {
                let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
                if *direction == Direction::Descending { order.reverse() } else { order }
            });
            each.fold(Ordering::Equal, Ordering::then)
        });
        sorted.into_iter().map(|(_, record)| record).collect()
    }

    /// The members that are asked for.
    pub(crate) fn select(&self, record: Value) -> Value {
        match &self.fields {
            None => record,
            Some(fields) => with_fields(fields, &record),
        }
    }

    /// Writes a record with the members that are asked for, of those that the endpoint shows.
    pub(crate) fn write(&self, record: Node<'_>, is_shown: &dyn Fn(&str) -> bool, to: &mut Vec<u8>) {
        match &self.fields {
            None => record.write_members(to, is_shown),
            Some(fields) => {
                // Nothing else is made of the record.
                let is_wanted = |name: &str| {
                    is_shown(name)
                        && fields.iter().filter_map(|steps| steps.first()).any(|first| first.eq_ignore_ascii_case(name))
                };
                to.extend_from_slice(with_fields(fields, &record.part(&is_wanted)).to_string().as_bytes());
            }
        }
    }
}

/// A value to order records by: nothing first, numbers by value, text without letter case.
#[derive(Debug, PartialEq, PartialOrd)]
enum Key {
    Nothing,
    Boolean(bool),
    Number(f64),
    Text(String),
    Other,
}

impl Key {
    fn new(value: Option<Node<'_>>) -> Self {
        match value.map_or(FieldValue::Null, Node::field_value) {
            FieldValue::Null => Self::Nothing,
            FieldValue::Boolean(flag) => Self::Boolean(flag),
            FieldValue::Number(number) => Self::Number(number.as_f64().unwrap_or_default()),
            FieldValue::Text(text) => Self::Text(text.to_lowercase()),
            _ => Self::Other,
        }
    }
}

/// The fields a single record is asked for.
pub(crate) fn select(request: &Request, type_name: &str, rules: ListRules, record: Value) -> Result<Value, ApiError> {
    let Some(text) = request.parameter("fields").map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(record);
    };
    Ok(with_fields(&Names::OfType(type_name).fields(text, rules)?, &record))
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
    let Some((name, value)) =
        from.as_object().and_then(|members| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(first)))
    else {
        return;
    };
    if rest.is_empty() {
        to.insert(name.clone(), value.clone());
    } else if value.is_object()
        && let Value::Object(inner) = to.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))
    {
        copy(value, rest, inner);
    } else if let Value::Array(elements) = value
        && let Value::Array(selected) =
            to.entry(name.clone()).or_insert_with(|| elements.iter().map(|_| Value::Object(Map::new())).collect())
    {
        // Of each element, to what other fields have selected of it.
        for (element, inner) in elements.iter().zip(selected.iter_mut().filter_map(Value::as_object_mut)) {
            copy(element, rest, inner);
        }
    }
}

fn not_a_number(name: &str, text: &str) -> ApiError {
    ApiError::bad("ConnectWiseApi", format!("The value '{text}' is not valid for {name}."))
}

/// What names in conditions and orders stand for.
#[derive(Clone, Copy)]
enum Names<'a> {
    /// Members of a type of record; of an unknown type, any.
    OfType(&'a str),
    /// Columns, each of which shows a member.
    OfColumns(&'a dyn Fn(&str) -> Option<Path>),
}

impl Names<'_> {
    /// A condition, read and held against the names.
    fn condition(self, parameter: &str, text: &str) -> Result<Filter, ApiError> {
        let condition: Condition = text.parse().map_err(|error: connectwise_psa::conditions::SyntaxError| {
            ApiError::bad("ApiFindCondition", error.message().to_owned())
        })?;
        if let Some(schema) = self.schema() {
            let checked = match parameter {
                "conditions" => schema.check_conditions(text),
                "childConditions" => schema.check_child_conditions(text),
                _ => schema.check_custom_field_conditions(text),
            };
            if let Err(error) = checked
                && let Some(finding) = error.findings().iter().find(|finding| finding.kind != FindingKind::UnknownValue)
            {
                return Err(ApiError::bad("ApiFindCondition", refusal(finding.kind, &finding.field, &finding.message)));
            }
        }
        let matcher = condition.matcher();
        let paths = matcher.fields().iter().map(|steps| self.path(steps)).collect::<Result<_, _>>()?;
        Ok(Filter { matcher, paths })
    }

    fn order(self, text: &str) -> Result<Vec<(Path, Direction)>, ApiError> {
        let order: OrderBy = text.parse().map_err(|error: connectwise_psa::conditions::SyntaxError| {
            ApiError::bad("ApiFindCondition", error.message().to_owned())
        })?;
        if let Some(schema) = self.schema()
            && let Err(error) = schema.check_order_by(text)
            && let Some(finding) = error.findings().first()
        {
            return Err(ApiError::bad("ApiFindCondition", unrecognized(&finding.field)));
        }
        let path = |(field, direction): &(connectwise_psa::conditions::FieldPath, Direction)| {
            Ok((self.path(&field.steps().map(str::to_owned).collect::<Vec<_>>())?, *direction))
        };
        order.fields().iter().map(path).collect()
    }

    fn fields(self, text: &str, rules: ListRules) -> Result<Vec<Vec<String>>, ApiError> {
        // facts: a name that is not there is dropped by some servers and refused by others.
        if rules.reject_unknown_fields
            && let Some(schema) = self.schema()
            && let Err(error) = schema.check_fields(text)
            && let Some(finding) = error.findings().first()
        {
            return Err(ApiError::bad("ApiFindCondition", unrecognized(&finding.field)));
        }
        let steps = |field: &str| field.trim().split('/').map(|step| step.trim().to_owned()).collect();
        match text.parse::<FieldSelection>() {
            Ok(selection) => {
                Ok(selection.fields().iter().map(|field| field.steps().map(str::to_owned).collect()).collect())
            }
            Err(_) => Ok(text.split(',').map(steps).collect()),
        }
    }

    fn schema(self) -> Option<connectwise_psa::conditions::Schema<'static>> {
        match self {
            Self::OfType(name) => schemas::schema(name),
            Self::OfColumns(_) => None,
        }
    }

    /// Where the value is that a name stands for.
    fn path(self, steps: &[String]) -> Result<Path, ApiError> {
        match (self, steps) {
            (Self::OfType(_), steps) => Ok(Path::new(steps.iter().map(String::as_str))),
            (Self::OfColumns(column), [name]) => {
                column(name).ok_or_else(|| ApiError::bad("ApiFindCondition", unrecognized(name)))
            }
            (Self::OfColumns(_), steps) => Err(ApiError::bad("ApiFindCondition", unrecognized(&steps.join("/")))),
        }
    }
}

/// facts: unknown names are refused in these words.
fn unrecognized(field: &str) -> String {
    format!("{field} is not a recognized name.")
}

/// facts: for values of the wrong kind, the words go on with how to write each kind.
fn refusal(kind: FindingKind, field: &str, message: &str) -> String {
    match kind {
        FindingKind::UnknownField
        | FindingKind::List
        | FindingKind::NoList
        | FindingKind::CustomField
        | FindingKind::WholeRecord => unrecognized(field),
        _ => format!(
            "{message}. String values are in quotes, numbers and true, false and null stand alone, dates are in brackets."
        ),
    }
}

/// Where links lead: the public host, the path and the caller's other parameters, encoded anew.
pub(crate) struct LinkBase<'a> {
    pub(crate) url: String,
    pub(crate) request: &'a Request,
}

impl LinkBase<'_> {
    fn to(&self, place: &[(&str, String)], relation: &str) -> String {
        let mut query = String::new();
        for (name, value) in &self.request.query {
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

    fn request(query: &str, forward: bool) -> Request {
        let mut headers = HeaderMap::new();
        if forward {
            headers.insert("pagination-type", HeaderValue::from_static("forward-only"));
        }
        Request::new(Method::GET, &format!("/service/tickets?{query}"), headers, Bytes::new())
    }

    fn page(query: &str, forward: bool) -> Result<(Vec<i64>, Option<String>), ApiError> {
        let (records, request) = (records(), request(query, forward));
        let list_request =
            ListRequest::from_query(&request, "Ticket", ListRules { forward_only: true, ..ListRules::default() })?;
        let link = LinkBase { url: "https://na/v2025_1//apis/3.0/service/tickets".into(), request: &request };
        let page = list_request.page(records.collection("service/tickets"), &None);
        Ok((page.records.iter().filter_map(|record| record.integer("id")).collect(), page.link(&link)))
    }

    #[test]
    fn both_kinds_of_pages_have_their_links() {
        let url = "https://na/v2025_1//apis/3.0/service/tickets/?";
        for (query, forward, ids, link) in [
            ("", false, &[1, 2, 3, 4, 5, 6, 7][..], None),
            (
                "pageSize=3",
                false,
                &[1, 2, 3],
                Some(format!("<{url}pageSize=3&page=2>; rel=\"next\", <{url}pageSize=3&page=3>; rel=\"last\"")),
            ),
            (
                "pageSize=3&page=3",
                false,
                &[7],
                Some(format!("<{url}pageSize=3&page=1>; rel=\"first\", <{url}pageSize=3&page=2>; rel=\"prev\"")),
            ),
            (
                "pageSize=3&page=9",
                false,
                &[],
                Some(format!("<{url}pageSize=3&page=1>; rel=\"first\", <{url}pageSize=3&page=3>; rel=\"prev\"")),
            ),
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
            (
                "conditions=customFields/value%3d1",
                false,
                "ApiFindCondition",
                "customFields/value is not a recognized name.",
            ),
            ("conditions=closedFlag%3d", false, "ApiFindCondition", ""),
            ("conditions=closedFlag%3d5", false, "ApiFindCondition", ""),
            ("orderBy=colour", false, "ApiFindCondition", "colour is not a recognized name."),
            ("orderBy=id", true, "ConnectWiseApi", "orderBy is not supported with forward-only pagination."),
            ("page=two", false, "ConnectWiseApi", "The value 'two' is not valid for page."),
        ] {
            let error = page(query, forward).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code), (400, code), "{query}");
            assert!(error.message.starts_with(message), "{query}: {error:?}");
        }
    }

    #[test]
    fn members_are_selected_at_any_depth() {
        let record = json!({"id": 1, "summary": "x", "board": {"id": 2, "name": "b", "_info": {}}, "items": [{"a": 1, "b": 2}], "_info": {"lastUpdated": "y"}});
        for (fields, expected) in [
            ("id,BOARD/name", json!({"id": 1, "board": {"name": "b"}})),
            ("colour,items/a", json!({"items": [{"a": 1}]})),
            ("items/a,items/b", json!({"items": [{"a": 1, "b": 2}]})),
            (
                "_info/lastUpdated,board",
                json!({"_info": {"lastUpdated": "y"}, "board": {"id": 2, "name": "b", "_info": {}}}),
            ),
        ] {
            assert_eq!(
                select(&request(&format!("fields={fields}"), false), "Ticket", ListRules::default(), record.clone())
                    .unwrap(),
                expected
            );
        }
        assert!(
            select(
                &request("fields=colour", false),
                "Ticket",
                ListRules { reject_unknown_fields: true, ..ListRules::default() },
                record
            )
            .is_err()
        );
    }
}
