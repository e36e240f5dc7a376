//! What names a custom field: its caption or its id.

use std::fmt;

use connectwise_psa_core::error::Error;

/// What names a custom field: its caption, exactly as PSA shows it, or its id. Converts from strings and from `i32`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CustomFieldKey {
    /// The caption. Two fields of one record can have the same caption, in two pods (areas of the screen); then the
    /// caption is rejected, and the error lists the ids.
    Caption(String),
    /// The id, which is the same in all records of a type.
    Id(i32),
}

impl From<&str> for CustomFieldKey {
    fn from(caption: &str) -> Self {
        Self::Caption(caption.to_owned())
    }
}

impl From<String> for CustomFieldKey {
    fn from(caption: String) -> Self {
        Self::Caption(caption)
    }
}

impl From<i32> for CustomFieldKey {
    fn from(id: i32) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for CustomFieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caption(caption) => write!(f, "{caption:?}"),
            Self::Id(id) => write!(f, "{id}"),
        }
    }
}

impl CustomFieldKey {
    /// Returns an invalid-input error about this custom field.
    pub(crate) fn error(&self, problem: impl Into<String>) -> Error {
        Error::invalid_input(format!("custom field {self}"), problem)
    }
}

/// A custom field or a definition that a key can name.
pub(crate) trait Named {
    fn id(&self) -> Option<i32>;
    fn caption(&self) -> Option<&str>;
    /// Returns where the field is shown, to tell two fields with one caption apart.
    fn shown_in(&self) -> Option<String>;
}

/// Finds what a key names.
///
/// # Errors
///
/// Invalid input if nothing has this name, with a similar caption if there is one, or if several fields have the caption.
pub(crate) fn find<'a, N: Named>(fields: &[&'a N], key: &CustomFieldKey) -> Result<&'a N, Error> {
    let is_named = |field: &&&'a N| match key {
        CustomFieldKey::Id(id) => field.id() == Some(*id),
        CustomFieldKey::Caption(caption) => field.caption().is_some_and(|other| other.trim() == caption.trim()),
    };
    let found: Vec<&'a N> = fields.iter().filter(is_named).copied().collect();
    match *found {
        [field] => Ok(field),
        [] => Err(key.error(missing(fields, key))),
        _ => {
            let ids = found.iter().map(|field| {
                let id = field.id().map_or_else(|| "no id".to_owned(), |id| id.to_string());
                field.shown_in().map_or_else(|| id.clone(), |pod| format!("{id} ({pod})"))
            });
            let ids: Vec<_> = ids.collect();
            Err(key.error(format!("has this caption several times; use one of the ids: {}", ids.join(", "))))
        }
    }
}

fn missing<N: Named>(fields: &[&N], key: &CustomFieldKey) -> String {
    if fields.is_empty() {
        return "does not exist: there are no custom fields; if a record was read with `select`, `customFields` must be selected"
            .to_owned();
    }
    let CustomFieldKey::Caption(caption) = key else { return "does not exist".to_owned() };
    let captions = fields.iter().filter_map(|field| field.caption());
    let similarity =
        |other: &str| strsim::normalized_damerau_levenshtein(&caption.to_lowercase(), &other.to_lowercase());
    let nearest = captions
        .map(|other| (similarity(other), other))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .filter(|(similarity, _)| *similarity > 0.6);
    match nearest {
        Some((_, other)) => format!("does not exist; a similar caption is {other:?}"),
        None => "does not exist".to_owned(),
    }
}
