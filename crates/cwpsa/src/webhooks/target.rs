//! The URL that messages are forwarded to. PSA appends the id of the record and the action to the URL of a callback; a
//! forwarded message has the same URL, so a program cannot tell the difference.

use std::fmt;
use std::str::FromStr;

use connectwise_psa::dependencies::reqwest::Url;
use connectwise_psa::webhooks::{Action, Registration, TicketLevel};

use crate::webhooks::event_filter::action_name;

/// An http or https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target(String);

impl Target {
    /// Returns the URL of a message, as PSA makes it. The query of the target is kept.
    pub(crate) fn url(&self, id: i64, action: Action) -> String {
        format!("{}{id}&action={}", self.0, action_name(action))
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let url =
            Url::parse(text).map_err(|error| format!("{error}: write a URL such as http://localhost:3000/psa"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{:?} is not http or https", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL with a user name or a password would show them in the output".to_owned());
        }
        if url.fragment().is_some() {
            return Err("a fragment is not sent: remove `#` and the text after it".to_owned());
        }
        // The type and the level do not matter: only the URL is used.
        Ok(Self(Registration::tickets(TicketLevel::Owner, url.as_str()).url().to_owned()))
    }
}

/// Prints the URL without the parameter for the id.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.strip_suffix("recordId=").unwrap_or(&self.0);
        f.write_str(shown.trim_end_matches(['?', '&']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_kept_and_the_id_and_the_action_are_appended() {
        for (text, expected) in [
            ("http://localhost:3000/psa", "http://localhost:3000/psa?recordId=7&action=updated"),
            ("http://localhost:3000", "http://localhost:3000/?recordId=7&action=updated"),
            ("https://h/psa?tenant=acme", "https://h/psa?tenant=acme&recordId=7&action=updated"),
            ("https://h/psa?id=", "https://h/psa?id=7&action=updated"),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.url(7, Action::Updated), expected);
        }
        assert_eq!("http://h/psa?a=b".parse::<Target>().unwrap().to_string(), "http://h/psa?a=b");
        assert_eq!("http://h/psa".parse::<Target>().unwrap().to_string(), "http://h/psa");
    }

    #[test]
    fn only_http_and_https_are_allowed() {
        for (text, expected) in [
            ("localhost:3000", "is not http or https"),
            ("file:///etc/passwd", "is not http or https"),
            ("/psa", "write a URL such as"),
            ("http://user:secret@h/", "would show them"),
            ("http://h/#top", "fragment"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{text}: {error}");
        }
    }
}
