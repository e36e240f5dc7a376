//! Path templates that the bindings cannot send, and paths that are the same after a correction of the template.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::corrections::Change;
use crate::decisions::{Corrected, target};
use crate::document::{self, METHODS, Object};
use crate::normalise::paths::corrected as corrected_template;
use crate::paste::Paste;
use crate::problem::Problems;

/// Reports each path template that is invalid and that no rule corrects, and each operation whose corrected path
/// another operation has. Removes them.
pub(super) fn decide(document: &mut Value, corrected: &Corrected<'_>, problems: &mut Problems) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let templates: Vec<String> = paths.keys().filter_map(|path| Some(corrected_template(path).ok()?.0)).collect();
    let mut first_with: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
    for (path, mut item) in std::mem::take(paths) {
        let Some(operations) = item.as_object_mut() else { continue };
        match corrected_template(&path) {
            Err(invalid) => report_invalid(corrected, &path, &invalid, operations, &templates, problems),
            Ok((template, _)) => {
                operations.retain(|method, operation| {
                    let Some(operation) = operation.as_object().filter(|_| METHODS.contains(&method.as_str())) else {
                        return true;
                    };
                    let label = document::operation_label(&path, method, operation);
                    let own = (label.clone(), target(&path, method, operation));
                    let Some(other) = first_with.get(&(template.clone(), method.clone())) else {
                        first_with.insert((template.clone(), method.clone()), own);
                        return true;
                    };
                    let message = format!("its path is the same as that of {}", other.0);
                    let choices =
                        [&own.1, &other.1].map(|target| corrected.paste(target, &message, &Change::RemoveOperation));
                    problems.decide(label, message, "remove one of the two operations", choices);
                    false
                });
                paths.insert(path, item);
            }
        }
    }
}

fn report_invalid(
    corrected: &Corrected<'_>,
    path: &str,
    invalid: &str,
    operations: &Object,
    templates: &[String],
    problems: &mut Problems,
) {
    let message = format!("the path template is invalid and cannot be corrected: {invalid}");
    let targets: Vec<String> = METHODS
        .iter()
        .filter(|method| operations.contains_key(**method))
        .map(|method| format!("{} {path}", method.to_uppercase()))
        .collect();
    if targets.is_empty() {
        return;
    }
    let each = |change: Change| {
        let corrections: Vec<String> =
            targets.iter().map(|target| corrected.correction(target, &message, &change)).collect();
        Paste::corrections(&corrections)
    };
    let suggested = suggested(path).filter(|template| !templates.contains(template));
    let choices = suggested.map(Change::Path).into_iter().chain([Change::RemoveOperation]).map(each);
    let choices: Vec<Paste> = choices.collect();
    problems.decide(
        format!("/paths/{}", document::escape(path)),
        message,
        "write the path that the server has, with parameters that are whole segments, or remove the operations",
        choices,
    );
}

/// Returns the valid template that is most similar to an invalid one, or `None` if none is.
fn suggested(path: &str) -> Option<String> {
    let mut template = String::new();
    let mut names: Map<String, Value> = Map::new();
    let separated = path.replace('{', "/{").replace('}', "}/");
    for segment in separated.split('/').filter(|segment| !segment.is_empty()) {
        let is_parameter = segment.starts_with('{');
        let name: String = segment
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || (if is_parameter { *c == '_' } else { "-_.~".contains(*c) }))
            .collect();
        if !is_parameter {
            let word = name.trim_matches(['-', '.', '_', '~']);
            if !word.is_empty() {
                template.push_str(&format!("/{word}"));
            }
            continue;
        }
        let name = if name.is_empty() { "id".to_owned() } else { name };
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains_key(name))?;
        template.push_str(&format!("/{{{name}}}"));
        names.insert(name, Value::Null);
    }
    corrected_template(&template).ok().map(|(template, _)| template)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decisions::tests::decided;

    #[test]
    fn a_valid_template_is_suggested() {
        for (path, expected) in [
            ("/a/{id", Some("/a/{id}")),
            ("/a/{}", Some("/a/{id}")),
            ("/a/{x}{y}", Some("/a/{x}/{y}")),
            ("/a/{x}/b/{x}", Some("/a/{x}/b/{x2}")),
            ("/a/{x}.pdf", Some("/a/{x}/pdf")),
            ("/a//b", Some("/a/b")),
            ("a/b", Some("/a/b")),
            ("/a b", Some("/ab")),
            ("//", None),
        ] {
            assert_eq!(suggested(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn one_of_two_operations_with_the_same_path_is_removed() {
        let operation = |id: &str| json!({"operationId": id});
        let document = json!({"paths": {
            "/a/{id}": {"get": operation("one")}, "/a{id}": {"get": operation("two"), "put": operation("three")}, "/a/{x}": {"get": operation("four")}
        }});
        let (document, problems) = decided(document, decide);
        assert_eq!(problems.0.len(), 1, "{problems}");
        assert_eq!(problems.0[0].paste.len(), 2, "{problems}");
        assert!(document["paths"]["/a{id}"].get("put").is_some());
    }
}
