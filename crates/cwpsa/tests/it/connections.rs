//! Which connection a command uses, and `cwpsa connections` and `cwpsa use`.

use std::fs;

use serde_json::Value;

use crate::login::sim;
use crate::program::Program;
use crate::user::{KEY, User};

/// Returns the connection that a command uses.
fn used(user: &User, arguments: &[&str]) -> String {
    let finished = user.run(&[&["check", "--json", "--needs", "service.list_tickets"], arguments].concat());
    let report: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    report["connection"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_option_precedes_the_variables_and_they_precede_the_default() {
    let sim = sim().await;
    let user = User::new();
    for name in ["first", "second"] {
        assert_eq!(user.login(name, &sim.url(), KEY, &["--store", "file", "--no-check"]).code, Some(0));
    }
    assert_eq!(used(&user, &[]), "first");
    assert_eq!(used(&user, &["--connection", "second"]), "second");
    assert_eq!(user.run(&["use", "second"]).code, Some(0));
    assert_eq!(used(&user, &[]), "second");

    let config = user.config().to_str().unwrap().to_owned();
    let variables = |program: Program| {
        program
            .with("CWPSA_CONFIG_DIR", &config)
            .with("CW_SITE", sim.url())
            .with("CW_COMPANY", "demo")
            .with("CW_PUBLIC_KEY", "public")
            .with("CW_CLIENT_ID", crate::user::CLIENT_ID)
    };
    let run = |program: &Program, arguments: &[&str]| {
        let finished = program.run(&[&["check", "--json"], arguments].concat());
        let report: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
        report["connection"].as_str().unwrap().to_owned()
    };
    // The private key is missing. The default connection in its place could be that of another tenant.
    let finished = variables(Program::new()).run(&["check", "--json"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(4), ""), "{finished:?}");
    assert!(finished.stderr.contains("CW_PRIVATE_KEY is missing"), "{finished:?}");
    assert_eq!(run(&variables(Program::new()), &["-c", "second"]), "second");
    let complete = variables(Program::new()).with("CW_PRIVATE_KEY", KEY);
    assert_eq!(run(&complete, &[]), "CW_* variables");
    assert_eq!(run(&complete, &["-c", "first"]), "first");
    let named = variables(Program::new()).with("CW_PRIVATE_KEY", KEY).with("CWPSA_CONNECTION", "first");
    assert_eq!(run(&named, &[]), "first");
    assert_eq!(run(&named, &["--connection", "second"]), "second");
    let unknown = variables(Program::new()).with("CWPSA_CONNECTION", "third");
    let finished = unknown.run(&["check"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("there is no connection \"third\"\nThe connections are: first, second."));
}

#[test]
fn the_simulator_precedes_the_variable_with_a_connection() {
    let user = User::with(Program::new().with("CWPSA_CONNECTION", "nonexistent"));
    let finished = user.run(&["check", "--sim", "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("--sim"), "{finished:?}");
}

#[test]
fn a_command_without_a_connection_says_what_to_do() {
    for (program, expected) in [
        (Program::new(), "no connection is set up\nRun `cwpsa login`"),
        (
            Program::new().with("CW_SITE", "h").with("CW_PUBLIC_KEY", "acme+public"),
            "the environment variables CW_* are incomplete: CW_PRIVATE_KEY is missing\nSet all of them, or run `cwpsa login`",
        ),
    ] {
        let user = User::with(program);
        let finished = user.run(&["check"]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(4), ""), "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
        let finished = user.run(&["check", "--json"]);
        let error: Value = serde_json::from_str(&finished.stderr).unwrap();
        assert_eq!(error["error"]["kind"], "no_connection");
    }
}

#[test]
fn a_removed_connection_leaves_no_key() {
    let user = User::new();
    for name in ["first", "second"] {
        user.login(name, "psa.example", KEY, &["--store", "file", "--no-check"]);
    }
    let finished = user.run(&["connections", "remove", "first"]);
    assert!(finished.code == Some(2) && finished.stderr.contains("--yes"), "{finished:?}");
    assert_eq!(user.files_with_key().len(), 2);
    let finished = user.run(&["connections", "remove", "first", "--yes"]);
    assert!(finished.code == Some(0) && finished.stderr.contains("It was the default connection"), "{finished:?}");
    assert_eq!(user.files_with_key().len(), 1);
    let finished = user.run(&["check"]);
    assert_eq!(finished.code, Some(4));
    assert!(finished.stderr.contains("there is no default connection"), "{finished:?}");
    assert!(finished.stderr.contains("`cwpsa use`: second."), "{finished:?}");
    assert_eq!(user.run(&["connections", "remove", "first", "--yes"]).code, Some(2));
    assert_eq!(user.run(&["use", "first"]).code, Some(2));
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_rejected() {
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::new();
    user.login("acme", "psa.example", KEY, &["--store", "file", "--no-check"]);
    let key = user.files_with_key().remove(0);
    for (path, mode, expected) in [(key.as_path(), 0o640, "chmod 600"), (key.parent().unwrap(), 0o755, "chmod 700")] {
        let before = fs::metadata(path).unwrap().permissions();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let finished = user.run(&["check"]);
        assert_eq!(finished.code, Some(4), "{finished:?}");
        assert!(finished.stderr.contains(expected) && finished.stderr.contains(path.to_str().unwrap()), "{finished:?}");
        fs::set_permissions(path, before).unwrap();
    }
    fs::remove_file(&key).unwrap();
    let finished = user.run(&["check"]);
    assert!(finished.code == Some(4) && finished.stderr.contains("cwpsa login acme"), "{finished:?}");
}

#[test]
fn a_damaged_settings_file_is_reported_with_its_line_and_is_not_replaced() {
    let user = User::new();
    fs::create_dir(user.config()).unwrap();
    let file = user.config().join("connections.toml");
    fs::write(&file, "default = 'acme'\n[connections.acme]\nsite = 5\n").unwrap();
    for finished in
        [user.run(&["connections"]), user.login("other", "psa.example", KEY, &["--store", "file", "--no-check"])]
    {
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains("connections.toml, line 3"), "{finished:?}");
    }
    assert!(fs::read_to_string(&file).unwrap().contains("site = 5"));
    assert!(user.files_with_key().is_empty());
}
