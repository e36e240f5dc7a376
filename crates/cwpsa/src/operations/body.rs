//! Checks of the JSON body of a request against the type of the body.

use connectwise_psa::catalogue::{BodyEncoding, BodySpec, Operation, ResponseKind};
use connectwise_psa::schemas;
use serde_json::{Map, Value, json};

use crate::operations::patch;
use crate::operations::value_type::{self, Types};

/// Returns what is wrong with the body.
pub(crate) fn problems(operation: &Operation, body: Option<&Value>) -> Vec<String> {
    match (&operation.body, body) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec!["the operation takes no body".to_owned()],
        (Some(spec), _) if spec.encoding != BodyEncoding::Json => Vec::new(),
        (Some(spec), None) if spec.required => vec![format!("the body is missing: {}", expected(spec))],
        (Some(_), None) => Vec::new(),
        (Some(spec), Some(body)) => json_problems(operation, spec, body),
    }
}

fn json_problems(operation: &Operation, spec: &BodySpec, body: &Value) -> Vec<String> {
    if spec.type_name == "PatchOperation" {
        return patch::problems(operation, body);
    }
    let Some(schema) = schemas::get(spec.type_name) else { return Vec::new() };
    let types = Types::new(spec.type_name, &schema);
    let is_create = creates(operation, spec);
    if !spec.many {
        return record_problems(&types, &schema, body, is_create, "");
    }
    let Some(items) = body.as_array() else {
        return vec![format!("the body is {}: write {}", value_type::name(body), expected(spec))];
    };
    let of_item =
        |(index, item): (usize, &Value)| record_problems(&types, &schema, item, is_create, &format!("[{index}]"));
    items.iter().enumerate().flat_map(of_item).collect()
}

/// Returns whether the operation creates records of the type of its body.
fn creates(operation: &Operation, spec: &BodySpec) -> bool {
    operation.method.as_str() == "POST"
        && matches!(operation.response, ResponseKind::One(name) if name == spec.type_name)
}

/// Returns the form of a body for a message.
fn expected(spec: &BodySpec) -> String {
    match (spec.many, spec.type_name) {
        (_, "PatchOperation") => format!("an array of operations, {}", patch::example()),
        (true, name) => format!("an array of objects of the type {name}"),
        (false, "") => "JSON".to_owned(),
        (false, name) => format!("an object of the type {name}"),
    }
}

/// Checks one record and what it contains. `path` is its position in the body, empty for the body itself.
fn record_problems(types: &Types<'_>, schema: &Value, body: &Value, is_create: bool, path: &str) -> Vec<String> {
    let mut problems = value_type::problems(types, schema, body, path);
    if let (true, Some(object)) = (is_create, body.as_object()) {
        let missing = missing(schema, object);
        if !missing.is_empty() {
            let property = |name: &str| schema.get("properties").and_then(|all| all.get(name)).unwrap_or(&Value::Null);
            let example: Map<String, Value> = missing
                .iter()
                .map(|name| ((*name).to_owned(), value_type::example(types, property(name), name)))
                .collect();
            let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
            let subject = if path.is_empty() { String::new() } else { format!("{path}: ") };
            problems.push(format!(
                "{subject}{} is required for a new {} by the OpenAPI document: add {}",
                names.join(", "),
                types.name,
                inner(&json!(example)),
            ));
        }
    }
    problems
}

/// Returns the members that a new record must have and that an object does not have.
fn missing<'a>(schema: &'a Value, object: &Map<String, Value>) -> Vec<&'a str> {
    let required = schema.get("x-required-on-create").and_then(Value::as_array);
    let names = required.into_iter().flatten().filter_map(Value::as_str);
    names.filter(|name| object.get(*name).is_none_or(Value::is_null)).collect()
}

/// Returns the text of an object without its braces.
fn inner(object: &Value) -> String {
    let text = object.to_string();
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::id::find;

    fn found(id: &str, body: Option<&Value>) -> Vec<String> {
        problems(find(id).unwrap(), body)
    }

    #[test]
    fn each_problem_has_the_right_form() {
        let ticket = |name: &str, value: Value| {
            let mut body = json!({"summary": "A", "company": {"id": 5}});
            body[name] = value;
            body
        };
        for (id, body, expected) in [
            ("service.get_ticket", json!({}), "the operation takes no body"),
            ("service.create_ticket", json!([]), "the body is an array: write an object"),
            ("service.create_ticket", ticket("sumary", json!("A")), "`Ticket` has no member `sumary`: write `summary`"),
            ("service.create_ticket", ticket("zzz", json!("A")), "`Ticket` has no member `zzz`: remove it"),
            ("service.create_ticket", ticket("board", json!(5)), "`board` is a reference: write {\"id\":5}"),
            (
                "service.create_ticket",
                ticket("board", json!("Help Desk")),
                "`board` is a reference: write {\"name\":\"Help Desk\"}",
            ),
            (
                "service.create_ticket",
                ticket("owner", json!("ann")),
                "`owner` is a reference: write {\"identifier\":\"ann\"}",
            ),
            (
                "service.create_ticket",
                ticket("board", json!({"nam": "A"})),
                "`board` has no member `nam`: write `name`",
            ),
            ("service.create_ticket", ticket("summary", json!(5)), "`summary` is a number: write a text"),
            (
                "service.create_ticket",
                ticket("summary", json!("x".repeat(101))),
                "`summary` has 101 characters: write at most 100",
            ),
            (
                "service.create_ticket",
                ticket("closedFlag", json!("yes")),
                "`closedFlag` is a text: write true or false",
            ),
            ("service.create_ticket", ticket("severity", json!({})), "`severity` is an object: write a text"),
            ("service.create_ticket", ticket("budgetHours", json!("two")), "`budgetHours` is a text: write a number"),
            (
                "service.create_ticket",
                ticket("parentTicketId", json!(1.5)),
                "`parentTicketId` is a number: write an integer",
            ),
            (
                "service.create_ticket",
                ticket("customFields", json!({"id": 1})),
                "`customFields` is an object: write an array",
            ),
            (
                "service.create_ticket",
                ticket("customFields", json!([{"id": 1, "valu": 2}])),
                "`customFields[0]` has no member `valu`: write `value`",
            ),
            (
                "service.create_ticket",
                json!({"summary": "A"}),
                "`company` is required for a new Ticket by the OpenAPI document: add \"company\":{\"id\":1}",
            ),
            (
                "time.create_time_entry",
                json!({"timeStart": "2026-03-02T09:00:00+01:00"}),
                "`timeStart` is \"2026-03-02T09:00:00+01:00\": write it in UTC, such as 2026-01-31T12:00:00Z",
            ),
            ("postCompanyConfigurationsBulk", json!({}), "the body is an object: write an array of objects"),
        ] {
            let found = found(id, Some(&body));
            assert!(found.len() == 1 && found[0].starts_with(expected), "{id} {body}: {found:?}");
        }
        assert_eq!(found("service.create_ticket", None), ["the body is missing: an object of the type Ticket"]);
        assert_eq!(found("service.get_ticket", None), [""; 0]);
    }

    #[test]
    fn right_bodies_have_no_problems() {
        for (id, body) in [
            (
                "service.create_ticket",
                json!({"summary": "A", "company": {"identifier": "Contoso"}, "board": {"name": "Help Desk"}, "contact": null}),
            ),
            (
                "company.create_contact",
                json!({"firstName": "Ann", "typeIds": [1], "communicationItems": [{"type": {"id": 1}, "value": "a@b.c"}]}),
            ),
            (
                "time.create_time_entry",
                json!({"timeStart": "2026-03-02T09:00:00Z", "actualHours": "0.5", "chargeToId": "5"}),
            ),
        ] {
            assert_eq!(found(id, Some(&body)), [""; 0], "{id} {body}");
        }
    }
}
