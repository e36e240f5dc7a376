//! References: finds the record that a reference names, and completes the reference.

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::{Map, Value};

use super::JsonObject;
use super::check::Checker;
use super::links::href;
use super::record_names::name_of;
use super::tickets::list_of_referred;
use super::write_only::is_returned;
use crate::api_error::{ApiError, FieldError};
use crate::records::into_object;
use crate::schema::{FieldType, link_of, record_type, target_of, type_of};
use crate::store::record::Node;
use crate::store::{Records, key};

/// The fields of a reference that select the record. Others are taken from the record.
pub(crate) const SELECTORS: [&str; 3] = ["id", "identifier", "name"];

/// Rejects a reference whose id is not a whole number, or whose identifier or name is not a text, as the server's JSON
/// library does. Empty texts are not given.
pub(crate) fn check_kinds(given: &JsonObject) -> Result<(), ApiError> {
    let is_empty = |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    for name in SELECTORS {
        let Some(value) = field_ignoring_case(given, name).filter(|value| !is_empty(value)) else { continue };
        if name == "id" && integer_32(value).is_none() {
            return Err(ApiError::wrong_type(name, value, INTEGER_32));
        }
        if name != "id" && (value.is_array() || value.is_object()) {
            return Err(ApiError::wrong_type(name, value, "System.String"));
        }
    }
    Ok(())
}

/// Returns whether a reference has a field that selects a record, even an empty one.
fn has_selector(given: &JsonObject) -> bool {
    SELECTORS.iter().any(|name| field_ignoring_case(given, name).is_some_and(|value| !value.is_null()))
}

/// Finds the record that a reference names, and returns the completed reference. Returns null if the reference is not
/// given: if it is empty, has the id 0, or only empty texts. A reference with other fields only is rejected. `owner` is the record that contains
/// the reference; the path of the list may depend on it. A reference is returned as given, without `_info`, if its list
/// is not simulated, if `owner` lacks a reference that the path of the list needs, such as the board, or if the
/// reference has an id and the list never contained a record. A name or an identifier in such a list is rejected.
pub(crate) fn resolve(
    records: &Records,
    reference: &str,
    given: &JsonObject,
    owner: &JsonObject,
    resource: &str,
    field: &str,
) -> Result<Value, FieldError> {
    let field_value = |name: &str| field_ignoring_case(given, name).filter(|value| !value.is_null());
    let id = field_value("id").and_then(integer);
    // Numbers and booleans are read as texts.
    let text = |name: &str| {
        let text = match field_value(name)? {
            Value::String(text) => text.clone(),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            _ => return None,
        };
        Some(text).filter(|text| !text.trim().is_empty())
    };
    let (identifier, name) = (text("identifier"), text("name"));
    let (identifier, name) = (identifier.as_deref(), name.as_deref());
    if id.is_none_or(|id| id == 0) && identifier.is_none() && name.is_none() {
        let is_empty = has_selector(given) || given.values().all(Value::is_null);
        return if is_empty { Ok(Value::Null) } else { Err(invalid_reference(resource, field)) };
    }
    let id = id.filter(|id| *id != 0);
    let path = target_of(reference).and_then(|path| resolve_path(path, owner)).unwrap_or_default();
    let path = path.trim_matches('/');
    let path = id.map_or(path, |id| list_of_referred(records, path, id));
    let collection = records.collection(&key(path));
    if path.is_empty() || (collection.is_none() && id.is_some()) {
        let mut kept = given.clone();
        kept.remove("_info");
        return Ok(Value::Object(kept));
    }
    let found = match id {
        Some(id) => collection.and_then(|list| list.records.get(id)).map(|record| (id, record)),
        None => {
            collection.into_iter().flat_map(|list| list.records.iter()).find(|(_, record)| match (identifier, name) {
                (Some(identifier), _) => {
                    record.text("identifier").is_some_and(|text| text.eq_ignore_ascii_case(identifier))
                }
                (None, Some(name)) => has_name(*record, name),
                (None, None) => false,
            })
        }
    };
    match found {
        Some((id, record)) => Ok(completed(reference, path, id, &record.value())),
        None => {
            let wanted = id.map_or_else(|| identifier.or(name).unwrap_or_default().to_owned(), |id| id.to_string());
            let what = name_of(reference);
            let message = match board_id(reference, owner) {
                // Observed on live servers: for a status of another board, the message names the record's board.
                Some(board) => format!("{what} {wanted} not found for Service Board {board}"),
                None => format!("{what} {wanted} not found"),
            };
            Err(FieldError::new(
                "NotFound",
                message,
                resource,
                format!(
                    "{field}/{}",
                    if id.is_some() {
                        "id"
                    } else if identifier.is_some() {
                        "identifier"
                    } else {
                        "name"
                    }
                ),
            ))
        }
    }
}

/// The error for a value that is not a reference, or a reference that does not say which record it means. The text of
/// live servers is not known.
pub(crate) fn invalid_reference(resource: &str, field: &str) -> FieldError {
    FieldError::new("InvalidField", format!("The {field} field is invalid."), resource, field)
}

/// Fields of records that references of a type have in `_info`. Observed on live servers in the lists of a ticket's time
/// entries and configurations.
const FIELDS_IN_INFO: [(&str, &str); 2] = [("TimeEntryReference", "notes"), ("ConfigurationReference", "name")];

/// Returns a reference to a record: the fields of the reference's type, and the link to the record.
pub(crate) fn completed(reference: &str, path: &str, id: i64, record: &Value) -> Value {
    let fields = record.as_object().map(|record| reference_fields(reference, id, record)).unwrap_or_default();
    let mut completed = reference_with_link(reference, fields, path, id);
    let info = completed.get_mut("_info").and_then(Value::as_object_mut);
    let field = FIELDS_IN_INFO.into_iter().find(|(other, _)| *other == reference).map(|(_, field)| field);
    if let (Some(info), Some((field, value))) = (info, field.and_then(|field| Some((field, record.get(field)?)))) {
        info.insert(field.to_owned(), value.clone());
    }
    completed
}

/// Completes the references of a record that have no `_info`, and returns whether any changed. References to missing
/// records stay unchanged.
pub(crate) fn complete_references(records: &Records, list: &str, record: &mut JsonObject) -> bool {
    let Some(type_name) = record_type(list) else { return false };
    let checker = Checker { records, type_name };
    let mut is_changed = false;
    for (name, field) in type_of(type_name).into_iter().flat_map(|schema| &schema.fields) {
        let FieldType::Reference(reference) = &field.field_type else { continue };
        let given = record.get(name).filter(|given| given.get("_info").is_none()).cloned();
        if let Some(given) = given
            && let Ok(found) = checker.reference(name, reference, &given, record)
            // References of some types have no link.
            && found.is_object()
            && found != given
        {
            record.insert(name.clone(), found);
            is_changed = true;
        }
    }
    is_changed
}

/// Returns the fields of a reference to a record, without the link.
pub(crate) fn reference_fields(reference: &str, id: i64, record: &JsonObject) -> JsonObject {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), Value::from(id));
    for (name, _) in type_of(reference).into_iter().flat_map(|schema| &schema.fields) {
        if name == "id" || name == "_info" || !is_returned(reference, name) {
            continue;
        }
        let value = match name.as_str() {
            "name" => record_name(record).map(Value::from),
            _ => match record.get(source_of(reference, name)) {
                // Observed on live servers: the agreement of a ticket has the name of its type.
                Some(Value::Object(referenced)) => referenced.get("name").cloned(),
                Some(value) if !value.is_null() && !value.is_array() => Some(value.clone()),
                _ => None,
            },
        };
        if let Some(value) = value {
            fields.insert(sent_name(reference, name).to_owned(), value);
        }
    }
    fields
}

/// Returns the field of a record from which a field of references is taken. Observed on live servers: `sortOrder` is
/// called `sort` in references. The fields of invoices follow from the names in the OpenAPI document.
fn source_of<'a>(reference: &str, name: &'a str) -> &'a str {
    match (reference, name) {
        (_, "sort") => "sortOrder",
        // Observed on live servers.
        ("ScheduleEntryReference", "description") => "name",
        ("AgreementReference", "chargeFirmFlag") => "chargeToFirm",
        ("InvoiceReference", "identifier") => "invoiceNumber",
        ("InvoiceReference", "invoiceDate") => "date",
        ("InvoiceReference", "billingType") => "type",
        ("ServiceEmailTemplateReference", "identifier") => "subject",
        _ => name,
    }
}

/// Returns the name that responses have for a field of a reference type. Observed on live servers: the status of a ticket
/// has `Sort`, which the vendor's document calls `sort`; a priority has `sort`.
fn sent_name<'a>(reference: &str, name: &'a str) -> &'a str {
    match (reference, name) {
        ("ServiceStatusReference", "sort") => "Sort",
        _ => name,
    }
}

/// Returns a reference with these fields and the link to its record, if references of its type have one.
pub(crate) fn reference_with_link(reference: &str, mut fields: JsonObject, path: &str, id: i64) -> Value {
    if let Some(link) = link_of(reference) {
        let href = href(&format!("{}/{id}", path.trim_matches('/')));
        fields.insert("_info".to_owned(), Value::Object(Map::from_iter([(link.to_owned(), Value::String(href))])));
    }
    Value::Object(fields)
}

/// Returns whether a record is called `name`, ignoring case.
fn has_name(record: Node<'_>, name: &str) -> bool {
    let names = into_object(record.part(&|field| NAME_FIELDS.contains(&field)));
    record_name(&names).is_some_and(|other| other.eq_ignore_ascii_case(name))
}

/// The fields that [`record_name`] uses.
const NAME_FIELDS: [&str; 7] = ["name", "firstName", "lastName", "description", "summary", "title", "probability"];

/// Returns the name of a record in references: the first of `name`, first and last name, `description`, `summary`,
/// `title` and `probability` that it has. Observed on live servers: contacts and members have their full name, some
/// setup records their description.
pub(crate) fn record_name(record: &JsonObject) -> Option<String> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let full_name = || match (text("firstName"), text("lastName")) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (one, other) => one.or(other).map(str::to_owned),
    };
    let owned = |name: &str| text(name).map(str::to_owned);
    let probability = || record.get("probability").filter(|value| value.is_number()).map(Value::to_string);
    owned("name")
        .or_else(full_name)
        .or_else(|| owned("description"))
        .or_else(|| owned("summary"))
        .or_else(|| owned("title"))
        .or_else(probability)
}

/// Replaces `{x}` in the path of a list with the id in the owner's reference field `x`.
pub(crate) fn resolve_path(path: &str, owner: &JsonObject) -> Option<String> {
    let mut resolved = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        resolved.push('/');
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => resolved.push_str(&owner.get(name)?.get("id")?.as_i64()?.to_string()),
            None => resolved.push_str(segment),
        }
    }
    Some(resolved)
}

/// Returns the id of the owner's board if the list of the reference type depends on it; otherwise `None`.
fn board_id(reference: &str, owner: &JsonObject) -> Option<i64> {
    target_of(reference).filter(|path| path.contains("{board}")).and_then(|_| owner.get("board")?.get("id")?.as_i64())
}

/// Parses a whole number in any form that the server accepts: `5`, `5.0` or `"5"`.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.to_string().strip_suffix(".0").and_then(|text| text.parse().ok()))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The name of the type of whole numbers in error responses.
pub(crate) const INTEGER_32: &str = "System.Nullable`1[System.Int32]";

/// Does the same as [`integer`] for numbers of 32 bits, the only ones that fields of records can have.
pub(crate) fn integer_32(value: &Value) -> Option<i64> {
    integer(value).filter(|number| i32::try_from(*number).is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_resolved_and_completed() {
        let mut records = Records::default();
        records.insert("service/boards", into_object(json!({"name": "Help Desk"})), Some(1));
        records.insert("service/boards/1/statuses", into_object(json!({"name": "New"})), Some(17));
        let owner = into_object(json!({"board": {"id": 1}}));
        let resolve = |reference: &str, given: Value, owner: &JsonObject| {
            resolve(&records, reference, &into_object(given), owner, "ticket", "status")
        };
        let found = resolve("ServiceStatusReference", json!({"id": "17"}), &owner).unwrap();
        assert_eq!((&found["id"], &found["name"]), (&json!(17), &json!("New")));
        assert_eq!(found["_info"]["status_href"], href("service/boards/1/statuses/17"));
        assert_eq!(resolve("ServiceStatusReference", json!({"name": "new"}), &owner).unwrap()["id"], 17);
        let error = resolve("ServiceStatusReference", json!({"id": 18}), &owner).unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.field.as_str(), error.code),
            ("Service Status 18 not found for Service Board 1", "status/id", "NotFound")
        );
        // An empty reference and the id 0 refer to no record.
        assert_eq!(resolve("BoardReference", json!({}), &owner).unwrap(), Value::Null);
        assert_eq!(resolve("BoardReference", json!({"id": 0}), &owner).unwrap(), Value::Null);
        // The store has no list of SIC codes, so the reference is returned as given, without `_info`.
        assert_eq!(resolve("SicCodeReference", json!({"id": 5, "_info": {}}), &owner).unwrap(), json!({"id": 5}));
    }

    #[test]
    fn records_without_a_name_use_other_fields_as_name() {
        let mut records = Records::default();
        for (reference, list, record, name) in [
            ("OpportunityTypeReference", "sales/opportunities/types", json!({"description": "Renewal"}), "Renewal"),
            (
                "ConfigurationStatusReference",
                "company/configurations/statuses",
                json!({"description": "Active"}),
                "Active",
            ),
            (
                "ContactReference",
                "company/contacts",
                json!({"firstName": "Ida", "lastName": "Marsh", "description": "x"}),
                "Ida Marsh",
            ),
            ("ContactReference", "company/contacts", json!({"firstName": "Ida"}), "Ida"),
            ("OpportunityProbabilityReference", "sales/probabilities", json!({"probability": 40}), "40"),
        ] {
            let id = records.insert(list, into_object(record), None);
            let by_id = resolve(&records, reference, &into_object(json!({ "id": id })), &Map::new(), "x", "y").unwrap();
            let by_name =
                resolve(&records, reference, &into_object(json!({ "name": name })), &Map::new(), "x", "y").unwrap();
            assert_eq!((&by_id["name"], &by_name), (&json!(name), &by_id), "{reference}");
        }
        records.insert(
            "service/priorities",
            into_object(json!({"name": "High", "sortOrder": 3, "level": "High"})),
            Some(2),
        );
        let priority =
            resolve(&records, "PriorityReference", &into_object(json!({"id": 2})), &Map::new(), "x", "y").unwrap();
        assert_eq!((&priority["sort"], &priority["level"]), (&json!(3), &json!("High")));
        records.insert("service/boards/1/statuses", into_object(json!({"name": "New", "sortOrder": 4})), Some(17));
        let owner = into_object(json!({"board": {"id": 1}}));
        let given = into_object(json!({"id": 17, "sort": 9}));
        let status = resolve(&records, "ServiceStatusReference", &given, &owner, "x", "y").unwrap();
        assert_eq!((&status["Sort"], status.get("sort")), (&json!(4), None));
    }
}
