//! What the documentation says beyond the OpenAPI document: texts from `openapi/docs.toml`, known values from
//! `openapi/known_values.csv`, and rights from the client's table of security roles.

pub mod known_values;
pub mod markdown;
pub mod references;
pub mod rights;
pub mod texts;

use crate::docs::known_values::KnownValues;
use crate::docs::rights::Rights;
use crate::docs::texts::Texts;
use crate::model::Api;
use crate::problem::Problems;

/// The contents of the files.
#[derive(Clone, Debug, Default)]
pub struct Docs {
    /// The texts about operations and types.
    pub texts: Texts,
    /// The known values of string properties.
    pub known_values: KnownValues,
    /// The rights that operations may need.
    pub rights: Rights,
}

impl Docs {
    /// Reads the three files.
    ///
    /// # Errors
    /// Fails with all problems of the files, independent of an OpenAPI document.
    pub fn read(texts: &str, known_values: &str, rights: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let docs = Self {
            texts: texts::read(texts, &mut problems),
            known_values: known_values::read(known_values, &mut problems),
            rights: rights::read(rights, &mut problems),
        };
        problems.into_result()?;
        Ok(docs)
    }

    /// Checks that everything that the files name exists in the API.
    ///
    /// # Errors
    /// Fails with every name that does not exist.
    pub fn check(&self, api: &Api) -> Result<(), Problems> {
        let mut problems = Problems::default();
        self.texts.check(api, &mut problems);
        self.known_values.check(api, &mut problems);
        self.rights.check(api, &mut problems);
        problems.into_result()
    }
}
