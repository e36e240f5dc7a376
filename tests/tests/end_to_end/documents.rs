//! Documents: an integration uploads files from memory and as streams, downloads them byte for byte, lists the
//! documents of a record, replaces their content and deletes them.

use connectwise_psa::catalogue::{self, ResponseKind};
use connectwise_psa::dependencies::bytes::Bytes;
use connectwise_psa::documents::{FileSource, IfExists, SaveFile as _};
use connectwise_psa::raw::RawBody;
use connectwise_psa::system::{CountDocumentsParameters, ListDocumentsParameters};
use connectwise_psa::types::{DocumentFormData, DocumentInfo, DocumentRecordType};
use connectwise_psa::{ByteStream, Error, Method, Psa, Upload};
use connectwise_psa_sim::Fault;
use futures_util::{TryStreamExt as _, stream};
use serde_json::json;

use crate::setup::{request_count, small};

const DOCUMENTS: &str = "/system/documents";

/// Returns bytes of all values, in an order that repeats only after many thousands.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from((index * index + index / 251) % 256).unwrap()).collect()
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

async fn download(psa: &Psa, id: i32) -> Bytes {
    psa.system().download_document(id).await.unwrap().bytes().await.unwrap()
}

#[tokio::test]
async fn a_download_has_the_bytes_and_the_name_of_the_upload() {
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
async fn large_files_are_uploaded_and_downloaded_as_streams() {
    let (_sim, psa) = small().await;
    let whole = content(3_000_000);
    let chunks: Vec<_> = whole.chunks(70_001).map(|chunk| Ok::<_, Error>(Bytes::copy_from_slice(chunk))).collect();
    let file =
        Upload::from_stream("backup.zip", whole.len() as u64, stream::iter(chunks)).with_media_type("application/zip");
    let id = psa.system().upload_document(&form(4), Some(file)).await.unwrap().id.unwrap();
    let mut stream = psa.system().download_document(id).await.unwrap();
    let (mut read, mut count) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        read.extend_from_slice(&chunk.unwrap());
        count += 1;
    }
    assert!(read == whole && count > 1, "{} bytes in {count} chunks", read.len());
    // The content of one document is copied into another without loading it into memory.
    let source = psa.system().download_document(id).await.unwrap();
    let copy = Upload::from_stream("copy.zip", source.length.unwrap(), source);
    let copy = psa.system().upload_document(&form(5), Some(copy)).await.unwrap().id.unwrap();
    assert!(download(&psa, copy).await == whole);
}

#[tokio::test]
async fn a_stream_with_the_wrong_length_creates_no_document() {
    let (sim, psa) = small().await;
    // The stream has 8 bytes.
    for length in [4, 12] {
        let file = Upload::from_stream("short.txt", length, ByteStream::from("eight---"));
        let error = psa.system().upload_document(&form(4), Some(file)).await.unwrap_err();
        assert_eq!(sim.store().count(DOCUMENTS), 0, "{length}: {error}");
    }
    let broken = stream::iter([Ok(Bytes::from_static(b"half")), Err(Error::transport("the disk was removed"))]);
    let error =
        psa.system().upload_document(&form(4), Some(Upload::from_stream("half.txt", 8, broken))).await.unwrap_err();
    assert_eq!((sim.store().count(DOCUMENTS), error.is_retryable()), (0, false), "{error}");
}

#[tokio::test]
async fn documents_are_listed_by_record() {
    let (sim, psa) = small().await;
    let mut of_ticket_4 = Vec::new();
    for (ticket, name) in [(4, "a.txt"), (5, "b.txt"), (4, "c.txt")] {
        let id = upload(&psa, ticket, name, name.to_owned()).await.id.unwrap();
        if ticket == 4 {
            of_ticket_4.push(id);
        }
    }
    let company = DocumentFormData { record_type: Some("Company".into()), ..form(5) };
    psa.system().upload_document(&company, Some(Upload::from_bytes("d.txt", "d"))).await.unwrap();
    let ids =
        |documents: Vec<DocumentInfo>| documents.into_iter().map(|document| document.id.unwrap()).collect::<Vec<_>>();
    let parameters = ListDocumentsParameters::new().record_type(DocumentRecordType::Ticket).record_id(4);
    let count_parameters = CountDocumentsParameters::new().record_type(DocumentRecordType::Ticket).record_id(4);
    assert_eq!(ids(psa.system().list_documents_with(&parameters).all().await.unwrap()), of_ticket_4);
    assert_eq!(psa.system().count_documents_with(&count_parameters).await.unwrap(), 2);
    assert_eq!(psa.service().list_ticket_documents(4).all().await.unwrap().len(), 2);
    let named = psa.system().list_documents_with(&parameters).filter(|document| document.file_name().eq("c.txt"));
    assert_eq!(ids(named.all().await.unwrap()), of_ticket_4[1..]);

    // A deleted document is no longer listed and cannot be downloaded. The others are not affected.
    psa.system().delete_document(of_ticket_4[0]).await.unwrap();
    assert!(psa.system().download_document(of_ticket_4[0]).await.unwrap_err().is_not_found());
    assert_eq!(ids(psa.system().list_documents_with(&parameters).all().await.unwrap()), of_ticket_4[1..]);
    assert_eq!((download(&psa, of_ticket_4[1]).await, sim.store().count(DOCUMENTS)), (Bytes::from("c.txt"), 3));
}

#[tokio::test]
async fn an_upload_with_a_lost_response_is_not_retried() {
    let (sim, psa) = small().await;
    let file = || Some(Upload::from_bytes("once.txt", "once"));
    sim.inject(Fault::next(1).on("POST", DOCUMENTS).with_lost_response());
    let error = psa.system().upload_document(&form(4), file()).await.unwrap_err();
    assert!(error.is_ambiguous() && !error.is_retryable(), "{error}");
    assert_eq!((sim.store().count(DOCUMENTS), request_count(&sim, "POST", DOCUMENTS)), (1, 1));
    // After a 429 response, a file in memory is sent again. A stream is consumed by then, so the call fails.
    sim.inject(Fault::next(1).on("POST", DOCUMENTS).with_429(std::time::Duration::ZERO));
    assert_eq!(psa.system().upload_document(&form(4), file()).await.unwrap().size, Some(4));
    sim.inject(Fault::next(1).on("POST", DOCUMENTS).with_429(std::time::Duration::ZERO));
    let stream = Upload::from_stream("stream.txt", 4, ByteStream::from("once"));
    let error = psa.system().upload_document(&form(4), Some(stream)).await.unwrap_err();
    assert!(error.is_rate_limited() && sim.store().count(DOCUMENTS) == 2, "{error}");
}

#[tokio::test]
async fn an_upload_needs_a_record_and_either_a_file_or_a_link() {
    let (sim, psa) = small().await;
    let error = psa
        .system()
        .upload_document(&DocumentFormData { title: Some("x".into()), ..DocumentFormData::default() }, None)
        .await
        .unwrap_err();
    let fields: Vec<_> = error.field_errors().iter().map(|error| error.field.as_deref().unwrap()).collect();
    assert_eq!(fields, ["recordType", "recordId", "file"], "{error}");
    // A document can be a link instead of a file.
    let link = DocumentFormData { url: Some("https://wiki.example/a?b=c&d".into()), ..form(4) };
    let link = psa.system().upload_document(&link, None).await.unwrap();
    assert_eq!((link.link_flag, link.url_flag, sim.store().count(DOCUMENTS)), (Some(true), Some(true), 1));
}

#[tokio::test]
async fn replacing_the_content_of_a_document_keeps_its_id() {
    let (sim, psa) = small().await;
    let id = upload(&psa, 4, "plan.txt", "first").await.id.unwrap();
    let replaced = psa
        .system()
        .replace_document_content(id, &form(4), Some(Upload::from_bytes("plan 2.txt", content(5000))))
        .await
        .unwrap();
    assert_eq!((replaced.id, replaced.size, replaced.file_name.as_deref()), (Some(id), Some(5000), Some("plan 2.txt")));
    assert_eq!((download(&psa, id).await, sim.store().count(DOCUMENTS)), (Bytes::from(content(5000)), 1));
}

#[tokio::test]
async fn documents_are_uploaded_and_downloaded_by_path() {
    let (_sim, psa) = small().await;
    let generic =
        psa.request(Method::Post, DOCUMENTS).json(&json!({"recordType": "Ticket", "recordId": 5, "privateFlag": true}));
    let generic = generic.upload(Upload::from_bytes("generic.bin", content(70))).await.unwrap().into_json().unwrap();
    assert_eq!((&generic["fileName"], &generic["publicFlag"]), (&json!("generic.bin"), &json!(false)));
    // A download can return all bytes at once, or a stream.
    let path = format!("{DOCUMENTS}/{}/download", generic["id"]);
    assert_eq!(psa.request(Method::Get, &path).await.unwrap().body, RawBody::Bytes(content(70).into()));
    let streamed: Vec<Bytes> = psa.request(Method::Get, &path).download().await.unwrap().try_collect().await.unwrap();
    assert_eq!(streamed.concat(), content(70));
}

#[tokio::test]
async fn a_ticket_gets_a_link_and_a_file_which_is_saved_again() {
    let (sim, psa) = small().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.bin");
    std::fs::write(&path, content(500_000)).unwrap();
    let documents = psa.documents();
    documents.link(DocumentRecordType::Ticket, 4, "https://wiki.example/a").title("Wiki").await.unwrap();
    let upload = documents.upload(DocumentRecordType::Ticket, 4, FileSource::path(&path));
    let uploaded = upload.title("Photo").private(true).read_only(true).await.unwrap();
    assert_eq!(
        (uploaded.public_flag, uploaded.read_only_flag, uploaded.size),
        (Some(false), Some(true), Some(500_000))
    );
    let listed = documents.of(DocumentRecordType::Ticket, 4).all().await.unwrap();
    assert_eq!(listed.len(), 2);
    let saved = documents.download(uploaded.id.unwrap()).await.unwrap().save_in(folder.path());
    let saved = saved.if_exists(IfExists::NumberedName).await.unwrap();
    assert_eq!((saved.path.clone(), saved.length), (folder.path().join("photo (1).bin"), 500_000));
    assert!(std::fs::read(saved.path).unwrap() == content(500_000));
    // A stream without a length, from one document to another record.
    let source = documents.download(uploaded.id.unwrap()).await.unwrap();
    let copy = documents.upload("Company", 5, FileSource::stream("copy.bin", source)).await.unwrap();
    assert!(download(&psa, copy.id.unwrap()).await == content(500_000));
    let mut written = Vec::new();
    let length = documents.download(copy.id.unwrap()).await.unwrap().write_to(&mut written).await.unwrap();
    assert!(length == 500_000 && written == content(500_000));
    assert_eq!(request_count(&sim, "POST", DOCUMENTS), 3);
}

#[tokio::test]
async fn every_operation_that_returns_a_file_can_be_saved() {
    let (sim, psa) = crate::setup::demo().await;
    let document = upload(&psa, 4, "a.png", "png").await.id.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for operation in catalogue::all() {
        let ResponseKind::Bytes(media_type) = operation.response else { continue };
        let list = operation.path.split("/{").next().unwrap();
        let records = sim.store().list(list);
        let id = match (list, records.first()) {
            (DOCUMENTS, _) => json!(document),
            (_, Some(record)) => record["id"].clone(),
            _ => json!(1),
        };
        let mut parameters = json!({"id": id});
        if operation.parameters.iter().any(|parameter| parameter.name == "filePath") {
            parameters["filePath"] = json!("sync.log");
        }
        if !operation.path.contains("{id}") {
            parameters = json!({});
        }
        let name = format!("{}.{}", operation.section, operation.id);
        let download = psa.operation(&name).parameters(&parameters).download().await;
        let download = download.unwrap_or_else(|error| panic!("{name}: {error}"));
        let saved = download.save_in(folder.path()).if_exists(IfExists::NumberedName).await.unwrap();
        let written = std::fs::metadata(&saved.path).unwrap().len();
        assert!(written == saved.length && written > 0, "{name} ({media_type}): {saved:?}");
        names.push(name);
    }
    // The contacts', members', priorities' and menu entries' images, two of documents, and others.
    assert!(names.len() >= 9, "{names:?}");
    let documents = psa.documents();
    let calls = [
        documents.download(document),
        documents.thumbnail(document),
        documents.contact_image(1),
        documents.member_image(1),
        documents.priority_image(1),
        documents.menu_entry_image(1),
        documents.invoice_pdf(i32::try_from(sim.store().list("/finance/invoices")[0]["id"].as_i64().unwrap()).unwrap()),
    ];
    for call in calls {
        let shown = format!("{call:?}");
        let saved = call.await.unwrap_or_else(|error| panic!("{shown}: {error}")).save_in(folder.path());
        assert!(saved.if_exists(IfExists::NumberedName).await.unwrap().length > 0, "{shown}");
    }
}

#[tokio::test]
async fn the_largest_upload_is_an_option_of_the_simulator() {
    for (limit, is_accepted) in [(100_000, false), (300_000, true)] {
        let sim = connectwise_psa_sim::Sim::builder().seed(crate::setup::few_records()).max_body_size(limit);
        let (sim, psa) = crate::setup::start_sim(sim).await;
        let file = Some(Upload::from_bytes("a.bin", content(200_000)));
        let result = psa.system().upload_document(&form(4), file).await;
        assert_eq!(result.is_ok(), is_accepted, "{result:?}");
        let status = result.err().and_then(|error| error.status()).map(|status| status.as_u16());
        assert_eq!(status, (!is_accepted).then_some(413));
        assert_eq!(sim.store().count(DOCUMENTS), usize::from(is_accepted));
    }
}

#[tokio::test]
async fn a_state_file_keeps_the_contents_of_documents() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let start = || connectwise_psa_sim::Sim::builder().seed(crate::setup::few_records()).state(&file);
    let (sim, psa) = crate::setup::start_sim(start()).await;
    let kept = upload(&psa, 4, "kept.bin", content(100_000)).await.id.unwrap();
    let deleted = upload(&psa, 4, "deleted.bin", content(90_000)).await.id.unwrap();
    psa.system().delete_document(deleted).await.unwrap();
    drop((sim, psa));
    for _ in 0..2 {
        let (_sim, psa) = crate::setup::start_sim(start()).await;
        assert!(download(&psa, kept).await == content(100_000));
        assert!(psa.system().download_document(deleted).await.unwrap_err().is_not_found());
    }
}
