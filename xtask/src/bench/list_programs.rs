//! Small programs that list records, each a package of its own: with this library, with progenitor's plain output, and
//! with popular clients of other APIs.

use std::path::{Path, PathBuf};

use super::{cargo, plain};
use crate::{Failure, output, repository};

/// A package that is written into the bench's folder.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) manifest: PathBuf,
}

/// What a program with tokio needs.
const TOKIO: &str = r#"tokio = { version = "1", features = ["macros", "rt-multi-thread"] }"#;

/// The program with this library, as in the README.
pub(crate) fn own(folder: &Path) -> Result<Package, Failure> {
    with_library(folder, "list-tickets", "rustls")
}

/// The same with the feature `rustls-ring`.
pub(crate) fn own_with_ring(folder: &Path) -> Result<Package, Failure> {
    with_library(folder, "list-tickets-ring", "rustls-ring")
}

fn with_library(folder: &Path, name: &'static str, tls: &str) -> Result<Package, Failure> {
    let path = cargo::in_manifest(&repository::root().join("crates/connectwise-psa"));
    let library = format!(
        r#"connectwise-psa = {{ path = "{path}", default-features = false, features = ["{tls}", "service"] }}"#
    );
    write(
        folder,
        name,
        &format!("{library}\n{TOKIO}\n"),
        r#"//! Prints the summaries of the open tickets.

#[tokio::main]
async fn main() -> Result<(), connectwise_psa::Error> {
    let psa = connectwise_psa::Psa::from_env()?;
    let mut open = psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).stream();
    while let Some(ticket) = open.next().await {
        println!("{:?}", ticket?.summary);
    }
    Ok(())
}
"#,
    )
}

/// The program with progenitor's plain output: without retries and limits, and with basic authentication by hand.
pub(crate) fn plain(folder: &Path) -> Result<Package, Failure> {
    let path = cargo::in_manifest(folder.join("plain").as_path());
    let library = format!(
        "{} = {{ path = \"{path}\", features = [\"bindings\"] }}\nreqwest = {{ version = \"0.13\", \
         default-features = false, features = [\"rustls\"] }}",
        plain::CRATE
    );
    plain::write(&folder.join("plain"))?;
    write(
        folder,
        "list-tickets-plain",
        &format!("{library}\n{TOKIO}\n"),
        r#"//! Prints the summaries of the open tickets.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&std::env::var("CW_AUTHORIZATION")?)?);
    headers.insert("clientid", HeaderValue::from_str(&std::env::var("CW_CLIENT_ID")?)?);
    let http = reqwest::Client::builder().default_headers(headers).build()?;
    let psa = plain_bindings::Client::new_with_client(&std::env::var("CW_SITE")?, http);
    for page in 1.. {
        let tickets = psa
            .service_list_tickets(None, Some("closedFlag=false"), None, None, None, Some(page), None, Some(1000))
            .await?;
        for ticket in tickets.iter() {
            println!("{:?}", ticket.summary);
        }
        if tickets.len() < 1000 {
            break;
        }
    }
    Ok(())
}
"#,
    )
}

/// The program with kube: the pods of a cluster. Its dependencies are those of kube's README.
pub(crate) fn kube(folder: &Path) -> Result<Package, Failure> {
    write(
        folder,
        "list-pods",
        &format!(
            r#"kube = {{ version = "4.0.0", features = ["runtime", "derive"] }}
k8s-openapi = {{ version = "0.28.0", features = ["latest", "schemars"] }}
schemars = "1"
{TOKIO}
"#
        ),
        r#"//! Prints the names of the pods.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pods: Api<Pod> = Api::default_namespaced(kube::Client::try_default().await?);
    for pod in pods.list(&ListParams::default()).await? {
        println!("{:?}", pod.metadata.name);
    }
    Ok(())
}
"#,
    )
}

/// The program with octocrab: the issues of a repository. Its dependencies are those of octocrab's README.
pub(crate) fn octocrab(folder: &Path) -> Result<Package, Failure> {
    write(
        folder,
        "list-issues",
        &format!("octocrab = \"0.54\"\n{TOKIO}\n"),
        r#"//! Prints the titles of the issues.

#[tokio::main]
async fn main() -> octocrab::Result<()> {
    let github = octocrab::instance();
    let first = github.issues("rust-lang", "rust").list().per_page(100).send().await?;
    for issue in github.all_pages(first).await? {
        println!("{}", issue.title);
    }
    Ok(())
}
"#,
    )
}

/// Writes a package, and downloads its dependencies.
fn write(folder: &Path, name: &'static str, dependencies: &str, source: &str) -> Result<Package, Failure> {
    let folder = folder.join("programs").join(name);
    let manifest = folder.join("Cargo.toml");
    let text = format!(
        r#"[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[dependencies]
{dependencies}
[workspace]

[profile.release]
strip = true
"#
    );
    output::replace_file(&manifest, &text)?;
    output::replace_file(&folder.join("src/main.rs"), source)?;
    cargo::run(cargo::command(&["fetch", "--quiet", "--manifest-path"]).arg(&manifest))?;
    Ok(Package { name, manifest })
}
