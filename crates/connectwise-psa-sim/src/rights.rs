//! Checks the names of the rights that `SimBuilder::deny_right` takes away from the security role.

use std::collections::BTreeSet;

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
}
