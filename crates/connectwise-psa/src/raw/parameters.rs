//! Which parameters an operation takes, and which values fit them.

use connectwise_psa_core::operation::{Parameter, ParameterKind, QueryKind};

/// Whether an operation takes a parameter of lists.
pub(crate) fn takes(query: QueryKind, name: &str) -> bool {
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

/// The names of all parameters, in a list for an error.
pub(crate) fn known_parameters(own: &[Parameter], query: QueryKind) -> String {
    let own = own.iter().map(|parameter| parameter.name);
    let all: Vec<_> = own.chain(list_parameters(query).iter().copied()).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// Whether a text can be the value of a parameter.
pub(crate) fn fits(parameter: &Parameter, text: &str) -> Result<(), String> {
    let (fits, what) = match parameter.kind {
        ParameterKind::Integer => (text.parse::<i64>().is_ok(), "a whole number"),
        ParameterKind::Number => (text.parse::<f64>().is_ok_and(f64::is_finite), "a number"),
        ParameterKind::Boolean => (matches!(text, "true" | "false"), "true or false"),
        _ => (true, ""),
    };
    if fits { Ok(()) } else { Err(format!("is {text:?}, which is not {what}")) }
}
