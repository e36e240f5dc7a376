//! The results of a bulk operation: which result belongs to which record of the request.

use std::collections::HashMap;
use std::fmt;

use connectwise_psa_bindings::types::ErrorResponseMessage;
use connectwise_psa_core::json::{Object, Property};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bulk::item_error::ItemError;

/// The result of one record of a bulk operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BulkOutcome<T> {
    /// The server carried out the change. The value is the record as the server returned it, or the id of a deleted
    /// record.
    Ok(T),
    /// The server rejected the change.
    Err(ItemError),
    /// The response does not say reliably what happened to this record: the server may have carried out the change.
    Unknown(UnknownReason),
}

/// Why the outcome for a record is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownReason {
    /// The list of results is missing, or cannot be read.
    UnreadableResponse,
    /// The response has no result for the record.
    NoResult,
    /// The status of the result is that of a failing server (500 to 599).
    ServerError,
    /// The response has several results for the record.
    SeveralResults,
    /// The result says neither that the change succeeded nor that it failed, or says both.
    Contradictory,
    /// The result has the id of another record.
    OtherRecord,
    /// The server reports success, but the record in the result is missing or cannot be read.
    UnreadableRecord,
    /// Some results have no index, or the index of no record in the request, so none of them can be assigned reliably.
    UnknownIndex,
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnreadableResponse => "the response has no list of results that can be read",
            Self::ServerError => "the result has the status of a failing server, which may have made the change",
            Self::NoResult => "the response has no result for the record",
            Self::SeveralResults => "the response has several results for the record",
            Self::Contradictory => "the result says neither success nor failure, or both",
            Self::OtherRecord => "the result has the id of another record",
            Self::UnreadableRecord => "the server reports success, but the record in the result cannot be read",
            Self::UnknownIndex => "results of the response have no index of a record in the request",
        })
    }
}

impl<T> BulkOutcome<T> {
    /// Returns whether the server carried out the change.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_))
    }

    /// Returns whether the server may have carried out the change although the response does not confirm it. Check the
    /// record before you repeat the change.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// A value with the index of its record in the request.
pub type Indexed<T> = (usize, T);

/// The results of a bulk operation, one for each record of the request, in the order of the request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BulkOutcomes<T> {
    /// The results. The index is that of the record in the request.
    pub items: Vec<BulkOutcome<T>>,
    /// Results that belong to no record, or to one that has several, as JSON.
    pub unassigned: Vec<Value>,
}

impl<T> BulkOutcomes<T> {
    /// Returns whether every change was carried out.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.items.iter().all(BulkOutcome::is_ok)
    }

    /// Splits the results into the records that were changed, and the others. Each has its index in the request.
    #[must_use]
    pub fn split(self) -> (Vec<Indexed<T>>, Vec<Indexed<BulkOutcome<T>>>) {
        let (mut changed, mut others) = (Vec::new(), Vec::new());
        for (index, outcome) in self.items.into_iter().enumerate() {
            match outcome {
                BulkOutcome::Ok(value) => changed.push((index, value)),
                other => others.push((index, other)),
            }
        }
        (changed, others)
    }

    /// Returns the changed records in the order of the request, if every change was carried out.
    ///
    /// # Errors
    ///
    /// All results, if one of them is not a success.
    pub fn all_ok(self) -> Result<Vec<T>, Self> {
        if !self.is_ok() {
            return Err(self);
        }
        Ok(self.split().0.into_iter().map(|(_, value)| value).collect())
    }
}

/// A JSON object with its values as text, so that amounts keep their digits.
pub(crate) type RawObject = HashMap<String, Box<RawValue>>;

/// Returns a field, by its exact name or else in any letter case.
pub(crate) fn raw_field<'a>(object: &'a RawObject, name: &str) -> Option<&'a RawValue> {
    let found =
        object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v));
    found.map(|value| &**value)
}

/// What a successful result has to contain.
pub(crate) enum Returned<T> {
    /// The record, read by the function. A record that was sent with an id must return with it.
    Record { ids: Vec<Option<i64>>, read: fn(&RawValue) -> Option<T> },
    /// Nothing: the values are the ids in the request.
    Nothing { ids: Vec<T>, id: fn(&T) -> i64 },
}

impl<T> Returned<T> {
    /// Returns the id that the record at this index has in the request.
    fn id(&self, index: usize) -> Option<i64> {
        match self {
            Self::Record { ids, .. } => ids.get(index).copied().flatten(),
            Self::Nothing { ids, id } => ids.get(index).map(id),
        }
    }
}

/// One result as the server sends it.
struct RawResult {
    json: Box<RawValue>,
    fields: RawObject,
}

impl RawResult {
    fn read(json: Box<RawValue>) -> Self {
        // A result that is not an object has no fields.
        let fields = serde_json::from_str(json.get()).unwrap_or_default();
        Self { json, fields }
    }

    fn raw(&self, name: &str) -> Option<&RawValue> {
        raw_field(&self.fields, name)
    }

    fn get<P: Property>(&self, name: &str) -> Option<P> {
        P::read_property(&mut serde_json::Deserializer::from_str(self.raw(name)?.get())).ok().flatten()
    }

    /// Returns the index of the record in the request, if it is below `count`.
    fn index(&self, count: usize) -> Option<usize> {
        let index = usize::try_from(self.get::<i64>("originalIndex")?).ok()?;
        (index < count).then_some(index)
    }

    /// Returns the result as JSON, for a person to read.
    fn json(&self, redact: &dyn Fn(String) -> String) -> Value {
        serde_json::from_str(&redact(self.json.get().to_owned())).unwrap_or_default()
    }

    /// Returns whether the change succeeded; `None` if the result does not say, or contradicts itself.
    fn is_success(&self) -> Option<bool> {
        let by_flag: Option<bool> = self.get("success");
        let by_status = self.get::<i32>("statusCode").and_then(|status| match status {
            200..=299 => Some(true),
            400..=599 => Some(false),
            _ => None,
        });
        match (by_flag, by_status) {
            (Some(flag), Some(status)) => (flag == status).then_some(flag),
            (flag, status) => flag.or(status),
        }
    }
}

/// Returns the results of a response without a list of results that can be read. The changes may have been made.
pub(crate) fn unreadable<T>(count: usize) -> BulkOutcomes<T> {
    let items = (0..count).map(|_| BulkOutcome::Unknown(UnknownReason::UnreadableResponse)).collect();
    BulkOutcomes { items, unassigned: Vec::new() }
}

/// Assigns the results of a response to the `count` records of the request.
///
/// A result is assigned by its index alone. If the index of a result is missing or is not one of the request, the server
/// may count in another way, so no result is assigned.
pub(crate) fn assign<T>(
    payload: Vec<Box<RawValue>>,
    count: usize,
    returned: Returned<T>,
    redact: &dyn Fn(String) -> String,
) -> BulkOutcomes<T> {
    let results: Vec<RawResult> = payload.into_iter().map(RawResult::read).collect();
    if results.iter().any(|result| result.index(count).is_none()) {
        return BulkOutcomes {
            items: (0..count).map(|_| BulkOutcome::Unknown(UnknownReason::UnknownIndex)).collect(),
            unassigned: results.iter().map(|result| result.json(redact)).collect(),
        };
    }
    let mut by_index: Vec<Vec<RawResult>> = (0..count).map(|_| Vec::new()).collect();
    for result in results {
        if let Some(of_index) = result.index(count).and_then(|index| by_index.get_mut(index)) {
            of_index.push(result);
        }
    }
    let mut unassigned = Vec::new();
    let outcomes: Vec<Outcome> = by_index
        .into_iter()
        .enumerate()
        .map(|(index, results)| {
            if results.len() > 1 {
                unassigned.extend(results.iter().map(|result| result.json(redact)));
                return Outcome::Unknown(UnknownReason::SeveralResults);
            }
            match results.into_iter().next() {
                Some(result) => outcome(&result, returned.id(index), redact),
                None => Outcome::Unknown(UnknownReason::NoResult),
            }
        })
        .collect();
    BulkOutcomes { items: with_values(outcomes, returned), unassigned }
}

/// The result of one record, before its value is read.
enum Outcome {
    Ok(Option<Box<RawValue>>),
    Err(ItemError),
    Unknown(UnknownReason),
}

fn outcome(result: &RawResult, id: Option<i64>, redact: &dyn Fn(String) -> String) -> Outcome {
    let data = result.raw("data").filter(|data| data.get().trim() != "null");
    let returned_id = data.and_then(|data| RawResult::read(data.to_owned()).get::<i64>("id"));
    match result.is_success() {
        None => Outcome::Unknown(UnknownReason::Contradictory),
        Some(false) if result.get::<i32>("statusCode").is_some_and(|status| status >= 500) => {
            Outcome::Unknown(UnknownReason::ServerError)
        }
        Some(false) => {
            Outcome::Err(ItemError::new(result.get("statusCode"), result.get::<ErrorResponseMessage>("error"), redact))
        }
        Some(true) if matches!((id, returned_id), (Some(id), Some(returned)) if id != returned) => {
            Outcome::Unknown(UnknownReason::OtherRecord)
        }
        Some(true) => Outcome::Ok(data.map(ToOwned::to_owned)),
    }
}

impl Outcome {
    /// Adds the value of a success, which `value` reads from the data of the result.
    fn with<T>(self, value: impl FnOnce(Option<Box<RawValue>>) -> Option<T>) -> BulkOutcome<T> {
        match self {
            Self::Ok(data) => {
                value(data).map_or(BulkOutcome::Unknown(UnknownReason::UnreadableRecord), BulkOutcome::Ok)
            }
            Self::Err(error) => BulkOutcome::Err(error),
            Self::Unknown(reason) => BulkOutcome::Unknown(reason),
        }
    }
}

fn with_values<T>(outcomes: Vec<Outcome>, returned: Returned<T>) -> Vec<BulkOutcome<T>> {
    match returned {
        Returned::Record { read, .. } => {
            outcomes.into_iter().map(|outcome| outcome.with(|data| read(&data?))).collect()
        }
        Returned::Nothing { ids, .. } => {
            outcomes.into_iter().zip(ids).map(|(outcome, id)| outcome.with(|_| Some(id))).collect()
        }
    }
}

/// Reads the record of a result, which must have an id.
pub(crate) fn read_record<T: Object + DeserializeOwned>(json: &RawValue) -> Option<T> {
    RawResult::read(json.to_owned()).get::<i64>("id").filter(|id| *id > 0)?;
    serde_json::from_str(json.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn assigned(payload: Value, ids: &[Option<i64>]) -> BulkOutcomes<i64> {
        let payload = payload.as_array().unwrap().iter().map(|result| serde_json::value::to_raw_value(result).unwrap());
        let read = |json: &RawValue| RawResult::read(json.to_owned()).get::<i64>("id");
        let returned = Returned::Record { ids: ids.to_vec(), read };
        assign(payload.collect(), ids.len(), returned, &|text| text.replace("secret", "…"))
    }

    fn ok(index: i64, id: i64) -> Value {
        json!({"success": true, "originalIndex": index, "statusCode": 201, "data": {"id": id}, "error": null})
    }

    fn rejected(index: i64) -> Value {
        let field = json!({"code": "NotFound", "message": "no secret", "field": "type/id"});
        let error = json!({"code": "InvalidObject", "message": "object is invalid", "errors": [field]});
        json!({"success": false, "originalIndex": index, "statusCode": 400, "data": null, "error": error})
    }

    #[test]
    fn results_are_assigned_by_their_index() {
        let outcomes = assigned(json!([ok(2, 12), rejected(1), ok(0, 10)]), &[None, None, None]);
        assert_eq!((&outcomes.items[0], &outcomes.items[2]), (&BulkOutcome::Ok(10), &BulkOutcome::Ok(12)));
        let BulkOutcome::Err(error) = &outcomes.items[1] else { panic!("{outcomes:?}") };
        assert_eq!((error.status, error.code.as_deref()), (Some(400), Some("InvalidObject")));
        assert_eq!(
            error.to_string(),
            "the server rejected the item with the status 400: object is invalid; type/id: no …"
        );
        let (changed, others) = outcomes.clone().split();
        assert_eq!((changed, others.len(), others[0].0), (vec![(0, 10), (2, 12)], 1, 1));
        assert!(outcomes.all_ok().is_err());
    }

    #[test]
    fn a_result_is_never_assigned_to_the_wrong_record() {
        use UnknownReason as Reason;
        let unknown = BulkOutcome::Unknown;
        let without_index = json!({"success": true, "statusCode": 201, "data": {"id": 1}});
        let of = |changes: Value| {
            let mut result = ok(0, 10);
            result.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            result
        };
        for (payload, expected) in [
            (json!([ok(0, 10)]), [BulkOutcome::Ok(10), unknown(Reason::NoResult)]),
            (json!([]), [unknown(Reason::NoResult), unknown(Reason::NoResult)]),
            (json!([ok(0, 10), ok(0, 11), ok(1, 12)]), [unknown(Reason::SeveralResults), BulkOutcome::Ok(12)]),
            // Counted from 1: the first result would belong to the second record.
            (json!([ok(1, 10), ok(2, 11)]), [unknown(Reason::UnknownIndex), unknown(Reason::UnknownIndex)]),
            (json!([ok(0, 10), without_index]), [unknown(Reason::UnknownIndex), unknown(Reason::UnknownIndex)]),
            (json!([ok(0, 10), ok(-1, 11)]), [unknown(Reason::UnknownIndex), unknown(Reason::UnknownIndex)]),
            (json!([ok(0, 10), "x"]), [unknown(Reason::UnknownIndex), unknown(Reason::UnknownIndex)]),
            (json!([of(json!({"statusCode": 400})), ok(1, 11)]), [unknown(Reason::Contradictory), BulkOutcome::Ok(11)]),
            (
                json!([of(json!({"success": null, "statusCode": null})), ok(1, 11)]),
                [unknown(Reason::Contradictory), BulkOutcome::Ok(11)],
            ),
            (json!([of(json!({"success": null})), ok(1, 11)]), [BulkOutcome::Ok(10), BulkOutcome::Ok(11)]),
            (json!([of(json!({"success": "True"})), ok(1, 11)]), [BulkOutcome::Ok(10), BulkOutcome::Ok(11)]),
            (json!([of(json!({"data": null})), ok(1, 11)]), [unknown(Reason::UnreadableRecord), BulkOutcome::Ok(11)]),
        ] {
            let outcomes = assigned(payload.clone(), &[None, None]);
            assert_eq!(outcomes.items, expected, "{payload}");
        }
        assert_eq!(assigned(json!([ok(0, 10), ok(0, 11)]), &[None]).unassigned.len(), 2);
        // A replaced record must return with its id.
        assert_eq!(assigned(json!([ok(0, 10)]), &[Some(10)]).items, [BulkOutcome::Ok(10)]);
        assert_eq!(assigned(json!([ok(0, 11)]), &[Some(10)]).items, [unknown(Reason::OtherRecord)]);
    }

    #[test]
    fn deletions_return_the_ids_of_the_request() {
        let deleted = |index: i64| json!({"success": true, "originalIndex": index, "statusCode": 204, "data": null});
        let payload = [deleted(1), rejected(0)].map(|result| serde_json::value::to_raw_value(&result).unwrap());
        let returned = Returned::Nothing { ids: vec![7_i64, 8], id: |id| *id };
        let outcomes = assign(payload.to_vec(), 2, returned, &|text| text);
        assert!(!outcomes.items[0].is_ok() && outcomes.items[1] == BulkOutcome::Ok(8), "{outcomes:?}");
    }
}
