//! The stream of a report's rows, which requests page after page.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use connectwise_psa_core::calls::{NextPage, WholeResponse};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::BoxFuture;
use futures_core::Stream;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::reports::column::{self, Definition, ReportColumn};
use crate::reports::query::ReportQuery;
use crate::reports::row::ReportRow;

/// A stream of the rows of a report. It holds one page at a time, and ends after an error. A row that has more or fewer
/// values than there are columns is an error that names the row.
#[must_use = "a stream reads nothing until it is polled"]
pub struct ReportRows<T> {
    decode: fn(ReportRow) -> Result<T, String>,
    state: State,
}

enum State {
    /// The rows of a page, and what follows them.
    Page {
        rows: VecDeque<ReportRow>,
        position: Box<Position>,
        is_last: bool,
    },
    Fetching(BoxFuture<'static, Result<State, Error>>),
    Ended,
}

/// Where the report has been read to.
struct Position {
    query: ReportQuery,
    /// The page to read next.
    page: u32,
    /// How many rows the earlier pages had.
    rows: u64,
    /// The columns of the last page.
    columns: Arc<[ReportColumn]>,
    /// The body of the last page, to notice a server that ignores the page number.
    last: Bytes,
    /// Whether the last page linked to the page to read next.
    is_linked: bool,
    response: Option<WholeResponse>,
}

/// The fields of a page as the server sends them, as JSON.
type Table = HashMap<String, Box<RawValue>>;

impl<T> ReportRows<T> {
    pub(crate) fn new(query: ReportQuery, decode: fn(ReportRow) -> Result<T, String>) -> Self {
        let position = Position {
            query,
            page: 1,
            rows: 0,
            columns: Arc::new([]),
            last: Bytes::new(),
            is_linked: false,
            response: None,
        };
        let state = State::Page { rows: VecDeque::new(), position: Box::new(position), is_last: false };
        Self { decode, state }
    }

    /// Returns the next row; `None` at the end. Like `StreamExt::next` of `futures`, but without that dependency.
    ///
    /// # Errors
    ///
    /// The errors of the calls; an unexpected response for a row that cannot be read.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// Reads all rows into memory.
    ///
    /// # Errors
    ///
    /// The first error; the rows read before it are dropped.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        while let Some(row) = self.next().await {
            rows.push(row?);
        }
        Ok(rows)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            match &mut self.state {
                State::Ended => return Poll::Ready(None),
                State::Fetching(fetching) => match ready!(fetching.as_mut().poll(context)) {
                    Ok(state) => self.state = state,
                    Err(error) => {
                        self.state = State::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                State::Page { rows, position, is_last } => {
                    if let Some(row) = rows.pop_front() {
                        let decoded = (self.decode)(row).map_err(|problem| position.not_decoded(&problem));
                        if decoded.is_err() {
                            self.state = State::Ended;
                        }
                        return Poll::Ready(Some(decoded));
                    }
                    self.state = match (*is_last, std::mem::replace(&mut self.state, State::Ended)) {
                        (false, State::Page { position, .. }) => State::Fetching(Box::pin(fetch(position))),
                        _ => State::Ended,
                    };
                }
            }
        }
    }
}

impl Position {
    /// Returns the error for a row that is not a value of the program's type.
    fn not_decoded(&self, problem: &str) -> Error {
        if problem.contains("missing field") {
            let problem = format!("do not have all fields of the type: {problem}; they are {}", names(&self.columns));
            return Error::invalid_input("columns", problem);
        }
        self.failed(format!("has a wrong value: {problem}"))
    }

    fn failed(&self, problem: String) -> Error {
        match &self.response {
            Some(response) => self.query.unexpected(problem, response),
            None => Error::unexpected_because(problem),
        }
    }
}

async fn fetch(mut position: Box<Position>) -> Result<State, Error> {
    let response = position.query.page(position.page).await?;
    let body = position.response.insert(response).body.clone();
    let (columns, rows) = read(&body, position.rows).map_err(|problem| position.failed(problem))?;
    let is_empty = columns.is_empty() && rows.is_empty();
    if !is_empty && let Some(missing) = position.query.missing_column(&columns) {
        let problem = format!("the report has no column {missing:?}; its columns are {}", names(&columns));
        return Err(Error::invalid_input("columns", problem));
    }
    position.columns = columns;
    let count = rows.len() as u64;
    let next = position.response.as_ref().and_then(|response| NextPage::from_headers(&response.headers));
    // Pages of a few columns can be equal. Those that the server has linked are not read again by mistake.
    if count > 0 && !position.is_linked && body == position.last {
        return Err(position.failed(format!("to page {} is the same as that to the page before it", position.page)));
    }
    if let Some(next) = next.and_then(|next| next.page).filter(|next| Some(*next) != position.page.checked_add(1)) {
        return Err(position.failed(format!("to page {} links to page {next}", position.page)));
    }
    // Without a link, a page with exactly the requested number of rows may not be the last one. More rows than requested
    // mean that the server does not know pages.
    let is_last = count == 0 || (next.is_none() && count != u64::from(position.query.page_size));
    position.rows = position.rows.saturating_add(count);
    position.page = position.page.saturating_add(1);
    position.last = body;
    position.is_linked = next.is_some();
    Ok(State::Page { rows, position, is_last })
}

/// Reads the rows of a page. `before` rows precede it. The error is a clause that continues `the response `.
fn read(body: &[u8], before: u64) -> Result<(Arc<[ReportColumn]>, VecDeque<ReportRow>), String> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let table: Table = serde_json::from_slice(text).map_err(|error| format!("is not a table: {error}"))?;
    let definitions: Vec<Definition> = field(&table, "column_definitions")?;
    let values: Vec<Vec<Box<RawValue>>> = field(&table, "row_values")?;
    let columns: Arc<[ReportColumn]> = column::read(definitions)?.into();
    let numbered = (before.saturating_add(1)..).zip(values);
    let rows = numbered.map(|(number, cells)| ReportRow::new(number, &columns, cells)).collect::<Result<_, _>>()?;
    Ok((columns, rows))
}

/// Returns the names of columns as a text.
fn names(columns: &[ReportColumn]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn field<T: DeserializeOwned>(table: &Table, name: &str) -> Result<T, String> {
    let json = table.get(name).ok_or_else(|| format!("has no `{name}`"))?;
    serde_json::from_str(json.get()).map_err(|error| format!("has a wrong `{name}`: {error}"))
}

impl<T> Stream for ReportRows<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<T> fmt::Debug for ReportRows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReportRows")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_another_number_of_values_is_named() {
        let columns = r#""column_definitions":[{"a":{"type":"Text"}},{"b":{"type":"Text"}}]"#;
        let body = |rows: &str| format!("{{{columns},\"row_values\":{rows}}}");
        for (rows, expected) in [
            ("[[1,2],[3]]", "has 1 values in row 12, but 2 columns"),
            ("[[1,2,3]]", "has 3 values in row 11, but 2 columns"),
            ("[[]]", "has 0 values in row 11, but 2 columns"),
        ] {
            assert_eq!(read(body(rows).as_bytes(), 10).unwrap_err(), expected);
        }
        let (_, rows) = read(body("[[1,\"x\"],[null,{}]]").as_bytes(), 0).unwrap();
        assert_eq!(rows[1].number(), 2);
        assert_eq!(serde_json::to_string(&rows[0]).unwrap(), r#"{"a":1,"b":"x"}"#);
        for body in ["[]", "{}", r#"{"row_values":[]}"#, "<html>"] {
            assert!(read(body.as_bytes(), 0).is_err(), "{body}");
        }
    }

    #[test]
    fn a_row_is_a_map_in_the_order_of_the_columns() {
        let body = r#"{"column_definitions":[{"z":{}},{"a":{}},{"Z":{}}],"row_values":[[1.50,2,null]]}"#;
        let (_, rows) = read(body.as_bytes(), 0).unwrap();
        let names: Vec<_> = rows[0].iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(names, ["z=1.5", "a=2", "Z_2=null"]);
        assert_eq!(
            (rows[0].get("Z"), rows[0].get("Z_2"), rows[0].get("x")),
            (Some(1.5.into()), Some(serde_json::Value::Null), None)
        );
        assert_eq!(rows[0].value(1), Some(2.into()));
        assert_eq!(serde_json::to_string(&rows[0]).unwrap(), r#"{"z":1.50,"a":2,"Z_2":null}"#);
    }
}
