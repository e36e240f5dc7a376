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
    assert!(
        lines(&one, &none)
            .contains(&"B `a::get_b` (getAB): removed: the API no longer has `GET /a/b`: remove its calls".to_owned())
    );
    assert!(lines(&none, &one).contains(&"A `a::get_b` (getAB): `GET /a/b`".to_owned()));
}

#[test]
fn renamed_and_moved_operations_are_not_removed() {
    let at = |path: &str, section: &str, name: &str, id: &str| {
        document(&json!({path: {"get": operation(section, name, id, &reference("Ticket"))}}), &schemas())
    };
    let old = at("/a/b/{id}", "a", "get_b", "getAB");
    for (new, expected) in [
        // The names of path parameters are not significant.
        (at("/a/b/{parentId}", "a", "get_b", "getAB"), vec![]),
        // It is the same endpoint, but the client sends the new spelling.
        (
            at("/a/B/{parentId}/", "a", "get_b", "getAB"),
            vec![
                "C `a::get_b` (getAB): `GET /a/b/{id}` -> `GET /a/B/{parentId}/`: calls use the new spelling; change proxies and recorded responses that name the old one",
            ],
        ),
        (
            at("/a/b/{id}", "a", "get_b", "other"),
            vec![
                "C `a::get_b` (other): the vendor's operation ID was getAB: change it where you look the operation up by this ID",
            ],
        ),
        (
            at("/a/c/{id}", "a", "get_b", "getAB"),
            vec![
                "C `a::get_b` (getAB): `GET /a/b/{id}` -> `GET /a/c/{id}`: calls use the new endpoint; change rights, proxies and recorded responses that name the old one",
            ],
        ),
        (
            at("/a/b/{id}", "a", "get_bee", "getAB"),
            vec!["B `a::get_bee` (getAB): renamed from `a::get_b`: calls need the new name"],
        ),
        (
            at("/a/c/{id}", "a", "get_b", "other"),
            vec![
                "C `a::get_b` (other): `GET /a/b/{id}` -> `GET /a/c/{id}`: calls use the new endpoint; change rights, proxies and recorded responses that name the old one",
                "C `a::get_b` (other): the vendor's operation ID was getAB: change it where you look the operation up by this ID",
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
    let hint = "remove its calls; possible replacement: `a::three`";
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
            "C `a::get_b` (two): the vendor's operation ID was one: change it where you look the operation up by this ID",
            "C `a::get_c` (one): the vendor's operation ID was two: change it where you look the operation up by this ID"
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
            "B the type of the argument `x` changed: string -> enum `Level`: pass a value of the new type",
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
    assert_eq!(
        changes("get", &with_name("anID"), &with_name("anId")),
        [
            "C the query parameter `anID` is now `anId`: nothing, because the generated method sends it there; change proxies and recorded responses"
        ]
    );
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
            "B the type of the body changed: `Ticket` -> list of `Ticket`: pass a body of the new type",
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
            "C takes a form without a file instead of a JSON body: nothing, because the generated method sends the body in this form; change recorded requests",
        ),
        (
            "post",
            body(json, &json!({}), true),
            body(json, &json!({"type": "array", "items": {}}), true),
            "C the type of the body changed: any JSON -> list of any JSON: change the JSON that calls pass; they still compile, because the argument is still a `Value`",
        ),
        (
            "post",
            body(json, &json!({}), true),
            body(json, &json!({"type": "array", "items": {"type": "object", "additionalProperties": {}}}), true),
            "C the type of the body changed: any JSON -> list of map of any JSON: change the JSON that calls pass; they still compile, because the argument is still a `Value`",
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
        (
            response(&reference("Ticket")),
            response(&reference("Note")),
            "B response changed: `Ticket` -> `Note`: change the code that uses the result",
        ),
        (
            response(&reference("Ticket")),
            response(&list("Ticket")),
            "B response changed: `Ticket` -> list of `Ticket`; the method returns `List` instead of `Get`: change the code that uses the result",
        ),
        (
            response(&reference("Ticket")),
            json!({"responses": {"200": {}}}),
            "B response changed: `Ticket` -> nothing; the method returns `Call<()>` instead of `Get`: change the code that uses the result",
        ),
        (
            bytes("application/pdf"),
            bytes("image/png"),
            "C response changed: bytes (application/pdf) -> bytes (image/png): expect a file of the new type",
        ),
        (
            json!({"responses": {"200": {}}}),
            json!({"responses": {"204": {}}}),
            "C success status 200 -> 204: nothing, because the client accepts every 2xx status",
        ),
    ] {
        assert_eq!(changes("get", &old, &new), [expected]);
    }
}

/// Returns a list with these list parameters, except those in `without`.
fn with_query(name: &str, without: &[&str]) -> Value {
    let mut parts = response(&list("Ticket"));
    parts["parameters"] = json!([shared(name)]);
    if !without.is_empty() {
        parts["x-query-without"] = json!(without);
    }
    parts
}

#[test]
fn only_removed_list_parameters_are_breaking() {
    let (all, none) = (with_query("ListQuery", &[]), response(&list("Ticket")));
    assert_eq!(
        changes("get", &with_query("FieldsQuery", &[]), &all),
        [
            "A now takes `conditions`, `childConditions`, `customFieldConditions`, `orderBy`, `page`, `pageSize`, `pageId`"
        ]
    );
    for (new, expected) in [
        (
            with_query("ListQuery", &["conditions"]),
            "B no longer takes `conditions`: remove `filter` and `filter_text` from calls; calls that set one fail before they are sent, or the server ignores it",
        ),
        (
            with_query("ListQuery", &["orderBy", "fields"]),
            "B no longer takes `orderBy`, `fields`: remove `sort` and `sort_text`, `select` and `select_text` from calls; calls that set one fail before they are sent, or the server ignores it",
        ),
    ] {
        assert_eq!(changes("get", &all, &new), [expected]);
    }
    let found = changes("get", &all, &none);
    assert!(found[0].starts_with("B no longer takes `conditions`, ") && found[0].contains("`pageId`"), "{found:#?}");
    assert_eq!(
        changes("get", &with_query("ListQuery", &["page", "conditions"]), &with_query("ListQuery", &["page"])),
        ["A now takes `conditions`"]
    );
}

#[test]
fn paging_that_is_replaced_by_a_cursor_is_breaking() {
    let mut cursor = with_query("ListQuery", &["page", "pageSize", "pageId"]);
    cursor["parameters"].as_array_mut().unwrap().push(query("cursor", false));
    let found = changes("get", &with_query("ListQuery", &[]), &cursor);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("B no longer takes `page`, `pageSize`, `pageId`: remove `from_page`, "), "{found:#?}");
    assert_eq!(found[1], "A new optional parameter `cursor` (string)");
}

#[test]
fn a_form_that_loses_its_file_loses_an_argument() {
    let with = |file: &Value| {
        let properties = json!({"title": {"type": "string"}, "upload": file});
        let mut post = operation("a", "post_b", "postAB", &json!({}));
        post["requestBody"] =
            json!({"required": true, "content": {"multipart/form-data": {"schema": reference("Form")}}});
        document(&json!({"/a/b": {"post": post}}), &json!({"Form": {"properties": properties}}))
    };
    let (file, text) = (json!({"type": "string", "format": "binary"}), json!({"type": "string"}));
    let with_name = |name: &str| {
        let mut document = with(&file);
        let properties = document["components"]["schemas"]["Form"]["properties"].as_object_mut().unwrap();
        let file = properties.remove("upload").unwrap();
        properties.insert(name.to_owned(), file);
        document
    };
    let mut without = with(&file);
    without["components"]["schemas"]["Form"]["properties"].as_object_mut().unwrap().remove("upload");
    assert_eq!(
        lines(&with(&file), &without),
        [
            "B `a::post_b` (postAB): takes a form without a file instead of a form and a file: remove the file from calls",
            "C `Form.upload`: removed (was file): see the operations that send the form"
        ]
    );
    assert_eq!(
        lines(&without, &with(&file)),
        [
            "B `a::post_b` (postAB): takes a form and a file instead of a form without a file: add the file, or `None`, to calls as the last argument",
            "C `Form.upload`: file: see the operations that send the form"
        ]
    );
    assert_eq!(
        lines(&with(&file), &with(&text)),
        [
            "B `a::post_b` (postAB): takes a form without a file instead of a form and a file: remove the file from calls",
            "A `Form.upload`: file -> string: see the operations that send the form"
        ]
    );
    let renamed = lines(&with(&file), &with_name("attachment"));
    assert!(renamed.iter().all(|line| line.starts_with('C')), "{renamed:#?}");
    assert!(
        renamed[2].contains("the part with the file is now `attachment` (was `upload`)")
            || renamed[0].contains("the part with the file is now `attachment` (was `upload`)"),
        "{renamed:#?}"
    );
}

#[test]
fn facts_without_effect_on_signatures_are_reported() {
    for (old, new, expected) in [
        (
            json!({}),
            json!({"deprecated": true}),
            "C now deprecated: calls get a compiler warning: replace its calls before the API removes it",
        ),
        (json!({"deprecated": true}), json!({"deprecated": false}), "C no longer deprecated"),
        (
            json!({"tags": ["A"]}),
            json!({"tags": ["B"]}),
            "C the tag is `B` (was `A`): nothing, unless you group operations by the tags of the catalogue",
        ),
        (
            response(&reference("Ticket")),
            json!({"responses": {"200": {"x-media-types": ["application/json", "text/csv"], "content": {"application/json": {"schema": reference("Ticket")}}}}}),
            "C media types of the response: one -> `application/json`, `text/csv`: nothing, because the client uses JSON; use `request` for another one",
        ),
    ] {
        assert_eq!(changes("get", &old, &new), [expected]);
    }
    let with = |deprecated: bool| {
        let mut parameter = query("x", false);
        parameter["deprecated"] = json!(deprecated);
        json!({"parameters": [parameter]})
    };
    assert_eq!(changes("get", &with(false), &with(true)), ["C the parameter `x` is now deprecated: stop passing it"]);
}

#[test]
fn values_of_parameters_are_named() {
    let with = |values: &[&str]| {
        let mut parameter = query("level", false);
        parameter["schema"] = reference("Level");
        let mut get = operation("a", "get_b", "getAB", &json!({}));
        get["parameters"] = json!([parameter]);
        document(&json!({"/a/b": {"get": get}}), &json!({"Level": {"enum": values}}))
    };
    assert_eq!(
        lines(&with(&["x", "y"]), &with(&["y", "z"])),
        [
            "B `a::get_b` (getAB): `level`: value removed: `x` (of `Level`): remove its variant from code",
            "A `a::get_b` (getAB): `level`: new value `z` (of `Level`)"
        ]
    );
    // Only this parameter loses the value.
    let mut own = with(&["x", "y"]);
    own["paths"]["/a/b"]["get"]["parameters"][0]["schema"]["x-values"] = json!(["y"]);
    assert_eq!(
        lines(&with(&["x", "y"]), &own),
        [
            "C `a::get_b` (getAB): `level`: value removed: `x` (of `Level`): do not send it here; code that names the variant still compiles, because other fields have the value; the server can reject it"
        ]
    );
}

#[test]
fn what_a_list_and_a_record_can_do_follows_from_other_operations() {
    let get = |name: &str, response: &Value, query: &str| {
        let mut get = operation("a", name, name, response);
        get["parameters"] = json!([shared(query)]);
        get
    };
    let with = |count: bool, record: &str| {
        let mut paths = json!({"/a/b": {"get": get("list_b", &list(record), "ListQuery")}});
        if count {
            paths["/a/b/count"] = json!({"get": get("count_b", &reference("Count"), "CountQuery")});
        }
        let mut schemas = schemas();
        schemas["Count"] = json!({"properties": {"count": {"type": "integer"}}});
        document(&paths, &schemas)
    };
    let found = lines(&with(true, "Ticket"), &with(false, "Ticket"));
    assert_eq!(
        found,
        [
            "B `a::count_b` (count_b): removed: the API no longer has `GET /a/b/count`: remove its calls",
            "B `a::list_b` (list_b): `count()` of the list is no longer available, because its operation was removed or changed: read the list and count its records"
        ]
    );
    assert!(lines(&with(false, "Ticket"), &with(true, "Ticket")).iter().all(|line| line.starts_with('A')));
    let found = lines(&with(true, "Ticket"), &with(true, "Note"));
    assert!(
        found.contains(
            &"B `a::count_b` (count_b): counts `Note` records instead of `Ticket` records: change filters that use typed fields"
                .to_owned()
        ),
        "{found:#?}"
    );
}
