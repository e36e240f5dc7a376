//! What a caller must know about an operation: parameters, rights, schemas, examples and the guide.

use connectwise_psa::catalogue::{self, Guide, Operation, ResponseKind};
use connectwise_psa::check::rights;
use connectwise_psa::schemas;
use serde::Serialize;
use serde_json::Value;

use crate::operations::example::{self, Examples};
use crate::operations::fields::Body;
use crate::operations::{id, parameters};

/// The description of an operation, for people and for agents.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Description {
    /// Our id: `service.list_tickets`.
    pub(crate) id: String,
    pub(crate) vendor_id: &'static str,
    /// The keys of the actions that call it: `list-service-tickets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) actions: Vec<&'static str>,
    /// What it does, in one sentence.
    pub(crate) title: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// When to use it, and what surprises, as Markdown. Empty for operations that need no explanation.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) about: &'static str,
    /// The JSON Schema of the parameters, one property for each.
    pub(crate) parameters: Value,
    /// The rights of the security role that it may need: `Service Desk > Service Tickets (Inquire)`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rights: Vec<String>,
    /// The JSON Schema of the body of a request, if there is one.
    pub(crate) input_schema: Option<Value>,
    /// The JSON Schema of the result of [`call`](crate::commands::call), if it is JSON.
    pub(crate) output_schema: Option<Value>,
    /// The ids of operations on the same records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) related: Vec<String>,
    pub(crate) examples: Examples,
    /// The name of the guide to its records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guide: Option<&'static str>,
    /// The fields of the body. For programs, the input schema has them.
    #[serde(skip)]
    pub(crate) body: Option<Body>,
    #[serde(skip)]
    pub(crate) operation: &'static Operation,
}

impl Description {
    /// Describes an operation.
    pub(crate) fn of(operation: &'static Operation) -> Self {
        Self {
            id: id::name(operation),
            vendor_id: operation.vendor_id,
            actions: actions(operation),
            title: catalogue::summary(operation),
            method: operation.method.as_str(),
            path: operation.path,
            about: catalogue::about(operation),
            parameters: parameters::schema(operation),
            rights: rights(operation.method.as_str(), operation.path).iter().map(ToString::to_string).collect(),
            input_schema: input_schema(operation),
            output_schema: schemas::for_response(operation),
            related: related(operation),
            examples: example::examples(operation),
            guide: catalogue::guide(operation).map(|guide| guide.name),
            body: Body::of(operation),
            operation,
        }
    }

    /// Returns the guide to the records of the operation.
    pub(crate) fn guide(&self) -> Option<Guide> {
        catalogue::guide(self.operation)
    }

    /// Returns what the operation returns, for people.
    pub(crate) fn response(&self) -> String {
        match self.operation.response {
            ResponseKind::One(name) => format!("an object of the type {name}"),
            ResponseKind::Many(name) => format!("an array of {name}"),
            ResponseKind::Bytes(media_type) => format!("a file ({media_type})"),
            ResponseKind::None => "nothing".to_owned(),
            _ => "JSON that the OpenAPI document does not describe".to_owned(),
        }
    }
}

/// Returns the schema of the body. A new record has the required fields of the OpenAPI document.
fn input_schema(operation: &Operation) -> Option<Value> {
    let mut schema = schemas::for_body(operation)?;
    if operation.method.as_str() == "POST"
        && let Some(required) = schema.get("x-required-on-create").cloned()
        && let Some(members) = schema.as_object_mut()
    {
        members.insert("required".to_owned(), required);
    }
    Some(schema)
}

/// Returns the keys of the actions that call an operation.
fn actions(operation: &Operation) -> Vec<&'static str> {
    let calls_it = |action: &catalogue::Action| action.section == operation.section && action.id == operation.id;
    catalogue::actions().filter(calls_it).map(|action| action.key).collect()
}

/// Returns the other operations on the same records: those at the same path, and those that the catalogue relates.
fn related(operation: &'static Operation) -> Vec<String> {
    let known = [operation.related.count, operation.related.search, operation.related.update];
    let collection = operation.path.trim_end_matches("/{id}");
    let neighbours = catalogue::all()
        .filter(|other| other.section == operation.section && other.path.trim_end_matches("/{id}") == collection);
    let mut names = Vec::new();
    for other in known.into_iter().flatten().chain(neighbours).filter(|other| *other != operation) {
        let name = id::name(other);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::id::find;

    #[test]
    fn a_description_has_all_parts() {
        let description = Description::of(find("service.create_ticket").unwrap());
        assert_eq!(description.actions, ["create-service-ticket"]);
        assert_eq!(description.rights[0], "Service Desk > Service Tickets (Add)");
        assert_eq!(description.guide, Some("tickets"));
        assert!(description.related.contains(&"service.list_tickets".to_owned()), "{:?}", description.related);
        assert!(description.about.contains("initialDescription"));
        let json = serde_json::to_value(&description).unwrap();
        assert_eq!(json["inputSchema"]["required"], serde_json::json!(["summary", "company"]));
        assert_eq!(json["outputSchema"].get("required"), None);
        assert_eq!(json.get("body"), None);
    }

    #[test]
    fn each_operation_can_be_described() {
        for operation in catalogue::all().step_by(25) {
            let description = Description::of(operation);
            assert!(!description.title.is_empty() && !description.examples.cwpsa.is_empty(), "{operation}");
        }
    }
}
