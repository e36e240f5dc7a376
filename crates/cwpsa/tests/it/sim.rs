//! `cwpsa sim`: the simulator under this program's name.

use crate::program::Program;

#[cfg(unix)]
#[test]
fn it_prints_how_to_connect_and_ends_on_ctrl_c() {
    let running = Program::new().start(&["sim", "--port", "0", "--seed", "empty"]);
    let line = running.line();
    let site = line.strip_prefix("cwpsa sim listens on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    let user = Program::new()
        .with("CW_SITE", site)
        .with("CW_COMPANY", "demo")
        .with("CW_PUBLIC_KEY", "public")
        .with("CW_PRIVATE_KEY", "private")
        .with("CW_CLIENT_ID", crate::user::CLIENT_ID);
    assert_eq!(user.run(&["check"]).code, Some(0));
    running.note_with("GET /v4_6_release/apis/3.0/system/info 200");
    running.interrupt();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("export CW_PUBLIC_KEY='public'"), "{finished:?}");
}

#[test]
fn wrong_options_are_usage_errors() {
    for (arguments, expected) in [
        (&["sim", "--scale", "2", "--seed", "empty"][..], "--scale requires --seed demo"),
        (&["sim", "--keys", "same:same"], "the public and the private key are the same"),
        (&["sim", "--tls-ca", "file"], "--tls"),
    ] {
        let finished = Program::new().run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {finished:?}");
        assert!(finished.stderr.contains(expected), "{arguments:?}: {finished:?}");
    }
}
