//! Tests of the comparison of operations, on small documents.

use serde_json::{Value, json};

use super::super::tests::{document, lines, operation, reference};

fn schemas() -> Value {
    json!({"Ticket": {"properties": {}}, "Note": {"properties": {}}, "Level": {"enum": ["a"]}, "PatchOperation": {"properties": {}}})
}

/// Returns the changes from one operation at `/a/b/{id}` to another, without the names of the operation.
fn changes(method: &str, old: &Value, new: &Value) -> Vec<String> {
    let whole = |parts: &Value| {
        let mut whole = operation("a", "do_b", "vendorB", &reference("Ticket"));
        for (key, value) in parts.as_object().unwrap() {
            whole[key.as_str()] = value.clone();
        }
        document(&json!({"/a/b/{id}": {method: whole}}), &schemas())
    };
    lines(&whole(old), &whole(new)).into_iter().map(|line| line.replace("`a::do_b` (vendorB): ", "")).collect()
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

fn response(schema: &Value) -> Value {
    json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}})
}

fn list(name: &str) -> Value {
    json!({"type": "array", "items": reference(name)})
}

#[test]
fn added_and_removed_operations_are_reported() {
    let one = document(&json!({"/a/b": {"get": operation("a", "get_b", "getAB", &reference("Ticket"))}}), &schemas());
    let none = document(&json!({}), &schemas());
    assert!(lines(&one, &none).contains(&"B `a::get_b` (getAB): removed: the API no longer has `GET /a/b`".to_owned()));
    assert!(lines(&none, &one).contains(&"A `a::get_b` (getAB): `GET /a/b`".to_owned()));
}

#[test]
fn renamed_and_moved_operations_are_not_removed() {
    let at = |path: &str, section: &str, name: &str, id: &str| {
        document(&json!({path: {"get": operation(section, name, id, &reference("Ticket"))}}), &schemas())
    };
    let old = at("/a/b/{id}", "a", "get_b", "getAB");
    for (new, expected) in [
        // Letter case, the names of path parameters and a trailing slash are not significant.
        (at("/a/B/{parentId}/", "a", "get_b", "getAB"), vec![]),
        (at("/a/b/{id}", "a", "get_b", "other"), vec!["C `a::get_b` (other): the vendor's operation ID was getAB"]),
        (at("/a/c/{id}", "a", "get_b", "getAB"), vec!["C `a::get_b` (getAB): `GET /a/b/{id}` -> `GET /a/c/{id}`"]),
        (
            at("/a/b/{id}", "a", "get_bee", "getAB"),
            vec!["B `a::get_bee` (getAB): renamed from `a::get_b`: calls need the new name"],
        ),
        (
            at("/a/c/{id}", "a", "get_b", "other"),
            vec![
                "C `a::get_b` (other): `GET /a/b/{id}` -> `GET /a/c/{id}`",
                "C `a::get_b` (other): the vendor's operation ID was getAB",
            ],
        ),
    ] {
        assert_eq!(lines(&old, &new), expected);
    }
    let moved = lines(&old, &at("/c/b/{id}", "c", "get_b", "getAB"));
    assert!(
        moved.contains(
            &"B `c::get_b` (getAB): renamed from `a::get_b`: calls need the new section and its feature".to_owned()
        ),
        "{moved:#?}"
    );
}

#[test]
fn the_same_endpoint_in_another_section_is_a_move() {
    let at = |section: &str, id: &str| {
        document(
            &json!({format!("/{section}/b/{{id}}"): {"get": operation(section, "get_b", id, &reference("Ticket"))}}),
            &schemas(),
        )
    };
    let found = lines(&at("a", "getAB"), &at("c", "getCB"));
    assert!(
        found.contains(
            &"B `c::get_b` (getCB): renamed from `a::get_b`: calls need the new section and its feature".to_owned()
        ),
        "{found:#?}"
    );
    assert!(!found.iter().any(|line| line.contains("removed: the API")), "{found:#?}");
}

#[test]
fn a_removed_operation_names_its_only_possible_replacement() {
    let paths = |names: &[&str]| {
        let paths: serde_json::Map<_, _> = names
            .iter()
            .map(|name| {
                (
                    format!("/a/{name}"),
                    json!({"get": operation("a", name, &format!("id_{name}"), &reference("Ticket"))}),
                )
            })
            .collect();
        document(&json!(paths), &schemas())
    };
    let hint = "; possible replacement: `a::three`";
    assert!(lines(&paths(&["one"]), &paths(&["three"]))[0].ends_with(hint));
    for (old, new) in [(paths(&["one"]), paths(&["three", "four"])), (paths(&["one", "two"]), paths(&["three"]))] {
        assert!(!lines(&old, &new).iter().any(|line| line.contains("possible replacement")));
    }
}

#[test]
fn swapped_ids_match_by_endpoint() {
    let both = |first: &str, second: &str| {
        let paths = json!({"/a/b": {"get": operation("a", "get_b", first, &reference("Ticket"))}, "/a/c": {"get": operation("a", "get_c", second, &reference("Note"))}});
        document(&paths, &schemas())
    };
    let found = lines(&both("one", "two"), &both("two", "one"));
    assert_eq!(
        found,
        [
            "C `a::get_b` (two): the vendor's operation ID was one",
            "C `a::get_c` (one): the vendor's operation ID was two"
        ]
    );
}

#[test]
fn a_name_that_another_operation_got_is_reported() {
    let old = document(&json!({"/a/b": {"get": operation("a", "get_b", "one", &reference("Ticket"))}}), &schemas());
    let new = document(
        &json!({"/a/b": {"get": operation("a", "get_c", "one", &reference("Ticket"))}, "/a/d": {"get": operation("a", "get_b", "two", &reference("Ticket"))}}),
        &schemas(),
    );
    let found = lines(&old, &new);
    assert!(
        found.contains(
            &"B `a::get_c` (one): renamed from `a::get_b`: calls need the new name; the old name now belongs to `GET /a/d`"
                .to_owned()
        ),
        "{found:#?}"
    );
}

#[test]
fn changed_arguments_and_optional_parameters_are_reported() {
    let parameters = |parameters: Vec<Value>| json!({"parameters": parameters});
    let typed =
        |schema: Value| json!({"parameters": [{"in": "query", "name": "x", "x-argument": "x", "schema": schema}]});
    for (old, new, expected) in [
        (
            parameters(vec![in_path("id", "id")]),
            parameters(vec![in_path("id", "id"), query("x", true)]),
            "B now takes `x` (string) as argument 2: add the argument to calls",
        ),
        (
            parameters(vec![in_path("id", "id")]),
            parameters(vec![in_path("id", "id"), query("x", false)]),
            "A new optional parameter `x` (string)",
        ),
        (
            parameters(vec![query("x", false)]),
            parameters(vec![]),
            "B no longer takes the optional parameter `x`: remove it from calls",
        ),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![]),
            "B no longer takes `x`: remove the argument from calls",
        ),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![query("x", false)]),
            "B the argument `x` became an optional parameter: remove it from calls, or set it with `do_b_with`",
        ),
        (
            parameters(vec![query("x", false)]),
            parameters(vec![query("x", true)]),
            "B the optional parameter `x` became a required argument: add the argument to calls",
        ),
        (
            typed(json!({"type": "string"})),
            typed(reference("Level")),
            "B the type of the argument `x` changed: string -> enum `Level`",
        ),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![query("a", true), query("b", true)]),
            "B arguments changed: `(x)` -> `(a, b)`: change the arguments of calls",
        ),
        (
            parameters(vec![query("x", true)]),
            parameters(vec![query("y", true)]),
            "B arguments changed: `(x)` -> `(y)`: check every call, because one that still compiles may pass wrong values",
        ),
    ] {
        assert_eq!(changes("get", &old, &new), [expected]);
    }
    let with_name = |name: &str| json!({"parameters": [{"in": "query", "name": name, "x-argument": "an_id", "schema": {"type": "string"}}]});
    assert_eq!(changes("get", &with_name("anID"), &with_name("anId")), ["C the query parameter `anID` is now `anId`"]);
    let found = changes(
        "get",
        &parameters(vec![query("b", true), query("a", true)]),
        &parameters(vec![query("a", true), query("b", true)]),
    );
    assert_eq!(
        found,
        [
            "B arguments reordered: `(b, a)` -> `(a, b)`: check every call, because one that still compiles may pass wrong values"
        ]
    );
}

#[test]
fn reordered_path_arguments_are_breaking_and_renamed_ones_are_not_reported() {
    let at = |path: &str, parameters: Vec<Value>| {
        let mut operation = operation("a", "get_c", "getC", &reference("Ticket"));
        operation["parameters"] = json!(parameters);
        document(&json!({path: {"get": operation}}), &schemas())
    };
    let (first, second) = (in_path("boardId", "board_id"), in_path("teamId", "team_id"));
    let old = at("/a/boards/{boardId}/teams/{teamId}", vec![first.clone(), second.clone()]);
    let found = lines(&old, &at("/a/teams/{teamId}/boards/{boardId}", vec![second, first]));
    assert!(
        found.iter().any(|line| line
            .contains("arguments reordered: `(board_id, team_id)` -> `(team_id, board_id)`: check every call")),
        "{found:#?}"
    );
    let renamed = at("/a/boards/{parentId}/teams/{id}", vec![in_path("parentId", "board_id"), in_path("id", "id")]);
    assert!(lines(&old, &renamed).is_empty(), "names of positional arguments are not part of a call");
}

#[test]
fn changed_bodies_are_reported() {
    let json = "application/json";
    for (method, old, new, expected) in [
        (
            "post",
            json!({}),
            body(json, &reference("Ticket"), true),
            "B now takes a JSON body (`Ticket`): add it to calls as the last argument",
        ),
        (
            "post",
            body(json, &reference("Ticket"), true),
            json!({}),
            "B no longer takes a body: remove the last argument from calls",
        ),
        (
            "post",
            body(json, &reference("Ticket"), true),
            body(json, &list("Ticket"), true),
            "B the type of the body changed: `Ticket` -> list of `Ticket`",
        ),
        (
            "post",
            body(json, &reference("Ticket"), true),
            body(json, &reference("Ticket"), false),
            "B takes an optional JSON body instead of a JSON body: change the last argument of calls",
        ),
        (
            "post",
            body(json, &reference("Ticket"), true),
            body("multipart/form-data", &reference("Ticket"), true),
            "B takes a form and a file instead of a JSON body: change the last argument of calls",
        ),
        (
            "post",
            body(json, &json!({}), true),
            body(json, &json!({"type": "array", "items": {}}), true),
            "C the type of the body changed: any JSON -> list of any JSON; calls still compile, because the argument is still a `Value`",
        ),
        (
            "post",
            body(json, &json!({}), true),
            body(json, &json!({"type": "array", "items": {"type": "object", "additionalProperties": {}}}), true),
            "C the type of the body changed: any JSON -> list of map of any JSON; calls still compile, because the argument is still a `Value`",
        ),
    ] {
        assert_eq!(changes(method, &old, &new), [expected]);
    }
    assert!(
        changes("patch", &body(json, &list("PatchOperation"), true), &body(json, &list("PatchOperation"), false))
            .is_empty(),
        "a JSON patch is passed in the same way in both cases"
    );
}

#[test]
fn changed_responses_are_reported() {
    let bytes = |media: &str| json!({"responses": {"200": {"content": {media: {}}}}});
    for (old, new, expected) in [
        (response(&reference("Ticket")), response(&reference("Note")), "B response changed: `Ticket` -> `Note`"),
        (
            response(&reference("Ticket")),
            response(&list("Ticket")),
            "B response changed: `Ticket` -> list of `Ticket`; the method returns `List` instead of `Get`",
        ),
        (
            response(&reference("Ticket")),
            json!({"responses": {"200": {}}}),
            "B response changed: `Ticket` -> nothing; the method returns `Call<()>` instead of `Get`",
        ),
        (
            bytes("application/pdf"),
            bytes("image/png"),
            "C response changed: bytes (application/pdf) -> bytes (image/png)",
        ),
        (json!({"responses": {"200": {}}}), json!({"responses": {"204": {}}}), "C success status 200 -> 204"),
    ] {
        assert_eq!(changes("get", &old, &new), [expected]);
    }
}

#[test]
fn only_removed_shared_query_parameters_are_breaking() {
    let with = |name: &str| {
        let mut parts = response(&list("Ticket"));
        parts["parameters"] = json!([shared(name)]);
        parts
    };
    assert_eq!(changes("get", &with("FieldsQuery"), &with("ListQuery")), ["C now takes filters, order, paging"]);
    assert_eq!(
        changes("get", &with("ListQuery"), &with("FieldsQuery")),
        ["B no longer takes filters, order, paging: remove them from calls, because the server ignores them"]
    );
}
