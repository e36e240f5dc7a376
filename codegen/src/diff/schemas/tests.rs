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
    assert_eq!(changes(&some, &none), ["B `E`: the enum was removed", "B `O`: the struct was removed"]);
    assert_eq!(changes(&none, &some), ["A `E`: new enum", "A `O`: new struct"]);
}

#[test]
fn a_renamed_type_is_reported_once() {
    let with = |name: &str| json!({"T": {"properties": {"a": reference(name), "b": reference(name)}}, name: {"enum": ["x", "y"]}});
    assert_eq!(changes(&with("E"), &with("F")), ["B `E`: renamed to `F`: code that names the enum needs the new name"]);
    // Both schemas have the Rust name `SlaInfo`.
    let same_rust = changes(&json!({"SLAInfo": {"properties": {}}}), &json!({"SlaInfo": {"properties": {}}}));
    assert_eq!(same_rust, ["C `SlaInfo`: the vendor's name was SLAInfo"]);
}

#[test]
fn merged_types_and_types_with_other_fields_are_reported_as_replaced() {
    let owner = |a: &str, b: &str| json!({"properties": {"a": reference(a), "b": reference(b)}});
    let record = json!({"properties": {"x": {"type": "string"}}});
    let found =
        changes(&json!({"T": owner("A", "B"), "A": record, "B": record}), &json!({"T": owner("B", "B"), "B": record}));
    assert_eq!(found, ["B `A`: replaced by `B`: code that names the struct needs the new name"]);
    let other = json!({"properties": {"y": {"type": "string"}}});
    let found = changes(&json!({"T": owner("A", "A"), "A": record}), &json!({"T": owner("C", "C"), "C": other}));
    assert_eq!(
        found,
        ["B `A`: replaced by `C`, which has other fields: code that names the struct needs the new name"]
    );
}

#[test]
fn an_enum_that_lost_most_of_its_uses_is_reported_once() {
    let owner = |a: &str, c: &str| json!({"properties": {"a": reference(a), "b": reference(a), "c": reference(c)}});
    let found = changes(
        &json!({"T": owner("E", "E"), "E": {"enum": ["x"]}}),
        &json!({"T": owner("F", "E"), "E": {"enum": ["x", "y"]}, "F": {"enum": ["x"]}}),
    );
    assert_eq!(
        found,
        [
            "B `E`: most fields and arguments of this type now have the type `F`: code that names `E` for them needs the new name",
            "A `E`: 1 new value: `y`",
            "A `F`: new enum"
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
            "B `R`: `Reference` -> reference with a type of its own: 1 field, argument, body or response now has the type `R` instead of `Reference`",
        ),
        (
            "extended",
            "plain",
            "B `R`: reference with a type of its own -> `Reference`: 1 field, argument, body or response now has the type `Reference` instead of `R`",
        ),
        (
            "object",
            "any",
            "B `R`: struct -> any JSON: 1 field, argument, body or response now has the type `Value` instead of `R`",
        ),
        (
            "object",
            "enum",
            "B `R`: struct -> enum: `R` is no longer a struct: code that constructs it or uses its fields no longer compiles",
        ),
        (
            "enum",
            "object",
            "B `R`: enum -> struct: `R` is no longer an enum: code that constructs it or names its variants no longer compiles",
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
        ["B `T.a_b` (aB): removed (was string): code that names the field no longer compiles"]
    );
    assert_eq!(changes(&with(json!({})), &with(json!({"aB": text}))), ["A `T.a_b` (aB): string"]);
    // `a_b` has the Rust name of `aB`, so only its JSON name changed. `AB` is new.
    assert_eq!(changes(&with(json!({"aB": text})), &with(json!({"AB": text, "a_b": text}))).len(), 2);
    assert_eq!(
        changes(&with(json!({"aB": text})), &with(json!({"a_b": text}))),
        ["C `T.a_b`: the JSON name is `a_b` (was `aB`)"]
    );
    assert_eq!(
        changes(&with(json!({"file": file})), &with(json!({}))),
        ["C `T.file`: removed (was file): the file is an argument of the call, which still compiles"]
    );
}

#[test]
fn changed_properties_are_reported() {
    let text = |limit: u64| json!({"type": "string", "maxLength": limit});
    for (old, new, expected) in [
        (
            json!({"type": "integer", "format": "int32"}),
            json!({"type": "string"}),
            "B integer (int32) -> string: the type of the field changed",
        ),
        (reference("E"), json!({"type": "string"}), "B enum `E` -> string: the type of the field changed"),
        (
            reference("OneReference"),
            reference("TwoReference"),
            "C `Reference` (OneReference) -> `Reference` (TwoReference): refers to another type of record",
        ),
        (
            text(9),
            text(5),
            "C at most 5 characters (was 9): the server rejects longer strings, and `check_lengths` finds them before sending",
        ),
        (text(5), text(1000), "C at most 1,000 characters (was 5)"),
        (
            json!({"type": "string"}),
            text(9),
            "C at most 9 characters (had no limit): the server rejects longer strings, and `check_lengths` finds them before sending",
        ),
        (text(9), json!({"type": "string"}), "C no limit on the length (was at most 9 characters)"),
        (json!({"type": "string"}), json!({"type": "string", "writeOnly": true}), "C now write-only"),
        (
            json!({"type": "string", "x-required-on-update": true}),
            json!({"type": "string"}),
            "C no longer required when updating",
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
            "B `BoardReference.name`: removed (was string): code that names the field no longer compiles",
            "A `BoardReference.identifier`: string"
        ]
    );
    let owner = |name: &str| json!({"T": {"properties": {"a": reference(name)}}, "AReference": plain_reference(&["id", "name"]), "BReference": plain_reference(&["id"]), "CReference": plain_reference(&["id", "identifier"])});
    for (old, new, expected) in [
        ("AReference", "BReference", "`filter`, `sort` and `select` no longer have its `name()`"),
        ("AReference", "CReference", "`filter`, `sort` and `select` have its `identifier()` instead of `name()`"),
        (
            "BReference",
            "AReference",
            "`filter`, `sort` and `select` also have its `name()`; code that names the field type `IdReference` needs `NamedReference`",
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
        (&["a"][..], &["a", "type"][..], "B `T`: `new(a)` -> `new(a, type_)`: also takes `type_`"),
        (&["a", "b"], &["b"], "B `T`: `new(a, b)` -> `new(b)`: no longer takes `a`"),
        (
            &["a", "b"],
            &["b", "a"],
            "B `T`: `new(a, b)` -> `new(b, a)`: arguments reordered: check every call, because one that still compiles may pass wrong values",
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
            "B `T`: `new` with 6 -> 7 arguments: also takes `type_`",
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
        ["B `E`: value removed: `x`: code that names its variant no longer compiles", "A `E`: 1 new value: `z`"]
    );
    assert_eq!(
        changes(&with(texts(&["VeryHigh"])), &with(texts(&["Very High"]))),
        ["C `E`: changed in JSON, with the same variant: `VeryHigh` -> `Very High`"]
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
