//! Documents: what is uploaded comes back byte for byte, from memory and as a stream, under its name, with its record,
//! and goes when it is deleted.

use connectwise_psa::dependencies::bytes::Bytes;
use connectwise_psa::raw::RawBody;
use connectwise_psa::system::{CountDocumentsParameters, ListDocumentsParameters};
use connectwise_psa::types::{DocumentFormData, DocumentInfo, DocumentRecordType};
use connectwise_psa::{ByteStream, Error, Method, Psa, Upload};
use connectwise_psa_sim::Fault;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use crate::setup::{request_count, small};

const DOCUMENTS: &str = "/system/documents";

/// Every byte there is, in an order that repeats after many thousands.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * at + at / 251) % 256).unwrap()).collect()
}

fn form(ticket: i32) -> DocumentFormData {
    DocumentFormData {
        record_type: Some("Ticket".into()),
        record_id: Some(ticket),
        title: Some("Foto · 写真".into()),
        ..DocumentFormData::default()
    }
}

async fn upload(psa: &Psa, ticket: i32, name: &str, bytes: impl Into<Bytes>) -> DocumentInfo {
    psa.system().upload_document(&form(ticket), Some(Upload::from_bytes(name, bytes))).await.unwrap()
}

async fn bytes_of(psa: &Psa, id: i32) -> Bytes {
    psa.system().download_document(id).await.unwrap().bytes().await.unwrap()
}

#[tokio::test]
async fn files_come_back_byte_for_byte_under_their_names() {
    let (sim, psa) = small().await;
    for (name, bytes) in [
        ("Größe 写真.bin", content(300_000)),
        ("a; b, 100 % #1.txt", b"--boundary\r\n\r\nContent-Disposition: form-data\r\n--".to_vec()),
        ("empty.txt", Vec::new()),
        ("spaced name.PNG", content(3)),
    ] {
        let document = upload(&psa, 4, name, bytes.clone()).await;
        let id = document.id.unwrap();
        assert_eq!(
            (document.file_name.as_deref(), document.title.as_deref(), document.size),
            (Some(name), Some("Foto · 写真"), Some(i32::try_from(bytes.len()).unwrap()))
        );
        assert_eq!((document.image_flag, document.public_flag), (Some(name.ends_with("PNG")), Some(true)));
        let download = psa.system().download_document(id).await.unwrap();
        assert_eq!((download.file_name.as_deref(), download.length), (Some(name), Some(bytes.len() as u64)));
        assert_eq!(download.bytes().await.unwrap(), bytes, "{name}");
        assert_eq!(sim.store().get(DOCUMENTS, id.into()).unwrap()["size"], bytes.len());
    }
}

#[tokio::test]
async fn large_files_are_streamed_in_and_out() {
    let (_sim, psa) = small().await;
    let whole = content(3_000_000);
    let pieces: Vec<_> = whole.chunks(70_001).map(|piece| Ok::<_, Error>(Bytes::copy_from_slice(piece))).collect();
    let file =
        Upload::from_stream("backup.zip", whole.len() as u64, stream::iter(pieces)).with_media_type("application/zip");
    let id = psa.system().upload_document(&form(4), Some(file)).await.unwrap().id.unwrap();
    let mut download = psa.system().download_document(id).await.unwrap();
    let (mut read, mut count) = (Vec::new(), 0);
    while let Some(piece) = download.next().await {
        read.extend_from_slice(&piece.unwrap());
        count += 1;
    }
    assert!(read == whole && count > 1, "{} in {count}", read.len());
    // From one document into another, without having it in memory.
    let source = psa.system().download_document(id).await.unwrap();
    let copy = Upload::from_stream("copy.zip", source.length.unwrap(), source);
    let copy = psa.system().upload_document(&form(5), Some(copy)).await.unwrap().id.unwrap();
    assert!(bytes_of(&psa, copy).await == whole);
}

#[tokio::test]
async fn a_stream_of_another_length_leaves_no_document() {
    let (sim, psa) = small().await;
    for length in [4, 12] {
        let file = Upload::from_stream("short.txt", length, ByteStream::from("eight---"));
        let error = psa.system().upload_document(&form(4), Some(file)).await.unwrap_err();
        assert_eq!(sim.store().count(DOCUMENTS), 0, "{length}: {error}");
    }
    let broken = stream::iter([Ok(Bytes::from_static(b"half")), Err(Error::transport("the disk has gone"))]);
    let error =
        psa.system().upload_document(&form(4), Some(Upload::from_stream("half.txt", 8, broken))).await.unwrap_err();
    assert_eq!((sim.store().count(DOCUMENTS), error.is_retryable()), (0, false), "{error}");
}

#[tokio::test]
async fn documents_are_listed_with_their_record_alone() {
    let (sim, psa) = small().await;
    let mut of_four = Vec::new();
    for (ticket, name) in [(4, "a.txt"), (5, "b.txt"), (4, "c.txt")] {
        let id = upload(&psa, ticket, name, name.to_owned()).await.id.unwrap();
        if ticket == 4 {
            of_four.push(id);
        }
    }
    let company = DocumentFormData { record_type: Some("Company".into()), ..form(4) };
    psa.system().upload_document(&company, Some(Upload::from_bytes("d.txt", "d"))).await.unwrap();
    let ids =
        |documents: Vec<DocumentInfo>| documents.into_iter().map(|document| document.id.unwrap()).collect::<Vec<_>>();
    let of_ticket = ListDocumentsParameters::new().record_type(DocumentRecordType::Ticket).record_id(4);
    let counted = CountDocumentsParameters::new().record_type(DocumentRecordType::Ticket).record_id(4);
    assert_eq!(ids(psa.system().list_documents_with(&of_ticket).all().await.unwrap()), of_four);
    assert_eq!(psa.system().count_documents_with(&counted).await.unwrap(), 2);
    assert_eq!(psa.service().list_ticket_documents(4).all().await.unwrap().len(), 2);
    let named = psa.system().list_documents_with(&of_ticket).filter(|document| document.file_name().eq("c.txt"));
    assert_eq!(ids(named.all().await.unwrap()), of_four[1..]);

    // One that is deleted is in no list and cannot be had, and the others stay.
    psa.system().delete_document(of_four[0]).await.unwrap();
    assert!(psa.system().download_document(of_four[0]).await.unwrap_err().is_not_found());
    assert_eq!(ids(psa.system().list_documents_with(&of_ticket).all().await.unwrap()), of_four[1..]);
    assert_eq!((bytes_of(&psa, of_four[1]).await, sim.store().count(DOCUMENTS)), (Bytes::from("c.txt"), 3));
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_there_once() {
    let (sim, psa) = small().await;
    let file = || Some(Upload::from_bytes("once.txt", "once"));
    sim.inject(Fault::next(1).on("POST", DOCUMENTS).with_lost_response());
    let error = psa.system().upload_document(&form(4), file()).await.unwrap_err();
    assert!(error.is_ambiguous() && !error.is_retryable(), "{error}");
    assert_eq!((sim.store().count(DOCUMENTS), request_count(&sim, "POST", DOCUMENTS)), (1, 1));
    // What was refused for the number of requests is sent again from memory; a stream cannot be, and is not sent by
    // halves.
    sim.inject(Fault::next(1).on("POST", DOCUMENTS).with_429(std::time::Duration::ZERO));
    assert_eq!(psa.system().upload_document(&form(4), file()).await.unwrap().size, Some(4));
    sim.inject(Fault::next(1).on("POST", DOCUMENTS).with_429(std::time::Duration::ZERO));
    let stream = Upload::from_stream("stream.txt", 4, ByteStream::from("once"));
    let error = psa.system().upload_document(&form(4), Some(stream)).await.unwrap_err();
    assert!(error.is_rate_limited() && sim.store().count(DOCUMENTS) == 2, "{error}");
}

#[tokio::test]
async fn what_is_missing_from_a_form_is_named() {
    let (sim, psa) = small().await;
    let error = psa
        .system()
        .upload_document(&DocumentFormData { title: Some("x".into()), ..DocumentFormData::default() }, None)
        .await
        .unwrap_err();
    let fields: Vec<_> = error.field_errors().iter().map(|error| error.field.as_deref().unwrap()).collect();
    assert_eq!(fields, ["recordType", "recordId", "file"], "{error}");
    // A link takes the place of a file.
    let link = DocumentFormData { url: Some("https://wiki.example/a?b=c&d".into()), ..form(4) };
    let link = psa.system().upload_document(&link, None).await.unwrap();
    assert_eq!((link.link_flag, link.url_flag, sim.store().count(DOCUMENTS)), (Some(true), Some(true), 1));
}

#[tokio::test]
async fn a_document_gets_new_content_and_keeps_its_id() {
    let (sim, psa) = small().await;
    let id = upload(&psa, 4, "plan.txt", "first").await.id.unwrap();
    let replaced = psa
        .system()
        .replace_document_content(id, &form(4), Some(Upload::from_bytes("plan 2.txt", content(5000))))
        .await
        .unwrap();
    assert_eq!((replaced.id, replaced.size, replaced.file_name.as_deref()), (Some(id), Some(5000), Some("plan 2.txt")));
    assert_eq!((bytes_of(&psa, id).await, sim.store().count(DOCUMENTS)), (Bytes::from(content(5000)), 1));
    // The same with JSON, by path.
    let generic =
        psa.request(Method::Post, DOCUMENTS).json(&json!({"recordType": "Ticket", "recordId": 5, "privateFlag": true}));
    let generic = generic.upload(Upload::from_bytes("generic.bin", content(70))).await.unwrap().into_json().unwrap();
    assert_eq!((&generic["fileName"], &generic["publicFlag"]), (&json!("generic.bin"), &json!(false)));
    let path = format!("{DOCUMENTS}/{}/download", generic["id"]);
    assert_eq!(psa.request(Method::Get, &path).await.unwrap().body, RawBody::Bytes(content(70).into()));
    let streamed: Vec<Bytes> = psa.request(Method::Get, &path).download().await.unwrap().try_collect().await.unwrap();
    assert_eq!(streamed.concat(), content(70));
}
