//! Resolves the names of references through the server's lists, each list in the scope of the record: a status within
//! the board that the ticket has after the change.

use std::collections::HashMap;

use connectwise_psa::catalogue::{Operation, ParameterLocation, ResponseKind};
use connectwise_psa::conditions::{Literal, Operator};
use connectwise_psa::{Condition, Psa};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::calls::Input;
use crate::error::CommandError;
use crate::records::exact;
use crate::records::filters::comparison;
use crate::records::names::{self, Candidate};
use crate::records::owners::{Owners, owners};
use crate::records::property::{Properties, ValueType};
use crate::records::references::{PERSON, Parent, ReferenceType};

/// The most records with a name, and the most of all, that are read to choose or to suggest one.
const MAX_NAMED: u64 = 100;
const MAX_SUGGESTED: u64 = 1_000;

/// The fields that others depend on, in the order in which they are resolved.
const FIRST: [&str; 5] = ["company", "billToCompany", "shipToCompany", "board", "project"];

/// Resolves names, and remembers them for further records.
pub(crate) struct Resolver<'a> {
    /// `None` for a dry run, which sends nothing.
    psa: Option<&'a Psa>,
    resolved: HashMap<(&'static str, &'static str, Option<i64>, String), i64>,
}

/// A list in the scope of a record.
struct Scope {
    reference_type: &'static ReferenceType,
    list: &'static Operation,
    parent: Option<i64>,
}

impl<'a> Resolver<'a> {
    /// Creates a resolver. Without a client, a name is an error.
    pub(crate) fn new(psa: Option<&'a Psa>) -> Self {
        Self { psa, resolved: HashMap::new() }
    }

    /// Replaces the names in the fields of a record by references with ids. `current` is the record as it is, if it exists
    /// and was read.
    pub(crate) async fn resolve(
        &mut self,
        properties: &Properties,
        values: &mut Map<String, Value>,
        current: Option<&Value>,
    ) -> Result<(), CommandError> {
        for field in in_order(values) {
            let Some(Value::String(name)) = values.get(&field) else { continue };
            let (ValueType::Reference(schema), name) = (properties.find(&field)?.1, name.clone()) else { continue };
            if self.psa.is_none() {
                return Err(CommandError::usage(format!(
                    "{field}: the id of {name:?} must be read from the server, and a dry run sends nothing"
                ))
                .with_next_step(format!("give the id: {field}=5")));
            }
            let scope = self.scope(properties, &field, &schema, values, current).await?;
            let id = self.id(&field, &name, &scope).await?;
            values.insert(field, json!({ "id": id }));
        }
        Ok(())
    }

    /// Returns the list of a field's records.
    async fn scope(
        &mut self,
        properties: &Properties,
        field: &str,
        schema: &str,
        values: &Map<String, Value>,
        current: Option<&Value>,
    ) -> Result<Scope, CommandError> {
        let Some(reference_type) = ReferenceType::of(schema) else {
            return Err(CommandError::usage(format!("{field}: it cannot be found by name; give its id: {field}=5")));
        };
        let (Parent::Path(parent) | Parent::Field(parent)) = reference_type.parent else {
            return Ok(Scope { reference_type, list: reference_type.list()?, parent: None });
        };
        let mut id = None;
        match owners(properties, field, parent) {
            Owners::Record => {
                id = current.and_then(|current| current.get("id")).and_then(Value::as_i64);
                if id.is_none() {
                    return Err(CommandError::usage(format!("{field}: a new {parent} has no records of its own yet"))
                        .with_next_step(format!("create the {parent} first, and set {field} with an update")));
                }
            }
            Owners::Fields(fields) => {
                for owner in fields {
                    let given = values.get(&owner).or_else(|| current.and_then(|current| current.get(&owner)));
                    if let (None, Some(reference)) = (id, given) {
                        id = self.parent_id(properties, &owner, reference).await?;
                    }
                }
            }
        }
        if id.is_none() && matches!(reference_type.parent, Parent::Path(_)) {
            return Err(CommandError::usage(format!(
                "{field}: its names differ for each {parent}, and the record has no {parent}"
            ))
            .with_next_step(format!("set the {parent} too, or give the id: {field}=5")));
        }
        Ok(Scope { reference_type, list: reference_type.list()?, parent: id })
    }

    /// Returns the id of a reference that others depend on, which can have an identifier or a name instead.
    async fn parent_id(
        &mut self,
        properties: &Properties,
        field: &str,
        reference: &Value,
    ) -> Result<Option<i64>, CommandError> {
        if let Some(id) = reference.get("id").and_then(Value::as_i64) {
            return Ok(Some(id));
        }
        let name = ["identifier", "name"].iter().find_map(|key| reference.get(key).and_then(Value::as_str));
        let ValueType::Reference(schema) = properties.find(field)?.1 else { return Ok(None) };
        let (Some(name), Some(reference_type)) = (name, ReferenceType::of(&schema)) else { return Ok(None) };
        let scope = Scope { reference_type, list: reference_type.list()?, parent: None };
        self.id(field, name, &scope).await.map(Some)
    }

    /// Returns the id of the record with a name.
    async fn id(&mut self, field: &str, name: &str, scope: &Scope) -> Result<i64, CommandError> {
        let key = (scope.list.section, scope.list.id, scope.parent, name.to_lowercase());
        if let Some(id) = self.resolved.get(&key) {
            return Ok(*id);
        }
        let Some(psa) = self.psa else {
            return Err(CommandError::usage(format!("{field}: the id of {name:?} must be read from the server")));
        };
        let named = read(psa, scope, named(scope, name, Operator::Equal)?, MAX_NAMED).await?;
        if let Some(id) = names::choose(field, name, &named)? {
            self.resolved.insert(key, id);
            return Ok(id);
        }
        let mut similar = read(psa, scope, named_part(scope, name)?, MAX_NAMED).await?;
        if similar.is_empty() {
            similar = read(psa, scope, None, MAX_SUGGESTED).await?;
        }
        Err(names::unknown(field, name, &similar))
    }
}

/// Returns the names of the fields, those that others depend on first.
fn in_order(values: &Map<String, Value>) -> Vec<String> {
    let position = |field: &String| FIRST.iter().position(|first| first == field).unwrap_or(FIRST.len());
    let mut fields: Vec<String> = values.keys().cloned().collect();
    fields.sort_by_key(position);
    fields
}

/// Returns whether the record must be read to resolve the names: a name depends on a field that is not given.
pub(crate) fn needs_record(properties: &Properties, values: &Map<String, Value>) -> Result<bool, CommandError> {
    for (field, _) in values.iter().filter(|(_, value)| value.is_string()) {
        let ValueType::Reference(schema) = properties.find(field)?.1 else { continue };
        if let Some(Parent::Path(parent) | Parent::Field(parent)) = ReferenceType::of(&schema).map(|found| found.parent)
        {
            let is_given = match owners(properties, field, parent) {
                Owners::Record => false,
                Owners::Fields(fields) => fields.first().is_some_and(|owner| values.contains_key(owner)),
            };
            if !is_given {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Returns the condition for records with a name.
fn named(scope: &Scope, name: &str, operator: Operator) -> Result<Option<Condition>, CommandError> {
    let text = |text: &str| {
        Literal::text(text).map_err(|error| CommandError::usage(format!("{name:?}: {error}; give the id instead")))
    };
    let mut conditions = Vec::new();
    for field in scope.reference_type.names {
        if *field != PERSON {
            conditions.push(comparison(field, operator, text(name)?)?);
            continue;
        }
        for (first, last) in splits(name) {
            let parts = [("firstName", first), ("lastName", last)];
            let parts = parts.into_iter().filter(|(_, part)| !part.is_empty());
            let parts: Result<Vec<Condition>, CommandError> =
                parts.map(|(field, part)| comparison(field, operator, text(part)?)).collect();
            conditions.extend(Condition::all(parts?));
        }
    }
    Ok(Condition::any(conditions))
}

/// Returns the condition for records whose name contains a text.
fn named_part(scope: &Scope, name: &str) -> Result<Option<Condition>, CommandError> {
    named(scope, name, Operator::Contains)
}

/// Returns the first and the last names that a name can have.
fn splits(name: &str) -> Vec<(&str, &str)> {
    let name = name.trim();
    let mut splits: Vec<(&str, &str)> = name
        .match_indices(' ')
        .map(|(at, _)| (name.get(..at).unwrap_or(""), name.get(at..).unwrap_or("").trim()))
        .collect();
    splits.extend([(name, ""), ("", name)]);
    splits
}

/// Reads records of a list.
async fn read(
    psa: &Psa,
    scope: &Scope,
    condition: Option<Condition>,
    limit: u64,
) -> Result<Vec<Candidate>, CommandError> {
    let mut conditions: Vec<Condition> = condition.into_iter().collect();
    let mut parameters = Map::new();
    if let (Some(parent), of) = (scope.parent, scope.reference_type.parent) {
        match of {
            Parent::Path(_) => {
                let path =
                    scope.list.parameters.iter().filter(|parameter| parameter.location == ParameterLocation::Path);
                parameters.extend(path.map(|parameter| (parameter.name.to_owned(), Value::from(parent))));
            }
            Parent::Field(field) => {
                conditions.push(comparison(&format!("{field}/id"), Operator::Equal, Literal::integer(parent))?);
            }
            Parent::None => {}
        }
    }
    if let Some(condition) = Condition::all(conditions) {
        parameters.insert("conditions".to_owned(), condition.to_string().into());
    }
    parameters.insert("fields".to_owned(), fields(scope).into());
    parameters.insert("pageSize".to_owned(), limit.into());
    let input = Input { parameters, body: None };
    let page = input.request(psa, scope.list).list_as::<Box<RawValue>>().page(1).await?;
    let records: Result<Vec<Value>, CommandError> = page.items.iter().map(|record| exact::value(record)).collect();
    Ok(records?.iter().filter_map(|record| Candidate::of(record, scope.reference_type.names)).collect())
}

/// Returns the fields of a list that a choice needs.
fn fields(scope: &Scope) -> String {
    let mut fields = vec!["id"];
    fields.extend(scope.reference_type.names.iter().flat_map(|names| names.split(' ')));
    if let ResponseKind::Many(name) = scope.list.response {
        let known: Vec<&str> =
            connectwise_psa::schemas::schema(name).iter().flat_map(|schema| schema.fields()).collect();
        fields.extend(["inactiveFlag", "inactive", "deletedFlag"].iter().filter(|field| known.contains(field)));
    }
    fields.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_at_each_space() {
        assert_eq!(
            splits("Ann van Dam"),
            [("Ann", "van Dam"), ("Ann van", "Dam"), ("Ann van Dam", ""), ("", "Ann van Dam")]
        );
        assert_eq!(splits("Ann"), [("Ann", ""), ("", "Ann")]);
    }

    #[test]
    fn the_record_is_read_only_for_names_that_depend_on_it() {
        let ticket = Properties::of("Ticket");
        for (values, expected) in [
            (json!({"status": "New"}), true),
            (json!({"status": {"id": 5}}), false),
            (json!({"status": "New", "board": "Help Desk"}), false),
            (json!({"priority": "High", "summary": "x"}), false),
            (json!({"contact": "Ann Lee"}), true),
        ] {
            assert_eq!(needs_record(&ticket, values.as_object().unwrap()).unwrap(), expected, "{values}");
        }
    }

    #[test]
    fn parents_are_resolved_first() {
        let values = json!({"status": "New", "board": "B", "company": "C", "agreement": "A"});
        assert_eq!(in_order(values.as_object().unwrap()), ["company", "board", "agreement", "status"]);
    }
}
