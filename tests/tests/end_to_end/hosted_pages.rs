//! Hosted pages: an integration sets up a pod, and its page makes calls as the member who looks at it.

use connectwise_psa::hosted::{FrameMessage, HostedPage, PageMessage};
use connectwise_psa_sim::{Seed, Sim};
use serde_json::json;

use crate::setup::{demo, start_sim};

#[tokio::test]
async fn a_pod_a_tab_and_a_toolbar_button_are_set_up_and_keep_their_placeholders() {
    let (sim, psa) = demo().await;
    let pages = psa.hosted_pages();
    let existing = pages.list().await.unwrap();
    let screen = pages.screen("ticket").await.unwrap();
    assert_eq!(screen, pages.screen(" service ticket ").await.unwrap());
    let error = pages.screen("galaxy").await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("Service Ticket"), "{error}");
    let url = "https://pods.example.com/[cw_id]/devices?id=[cw_id]&tab=1";
    for (page, kind) in [
        (HostedPage::pod(screen, "Devices", url).pod_height(300), "Pod"),
        (HostedPage::tab(screen, "All devices", url), "Tab"),
        (
            HostedPage::toolbar_button(screen, "Add a device", url, "Add")
                .tool_tip("Adds a device")
                .dialog_size(400, 300),
            "ToolbarButton",
        ),
    ] {
        let created = pages.create(&page).await.unwrap();
        let id = created.id.unwrap();
        let stored = sim.store().get("/system/connectwisehostedsetups", id.into()).unwrap();
        assert_eq!(
            (&stored["url"], &stored["type"], &stored["origin"], &stored["screenId"]),
            (&json!(url), &json!(kind), &json!("https://pods.example.com"), &json!(screen))
        );
        let listed = pages.list().await.unwrap();
        let listed = listed.iter().find(|setup| setup.id == Some(id)).unwrap();
        assert_eq!((listed.url.as_deref(), &listed.description), (Some(url), &page.record().description));
        pages.delete(id).await.unwrap();
    }
    assert_eq!(pages.list().await.unwrap(), existing);
    let screens = pages.screens().await.unwrap();
    assert!(screens.iter().any(|screen| screen.screen_id.as_deref() == Some("contact")));
}

#[tokio::test]
async fn a_page_makes_calls_as_the_member_who_looks_at_it() {
    let builder = Sim::builder()
        .seed(Seed::Records(json!({"/system/members": [{"id": 1, "identifier": "jdoe"}]})))
        .member_hash("jdoe", "the-hash");
    let (sim, _) = start_sim(builder).await;
    assert_eq!(PageMessage::get_member_authentication().in_frame("f").to_string().matches("frameID").count(), 1);
    let site = sim.url();
    let message = |hash: &str| {
        json!({"response": "getmemberauthentication", "data": {
            "companyid": "demo", "memberid": "jdoe", "memberHash": hash, "site": site,
        }})
        .to_string()
    };
    let client = |hash: &str| {
        let FrameMessage::MemberAuthentication(member) = FrameMessage::parse(&message(hash)).unwrap() else {
            panic!("a member")
        };
        // The simulator is not a host of the cloud, so its host must be configured.
        assert!(member.builder().unwrap_err().is_invalid_input());
        assert!(member.builder_for_host("https://psa.example.com").unwrap_err().is_invalid_input());
        assert!(member.is_of_company("demo"));
        member.builder_for_host(&site).unwrap().client_id("x").build().unwrap()
    };
    let members = client("the-hash").system().list_members().all().await.unwrap();
    assert_eq!(members[0].identifier.as_deref(), Some("jdoe"));
    // A hash that the page made up is rejected by PSA.
    assert!(client("made-up").system().list_members().all().await.unwrap_err().is_unauthenticated());
}
