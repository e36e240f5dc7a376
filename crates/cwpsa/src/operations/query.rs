//! Checks of conditions, orders and field lists against the records of an operation.

use connectwise_psa::ListQuery;
use connectwise_psa::catalogue::Operation;
use connectwise_psa::schemas;
use serde_json::{Map, Value};

/// Returns what is wrong with the texts of the list parameters, with the suggestion of the client.
pub(crate) fn problems(operation: &Operation, given: &Map<String, Value>) -> Vec<String> {
    let text = |name: &str| given.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let mut query = ListQuery::new();
    if let Some(text) = text("conditions") {
        query = query.conditions(text);
    }
    if let Some(text) = text("childConditions") {
        query = query.child_conditions(text);
    }
    if let Some(text) = text("customFieldConditions") {
        query = query.custom_field_conditions(text);
    }
    if let Some(text) = text("orderBy") {
        query = query.order_by(text);
    }
    if let Some(text) = text("fields") {
        query = query.fields(text);
    }
    let Err(error) = schemas::check(operation, &query) else { return Vec::new() };
    let problems = error.findings().iter().map(|finding| {
        let hint = finding.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
        format!("{}: {}{hint}", finding.parameter, finding.message)
    });
    problems.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operations::id::find;

    #[test]
    fn texts_are_checked_against_the_records() {
        for (id, given, expected) in [
            (
                "service.list_tickets",
                json!({"conditions": "boardId = 1"}),
                "conditions: `Ticket` has no field `boardId`: write board/id=1",
            ),
            ("service.count_tickets", json!({"conditions": "bord/id = 1"}), "conditions: `Ticket` has no field `bord`"),
            ("service.list_tickets", json!({"orderBy": "sumary desc"}), "orderBy: `Ticket` has no field `sumary`"),
            ("service.get_ticket", json!({"id": 5, "fields": "id,sumary"}), "fields: `Ticket` has no field `sumary`"),
            ("company.list_contacts", json!({"conditions": "type/id=2"}), "conditions: "),
        ] {
            let found = problems(find(id).unwrap(), given.as_object().unwrap());
            assert!(found.len() == 1 && found[0].starts_with(expected), "{id} {given}: {found:?}");
        }
        let right =
            json!({"conditions": "board/id=1 and closedFlag=false", "orderBy": "id desc", "fields": "id,board/name"});
        assert_eq!(problems(find("service.list_tickets").unwrap(), right.as_object().unwrap()), [""; 0]);
    }
}
