//! The rights of the caller's security role: all, without those that `SimBuilder::deny_right` takes away.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Checks that a right exists.
///
/// # Errors
///
/// The right does not exist. The message suggests up to five rights that share a word with it.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for operation in connectwise_psa::catalogue::all() {
        for right in connectwise_psa::check::rights(operation.method.as_str(), operation.path) {
            known.insert(format!("{} > {}", right.area, right.entry));
            known.insert(right.to_string());
        }
    }
    if known.contains(text) {
        return Ok(());
    }
    let lower = text.to_lowercase();
    // Short words, such as `and`, occur in too many rights.
    let words: Vec<&str> =
        lower.split(|character: char| !character.is_alphanumeric()).filter(|word| word.len() > 3).collect();
    let common_words = |right: &&String| words.iter().filter(|word| right.to_lowercase().contains(**word)).count();
    let mut similar: Vec<&String> =
        known.iter().filter(|right| !right.ends_with(')') && common_words(right) > 0).collect();
    similar.sort_by_key(|right| std::cmp::Reverse(common_words(right)));
    let mut message = "there is no right with this name".to_owned();
    for (number, right) in similar.into_iter().take(5).enumerate() {
        message.push_str(if number == 0 { "; similar rights: " } else { ", " });
        message.push_str(right);
    }
    Err(message)
}

/// Returns the rights of the role as records of `/system/mySecurity`.
pub(crate) fn granted(denied: &[String]) -> Vec<Value> {
    let known: BTreeSet<_> = connectwise_psa::catalogue::all()
        .flat_map(|operation| connectwise_psa::check::rights(operation.method.as_str(), operation.path))
        .map(|right| (right.area, right.entry))
        .collect();
    let record = |(number, (area, entry)): (usize, (&str, &str))| {
        let right = format!("{area} > {entry}");
        let level = |column: &str| {
            let is_denied = denied.iter().any(|denied| *denied == right || *denied == format!("{right} ({column})"));
            if is_denied { "None" } else { "All" }
        };
        json!({
            "id": number + 1, "moduleIdentifier": area, "moduleName": area, "moduleDescription": area,
            "moduleFunctionIdentifier": entry, "moduleFunctionName": entry, "moduleFunctionDescription": entry,
            "addLevel": level("Add"), "editLevel": level("Edit"), "deleteLevel": level("Delete"),
            "inquireLevel": level("Inquire"), "customFlag": false,
        })
    };
    known.into_iter().enumerate().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_rights_are_rejected_with_suggestions() {
        assert_eq!(
            (check("Service Desk > Service Tickets"), check("Service Desk > Service Tickets (Add)")),
            (Ok(()), Ok(()))
        );
        let error = check("Service Desk > Tickets").unwrap_err();
        assert!(
            error.starts_with("there is no right with this name; similar rights: ")
                && error.contains("Service Desk > Service Tickets"),
            "{error}"
        );
        assert_eq!(check("x").unwrap_err(), "there is no right with this name");
    }

    #[test]
    fn denied_rights_have_no_level() {
        let denied = ["Service Desk > Service Tickets (Add)".to_owned(), "Companies > Contacts".to_owned()];
        let levels = |entry: &str| {
            let records = granted(&denied);
            let record = records.iter().find(|record| record["moduleFunctionName"] == entry).unwrap();
            ["addLevel", "editLevel", "deleteLevel", "inquireLevel"]
                .map(|name| record[name].as_str().unwrap().to_owned())
        };
        assert_eq!(levels("Service Tickets"), ["None", "All", "All", "All"]);
        assert_eq!(levels("Contacts"), ["None"; 4]);
        assert_eq!(levels("Merge Tickets"), ["All"; 4]);
    }
}
