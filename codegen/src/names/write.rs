//! Writes the assigned names into the text of `openapi/names.toml`. Words, comments and the order of the tables stay as
//! they are.

use std::collections::BTreeMap;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::{FILE, Lexicon};
use crate::problem::Problems;

/// Returns the text of names.toml with the assigned names of the lexicon.
///
/// # Errors
/// Fails if the text is not TOML.
pub fn updated(text: &str, lexicon: &Lexicon) -> Result<String, Problems> {
    let mut document: DocumentMut = text.parse().map_err(|error| {
        Problems::one(FILE, format!("the file cannot be read: {error}"), "correct the file at this position")
    })?;
    let strings = |table: &BTreeMap<String, String>| -> BTreeMap<String, Value> {
        table.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect()
    };
    let lists = lexicon.enums.iter().map(|(name, uses)| (name.clone(), Value::Array(list(uses)))).collect();
    if !lexicon.operations.is_empty() {
        let operations = document.entry("operations").or_insert_with(|| Item::Table(Table::new()));
        if let Some(operations) = operations.as_table_mut() {
            operations.set_implicit(true);
            for (section, names) in &lexicon.operations {
                replace(operations, section, &strings(names));
            }
            let stale: Vec<String> = operations.iter().map(|(key, _)| key.to_owned()).collect();
            for section in stale.iter().filter(|section| !lexicon.operations.contains_key(*section)) {
                operations.remove(section);
            }
            operations.sort_values();
        }
    }
    replace(document.as_table_mut(), "enums", &lists);
    for (name, table) in [("fields", &lexicon.fields), ("values", &lexicon.values), ("arguments", &lexicon.arguments)] {
        replace(document.as_table_mut(), name, &strings(table));
    }
    Ok(document.to_string())
}

/// Gives a table exactly these entries, sorted by key. An entry that does not change keeps its comments.
fn replace(parent: &mut Table, name: &str, entries: &BTreeMap<String, Value>) {
    if entries.is_empty() {
        return;
    }
    let table = parent.entry(name).or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_mut() else { return };
    table.retain(|key, _| entries.contains_key(key));
    for (key, value) in entries {
        match table.get(key).and_then(Item::as_value) {
            Some(existing) if same(existing, value) => {}
            _ => drop(table.insert(key, Item::Value(value.clone()))),
        }
    }
    table.sort_values();
}

fn same(a: &Value, b: &Value) -> bool {
    let plain = |value: &Value| {
        let mut table = InlineTable::new();
        table.insert("value", value.clone().decorated("", ""));
        table.to_string()
    };
    plain(a) == plain(b)
}

/// The width after which a list has one line for each element.
const WIDTH: usize = 110;

fn list(elements: &[String]) -> Array {
    let mut array: Array = elements.iter().map(String::as_str).collect();
    if array.to_string().len() > WIDTH {
        for element in array.iter_mut() {
            element.decor_mut().set_prefix("\n    ");
        }
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_comments_stay_and_names_are_sorted() {
        let text = "# Words.\n\n[compounds]\n# Bought things.\nb = \"a b\"\n\n[operations.a]\nz = \"GET /a/z (z)\" # odd\ngone = \"GET /a/gone (gone)\"\n";
        let lexicon = Lexicon {
            operations: [("a", [("z", "GET /a/z (z)"), ("b", "GET /a/b (b)")])]
                .map(|(section, names)| (section.to_owned(), names.map(|(a, b)| (a.to_owned(), b.to_owned())).into()))
                .into(),
            enums: [("Level".to_owned(), vec!["A.b".to_owned(), "A.c".to_owned()])].into(),
            fields: [("A.FooBar".to_owned(), "foo_bar_2".to_owned())].into(),
            ..Lexicon::default()
        };
        let expected = "# Words.\n\n[compounds]\n# Bought things.\nb = \"a b\"\n\n[operations.a]\nb = \"GET /a/b (b)\"\nz = \"GET /a/z (z)\" # odd\n\n[enums]\nLevel = [\"A.b\", \"A.c\"]\n\n[fields]\n\"A.FooBar\" = \"foo_bar_2\"\n";
        let written = updated(text, &lexicon).unwrap();
        assert_eq!(written, expected);
        assert_eq!(updated(&written, &lexicon).unwrap(), written);
        let read = super::super::read(&written).unwrap();
        assert_eq!(
            (&read.operations, &read.enums, &read.fields),
            (&lexicon.operations, &lexicon.enums, &lexicon.fields)
        );
    }

    #[test]
    fn long_lists_have_a_line_for_each_element() {
        let uses: Vec<String> = (0..9).map(|index| format!("SomeOwner.property{index}")).collect();
        let lexicon = Lexicon { enums: [("Level".to_owned(), uses)].into(), ..Lexicon::default() };
        let written = updated("", &lexicon).unwrap();
        assert!(written.contains("Level = [\n    \"SomeOwner.property0\",\n"), "{written}");
        assert_eq!(updated(&written, &lexicon).unwrap(), written);
    }
}
