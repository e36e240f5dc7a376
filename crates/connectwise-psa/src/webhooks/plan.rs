//! The difference between the callbacks that an integration wants and those that are registered.

use std::collections::BTreeMap;
use std::fmt;

use connectwise_psa_bindings::types::CallbackEntry;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::patch::Patch;

use crate::webhooks::callbacks::RegisteredCallback;
use crate::webhooks::registration::Registration;
use crate::webhooks::registration_set::{Key, RegistrationSet};

/// What [`reconcile`](crate::webhooks::Callbacks::reconcile) would do; see
/// [`plan`](crate::webhooks::Callbacks::plan). Its `Display` has one line for each change.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// Callbacks to create.
    pub create: Vec<Registration>,
    /// Callbacks to change or to activate again.
    pub update: Vec<PlannedUpdate>,
    /// Callbacks to delete: of the scope, but not wanted, or registered twice.
    pub delete: Vec<RegisteredCallback>,
    /// Callbacks that are as they are wanted.
    pub unchanged: Vec<RegisteredCallback>,
}

/// A callback to change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlannedUpdate {
    /// The callback as it is.
    pub callback: RegisteredCallback,
    /// Whether the callback is inactive and will be activated.
    pub activates: bool,
    /// Whether its description, or whether own changes are left out, will change.
    pub changes: bool,
    pub(crate) patch: Patch,
}

impl Plan {
    /// Compares the wanted callbacks with the registered ones, which are in the order of their ids.
    pub(crate) fn new(wanted: &RegistrationSet, registered: Vec<RegisteredCallback>) -> Result<Self, Error> {
        let wanted_by_key = wanted.by_key()?;
        let mut plan = Self::default();
        let mut kept = BTreeMap::new();
        for callback in registered.into_iter().filter(|callback| wanted.owns(callback)) {
            let key = Key::of_callback(&callback);
            match wanted_by_key.get(&key) {
                // The callback with the lowest id is kept, so that several processes keep the same one.
                Some(registration) if kept.insert(key, ()).is_none() => plan.keep(callback, registration),
                _ => plan.delete.push(callback),
            }
        }
        let missing = wanted_by_key.into_iter().filter(|(key, _)| !kept.contains_key(key));
        plan.create = missing.map(|(_, registration)| registration.clone()).collect();
        Ok(plan)
    }

    fn keep(&mut self, callback: RegisteredCallback, registration: &Registration) {
        let fields = CallbackEntry::fields;
        let mut patch = Patch::new();
        if let Some(description) = registration.description_text()
            && description != callback.description.as_deref().unwrap_or_default().trim()
        {
            patch = patch.set(fields().description(), description);
        }
        if registration.is_self_suppressed() != callback.is_self_suppressed {
            patch = patch.set(fields().is_self_suppressed_flag(), registration.is_self_suppressed());
        }
        let changes = !patch.is_empty();
        let activates = callback.is_inactive;
        if activates {
            patch = patch.set(fields().inactive_flag(), false);
        }
        if patch.is_empty() {
            self.unchanged.push(callback);
        } else {
            self.update.push(PlannedUpdate { callback, activates, changes, patch });
        }
    }

    /// Returns whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.create.is_empty() && self.update.is_empty() && self.delete.is_empty()
    }
}

/// One line for each change, such as `create Ticket, level Owner: https://hooks.example.com/psa?recordId=`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for registration in &self.create {
            writeln!(f, "create {}: {}", registration.subscription(), registration.url())?;
        }
        for update in &self.update {
            let verb = if update.activates { "activate" } else { "update" };
            writeln!(f, "{verb} {}", Line(&update.callback))?;
        }
        for callback in &self.delete {
            writeln!(f, "delete {}", Line(callback))?;
        }
        write!(f, "{} unchanged", self.unchanged.len())
    }
}

/// A registered callback in one line: `7, Ticket, level Owner: https://hooks.example.com/psa?recordId=`.
pub(crate) struct Line<'a>(pub(crate) &'a RegisteredCallback);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.0.id, self.0.subscription, self.0.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::levels::{CompanyLevel, ContactLevel, TicketLevel};

    fn registered(id: i32, callback_type: &str, level: &str, object_id: i32, url: &str) -> RegisteredCallback {
        let entry = CallbackEntry { id: Some(id), ..CallbackEntry::new(url, object_id, callback_type, level) };
        RegisteredCallback::read(entry).unwrap()
    }

    fn ids(callbacks: &[RegisteredCallback]) -> Vec<i32> {
        callbacks.iter().map(|callback| callback.id).collect()
    }

    #[test]
    fn the_plan_contains_the_difference_within_the_scope() {
        let url = "https://h/psa?recordId=";
        let wanted = RegistrationSet::below("https://h/psa")
            .unwrap()
            .with(Registration::tickets(TicketLevel::Owner, url))
            .with(Registration::tickets(TicketLevel::Board(3), url))
            .with(Registration::contacts(ContactLevel::Company(5), url).description("Contacts"))
            .with(Registration::companies(CompanyLevel::Owner, url));
        let mut soap = registered(9, "ticket", "owner", 1, url);
        soap.is_soap = true;
        let mut inactive = registered(4, "CONTACT", "company", 5, url);
        inactive.is_inactive = true;
        let plan = Plan::new(
            &wanted,
            vec![
                // Of another integration.
                registered(1, "ticket", "owner", 1, "https://other/psa?recordId="),
                // As wanted, although the server writes it differently.
                registered(2, "ticket", "owner", 0, url),
                // The same callback with another id.
                registered(3, "Ticket", "Owner", 1, url),
                inactive,
                registered(5, "ticket", "board", 4, url),
                registered(6, "robot", "owner", 1, url),
                registered(7, "company", "owner", 1, "https://h/psa?id="),
                soap,
            ],
        )
        .unwrap();
        assert_eq!(
            plan.create.iter().map(|registration| registration.subscription().to_string()).collect::<Vec<_>>(),
            ["Company, level Owner", "Ticket, level Board 3"]
        );
        assert_eq!(
            plan.update.iter().map(|update| (update.callback.id, update.activates, update.changes)).collect::<Vec<_>>(),
            [(4, true, true)]
        );
        assert_eq!((ids(&plan.delete), ids(&plan.unchanged)), (vec![3, 5, 6, 7], vec![2]));
        let text = plan.to_string();
        for line in
            ["create Ticket, level Board 3: https://h/psa?recordId=", "delete 3, Ticket, level Owner", "1 unchanged"]
        {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn a_set_without_registrations_deletes_the_callbacks_of_the_scope_and_no_others() {
        let wanted = RegistrationSet::below("https://h/psa").unwrap();
        let plan = Plan::new(
            &wanted,
            vec![
                registered(1, "ticket", "owner", 1, "https://h/psa?id="),
                registered(2, "ticket", "owner", 1, "https://h/?id="),
            ],
        )
        .unwrap();
        assert_eq!((ids(&plan.delete), plan.is_empty()), (vec![1], false));
        assert!(Plan::new(&wanted, Vec::new()).unwrap().is_empty());
    }
}
