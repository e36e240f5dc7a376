//! Conversions of opportunities and sales orders into projects, tickets, agreements and orders. The source does not
//! change.

use serde_json::{Value, json};

use super::defaults::shared_fields;
use super::{ActionResult, documents, owner, respond_with};
use crate::access::{body, id_field, list_all, read, reference, reference_id, with_checker};
use crate::api_error::ApiError;
use crate::http::Request;
use crate::records::JsonObject;
use crate::router::Route;
use crate::rules::{self, defaults::add_owners};
use crate::schema::{record_type, type_of};
use crate::server_state::RequestContext;
use crate::writes::{insert, update};

/// The records that a conversion creates.
struct Target {
    list: &'static str,
    type_name: &'static str,
    /// The `recordType` of their documents.
    documents: &'static str,
    /// The field of products that refers to such a record.
    product: &'static str,
    /// The field of the body that names an existing record to use instead of a new one.
    existing: &'static str,
}

const ORDER: Target = Target {
    list: "sales/orders",
    type_name: "Order",
    documents: "SalesOrder",
    product: "salesOrder",
    existing: "salesOrderId",
};
const PROJECT: Target = Target {
    list: "project/projects",
    type_name: "Project",
    documents: "Project",
    product: "project",
    existing: "projectId",
};
const TICKET: Target = Target {
    list: "service/tickets",
    type_name: "Ticket",
    documents: "Ticket",
    product: "ticket",
    existing: "ticketId",
};
const AGREEMENT: Target = Target {
    list: "finance/agreements",
    type_name: "Agreement",
    documents: "Agreement",
    product: "agreement",
    existing: "agreementId",
};

pub(super) fn to_order(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    convert(ctx, route, request, &ORDER)
}

pub(super) fn to_project(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    convert(ctx, route, request, &PROJECT)
}

pub(super) fn to_ticket(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    convert(ctx, route, request, &TICKET)
}

pub(super) fn to_agreement(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    convert(ctx, route, request, &AGREEMENT)
}

fn convert(ctx: &mut RequestContext<'_>, route: &Route, request: &Request, target: &Target) -> ActionResult {
    let (list, id) = owner(route)?;
    let source = read(ctx, &list, id)?;
    let body = match route.operation.body {
        Some(definition) => body(ctx, request, definition.type_name)?,
        // An operation without a body includes all documents and products.
        None => JsonObject::from_iter(
            ["includeAllDocumentsFlag", "includeAllProductsFlag"].map(|flag| (flag.to_owned(), Value::Bool(true))),
        ),
    };
    let existing = body.get(target.existing).and_then(Value::as_i64).filter(|id| *id != 0);
    let target_id = match existing {
        Some(existing) => read(ctx, target.list, existing).map(|_| existing)?,
        None => {
            let mut record = new_record(ctx, &list, id, &source, &body, target)?;
            if target.list == TICKET.list {
                rules::tickets::assign_team(ctx, &mut record)?;
            }
            insert(ctx, target.list, record)
        }
    };
    link_products(ctx, &list, id, &body, target, target_id);
    copy_notes(ctx, &list, id, &body, target, target_id);
    if let Some(record_type) = document_record_type(&list) {
        let chosen = |document: i64| is_chosen(&body, "includeAllDocumentsFlag", "includeDocumentIds", document);
        documents::copy_to(ctx, (record_type, id), (target.documents, target_id), chosen);
    }
    respond_with(ctx, route, target.list, target_id)
}

/// Returns the `recordType` of the documents of a source.
fn document_record_type(list: &str) -> Option<&'static str> {
    Some(match list {
        "sales/opportunities" => "Opportunity",
        "sales/orders" => "SalesOrder",
        _ => return None,
    })
}

/// Returns a new record with the fields that its type shares with the source's type, the fields of the body, and the
/// defaults of its references.
fn new_record(
    ctx: &RequestContext<'_>,
    list: &str,
    id: i64,
    source: &JsonObject,
    body: &JsonObject,
    target: &Target,
) -> Result<JsonObject, ApiError> {
    // These fields describe the source only.
    let source_only = [
        "id",
        "_info",
        "customFields",
        "status",
        "type",
        "notes",
        "priority",
        "source",
        "name",
        "currency",
        "total",
        "subTotal",
        "taxTotal",
    ];
    let shared: Vec<&str> = source.keys().map(String::as_str).filter(|name| !source_only.contains(name)).collect();
    let mut fields = shared_fields(record_type(list).unwrap_or_default(), target.type_name, source, &shared);
    let schema = type_of(target.type_name);
    let has = |name: &str| schema.is_some_and(|schema| schema.fields.contains_key(name));
    let title = source.get("name").cloned().unwrap_or_else(|| json!(format!("Sales Order {id}")));
    for name in ["name", "summary"].into_iter().filter(|name| has(name)) {
        fields.insert(name.to_owned(), title.clone());
    }
    let mut derived =
        vec![("billingMethod", json!("ActualRates")), ("orderDate", json!(crate::store::timestamp(ctx.now)))];
    if list == "sales/opportunities" {
        derived.push(("opportunity", json!({ "id": id })));
    }
    if let Some(seller) = source.get("primarySalesRep") {
        derived.push(("salesRep", seller.clone()));
    }
    derived.retain(|(name, _)| {
        has(name) && !fields.contains_key(*name) && (*name != "billingMethod" || target.type_name == "Project")
    });
    fields.extend(derived.into_iter().map(|(name, value)| (name.to_owned(), value)));
    fields.extend(
        body.iter().filter(|(name, _)| has(name) && *name != "id").map(|(name, value)| (name.clone(), value.clone())),
    );
    let add_owners = |record: &mut JsonObject| add_owners(ctx, target.list, target.type_name, &fields, record);
    let mut record = with_checker(ctx, target.type_name, |checker| {
        checker.checked_fields_of(&fields, &JsonObject::new(), &add_owners)
    })?
    .into_result(target.type_name)?;
    rules::add_defaults(ctx, target.list, target.type_name, &mut record);
    with_checker(ctx, target.type_name, |checker| checker.check_required(&record))?;
    Ok(record)
}

/// Returns whether a body selects a record: either it selects all, or it lists the id.
fn is_chosen(body: &JsonObject, all: &str, ids: &str, id: i64) -> bool {
    body.get(all) == Some(&Value::Bool(true))
        || body
            .get(ids)
            .and_then(Value::as_array)
            .is_some_and(|ids| ids.iter().any(|chosen| chosen.as_i64() == Some(id)))
}

/// Sets a reference to the target in each selected product.
fn link_products(
    ctx: &mut RequestContext<'_>,
    list: &str,
    id: i64,
    body: &JsonObject,
    target: &Target,
    target_id: i64,
) {
    let field = if list == "sales/orders" { "salesOrder" } else { "opportunity" };
    let Ok(value) = reference(ctx, "ProductItem", target.product, target_id, &JsonObject::new()) else { return };
    for (product, mut record) in list_all(ctx, "procurement/products") {
        if reference_id(&record, field) == Some(id)
            && is_chosen(body, "includeAllProductsFlag", "includeProductIds", product)
        {
            record.insert(target.product.to_owned(), value.clone());
            update(ctx, "procurement/products", product, record);
        }
    }
}

/// Copies the selected notes, if the target has notes.
fn copy_notes(ctx: &mut RequestContext<'_>, list: &str, id: i64, body: &JsonObject, target: &Target, target_id: i64) {
    let to = format!("{}/{target_id}/notes", target.list);
    let from = format!("{list}/{id}/notes");
    let (Some(type_name), Some(source_type)) = (record_type(&to), record_type(&from)) else { return };
    let wants_all = body.get("copyOverNotes") == Some(&Value::Bool(true));
    for (note, record) in list_all(ctx, &from) {
        if !wants_all && !is_chosen(body, "includeAllNotesFlag", "includeNoteIds", note) {
            continue;
        }
        let mut copy = shared_fields(source_type, type_name, &record, &["text", "type", "flagged"]);
        copy.insert(id_field(target.list), Value::from(target_id));
        if target.list == TICKET.list {
            copy.insert("internalAnalysisFlag".to_owned(), Value::Bool(true));
        }
        insert(ctx, &to, copy);
    }
}
