//! The choice of a record by its name: exactly one active record must have the name.

use std::fmt::Write as _;

use serde_json::Value;

use crate::error::CommandError;

/// The most records that an error lists.
const MAX_LISTED: usize = 10;

/// A similarity from which a name is suggested.
const SIMILAR: f64 = 0.7;

/// A record that a name can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) id: i64,
    names: Vec<String>,
    is_inactive: bool,
}

impl Candidate {
    /// Reads a record of a list. `names` are the fields that a name can be; several separated by spaces are one name.
    pub(crate) fn of(record: &Value, names: &[&str]) -> Option<Self> {
        let text = |field: &str| record.get(field).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        let joined = |fields: &&str| {
            let parts: Vec<&str> = fields.split(' ').map(text).filter(|part| !part.is_empty()).collect();
            parts.join(" ")
        };
        let flag = |field: &str| record.get(field).and_then(Value::as_bool).unwrap_or_default();
        Some(Self {
            id: record.get("id")?.as_i64()?,
            names: names.iter().map(joined).filter(|name| !name.is_empty()).collect(),
            is_inactive: ["inactiveFlag", "inactive", "deletedFlag"].into_iter().any(flag),
        })
    }

    fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.to_lowercase() == name.to_lowercase())
    }

    fn similarity(&self, name: &str) -> f64 {
        let name = name.to_lowercase();
        let similarity = |own: &String| {
            let own = own.to_lowercase();
            if own.contains(&name) { 1.0 } else { strsim::jaro_winkler(&own, &name) }
        };
        self.names.iter().map(similarity).fold(0.0, f64::max)
    }

    fn line(&self) -> String {
        let inactive = if self.is_inactive { "  (inactive)" } else { "" };
        let mut names = self.names.clone();
        names.dedup();
        format!("  {}  {}{inactive}", self.id, names.join(", "))
    }
}

/// Returns the id of the only active record with a name, in any letter case. `None` if no record has it.
pub(crate) fn choose(field: &str, name: &str, candidates: &[Candidate]) -> Result<Option<i64>, CommandError> {
    let named: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.has_name(name)).collect();
    let active: Vec<&Candidate> = named.iter().copied().filter(|candidate| !candidate.is_inactive).collect();
    match (active.as_slice(), named.as_slice()) {
        ([one], _) => Ok(Some(one.id)),
        ([], []) => Ok(None),
        ([], [one, ..]) => Err(CommandError::usage(format!(
            "{field}: {name:?} is inactive, so nothing was changed:\n{}",
            lines(&named)
        ))
        .with_next_step(format!("to choose it anyway, give its id: {field}={}", one.id))),
        ([one, ..], _) => Err(CommandError::usage(format!(
            "{field}: {} records have the name {name:?}, so nothing was changed:\n{}",
            active.len(),
            lines(&active)
        ))
        .with_next_step(format!("give the id of one of them, such as {field}={}", one.id))),
    }
}

/// Returns the error for a name that no record has, with the records that have a similar one.
pub(crate) fn unknown(field: &str, name: &str, candidates: &[Candidate]) -> CommandError {
    let mut similar: Vec<(f64, &Candidate)> =
        candidates.iter().map(|candidate| (candidate.similarity(name), candidate)).collect();
    similar.retain(|(similarity, candidate)| *similarity >= SIMILAR && !candidate.is_inactive);
    similar.sort_by(|(one, first), (other, second)| other.total_cmp(one).then_with(|| first.id.cmp(&second.id)));
    let similar: Vec<&Candidate> = similar.into_iter().map(|(_, candidate)| candidate).collect();
    let message = format!("{field}: no record has the name {name:?}, so nothing was changed");
    let active: Vec<&Candidate> = candidates.iter().filter(|candidate| !candidate.is_inactive).collect();
    match similar.first() {
        // A short list, such as the statuses of a board, is shown whole.
        None if (1..=MAX_LISTED).contains(&active.len()) => {
            CommandError::usage(format!("{message}; there are:\n{}", lines(&active)))
        }
        None => CommandError::usage(message),
        Some(first) => CommandError::usage(format!("{message}; similar are:\n{}", lines(&similar)))
            .with_next_step(format!("give a whole name, or an id such as {field}={}", first.id)),
    }
}

fn lines(candidates: &[&Candidate]) -> String {
    let listed: Vec<String> = candidates.iter().take(MAX_LISTED).map(|candidate| candidate.line()).collect();
    let mut lines = listed.join("\n");
    if candidates.len() > MAX_LISTED {
        // Writing to a string cannot fail.
        let _ = write!(lines, "\n  and {} more", candidates.len() - MAX_LISTED);
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exit::Exit;

    fn boards() -> Vec<Candidate> {
        let records = [
            json!({"id": 1, "name": "Help Desk"}),
            json!({"id": 2, "name": "Projects"}),
            json!({"id": 3, "name": "projects", "inactiveFlag": true}),
            json!({"id": 4, "name": "Old", "inactive": true}),
            json!({"id": 5, "name": "Sales"}),
            json!({"id": 6, "name": "Sales"}),
            json!({"name": "without an id"}),
        ];
        records.iter().filter_map(|record| Candidate::of(record, &["name"])).collect()
    }

    #[test]
    fn exactly_one_active_record_has_the_name() {
        assert_eq!(choose("board", "help desk", &boards()).unwrap(), Some(1));
        assert_eq!(choose("board", "Projects", &boards()).unwrap(), Some(2));
        assert_eq!(choose("board", "Help", &boards()).unwrap(), None);
        for (name, expected) in [("Old", "is inactive"), ("Sales", "  5  Sales\n  6  Sales")] {
            let error = choose("board", name, &boards()).unwrap_err();
            assert!(error.exit() == Exit::Usage && error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn similar_names_are_suggested() {
        let error = unknown("board", "Help", &boards()).to_string();
        assert!(error.contains("  1  Help Desk") && !error.contains("Sales"), "{error}");
        let error = unknown("board", "Projcts", &boards()).to_string();
        assert!(error.contains("  2  Projects") && !error.contains("  3  "), "{error}");
        let error = unknown("board", "zzz", &boards()).to_string();
        assert!(error.contains("there are:\n  1  Help Desk") && !error.contains("similar"), "{error}");
        let many: Vec<Candidate> = std::iter::repeat_n(boards(), 3).flatten().collect();
        assert!(!unknown("board", "zzz", &many).to_string().contains("Help Desk"));
    }

    #[test]
    fn a_person_has_a_first_and_a_last_name() {
        let record = json!({"id": 7, "identifier": "ann", "firstName": "Ann", "lastName": "Lee"});
        let member = Candidate::of(&record, &["identifier", "firstName lastName"]).unwrap();
        assert!(member.has_name("ANN") && member.has_name("ann lee") && !member.has_name("Lee"));
        assert_eq!(member.line(), "  7  ann, Ann Lee");
    }
}
