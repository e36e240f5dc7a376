//! The rights of the API member: from the server's list, or from harmless reads if the server does not list them.

use connectwise_psa::access::{AccessSource, Level, Needs, Permission, Verdict};

use crate::server::{Action, Server, json_response};

fn denied() -> Action {
    json_response(403, r#"{"code":"Security","message":"You do not have security permission to perform this action."}"#)
}

fn needs() -> Needs {
    Needs::new().operations(["service.list_tickets", "system.list_members", "company.list_contacts"]).unwrap()
}

#[tokio::test]
async fn rights_come_from_the_list_of_the_server() {
    let server = Server::always(json_response(
        200,
        r#"[{"id":1,"moduleName":"Service Desk","moduleFunctionName":"Service Tickets","inquireLevel":"All"},
            {"id":2,"moduleName":"System","moduleFunctionName":"Member Maintenance","inquireLevel":"My"}]"#,
    ))
    .await;
    let report = server.psa().access().compare(&needs()).await.unwrap();
    assert_eq!(server.count(), 1);
    assert_eq!(report.source(), AccessSource::MySecurity);
    let verdicts: Vec<_> = report.findings().iter().map(|finding| (finding.entry, finding.verdict)).collect();
    assert_eq!(
        verdicts,
        [
            ("Contacts", Verdict::Unknown),
            ("Service Tickets", Verdict::Granted),
            ("Member Maintenance", Verdict::Missing)
        ]
    );
}

#[tokio::test]
async fn without_the_list_reads_that_match_no_record_show_what_may_be_read() {
    // A member who may not read the list, a server without it, and an empty list.
    for list in [
        denied(),
        json_response(404, r#"{"code":"NotFound","message":"The endpoint does not exist."}"#),
        json_response(200, "[]"),
    ] {
        let mut list = Some(list);
        let server = Server::new(move |request| match &request.target {
            target if target.contains("/mySecurity") => list.take().unwrap_or_else(denied),
            target if target.contains("/system/members/count") => denied(),
            target if target.contains("/company/contacts/count") => {
                json_response(400, r#"{"code":"ApiFindCondition","message":"no"}"#)
            }
            _ => json_response(200, r#"{"count":0}"#),
        })
        .await;
        let granted = server.psa().access().granted().await.unwrap();
        assert_eq!(granted.source(), AccessSource::Probes);
        for (area, entry, expected) in [
            ("Service Desk", "Service Tickets", Some(Level::My)),
            ("System", "Member Maintenance", Some(Level::None)),
            ("Companies", "Contacts", None),
        ] {
            assert_eq!(granted.level(area, entry, Permission::Inquire), expected, "{entry}");
            assert_eq!(granted.level(area, entry, Permission::Add), None);
        }
        let requests = server.requests();
        assert!(requests.iter().all(|request| request.method == "GET"));
        assert!(requests.iter().skip(1).all(|request| request.target.contains("conditions=id%3D0")), "{requests:?}");
        let report = server.psa().access().compare(&needs()).await.unwrap();
        let missing: Vec<_> = report.missing().map(|finding| finding.entry).collect();
        assert_eq!(missing, ["Member Maintenance"]);
        assert!(report.to_string().contains("whether it may add, edit and delete, is not known"), "{report}");
    }
}

#[tokio::test]
async fn invalid_credentials_are_an_error_and_not_missing_rights() {
    let unauthorized = || json_response(401, r#"{"code":"Unauthorized","message":"no"}"#);
    let server = Server::always(unauthorized()).await;
    assert!(server.psa().access().compare(&needs()).await.unwrap_err().is_unauthenticated());
    assert_eq!(server.count(), 1);
    // They can also become invalid between two reads.
    let server = Server::new(move |request| match request.target.contains("/mySecurity") {
        true => denied(),
        false => unauthorized(),
    })
    .await;
    assert!(server.psa().access().granted().await.unwrap_err().is_unauthenticated());
    assert_eq!(server.count(), 2);
}
