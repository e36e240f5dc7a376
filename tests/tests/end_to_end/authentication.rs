//! Authentication and settings: keys, client ids, companies, calls as a member, missing rights, and the look-up of the
//! base URL. The stories check the errors and reports for wrong settings.

use std::time::Duration;

use connectwise_psa::Discovery;
use connectwise_psa::check::{CheckOutcome, CheckReport, CheckSubject};
use connectwise_psa::types::Ticket;
use connectwise_psa::{Patch, Psa, PsaBuilder};
use connectwise_psa_sim::{Fault, Sim, SimBuilder};
use http::StatusCode;

use crate::setup::{FEW_TICKETS, few_records, quick_retries, request_count, request_lines, start_sim};

/// A valid client id.
const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// Returns settings without credentials.
fn settings(sim: &Sim) -> PsaBuilder {
    Psa::builder()
        .host(sim.url())
        .company("demo")
        .client_id(GUID)
        .unlimited_requests_per_minute()
        .options(quick_retries())
}

/// Starts a simulator that accepts the integrator login `robot`, and returns it with a client that uses this login.
async fn with_integrator(builder: SimBuilder) -> (Sim, Psa) {
    let (sim, _) = start_sim(builder.seed(few_records()).integrator("robot", "secret")).await;
    let psa = settings(&sim).integrator("robot", "secret").build().unwrap();
    (sim, psa)
}

/// Returns the outcomes of a report, without those of the rights.
fn outcomes(report: &CheckReport) -> String {
    let checks = report.checks().iter().filter(|check| check.subject != CheckSubject::Right);
    checks.map(|check| format!("{} {}", check.subject, check.outcome)).collect::<Vec<_>>().join(", ")
}

/// Returns the number of rights with an outcome.
fn count_rights(report: &CheckReport, outcome: CheckOutcome) -> usize {
    report.checks().iter().filter(|check| check.subject == CheckSubject::Right && check.outcome == outcome).count()
}

#[tokio::test]
async fn the_check_reports_correct_settings_as_ok() {
    let (sim, _) = with_integrator(Sim::builder().member_hash("3", "abc")).await;
    for (name, builder) in [
        ("keys", settings(&sim).keys("public", "private")),
        ("keys with a company prefix", settings(&sim).company("").keys("demo+public", "private")),
        ("integrator", settings(&sim).integrator("robot", "secret")),
        ("member hash of a hosted page", settings(&sim).member_hash("3", "abc")),
        ("discovery", settings(&sim).keys("public", "private").code_base_discovery(Discovery::Always)),
    ] {
        let psa = builder.build().unwrap();
        let report = psa.check().await;
        assert!(
            report.is_ok() && outcomes(&report) == "host ok, company ok, keys ok, client id ok",
            "{name}: {report}"
        );
        // The version of the server, or with discovery, that of the code base.
        assert!(report.to_string().contains("release v2025."), "{name}: {report}");
        assert_eq!(usize::try_from(psa.service().count_tickets().await.unwrap()).unwrap(), FEW_TICKETS, "{name}");
    }
    // A check sends only GET requests.
    assert!(sim.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn checks_and_calls_name_the_wrong_setting() {
    let (sim, _) = start_sim(Sim::builder().seed(few_records())).await;
    let keys = |builder: PsaBuilder| builder.keys("public", "private");
    let without_client_id = Psa::builder().host(sim.url()).company("demo");
    for (builder, expected, in_report, in_error) in [
        // The wrong private key must not appear in a report or an error.
        (
            settings(&sim).keys("public", "Sesame-27"),
            "host ok, company ok, keys FAILED, client id unknown",
            "Check the public and the private key",
            "401 Unauthorized",
        ),
        (
            settings(&sim).keys("other", "private"),
            "host ok, company ok, keys FAILED, client id unknown",
            "Check the public and the private key",
            "401 Unauthorized",
        ),
        (
            settings(&sim).integrator("public", "nobody"),
            "host ok, company ok, keys FAILED, client id unknown",
            "the server rejects",
            "Check the credentials (company id and API keys",
        ),
        (
            keys(settings(&sim).company("other")),
            "host unknown, company FAILED, keys unknown, client id unknown",
            "Check the company",
            "Cannot route",
        ),
        (
            keys(without_client_id),
            "host ok, company ok, keys unknown, client id FAILED",
            "Set the client id",
            "clientId header is missing",
        ),
        (
            keys(settings(&sim)).base_url(format!("{}/v2019_1/apis/3.0", sim.url())),
            "host ok, company FAILED, keys unknown, client id unknown",
            "Check the company",
            "Check the code base in the base URL",
        ),
        (
            keys(settings(&sim)).base_url(format!("{}/v4_6_release/services", sim.url())),
            "host FAILED, company unknown, keys unknown, client id unknown",
            "HTML page",
            "Check the base URL",
        ),
        (
            keys(settings(&sim).company("other")).code_base_discovery(Discovery::Always),
            "host unknown, company FAILED, keys unknown, client id unknown",
            "\"other\" is unknown",
            "company \"other\" is unknown",
        ),
    ] {
        let psa = builder.build().unwrap();
        let report = psa.check().await;
        assert_eq!(outcomes(&report), expected, "{report}");
        // A check probes six rights.
        assert!(
            !report.is_ok()
                && report.to_string().contains(in_report)
                && count_rights(&report, CheckOutcome::Unknown) == 6,
            "{in_report}: {report}"
        );
        let error = psa.service().get_ticket(1).await.unwrap_err();
        assert!(error.to_string().contains(in_error) && !error.is_retryable(), "{in_error}: {error}");
        assert!(!format!("{error:?}{report:?}").contains("Sesame-27"));
    }
}

#[tokio::test]
async fn a_missing_client_id_is_reported_for_every_status() {
    for status in [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        let (sim, _) = start_sim(Sim::builder().seed(few_records()).missing_client_id_status(status)).await;
        let psa = Psa::builder().host(sim.url()).company("demo").keys("public", "private").build().unwrap();
        let report = psa.check().await;
        assert!(
            outcomes(&report).ends_with("keys unknown, client id FAILED")
                && report.to_string().contains("CW_CLIENT_ID"),
            "{status}: {report}"
        );
        let error = psa.service().create_ticket(&Ticket::new("x", 5)).await.unwrap_err();
        assert!(
            error.status() == Some(status) && error.to_string().contains("clientId") && !error.is_ambiguous(),
            "{error}"
        );
    }
    let (sim, _) = start_sim(Sim::builder().seed(few_records()).optional_client_id()).await;
    let psa = Psa::builder().host(sim.url()).company("demo").keys("public", "private").build().unwrap();
    assert!(psa.check().await.is_ok());
}

#[tokio::test]
async fn keys_for_calls_as_a_member_are_minted_once() {
    let (sim, psa) = with_integrator(Sim::builder()).await;
    let (bob, again) = (psa.as_member("bob"), psa.clone().as_member("bob"));
    let ids: Vec<i32> = (1..=12).collect();
    let calls = ids.iter().map(|id| if id % 2 == 0 { &bob } else { &again }.service().get_ticket(*id).into_future());
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(request_count(&sim, "POST", "/system/members/bob/tokens"), 1);

    // `updatedBy` names the member that the call was sent as.
    let updated_by = |id: i32| sim.store().get("/service/tickets", id.into()).unwrap()["_info"]["updatedBy"].clone();
    let patch = Patch::new().replace("summary", "x");
    for (client, id) in [(&bob, 1), (&psa.as_member("ann"), 2), (&psa, 3)] {
        client.service().update_ticket(id, &patch).await.unwrap();
    }
    assert_eq!([updated_by(1), updated_by(2), updated_by(3)], ["bob", "ann", "robot"]);
    let created = bob.service().create_ticket(&Ticket::new("Of Bob", 5)).await.unwrap();
    assert_eq!(created.info().unwrap().entered_by(), Some("bob"));
    let report = bob.check().await;
    assert!(report.is_ok() && outcomes(&report).ends_with("member ok"), "{report}");
}

#[tokio::test]
async fn expired_keys_are_renewed_and_no_change_is_repeated() {
    let (sim, psa) = with_integrator(Sim::builder().minted_key_lifetime(Duration::from_millis(1))).await;
    let bob = psa.as_member("bob");
    // The client does not know that keys expire so soon here. Only the 401 responses show it.
    let mut outcomes = Vec::new();
    for number in 0..6 {
        outcomes.push(bob.service().create_ticket(&Ticket::new(format!("Ticket {number}"), 5)).await.is_ok());
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let (mints, rejections) = (
        request_count(&sim, "POST", "/system/members/bob/tokens"),
        request_lines(&sim).iter().filter(|line| line.ends_with(" 401")).count(),
    );
    let created = sim.store().count("/service/tickets") - FEW_TICKETS;
    assert_eq!(created, outcomes.iter().filter(|created| **created).count());
    // Every minting after the first one follows a 401.
    assert!(mints > 3 && rejections >= mints - 1, "{mints} {rejections} {outcomes:?}");

    // If the server never accepts the keys, the call fails after its second attempt, with the second keys.
    let (sim, psa) = with_integrator(Sim::builder().minted_key_lifetime(Duration::ZERO)).await;
    let error = psa.as_member("bob").service().create_ticket(&Ticket::new("x", 5)).await.unwrap_err();
    assert!(error.is_unauthenticated() && !error.is_ambiguous(), "{error}");
    assert_eq!(
        (request_count(&sim, "POST", "/system/members/bob/tokens"), request_count(&sim, "POST", "/service/tickets")),
        (2, 2)
    );
}

#[tokio::test]
async fn rejected_keys_are_renewed_in_the_middle_of_a_list() {
    let (sim, psa) = with_integrator(Sim::builder()).await;
    sim.inject(Fault::next(1).on("GET", "/service/tickets").after(3).with_status(401));
    let tickets: Vec<Ticket> = psa.as_member("bob").service().list_tickets().page_size(15).all().await.unwrap();
    assert_eq!((tickets.len(), request_count(&sim, "POST", "/system/members/bob/tokens")), (FEW_TICKETS, 2));
}

#[tokio::test]
async fn the_error_says_why_a_call_as_a_member_is_not_possible() {
    let (sim, psa) = with_integrator(Sim::builder()).await;
    let missing = psa.as_member("nobody").service().list_tickets().page(1).await.unwrap_err();
    // The request for the keys got a 404. The call itself was not sent, so the error is not a 404 of the call.
    assert!(missing.is_preparation() && missing.to_string().contains("Member nobody not found"), "{missing}");
    // API keys of an API member cannot mint keys.
    let keys = sim.psa().as_member("bob");
    let forbidden = keys.service().list_tickets().page(1).await.unwrap_err();
    assert!(
        forbidden.is_preparation()
            && forbidden.to_string().contains("\"bob\"")
            && forbidden.to_string().contains("Member Impersonation"),
        "{forbidden}"
    );
    let report = keys.check().await;
    assert!(
        outcomes(&report).ends_with("client id ok, member FAILED")
            && report.to_string().contains("Member Impersonation"),
        "{report}"
    );
    assert_eq!(request_count(&sim, "GET", "/service/tickets"), 0);
    // A request for keys is retried if its response is lost. If it keeps failing, the call is not sent.
    sim.inject(Fault::next(2).on("POST", "/system/members").with_lost_response());
    assert_eq!(psa.as_member("carla").service().get_ticket(1).await.unwrap().id, Some(1));
    sim.inject(Fault::next(9).on("POST", "/system/members").with_status(503));
    let error = psa.as_member("deniz").service().create_ticket(&Ticket::new("x", 5)).await.unwrap_err();
    assert!(
        !error.is_ambiguous() && error.is_retryable() && sim.store().count("/service/tickets") == FEW_TICKETS,
        "{error}"
    );
}

#[tokio::test]
async fn the_error_names_a_missing_right_and_other_calls_work() {
    let (sim, psa) = start_sim(
        Sim::builder()
            .seed(few_records())
            .deny_right("Service Desk > Service Tickets (Add)")
            .deny_right("System > Member Maintenance"),
    )
    .await;
    let created = psa.service().create_ticket(&Ticket::new("x", 5)).await.unwrap_err();
    assert!(created.is_permission_denied() && !created.is_ambiguous() && !created.is_retryable(), "{created}");
    assert!(
        created
            .to_string()
            .contains("security role of the API member the rights it may lack: Service Desk > Service Tickets (Add)"),
        "{created}"
    );
    let listed = psa.system().list_members().page(1).await.unwrap_err();
    assert!(
        listed.code() == Some("Security") && listed.to_string().contains("System > Member Maintenance (Inquire)"),
        "{listed}"
    );
    // Reading and changing need other levels of the right.
    psa.service().update_ticket(1, &Patch::new().replace("summary", "May")).await.unwrap();
    let found = psa.service().list_tickets().filter(|ticket| ticket.summary().eq("May")).all().await.unwrap();
    assert_eq!((found.len(), sim.store().count("/service/tickets")), (1, FEW_TICKETS));

    let report = psa.check().await;
    assert_eq!(
        (count_rights(&report, CheckOutcome::Failed), count_rights(&report, CheckOutcome::Ok)),
        (1, 5),
        "{report}"
    );
    let failed = report.checks().iter().find(|check| check.outcome == CheckOutcome::Failed).unwrap();
    assert_eq!(failed.rights[0].to_string(), "System > Member Maintenance (Inquire)");
    assert!(
        failed.advice.as_ref().unwrap().contains("System > Member Maintenance (Inquire)")
            && outcomes(&report).ends_with("client id ok"),
        "{report}"
    );
}

#[tokio::test]
async fn the_error_of_a_forbidden_call_names_the_operation_and_the_right() {
    let rights = ["Service Desk > Service Tickets", "System > Member Maintenance"];
    let (sim, psa) =
        start_sim(rights.into_iter().fold(Sim::builder().seed(few_records()), SimBuilder::deny_right)).await;
    let service = psa.service();
    for (error, operation, right) in [
        (
            service.get_ticket(5).await.unwrap_err(),
            "service.get_ticket (GET /service/tickets/{id}): ",
            "Service Desk > Service Tickets (Inquire)",
        ),
        (
            service.create_ticket(&Ticket::new("a", 5)).await.unwrap_err(),
            "service.create_ticket (POST /service/tickets): ",
            "Service Desk > Service Tickets (Add)",
        ),
        (
            service.delete_ticket(5).await.unwrap_err(),
            "service.delete_ticket",
            "Service Desk > Service Tickets (Delete)",
        ),
        (
            service.list_tickets().page(1).await.unwrap_err(),
            "service.list_tickets",
            "Service Desk > Service Tickets (Inquire)",
        ),
        (
            service.list_tickets().stream().try_collect::<Vec<_>>().await.unwrap_err(),
            "service.list_tickets",
            "Service Desk > Service Tickets (Inquire)",
        ),
        (
            service.count_tickets().await.unwrap_err(),
            "service.count_tickets",
            "Service Desk > Service Tickets (Inquire)",
        ),
        (
            psa.system().list_members().page(1).await.unwrap_err(),
            "system.list_members",
            "System > Member Maintenance (Inquire)",
        ),
    ] {
        let text = error.to_string();
        assert!(error.is_permission_denied() && error.code() == Some("Security"), "{text}");
        assert!(
            text.starts_with(operation)
                && text.contains("403 Forbidden, Security: You do not have security permission"),
            "{text}"
        );
        let id = error.request_id().unwrap();
        assert!(
            text.contains(&format!("it may lack: {right}")) && text.ends_with(&format!("(request {id})")),
            "{text}"
        );
    }
    // The library does not know which right this operation needs.
    sim.inject(Fault::next(1).on("GET", "/system/info").with_status(403));
    let error = psa.system().get_system_info().await.unwrap_err();
    assert!(error.to_string().contains("Check the permissions in the security role of the API member."), "{error}");
}

#[tokio::test]
async fn wrong_keys_are_reported_before_calls_as_a_member() {
    let (sim, _) = start_sim(Sim::builder().seed(few_records())).await;
    let wrong = settings(&sim).integrator("robot", "wrong").build().unwrap();
    let error = wrong.service().get_ticket(5).await.unwrap_err();
    assert!(error.is_unauthenticated() && error.to_string().contains("Check the credentials"), "{error}");
    assert_eq!(request_lines(&sim), ["GET /service/tickets/5 401"]);
    let report = wrong.as_member("bob").check().await;
    assert_eq!(outcomes(&report), "host ok, company ok, keys FAILED, client id unknown, member unknown");
    assert!(report.to_string().contains("member: cannot be checked because the keys are wrong"), "{report}");
}

#[tokio::test]
async fn two_clients_do_not_share_minted_keys() {
    let (sim, psa) = with_integrator(Sim::builder()).await;
    let other = settings(&sim).integrator("robot", "secret").build().unwrap();
    for psa in [&psa, &other, &psa.with(quick_retries())] {
        psa.as_member("bob").service().get_ticket(1).await.unwrap();
    }
    // The first and the third client share their keys, because `with` returns a clone.
    assert_eq!(request_count(&sim, "POST", "/system/members/bob/tokens"), 2);
}

#[tokio::test]
async fn the_error_names_an_unsupported_api_version() {
    let (_sim, psa) = start_sim(Sim::builder().seed(few_records())).await;
    let newer = psa.with(connectwise_psa::CallOptions::new().version("2999.1"));
    let error = newer.service().get_ticket(1).await.unwrap_err();
    assert!(
        error.to_string().contains("does not support the API version '2999.1'")
            && error.to_string().contains("Use `without_version`"),
        "{error}"
    );
    let without_version = newer.with(connectwise_psa::CallOptions::new().without_version());
    assert_eq!(without_version.service().get_ticket(1).await.unwrap().id, Some(1));
}

#[tokio::test]
async fn the_base_url_is_looked_up_once() {
    let (sim, _) = start_sim(Sim::builder().seed(few_records()).code_base("v2026_2")).await;
    let psa = settings(&sim).keys("public", "private").code_base_discovery(Discovery::Always).build().unwrap();
    let calls = (1..=5).map(|id| psa.service().get_ticket(id).into_future());
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(psa.base_url().await.unwrap(), format!("{}/v2026_2/apis/3.0", sim.url()));
    let lookups: Vec<_> = sim
        .requests()
        .iter()
        .filter(|request| request.path.starts_with("/login/companyinfo/"))
        .map(|request| request.path.clone())
        .collect();
    assert_eq!(lookups, ["/login/companyinfo/demo"]);
    let info = psa.company_info().await.unwrap();
    assert_eq!((info.code_base.as_deref(), info.version_code.as_deref()), (Some("v2026_2"), Some("v2026.2")));
    assert!(
        sim.requests()
            .iter()
            .filter(|request| request.path.contains("/apis/"))
            .all(|request| request.path.starts_with("/v2026_2/"))
    );
}
