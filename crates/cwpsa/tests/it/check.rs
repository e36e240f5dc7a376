//! `cwpsa check`: the report and the exit code.

use std::time::Duration;

use connectwise_psa_sim::{Fault, Seed, Sim, SimBuilder};
use serde_json::Value;

use crate::program::{Finished, Program};

async fn start(configure: impl FnOnce(SimBuilder) -> SimBuilder) -> Sim {
    configure(Sim::builder().seed(Seed::Empty)).start().await.unwrap()
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_right_counts_only_if_it_is_needed() {
    let sim = start(|sim| sim.deny_right("Service Desk > Service Tickets")).await;
    let program = Program::of_sim(&sim);
    for (arguments, code, expected) in [
        (&["check"][..], 4, "FAILED  right: service tickets cannot be read"),
        (
            &["check", "--needs", "service.create_ticket", "company.list_companies"],
            4,
            "Service Tickets: Add All (has None)",
        ),
        (&["check", "--needs", "company.list_companies"], 0, "All rights that the server shows are granted."),
        (&["check", "--profile", "thread"], 4, "(for profile Thread)"),
        (
            &["check", "--needs", "service.list_surveys"],
            1,
            "Operations whose rights are not known: service.list_surveys",
        ),
    ] {
        let finished = program.run(arguments);
        assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
        assert!(finished.stdout.contains(expected), "{arguments:?}: {finished:?}");
    }
    let report = json(&program.run(&["check", "--needs", "service.create_ticket", "--json"]));
    assert_eq!((&report["ok"], &report["connection"]), (&false.into(), &"CW_* variables".into()));
    let findings = report["access"]["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["entry"] == "Service Tickets").unwrap();
    assert_eq!(
        (&finding["entry"], &finding["needed"], &finding["granted"], &finding["verdict"]),
        (&"Service Tickets".into(), &"All".into(), &"None".into(), &"missing".into())
    );
    for arguments in [&["check", "--needs", "service.no_such"][..], &["check", "--profile", "none"]] {
        let finished = program.run(arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{arguments:?}: {finished:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exit_code_says_what_failed() {
    let sim = start(|sim| sim.keys("public", "another")).await;
    let finished = Program::of_sim(&sim).run(&["check"]);
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stdout.contains("FAILED  keys: the server rejects them"), "{finished:?}");

    let sim = start(|sim| sim).await;
    sim.inject(Fault::next(100).with_429(Duration::ZERO));
    assert_eq!(Program::of_sim(&sim).run(&["check", "--json"]).code, Some(7));

    let sim = start(|sim| sim).await;
    let program = Program::of_sim(&sim);
    drop(sim);
    let finished = program.run(&["check", "--json"]);
    assert_eq!(finished.code, Some(8), "{finished:?}");
    assert_eq!(json(&finished)["checks"][0]["outcome"], "failed");
}
