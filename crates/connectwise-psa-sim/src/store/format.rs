//! The packing format of records: numbers for the field names of the OpenAPI document, and prefixes of API links.

use std::sync::LazyLock;

use crate::packed::names::{Format, Names};
use crate::packed::shared::SharedObjects;
use crate::schema::{info_names, links, types};

/// Stands in stored links for the address of the API, which depends on the request. It is on a host that cannot exist.
pub(crate) const LINK_BASE: &str = "https://links.cwpsa-sim.invalid/apis/3.0";

/// The end of the names of the fields with links.
pub(crate) const LINK_FIELD_END: &str = "_href";

/// The packing format of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordFormat;

impl Format for RecordFormat {
    const LINK_PREFIX_END: &'static str = "/apis/3.0/";
    const LINK_START: &'static str = LINK_BASE;
    const LINK_FIELD_END: &'static str = LINK_FIELD_END;

    fn names() -> &'static Names {
        &NAMES
    }

    fn shared() -> &'static SharedObjects {
        &SHARED
    }
}

/// Field names that are not in the OpenAPI document: those in `_info`, and the simulator's own.
const UNDOCUMENTED: &[&str] = &[
    "_info",
    "dateEntered",
    "enteredBy",
    "lastUpdated",
    "updatedBy",
    "_attached",
    "_audited",
    "_by",
    "_content",
    "_file",
    "recordType",
    "Sort",
    "recordId",
];

/// The order of fields in responses. Observed on live servers: the id comes first, custom fields come last.
fn rank(name: &str) -> u8 {
    match name {
        "id" => 0,
        "_info" => 2,
        "customFields" => 3,
        _ => 1,
    }
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let documented = types().flat_map(|schema| schema.fields.keys()).map(String::as_str);
    let other = links().chain(info_names()).chain(UNDOCUMENTED.iter().copied());
    Names::new::<RecordFormat>(documented.chain(other), rank)
});

static SHARED: LazyLock<SharedObjects> = LazyLock::new(SharedObjects::default);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::names::{Name, prefix, split_link};

    #[test]
    fn names_and_link_prefixes_round_trip() {
        let names = RecordFormat::names();
        assert!(names.iter().len() > 1000 && names.iter().len() < usize::from(u16::MAX), "{}", names.iter().len());
        for name in names.iter() {
            let number = names.number_of(name).unwrap();
            assert_eq!(names.name_at(number), name);
            let escaped = serde_json::to_string(name).unwrap();
            assert_eq!(names.get(number).unwrap().separated, format!(",{escaped}:"), "no name needs an escape");
        }
        assert_eq!((names.number_of("no such field"), names.name_at(u16::MAX)), (None, ""));
        for name in ["summary", "board_href", "_info", "lastUpdated", "timeentries_href", "typeId", "mobileGuid"] {
            assert_eq!(Name::new(&name.to_uppercase(), names).case_variants, [names.number_of(name).unwrap()]);
            assert_eq!(
                (Name::new(name, names).exact, Name::new(name, names).case_variants.len()),
                (names.number_of(name), 0)
            );
        }
        let split = |text| split_link(text, RecordFormat::LINK_PREFIX_END);
        let link = "https://h/v1//apis/3.0/service/boards/5";
        let (number, rest) = split(link).unwrap();
        assert_eq!((format!("{}{rest}", prefix(number)), rest), (link.to_owned(), "service/boards/5"));
        assert_eq!(split(link), Some((number, rest)));
        assert_eq!(
            (split("ftp://h/apis/3.0/x"), split("https://h/x"), split("https at h/apis/3.0/x")),
            (None, None, None)
        );
        assert_eq!(split(&format!("https://{}/apis/3.0/x", "h".repeat(200))), None);
    }
}
