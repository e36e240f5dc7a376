//! Checks `openapi/actions.csv`, which lists the actions that integration products offer. Each row has an operation, or
//! the reason why the action has none.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Api, Operation};
use crate::problem::Problems;

/// One row of `actions.csv`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Action {
    /// The category of the action: `Tickets`.
    pub category: String,
    /// The name of the action in the integration products.
    pub action: String,
    /// The HTTP method. Empty if the action has no operation.
    pub method: String,
    /// The path template. Empty if the action has no operation.
    pub path: String,
    /// The vendor's operation ID. Empty if the action has no operation.
    pub vendor_operation_id: String,
    /// The reason why the action has no operation. Empty if it has one.
    pub reason: String,
}

/// An action with its operation.
#[derive(Clone, Debug)]
pub struct Covered<'a> {
    /// The row of the table.
    pub action: Action,
    /// The operation, or `None` if the row has a reason instead.
    pub operation: Option<&'a Operation>,
}

/// All rows of the table, each with its operation in an API.
#[derive(Clone, Debug)]
pub struct Coverage<'a>(pub Vec<Covered<'a>>);

/// Reads `actions.csv`.
///
/// # Errors
/// Fails if the text is not CSV with these columns, or if a row has both an operation and a reason, or neither.
pub fn read(text: &str) -> Result<Vec<Action>, Problems> {
    const FILE: &str = "openapi/actions.csv";
    let mut problems = Problems::default();
    let mut actions = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Action>() {
        match row {
            Ok(action) if action.vendor_operation_id.is_empty() == action.reason.is_empty() => {
                problems.add(
                    FILE,
                    format!("`{}` needs either an operation or a reason", action.action),
                    "correct the row",
                );
            }
            Ok(action) => actions.push(action),
            Err(error) => problems.add(FILE, format!("the row cannot be read: {error}"), "correct the file"),
        }
    }
    problems.into_result()?;
    Ok(actions)
}

/// Finds the operation of each action by the vendor's operation ID, and compares method and path.
///
/// # Errors
/// Fails with all actions whose operation does not exist or has another method or path.
pub fn cover(actions: Vec<Action>, api: &Api) -> Result<Coverage<'_>, Problems> {
    let mut problems = Problems::default();
    let mut covered = Vec::new();
    for action in actions {
        let operation = api.operations.iter().find(|operation| operation.vendor_id == action.vendor_operation_id);
        if action.reason.is_empty() {
            match operation {
                None => problems.add(
                    &action.action,
                    format!("{} is not an operation of API version {}", action.vendor_operation_id, api.version),
                    "correct the row, or write the reason why the action has no operation",
                ),
                Some(found) if !found.method.eq_ignore_ascii_case(&action.method) || found.path != action.path => {
                    problems.add(
                        &action.action,
                        format!("the row has {} {}, the API has {}", action.method, action.path, found.label()),
                        "correct the row",
                    );
                }
                Some(_) => {}
            }
        }
        covered.push(Covered { action, operation });
    }
    problems.into_result()?;
    Ok(Coverage(covered))
}

impl fmt::Display for Coverage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Covered { action, operation } in &self.0 {
            match operation {
                Some(operation) => writeln!(
                    f,
                    "{:<28} {:<52} {}::{}",
                    action.category, action.action, operation.section, operation.name
                )?,
                None => writeln!(f, "{:<28} {:<52} no operation: {}", action.category, action.action, action.reason)?,
            }
        }
        let with = self.0.iter().filter(|covered| covered.operation.is_some()).count();
        writeln!(f, "{} actions: {with} with an operation, {} with a reason", self.0.len(), self.0.len() - with)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HEAD: &str = "category,action,method,path,vendor_operation_id,reason\n";

    fn api() -> Api {
        let psa = json!({"info": {"version": "1"}, "paths": {"/a/b/{parentId}/": {"get": {"x-section": "a", "x-name": "list_b", "x-vendor-id": "getB", "responses": {"204": {}}}}}, "components": {"schemas": {}}});
        Api::read(&psa).unwrap()
    }

    #[test]
    fn an_action_has_an_operation_or_a_reason() {
        let actions = read(&format!("{HEAD}B,List B,GET,/a/b/{{parentId}}/,getB,\nG,Generic,,,,any call")).unwrap();
        let api = api();
        let coverage = cover(actions, &api).unwrap().to_string();
        assert!(coverage.contains("a::list_b") && coverage.contains("no operation: any call"), "{coverage}");
        assert!(coverage.ends_with("2 actions: 1 with an operation, 1 with a reason\n"), "{coverage}");
    }

    #[test]
    fn all_wrong_rows_are_reported() {
        let api = api();
        let actions = read(&format!(
            "{HEAD}B,One,GET,/a/b/{{id}},getC,\nB,Two,PUT,/a/b/{{id}},getB,\nB,Three,GET,/a/c/{{id}},getB,"
        ))
        .unwrap();
        assert_eq!(cover(actions, &api).unwrap_err().0.len(), 3);
        assert!(
            read(&format!("{HEAD}B,One,GET,/a/b,,"))
                .unwrap_err()
                .to_string()
                .contains("needs either an operation or a reason")
        );
        assert!(read("a,b\n1,2").is_err());
    }
}
