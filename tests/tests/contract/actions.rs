//! openapi/actions.csv lists the actions that integration products offer. Every row names an operation of the catalogue
//! with the same method and path, or gives the reason why there is none.

use connectwise_psa_bindings::catalogue;

#[test]
fn every_action_has_its_operation_or_a_reason() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/actions.csv");
    let mut reader = csv::Reader::from_path(path).expect("openapi/actions.csv is committed");
    let (mut with_operation, mut without_operation) = (0, 0);
    for row in reader.records() {
        let row = row.expect("a row");
        let [_, action, method, path, vendor_id, reason, _popular] =
            row.iter().collect::<Vec<_>>().try_into().expect("seven columns");
        if vendor_id.is_empty() {
            assert!(!reason.is_empty(), "{action}");
            without_operation += 1;
            continue;
        }
        let operation = catalogue::find_by_vendor_id(vendor_id).unwrap_or_else(|| {
            panic!("{action}: the catalogue has no operation {vendor_id}; correct openapi/actions.csv")
        });
        assert_eq!((operation.method.as_str(), operation.path), (method, path), "{action}");
        with_operation += 1;
    }
    assert_eq!((with_operation, without_operation), (485, 2));
}
