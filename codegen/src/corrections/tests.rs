//! Tests each correction of `openapi/corrections.toml`, and each kind of correction, on small documents that are made
//! from the correction: one has what it expects, one is already correct, and one has something else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::notation::NONE;
use super::*;
use crate::structure;

const OURS: &str = include_str!("../../../openapi/corrections.toml");

/// One correction of each kind that `openapi/corrections.toml` does not need.
const OTHERS: &str = r#"
    [[correction]]
    operation = "GET /service/widgets"
    reason = "it has none"
    operation-id = "getServiceWidgets"
    expects = "none"
    [[correction]]
    operation = "GET /service/{id}{name}"
    reason = "a slash is missing"
    path = "/service/{id}/{name}"
    [[correction]]
    operation = "getServiceWidgetsTwice"
    reason = "there twice"
    remove-operation = true
    [[correction]]
    operation = "getServiceWidgetsById"
    reason = "headers cannot be sent"
    remove-parameter = "X-Trace"
    expects = "header string required"
    [[correction]]
    operation = "getServiceWidgetsById"
    reason = "lists cannot be sent"
    parameter-type = { name = "ids", type = "string" }
    expects = "[integer]"
    [[correction]]
    operation = "getServiceWidgetsById"
    reason = "the values are missing"
    parameter-type = { name = "level", type = ["Low", "High"] }
    expects = "string"
    [[correction]]
    operation = "getServiceWidgetsById"
    reason = "a map"
    response = "{[Widget]}"
    expects = "[[Widget]]"
    [[correction]]
    operation = "getServiceWidgetsImage"
    reason = "not JSON"
    response = "bytes:image/png"
    expects = "none"
    [[correction]]
    operation = "putServiceWidgets"
    reason = "not required"
    body = "optional [Widget]"
    expects = "[Widget]"
    [[correction]]
    schema = "Widget"
    reason = "too complicated, and wrong"
    property-types = { shape = "any", hours = "number", "c#" = "{string}", parts = "[[Widget]]", at = "timestamp", day = "date", level = ["Low", "High"] }
    expects = { shape = "oneOf(Widget, string)", hours = "integer", "c#" = "string", parts = "[Widget]", at = "string", day = "timestamp", level = "string" }
    [[correction]]
    schemas = ["Widget", "Gadget"]
    reason = "wrong in all"
    property-types = { id = "integer" }
    expects = "string"
    [[correction]]
    schema = "Widget"
    reason = "no such properties"
    not-required = ["gone", "lost"]
    [[correction]]
    schema = "Shape"
    reason = "cannot be a type"
    schema-type = "any"
    expects = "allOf(Widget, Gadget)"
    [[correction]]
    schema = "Level"
    reason = "a value is missing"
    enum-values = ["High", "Low", "None"]
    expects = ["Low", "High"]
"#;

/// The state of a corrected place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Expected,
    Fixed,
    Other,
}

/// The ways in which the vendor's tools write a reference to a schema.
const STYLES: [fn(Value) -> Value; 3] = [
    |reference| reference,
    |reference| json!({"allOf": [reference], "nullable": true}),
    |mut reference| {
        reference["description"] = json!("words");
        reference
    },
];

/// Returns a schema as the vendor writes it. Written on its own, so that it does not share the errors of the code.
fn vendor_schema(notation: &str, style: fn(Value) -> Value) -> Value {
    let reference = |name: &str| style(json!({"$ref": format!("#/components/schemas/{name}")}));
    if let Some(items) = notation.strip_prefix('[') {
        return json!({"type": "array", "items": vendor_schema(&items[..items.len() - 1], style)});
    }
    if let Some(values) = notation.strip_prefix('{') {
        return json!({"type": "object", "additionalProperties": vendor_schema(&values[..values.len() - 1], style)});
    }
    if let Some((keyword @ ("allOf" | "oneOf"), parts)) = notation.split_once('(') {
        let parts = parts.trim_end_matches(')').split(", ").map(|part| vendor_schema(part, style));
        return json!({keyword: parts.collect::<Vec<_>>()});
    }
    if let Some(values) = notation.strip_prefix("enum(") {
        return json!({"type": "string", "enum": values.trim_end_matches(')').split(", ").collect::<Vec<_>>()});
    }
    match notation {
        "any" => json!({"type": "object"}),
        "integer" => json!({"type": "integer", "format": "int32"}),
        "number" => json!({"type": "number", "format": "double", "nullable": true}),
        "boolean" | "string" => json!({"type": notation}),
        "timestamp" => json!({"type": "string", "format": "date-time"}),
        "date" => json!({"type": "string", "format": "date"}),
        name => reference(name),
    }
}

/// Writes a place of a document as the vendor would.
fn put(document: &mut Value, target: &str, change: &Change, notation: &str, style: fn(Value) -> Value) {
    if !change.is_of_operation() {
        return put_in_schema(document, target, change, notation, style);
    }
    let (method, path) = target.split_once(' ').unwrap_or(("GET", "/service/generated/{id}"));
    let method = if matches!(change, Change::Body(_)) { "put".to_owned() } else { method.to_lowercase() };
    let mut operation = json!({"responses": {"204": {}, "404": {"content": {"application/json": {}}}}});
    if !target.contains(' ') {
        operation["operationId"] = json!(target);
    }
    let json_media = "application/vnd.connectwise.com+json; version=2099.1";
    let list = json!({"name": "conditions", "in": "query", "schema": {"type": "string"}});
    let content = |schema: Value| json!({"content": {json_media: {"schema": schema}}});
    match change {
        Change::Response(_) => match notation.strip_prefix("bytes:") {
            Some(media) => operation["responses"]["200"] = json!({"description": format!("ContentType = {media}")}),
            None if notation == NONE => {}
            None => operation["responses"]["200"] = content(vendor_schema(notation, style)),
        },
        Change::Body(_) if notation != NONE => {
            let required = notation.strip_prefix("optional ");
            let notation = required.unwrap_or(notation);
            let mut body = match notation.strip_prefix("multipart:") {
                Some(form) => json!({"content": {"multipart/form-data": {"schema": vendor_schema(form, style)}}}),
                None => content(vendor_schema(notation, style)),
            };
            if required.is_none() {
                body["required"] = json!(true);
            }
            operation["requestBody"] = body;
        }
        Change::Parameter(ParameterCorrection { name, .. }) | Change::RemoveParameter(name) if notation != NONE => {
            let mut words = notation.split(' ');
            let (location, value_type) = (words.next().unwrap(), words.next().unwrap());
            let is_required = location == "path" || words.next().is_some();
            let schema = vendor_schema(value_type, style);
            operation["parameters"] =
                json!([list, {"name": name, "in": location, "required": is_required, "schema": schema}]);
        }
        Change::ParameterType(ParameterType { name, .. }) => {
            operation["parameters"] =
                json!([{"name": name, "in": "query", "required": true, "schema": vendor_schema(notation, style)}]);
        }
        Change::ListQuery => {
            let items = if notation == "fields" { "Other" } else { "[Other]" };
            operation["responses"]["200"] = content(vendor_schema(items, style));
            if notation != NONE {
                operation["parameters"] = json!([list]);
            }
        }
        Change::OperationId(_) if notation != NONE => operation["operationId"] = json!(notation),
        Change::RemoveOperation if notation == NONE => return,
        Change::Path(new) => {
            for path in notation.split(" and ") {
                assert!(path == new || target.ends_with(path));
                document["paths"][path][&method] = operation.clone();
            }
            return;
        }
        _ => {}
    }
    document["paths"][path][method] = operation;
}

fn put_in_schema(document: &mut Value, target: &str, change: &Change, notation: &str, style: fn(Value) -> Value) {
    let schemas = &mut document["components"]["schemas"];
    if schemas[target].is_null() {
        schemas[target] = json!({"type": "object", "properties": {"present": {"type": "string"}}});
    }
    match change {
        Change::AddProperty(name, _) | Change::PropertyType(name, _) if notation != NONE => {
            schemas[target]["properties"][name] = vendor_schema(notation, style);
        }
        Change::RenameProperty(_) => {
            for name in notation.split(" and ") {
                schemas[target]["properties"][name] = json!({"type": "string"});
            }
        }
        Change::NotRequired(name) => {
            if notation == "required" {
                schemas[target]["properties"][name] = json!({"type": "string"});
            }
            if notation != "not required" {
                let mut required = schemas[target]["required"].as_array().cloned().unwrap_or_default();
                required.push(json!(name));
                schemas[target]["required"] = json!(required);
            }
        }
        Change::SchemaType(_) => schemas[target] = vendor_schema(notation, style),
        _ => {}
    }
}

/// Returns something that a change neither expects nor makes. `None` if there is nothing else.
fn something_else(target: &str, change: &Change) -> Option<String> {
    let text = match change {
        Change::Parameter(_) | Change::RemoveParameter(_) => "query boolean",
        Change::ListQuery if target.starts_with("post") => "fields",
        Change::ListQuery => NONE,
        Change::OperationId(_) => "getSomethingElse",
        Change::RemoveOperation => return None,
        Change::Path(new) => return Some(format!("{} and {new}", target.split_once(' ').unwrap().1)),
        Change::RenameProperty(Rename { from, to }) => return Some(format!("{from} and {to}")),
        Change::NotRequired(_) => "required",
        Change::Body(notation) if !notation.starts_with("optional") => return Some(format!("optional {notation}")),
        _ => "[Other]",
    };
    Some(text.to_owned())
}

/// Returns a document in which all places are as the correction expects, except that of one change of one target.
fn document_for(
    correction: &Correction,
    (target, change, state): (&str, &Change, State),
    style: fn(Value) -> Value,
) -> Option<Value> {
    let version = ["2025.8", "2022.1"].into_iter().find(|version| correction.applies_to(version)).unwrap();
    let mut document = json!({"info": {"version": version}, "paths": {}, "components": {"schemas": {}}});
    let object = || json!({"type": "object", "properties": {"own": {"type": "string"}}});
    let mut types: Vec<String> = correction.changes().iter().flat_map(Change::types).collect();
    types.extend(["Other", "Widget", "Gadget"].map(str::to_owned));
    let names = types.iter().flat_map(|name| name.split(|c: char| !c.is_ascii_alphanumeric() && c != '.'));
    for name in names.filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase())) {
        document["components"]["schemas"][name] = object();
    }
    for other_target in correction.targets() {
        for other in &correction.changes() {
            let expected = correction.expected(other_target, other);
            let is_in_question = other_target == target && other == change;
            let notation = match state {
                _ if !is_in_question => expected,
                State::Expected => expected,
                State::Fixed => Some(change.makes()),
                State::Other => something_else(target, change),
            };
            put(&mut document, other_target, other, &notation?, style);
        }
    }
    Some(document)
}

fn apply_to(document: &mut Value, corrections: Vec<Correction>) -> Problems {
    let mut problems = Problems::default();
    apply::apply(&Corrections { corrections }, document, &mut problems);
    problems
}

/// Returns the correction after the advice of a problem has been followed: the lines that are to be written are read and
/// added to it.
fn follow(correction: &Correction, target: &str, change: &Change, fix: &str) -> Vec<Correction> {
    let lines: Vec<&str> = fix.lines().filter_map(|line| line.strip_prefix("        ")).collect();
    let mut changed = correction.clone();
    let Some(block) = lines.iter().position(|line| *line == "[[correction]]") else {
        let line = lines.first().unwrap_or_else(|| panic!("no line in {fix}"));
        let table: toml::Table = line.parse().unwrap();
        if let Some(expects) = table.get("expects") {
            changed.expects = Some(expects.clone().try_into().unwrap());
        } else {
            changed.versions = table["versions"].clone().try_into().unwrap();
        }
        return vec![changed];
    };
    let removed = fix.split_once("remove ").unwrap().1.split_once(" from").unwrap().0;
    if removed == "the correction" {
        changed = Correction::default();
    } else if removed.starts_with('"') {
        assert_eq!(removed, format!("\"{target}\""));
        changed.schemas.retain(|schema| schema != target);
    } else {
        let name = change.property().unwrap();
        assert_eq!(removed, name);
        changed.add_properties.remove(name);
        changed.property_types.remove(name);
        changed.not_required.retain(|property| property != name);
    }
    let added = read(&lines[block..].join("\n")).unwrap_or_else(|problems| panic!("{problems}\n{fix}"));
    std::iter::once(changed).chain(added.corrections).collect()
}

fn check_correction(correction: &Correction) {
    for target in correction.targets() {
        for change in &correction.changes() {
            // Only references to schemas have several styles.
            let mut notations = change.types();
            notations.extend(correction.expected(target, change));
            let has_reference = notations.iter().any(|text| text.contains(|c: char| c.is_ascii_uppercase()));
            for style in STYLES.iter().take(if has_reference { 3 } else { 1 }) {
                check_change_of(correction, target, change, *style);
            }
        }
    }
}

fn check_change_of(correction: &Correction, target: &str, change: &Change, style: fn(Value) -> Value) {
    let label = format!("{}: {target}, {change:?}", correction.label());
    let document = |state| document_for(correction, (target, change, state), style);

    let mut expected = document(State::Expected).unwrap_or_else(|| panic!("{label} does not say what it expects"));
    let problems = apply_to(&mut expected, vec![correction.clone()]);
    assert_eq!(problems, Problems::default(), "{label}");
    let again = apply_to(&mut expected, vec![correction.clone()]);
    assert!(again.to_string().contains("changes nothing"), "{label}: {again}");

    let fixed = document(State::Fixed).unwrap();
    let problems = apply_to(&mut fixed.clone(), vec![correction.clone()]);
    let [problem] = problems.0.as_slice() else { panic!("{label}: {problems}\n{fixed:#}") };
    assert!(problem.message.contains("changes nothing") && problem.location.contains(target), "{label}: {problem}");
    let followed = follow(correction, target, change, &problem.fix);
    let problems = apply_to(&mut fixed.clone(), followed);
    assert_eq!(problems, Problems::default(), "{label}: {problem}");

    let Some(mut other) = document(State::Other) else { return };
    let problems = apply_to(&mut other.clone(), vec![correction.clone()]);
    let [problem] = problems.0.as_slice() else { panic!("{label}: {problems}\n{other:#}") };
    let is_named = problem.message.contains("expected ") && problem.message.contains(", found ");
    assert!(is_named && problem.location.contains(target), "{label}: {problem}");
    let followed = follow(correction, target, change, &problem.fix);
    let problems = apply_to(&mut other, followed);
    assert_eq!(problems, Problems::default(), "{label}: {problem}");
}

fn correct(document: &mut Value, toml: &str) -> Problems {
    apply_to(document, read(toml).unwrap_or_else(|problems| panic!("{problems}")).corrections)
}

fn operation_correction(operation: &str, change: &str) -> String {
    format!("[[correction]]\noperation = \"{operation}\"\nreason = \"r\"\n{change}")
}

#[test]
fn each_of_our_corrections_notices_a_place_that_the_vendor_has_changed() {
    let corrections = read(OURS).unwrap().corrections;
    assert!(corrections.len() > 30);
    corrections.iter().for_each(check_correction);
}

#[test]
fn each_kind_of_correction_notices_a_place_that_the_vendor_has_changed() {
    let others = read(OTHERS).unwrap().corrections;
    others.iter().for_each(check_correction);
    let keys = |text: &str| {
        read(text)
            .unwrap()
            .corrections
            .iter()
            .flat_map(Correction::changes)
            .map(|change| change.key())
            .collect::<BTreeSet<_>>()
    };
    let tested: BTreeSet<&str> = keys(OURS).union(&keys(OTHERS)).copied().collect();
    assert_eq!(tested.len(), 15, "{tested:?}");
}

/// A document with shared parameters and bodies, and with operations that have no ID of their own.
fn shared() -> Value {
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "format": "int32"}});
    let mut document = json!({
        "info": {"version": "2025.8"},
        "paths": {"/a/{id}": {
            "parameters": [id, {"$ref": "#/components/parameters/Trace"}],
            "get": {"operationId": "twice", "responses": {"200": {"$ref": "#/components/responses/A"}}},
            "put": {"operationId": "twice", "requestBody": {"$ref": "#/components/requestBodies/A"},
                "parameters": [{"$ref": "#/components/parameters/Gone"}], "responses": {"default": {}}},
            "post": {"parameters": [{"name": "request", "in": "path", "schema": {"$ref": "#/components/schemas/A"}}], "responses": {}},
        }},
        "components": {
            "parameters": {"Trace": {"name": "trace", "in": "header", "schema": {"type": "string"}}},
            "requestBodies": {"A": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}},
            "responses": {"A": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}}}},
            "schemas": {"A": {"properties": {"b": {"type": "string"}}}, "B": {"properties": {}}},
        },
    });
    structure::make_explicit(&mut document);
    document
}

#[test]
fn shared_parameters_bodies_and_responses_are_found_and_replaced() {
    for (operation, change, pointer, expected) in [
        (
            "GET /a/{id}",
            "response = \"[B]\"\nexpects = \"[A]\"",
            "/get/responses/200/content/application~1json/schema/items/$ref",
            json!("#/components/schemas/B"),
        ),
        (
            "PUT /a/{id}",
            "body = \"B\"\nexpects = \"A\"",
            "/put/requestBody/content/application~1json/schema/$ref",
            json!("#/components/schemas/B"),
        ),
        ("PUT /a/{id}", "response = \"none\"\nexpects = \"B\"", "", json!(null)),
        ("GET /a/{id}", "remove-parameter = \"trace\"\nexpects = \"header string\"", "/get/parameters/1", json!(null)),
        ("PUT /a/{id}", "remove-parameter = \"Gone\"\nexpects = \"missing\"", "/put/parameters/2", json!(null)),
        (
            "GET /a/{id}",
            "parameter-type = { name = \"id\", type = \"string\" }\nexpects = \"integer\"",
            "/get/parameters/0/schema/type",
            json!("string"),
        ),
        (
            "POST /a/{id}",
            "response = \"A\"\nexpects = \"missing\"",
            "/post/responses/200/content/application~1json/schema/$ref",
            json!("#/components/schemas/A"),
        ),
        ("POST /a/{id}", "response = \"none\"\nexpects = \"missing\"", "/post/responses/204/description", json!("")),
        // The import moves an object in the path to the body.
        (
            "POST /a/{id}",
            "body = \"B\"\nexpects = \"A\"",
            "/post/requestBody/content/application~1json/schema/$ref",
            json!("#/components/schemas/B"),
        ),
        ("POST /a/{id}", "path = \"/b\"", "", json!(null)),
    ] {
        let mut document = shared();
        let problems = correct(&mut document, &operation_correction(operation, change));
        if change.ends_with("expects = \"B\"") {
            assert!(problems.to_string().contains("already correct"), "{problems}");
            continue;
        }
        assert_eq!(problems, Problems::default(), "{change}");
        let found = document["paths"]["/a/{id}"].pointer(pointer).filter(|_| !pointer.is_empty());
        assert_eq!(found.unwrap_or(&Value::Null), &expected, "{change}\n{document:#}");
    }
    // The other operations of the path keep its parameters.
    let mut document = shared();
    correct(
        &mut document,
        &operation_correction("GET /a/{id}", "remove-parameter = \"trace\"\nexpects = \"header string\""),
    );
    let names = |method: &str| document["paths"]["/a/{id}"][method]["parameters"].as_array().unwrap().len();
    assert_eq!((names("get"), names("put"), names("post")), (1, 3, 3));
    let mut document = shared();
    correct(&mut document, &operation_correction("POST /a/{id}", "body = \"B\"\nexpects = \"A\""));
    assert_eq!(document["paths"]["/a/{id}"]["post"]["parameters"].as_array().unwrap().len(), 2);
}

#[test]
fn an_operation_id_that_several_operations_have_is_reported_with_their_paths() {
    let problems =
        correct(&mut shared(), &operation_correction("twice", "operation-id = \"once\"\nexpects = \"twice\""));
    let text = problems.to_string();
    assert!(text.contains("2 operations of 2025.8 have this ID"), "{text}");
    assert!(text.contains("operation = \"GET /a/{id}\"") && text.contains("operation = \"PUT /a/{id}\""), "{text}");
    let mut document = shared();
    let first = operation_correction("PUT /a/{id}", "operation-id = \"once\"\nexpects = \"twice\"");
    let then = operation_correction("twice", "response = \"none\"\nexpects = \"[A]\"");
    assert_eq!(correct(&mut document, &format!("{first}\n{then}")), Problems::default());
    assert_eq!(document["paths"]["/a/{id}"]["put"]["operationId"], "once");
}

#[test]
fn a_place_that_does_not_exist_is_reported_once_with_the_lines_to_write() {
    let absent = operation_correction("getGone", "versions = [\">2022.1\"]\nresponse = \"none\"\nexpects = \"A\"");
    let text = correct(&mut shared(), &absent).to_string();
    assert!(text.contains("getGone (response none): the correction matches nothing in 2025.8"), "{text}");
    assert!(text.contains("        versions = [\">2022.1\", \"<2025.8\"]\n"), "{text}");
    let schemas =
        "[[correction]]\nschemas = [\"A\", \"Gone\"]\nreason = \"r\"\nadd-properties = { x = \"string\", y = [\"a\"] }";
    let text = correct(&mut shared(), schemas).to_string();
    assert!(
        text.contains("1 problem:\n  Gone (new property x; new property y): the correction matches nothing"),
        "{text}"
    );
    assert!(text.contains("        schema = \"Gone\"\n        versions = [\"<2025.8\"]\n"), "{text}");
    assert!(text.contains("        add-properties = { x = \"string\", y = [\"a\"] }"), "{text}");
}

#[test]
fn a_correction_that_does_not_state_what_it_expects_is_told_what_there_is() {
    let text = correct(&mut shared(), &operation_correction("GET /a/{id}", "response = \"A\"")).to_string();
    assert!(text.contains("found [A], and the correction does not say what it expects"), "{text}");
    assert!(text.contains("        expects = \"[A]\""), "{text}");
}

#[test]
fn a_name_in_another_letter_case_is_not_taken_for_absent() {
    for (toml, expected) in [
        (
            "[[correction]]\nschema = \"A\"\nreason = \"r\"\nadd-properties = { B = \"string\" }",
            "expected none, found string, named b",
        ),
        (
            &operation_correction(
                "GET /a/{id}",
                "parameter = { name = \"ID\", in = \"query\", type = \"integer\" }\nexpects = \"none\"",
            ),
            "expected none, found path integer, named id",
        ),
    ] {
        let text = correct(&mut shared(), toml).to_string();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn an_unknown_type_is_reported() {
    let text = correct(&mut shared(), &operation_correction("GET /a/{id}", "response = \"[Gone]\"\nexpects = \"[A]\""))
        .to_string();
    assert!(text.contains("`Gone` is neither a type nor a schema of 2025.8"), "{text}");
}

#[test]
fn a_property_keeps_its_facts_when_its_type_changes() {
    let mut document = shared();
    document["components"]["schemas"]["A"]["properties"]["b"] =
        json!({"type": "string", "description": "Required On Updates", "readOnly": true, "maxLength": 3});
    let toml =
        "[[correction]]\nschema = \"A\"\nreason = \"r\"\nproperty-types = { b = \"date\" }\nexpects = \"string\"";
    assert_eq!(correct(&mut document, toml), Problems::default());
    assert_eq!(
        document["components"]["schemas"]["A"]["properties"]["b"],
        json!({"type": "string", "format": "date", "description": "Required On Updates", "readOnly": true})
    );
}

#[test]
fn a_property_of_a_part_of_a_schema_is_found_but_not_renamed() {
    let mut document = shared();
    document["components"]["schemas"]["Whole"] =
        json!({"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/Whole"}]});
    let text = correct(
        &mut document,
        "[[correction]]\nschema = \"Whole\"\nreason = \"r\"\nrename-property = { from = \"b\", to = \"c\" }",
    )
    .to_string();
    assert!(text.contains("Whole.b (b -> c): the document still has b after the correction"), "{text}");
}

#[test]
fn an_invalid_file_is_rejected_with_the_reason() {
    let operation = |change: &str| operation_correction("getA", change);
    for (toml, expected) in [
        ("nonsense".to_owned(), "cannot be read"),
        ("[[correction]]\nreason = \"r\"\nresponse = \"none\"".to_owned(), "exactly one of `operation`, `schema` and `schemas`"),
        ("[[correction]]\nschema = \"A\"\nschemas = [\"B\"]\nreason = \"r\"".to_owned(), "exactly one of `operation`, `schema` and `schemas`"),
        ("[[correction]]\noperation = \"a\"\nreason = \" \"".to_owned(), "needs a reason"),
        (operation(""), "the correction changes nothing"),
        (operation("versions = [\"new\"]"), "is not a version"),
        (operation("respnse = \"x\""), "respnse"),
        (operation("response = \"A\"\nbody = \"A\""), "several changes: response, body"),
        (operation("not-required = [\"a\"]"), "`not-required` does not fit the target"),
        (operation("response = \"[A\""), "`[A` is not a type"),
        (operation("body = \"text/csv:string\""), "a body cannot be `text/csv`"),
        (operation("query = \"count\""), "`query` can only be list"),
        (operation("path = \"/a\""), "needs the present path"),
        (operation("parameter = { name = \"a\", in = \"header\", type = \"string\" }"), "`header` is not the location"),
        (operation("remove-operation = true\nexpects = \"none\""), "`remove-operation` implies what it expects"),
        (
            "[[correction]]\nschema = \"A\"\nreason = \"r\"\nproperty-types = { a = \"any\", b = \"any\" }\nexpects = { a = \"string\" }".to_owned(),
            "`expects` does not say what b has",
        ),
    ] {
        assert!(read(&toml).unwrap_err().to_string().contains(expected), "{toml}: {}", read(&toml).unwrap_err());
    }
}
