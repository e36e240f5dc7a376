//! Proxies that the environment sets. A process cannot safely change its own environment while other threads run, so each
//! test starts this test program again, with the environment it needs, and has it run one of the ignored tests.

use std::process::Stdio;

use connectwise_psa::{CallOptions, Psa, PsaBuilder, RetryPolicy};
use tokio::process::Command;

use crate::server::{CLIENT_ID, Server, ticket};

/// The variable with the address of the server that the child calls.
const TARGET: &str = "CONNECTWISE_PSA_TEST_TARGET";

const VARIABLES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// Runs an ignored test of this file in a child process with only these proxy settings. Returns what it prints.
async fn run_child(test: &str, target: &str, proxies: &[(&str, String)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("proxy::{test}"), "--ignored", "--nocapture", "--test-threads=1"]);
    for name in VARIABLES {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    // With this variable, proxies are ignored.
    command.env_remove("REQUEST_METHOD").env(TARGET, target);
    command.envs(proxies.iter().map(|(name, value)| (*name, value.clone())));
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text
}

/// Returns the builder of the child's client.
fn builder() -> PsaBuilder {
    Psa::builder()
        .base_url(std::env::var(TARGET).unwrap())
        .company("acme")
        .keys("public", "Sesame-27-Sesame")
        .client_id(CLIENT_ID)
        .allow_plain_http()
        .options(CallOptions::new().retry(RetryPolicy::none()).timeout(std::time::Duration::from_secs(3)))
}

#[tokio::test]
#[ignore = "runs in a child process"]
async fn child_that_sends_a_request() {
    for builder in [builder(), builder().http_client(|client| client.user_agent("mine/1"))] {
        let outcome = builder.build().unwrap().service().get_ticket(5).await;
        println!("outcome: {outcome:?}");
    }
}

#[tokio::test]
#[ignore = "runs in a child process"]
async fn child_that_builds_a_client() {
    println!("built: {:?}", builder().build());
    println!("built with a function: {}", builder().http_client(|client| client.no_proxy()).build().is_ok());
}

#[tokio::test]
async fn requests_to_this_machine_bypass_the_proxy() {
    // The server does not speak TLS, so each of the https calls lasts until its timeout.
    let hosts: [(&str, &[&str]); 2] = [
        (
            "http",
            &[
                "127.0.0.1",
                "127.9.9.9",
                "localhost",
                "localhost.",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "0.0.0.0",
                "[::]",
                "[::127.0.0.1]",
                "psa.localhost",
            ],
        ),
        ("https", &["127.0.0.1", "localhost"]),
    ];
    for (scheme, hosts) in hosts {
        for host in hosts {
            let (proxy, server) = (Server::always(ticket()).await, Server::always(ticket()).await);
            let address = format!("http://{}", proxy.address);
            let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, address.clone()));
            let target = format!("{scheme}://{host}:{}/v4_6_release/apis/3.0", server.address.port());
            run_child("child_that_sends_a_request", &target, &proxies).await;
            assert_eq!(proxy.count(), 0, "{target}: {:?}", proxy.requests());
            if scheme == "http" && matches!(*host, "127.0.0.1" | "localhost") {
                assert_eq!(server.count(), 2, "{target}");
            }
        }
    }
}

/// Otherwise, the other test would prove nothing.
#[tokio::test]
async fn requests_to_other_machines_use_the_proxy() {
    let proxy = Server::always(ticket()).await;
    let proxies = [("HTTP_PROXY", format!("http://{}", proxy.address))];
    let target = "http://psa.invalid/v4_6_release/apis/3.0";
    let printed = run_child("child_that_sends_a_request", target, &proxies).await;
    assert_eq!(proxy.count(), 2, "{printed}");
    assert!(proxy.requests().iter().all(|request| request.target.starts_with(target)), "{:?}", proxy.requests());
}

#[tokio::test]
async fn a_socks_proxy_that_this_program_cannot_use_is_rejected_before_anything_is_sent() {
    let proxy = Server::always(ticket()).await;
    let address = format!("socks5://{}", proxy.address);
    for (target, name, is_used) in [
        ("https://psa.invalid", "ALL_PROXY", true),
        ("https://psa.invalid", "HTTPS_PROXY", true),
        ("http://psa.invalid", "HTTP_PROXY", true),
        ("https://psa.invalid", "HTTP_PROXY", false),
        ("https://127.0.0.1", "ALL_PROXY", false),
    ] {
        let printed = run_child("child_that_builds_a_client", target, &[(name, address.clone())]).await;
        let is_rejected = printed.contains("is a SOCKS proxy") && printed.contains("feature `socks`");
        assert_eq!(is_rejected, is_used && !cfg!(feature = "socks"), "{target} {name}: {printed}");
        assert!(printed.contains("built with a function: true"), "{printed}");
    }
    let excepted = [("ALL_PROXY", address), ("NO_PROXY", "psa.invalid".to_owned())];
    let printed = run_child("child_that_builds_a_client", "https://psa.invalid", &excepted).await;
    assert!(!printed.contains("SOCKS"), "{printed}");
    assert_eq!(proxy.count(), 0);
}
