//! Companies: their sites, and what a new company refers to.

use serde_json::{Map, Value, json};

use crate::access::{list_all, with_checker};
use crate::api_error::FieldError;
use crate::records::references::record_name;
use crate::records::{JsonObject, into_object};
use crate::server_state::RequestContext;
use crate::store::new_info;
use crate::store::record::RecordNode as _;

pub(crate) const COMPANIES: &str = "company/companies";

/// The fields of the address of a company, which its first site takes over.
const ADDRESS: [&str; 7] = ["addressLine1", "addressLine2", "city", "zip", "country", "phoneNumber", "faxNumber"];

/// The name of the site of a company that was created without one.
const MAIN: &str = "Main";

fn sites(company: i64) -> String {
    format!("{COMPANIES}/{company}/sites")
}

/// Returns the reference to a site of a company, by id or by name. `None` if the company has no such site.
fn site_reference(ctx: &RequestContext<'_>, company: i64, site: &Value) -> Option<Value> {
    let owner = Map::from_iter([("company".to_owned(), json!({ "id": company }))]);
    with_checker(ctx, "Company", |checker| checker.reference("site", "SiteReference", site, &owner)).ok()
}

/// Returns the reference to a state, which companies name by its identifier or its name. `None` if the list of states
/// does not have it.
fn state_reference(ctx: &RequestContext<'_>, state: &Value) -> Option<Value> {
    let given = |field: &str| {
        let named = Map::from_iter([(field.to_owned(), state.clone())]);
        let found = with_checker(ctx, "CompanySite", |checker| {
            checker.reference("stateReference", "StateReference", &Value::Object(named), &Map::new())
        });
        found.ok().filter(|found| found.get("id").is_some())
    };
    given("identifier").or_else(|| given("name"))
}

/// Returns the error of a company whose site is not one of its own. A company without a list of sites is not checked.
pub(crate) fn site_errors(ctx: &RequestContext<'_>, id: i64, company: &JsonObject) -> Vec<FieldError> {
    let Some(site) = company.get("site").filter(|site| !site.is_null()) else { return Vec::new() };
    if site_reference(ctx, id, site).is_some() {
        return Vec::new();
    }
    let shown = site.get("id").or_else(|| site.get("name")).unwrap_or(&Value::Null);
    let shown = shown.as_str().map_or_else(|| shown.to_string(), str::to_owned);
    vec![FieldError::new("NotFound", format!("Site {shown} not found"), "company", "site/id")]
}

/// Completes the reference of a company to its site. A company that would lose its site keeps it.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, company: &mut JsonObject) {
    let id = company.get("id").and_then(Value::as_i64);
    if let Some(site) =
        id.filter(|_| company.get("site").is_none_or(Value::is_null)).and_then(|id| stored_site(ctx, id))
    {
        company.insert("site".to_owned(), json!({ "id": site }));
    }
    if let (Some(id), Some(site)) = (company.get("id").and_then(Value::as_i64), company.get("site"))
        && let Some(site) = site_reference(ctx, id, site).filter(|site| !site.is_null())
    {
        company.insert("site".to_owned(), site);
    }
}

/// Returns the id of the site that a stored company refers to, or else that of its first site.
fn stored_site(ctx: &RequestContext<'_>, company: i64) -> Option<i64> {
    let all = ctx.state.records.collection(&sites(company))?;
    let stored = ctx.state.records.node(COMPANIES, company)?.reference_id("site");
    stored.filter(|id| all.records.contains(*id)).or_else(|| all.records.ids().next())
}

/// Creates the first site of a new company, with the company's address, and completes the references of the company to
/// its site and to itself. Invoices go to this site. The companies that were observed on live servers have a site and
/// are billed to themselves. Not observed: how a company gets its first site, and what it is called.
pub(crate) fn complete_new(ctx: &mut RequestContext<'_>, id: i64) {
    let Some(mut company) = ctx.state.records.get(COMPANIES, id).map(into_object) else { return };
    let named = company.get("site").and_then(Value::as_object).and_then(record_name);
    let mut site: JsonObject = company
        .iter()
        .filter(|(name, _)| ADDRESS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(state) = company.get("state").and_then(|state| state_reference(ctx, state)) {
        site.insert("stateReference".to_owned(), state);
    }
    let own = json!({ "id": id });
    let reference = |ctx: &RequestContext<'_>, type_name: &'static str, field: &str| {
        with_checker(ctx, type_name, |checker| checker.reference(field, "CompanyReference", &own, &Map::new())).ok()
    };
    for (field, value) in [
        ("name", json!(named.as_deref().unwrap_or(MAIN))),
        ("company", reference(ctx, "CompanySite", "company").unwrap_or_default()),
        ("primaryAddressFlag", json!(true)),
        ("defaultShippingFlag", json!(true)),
        ("defaultBillingFlag", json!(true)),
        ("defaultMailingFlag", json!(true)),
        ("_info", new_info(ctx.now, &ctx.caller.member)),
    ] {
        site.insert(field.to_owned(), value);
    }
    if list_all(ctx, &sites(id)).is_empty() {
        let site = ctx.state.records.insert(&sites(id), site, None);
        company.insert("site".to_owned(), json!({ "id": site }));
    }
    derive_fields(ctx, &mut company);
    if let Some(site) = company.get("site").cloned() {
        company.entry("billingSite").or_insert(site);
    }
    if let Some(own) = reference(ctx, "Company", "billToCompany") {
        company.entry("billToCompany").or_insert(own);
    }
    ctx.state.records.put(COMPANIES, id, company);
}
