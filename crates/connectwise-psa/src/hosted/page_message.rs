//! Messages from a hosted page to the frame of PSA.

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::hosted::frame_message::FrameEvent;

/// A message from a hosted page to the frame of PSA. Its JSON text is what the page's script passes to
/// `window.parent.postMessage`, with the origin of PSA as the target, not `*`.
///
/// ```
/// use connectwise_psa::hosted::PageMessage;
///
/// // The first message of the page. PSA then sends the id of the frame, which all other messages contain.
/// assert_eq!(PageMessage::ready().to_string(), r#"{"message":"ready"}"#);
/// let request = PageMessage::get_member_authentication().in_frame("f1");
/// assert_eq!(request.to_string(), r#"{"frameID":"f1","hosted_request":"getMemberAuthentication"}"#);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a message does nothing by itself: post it to the frame"]
pub struct PageMessage(Map<String, Value>);

impl PageMessage {
    fn with(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The page is loaded. PSA responds with the id of the frame.
    pub fn ready() -> Self {
        Self::with([("message", "ready".into())])
    }

    /// Requests the member who looks at the page. PSA responds with
    /// [`FrameMessage::MemberAuthentication`](crate::hosted::FrameMessage::MemberAuthentication).
    pub fn get_member_authentication() -> Self {
        Self::with([("hosted_request", "getMemberAuthentication".into())])
    }

    /// Requests the record that the screen shows. PSA responds with
    /// [`FrameMessage::ScreenObject`](crate::hosted::FrameMessage::ScreenObject).
    pub fn get_screen_object() -> Self {
        Self::with([("hosted_request", "getScreenObject".into())])
    }

    /// Has PSA load the screen again.
    pub fn refresh_screen() -> Self {
        Self::with([("request", "refreshScreen".into())])
    }

    /// Says whether the page has changes that are not saved. PSA then enables the save button of the screen.
    pub fn set_dirty(dirty: bool) -> Self {
        let arguments = Map::from_iter([("dirty".to_owned(), Value::Bool(dirty))]);
        Self::with([("request", "setDirty".into()), ("args", arguments.into())])
    }

    /// The page has handled an event.
    pub fn event_succeeded(event: &FrameEvent) -> Self {
        Self::with([("event", event.name.clone().into()), ("_id", event.id.clone()), ("result", "success".into())])
    }

    /// The page could not handle an event. After `beforeSave`, PSA shows the errors and does not save the screen.
    pub fn event_failed(event: &FrameEvent, errors: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let errors: Vec<Value> = errors.into_iter().map(|error| Value::String(error.into())).collect();
        let mut message = Self::event_succeeded(event);
        message.0.insert("result".to_owned(), "failure".into());
        message.0.insert("errors".to_owned(), errors.into());
        message
    }

    /// Adds the id of the frame, from [`FrameMessage::FrameId`](crate::hosted::FrameMessage::FrameId).
    pub fn in_frame(mut self, id: impl Into<String>) -> Self {
        self.0.insert("frameID".to_owned(), Value::String(id.into()));
        self
    }
}

/// The JSON text to post.
impl std::fmt::Display for PageMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = serde_json::to_string(&self.0).map_err(|_| std::fmt::Error)?;
        f.write_str(&text)
    }
}

impl Serialize for PageMessage {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::hosted::frame_message::FrameMessage;

    #[test]
    fn every_message_has_the_documented_fields() {
        let event = FrameMessage::parse(r#"{"event":"beforeSave","_id":3,"data":{}}"#);
        let Ok(FrameMessage::Event(event)) = event else { panic!("{event:?}") };
        for (message, expected) in [
            (PageMessage::ready(), json!({"message": "ready"})),
            (PageMessage::get_screen_object(), json!({"hosted_request": "getScreenObject"})),
            (PageMessage::refresh_screen(), json!({"request": "refreshScreen"})),
            (PageMessage::set_dirty(true), json!({"request": "setDirty", "args": {"dirty": true}})),
            (PageMessage::event_succeeded(&event), json!({"event": "beforeSave", "_id": 3, "result": "success"})),
            (
                PageMessage::event_failed(&event, ["Choose a device"]).in_frame("f1"),
                json!({"event": "beforeSave", "_id": 3, "result": "failure", "errors": ["Choose a device"], "frameID": "f1"}),
            ),
        ] {
            assert_eq!(serde_json::to_value(&message).unwrap(), expected);
            assert_eq!(serde_json::from_str::<Value>(&message.to_string()).unwrap(), expected);
        }
    }
}
