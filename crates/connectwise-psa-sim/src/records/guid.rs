//! The GUIDs of records.

use sha2::{Digest as _, Sha256};
use uuid::Builder;

use crate::store::id_sequence;

/// Returns the GUID of a record, which depends on its list and its id only.
pub(crate) fn guid(list: &str, id: i64, kind: &str) -> String {
    let digest = Sha256::digest(format!("{}/{id}/{kind}", id_sequence(list)));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_differ_by_record_and_kind() {
        let own = guid("service/tickets", 1, "mobile");
        assert_eq!((own.len(), &own), (36, &guid("service/tickets", 1, "mobile")));
        // Service tickets and project tickets share their ids.
        assert_eq!(own, guid("project/tickets", 1, "mobile"));
        assert_ne!(own, guid("service/tickets", 2, "mobile"));
        assert_ne!(own, guid("company/companies", 1, "mobile"));
        assert_ne!(own, guid("service/tickets", 1, "record"));
    }
}
