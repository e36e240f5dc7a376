//! `actions`: prints which integration actions have an operation.

use connectwise_psa_codegen::actions;
use connectwise_psa_codegen::model::Api;

use crate::{Failure, output, repository};

/// Runs the task.
pub(crate) fn actions() -> Result<(), Failure> {
    let (_, psa) = repository::committed_psa()?;
    let api = Api::read(&psa)?;
    let rows = actions::read(&repository::read(&repository::actions())?)?;
    output::print(&actions::cover(rows, &api)?.to_string())
}
