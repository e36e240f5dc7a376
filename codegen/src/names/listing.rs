//! Lists all names with the rule that made each, and with a score that is high for odd names.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use serde_json::Value;

use crate::document::{self, for_each_operation};

use super::Lexicon;
use super::operations::response_shape;
use super::rules::Rule;

/// A name of the bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The section of an operation. `None` for a type.
    pub section: Option<String>,
    /// The name.
    pub name: String,
    /// What made the name: a rule, or names.toml.
    pub made_by: String,
    /// What the name stands for: method and path, the uses of an enum, or the vendor's name of a schema.
    pub stands_for: String,
    /// How odd the name is: 10 for each repeated word, 3 for each word after the fifth, 1 for each character after the
    /// 40th, 2 for each word of one letter, 5 if none of the common rules made it, and 20 if another name only adds an
    /// `s`.
    pub score: usize,
}

/// Lists the names of all operations, and of the types whose name the vendor does not use: enums, and schemas that
/// names.toml names. The oddest come first.
#[must_use]
pub fn list(psa: &Value, lexicon: &Lexicon) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut names: BTreeSet<(String, String)> = BTreeSet::new();
    for_each_operation(&mut psa.clone(), |path, method, operation| {
        let (Some(section), Some(name)) = (document::text(operation, "x-section"), document::text(operation, "x-name"))
        else {
            return;
        };
        names.insert((section.to_owned(), name.to_owned()));
        let by_rule = lexicon.operation_name(method, path, response_shape(operation));
        let common = by_rule.text == name && by_rule.rule != Rule::Action;
        listed.push(Listed {
            section: Some(section.to_owned()),
            name: name.to_owned(),
            made_by: if by_rule.text == name { by_rule.rule.to_string() } else { "names.toml".to_owned() },
            stands_for: format!("{} {path}", method.to_uppercase()),
            score: score(&name.split('_').collect::<Vec<_>>(), name.len(), common),
        });
    });
    for operation in &mut listed {
        let section = operation.section.clone().unwrap_or_default();
        if names.contains(&(section, format!("{}s", operation.name))) {
            operation.score += DIFFERS_BY_AN_S;
        }
    }
    for (name, schema) in psa.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten() {
        let vendors_name = schema.get("x-vendor-name").and_then(Value::as_str);
        let uses = lexicon.enums.get(name).map(Vec::as_slice).unwrap_or_default();
        let (made_by, stands_for) = match (vendors_name, uses) {
            (Some(vendors_name), _) => ("names.toml", vendors_name.to_owned()),
            (None, []) => continue,
            (None, [only]) => ("enum", only.clone()),
            (None, [first, others @ ..]) => ("enum", format!("{first} and {} more", others.len())),
        };
        let snake_case = name.to_snake_case();
        listed.push(Listed {
            section: None,
            name: name.clone(),
            made_by: made_by.to_owned(),
            stands_for,
            score: score(&snake_case.split('_').collect::<Vec<_>>(), name.len(), vendors_name.is_none()),
        });
    }
    listed.sort_by(|a, b| (b.score, &a.section, &a.name).cmp(&(a.score, &b.section, &b.name)));
    listed
}

/// The points of a name to which another one only adds an `s`.
const DIFFERS_BY_AN_S: usize = 20;

/// Returns how odd a name is: 10 for each repeated word, 3 for each word after the fifth, 1 for each character after
/// the 40th, 2 for each word of one letter, and 5 if none of the common rules made it.
fn score(words: &[&str], length: usize, common: bool) -> usize {
    let different: BTreeSet<&&str> = words.iter().collect();
    let short = words.iter().filter(|word| word.len() == 1).count();
    10 * (words.len() - different.len())
        + 3 * words.len().saturating_sub(5)
        + length.saturating_sub(40)
        + 2 * short
        + if common { 0 } else { 5 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_oddest_names_come_first_with_what_made_them() {
        let operation =
            |name: &str| json!({"x-section": "a", "x-name": name, "x-vendor-id": name, "responses": {"204": {}}});
        let psa = json!({
            "info": {"version": "1"},
            "paths": {
                "/a/tickets/{id}": {"get": operation("get_ticket"), "patch": operation("update_ticket")},
                "/a/tickets/count": {"get": operation("count_tickets")},
                "/a/x/{id}": {"get": operation("get_x"), "put": operation("replace_ticket_ticket")},
                "/a/y/{id}": {"get": operation("get_y")}, "/a/y": {"delete": operation("get_ys")}
            },
            "components": {"schemas": {
                "LevelLevel": {"type": "string", "enum": ["a"]}, "Level": {"type": "string", "enum": ["b"]},
                "Record": {"type": "object", "properties": {}}, "Other": {"type": "object", "properties": {}, "x-vendor-name": "A.Other"}
            }}
        });
        let lexicon = super::super::read("[enums]\nLevel = [\"A.b\", \"A.c\"]\nLevelLevel = [\"A.d\"]").unwrap();
        let listed: Vec<_> = list(&psa, &lexicon)
            .into_iter()
            .map(|name| (name.name, name.made_by, name.stands_for, name.score))
            .collect();
        let expected = [
            ("get_y", "get", "GET /a/y/{id}", 22),
            ("replace_ticket_ticket", "names.toml", "PUT /a/x/{id}", 15),
            ("LevelLevel", "enum", "A.d", 10),
            ("Other", "names.toml", "A.Other", 5),
            ("get_ys", "names.toml", "DELETE /a/y", 5),
            ("get_x", "get", "GET /a/x/{id}", 2),
            ("Level", "enum", "A.b and 1 more", 0),
            ("count_tickets", "count", "GET /a/tickets/count", 0),
            ("get_ticket", "get", "GET /a/tickets/{id}", 0),
            ("update_ticket", "update", "PATCH /a/tickets/{id}", 0),
        ];
        assert_eq!(
            listed,
            expected.map(|(name, made_by, stands_for, score)| (
                name.to_owned(),
                made_by.to_owned(),
                stands_for.to_owned(),
                score
            ))
        );
    }

    #[test]
    fn length_words_and_letters_add_to_the_score() {
        assert_eq!(score(&["get", "ticket"], 10, true), 0);
        assert_eq!(score(&["get", "ticket"], 10, false), 5);
        assert_eq!(score(&["a", "b", "c", "d", "e", "f", "a"], 45, true), 10 + 6 + 5 + 14);
    }
}
