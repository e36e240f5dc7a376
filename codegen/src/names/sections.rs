//! The name of a section: its module in the bindings, its cargo feature, and the method of the client that returns it.

use heck::ToSnakeCase;

use crate::rust_names;

/// Names that are taken in the crates of bindings and client: of modules, dependencies, cargo features, and methods of
/// `Psa`.
const TAKEN: &[&str] = &[
    // Modules and dependencies.
    "alloc",
    "auth",
    "builder",
    "calls",
    "catalogue",
    "check",
    "client",
    "common",
    "conditions",
    "connectwise_psa_core",
    "core",
    "dependencies",
    "discovery",
    "fields",
    "generated",
    "json",
    "patch",
    "psa",
    "raw",
    "rights",
    "schemars",
    "schemas",
    "serde",
    "serde_json",
    "std",
    "sync",
    "transport",
    "types",
    // Cargo features.
    "blocking",
    "default",
    "gzip",
    "native_tls",
    "rustls",
    "rustls_ring",
    "socks",
    // Methods of the client.
    "as_member",
    "base_url",
    "code_base_discovery",
    "company_info",
    "connection",
    "from_env",
    "host",
    "options",
    "region",
    "with",
];

/// Returns the name of the section of a path: its first segment in snake case. A name that is taken or not valid in
/// Rust gets the word `section`.
pub(super) fn name(path: &str) -> String {
    let name = path.split('/').nth(1).unwrap_or_default().to_snake_case();
    if name.is_empty() {
        return "root_section".to_owned();
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("section_{name}");
    }
    if TAKEN.contains(&name.as_str()) || !rust_names::is_operation(&name) { format!("{name}_section") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_a_valid_name_that_is_free() {
        for (path, expected) in [
            ("/service/tickets", "service"),
            ("/timeAndExpense/x", "time_and_expense"),
            ("/default/x", "default_section"),
            ("/fields/x", "fields_section"),
            ("/types/x", "types_section"),
            ("/type/x", "type_section"),
            ("/self", "self_section"),
            ("/native-tls/x", "native_tls_section"),
            ("/3cx/x", "section_3cx"),
            ("/", "root_section"),
            ("/{id}", "id"),
        ] {
            assert_eq!(name(path), expected, "{path}");
            assert!(rust_names::is_operation(&name(path)), "{path}");
        }
    }
}
