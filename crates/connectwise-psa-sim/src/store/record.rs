//! Records as they are kept: packed values, with what records of the API have beyond any JSON: `_info`, references, and
//! values as conditions see them.

use connectwise_psa::conditions::FieldValue;

use super::format::RecordFormat;
use crate::packed;
use crate::packed::node::{self, Scalar};

/// A record as it is kept.
pub(crate) type Packed = packed::Packed<RecordFormat>;

/// A record or a part of one, to be read in place.
pub(crate) type Node<'a> = node::Node<'a, RecordFormat>;

/// Where a value is in a record.
pub(crate) type Path = node::Path<RecordFormat>;

/// What records have beyond any JSON.
pub(crate) trait RecordNode<'a>: Sized {
    /// The value at a path, whose first step may be a member of `_info`.
    fn find_field(self, path: &Path) -> Option<Self>;

    /// The value as conditions see it.
    fn field_value(self) -> FieldValue<'a>;

    /// The id of the record that a member refers to.
    fn reference_id(self, name: &str) -> Option<i64>;

    /// Whether it has a reference to the record at a path, at any depth: an object with a link that ends with it. Its
    /// own links lead to what is under it.
    fn refers_to(self, path: &str) -> bool;
}

impl<'a> RecordNode<'a> for Node<'a> {
    fn find_field(self, path: &Path) -> Option<Self> {
        self.find(path, "_info")
    }

    fn field_value(self) -> FieldValue<'a> {
        match self.scalar() {
            Scalar::Null => FieldValue::Null,
            Scalar::Boolean(flag) => FieldValue::Boolean(flag),
            Scalar::Number(number) => FieldValue::Number(number),
            Scalar::String(text) => FieldValue::Text(text),
            Scalar::List => FieldValue::Other,
            Scalar::Object => {
                let is_empty = self.entries().all(|(name, value)| name == "_info" || value.is_null());
                if is_empty { FieldValue::Null } else { FieldValue::Other }
            }
        }
    }

    fn reference_id(self, name: &str) -> Option<i64> {
        self.get(name)?.integer("id")
    }

    fn refers_to(self, path: &str) -> bool {
        self.entries().any(|(name, value)| name != "_info" && leads_to(value, path))
    }
}

fn leads_to(node: Node<'_>, path: &str) -> bool {
    // Most members are neither.
    if !node.is_container() {
        return false;
    }
    let by_link = node
        .get("_info")
        .is_some_and(|info| info.entries().any(|(link, value)| link.ends_with("_href") && value.ends_with_path(path)));
    by_link || node.refers_to(path) || node.elements().any(|element| leads_to(element, path))
}

#[cfg(test)]
mod tests {
    use connectwise_psa::Condition;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::packed::tests::records;

    /// Both ways to hold a condition against a record say the same.
    #[test]
    fn conditions_see_packed_records_as_they_see_values() {
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
    fn references_are_known_by_their_links() {
        let reference =
            |name: &str, link: &str| Packed::from(&json!({"summary": link, "board": {"id": 1, "_info": {name: link}}}));
        for (name, link, refers) in [
            ("board_href", "https://h/v//apis/3.0/service/boards/1", true),
            ("board_href", "https://h/v//apis/3.0/Service/Boards/1", true),
            ("board_href", "/service/boards/1", true),
            ("board_href", "service/boards/1", true),
            ("board_href", "https://h/v//apis/3.0/service/boards/11", false),
            ("board_href", "https://h/v//apis/3.0/x-service/boards/1", false),
            ("board_href", "boards/1", false),
            ("guid", "https://h/v//apis/3.0/service/boards/1", false),
        ] {
            assert_eq!(reference(name, link).node().refers_to("service/boards/1"), refers, "{name} {link}");
        }
        let mut large: Map<String, Value> = (0..20).map(|at| (format!("x{at}"), json!(at))).collect();
        large.insert("_info".to_owned(), json!({"board_href": "service/boards/1"}));
        assert!(
            Packed::from(&json!({"board": large})).node().refers_to("service/boards/1"),
            "a reference with many members"
        );
        let link = json!({"_info": {"type_href": "service/boards/1"}});
        for (record, refers) in
            [(json!({"types": [{}, link]}), true), (json!({"items": [{"type": link}]}), true), (link, false)]
        {
            assert_eq!(Packed::from(&record).node().refers_to("service/boards/1"), refers, "{record}");
        }
    }
}
