//! Uploads from files and streams, and downloads to files: what is sent, what is retried, and what is on the disk after
//! a failure.

use std::path::Path;
use std::sync::{Arc, Mutex};

use connectwise_psa::documents::{FileSource, IfExists, SaveError, SaveFile as _, inline_image_links};
use connectwise_psa::types::DocumentRecordType;
use connectwise_psa::{ByteStream, Error, Psa};
use futures_util::stream;

use crate::server::{Action, Server, json_response, rate_limited, response};

/// Returns a response with a file.
fn file(name: &str, content: &str) -> Action {
    response(200, "application/octet-stream", content)
        .header("content-disposition", format!("attachment; filename=\"{name}\""))
}

async fn client(actions: impl IntoIterator<Item = Action>) -> (Server, Psa) {
    let server = Server::with_actions(actions).await;
    let psa = server.builder().build().unwrap();
    (server, psa)
}

/// Returns the names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn created() -> Action {
    json_response(201, r#"{"id":7,"fileName":"a"}"#)
}

#[tokio::test]
async fn every_kind_of_source_is_sent_with_its_name_and_progress() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("router.log");
    std::fs::write(&path, "link down\n").unwrap();
    let sources = [
        FileSource::path(&path),
        FileSource::bytes("router.log", "link down\n"),
        FileSource::stream("router.log", stream::iter([Ok::<_, Error>("link "), Ok("down\n")])),
        FileSource::stream("router.log", stream::iter([Ok::<_, Error>("link "), Ok("down\n")])).length(10),
        FileSource::reader("router.log", &b"link down\n"[..]),
    ];
    for source in sources {
        let shown = format!("{source:?}");
        let (server, psa) = client([created()]).await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let progress = Arc::clone(&seen);
        let upload = psa.documents().upload(DocumentRecordType::Ticket, 42, source).title("Log").private(true);
        let upload = upload.read_only(false).on_progress(move |p| progress.lock().unwrap().push((p.bytes, p.total)));
        assert_eq!(upload.await.unwrap().id, Some(7), "{shown}");
        assert_eq!(seen.lock().unwrap().last(), Some(&(10, Some(10))), "{shown}");
        let body = &server.requests()[0].body;
        for part in [
            "name=\"recordType\"\r\n\r\nTicket\r\n",
            "name=\"recordId\"\r\n\r\n42\r\n",
            "name=\"title\"\r\n\r\nLog\r\n",
            "name=\"privateFlag\"\r\n\r\ntrue\r\n",
            "name=\"readOnlyFlag\"\r\n\r\nfalse\r\n",
            "name=\"file\"; filename=\"router.log\"\r\n\r\nlink down\n\r\n",
        ] {
            assert!(body.contains(part), "{shown}: {part:?} is not in {body}");
        }
    }
    assert_eq!(names(folder.path()), ["router.log"]);
}

#[tokio::test]
async fn a_link_has_a_url_in_place_of_a_file() {
    let (server, psa) = client([created()]).await;
    psa.documents().link(DocumentRecordType::Company, 19, "https://wiki.example/a").title("Wiki").await.unwrap();
    let body = &server.requests()[0].body;
    assert!(body.contains("name=\"url\"\r\n\r\nhttps://wiki.example/a\r\n") && !body.contains("filename"), "{body}");
    for url in ["", " ", "https://x/\n"] {
        let error = psa.documents().link(DocumentRecordType::Company, 19, url).await.unwrap_err();
        assert!(error.is_invalid_input(), "{url:?}: {error}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn invalid_sources_send_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (server, psa) = client([]).await;
    for source in [
        FileSource::path(folder.path().join("missing")),
        FileSource::path(folder.path()),
        FileSource::path("/"),
        FileSource::bytes("", "x"),
        FileSource::bytes("a\r\nb", "x"),
        FileSource::bytes("a/b", "x"),
        FileSource::path(folder.path()).named(".."),
    ] {
        let shown = format!("{source:?}");
        let error = psa.documents().upload(DocumentRecordType::Ticket, 42, source).await.unwrap_err();
        assert!(error.is_invalid_input(), "{shown}: {error}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_path_is_sent_again_after_a_429_and_never_after_a_lost_response() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "content").unwrap();
    let upload = |psa: &Psa, source| psa.documents().upload(DocumentRecordType::Ticket, 42, source);
    let without_length = || FileSource::stream("a.txt", ByteStream::from("content"));
    for source in [FileSource::path(&path), FileSource::bytes("a.txt", "content"), without_length()] {
        let (server, psa) = client([rate_limited("0"), created()]).await;
        assert_eq!(upload(&psa, source).await.unwrap().id, Some(7));
        let bodies: Vec<_> = server.requests().iter().map(|request| request.body.contains("content\r\n")).collect();
        assert_eq!(bodies, [true, true]);
    }
    // A stream with a length is sent directly, so it can be sent only once.
    let (server, psa) = client([rate_limited("0"), created()]).await;
    assert!(upload(&psa, without_length().length(7)).await.unwrap_err().is_rate_limited());
    assert_eq!(server.requests().len(), 1);
    let (server, psa) = client([Action::Close, created()]).await;
    let error = upload(&psa, FileSource::path(&path)).await.unwrap_err();
    assert!(error.is_ambiguous() && server.requests().len() == 1, "{error}");
}

#[tokio::test]
async fn a_source_that_fails_or_changes_is_an_error() {
    let (_server, psa) = client([created(), created(), created()]).await;
    let broken = stream::iter([Ok("half"), Err("the disk was removed")]);
    let error =
        psa.documents().upload(DocumentRecordType::Ticket, 1, FileSource::stream("a", broken)).await.unwrap_err();
    assert!(error.to_string().contains("the disk was removed"), "{error}");
    let longer = FileSource::stream("a", ByteStream::from("seven--")).length(6);
    assert!(psa.documents().upload(DocumentRecordType::Ticket, 1, longer).await.is_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.log");
    std::fs::write(&path, vec![b'a'; 300_000]).unwrap();
    let growing = path.clone();
    // The file grows after the first piece has been sent.
    let upload = psa.documents().upload(DocumentRecordType::Ticket, 1, FileSource::path(&path));
    let error = upload
        .on_progress(move |_| {
            let mut file = std::fs::OpenOptions::new().append(true).open(&growing).unwrap();
            std::io::Write::write_all(&mut file, b"more").unwrap();
        })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("more"), "{error}");
}

#[tokio::test]
async fn a_download_is_saved_under_a_safe_name() {
    for (server_name, expected) in [
        ("offer.pdf", "offer.pdf"),
        ("../../x.txt", "x.txt"),
        ("NUL", "_NUL"),
        (".hidden", "hidden"),
        ("..", "download"),
    ] {
        let (_server, psa) = client([file(server_name, "content")]).await;
        let folder = tempfile::tempdir().unwrap();
        let saved = psa.documents().download(5).await.unwrap().save_in(folder.path()).await.unwrap();
        assert_eq!((saved.path.clone(), saved.length), (folder.path().join(expected), 7), "{server_name}");
        assert_eq!(std::fs::read(&saved.path).unwrap(), b"content");
        assert_eq!(names(folder.path()), [expected]);
    }
    let (_server, psa) = client([response(200, "image/png", "png")]).await;
    let folder = tempfile::tempdir().unwrap();
    psa.documents().thumbnail(5).await.unwrap().save_in(folder.path()).await.unwrap();
    assert_eq!(names(folder.path()), ["download.png"]);
}

#[tokio::test]
async fn an_existing_file_is_kept_replaced_or_joined_by_a_numbered_one() {
    let folder = tempfile::tempdir().unwrap();
    let download = |content: &'static str| async move {
        let (_server, psa) = client([file("a.txt", content)]).await;
        psa.documents().download(5).await.unwrap()
    };
    download("one").await.save_in(folder.path()).await.unwrap();
    let error = download("two").await.save_in(folder.path()).await.unwrap_err();
    assert!(matches!(&error, SaveError::Exists(path) if *path == folder.path().join("a.txt")), "{error}");
    for expected in ["a (1).txt", "a (2).txt"] {
        let saved = download("two").await.save_in(folder.path()).if_exists(IfExists::NumberedName).await.unwrap();
        assert_eq!(saved.path, folder.path().join(expected));
    }
    assert_eq!(std::fs::read(folder.path().join("a.txt")).unwrap(), b"one");
    let path = folder.path().join("a.txt");
    download("three").await.save_as(&path).if_exists(IfExists::Overwrite).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"three");
    assert_eq!(names(folder.path()), ["a (1).txt", "a (2).txt", "a.txt"]);
    let missing = download("four").await.save_in(folder.path().join("none")).await.unwrap_err();
    assert!(matches!(missing, SaveError::File { .. }), "{missing}");
}

#[tokio::test]
async fn an_interrupted_download_leaves_no_file() {
    let content = "x".repeat(100_000);
    for if_exists in [IfExists::Fail, IfExists::Overwrite, IfExists::NumberedName] {
        let folder = tempfile::tempdir().unwrap();
        let (_server, psa) = client([Action::CutOff(Box::new(file("a.txt", &content)))]).await;
        let download = psa.documents().download(5).await.unwrap();
        let error = download.save_in(folder.path()).if_exists(if_exists).await.unwrap_err();
        assert!(matches!(&error, SaveError::Download(error) if error.is_transport()), "{error}");
        assert_eq!(names(folder.path()), Vec::<String>::new());
        // An existing file stays as it is.
        std::fs::write(folder.path().join("b.txt"), "old").unwrap();
        let (_server, psa) = client([Action::CutOff(Box::new(file("b.txt", &content)))]).await;
        let download = psa.documents().download(5).await.unwrap();
        download.save_as(folder.path().join("b.txt")).if_exists(if_exists).await.unwrap_err();
        assert_eq!(
            (names(folder.path()), std::fs::read(folder.path().join("b.txt")).unwrap()),
            (vec!["b.txt".into()], b"old".into())
        );
    }
}

#[tokio::test]
async fn a_download_whose_future_is_dropped_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, psa) = client([Action::Stall(Box::new(file("a.txt", &"x".repeat(100_000))))]).await;
    let download = psa.documents().download(5).await.unwrap();
    let (started, has_started) = tokio::sync::watch::channel(false);
    let saving = download.save_in(folder.path()).on_progress(move |_| _ = started.send(true));
    let saving = tokio::spawn(async move { saving.await });
    has_started.clone().wait_for(|started| *started).await.unwrap();
    assert!(names(folder.path())[0].ends_with(".part"), "{:?}", names(folder.path()));
    saving.abort();
    assert!(saving.await.unwrap_err().is_cancelled());
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_larger_download_than_allowed_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let too_large = |error: &SaveError| matches!(error, SaveError::Download(error) if error.is_response_too_large());
    // With and without a length.
    for action in [file("a.txt", &"x".repeat(1001)), Action::Endless(Box::new(file("a.txt", "x")))] {
        let (_server, psa) = client([action.clone()]).await;
        let download = psa.documents().download(5).await.unwrap();
        let error = download.save_in(folder.path()).max_size(1000).await.unwrap_err();
        assert!(too_large(&error), "{error}");
        let (_server, psa) = client([action]).await;
        let mut written = Vec::new();
        let download = psa.documents().download(5).await.unwrap();
        let error = download.write_to(&mut written).max_size(1000).await.unwrap_err();
        assert!(too_large(&error) && written.len() <= 1000, "{error}");
    }
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let (_server, psa) = client([file("a.txt", &"x".repeat(1000))]).await;
    let mut written = Vec::new();
    let download = psa.documents().download(5).await.unwrap();
    assert_eq!(download.write_to(&mut written).max_size(1000).await.unwrap(), 1000);
    assert_eq!(written.len(), 1000);
}

#[tokio::test]
async fn a_web_page_or_an_error_object_is_not_saved() {
    for action in [
        response(200, "text/html", "<html>sign in</html>"),
        json_response(200, r#"{"code":"Security","message":"SSL is required."}"#),
    ] {
        let (_server, psa) = client([action]).await;
        assert!(psa.documents().download(5).await.unwrap_err().is_unexpected_response());
    }
}

#[tokio::test]
async fn inline_images_are_downloaded_from_the_own_server_only() {
    let path = "/v4_6_release/api/inlineimages/acme/1f0c3a52-7a39-4d0c-9d5b-0a3b6a2f4c11";
    let png = || response(200, "image/png", "png");
    let (server, psa) = client([png(), png()]).await;
    let own = format!("http://{}{path}", server.address);
    let links = inline_image_links(&format!("See ![photo]({own}) and <img src=\"{path}\">."));
    assert_eq!(links, [own, path.to_owned()]);
    for link in &links {
        assert_eq!(psa.documents().inline_image(link).await.unwrap().bytes().await.unwrap(), "png");
    }
    let lines: Vec<_> = server.requests().iter().map(|request| request.request_line()).collect();
    assert_eq!(lines, [format!("GET {path}"), format!("GET {path}")]);
    for link in [format!("https://evil.example{path}"), format!("//evil.example{path}"), "/service/tickets/5".into()] {
        let error = psa.documents().inline_image(&link).await.unwrap_err();
        assert!(error.is_invalid_input(), "{link}: {error}");
    }
    assert_eq!(server.requests().len(), 2);
}
