//! TLS with ring, in a program without the other TLS features. The certificates that a machine trusts are read from the
//! environment, so the clients run in child processes: this test program again, with one of the ignored tests.
#![cfg(not(any(feature = "rustls", feature = "native-tls")))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test reads what its child process prints")]

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use connectwise_psa::{CallOptions, Error, Psa, PsaBuilder, RetryPolicy};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

/// The variable with the address of the server that the child calls.
const TARGET: &str = "CONNECTWISE_PSA_TEST_TARGET";

const RESPONSE: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{\"id\":5}";

/// Starts a server with a certificate for `localhost`, which responds to every request with a ticket. Returns its
/// address and the certificate of the issuer as PEM.
async fn start_server() -> (SocketAddr, String) {
    let mut issuer = CertificateParams::default();
    issuer.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let issuer = CertifiedIssuer::self_signed(issuer, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // The handshake fails if the client does not trust the issuer.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap() == 0 {
                    break;
                }
            }
            stream.write_all(RESPONSE.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (address, issuer.pem())
}

/// Runs an ignored test of this file in a child process that trusts only the certificates of a file. Returns what it
/// prints.
async fn run_child(test: &str, port: u16, trusted: &Path) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR").env(TARGET, format!("https://localhost:{port}"));
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text
}

/// Returns the builder of a client.
fn builder(server: &str) -> PsaBuilder {
    let options = CallOptions::new().retry(RetryPolicy::none());
    Psa::builder().base_url(server).company("acme").keys("public", "private").client_id("id").options(options)
}

/// Reads a ticket, and prints the outcome with its causes.
async fn call(builder: PsaBuilder) {
    match builder.build().unwrap().service().get_ticket(5).await {
        Ok(ticket) => println!("outcome: ticket {:?}", ticket.id),
        Err(error) => println!("outcome: {error}: {error:?}"),
    }
}

#[tokio::test]
#[ignore = "runs in a child process"]
async fn child_with_the_client_of_the_library() {
    call(builder(&std::env::var(TARGET).unwrap())).await;
    println!("default provider: {}", CryptoProvider::get_default().is_some());
}

#[tokio::test]
#[ignore = "runs in a child process"]
async fn child_with_a_default_provider() {
    ring::default_provider().install_default().unwrap();
    call(builder(&std::env::var(TARGET).unwrap()).http_client(|client| client.user_agent("mine/1"))).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn clients_trust_the_certificates_of_the_machine_and_no_others() {
    let (server, issuer) = start_server().await;
    let (_, other_issuer) = start_server().await;
    let folder = tempfile::tempdir().unwrap();
    let (trusted, others) = (folder.path().join("issuer.pem"), folder.path().join("other.pem"));
    std::fs::write(&trusted, issuer).unwrap();
    std::fs::write(&others, other_issuer).unwrap();
    for child in ["child_with_the_client_of_the_library", "child_with_a_default_provider"] {
        let text = run_child(child, server.port(), &trusted).await;
        assert!(text.contains("outcome: ticket Some(5)"), "{text}");
        // The setting of the process is the program's.
        assert!(!text.contains("default provider: true"), "{text}");
        let text = run_child(child, server.port(), &others).await;
        assert!(text.contains("InvalidCertificate") && text.contains("trust its issuer"), "{text}");
    }
}

#[test]
fn a_function_that_configures_the_client_needs_a_default_provider() {
    let build = |builder: PsaBuilder| -> Result<Psa, Error> { builder.build() };
    assert!(build(builder("https://psa.example")).is_ok());
    for configured in [
        builder("https://psa.example").http_client(|client| client),
        builder("https://psa.example").http_client(|client| client.tls_certs_only([])),
        builder("https://psa.example").http_client(|_| reqwest::Client::builder()),
    ] {
        let error = build(configured).unwrap_err();
        assert_eq!(error.parameter(), Some("http_client"));
        assert!(error.to_string().contains("install_default"), "{error}");
    }
}
