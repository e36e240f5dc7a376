//! Bundles: many reads in one request.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use connectwise_psa_bindings::catalogue;
use connectwise_psa_bindings::types::{
    ApiRequest, BundleRequest, BundleRequestsCollection, ErrorResponseMessage, FilterValues, PageValues,
};
use connectwise_psa_core::calls::RequestBuilder;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{Object, Property};
use connectwise_psa_core::query::ListQuery;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::bulk::handle::Bulk;
use crate::bulk::item_error::ItemError;
use crate::bulk::outcome::RawObject;
use crate::client::Psa;

/// How many requests a bundle has at most. A larger bundle is sent in several requests, one after the other.
const MAX_REQUESTS: usize = 50;

/// The page size of lists that set none: the largest one.
const PAGE_SIZE: i32 = 1000;

impl Bulk {
    /// Returns an empty bundle: many reads in one request.
    pub fn bundle(&self) -> Bundle {
        Bundle {
            psa: self.psa.clone(),
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            reads: Vec::new(),
            counts: Vec::new(),
            problem: None,
        }
    }
}

/// Many reads in one request. Add the reads, keep their keys, [`send`](Self::send) the bundle, and take the results by
/// their keys.
///
/// The type of the records names the resource: `Ticket`, `Contact`, `Company`.
///
/// ```no_run
/// # #[cfg(all(feature = "service", feature = "company"))]
/// # async fn run(psa: connectwise_psa::Psa) -> Result<(), Box<dyn std::error::Error>> {
/// use connectwise_psa::types::{Contact, Ticket};
///
/// let mut bundle = psa.bulk().bundle();
/// let ticket = bundle.get::<Ticket>(42);
/// let of_company = psa.company().list_contacts().filter(|contact| contact.company().id().eq(19));
/// let contacts = bundle.list::<Contact>(of_company.to_query());
/// let mut results = bundle.send().await?;
/// println!("{:?}", results.take(ticket)?.summary);
/// println!("{} contacts", results.take(contacts)?.records.len());
/// # Ok(())
/// # }
/// ```
#[must_use = "a bundle is not sent until `send` is awaited"]
pub struct Bundle {
    psa: Psa,
    /// Tells bundles of this process apart.
    number: u64,
    reads: Vec<Read>,
    counts: Vec<Read>,
    problem: Option<Error>,
}

/// The number of the next bundle.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

/// The value of a result, whose type the key of its read has.
type AnyValue = Box<dyn Any + Send>;

/// Reads the value of a successful result. The error is a clause that continues `the response `.
type ReadResult = fn(&Read, &RawObject) -> Result<AnyValue, String>;

/// A request of a bundle, and how its result is read.
struct Read {
    resource: &'static str,
    request: ApiRequest,
    read: ReadResult,
}

/// The key of a read in a bundle: [`BundleResults::take`] exchanges it for the result, of the type `T`.
pub struct BundleKey<T> {
    bundle: u64,
    slot: Slot,
    result: PhantomData<fn() -> T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Read(usize),
    Count(usize),
}

/// The records of a list in a bundle: one page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BundlePage<T> {
    /// The records.
    pub records: Vec<T>,
    /// Whether the page is full, so that there may be more records. Then read the list itself.
    pub is_full: bool,
}

impl Bundle {
    /// Adds the read of a record by its id.
    pub fn get<T: Object + DeserializeOwned + Send + 'static>(&mut self, id: i32) -> BundleKey<T> {
        self.read(ApiRequest { id: Some(id), ..ApiRequest::default() }, read_one::<T>, T::NAME)
    }

    /// Adds the read of a record below another one, such as a note of a ticket.
    pub fn get_below<T: Object + DeserializeOwned + Send + 'static>(
        &mut self,
        parent_id: i32,
        id: i32,
    ) -> BundleKey<T> {
        let request = ApiRequest { id: Some(id), parent_id: Some(parent_id), ..ApiRequest::default() };
        self.read(request, read_one::<T>, T::NAME)
    }

    /// Adds one page of a list. [`List::to_query`](crate::List::to_query) returns the query of a list with typed
    /// filters. A page has 1,000 records, unless the query sets another number.
    pub fn list<T: Object + DeserializeOwned + Send + 'static>(
        &mut self,
        query: ListQuery,
    ) -> BundleKey<BundlePage<T>> {
        let request = self.with_query(query);
        self.read(request, read_page::<T>, T::NAME)
    }

    /// Adds one page of a list below another record, such as the notes of a ticket.
    pub fn list_below<T: Object + DeserializeOwned + Send + 'static>(
        &mut self,
        parent_id: i32,
        query: ListQuery,
    ) -> BundleKey<BundlePage<T>> {
        let request = ApiRequest { parent_id: Some(parent_id), ..self.with_query(query) };
        self.read(request, read_page::<T>, T::NAME)
    }

    /// Adds a count of records. Counts are sent in a bundle of their own.
    pub fn count<T: Object>(&mut self, query: ListQuery) -> BundleKey<i64> {
        let request = ApiRequest { page: None, ..self.with_query(query) };
        self.counts.push(Read { resource: T::NAME, request, read: read_count });
        BundleKey { bundle: self.number, slot: Slot::Count(self.counts.len() - 1), result: PhantomData }
    }

    fn read<T>(&mut self, request: ApiRequest, read: ReadResult, resource: &'static str) -> BundleKey<T> {
        self.reads.push(Read { resource, request, read });
        BundleKey { bundle: self.number, slot: Slot::Read(self.reads.len() - 1), result: PhantomData }
    }

    /// Returns the request of a list. The first invalid query becomes the error of the bundle.
    fn with_query(&mut self, query: ListQuery) -> ApiRequest {
        match request_of(&query) {
            Ok(request) => request,
            Err(problem) => {
                self.problem.get_or_insert(problem);
                ApiRequest::default()
            }
        }
    }

    /// Sends the bundle. A bundle of more than 50 requests is sent in parts, one after the other. All requests are
    /// reads, so they are retried like other reads.
    ///
    /// # Errors
    ///
    /// The errors of the calls, and an unexpected response if a result has no sequence number, one that was not sent, or
    /// one that another result has. An error of a single read is the error of [`BundleResults::take`].
    pub async fn send(self) -> Result<BundleResults, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if self.reads.is_empty() && self.counts.is_empty() {
            return Err(Error::invalid_input("bundle", "has no requests"));
        }
        let mut results = HashMap::new();
        for (operation, reads, slot) in [
            ("run_bundle", &self.reads, Slot::Read as fn(usize) -> Slot),
            ("run_count_bundle", &self.counts, Slot::Count),
        ] {
            for (part, reads) in reads.chunks(MAX_REQUESTS).enumerate() {
                let outcomes = send_part(&self.psa, operation, reads).await?;
                let slots = (part * MAX_REQUESTS..).map(slot);
                results.extend(slots.zip(outcomes));
            }
        }
        Ok(BundleResults { bundle: self.number, results })
    }
}

/// Returns the request for a list.
fn request_of(query: &ListQuery) -> Result<ApiRequest, Error> {
    query.check()?;
    let mut filters = FilterValues::default();
    let mut page = PageValues { page: Some(1), page_size: Some(PAGE_SIZE), ..PageValues::default() };
    let mut request = ApiRequest::default();
    for (name, value) in query.pairs() {
        let number = || value.parse().map_err(|_| Error::invalid_input(name, "is too large for a bundle"));
        match name {
            "conditions" => filters.conditions = Some(value),
            "childConditions" => filters.child_conditions = Some(value),
            "customFieldConditions" => filters.custom_field_conditions = Some(value),
            "orderBy" => filters.order_by = Some(value),
            "fields" => request.fields = Some(value),
            "page" => page.page = Some(number()?),
            "pageSize" => page.page_size = Some(number()?),
            "pageId" => (page.page, page.page_id) = (None, Some(number()?)),
            _ => return Err(Error::invalid_input(name, "cannot be part of a bundle")),
        }
    }
    Ok(ApiRequest { filters: Some(filters), page: Some(page), ..request })
}

/// The result of one read.
type Outcome = Result<AnyValue, ItemError>;

/// Sends one request with some reads. Returns their results in order.
async fn send_part(psa: &Psa, operation: &str, reads: &[Read]) -> Result<Vec<Outcome>, Error> {
    let Some(operation) = catalogue::find("system", operation) else {
        return Err(Error::invalid_input(operation, "is not in the catalogue"));
    };
    let requests = (1..).zip(reads).map(|(number, read)| BundleRequest {
        sequence_number: Some(number),
        resource_type: Some(read.resource.to_owned()),
        api_request: Some(read.request.clone()),
        ..BundleRequest::default()
    });
    let body = BundleRequestsCollection::new(requests.collect());
    let response: RawObject =
        RequestBuilder::new(psa.connection(), operation).json(&body).value().retry_non_idempotent().await?;
    let secrets = psa.pipeline().secrets();
    let redact = |text: String| secrets.redact(&text).into_owned();
    let results = assigned(&response, reads.len());
    let outcomes = results.and_then(|results| {
        let read = |(read, result)| outcome(read, &result, &redact);
        reads.iter().zip(results).map(read).collect::<Result<Vec<_>, String>>()
    });
    outcomes.map_err(|problem| Error::unexpected_because(redact(problem)).with_operation(operation))
}

/// Returns the results in the order of the sequence numbers, which are 1 to `count`. The error is a clause that continues
/// `the response `.
fn assigned(response: &RawObject, count: usize) -> Result<Vec<RawObject>, String> {
    let results = response.get("results").map_or("null", |results| results.get());
    let results: Vec<RawObject> =
        serde_json::from_str(results).map_err(|error| format!("has no list of results: {error}"))?;
    let mut by_number: Vec<Option<RawObject>> = (0..count).map(|_| None).collect();
    for result in results {
        let number: Option<i64> = get(&result, "sequenceNumber");
        let Some(number) = number else { return Err("has a result without a sequence number".to_owned()) };
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match index.and_then(|index| by_number.get_mut(index)) {
            Some(slot @ None) => *slot = Some(result),
            Some(_) => return Err(format!("has two results with the sequence number {number}")),
            None => return Err(format!("has a result with the sequence number {number}, which was not sent")),
        }
    }
    let numbered = (1_usize..).zip(by_number);
    numbered.map(|(number, result)| result.ok_or(format!("has no result with the sequence number {number}"))).collect()
}

/// Reads a result. The error is a clause that continues `the response `.
fn outcome(read: &Read, result: &RawObject, redact: &dyn Fn(String) -> String) -> Result<Outcome, String> {
    let resource: Option<String> = get(result, "resourceType");
    if let Some(other) = resource.filter(|resource| !resource.eq_ignore_ascii_case(read.resource)) {
        return Err(format!("has a result for {other} in place of {}", read.resource));
    }
    let status: Option<i32> = get(result, "statusCode");
    let is_error_status = status.is_some_and(|status| !(200..300).contains(&status));
    match get::<bool>(result, "success") {
        Some(true) if is_error_status => Err("has a result that says both success and failure".to_owned()),
        Some(false) => Ok(Err(ItemError::new(status, get::<ErrorResponseMessage>(result, "error"), redact))),
        None if is_error_status => Ok(Err(ItemError::new(status, get(result, "error"), redact))),
        _ => (read.read)(read, result).map(Ok),
    }
}

fn get<P: Property>(object: &RawObject, name: &str) -> Option<P> {
    P::read_property(&mut serde_json::Deserializer::from_str(object.get(name)?.get())).ok().flatten()
}

fn entities<T: DeserializeOwned>(read: &Read, result: &RawObject) -> Result<Vec<T>, String> {
    let json: Option<&RawValue> = result.get("entities").map(|entities| &**entities);
    serde_json::from_str(json.map_or("null", RawValue::get))
        .map_err(|error| format!("has wrong records of the type {}: {error}", read.resource))
}

fn read_one<T: DeserializeOwned + Send + 'static>(read: &Read, result: &RawObject) -> Result<AnyValue, String> {
    let found: Vec<RawObject> = entities(read, result)?;
    let id = found.first().and_then(|record| get::<i32>(record, "id"));
    if found.len() != 1 || id != read.request.id {
        return Err(format!(
            "does not have the one {} with the id {}",
            read.resource,
            read.request.id.unwrap_or_default()
        ));
    }
    let mut records: Vec<T> = entities(read, result)?;
    records.pop().map(|record| -> AnyValue { Box::new(record) }).ok_or_else(|| "has no record".to_owned())
}

fn read_page<T: DeserializeOwned + Send + 'static>(read: &Read, result: &RawObject) -> Result<AnyValue, String> {
    let records: Vec<T> = entities(read, result)?;
    let size = read.request.page.as_ref().and_then(|page| page.page_size).and_then(|size| usize::try_from(size).ok());
    let is_full = size.is_none_or(|size| records.len() >= size);
    Ok(Box::new(BundlePage { records, is_full }))
}

fn read_count(read: &Read, result: &RawObject) -> Result<AnyValue, String> {
    let count: Option<i64> = get(result, "count");
    let count = count.ok_or_else(|| format!("has a result for {} without a count", read.resource))?;
    Ok(Box::new(count))
}

/// Why a result of a bundle could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// The server rejected the read.
    Rejected(ItemError),
    /// The key is that of another bundle.
    OtherBundle,
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(error) => error.fmt(f),
            Self::OtherBundle => f.write_str("the key is that of another bundle"),
        }
    }
}

impl std::error::Error for BundleError {}

/// The results of a bundle.
#[must_use = "the results of the reads are taken by their keys"]
pub struct BundleResults {
    bundle: u64,
    results: HashMap<Slot, Outcome>,
}

impl BundleResults {
    /// Returns the result of a read.
    ///
    /// # Errors
    ///
    /// The server's error for this read, such as 404. [`BundleError::OtherBundle`] if the key is that of another bundle;
    /// its result stays.
    pub fn take<T: 'static>(&mut self, key: BundleKey<T>) -> Result<T, BundleError> {
        if key.bundle != self.bundle {
            return Err(BundleError::OtherBundle);
        }
        let result = self.results.remove(&key.slot).ok_or(BundleError::OtherBundle)?;
        let value = result.map_err(BundleError::Rejected)?;
        value.downcast().map(|value| *value).map_err(|_| BundleError::OtherBundle)
    }
}

impl<T> fmt::Debug for BundleKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BundleKey").field(&self.slot).finish()
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle")
            .field("reads", &self.reads.len())
            .field("counts", &self.counts.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BundleResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundleResults").field("results", &self.results.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn response(results: Value) -> RawObject {
        serde_json::from_value(json!({ "results": results })).unwrap()
    }

    #[test]
    fn results_are_assigned_by_their_sequence_numbers() {
        let found =
            assigned(&response(json!([{"sequenceNumber": 2, "count": 7}, {"sequenceNumber": "1"}])), 2).unwrap();
        assert_eq!(get::<i64>(&found[1], "count"), Some(7));
        for (results, expected) in [
            (json!([{"sequenceNumber": 1}]), "has no result with the sequence number 2"),
            (json!([{"sequenceNumber": 1}, {"sequenceNumber": 1}]), "has two results with the sequence number 1"),
            (
                json!([{"sequenceNumber": 0}, {"sequenceNumber": 1}]),
                "has a result with the sequence number 0, which was not sent",
            ),
            (
                json!([{"sequenceNumber": 1}, {"sequenceNumber": 3}]),
                "has a result with the sequence number 3, which was not sent",
            ),
            (json!([{"sequenceNumber": 1}, {"count": 1}]), "has a result without a sequence number"),
            (json!(null), "has no list of results"),
        ] {
            let problem = assigned(&response(results.clone()), 2).unwrap_err();
            assert!(problem.starts_with(expected), "{results}: {problem}");
        }
    }

    #[test]
    fn a_query_becomes_filters_and_a_page() {
        let query =
            ListQuery::new().conditions("closedFlag = false").order_by("id desc").fields("id,summary").page_size(7);
        let request = request_of(&query).unwrap();
        assert_eq!(
            serde_json::to_value(&request).unwrap(),
            json!({
                "fields": "id,summary",
                "filters": {"conditions": "closedFlag=false", "orderBy": "id desc"},
                "page": {"page": 1, "pageSize": 7},
            })
        );
        let whole = request_of(&ListQuery::new()).unwrap();
        assert_eq!(serde_json::to_value(whole.page).unwrap(), json!({"page": 1, "pageSize": 1000}));
        assert!(request_of(&ListQuery::new().conditions("a ==")).is_err());
    }
}
