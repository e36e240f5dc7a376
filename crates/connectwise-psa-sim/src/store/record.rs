//! Stored records: packed values, and what only API records have. Their fields may be found in `_info`, they contain
//! references, and conditions are evaluated on them.

use connectwise_psa::conditions::FieldValue;

use super::format::RecordFormat;
use crate::packed;
use crate::packed::node::{self, Scalar};
use crate::packed::write;

/// A stored record.
pub(crate) type Packed = packed::Packed<RecordFormat>;

/// A stored record or a part of one, for reading without unpacking.
pub(crate) type Node<'a> = node::Node<'a, RecordFormat>;

/// Appends records as JSON text.
pub(crate) type Writer<'t> = write::Writer<'t, RecordFormat>;

/// The path of a value in a record.
pub(crate) type Path = node::Path<RecordFormat>;

/// The features of API records.
pub(crate) trait RecordNode<'a>: Sized {
    /// Returns the value at a path. The first step may be a field of `_info`.
    fn find_field(self, path: &Path) -> Option<Self>;

    /// Returns the value for the evaluation of a condition.
    fn field_value(self) -> FieldValue<'a>;

    /// Returns the id in a reference field.
    fn reference_id(self, name: &str) -> Option<i64>;

    /// Returns whether it contains, at any depth, a reference to the record at a path: an object with a link in `_info`
    /// that ends with the path. Links in the record's own `_info` do not count: they lead to its sub-lists.
    fn refers_to(self, path: &str) -> bool;
}

impl<'a> RecordNode<'a> for Node<'a> {
    fn find_field(self, path: &Path) -> Option<Self> {
        self.find(path, "_info")
    }

    fn field_value(self) -> FieldValue<'a> {
        match self.scalar() {
            Scalar::Null => FieldValue::Null,
            Scalar::Boolean(value) => FieldValue::Boolean(value),
            Scalar::Number(number) => FieldValue::Number(number),
            Scalar::String(text) => FieldValue::Text(text),
            Scalar::List => FieldValue::Other,
            Scalar::Object => {
                let is_empty = self.fields().all(|(name, value)| name == "_info" || value.is_null());
                if is_empty { FieldValue::Null } else { FieldValue::Other }
            }
        }
    }

    fn reference_id(self, name: &str) -> Option<i64> {
        self.get(name)?.integer("id")
    }

    fn refers_to(self, path: &str) -> bool {
        self.fields().any(|(name, value)| name != "_info" && is_or_contains_reference(value, path))
    }
}

fn is_or_contains_reference(node: Node<'_>, path: &str) -> bool {
    // Skips scalars, which most fields are.
    if !node.is_container() {
        return false;
    }
    let is_reference = node
        .get("_info")
        .is_some_and(|info| info.fields().any(|(link, value)| link.ends_with("_href") && value.ends_with_path(path)));
    is_reference || node.refers_to(path) || node.elements().any(|element| is_or_contains_reference(element, path))
}

#[cfg(test)]
mod tests {
    use connectwise_psa::Condition;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::packed::tests::records;

    #[test]
    fn conditions_match_packed_records_and_json_values_alike() {
        for text in [
            "summary contains 'B'",
            "board/name = 'b' and closedFlag = false",
            "site = null and owner = null and parentTicketId = null",
            "site/id != null or board = null",
            "budgetHours = 1 and actualHours < 0.2",
            "lastUpdated > [2026-01-01]",
            "customFields != null",
            "colour = 'RED' and zebra = 1",
            "n = -64 or n = 9223372036854775807",
            "n > 60",
            "sort = 1",
        ] {
            let matcher = text.parse::<Condition>().unwrap().matcher();
            let paths: Vec<_> =
                matcher.fields().iter().map(|steps| Path::new(steps.iter().map(String::as_str))).collect();
            for record in records().into_iter().filter(Value::is_object) {
                let packed = Packed::from(&record);
                let value = |field: usize| {
                    paths
                        .get(field)
                        .and_then(|path| packed.node().find_field(path))
                        .map_or(FieldValue::Null, RecordNode::field_value)
                };
                assert_eq!(matcher.matches_fields(value), matcher.matches(&record), "{text}: {record}");
            }
        }
    }

    #[test]
    fn references_are_found_by_their_links() {
        let reference =
            |name: &str, link: &str| Packed::from(&json!({"summary": link, "board": {"id": 1, "_info": {name: link}}}));
        for (name, link, expected) in [
            ("board_href", "https://h/v//apis/3.0/service/boards/1", true),
            ("board_href", "https://h/v//apis/3.0/Service/Boards/1", true),
            ("board_href", "/service/boards/1", true),
            ("board_href", "service/boards/1", true),
            ("board_href", "https://h/v//apis/3.0/service/boards/11", false),
            ("board_href", "https://h/v//apis/3.0/x-service/boards/1", false),
            ("board_href", "boards/1", false),
            ("guid", "https://h/v//apis/3.0/service/boards/1", false),
        ] {
            assert_eq!(reference(name, link).node().refers_to("service/boards/1"), expected, "{name} {link}");
        }
        let mut large: Map<String, Value> = (0..20).map(|at| (format!("x{at}"), json!(at))).collect();
        large.insert("_info".to_owned(), json!({"board_href": "service/boards/1"}));
        assert!(
            Packed::from(&json!({"board": large})).node().refers_to("service/boards/1"),
            "a reference with many fields"
        );
        let link = json!({"_info": {"type_href": "service/boards/1"}});
        for (record, expected) in
            [(json!({"types": [{}, link]}), true), (json!({"items": [{"type": link}]}), true), (link, false)]
        {
            assert_eq!(Packed::from(&record).node().refers_to("service/boards/1"), expected, "{record}");
        }
    }
}
