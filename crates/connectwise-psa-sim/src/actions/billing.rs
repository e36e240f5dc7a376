//! What is sold and billed: invoices of agreements, prices, stock, and what is taken off an invoice or a ticket again.

use serde_json::{Value, json};

use super::{ActionResult, owner};
use crate::access::{body, list_all, raw_body, read, reference_id, with_checker};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::placeholders::empty_success;
use crate::records::JsonObject;
use crate::records::references::integer;
use crate::router::Route;
use crate::rules::defaults::add_defaults;
use crate::server_state::RequestContext;
use crate::writes::{insert, update};

/// Members of the request that detaches a product, and those of the product that go.
const DETACHED: &[(&str, &[&str])] = &[
    ("removeFromInvoice", &["invoice"]),
    ("removeFromOpportunity", &["opportunity"]),
    ("removeFromProject", &["project", "phase"]),
    ("removeFromSalesOrder", &["salesOrder"]),
    ("removeFromTicket", &["ticket"]),
];

/// An invoice of an agreement: its amount, billed to whom the agreement is billed to. What is answered is its number
/// alone.
pub(super) fn invoice_agreement(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let agreement = read(ctx, &list, id)?;
    let now = crate::store::timestamp(ctx.now);
    let amount = agreement.get("billAmount").cloned().unwrap_or_else(|| json!(0.0));
    let mut given = JsonObject::new();
    for name in ["company", "billingTerms", "taxCode", "currency", "shipToCompany", "billToCompany"] {
        if let Some(value) = agreement.get(name) {
            given.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(company) = agreement.get("company") {
        given.entry("billToCompany").or_insert_with(|| company.clone());
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
        given.insert(name.to_owned(), value);
    }
    let mut invoice = with_checker(ctx, "Invoice", |checker| checker.new_record(&given, &JsonObject::new()))?;
    add_defaults(ctx, "Invoice", &mut invoice);
    let invoice = insert(ctx, "finance/invoices", invoice);
    Ok(Response::json(http::StatusCode::CREATED, &json!(invoice)))
}

/// The price of a catalog item; prices of single companies are not simulated.
pub(super) fn price(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let item = read(ctx, &list, id)?;
    let mut given = raw_body(request)?;
    given.insert("catalogItem".to_owned(), json!({ "id": id }));
    let mut priced = with_checker(ctx, "CatalogPricing", |checker| checker.fields(&given))?;
    priced.retain(|_, value| !value.is_null());
    priced.insert("price".to_owned(), item.get("price").cloned().unwrap_or_else(|| json!(0.0)));
    Ok(Response::ok(&Value::Object(priced)))
}

/// How many of a catalog item there are, in all bins or in one.
pub(super) fn on_hand(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let named = route.value("catalogItemIdentifier").unwrap_or_default();
    let is_named = |id: i64, item: &JsonObject| {
        named.parse() == Ok(id)
            || item
                .get("identifier")
                .and_then(Value::as_str)
                .is_some_and(|identifier| identifier.eq_ignore_ascii_case(named))
    };
    let found = list_all(ctx, "procurement/catalog").into_iter().find(|(id, item)| is_named(*id, item));
    let (id, _) = found.ok_or_else(|| ApiError::not_found("Catalog", named))?;
    let bin = request.parameter("warehouseBinId").and_then(|bin| integer(&Value::from(bin)));
    let inventory = list_all(ctx, &format!("procurement/catalog/{id}/inventory"));
    let counted =
        inventory.iter().filter(|(_, there)| bin.is_none_or(|bin| reference_id(there, "warehouseBin") == Some(bin)));
    let count: i64 = counted.filter_map(|(_, there)| there.get("onHand")?.as_i64()).sum();
    Ok(Response::ok(&json!({ "count": count })))
}

/// A product leaves what the request says.
pub(super) fn detach_product(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let body = body(ctx, request, "ProductDetach")?;
    let mut product = read(ctx, &list, id)?;
    for (_, members) in DETACHED.iter().filter(|(flag, _)| body.get(*flag) == Some(&Value::Bool(true))) {
        members.iter().for_each(|member| _ = product.remove(*member));
    }
    update(ctx, &list, id, product);
    Ok(Response::no_content())
}

/// A time entry leaves its invoice.
pub(super) fn detach_time(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let mut entry = read(ctx, &list, id)?;
    entry.remove("invoice");
    update(ctx, &list, id, entry);
    Ok(empty_success(route))
}
