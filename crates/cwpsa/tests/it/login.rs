//! `cwpsa login`: what is stored, and what is not.

use std::fs;

use connectwise_psa_sim::{Seed, Sim};

use crate::user::{CLIENT_ID, KEY, User};

pub(crate) async fn sim() -> Sim {
    Sim::builder().seed(Seed::Empty).keys("public", KEY).start().await.unwrap()
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_is_only_in_a_file_for_its_owner_and_the_next_command_uses_it() {
    let (sim, user) = (sim().await, User::new());
    let finished = user.login("acme", &sim.url(), KEY, &["--store", "file"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
    assert!(finished.stderr.contains("The connection acme was stored. It is the default connection."), "{finished:?}");
    let files = user.files_with_key();
    assert_eq!(files.len(), 1);
    assert!(files[0].starts_with(user.config().join("keys")), "{files:?}");
    #[cfg(unix)]
    {
        assert_eq!(mode(&files[0]), 0o600);
        assert_eq!(mode(&user.config().join("keys")), 0o700);
        assert_eq!(mode(&user.config().join("connections.toml")), 0o600);
    }
    let finished = user.run(&["check"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for text in [user.run(&["connections"]), user.run(&["connections", "--json"]), user.run(&["check", "--json"])] {
        assert_eq!(text.code, Some(0), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_login_replaces_the_key_and_leaves_no_old_one() {
    let (sim, user) = (sim().await, User::new());
    let wrong = format!("{KEY}-of-last-year");
    assert_eq!(user.login("acme", &sim.url(), &wrong, &["--store", "file", "--no-check"]).code, Some(0));
    assert_eq!(user.run(&["check"]).code, Some(4));
    let finished = user.login("acme", &sim.url(), KEY, &["--store", "file"]);
    assert!(finished.code == Some(0) && finished.stderr.contains("acme was replaced"), "{finished:?}");
    assert_eq!(user.run(&["check"]).code, Some(0));
    let files = user.files_with_key();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(fs::read_to_string(&files[0]).unwrap(), KEY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_the_server_rejects_are_not_stored() {
    let (sim, user) = (sim().await, User::new());
    assert_eq!(user.login("acme", &sim.url(), KEY, &["--store", "file"]).code, Some(0));
    let before = fs::read_to_string(user.config().join("connections.toml")).unwrap();
    for name in ["acme", "other"] {
        let finished = user.login(name, &sim.url(), "wrong-key", &["--store", "file", "--json"]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(4), ""), "{finished:?}");
        let error: serde_json::Value = serde_json::from_str(&finished.stderr).unwrap();
        assert_eq!(error["error"]["kind"], "check_failed");
        assert!(error["error"]["message"].as_str().unwrap().contains("keys: the server rejects them"), "{error}");
    }
    assert_eq!(fs::read_to_string(user.config().join("connections.toml")).unwrap(), before);
    assert_eq!(fs::read_dir(user.config().join("keys")).unwrap().count(), 1);
}

#[test]
fn nothing_is_stored_if_the_server_is_off() {
    let user = User::new();
    // Nothing listens on the port of a listener that is closed.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let finished = user.login("acme", &site, KEY, &["--store", "file"]);
    assert_eq!(finished.code, Some(8), "{finished:?}");
    assert!(!user.config().exists());
}

#[test]
fn logins_at_the_same_time_lose_nothing() {
    let user = User::new();
    let names: Vec<_> = (0..8).map(|number| format!("connection-{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let user = &user;
            scope.spawn(move || {
                let finished = user.login(name, "psa.example", KEY, &["--store", "file", "--no-check"]);
                assert_eq!(finished.code, Some(0), "{finished:?}");
            });
        }
    });
    let connections = user.connections();
    let stored: Vec<_> = connections.iter().map(|connection| connection["name"].as_str().unwrap()).collect();
    assert_eq!(stored, names);
    assert_eq!(connections.iter().filter(|connection| connection["isDefault"] == true).count(), 1);
    assert_eq!(user.files_with_key().len(), names.len());
}

#[test]
fn wrong_arguments_are_rejected_before_anything_is_sent_or_stored() {
    let user = User::new();
    let login = ["login", "acme", "--site", "psa.example", "--company", "demo", "--public-key", "public"];
    for (more, input, expected) in [
        (&["--private-key-stdin"][..], "\n", "the private key is empty"),
        (&["--private-key", KEY], "", "unexpected argument '--private-key'"),
        (&["--private-key-stdin", "--company-condition", "name = "], KEY, "--company-condition"),
        (&["--private-key-stdin", "--client-id", "a\u{7f}"], KEY, "--client-id contains characters"),
        (&["--private-key-stdin", "--integrator", "sync"], KEY, "cannot be used with"),
        // Without a terminal, there is no prompt.
        (&[], KEY, "there is no terminal for a prompt\nUse --private-key-stdin"),
    ] {
        let finished = user.run_with_input(&[&login[..], more].concat(), input);
        assert_eq!(finished.code, Some(2), "{more:?}: {finished:?}");
        assert!(finished.stderr.contains(expected), "{more:?}: {finished:?}");
    }
    let plain_http = ["login", "a", "--site", "http://psa.example", "--company", "demo", "--public-key", "public"];
    let finished = user.run_with_input(&[&plain_http[..], &["--private-key-stdin"]].concat(), KEY);
    assert!(finished.code == Some(2) && finished.stderr.contains("--site is plain http"), "{finished:?}");
    for arguments in [&["login", "../x"][..], &["login", "--public-key", "p"], &["login", "--site", "h"]] {
        assert_eq!(user.run(arguments).code, Some(2), "{arguments:?}");
    }
    assert!(!user.config().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn integrator_logins_are_stored_too() {
    let sim = Sim::builder().seed(Seed::Empty).integrator("sync", KEY).start().await.unwrap();
    let user = User::new();
    let site = sim.url();
    let arguments = ["login", "--site", site.as_str(), "--company", "demo", "--integrator", "sync"];
    let more = ["--client-id", CLIENT_ID, "--private-key-stdin", "--store", "file"];
    let finished = user.run_with_input(&[&arguments[..], &more[..]].concat(), KEY);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let connections = user.connections();
    assert_eq!((&connections[0]["name"], &connections[0]["credentials"]), (&"demo".into(), &"integrator".into()));
    assert_eq!(user.run(&["check"]).code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_keyring_the_key_is_in_a_file_and_the_message_says_so() {
    let user = User::new();
    let finished = user.login("acme", "psa.example", KEY, &["--no-check"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let expected =
        "The private key is in a file that only you can read, not in the keyring: the keyring cannot be used";
    assert!(finished.stderr.contains(expected), "{finished:?}");
    assert_eq!(user.connections()[0]["secret"], "file");
    let finished = user.login("other", "psa.example", KEY, &["--no-check", "--store", "keyring"]);
    assert!(finished.code == Some(1) && finished.stderr.contains("Use --store file"), "{finished:?}");
    assert_eq!(user.connections().len(), 1);
}
