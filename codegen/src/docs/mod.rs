//! What the documentation says beyond the OpenAPI document: texts from `openapi/docs.toml`, known values from
//! `openapi/known_values.csv`, rights from the client's table of security roles, and the lists of references from the
//! simulator's table. `openapi/actions.csv` names the actions of integration products.

pub mod known_values;
pub mod markdown;
pub mod reference_paths;
pub mod references;
pub mod rights;
pub mod texts;

use crate::actions::{self, Action};
use crate::docs::known_values::KnownValues;
use crate::docs::reference_paths::ReferencePaths;
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
    /// The lists whose records references name.
    pub reference_paths: ReferencePaths,
    /// The actions that integration products offer.
    pub actions: Vec<Action>,
}

/// The files as text.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `openapi/docs.toml`.
    pub texts: &'a str,
    /// `openapi/known_values.csv`.
    pub known_values: &'a str,
    /// The client's table of the rights of security roles.
    pub rights: &'a str,
    /// The simulator's table of references.
    pub reference_paths: &'a str,
    /// `openapi/actions.csv`.
    pub actions: &'a str,
}

impl Docs {
    /// Reads the files.
    ///
    /// # Errors
    /// Fails with all problems of the files, independent of an OpenAPI document.
    pub fn read(files: &Files<'_>) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let docs = Self {
            texts: texts::read(files.texts, &mut problems),
            known_values: known_values::read(files.known_values, &mut problems),
            rights: rights::read(files.rights, &mut problems),
            reference_paths: reference_paths::read(files.reference_paths, &mut problems),
            actions: actions::read(files.actions).unwrap_or_else(|mut more| {
                problems.0.append(&mut more.0);
                Vec::new()
            }),
        };
        problems.into_result()?;
        Ok(docs)
    }

    /// Returns the contents without the entries and rows that name something which the API does not have: the files of a
    /// newer version, for an older one.
    #[must_use]
    pub fn existing_in(&self, api: &Api) -> Self {
        let mut docs = self.clone();
        docs.texts.retain_existing(api);
        docs.known_values.retain_existing(api);
        docs.rights.retain_existing(api);
        docs.reference_paths.retain_existing(api);
        actions::retain_existing(&mut docs.actions, api);
        docs
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
        self.reference_paths.check(api, &mut problems);
        if let Err(mut more) = actions::cover(self.actions.clone(), api) {
            problems.0.append(&mut more.0);
        }
        problems.into_result()
    }
}
