//! References from one record to another.

use crate::json::object::{Object, Reader, Writer};
use crate::json::record_info::RecordInfo;

/// A reference to another record by id, name or identifier. Most fields that refer to another record have this type.
///
/// Whether a reference has a name or an identifier depends on the type of the record that it refers to. To set a
/// reference, the id is enough; the server fills in the rest.
///
/// ```
/// use connectwise_psa_core::json::Reference;
///
/// let company = Reference::from(250);
/// assert_eq!(serde_json::to_string(&company)?, r#"{"id":250}"#);
/// assert_eq!(serde_json::to_string(&Reference::by_name("Closed"))?, r#"{"name":"Closed"}"#);
/// let status: Reference = serde_json::from_str(r#"{"id":17,"name":"New"}"#)?;
/// assert_eq!(status.name.as_deref(), Some("New"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Reference {
    /// The id of the record.
    pub id: Option<i32>,
    /// The name of the record, if records of its type have one.
    pub name: Option<String>,
    /// The short text id of the record, if records of its type have one, as companies and members do.
    pub identifier: Option<String>,
    /// The server's metadata, which [`info`](Self::info) returns. This field is not part of the public API; its type
    /// can change.
    #[doc(hidden)]
    pub info: Option<RecordInfo>,
}

impl Object for Reference {
    const NAME: &'static str = "Reference";
    const IS_REFERENCE: bool = true;

    fn read<R: Reader>(&mut self, name: &str, from: &mut R) {
        match name {
            "id" => from.field(&mut self.id),
            "name" => from.field(&mut self.name),
            "identifier" => from.field(&mut self.identifier),
            "_info" => from.field(&mut self.info),
            _ => crate::json::letter_case::read_other_case(self, name, from),
        }
    }

    fn write<W: Writer>(&self, to: &mut W) {
        to.field("id", &self.id);
        to.field("name", &self.name);
        to.field("identifier", &self.identifier);
        to.field("_info", &self.info);
    }
}

crate::object!(Reference, reference has name identifier info);
