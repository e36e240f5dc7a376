//! Finds the changes that an open decision is about: the document may be incomplete there.

use crate::document::escape;
use crate::model::Api;
use crate::problem::Problem;

use super::Subject;

/// Returns whether a problem is about a subject: it is in the type, the property or the operation, or in what contains
/// it.
pub(super) fn is_about(problem: &Problem, subject: &Subject, apis: [&Api; 2]) -> bool {
    let location = problem.location.as_str();
    match subject {
        Subject::Version | Subject::Section(_) => false,
        Subject::Operation { section, name, .. } => apis
            .iter()
            .flat_map(|api| &api.operations)
            .filter(|operation| operation.section == *section && operation.name == *name)
            .any(|operation| {
                let method = &operation.method;
                location.starts_with(&format!("{} {} ", method.to_uppercase(), operation.path))
                    || overlap(location, &format!("/paths/{}/{method}", escape(&operation.path)))
            }),
        Subject::Type { schema, property, .. } => {
            let at = format!("/components/schemas/{}", escape(schema));
            match property {
                Some(property) => overlap(&flat(location), &format!("{at}/properties/{}", escape(&property.json_name))),
                None => overlap(&flat(location), &at),
            }
        }
    }
}

/// Returns whether one of two JSON pointers is in the other, or both are the same.
fn overlap(a: &str, b: &str) -> bool {
    let is_in = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_in(a, b) || is_in(b, a) && a.matches('/').count() > 1
}

/// Returns a pointer to a schema with the name that the importer gives to it: without dots.
fn flat(location: &str) -> String {
    let Some((schema, rest)) = location
        .strip_prefix("/components/schemas/")
        .map(|rest| rest.split_once('/').map_or((rest, String::new()), |(schema, rest)| (schema, format!("/{rest}"))))
    else {
        return location.to_owned();
    };
    format!("/components/schemas/{}{rest}", schema.replace('.', ""))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_problem_is_about_what_it_is_in_and_what_it_contains() {
        let (whole, field) = (Subject::schema("CompanyType"), Subject::property("CompanyType", "a/b", &Value::Null));
        let api = Api { version: String::new(), operations: Vec::new(), schemas: [].into() };
        for (location, for_type, of_field) in [
            ("/components/schemas/CompanyType", true, true),
            ("/components/schemas/Company.Type", true, true),
            ("/components/schemas/CompanyType/properties/a~1b", true, true),
            ("/components/schemas/CompanyType/properties/a~1b/items", true, true),
            ("/components/schemas/CompanyType/properties/a", true, false),
            ("/components/schemas/CompanyTypes", false, false),
            ("/components", false, false),
            ("GET /company/types (getTypes)", false, false),
        ] {
            let problem = Problem::new(location, "m", "f");
            assert_eq!(is_about(&problem, &whole, [&api, &api]), for_type, "{location}");
            assert_eq!(is_about(&problem, &field, [&api, &api]), of_field, "{location}");
        }
    }
}
