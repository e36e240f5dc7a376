//! Messages: the body of a delivery, read leniently, because servers write numbers as text and names in other letter
//! cases.

use std::fmt;

use connectwise_psa_core::serde_json::{self, Map, Value};
use connectwise_psa_core::text::{field_ignoring_case, without_byte_order_mark};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::entity::Entity;
use crate::webhooks::event::{Action, Event};

/// The most bytes of a body that [`Message::parse`] reads: 16 MiB.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;

/// The most characters of a text from a message that an error quotes.
const QUOTED: usize = 60;

/// The most characters of a name, an id of a message, a company or a member.
const MAX_TEXT: usize = 250;

/// A message: what PSA sends when a record has changed. [`Verifier::verify`](crate::webhooks::Verifier::verify) returns
/// one that PSA has signed for the configured company; [`Message::parse`] reads one without checking that.
///
/// ```
/// use connectwise_psa::webhooks::{Action, CallbackType, Message};
///
/// let body = br#"{"Action":"updated","ID":"7601","Type":"ticket","MessageId":"5f0c","Entity":"{\"id\":7601}"}"#;
/// let message = Message::parse(body)?;
/// assert_eq!(message.id(), Some("5f0c"));
/// let event = message.into_event();
/// assert_eq!((event.callback_type, event.action, event.id), (CallbackType::Ticket, Action::Updated, 7601));
/// # Ok::<(), connectwise_psa::webhooks::InvalidMessage>(())
/// ```
#[derive(Clone, Debug)]
pub struct Message {
    id: Option<String>,
    action: Action,
    callback_type: CallbackType,
    record_id: i32,
    /// The record as the message contains it: an object, or a text with an object.
    entity: Option<Value>,
    member: Option<String>,
    callback: Option<i32>,
    company: Option<String>,
    key_url: Option<String>,
}

impl Message {
    /// Reads the body of a delivery. Does not check its signature, so anyone may have written it.
    ///
    /// `ID`, `CallbackObjectRecId`, `CompanyId` and `MemberId` can be numbers or texts, the names of fields can be in any
    /// letter case, and `Entity` can be an object or a text with an object. Other fields are ignored.
    ///
    /// # Errors
    ///
    /// Fails if the body is not a JSON object, is longer than 16 MiB or nested deeper than 127 levels, if it does not say
    /// which record was changed and how, if a field has an unusable value, or if a field occurs twice. The error names
    /// the field.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidMessage> {
        if body.len() > MAX_BODY {
            return Err(InvalidMessage::whole(format!("is longer than {MAX_BODY} bytes")));
        }
        let fields: Fields = serde_json::from_slice(without_byte_order_mark(body))
            .map_err(|error| InvalidMessage::whole(problem_of(&error)))?;
        if let Some(name) = fields.repeated {
            return Err(InvalidMessage::new(name, "occurs more than once"));
        }
        Ok(Self {
            id: text("MessageId", fields.get("MessageId"))?,
            action: action(fields.get("Action"))?,
            callback_type: callback_type(fields.get("Type"))?,
            record_id: number("ID", fields.get("ID"))?.ok_or_else(|| InvalidMessage::new("ID", "is missing"))?,
            member: text("MemberId", fields.get("MemberId"))?,
            callback: number("CallbackObjectRecId", fields.get("CallbackObjectRecId"))?,
            company: text("CompanyId", fields.get("CompanyId"))?,
            key_url: key_url(fields.get("Metadata"))?,
            entity: fields.into_entity(),
        })
    }

    /// Returns the id of the message (`MessageId`), which is the same if the server sends the message again.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the change that the message reports.
    #[must_use]
    pub fn event(&self) -> Event {
        self.clone().into_event()
    }

    /// Returns the change that the message reports.
    #[must_use]
    pub fn into_event(self) -> Event {
        let entity = self.entity.filter(|_| self.action != Action::Deleted);
        Event {
            entity: entity.and_then(record).map(|record| Entity::new(&self.callback_type, record)),
            callback_type: self.callback_type,
            action: self.action,
            id: self.record_id,
            member: self.member,
            message_id: self.id,
        }
    }

    /// Returns the record as JSON with all its fields, also those that [`Entity`] does not have. `None` if the record was
    /// deleted. A text is a record that the message did not contain as JSON.
    #[must_use]
    pub fn record(&self) -> Option<Value> {
        self.entity.clone().filter(|_| self.action != Action::Deleted).and_then(record)
    }

    /// Returns the id of the callback that caused the message.
    #[must_use]
    pub fn callback_id(&self) -> Option<i32> {
        self.callback
    }

    /// Returns the id of the company whose PSA sent the message (`CompanyId`).
    #[must_use]
    pub fn company(&self) -> Option<&str> {
        self.company.as_deref()
    }

    /// Returns the URL of the signing key. It comes from the body: only [`key_url::pin`](crate::webhooks::key_url::pin)
    /// decides whether it may be requested.
    pub(crate) fn key_url(&self) -> Option<&str> {
        self.key_url.as_deref()
    }
}

/// Why a body is not a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMessage {
    /// The name of the field; `None` for the whole body.
    field: Option<&'static str>,
    problem: String,
}

impl InvalidMessage {
    fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field: Some(field), problem: problem.into() }
    }

    fn whole(problem: impl Into<String>) -> Self {
        Self { field: None, problem: problem.into() }
    }

    /// Returns the name of the field that is missing or unusable; `None` if the whole body is.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field
    }
}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "the field `{field}` {}", self.problem),
            None => write!(f, "the body {}", self.problem),
        }
    }
}

impl std::error::Error for InvalidMessage {}

/// The fields that messages are read from.
const FIELDS: [&str; 9] =
    ["Action", "CallbackObjectRecId", "CompanyId", "Entity", "ID", "MemberId", "MessageId", "Metadata", "Type"];

/// The values of the known fields. A hand-written visitor, because a JSON object of serde_json silently keeps the last of
/// two fields with the same name.
#[derive(Default)]
struct Fields {
    values: Vec<(&'static str, Value)>,
    repeated: Option<&'static str>,
}

impl Fields {
    fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    fn into_entity(self) -> Option<Value> {
        self.values.into_iter().find(|(name, _)| *name == "Entity").map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<String>()? {
                    let known = FIELDS.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
                    let Some(known) = known else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if fields.get(known).is_some() {
                        fields.repeated = Some(known);
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        fields.values.push((known, map.next_value()?));
                    }
                }
                Ok(fields)
            }
        }

        from.deserialize_map(Object)
    }
}

/// Says what is wrong with JSON, without quoting it.
fn problem_of(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "is not a JSON object".to_owned(),
        serde_json::error::Category::Eof => "is not complete JSON".to_owned(),
        _ => format!("is not valid JSON (line {}, column {})", error.line(), error.column()),
    }
}

/// Returns a text from a message for an error: in quotes, with escapes, and shortened.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Returns a text, or a number as text. `None` if it is missing, null or empty.
fn text(field: &'static str, value: Option<&Value>) -> Result<Option<String>, InvalidMessage> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(_) => return Err(InvalidMessage::new(field, "is neither a text nor a number")),
    };
    if text.chars().count() > MAX_TEXT {
        return Err(InvalidMessage::new(field, format!("is longer than {MAX_TEXT} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidMessage::new(field, "contains control characters"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Returns a number, or the number in a text. `None` if it is missing, null or empty.
fn number(field: &'static str, value: Option<&Value>) -> Result<Option<i32>, InvalidMessage> {
    let Some(text) = text(field, value)? else { return Ok(None) };
    match text.parse::<i32>() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(InvalidMessage::new(field, format!("is {}, which is not a 32-bit id", quoted(&text)))),
    }
}

fn action(value: Option<&Value>) -> Result<Action, InvalidMessage> {
    let text = text("Action", value)?.ok_or_else(|| InvalidMessage::new("Action", "is missing"))?;
    let known = [("added", Action::Added), ("updated", Action::Updated), ("deleted", Action::Deleted)];
    match known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&text)) {
        Some((_, action)) => Ok(action),
        None => Err(InvalidMessage::new("Action", format!("is {}, which is unknown", quoted(&text)))),
    }
}

fn callback_type(value: Option<&Value>) -> Result<CallbackType, InvalidMessage> {
    match text("Type", value)? {
        Some(text) => Ok(CallbackType::from_text(&text)),
        None => Err(InvalidMessage::new("Type", "is missing")),
    }
}

/// Returns the URL of the signing key from the metadata, which are an object or a text with an object.
fn key_url(metadata: Option<&Value>) -> Result<Option<String>, InvalidMessage> {
    let parsed;
    let object = match metadata {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(object)) => object,
        Some(Value::String(text)) => {
            parsed = serde_json::from_str::<Map<String, Value>>(text);
            parsed.as_ref().map_err(|error| InvalidMessage::new("Metadata", problem_of(error)))?
        }
        Some(_) => return Err(InvalidMessage::new("Metadata", "is not a JSON object")),
    };
    match field_ignoring_case(object, "key_url") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(url)) => Ok(Some(url.clone())),
        Some(_) => Err(InvalidMessage::new("Metadata", "contains a `key_url` that is not a text")),
    }
}

/// Returns the record of a message. A text that is not JSON is returned as it is, so that nothing is lost.
fn record(entity: Value) -> Option<Value> {
    let Value::String(text) = entity else { return Some(entity).filter(|record| !record.is_null()) };
    if text.trim().is_empty() {
        return None;
    }
    match serde_json::from_str(&text) {
        Ok(Value::Null) => None,
        Ok(record) => Some(record),
        Err(_) => Some(Value::String(text)),
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::serde_json::json;

    use super::*;

    fn parse(body: &Value) -> Result<Message, InvalidMessage> {
        Message::parse(body.to_string().as_bytes())
    }

    #[test]
    fn the_message_of_a_live_server_is_read() {
        let body = json!({
            "Action": "updated", "CallbackObjectRecId": 26604, "CompanyId": "acme", "Entity": "{\"id\":57961}",
            "FromUrl": "sandbox-na.myconnectwise.net", "ID": 57961, "MemberId": "jdoe", "MessageId": "d0b2",
            "Metadata": {"key_url": "https://sandbox-na.myconnectwise.net/v2025_1//system/callbackkey/index.rails?companyName=acme&id=1"},
            "PartnerId": "ab", "ProductInstanceId": "cd", "Type": "robot",
        });
        let message = parse(&body).unwrap();
        assert_eq!((message.id(), message.callback_id(), message.company()), (Some("d0b2"), Some(26604), Some("acme")));
        assert_eq!(message.key_url(), body["Metadata"]["key_url"].as_str());
        let event = message.event();
        assert_eq!((event.id, event.action, event.member.as_deref()), (57961, Action::Updated, Some("jdoe")));
        assert_eq!(
            (event.callback_type, event.message_id.as_deref()),
            (CallbackType::from_text("robot"), Some("d0b2"))
        );
        assert_eq!(event.entity.unwrap().to_json(), json!({"id": 57961}));
    }

    #[test]
    fn numbers_and_texts_in_fields_with_any_letter_case_are_read() {
        for body in [
            json!({"ACTION": "Deleted", "callbackobjectrecid": "4", "companyid": 77, "Id": " 5 ", "memberId": 12, "TYPE": "Ticket",
                "metadata": "{\"KEY_URL\":\"https://x\"}", "messageid": 9}),
            json!({"action": "DELETED", "CallbackObjectRecId": 4, "CompanyId": "77", "ID": 5, "MemberId": "12", "type": "TICKET",
                "Metadata": {"Key_Url": "https://x"}, "MessageId": "9"}),
        ] {
            let mut bytes = b"\xef\xbb\xbf".to_vec();
            bytes.extend(body.to_string().as_bytes());
            let message = Message::parse(&bytes).unwrap();
            assert_eq!(
                (message.callback_id(), message.company(), message.key_url()),
                (Some(4), Some("77"), Some("https://x"))
            );
            let event = message.into_event();
            assert_eq!((event.id, event.action, event.callback_type), (5, Action::Deleted, CallbackType::Ticket));
            assert_eq!((event.member.as_deref(), event.message_id.as_deref()), (Some("12"), Some("9")));
        }
    }

    #[test]
    fn the_record_of_a_deleted_one_is_none_and_no_other_record_is_lost() {
        for (action, entity, expected) in [
            ("deleted", json!({"id": 1}), None),
            ("deleted", Value::Null, None),
            ("deleted", json!(""), None),
            ("updated", Value::Null, None),
            ("updated", json!(" "), None),
            ("updated", json!("null"), None),
            ("updated", json!({"id": 1}), Some(json!({"id": 1}))),
            ("added", json!("{\"id\":1}"), Some(json!({"id": 1}))),
            ("updated", json!("{\"id\":1"), Some(json!("{\"id\":1"))),
            ("updated", json!("[".repeat(200)), Some(json!("[".repeat(200)))),
            ("updated", json!([1]), Some(json!([1]))),
        ] {
            let body = json!({"Action": action, "ID": 1, "Type": "robot", "Entity": entity});
            let event = parse(&body).unwrap().event();
            assert_eq!(event.entity.map(|entity| entity.to_json()), expected, "{body}");
        }
        let event = parse(&json!({"Action": "updated", "ID": 1, "Type": "ticket"})).unwrap().event();
        assert!(event.entity.is_none(), "a message without a record");
    }

    #[test]
    fn an_unusable_field_is_an_error_that_names_it() {
        let valid = json!({"Action": "updated", "ID": 1, "Type": "ticket"});
        for (field, value, expected) in [
            ("Action", Value::Null, "the field `Action` is missing"),
            ("Action", json!("merged"), "the field `Action` is \"merged\", which is unknown"),
            ("Action", json!(["updated"]), "the field `Action` is neither a text nor a number"),
            ("Action", json!("upd\nated"), "the field `Action` contains control characters"),
            ("ID", Value::Null, "the field `ID` is missing"),
            ("ID", json!("12a"), "the field `ID` is \"12a\", which is not a 32-bit id"),
            ("ID", json!(2_147_483_648_u64), "the field `ID` is \"2147483648\", which is not a 32-bit id"),
            ("ID", json!("-2147483649"), "the field `ID` is \"-2147483649\", which is not a 32-bit id"),
            ("ID", json!(1.5), "the field `ID` is \"1.5\", which is not a 32-bit id"),
            ("ID", json!(true), "the field `ID` is neither a text nor a number"),
            ("Type", json!(""), "the field `Type` is missing"),
            ("Type", json!("x".repeat(251)), "the field `Type` is longer than 250 characters"),
            ("CallbackObjectRecId", json!("x"), "the field `CallbackObjectRecId` is \"x\", which is not a 32-bit id"),
            ("CompanyId", json!({}), "the field `CompanyId` is neither a text nor a number"),
            ("Metadata", json!([]), "the field `Metadata` is not a JSON object"),
            ("Metadata", json!("[]"), "the field `Metadata` is not a JSON object"),
            ("Metadata", json!("{"), "the field `Metadata` is not complete JSON"),
            ("Metadata", json!({"key_url": 5}), "the field `Metadata` contains a `key_url` that is not a text"),
        ] {
            let mut body = valid.clone();
            body[field] = value;
            let error = parse(&body).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.field()), (expected, Some(field)));
        }
    }

    #[test]
    fn an_unusable_body_is_an_error_that_does_not_quote_it() {
        for (body, expected) in [
            ("", "the body is not complete JSON"),
            ("[]", "the body is not a JSON object"),
            ("\"secret\"", "the body is not a JSON object"),
            ("{\"secret\" 5}", "the body is not valid JSON (line 1, column 11)"),
            ("{} x", "the body is not valid JSON (line 1, column 4)"),
            (r#"{"ID":1,"Id":2}"#, "the field `ID` occurs more than once"),
            (r#"{"CompanyId":"a","CompanyId":"b"}"#, "the field `CompanyId` occurs more than once"),
            (r#"{"ID":1,"secret":"\uD800"}"#, "the field `Action` is missing"),
        ] {
            let error = Message::parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{body}");
        }
        let deep = format!(r#"{{"Entity":{}}}"#, "[".repeat(100_000));
        assert!(Message::parse(deep.as_bytes()).is_err());
        let long = Message::parse(&vec![b' '; MAX_BODY + 1]).unwrap_err();
        assert_eq!(long.to_string(), "the body is longer than 16777216 bytes");
        assert!(Message::parse(b"{\"ID\":\"\xff\"}").is_err(), "not UTF-8");
    }

    #[test]
    fn a_quoted_text_is_short_and_without_control_characters() {
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
        assert_eq!(quoted(&"é".repeat(70)), format!("\"{}\"…", "é".repeat(60)));
    }
}
