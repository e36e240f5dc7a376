//! The callbacks of a company: the handle that lists, creates, deletes and reconciles them.

use connectwise_psa_bindings::types::CallbackEntry;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{DateTime, Record as _, RecordInfo};
use connectwise_psa_core::patch::Patch;

use crate::client::Psa;
use crate::webhooks::levels::Subscription;
use crate::webhooks::registration::Registration;

/// The callbacks that are registered with PSA; see [`Psa::callbacks`].
#[derive(Clone, Debug)]
pub struct Callbacks {
    pub(crate) psa: Psa,
}

impl Psa {
    /// Returns a handle to the callbacks (webhooks) of the company.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), Box<dyn std::error::Error>> {
    /// use connectwise_psa::webhooks::{ContactLevel, Registration, TicketLevel, RegistrationSet};
    ///
    /// let receiver = "https://hooks.example.com/psa";
    /// let wanted = RegistrationSet::below(receiver)?
    ///     .with(Registration::tickets(TicketLevel::Owner, format!("{receiver}/tickets")))
    ///     .with(Registration::contacts(ContactLevel::Owner, format!("{receiver}/contacts")));
    /// let report = psa.callbacks().reconcile(&wanted).await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn callbacks(&self) -> Callbacks {
        Callbacks { psa: self.clone() }
    }
}

/// A callback that is registered with PSA.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RegisteredCallback {
    /// The id of the registration.
    pub id: i32,
    /// The type and the level.
    pub subscription: Subscription,
    /// The URL that messages are sent to, without the id of the record that PSA appends.
    pub url: String,
    /// The description, which members see in PSA.
    pub description: Option<String>,
    /// Whether PSA sends no messages. Observed on live servers: PSA deactivates a callback whose messages have failed for
    /// three days. [`reconcile`](Callbacks::reconcile) and [`activate`](Callbacks::activate) activate it again.
    pub is_inactive: bool,
    /// Whether changes by the API member that has registered the callback are left out.
    pub is_self_suppressed: bool,
    /// Whether it is a callback of the old SOAP API. This crate does not read its messages and never changes it.
    pub is_soap: bool,
    /// The format of the messages, such as `3.0.0`.
    pub payload_version: Option<String>,
    /// The id of the member who has registered the callback.
    pub member_id: Option<i32>,
    /// When the registration was last changed.
    pub last_updated: Option<DateTime>,
    /// The identifier of the member who last changed the registration.
    pub updated_by: Option<String>,
}

impl RegisteredCallback {
    /// Reads the record of a callback. A record without an id is an error: it could not be changed or deleted.
    pub(crate) fn read(entry: CallbackEntry) -> Result<Self, Error> {
        let id = entry.id()?;
        let info: Option<&RecordInfo> = entry.info.as_ref();
        Ok(Self {
            id,
            subscription: Subscription::from_text(
                entry.type_.as_deref().unwrap_or_default(),
                entry.level.as_deref().unwrap_or_default(),
                entry.object_id.unwrap_or_default(),
            ),
            last_updated: info.and_then(RecordInfo::last_updated),
            updated_by: info.and_then(RecordInfo::updated_by).map(str::to_owned),
            url: entry.url.unwrap_or_default(),
            description: entry.description.filter(|text| !text.is_empty()),
            is_inactive: entry.inactive_flag.unwrap_or(false),
            is_self_suppressed: entry.is_self_suppressed_flag.unwrap_or(false),
            is_soap: entry.is_soap_callback_flag.unwrap_or(false),
            payload_version: entry.payload_version,
            member_id: entry.member_id,
        })
    }
}

impl Callbacks {
    /// Returns all callbacks that the API member may see, those of other integrations too, in the order of their ids.
    ///
    /// # Errors
    ///
    /// The errors of the list.
    pub async fn list(&self) -> Result<Vec<RegisteredCallback>, Error> {
        let entries = self.psa.system().list_callbacks().all().await?;
        let mut callbacks = entries.into_iter().map(RegisteredCallback::read).collect::<Result<Vec<_>, _>>()?;
        callbacks.sort_by_key(|callback| callback.id);
        Ok(callbacks)
    }

    /// Registers a callback. To declare a whole set of callbacks, use [`reconcile`](Self::reconcile).
    ///
    /// # Errors
    ///
    /// Invalid input, and the errors of the call. If the same type, level, object id and URL are registered already,
    /// [`already_exists`](Self::already_exists) is true for the error.
    pub async fn create(&self, registration: &Registration) -> Result<RegisteredCallback, Error> {
        let entry = registration.entry()?;
        RegisteredCallback::read(self.psa.system().create_callback(&entry).await?)
    }

    /// Deletes a callback.
    ///
    /// # Errors
    ///
    /// The errors of the call. If another process has deleted the callback, the error
    /// [`is_not_found`](Error::is_not_found).
    pub async fn delete(&self, id: i32) -> Result<(), Error> {
        self.psa.system().delete_callback(id).await
    }

    /// Activates a callback that PSA has deactivated.
    ///
    /// # Errors
    ///
    /// The errors of the call.
    pub async fn activate(&self, id: i32) -> Result<RegisteredCallback, Error> {
        self.update(id, &Patch::new().set(CallbackEntry::fields().inactive_flag(), false)).await
    }

    pub(crate) async fn update(&self, id: i32, patch: &Patch) -> Result<RegisteredCallback, Error> {
        RegisteredCallback::read(self.psa.system().update_callback(id, patch).await?)
    }

    /// Returns whether an error of [`create`](Self::create) says that the same callback is registered already.
    ///
    /// Observed on live servers: the status is 400, and a field error has the code `ObjectExists`.
    #[must_use]
    pub fn already_exists(error: &Error) -> bool {
        error.field_errors().iter().any(|field| field.code.as_deref() == Some("ObjectExists"))
    }
}
