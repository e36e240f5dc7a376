//! The builder of a report's rows: columns, conditions, order and page size.

use connectwise_psa_bindings::catalogue;
use connectwise_psa_core::calls::{RequestBuilder, WholeResponse};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::query::{ListQuery, Verbatim};
use serde::de::DeserializeOwned;

use crate::client::Psa;
use crate::reports::column::ReportColumn;
use crate::reports::row::ReportRow;
use crate::reports::rows::ReportRows;

/// The number of rows that are requested at a time, unless another one is set.
const PAGE_SIZE: u32 = 1000;

/// The rows of a report; see [`Reports::report`](crate::reports::Reports::report). [`rows`](Self::rows) reads them as a
/// type of the program, [`records`](Self::records) as maps.
#[derive(Clone, Debug)]
#[must_use = "a report reads nothing by itself: call `rows`, `records` or `count`"]
pub struct ReportQuery {
    pub(crate) psa: Psa,
    pub(crate) name: String,
    columns: Option<String>,
    conditions: Option<String>,
    order_by: Option<String>,
    pub(crate) page_size: u32,
    problem: Option<Error>,
}

impl ReportQuery {
    pub(crate) fn new(psa: &Psa, name: String) -> Self {
        Self {
            psa: psa.clone(),
            name,
            columns: None,
            conditions: None,
            order_by: None,
            page_size: PAGE_SIZE,
            problem: None,
        }
    }

    /// Selects columns by their names. Without this, all columns are read. A name that the report does not have is an
    /// error, whether or not the server rejects it.
    pub fn columns<I: IntoIterator>(mut self, names: I) -> Self
    where
        I::Item: AsRef<str>,
    {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().trim().to_owned()).collect();
        let is_invalid = names.is_empty() || names.iter().any(|name| name.is_empty() || name.contains(','));
        if is_invalid {
            self.problem =
                Some(Error::invalid_input("columns", "are none, or have a name that is empty or has a comma"));
        }
        self.columns = Some(names.join(","));
        self
    }

    /// Keeps only rows that match. The names in the conditions are those of the columns. The text is sent unchanged, so
    /// it must not contain input of strangers.
    pub fn conditions(mut self, conditions: impl Into<String>) -> Self {
        self.conditions = Some(conditions.into());
        self
    }

    /// Sets the order, such as `id desc`. Without an order, pages can overlap if rows change meanwhile.
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = Some(order.into());
        self
    }

    /// Sets how many rows are requested at a time: 1 to 1,000, the default.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows;
        self
    }

    /// Returns a stream of the rows as a type of the program; see [`ReportRow::decode`].
    pub fn rows<T: DeserializeOwned>(self) -> ReportRows<T> {
        ReportRows::new(self, |row: ReportRow| row.decode())
    }

    /// Returns a stream of the rows as maps.
    pub fn records(self) -> ReportRows<ReportRow> {
        ReportRows::new(self, Ok)
    }

    /// Counts the rows that match the conditions.
    ///
    /// # Errors
    ///
    /// The errors of the call.
    pub async fn count(self) -> Result<i64, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let count = self.psa.system().count_report_rows(&self.name);
        match self.conditions {
            Some(conditions) => count.filter_text(Verbatim::new(conditions)).await,
            None => count.await,
        }
    }

    /// Returns the first selected column that a page does not have.
    pub(crate) fn missing_column(&self, columns: &[ReportColumn]) -> Option<&str> {
        let has = |name: &str| columns.iter().any(|column| column.server_name.eq_ignore_ascii_case(name.trim()));
        self.columns.as_deref()?.split(',').find(|name| !has(name))
    }

    /// Requests one page.
    pub(crate) async fn page(&self, number: u32) -> Result<WholeResponse, Error> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let Some(operation) = catalogue::find("system", "get_report") else {
            return Err(Error::invalid_input("report", "has no operation in the catalogue"));
        };
        let request = RequestBuilder::new(self.psa.connection(), operation)
            .path(self.name.as_str())
            .query("columns", self.columns.as_ref());
        let mut query = ListQuery::new().page_size(self.page_size).from_page(number);
        if let Some(conditions) = &self.conditions {
            query = query.conditions(Verbatim::new(conditions));
        }
        if let Some(order) = &self.order_by {
            query = query.order_by(Verbatim::new(order));
        }
        request.execute(&query).await
    }

    /// Returns the error for a page that is not what a report returns. `problem` continues `the response `.
    pub(crate) fn unexpected(&self, problem: impl Into<String>, page: &WholeResponse) -> Error {
        let problem = problem.into();
        let redacted = self.psa.pipeline().secrets().redact(&problem).into_owned();
        Error::unexpected_because(redacted)
            .with_response(page.status, &page.headers)
            .with_operation(catalogue::find("system", "get_report"))
    }
}
