//! Documents: links, and files that are uploaded in multipart forms and returned unchanged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ActionResult;
use crate::access::{matching, read};
use crate::api_error::{ApiError, FieldError};
use crate::http::{FormPart, Request, Response};
use crate::listing::is_attached;
use crate::placeholders::files;
use crate::records::document_types::{document_type, is_image};
use crate::records::{JsonObject, into_object, views};
use crate::router::Route;
use crate::rules;
use crate::server_state::RequestContext;
use crate::store::{DOCUMENTS, FILE_FIELD, timestamp};
use crate::writes::{insert, remove, update};

const LIST: &str = DOCUMENTS;

fn part<'a>(request: &'a Request, name: &str) -> Option<&'a FormPart> {
    request.form.as_ref()?.iter().find(|part| part.name.eq_ignore_ascii_case(name))
}

fn text(request: &Request, name: &str) -> Option<String> {
    part(request, name)
        .map(|part| String::from_utf8_lossy(&part.content).trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// Stores a file or a link from a multipart form. Observed on live servers: any other body is rejected with 415.
pub(super) fn upload(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    if request.form.is_none() {
        return Err(ApiError::media_type("InvalidObject", request.header("content-type").unwrap_or_default()));
    }
    let (record_type, id) = (text(request, "recordType"), text(request, "recordId"));
    let (file, link) = (part(request, "file"), text(request, "url"));
    let missing: Vec<_> =
        [("recordType", record_type.is_none()), ("recordId", id.is_none()), ("file", file.is_none() && link.is_none())]
            .into_iter()
            .filter(|(_, is_missing)| *is_missing)
            .map(|(name, _)| {
                FieldError::new("MissingRequiredField", format!("The {name} field is required."), "document", name)
            })
            .collect();
    if !missing.is_empty() {
        return Err(ApiError::invalid_object("document", missing));
    }
    rules::documents::check_record(ctx, record_type.as_deref().unwrap_or_default(), id.as_deref().unwrap_or_default())?;
    let file_name =
        file.and_then(|file| file.file_name.clone()).or_else(|| link.clone()).unwrap_or_else(|| "document".to_owned());
    let content = file.map(|file| file.content.clone()).unwrap_or_default();
    let size = content.len();
    let file_content = ctx.state.records.add_file(content);
    let is_set = |name: &str| text(request, name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let record = json!({
        "title": text(request, "title").unwrap_or_else(|| file_name.clone()),
        "documentType": document_type(&file_name),
        "createdOnDate": timestamp(ctx.now),
        "imageFlag": is_image(&file_name),
        "fileName": file_name,
        "serverFileName": format!("{}.{extension}", Uuid::new_v4()),
        "owner": ctx.caller.member,
        "linkFlag": link.is_some(), "urlFlag": link.is_some(),
        "publicFlag": !is_set("privateFlag"), "htmlTemplateFlag": false,
        // The OpenAPI documents of some versions misspell this field.
        "readOnlyFlag": is_set("readOnlyFlag") || is_set("readOnlyFlay"),
        "size": size,
        "guid": Uuid::new_v4().to_string(),
        "_attached": {"recordType": record_type, "recordId": id},
        FILE_FIELD: file_content,
    });
    let id = insert(ctx, LIST, into_object(record));
    let shown = ctx.state.records.get(LIST, id).map(views::public).unwrap_or_default();
    Ok(Response::json(StatusCode::CREATED, &shown))
}

fn document_of(ctx: &RequestContext<'_>, route: &Route) -> Result<(i64, JsonObject), ApiError> {
    let id = route.owner().map(|(_, id)| id).unwrap_or_default();
    Ok((id, read(ctx, LIST, id)?))
}

/// Returns the documents of a record, by its `recordType` and id.
fn attached(ctx: &RequestContext<'_>, (record_type, id): (&str, i64)) -> Vec<(i64, JsonObject)> {
    let id = id.to_string();
    matching(ctx, LIST, |document| is_attached(document, Some(record_type), Some(&id)))
}

fn attachment((record_type, id): (&str, i64)) -> Value {
    json!({"recordType": record_type, "recordId": id.to_string()})
}

/// Attaches the documents of a record to another record.
pub(super) fn reattach(ctx: &mut RequestContext<'_>, from: (&str, i64), to: (&str, i64)) {
    for (document, mut record) in attached(ctx, from) {
        record.insert("_attached".to_owned(), attachment(to));
        ctx.state.records.put(LIST, document, record);
    }
}

/// Copies selected documents of a record to another record.
pub(super) fn copy_to(
    ctx: &mut RequestContext<'_>,
    from: (&str, i64),
    to: (&str, i64),
    is_chosen: impl Fn(i64) -> bool,
) {
    for (_, mut record) in attached(ctx, from).into_iter().filter(|(document, _)| is_chosen(*document)) {
        record.remove("id");
        record.insert("_attached".to_owned(), attachment(to));
        record.insert("guid".to_owned(), Value::from(Uuid::new_v4().to_string()));
        insert(ctx, LIST, record);
    }
}

/// Deletes the documents of a record.
pub(super) fn delete_attached(ctx: &mut RequestContext<'_>, owner: (&str, i64)) {
    for (document, _) in attached(ctx, owner) {
        remove(ctx, LIST, document);
    }
}

/// Replaces the file of a document. ConnectWise does not document the endpoint; its definition in the OpenAPI document
/// suggests this behaviour.
pub(super) fn replace_file(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (id, mut document) = document_of(ctx, route)?;
    if let Some(file) = part(request, "file") {
        let content = ctx.state.records.add_file(file.content.clone());
        document.remove("_content");
        document.insert(FILE_FIELD.to_owned(), Value::from(content));
        document.insert("size".to_owned(), Value::from(file.content.len()));
        if let Some(name) = &file.file_name {
            document.insert("fileName".to_owned(), Value::from(name.clone()));
        }
    }
    update(ctx, LIST, id, document);
    Ok(Response::ok(&ctx.state.records.get(LIST, id).map(views::public).unwrap_or_default()))
}

/// Returns the stored bytes of a document.
pub(super) fn download(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (_, document) = document_of(ctx, route)?;
    let text = |field: &str| document.get(field).and_then(Value::as_str);
    let name = text("fileName").unwrap_or("document");
    let stored = text(FILE_FIELD).and_then(|file| ctx.state.records.file(file));
    let content = match (stored, text("_content")) {
        (Some(content), _) => content,
        // A state file of an earlier version has the content in the record.
        (None, Some(content)) => STANDARD.decode(content).unwrap_or_default().into(),
        // The demo data does not store the content of its documents.
        (None, None) => files::sample(name, text("title").unwrap_or_default()).into(),
    };
    // Observed on live servers: file names are sent with or without quotes (here: with), and non-ASCII characters
    // unencoded.
    Ok(Response::new(StatusCode::OK, "application/octet-stream", content).with_raw_header(
        "content-disposition",
        &format!("attachment; filename=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
    ))
}

pub(super) fn thumbnail(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    document_of(ctx, route)?;
    Ok(files::placeholder_file("image/png"))
}
