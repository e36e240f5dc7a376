//! What is sold and billed: invoices of agreements, prices, stock, and what is taken off an invoice or a ticket again.

use serde_json::{Value, json};

use super::changes::{all, body, checking, keep, read, referred};
use super::{Done, owner};
use crate::exchange::{Answer, Asked};
use crate::operations::insert;
use crate::problem::Problem;
use crate::records::Members;
use crate::records::references::integer;
use crate::router::Route;
use crate::world::Scene;

/// Members of the request that detaches a product, and those of the product that go.
const DETACHED: &[(&str, &[&str])] = &[
    ("removeFromInvoice", &["invoice"]),
    ("removeFromOpportunity", &["opportunity"]),
    ("removeFromProject", &["project", "phase"]),
    ("removeFromSalesOrder", &["salesOrder"]),
    ("removeFromTicket", &["ticket"]),
];

/// An invoice of an agreement: its amount, billed to whom the agreement is billed to. What is answered is its number alone.
pub(super) fn invoice_agreement(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let agreement = read(scene, &list, id)?;
    let now = crate::store::text(scene.now);
    let amount = agreement.get("billAmount").cloned().unwrap_or_else(|| json!(0.0));
    let mut given = Members::new();
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
    let mut invoice = checking(scene, "Invoice", |checker| checker.new_record(&given, &Members::new()))?;
    super::proposals::add_defaults(scene, "Invoice", &mut invoice);
    let invoice = insert(scene, "finance/invoices", invoice);
    Ok(Answer::json(http::StatusCode::CREATED, &json!(invoice)))
}

/// facts: an agreement's invoice is not made as others are.
pub(super) fn refuse_agreement_invoice(body: &Members) -> Result<(), Problem> {
    let kind = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("type")).and_then(|(_, value)| value.as_str());
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Agreement")) {
        return Err(Problem::bad("InvalidObject", "Cannot create agreement invoices through the Invoicing API"));
    }
    Ok(())
}

/// The price of a catalog item; prices of single companies are not simulated.
pub(super) fn price(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let item = read(scene, &list, id)?;
    let mut given = super::body(asked)?;
    given.insert("catalogItem".to_owned(), json!({ "id": id }));
    let mut priced = checking(scene, "CatalogPricing", |checker| checker.members(&given))?;
    priced.retain(|_, value| !value.is_null());
    priced.insert("price".to_owned(), item.get("price").cloned().unwrap_or_else(|| json!(0.0)));
    Ok(Answer::ok(&Value::Object(priced)))
}

/// How many of a catalog item there are, in all bins or in one.
pub(super) fn on_hand(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let named = route.value("catalogItemIdentifier").unwrap_or_default();
    let is_named = |id: i64, item: &Members| {
        named.parse() == Ok(id) || item.get("identifier").and_then(Value::as_str).is_some_and(|identifier| identifier.eq_ignore_ascii_case(named))
    };
    let found = all(scene, "procurement/catalog").into_iter().find(|(id, item)| is_named(*id, item));
    let (id, _) = found.ok_or_else(|| Problem::not_found("Catalog", named))?;
    let bin = asked.parameter("warehouseBinId").and_then(|bin| integer(&Value::from(bin)));
    let inventory = all(scene, &format!("procurement/catalog/{id}/inventory"));
    let counted = inventory.iter().filter(|(_, there)| bin.is_none_or(|bin| referred(there, "warehouseBin") == Some(bin)));
    let count: i64 = counted.filter_map(|(_, there)| there.get("onHand")?.as_i64()).sum();
    Ok(Answer::ok(&json!({ "count": count })))
}

/// A product leaves what the request says.
pub(super) fn detach_product(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let body = body(scene, asked, "ProductDetach")?;
    let mut product = read(scene, &list, id)?;
    for (_, members) in DETACHED.iter().filter(|(flag, _)| body.get(*flag) == Some(&Value::Bool(true))) {
        members.iter().for_each(|member| _ = product.remove(*member));
    }
    keep(scene, &list, id, product);
    Ok(Answer::no_content())
}

/// A time entry leaves its invoice.
pub(super) fn detach_time(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let mut entry = read(scene, &list, id)?;
    entry.remove("invoice");
    keep(scene, &list, id, entry);
    Ok(super::nothing_more(route))
}
