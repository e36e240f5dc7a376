//! Finds out which parameters an operation takes, and checks their values.

use connectwise_psa_core::operation::{Parameter, ParameterKind, QueryKind};

/// Returns whether an operation takes the list parameter `name`.
pub(crate) fn takes_list_parameter(query: QueryKind, name: &str) -> bool {
    let all = list_parameters(query);
    all.iter().any(|parameter| parameter.eq_ignore_ascii_case(name))
}

fn list_parameters(query: QueryKind) -> &'static [&'static str] {
    match query {
        QueryKind::Fields => &["fields"],
        QueryKind::Count(_) => &["conditions", "childConditions", "customFieldConditions"],
        QueryKind::List => &[
            "conditions",
            "childConditions",
            "customFieldConditions",
            "orderBy",
            "fields",
            "page",
            "pageSize",
            "pageId",
        ],
        _ => &[],
    }
}

/// Returns the names of the declared parameters and the list parameters as a comma-separated list for an error.
pub(crate) fn known_parameters(declared: &[Parameter], query: QueryKind) -> String {
    let declared = declared.iter().map(|parameter| parameter.name);
    let all: Vec<_> = declared.chain(list_parameters(query).iter().copied()).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// Checks that a text is a valid value of a parameter.
pub(crate) fn check_value(parameter: &Parameter, text: &str) -> Result<(), String> {
    let (is_valid, expected) = match parameter.kind {
        ParameterKind::Integer => (text.parse::<i64>().is_ok(), "an integer"),
        ParameterKind::Number => (text.parse::<f64>().is_ok_and(f64::is_finite), "a number"),
        ParameterKind::Boolean => (matches!(text, "true" | "false"), "true or false"),
        _ => (true, ""),
    };
    if is_valid { Ok(()) } else { Err(format!("is {text:?}, which is not {expected}")) }
}
