//! Lists: every record once, however they are read, while others come and go, and after a break; and just those that
//! were asked for.

use connectwise_psa::types::{
    BillableOption, CompanyConfiguration, Contact, MemberLicenseClass, SeverityLevel, Ticket,
};
use connectwise_psa::{Bookmark, DateTime, List, Method, Psa, Value};
use connectwise_psa_sim::{Seed, Sim};
use serde_json::json;

use crate::setup::{demo, ids, request_count, start_sim};

/// Lists with the operations that read them.
type Lists = [(&'static str, fn(&Psa) -> List<Value>)];

const LISTS: &Lists = &[
    ("/company/companies", |psa| psa.company().list_companies().decode_as()),
    ("/company/configurations", |psa| psa.company().list_configurations().decode_as()),
    ("/company/contacts", |psa| psa.company().list_contacts().decode_as()),
    ("/finance/invoices", |psa| psa.finance().list_invoices().decode_as()),
    ("/procurement/catalog", |psa| psa.procurement().list_catalog_items().decode_as()),
    ("/service/boards/1/typesubtypeitemassociations", |psa| {
        psa.service().list_board_type_sub_type_item_associations(1).decode_as()
    }),
    ("/service/tickets", |psa| psa.service().list_tickets().decode_as()),
    ("/time/entries", |psa| psa.time().list_time_entries().decode_as()),
];

#[tokio::test]
async fn every_record_comes_once_however_a_list_is_read() {
    let (sim, psa) = demo().await;
    for (path, list) in LISTS {
        let stored = sim.store().list(path);
        let all = async |list: List<Value>| list.all().await.unwrap();
        assert_eq!(all(list(&psa).page_size(7)).await, stored, "{path}, forward only");
        assert_eq!(all(list(&psa).page_size(13).from_page(1)).await, stored, "{path}, by page numbers");
        assert_eq!(all(list(&psa).page_size(9).parallel(4)).await, stored, "{path}, in parallel");
        assert_eq!(all(list(&psa)).await, stored, "{path}, in one page");
        let mut turned = all(list(&psa).page_size(11).sort_text("id desc").parallel(3)).await;
        turned.reverse();
        assert_eq!(turned, stored, "{path}, in order");
        assert_eq!(list(&psa).count().await.unwrap(), i64::try_from(stored.len()).unwrap(), "{path}, counted");
    }
    // Each way asked what it says it asks.
    assert!(
        sim.requests().iter().any(|seen| seen.query.contains("pageId=7"))
            && sim.requests().iter().any(|seen| seen.query.contains("page=5"))
    );
}

#[tokio::test]
async fn an_order_by_a_member_that_many_share_leaves_nothing_out() {
    let (sim, psa) = demo().await;
    let sorted =
        psa.service().list_tickets().sort(|ticket| (ticket.priority().name().desc(), ticket.id().asc())).page_size(30);
    let tickets: Vec<Value> = sorted.decode_as().all().await.unwrap();
    let mut stored = sim.store().list("/service/tickets");
    stored.sort_by(|a, b| {
        b["priority"]["name"]
            .as_str()
            .cmp(&a["priority"]["name"].as_str())
            .then(a["id"].as_i64().cmp(&b["id"].as_i64()))
    });
    assert_eq!(ids(&tickets), ids(&stored));
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_while_records_come_and_go() {
    let (sim, psa) = demo().await;
    let store = sim.store();
    let mut pages = psa.company().list_contacts().page_size(10).decode_as::<Value>().pages();
    let (mut got, mut gone, mut added) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        got.extend(ids(&page.unwrap().items));
        if added.len() < 6 {
            // One of those that were read, one that comes next, and one that comes later are deleted; one more is made.
            let last = *got.last().unwrap();
            for id in [last - 3, last + 2, last + 25] {
                if store.remove("/company/contacts", id).is_some() {
                    gone.push(id);
                }
            }
            let made = psa.company().create_contact(&json!({"firstName": "Late", "company": {"id": 5}})).await.unwrap();
            added.push(i64::from(made.id.unwrap()));
        }
    }
    let mut once = got.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once, got, "in order, and no record twice");
    let stayed = ids(&store.list("/company/contacts"));
    assert!(gone.len() > 12 && added.len() == 6 && stayed.iter().all(|id| got.contains(id)), "{gone:?} {added:?}");
    assert!(got.iter().all(|id| stayed.contains(id) || gone.contains(id)));
}

#[tokio::test]
async fn servers_that_cannot_read_forward_only_are_read_by_page_numbers() {
    let (sim, psa) = start_sim(Sim::builder().numbered_pages_only()).await;
    let tickets: Vec<Value> = psa.service().list_tickets().page_size(60).decode_as().all().await.unwrap();
    assert_eq!(tickets, sim.store().list("/service/tickets"));
    assert!(sim.requests().iter().any(|seen| seen.query.contains("page=7")), "{:?}", sim.requests().last());
}

#[tokio::test]
async fn reading_goes_on_in_another_program_where_it_stopped() {
    let (sim, psa) = demo().await;
    let list = |psa: &Psa| psa.service().list_tickets().filter(|ticket| ticket.board().id().eq(1)).page_size(20);
    let expected: Vec<Value> =
        sim.store().list("/service/tickets").into_iter().filter(|ticket| ticket["board"]["id"] == 1).collect();

    // By records: those of the page in use that were handed out come again.
    let mut stream = list(&psa).decode_as::<Value>().stream();
    assert_eq!(stream.bookmark(), None);
    let mut first = Vec::new();
    for _ in 0..47 {
        first.push(stream.next().await.unwrap().unwrap());
    }
    let text = stream.bookmark().unwrap().to_string();
    drop(stream);
    // Meanwhile one that was read and one that was not are deleted.
    let gone = [first[5]["id"].as_i64().unwrap(), expected[60]["id"].as_i64().unwrap()];
    for id in gone {
        assert!(sim.store().remove("/service/tickets", id).is_some());
    }
    let rest: Vec<Value> = list(&sim.psa()).decode_as().resume(text.parse::<Bookmark>().unwrap()).all().await.unwrap();
    assert_eq!(ids(&rest)[..7], ids(&first)[40..]);
    let mut whole = ids(&first);
    whole.extend(&ids(&rest)[7..]);
    assert_eq!(whole, ids(&expected).into_iter().filter(|id| *id != gone[1]).collect::<Vec<_>>());

    // By pages: nothing comes again.
    let mut pages = list(&psa).decode_as::<Value>().pages();
    let mut read = Vec::new();
    for _ in 0..3 {
        read.extend(pages.next().await.unwrap().unwrap().items);
    }
    let bookmark: Bookmark = serde_json::from_str(&serde_json::to_string(&pages.bookmark()).unwrap()).unwrap();
    read.extend(list(&sim.psa()).decode_as().resume(bookmark).all().await.unwrap());
    assert_eq!(ids(&read), ids(&expected).into_iter().filter(|id| !gone.contains(id)).collect::<Vec<_>>());

    // It is taken for no other list.
    let other = psa.service().list_tickets().filter(|ticket| ticket.board().id().eq(2)).page_size(20).resume(bookmark);
    let error = other.all().await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("another list"), "{error}");
}

#[tokio::test]
async fn so_many_at_a_time_give_all_of_them() {
    let (sim, psa) = demo().await;
    let mut bookmark: Option<Bookmark> = None;
    let mut got = Vec::new();
    // A nightly job that takes one hundred records and remembers where it was; its pages are of twenty.
    for _ in 0..10 {
        let list = psa.company().list_configurations().page_size(20).take(100).decode_as::<Value>();
        let mut stream = match bookmark {
            Some(bookmark) => list.resume(bookmark).stream(),
            None => list.stream(),
        };
        while let Some(record) = stream.next().await {
            got.push(record.unwrap());
        }
        bookmark = stream.bookmark();
        if bookmark.is_none() {
            break;
        }
    }
    assert_eq!((ids(&got), bookmark), (ids(&sim.store().list("/company/configurations")), None));
}

/// Holds what a typed filter gives against the same said in Rust over what the server holds.
async fn agree<T>(sim: &Sim, path: &str, list: List<T>, is: impl Fn(&Value) -> bool) {
    let asked = list.dry_run().unwrap().url;
    let found: Vec<Value> = list.decode_as().all().await.unwrap();
    let stored = sim.store().list(path);
    let expected: Vec<_> = stored.iter().filter(|record| is(record)).cloned().collect();
    assert_eq!(ids(&found), ids(&expected), "{asked}");
    assert!(!found.is_empty() && found.len() < stored.len(), "{asked}: {} of {}", found.len(), stored.len());
}

fn text<'a>(record: &'a Value, pointer: &str) -> &'a str {
    record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn typed_conditions_on_tickets_find_what_they_say() {
    let (sim, psa) = demo().await;
    let path = "/service/tickets";
    let tickets = || psa.service().list_tickets().page_size(90);
    let moment: DateTime =
        sim.store().get(path, 300).unwrap()["_info"]["lastUpdated"].as_str().unwrap().parse().unwrap();
    let of = |record: &Value, pointer: &str| text(record, pointer).parse::<DateTime>().unwrap();
    agree(&sim, path, tickets().filter(|ticket| ticket.closed_flag().eq(false)), |ticket| {
        ticket["closedFlag"] == false
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.board().name().ne("Help Desk")), |ticket| {
        ticket["board"]["name"] != "Help Desk"
    })
    .await;
    // Text is found in any letter case.
    agree(&sim, path, tickets().filter(|ticket| ticket.summary().contains("BACKUP")), |ticket| {
        text(ticket, "/summary").to_lowercase().contains("backup")
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.summary().starts_with("new ")), |ticket| {
        text(ticket, "/summary").starts_with("New ")
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.summary().not_contains("e")), |ticket| {
        !text(ticket, "/summary").to_lowercase().contains('e')
    })
    .await;
    // `%`, which patterns know, stands for itself in what is no pattern.
    agree(&sim, path, tickets().filter(|ticket| ticket.summary().contains("92 % f")), |ticket| {
        text(ticket, "/summary").contains("92 % f")
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.owner().identifier().is_in(["ann", "deniz"])), |ticket| {
        ["ann", "deniz"].contains(&text(ticket, "/owner/identifier"))
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.agreement().id().is_null()), |ticket| {
        ticket["agreement"]["id"].is_null()
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.closed_by().is_not_null()), |ticket| {
        !ticket["closedBy"].is_null()
    })
    .await;
    agree(
        &sim,
        path,
        tickets().filter(|ticket| ticket.budget_hours().gt(1.25) & ticket.budget_hours().le(2.5)),
        |ticket| {
            let hours = ticket["budgetHours"].as_f64().unwrap();
            hours > 1.25 && hours <= 2.5
        },
    )
    .await;
    agree(
        &sim,
        path,
        tickets().filter(|ticket| ticket.severity().eq(SeverityLevel::High) | ticket.priority().id().eq(4)),
        |ticket| ticket["severity"] == "High" || ticket["priority"]["id"] == 4,
    )
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.last_updated().ge(moment)), |ticket| {
        of(ticket, "/_info/lastUpdated") >= moment
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.required_date().lt(moment)), |ticket| {
        of(ticket, "/requiredDate") < moment
    })
    .await;
    agree(&sim, path, tickets().filter(|ticket| ticket.entered_by().eq("api")), |ticket| {
        text(ticket, "/_info/enteredBy") == "api"
    })
    .await;
    agree(
        &sim,
        path,
        tickets().filter(|ticket| {
            (ticket.closed_flag().eq(true) | ticket.status().name().eq("New")) & ticket.company().id().not_in([5, 6, 7])
        }),
        |ticket| {
            (ticket["closedFlag"] == true || ticket["status"]["name"] == "New")
                && !(5..=7).contains(&ticket["company"]["id"].as_i64().unwrap())
        },
    )
    .await;
    agree(
        &sim,
        path,
        tickets().filter(|ticket| (ticket.closed_flag().eq(true) | ticket.impact().ne(SeverityLevel::Low)).not()),
        |ticket| ticket["closedFlag"] == false && ticket["impact"] == "Low",
    )
    .await;
}

#[tokio::test]
async fn typed_conditions_on_other_records_find_what_they_say() {
    let (sim, psa) = demo().await;
    agree(
        &sim,
        "/company/companies",
        psa.company().list_companies().filter(|company| company.number_of_employees().ge(70)),
        |company| company["numberOfEmployees"].as_i64().unwrap() >= 70,
    )
    .await;
    agree(
        &sim,
        "/company/companies",
        psa.company().list_companies().filter_children(|company| company.types().name().eq("Vendor")),
        |company| company["types"].as_array().unwrap().iter().any(|kind| kind["name"] == "Vendor"),
    )
    .await;
    agree(
        &sim,
        "/company/configurations",
        psa.company().list_configurations().filter(|device: connectwise_psa::fields::Fields<CompanyConfiguration>| {
            device.ip_address().ends_with(".7")
        }),
        |device| text(device, "/ipAddress").ends_with(".7"),
    )
    .await;
    agree(
        &sim,
        "/company/configurations",
        psa.company()
            .list_configurations()
            .filter_custom_fields(|field| field.caption().eq("Rack Unit") & field.value().is_not_null()),
        |device| !device["customFields"][1]["value"].is_null(),
    )
    .await;
    agree(
        &sim,
        "/time/entries",
        psa.time().list_time_entries().filter(|entry| entry.billable_option().eq(BillableOption::Billable)),
        |entry| entry["billableOption"] == "Billable",
    )
    .await;
    agree(
        &sim,
        "/finance/invoices",
        psa.finance().list_invoices().filter(|invoice| invoice.balance().gt(0)),
        |invoice| invoice["balance"].as_f64().unwrap() > 0.0,
    )
    .await;
    agree(
        &sim,
        "/system/members",
        psa.system().list_members().filter(|member| member.license_class().eq(MemberLicenseClass::A)),
        |member| member["licenseClass"] == "A",
    )
    .await;
}

#[tokio::test]
async fn values_that_need_care_are_found_as_they_are() {
    let names = [
        "50 % off",
        "50 X off",
        "a_b",
        "acb",
        "[x] y",
        "O'Brien",
        "say \"hi\"",
        "Größe · 盘",
        "back\\slash",
        "plus+and&",
        "a*b",
    ];
    let companies: Vec<_> =
        (1..).zip(names).map(|(id, name)| json!({"id": id, "identifier": format!("c{id}"), "name": name})).collect();
    let (_sim, psa) = start_sim(Sim::builder().seed(Seed::Records(json!({"/company/companies": companies})))).await;
    for (id, name) in (1..).zip(names) {
        let equal = psa.company().list_companies().filter(|company| company.name().eq(name));
        let part = psa.company().list_companies().filter(|company| company.name().contains(name));
        for found in [equal, part] {
            let asked = found.dry_run().unwrap().url;
            assert_eq!(ids(&found.decode_as::<Value>().all().await.unwrap()), [id], "{name}: {asked}");
        }
    }
}

#[tokio::test]
async fn only_the_selected_members_are_sent_and_read() {
    let (sim, psa) = demo().await;
    let selected = || {
        psa.service()
            .list_tickets()
            .select(|ticket| (ticket.id(), ticket.summary(), ticket.status().name()))
            .page_size(150)
    };
    let raw: Vec<Value> = selected().decode_as().all().await.unwrap();
    let stored = sim.store().list("/service/tickets");
    let expected = stored.iter().map(|ticket| json!({"id": ticket["id"], "summary": ticket["summary"], "status": {"name": ticket["status"]["name"]}}));
    assert_eq!(raw, expected.collect::<Vec<_>>());
    let typed: Vec<Ticket> = selected().take(1).all().await.unwrap();
    assert!(
        typed[0].company.is_none() && typed[0].info().is_none() && typed[0].status.as_ref().unwrap().id.is_none(),
        "{:?}",
        typed[0]
    );
    // A list of what changed may be of the ids and moments alone.
    let moments: Vec<Contact> =
        psa.company().list_contacts().select(|contact| (contact.id(), contact.info())).take(3).all().await.unwrap();
    assert!(moments.iter().all(
        |contact| contact.info().is_some_and(|info| info.last_updated().is_some()) && contact.first_name.is_none()
    ));
    let one = psa.service().get_ticket(8).select(|ticket| ticket.board().name()).await.unwrap();
    assert_eq!((one.id, one.board.unwrap().name.as_deref()), (None, stored[7]["board"]["name"].as_str()));
    assert_eq!(request_count(&sim, "GET", "/service/tickets/8"), 1);
}

#[tokio::test]
async fn links_of_records_are_asked_of_our_own_server() {
    let (sim, psa) = demo().await;
    let ticket = psa.service().get_ticket(12).await.unwrap();
    // It names another host, and has a double slash.
    let link = ticket.company.unwrap().info().unwrap().href("company").unwrap().to_owned();
    assert!(link.starts_with("https://na.myconnectwise.example/v2025_1//apis"), "{link}");
    let company = psa.request(Method::Get, &link).await.unwrap().into_json().unwrap();
    assert_eq!(Some(company.clone()), sim.store().get("/company/companies", company["id"].as_i64().unwrap()));
}
