//! The arguments of a tool call. Wrong arguments become errors that the agent can read, with the right form.

use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use connectwise_psa::catalogue::Operation;

use crate::mcp::failure::Failure;
use crate::operations::id;

/// The arguments of a tool call.
#[derive(Debug)]
pub(crate) struct ToolArguments(JsonObject);

impl ToolArguments {
    /// Checks the names of the arguments.
    pub(crate) fn new(arguments: Option<JsonObject>, known: &[&str]) -> Result<Self, Failure> {
        let arguments = arguments.unwrap_or_default();
        match arguments.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => {
                Err(Failure::usage(format!("there is no argument {unknown:?}; the arguments are {}", known.join(", "))))
            }
            None => Ok(Self(arguments)),
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Returns a text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Failure::usage(format!("{name:?} must be a string"))),
        }
    }

    /// Returns a text that is required.
    pub(crate) fn required_text(&self, name: &str) -> Result<&str, Failure> {
        self.text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| Failure::usage(format!("{name:?} is missing")))
    }

    /// Returns a number of at least 1.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Failure> {
        self.get(name)
            .map(|value| {
                value
                    .as_u64()
                    .and_then(|number| usize::try_from(number).ok())
                    .filter(|number| *number > 0)
                    .ok_or_else(|| Failure::usage(format!("{name:?} must be a whole number of at least 1")))
            })
            .transpose()
    }

    /// Returns true or false; false if the argument is missing.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, Failure> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(Failure::usage(format!("{name:?} must be true or false"))),
        }
    }

    /// Returns a list of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Failure> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let texts: Option<Vec<String>> = match value {
            Value::String(text) => Some(text.split(',').map(|text| text.trim().to_owned()).collect()),
            Value::Array(elements) => elements.iter().map(|element| element.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        texts.map(Some).ok_or_else(|| Failure::usage(format!("{name:?} must be a list of strings")))
    }

    /// Returns a JSON object. Some clients send objects as strings of JSON.
    pub(crate) fn object(&self, name: &str) -> Result<Map<String, Value>, Failure> {
        match self.json(name) {
            None => Ok(Map::new()),
            Some(Value::Object(fields)) => Ok(fields),
            Some(_) => Err(Failure::usage(format!("{name:?} must be a JSON object"))),
        }
    }

    /// Returns any JSON. Some clients send objects and lists as strings of JSON.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        let value = self.get(name)?;
        let parsed = value.as_str().and_then(|text| serde_json::from_str(text).ok());
        Some(match parsed {
            Some(parsed @ (Value::Object(_) | Value::Array(_))) => parsed,
            _ => value.clone(),
        })
    }

    /// Returns the operation that the argument `id` names.
    pub(crate) fn operation(&self) -> Result<&'static Operation, Failure> {
        Ok(id::find(self.required_text("id")?)?)
    }
}
