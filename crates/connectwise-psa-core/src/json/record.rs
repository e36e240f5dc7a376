//! The trait of records with an id, for generic code.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::json::object::Object;

/// A type of record with an integer id. The generated code implements it for every such type, but not for references,
/// and not for the few types without an id (reports) or with a string as id (`UserEmail`).
///
/// Generic code over lists needs only this bound. Code that filters or sorts by fields also needs
/// [`HasFields`](crate::fields::HasFields).
///
/// ```
/// use connectwise_psa_core::error::Error;
/// use connectwise_psa_core::json::Record;
///
/// async fn ids<T: Record>(list: connectwise_psa_core::calls::List<T>) -> Result<Vec<i32>, Error> {
///     list.all().await?.iter().map(T::id).collect()
/// }
/// # fn main() {}
/// ```
pub trait Record: Object + Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static {
    /// Returns the id, if the record has one.
    fn optional_id(&self) -> Option<i32>;

    /// Returns the id of a record that was read from the server.
    ///
    /// # Errors
    ///
    /// A [missing-id error](Error::is_missing_id) that names the type if the record has no id: the program created it,
    /// or the field selection left the id out.
    fn id(&self) -> Result<i32, Error> {
        self.optional_id().ok_or_else(|| Error::missing_id(Self::NAME))
    }
}
