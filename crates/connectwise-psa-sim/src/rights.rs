//! Rights by their names, as those of a security role are taken away.

use std::collections::BTreeSet;

/// Refuses what no right is called, and tells which may have been meant.
///
/// # Errors
///
/// Those with a word in common.
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
    // Those that have a word in common.
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|character: char| !character.is_alphanumeric()).filter(|word| word.len() > 3).collect();
    let common = |right: &&String| words.iter().filter(|word| right.to_lowercase().contains(**word)).count();
    let mut alike: Vec<&String> = known.iter().filter(|right| !right.ends_with(')') && common(right) > 0).collect();
    alike.sort_by_key(|right| std::cmp::Reverse(common(right)));
    let mut message = "no right is called so".to_owned();
    for (number, right) in alike.into_iter().take(5).enumerate() {
        message.push_str(if number == 0 { "; there are " } else { ", " });
        message.push_str(right);
    }
    Err(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_known_by_their_names() {
        assert_eq!(
            (check("Service Desk > Service Tickets"), check("Service Desk > Service Tickets (Add)")),
            (Ok(()), Ok(()))
        );
        let refused = check("Service Desk > Tickets").unwrap_err();
        assert!(
            refused.starts_with("no right is called so; there are ")
                && refused.contains("Service Desk > Service Tickets"),
            "{refused}"
        );
        assert_eq!(check("x").unwrap_err(), "no right is called so");
    }
}
