//! The queries with the operations that fulfil them, and the names of actions.

use std::error::Error;
use std::path::Path;

/// A query with the vendor ids of the operations that fulfil it.
pub(crate) struct Query {
    pub(crate) stratum: String,
    pub(crate) split: String,
    pub(crate) text: String,
    pub(crate) accepted: Vec<String>,
}

/// A request that no operation fulfils.
pub(crate) struct Unfulfillable {
    pub(crate) split: String,
    pub(crate) text: String,
}

/// All queries.
pub(crate) struct Queries {
    pub(crate) queries: Vec<Query>,
    pub(crate) unfulfillable: Vec<Unfulfillable>,
    /// The names of actions, each with its operation.
    pub(crate) actions: Vec<Query>,
}

impl Queries {
    /// Reads the files.
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let queries = rows(&here.join("benches/search/queries.csv"))?
            .into_iter()
            .map(|[stratum, split, text, accepted]| {
                let accepted = accepted.split_whitespace().map(str::to_owned).collect();
                Query { stratum, split, text, accepted }
            })
            .collect();
        let unfulfillable = rows(&here.join("benches/search/unfulfillable.csv"))?
            .into_iter()
            .map(|[split, text]| Unfulfillable { split, text })
            .collect();
        let actions = rows(&here.join("../../openapi/actions.csv"))?
            .into_iter()
            .map(|[_, action, _, _, vendor_id, _, _]| Query {
                stratum: "actions".to_owned(),
                split: "all".to_owned(),
                text: action,
                accepted: vec![vendor_id],
            })
            .collect();
        Ok(Self { queries, unfulfillable, actions })
    }
}

/// Reads a CSV file with a header line and `N` columns.
fn rows<const N: usize>(path: &Path) -> Result<Vec<[String; N]>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record: Vec<_> = record?.iter().map(str::to_owned).collect();
        rows.push(record.try_into().map_err(|record| format!("{}: {record:?} is not {N} columns", path.display()))?);
    }
    Ok(rows)
}
