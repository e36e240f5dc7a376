//! Writes a comparison as JSON, for programs. `cargo xtask diff --json` prints it, and its help describes it.

use serde_json::{Value, json};

use super::{Change, Diff, Subject, Weight};

/// Returns the changes as an array.
pub(super) fn changes(diff: &Diff) -> Value {
    diff.changes.iter().map(change).collect()
}

fn change(change: &Change) -> Value {
    let weight = match change.weight {
        Weight::Breaking => "breaking",
        Weight::Added => "added",
        Weight::Changed => "changed",
    };
    json!({
        "weight": weight,
        "subject": subject(&change.subject),
        "rule": change.rule,
        "names": change.names,
        "message": change.message,
        "action": (!change.action.is_empty()).then_some(&change.action),
    })
}

fn subject(subject: &Subject) -> Value {
    match subject {
        Subject::Version => json!({"kind": "version"}),
        Subject::Section(section) => json!({"kind": "section", "section": section}),
        Subject::Operation { section, name, vendor_id } => {
            json!({"kind": "operation", "section": section, "name": name, "vendor_id": vendor_id})
        }
        Subject::Type { name, schema, property: None } => json!({"kind": "type", "type": name, "schema": schema}),
        Subject::Type { name, schema, property: Some(property) } => {
            json!({"kind": "field", "type": name, "schema": schema, "field": property.name, "json_name": property.json_name})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_has_its_names() {
        let subjects = [
            (Subject::Version, json!({"kind": "version"})),
            (Subject::Section("a".into()), json!({"kind": "section", "section": "a"})),
            (
                Subject::Operation { section: "a".into(), name: "get_b".into(), vendor_id: "getAB".into() },
                json!({"kind": "operation", "section": "a", "name": "get_b", "vendor_id": "getAB"}),
            ),
            (Subject::schema("SLAInfo"), json!({"kind": "type", "type": "SlaInfo", "schema": "SLAInfo"})),
            (
                Subject::property("T", "aB", &Value::Null),
                json!({"kind": "field", "type": "T", "schema": "T", "field": "a_b", "json_name": "aB"}),
            ),
        ];
        let (subjects, expected): (Vec<_>, Vec<_>) = subjects.into_iter().unzip();
        let changes = subjects
            .into_iter()
            .map(|subject| Change::new(Weight::Breaking, subject, "a-rule", "gone").action("do this").names(["x"]))
            .collect();
        let diff = Diff { changes, ..Diff::default() };
        for (change, subject) in diff.json().as_array().unwrap().iter().zip(expected) {
            assert_eq!(
                *change,
                json!({"weight": "breaking", "subject": subject, "rule": "a-rule", "names": ["x"], "message": "gone", "action": "do this"})
            );
        }
        let added = Change::new(Weight::Added, Subject::Version, "a-rule", "new");
        let diff = Diff { changes: vec![added], ..Diff::default() };
        assert_eq!(diff.json()[0]["action"], Value::Null);
    }
}
