//! Removal of contacts, and the error for a duplicate.

use connectwise_psa_bindings::types::Contact;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::Record;
use connectwise_psa_core::patch::Patch;
use http::StatusCode;

use crate::bulk::run::{self as bulk, BulkOptions, BulkReport};
use crate::contacts::handle::Contacts;

/// What became of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removal {
    /// It was deleted.
    Deleted,
    /// It was deactivated (`inactiveFlag`), because other records refer to it.
    Deactivated {
        /// The server's message.
        reason: String,
    },
}

impl Contacts {
    /// Deletes a contact. If the server rejects that with 409, because other records such as tickets refer to the
    /// contact, deactivates it instead. `psa.company().list_contact_usages(id)` lists what refers to it.
    ///
    /// # Errors
    ///
    /// The errors of the requests. After any other error the contact is not deactivated. That includes a 409 without an
    /// error code, such as a page of a proxy, because it is not PSA's decision.
    pub async fn delete_or_deactivate(&self, contact_id: i32) -> Result<Removal, Error> {
        match self.psa.company().delete_contact(contact_id).await {
            Ok(()) => Ok(Removal::Deleted),
            Err(error) if is_in_use(&error) => {
                self.deactivate(contact_id).await?;
                Ok(Removal::Deactivated { reason: error.message().unwrap_or_default().to_owned() })
            }
            Err(error) => Err(error),
        }
    }

    /// Deactivates a contact (`inactiveFlag`).
    ///
    /// # Errors
    ///
    /// The errors of the request.
    pub async fn deactivate(&self, contact_id: i32) -> Result<Contact, Error> {
        let patch = Patch::new().set(Contact::fields().inactive_flag(), true);
        self.psa.company().update_contact(contact_id, &patch).await
    }

    /// Deactivates the active contacts of a company, for example when the company leaves. Returns a result for each of
    /// them.
    ///
    /// # Errors
    ///
    /// The errors of the list. The errors of single contacts are in the report.
    pub async fn deactivate_all(&self, company_id: i32) -> Result<BulkReport<Contact>, Error> {
        let contacts = self.active_of_company(company_id).all().await?;
        let ids = contacts.iter().map(Record::id).collect::<Result<Vec<_>, _>>()?;
        let calls = ids.into_iter().map(|id| Box::pin(self.deactivate(id)));
        Ok(bulk::run(calls, BulkOptions::new()).await)
    }
}

/// Returns whether PSA rejected a delete with 409 and one of its error codes.
fn is_in_use(error: &Error) -> bool {
    error.is_api() && error.status() == Some(StatusCode::CONFLICT) && error.code().is_some()
}

/// Returns whether the server rejected a record because another one has the same unique value, such as the e-mail address
/// of a contact: the code `ObjectExists`, as the code of the error or of one of its fields.
#[must_use]
pub fn is_duplicate(error: &Error) -> bool {
    const CODE: &str = "ObjectExists";
    error.code() == Some(CODE) || error.field_errors().iter().any(|field| field.code.as_deref() == Some(CODE))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    #[test]
    fn duplicates_are_recognised() {
        let error = |body: serde_json::Value| {
            Error::from_response(StatusCode::BAD_REQUEST, &HeaderMap::new(), body.to_string().as_bytes())
        };
        let nested = json!({"code": "InvalidObject", "message": "contact object is invalid",
            "errors": [{"code": "ObjectExists", "message": "exists", "resource": "contact", "field": "email"}]});
        assert!(is_duplicate(&error(nested)));
        assert!(is_duplicate(&error(json!({"code": "ObjectExists", "message": "exists"}))));
        assert!(!is_duplicate(&error(json!({"code": "InvalidObject", "message": "exists"}))));
    }
}
