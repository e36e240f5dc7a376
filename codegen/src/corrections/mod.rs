//! The format of `corrections.toml`: the corrections with their targets and changes, and what each expects to find.

pub(crate) mod advice;
pub mod apply;
pub(crate) mod notation;
mod operations;
mod schemas;
pub mod versions;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::problem::Problems;

use self::notation::{NONE, Notation};

/// The file that messages name.
pub(crate) const FILE: &str = "openapi/corrections.toml";

/// The content of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corrections {
    /// The corrections, in the order of the file.
    #[serde(default, rename = "correction")]
    pub corrections: Vec<Correction>,
}

/// One correction: a target (an operation, or one or more schemas), a reason, what to change, and what the document has
/// there. Exactly one of the keys that change something is given. Types are written in the notation that
/// openapi/README.md describes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Correction {
    /// The vendor's operation ID or, if an operation has none of its own, its method and path: `GET /service/tickets`.
    pub operation: Option<String>,
    /// The vendor's name of the schema.
    pub schema: Option<String>,
    /// The vendor's names of several schemas that get the same correction, in place of `schema`.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// The API versions to which the correction applies: exact (`2025.8`) or compared (`>=2023.1`, `<2023.1`). The
    /// version has to match one of the exact versions and all comparisons. Empty: all versions.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The reason.
    pub reason: String,
    /// What the document has in the corrected place, in the notation of the change. For changes of several properties,
    /// one text for all of them, or one for each.
    pub expects: Option<Expectation>,

    /// The body of the response: `none`, a type, or `bytes:MEDIA`.
    pub response: Option<String>,
    /// The request body: `none`, a type, or `multipart:Type` for a form. After `optional`, calls need not send it.
    pub body: Option<String>,
    /// A parameter to add. It replaces a parameter with the same name.
    pub parameter: Option<ParameterCorrection>,
    /// The new type of a parameter. It keeps its location.
    pub parameter_type: Option<ParameterType>,
    /// The name of a parameter to remove.
    pub remove_parameter: Option<String>,
    /// The shared query parameters, if they do not follow from the response: `list`.
    pub query: Option<String>,
    /// The new operation ID.
    pub operation_id: Option<String>,
    /// The new path.
    pub path: Option<String>,
    /// Whether to remove the operation.
    #[serde(default)]
    pub remove_operation: bool,

    /// A property to rename.
    pub rename_property: Option<Rename>,
    /// Properties to add, each with its type.
    #[serde(default)]
    pub add_properties: BTreeMap<String, Notation>,
    /// Properties with another type than in the document.
    #[serde(default)]
    pub property_types: BTreeMap<String, Notation>,
    /// Names to remove from `required`.
    #[serde(default)]
    pub not_required: Vec<String>,
    /// The new content of the schema: a type.
    pub schema_type: Option<String>,
    /// The values of the schema, which is an enum.
    #[serde(default)]
    pub enum_values: Vec<String>,
}

/// What a correction expects to find.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Expectation {
    /// The same for all changes of the correction.
    All(Notation),
    /// What each property has.
    Each(BTreeMap<String, Notation>),
}

/// A parameter of a correction.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ParameterCorrection {
    /// The name in the path or query.
    pub name: String,
    /// `query` or `path`.
    #[serde(rename = "in")]
    pub location: String,
    /// Its type.
    #[serde(rename = "type")]
    pub value_type: Notation,
    /// Whether every call has to pass it.
    #[serde(default)]
    pub required: bool,
}

/// The new type of a parameter.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ParameterType {
    /// The name in the path or query.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub value_type: Notation,
}

/// The renaming of a property.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The name in the document.
    pub from: String,
    /// The real name in JSON.
    pub to: String,
}

/// One change of one place in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Response(String),
    Body(String),
    Parameter(ParameterCorrection),
    ParameterType(ParameterType),
    RemoveParameter(String),
    ListQuery,
    OperationId(String),
    Path(String),
    RemoveOperation,
    RenameProperty(Rename),
    AddProperty(String, Notation),
    PropertyType(String, Notation),
    NotRequired(String),
    SchemaType(Notation),
}

/// How the schemas of a property are named in `required`, in the notation of `not-required`.
pub(crate) const REQUIRED_WITHOUT_PROPERTY: &str = "required without a property";

impl Change {
    /// Returns the key of the change in the file.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Response(_) => "response",
            Self::Body(_) => "body",
            Self::Parameter(_) => "parameter",
            Self::ParameterType(_) => "parameter-type",
            Self::RemoveParameter(_) => "remove-parameter",
            Self::ListQuery => "query",
            Self::OperationId(_) => "operation-id",
            Self::Path(_) => "path",
            Self::RemoveOperation => "remove-operation",
            Self::RenameProperty(_) => "rename-property",
            Self::AddProperty(..) => "add-properties",
            Self::PropertyType(..) => "property-types",
            Self::NotRequired(_) => "not-required",
            Self::SchemaType(Notation::Named(_)) => "schema-type",
            Self::SchemaType(Notation::Enumeration(_)) => "enum-values",
        }
    }

    /// Returns whether the change is one of an operation. Otherwise it is one of a schema.
    pub(crate) fn is_of_operation(&self) -> bool {
        match self {
            Self::Response(_)
            | Self::Body(_)
            | Self::Parameter(_)
            | Self::ParameterType(_)
            | Self::RemoveParameter(_)
            | Self::ListQuery
            | Self::OperationId(_)
            | Self::Path(_)
            | Self::RemoveOperation => true,
            Self::RenameProperty(_)
            | Self::AddProperty(..)
            | Self::PropertyType(..)
            | Self::NotRequired(_)
            | Self::SchemaType(_) => false,
        }
    }

    /// Returns the property that the change is about.
    pub(crate) fn property(&self) -> Option<&str> {
        match self {
            Self::RenameProperty(rename) => Some(&rename.from),
            Self::AddProperty(name, _) | Self::PropertyType(name, _) | Self::NotRequired(name) => Some(name),
            _ => None,
        }
    }

    /// Returns whether what the change makes is a name, not a type.
    pub(crate) fn is_of_a_name(&self) -> bool {
        matches!(
            self,
            Self::OperationId(_)
                | Self::Path(_)
                | Self::RemoveOperation
                | Self::RenameProperty(_)
                | Self::NotRequired(_)
                | Self::ListQuery
        )
    }

    /// Returns whether a correction states what it expects. The other changes imply it.
    pub(crate) fn states_expectation(&self) -> bool {
        matches!(self, Self::NotRequired(_)) || self.implied_expectation(" ").is_none()
    }

    /// Returns what the change makes of the place, in notation.
    pub(crate) fn makes(&self) -> String {
        match self {
            Self::Response(notation) | Self::Body(notation) => notation.clone(),
            Self::Parameter(parameter) => {
                // A parameter of the path is always required.
                let required = if parameter.required && parameter.location != "path" { " required" } else { "" };
                format!("{} {}{required}", parameter.location, parameter.value_type.line())
            }
            Self::ParameterType(parameter) => parameter.value_type.line(),
            Self::RemoveParameter(_) | Self::RemoveOperation => NONE.to_owned(),
            Self::ListQuery => "list".to_owned(),
            Self::OperationId(name) | Self::Path(name) => name.clone(),
            Self::RenameProperty(rename) => rename.to.clone(),
            Self::AddProperty(_, notation) | Self::PropertyType(_, notation) | Self::SchemaType(notation) => {
                notation.line()
            }
            Self::NotRequired(_) => "not required".to_owned(),
        }
    }

    /// Returns what the document has in the place if the change itself implies it. The correction then needs no
    /// `expects`.
    fn implied_expectation(&self, target: &str) -> Option<String> {
        match self {
            Self::RenameProperty(rename) => Some(rename.from.clone()),
            Self::AddProperty(..) => Some(NONE.to_owned()),
            Self::NotRequired(_) => Some(REQUIRED_WITHOUT_PROPERTY.to_owned()),
            Self::RemoveOperation => Some(target.to_owned()),
            Self::Path(_) => target.split_once(' ').map(|(_, path)| path.to_owned()),
            _ => None,
        }
    }

    /// Returns the types that the change writes into the document.
    pub(crate) fn types(&self) -> Vec<String> {
        let without_media = |body: &str| {
            let body = body.strip_prefix("optional ").unwrap_or(body);
            body.split_once(':').map_or(body, |(_, name)| name).to_owned()
        };
        match self {
            Self::Response(bytes) if bytes.starts_with(notation::BYTES) => Vec::new(),
            Self::Response(body) | Self::Body(body) if body != NONE => vec![without_media(body)],
            Self::Parameter(ParameterCorrection { value_type: Notation::Named(name), .. })
            | Self::ParameterType(ParameterType { value_type: Notation::Named(name), .. })
            | Self::AddProperty(_, Notation::Named(name))
            | Self::PropertyType(_, Notation::Named(name))
            | Self::SchemaType(Notation::Named(name)) => vec![name.clone()],
            _ => Vec::new(),
        }
    }
}

/// Reads the file.
///
/// # Errors
/// Fails if the text is not TOML, or if a correction has an unknown key, not exactly one target and one kind of change,
/// no reason, an invalid version or an invalid type.
pub fn read(text: &str) -> Result<Corrections, Problems> {
    let corrections: Corrections = toml::from_str(text).map_err(|error| {
        Problems::one(
            FILE,
            format!("the file cannot be read: {error}"),
            "correct the file; openapi/README.md lists the keys",
        )
    })?;
    let mut problems = Problems::default();
    for correction in &corrections.corrections {
        check(correction, &mut problems);
    }
    problems.into_result()?;
    Ok(corrections)
}

fn check(correction: &Correction, problems: &mut Problems) {
    let mut report = |message: String, fix: &str| problems.add(correction.label(), message, fix);
    let targets = [correction.operation.is_some(), correction.schema.is_some(), !correction.schemas.is_empty()];
    if targets.into_iter().filter(|is_given| *is_given).count() != 1 {
        let message = "a correction needs exactly one of `operation`, `schema` and `schemas`";
        report(message.to_owned(), &format!("change it in {FILE}"));
    }
    if correction.reason.trim().is_empty() {
        report("a correction needs a reason".to_owned(), &format!("add it in {FILE}"));
    }
    for version in correction.versions.iter().filter(|version| !versions::is_valid(version)) {
        let fix = "write 2025.8, >=2025.8, <2025.8, <=2025.8 or >2025.8";
        report(format!("`{version}` is not a version"), fix);
    }
    let changes = correction.changes();
    let mut keys: Vec<&str> = changes.iter().map(Change::key).collect();
    keys.dedup();
    match keys.as_slice() {
        [key] => {
            if changes.iter().any(|change| change.is_of_operation() != correction.operation.is_some()) {
                let fix = "openapi/README.md lists the keys of operations and of schemas";
                report(format!("`{key}` does not fit the target"), fix);
            }
        }
        [] => report(
            "the correction changes nothing".to_owned(),
            "openapi/README.md lists the keys that change something",
        ),
        several => report(
            format!("the correction makes several changes: {}", several.join(", ")),
            "write one correction for each, so that each states what it expects",
        ),
    }
    for change in &changes {
        check_change(correction, change, &mut report);
    }
}

fn check_change(correction: &Correction, change: &Change, report: &mut impl FnMut(String, &str)) {
    for name in change.types().iter().filter(|name| notation::schema(name).is_none()) {
        report(format!("`{name}` is not a type"), &format!("write {}", notation::TYPES));
    }
    if let Change::Body(body) = change
        && let Some((media, _)) = body.strip_prefix("optional ").unwrap_or(body).split_once(':')
        && media != notation::FORM
    {
        report(format!("a body cannot be `{media}`"), "write a type for JSON, or multipart:Type for a form");
    }
    let is_implied = !change.states_expectation();
    if is_implied && matches!(correction.expects, Some(Expectation::All(_))) {
        report(format!("`{}` implies what it expects", change.key()), "remove `expects`");
    }
    if let Change::Parameter(parameter) = change
        && !["path", "query"].contains(&parameter.location.as_str())
    {
        report(format!("`{}` is not the location of a parameter", parameter.location), "write query or path");
    }
    if let Change::Path(_) = change
        && !correction.operation.as_deref().is_some_and(|target| target.contains(' '))
    {
        report("`path` needs the present path".to_owned(), "write operation = \"METHOD /present/path\"");
    }
    if correction.query.as_deref().is_some_and(|query| query != "list") {
        report("`query` can only be list".to_owned(), "write query = \"list\"");
    }
    if let Some(Expectation::Each(each)) = &correction.expects
        && change.property().is_some_and(|property| !each.contains_key(property))
        && change.implied_expectation("").is_none()
    {
        let property = change.property().unwrap_or_default();
        report(format!("`expects` does not say what {property} has"), "add it to `expects`");
    }
}

impl Correction {
    /// Returns the label of the correction in reports: its target and its changes.
    #[must_use]
    pub fn label(&self) -> String {
        let mut targets = self.targets();
        let target = targets.next().unwrap_or("(no target)");
        match targets.count() {
            0 => format!("{target}: {}", self.summary()),
            others => format!("{target} and {others} more: {}", self.summary()),
        }
    }

    /// Returns the changes in words.
    pub(crate) fn summary(&self) -> String {
        let words = self.changes().into_iter().map(|change| {
            let made = change.makes();
            match &change {
                Change::Parameter(parameter) => format!("parameter {}", parameter.name),
                Change::ParameterType(parameter) => format!("parameter {}: {made}", parameter.name),
                Change::RemoveParameter(name) => format!("without parameter {name}"),
                Change::RemoveOperation => "removed".to_owned(),
                Change::RenameProperty(rename) => format!("{} -> {made}", rename.from),
                Change::AddProperty(name, _) => format!("new property {name}"),
                Change::PropertyType(name, _) => format!("{name}: {made}"),
                Change::NotRequired(name) => format!("{name} is not required"),
                Change::SchemaType(_) => made,
                other => format!("{} {made}", other.key()),
            }
        });
        words.collect::<Vec<_>>().join("; ")
    }

    /// Returns the operation or the schemas.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.operation.iter().chain(&self.schema).chain(&self.schemas).map(String::as_str)
    }

    /// Returns what the correction changes in each target.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        changes.extend(self.response.clone().map(Change::Response));
        changes.extend(self.body.clone().map(Change::Body));
        changes.extend(self.parameter.clone().map(Change::Parameter));
        changes.extend(self.parameter_type.clone().map(Change::ParameterType));
        changes.extend(self.remove_parameter.clone().map(Change::RemoveParameter));
        changes.extend(self.query.as_ref().map(|_| Change::ListQuery));
        changes.extend(self.operation_id.clone().map(Change::OperationId));
        changes.extend(self.path.clone().map(Change::Path));
        changes.extend(self.remove_operation.then_some(Change::RemoveOperation));
        changes.extend(self.rename_property.clone().map(Change::RenameProperty));
        let each = |types: &BTreeMap<String, Notation>, change: fn(String, Notation) -> Change| {
            types.iter().map(|(name, notation)| change(name.clone(), notation.clone())).collect::<Vec<_>>()
        };
        changes.extend(each(&self.add_properties, Change::AddProperty));
        changes.extend(each(&self.property_types, Change::PropertyType));
        changes.extend(self.not_required.iter().cloned().map(Change::NotRequired));
        changes.extend(self.schema_type.clone().map(|name| Change::SchemaType(Notation::Named(name))));
        let values = (!self.enum_values.is_empty()).then(|| Notation::Enumeration(self.enum_values.clone()));
        changes.extend(values.map(Change::SchemaType));
        changes
    }

    /// Returns what the correction expects of a change of a target, in notation. `None` if it does not say.
    pub(crate) fn expected(&self, target: &str, change: &Change) -> Option<String> {
        let stated = match &self.expects {
            Some(Expectation::All(notation)) => Some(notation.line()),
            Some(Expectation::Each(each)) => {
                change.property().and_then(|property| each.get(property)).map(Notation::line)
            }
            None => None,
        };
        stated.or_else(|| change.implied_expectation(target))
    }

    /// Returns whether the correction applies to an API version.
    pub(crate) fn applies_to(&self, version: &str) -> bool {
        versions::include(&self.versions, version)
    }
}

#[cfg(test)]
mod tests;
