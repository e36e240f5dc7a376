//! The lines that solve a problem, for corrections.toml or names.toml. A person pastes them, and may choose better
//! values and a better reason.

use std::fmt;

/// Lines that solve a problem, with the place to paste them into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paste {
    /// The file.
    pub file: &'static str,
    /// The table in the file below whose heading the lines belong. `None`: at the end of the file.
    pub table: Option<String>,
    /// The lines.
    pub lines: String,
}

const CORRECTIONS: &str = "openapi/corrections.toml";
const NAMES: &str = "openapi/names.toml";

impl Paste {
    /// Returns an entry of a table of names.toml.
    #[must_use]
    pub fn name(table: &str, key: &str, value: &str) -> Self {
        let lines = format!("{} = {}", toml_key(key), toml_text(value));
        Self { file: NAMES, table: Some(table.to_owned()), lines }
    }

    /// Returns an entry of a table of names.toml that lists several names.
    #[must_use]
    pub fn names(table: &str, key: &str, values: &[String]) -> Self {
        let values: Vec<String> = values.iter().map(|value| toml_text(value)).collect();
        let lines = format!("{} = [{}]", toml_key(key), values.join(", "));
        Self { file: NAMES, table: Some(table.to_owned()), lines }
    }

    /// Returns corrections, one after the other.
    #[must_use]
    pub fn corrections(corrections: &[Correction]) -> Self {
        let lines: Vec<String> = corrections.iter().map(ToString::to_string).collect();
        Self { file: CORRECTIONS, table: None, lines: lines.join("\n") }
    }
}

impl fmt::Display for Paste {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            Some(table) => write!(f, "paste into {}, below [{table}]:", self.file)?,
            None => write!(f, "paste into {}:", self.file)?,
        }
        for line in self.lines.lines() {
            write!(f, "\n        {line}")?;
        }
        Ok(())
    }
}

/// A correction to paste: what the problem says is the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// `operation = "getX"` or `schema = "X"`.
    target: String,
    reason: String,
    /// The change and what it expects to find, each as key and TOML value.
    entries: Vec<(&'static str, String)>,
}

impl Correction {
    fn new(target: String, reason: &str, change: (&'static str, String), expects: Option<String>) -> Self {
        let expects = expects.map(|expects| ("expects", expects));
        Self { target, reason: reason.to_owned(), entries: [change].into_iter().chain(expects).collect() }
    }

    fn of_operation(operation: &str, reason: &str, change: (&'static str, String), expects: Option<&str>) -> Self {
        Self::new(format!("operation = {}", toml_text(operation)), reason, change, expects.map(toml_text))
    }

    fn of_schema(schema: &str, reason: &str, change: (&'static str, String), expects: Option<String>) -> Self {
        Self::new(format!("schema = {}", toml_text(schema)), reason, change, expects)
    }

    /// Returns the correction as lines to paste.
    #[must_use]
    pub fn paste(self) -> Paste {
        Paste::corrections(&[self])
    }

    /// Returns the correction of the response body of an operation.
    #[must_use]
    pub fn response(operation: &str, reason: &str, found: &str, to: &str) -> Self {
        Self::of_operation(operation, reason, ("response", toml_text(to)), Some(found))
    }

    /// Returns the correction of the request body of an operation. The body stays optional if it was.
    #[must_use]
    pub fn body(operation: &str, reason: &str, found: &str, to: &str) -> Self {
        let optional = if found.starts_with("optional ") { "optional " } else { "" };
        Self::of_operation(operation, reason, ("body", toml_text(&format!("{optional}{to}"))), Some(found))
    }

    /// Returns the correction that removes an operation.
    #[must_use]
    pub fn without_operation(operation: &str, reason: &str) -> Self {
        Self::of_operation(operation, reason, ("remove-operation", "true".to_owned()), None)
    }

    /// Returns the correction that gives an operation an ID.
    #[must_use]
    pub fn operation_id(operation: &str, reason: &str, found: Option<&str>, to: &str) -> Self {
        Self::of_operation(operation, reason, ("operation-id", toml_text(to)), Some(found.unwrap_or("none")))
    }

    /// Returns the correction of the path of an operation, which has to be named by its method and path.
    #[must_use]
    pub fn path(operation: &str, reason: &str, to: &str) -> Self {
        Self::of_operation(operation, reason, ("path", toml_text(to)), None)
    }

    /// Returns the correction that adds or replaces a parameter.
    #[must_use]
    pub fn parameter(operation: &str, reason: &str, found: &str, to: &Parameter<'_>) -> Self {
        Self::of_operation(operation, reason, ("parameter", to.to_string()), Some(found))
    }

    /// Returns the correction that removes a parameter.
    #[must_use]
    pub fn without_parameter(operation: &str, reason: &str, found: &str, name: &str) -> Self {
        Self::of_operation(operation, reason, ("remove-parameter", toml_text(name)), Some(found))
    }

    /// Returns the correction of the type of a property.
    #[must_use]
    pub fn property_type(schema: &str, reason: &str, property: &str, found: &str, to: &str) -> Self {
        let table = |notation: &str| format!("{{ {} = {} }}", toml_key(property), toml_text(notation));
        Self::of_schema(schema, reason, ("property-types", table(to)), Some(table(found)))
    }

    /// Returns the correction of the type of a whole schema.
    #[must_use]
    pub fn schema_type(schema: &str, reason: &str, found: &str, to: &str) -> Self {
        Self::of_schema(schema, reason, ("schema-type", toml_text(to)), Some(toml_text(found)))
    }

    /// Returns the correction that a property is not required.
    #[must_use]
    pub fn not_required(schema: &str, reason: &str, property: &str) -> Self {
        Self::of_schema(schema, reason, ("not-required", format!("[{}]", toml_text(property))), None)
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[correction]]\n{}\nreason = {}", self.target, toml_text(&self.reason))?;
        for (key, value) in &self.entries {
            writeln!(f, "{key} = {value}")?;
        }
        Ok(())
    }
}

/// A parameter in the notation of corrections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name in the path or query.
    pub name: &'a str,
    /// `path` or `query`.
    pub location: &'a str,
    /// Its type in the notation of corrections.
    pub value_type: &'a str,
    /// Whether every call has to pass it.
    pub required: bool,
}

impl<'a> Parameter<'a> {
    /// Returns a parameter like one of the document, with another type.
    #[must_use]
    pub fn like(parameter: &'a serde_json::Map<String, serde_json::Value>, value_type: &'a str) -> Self {
        let text = |key: &str| parameter.get(key).and_then(serde_json::Value::as_str);
        Self {
            name: text("name").unwrap_or_default(),
            location: text("in").unwrap_or("query"),
            value_type,
            required: text("in") == Some("path") || parameter.get("required") == Some(&true.into()),
        }
    }
}

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{{ name = {}, in = {}, type = {}, required = {} }}",
            toml_text(self.name),
            toml_text(self.location),
            toml_text(self.value_type),
            self.required
        )
    }
}

/// Returns a text as TOML.
#[must_use]
pub fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Returns a key as TOML: in quotes if it needs them.
#[must_use]
pub fn toml_key(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { key.to_owned() } else { toml_text(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_are_toml() {
        let correction = Correction::response("getA", "It \"says\" so", "any", "[Ticket]");
        assert_eq!(
            correction.paste().lines,
            "[[correction]]\noperation = \"getA\"\nreason = 'It \"says\" so'\nresponse = \"[Ticket]\"\nexpects = \"any\"\n"
        );
        let property = Correction::property_type("A.B", "r", "@type", "any", "string").to_string();
        assert!(
            property.contains("schema = \"A.B\"") && property.contains("property-types = { \"@type\" = \"string\" }")
        );
        assert!(property.parse::<toml::Table>().is_ok(), "{property}");
    }
}
