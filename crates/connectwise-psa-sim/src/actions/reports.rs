//! Reports: rows and columns made of the records of a list. Everything about them is in snake case, unlike the rest.

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

/// Name, list and type of the reports there are. facts: a tenant has many more.
const REPORTS: &[(&str, &str, &str)] = &[
    ("Company", "company/companies", "Company"),
    ("Configuration", "company/configurations", "CompanyConfiguration"),
    ("Contact", "company/contacts", "Contact"),
    ("Invoice", "finance/invoices", "Invoice"),
    ("Member", "system/members", "Member"),
    ("Service", "service/tickets", "Ticket"),
    ("Time", "time/entries", "TimeEntry"),
];

/// A column: its name, its kind in words, and the value it shows of a record.
struct Column {
    name: String,
    kind: &'static str,
    path: Path,
}

pub(super) fn list(_: &mut RequestContext<'_>, _: &Route, _: &Request) -> ActionResult {
    Ok(Response::ok(&REPORTS.iter().map(|(name, ..)| json!({ "name": name })).collect()))
}

fn named(route: &Route) -> Result<(&'static str, &'static str), ApiError> {
    let name = route.value("reportName").unwrap_or_default();
    let found = REPORTS.iter().find(|(report, ..)| report.eq_ignore_ascii_case(name));
    found.map(|(_, list, type_name)| (*list, *type_name)).ok_or_else(|| ApiError::not_found("Report", name))
}

/// The single values of the records, and the names of what they refer to.
fn all_columns(type_name: &str) -> Vec<Column> {
    let members = type_of(type_name).into_iter().flat_map(|schema| &schema.fields);
    let column = |(name, member): (&String, &crate::schema::Field)| {
        let name = name.as_str();
        let kind = match member.field_type {
            FieldType::String | FieldType::Enumeration(_) | FieldType::Reference(_) => "Text",
            FieldType::Integer | FieldType::Number => "Numeric",
            FieldType::Boolean => "Boolean",
            FieldType::Date | FieldType::DateTime => "DateTime",
            FieldType::Object(_) | FieldType::List(_) | FieldType::Any => return None,
        };
        let path = match &member.field_type {
            // What references are called by differs.
            FieldType::Reference(reference)
                if type_of(reference).is_some_and(|schema| !schema.fields.contains_key("name")) =>
            {
                Path::new([name, "identifier"])
            }
            FieldType::Reference(_) => Path::new([name, "name"]),
            _ => Path::new([name]),
        };
        Some(Column { name: snake(name), kind, path })
    };
    members.filter_map(column).collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

/// facts: chosen by `columns`, not by `fields`.
fn chosen(type_name: &str, request: &Request) -> Vec<Column> {
    let all = all_columns(type_name);
    match request.parameter("columns").filter(|names| !names.trim().is_empty()) {
        None => all,
        Some(names) => {
            let names: Vec<_> = names.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
            all.into_iter().filter(|column| names.contains(&column.name)).collect()
        }
    }
}

/// facts: each definition is an object with one member, the column's name.
fn definitions(columns: &[Column]) -> Vec<Value> {
    let definition = |column: &Column| {
        let is_id = column.name == "id";
        let schema = json!({"type": column.kind, "isNullable": !is_id, "identityColumn": is_id});
        Value::Object(Map::from_iter([(column.name.clone(), schema)]))
    };
    columns.iter().map(definition).collect()
}

/// What conditions and orders ask for: their names are taken to be those of the columns.
fn list_request_of(request: &Request, type_name: &str) -> Result<ListRequest, ApiError> {
    let all = all_columns(type_name);
    ListRequest::from_rows(request, &|name| {
        all.iter().find(|column| column.name.eq_ignore_ascii_case(name)).map(|column| column.path.clone())
    })
}

pub(super) fn rows(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, type_name) = named(route)?;
    let columns = chosen(type_name, request);
    let list_request = list_request_of(request, type_name)?;
    let RouteMatch::Route(of_list) = router::find(&Method::GET, &format!("/{list}")) else {
        return Err(ApiError::no_endpoint());
    };
    let link = crate::records::list::LinkBase { url: format!("{}/{}", ctx.link_base, route.path()), request };
    let page = list_request.page(ctx.state.records.collection(&of_list.list_key()), &None);
    let cell = |record: &Node<'_>, column: &Column| record.find_field(&column.path).map_or(Value::Null, Node::value);
    let rows: Vec<Value> =
        page.records.iter().map(|record| columns.iter().map(|column| cell(record, column)).collect()).collect();
    let response = Response::ok(&json!({"column_definitions": definitions(&columns), "row_values": rows}));
    Ok(match page.link(&link) {
        Some(link) => response.with_header("link", &link),
        None => response,
    })
}

pub(super) fn columns(_: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, type_name) = named(route)?;
    Ok(Response::ok(&Value::Array(definitions(&chosen(type_name, request)))))
}

pub(super) fn count(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, type_name) = named(route)?;
    let list_request = list_request_of(request, type_name)?;
    Ok(Response::ok(&json!({"count": list_request.count(ctx.state.records.collection(list), &None)})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_is_of_a_list_and_its_type() {
        for (name, list, type_name) in REPORTS {
            let RouteMatch::Route(route) = router::find(&Method::GET, &format!("/{list}")) else { panic!("{name}") };
            assert_eq!(route.operation.response, connectwise_psa::catalogue::ResponseKind::Many(type_name), "{name}");
            let columns = all_columns(type_name);
            let mut names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), columns.len(), "{name}: no name twice");
        }
        assert_eq!(snake("budgetHours"), "budget_hours");
    }
}
