//! Records with an id, so that generic code can ask any of them for it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::json::object::Object;

/// A type of record that has an id; generated for every one. The few types without an id, such as reports, are not
/// records in this sense.
///
/// Generic code over lists needs no other bound; code that filters or sorts by fields needs
/// [`HasFields`](crate::fields::HasFields) as well.
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
    /// The id, when the record has one.
    fn optional_id(&self) -> Option<i32>;

    /// The id of a record that the server gave.
    ///
    /// # Errors
    ///
    /// A [missing-id error](Error::is_missing_id) that names the type, when the record has no id: it was made by the
    /// program, or a selection of fields left the id out when it was read.
    fn id(&self) -> Result<i32, Error> {
        self.optional_id().ok_or_else(|| Error::missing_id(Self::NAME))
    }
}
