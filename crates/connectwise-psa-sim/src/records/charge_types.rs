//! What time and expense entries can be charged to.

/// A type of record that entries can be charged to.
#[derive(Debug)]
pub(crate) struct ChargeType {
    /// The value of `chargeToType`.
    pub(crate) name: &'static str,
    pub(crate) list: &'static str,
    /// The field of the entry that refers to the record, if entries have one.
    pub(crate) field: Option<&'static str>,
}

const CHARGE_TYPES: &[ChargeType] = &[
    ChargeType { name: "ServiceTicket", list: "service/tickets", field: Some("ticket") },
    ChargeType { name: "ProjectTicket", list: "project/tickets", field: Some("ticket") },
    ChargeType { name: "ChargeCode", list: "time/chargecodes", field: None },
    ChargeType { name: "Activity", list: "sales/activities", field: Some("activity") },
    ChargeType { name: "Company", list: "company/companies", field: Some("company") },
];

/// Returns the type with this value of `chargeToType`, in any letter case.
pub(crate) fn named(name: &str) -> Option<&'static ChargeType> {
    CHARGE_TYPES.iter().find(|charge_type| charge_type.name.eq_ignore_ascii_case(name))
}

/// Returns the type of the records of a list.
pub(crate) fn for_list(list: &str) -> Option<&'static ChargeType> {
    CHARGE_TYPES.iter().find(|charge_type| charge_type.list == list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::record_type;

    #[test]
    fn charge_types_have_lists() {
        for charge_type in CHARGE_TYPES {
            assert!(record_type(charge_type.list).is_some(), "{charge_type:?}");
        }
        assert_eq!(named("projectticket").map(|found| found.list), Some("project/tickets"));
        assert_eq!(for_list("time/chargecodes").map(|found| found.name), Some("ChargeCode"));
        assert!(named("Meeting").is_none() && for_list("time/entries").is_none());
    }
}
