//! Reads `corrections.toml`, and applies its corrections to the vendor's document. A correction that changes nothing
//! fails the import. This keeps the file free of obsolete corrections.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{self, Object};
use crate::problem::Problems;

/// The content of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corrections {
    /// The corrections, in the order of the file.
    #[serde(default, rename = "correction")]
    pub corrections: Vec<Correction>,
}

/// One correction: a target (an operation, or one or more schemas), a reason, and what to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Correction {
    /// The vendor's operation ID.
    pub operation: Option<String>,
    /// The vendor's name of the schema.
    pub schema: Option<String>,
    /// The vendor's names of several schemas that get the same correction, in place of `schema`.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// The reason.
    pub reason: String,
    /// The API versions to which the correction applies: exact (`2025.8`) or compared (`>=2023.1`, `<2023.1`). The
    /// version has to match one of the exact versions and all comparisons. Empty: all versions.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The body of the response: `none`, `any`, `bytes:MEDIA`, `Type` or `[Type]`.
    pub response: Option<String>,
    /// The request body: `Type`, `[Type]`, `any`, or `multipart:Type` for a form.
    pub body: Option<String>,
    /// Whether the body is optional. Only with `body`.
    #[serde(default)]
    pub body_optional: bool,
    /// A parameter to add. It replaces a parameter with the same name.
    pub parameter: Option<ParameterCorrection>,
    /// The shared query parameters, if they do not follow from the response: `list`.
    pub query: Option<String>,
    /// A property to rename.
    pub rename_property: Option<Rename>,
    /// Properties to add, each with its type.
    #[serde(default)]
    pub add_properties: BTreeMap<String, PropertyType>,
    /// Properties that are any JSON.
    #[serde(default)]
    pub any_json: Vec<String>,
}

/// A parameter of a correction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterCorrection {
    /// The name in the path or query.
    pub name: String,
    /// `query` or `path`.
    #[serde(rename = "in")]
    pub location: String,
    /// `integer`, `boolean`, `number` or `string`.
    #[serde(rename = "type")]
    pub json_type: String,
    /// Whether every call has to pass it.
    #[serde(default)]
    pub required: bool,
}

/// The type of a property of a correction.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum PropertyType {
    /// `integer`, `number`, `boolean`, `string`, `Type` or `[Type]`.
    Named(String),
    /// The values of an enum.
    Enumeration(Vec<String>),
}

/// The renaming of a property.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The name in the document.
    pub from: String,
    /// The real name in JSON.
    pub to: String,
}

const FILE: &str = "openapi/corrections.toml";

/// Reads the file.
///
/// # Errors
/// Fails if the text is not TOML, or if a correction has an unknown key, no target, no reason or an invalid version.
pub fn read(text: &str) -> Result<Corrections, Problems> {
    let corrections: Corrections = toml::from_str(text).map_err(|error| {
        Problems::one(
            FILE,
            format!("the file cannot be read: {error}"),
            "correct the file; codegen's `Correction` lists the keys",
        )
    })?;
    let mut problems = Problems::default();
    for correction in &corrections.corrections {
        let targets = [correction.operation.is_some(), correction.schema.is_some(), !correction.schemas.is_empty()];
        if targets.into_iter().filter(|is_given| *is_given).count() != 1 {
            problems.add(
                correction.label(),
                "a correction needs exactly one of `operation`, `schema` and `schemas`",
                format!("change it in {FILE}"),
            );
        }
        if correction.reason.trim().is_empty() {
            problems.add(correction.label(), "a correction needs a reason", format!("add it in {FILE}"));
        }
        for version in &correction.versions {
            if version_rank(version.trim_start_matches(['<', '>', '='])).is_none() {
                problems.add(
                    correction.label(),
                    format!("`{version}` is not a version"),
                    "write 2025.8, >=2025.8, <2025.8, <=2025.8 or >2025.8",
                );
            }
        }
    }
    problems.into_result()?;
    Ok(corrections)
}

impl Correction {
    /// Returns the label of the correction in reports: its target and its changes.
    #[must_use]
    pub fn label(&self) -> String {
        let mut targets = self.operation.as_deref().into_iter().chain(self.schema_names());
        let target = targets.next().unwrap_or("(no target)");
        match targets.count() {
            0 => format!("{target}: {}", self.changes()),
            others => format!("{target} and {others} more: {}", self.changes()),
        }
    }

    fn changes(&self) -> String {
        let mut changes = Vec::new();
        if let Some(response) = &self.response {
            changes.push(format!("response {response}"));
        }
        if let Some(body) = &self.body {
            changes.push(format!("body {body}"));
        }
        if let Some(parameter) = &self.parameter {
            changes.push(format!("parameter {}", parameter.name));
        }
        if let Some(query) = &self.query {
            changes.push(format!("query {query}"));
        }
        if let Some(rename) = &self.rename_property {
            changes.push(format!("{} -> {}", rename.from, rename.to));
        }
        for property in self.add_properties.keys() {
            changes.push(format!("new property {property}"));
        }
        if !self.any_json.is_empty() {
            changes.push(format!("any JSON in {}", self.any_json.join(", ")));
        }
        changes.join("; ")
    }

    fn schema_names(&self) -> impl Iterator<Item = &str> {
        self.schema.iter().chain(&self.schemas).map(String::as_str)
    }

    fn applies_to(&self, version: &str) -> bool {
        // Versions that are not numeric cannot be compared, so every correction applies to them.
        let Some(rank) = version_rank(version) else { return true };
        let (compared, exact): (Vec<_>, Vec<_>) =
            self.versions.iter().partition(|version| version.starts_with(['<', '>']));
        let holds = |condition: &&String| {
            let bound = version_rank(condition.trim_start_matches(['<', '>', '='])).unwrap_or_default();
            match (condition.starts_with('<'), condition.contains('=')) {
                (true, true) => rank <= bound,
                (true, false) => rank < bound,
                (false, true) => rank >= bound,
                (false, false) => rank > bound,
            }
        };
        (exact.is_empty() || exact.iter().any(|exact| version_rank(exact).as_ref() == Some(&rank)))
            && compared.iter().all(holds)
    }
}

/// Returns the numbers of a version. 2025.16 is later than 2025.8.
fn version_rank(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|part| part.parse().ok()).collect()
}

/// Applies the corrections to the vendor's document. Returns the label and outcome of each correction: `applied` or
/// `not for VERSION`. Also reports an applied correction as a problem if it matches or changes nothing.
pub fn apply(corrections: &Corrections, document: &mut Value, problems: &mut Problems) -> Vec<(String, String)> {
    let version = document::version(document).to_owned();
    let mut outcomes = Vec::new();
    for correction in &corrections.corrections {
        if !correction.applies_to(&version) {
            outcomes.push((correction.label(), format!("not for {version}")));
            continue;
        }
        // Each target has to match and to change on its own, so that a list of schemas does not become obsolete in part.
        for (target, effect) in correct(document, correction) {
            let location = || format!("{target} ({})", correction.changes());
            match effect {
                Effect::Changed => {}
                Effect::NoMatch => problems.add(
                    location(),
                    format!("the correction matches nothing in {version}"),
                    format!(
                        "remove {target} from {FILE}, or limit the versions (versions = [\"<{version}\"] or [\">{version}\"])"
                    ),
                ),
                Effect::AlreadyCorrect => problems.add(
                    location(),
                    format!("the correction changes nothing in {version}: the vendor's document is already correct"),
                    format!("remove {target} from {FILE}, or limit the versions (versions = [\"<{version}\"])"),
                ),
            }
        }
        outcomes.push((correction.label(), "applied".to_owned()));
    }
    outcomes
}

/// The effect of a correction on one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Changed,
    /// The document does not have the operation, the schema or the property.
    NoMatch,
    AlreadyCorrect,
}

impl Effect {
    fn new<T: PartialEq>(before: &T, after: &T) -> Self {
        if before == after { Self::AlreadyCorrect } else { Self::Changed }
    }
}

/// Applies a correction and returns its effects: for an operation, and for each change of a property of a schema.
fn correct(document: &mut Value, correction: &Correction) -> Vec<(String, Effect)> {
    match &correction.operation {
        Some(operation) => vec![(operation.clone(), correct_operation(document, operation, correction))],
        None => correction.schema_names().flat_map(|schema| correct_schema(document, schema, correction)).collect(),
    }
}

fn correct_operation(document: &mut Value, id: &str, correction: &Correction) -> Effect {
    let mut effect = Effect::NoMatch;
    document::for_each_operation(document, |_, _, operation| {
        if document::text(operation, "operationId") == Some(id) {
            let before = operation.clone();
            change_operation(operation, correction);
            effect = Effect::new(&before, operation);
        }
    });
    effect
}

fn change_operation(operation: &mut Object, correction: &Correction) {
    if let Some(response) = &correction.response {
        set_response(operation, response);
    }
    if let Some(body) = &correction.body {
        let (media, schema) = match body.strip_prefix("multipart:") {
            Some(schema) => ("multipart/form-data", schema),
            None => ("application/json", body.as_str()),
        };
        operation.insert(
            "requestBody".into(),
            json!({"content": {media: {"schema": named_schema(schema)}}, "required": !correction.body_optional}),
        );
    }
    if let Some(parameter) = &correction.parameter {
        set_parameter(operation, parameter);
    }
    if let Some(query) = &correction.query {
        operation.insert("x-query".into(), json!(query));
    }
}

fn set_response(operation: &mut Object, body: &str) {
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for response in responses.values_mut().filter_map(Value::as_object_mut) {
        let content = match body {
            "none" => None,
            schema => Some(match schema.strip_prefix("bytes:") {
                Some(media) => json!({media: {"schema": {"type": "string", "format": "binary"}}}),
                None => json!({"application/json": {"schema": named_schema(schema)}}),
            }),
        };
        match content {
            Some(content) => drop(response.insert("content".into(), content)),
            None => drop(response.remove("content")),
        }
    }
}

fn set_parameter(operation: &mut Object, parameter: &ParameterCorrection) {
    let schema = if parameter.json_type == "integer" {
        json!({"type": "integer", "format": "int32"})
    } else {
        json!({"type": parameter.json_type})
    };
    let corrected =
        json!({"name": parameter.name, "in": parameter.location, "required": parameter.required, "schema": schema});
    let Some(parameters) = operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut() else { return };
    match parameters.iter_mut().find(|existing| existing.get("name").and_then(Value::as_str) == Some(&parameter.name)) {
        Some(existing) => *existing = corrected,
        None => parameters.push(corrected),
    }
}

fn named_schema(name: &str) -> Value {
    if name == "any" {
        return json!({});
    }
    match name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => json!({"type": "array", "items": document::schema_reference(inner)}),
        None => document::schema_reference(name),
    }
}

fn correct_schema(document: &mut Value, schema: &str, correction: &Correction) -> Vec<(String, Effect)> {
    let Some(properties) = document
        .pointer_mut("/components/schemas")
        .and_then(|schemas| schemas.get_mut(schema))
        .and_then(|schema| schema.get_mut("properties"))
        .and_then(Value::as_object_mut)
    else {
        return vec![(schema.to_owned(), Effect::NoMatch)];
    };
    let mut changes = Vec::new();
    if let Some(Rename { from, to }) = &correction.rename_property {
        changes.push((from, rename_property(properties, from, to)));
    }
    for (property, property_type) in &correction.add_properties {
        changes.push((property, add_property(properties, property, property_type)));
    }
    for property in &correction.any_json {
        changes.push((property, allow_any_json(properties, property)));
    }
    if changes.is_empty() {
        return vec![(schema.to_owned(), Effect::AlreadyCorrect)];
    }
    changes.into_iter().map(|(property, change)| (format!("{schema}.{property}"), change)).collect()
}

fn rename_property(properties: &mut Object, from: &str, to: &str) -> Effect {
    let Some(property) = properties.remove(from) else { return Effect::NoMatch };
    properties.insert(to.to_owned(), property);
    Effect::Changed
}

/// Adds a property, unless the schema has one with this name. Two names that differ only in letter case are the same,
/// as they are when a record is read.
fn add_property(properties: &mut Object, name: &str, property_type: &PropertyType) -> Effect {
    if properties.keys().any(|property| property.eq_ignore_ascii_case(name)) {
        return Effect::AlreadyCorrect;
    }
    properties.insert(name.to_owned(), property_type.schema());
    Effect::Changed
}

fn allow_any_json(properties: &mut Object, name: &str) -> Effect {
    let Some(property) = properties.get_mut(name) else { return Effect::NoMatch };
    let before = std::mem::replace(property, json!({}));
    Effect::new(&before, property)
}

impl PropertyType {
    /// Returns the schema, in the form that the vendor's document uses for the type.
    fn schema(&self) -> Value {
        match self {
            Self::Enumeration(values) => json!({"type": "string", "enum": values}),
            Self::Named(name) => match name.as_str() {
                "integer" => json!({"type": "integer", "format": "int32"}),
                "number" => json!({"type": "number", "format": "double"}),
                "boolean" | "string" => json!({"type": name}),
                schema => named_schema(schema),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "info": {"version": "2025.8"},
            "paths": {"/a": {"get": {"operationId": "getA", "responses": {"200": {"content": {"x": {}}}}}}},
            "components": {"schemas": {
                "Board": {"properties": {"value": {"type": "object"}}},
                "Form": {"properties": {"readOnlyFlay": {"type": "boolean"}, "value": {"type": "object"}}},
            }}
        })
    }

    fn run(toml: &str) -> (Value, Problems, Vec<(String, String)>) {
        let (mut document, mut problems) = (document(), Problems::default());
        let outcomes = apply(&read(toml).unwrap(), &mut document, &mut problems);
        (document, problems, outcomes)
    }

    #[test]
    fn a_response_a_body_a_parameter_and_a_property_are_corrected() {
        let (document, problems, outcomes) = run(r#"
            [[correction]]
            operation = "getA"
            reason = "because"
            response = "[B]"
            body = "multipart:Form"
            parameter = { name = "id", in = "query", type = "integer", required = true }
            [[correction]]
            schema = "Form"
            reason = "because"
            rename-property = { from = "readOnlyFlay", to = "readOnlyFlag" }
            any-json = ["value"]
        "#);
        assert_eq!(problems, Problems::default());
        assert_eq!(outcomes.len(), 2);
        let operation = &document["paths"]["/a"]["get"];
        assert_eq!(
            operation["responses"]["200"]["content"]["application/json"]["schema"]["items"]["$ref"],
            "#/components/schemas/B"
        );
        assert_eq!(
            operation["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"],
            "#/components/schemas/Form"
        );
        assert_eq!(operation["parameters"][0]["required"], true);
        assert_eq!(
            document["components"]["schemas"]["Form"]["properties"],
            json!({"readOnlyFlag": {"type": "boolean"}, "value": {}})
        );
    }

    #[test]
    fn a_correction_that_matches_or_changes_nothing_is_reported() {
        for (toml, expected) in [
            ("[[correction]]\noperation = \"getB\"\nreason = \"r\"\nresponse = \"none\"", "matches nothing"),
            (
                "[[correction]]\nschema = \"Form\"\nreason = \"r\"\nrename-property = { from = \"gone\", to = \"x\" }",
                "matches nothing",
            ),
            ("[[correction]]\noperation = \"getA\"\nreason = \"r\"\n", "changes nothing"),
        ] {
            let (_, problems, _) = run(toml);
            assert_eq!(problems.0.len(), 1, "{toml}");
            assert!(problems.to_string().contains(expected), "{problems}");
        }
    }

    #[test]
    fn properties_are_added_to_one_or_several_schemas() {
        let (document, problems, outcomes) = run(r#"
            [[correction]]
            schemas = ["Form", "Board"]
            reason = "Observed on live servers"
            add-properties = { rowNum = "integer", hours = "number", isOpen = "boolean", podId = "string", board = "Board", boards = "[Board]", level = ["Low", "High"] }
        "#);
        assert_eq!(problems, Problems::default());
        assert!(outcomes[0].0.starts_with("Form and 1 more: new property board; "), "{outcomes:?}");
        for schema in ["Form", "Board"] {
            let properties = &document["components"]["schemas"][schema]["properties"];
            for (name, expected) in [
                ("rowNum", json!({"type": "integer", "format": "int32"})),
                ("hours", json!({"type": "number", "format": "double"})),
                ("isOpen", json!({"type": "boolean"})),
                ("podId", json!({"type": "string"})),
                ("board", json!({"$ref": "#/components/schemas/Board"})),
                ("boards", json!({"type": "array", "items": {"$ref": "#/components/schemas/Board"}})),
                ("level", json!({"type": "string", "enum": ["Low", "High"]})),
            ] {
                assert_eq!(properties[name], expected, "{schema}.{name}");
            }
        }
    }

    #[test]
    fn each_schema_and_property_of_a_correction_has_to_match_and_to_change() {
        let correction = "[[correction]]\nschemas = [\"Board\", \"Form\", \"Gone\"]\nreason = \"r\"\n";
        let (_, problems, _) =
            run(&format!("{correction}add-properties = {{ VALUE = \"string\", podId = \"string\" }}"));
        let text = problems.to_string();
        assert_eq!(problems.0.len(), 3, "{text}");
        assert!(
            text.contains("Board.VALUE (") && text.contains("Form.VALUE (") && text.contains("changes nothing"),
            "{text}"
        );
        assert!(text.contains("Gone (") && text.contains("matches nothing"), "{text}");

        let (_, problems, _) = run(&format!("{correction}any-json = [\"value\"]"));
        assert_eq!(problems.0.len(), 1, "{problems}");
    }

    #[test]
    fn a_correction_for_other_versions_is_not_applied() {
        for (versions, applies) in [
            ("2025.8", true),
            ("2025.16", false),
            (">=2023.1", true),
            ("<2025.8", false),
            ("<=2025.8", true),
            (">2025.8", false),
            ("<2025.16", true),
        ] {
            let (document, problems, _) = run(&format!(
                "[[correction]]\noperation = \"getA\"\nreason = \"r\"\nresponse = \"none\"\nversions = [\"{versions}\"]"
            ));
            assert_eq!(problems, Problems::default());
            assert_eq!(
                document["paths"]["/a"]["get"]["responses"]["200"].get("content").is_none(),
                applies,
                "{versions}"
            );
        }
    }

    #[test]
    fn an_invalid_file_is_rejected_with_the_reason() {
        for (toml, expected) in [
            ("nonsense", "cannot be read"),
            ("[[correction]]\nreason = \"r\"", "exactly one of `operation`, `schema` and `schemas`"),
            (
                "[[correction]]\nschema = \"A\"\nschemas = [\"B\"]\nreason = \"r\"",
                "exactly one of `operation`, `schema` and `schemas`",
            ),
            ("[[correction]]\noperation = \"a\"\nreason = \" \"", "needs a reason"),
            ("[[correction]]\noperation = \"a\"\nreason = \"r\"\nversions = [\"new\"]", "is not a version"),
            ("[[correction]]\noperation = \"a\"\nreason = \"r\"\nrespnse = \"x\"", "respnse"),
        ] {
            assert!(read(toml).unwrap_err().to_string().contains(expected), "{toml}");
        }
    }
}
