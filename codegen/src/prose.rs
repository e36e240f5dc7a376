//! Reads the facts that the vendor states only in prose. This happens before all descriptions are removed.

/// Returns the number in `Max length: 50;`.
#[must_use]
pub(crate) fn max_length(description: &str) -> Option<u64> {
    let (_, after) = description.split_once("Max length:")?;
    let digits: String = after.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Returns whether the property is required when updating.
#[must_use]
pub(crate) fn required_on_updates(description: &str) -> bool {
    description.contains("Required On Updates")
}

/// Returns whether a reference is required although the schema does not list it as required.
#[must_use]
pub(crate) fn required_reference(description: &str) -> bool {
    description.contains("Required Reference")
}

/// Returns whether the property is accepted when creating and never returned.
#[must_use]
pub(crate) fn write_only(description: &str) -> bool {
    description.contains("Only available for POST") || description.contains("will never be returned in response")
}

/// Returns the media type of a response without content: `ContentType = image/png`.
#[must_use]
pub(crate) fn content_type(description: &str) -> Option<&str> {
    let (_, after) = description.split_once("ContentType =")?;
    let media = after.split_whitespace().next()?.trim_end_matches([';', ',', '.']);
    media.contains('/').then_some(media)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_found_anywhere_in_a_description() {
        for (text, expected) in [
            (" Max length: 100;", Some(100)),
            ("A label. Max length: 25;", Some(25)),
            ("Max length: 77; Required On Updates;", Some(77)),
            ("Max length: many;", None),
            ("Maximum 3", None),
        ] {
            assert_eq!(max_length(text), expected, "{text}");
        }
    }

    #[test]
    fn the_other_facts_are_found() {
        assert!(required_on_updates(" Required On Updates;") && !required_on_updates("Required"));
        assert!(required_reference("Required Reference") && !required_reference("Reference"));
        assert!(write_only("A secret. Only available for POST.") && !write_only("POST"));
        assert!(write_only("It will never be returned in response. Max length: 60;"));
        assert_eq!(content_type("ContentType = text/html"), Some("text/html"));
        assert_eq!(content_type("No Content"), None);
    }
}
