//! Checks `openapi/actions.csv`, which lists the actions that integration products offer. Each row has an operation, or
//! the reason why the action has none. The catalogue of the bindings contains the table.

use std::collections::BTreeSet;
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
    /// `yes` for the actions that people use most. Otherwise empty.
    pub popular: String,
}

impl Action {
    /// Returns the name in lower case with hyphens: `list-tickets`.
    #[must_use]
    pub fn key(&self) -> String {
        let words = self.action.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
    }
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
/// Fails if the text is not CSV with these columns, if a row has both an operation and a reason, or neither, or if two
/// actions have the same key.
pub fn read(text: &str) -> Result<Vec<Action>, Problems> {
    const FILE: &str = "openapi/actions.csv";
    let mut problems = Problems::default();
    let mut actions: Vec<Action> = Vec::new();
    let mut keys = BTreeSet::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Action>() {
        match row {
            Ok(action) if action.vendor_operation_id.is_empty() == action.reason.is_empty() => {
                problems.add(
                    FILE,
                    format!("`{}` needs either an operation or a reason", action.action),
                    "correct the row",
                );
            }
            Ok(action) if format!("{}{}", action.category, action.action).contains([',', '\n']) => {
                let message = format!("`{}` has a comma or a line break in its category or name", action.action);
                problems.add(FILE, message, "write it without");
            }
            Ok(action) if !keys.insert(action.key()) => {
                let message = format!("another action has the key `{}` of `{}`", action.key(), action.action);
                problems.add(FILE, message, "give one of them another name");
            }
            Ok(action) if !["", "yes"].contains(&action.popular.as_str()) => {
                let message = format!("`popular` of `{}` is `{}`", action.action, action.popular);
                problems.add(FILE, message, "write `yes`, or nothing");
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

/// Removes the actions whose operation an API does not have.
pub fn retain_existing(actions: &mut Vec<Action>, api: &Api) {
    actions.retain(|action| cover(vec![action.clone()], api).is_ok());
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

    const HEAD: &str = "category,action,method,path,vendor_operation_id,reason,popular\n";

    fn api() -> Api {
        let psa = json!({"info": {"version": "1"}, "paths": {"/a/b/{parentId}/": {"get": {"x-section": "a", "x-name": "list_b", "x-vendor-id": "getB", "responses": {"204": {}}}}}, "components": {"schemas": {}}});
        Api::read(&psa).unwrap()
    }

    #[test]
    fn an_action_has_an_operation_or_a_reason() {
        let actions =
            read(&format!("{HEAD}B,List B,GET,/a/b/{{parentId}}/,getB,,yes\nG,Generic,,,,any call,")).unwrap();
        let api = api();
        let coverage = cover(actions, &api).unwrap().to_string();
        assert!(coverage.contains("a::list_b") && coverage.contains("no operation: any call"), "{coverage}");
        assert!(coverage.ends_with("2 actions: 1 with an operation, 1 with a reason\n"), "{coverage}");
    }

    #[test]
    fn all_wrong_rows_are_reported() {
        let api = api();
        let actions = read(&format!(
            "{HEAD}B,One,GET,/a/b/{{id}},getC,,\nB,Two,PUT,/a/b/{{id}},getB,,\nB,Three,GET,/a/c/{{id}},getB,,"
        ))
        .unwrap();
        assert_eq!(cover(actions, &api).unwrap_err().0.len(), 3);
        assert!(
            read(&format!("{HEAD}B,One,GET,/a/b,,,"))
                .unwrap_err()
                .to_string()
                .contains("needs either an operation or a reason")
        );
        assert!(read("a,b\n1,2").is_err());
    }

    #[test]
    fn keys_are_unique() {
        let actions = read(&format!("{HEAD}B,List B's (All),GET,/a/b,getB,,\n")).unwrap();
        assert_eq!(actions[0].key(), "list-b-s-all");
        let twice = read(&format!("{HEAD}B,List B,GET,/a/b,getB,,\nC,List b,GET,/a/b,getB,,\n")).unwrap_err();
        assert!(twice.to_string().contains("another action has the key `list-b`"), "{twice}");
        let comma = read(&format!("{HEAD}B,\"List, B\",GET,/a/b,getB,,\n")).unwrap_err();
        assert!(comma.to_string().contains("`List, B` has a comma"), "{comma}");
        let popular = read(&format!("{HEAD}B,List B,GET,/a/b,getB,,true\n")).unwrap_err();
        assert!(popular.to_string().contains("`popular` of `List B` is `true`"), "{popular}");
    }
}
