//! The two lists of tickets. Observed on live servers: service tickets and project tickets share one id sequence and one
//! reference type.

use crate::store::Records;

pub(crate) const SERVICE: &str = "service/tickets";
pub(crate) const PROJECT: &str = "project/tickets";

/// Returns the list that contains the record `id` of references to `list`: project tickets are referred to like service
/// tickets. Other records are in `list`.
pub(crate) fn list_of_referred<'a>(records: &Records, list: &'a str, id: i64) -> &'a str {
    if list == SERVICE && records.contains(PROJECT, id) { PROJECT } else { list }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn references_to_service_tickets_also_refer_to_project_tickets() {
        let mut records = Records::default();
        records.insert(PROJECT, Map::new(), Some(5));
        for (list, id, expected) in [
            (SERVICE, 5, PROJECT),
            (SERVICE, 6, SERVICE),
            (PROJECT, 5, PROJECT),
            ("company/companies", 5, "company/companies"),
        ] {
            assert_eq!(list_of_referred(&records, list, id), expected, "{list} {id}");
        }
    }
}
