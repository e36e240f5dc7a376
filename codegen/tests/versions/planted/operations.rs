//! Random changes of operations, parameters, bodies and responses.

use serde_json::json;

use super::{Draft, Entry, Planted};
use crate::document::{integer, json_response, list, query, reference, string};

pub(super) const CLASSES: &[Entry] = &[
    ("operation added", added),
    ("operation removed", removed),
    ("operation ID changed", id_changed),
    ("operation without an ID", without_id),
    ("repeated operation ID", repeated_id),
    ("path renamed", path_renamed),
    ("path in other letter case", path_letter_case),
    ("trailing slash", trailing_slash),
    ("other section", other_section),
    ("deprecated operation", deprecated),
    ("optional parameter added", parameter_added),
    ("required parameter added", required_parameter_added),
    ("optional parameter removed", parameter_removed),
    ("parameter became required", parameter_required),
    ("type of a parameter changed", parameter_type),
    ("parameter in other letter case", parameter_letter_case),
    ("header parameter", header),
    ("parameter that is a list", list_parameter),
    ("filters removed", filters_removed),
    ("pages removed", pages_removed),
    ("cursor instead of pages", cursor),
    ("fields removed", fields_removed),
    ("body added", body_added),
    ("body removed", body_removed),
    ("body became optional", body_optional),
    ("type of a body changed", body_type),
    ("body is CSV", body_csv),
    ("response became a list", response_list),
    ("response of another type", response_type),
    ("response became empty", response_empty),
    ("response became bytes", response_bytes),
    ("success status changed", status),
    ("new media type", media_type),
    ("second media version with another schema", media_version),
    ("error responses", error_responses),
    ("different success responses", two_responses),
    ("no success response", no_response),
];

/// The names of the operations in the bindings.
const NAMES: &[(&str, &str)] = &[
    ("GET /service/tickets", "service::list_tickets"),
    ("GET /service/tickets/count", "service::count_tickets"),
    ("GET /service/tickets/{id}", "service::get_ticket"),
    ("POST /service/tickets", "service::create_ticket"),
    ("PUT /service/tickets/{id}", "service::replace_ticket"),
    ("DELETE /service/tickets/{id}", "service::delete_ticket"),
    ("POST /service/tickets/{parentId}/merge", "service::merge_ticket"),
    ("POST /service/tickets/{parentId}/convert", "service::convert_ticket"),
    ("GET /service/tickets/{parentId}/notes", "service::list_ticket_notes"),
    ("POST /service/tickets/{parentId}/notes", "service::create_ticket_note"),
    ("GET /service/tickets/{parentId}/notes/{id}", "service::get_ticket_note"),
    ("GET /service/info/boards", "service::list_board_infos"),
    ("GET /company/configurations", "company::list_configurations"),
    ("POST /company/configurations/bulk", "company::bulk_create_configurations"),
    ("GET /company/contacts", "company::list_contacts"),
    ("POST /company/contacts", "company::create_contact"),
    ("DELETE /company/contacts/{id}", "company::delete_contact"),
    ("GET /company/contacts/{id}/image", "company::download_contact_image"),
    ("GET /system/documents", "system::list_documents"),
    ("GET /system/members", "system::list_members"),
    ("POST /system/members", "system::create_member"),
];

/// Operations that no other part of the document depends on.
const MOVABLE: &[&str] = &[
    "POST /service/tickets/{parentId}/merge",
    "POST /service/tickets/{parentId}/convert",
    "GET /company/configurations",
    "GET /system/members",
    "POST /system/members",
    "POST /company/contacts",
    "PUT /service/tickets/{id}",
];

/// Lists and records in JSON.
const READS: &[&str] = &["GET /service/tickets/{id}", "GET /service/tickets/{parentId}/notes/{id}"];
const LISTS: &[&str] = &[
    "GET /service/tickets",
    "GET /service/tickets/{parentId}/notes",
    "GET /service/info/boards",
    "GET /company/configurations",
    "GET /company/contacts",
    "GET /system/members",
];
const WITH_BODY: &[&str] = &[
    "POST /service/tickets/{parentId}/merge",
    "POST /company/contacts",
    "POST /system/members",
    "POST /service/tickets",
];
const OPTIONAL: &[(&str, &str, &str)] = &[
    ("GET /system/documents", "recordId", "record_id"),
    ("POST /company/configurations/bulk", "managedFlag", "managed_flag"),
    ("GET /company/contacts/{id}/image", "useDefaultFlag", "use_default_flag"),
];

/// Selects an untouched operation, and returns it with its name.
fn one_of(draft: &mut Draft, operations: &[&str]) -> Option<(String, &'static str)> {
    let operation = draft.operation(operations)?;
    let name = NAMES.iter().find(|(known, _)| *known == operation)?.1;
    Some((operation, name))
}

fn any(draft: &mut Draft) -> Option<(String, &'static str)> {
    one_of(draft, &NAMES.iter().map(|(operation, _)| *operation).collect::<Vec<_>>())
}

fn optional(draft: &mut Draft) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    let (operation, parameter, argument) = draft.random.pick(OPTIONAL)?;
    let (_, name) = one_of(draft, &[operation])?;
    Some((operation, name, parameter, argument))
}

fn added(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    let section = draft.random.pick(&["service", "company", "system"])?;
    let (operation, name, response) = draft.random.pick(&[
        (format!("GET /{section}/{word}s"), format!("list_{word}s"), list(reference("TicketTask"))),
        (format!("GET /{section}/{word}s/{{id}}"), format!("get_{word}"), reference("TicketTask")),
        (format!("GET /{section}/{word}s/count"), format!("count_{word}s"), reference("Count")),
        (format!("POST /{section}/{word}s/{{parentId}}/copy"), format!("copy_{word}"), reference("SuccessResponse")),
    ])?;
    draft.document.add(&operation, &format!("new{section}{word}"), None, "200", json_response(&response));
    Some(Planted::new(format!("{operation} added")).added(&format!("{section}::{name}"), &[&operation]))
}

fn removed(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, MOVABLE)?;
    draft.document.remove(&operation);
    Some(Planted::new(format!("{operation} removed")).breaking(name, &["removed"]))
}

fn id_changed(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = any(draft)?;
    let id = &mut draft.document.operation(&operation)["operationId"];
    let before = id.as_str()?.to_owned();
    *id = json!(format!("{before}Renamed"));
    Some(Planted::new(format!("{operation} with another ID")).changed(name, &[&before]))
}

fn without_id(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = any(draft)?;
    draft.document.operation(&operation).as_object_mut()?.remove("operationId");
    Some(Planted::new(format!("{operation} without an ID")).decision(&operation, &["operationId"]).may_mention(name))
}

fn repeated_id(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    let operation = format!("GET /company/{word}s");
    draft.claim("GET /service/info/boards")?;
    draft.document.add(&operation, "getServiceInfoBoards", None, "200", json_response(&list(reference("TicketTask"))));
    Some(
        Planted::new(format!("{operation} with the ID of another operation"))
            .decision("", &["operationId", &operation])
            .added(&format!("company::list_{word}s"), &[&operation])
            .may_mention("service::list_board_infos"),
    )
}

/// Gives an operation another path.
fn move_to(draft: &mut Draft, change: impl Fn(&str) -> String) -> Option<(String, String, &'static str)> {
    let (operation, name) = one_of(draft, MOVABLE)?;
    let (method, path) = operation.split_once(' ')?;
    let other = format!("{method} {}", change(path));
    if other == operation {
        return None;
    }
    draft.document.rename(&operation, &other);
    Some((operation.clone(), other, name))
}

fn path_renamed(draft: &mut Draft) -> Option<Planted> {
    let word = draft.word()?;
    let (operation, other, name) = move_to(draft, |path| {
        let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        if let Some(segment) = segments.get_mut(2) {
            *segment = format!("{word}s");
        }
        segments.join("/")
    })?;
    Some(Planted::new(format!("{operation} -> {other}")).changed(name, &[&operation, &other]))
}

fn path_letter_case(draft: &mut Draft) -> Option<Planted> {
    let (operation, other, name) = move_to(draft, |path| {
        let segments = path
            .split('/')
            .enumerate()
            .map(|(index, segment)| if index == 2 { segment.to_uppercase() } else { segment.to_owned() });
        segments.collect::<Vec<_>>().join("/")
    })?;
    Some(Planted::new(format!("{operation} -> {other}")).changed(name, &[&other]))
}

fn trailing_slash(draft: &mut Draft) -> Option<Planted> {
    let (operation, other, name) = move_to(draft, |path| format!("{path}/"))?;
    Some(Planted::new(format!("{operation} -> {other}")).changed(name, &[&other]))
}

fn other_section(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, &["GET /system/members", "POST /system/members"])?;
    let other = operation.replace("/system/", "/company/");
    draft.document.rename(&operation, &other);
    let subject = name.replace("system::", "company::");
    Some(Planted::new(format!("{operation} -> {other}")).breaking(&subject, &["system"]).changed(&subject, &[&other]))
}

fn deprecated(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = any(draft)?;
    draft.document.operation(&operation)["deprecated"] = json!(true);
    Some(Planted::new(format!("{operation} deprecated")).changed(name, &["deprecated"]))
}

fn parameter_added(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = any(draft)?;
    let word = draft.word()?;
    draft.document.parameters(&operation).push(query(word, string()));
    Some(Planted::new(format!("{operation}?{word}")).added(name, &[&format!("`{word}`")]))
}

fn required_parameter_added(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = any(draft)?;
    let word = draft.word()?;
    let mut parameter = query(word, integer());
    parameter["required"] = json!(true);
    draft.document.parameters(&operation).push(parameter);
    Some(Planted::new(format!("{operation}?{word} required")).breaking(name, &[&format!("`{word}`")]))
}

fn parameter_removed(draft: &mut Draft) -> Option<Planted> {
    let (operation, name, parameter, argument) = optional(draft)?;
    draft.document.remove_parameters(operation, &[parameter]);
    Some(Planted::new(format!("{operation} without {parameter}")).breaking(name, &[&format!("`{argument}`")]))
}

fn parameter_required(draft: &mut Draft) -> Option<Planted> {
    let (operation, name, parameter, argument) = optional(draft)?;
    draft.document.parameter(operation, parameter)["required"] = json!(true);
    Some(
        Planted::new(format!("{operation} requires {parameter}"))
            .breaking(name, &[&format!("`{argument}`"), "required"]),
    )
}

fn parameter_type(draft: &mut Draft) -> Option<Planted> {
    let (operation, name, parameter, argument) = optional(draft)?;
    draft.document.parameter(operation, parameter)["schema"] = string();
    Some(
        Planted::new(format!("{operation}?{parameter} is a string"))
            .breaking(name, &[&format!("`{argument}`"), "string"]),
    )
}

fn parameter_letter_case(draft: &mut Draft) -> Option<Planted> {
    let (operation, name, parameter, _) = optional(draft)?;
    let other = format!("{}{}", parameter.get(..1)?.to_uppercase(), parameter.get(1..)?);
    draft.document.parameter(operation, parameter)["name"] = json!(other);
    Some(Planted::new(format!("{operation}?{other}")).changed(name, &[parameter, &other]))
}

fn header(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = any(draft)?;
    draft
        .document
        .parameters(&operation)
        .push(json!({"name": "X-Tenant", "in": "header", "schema": {"type": "string"}}));
    Some(Planted::new(format!("{operation} with a header")).decision(&operation, &["X-Tenant"]).may_mention(name))
}

fn list_parameter(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = any(draft)?;
    draft.document.parameters(&operation).push(query("ids", list(integer())));
    Some(Planted::new(format!("{operation}?ids is a list")).decision(&operation, &["`ids`"]).may_mention(name))
}

fn filters_removed(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, LISTS)?;
    draft.document.remove_parameters(&operation, &["conditions", "childConditions", "customFieldConditions"]);
    Some(Planted::new(format!("{operation} without filters")).breaking(name, &["filter|conditions"]).may_mention(name))
}

fn pages_removed(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, LISTS)?;
    draft.document.remove_parameters(&operation, &["page", "pageSize", "pageId"]);
    Some(Planted::new(format!("{operation} without pages")).breaking(name, &["pag"]))
}

fn cursor(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, LISTS)?;
    draft.document.remove_parameters(&operation, &["page", "pageSize", "pageId"]);
    draft.document.parameters(&operation).push(query("cursor", string()));
    Some(Planted::new(format!("{operation} with a cursor")).breaking(name, &["pag"]).added(name, &["`cursor`"]))
}

fn fields_removed(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, READS)?;
    draft.document.remove_parameters(&operation, &["fields"]);
    Some(Planted::new(format!("{operation} without fields")).breaking(name, &["fields|select"]).may_mention(name))
}

fn body_added(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, &["POST /service/tickets/{parentId}/convert"])?;
    draft.document.set_body(&operation, &reference("IdCollection"));
    Some(Planted::new(format!("{operation} with a body")).breaking(name, &["body"]))
}

fn body_removed(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, WITH_BODY)?;
    draft.document.operation(&operation).as_object_mut()?.remove("requestBody");
    Some(Planted::new(format!("{operation} without a body")).breaking(name, &["body"]))
}

fn body_optional(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, WITH_BODY)?;
    draft.document.operation(&operation)["requestBody"]["required"] = json!(false);
    Some(Planted::new(format!("{operation} with an optional body")).breaking(name, &["optional"]))
}

fn body_type(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, WITH_BODY)?;
    draft.document.set_body(&operation, &reference("IdCollection"));
    Some(Planted::new(format!("{operation} with another body")).breaking(name, &["IdCollection"]))
}

fn body_csv(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, WITH_BODY)?;
    draft.document.operation(&operation)["requestBody"]["content"] =
        json!({"text/csv": {"schema": {"type": "string"}}});
    Some(Planted::new(format!("{operation} with CSV")).decision(&operation, &["text/csv"]).anything(name))
}

fn response_list(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, READS)?;
    draft.document.set_response(&operation, &list(reference("TicketTask")));
    Some(Planted::new(format!("{operation} returns a list")).breaking(name, &["list of"]).anything(name))
}

fn response_type(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, READS)?;
    draft.document.set_response(&operation, &reference("TicketTask"));
    Some(Planted::new(format!("{operation} returns another type")).breaking(name, &["TicketTask"]).anything(name))
}

fn response_empty(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) =
        one_of(draft, &["POST /service/tickets/{parentId}/merge", "POST /service/tickets/{parentId}/convert"])?;
    *draft.document.responses(&operation) = json!({"204": {"description": "No Content"}});
    Some(Planted::new(format!("{operation} returns nothing")).breaking(name, &["nothing"]).changed(name, &["204"]))
}

fn response_bytes(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) =
        one_of(draft, &["POST /service/tickets/{parentId}/merge", "POST /service/tickets/{parentId}/convert"])?;
    draft.document.responses(&operation)["200"]["content"] =
        json!({"application/pdf": {"schema": {"type": "string", "format": "binary"}}});
    Some(Planted::new(format!("{operation} returns a PDF")).breaking(name, &["application/pdf"]))
}

fn status(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, WITH_BODY)?;
    let responses = draft.document.responses(&operation).as_object_mut()?;
    let before = responses.keys().next()?.clone();
    let response = responses.remove(&before)?;
    responses.insert("202".into(), response);
    Some(Planted::new(format!("{operation} with 202")).changed(name, &[&before, "202"]))
}

fn media_type(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, LISTS)?;
    draft.document.responses(&operation)["200"]["content"]["application/xml"] = json!({"schema": {"type": "string"}});
    Some(Planted::new(format!("{operation} with XML")).changed(name, &["application/xml"]))
}

fn media_version(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, READS)?;
    draft.document.responses(&operation)["200"]["content"]["application/vnd.connectwise.com+json; version=2031.1"] =
        json!({"schema": reference("TicketTask")});
    Some(
        Planted::new(format!("{operation} with a second version"))
            .decision(&operation, &["version|several contents"])
            .may_mention(name),
    )
}

fn error_responses(draft: &mut Draft) -> Option<Planted> {
    let (operation, _) = any(draft)?;
    draft.document.responses(&operation)["429"] = json_response(&reference("SuccessResponse"));
    Some(Planted::new(format!("{operation} with 429")))
}

fn two_responses(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, READS)?;
    draft.document.responses(&operation)["203"] = json_response(&reference("TicketTask"));
    Some(
        Planted::new(format!("{operation} with two responses"))
            .decision(&operation, &["success responses|several contents"])
            .may_mention(name),
    )
}

fn no_response(draft: &mut Draft) -> Option<Planted> {
    let (operation, name) = one_of(draft, READS)?;
    *draft.document.responses(&operation) = json!({"404": {"description": "Not Found"}});
    // Nothing says what it returned.
    Some(
        Planted::new(format!("{operation} without a response"))
            .decision(&operation, &["success response"])
            .anything(name),
    )
}
