//! The parameters of operations: their meaning, and checks of their values.

use connectwise_psa::catalogue::{Operation, Parameter, ParameterKind, ParameterLocation, QueryKind};
use serde_json::{Map, Value, json};

use crate::operations::id::nearest;

/// A parameter that lists and similar operations accept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListParameter {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    type_name: &'static str,
}

/// All list parameters. Counts accept the first three, and operations that return one record accept `fields`.
const LIST_PARAMETERS: [ListParameter; 8] = [
    ListParameter {
        name: "conditions",
        meaning: "which records: board/name=\"Help Desk\" and closedFlag=false",
        type_name: "string",
    },
    ListParameter {
        name: "childConditions",
        meaning: "conditions on fields that are lists: types/name=\"Client\"",
        type_name: "string",
    },
    ListParameter {
        name: "customFieldConditions",
        meaning: "conditions on custom fields: caption=\"Colour\" and value=\"red\"",
        type_name: "string",
    },
    ListParameter { name: "orderBy", meaning: "the order: dateEntered desc", type_name: "string" },
    ListParameter { name: "fields", meaning: "the fields to return: id,summary,board/name", type_name: "string" },
    ListParameter { name: "page", meaning: "the number of the page, from 1", type_name: "integer" },
    ListParameter { name: "pageSize", meaning: "the records in a page, at most 1000", type_name: "integer" },
    ListParameter {
        name: "pageId",
        meaning: "the id after which the page starts; cannot be combined with orderBy",
        type_name: "integer",
    },
];

/// Returns the list parameters that an operation accepts.
pub(crate) fn list_parameters(operation: &Operation) -> impl Iterator<Item = ListParameter> + use<'_> {
    let accepts = |name: &str| match operation.query {
        QueryKind::List => true,
        QueryKind::Count(_) => ["conditions", "childConditions", "customFieldConditions"].contains(&name),
        QueryKind::Fields => name == "fields",
        _ => false,
    };
    LIST_PARAMETERS
        .into_iter()
        .filter(move |parameter| accepts(parameter.name) && !operation.without.contains(&parameter.name))
}

/// Returns what a parameter of the path or the query means.
pub(crate) fn meaning(operation: &Operation, parameter: &Parameter) -> String {
    let kind = match parameter.kind {
        ParameterKind::Enumeration(name) => {
            let known = connectwise_psa::schemas::get(name);
            let values = known.as_ref().and_then(|schema| schema.get("examples")).and_then(Value::as_array);
            let values: Vec<_> = values.into_iter().flatten().filter_map(Value::as_str).collect();
            if values.is_empty() { name.to_owned() } else { format!("one of {}", values.join(", ")) }
        }
        ParameterKind::Object(name) => format!("an object: the fields of {name}"),
        _ => String::new(),
    };
    if parameter.location != ParameterLocation::Path {
        return kind;
    }
    // The segment before the parameter names the collection: `/service/tickets/{parentId}/notes`.
    let placeholder = format!("/{{{}}}", parameter.name);
    match operation.path.split_once(&placeholder) {
        Some((before, _)) if kind.is_empty() => format!("which record of {before}"),
        _ => kind,
    }
}

/// Returns the name of a parameter's type in a JSON Schema.
pub(crate) fn type_name(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::Integer => "integer",
        ParameterKind::Number => "number",
        ParameterKind::Boolean => "boolean",
        ParameterKind::Object(_) => "object",
        _ => "string",
    }
}

/// Returns the JSON Schema of all parameters, one property for each.
pub(crate) fn schema(operation: &Operation) -> Value {
    let mut properties = Map::new();
    for parameter in operation.parameters {
        let mut property = json!({"type": type_name(parameter.kind)});
        let meaning = meaning(operation, parameter);
        if let (Some(property), false) = (property.as_object_mut(), meaning.is_empty()) {
            property.insert("description".to_owned(), meaning.into());
        }
        properties.insert(parameter.name.to_owned(), property);
    }
    for parameter in list_parameters(operation) {
        let property = json!({"type": parameter.type_name, "description": parameter.meaning});
        properties.insert(parameter.name.to_owned(), property);
    }
    let required: Vec<_> =
        operation.parameters.iter().filter(|parameter| parameter.required).map(|parameter| parameter.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Returns what is wrong with the parameters, except with the text of conditions, orders and field lists.
pub(crate) fn problems(operation: &Operation, given: &Map<String, Value>) -> Vec<String> {
    let mut problems: Vec<String> = given.iter().filter_map(|(name, value)| problem(operation, name, value)).collect();
    // Names are accepted in any letter case.
    let is_given = |name: &str| given.iter().any(|(other, value)| other.eq_ignore_ascii_case(name) && !value.is_null());
    let missing = operation.parameters.iter().filter(|parameter| parameter.required && !is_given(parameter.name));
    problems.extend(missing.map(|parameter| format!("the parameter `{}` is missing", parameter.name)));
    problems
}

fn problem(operation: &Operation, name: &str, value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    if let Some(parameter) = operation.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name)) {
        let expected = match parameter.kind {
            ParameterKind::Integer => (!is_integer(value)).then_some("an integer, such as 5")?,
            ParameterKind::Number => (!is_number(value)).then_some("a number, such as 1.5")?,
            ParameterKind::Boolean => (!is_boolean(value)).then_some("true or false")?,
            ParameterKind::Object(_) => (!value.is_object()).then_some("an object")?,
            _ => (value.is_object() || value.is_array()).then_some("a text")?,
        };
        return Some(format!("the parameter `{name}` is {value}: write {expected}"));
    }
    if let Some(parameter) = list_parameters(operation).find(|parameter| parameter.name.eq_ignore_ascii_case(name)) {
        let is_valid = if parameter.type_name == "integer" { is_integer(value) } else { value.is_string() };
        let expected = if parameter.type_name == "integer" { "an integer, such as 5" } else { "a text" };
        return (!is_valid).then(|| format!("the parameter `{name}` is {value}: write {expected}"));
    }
    let declared = operation.parameters.iter().map(|parameter| parameter.name);
    let names: Vec<&str> = declared.chain(list_parameters(operation).map(|parameter| parameter.name)).collect();
    let fix = match (nearest(name, names.iter().copied(), 1).first(), names.is_empty()) {
        (Some(nearest), _) => format!("write `{nearest}`"),
        (None, true) => "the operation has none".to_owned(),
        (None, false) => format!("the parameters are {}", names.join(", ")),
    };
    Some(format!("there is no parameter `{name}`: {fix}"))
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_str().is_some_and(|text| text.parse::<i64>().is_ok())
}

fn is_number(value: &Value) -> bool {
    value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
}

fn is_boolean(value: &Value) -> bool {
    value.is_boolean() || matches!(value.as_str(), Some("true" | "false"))
}

#[cfg(test)]
mod tests {
    use connectwise_psa::catalogue;

    use super::*;
    use crate::operations::id::find;

    fn found(id: &str, given: &Value) -> Vec<String> {
        problems(find(id).unwrap(), given.as_object().unwrap())
    }

    #[test]
    fn each_problem_has_the_right_form() {
        for (id, given, expected) in [
            ("service.get_ticket", json!({}), "the parameter `id` is missing"),
            (
                "service.get_ticket",
                json!({"id": "five"}),
                "the parameter `id` is \"five\": write an integer, such as 5",
            ),
            ("service.get_ticket", json!({"id": 5, "feilds": "id"}), "there is no parameter `feilds`: write `fields`"),
            (
                "service.list_tickets",
                json!({"limit": 5}),
                "there is no parameter `limit`: the parameters are conditions, ",
            ),
            (
                "service.list_tickets",
                json!({"pageSize": "all"}),
                "the parameter `pageSize` is \"all\": write an integer",
            ),
            (
                "service.list_tickets",
                json!({"conditions": ["id=1"]}),
                "the parameter `conditions` is [\"id=1\"]: write a text",
            ),
            ("service.count_tickets", json!({"orderBy": "id"}), "there is no parameter `orderBy`"),
            (
                "service.create_ticket",
                json!({"summary": "A"}),
                "there is no parameter `summary`: the operation has none",
            ),
        ] {
            let found = found(id, &given);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{id} {given}: {found:?}");
        }
        for (id, given) in [
            ("service.get_ticket", json!({"id": "5", "fields": "id"})),
            ("service.list_tickets", json!({"conditions": "id=1", "pageSize": 5, "page": "2"})),
            ("company.delete_contact", json!({"id": 5})),
        ] {
            assert_eq!(found(id, &given), [""; 0], "{id} {given}");
        }
    }

    #[test]
    fn the_schema_of_each_operation_has_its_parameters() {
        for operation in catalogue::all() {
            let schema = schema(operation);
            for parameter in operation.parameters {
                assert!(schema["properties"].get(parameter.name).is_some(), "{operation}");
            }
        }
        let notes = schema(find("service.list_ticket_notes").unwrap());
        assert_eq!(
            notes["properties"]["parentId"],
            json!({"type": "integer", "description": "which record of /service/tickets"})
        );
        assert_eq!(notes["required"], json!(["parentId"]));
    }
}
