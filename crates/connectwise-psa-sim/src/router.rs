//! From a path to the operation of the catalogue: in any letter case, with or without a slash at the end.

use std::collections::HashMap;
use std::sync::LazyLock;

use connectwise_psa::catalogue::ParameterKind;
use connectwise_psa::catalogue::{Operation, QueryKind, ResponseKind};
use connectwise_psa::{Method, catalogue};
use http::Method as HttpMethod;

use crate::http::decode_segment;
use crate::store::{Key, key};

/// An operation with the values of its path.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) operation: &'static Operation,
    /// The segments of the path as they came, decoded.
    segments: Vec<String>,
}

/// The segments of a template, and its operation.
type Row = (Vec<&'static str>, &'static Operation);

/// The operations by the number of their segments.
static BY_LENGTH: LazyLock<HashMap<usize, Vec<Row>>> = LazyLock::new(|| {
    let mut by_length: HashMap<usize, Vec<_>> = HashMap::new();
    for operation in catalogue::all() {
        let segments: Vec<_> = operation.path.trim_matches('/').split('/').collect();
        by_length.entry(segments.len()).or_default().push((segments, operation));
    }
    by_length
});

/// What a path leads to.
pub(crate) enum Found {
    Route(Route),
    /// The path is there, with other methods.
    OtherMethod,
    Nothing,
}

pub(crate) fn find(method: &HttpMethod, path: &str) -> Found {
    let segments: Vec<String> = path.trim_matches('/').split('/').map(decode_segment).collect();
    let mut best: Option<(usize, &'static Operation)> = None;
    let mut is_there = false;
    for (template, operation) in BY_LENGTH.get(&segments.len()).into_iter().flatten() {
        let Some(literals) = fit(template, &segments, operation) else { continue };
        is_there = true;
        if operation.method.as_str() == method.as_str() && best.is_none_or(|(most, _)| literals > most) {
            best = Some((literals, operation));
        }
    }
    match best {
        Some((_, operation)) => Found::Route(Route { operation, segments }),
        None if is_there => Found::OtherMethod,
        None => Found::Nothing,
    }
}

/// How many segments are the same, when the path is of the template.
fn fit(template: &[&'static str], segments: &[String], operation: &Operation) -> Option<usize> {
    let mut literals = 0;
    for (expected, segment) in template.iter().zip(segments) {
        if expected.eq_ignore_ascii_case(segment) {
            literals += 2;
        } else if let Some(name) = expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let is_number = segment.parse::<i64>().is_ok();
            let wants_number = operation.parameters.iter().any(|parameter| parameter.name == name && parameter.kind == ParameterKind::Integer);
            if wants_number && !is_number {
                return None;
            }
            // `/system/members/{id}` and `/system/members/{memberIdentifier}` are told apart by what stands there.
            literals += usize::from(wants_number);
        } else {
            return None;
        }
    }
    Some(literals)
}

impl Route {
    /// The list that the operation is about: the path without what it adds to it. `info` twins are about the same records.
    pub(crate) fn list_key(&self) -> Key {
        let template: Vec<&str> = self.operation.path.trim_matches('/').split('/').collect();
        let mut segments: Vec<&str> = Vec::new();
        for (expected, segment) in template.iter().zip(&self.segments) {
            if !expected.eq_ignore_ascii_case("info") {
                segments.push(segment);
            }
        }
        let ends_with_record = template.iter().rev().find(|segment| !segment.eq_ignore_ascii_case("info")).is_some_and(|last| last.starts_with('{'));
        let counts = matches!(self.operation.query, QueryKind::Count(_)) && segments.last().is_some_and(|last| last.eq_ignore_ascii_case("count"));
        if ends_with_record || counts {
            segments.pop();
        }
        key(&segments.join("/"))
    }

    /// The path as it is described, with the values that came.
    pub(crate) fn path(&self) -> String {
        let template = self.operation.path.trim_matches('/').split('/').zip(&self.segments);
        template.map(|(expected, segment)| if expected.starts_with('{') { segment } else { expected }).collect::<Vec<_>>().join("/")
    }

    /// Whether the path ends with the id of a record, `info` behind it left out.
    pub(crate) fn is_of_record(&self) -> bool {
        let mut template = self.operation.path.trim_matches('/').split('/');
        template.rfind(|segment| !segment.eq_ignore_ascii_case("info")).is_some_and(|last| last.starts_with('{'))
    }

    /// Whether it is the reduced twin of another operation.
    pub(crate) fn is_info(&self) -> bool {
        self.operation.path.split('/').any(|segment| segment.eq_ignore_ascii_case("info")) && self.operation.path != "/system/info"
    }

    /// The value of a parameter of the path.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let template = self.operation.path.trim_matches('/').split('/');
        let at = template.into_iter().position(|segment| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(name))?;
        self.segments.get(at).map(String::as_str)
    }

    /// The last value of the path.
    pub(crate) fn last_value(&self) -> Option<&str> {
        let template: Vec<&str> = self.operation.path.trim_matches('/').split('/').collect();
        let at = template.iter().rposition(|segment| segment.starts_with('{'))?;
        self.segments.get(at).map(String::as_str)
    }

    /// The path up to the last value in it, as a list and a record: that which an action is about.
    pub(crate) fn owner(&self) -> Option<(Key, i64)> {
        let template: Vec<&str> = self.operation.path.trim_matches('/').split('/').collect();
        let at = template.iter().rposition(|segment| segment.starts_with('{'))?;
        let id = self.segments.get(at)?.parse().ok()?;
        Some((key(&self.segments.get(..at)?.join("/")), id))
    }

    /// The name of the type of record that the operation answers or takes.
    pub(crate) fn record_type(&self) -> Option<&'static str> {
        match self.operation.response {
            ResponseKind::One(name) | ResponseKind::Many(name) => Some(name),
            _ => self.operation.body.map(|body| body.type_name).filter(|name| !name.is_empty()),
        }
    }

    pub(crate) fn is(&self, method: Method, path: &str) -> bool {
        self.operation.method == method && self.operation.path.trim_end_matches('/').eq_ignore_ascii_case(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> Option<Route> {
        match find(&method.parse().unwrap(), path) {
            Found::Route(route) => Some(route),
            _ => None,
        }
    }

    #[test]
    fn paths_lead_to_their_operations() {
        for (method, path, id, key, record) in [
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
            assert_eq!((route.operation.id, route.list_key().as_str(), route.last_value().and_then(|value| value.parse().ok())), (id, key, record), "{path}");
        }
        assert!(matches!(find(&HttpMethod::GET, "/service/unknown/5"), Found::Nothing));
        assert!(matches!(find(&HttpMethod::PUT, "/service/tickets"), Found::OtherMethod));
    }

    #[test]
    fn every_operation_is_found_by_its_own_path() {
        for operation in catalogue::all() {
            let mut path = operation.path.to_owned();
            for parameter in operation.parameters {
                let value = if parameter.kind == ParameterKind::Integer { "41" } else { "word" };
                path = path.replace(&format!("{{{}}}", parameter.name), value);
            }
            let found = route(operation.method.as_str(), &path).unwrap_or_else(|| panic!("{operation}"));
            // Some pairs differ by a slash or by letter case alone, and are one to the server.
            let same = found.operation.path.trim_end_matches('/').eq_ignore_ascii_case(operation.path.trim_end_matches('/'));
            assert!(same || found.operation.path.matches('{').count() == operation.path.matches('{').count(), "{operation}: {}", found.operation);
        }
    }
}
