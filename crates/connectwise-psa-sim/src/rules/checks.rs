//! Checks of new and changed records of specific types. Each returns the errors of single fields, in the words of live
//! servers.

use std::collections::HashSet;

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::Value;

use super::related::project_of_phase;
use super::{companies, entries, schedule, tickets};
use crate::access::reference_id;
use crate::api_error::FieldError;
use crate::callbacks::registration;
use crate::records::JsonObject;
use crate::records::check::parse_timestamp;
use crate::records::record_names::{name_in, name_of, resource_of};
use crate::records::references::integer;
use crate::schema::{path_pattern, record_type};
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};

/// A new or changed record that a request would store.
pub(crate) struct Proposal<'a> {
    /// The key of the list.
    pub(crate) list: &'a str,
    /// The id and the stored record; `None` for a new record.
    pub(crate) before: Option<(i64, &'a JsonObject)>,
    /// The body of a replacement.
    pub(crate) replacement: Option<&'a JsonObject>,
    pub(crate) record: &'a JsonObject,
}

impl Proposal<'_> {
    fn resource(&self) -> String {
        record_type(self.list).map(resource_of).unwrap_or_default()
    }

    fn id(&self) -> Option<i64> {
        self.before.map(|(id, _)| id)
    }

    /// Returns whether a field is new or changes.
    fn changes(&self, field: &str) -> bool {
        self.before.is_none_or(|(_, before)| before.get(field) != self.record.get(field))
    }

    fn error(&self, code: &'static str, message: impl Into<String>, field: &str) -> FieldError {
        FieldError::new(code, message, &self.resource(), field)
    }
}

type Check = fn(&RequestContext<'_>, &Proposal<'_>) -> Vec<FieldError>;

/// The checks of each list. `*` stands for an id in the path.
const CHECKS: &[(&str, Check)] = &[
    ("service/tickets/*/notes", requires_note_display),
    ("company/companies", rejects_taken_identifier),
    ("company/companies", rejects_create_only_fields),
    ("company/companies", rejects_foreign_site),
    ("system/members", rejects_taken_identifier),
    ("procurement/catalog", rejects_taken_identifier),
    ("procurement/catalog", requires_billing_cycle),
    ("schedule/entries", requires_scheduled_record),
    ("schedule/entries", rejects_end_before_start),
    ("project/tickets", requires_phase),
    ("finance/agreements/*/additions", rejects_early_addition),
    ("system/callbacks", checks_registration),
    ("time/entries", requires_charged_record),
    ("expense/entries", requires_charged_record),
];

/// Returns the errors of a record.
pub(crate) fn errors(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let pattern = path_pattern(proposal.list);
    let checks = CHECKS.iter().filter(|(list, _)| *list == pattern);
    let parents = PARENTS.iter().filter(|parent| parent.list == pattern);
    let parents = parents.filter_map(|parent| error_of_parent(ctx, proposal, parent));
    checks.flat_map(|(_, check)| check(ctx, proposal)).chain(parents).chain(missing_records(ctx, proposal)).collect()
}

/// Fields that contain the id of a record, and the lists of these records, whatever the type of the record with the
/// field is.
const ID_FIELDS: &[(&str, &[&str])] = &[
    ("locationId", &["system/locations"]),
    ("businessUnitId", &["system/departments"]),
    ("departmentId", &["system/departments"]),
    ("childTicketId", &tickets::LISTS),
];

/// Returns the errors of ids that name no record. A list that never contained a record does not exist in the store, and
/// is not checked. The text of live servers is not known.
fn missing_records(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let error = |(field, lists): &(&str, &[&str])| {
        let id = proposal.record.get(*field).and_then(integer).filter(|id| *id != 0 && proposal.changes(field))?;
        let exist = lists.iter().any(|list| ctx.state.records.collection(list).is_some());
        let is_found = lists.iter().any(|list| ctx.state.records.contains(list, id));
        let name = lists.first().map(|list| name_in(list)).unwrap_or_default();
        (exist && !is_found).then(|| proposal.error("NotFound", format!("{name} {id} not found"), field))
    };
    ID_FIELDS.iter().filter_map(error).collect()
}

/// A field that names the parent of a record: its id, or a reference to it.
pub(crate) struct Parent {
    /// The list of the records with the field. `*` stands for an id in the path.
    pub(crate) list: &'static str,
    pub(crate) field: &'static str,
    /// The lists of the parents. Empty: the list of the record.
    parents: &'static [&'static str],
}

impl Parent {
    /// Returns whether parents may be in a list.
    pub(crate) fn names(&self, list: &str) -> bool {
        if self.parents.is_empty() { self.list == list } else { self.parents.contains(&list) }
    }

    /// Returns the id of a record's parent.
    fn id(&self, record: &JsonObject) -> Option<i64> {
        let value = record.get(self.field)?;
        integer(value).or_else(|| value.get("id").and_then(integer)).filter(|id| *id != 0)
    }
}

/// The fields that name parents.
pub(crate) const PARENTS: &[Parent] = &[
    Parent { list: "service/tickets", field: "parentTicketId", parents: &tickets::LISTS },
    Parent { list: "company/configurations", field: "parentConfigurationId", parents: &[] },
    Parent { list: "company/companies", field: "parentCompany", parents: &[] },
    Parent { list: "project/projects/*/phases", field: "parentPhase", parents: &[] },
];

/// Returns the error of a record whose parent does not exist, or is the record itself or below it. The text of live
/// servers is not known.
fn error_of_parent(ctx: &RequestContext<'_>, proposal: &Proposal<'_>, parent: &Parent) -> Option<FieldError> {
    let id = parent.id(proposal.record).filter(|_| proposal.changes(parent.field))?;
    let own_list = [proposal.list];
    let lists: &[&str] = if parent.parents.is_empty() { &own_list } else { parent.parents };
    let stored = |id: i64| lists.iter().find_map(|list| ctx.state.records.node(list, id));
    if stored(id).is_none() {
        let name = lists.first().map(|list| name_in(list)).unwrap_or_default();
        return Some(proposal.error("NotFound", format!("{name} {id} not found"), parent.field));
    }
    let own_id = proposal.id()?;
    let (mut seen, mut next) = (HashSet::new(), Some(id));
    while let Some(id) = next.filter(|id| seen.insert(*id)) {
        if id == own_id {
            return Some(proposal.error(
                "InvalidField",
                format!("The {} field is invalid.", parent.field),
                parent.field,
            ));
        }
        next = stored(id).and_then(|record| record.integer(parent.field).or_else(|| record.reference_id(parent.field)));
    }
    None
}

/// Rejects a project ticket without a project whose phase does not exist. The phases of a project are checked with the
/// other references.
fn requires_phase(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let phase = reference_id(proposal.record, "phase").filter(|_| proposal.changes("phase"));
    let phase = phase.filter(|_| reference_id(proposal.record, "project").is_none());
    let missing = phase.filter(|phase| project_of_phase(ctx, *phase).is_none());
    let error = |phase| proposal.error("NotFound", format!("{} {phase} not found", name_of(PHASE)), "phase/id");
    missing.map(error).into_iter().collect()
}

/// The type of references to phases.
const PHASE: &str = "ProjectPhaseReference";

/// Rejects a schedule entry that ends before it starts.
fn rejects_end_before_start(_: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let time = |field: &str| parse_timestamp(proposal.record.get(field).and_then(Value::as_str)?);
    let ends_before = time("dateStart").zip(time("dateEnd")).is_some_and(|(start, end)| end < start);
    let error = || proposal.error("InvalidField", "dateEnd must be later than dateStart.", "dateEnd");
    ends_before.then(error).into_iter().collect()
}

/// The fields that say where a note is shown.
const NOTE_DISPLAY: [&str; 3] = ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"];

/// Observed on live servers: a note that is shown nowhere is rejected. `field` lists all three fields.
fn requires_note_display(_: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let is_shown = NOTE_DISPLAY.iter().any(|field| proposal.record.get(*field) == Some(&Value::Bool(true)));
    if is_shown || !NOTE_DISPLAY.iter().any(|field| proposal.changes(field)) && proposal.before.is_some() {
        return Vec::new();
    }
    let message = "Please choose where to display the notes in order to save this record.";
    vec![proposal.error("ServiceNote", message, &NOTE_DISPLAY.join(", "))]
}

/// What messages call the identifiers of each list. Those of members and products are not known from live servers.
const IDENTIFIERS: &[(&str, &str)] =
    &[("company/companies", "Company ID"), ("system/members", "Member ID"), ("procurement/catalog", "Product ID")];

fn rejects_taken_identifier(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let Some(identifier) = proposal.record.get("identifier").and_then(Value::as_str) else { return Vec::new() };
    let is_taken = |(other, record): (i64, Node<'_>)| {
        Some(other) != proposal.id()
            && record.text("identifier").is_some_and(|text| text.trim().eq_ignore_ascii_case(identifier.trim()))
    };
    let Some(collection) = ctx.state.records.collection(proposal.list) else { return Vec::new() };
    let name = IDENTIFIERS.iter().find(|(list, _)| *list == proposal.list).map_or("ID", |(_, name)| *name);
    let mut others = collection.records.iter();
    let error = || proposal.error("ObjectExists", format!("{name} already in use."), "identifier");
    others.any(is_taken).then(error).into_iter().collect()
}

/// Fields that only a create request can set, and what error responses call them. Observed on live servers: the types of
/// a company that was read are rejected in its replacement.
const CREATE_ONLY: &[(&str, &str)] = &[("types", "typeIds"), ("typeIds", "typeIds")];

fn rejects_create_only_fields(_: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    if proposal.before.is_none() {
        return Vec::new();
    }
    let is_set = |value: &Value| !value.is_null() && value.as_array().is_none_or(|elements| !elements.is_empty());
    let is_given = |field: &str| match proposal.replacement {
        Some(body) => field_ignoring_case(body, field).is_some_and(is_set),
        None => proposal.changes(field),
    };
    let rejected = CREATE_ONLY.iter().find(|(field, _)| is_given(field));
    let error = |(_, name): &(&str, &str)| {
        proposal.error("InvalidField", format!("{name} can only be used when creating a new company."), name)
    };
    rejected.map(error).into_iter().collect()
}

/// Observed on live servers: a recurring product needs a billing cycle, or must be billed once.
fn requires_billing_cycle(_: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let is_true = |field: &str| proposal.record.get(field) == Some(&Value::Bool(true));
    let has_cycle = proposal.record.get("recurringBillCycle").is_some_and(|cycle| cycle.get("id").is_some())
        || is_true("recurringOneTimeFlag");
    if !is_true("recurringFlag") || has_cycle || !proposal.changes("recurringFlag") {
        return Vec::new();
    }
    let error = |field| {
        proposal.error("MissingRequiredField", "recurringBillCycle or recurringOneTimeFlag is required.", field)
    };
    vec![error("recurringOneTimeFlag"), error("recurringBillCycle/id")]
}

/// Rejects a company whose site is not one of its own.
fn rejects_foreign_site(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    match proposal.id().filter(|_| proposal.changes("site")) {
        Some(id) => companies::site_errors(ctx, id, proposal.record),
        None => Vec::new(),
    }
}

/// Rejects a schedule entry for a record that does not exist. Entries of other types need no record.
fn requires_scheduled_record(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    if !proposal.changes("objectId") && !proposal.changes("type") {
        return Vec::new();
    }
    let Some(lists) = schedule::scheduled_lists(ctx, proposal.record) else { return Vec::new() };
    match proposal.record.get("objectId").and_then(integer).filter(|id| *id != 0) {
        None => vec![proposal.error("MissingRequiredField", "The objectId field is required.", "objectId")],
        Some(id) if lists.iter().any(|list| ctx.state.records.contains(list, id)) => Vec::new(),
        Some(id) => {
            let name = lists.first().map(|list| name_in(list)).unwrap_or_default();
            vec![proposal.error("NotFound", format!("{name} {id} not found"), "objectId")]
        }
    }
}

/// Observed on live servers: an addition cannot begin before its agreement is billed.
fn rejects_early_addition(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    let day = |text: &str| parse_timestamp(text).map(|time| time.date_naive());
    let effective = proposal.record.get("effectiveDate").and_then(Value::as_str).and_then(day);
    let agreement = proposal.list.trim_end_matches("/additions").rsplit_once('/');
    let billed_from = agreement
        .and_then(|(list, id)| ctx.state.records.node(list, id.parse().ok()?)?.text("billStartDate"))
        .and_then(|text| day(&text));
    match (effective, billed_from) {
        (Some(effective), Some(billed_from)) if effective < billed_from && proposal.changes("effectiveDate") => {
            let message = "effectiveDate cannot be less than the agreement billing start date.";
            vec![proposal.error("InvalidField", message, "effectiveDate")]
        }
        _ => Vec::new(),
    }
}

fn requires_charged_record(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    entries::entry_type(proposal.list).map(|name| entries::errors(ctx, name, proposal.record)).unwrap_or_default()
}

fn checks_registration(ctx: &RequestContext<'_>, proposal: &Proposal<'_>) -> Vec<FieldError> {
    registration::errors(ctx, proposal.id(), proposal.record)
}
