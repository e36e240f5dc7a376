//! Parses list requests (conditions, order, fields and paging), and finds and writes the records that they select.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connectwise_psa::conditions::{Direction, FieldSelection, FieldValue, Matcher, OrderBy};
use connectwise_psa::{Condition, schemas};
use connectwise_psa_core::text::field_ignoring_case;
use serde_json::{Map, Value};

use super::rejected_conditions;
use crate::api_error::ApiError;
use crate::http::{Request, encode_link_value};
use crate::store::found::Selection;
use crate::store::record::{Node, Packed, Path, RecordNode as _, Writer};
use crate::store::{Collection, Records};

const DEFAULT_PAGE_SIZE: usize = 25;
/// Observed on live servers: larger page sizes are capped without an error.
const MAX_PAGE_SIZE: usize = 1000;

/// The maximum number of comparisons in a condition, and of values in its `in` lists. The limits of live servers are not
/// known.
const MAX_COMPARISONS: usize = 1000;
const MAX_VALUES: usize = 10_000;

/// The maximum time for finding the records of a list request, or of all requests in a bundle.
pub(crate) const MAX_TIME: Duration = Duration::from_secs(10);

/// The choices between behaviours of live servers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ListRules {
    /// Whether forward-only paging is supported. Observed on live servers: not every endpoint supports it.
    pub(crate) forward_only: bool,
    /// Whether unknown names in `fields` are rejected. Observed on live servers: some reject them, some ignore them.
    pub(crate) reject_unknown_fields: bool,
}

/// A parsed list request.
pub(crate) struct ListRequest {
    conditions: Option<CompiledCondition>,
    child_conditions: Option<CompiledCondition>,
    custom_field_conditions: Option<CompiledCondition>,
    order: Vec<(Path, Direction)>,
    /// The conditions and the order as texts. `None` if their names are not those of fields.
    selection: Option<Selection>,
    fields: Option<Vec<Vec<String>>>,
    paging: Paging,
    size: usize,
    time_limit: TimeLimit,
}

/// The end of the time for a request.
struct TimeLimit {
    end: Instant,
    is_exceeded: Cell<bool>,
}

impl TimeLimit {
    fn until(end: Instant) -> Self {
        Self { end, is_exceeded: Cell::new(false) }
    }

    /// Returns whether the time has passed. From then on, [`Self::check`] fails.
    fn has_passed(&self) -> bool {
        if !self.is_exceeded.get() && Instant::now() >= self.end {
            self.is_exceeded.set(true);
        }
        self.is_exceeded.get()
    }

    /// Returns a result that was found within the time, or the error of a database that takes too long.
    fn check<T>(&self, found: T) -> Result<T, ApiError> {
        if self.is_exceeded.get() { Err(ApiError::timeout()) } else { Ok(found) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Paging {
    Page(usize),
    /// Forward-only paging: records with ids greater than this.
    Forward(i64),
}

/// A condition with the paths of its fields.
struct CompiledCondition {
    matcher: Matcher,
    paths: Vec<Path>,
}

impl CompiledCondition {
    fn matches(&self, record: Node<'_>) -> bool {
        self.matcher.matches_fields(|field| {
            self.paths.get(field).and_then(|path| record.find_field(path)).map_or(FieldValue::Null, Node::field_value)
        })
    }

    fn matches_children(&self, record: Node<'_>) -> bool {
        self.matcher.matches_children(&top_level_fields(
            record,
            self.matcher.fields().iter().filter_map(|steps| steps.first()).map(String::as_str),
        ))
    }

    fn matches_custom_fields(&self, record: Node<'_>) -> bool {
        self.matcher.matches_custom_fields(&top_level_fields(record, ["customFields"]))
    }
}

/// Returns top-level fields of a record as JSON.
fn top_level_fields<'s>(record: Node<'_>, names: impl IntoIterator<Item = &'s str>) -> Value {
    names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), record.find_field(&Path::new([name]))?.value())))
        .collect()
}

/// A page of records, and its position in the list.
pub(crate) struct Page<'a> {
    pub(crate) records: Vec<Node<'a>>,
    position: Position,
}

enum Position {
    /// The number of this page and of the last page; `is_empty` if the whole list is empty.
    Numbered { page: usize, last: usize, is_empty: bool },
    /// The last id of this page; `None` on the last page.
    Forward { next: Option<i64> },
}

impl Page<'_> {
    /// Returns the value of the `Link` header. Observed on live servers: the links name the requested host and path, and
    /// `last` is the final one except on the last page.
    pub(crate) fn link(&self, request: &Request) -> Option<String> {
        match self.position {
            // Observed on live servers: on the last page the header is present and empty.
            Position::Forward { next } => {
                Some(next.map(|id| link_to(request, "pageId", &id.to_string(), "next")).unwrap_or_default())
            }
            Position::Numbered { page, last, is_empty } => {
                let mut links = Vec::new();
                let mut add =
                    |number: usize, relation: &str| links.push(link_to(request, "page", &number.to_string(), relation));
                if page > 1 && !is_empty {
                    add(1, "first");
                    add((page - 1).min(last), "prev");
                }
                if page < last {
                    add(page + 1, "next");
                    add(last, "last");
                }
                (!links.is_empty()).then(|| links.join(", "))
            }
        }
    }
}

/// The predicate for the records of a list that an endpoint shows; `None` shows all.
pub(crate) type RecordPredicate<'a> = Option<Box<dyn Fn(Node<'_>) -> bool + 'a>>;

impl ListRequest {
    /// Parses the query parameters. `type_name` is the type of the records, which determines the valid names and
    /// values.
    pub(crate) fn from_query(request: &Request, type_name: &str, rules: ListRules) -> Result<Self, ApiError> {
        Self::from_parameters(|name| request.parameter(name), request, ValidNames::FieldsOf(type_name), rules)
    }

    /// Parses the query parameters of a report. `column` returns the field that a column shows.
    pub(crate) fn from_report_query<'a>(
        request: &'a Request,
        column: &'a dyn Fn(&str) -> Option<Path>,
    ) -> Result<Self, ApiError> {
        // Observed on live servers: reports select columns with their own parameter, not with `fields`.
        Self::from_parameters(
            |name| request.parameter(name).filter(|_| name != "fields"),
            request,
            ValidNames::Columns(column),
            ListRules::default(),
        )
    }

    /// Parses a search: conditions and order are in the body, paging and `fields` in the query.
    pub(crate) fn from_search(
        body: &Map<String, Value>,
        request: &Request,
        type_name: &str,
        rules: ListRules,
    ) -> Result<Self, ApiError> {
        const BODY_FIELDS: [&str; 4] = ["conditions", "orderBy", "childConditions", "customFieldConditions"];
        if let Some(unknown) =
            body.keys().find(|name| !BODY_FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name)))
        {
            return Err(ApiError::unknown_field(unknown, "FilterValues"));
        }
        let field = |name: &str| field_ignoring_case(body, name).and_then(Value::as_str);
        let parameter = |name: &str| if BODY_FIELDS.contains(&name) { field(name) } else { request.parameter(name) };
        Self::from_parameters(parameter, request, ValidNames::FieldsOf(type_name), rules)
    }

    fn from_parameters<'a>(
        parameter: impl Fn(&str) -> Option<&'a str>,
        request: &Request,
        names: ValidNames<'_>,
        rules: ListRules,
    ) -> Result<Self, ApiError> {
        let parameter = |name: &str| parameter(name).map(str::trim).filter(|text| !text.is_empty());
        let condition = |name: &str| parameter(name).map(|text| names.condition(name, text)).transpose();
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
            Some(size) if size > 0 => usize::try_from(size).unwrap_or(MAX_PAGE_SIZE).min(MAX_PAGE_SIZE),
            _ => DEFAULT_PAGE_SIZE,
        };
        let text = |name: &str| parameter(name).unwrap_or_default().to_owned();
        let selection = matches!(names, ValidNames::FieldsOf(_)).then(|| Selection {
            conditions: text("conditions"),
            child_conditions: text("childConditions"),
            custom_field_conditions: text("customFieldConditions"),
            order: text("orderBy"),
        });
        Ok(Self {
            conditions: condition("conditions")?,
            child_conditions: condition("childConditions")?,
            custom_field_conditions: condition("customFieldConditions")?,
            order,
            selection,
            fields: parameter("fields").map(|text| names.fields(text, rules)).transpose()?,
            paging,
            size,
            time_limit: TimeLimit::until(request.time_end.unwrap_or_else(|| Instant::now() + MAX_TIME)),
        })
    }

    fn matches(&self, record: Node<'_>, predicate: &RecordPredicate<'_>) -> bool {
        !self.time_limit.has_passed()
            && predicate.as_ref().is_none_or(|predicate| predicate(record))
            && self.conditions.as_ref().is_none_or(|condition| condition.matches(record))
            && self.child_conditions.as_ref().is_none_or(|condition| condition.matches_children(record))
            && self.custom_field_conditions.as_ref().is_none_or(|condition| condition.matches_custom_fields(record))
    }

    /// Returns whether there are no conditions and no predicate, so that every record matches.
    fn matches_all(&self, predicate: &RecordPredicate<'_>) -> bool {
        predicate.is_none()
            && self.conditions.is_none()
            && self.child_conditions.is_none()
            && self.custom_field_conditions.is_none()
    }

    /// Returns the number of matching records in a list.
    pub(crate) fn count(
        &self,
        records: &Records,
        list: &str,
        predicate: &RecordPredicate<'_>,
    ) -> Result<usize, ApiError> {
        let Some(collection) = records.collection(list) else { return Ok(0) };
        if self.matches_all(predicate) {
            return Ok(collection.records.len());
        }
        let unordered = self.selection.clone().map(|selection| Selection { order: String::new(), ..selection });
        Ok(self.found(records, collection, predicate, unordered.as_ref(), &[])?.len())
    }

    /// Returns the requested page of a list.
    pub(crate) fn page<'a>(
        &self,
        records: &'a Records,
        list: &str,
        predicate: &RecordPredicate<'_>,
    ) -> Result<Page<'a>, ApiError> {
        let collection = records.collection(list);
        match self.paging {
            Paging::Forward(after) => self.time_limit.check(self.forward_page(collection, predicate, after)),
            Paging::Page(page) => self.numbered_page(records, collection, predicate, page),
        }
    }

    fn forward_page<'a>(
        &self,
        collection: Option<&'a Collection>,
        predicate: &RecordPredicate<'_>,
        after: i64,
    ) -> Page<'a> {
        let mut matching = collection
            .into_iter()
            .flat_map(|collection| collection.records.after(after))
            .filter(|(_, record)| self.matches(*record, predicate));
        let page: Vec<_> = matching.by_ref().take(self.size).collect();
        let next = page.last().map(|(id, _)| *id).filter(|_| page.len() == self.size && matching.next().is_some());
        Page { records: page.into_iter().map(|(_, record)| record).collect(), position: Position::Forward { next } }
    }

    fn numbered_page<'a>(
        &self,
        records: &'a Records,
        collection: Option<&'a Collection>,
        predicate: &RecordPredicate<'_>,
        page: usize,
    ) -> Result<Page<'a>, ApiError> {
        let start = (page - 1).saturating_mul(self.size);
        let (records, total) = match collection {
            None => (Vec::new(), 0),
            Some(collection) if self.order.is_empty() && self.matches_all(predicate) => {
                (collection.records.range(start, self.size), collection.records.len())
            }
            Some(collection) => {
                let ids = self.found(records, collection, predicate, self.selection.as_ref(), &self.order)?;
                let page = ids.iter().skip(start).take(self.size);
                (page.filter_map(|id| collection.records.get(*id)).collect(), ids.len())
            }
        };
        let position = Position::Numbered { page, last: total.div_ceil(self.size).max(1), is_empty: total == 0 };
        Ok(Page { records, position })
    }

    /// Returns the ids of the matching records of a list, in the given order. `selection` has the conditions and the order
    /// as texts.
    fn found(
        &self,
        records: &Records,
        collection: &Collection,
        predicate: &RecordPredicate<'_>,
        selection: Option<&Selection>,
        order: &[(Path, Direction)],
    ) -> Result<Arc<[i64]>, ApiError> {
        let find = || {
            let matching = collection.records.iter().filter(|(_, record)| self.matches(*record, predicate));
            let ids = if order.is_empty() { matching.map(|(id, _)| id).collect() } else { sorted(matching, order) };
            self.time_limit.check(ids)
        };
        self.time_limit.has_passed();
        self.time_limit.check(())?;
        match selection {
            // The texts do not say which records the endpoint shows.
            Some(selection) if predicate.is_none() => records.find(collection, selection, find),
            _ => Ok(find()?.into()),
        }
    }

    /// Returns the requested fields of a record.
    pub(crate) fn select(&self, record: Value) -> Value {
        match &self.fields {
            None => record,
            Some(fields) => with_fields(fields, &record),
        }
    }

    /// Appends the JSON of a record with the requested fields, as far as the endpoint shows them.
    pub(crate) fn write(&self, record: Node<'_>, is_shown: &impl Fn(&str) -> bool, to: &mut Writer<'_>) {
        match &self.fields {
            None => to.write_fields(record, is_shown),
            Some(fields) => {
                // Unpacks only the requested top-level fields.
                let is_wanted = |name: &str| {
                    is_shown(name)
                        && fields.iter().filter_map(|steps| steps.first()).any(|first| first.eq_ignore_ascii_case(name))
                };
                to.write(Packed::from(&with_fields(fields, &record.part(&is_wanted))).node());
            }
        }
    }
}

/// Returns the ids of records in an order. The sort is stable.
fn sorted<'a>(records: impl Iterator<Item = (i64, Node<'a>)>, order: &[(Path, Direction)]) -> Vec<i64> {
    let key =
        |record: Node<'a>| order.iter().map(|(path, _)| SortKey::new(record.find_field(path))).collect::<Vec<_>>();
    let mut sorted: Vec<_> = records.map(|(id, record)| (key(record), id)).collect();
    sorted.sort_by(|(a, _), (b, _)| {
        let each = a.iter().zip(b).zip(order).map(|((a, b), (_, direction))| {
            let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
            if *direction == Direction::Descending { order.reverse() } else { order }
        });
        each.fold(Ordering::Equal, Ordering::then)
    });
    sorted.into_iter().map(|(_, id)| id).collect()
}

/// A value to sort records by: null first, then booleans, numbers, and strings, which are compared ignoring case.
#[derive(Debug, PartialEq, PartialOrd)]
enum SortKey {
    Null,
    Boolean(bool),
    Number(f64),
    String(String),
    Other,
}

impl SortKey {
    fn new(value: Option<Node<'_>>) -> Self {
        match value.map_or(FieldValue::Null, Node::field_value) {
            FieldValue::Null => Self::Null,
            FieldValue::Boolean(value) => Self::Boolean(value),
            FieldValue::Number(number) => Self::Number(number.as_f64().unwrap_or_default()),
            FieldValue::Text(text) => Self::String(text.to_lowercase()),
            _ => Self::Other,
        }
    }
}

/// Returns the requested fields of a single record.
pub(crate) fn select(request: &Request, type_name: &str, rules: ListRules, record: Value) -> Result<Value, ApiError> {
    let Some(text) = request.parameter("fields").map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(record);
    };
    Ok(with_fields(&ValidNames::FieldsOf(type_name).fields(text, rules)?, &record))
}

/// Returns a record with only the fields at these paths.
fn with_fields(fields: &[Vec<String>], record: &Value) -> Value {
    let mut selected = Map::new();
    for steps in fields {
        copy_path(record, steps, &mut selected);
    }
    Value::Object(selected)
}

fn copy_path(from: &Value, steps: &[String], to: &mut Map<String, Value>) {
    let Some((first, rest)) = steps.split_first() else { return };
    let Some((name, value)) =
        from.as_object().and_then(|fields| fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(first)))
    else {
        return;
    };
    if rest.is_empty() {
        to.insert(name.clone(), value.clone());
    } else if value.is_object()
        && let Value::Object(inner) = to.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))
    {
        copy_path(value, rest, inner);
    } else if let Value::Array(elements) = value
        && let Value::Array(selected) =
            to.entry(name.clone()).or_insert_with(|| elements.iter().map(|_| Value::Object(Map::new())).collect())
    {
        // Copies from each element, and keeps what other paths copied before.
        for (element, inner) in elements.iter().zip(selected.iter_mut().filter_map(Value::as_object_mut)) {
            copy_path(element, rest, inner);
        }
    }
}

fn not_a_number(name: &str, text: &str) -> ApiError {
    ApiError::bad("ConnectWiseApi", format!("The value '{text}' is not valid for {name}."))
}

/// The valid names in conditions, orders and `fields`.
#[derive(Clone, Copy)]
enum ValidNames<'a> {
    /// The fields of a record type; any name for an unknown type.
    FieldsOf(&'a str),
    /// The columns of a report, each of which shows a field.
    Columns(&'a dyn Fn(&str) -> Option<Path>),
}

impl<'a> ValidNames<'a> {
    /// Parses and checks a condition.
    fn condition(self, parameter: &str, text: &str) -> Result<CompiledCondition, ApiError> {
        let condition: Condition = text.parse().map_err(|error| rejected_conditions::syntax_error(&error))?;
        limit(&condition)?;
        if let Some(schema) = self.schema() {
            let checked = match parameter {
                "conditions" => schema.check_conditions(text),
                "childConditions" => schema.check_child_conditions(text),
                _ => schema.check_custom_field_conditions(text),
            };
            let findings = checked.err();
            let mut findings = findings.iter().flat_map(|error| error.findings());
            let rejected = findings.find_map(|finding| rejected_conditions::error(finding, text, self.record_type()));
            if let Some(error) = rejected {
                return Err(error);
            }
        }
        let matcher = condition.matcher();
        let paths = matcher.fields().iter().map(|steps| self.path(steps)).collect::<Result<_, _>>()?;
        Ok(CompiledCondition { matcher, paths })
    }

    fn order(self, text: &str) -> Result<Vec<(Path, Direction)>, ApiError> {
        let order: OrderBy = text.parse().map_err(|error| rejected_conditions::syntax_error(&error))?;
        if let Some(schema) = self.schema()
            && let Err(error) = schema.check_order_by(text)
            && let Some(finding) = error.findings().first()
        {
            return Err(rejected_conditions::unrecognized_name(&finding.field));
        }
        let path = |(field, direction): &(connectwise_psa::conditions::FieldPath, Direction)| {
            Ok((self.path(&field.steps().map(str::to_owned).collect::<Vec<_>>())?, *direction))
        };
        order.fields().iter().map(path).collect()
    }

    fn fields(self, text: &str, rules: ListRules) -> Result<Vec<Vec<String>>, ApiError> {
        // Observed on live servers: some reject unknown names, some ignore them.
        if rules.reject_unknown_fields
            && let Some(schema) = self.schema()
            && let Err(error) = schema.check_fields(text)
            && let Some(finding) = error.findings().first()
        {
            return Err(rejected_conditions::unrecognized_name(&finding.field));
        }
        let steps = |field: &str| field.trim().split('/').map(|step| step.trim().to_owned()).collect();
        match text.parse::<FieldSelection>() {
            Ok(selection) => {
                Ok(selection.fields().iter().map(|field| field.steps().map(str::to_owned).collect()).collect())
            }
            // Contains something that is not a field path. Such an element selects nothing.
            Err(_) => Ok(text.split(',').map(steps).collect()),
        }
    }

    /// Returns the type of the records; an empty text for a report.
    fn record_type(self) -> &'a str {
        match self {
            Self::FieldsOf(name) => name,
            Self::Columns(_) => "",
        }
    }

    fn schema(self) -> Option<connectwise_psa::conditions::Schema<'static>> {
        match self {
            Self::FieldsOf(name) => schemas::schema(name),
            Self::Columns(_) => None,
        }
    }

    /// Returns the path of the value that a name refers to.
    fn path(self, steps: &[String]) -> Result<Path, ApiError> {
        match (self, steps) {
            (Self::FieldsOf(_), steps) => Ok(Path::new(steps.iter().map(String::as_str))),
            (Self::Columns(column), [name]) => column(name).ok_or_else(|| rejected_conditions::unrecognized_name(name)),
            (Self::Columns(_), steps) => Err(rejected_conditions::unrecognized_name(&steps.join("/"))),
        }
    }
}

/// Checks the limits of a condition.
fn limit(condition: &Condition) -> Result<(), ApiError> {
    let comparisons = condition.comparisons();
    let values: usize = comparisons.iter().map(|comparison| comparison.values().len()).sum();
    for (count, maximum, what) in [(comparisons.len(), MAX_COMPARISONS, "comparisons"), (values, MAX_VALUES, "values")]
    {
        if count > maximum {
            let message = format!("The condition has {count} {what}, but at most {maximum} are allowed.");
            return Err(ApiError::bad("ApiFindCondition", message));
        }
    }
    Ok(())
}

/// Returns a link to another page of the requested list: the requested URL, with its query parameters encoded again.
fn link_to(request: &Request, parameter: &str, value: &str, relation: &str) -> String {
    let mut query = String::new();
    for (name, value) in &request.query {
        if !["page", "pageId"].iter().any(|paging| paging.eq_ignore_ascii_case(name)) {
            query.push_str(&format!("{name}={}&", encode_link_value(value)));
        }
    }
    // Observed on live servers: the page is the last parameter, and clients look for it there. There may be a slash
    // before the question mark.
    let path = request.path.trim_end_matches('/');
    format!("<{}{path}/?{query}{parameter}={value}>; rel=\"{relation}\"", request.origin)
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
        let path = format!("/v4_6_release/apis/3.0/service/tickets?{query}");
        let mut request = Request::new(Method::GET, &path, headers, Bytes::new());
        request.origin = "http://h".to_owned();
        request
    }

    fn page(query: &str, forward: bool) -> Result<(Vec<i64>, Option<String>), ApiError> {
        let (records, request) = (records(), request(query, forward));
        let list_request =
            ListRequest::from_query(&request, "Ticket", ListRules { forward_only: true, ..ListRules::default() })?;
        let page = list_request.page(&records, "service/tickets", &None)?;
        Ok((page.records.iter().filter_map(|record| record.integer("id")).collect(), page.link(&request)))
    }

    #[test]
    fn pages_contain_the_requested_records_and_links() {
        let url = "http://h/v4_6_release/apis/3.0/service/tickets/?";
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
                "pageSize=3&page=2",
                false,
                &[4, 5, 6],
                Some(format!(
                    "<{url}pageSize=3&page=1>; rel=\"first\", <{url}pageSize=3&page=1>; rel=\"prev\", <{url}pageSize=3&page=3>; rel=\"next\", <{url}pageSize=3&page=3>; rel=\"last\""
                )),
            ),
            // A page after the last one is empty, and the previous page is the last one.
            (
                "pageSize=3&page=9",
                false,
                &[],
                Some(format!("<{url}pageSize=3&page=1>; rel=\"first\", <{url}pageSize=3&page=3>; rel=\"prev\"")),
            ),
            ("pageSize=3", true, &[1, 2, 3], Some(format!("<{url}pageSize=3&pageId=3>; rel=\"next\""))),
            // The last page of forward-only paging has an empty link.
            ("pageSize=3&pageId=4", true, &[5, 6, 7], Some(String::new())),
            ("pageSize=3&pageId=9", true, &[], Some(String::new())),
            (
                "conditions=closedFlag%3dfalse&pageSize=2&pageId=2",
                true,
                &[4, 5],
                Some(format!("<{url}conditions=closedFlag%3dfalse&pageSize=2&pageId=5>; rel=\"next\"")),
            ),
            // The summaries descend with the ids.
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
    fn invalid_parameters_are_rejected() {
        for (query, forward, code, message) in [
            ("conditions=colour%3d1", false, "ApiFindCondition", "colour is not a recognized name."),
            (
                "conditions=customFields/value%3d1",
                false,
                "ApiFindCondition",
                "customFields/value is not a recognized name.",
            ),
            ("conditions=closedFlag%3d", false, "ApiFindCondition", "Condition Syntax Error (Line 1, Character 12) - "),
            ("conditions=closedFlag%3d5", false, "ApiFindCondition", "Expected a boolean value, not a numeric. "),
            ("orderBy=colour", false, "ApiFindCondition", "colour is not a recognized name."),
            ("orderBy=id", true, "ConnectWiseApi", "orderBy is not supported with forward-only pagination."),
            ("page=two", false, "ConnectWiseApi", "The value 'two' is not valid for page."),
            (
                &format!("conditions={}", ["id%3d1"; MAX_COMPARISONS + 1].join("%20or%20")),
                false,
                "ApiFindCondition",
                "The condition has 1001 comparisons, but at most 1000 are allowed.",
            ),
            (
                &format!("conditions=id%20in%20({})", ["1"; MAX_VALUES + 1].join(",")),
                false,
                "ApiFindCondition",
                "The condition has 10001 values, but at most 10000 are allowed.",
            ),
        ] {
            let error = page(query, forward).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code), (400, code), "{query}");
            assert!(error.message.starts_with(message), "{query}: {error:?}");
        }
    }

    #[test]
    fn later_pages_and_counts_see_changes() {
        let mut records = records();
        let list = "service/tickets";
        let ids = |records: &Records, query: &str| -> (Vec<i64>, usize) {
            let request = request(query, false);
            let list_request = ListRequest::from_query(&request, "Ticket", ListRules::default()).unwrap();
            let page = list_request.page(records, list, &None).unwrap();
            let ids = page.records.iter().filter_map(|record| record.integer("id")).collect();
            (ids, list_request.count(records, list, &None).unwrap())
        };
        let (sorted, open) = ("orderBy=summary&pageSize=3", "conditions=closedFlag=false&pageSize=3");
        // Twice, because the second request uses what the first one has found.
        for _ in 0..2 {
            assert_eq!(ids(&records, sorted), (vec![7, 6, 5], 7));
            assert_eq!(ids(&records, &format!("{sorted}&page=2")), (vec![4, 3, 2], 7));
            assert_eq!(ids(&records, open), (vec![1, 2, 4], 6));
            assert_eq!(ids(&records, &format!("{open}&orderBy=id desc")), (vec![7, 6, 5], 6));
        }
        records.put(list, 2, json!({"id": 2, "summary": "A", "closedFlag": true}).as_object().cloned().unwrap());
        assert_eq!(ids(&records, sorted), (vec![2, 7, 6], 7));
        assert_eq!(ids(&records, open), (vec![1, 4, 5], 5));
        records.remove(list, 7);
        assert_eq!(ids(&records, sorted), (vec![2, 6, 5], 6));
        assert_eq!(ids(&records, open), (vec![1, 4, 5], 4));
    }

    #[test]
    fn a_request_that_takes_too_long_is_rejected() {
        let (records, request) = (records(), request("conditions=id>0&orderBy=summary", false));
        let list = "service/tickets";
        let mut list_request = ListRequest::from_query(&request, "Ticket", ListRules::default()).unwrap();
        assert!(list_request.page(&records, list, &None).is_ok() && list_request.count(&records, list, &None) == Ok(7));
        list_request.time_limit = TimeLimit::until(Instant::now());
        let error = list_request.page(&records, list, &None).err().unwrap();
        assert_eq!((error.status.as_u16(), error.message.as_str()), (500, "A timeout has occured. Please try again."));
        assert_eq!(list_request.count(&records, list, &None), Err(error));
    }

    #[test]
    fn fields_are_selected_at_any_depth() {
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
