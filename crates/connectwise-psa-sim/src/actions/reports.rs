//! Reports: the records of a list as rows and columns. Unlike the fields of the rest of the API, columns have names in
//! snake case.

use http::Method;
use serde_json::{Map, Value, json};

use super::ActionResult;
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::records::list::ListRequest;
use crate::router::{self, Route, RouteMatch};
use crate::schema::{FieldType, type_of};
use crate::server_state::RequestContext;
use crate::store::record::{Node, Path, RecordNode as _};

/// Name, list and record type of the simulated reports. Observed on live servers: a tenant has many more.
const REPORTS: &[(&str, &str, &str)] = &[
    ("Company", "company/companies", "Company"),
    ("Configuration", "company/configurations", "CompanyConfiguration"),
    // The ids of the screens that hosted pages can be added to.
    ("ConnectWiseHostedApiScreen", "system/connectwisehostedscreens", "ConnectWiseHostedScreen"),
    ("Contact", "company/contacts", "Contact"),
    ("Invoice", "finance/invoices", "Invoice"),
    ("Member", "system/members", "Member"),
    ("Service", "service/tickets", "Ticket"),
    ("Time", "time/entries", "TimeEntry"),
];

/// A column: its name, its data type as the response names it, and the path of its value in a record.
struct Column {
    name: String,
    data_type: &'static str,
    path: Path,
}

pub(super) fn list(_: &mut RequestContext<'_>, _: &Route, _: &Request) -> ActionResult {
    Ok(Response::ok(&REPORTS.iter().map(|(name, ..)| json!({ "name": name })).collect()))
}

fn list_and_type(route: &Route) -> Result<(&'static str, &'static str), ApiError> {
    let name = route.value("reportName").unwrap_or_default();
    let found = REPORTS.iter().find(|(report, ..)| report.eq_ignore_ascii_case(name));
    found.map(|(_, list, type_name)| (*list, *type_name)).ok_or_else(|| ApiError::not_found("Report", name))
}

/// Returns a column for each simple value of the records, and one for the name of each reference.
fn all_columns(type_name: &str) -> Vec<Column> {
    let fields = type_of(type_name).into_iter().flat_map(|schema| &schema.fields);
    let column = |(name, field): (&String, &crate::schema::Field)| {
        let name = name.as_str();
        let data_type = match field.field_type {
            FieldType::String | FieldType::Enumeration(_) | FieldType::Reference(_) => "Text",
            FieldType::Integer | FieldType::Number => "Numeric",
            FieldType::Boolean => "Boolean",
            FieldType::Date | FieldType::DateTime => "DateTime",
            FieldType::Object(_) | FieldType::List(_) | FieldType::Any => return None,
        };
        let path = match &field.field_type {
            // Some references have an `identifier` instead of a `name`.
            FieldType::Reference(reference)
                if type_of(reference).is_some_and(|schema| !schema.fields.contains_key("name")) =>
            {
                Path::new([name, "identifier"])
            }
            FieldType::Reference(_) => Path::new([name, "name"]),
            _ => Path::new([name]),
        };
        Some(Column { name: snake_case(name), data_type, path })
    };
    fields.filter_map(column).collect()
}

fn snake_case(name: &str) -> String {
    let mut converted = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !converted.is_empty() {
            converted.push('_');
        }
        converted.extend(character.to_lowercase());
    }
    converted
}

/// Returns the columns that the request selects. Observed on live servers: the parameter is `columns`, not `fields`.
fn selected_columns(type_name: &str, request: &Request) -> Vec<Column> {
    let all = all_columns(type_name);
    match request.parameter("columns").filter(|names| !names.trim().is_empty()) {
        None => all,
        Some(names) => {
            let names: Vec<_> = names.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
            all.into_iter().filter(|column| names.contains(&column.name)).collect()
        }
    }
}

/// Observed on live servers: each definition is an object with one field, the column's name.
fn definitions(columns: &[Column]) -> Vec<Value> {
    let definition = |column: &Column| {
        let is_id = column.name == "id";
        let schema = json!({"type": column.data_type, "isNullable": !is_id, "identityColumn": is_id});
        Value::Object(Map::from_iter([(column.name.clone(), schema)]))
    };
    columns.iter().map(definition).collect()
}

/// Reads the conditions and the order of a request. Their names are column names.
fn list_request_of(request: &Request, type_name: &str) -> Result<ListRequest, ApiError> {
    let all = all_columns(type_name);
    ListRequest::from_report_query(request, &|name| {
        all.iter().find(|column| column.name.eq_ignore_ascii_case(name)).map(|column| column.path.clone())
    })
}

pub(super) fn rows(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, type_name) = list_and_type(route)?;
    let columns = selected_columns(type_name, request);
    let list_request = list_request_of(request, type_name)?;
    let RouteMatch::Route(list_route) = router::find(&Method::GET, &format!("/{list}")) else {
        return Err(ApiError::no_endpoint());
    };
    let page = list_request.page(&ctx.state.records, &list_route.list_key(), &None)?;
    let cell = |record: &Node<'_>, column: &Column| record.find_field(&column.path).map_or(Value::Null, Node::value);
    let rows: Vec<Value> =
        page.records.iter().map(|record| columns.iter().map(|column| cell(record, column)).collect()).collect();
    let response = Response::ok(&json!({"column_definitions": definitions(&columns), "row_values": rows}));
    Ok(match page.link(request) {
        Some(link) => response.with_header("link", &link),
        None => response,
    })
}

pub(super) fn columns(_: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, type_name) = list_and_type(route)?;
    Ok(Response::ok(&Value::Array(definitions(&selected_columns(type_name, request)))))
}

pub(super) fn count(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, type_name) = list_and_type(route)?;
    let list_request = list_request_of(request, type_name)?;
    Ok(Response::ok(&json!({"count": list_request.count(&ctx.state.records, list, &None)?})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_names_a_list_and_its_record_type_and_has_unique_columns() {
        for (name, list, type_name) in REPORTS {
            let RouteMatch::Route(route) = router::find(&Method::GET, &format!("/{list}")) else { panic!("{name}") };
            assert_eq!(route.operation.response, connectwise_psa::catalogue::ResponseKind::Many(type_name), "{name}");
            let columns = all_columns(type_name);
            let mut names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), columns.len(), "{name}: column names are unique");
        }
    }

    #[test]
    fn column_names_are_in_snake_case() {
        assert_eq!(snake_case("budgetHours"), "budget_hours");
    }
}
