//! Rules about servers and path templates.

use serde_json::{Map, Value};

use crate::document::METHODS;
use crate::problem::Problems;

/// Removes `servers`. The host is a setting of the client.
pub(super) fn remove_servers(document: &mut Value, _: &mut Problems) -> usize {
    let Some(root) = document.as_object_mut() else { return 0 };
    usize::from(root.remove("servers").is_some())
}

/// Corrects invalid path templates: a routing constraint in the braces, a missing slash before or after a parameter,
/// and a parameter that follows itself (`{id}{id}`).
pub(super) fn correct_templates(document: &mut Value, _: &mut Problems) -> usize {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return 0 };
    let mut changed = 0;
    let mut result = Map::new();
    for (path, mut item) in std::mem::take(paths) {
        // `decisions` removed the paths that cannot be corrected.
        let Ok((template, constrained)) = corrected(&path) else { continue };
        changed += usize::from(template != path);
        for name in constrained {
            rename_constrained_parameters(&mut item, &name);
        }
        let existing = result.entry(template.clone()).or_insert_with(|| Value::Object(Map::new()));
        let (Some(existing), Value::Object(item)) = (existing.as_object_mut(), item) else { continue };
        for (method, operation) in item {
            existing.insert(method, operation);
        }
    }
    *paths = result;
    changed
}

/// Returns the corrected template, and the parameters whose routing constraint was removed.
pub(crate) fn corrected(path: &str) -> Result<(String, Vec<String>), String> {
    let mut rest = path;
    let mut template = String::new();
    let mut constrained = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    while let Some(open) = rest.find('{') {
        let (before, after) = (rest.get(..open).unwrap_or_default(), rest.get(open + 1..).unwrap_or_default());
        template.push_str(before);
        let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            return Err("a `{` without a parameter name".to_owned());
        }
        let behind = after.get(name.len()..).unwrap_or_default();
        rest = match behind.chars().next() {
            Some('}') => behind.get(1..).unwrap_or_default(),
            Some(':') => {
                constrained.push(name.clone());
                // A constraint can contain slashes and braces. The document truncates some constraints; then nothing
                // follows.
                closing_brace(behind).map_or("", |at| behind.get(at + 1..).unwrap_or_default())
            }
            _ => return Err(format!("`{{{name}` is not closed")),
        };
        if template.ends_with('}') && seen.last() == Some(&name) {
            continue;
        }
        if seen.contains(&name) {
            return Err(format!("`{{{name}}}` is repeated"));
        }
        if template.ends_with('}') {
            return Err(format!("`{{{name}}}` follows another parameter without a slash"));
        }
        if template.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            template.push('/');
        } else if !template.ends_with('/') {
            return Err(format!("`{{{name}}}` is only part of its segment"));
        }
        template.push_str(&format!("{{{name}}}"));
        if !rest.is_empty() && !rest.starts_with(|c: char| c == '/' || c == '{' || c.is_ascii_alphanumeric()) {
            return Err(format!("`{{{name}}}` is only part of its segment"));
        }
        seen.push(name);
    }
    if rest.contains('}') {
        return Err("a `}` without its `{`".to_owned());
    }
    if !rest.is_empty() && !rest.starts_with('/') && template.ends_with('}') {
        template.push('/');
    }
    template.push_str(rest);
    if template.contains("//") {
        return Err("a segment is empty".to_owned());
    }
    if !template.starts_with('/') {
        return Err("it does not begin with a slash".to_owned());
    }
    if let Some(bad) = template.chars().find(|c| !(c.is_ascii_alphanumeric() || "/{}-_.~".contains(*c))) {
        return Err(format!("`{bad}` is not allowed in a path"));
    }
    Ok((template, constrained))
}

/// Returns the position of the brace that closes a placeholder, in the text after its opening brace.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Removes the constraint from parameter names as well: `memberIdentifier:regex(…` becomes `memberIdentifier`. Keeps
/// one parameter of each name.
fn rename_constrained_parameters(item: &mut Value, name: &str) {
    for method in METHODS {
        let Some(parameters) =
            item.get_mut(method).and_then(|operation| operation.get_mut("parameters")).and_then(Value::as_array_mut)
        else {
            continue;
        };
        let mut found = false;
        parameters.retain_mut(|parameter| {
            let Some(own) = parameter.get("name").and_then(Value::as_str) else { return true };
            if own != name && own.split(':').next() != Some(name) {
                return true;
            }
            let first = !found;
            found = true;
            if let Some(parameter) = parameter.as_object_mut() {
                parameter.insert("name".into(), name.into());
            }
            first
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn invalid_templates_are_corrected_and_valid_ones_are_kept() {
        for (path, expected) in [
            ("/service/tickets/{id}", "/service/tickets/{id}"),
            ("/service/tickets/", "/service/tickets/"),
            ("/finance/agreements/types{id}/copy", "/finance/agreements/types/{id}/copy"),
            ("/procurement/catalog/{parentId}/vendors/{id}{id}", "/procurement/catalog/{parentId}/vendors/{id}"),
            ("/system/members/{memberIdentifier:regex(^(types. |(", "/system/members/{memberIdentifier}"),
            ("/system/members/{memberIdentifier:regex(^a{2}/b$)}/x", "/system/members/{memberIdentifier}/x"),
            ("/a/{id:int}count", "/a/{id}/count"),
        ] {
            assert_eq!(corrected(path).map(|(template, _)| template).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_uncorrectable_template_is_rejected_with_the_reason() {
        for (path, expected) in [
            ("/a/{id", "not closed"),
            ("/a/{}", "without a parameter name"),
            ("/a/{x}{y}", "without a slash"),
            ("/a/{x}/b/{x}", "is repeated"),
            ("/a/x}", "without its"),
            ("/a/{x}.pdf", "only part of its segment"),
            ("/a/{x}-{y}", "only part of its segment"),
            ("/a/b-{x}", "only part of its segment"),
            ("/a//b", "segment is empty"),
            ("a/b", "begin with a slash"),
            ("/a b", "is not allowed"),
        ] {
            let reason = corrected(path).unwrap_err();
            assert!(reason.contains(expected), "{path}: {reason}");
        }
    }

    #[test]
    fn a_constraint_is_removed_from_the_parameter_name() {
        let mut document = json!({"paths": {"/m/{id:regex(x": {"get": {"parameters": [{"name": "id", "in": "path"}, {"name": "id:regex(x", "in": "path"}, {"name": "y"}]}}}});
        let mut problems = Problems::default();
        assert_eq!(correct_templates(&mut document, &mut problems), 1);
        assert_eq!(problems, Problems::default());
        assert_eq!(
            document["paths"]["/m/{id}"]["get"]["parameters"],
            json!([{"name": "id", "in": "path"}, {"name": "y"}])
        );
    }
}
