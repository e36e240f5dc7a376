//! Tests of the comparison of operations, on small documents.

use serde_json::{Value, json};

use super::super::tests::{document, lines, named, operation};

fn schemas() -> Value {
    json!({"Ticket": {"properties": {}}, "Note": {"properties": {}}, "Level": {"enum": ["a"]}, "PatchOperation": {"properties": {}}})
}

/// The changes from one operation at `/a/b/{id}` to another, without its names.
fn changes(method: &str, old: &Value, new: &Value) -> Vec<String> {
    let whole = |parts: &Value| {
        let mut whole = operation("a", "do_b", "vendorB", &named("Ticket"));
        for (key, value) in parts.as_object().unwrap() {
            whole[key.as_str()] = value.clone();
        }
        document(&json!({"/a/b/{id}": {method: whole}}), &schemas())
    };
    lines(&whole(old), &whole(new)).into_iter().map(|line| line.replace("`a::do_b` / vendorB: ", "")).collect()
}

fn query(name: &str, required: bool) -> Value {
    json!({"in": "query", "name": name, "x-argument": name, "required": required, "schema": {"type": "string"}})
}

fn in_path(name: &str, argument: &str) -> Value {
    json!({"in": "path", "name": name, "x-argument": argument, "required": true, "schema": {"type": "integer", "format": "int32"}})
}

fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

fn body(media: &str, schema: &Value, required: bool) -> Value {
    json!({"requestBody": {"required": required, "content": {media: {"schema": schema}}}})
}

fn answer(schema: &Value) -> Value {
    json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}})
}

fn list(name: &str) -> Value {
    json!({"type": "array", "items": named(name)})
}

#[test]
fn operations_come_and_go() {
    let one = document(&json!({"/a/b": {"get": operation("a", "get_b", "getAB", &named("Ticket"))}}), &schemas());
    let none = document(&json!({}), &schemas());
    assert!(lines(&one, &none).contains(&"B `a::get_b` / getAB: gone: the API has no `GET /a/b` any more".to_owned()));
    assert!(lines(&none, &one).contains(&"A `a::get_b` / getAB: `GET /a/b`".to_owned()));
}

#[test]
fn renames_and_moves_are_no_removals() {
    let at = |path: &str, section: &str, name: &str, id: &str| {
        document(&json!({path: {"get": operation(section, name, id, &named("Ticket"))}}), &schemas())
    };
    let old = at("/a/b/{id}", "a", "get_b", "getAB");
    for (new, expected) in [
        (at("/a/B/{parentId}/", "a", "get_b", "getAB"), vec![]),
        (at("/a/b/{id}", "a", "get_b", "other"), vec!["C `a::get_b` / other: the vendor's id was getAB"]),
        (at("/a/c/{id}", "a", "get_b", "getAB"), vec!["C `a::get_b` / getAB: `GET /a/b/{id}` -> `GET /a/c/{id}`"]),
        (
            at("/a/b/{id}", "a", "get_bee", "getAB"),
            vec!["B `a::get_bee` / getAB: was `a::get_b`: calls need the new name"],
        ),
        (
            at("/a/c/{id}", "a", "get_b", "other"),
            vec![
                "C `a::get_b` / other: `GET /a/b/{id}` -> `GET /a/c/{id}`",
                "C `a::get_b` / other: the vendor's id was getAB",
            ],
        ),
    ] {
        assert_eq!(lines(&old, &new), expected);
    }
    let moved = lines(&old, &at("/c/b/{id}", "c", "get_b", "getAB"));
    assert!(
        moved.contains(&"B `c::get_b` / getAB: was `a::get_b`: calls need the new section and its feature".to_owned()),
        "{moved:#?}"
    );
}

#[test]
fn the_same_place_in_another_section_is_a_move() {
    let at = |section: &str, id: &str| {
        document(
            &json!({format!("/{section}/b/{{id}}"): {"get": operation(section, "get_b", id, &named("Ticket"))}}),
            &schemas(),
        )
    };
    let found = lines(&at("a", "getAB"), &at("c", "getCB"));
    assert!(
        found.contains(&"B `c::get_b` / getCB: was `a::get_b`: calls need the new section and its feature".to_owned()),
        "{found:#?}"
    );
    assert!(!found.iter().any(|line| line.contains("gone: the API")), "{found:#?}");
}

#[test]
fn what_is_gone_names_the_one_new_operation_like_it() {
    let paths = |names: &[&str]| {
        let paths: serde_json::Map<_, _> = names
            .iter()
            .map(|name| {
                (format!("/a/{name}"), json!({"get": operation("a", name, &format!("id_{name}"), &named("Ticket"))}))
            })
            .collect();
        document(&json!(paths), &schemas())
    };
    let hint = "; perhaps `a::three` instead";
    assert!(lines(&paths(&["one"]), &paths(&["three"]))[0].ends_with(hint));
    for (old, new) in [(paths(&["one"]), paths(&["three", "four"])), (paths(&["one", "two"]), paths(&["three"]))] {
        assert!(!lines(&old, &new).iter().any(|line| line.contains("perhaps")));
    }
}

#[test]
fn ids_that_change_places_follow_the_places() {
    let both = |first: &str, second: &str| {
        let paths = json!({"/a/b": {"get": operation("a", "get_b", first, &named("Ticket"))}, "/a/c": {"get": operation("a", "get_c", second, &named("Note"))}});
        document(&paths, &schemas())
    };
    let found = lines(&both("one", "two"), &both("two", "one"));
    assert_eq!(found, ["C `a::get_b` / two: the vendor's id was one", "C `a::get_c` / one: the vendor's id was two"]);
}

#[test]
fn an_old_name_of_another_operation_is_told() {
    let old = document(&json!({"/a/b": {"get": operation("a", "get_b", "one", &named("Ticket"))}}), &schemas());
    let new = document(
        &json!({"/a/b": {"get": operation("a", "get_c", "one", &named("Ticket"))}, "/a/d": {"get": operation("a", "get_b", "two", &named("Ticket"))}}),
        &schemas(),
    );
    let found = lines(&old, &new);
    assert!(
        found.contains(
            &"B `a::get_c` / one: was `a::get_b`: calls need the new name; the old name is that of `GET /a/d` now"
                .to_owned()
        ),
        "{found:#?}"
    );
}

#[test]
fn every_change_of_arguments_breaks() {
    let parameters = |parameters: Vec<Value>| json!({"parameters": parameters});
    let typed = |kind: Value| json!({"parameters": [{"in": "query", "name": "x", "x-argument": "x", "schema": kind}]});
    for (old, new, expected) in [
        (
            parameters(vec![in_path("id", "id")]),
            parameters(vec![in_path("id", "id"), query("x", true)]),
            "B takes `x` (text) as argument 2: calls pass one more",
        ),
        (
            parameters(vec![in_path("id", "id")]),
            parameters(vec![in_path("id", "id"), query("x", false)]),
            "A takes the optional `x` (text)",
        ),
        (parameters(vec![query("x", false)]), parameters(vec![]), "B takes no optional `x` any more"),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![]),
            "B takes no `x` any more: calls pass one argument less",
        ),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![query("x", false)]),
            "B the argument `x` became an optional parameter: calls pass one less",
        ),
        (
            parameters(vec![query("x", false)]),
            parameters(vec![query("x", true)]),
            "B the optional `x` is required: it became an argument",
        ),
        (
            typed(json!({"type": "string"})),
            typed(named("Level")),
            "B the argument `x` has another type: text -> enum `Level`",
        ),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![query("a", true), query("b", true)]),
            "B arguments `(x)` -> `(a, b)`: calls pass others",
        ),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![query("y", true)]),
            "B arguments `(x)` -> `(y)`: calls pass others, even where they still compile",
        ),
    ] {
        assert_eq!(changes("get", &old, &new), [expected]);
    }
    let spelt = |name: &str| json!({"parameters": [{"in": "query", "name": name, "x-argument": "an_id", "schema": {"type": "string"}}]});
    assert_eq!(changes("get", &spelt("anID"), &spelt("anId")), ["C `anID` of the query is called `anId`"]);
    let found = changes(
        "get",
        &parameters(vec![query("b", true), query("a", true)]),
        &parameters(vec![query("a", true), query("b", true)]),
    );
    assert_eq!(
        found,
        ["B arguments in another order: `(b, a)` -> `(a, b)`; a call that still compiles may mean something else"]
    );
}

#[test]
fn arguments_in_another_order_break_even_when_they_compile() {
    let at = |path: &str, parameters: Vec<Value>| {
        let mut operation = operation("a", "get_c", "getC", &named("Ticket"));
        operation["parameters"] = json!(parameters);
        document(&json!({path: {"get": operation}}), &schemas())
    };
    let (first, second) = (in_path("boardId", "board_id"), in_path("teamId", "team_id"));
    let old = at("/a/boards/{boardId}/teams/{teamId}", vec![first.clone(), second.clone()]);
    let found = lines(&old, &at("/a/teams/{teamId}/boards/{boardId}", vec![second, first]));
    assert!(
        found.iter().any(|line| line.contains(
            "arguments in another order: `(board_id, team_id)` -> `(team_id, board_id)`; a call that still compiles"
        )),
        "{found:#?}"
    );
    let renamed = at("/a/boards/{parentId}/teams/{id}", vec![in_path("parentId", "board_id"), in_path("id", "id")]);
    assert!(lines(&old, &renamed).is_empty(), "names of positional arguments are no part of a call");
}

#[test]
fn bodies_by_how_they_are_passed() {
    let json = "application/json";
    for (method, old, new, expected) in [
        (
            "post",
            json!({}),
            body(json, &named("Ticket"), true),
            "B takes a JSON body (`Ticket`): calls pass it as the last argument",
        ),
        (
            "post",
            body(json, &named("Ticket"), true),
            json!({}),
            "B takes no body any more: calls pass one argument less",
        ),
        (
            "post",
            body(json, &named("Ticket"), true),
            body(json, &list("Ticket"), true),
            "B the body has another type: `Ticket` -> list of `Ticket`",
        ),
        (
            "post",
            body(json, &named("Ticket"), true),
            body(json, &named("Ticket"), false),
            "B takes an optional JSON body instead of a JSON body: the last argument has another type",
        ),
        (
            "post",
            body(json, &named("Ticket"), true),
            body("multipart/form-data", &named("Ticket"), true),
            "B takes a form and a file instead of a JSON body: the last argument has another type",
        ),
        (
            "post",
            body(json, &json!({}), true),
            body(json, &json!({"type": "array", "items": {}}), true),
            "C body: any JSON -> list of any JSON",
        ),
        (
            "post",
            body(json, &json!({}), true),
            body(json, &json!({"type": "array", "items": {"type": "object", "additionalProperties": {}}}), true),
            "C body: any JSON -> list of map to any JSON",
        ),
    ] {
        assert_eq!(changes(method, &old, &new), [expected]);
    }
    assert!(
        changes("patch", &body(json, &list("PatchOperation"), true), &body(json, &list("PatchOperation"), false))
            .is_empty(),
        "a patch is always passed as one"
    );
}

#[test]
fn answers_by_what_is_returned() {
    let bytes = |media: &str| json!({"responses": {"200": {"content": {media: {}}}}});
    for (old, new, expected) in [
        (answer(&named("Ticket")), answer(&named("Note")), "B answers `Ticket` -> `Note`: returns another type"),
        (
            answer(&named("Ticket")),
            answer(&list("Ticket")),
            "B answers `Ticket` -> list of `Ticket`: returns `psa::List` instead of `psa::Get`",
        ),
        (
            answer(&named("Ticket")),
            json!({"responses": {"200": {}}}),
            "B answers `Ticket` -> nothing: returns `psa::Call<()>` instead of `psa::Get`",
        ),
        (bytes("application/pdf"), bytes("image/png"), "C answers bytes (application/pdf) -> bytes (image/png)"),
        (json!({"responses": {"200": {}}}), json!({"responses": {"204": {}}}), "C success status 200 -> 204"),
    ] {
        assert_eq!(changes("get", &old, &new), [expected]);
    }
}

#[test]
fn shared_query_parameters_break_only_when_they_go() {
    let with = |name: &str| {
        let mut parts = answer(&list("Ticket"));
        parts["parameters"] = json!([shared(name)]);
        parts
    };
    assert_eq!(changes("get", &with("FieldsQuery"), &with("ListQuery")), ["C takes filters, order, paging now"]);
    assert_eq!(
        changes("get", &with("ListQuery"), &with("FieldsQuery")),
        ["B takes no filters, order, paging any more: what a program sets there is ignored"]
    );
}
