//! Reads what the API member may do.

use connectwise_psa_core::error::Error;
use connectwise_psa_core::operation::Method;
use http::StatusCode;

use crate::access::granted::{AccessSource, Granted};
use crate::access::level::Level;
use crate::access::needs::Needs;
use crate::access::probes::PROBES;
use crate::access::report::AccessReport;
use crate::client::Psa;

/// Reads and compares the rights of the API member; see [`Psa::access`].
#[derive(Clone, Debug)]
pub struct Access {
    psa: Psa,
}

impl Psa {
    /// Returns the handle that reads the rights of the API member and compares them with what a program needs. For a
    /// client of [`as_member`](Self::as_member), they are the rights of that member.
    #[must_use]
    pub fn access(&self) -> Access {
        Access { psa: self.clone() }
    }
}

impl Access {
    /// Reads the rights. If the server does not list them (the member may not read `/system/mySecurity`, or the list is
    /// empty), this method counts records of common lists instead, which shows what the member may read: up to 17 more
    /// requests, one after the other. The counts match no record; nothing is changed.
    ///
    /// # Errors
    ///
    /// The errors of the requests. A 403 or 404 is a result, not an error. Other errors of a single count leave its right
    /// unknown, unless they concern every request, such as invalid credentials.
    pub async fn granted(&self) -> Result<Granted, Error> {
        let listed = self.psa.request(Method::Get, "/system/mySecurity").list().all().await;
        let listed = match listed {
            Ok(records) => Granted::from_my_security(&records),
            Err(error) if is_denied(&error) => None,
            Err(error) => return Err(error),
        };
        match listed {
            Some(granted) => Ok(granted),
            None => self.probe().await,
        }
    }

    /// Compares the rights of the member with what a program needs. The report says what to grant.
    ///
    /// # Errors
    ///
    /// The errors of [`granted`](Self::granted).
    pub async fn compare(&self, needs: &Needs) -> Result<AccessReport, Error> {
        Ok(AccessReport::new(needs, &self.granted().await?))
    }

    async fn probe(&self) -> Result<Granted, Error> {
        let mut granted = Granted::new(AccessSource::Probes);
        for (area, entry, path) in PROBES {
            // The condition matches no record, because counting a large table is slow.
            let level = match self.psa.request(Method::Get, path).query("conditions", "id=0").await {
                Ok(_) => Some(Level::My),
                Err(error) if error.is_permission_denied() => Some(Level::None),
                Err(error) if concerns_every_request(&error) => return Err(error),
                Err(_) => None,
            };
            granted.add_probe(area, entry, level);
        }
        Ok(granted)
    }
}

/// Returns whether the server rejects a request for lack of a right, or does not have the endpoint.
fn is_denied(error: &Error) -> bool {
    error.is_permission_denied() || error.status() == Some(StatusCode::NOT_FOUND)
}

/// Returns whether other requests would fail in the same way: without a response, or with invalid credentials.
fn concerns_every_request(error: &Error) -> bool {
    error.is_unauthenticated() || error.status().is_none()
}
