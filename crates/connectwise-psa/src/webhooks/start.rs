//! One call for the start of a program: registers the callbacks and then finds the changes that were missed.

use connectwise_psa_core::error::Error;

use crate::webhooks::callbacks::Callbacks;
use crate::webhooks::catch_up::options::CatchUpOptions;
use crate::webhooks::catch_up::run::CatchUp;
use crate::webhooks::catch_up::state::CatchUpState;
use crate::webhooks::reconcile::{ReconcileError, Report};
use crate::webhooks::registration_set::RegistrationSet;

/// The result of [`Callbacks::start`].
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "the missed changes must be handled"]
pub struct Started<S> {
    /// What had to be changed so that the registered callbacks are those that are wanted.
    pub report: Report,
    /// The changes that were missed, for all types of the wanted callbacks. They are read when the stream is read.
    pub missed: CatchUp<S>,
}

impl Callbacks {
    /// Makes the registered callbacks those that are wanted ([`reconcile`](Self::reconcile)), and then catches up with
    /// the changes that were missed ([`catch_up`](Self::catch_up)). The order matters: changes that happen during the
    /// catch-up already cause messages, so none falls between the two. Start the receiver before this call.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), Box<dyn std::error::Error>> {
    /// use connectwise_psa::webhooks::{CatchUpOptions, FileState, Registration, TicketLevel, RegistrationSet};
    ///
    /// let receiver = "https://hooks.example.com/psa";
    /// let wanted = RegistrationSet::below(receiver)?.with(Registration::tickets(TicketLevel::Owner, receiver));
    /// let state = FileState::open("/var/lib/hooks/state")?;
    /// let mut started = psa.callbacks().start(&wanted, &state, CatchUpOptions::new()).await?;
    /// while let Some(event) = started.missed.next().await {
    ///     let event = event?;
    ///     println!("{:?} {} {}", event.action, event.callback_type, event.id);
    /// }
    /// started.missed.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of `reconcile`. If a type of the wanted callbacks has no catch-up, as
    /// [`Site`](crate::webhooks::CallbackType::Site), an invalid-input error before anything is sent; exclude the type
    /// with [`CatchUpOptions::without`].
    pub async fn start<S: CatchUpState>(
        &self,
        wanted: &RegistrationSet,
        state: &S,
        options: CatchUpOptions,
    ) -> Result<Started<S>, ReconcileError> {
        let types = wanted.registrations().iter().map(|registration| registration.subscription().callback_type());
        let missed = self.catch_up(types, state, options).map_err(|error| {
            let error = Error::invalid_input_from("type", "cannot be caught up; leave it out in the options", error);
            ReconcileError { done: Box::default(), error }
        })?;
        Ok(Started { report: self.reconcile(wanted).await?, missed })
    }
}
