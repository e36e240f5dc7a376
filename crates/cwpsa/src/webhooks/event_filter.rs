//! The events that a user chooses: `ticket`, or `ticket.updated`.

use std::str::FromStr;

use connectwise_psa::webhooks::{Action, CallbackType};

/// The actions, by the names that messages have.
pub(crate) const ACTIONS: [(&str, Action); 3] =
    [("added", Action::Added), ("updated", Action::Updated), ("deleted", Action::Deleted)];

/// Events of a type: all of them, or those with one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventFilter {
    pub(crate) callback_type: CallbackType,
    pub(crate) action: Option<Action>,
}

impl EventFilter {
    /// Returns whether the filter is for an event.
    pub(crate) fn matches(&self, callback_type: &CallbackType, action: Action) -> bool {
        self.callback_type == *callback_type && self.action.is_none_or(|wanted| wanted == action)
    }
}

impl FromStr for EventFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (type_name, action) = match text.split_once('.') {
            Some((type_name, action)) => (type_name, Some(action)),
            None => (text, None),
        };
        let callback_type = callback_type(type_name)?;
        let action = action.map(|name| {
            let known = ACTIONS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            known
                .map(|(_, action)| action)
                .ok_or_else(|| format!("{name:?} is not an action: {}", ACTIONS.map(|(known, _)| known).join(", ")))
        });
        Ok(Self { callback_type, action: action.transpose()? })
    }
}

/// Returns the type with a name in any letter case, or with its plural.
fn callback_type(name: &str) -> Result<CallbackType, String> {
    let singulars = [Some(name), name.strip_suffix('s')];
    let mut known = singulars.into_iter().flatten().map(CallbackType::from_text);
    known.find(|callback_type| !matches!(callback_type, CallbackType::Other(_))).ok_or_else(|| {
        let names: Vec<String> = CallbackType::KNOWN.iter().map(|known| known.as_str().to_lowercase()).collect();
        format!("{name:?} is not a type of webhooks: {}", names.join(", "))
    })
}

/// Returns the name of an action, as messages have it.
pub(crate) fn action_name(action: Action) -> &'static str {
    ACTIONS.into_iter().find(|(_, known)| *known == action).map_or("changed", |(name, _)| name)
}

/// Returns the name of a type, as messages have it.
pub(crate) fn type_name(callback_type: &CallbackType) -> String {
    callback_type.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_types_with_or_without_an_action() {
        for (text, callback_type, action) in [
            ("ticket", CallbackType::Ticket, None),
            ("Tickets", CallbackType::Ticket, None),
            ("ticket.updated", CallbackType::Ticket, Some(Action::Updated)),
            ("PurchaseOrder.Deleted", CallbackType::PurchaseOrder, Some(Action::Deleted)),
        ] {
            let filter: EventFilter = text.parse().unwrap();
            assert_eq!(filter, EventFilter { callback_type, action });
        }
        for (text, expected) in [
            ("robot", "\"robot\" is not a type of webhooks: activity, agreement"),
            ("ticket.closed", "\"closed\" is not an action: added, updated, deleted"),
            ("", "is not a type"),
        ] {
            let error = text.parse::<EventFilter>().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_filter_with_an_action_matches_only_this_action() {
        let filter: EventFilter = "ticket.updated".parse().unwrap();
        assert!(filter.matches(&CallbackType::Ticket, Action::Updated));
        assert!(!filter.matches(&CallbackType::Ticket, Action::Added));
        assert!(!filter.matches(&CallbackType::Contact, Action::Updated));
    }
}
