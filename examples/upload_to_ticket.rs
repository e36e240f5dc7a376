//! Attaches a link and a file to a ticket, lists the documents of the ticket, and downloads them to a folder.
//!
//! `cargo run --example upload_to_ticket`

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use connectwise_psa::documents::{FileSource, IfExists, SaveFile as _};
use connectwise_psa::types::{DocumentRecordType, Ticket};
use connectwise_psa::{Psa, Record as _};
use connectwise_psa_sim::Sim;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let sim = Sim::builder().start().await?;
    let folder = std::env::temp_dir().join("upload_to_ticket");
    std::fs::create_dir_all(&folder)?;
    upload_and_download(&sim.psa(), &folder, |line| println!("{line}")).await
}

/// Creates a ticket with two documents and saves them in the folder. Passes each line of its output to `print`.
pub(crate) async fn upload_and_download(
    psa: &Psa,
    folder: &Path,
    print: impl Fn(String) + Send + Sync + Clone + 'static,
) -> Result<(), Box<dyn Error>> {
    let company = psa.company().list_companies().first().await?.ok_or("the server has no company")?;
    let ticket = psa.service().create_ticket(&Ticket::new("Router restarts at night", company.id()?)).await?.id()?;
    let documents = psa.documents();

    let link = documents.link(DocumentRecordType::Ticket, ticket, "https://wiki.example/router");
    print(format!("link: {:?}", link.title("Manual of the router").await?.title.unwrap_or_default()));

    let path = folder.join("router.log");
    std::fs::write(&path, "22:01 link down\n22:02 link up\n".repeat(50_000))?;
    let upload = documents.upload(DocumentRecordType::Ticket, ticket, FileSource::path(&path).media_type("text/plain"));
    let (shown, percent) = (print.clone(), AtomicU64::new(0));
    let upload = upload.title("Log of the router").private(true).on_progress(move |progress| {
        let now = progress.total.map_or(0, |total| progress.bytes * 100 / total.max(1));
        // One line for each quarter.
        if now / 25 > percent.swap(now, Ordering::Relaxed) / 25 {
            shown(format!("uploaded {now} % of the file"));
        }
    });
    print(format!("file: {} bytes", upload.await?.size.unwrap_or_default()));

    for document in documents.of(DocumentRecordType::Ticket, ticket).all().await? {
        let title = document.title.clone().unwrap_or_default();
        if document.link_flag == Some(true) {
            print(format!("document {title:?} is a link"));
            continue;
        }
        let download = documents.download(document.id()?).await?;
        let saved = download.save_in(folder).if_exists(IfExists::NumberedName).max_size(100_000_000).await?;
        let name = saved.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        print(format!("document {title:?} is saved as {name}: {} bytes", saved.length));
    }
    Ok(())
}
