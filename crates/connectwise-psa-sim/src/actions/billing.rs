//! Sales and billing: invoices of agreements, prices, stock, and detaching products and time entries.

use serde_json::{Value, json};

use super::{ActionResult, owner};
use crate::access::{body, list_all, raw_body, read, reference_id, with_checker};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::placeholders::{empty_success, files};
use crate::records::JsonObject;
use crate::records::record_names::name_in;
use crate::records::references::integer;
use crate::router::Route;
use crate::rules::defaults::add_defaults;
use crate::server_state::RequestContext;
use crate::writes::{insert, update};

/// Fields of a request that detaches a product, with the fields of the product that each one removes.
const DETACH_FIELDS: &[(&str, &[&str])] = &[
    ("removeFromInvoice", &["invoice"]),
    ("removeFromOpportunity", &["opportunity"]),
    ("removeFromProject", &["project", "phase"]),
    ("removeFromSalesOrder", &["salesOrder"]),
    ("removeFromTicket", &["ticket"]),
];

/// Returns a PDF whose name and text contain the number of the invoice.
pub(super) fn invoice_pdf(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let invoice = read(ctx, &list, id)?;
    let number = invoice.get("invoiceNumber").and_then(Value::as_str).map_or_else(|| id.to_string(), str::to_owned);
    let total = invoice.get("total").and_then(Value::as_f64).unwrap_or_default();
    let company = invoice.get("company").and_then(|company| company.get("name")?.as_str()).unwrap_or_default();
    let safe: String = number
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' })
        .collect();
    Ok(files::named_pdf(&format!("Invoice_{safe}.pdf"), &format!("Invoice {number}, {company}: {total:.2}")))
}

/// Creates an invoice for the amount of an agreement, billed to the company that the agreement is billed to. The
/// response is the id of the invoice alone.
pub(super) fn invoice_agreement(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let agreement = read(ctx, &list, id)?;
    let now = crate::store::timestamp(ctx.now);
    let amount = agreement.get("billAmount").cloned().unwrap_or_else(|| json!(0.0));
    let mut fields = JsonObject::new();
    for name in ["company", "billingTerms", "taxCode", "currency", "shipToCompany", "billToCompany"] {
        if let Some(value) = agreement.get(name) {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(company) = agreement.get("company") {
        fields.entry("billToCompany").or_insert_with(|| company.clone());
    }
    for (name, value) in [
        ("type", json!("Agreement")),
        ("agreement", json!({ "id": id })),
        ("date", json!(now)),
        ("applyToType", json!("Agreement")),
        ("applyToId", json!(id)),
        ("agreementAmount", amount.clone()),
        ("subtotal", amount.clone()),
        ("total", amount.clone()),
        ("balance", amount),
    ] {
        fields.insert(name.to_owned(), value);
    }
    let mut invoice = with_checker(ctx, "Invoice", |checker| checker.new_record(&fields, &JsonObject::new()))?;
    add_defaults(ctx, "Invoice", &mut invoice);
    let invoice = insert(ctx, "finance/invoices", invoice);
    Ok(Response::json(http::StatusCode::CREATED, &json!(invoice)))
}

/// Returns the price of a catalog item. Company-specific prices are not simulated.
pub(super) fn price(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let item = read(ctx, &list, id)?;
    let mut fields = raw_body(request)?;
    fields.insert("catalogItem".to_owned(), json!({ "id": id }));
    let mut pricing = with_checker(ctx, "CatalogPricing", |checker| checker.fields(&fields))?;
    pricing.retain(|_, value| !value.is_null());
    pricing.insert("price".to_owned(), item.get("price").cloned().unwrap_or_else(|| json!(0.0)));
    Ok(Response::ok(&Value::Object(pricing)))
}

/// Returns the quantity of a catalog item on hand, in all bins or in one.
pub(super) fn quantity_on_hand(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let wanted = route.value("catalogItemIdentifier").unwrap_or_default();
    let is_wanted = |id: i64, item: &JsonObject| {
        wanted.parse() == Ok(id)
            || item
                .get("identifier")
                .and_then(Value::as_str)
                .is_some_and(|identifier| identifier.eq_ignore_ascii_case(wanted))
    };
    let found = list_all(ctx, "procurement/catalog").into_iter().find(|(id, item)| is_wanted(*id, item));
    let (id, _) = found.ok_or_else(|| ApiError::not_found(&name_in("procurement/catalog"), wanted))?;
    let bin = request.parameter("warehouseBinId").and_then(|bin| integer(&Value::from(bin)));
    let inventory = list_all(ctx, &format!("procurement/catalog/{id}/inventory"));
    let counted =
        inventory.iter().filter(|(_, stock)| bin.is_none_or(|bin| reference_id(stock, "warehouseBin") == Some(bin)));
    let count: i64 = counted.filter_map(|(_, stock)| stock.get("onHand")?.as_i64()).sum();
    Ok(Response::ok(&json!({ "count": count })))
}

/// Removes the references of a product that the request selects.
pub(super) fn detach_product(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let body = body(ctx, request, "ProductDetach")?;
    let mut product = read(ctx, &list, id)?;
    for (_, fields) in DETACH_FIELDS.iter().filter(|(flag, _)| body.get(*flag) == Some(&Value::Bool(true))) {
        fields.iter().for_each(|field| _ = product.remove(*field));
    }
    update(ctx, &list, id, product);
    Ok(Response::no_content())
}

/// Removes a time entry from its invoice.
pub(super) fn detach_time_entry(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let mut entry = read(ctx, &list, id)?;
    entry.remove("invoice");
    update(ctx, &list, id, entry);
    Ok(empty_success(route))
}
