//! Rust names of JSON names: of properties, parameters and enum values. The JSON name never changes.
//!
//! Each function depends only on one JSON name. `json_names` resolves clashes.

use heck::{ToPascalCase, ToSnakeCase};

/// Rust's keywords, with those that are reserved for later.
const KEYWORDS: &[&str] = &[
    "type", "ref", "match", "use", "in", "move", "where", "self", "loop", "for", "if", "else", "enum", "fn", "let",
    "mod", "pub", "return", "static", "struct", "trait", "async", "await", "dyn", "box", "final", "override", "priv",
    "abstract", "virtual", "yield", "try", "gen", "as", "break", "const", "continue", "crate", "extern", "false",
    "impl", "mut", "super", "true", "unsafe", "while", "become", "do", "macro", "typeof", "unsized",
];

/// Characters that carry the meaning of a name which has no letters, with their words.
const SYMBOLS: &[(char, &str)] = &[
    ('%', "percent"),
    ('+', "plus"),
    ('-', "minus"),
    ('#', "number"),
    ('&', "and"),
    ('@', "at"),
    ('$', "dollar"),
    ('*', "star"),
    ('/', "slash"),
    ('<', "less"),
    ('>', "greater"),
    ('=', "equal"),
    ('!', "not"),
    ('?', "question"),
    ('.', "dot"),
    ('_', "underscore"),
];

/// Returns the name of a field: `closedFlag` is `closed_flag`, `type` is `type_`, `2fa` is `x2fa`.
#[must_use]
pub fn field(json_name: &str) -> String {
    let name = leading_letter('x', letters(json_name, str::to_snake_case, "field"));
    if KEYWORDS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// Returns the name of the variant of an enum value: `No Charge` is `NoCharge`, `1st` is `X1st`.
#[must_use]
pub fn variant(value: &str) -> String {
    let name = leading_letter('X', letters(value, str::to_pascal_case, "Empty"));
    // `Self` is a keyword, and `Unrecognized` is the variant for unknown values.
    if ["Self", "Unrecognized"].contains(&name.as_str()) { format!("{name}Value") } else { name }
}

/// Returns whether a name is valid for a function, a field or an argument.
#[must_use]
pub fn is_snake_case(name: &str) -> bool {
    is_identifier(name) && name.to_snake_case() == name.trim_end_matches('_') && !KEYWORDS.contains(&name)
}

/// Returns whether a name is valid for a type or a variant.
#[must_use]
pub fn is_pascal_case(name: &str) -> bool {
    is_identifier(name) && name.starts_with(char::is_uppercase) && !name.contains('_') && name != "Self"
}

/// Returns whether a name is valid for an operation: letters, digits and underscores of ASCII.
#[must_use]
pub fn is_operation(name: &str) -> bool {
    name.is_ascii() && is_snake_case(name) && !name.ends_with('_')
}

fn is_identifier(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_ok() || KEYWORDS.contains(&name)
}

/// Returns the letters and digits of a name in a letter case. A name without any is spelled by its symbols, or `default`.
fn letters(json_name: &str, case: fn(&str) -> String, default: &str) -> String {
    let name = case(json_name);
    let is_valid = |name: &str| is_identifier(&format!("x{name}"));
    if !name.is_empty() && is_valid(&name) {
        return name;
    }
    // Some characters are letters or digits for Unicode, but not for identifiers: `²`.
    let ascii: String = json_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let spelled: Vec<&str> = json_name
        .chars()
        .filter_map(|symbol| SYMBOLS.iter().find(|(other, _)| *other == symbol))
        .map(|(_, word)| *word)
        .collect();
    [ascii, spelled.join(" ")].iter().map(|text| case(text)).find(|name| !name.is_empty()).unwrap_or(default.to_owned())
}

fn leading_letter(letter: char, name: String) -> String {
    if name.starts_with(|c: char| c.is_numeric()) { format!("{letter}{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_valid_names() {
        for (json_name, expected) in [
            ("closedFlag", "closed_flag"),
            ("_info", "info"),
            ("type", "type_"),
            ("self", "self_"),
            ("@odata.type", "odata_type"),
            ("größe", "größe"),
            ("c#", "c"),
            ("2fa", "x2fa"),
            ("#", "number"),
            ("", "field"),
            ("日", "日"),
            ("²", "field"),
            ("a²b", "a_b"),
        ] {
            assert_eq!(field(json_name), expected, "{json_name}");
            assert!(is_snake_case(&field(json_name)), "{json_name}");
        }
    }

    #[test]
    fn variants_have_valid_names() {
        for (value, expected) in [
            ("No Charge", "NoCharge"),
            ("1st", "X1st"),
            ("", "Empty"),
            ("%", "Percent"),
            ("Self", "SelfValue"),
            ("Unrecognized", "UnrecognizedValue"),
            ("a-b", "AB"),
            ("größe", "Größe"),
            ("c++", "C"),
        ] {
            assert_eq!(variant(value), expected, "{value}");
            assert!(is_pascal_case(&variant(value)), "{value}");
        }
    }

    #[test]
    fn names_by_hand_have_to_be_valid() {
        for (name, expected) in [
            ("list_tickets", true),
            ("List", false),
            ("list tickets", false),
            ("type", false),
            ("type_", false),
            ("größe", false),
        ] {
            assert_eq!(is_operation(name), expected, "{name}");
        }
        assert!(is_pascal_case("AB2") && !is_pascal_case("a") && !is_pascal_case("A_B") && !is_pascal_case("2"));
    }
}
