//! Every kind of problem that a changed vendor document can cause: it is found in one run with all others, at its place,
//! and the lines that it prints solve it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use connectwise_psa_codegen::docs::Docs;
use connectwise_psa_codegen::paste::Paste;
use connectwise_psa_codegen::problem::{Problem, Problems};
use connectwise_psa_codegen::{corrections, import, names, render};
use serde_json::{Value, json};

/// A document with one problem.
struct Case {
    /// The kind of the problem.
    kind: &'static str,
    /// The paths and schemas that are added to a document without problems.
    paths: Value,
    schemas: Value,
    /// The lines of names.toml, without which there is no problem.
    names: &'static str,
    /// The beginning of the location.
    location: &'static str,
    /// A part of the message.
    message: &'static str,
    /// How many choices there are.
    choices: usize,
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn body(schema: Value) -> Value {
    json!({"content": {"application/json": {"schema": schema}}})
}

/// An operation at `/a/b`.
fn operation(more: Value) -> Value {
    let mut operation = json!({"operationId": "postB", "responses": {"200": body(reference("Thing"))}});
    operation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"/a/b": {"post": operation}})
}

fn with_parameter(parameter: Value) -> Value {
    operation(json!({"parameters": [parameter]}))
}

/// A schema with one property.
fn property(schema: Value) -> Value {
    json!({"Ticket": {"type": "object", "properties": {"p": schema}}})
}

fn case(
    kind: &'static str,
    (paths, schemas): (Value, Value),
    location: &'static str,
    message: &'static str,
    choices: usize,
) -> Case {
    Case { kind, paths, schemas, names: "", location, message, choices }
}

fn of_path(path: &str) -> Value {
    let get = json!({"operationId": "getX", "responses": {"200": body(reference("Thing"))}});
    json!({path: {"get": get}})
}

/// One document for each kind of problem.
fn cases() -> Vec<Case> {
    let none = || json!({});
    let post = "POST /a/b (postB)";
    let p = "/components/schemas/Ticket/properties/p";
    let thing = || body(reference("Thing"));
    let text_parameter = |location: &str| json!({"name": "p", "in": location, "schema": {"type": "string"}});
    let mut cases = vec![
        // Operations
        case(
            "no operation ID",
            (json!({"/a/b": {"post": {"responses": {"200": thing()}}}}), none()),
            "POST /a/b (no operationId)",
            "has no operationId",
            1,
        ),
        case(
            "repeated operation ID",
            (operation(json!({"operationId": "getThings"})), none()),
            "GET /service/things (getThings)",
            "is also that of POST /a/b (getThings)",
            1,
        ),
        case(
            "unusable operation ID",
            (operation(json!({"operationId": "post \"b\""})), none()),
            "POST /a/b",
            "whitespace or quotes",
            1,
        ),
        case("invalid path", (of_path("/a/{x}{y}"), none()), "/paths/~1a~1{x}{y}", "without a slash", 2),
        case(
            "parameter in a segment",
            (of_path("/a/{x}.pdf"), none()),
            "/paths/~1a~1{x}.pdf",
            "part of its segment",
            2,
        ),
        case(
            "two equal paths",
            (
                json!({"/a/x{id}": of_path("")[""], "/a/x/{id}": {"get": {"operationId": "getY", "responses": {"200": thing()}, "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}]}}}),
                none(),
            ),
            "GET /a/x{id}",
            "is the same as that of",
            2,
        ),
        case(
            "path of a wrong JSON type",
            (json!({"/a/b": 5}), none()),
            "GET /a/b (no operationId)",
            "not a JSON object",
            1,
        ),
        case(
            "operation of a wrong JSON type",
            (json!({"/a/b": {"post": []}}), none()),
            "POST /a/b (no operationId)",
            "not a JSON object",
            1,
        ),
        case(
            "parameters of a wrong JSON type",
            (operation(json!({"parameters": {}})), none()),
            post,
            "are not a list",
            1,
        ),
        // Parameters
        case(
            "parameter without a declaration",
            (of_path("/a/{id}"), none()),
            "GET /a/{id} (getX)",
            "is not declared",
            2,
        ),
        case(
            "missing parameter",
            (with_parameter(json!({"$ref": "#/components/parameters/Gone"})), none()),
            post,
            "does not exist",
            2,
        ),
        case(
            "parameter without a name",
            (with_parameter(json!({"schema": {"type": "string"}})), none()),
            post,
            "has no name",
            1,
        ),
        case("header", (with_parameter(text_parameter("header")), none()), post, "is in the header", 1),
        case("cookie", (with_parameter(text_parameter("cookie")), none()), post, "is in the cookie", 1),
        case(
            "list in the query",
            (
                with_parameter(
                    json!({"name": "p", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}),
                ),
                none(),
            ),
            post,
            "is not a text",
            2,
        ),
        case(
            "style",
            (
                with_parameter(
                    json!({"name": "p", "in": "query", "style": "deepObject", "schema": {"type": "string"}}),
                ),
                none(),
            ),
            post,
            "style deepObject",
            2,
        ),
        case(
            "JSON in the query",
            (
                with_parameter(json!({"name": "p", "in": "query", "content": {"application/json": {"schema": {}}}})),
                none(),
            ),
            post,
            "is JSON",
            2,
        ),
        case(
            "two bodies",
            (
                operation(
                    json!({"parameters": [{"name": "p", "in": "path", "schema": reference("Thing")}], "requestBody": thing()}),
                ),
                none(),
            ),
            post,
            "already has a body",
            2,
        ),
        case(
            "type of a parameter",
            (with_parameter(json!({"name": "p", "in": "query", "schema": {"type": "file"}})), none()),
            post,
            "`file` is not a JSON type",
            1,
        ),
        // Bodies
        case(
            "missing body",
            (operation(json!({"requestBody": {"$ref": "#/components/requestBodies/Gone"}})), none()),
            post,
            "is not a body",
            2,
        ),
        case(
            "body of another media type",
            (operation(json!({"requestBody": {"content": {"text/csv": {}}}})), none()),
            post,
            "text/csv",
            2,
        ),
        case(
            "JSON and a form",
            (
                operation(
                    json!({"requestBody": {"content": {"application/json": {"schema": reference("Thing")}, "multipart/form-data": {"schema": reference("Form")}}}}),
                ),
                json!({"Form": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}),
            ),
            post,
            "several contents: Thing, multipart:Form",
            2,
        ),
        case(
            "several files",
            (
                operation(json!({"requestBody": {"content": {"multipart/form-data": {"schema": reference("Form")}}}})),
                json!({"Form": {"type": "object", "properties": {"a": {"type": "string", "format": "binary"}, "b": {"type": "string", "format": "binary"}}}}),
            ),
            post,
            "several files",
            2,
        ),
        case(
            "body without a name",
            (operation(json!({"requestBody": body(json!({"properties": {"x": {"type": "string"}}}))})), none()),
            post,
            "has no name",
            1,
        ),
        // Responses
        case(
            "no success response",
            (operation(json!({"responses": {"404": {}}})), none()),
            post,
            "no success response",
            2,
        ),
        case(
            "missing response",
            (operation(json!({"responses": {"200": {"$ref": "#/components/responses/Gone"}}})), none()),
            post,
            "is not a response",
            2,
        ),
        case(
            "two responses",
            (
                operation(
                    json!({"responses": {"200": thing(), "201": body(json!({"type": "array", "items": reference("Thing")}))}}),
                ),
                none(),
            ),
            post,
            "several contents: Thing, [Thing]",
            2,
        ),
        case(
            "two JSON media types",
            (
                operation(
                    json!({"responses": {"200": {"content": {"application/json": {"schema": reference("Thing")}, "text/json": {}}}}}),
                ),
                none(),
            ),
            post,
            "several contents: Thing, any",
            2,
        ),
        case(
            "two media types",
            (operation(json!({"responses": {"200": {"content": {"application/pdf": {}, "text/csv": {}}}}})), none()),
            post,
            "several contents: bytes:application/pdf, bytes:text/csv",
            2,
        ),
        case(
            "response with two types",
            (
                operation(
                    json!({"responses": {"200": body(json!({"oneOf": [reference("Thing"), {"type": "string"}]}))}}),
                ),
                none(),
            ),
            post,
            "(`oneOf`)",
            3,
        ),
        // Schemas
        case("missing schema", (none(), property(reference("Gone"))), p, "does not exist", 1),
        case(
            "several types",
            (none(), property(json!({"anyOf": [reference("Thing"), {"type": "boolean"}]}))),
            p,
            "(`anyOf`)",
            3,
        ),
        case(
            "allOf without a name",
            (none(), property(json!({"allOf": [reference("Thing"), {"properties": {"x": {"type": "string"}}}]}))),
            p,
            "(`allOf`)",
            2,
        ),
        case(
            "object without a name",
            (none(), property(json!({"type": "object", "properties": {"x": {"type": "string"}}}))),
            p,
            "has no name",
            1,
        ),
        case(
            "unknown type",
            (none(), property(json!({"type": "array", "items": {"type": "date"}}))),
            p,
            "`date` is not a JSON type",
            2,
        ),
        case(
            "enum of other values",
            (none(), property(json!({"type": "string", "enum": ["a", 1]}))),
            p,
            "not all text",
            2,
        ),
        case(
            "allOf with two types of a property",
            (
                none(),
                json!({"Ticket": {"allOf": [{"properties": {"p": {"type": "string"}}}, {"properties": {"p": {"type": "boolean"}}}]}}),
            ),
            p,
            "different types",
            3,
        ),
        case(
            "named schema with several types",
            (none(), json!({"Ticket": {"oneOf": [reference("Thing"), {"type": "string"}]}})),
            "/components/schemas/Ticket",
            "(`oneOf`)",
            3,
        ),
        case(
            "schema that contains itself",
            (none(), json!({"Tree": {"type": "array", "items": reference("Tree")}})),
            "/components/schemas/Tree",
            "contains itself",
            1,
        ),
        case(
            "alias of itself",
            (none(), json!({"One": reference("Two"), "Two": reference("One")})),
            "/components/schemas/One",
            "contains itself",
            1,
        ),
        case(
            "properties of a string",
            (none(), json!({"Ticket": {"type": "string", "properties": {"x": {"type": "string"}}}})),
            "/components/schemas/Ticket",
            "is not an object",
            1,
        ),
        case(
            "unknown required property",
            (none(), json!({"Ticket": {"type": "object", "required": ["q"], "properties": {"p": {"type": "string"}}}})),
            "/components/schemas/Ticket/required",
            "is not a property",
            1,
        ),
        case(
            "schema of a wrong JSON type",
            (none(), json!({"Ticket": []})),
            "/components/schemas/Ticket",
            "not a JSON object",
            1,
        ),
        case("property of a wrong JSON type", (none(), property(json!("text"))), p, "not a JSON object", 1),
        case(
            "keyword of a wrong JSON type",
            (none(), property(json!({"type": "string", "enum": "a"}))),
            p,
            "wrong JSON type",
            1,
        ),
        // Names
        case(
            "two equal types",
            (
                none(),
                json!({"Service.Thing": {"type": "object", "properties": {"x": {"type": "string"}}}, "ServiceThing": {"type": "object", "properties": {"y": {"type": "string"}}}}),
            ),
            "/components/schemas/Service.Thing",
            "which is that of `ServiceThing`",
            1,
        ),
        case(
            "invalid name of a type",
            (none(), json!({"2fa": {"type": "object", "properties": {"x": {"type": "string"}}}})),
            "/components/schemas/2fa",
            "not a valid name of a type",
            1,
        ),
        case(
            "enum with the name of a schema",
            (
                none(),
                json!({"Ticket": {"type": "object", "properties": {"level": {"type": "string", "enum": ["a", "b"]}}}, "TicketLevel": {"type": "object", "properties": {"x": {"type": "string"}}}}),
            ),
            "/components/schemas/TicketLevel",
            "already the name of a schema",
            1,
        ),
    ];
    cases.push(Case {
        names: "[operations.a]\ncreate_b = \"PUT /a/other (putOther)\"\n",
        ..case("name of another operation", (operation(json!({})), none()), post, "its name would be a::create_b", 1)
    });
    cases.push(Case {
        names: "[words]\nb = \"noun\"\nticket = \"noun\"\n",
        ..case(
            "unknown word",
            (
                json!({"/a/ticketnotes": {"get": {"operationId": "getNotes", "responses": {"200": body(reference("Thing"))}}}}),
                none(),
            ),
            "GET /a/ticketnotes (getNotes)",
            "the word `ticketnotes` of the path is unknown",
            3,
        )
    });
    cases
}

/// A document without problems, with the parts of a case.
fn document(paths: &Value, schemas: &Value) -> Value {
    let mut document = json!({
        "openapi": "3.0.1",
        "info": {"version": "2025.8", "title": "T"},
        "paths": {"/service/things": {"get": {"operationId": "getThings", "responses": {"200": body(json!({"type": "array", "items": reference("Thing")}))}}}},
        "components": {"schemas": {"Thing": {"type": "object", "properties": {"id": {"type": "integer", "format": "int32"}}}}}
    });
    let extend =
        |object: &mut Value, more: &Value| object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    extend(&mut document["paths"], paths);
    extend(&mut document["components"]["schemas"], schemas);
    document
}

/// The files of decisions.
#[derive(Clone, Default)]
struct Files {
    corrections: String,
    names: String,
}

impl Files {
    fn import(&self, document: &Value) -> (Value, Problems) {
        let corrections =
            corrections::read(&self.corrections).unwrap_or_else(|problems| panic!("{problems}\n{}", self.corrections));
        let names = names::read(&self.names).unwrap_or_else(|problems| panic!("{problems}\n{}", self.names));
        let (psa, _, problems) = import::import_with_problems(&document.to_string(), &corrections, &names);
        (psa, problems)
    }

    /// Pastes lines as a person does.
    fn paste(&mut self, paste: &Paste) {
        let file = match paste.file {
            "openapi/corrections.toml" => &mut self.corrections,
            "openapi/names.toml" => &mut self.names,
            other => panic!("{other} is not a file of decisions"),
        };
        match &paste.table {
            None => file.push_str(&format!("\n{}\n", paste.lines)),
            Some(table) => {
                let heading = format!("[{table}]\n");
                match file.find(&heading) {
                    Some(at) => file.insert_str(at + heading.len(), &format!("{}\n", paste.lines)),
                    None => file.push_str(&format!("\n{heading}{}\n", paste.lines)),
                }
            }
        }
    }
}

fn is_expected(problem: &Problem, case: &Case) -> bool {
    problem.location.starts_with(case.location) && problem.message.contains(case.message)
}

#[test]
fn every_kind_of_problem_is_found_at_its_place_with_lines() {
    for case in cases() {
        let files = Files { names: case.names.to_owned(), ..Files::default() };
        let (psa, problems) = files.import(&document(&case.paths, &case.schemas));
        assert!(problems.0.iter().any(|problem| is_expected(problem, &case)), "{}: {problems}", case.kind);
        for problem in problems.0.iter().filter(|problem| is_expected(problem, &case)) {
            assert_eq!(problem.paste.len(), case.choices, "{}: {problem}", case.kind);
        }
        for problem in &problems.0 {
            assert!(!problem.paste.is_empty(), "{}: {problem}", case.kind);
            let text = problem.to_string();
            for internal in
                ["codegen", "pre-flight", "rendering step", "import the document again", "in the document", "typify"]
            {
                assert!(!text.contains(internal), "{}: {text}", case.kind);
            }
        }
        // What remains of the document has no other problem.
        render::render(&psa, &Docs::default(), "psa.json")
            .unwrap_or_else(|problems| panic!("{}: {problems}", case.kind));
    }
}

#[test]
fn the_lines_solve_the_problem() {
    for case in cases() {
        let document = document(&case.paths, &case.schemas);
        let start = Files { names: case.names.to_owned(), ..Files::default() };
        let first = start.import(&document).1;
        for choice in 0..case.choices {
            let mut files = start.clone();
            // A choice can open another decision, for example a new path an undeclared parameter.
            let mut problems = first.clone();
            for round in 0..4 {
                for problem in &problems.0 {
                    let index = if is_expected(problem, &case) { choice } else { 0 };
                    files.paste(problem.paste.get(index).unwrap_or_else(|| panic!("{}: {problem}", case.kind)));
                }
                let (psa, remaining) = files.import(&document);
                assert!(
                    !remaining.0.iter().any(|problem| is_expected(problem, &case)),
                    "{}, choice {choice}: {remaining}\n{}\n{}",
                    case.kind,
                    files.corrections,
                    files.names
                );
                if remaining.0.is_empty() {
                    render::render(&psa, &Docs::default(), "psa.json")
                        .unwrap_or_else(|problems| panic!("{}: {problems}", case.kind));
                    break;
                }
                assert!(round < 3, "{}, choice {choice}: {remaining}", case.kind);
                problems = remaining;
            }
        }
    }
}

#[test]
fn one_run_finds_the_problems_of_all_kinds() {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.names.is_empty()).collect();
    let (mut paths, mut schemas) = (json!({}), json!({}));
    let mut expected = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        // Each case has its own paths and schemas.
        let own = |text: &str| {
            let mut text = text.replace("/a/", &format!("/a{index}/")).replace("~1a~1", &format!("~1a{index}~1"));
            for name in ["postB", "getX", "getY"] {
                text = text.replace(name, &format!("{name}{index}"));
            }
            for name in ["Ticket", "Form", "Tree", "One", "Two", "Service.Thing", "ServiceThing"] {
                text = text.replace(&format!("\"{name}"), &format!("\"C{index}{name}"));
                text = text.replace(&format!("schemas/{name}"), &format!("schemas/C{index}{name}"));
            }
            text
        };
        if ["repeated operation ID", "invalid name of a type"].contains(&case.kind) {
            continue;
        }
        for (whole, part) in [(&mut paths, &case.paths), (&mut schemas, &case.schemas)] {
            let part: Value = serde_json::from_str(&own(&part.to_string())).unwrap();
            whole.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        expected.push((case.kind, own(case.location)));
    }
    let problems = Files::default().import(&document(&paths, &schemas)).1;
    for (kind, location) in &expected {
        assert!(
            problems.0.iter().any(|problem| problem.location.starts_with(location)),
            "{kind} at {location}: {problems}"
        );
    }
    assert!(problems.0.len() >= expected.len(), "{problems}");
}

/// Random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Adds the pointers of all values in a value.
fn pointers(at: &str, value: &Value, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                pointers(&format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), value, into);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| pointers(&format!("{at}/{index}"), value, into))
        }
        _ => {}
    }
}

/// Replaces or removes a random part of a document.
fn mutate(document: &mut Value, random: &mut Random) -> String {
    let mut all = Vec::new();
    for part in ["/paths", "/components/schemas"] {
        pointers(part, &document.pointer(part).unwrap().clone(), &mut all);
    }
    all.retain(|pointer| !["/paths", "/components/schemas"].contains(&pointer.as_str()));
    let at = all[random.below(all.len())].clone();
    let source = all[random.below(all.len())].clone();
    let replacements = [
        Value::Null,
        json!(true),
        json!(7),
        json!("text"),
        json!([]),
        json!({}),
        json!(["text", 1]),
        json!({"$ref": "#/components/schemas/Gone"}),
        reference("Thing"),
        reference("One"),
        json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "array", "items": reference("Thing")}}}),
        json!({"type": "string", "enum": []}),
        json!({"type": "object", "properties": {"a": {"allOf": [reference("Thing"), reference("Base")]}}}),
        document.pointer(&source).cloned().unwrap(),
    ];
    let choice = random.below(replacements.len() + 1);
    let Some(replacement) = replacements.get(choice) else {
        let (parent, key) = at.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        if let Some(object) = document.pointer_mut(parent).and_then(Value::as_object_mut) {
            object.remove(&key);
        }
        return format!("{at} is removed");
    };
    *document.pointer_mut(&at).unwrap() = replacement.clone();
    format!("{at} becomes {replacement}")
}

/// A document with every part that an import knows.
fn rich() -> Value {
    let paths = json!({
        "/service/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {"operationId": "getThing", "tags": ["T"], "responses": {"200": {"$ref": "#/components/responses/Thing"}}},
            "put": {"operationId": "putThing", "requestBody": {"$ref": "#/components/requestBodies/Thing"}, "responses": {"200": body(reference("Thing"))}},
            "patch": {"operationId": "patchThing", "requestBody": body(json!({"type": "array", "items": reference("PatchOperation")})), "responses": {"200": body(reference("Thing"))}},
            "delete": {"operationId": "deleteThing", "responses": {"204": {"description": "d"}}}
        },
        "/service/things/{id}/matrix": {"get": {
            "operationId": "getMatrix",
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}, {"name": "level", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}, {"name": "fields", "in": "query", "schema": {"type": "string"}}, {"name": "q", "in": "query", "schema": reference("Query")}],
            "responses": {"200": body(json!({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}))}
        }},
        "/default/files": {"post": {"operationId": "postFile", "requestBody": {"content": {"multipart/form-data": {"schema": reference("Form")}}}, "responses": {"201": {"content": {"application/pdf": {}}}}}},
        "/default/files/count": {"get": {"operationId": "getFilesCount", "parameters": [{"name": "conditions", "in": "query", "schema": {"type": "string"}}], "responses": {"200": body(reference("Count"))}}},
        "/types/maps": {"put": {"operationId": "putMaps", "requestBody": body(json!({"type": "object", "additionalProperties": {"type": "array", "items": reference("Thing")}})), "responses": {"200": body(json!({"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}}}))}}}
    });
    let schemas = json!({
        "Base": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 9}, "_info": {"type": "object", "additionalProperties": {"type": "string"}}}},
        "Derived": {"allOf": [reference("Base"), {"properties": {"thing": {"allOf": [reference("Thing")], "nullable": true}, "child": reference("Derived"), "level": reference("Level")}}]},
        "Level": {"type": "string", "enum": ["Low", "High", null], "nullable": true},
        "BoardReference": {"type": "object", "properties": {"id": {"type": "integer", "format": "int32"}, "name": {"type": "string"}}},
        "Names": {"type": "array", "items": {"type": "string"}},
        "One": {"$ref": "#/components/schemas/Names"},
        "Holder": {"type": "object", "properties": {"names": reference("One"), "board": reference("BoardReference"), "rows": {"type": "array", "items": {"type": "array", "items": reference("Derived")}}, "closedDate": {"type": "string"}, "any": {"type": "object"}, "kind": {"type": "string", "enum": ["x", "y"]}}},
        "Form": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, "title": {"type": "string"}}},
        "Query": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
        "Count": {"type": "object", "properties": {"count": {"type": "integer"}}},
        "PatchOperation": {"type": "object", "properties": {"op": {"type": "string"}, "path": {"type": "string"}, "value": {"type": "object"}}}
    });
    let mut document = document(&paths, &schemas);
    document["components"]["parameters"] =
        json!({"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "format": "int32"}}});
    document["components"]["responses"] =
        json!({"Thing": {"$ref": "#/components/responses/Other"}, "Other": body(reference("Thing"))});
    document["components"]["requestBodies"] = json!({"Thing": body(reference("Thing"))});
    document
}

/// Adds random faults to a document, pastes the lines of all decisions until none is left, and renders each time. Returns
/// what went wrong.
fn decide_random(whole: &Value, seed: u64) -> Result<(), String> {
    let mut random = Random(seed);
    let mut document = whole.clone();
    let faults: Vec<String> = (0..=random.below(3)).map(|_| mutate(&mut document, &mut random)).collect();
    let faults = faults.join("; ");
    let mut files = Files::default();
    for _ in 0..6 {
        let (psa, problems) = files.import(&document);
        render::render(&psa, &Docs::default(), "psa.json")
            .map_err(|error| format!("seed {seed}: {faults}\n{problems}\n{error}"))?;
        if problems.0.is_empty() {
            return Ok(());
        }
        for problem in &problems.0 {
            let paste = problem.paste.first().ok_or_else(|| format!("seed {seed}: {faults}\n{problem}"))?;
            files.paste(paste);
        }
    }
    Err(format!("seed {seed}: {faults}\n{}\n{}\n{}", files.import(&document).1, files.corrections, files.names))
}

#[test]
fn a_document_with_random_faults_is_decided_and_then_rendered() {
    let whole = rich();
    let (psa, problems) = Files::default().import(&whole);
    assert_eq!(problems, Problems::default());
    render::render(&psa, &Docs::default(), "psa.json").unwrap();
    let failed: Vec<String> = SEEDS.filter_map(|seed| decide_random(&whole, seed).err()).collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n\n"));
}

/// The seeds of the random faults. All seeds up to 1000 have been tried.
const SEEDS: std::ops::Range<u64> = 0..120;
