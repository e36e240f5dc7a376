//! Messages from the frame of PSA to a hosted page.

use std::{error, fmt};

use connectwise_psa_core::text::field_ignoring_case;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::hosted::authentication::MemberAuthentication;

/// The longest message that is read, in bytes. Tokens of single sign-on are a few kilobytes long.
const MAX_LENGTH: usize = 64 * 1024;

/// A message from the frame of PSA to a hosted page.
///
/// [`parse`](Self::parse) reads the `data` of the browser's message event, which is JSON in a string. Observed on live
/// servers: names of responses are in lower case, and names of fields differ in letter case.
///
/// ```
/// use connectwise_psa::hosted::{FrameMessage, HostedAs};
///
/// let message = r#"{"event": "onLoad", "_id": 3, "data": {"screenObject": {"hostedAs": "pod", "id": 57, "screen": "ticket"}}}"#;
/// let FrameMessage::Event(event) = FrameMessage::parse(message)? else { panic!("an event") };
/// let screen = event.screen.as_ref().expect("the event is about a record");
/// assert_eq!((event.name.as_str(), screen.hosted_as.clone(), screen.id), ("onLoad", HostedAs::Pod, Some(57)));
/// # Ok::<(), connectwise_psa::hosted::MessageError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FrameMessage {
    /// The first message: the id of the frame (`MessageFrameID`). Messages of the page contain it.
    FrameId(String),
    /// The response to `getMemberAuthentication`.
    MemberAuthentication(Box<MemberAuthentication>),
    /// The response to `getScreenObject`.
    ScreenObject(ScreenObject),
    /// An event, to which the page must respond with [`PageMessage::event_succeeded`](crate::hosted::PageMessage::event_succeeded)
    /// or [`PageMessage::event_failed`](crate::hosted::PageMessage::event_failed).
    Event(FrameEvent),
    /// A message that this crate does not know.
    Other(Value),
}

/// An event of the screen that contains the page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FrameEvent {
    /// The name: `onLoad` after the screen is loaded, or `beforeSave` before it is saved. Other names are not documented.
    pub name: String,
    /// The id of the event (`_id`), which the response must contain.
    pub id: Value,
    /// The record that the screen shows.
    pub screen: Option<ScreenObject>,
}

impl FrameEvent {
    /// Returns whether the screen was loaded.
    #[must_use]
    pub fn is_load(&self) -> bool {
        self.name.eq_ignore_ascii_case("onLoad")
    }

    /// Returns whether the screen is about to be saved. The page can prevent that with a failure.
    #[must_use]
    pub fn is_before_save(&self) -> bool {
        self.name.eq_ignore_ascii_case("beforeSave")
    }
}

/// The record that the screen around a hosted page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScreenObject {
    /// How the page is shown.
    pub hosted_as: HostedAs,
    /// The id of the record; `None` for a new record.
    pub id: Option<i32>,
    /// The screen in lower case, such as `ticket`, `company`, `contact` or `salesorder`.
    pub screen: String,
}

/// How a hosted page is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostedAs {
    /// In a pod of the screen.
    Pod,
    /// In a tab of the screen.
    Tab,
    /// In another way, as the frame names it.
    Other(String),
}

/// A message that cannot be read. It does not quote the message, which can contain credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageError {
    problem: String,
}

impl MessageError {
    fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into() }
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the message of the frame {}", self.problem)
    }
}

impl error::Error for MessageError {}

impl FrameMessage {
    /// Reads a message. Check the origin of the browser's event first: any page can send messages.
    ///
    /// # Errors
    ///
    /// The text is longer than 64 KiB or is not a JSON object, or a field that the message must have is missing.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.len() > MAX_LENGTH {
            return Err(MessageError::new("is longer than 64 KiB"));
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Self::read(fields),
            _ => Err(MessageError::new("is not a JSON object")),
        }
    }

    fn read(fields: Map<String, Value>) -> Result<Self, MessageError> {
        if let Some(id) = text_field(&fields, "MessageFrameID") {
            return Ok(Self::FrameId(id));
        }
        let data = field_ignoring_case(&fields, "data").and_then(Value::as_object);
        if let Some(response) = text_field(&fields, "response") {
            return match (response.to_ascii_lowercase().as_str(), data) {
                ("getmemberauthentication", Some(data)) => {
                    let member = MemberAuthentication::deserialize(Value::Object(data.clone()));
                    let member = member.map_err(|error| MessageError::new(format!("is not complete: {error}")))?;
                    Ok(Self::MemberAuthentication(Box::new(member)))
                }
                ("getscreenobject", Some(data)) => Ok(Self::ScreenObject(ScreenObject::read(data))),
                ("getmemberauthentication" | "getscreenobject", None) => {
                    Err(MessageError::new("does not contain data"))
                }
                _ => Ok(Self::Other(Value::Object(fields))),
            };
        }
        if let Some(name) = text_field(&fields, "event") {
            let screen = data.and_then(|data| field_ignoring_case(data, "screenObject")).and_then(Value::as_object);
            return Ok(Self::Event(FrameEvent {
                name,
                id: field_ignoring_case(&fields, "_id").cloned().unwrap_or_default(),
                screen: screen.map(ScreenObject::read),
            }));
        }
        Ok(Self::Other(Value::Object(fields)))
    }
}

impl ScreenObject {
    fn read(fields: &Map<String, Value>) -> Self {
        let hosted_as = text_field(fields, "hostedAs").unwrap_or_default();
        let id = match field_ignoring_case(fields, "id") {
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        Self {
            hosted_as: match hosted_as.to_ascii_lowercase().as_str() {
                "pod" => HostedAs::Pod,
                "tab" => HostedAs::Tab,
                _ => HostedAs::Other(hosted_as),
            },
            id: id.and_then(|id| i32::try_from(id).ok()).filter(|id| *id > 0),
            screen: text_field(fields, "screen").unwrap_or_default().to_ascii_lowercase(),
        }
    }
}

/// Returns a field that is a string or a number, as text.
fn text_field(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match field_ignoring_case(fields, name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for FrameMessage {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(Map::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_message_is_read() {
        assert!(
            matches!(FrameMessage::parse(r#"{"MessageFrameID":"f1"}"#), Ok(FrameMessage::FrameId(id)) if id == "f1")
        );
        assert!(matches!(FrameMessage::parse(r#"{"messageframeid":7}"#), Ok(FrameMessage::FrameId(id)) if id == "7"));
        let member = FrameMessage::parse(
            r#"{"response":"GetMemberAuthentication","data":{"companyid":"acme","memberid":"jdoe","memberHash":"hunter2",
            "memberEmail":"jdoe@example.com","memberContext":"c","site":"na.myconnectwise.net","ssoAccessToken":"t"}}"#,
        );
        let Ok(FrameMessage::MemberAuthentication(member)) = member else { panic!("{member:?}") };
        assert_eq!(
            (member.email.as_deref(), member.context.as_deref(), member.sso_access_token()),
            (Some("jdoe@example.com"), Some("c"), Some("t"))
        );
        for (id, expected) in [("\"57\"", Some(57)), ("57", Some(57)), ("0", None), ("\"new\"", None), ("1e20", None)] {
            let text = format!(
                r#"{{"response":"getscreenobject","data":{{"hostedAs":"Tab","id":{id},"screen":"SalesOrder"}}}}"#
            );
            let screen = ScreenObject { hosted_as: HostedAs::Tab, id: expected, screen: "salesorder".into() };
            assert!(matches!(FrameMessage::parse(&text), Ok(FrameMessage::ScreenObject(found)) if found == screen));
        }
        let event = FrameMessage::parse(r#"{"event":"beforeSave","_id":"e1","data":{}}"#);
        let Ok(FrameMessage::Event(event)) = event else { panic!("{event:?}") };
        assert!(event.is_before_save() && !event.is_load() && event.screen.is_none() && event.id == "e1");
        assert!(matches!(FrameMessage::parse(r#"{"response":"new","data":{}}"#), Ok(FrameMessage::Other(_))));
    }

    #[test]
    fn unreadable_messages_are_errors_that_do_not_quote_them() {
        let long = format!(r#"{{"event":"{}"}}"#, "x".repeat(MAX_LENGTH));
        for text in [
            "",
            "hunter2",
            "[\"hunter2\"]",
            r#"{"response":"getMemberAuthentication","data":{"memberHash":"hunter2"}}"#,
            r#"{"response":"getMemberAuthentication"}"#,
            &long,
        ] {
            let error = FrameMessage::parse(text).unwrap_err().to_string();
            assert!(error.starts_with("the message of the frame ") && !error.contains("hunter2"), "{error}");
        }
    }
}
