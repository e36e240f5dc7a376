//! The handle `psa.reports()`.

use connectwise_psa_bindings::types::AuditTrailRecordType;
use connectwise_psa_core::error::Error;

use crate::client::Psa;
use crate::reports::audit_trail::AuditTrail;
use crate::reports::column::{self, Definition, ReportColumn};
use crate::reports::query::ReportQuery;

impl Psa {
    /// Reports and the audit trail.
    #[must_use]
    pub fn reports(&self) -> Reports {
        Reports { psa: self.clone() }
    }
}

/// Reports and the audit trail; see [`Psa::reports`]. Reports need a right of their own, *API Reports*.
#[derive(Clone, Debug)]
pub struct Reports {
    psa: Psa,
}

impl Reports {
    /// Returns the names of the reports.
    ///
    /// # Errors
    ///
    /// The errors of the call.
    pub async fn names(&self) -> Result<Vec<String>, Error> {
        let reports = self.psa.system().list_reports().all().await?;
        Ok(reports.into_iter().filter_map(|report| report.name).collect())
    }

    /// Returns the columns of a report. Conditions and the order of a report use their names.
    ///
    /// # Errors
    ///
    /// The errors of the call; an unexpected response for columns that cannot be read.
    pub async fn columns(&self, report: &str) -> Result<Vec<ReportColumn>, Error> {
        let list = self.psa.system().list_report_columns(report).decode_as::<Definition>();
        column::read(list.all().await?).map_err(Error::unexpected_because)
    }

    /// Returns the rows of a report: set columns, conditions and order, then read them.
    pub fn report(&self, name: impl Into<String>) -> ReportQuery {
        ReportQuery::new(&self.psa, name.into())
    }

    /// Returns the audit trail of a record: who changed what, and when.
    pub fn audit_trail(&self, record_type: impl Into<AuditTrailRecordType>, id: i32) -> AuditTrail {
        AuditTrail::new(&self.psa, record_type.into(), id)
    }
}
