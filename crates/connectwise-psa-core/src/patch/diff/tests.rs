//! Tests of the patch between two states of a record.

use super::*;
use crate::json::reference::Reference;
use serde_json::json;

fn diff(before: Value, after: Value) -> Value {
    serde_json::to_value(Patch::diff_json(&before, &after).unwrap()).unwrap()
}

fn error_text(before: Value, after: Value) -> String {
    let error = Patch::diff_json(&before, &after).unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    error.to_string()
}

/// Each row is the value of a field before and after, and the expected operations without their path.
fn check_field(rows: &[(Value, Value, Value)]) {
    for (before, after, expected) in rows {
        let mut expected = expected.clone();
        for operation in expected.as_array_mut().unwrap() {
            operation["path"] = json!("m");
        }
        assert_eq!(diff(json!({"id": 1, "m": before}), json!({"id": 1, "m": after})), expected, "{before} to {after}");
        if before.is_null() {
            assert_eq!(diff(json!({"id": 1}), json!({"id": 1, "m": after})), expected, "absent to {after}");
        }
        if after.is_null() {
            assert_eq!(diff(json!({"id": 1, "m": before}), json!({"id": 1})), expected, "{before} to absent");
        }
    }
}

fn replaced(value: Value) -> Value {
    json!([{"op": "replace", "value": value}])
}

#[test]
fn scalars_are_replaced_and_cleared() {
    let none = || json!([]);
    let removed = || json!([{"op": "remove"}]);
    check_field(&[
        (json!("a"), json!("a"), none()),
        (json!("a"), json!("b"), replaced(json!("b"))),
        (json!(null), json!("b"), replaced(json!("b"))),
        (json!("a"), json!(null), replaced(json!(""))),
        (json!("a"), json!(""), replaced(json!(""))),
        (json!(""), json!(null), none()),
        (json!("2026-06-09T21:59:49Z"), json!(null), removed()),
        (json!("2026-06-09"), json!(null), removed()),
        (json!(1), json!(1.0), none()),
        (json!(1.0), json!(2), replaced(json!(2))),
        (json!(0.1), json!(0.25), replaced(json!(0.25))),
        (
            json!(9_007_199_254_740_993_i64),
            json!(9_007_199_254_740_992_i64),
            replaced(json!(9_007_199_254_740_992_i64)),
        ),
        (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0), replaced(json!(9_007_199_254_740_992.0))),
        (json!(1e300), json!(1e301), replaced(json!(1e301))),
        (json!(1), json!("1"), replaced(json!("1"))),
        (json!(1), json!(null), removed()),
        (json!(true), json!(false), replaced(json!(false))),
        (json!(false), json!(null), removed()),
        (json!(null), json!(null), none()),
        (json!(1), json!({"_info": {}}), removed()),
    ]);
}

#[test]
fn references_are_sent_with_their_most_reliable_key() {
    let none = || json!([]);
    let acme = || json!({"id": 5, "identifier": "ACME", "name": "Acme", "_info": {"company_href": "x"}});
    check_field(&[
        (acme(), json!({"id": 7}), replaced(json!({"id": 7}))),
        (acme(), json!({"id": 7, "identifier": "ACME", "name": "Acme"}), replaced(json!({"id": 7}))),
        (acme(), json!({"id": 7, "name": "Other", "_info": {}}), replaced(json!({"id": 7}))),
        (json!(null), json!({"id": 7, "name": "Other"}), replaced(json!({"id": 7}))),
        (json!({"_info": {}}), json!({"id": 7}), replaced(json!({"id": 7}))),
        (json!({"name": "Acme"}), json!({"id": 5, "name": "Acme"}), replaced(json!({"id": 5}))),
        (acme(), json!({"id": 5}), none()),
        (acme(), json!({"id": 5.0, "name": "Acme"}), none()),
        (acme(), json!({"id": "5", "_info": {"updatedBy": "me"}}), none()),
        (acme(), json!({"identifier": "OTHER", "name": "Acme"}), replaced(json!({"identifier": "OTHER"}))),
        (acme(), json!({"name": "Other"}), replaced(json!({"name": "Other"}))),
        (acme(), json!({"id": null, "identifier": "", "name": "Other"}), replaced(json!({"name": "Other"}))),
        (json!(null), json!({"name": "Other"}), replaced(json!({"name": "Other"}))),
        (json!(null), json!({"identifier": "OTHER", "name": "Other"}), replaced(json!({"identifier": "OTHER"}))),
        (acme(), json!({"name": "Acme"}), none()),
        (acme(), json!({"identifier": "ACME"}), none()),
        (acme(), json!(null), json!([{"op": "remove"}])),
        (acme(), json!({}), json!([{"op": "remove"}])),
        (json!({}), json!(null), none()),
        (json!({"_info": {"a": "b"}}), json!({}), none()),
    ]);
}

#[test]
fn references_with_further_fields_are_replaced_as_a_whole() {
    let high = || json!({"id": 5, "name": "High", "sort": 1, "level": "a", "_info": {"image_href": "x"}});
    check_field(&[
        (high(), json!({"id": 5}), json!([])),
        (high(), json!({"name": "High"}), json!([])),
        (high(), json!({"id": 5, "sort": 1, "level": "a"}), json!([])),
        (high(), json!({"id": 5, "name": "High", "sort": 1.0, "level": "a"}), json!([])),
        (high(), json!({"id": 6, "name": "High", "sort": 1, "level": "a"}), replaced(json!({"id": 6}))),
        (high(), json!({"name": "Low", "sort": 1, "level": "a"}), replaced(json!({"name": "Low"}))),
        (high(), json!({"id": 5, "name": "High", "sort": 2, "level": "a", "_info": {}}), {
            replaced(json!({"id": 5, "name": "High", "sort": 2, "level": "a"}))
        }),
        (high(), json!({"id": 5, "sort": 1}), replaced(json!({"id": 5, "sort": 1}))),
        (json!(null), json!({"id": 5, "sort": 1}), replaced(json!({"id": 5}))),
        (high(), json!({"sort": 3}), replaced(json!({"sort": 3}))),
    ]);
}

#[test]
fn other_objects_and_arrays_are_replaced_as_a_whole() {
    let address =
        || json!({"line1": "1 Main St", "city": "Tampa", "country": {"id": 1, "_info": {"a": "b"}}, "_info": {}});
    check_field(&[
        (address(), json!({"line1": "1 Main St", "city": "Tampa", "country": {"id": 1}, "zip": null}), json!([])),
        (
            address(),
            json!({"line1": "1 Main St", "country": {"id": 1, "_info": {"a": "c"}}}),
            replaced(json!({"line1": "1 Main St", "country": {"id": 1}})),
        ),
        (json!(null), json!({"city": "Tampa"}), replaced(json!({"city": "Tampa"}))),
        (address(), json!(null), json!([{"op": "remove"}])),
        (
            json!({"name": "Home", "city": "Tampa"}),
            json!({"name": "Work", "city": "Tampa"}),
            replaced(json!({"name": "Work", "city": "Tampa"})),
        ),
        (json!(null), json!({"name": "Work", "city": "Tampa"}), replaced(json!({"name": "Work", "city": "Tampa"}))),
        (json!([1, 2]), json!([1.0, 2]), json!([])),
        (json!([1, 2]), json!([2, 1]), replaced(json!([2, 1]))),
        (json!([1, 2]), json!([1]), replaced(json!([1]))),
        (json!([1]), json!([]), replaced(json!([]))),
        (json!([1]), json!(null), json!([{"op": "remove"}])),
        (json!([]), json!(null), json!([])),
        (json!([{"id": 1, "_info": {"a": "b"}}]), json!([{"id": 1}]), json!([])),
        (
            json!([{"id": 1}]),
            json!([{"id": 1, "name": "A", "_info": {}}, {"id": 2}]),
            replaced(json!([{"id": 1, "name": "A"}, {"id": 2}])),
        ),
        (json!(5), json!({"name": "A"}), replaced(json!({"name": "A"}))),
        (json!({"id": 5}), json!(7), replaced(json!(7))),
    ]);
}

#[test]
fn invalid_states_are_rejected() {
    let company = |company: Value| json!({"id": 1, "company": company});
    let acme = || company(json!({"id": 5, "identifier": "ACME", "name": "Acme"}));
    for (before, after, name) in [
        (json!({"id": 1}), json!({"id": 2}), "id of the record cannot be changed"),
        (json!({"id": 1}), json!({}), "id of the record cannot be changed"),
        (json!({"id": null}), json!({"id": 1}), "id of the record cannot be changed"),
        (json!({"id": "a"}), json!({"id": "b"}), "id of the record cannot be changed"),
        (json!([]), json!({}), "before is not a JSON object"),
        (json!({}), json!(null), "after is not a JSON object"),
        (
            acme(),
            company(json!({"id": 5, "name": "Other"})),
            "company/name differs, but the id does not; leave out the id to select the record by name",
        ),
        (
            acme(),
            company(json!({"id": 5, "identifier": "OTHER", "name": "Acme"})),
            "company/identifier differs, but the id does not",
        ),
        (
            acme(),
            company(json!({"identifier": "ACME", "name": "Other"})),
            "company/name differs, but the identifier does not",
        ),
        (
            company(json!({"id": 5})),
            company(json!({"id": 5, "name": "Acme"})),
            "company/name differs, but the id does not",
        ),
        (
            company(json!({"id": 5, "name": "A", "sort": 1})),
            company(json!({"id": 5, "name": "B", "sort": 1})),
            "company/name differs, but the id does not",
        ),
    ] {
        let problem = error_text(before.clone(), after.clone());
        assert!(problem.contains(name), "{before} to {after}: {problem}");
    }
    for (before, after) in [(json!({"id": 1}), json!({"id": "1"})), (json!({}), json!({"id": null}))] {
        assert_eq!(diff(before, after), json!([]));
    }
}

#[test]
fn only_custom_fields_with_changed_values_are_sent() {
    let field = |id: i32, value: Value| json!({"id": id, "caption": format!("C{id}"), "type": "Text", "value": value});
    let captioned = |caption: &str, value: Value| json!({"caption": caption, "value": value});
    let rows = [
        (
            json!([field(1, json!("a")), field(2, json!(2))]),
            json!([field(2, json!(2.0)), field(1, json!("a"))]),
            json!([]),
        ),
        (
            json!([field(1, json!("a"))]),
            json!([{"id": 1, "caption": "Other", "type": "Number", "value": "a"}]),
            json!([]),
        ),
        (
            json!([field(1, json!("a")), field(2, json!(2))]),
            json!([field(1, json!("b")), field(2, json!(2))]),
            json!([{"id": 1, "value": "b"}]),
        ),
        (json!([field(1, json!(null))]), json!([{"id": "1", "value": false}]), json!([{"id": 1, "value": false}])),
        (json!([field(1, json!("a"))]), json!([field(1, json!(null))]), json!([{"id": 1, "value": null}])),
        (json!([field(1, json!("a"))]), json!([{"id": 1}]), json!([{"id": 1, "value": null}])),
        (
            json!([field(1, json!("a")), field(2, json!("b"))]),
            json!([field(2, json!("c"))]),
            json!([{"id": 2, "value": "c"}, {"id": 1, "value": null}]),
        ),
        (json!([field(1, json!("a"))]), json!(null), json!([{"id": 1, "value": null}])),
        (json!([field(1, json!(null)), field(2, json!(""))]), json!([]), json!([])),
        (json!(null), json!([field(1, json!("a")), field(2, json!(null))]), json!([{"id": 1, "value": "a"}])),
        (
            json!([field(1, json!("a"))]),
            json!([field(1, json!("a")), field(7, json!(3))]),
            json!([{"id": 7, "value": 3}]),
        ),
        (
            json!([captioned("A", json!(1)), captioned("B", json!(2))]),
            json!([captioned("B", json!(3)), captioned("A", json!(1))]),
            { json!([{"caption": "B", "value": 3}]) },
        ),
        (
            json!([captioned("A", json!(1))]),
            json!([captioned("C", json!(1))]),
            json!([{"caption": "C", "value": 1}, {"caption": "A", "value": null}]),
        ),
        (json!([field(1, json!("a"))]), json!([captioned("C1", json!("b"))]), json!([{"id": 1, "value": "b"}])),
        (json!([captioned("C1", json!("a"))]), json!([field(1, json!("b"))]), json!([{"id": 1, "value": "b"}])),
        (
            json!([field(1, json!("a")), {"id": 2, "caption": "C1"}]),
            json!([field(1, json!("b")), {"id": 2, "caption": "C1"}]),
            { json!([{"id": 1, "value": "b"}]) },
        ),
    ];
    for (before, after, expected) in rows {
        let expected = if expected == json!([]) {
            expected
        } else {
            json!([{"op": "replace", "path": "customFields", "value": expected}])
        };
        assert_eq!(
            diff(json!({"customFields": before}), json!({"customFields": after})),
            expected,
            "{before} to {after}"
        );
    }
}

#[test]
fn invalid_custom_fields_are_rejected() {
    let one = || json!([{"id": 1, "caption": "A", "value": "hunter2"}]);
    for (before, after, name) in [
        (one(), json!([{"id": 1, "value": 2}, {"id": 1, "value": 3}]), "customFields[1] in `after` is listed twice"),
        (
            one(),
            json!([{"id": 1, "value": 2}, {"caption": "A", "value": 3}]),
            "customFields[1] in `after` is listed twice",
        ),
        (one(), json!([{"id": 2, "value": 2}, {"id": 2, "value": 3}]), "customFields[1] in `after` is listed twice"),
        (one(), json!([{"value": 2}]), "customFields[0] has neither id nor caption"),
        (one(), json!(["x"]), "customFields[0] is not a JSON object"),
        (json!([{"value": 1}]), one(), "customFields[0] in `before` has neither"),
        (
            json!([{"id": 1, "caption": "A"}, {"id": 2, "caption": "A"}]),
            json!([{"caption": "A", "value": 1}]),
            "customFields[0] matches several",
        ),
    ] {
        let problem = error_text(json!({"customFields": before}), json!({"customFields": after}));
        assert!(problem.contains(name) && !problem.contains("hunter2"), "{problem}");
    }
    // Invalid arrays are accepted if they do not differ.
    let invalid = || json!({"customFields": [{"value": 1}, {"id": 1}, {"id": 1}, 5], "communicationItems": [{"id": 1}, {"id": 1}, {"value": "a"}]});
    assert_eq!(diff(invalid(), invalid()), json!([]));
    // A value that is not an array has no special rules.
    assert_eq!(
        diff(json!({"customFields": 1}), json!({"customFields": 2})),
        json!([{"op": "replace", "path": "customFields", "value": 2}])
    );
}

#[test]
fn communication_items_are_addressed_by_their_old_index() {
    let phone = || json!({"id": 10, "type": {"id": 2, "name": "Direct", "_info": {}}, "value": "555", "extension": "1", "defaultFlag": true});
    let mail = || json!({"id": 11, "type": {"id": 1, "name": "Email"}, "value": "a@b.c", "domain": "@b.c"});
    let fax = || json!({"id": 12, "type": {"id": 3, "name": "Fax"}, "value": "556"});
    let new = || json!({"type": {"id": 1}, "value": "new", "_info": {}});
    let all = || json!([phone(), mail(), fax()]);
    let changed_phone = json!({"id": 10, "type": {"id": 4, "name": "Direct"}, "value": "557", "defaultFlag": null});
    let rows = [
        (all(), json!([fax(), phone(), mail()]), json!([])),
        (all(), json!([mail(), fax(), changed_phone]), {
            json!([
                {"op": "remove", "path": "communicationItems/0/defaultFlag"},
                {"op": "replace", "path": "communicationItems/0/extension", "value": ""},
                {"op": "replace", "path": "communicationItems/0/type", "value": {"id": 4}},
                {"op": "replace", "path": "communicationItems/0/value", "value": "557"},
            ])
        }),
        (
            all(),
            json!([mail()]),
            json!([{"op": "remove", "path": "communicationItems/2"}, {"op": "remove", "path": "communicationItems/0"}]),
        ),
        (all(), json!(null), {
            json!([
                {"op": "remove", "path": "communicationItems/2"},
                {"op": "remove", "path": "communicationItems/1"},
                {"op": "remove", "path": "communicationItems/0"},
            ])
        }),
        (json!(null), json!([new(), new()]), {
            json!([
                {"op": "add", "path": "communicationItems/0", "value": {"type": {"id": 1}, "value": "new"}},
                {"op": "add", "path": "communicationItems/1", "value": {"type": {"id": 1}, "value": "new"}},
            ])
        }),
        (all(), json!([new(), {"id": "12", "type": {"id": 3}, "value": "x"}, phone()]), {
            json!([
                {"op": "replace", "path": "communicationItems/2/value", "value": "x"},
                {"op": "remove", "path": "communicationItems/1"},
                {"op": "add", "path": "communicationItems/2", "value": {"type": {"id": 1}, "value": "new"}},
            ])
        }),
    ];
    for (before, after, expected) in rows {
        assert_eq!(
            diff(json!({"communicationItems": before}), json!({"communicationItems": after})),
            expected,
            "{after}"
        );
    }
    for (before, after, name) in [
        (all(), json!([phone(), phone()]), "communicationItems[1] has the id of another item"),
        (all(), json!([{"id": 77, "value": "x"}]), "communicationItems[0] has an id that `before` does not have"),
        (json!([phone(), phone()]), json!([]), "communicationItems[1] in `before` has the id 10 of another item"),
        (json!([new()]), json!([]), "communicationItems[0] in `before` has no id"),
        (all(), json!([5]), "communicationItems[0] is not a JSON object"),
        (
            all(),
            json!([{"id": 10, "type": {"id": 2, "name": "Fax"}}]),
            "communicationItems/0/type/name differs, but the id does not",
        ),
    ] {
        let problem = error_text(json!({"communicationItems": before}), json!({"communicationItems": after}));
        assert!(problem.contains(name), "{problem}");
    }
}

#[test]
fn names_are_compared_in_any_letter_case_unless_one_state_has_both() {
    let status = |status: Value| json!({"id": 5, "status": status});
    for (before, after, expected) in [
        (status(json!({"id": 1, "Sort": 3})), status(json!({"id": 1, "sort": 3})), json!([])),
        (
            status(json!({"id": 1, "Sort": 3})),
            status(json!({"id": 1, "sort": 4})),
            json!([{"op": "replace", "path": "status", "value": {"id": 1, "sort": 4}}]),
        ),
        (status(json!({"ID": 1, "name": "A"})), status(json!({"id": 1})), json!([])),
        (
            json!({"Id": 5, "CustomFields": [{"Id": 1, "Value": 2}]}),
            json!({"id": 5, "customFields": [{"id": 1, "value": 3}]}),
            json!([{"op": "replace", "path": "customFields", "value": [{"id": 1, "value": 3}]}]),
        ),
        (json!({"Zip": 1}), json!({"zip": 2}), json!([{"op": "replace", "path": "Zip", "value": 2}])),
        (json!({"zip": 1}), json!({"Zip": null}), json!([{"op": "remove", "path": "zip"}])),
        (json!({"zip": 1, "Zip": 2}), json!({"zip": 1}), json!([{"op": "remove", "path": "Zip"}])),
        (json!({"zip": 1}), json!({"ZIP": 1, "zip": 1}), json!([{"op": "replace", "path": "ZIP", "value": 1}])),
    ] {
        assert_eq!(diff(before.clone(), after.clone()), expected, "{before} to {after}");
    }
}

#[test]
fn operations_are_in_the_order_of_field_names() {
    let after =
        json!({"summary": "a", "board": {"id": 1}, "customFields": [{"id": 1, "value": 1}], "_info": {"a": "b"}});
    let patch = Patch::diff_json(&json!({"zip": 1, "_info": {}}), &after).unwrap();
    let paths: Vec<_> = patch.operations().iter().map(|operation| operation.path.as_str()).collect();
    assert_eq!(paths, ["board", "customFields", "summary", "zip"]);
}

#[test]
fn records_are_compared_as_they_are_serialized() {
    let before = Reference { id: Some(5), name: Some("A".into()), identifier: Some("I".into()), info: None };
    let after = Reference { name: None, info: Some(Default::default()), ..before.clone() };
    assert!(Patch::diff(&before, &before).unwrap().is_empty());
    assert_eq!(
        serde_json::to_value(Patch::diff(&before, &after).unwrap()).unwrap(),
        json!([{"op": "replace", "path": "name", "value": ""}])
    );
}

#[test]
fn strings_that_look_like_dates_are_sent_unchanged() {
    for text in ["2026-06-09T21:59:49.123456789Z", "2026-06-09T21:59:49+02:00", "2026-06-09"] {
        assert_eq!(
            diff(json!({}), json!({"summary": text})),
            json!([{"op": "replace", "path": "summary", "value": text}])
        );
    }
}

#[test]
fn errors_and_debug_output_contain_no_secrets() {
    let after = json!({"password": "hunter2", "customFields": [{"id": 1, "type": "Password", "value": "hunter2"}]});
    let text = format!("{:?}", Patch::diff_json(&json!({}), &after).unwrap());
    assert!(text.contains("customFields") && !text.contains("hunter2"), "{text}");
    let token = |name: &str| json!({"token": {"id": 5, "name": name}});
    let problem = error_text(token("hunter1"), token("hunter2"));
    assert!(problem.contains("token/name") && !problem.contains("hunter"), "{problem}");
}
