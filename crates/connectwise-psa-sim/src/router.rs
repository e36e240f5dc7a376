//! Finds the operation for a request, and the list and record that its path names.

use connectwise_psa::catalogue::{Operation, QueryKind, ResponseKind};
use connectwise_psa::{Method, catalogue};
use http::Method as HttpMethod;

use crate::store::{Key, key};

/// An operation with the values of its path parameters.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) operation: &'static Operation,
    /// The values of the path parameters, decoded, from left to right.
    values: Vec<String>,
}

/// The result of a route lookup.
pub(crate) enum RouteMatch {
    Route(Route),
    /// The path exists, but only with these methods.
    MethodNotAllowed(Vec<&'static str>),
    NotFound,
}

/// Finds the operation for a method and a path below the base URL.
pub(crate) fn find(method: &HttpMethod, path: &str) -> RouteMatch {
    let known = Method::ALL.into_iter().find(|known| known.as_str() == method.as_str());
    match known.and_then(|method| catalogue::match_path(method, path)) {
        Some(found) => RouteMatch::Route(Route {
            operation: found.operation,
            values: found.path_values().map(|(_, value)| value.into_owned()).collect(),
        }),
        None => {
            let exists = |method: &Method| catalogue::match_path(*method, path).is_some();
            let methods: Vec<_> = Method::ALL.into_iter().filter(exists).map(Method::as_str).collect();
            if methods.is_empty() { RouteMatch::NotFound } else { RouteMatch::MethodNotAllowed(methods) }
        }
    }
}

/// Returns the segments of an operation's path template.
fn template_segments(operation: &'static Operation) -> impl DoubleEndedIterator<Item = &'static str> {
    operation.path.trim_matches('/').split('/')
}

/// Returns the parameter name of a template segment such as `{id}`.
fn parameter_name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

impl Route {
    /// Returns the segments of the template, each with the actual segment of this path.
    fn segments(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let mut values = self.values.iter();
        template_segments(self.operation).map(move |expected| match parameter_name(expected) {
            Some(_) => (expected, values.next().map_or(expected, String::as_str)),
            None => (expected, expected),
        })
    }

    /// Returns the key of the list that the operation works on: the path without a trailing parameter (the id or
    /// identifier of a record), a trailing `count`, or `info`. The `info` variant of a path works on the same records.
    pub(crate) fn list_key(&self) -> Key {
        let mut segments: Vec<&str> = self
            .segments()
            .filter(|(expected, _)| !expected.eq_ignore_ascii_case("info"))
            .map(|(_, segment)| segment)
            .collect();
        let counts = matches!(self.operation.query, QueryKind::Count(_))
            && segments.last().is_some_and(|last| last.eq_ignore_ascii_case("count"));
        if self.is_of_record() || counts {
            segments.pop();
        }
        key(&segments.join("/"))
    }

    /// Returns whether the path ends with a parameter, which may be followed by `info`. The parameter is normally the
    /// id or identifier of a record.
    pub(crate) fn is_of_record(&self) -> bool {
        template_segments(self.operation)
            .rfind(|segment| !segment.eq_ignore_ascii_case("info"))
            .is_some_and(|last| last.starts_with('{'))
    }

    /// Returns whether this is the `info` variant of an operation, which returns fewer fields.
    pub(crate) fn is_info(&self) -> bool {
        self.operation.path.split('/').any(|segment| segment.eq_ignore_ascii_case("info"))
            && self.operation.path != "/system/info"
    }

    /// Returns the value of a path parameter.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.segments().find(|(expected, _)| parameter_name(expected) == Some(name)).map(|(_, value)| value)
    }

    /// Returns the value of the last path parameter.
    pub(crate) fn last_value(&self) -> Option<&str> {
        self.values.last().map(String::as_str)
    }

    /// Returns the route for the same method and the path with another first segment.
    pub(crate) fn moved(&self, from: &str, to: &str) -> Option<Self> {
        let segments = self.segments().map(|(_, segment)| segment).enumerate();
        let segments: Vec<_> =
            segments.map(|(at, segment)| if at == 0 && segment == from { to } else { segment }).collect();
        let path = segments.join("/");
        let found = catalogue::match_path(self.operation.method, &path)?;
        Some(Self {
            operation: found.operation,
            values: found.path_values().map(|(_, value)| value.into_owned()).collect(),
        })
    }

    /// Returns the list and the id of the record that the last path parameter names: `service/tickets` and 5 for
    /// `/service/tickets/5/notes`. Returns `None` if there is no such parameter, or if it is not an integer.
    pub(crate) fn owner(&self) -> Option<(Key, i64)> {
        let id = self.last_value()?.parse().ok()?;
        let mut segments: Vec<_> = self.segments().collect();
        while segments.pop().is_some_and(|(expected, _)| parameter_name(expected).is_none()) {}
        Some((key(&segments.iter().map(|(_, segment)| *segment).collect::<Vec<_>>().join("/")), id))
    }

    /// Returns the name of the record type that the operation returns, or else takes.
    pub(crate) fn record_type(&self) -> Option<&'static str> {
        match self.operation.response {
            ResponseKind::One(name) | ResponseKind::Many(name) => Some(name),
            _ => self.operation.body.map(|body| body.type_name).filter(|name| !name.is_empty()),
        }
    }

    /// Returns whether this is the operation with a method and a path template.
    pub(crate) fn is(&self, method: Method, path: &str) -> bool {
        self.operation.method == method && self.operation.path.trim_end_matches('/').eq_ignore_ascii_case(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> Option<Route> {
        match find(&method.parse().unwrap(), path) {
            RouteMatch::Route(route) => Some(route),
            _ => None,
        }
    }

    #[test]
    fn paths_match_their_operations() {
        for (method, path, id, key, last_value) in [
            ("GET", "/service/tickets", "list_tickets", "service/tickets", None),
            ("GET", "/Service/TICKETS/", "list_tickets", "service/tickets", None),
            ("GET", "/service/tickets/count", "count_tickets", "service/tickets", None),
            ("GET", "/service/tickets/5", "get_ticket", "service/tickets", Some(5)),
            ("POST", "/service/tickets/5/notes", "create_ticket_note", "service/tickets/5/notes", Some(5)),
            ("GET", "/service/info/boards", "list_board_infos", "service/boards", None),
            ("GET", "/system/members/jdoe", "get_member_by_identifier", "system/members", None),
            ("GET", "/system/members/5", "get_member", "system/members", Some(5)),
        ] {
            let route = route(method, path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(
                (
                    route.operation.id,
                    route.list_key().as_str(),
                    route.last_value().and_then(|value| value.parse().ok())
                ),
                (id, key, last_value),
                "{path}"
            );
        }
        let moved = route("GET", "/service/tickets/5/notes/7").unwrap().moved("service", "project").unwrap();
        assert_eq!(moved.list_key(), "project/tickets/5/notes");
        assert!(moved.moved("project", "nowhere").is_none());
        assert!(matches!(find(&HttpMethod::GET, "/service/unknown/5"), RouteMatch::NotFound));
        let RouteMatch::MethodNotAllowed(methods) = find(&HttpMethod::PUT, "/service/tickets") else { panic!() };
        assert_eq!(methods, ["GET", "POST"]);
    }

    #[test]
    fn the_path_of_every_operation_has_a_route() {
        for operation in catalogue::all() {
            let mut path = operation.path.to_owned();
            for parameter in operation.parameters {
                let value = if parameter.kind == catalogue::ParameterKind::Integer { "41" } else { "word" };
                path = path.replace(&format!("{{{}}}", parameter.name), value);
            }
            let found = route(operation.method.as_str(), &path).unwrap_or_else(|| panic!("{operation}"));
            // The paths of some operations differ only by a slash or by letter case, and some paths fit several
            // templates with as many parameters.
            let same =
                found.operation.path.trim_end_matches('/').eq_ignore_ascii_case(operation.path.trim_end_matches('/'));
            assert!(
                same || found.operation.path.matches('{').count() == operation.path.matches('{').count(),
                "{operation}: {}",
                found.operation
            );
        }
    }
}
