//! Custom fields of records, read and written by caption or id.
//!
//! [`CustomFields`] reads the `custom_fields` of any record, [`CustomFieldChanges`] makes the patch that changes some of
//! them. With the feature `system`, `Psa::custom_fields` also reads the definitions, and rejects a value that does not
//! fit them before anything is sent.
//!
//! ```
//! use connectwise_psa::custom_fields::{CustomFieldChanges, CustomFields};
//! use connectwise_psa::dependencies::serde_json::json;
//! use connectwise_psa::types::CustomFieldValue;
//! use connectwise_psa::Decimal;
//!
//! // What `ticket.custom_fields` contains after `get_ticket`.
//! let fields: Option<Vec<CustomFieldValue>> = connectwise_psa::dependencies::serde_json::from_value(json!([
//!     {"id": 1, "caption": "Root Cause", "type": "Text", "value": "User"},
//!     {"id": 2, "caption": "Travel Distance", "type": "Number", "numberOfDecimals": 1, "value": "12.50"},
//! ])).expect("custom fields");
//!
//! let custom = CustomFields::of(&fields);
//! assert_eq!(custom.get::<String>("Root Cause")?.as_deref(), Some("User"));
//! assert_eq!(custom.get::<Decimal>("Travel Distance")?, Some(Decimal::new(1250, 2)));
//!
//! let changes = CustomFieldChanges::new().set("Root Cause", "Network").clear(2);
//! let patch = changes.patch(&fields)?;
//! assert!(custom.get::<bool>("Root Cause").is_err());
//! assert!(CustomFieldChanges::new().set("Root Cuase", "Network").patch(&fields).is_err());
//! # Ok::<(), connectwise_psa::Error>(())
//! ```
//!
//! A patch names only the changed fields. Observed on live servers: the others keep their values, so a patch that was made
//! from a record that has changed in the meantime overwrites nothing else.

mod changes;
#[cfg(feature = "system")]
mod definitions;
mod fields;
mod key;
#[cfg(feature = "system")]
mod reader;
mod value;

pub use changes::CustomFieldChanges;
#[cfg(feature = "system")]
pub use definitions::CustomFieldDefinitions;
pub use fields::CustomFields;
pub use key::CustomFieldKey;
#[cfg(feature = "system")]
pub use reader::CustomFieldReader;
pub use value::{CustomValue, FromCustomValue};
