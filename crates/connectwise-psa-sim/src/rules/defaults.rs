//! Default values for fields that a new record does not set.

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::{Map, Value, json};

use crate::access::{caller, matching, reference};
use crate::records::JsonObject;
use crate::schema::{FieldType, path_pattern, record_type, target_of, type_of};
use crate::server_state::RequestContext;
use crate::store::key;

/// Returns the default values of the fields that the body of a create request or replacement in a list may omit.
pub(crate) fn defaults(ctx: &RequestContext<'_>, key: &str, body: &JsonObject) -> JsonObject {
    let first = |list: &str| ctx.state.records.collection(list).and_then(|collection| collection.records.ids().next());
    let has = |name: &str| field_ignoring_case(body, name).is_some();
    let mut defaults = Map::new();
    match key {
        "service/tickets" => {
            defaults.insert("closedFlag".to_owned(), Value::Bool(false));
            defaults.insert("recordType".to_owned(), json!("ServiceTicket"));
            if !has("board")
                && let Some(id) = first("service/boards")
                && let Ok(board) = reference(ctx, "Ticket", "board", id, &Map::new())
            {
                defaults.insert("board".to_owned(), board);
            }
        }
        "project/tickets" => {
            defaults.insert("closedFlag".to_owned(), Value::Bool(false));
        }
        "company/contacts" => {
            defaults.insert("inactiveFlag".to_owned(), Value::Bool(false));
        }
        "system/callbacks" => {
            defaults.insert("payloadVersion".to_owned(), json!("3.0.0"));
            defaults.insert("inactiveFlag".to_owned(), Value::Bool(false));
            defaults.insert("isSoapCallbackFlag".to_owned(), Value::Bool(false));
            defaults.insert("isSelfSuppressedFlag".to_owned(), Value::Bool(false));
        }
        "time/entries" => {
            defaults.insert("status".to_owned(), json!("Open"));
            if let Some((id, _)) = caller(ctx).filter(|_| !has("member"))
                && let Ok(member) = reference(ctx, "TimeEntry", "member", id, &Map::new())
            {
                defaults.insert("member".to_owned(), member);
            }
        }
        _ => {}
    }
    defaults
}

/// Sets missing references to the default record of their list.
pub(crate) fn add_defaults(ctx: &RequestContext<'_>, type_name: &'static str, record: &mut JsonObject) {
    for (name, field) in type_of(type_name).into_iter().flat_map(|schema| &schema.fields) {
        let FieldType::Reference(target) = &field.field_type else { continue };
        let Some(list) = target_of(target).filter(|_| !record.contains_key(name)) else { continue };
        if let Some(id) = default_of(ctx, list)
            && let Ok(value) = reference(ctx, type_name, name, id, record)
        {
            record.insert(name.clone(), value);
        }
    }
}

/// Returns the id of the record that is marked as the default of its list. A default contact is the default of its
/// company, not of the list.
fn default_of(ctx: &RequestContext<'_>, path: &str) -> Option<i64> {
    let flags = ["defaultFlag", "overallDefaultFlag"];
    let schema = record_type(&path_pattern(path)).and_then(type_of)?;
    let flag = flags.iter().find(|flag| schema.fields.contains_key(**flag)).filter(|_| !path.ends_with("/contacts"))?;
    matching(ctx, &key(path), |record| record.boolean(flag) == Some(true)).first().map(|(id, _)| *id)
}
