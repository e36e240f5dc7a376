//! Contacts: communication items, portal access, and deactivation.
