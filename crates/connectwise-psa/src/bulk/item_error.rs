//! The error of one item in a response that has several results.

use std::fmt;

use connectwise_psa_bindings::types::ErrorResponseMessage;
use connectwise_psa_core::error::FieldError;

/// The server's error for one item of a bulk operation or of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemError {
    /// The status of the item, such as 400; `None` if the server does not say.
    pub status: Option<u16>,
    /// The code, such as `InvalidObject`.
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// The errors of single fields.
    pub field_errors: Vec<FieldError>,
}

impl ItemError {
    /// Creates the error of an item. `redact` removes the client's secrets, which the server may echo.
    pub(crate) fn new(
        status: Option<i32>,
        error: Option<ErrorResponseMessage>,
        redact: &dyn Fn(String) -> String,
    ) -> Self {
        let error = error.unwrap_or_default();
        let text = |text: Option<String>| text.map(redact).filter(|text| !text.trim().is_empty());
        let field_errors = error.errors.unwrap_or_default().into_iter().map(|field| {
            let mut converted = FieldError::default();
            converted.code = text(field.code);
            converted.message = text(field.message);
            converted.resource = text(field.resource);
            converted.field = text(field.field);
            converted.details = text(field.details);
            converted
        });
        Self {
            status: status.and_then(|status| u16::try_from(status).ok()),
            field_errors: field_errors.collect(),
            code: text(error.code),
            message: text(error.message),
        }
    }
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "the server rejected the item with the status {status}")?,
            None => f.write_str("the server rejected the item")?,
        }
        if let Some(message) = self.message.as_ref().or(self.code.as_ref()) {
            write!(f, ": {message}")?;
        }
        for field in &self.field_errors {
            let name = field.field.as_deref().unwrap_or("field");
            write!(f, "; {name}: {}", field.message.as_deref().or(field.code.as_deref()).unwrap_or_default())?;
        }
        Ok(())
    }
}

impl std::error::Error for ItemError {}
