//! Tests of the comparison of types, on small documents.

use serde_json::{Value, json};

use super::super::tests::{document, lines, named, operation};

fn changes(old: &Value, new: &Value) -> Vec<String> {
    lines(&document(&json!({}), old), &document(&json!({}), new))
}

fn member(old: &Value, new: &Value) -> Vec<String> {
    let with = |member: &Value| json!({"T": {"properties": {"aB": member}}, "E": {"enum": ["x"]}, "OneReference": {"x-reference": "plain", "properties": {}}, "TwoReference": {"x-reference": "plain", "properties": {}}});
    changes(&with(old), &with(new)).into_iter().map(|line| line.replace("`T.a_b` / aB: ", "")).collect()
}

#[test]
fn types_come_and_go_and_core_types_are_none() {
    let (some, none) = (
        json!({"O": {"properties": {}}, "E": {"enum": ["x"]}, "AReference": {"x-reference": "plain", "properties": {}}, "Any": {}}),
        json!({}),
    );
    assert_eq!(changes(&some, &none), ["B `E`: the enum is gone", "B `O`: the object is gone"]);
    assert_eq!(changes(&none, &some), ["A `E`: new enum", "A `O`: new object"]);
}

#[test]
fn renames_are_told_once() {
    let with =
        |name: &str| json!({"T": {"properties": {"a": named(name), "b": named(name)}}, name: {"enum": ["x", "y"]}});
    assert_eq!(
        changes(&with("E"), &with("F")),
        ["B `E`: its name is `F` now: code that names the enum needs that name"]
    );
    let same_rust = changes(&json!({"SLAInfo": {"properties": {}}}), &json!({"SlaInfo": {"properties": {}}}));
    assert_eq!(same_rust, ["C `SlaInfo`: the vendor's name was SLAInfo"]);
}

#[test]
fn types_that_became_one_say_so() {
    let owner = |a: &str, b: &str| json!({"properties": {"a": named(a), "b": named(b)}});
    let record = json!({"properties": {"x": {"type": "string"}}});
    let found =
        changes(&json!({"T": owner("A", "B"), "A": record, "B": record}), &json!({"T": owner("B", "B"), "B": record}));
    assert_eq!(found, ["B `A`: gone, in its place is `B` now: code that names the object needs that name"]);
    let other = json!({"properties": {"y": {"type": "string"}}});
    let found = changes(&json!({"T": owner("A", "A"), "A": record}), &json!({"T": owner("C", "C"), "C": other}));
    assert_eq!(
        found,
        ["B `A`: gone, in its place is `C` now, which has other members: code that names the object needs that name"]
    );
}

#[test]
fn an_enum_that_lost_most_of_its_members_is_told_once() {
    let owner = |a: &str, c: &str| json!({"properties": {"a": named(a), "b": named(a), "c": named(c)}});
    let found = changes(
        &json!({"T": owner("E", "E"), "E": {"enum": ["x"]}}),
        &json!({"T": owner("F", "E"), "E": {"enum": ["x", "y"]}, "F": {"enum": ["x"]}}),
    );
    assert_eq!(
        found,
        [
            "B `E`: most members of this enum have `F` now: code that names the type needs that name",
            "A `E`: 1 new value: `y`",
            "A `F`: new enum"
        ]
    );
}

#[test]
fn kinds_change() {
    let schema = |kind: &str| match kind {
        "object" => json!({"properties": {}}),
        "enum" => json!({"enum": ["x"]}),
        "any" => json!({}),
        reference => json!({"properties": {}, "x-reference": reference}),
    };
    let used = |kind: &str| {
        document(&json!({"/a/b": {"get": operation("a", "get_b", "getAB", &named("R"))}}), &json!({"R": schema(kind)}))
    };
    for (old, new, expected) in [
        (
            "plain",
            "extended",
            "B `R`: plain reference -> extended reference: `types::R` stands where `psa::Reference` stood, in 1 place",
        ),
        (
            "extended",
            "plain",
            "B `R`: extended reference -> plain reference: `psa::Reference` stands where `types::R` stood, in 1 place",
        ),
        ("object", "any", "B `R`: object -> any JSON: `psa::Value` stands where `types::R` stood, in 1 place"),
        ("object", "enum", "B `R`: object -> enum: `types::R` is made differently"),
        ("object", "extended", "C `R`: object -> extended reference: it is made from an id now"),
        ("extended", "object", "B `R`: extended reference -> object: it is not made from an id any more"),
    ] {
        assert_eq!(lines(&used(old), &used(new)), [expected]);
    }
}

#[test]
fn members_come_and_go() {
    let with = |members: Value| json!({"T": {"properties": members}});
    let (text, file) = (json!({"type": "string"}), json!({"type": "string", "format": "binary"}));
    assert_eq!(
        changes(&with(json!({"aB": text})), &with(json!({}))),
        ["B `T.a_b` / aB: gone (was text): code that names the field fails"]
    );
    assert_eq!(changes(&with(json!({})), &with(json!({"aB": text}))), ["A `T.a_b` / aB: text"]);
    assert_eq!(changes(&with(json!({"aB": text})), &with(json!({"AB": text, "a_b": text}))).len(), 2);
    assert_eq!(
        changes(&with(json!({"aB": text})), &with(json!({"a_b": text}))),
        ["C `T.a_b`: is `a_b` on the wire, was `aB`"]
    );
    assert!(changes(&with(json!({"file": file})), &with(json!({})))[0].starts_with('C'), "a file is no field");
}

#[test]
fn members_change() {
    let text = |limit: u64| json!({"type": "string", "maxLength": limit});
    for (old, new, expected) in [
        (
            json!({"type": "integer", "format": "int32"}),
            json!({"type": "string"}),
            "B integer (int32) -> text: the field has another type",
        ),
        (named("E"), json!({"type": "string"}), "B enum `E` -> text: the field has another type"),
        (
            named("OneReference"),
            named("TwoReference"),
            "C reference `OneReference` -> reference `TwoReference`: refers to records of another kind",
        ),
        (text(9), text(5), "C at most 5 characters, was 9: shrinks, longer texts are refused"),
        (text(5), text(9), "C at most 9 characters, was 5"),
        (json!({"type": "string"}), text(9), "C at most 9 characters, was without limit: longer texts are refused"),
        (text(9), json!({"type": "string"}), "C without limit, was at most 9 characters"),
        (json!({"type": "string"}), json!({"type": "string", "writeOnly": true}), "C sent, never returned"),
        (
            json!({"type": "string", "x-required-on-update": true}),
            json!({"type": "string"}),
            "C updates do not need it any more",
        ),
    ] {
        assert_eq!(member(&old, &new), [expected]);
    }
}

/// They are one type in Rust, but each has typed fields of its own.
#[test]
fn members_of_plain_references_change_what_conditions_can_name() {
    let reference = |members: &[&str]| {
        let members: serde_json::Map<_, _> =
            members.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"x-reference": "plain", "properties": members})
    };
    let with = |members: &[&str]| json!({"BoardReference": reference(members)});
    assert_eq!(
        changes(&with(&["id", "name"]), &with(&["id", "identifier"])),
        [
            "B `BoardReference.name`: gone (was text): code that names the field fails",
            "A `BoardReference.identifier`: text"
        ]
    );
    let owner = |name: &str| json!({"T": {"properties": {"a": named(name)}}, "AReference": reference(&["id", "name"]), "BReference": reference(&["id"])});
    assert_eq!(
        changes(&owner("AReference"), &owner("BReference")),
        [
            "B `T.a`: reference `AReference` -> reference `BReference`: refers to records of another kind, and conditions have `psa::IdReference` for `psa::NamedReference`"
        ]
    );
}

#[test]
fn constructors_are_their_arguments_in_order() {
    let with = |required: &[&str]| {
        let members: serde_json::Map<_, _> = ["a", "b", "c", "d", "e", "f", "type"]
            .map(|name| (name.to_owned(), json!({"type": "string"})))
            .into_iter()
            .collect();
        json!({"T": {"properties": members, "x-required-on-create": required}})
    };
    for (old, new, expected) in [
        (&["a"][..], &["a", "type"][..], "B `T`: `new(a)` -> `new(a, type_)`: takes `type_` too"),
        (&["a", "b"], &["b"], "B `T`: `new(a, b)` -> `new(b)`: takes no `a` any more"),
        (
            &["a", "b"],
            &["b", "a"],
            "B `T`: `new(a, b)` -> `new(b, a)`: arguments in another order: a call that still compiles may mean something else",
        ),
        (&["a", "b"], &[], "B `T`: `new(a, b)` is gone: a creation needs no member, begin with `default()`"),
        (&[], &["a"], "A `T`: constructor `new(a)` of what a creation needs"),
        (
            &["a", "b", "c", "d", "e", "f"],
            &["a", "b", "c", "d", "e", "f", "type"],
            "B `T`: `new` of 6 -> 7 arguments: takes `type_` too",
        ),
    ] {
        assert_eq!(changes(&with(old), &with(new)), [expected]);
    }
}

#[test]
fn values_come_and_go() {
    let with = |values: Vec<String>| json!({"E": {"enum": values}});
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        changes(&with(texts(&["x", "y"])), &with(texts(&["y", "z"]))),
        ["B `E`: without `x`: the variant is gone", "A `E`: 1 new value: `z`"]
    );
    assert_eq!(
        changes(&with(texts(&["VeryHigh"])), &with(texts(&["Very High"]))),
        ["C `E`: written otherwise on the wire: `Very High`"]
    );
    assert!(
        changes(&with(texts(&["x", "y"])), &with(texts(&["y", "x"]))).is_empty(),
        "the order of values means nothing"
    );
    let many = changes(
        &with(texts(&["x"])),
        &with((0..30).map(|number| format!("v{number}")).chain(["x".to_owned()]).collect()),
    );
    assert!(many[0].starts_with("A `E`: 30 new values: ") && many[0].ends_with(" and 6 more"), "{many:?}");
}
