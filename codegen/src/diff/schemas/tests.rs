//! Tests of the comparison of types, on small documents.

use serde_json::{Value, json};

use super::super::tests::{document, lines, operation, reference};

fn changes(old: &Value, new: &Value) -> Vec<String> {
    lines(&document(&json!({}), old), &document(&json!({}), new))
}

/// Returns the changes of the property `aB` of the type `T`, without the names of the property.
fn property(old: &Value, new: &Value) -> Vec<String> {
    let with = |property: &Value| json!({"T": {"properties": {"aB": property}}, "E": {"enum": ["x"]}, "OneReference": {"x-reference": "plain", "properties": {}}, "TwoReference": {"x-reference": "plain", "properties": {}}});
    changes(&with(old), &with(new)).into_iter().map(|line| line.replace("`T.a_b` (aB): ", "")).collect()
}

#[test]
fn only_generated_types_are_reported_as_added_or_removed() {
    let (some, none) = (
        json!({"O": {"properties": {}}, "E": {"enum": ["x"]}, "AReference": {"x-reference": "plain", "properties": {}}, "Any": {}}),
        json!({}),
    );
    assert_eq!(
        changes(&some, &none),
        ["B `E`: the enum was removed: remove it from code", "B `O`: the struct was removed: remove it from code"]
    );
    assert_eq!(changes(&none, &some), ["A `E`: new enum", "A `O`: new struct"]);
}

#[test]
fn a_renamed_type_is_reported_once() {
    let with = |name: &str| json!({"T": {"properties": {"a": reference(name), "b": reference(name)}}, name: {"enum": ["x", "y"]}});
    assert_eq!(
        changes(&with("E"), &with("F")),
        [
            "B `E`: renamed to `F`: code that names the enum needs the new name",
            "B `T.a`: enum `E` -> enum `F`: the type of the field changed: change the code that uses the field or filters by it",
            "B `T.b`: enum `E` -> enum `F`: the type of the field changed: change the code that uses the field or filters by it",
        ]
    );
    let with = |name: &str| json!({"T": {"properties": {"a": reference(name)}}, name: {"properties": {"x": {"type": "string"}}}});
    assert_eq!(
        changes(&with("O"), &with("P")),
        ["B `O`: renamed to `P`: code that names the struct needs the new name"]
    );
    // Both schemas have the Rust name `SlaInfo`.
    let same_rust = changes(&json!({"SLAInfo": {"properties": {}}}), &json!({"SlaInfo": {"properties": {}}}));
    assert_eq!(
        same_rust,
        [
            "C `SlaInfo`: the vendor's name was SLAInfo: change it where you look the type up by this name, such as in the JSON Schemas"
        ]
    );
}

#[test]
fn a_type_with_a_chosen_name_keeps_the_vendors_name() {
    let with = |vendor_name: &str, y: bool| {
        let mut properties = json!({"x": {"type": "string"}, "z": {"type": "string"}});
        if y {
            properties["y"] = json!({"type": "string"});
        }
        json!({"Association": {"x-vendor-name": vendor_name, "properties": properties}})
    };
    let diff = super::super::diff(
        &document(&json!({}), &with("Company.Association", false)),
        &document(&json!({}), &with("Company.Association", true)),
    )
    .unwrap();
    assert_eq!(diff.json()[0]["subject"]["schema"], "Company.Association");
    assert_eq!(
        changes(&with("A.Association", true), &with("B.Association", true)),
        [
            "C `Association` (B.Association): the vendor's name was A.Association: change it where you look the type up by this name, such as in the JSON Schemas"
        ]
    );
}

#[test]
fn a_merged_type_is_replaced_and_a_type_with_other_fields_is_new() {
    let owner = |a: &str, b: &str| json!({"properties": {"a": reference(a), "b": reference(b)}});
    let record = json!({"properties": {"x": {"type": "string"}}});
    let found =
        changes(&json!({"T": owner("A", "B"), "A": record, "B": record}), &json!({"T": owner("B", "B"), "B": record}));
    assert_eq!(found, ["B `A`: replaced by `B`: code that names the struct needs the new name"]);
    let other = json!({"properties": {"y": {"type": "string"}}});
    let found = changes(&json!({"T": owner("A", "A"), "A": record}), &json!({"T": owner("C", "C"), "C": other}));
    assert_eq!(
        found,
        [
            "B `A`: the struct was removed: remove it from code",
            "B `T.a`: `A` -> `C`: the type of the field changed: change the code that uses the field or filters by it",
            "B `T.b`: `A` -> `C`: the type of the field changed: change the code that uses the field or filters by it",
            "A `C`: new struct"
        ]
    );
}

#[test]
fn an_enum_that_is_split_names_the_fields() {
    let owner = |a: &str, c: &str| json!({"properties": {"a": reference(a), "b": reference(c)}});
    let found = changes(
        &json!({"T": owner("E", "E"), "E": {"enum": ["x"]}}),
        &json!({"T": owner("F", "E"), "E": {"enum": ["x"]}, "F": {"enum": ["x", "y"]}}),
    );
    assert_eq!(
        found,
        [
            "B `T.a`: enum `E` -> enum `F`: the type of the field changed: change the code that uses the field or filters by it",
            "A `F`: new enum",
            "A `T.a`: new value `y` (of `F`)",
        ]
    );
}

#[test]
fn changed_categories_are_reported() {
    let schema = |category: &str| match category {
        "object" => json!({"properties": {}}),
        "enum" => json!({"enum": ["x"]}),
        "any" => json!({}),
        reference => json!({"properties": {}, "x-reference": reference}),
    };
    let document_with = |category: &str| {
        document(
            &json!({"/a/b": {"get": operation("a", "get_b", "getAB", &reference("R"))}}),
            &json!({"R": schema(category)}),
        )
    };
    for (old, new, expected) in [
        (
            "plain",
            "extended",
            "B `R`: `Reference` -> reference with a type of its own: 1 field, argument, body or response now has the type `R` instead of `Reference`: change the code that uses their values",
        ),
        (
            "extended",
            "plain",
            "B `R`: reference with a type of its own -> `Reference`: 1 field, argument, body or response now has the type `Reference` instead of `R`: change the code that uses their values",
        ),
        (
            "object",
            "any",
            "B `R`: struct -> any JSON: 1 field, argument, body or response now has the type `Value` instead of `R`: change the code that uses their values",
        ),
        (
            "object",
            "enum",
            "B `R`: struct -> enum: `R` is no longer a struct: change the code that constructs it or uses its fields",
        ),
        (
            "enum",
            "object",
            "B `R`: enum -> struct: `R` is no longer an enum: change the code that constructs it or names its variants",
        ),
        (
            "object",
            "extended",
            "C `R`: struct -> reference with a type of its own: it now implements `From<i32>`, so an ID can be passed as a reference",
        ),
        (
            "extended",
            "object",
            "B `R`: reference with a type of its own -> struct: it no longer implements `From<i32>`: code that passes an ID needs a value with the field `id`",
        ),
    ] {
        assert_eq!(lines(&document_with(old), &document_with(new)), [expected]);
    }
}

#[test]
fn added_and_removed_properties_are_reported() {
    let with = |properties: Value| json!({"T": {"properties": properties}});
    let (text, file) = (json!({"type": "string"}), json!({"type": "string", "format": "binary"}));
    assert_eq!(
        changes(&with(json!({"aB": text})), &with(json!({}))),
        ["B `T.a_b` (aB): removed (was string): remove the field from code"]
    );
    let two = json!({"x": text, "y": text});
    let mut three = two.clone();
    three["aB"] = text.clone();
    assert_eq!(changes(&with(two), &with(three)), ["A `T.a_b` (aB): string"]);
    // Literals of a struct with one field have no `..Default::default()`.
    assert_eq!(
        changes(&with(json!({"x": text})), &with(json!({"x": text, "aB": text}))),
        [
            "B `T.a_b` (aB): new field (string) of a struct with 1 field before: add `..Default::default()` to literals, and `..` to patterns"
        ]
    );
    // `a_b` has the Rust name of `aB`, so only its JSON name changed. `AB` is new.
    assert_eq!(changes(&with(json!({"aB": text})), &with(json!({"AB": text, "a_b": text}))).len(), 2);
    assert_eq!(
        changes(&with(json!({"aB": text})), &with(json!({"a_b": text}))),
        [
            "C `T.a_b`: the JSON name is `a_b` (was `aB`): nothing in code that uses the field; change text that names it, such as conditions as text"
        ]
    );
    assert_eq!(
        changes(&with(json!({"file": file})), &with(json!({}))),
        ["C `T.file`: removed (was file): see the operations that send the form"]
    );
}

#[test]
fn changed_properties_are_reported() {
    let text = |limit: u64| json!({"type": "string", "maxLength": limit});
    for (old, new, expected) in [
        (
            json!({"type": "integer", "format": "int32"}),
            json!({"type": "string"}),
            "B integer (int32) -> string: the type of the field changed: change the code that uses the field or filters by it",
        ),
        (
            reference("E"),
            json!({"type": "string"}),
            "B enum `E` -> string: the type of the field changed: change the code that uses the field or filters by it",
        ),
        (
            reference("OneReference"),
            reference("TwoReference"),
            "C `Reference` (OneReference) -> `Reference` (TwoReference): refers to another type of record: check the IDs that you pass",
        ),
        (
            text(9),
            text(5),
            "C at most 5 characters (was 9): shorten what you send: the server rejects longer strings, and `check_lengths` finds them before sending",
        ),
        (text(5), text(1000), "C at most 1,000 characters (was 5): nothing; longer strings are accepted"),
        (
            json!({"type": "string"}),
            text(9),
            "C at most 9 characters (had no limit): shorten what you send: the server rejects longer strings, and `check_lengths` finds them before sending",
        ),
        (
            text(9),
            json!({"type": "string"}),
            "C no limit on the length (was at most 9 characters): nothing; longer strings are accepted",
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "writeOnly": true}),
            "C now write-only: do not expect it in responses",
        ),
        (
            json!({"type": "string", "x-required-on-update": true}),
            json!({"type": "string"}),
            "C no longer required when updating: nothing",
        ),
    ] {
        assert_eq!(property(&old, &new), [expected]);
    }
}

/// Plain references are one Rust type, but each has its own typed fields.
#[test]
fn properties_of_plain_references_are_typed_fields() {
    let plain_reference = |properties: &[&str]| {
        let properties: serde_json::Map<_, _> =
            properties.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"x-reference": "plain", "properties": properties})
    };
    let with = |properties: &[&str]| json!({"BoardReference": plain_reference(properties)});
    assert_eq!(
        changes(&with(&["id", "name"]), &with(&["id", "identifier"])),
        [
            "B `BoardReference.name`: removed (was string): `filter`, `sort` and `select` no longer have its `name()`; remove it from code",
            "A `BoardReference.identifier`: string"
        ]
    );
    let owner = |name: &str| json!({"T": {"properties": {"a": reference(name)}}, "AReference": plain_reference(&["id", "name"]), "BReference": plain_reference(&["id"]), "CReference": plain_reference(&["id", "identifier"])});
    for (old, new, expected) in [
        ("AReference", "BReference", "`filter`, `sort` and `select` no longer have its `name()`: use its `id()`"),
        (
            "AReference",
            "CReference",
            "`filter`, `sort` and `select` have its `identifier()` instead of `name()`: change the code that uses them",
        ),
        (
            "BReference",
            "AReference",
            "`filter`, `sort` and `select` also have its `name()`: code that names the field type `IdReference` needs `NamedReference`",
        ),
    ] {
        assert_eq!(
            changes(&owner(old), &owner(new)),
            [format!(
                "B `T.a`: `Reference` ({old}) -> `Reference` ({new}): refers to another type of record; {expected}"
            )]
        );
    }
}

#[test]
fn changed_constructors_are_reported() {
    let with = |required: &[&str]| {
        let properties: serde_json::Map<_, _> = ["a", "b", "c", "d", "e", "f", "type"]
            .map(|name| (name.to_owned(), json!({"type": "string"})))
            .into_iter()
            .collect();
        json!({"T": {"properties": properties, "x-required-on-create": required}})
    };
    for (old, new, expected) in [
        (
            &["a"][..],
            &["a", "type"][..],
            "B `T`: `new(a)` -> `new(a, type_)`: also takes `type_`: change the calls of `new`",
        ),
        (&["a", "b"], &["b"], "B `T`: `new(a, b)` -> `new(b)`: no longer takes `a`: change the calls of `new`"),
        (
            &["a", "b"],
            &["b", "a"],
            "B `T`: `new(a, b)` -> `new(b, a)`: arguments reordered: check every call of `new`, because one that still compiles may pass wrong values",
        ),
        (
            &["a", "b"],
            &[],
            "B `T`: `new(a, b)` was removed, because no field is required when creating: use `default()`",
        ),
        (&[], &["a"], "A `T`: new constructor `new(a)` with the required fields"),
        (
            &["a", "b", "c", "d", "e", "f"],
            &["a", "b", "c", "d", "e", "f", "type"],
            "B `T`: `new` with 6 -> 7 arguments: also takes `type_`: change the calls of `new`",
        ),
    ] {
        assert_eq!(changes(&with(old), &with(new)), [expected]);
    }
}

#[test]
fn changed_values_are_reported() {
    let with = |values: Vec<String>| json!({"E": {"enum": values}});
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        changes(&with(texts(&["x", "y"])), &with(texts(&["y", "z"]))),
        ["B `E`: value removed: `x`: remove its variant from code", "A `E`: 1 new value: `z`"]
    );
    assert_eq!(
        changes(&with(texts(&["VeryHigh"])), &with(texts(&["Very High"]))),
        [
            "C `E`: changed in JSON, with the same variant: `VeryHigh` -> `Very High`: change text that names the old value, such as conditions as text"
        ]
    );
    assert!(
        changes(&with(texts(&["x", "y"])), &with(texts(&["y", "x"]))).is_empty(),
        "the order of values is not significant"
    );
    let many = changes(
        &with(texts(&["x"])),
        &with((0..30).map(|number| format!("v{number}")).chain(["x".to_owned()]).collect()),
    );
    // The first 24 values are listed.
    assert!(many[0].starts_with("A `E`: 30 new values: ") && many[0].ends_with(" and 6 more"), "{many:?}");
}

#[test]
fn a_text_that_may_be_a_date_gains_a_length() {
    assert_eq!(
        property(&json!({"type": "string", "x-date-as-text": true}), &json!({"type": "string", "maxLength": 50})),
        [
            "B date as a string -> string: the type of the field changed: change the code that uses the field or filters by it",
            "C at most 50 characters (had no limit): shorten what you send: the server rejects longer strings, and `check_lengths` finds them before sending"
        ]
    );
}

#[test]
fn a_value_that_starts_to_contain_its_own_type_is_shared() {
    let with = |more: Value| {
        let mut inner = json!({"properties": {"x": {"type": "string"}, "y": {"type": "string"}}});
        inner["properties"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Outer": {"properties": {"inner": reference("Inner")}}, "Inner": inner})
    };
    assert_eq!(
        changes(&with(json!({})), &with(json!({"outer": reference("Outer")}))),
        [
            "B `Outer.inner`: `Inner` -> `Inner` in a `Shared`: the type of the field changed: change the code that uses the field or filters by it",
            "A `Inner.outer`: `Outer` in a `Shared`"
        ]
    );
}

#[test]
fn names_in_rust_and_in_json_change_independently() {
    let with = |json_name: &str, rust_name: Option<&str>| {
        let mut property = json!({"type": "string"});
        if let Some(name) = rust_name {
            property["x-rust-name"] = json!(name);
        }
        json!({"T": {"properties": {"x": {"type": "string"}, json_name: property}}})
    };
    assert_eq!(
        changes(&with("aB", None), &with("aB", Some("other"))),
        ["B `T.other` (aB): renamed from `a_b` in Rust: code that names the field needs the new name"]
    );
    assert_eq!(
        changes(&with("aB", None), &with("AB2", Some("a_b"))),
        [
            "C `T.a_b` (AB2): the JSON name is `AB2` (was `aB`): nothing in code that uses the field; change text that names it, such as conditions as text"
        ]
    );
}

#[test]
fn a_value_is_named_at_the_property_that_gains_or_loses_it() {
    let with = |values: &[&str], of_a: Option<&[&str]>| {
        let mut a = reference("E");
        if let Some(of_a) = of_a {
            a["x-values"] = json!(of_a);
        }
        json!({"T": {"properties": {"a": a, "b": {"type": "array", "items": reference("E")}}}, "E": {"enum": values}})
    };
    let two = with(&["x", "y"], None);
    for (old, new, expected) in [
        (&two, with(&["x", "y", "z"], Some(&["x", "y"])), vec!["A `T.b`: new value `z` (of `E`)"]),
        (
            &two,
            with(&["x", "y", "z"], None),
            vec!["A `T.a`: new value `z` (of `E`)", "A `T.b`: new value `z` (of `E`)"],
        ),
        (
            &two,
            with(&["x", "y"], Some(&["x"])),
            vec![
                "C `T.a`: value removed: `y` (of `E`): do not send it here; code that names the variant still compiles, because other fields have the value; the server can reject it",
            ],
        ),
        (
            &with(&["x", "y"], Some(&["x"])),
            with(&["x"], None),
            vec!["B `T.b`: value removed: `y` (of `E`): remove its variant from code"],
        ),
    ] {
        assert_eq!(changes(old, &new), expected);
    }
    let text = |values: &[&str]| json!({"type": "string", "x-values": values});
    assert_eq!(
        property(&text(&["x", "X"]), &text(&["x", "z"])),
        ["A new value `z`", "C value removed: `X`: do not send it here; the server can reject it"]
    );
}

#[test]
fn variants_with_chosen_names_are_compared_by_them() {
    let with = |value: &str, variant: Option<&str>| {
        let names: serde_json::Map<_, _> =
            variant.map(|variant| (value.to_owned(), json!(variant))).into_iter().collect();
        json!({"T": {"properties": {"a": reference("E")}}, "E": {"enum": [value], "x-rust-names": names}})
    };
    assert_eq!(
        changes(&with("+", Some("Plus")), &with("+", Some("Added"))),
        ["B `E`: variant renamed: `Plus` -> `Added`: code that names them needs the new names"]
    );
    assert_eq!(
        changes(&with("+", Some("Plus")), &with("plus", None)),
        [
            "C `E`: changed in JSON, with the same variant: `+` -> `plus`: change text that names the old value, such as conditions as text"
        ]
    );
}

#[test]
fn items_that_follow_from_fields_are_reported() {
    let with = |reference: Option<&str>| {
        let mut schema = json!({"properties": {"id": {"type": "integer", "format": "int32"}, "name": {"type": "string"}, "x": {"type": "string"}}});
        if let Some(reference) = reference {
            schema["x-reference"] = json!(reference);
        }
        json!({"T": schema})
    };
    let found = changes(&with(None), &with(Some("extended")));
    assert!(
        found.contains(&"B `T`: no longer has an implementation of `Record`: change the code that uses it".to_owned()),
        "{found:#?}"
    );
    let found = changes(&with(Some("extended")), &with(None));
    assert!(found.contains(&"B `T`: no longer has `by_name`: change the code that uses it".to_owned()), "{found:#?}");
}

#[test]
fn other_keywords_are_reported() {
    for (old, new, expected) in [
        (
            json!({"type": "integer", "minimum": 0}),
            json!({"type": "integer", "minimum": 1, "deprecated": true}),
            vec![
                "C now deprecated: code that uses the field gets a compiler warning: replace it before the API removes it",
                "C `minimum` in the document: `0` -> `1`: check the values that you send; the generated code is the same",
            ],
        ),
        (
            json!({"type": "string", "format": "password"}),
            json!({"type": "string"}),
            vec![
                "C `format` in the document: `\"password\"` -> none: check the values that you send; the generated code is the same",
            ],
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "readOnly": true}),
            vec!["C now read-only: do not send it; the server ignores or rejects it"],
        ),
    ] {
        assert_eq!(property(&old, &new), expected);
    }
}
