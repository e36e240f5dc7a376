//! Names of fields: members by slash, as conditions, orders and field lists write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// Words of the language, which no path can begin with.
pub(crate) const KEYWORDS: [&str; 9] = ["and", "or", "not", "in", "like", "contains", "true", "false", "null"];

/// A field by its path: `summary`, `company/identifier`.
///
/// Each step is a letter or `_` and then letters, digits and `_`; the first is no word of the conditions language.
/// facts: the server takes them in any letter case.
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
    /// A path from its text.
    ///
    /// # Errors
    ///
    /// Text that is no path, named.
    pub fn new(path: impl Into<Cow<'static, str>>) -> Result<Self, Error> {
        let path = path.into();
        match misfit(&path) {
            None => Ok(Self(path)),
            Some(why) => Err(Error::invalid_input("field", format!("`{path}` {why}"))),
        }
    }

    /// What the lexer has read letter by letter; none when it begins with a word of the language.
    pub(crate) fn from_token(path: &str) -> Option<Self> {
        (!is_keyword(path.split('/').next().unwrap_or_default())).then(|| Self(Cow::Owned(path.to_owned())))
    }

    /// The path of a record itself, which only typed fields begin with.
    pub(crate) const fn root() -> Self {
        Self(Cow::Borrowed(""))
    }

    /// The path of a member. The name comes from the description of the API.
    pub(crate) fn member(&self, name: &'static str) -> Self {
        if self.0.is_empty() { Self(Cow::Borrowed(name)) } else { Self(Cow::Owned(format!("{}/{name}", self.0))) }
    }

    /// The path as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names between the slashes.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

/// Whether a character can begin a step of a path.
pub(crate) fn begins_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

/// Whether a character can stand inside a step of a path.
pub(crate) fn continues_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Whether a word belongs to the language, in any letter case.
fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

fn misfit(path: &str) -> Option<&'static str> {
    if is_keyword(path.split('/').next().unwrap_or_default()) {
        return Some("begins with a word of the conditions language");
    }
    let is_name = |step: &str| step.starts_with(begins_name) && step.chars().all(continues_name);
    (!path.split('/').all(is_name)).then_some("is no path; members are written by slash, such as `company/name`")
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

super::text_form!(FieldPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_what_is_none() {
        for path in ["a", "_info/lastUpdated", "company/name", "a/b/c", "userDefinedField1", "likes", "x/not"] {
            assert_eq!(FieldPath::new(path).unwrap().as_str(), path);
        }
        for path in ["", "/a", "a/", "a//b", "1a", "a b", "a.b", "a-b", "ä", "not", "IN/x", "null", "a=1", "a\"", "a)"]
        {
            assert!(FieldPath::new(path).unwrap_err().to_string().contains(&format!("field `{path}`")), "{path}");
        }
    }
}
