//! TLS of a simulator that a test starts in its own process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::{Discovery, Psa};
use connectwise_psa_sim::{Seed, Sim};

#[tokio::test]
async fn only_clients_that_trust_the_certificate_authority_can_connect() {
    let sim = Sim::builder().seed(Seed::Empty).tls().host("psa.test").start().await.unwrap();
    assert!(sim.url().starts_with("https://127.0.0.1:"), "{}", sim.url());
    assert!(sim.psa().service().list_tickets().page(1).await.unwrap().is_empty());
    let report = sim.psa().check().await;
    assert!(report.is_ok(), "{report}");
    let untrusting =
        Psa::builder().host(sim.url()).company("demo").keys("public", "private").client_id("x").build().unwrap();
    let error = untrusting.service().list_tickets().page(1).await.unwrap_err();
    let causes: Vec<String> = std::iter::successors(std::error::Error::source(&error), |cause| cause.source())
        .map(ToString::to_string)
        .collect();
    assert!(causes.iter().any(|cause| cause.contains("certificate")), "{causes:?}");
    // A further attempt would fail in the same way.
    assert!(error.is_connect() && !error.is_retryable() && error.attempts() == Some(1), "{error}");
    assert!(error.to_string().contains("trust its issuer"), "{error}");
    // Only the request of the trusting client arrived.
    assert_eq!(sim.requests().iter().filter(|request| request.path.ends_with("/service/tickets")).count(), 1);

    let certificate = reqwest::Certificate::from_pem(sim.ca_certificate().unwrap().as_bytes()).unwrap();
    let builder = Psa::builder()
        .host(sim.url())
        .code_base_discovery(Discovery::Always)
        .company("demo")
        .keys("public", "private")
        .client_id("x");
    let psa = builder.http_client(move |client| client.tls_certs_only([certificate.clone()])).build().unwrap();
    assert!(psa.service().list_tickets().page(1).await.unwrap().is_empty());
    let base = psa.base_url().await.unwrap();
    assert!(base.starts_with(&sim.url()), "{base}");
}

#[tokio::test]
async fn each_tls_simulator_has_its_own_certificate_authority_and_others_have_none() {
    let start = || Sim::builder().seed(Seed::Empty).tls().start();
    let (one, other) = (start().await.unwrap(), start().await.unwrap());
    assert_ne!(one.ca_certificate(), other.ca_certificate());
    assert!(Sim::builder().seed(Seed::Empty).start().await.unwrap().ca_certificate().is_none());
}

#[tokio::test]
async fn a_host_name_with_a_port_is_rejected() {
    let error = Sim::builder().seed(Seed::Empty).tls().host("psa.test:8080").start().await.unwrap_err();
    assert_eq!(error.parameter(), Some("host"));
}
