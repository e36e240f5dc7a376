//! The table in `docs/performance.md`, between two comments. The rest of the page is written by hand.

use super::results::Results;
use super::table;
use crate::{Failure, output, repository};

const BEGIN: &str = "<!-- The table of `cargo xtask bench --page` begins here. -->\n";
const END: &str = "<!-- The table of `cargo xtask bench --page` ends here. -->";

/// Replaces the table of the page.
pub(crate) fn write(results: &Results) -> Result<(), Failure> {
    let path = repository::root().join("docs/performance.md");
    let page = repository::read(&path)?;
    let page = replaced(&page, results).map_err(|error| format!("{}: {error}", path.display()))?;
    output::replace_file(&path, &page)?;
    Ok(())
}

/// Returns the page with the table of these results.
fn replaced(page: &str, results: &Results) -> Result<String, String> {
    let missing = |comment: &str| format!("the comment `{}` is missing", comment.trim());
    let (before, rest) = page.split_once(BEGIN).ok_or_else(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
    let Results { date, machine, command, rows, .. } = results;
    let data_set = results.data_set.as_ref().map(|data| format!("Data set: {data}.\n\n")).unwrap_or_default();
    let table = table::markdown(rows);
    Ok(format!("{before}{BEGIN}\n`{command}` on {date}, {machine}.\n\n{data_set}{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row::Row;

    #[test]
    fn only_the_table_is_replaced() {
        let results = Results {
            date: "2026-11-28".to_owned(),
            machine: "2 cores".to_owned(),
            command: "cargo xtask bench".to_owned(),
            data_set: Some("a page".to_owned()),
            rows: vec![Row::exact("program/size", "MB", 30.0, None)],
        };
        let page = format!("# Title\n\n{BEGIN}old\n{END}\n\n## More\n");
        let written = replaced(&page, &results).unwrap();
        assert!(written.starts_with("# Title\n\n<!--") && written.ends_with("-->\n\n## More\n"), "{written}");
        assert!(written.contains("\n`cargo xtask bench` on 2026-11-28, 2 cores.\n\nData set: a page.\n"), "{written}");
        assert!(written.contains("| program/size | 30.0 MB |") && !written.contains("old"), "{written}");
        // A second run replaces the table of the first.
        assert_eq!(replaced(&written, &results).unwrap(), written);
        assert!(replaced("# Title\n", &results).unwrap_err().contains("begins here"));
    }
}
