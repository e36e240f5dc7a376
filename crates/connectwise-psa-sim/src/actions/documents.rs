//! Documents: files in forms, kept with their bytes, and given back as they came.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::changes::{keep, read, remove, those};
use super::{Done, files};
use crate::exchange::{Answer, Asked, FormPart};
use crate::operations::insert;
use crate::packed::Node;
use crate::problem::{FieldProblem, Problem};
use crate::records::Members;
use crate::records::list::Only;
use crate::records::views;
use crate::router::Route;
use crate::world::{Scene, members};

const LIST: &str = "system/documents";

/// The kind of record and the id that a path of documents under a record names.
pub(super) fn owner_of(key: &str) -> Option<(&'static str, &str)> {
    let owner = key.strip_suffix("/documents")?;
    let (list, id) = owner.rsplit_once('/')?;
    let kind = match list {
        "service/tickets" => "Ticket",
        "project/tickets" => "ProjectTicket",
        _ => return None,
    };
    Some((kind, id))
}

/// The documents that an endpoint shows: those of a record.
pub(super) fn filter<'a>(route: &Route, asked: &'a Asked) -> Only<'a> {
    let key = route.list_key();
    let owner = owner_of(&key).map(|(kind, id)| (kind.to_owned(), id.to_owned()));
    let asked_for = |name: &str| asked.parameter(name).map(str::to_owned);
    let (kind, id) = owner.map_or_else(|| (asked_for("recordType"), asked_for("recordId")), |(kind, id)| (Some(kind), Some(id)));
    Some(Box::new(move |record: Node<'_>| is_attached(record, kind.as_deref(), id.as_deref())))
}

fn part<'a>(asked: &'a Asked, name: &str) -> Option<&'a FormPart> {
    asked.form.as_ref()?.iter().find(|part| part.name.eq_ignore_ascii_case(name))
}

fn text(asked: &Asked, name: &str) -> Option<String> {
    part(asked, name).map(|part| String::from_utf8_lossy(&part.content).trim().to_owned()).filter(|text| !text.is_empty())
}

/// A form with a file or a link. facts: anything but a form is 415.
pub(super) fn upload(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    if asked.form.is_none() {
        return Err(Problem::media_type("InvalidObject", asked.header("content-type").unwrap_or_default()));
    }
    let (kind, id) = (text(asked, "recordType"), text(asked, "recordId"));
    let (file, link) = (part(asked, "file"), text(asked, "url"));
    let missing: Vec<_> = [("recordType", kind.is_none()), ("recordId", id.is_none()), ("file", file.is_none() && link.is_none())]
        .into_iter()
        .filter(|(_, is_missing)| *is_missing)
        .map(|(name, _)| FieldProblem::new("MissingRequiredField", format!("The {name} field is required."), "document", name))
        .collect();
    if !missing.is_empty() {
        return Err(Problem::invalid_object("document", missing));
    }
    let file_name = file.and_then(|file| file.file_name.clone()).or_else(|| link.clone()).unwrap_or_else(|| "document".to_owned());
    let content = file.map(|file| file.content.clone()).unwrap_or_default();
    let is_set = |name: &str| text(asked, name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_image = ["png", "jpg", "jpeg", "gif", "bmp"].iter().any(|image| extension.eq_ignore_ascii_case(image));
    let record = json!({
        "title": text(asked, "title").unwrap_or_else(|| file_name.clone()),
        "fileName": file_name,
        "serverFileName": format!("{}.{extension}", Uuid::new_v4()),
        "owner": scene.caller.member,
        "linkFlag": link.is_some(), "urlFlag": link.is_some(),
        "imageFlag": is_image,
        "publicFlag": !is_set("privateFlag"), "htmlTemplateFlag": false,
        // facts: descriptions of some versions misspell it.
        "readOnlyFlag": is_set("readOnlyFlag") || is_set("readOnlyFlay"),
        "size": content.len(),
        "guid": Uuid::new_v4().to_string(),
        "_attached": {"recordType": kind, "recordId": id},
        "_content": STANDARD.encode(&content),
    });
    let id = insert(scene, LIST, members(record));
    let shown = scene.world.records.get(LIST, id).map(views::public).unwrap_or_default();
    Ok(Answer::json(StatusCode::CREATED, &shown))
}

fn named(scene: &Scene<'_>, route: &Route) -> Result<(i64, Members), Problem> {
    let id = route.owner().map(|(_, id)| id).unwrap_or_default();
    Ok((id, read(scene, LIST, id)?))
}

/// The documents of a record, by its kind in documents and its id.
fn attached(scene: &Scene<'_>, (kind, id): (&str, i64)) -> Vec<(i64, Members)> {
    let id = id.to_string();
    those(scene, LIST, |document| is_attached(document, Some(kind), Some(&id)))
}

/// Whether a document is one of a kind of record, and of one with an id.
fn is_attached(document: Node<'_>, kind: Option<&str>, id: Option<&str>) -> bool {
    let is = |name: &str, wanted: Option<&str>| {
        let found = document.get("_attached").and_then(|about| about.text(name));
        wanted.is_none_or(|wanted| found.is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
    };
    is("recordType", kind) && is("recordId", id)
}

fn attachment((kind, id): (&str, i64)) -> Value {
    json!({"recordType": kind, "recordId": id.to_string()})
}

/// Lets the documents of a record be those of another.
pub(super) fn reattach(scene: &mut Scene<'_>, from: (&str, i64), to: (&str, i64)) {
    for (document, mut record) in attached(scene, from) {
        record.insert("_attached".to_owned(), attachment(to));
        scene.world.records.put(LIST, document, record);
    }
}

/// Copies documents of a record to another.
pub(super) fn copy_to(scene: &mut Scene<'_>, from: (&str, i64), to: (&str, i64), is_chosen: impl Fn(i64) -> bool) {
    for (_, mut record) in attached(scene, from).into_iter().filter(|(document, _)| is_chosen(*document)) {
        record.remove("id");
        record.insert("_attached".to_owned(), attachment(to));
        record.insert("guid".to_owned(), Value::from(Uuid::new_v4().to_string()));
        insert(scene, LIST, record);
    }
}

/// Deletes the documents of a record.
pub(super) fn discard(scene: &mut Scene<'_>, of: (&str, i64)) {
    for (document, _) in attached(scene, of) {
        remove(scene, LIST, document);
    }
}

/// New bytes for a document. facts: what this endpoint means is not documented; this is what its form suggests.
pub(super) fn replace_content(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (id, mut document) = named(scene, route)?;
    if let Some(file) = part(asked, "file") {
        document.insert("_content".to_owned(), Value::from(STANDARD.encode(&file.content)));
        document.insert("size".to_owned(), Value::from(file.content.len()));
        if let Some(name) = &file.file_name {
            document.insert("fileName".to_owned(), Value::from(name.clone()));
        }
    }
    keep(scene, LIST, id, document);
    Ok(Answer::ok(&scene.world.records.get(LIST, id).map(views::public).unwrap_or_default()))
}

/// The bytes as they came.
pub(super) fn download(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (_, document) = named(scene, route)?;
    let content = document.get("_content").and_then(Value::as_str).and_then(|content| STANDARD.decode(content).ok()).unwrap_or_default();
    let name = document.get("fileName").and_then(Value::as_str).unwrap_or("document");
    // facts: names come with or without quotes; other letters than ASCII raw.
    Ok(Answer::new(StatusCode::OK, "application/octet-stream", Bytes::from(content))
        .with_raw_header("content-disposition", &format!("attachment; filename=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))))
}

pub(super) fn thumbnail(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    named(scene, route)?;
    Ok(files::file("image/png"))
}
