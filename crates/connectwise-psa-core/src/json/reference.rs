//! The reference: how one record names another.

use crate::json::object::{Object, Writer};
use crate::json::record_info::RecordInfo;
use serde::de::MapAccess;

/// Another record by id, name or identifier, as most members that point elsewhere are written.
///
/// Which of name and identifier a reference has differs by its type. To set one, the id is enough; the server fills in
/// the rest.
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
    /// Its name, where the type of record has one.
    pub name: Option<String>,
    /// Its short text id, where the type of record has one: companies and members do.
    pub identifier: Option<String>,
    /// What the server says about the reference: read it with [`info`](Self::info). The field is not part of the API:
    /// its type can change.
    #[doc(hidden)]
    pub info: Option<RecordInfo>,
}

impl Object for Reference {
    const NAME: &'static str = "Reference";

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<(), A::Error> {
        match name {
            "id" => crate::json::object::read(&mut self.id, from),
            "name" => crate::json::object::read(&mut self.name, from),
            "identifier" => crate::json::object::read(&mut self.identifier, from),
            "_info" => crate::json::object::read(&mut self.info, from),
            _ => crate::json::object::skip(from),
        }
    }

    fn write<W: Writer>(&self, to: &mut W) -> Result<(), W::Error> {
        to.member("id", &self.id)?;
        to.member("name", &self.name)?;
        to.member("identifier", &self.identifier)?;
        to.member("_info", &self.info)
    }
}

crate::object!(Reference, reference has name identifier info);
