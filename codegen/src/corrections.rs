//! `corrections.toml`: named corrections of the vendor's document, each with its reason. One that changes nothing fails
//! the import, so the file never rots.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{self, Object};
use crate::problem::Problems;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corrections {
    /// The corrections, in the order of the file.
    #[serde(default, rename = "correction")]
    pub corrections: Vec<Correction>,
}

/// One correction: a target (operation or schema), a reason, and what to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Correction {
    /// The vendor's operation id.
    pub operation: Option<String>,
    /// The vendor's schema name.
    pub schema: Option<String>,
    /// Why, in our words.
    pub reason: String,
    /// The document versions it is for: exact (`2025.8`) or compared (`>=2023.1`, `<2023.1`). All must hold for
    /// comparisons; one must match for exact ones. Empty: all versions.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The answer: `none`, `any`, `bytes:MEDIA`, `Type` or `[Type]`.
    pub answer: Option<String>,
    /// The JSON body: `Type`, `[Type]`; `multipart:Type` for a form.
    pub body: Option<String>,
    /// Whether the body may be left out. Only with `body`.
    #[serde(default)]
    pub body_optional: bool,
    /// A parameter to add, or to put in the place of the one with its name.
    pub parameter: Option<ParameterCorrection>,
    /// The list parameters the operation takes where its shape does not tell: `list`.
    pub query: Option<String>,
    /// A property to rename.
    pub rename_property: Option<Rename>,
    /// Properties that carry any JSON.
    #[serde(default)]
    pub any_json: Vec<String>,
}

/// A parameter as a correction writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterCorrection {
    /// Name on the wire.
    pub name: String,
    /// `query` or `path`.
    #[serde(rename = "in")]
    pub location: String,
    /// `integer`, `boolean`, `number` or `string`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the call is senseless without it.
    #[serde(default)]
    pub required: bool,
}

/// From one name to another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The name in the document.
    pub from: String,
    /// The name on the wire.
    pub to: String,
}

const FILE: &str = "openapi/corrections.toml";

/// Reads the file.
///
/// # Errors
/// Text that is not TOML, a member nobody knows, a correction without target or without change.
pub fn read(text: &str) -> Result<Corrections, Problems> {
    let corrections: Corrections = toml::from_str(text).map_err(|error| {
        Problems::one(
            FILE,
            format!("this cannot be read: {error}"),
            "mend the file; codegen's `Correction` lists the members",
        )
    })?;
    let mut problems = Problems::default();
    for correction in &corrections.corrections {
        if correction.operation.is_some() == correction.schema.is_some() {
            problems.add(
                correction.label(),
                "a correction names an operation or a schema, one of the two",
                format!("mend {FILE}"),
            );
        }
        if correction.reason.trim().is_empty() {
            problems.add(correction.label(), "a correction needs its reason", format!("write it into {FILE}"));
        }
        for version in &correction.versions {
            if version_rank(version.trim_start_matches(['<', '>', '='])).is_none() {
                problems.add(
                    correction.label(),
                    format!("`{version}` is no version"),
                    "write 2025.8, >=2025.8, <2025.8, <=2025.8 or >2025.8",
                );
            }
        }
    }
    problems.into_result()?;
    Ok(corrections)
}

impl Correction {
    /// How the correction is named in reports: its target and what it changes.
    #[must_use]
    pub fn label(&self) -> String {
        let target = self.operation.as_deref().or(self.schema.as_deref()).unwrap_or("(no target)");
        let mut changes = Vec::new();
        if let Some(answer) = &self.answer {
            changes.push(format!("answer {answer}"));
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
        if !self.any_json.is_empty() {
            changes.push(format!("any JSON in {}", self.any_json.join(", ")));
        }
        format!("{target}: {}", changes.join("; "))
    }

    fn is_for(&self, version: &str) -> bool {
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

/// `2025.8` as comparable numbers: 2025.16 is later than 2025.8.
fn version_rank(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|part| part.parse().ok()).collect()
}

/// Applies the corrections to the vendor's document. Returns each correction with its outcome (`applied` or
/// `not for VERSION`).
pub fn apply(corrections: &Corrections, document: &mut Value, problems: &mut Problems) -> Vec<(String, String)> {
    let version = document::version(document).to_owned();
    let mut outcomes = Vec::new();
    for correction in &corrections.corrections {
        if !correction.is_for(&version) {
            outcomes.push((correction.label(), format!("not for {version}")));
            continue;
        }
        let before = document.clone();
        let found = match (&correction.operation, &correction.schema) {
            (Some(operation), _) => correct_operation(document, operation, correction),
            (_, Some(schema)) => correct_schema(document, schema, correction),
            _ => false,
        };
        if !found {
            problems.add(
                correction.label(),
                format!("the correction matches nothing in {version}"),
                format!("remove it from {FILE}, or name the versions it is for (versions = [\"<{version}\"] or [\">{version}\"])"),
            );
        } else if *document == before {
            problems.add(
                correction.label(),
                format!("the correction changes nothing in {version}: the vendor's document already says so"),
                format!("remove it from {FILE}, or name the versions it is for (versions = [\"<{version}\"])"),
            );
        }
        outcomes.push((correction.label(), "applied".to_owned()));
    }
    outcomes
}

fn correct_operation(document: &mut Value, id: &str, correction: &Correction) -> bool {
    let mut found = false;
    document::for_each_operation(document, |_, _, operation| {
        if document::text(operation, "operationId") == Some(id) {
            found = true;
            change_operation(operation, correction);
        }
    });
    found
}

fn change_operation(operation: &mut Object, correction: &Correction) {
    if let Some(answer) = &correction.answer {
        set_answer(operation, answer);
    }
    if let Some(body) = &correction.body {
        let (media, named) = match body.strip_prefix("multipart:") {
            Some(named) => ("multipart/form-data", named),
            None => ("application/json", body.as_str()),
        };
        operation.insert(
            "requestBody".into(),
            json!({"content": {media: {"schema": named_schema(named)}}, "required": !correction.body_optional}),
        );
    }
    if let Some(parameter) = &correction.parameter {
        set_parameter(operation, parameter);
    }
    if let Some(query) = &correction.query {
        operation.insert("x-query".into(), json!(query));
    }
}

fn set_answer(operation: &mut Object, answer: &str) {
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for response in responses.values_mut().filter_map(Value::as_object_mut) {
        let content = match answer {
            "none" => None,
            named => Some(match named.strip_prefix("bytes:") {
                Some(media) => json!({media: {"schema": {"type": "string", "format": "binary"}}}),
                None => json!({"application/json": {"schema": named_schema(named)}}),
            }),
        };
        match content {
            Some(content) => drop(response.insert("content".into(), content)),
            None => drop(response.remove("content")),
        }
    }
}

fn set_parameter(operation: &mut Object, parameter: &ParameterCorrection) {
    let schema = if parameter.kind == "integer" {
        json!({"type": "integer", "format": "int32"})
    } else {
        json!({"type": parameter.kind})
    };
    let written =
        json!({"name": parameter.name, "in": parameter.location, "required": parameter.required, "schema": schema});
    let Some(parameters) = operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut() else { return };
    match parameters.iter_mut().find(|existing| existing.get("name").and_then(Value::as_str) == Some(&parameter.name)) {
        Some(existing) => *existing = written,
        None => parameters.push(written),
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

fn correct_schema(document: &mut Value, name: &str, correction: &Correction) -> bool {
    let Some(properties) = document
        .pointer_mut("/components/schemas")
        .and_then(|schemas| schemas.get_mut(name))
        .and_then(|schema| schema.get_mut("properties"))
        .and_then(Value::as_object_mut)
    else {
        return false;
    };
    let mut found = false;
    if let Some(rename) = &correction.rename_property
        && let Some(property) = properties.remove(&rename.from)
    {
        properties.insert(rename.to.clone(), property);
        found = true;
    }
    for property in &correction.any_json {
        if let Some(property) = properties.get_mut(property) {
            *property = json!({});
            found = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "info": {"version": "2025.8"},
            "paths": {"/a": {"get": {"operationId": "getA", "responses": {"200": {"content": {"x": {}}}}}}},
            "components": {"schemas": {"Form": {"properties": {"readOnlyFlay": {"type": "boolean"}, "value": {"type": "object"}}}}}
        })
    }

    fn run(toml: &str) -> (Value, Problems, Vec<(String, String)>) {
        let (mut document, mut problems) = (document(), Problems::default());
        let outcomes = apply(&read(toml).unwrap(), &mut document, &mut problems);
        (document, problems, outcomes)
    }

    #[test]
    fn an_answer_a_body_a_parameter_and_a_property_are_corrected() {
        let (document, problems, outcomes) = run(r#"
            [[correction]]
            operation = "getA"
            reason = "because"
            answer = "[B]"
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
    fn a_correction_that_matches_or_changes_nothing_is_a_decision() {
        for (toml, expected) in [
            ("[[correction]]\noperation = \"getB\"\nreason = \"r\"\nanswer = \"none\"", "matches nothing"),
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
    fn a_correction_for_other_versions_is_left_alone() {
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
                "[[correction]]\noperation = \"getA\"\nreason = \"r\"\nanswer = \"none\"\nversions = [\"{versions}\"]"
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
    fn a_bad_file_is_refused_with_the_reason() {
        for (toml, expected) in [
            ("nonsense", "cannot be read"),
            ("[[correction]]\nreason = \"r\"", "one of the two"),
            ("[[correction]]\noperation = \"a\"\nreason = \" \"", "needs its reason"),
            ("[[correction]]\noperation = \"a\"\nreason = \"r\"\nversions = [\"new\"]", "no version"),
            ("[[correction]]\noperation = \"a\"\nreason = \"r\"\nanser = \"x\"", "anser"),
        ] {
            assert!(read(toml).unwrap_err().to_string().contains(expected), "{toml}");
        }
    }
}
