//! The callbacks that `cwpsa listen` registers, and deletes when it ends. They have a path of their own: no other
//! callback is touched.

use connectwise_psa::Psa;
use connectwise_psa::webhooks::{
    CallbackType, Callbacks, ReconcileError, RegisteredCallback, Registration, RegistrationSet, Subscription,
};

use crate::error::CommandError;
use crate::exit::Exit;

/// The path below the public URL.
const PATH: &str = "cwpsa-listen";

/// What members see in PSA.
const DESCRIPTION: &str = "cwpsa listen (deleted when it ends)";

/// The callbacks of this program.
#[derive(Debug)]
pub(crate) struct OwnCallbacks {
    callbacks: Callbacks,
    /// All callbacks below this URL are the program's own.
    url: String,
    ids: Vec<i32>,
}

impl OwnCallbacks {
    /// Prepares callbacks below a URL that the server can reach.
    pub(crate) fn new(psa: &Psa, public_url: &str) -> Result<Self, CommandError> {
        let url = format!("{}/{PATH}", public_url.trim().trim_end_matches('/'));
        // Reports a URL that cannot be registered before anything else happens.
        let _ = RegistrationSet::below(&url)?;
        Ok(Self { callbacks: psa.callbacks(), url, ids: Vec::new() })
    }

    /// Returns the URL that messages are sent to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the ids of the registered callbacks.
    pub(crate) fn ids(&self) -> &[i32] {
        &self.ids
    }

    /// Registers a callback for all records of each type. Callbacks that an earlier run has left below the same URL are
    /// used or deleted.
    pub(crate) async fn register(&mut self, types: &[CallbackType]) -> Result<(), CommandError> {
        let mut wanted = RegistrationSet::below(&self.url)?;
        for callback_type in types {
            let subscription = Subscription::from_text(callback_type.as_str(), "Owner", 1);
            wanted = wanted.with(Registration::new(subscription, &self.url).description(DESCRIPTION));
        }
        let (report, result) = match self.callbacks.reconcile(&wanted).await {
            Ok(report) => (report, Ok(())),
            Err(ReconcileError { done, error, .. }) => (*done, Err(error.into())),
        };
        let registered = [report.created, report.updated, report.activated, report.unchanged];
        self.ids = registered.iter().flatten().map(|callback| callback.id).collect();
        self.ids.sort_unstable();
        self.ids.dedup();
        result
    }

    /// Deletes the callbacks. Returns how many there were.
    pub(crate) async fn delete(&mut self) -> Result<usize, CommandError> {
        let nothing = RegistrationSet::below(&self.url)?;
        match self.callbacks.reconcile(&nothing).await {
            Ok(report) => {
                self.ids.clear();
                Ok(report.deleted.len())
            }
            Err(ReconcileError { done, error, .. }) => {
                let is_deleted = |id: &i32| done.deleted.iter().any(|callback| callback.id == *id);
                self.ids.retain(|id| !is_deleted(id));
                // Says more than the known ids if a create request was ambiguous.
                if let Ok(all) = self.callbacks.list().await {
                    let own: Vec<RegisteredCallback> = all.into_iter().filter(|one| nothing.owns(one)).collect();
                    self.ids = own.iter().map(|callback| callback.id).collect();
                }
                Err(self.remaining(&error.to_string()))
            }
        }
    }

    /// Returns the error that says which callbacks are still registered.
    pub(crate) fn remaining(&self, reason: &str) -> CommandError {
        let ids: Vec<String> = self.ids.iter().map(ToString::to_string).collect();
        let message = match ids.as_slice() {
            [] => format!("whether callbacks below {} are still registered is not known: {reason}", self.url),
            ids => format!("callbacks are still registered, with the ids {}: {reason}", ids.join(", ")),
        };
        CommandError::new(Exit::Failure, "callbacks_remain", message).with_next_step(
            "Run the same command again and stop it, or delete each: cwpsa call system.delete_callback --param id=ID",
        )
    }
}
