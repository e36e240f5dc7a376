//! Makes the registered callbacks those that an integration wants.

use std::fmt;

use connectwise_psa_core::error::Error;

use crate::webhooks::callbacks::{Callbacks, RegisteredCallback};
use crate::webhooks::plan::{Line, Plan};
use crate::webhooks::registration_set::RegistrationSet;

/// How often the callbacks are compared. More than two comparisons mean that another process makes changes at the same
/// time.
const MAX_ROUNDS: usize = 5;

/// What [`reconcile`](Callbacks::reconcile) has done. Its `Display` has one line for each change.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Callbacks that were created.
    pub created: Vec<RegisteredCallback>,
    /// Callbacks whose settings were changed.
    pub updated: Vec<RegisteredCallback>,
    /// Callbacks that PSA had deactivated, and that are active again. If settings were changed too, they are also in
    /// `updated`. Messages were lost while they were inactive: catch up with the changes they were about.
    pub activated: Vec<RegisteredCallback>,
    /// Callbacks that were deleted.
    pub deleted: Vec<RegisteredCallback>,
    /// Callbacks that were as they are wanted.
    pub unchanged: Vec<RegisteredCallback>,
}

impl Report {
    /// Returns whether nothing had to be changed.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.created.is_empty() && self.updated.is_empty() && self.activated.is_empty() && self.deleted.is_empty()
    }
}

/// One line for each change, such as `created 7, Ticket, level Owner: https://hooks.example.com/psa?recordId=`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (verb, callbacks) in [
            ("created", &self.created),
            ("updated", &self.updated),
            ("activated", &self.activated),
            ("deleted", &self.deleted),
        ] {
            for callback in callbacks {
                writeln!(f, "{verb} {}", Line(callback))?;
            }
        }
        write!(f, "{} unchanged", self.unchanged.len())
    }
}

/// The error of [`reconcile`](Callbacks::reconcile). It says what was done before the error.
///
/// The call can be repeated, also after an ambiguous error: it looks at what is registered before it changes anything.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReconcileError {
    /// What was done before the error.
    pub done: Box<Report>,
    /// Why the rest was not done.
    pub error: Error,
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { created, updated, activated, deleted, .. } = self.done.as_ref();
        write!(
            f,
            "callbacks are only partly as wanted ({} created, {} updated, {} activated, {} deleted before the error)",
            created.len(),
            updated.len(),
            activated.len(),
            deleted.len()
        )
    }
}

impl std::error::Error for ReconcileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<ReconcileError> for Error {
    /// Returns the error of the call, without what was done before it.
    fn from(error: ReconcileError) -> Self {
        error.error
    }
}

impl Callbacks {
    /// Returns what [`reconcile`](Self::reconcile) would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// Invalid input, before anything is sent, and the errors of the list.
    pub async fn plan(&self, wanted: &RegistrationSet) -> Result<Plan, Error> {
        wanted.by_key()?;
        Plan::new(wanted, self.list().await?)
    }

    /// Makes the registered callbacks of the scope those that are wanted: creates those that are missing, updates those
    /// with other settings, activates those that PSA has deactivated, and deletes the others. Callbacks outside of the
    /// scope of [`RegistrationSet`] are not touched. A description that is not set in the registration is kept as it is.
    ///
    /// A second call changes nothing. Several processes that want the same set can call it at once: a callback that
    /// another process has just created or deleted is not an error, and of callbacks that were registered twice the one
    /// with the lowest id is kept. Processes that want different sets of the same scope undo each other's changes.
    ///
    /// New callbacks are created before others are deleted, so that no change is missed. An ambiguous request is not
    /// repeated: it ends the call with an error.
    ///
    /// # Errors
    ///
    /// Invalid input, before anything is sent; the first error of a call, with what was done before it; and an error if
    /// other processes keep changing the callbacks.
    pub async fn reconcile(&self, wanted: &RegistrationSet) -> Result<Report, ReconcileError> {
        let mut report = Report::default();
        match self.reconcile_into(wanted, &mut report).await {
            Ok(()) => Ok(report),
            Err(error) => Err(ReconcileError { done: Box::new(report), error }),
        }
    }

    async fn reconcile_into(&self, wanted: &RegistrationSet, report: &mut Report) -> Result<(), Error> {
        for round in 0..MAX_ROUNDS {
            let plan = self.plan(wanted).await?;
            if round == 0 {
                report.unchanged = plan.unchanged.clone();
            }
            if plan.is_empty() {
                return Ok(());
            }
            // Another process can have created the same callback between the list and the create request. The next
            // round finds it. Without create requests and conflicts, there is nothing left to find.
            let may_be_duplicated = !plan.create.is_empty();
            let had_conflicts = self.apply(plan, report).await?;
            if !may_be_duplicated && !had_conflicts {
                return Ok(());
            }
        }
        let problem = format!(
            "are still not as wanted after {MAX_ROUNDS} comparisons: another process changes the callbacks of this scope, \
             or one of them exists and the API member may not see it"
        );
        Err(Error::invalid_input("callbacks", problem))
    }

    /// Makes the changes of a plan. Returns whether another process was faster with one of them.
    async fn apply(&self, plan: Plan, report: &mut Report) -> Result<bool, Error> {
        let mut had_conflicts = false;
        for registration in &plan.create {
            match self.create(registration).await {
                Ok(created) => report.created.push(created),
                Err(error) if Self::already_exists(&error) => had_conflicts = true,
                Err(error) => return Err(error),
            }
        }
        // The server rejects an update of a callback that is registered twice, so the others are deleted first.
        for callback in plan.delete {
            match self.delete(callback.id).await {
                Ok(()) => report.deleted.push(callback),
                Err(error) if error.is_not_found() => had_conflicts = true,
                Err(error) => return Err(error),
            }
        }
        for update in plan.update {
            match self.update(update.callback.id, &update.patch).await {
                Ok(updated) => {
                    if update.activates {
                        report.activated.push(updated.clone());
                    }
                    if update.changes {
                        report.updated.push(updated);
                    }
                }
                Err(error) if error.is_not_found() || Self::already_exists(&error) => had_conflicts = true,
                Err(error) => return Err(error),
            }
        }
        Ok(had_conflicts)
    }
}
