//! Assigns the names of arguments: of path parameters in the order of the path, then of query parameters.

use std::collections::BTreeMap;

use heck::ToLowerCamelCase;
use serde_json::{Value, json};

use super::Lexicon;
use super::json_names::{self, Convention};
use crate::document::{self, for_each_operation};
use crate::problem::Problems;
use crate::rust_names;

const ARGUMENTS: Convention = Convention {
    table: "arguments",
    rule: rust_names::field,
    usual: |name| name.to_lower_camel_case(),
    is_valid: rust_names::is_snake_case,
    // The arguments for request bodies.
    reserved: &["body", "patch", "form", "file", "parameters"],
    separator: "_",
};

/// Names the arguments of all operations (`x-argument`), and returns how many names differ from the rule. Runs after the
/// operations have `x-vendor-id`.
pub(super) fn assign(document: &mut Value, lexicon: &mut Lexicon, problems: &mut Problems) -> usize {
    let mut different = 0;
    for_each_operation(document, |path, _, operation| {
        let Some(vendor_id) = document::text(operation, "x-vendor-id").map(str::to_owned) else { return };
        in_order_of_path(path, operation);
        let in_path: BTreeMap<String, String> =
            document::template_parameters(path).map(str::to_owned).zip(lexicon.arguments(path)).collect();
        let is_clear = |name: &str| in_path.values().filter(|other| *other == name).count() < 2;
        let names: Vec<String> = document::array(operation, "parameters").filter_map(unique_name(path)).collect();
        let key = |name: &str| format!("{vendor_id}.{name}");
        let resolved = json_names::resolve(ARGUMENTS, names.iter().map(String::as_str), |name| {
            lexicon.arguments.get(&key(name)).cloned().or_else(|| {
                // The rule for path parameters depends on the whole path, so the name is given here.
                in_path.get(name).filter(|argument| is_clear(argument)).map(|argument| rust_names::field(argument))
            })
        });
        json_names::report(ARGUMENTS, &vendor_id, &resolved, problems);
        for (name, argument) in &resolved.kept {
            let by_path = in_path.get(name).map(|argument| rust_names::field(argument));
            if by_path.as_ref() != Some(argument) {
                different += 1;
                lexicon.arguments.insert(key(name), argument.clone());
            }
        }
        for parameter in document::array_mut(operation, "parameters").filter_map(Value::as_object_mut) {
            let name = unique_name(path)(&Value::Object(parameter.clone()));
            if let Some(argument) = name.and_then(|name| resolved.names.get(&name)).cloned() {
                parameter.insert("x-argument".into(), json!(argument));
            }
        }
    });
    different
}

/// Returns the name of a parameter. A query parameter with the name of a path parameter gets a question mark.
fn unique_name(path: &str) -> impl Fn(&Value) -> Option<String> + '_ {
    move |parameter| {
        let name = parameter.get("name")?.as_str()?;
        let in_query = parameter.get("in").and_then(Value::as_str) == Some("query");
        let is_repeated = in_query && document::template_parameters(path).any(|other| other == name);
        Some(if is_repeated { format!("{name}?") } else { name.to_owned() })
    }
}

/// Sorts the parameters by their position in the path. Query parameters stay in the order of the document.
fn in_order_of_path(path: &str, operation: &mut document::Object) {
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        let position = |parameter: &Value| {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            document::template_parameters(path).position(|other| other == name).unwrap_or(usize::MAX)
        };
        parameters.sort_by_key(position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names the arguments of one operation, and returns them with the lexicon.
    fn run(path: &str, parameters: &[(&str, &str)], by_hand: &[(&str, &str)]) -> (Vec<String>, Lexicon) {
        let parameters: Vec<Value> =
            parameters.iter().map(|(location, name)| json!({"in": location, "name": name})).collect();
        let mut document = json!({"paths": {path: {"get": {"x-vendor-id": "getX", "parameters": parameters}}}});
        let mut lexicon = Lexicon {
            arguments: by_hand.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect(),
            ..Lexicon::default()
        };
        let mut problems = Problems::default();
        assign(&mut document, &mut lexicon, &mut problems);
        assert_eq!(problems, Problems::default());
        let parameters = document["paths"][path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
        (
            parameters
                .iter()
                .map(|parameter| parameter["x-argument"].as_str().unwrap_or_default().to_owned())
                .collect(),
            lexicon,
        )
    }

    #[test]
    fn arguments_have_the_order_of_the_path_and_valid_unique_names() {
        for (path, parameters, expected) in [
            (
                "/a/tickets/{parentId}/notes/{id}",
                vec![("path", "id"), ("query", "type"), ("path", "parentId")],
                vec!["ticket_id", "id", "type_"],
            ),
            ("/a/b", vec![("query", "body"), ("query", "parameters")], vec!["body_2", "parameters_2"]),
            ("/a/b", vec![("query", "x"), ("query", "X"), ("query", "x[]")], vec!["x", "x_2", "x_3"]),
            ("/a/b/{id}", vec![("path", "id"), ("query", "id")], vec!["id", "id_2"]),
            (
                "/a/w/{grandParentId}/info/{parentId}",
                vec![("path", "grandParentId"), ("path", "parentId")],
                vec!["grand_parent_id", "parent_id"],
            ),
        ] {
            assert_eq!(run(path, &parameters, &[]).0, expected, "{path}");
        }
    }

    #[test]
    fn a_name_by_hand_wins_and_unusual_names_are_kept() {
        let (arguments, lexicon) = run("/a/b", &[("query", "x[]"), ("query", "ids")], &[("getX.ids", "numbers")]);
        assert_eq!(arguments, ["x", "numbers"]);
        assert_eq!(
            lexicon.arguments.iter().map(|(key, name)| format!("{key} {name}")).collect::<Vec<_>>(),
            ["getX.ids numbers", "getX.x[] x"]
        );
        let (again, same) =
            run("/a/b", &[("query", "x[]"), ("query", "ids")], &[("getX.ids", "numbers"), ("getX.x[]", "x")]);
        assert_eq!((again, same), (arguments, lexicon));
    }
}
