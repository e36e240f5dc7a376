//! Field paths, as conditions, orders and field lists use them: names separated by slashes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The keywords of the conditions language. A path cannot start with one.
pub(crate) const KEYWORDS: [&str; 9] = ["and", "or", "not", "in", "like", "contains", "true", "false", "null"];

/// The path of a field: `summary`, `company/identifier`.
///
/// Each step starts with an ASCII letter or `_`, followed by ASCII letters, digits and `_`. The first step is not a
/// keyword of the conditions language. Observed on live servers: paths are accepted in any letter case.
///
/// ```
/// use connectwise_psa_core::conditions::FieldPath;
///
/// let path: FieldPath = "company/identifier".parse()?;
/// assert_eq!(path.steps().collect::<Vec<_>>(), ["company", "identifier"]);
/// assert!("company.identifier".parse::<FieldPath>().is_err());
/// # Ok::<(), connectwise_psa_core::error::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(Cow<'static, str>);

impl FieldPath {
    /// Creates a path from its text.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a path. The error contains the text.
    pub fn new(path: impl Into<Cow<'static, str>>) -> Result<Self, Error> {
        let path = path.into();
        match path_problem(&path) {
            None => Ok(Self(path)),
            Some(problem) => Err(Error::invalid_input("field", format!("`{path}` {problem}"))),
        }
    }

    /// Creates a path from a word that the lexer has read. Returns `None` if it starts with a keyword.
    pub(crate) fn from_token(path: &str) -> Option<Self> {
        (!is_keyword(path.split('/').next().unwrap_or_default())).then(|| Self(Cow::Owned(path.to_owned())))
    }

    /// Returns the empty path of the record itself, from which typed fields start.
    pub(crate) const fn root() -> Self {
        Self(Cow::Borrowed(""))
    }

    /// Returns the path of a field below this one. The name is from the OpenAPI document.
    pub(crate) fn child(&self, name: &'static str) -> Self {
        if self.0.is_empty() { Self(Cow::Borrowed(name)) } else { Self(Cow::Owned(format!("{}/{name}", self.0))) }
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the names between the slashes.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

/// Returns whether a character can start a step of a path.
pub(crate) fn is_name_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

/// Returns whether a character can be part of a step of a path.
pub(crate) fn is_name_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Returns whether a word is a keyword, in any letter case.
fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// Returns why a text is not a path. The reason follows the quoted text in the message.
fn path_problem(path: &str) -> Option<&'static str> {
    if is_keyword(path.split('/').next().unwrap_or_default()) {
        return Some("starts with a keyword of the conditions language");
    }
    let is_name = |step: &str| step.starts_with(is_name_start) && step.chars().all(is_name_part);
    (!path.split('/').all(is_name))
        .then_some("is not a field path; separate its parts with slashes, such as `company/name`")
}

impl FromStr for FieldPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text.trim().to_owned())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

super::impl_as_text!(FieldPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_paths_are_accepted_and_invalid_ones_rejected() {
        for path in ["a", "_info/lastUpdated", "company/name", "a/b/c", "userDefinedField1", "likes", "x/not"] {
            assert_eq!(FieldPath::new(path).unwrap().as_str(), path);
        }
        for path in ["", "/a", "a/", "a//b", "1a", "a b", "a.b", "a-b", "ä", "not", "IN/x", "null", "a=1", "a\"", "a)"]
        {
            assert!(FieldPath::new(path).unwrap_err().to_string().contains(&format!("field `{path}`")), "{path}");
        }
    }
}
