//! The callbacks that an integration wants, and the scope that says which registered callbacks are its own.

use std::collections::BTreeMap;

use connectwise_psa_core::error::Error;
use url::Url;

use crate::webhooks::callbacks::RegisteredCallback;
use crate::webhooks::levels::OWNER;
use crate::webhooks::levels::Subscription;
use crate::webhooks::registration::Registration;

/// The whole set of callbacks that an integration wants, for [`Callbacks::reconcile`](crate::webhooks::Callbacks::reconcile).
///
/// # Scope
///
/// The list of callbacks contains those of every integration of the company. The scope says which of them belong to
/// this one: those whose URL has the scheme, host and port of [`below`](Self::below), and its path or a path below it.
/// Only these are changed and deleted. `https://hooks.example.com/psa` contains `https://hooks.example.com/psa/tickets?id=`,
/// but not `https://hooks.example.com/psa-test?id=` and not `https://hooks.example.com.evil.example/psa?id=`.
///
/// Two integrations, or a test system and a production system, need different paths or hosts. Callbacks of the old SOAP
/// API are never changed.
///
/// A set without registrations deletes all callbacks of the scope.
#[derive(Clone, Debug)]
#[must_use = "a set of callbacks does nothing by itself: pass it to `reconcile`"]
pub struct RegistrationSet {
    scopes: Vec<Url>,
    registrations: Vec<Registration>,
}

/// What makes a callback unique: type, level, object id and URL. Observed on live servers: the type and the level are
/// accepted in any letter case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    callback_type: String,
    level: String,
    object_id: i32,
    url: String,
}

impl Key {
    fn new(subscription: &Subscription, url: &str) -> Self {
        let level = subscription.level().to_ascii_lowercase();
        let is_owner = level.eq_ignore_ascii_case(OWNER);
        Self {
            callback_type: subscription.callback_type().as_str().to_ascii_lowercase(),
            level,
            // `Owner` means every record, whatever its object id is.
            object_id: if is_owner { 0 } else { subscription.object_id() },
            url: url.to_owned(),
        }
    }

    pub(crate) fn of_callback(callback: &RegisteredCallback) -> Self {
        Self::new(&callback.subscription, callback.url.trim())
    }
}

impl RegistrationSet {
    /// Creates an empty set whose scope is the callbacks with this URL or a URL below it: `https://hooks.example.com/psa`.
    ///
    /// # Errors
    ///
    /// An invalid-input error if the text is not an http or https URL, or has a query or a fragment.
    pub fn below(url: impl AsRef<str>) -> Result<Self, Error> {
        Self { scopes: Vec::new(), registrations: Vec::new() }.and_below(url)
    }

    /// Adds another URL to the scope, for example the one that the receiver had before it moved. Callbacks with that URL
    /// are deleted unless they are wanted.
    ///
    /// # Errors
    ///
    /// The errors of [`below`](Self::below).
    pub fn and_below(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        let url = Url::parse(url.as_ref().trim())
            .map_err(|error| Error::invalid_input_from("scope", "is not an absolute URL", error))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(Error::invalid_input("scope", "is not an http or https URL with a host"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::invalid_input("scope", "has a query or a fragment; the scope is a host and a path"));
        }
        self.scopes.push(url);
        Ok(self)
    }

    /// Adds a callback to the set.
    pub fn with(mut self, registration: Registration) -> Self {
        self.registrations.push(registration);
        self
    }

    /// Returns the callbacks of the set.
    pub fn registrations(&self) -> &[Registration] {
        &self.registrations
    }

    /// Returns whether a URL is in the scope.
    fn contains(&self, url: &str) -> bool {
        Url::parse(url.trim()).is_ok_and(|url| self.scopes.iter().any(|scope| is_below(scope, &url)))
    }

    /// Returns whether a registered callback belongs to this integration.
    #[must_use]
    pub fn owns(&self, callback: &RegisteredCallback) -> bool {
        !callback.is_soap && self.contains(&callback.url)
    }

    /// Checks all registrations, and returns them by what makes them unique.
    pub(crate) fn by_key(&self) -> Result<BTreeMap<Key, &Registration>, Error> {
        let mut by_key = BTreeMap::new();
        for registration in &self.registrations {
            registration.check()?;
            if !self.contains(registration.url()) {
                let problem = format!("{:?} is outside of the scope, so it could never be deleted", registration.url());
                return Err(Error::invalid_input("url", problem));
            }
            let key = Key::new(registration.subscription(), registration.url());
            match by_key.insert(key, registration) {
                Some(other) if other != registration => {
                    let problem = format!("contain {} twice, with different settings", registration.subscription());
                    return Err(Error::invalid_input("registrations", problem));
                }
                _ => {}
            }
        }
        Ok(by_key)
    }
}

/// Returns whether a URL has the origin of a scope, and its path or a path below it.
fn is_below(scope: &Url, url: &Url) -> bool {
    let is_same_origin = scope.scheme() == url.scheme()
        && scope.host_str() == url.host_str()
        && scope.port_or_known_default() == url.port_or_known_default();
    let prefix = scope.path().trim_end_matches('/');
    is_same_origin && url.path().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::levels::{ContactLevel, TicketLevel};

    #[test]
    fn the_scope_is_an_origin_and_a_path() {
        let wanted = RegistrationSet::below("https://hooks.example.com/psa").unwrap();
        for (url, expected) in [
            ("https://hooks.example.com/psa?recordId=", true),
            ("https://HOOKS.example.com:443/psa/tickets?recordId=", true),
            (" https://hooks.example.com/psa/ ", true),
            ("https://user@hooks.example.com/psa?recordId=", true),
            ("https://hooks.example.com/psa-test?recordId=", false),
            ("https://hooks.example.com/psa/../other?recordId=", false),
            ("https://hooks.example.com/PSA?recordId=", false),
            ("https://hooks.example.com/?next=/psa", false),
            ("https://hooks.example.com", false),
            ("http://hooks.example.com/psa?recordId=", false),
            ("https://hooks.example.com:8443/psa?recordId=", false),
            ("https://hooks.example.com.evil.example/psa?recordId=", false),
            ("https://hooks.example.com@evil.example/psa?recordId=", false),
            ("hooks.example.com/psa", false),
            ("", false),
        ] {
            assert_eq!(wanted.contains(url), expected, "{url}");
        }
        let everything = RegistrationSet::below("https://hooks.example.com").unwrap();
        assert!(everything.contains("https://hooks.example.com/anything?x="));
        let moved = wanted.and_below("http://old.example/").unwrap();
        assert!(moved.contains("http://old.example/x?recordId=") && moved.contains("https://hooks.example.com/psa"));
        for scope in ["", "hooks.example.com", "https://h/?x=", "https://h/#x", "ftp://h/"] {
            assert_eq!(RegistrationSet::below(scope).unwrap_err().parameter(), Some("scope"), "{scope}");
        }
    }

    #[test]
    fn a_set_is_checked_as_a_whole() {
        let tickets = || Registration::tickets(TicketLevel::Owner, "https://h/psa");
        let set = || RegistrationSet::below("https://h/psa").unwrap().with(tickets());
        assert_eq!(set().with(tickets()).by_key().unwrap().len(), 1);
        assert_eq!(set().with(Registration::contacts(ContactLevel::Owner, "https://h/psa")).by_key().unwrap().len(), 2);
        for (wanted, expected) in [
            (set().with(Registration::tickets(TicketLevel::Owner, "https://h/other")), "outside of the scope"),
            (set().with(tickets().suppress_own_changes()), "twice, with different settings"),
            (set().with(tickets().description("x".repeat(101))), "description has 101 characters"),
        ] {
            let error = wanted.by_key().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
