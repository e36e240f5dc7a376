//! The coverage contract: `openapi/actions.csv` lists the actions that integration products offer, each with its
//! operation or the reason it has none.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Api, Operation};
use crate::problem::Problems;

/// One row of `actions.csv`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Action {
    /// What the action is about: `Tickets`.
    pub category: String,
    /// What it does, in the integration products' words.
    pub action: String,
    /// HTTP method, empty without operation.
    pub method: String,
    /// Path template, empty without operation.
    pub path: String,
    /// The vendor's operation id, empty without operation.
    pub vendor_operation_id: String,
    /// Why the action has no operation, empty with one.
    pub reason: String,
}

/// An action with the operation that answers it.
#[derive(Clone, Debug)]
pub struct Covered<'a> {
    /// The row.
    pub action: Action,
    /// Its operation; `None` where the row gives a reason instead.
    pub operation: Option<&'a Operation>,
}

/// The whole table against a description.
#[derive(Clone, Debug)]
pub struct Coverage<'a>(pub Vec<Covered<'a>>);

/// Reads `actions.csv`.
///
/// # Errors
/// Text that is no CSV with these columns, or a row with neither operation nor reason.
pub fn read(text: &str) -> Result<Vec<Action>, Problems> {
    const FILE: &str = "openapi/actions.csv";
    let mut problems = Problems::default();
    let mut actions = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Action>() {
        match row {
            Ok(action) if action.vendor_operation_id.is_empty() == action.reason.is_empty() => {
                problems.add(
                    FILE,
                    format!("`{}` needs an operation or the reason it has none, one of the two", action.action),
                    "mend the row",
                );
            }
            Ok(action) => actions.push(action),
            Err(error) => problems.add(FILE, format!("this cannot be read: {error}"), "mend the file"),
        }
    }
    problems.into_result()?;
    Ok(actions)
}

/// Finds each action's operation by the vendor's id and holds method and path against it.
///
/// # Errors
/// Every action whose operation is not in the description, or is another one there.
pub fn cover(actions: Vec<Action>, api: &Api) -> Result<Coverage<'_>, Problems> {
    let mut problems = Problems::default();
    let mut covered = Vec::new();
    for action in actions {
        let operation = api.operations.iter().find(|operation| operation.vendor_id == action.vendor_operation_id);
        if action.reason.is_empty() {
            match operation {
                None => problems.add(
                    &action.action,
                    format!("{} is no operation of {}", action.vendor_operation_id, api.version),
                    "correct the row, or say there why the action has no operation",
                ),
                Some(found) if !found.method.eq_ignore_ascii_case(&action.method) || found.path != action.path => {
                    problems.add(
                        &action.action,
                        format!("the row says {} {}, the description {}", action.method, action.path, found.label()),
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
                None => writeln!(f, "{:<28} {:<52} none: {}", action.category, action.action, action.reason)?,
            }
        }
        let with = self.0.iter().filter(|covered| covered.operation.is_some()).count();
        writeln!(
            f,
            "{} actions: {with} with their operation, {} with the reason they have none",
            self.0.len(),
            self.0.len() - with
        )
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
    fn a_row_finds_its_operation_or_gives_its_reason() {
        let actions = read(&format!("{HEAD}B,List B,GET,/a/b/{{parentId}}/,getB,\nG,Generic,,,,any call")).unwrap();
        let api = api();
        let coverage = cover(actions, &api).unwrap().to_string();
        assert!(coverage.contains("a::list_b") && coverage.contains("none: any call"), "{coverage}");
        assert!(
            coverage.ends_with("2 actions: 1 with their operation, 1 with the reason they have none\n"),
            "{coverage}"
        );
    }

    #[test]
    fn wrong_rows_are_told_all_at_once() {
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
                .contains("needs an operation or the reason")
        );
        assert!(read("a,b\n1,2").is_err());
    }
}
