//! Lists: one page, some records or all of them, printed while they are read.

use connectwise_psa::raw::RawRequest;
use serde_json::value::RawValue;

use crate::error::CommandError;
use crate::output::Output;

/// How much of a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// One page, counted from 1.
    Page(u32),
    /// At most this many records.
    Limit(u64),
    /// All pages.
    All,
}

/// Prints the records of a list, and says if there are more. Returns how many were printed. `has_count` is whether the
/// records can be counted, for the progress.
pub(crate) async fn print(
    request: impl Fn() -> RawRequest,
    extent: Extent,
    has_count: bool,
    columns: &[String],
    output: &Output,
) -> Result<usize, CommandError> {
    let list = || request().list_as::<Box<RawValue>>();
    let mut writer = output.records(columns);
    let mut records = match extent {
        Extent::Page(page) => {
            let page = list().page(page).await?;
            let (shown, has_more) = (page.items.len(), page.next_page().is_some());
            for record in &page {
                writer.write(record)?;
            }
            writer.finish()?;
            if has_more {
                output.note(&format!("{shown} records are shown, and there are more: --all reads all, --limit N more"));
            }
            return Ok(shown);
        }
        Extent::Limit(limit) => list().take(limit),
        Extent::All => {
            if has_count && writer.shows_progress() {
                // A list is worth having without its count.
                writer.set_total(list().count().await.ok().and_then(|count| u64::try_from(count).ok()));
            }
            list()
        }
    }
    .stream();
    let mut printed = 0_usize;
    while let Some(record) = records.next().await {
        writer.write(&record?)?;
        printed = printed.saturating_add(1);
    }
    writer.finish()?;
    Ok(printed)
}
