//! The words of the fields of record types, so that "warranty" finds configurations.
//!
//! `data/fields.txt` has them, because the schemas take too long to read at every start. A test compares it with the
//! schemas, and `UPDATE_FIELDS=1 cargo test -p cwpsa --lib fields_file` writes it.

/// One line for each type: its name, and the words of its fields.
const DATA: &str = include_str!("../../data/fields.txt");

/// Returns the types with the words of their fields, as stems, by the name of the type.
pub(crate) fn types() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
    DATA.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use connectwise_psa::{catalogue, schemas};

    use super::*;
    use crate::search::index::record_type;
    use crate::search::words::{split, stem};

    /// Words of fields that name nothing.
    const EMPTY: &[&str] = &[
        "_", "a", "and", "by", "custom", "fields", "flag", "for", "guid", "id", "in", "info", "is", "of", "on", "the",
        "to",
    ];

    #[test]
    fn fields_file_has_the_words_of_the_schemas() {
        let types: BTreeSet<_> = catalogue::all().filter_map(record_type).collect();
        let mut text = String::new();
        for name in types {
            let Some(schema) = schemas::get(name) else { continue };
            let properties = schema["properties"].as_object().map(|properties| properties.keys().cloned().collect());
            let properties: Vec<String> = properties.unwrap_or_default();
            let words: BTreeSet<_> = properties
                .iter()
                .flat_map(|property| split(property))
                .filter(|word| !EMPTY.contains(&word.as_str()) && word.len() > 1)
                .map(|word| stem(&word))
                .collect();
            text.extend([name, " ", &words.into_iter().collect::<Vec<_>>().join(" "), "\n"]);
        }
        if std::env::var_os("UPDATE_FIELDS").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/fields.txt");
            std::fs::write(path, &text).expect("the file can be written");
        } else {
            assert_eq!(DATA, text, "run `UPDATE_FIELDS=1 cargo test -p cwpsa --lib fields_file`");
        }
        assert!(types_have("CompanyConfiguration", "warranty") && !types_have("CompanyConfiguration", "birthday"));
    }

    fn types_have(name: &str, word: &str) -> bool {
        DATA.lines()
            .any(|line| line.starts_with(&format!("{name} ")) && line.split(' ').any(|other| other == stem(word)))
    }
}
