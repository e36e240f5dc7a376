//! The forecast of an opportunity: its totals follow its items. How live servers count items that are not included in
//! the forecast is not known; here, they count in all totals but `inclusiveRevenueTotals`.

use serde_json::{Value, json};

use super::amounts::{cents, number};
use crate::records::{JsonObject, into_object};
use crate::schema::path_pattern;
use crate::server_state::RequestContext;

const FORECASTS: &str = "sales/opportunities/*/forecast";
const ITEMS: &str = "forecastItems";

/// The totals by type of item: the value of `forecastType`, and the field of the forecast.
const BY_TYPE: [(&str, &str); 5] = [
    ("Agreement", "agreementRevenue"),
    ("Product", "productRevenue"),
    ("Service", "serviceRevenue"),
    ("Other1", "otherRevenue1"),
    ("Other2", "otherRevenue2"),
];

/// The totals by status of the item: the boolean field of the status, and the field of the forecast.
const BY_STATUS: [(&str, &str); 2] = [("wonFlag", "wonRevenue"), ("lostFlag", "lostRevenue")];

/// Sets the margins of the items of a forecast, and its totals.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, list: &str, forecast: &mut JsonObject) {
    if path_pattern(list) != FORECASTS {
        return;
    }
    let Some(Value::Array(items)) = forecast.get_mut(ITEMS) else { return };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let margin = number(item, "revenue").unwrap_or_default() - number(item, "cost").unwrap_or_default();
        item.insert("margin".to_owned(), cents(margin));
    }
    let items: Vec<JsonObject> = items.iter().cloned().map(into_object).collect();
    for (forecast_type, field) in BY_TYPE {
        let is_of_type = |item: &&JsonObject| item.get("forecastType").and_then(Value::as_str) == Some(forecast_type);
        forecast.insert(field.to_owned(), total(items.iter().filter(is_of_type)));
    }
    let status_field = |item: &JsonObject| {
        let status = item.get("status")?.get("id")?.as_i64()?;
        let status = ctx.state.records.node("sales/opportunities/statuses", status)?;
        BY_STATUS.into_iter().find(|(name, _)| status.boolean(name) == Some(true)).map(|(name, _)| name)
    };
    for (name, field) in BY_STATUS.map(|(name, field)| (Some(name), field)).into_iter().chain([(None, "openRevenue")]) {
        forecast.insert(field.to_owned(), total(items.iter().filter(|item| status_field(item) == name)));
    }
    let is_included = |item: &&JsonObject| item.get("includeFlag") != Some(&Value::Bool(false));
    forecast.insert("inclusiveRevenueTotals".to_owned(), total(items.iter().filter(is_included)));
    forecast.insert("forecastRevenueTotals".to_owned(), total(items.iter()));
    let sum = |value: &dyn Fn(&JsonObject) -> f64| items.iter().map(value).sum::<f64>();
    let recurring = sum(&|item| {
        if item.get("recurringFlag") == Some(&Value::Bool(true)) {
            number(item, "recurringRevenue").unwrap_or_default() * number(item, "cycles").unwrap_or(1.0)
        } else {
            0.0
        }
    });
    let revenue = sum(&|item| number(item, "revenue").unwrap_or_default());
    let tax = number(forecast, "salesTaxRevenue").unwrap_or_default();
    forecast.insert("recurringTotal".to_owned(), cents(recurring));
    forecast.insert("forecastTotalWithTaxes".to_owned(), cents(revenue + tax));
}

/// Returns the revenue, cost and margin of items, and the margin in percent of the revenue.
fn total<'a>(items: impl Iterator<Item = &'a JsonObject>) -> Value {
    let value = |item: &JsonObject, field: &str| number(item, field).unwrap_or_default();
    let (revenue, cost) =
        items.fold((0.0, 0.0), |(revenue, cost), item| (revenue + value(item, "revenue"), cost + value(item, "cost")));
    let margin = revenue - cost;
    let percentage = if revenue == 0.0 { 0.0 } else { margin * 100.0 / revenue };
    json!({"revenue": cents(revenue), "cost": cents(cost), "margin": cents(margin), "percentage": cents(percentage)})
}
