//! Lists: every way of reading returns every record once, also if records are created or deleted during the read, and
//! after an interruption. Filters return exactly the matching records.

use connectwise_psa::types::{
    BillableOption, CompanyConfiguration, Contact, MemberLicenseClass, SeverityLevel, Ticket,
};
use connectwise_psa::{Bookmark, DateTime, List, Method, Psa, Value};
use connectwise_psa_sim::{Seed, Sim};
use serde_json::json;

use crate::setup::{demo, ids, request_count, start_sim};

/// The paths of lists, each with the call that reads it.
type Lists = [(&'static str, fn(&Psa) -> List<Value>)];

const LISTS: &Lists = &[
    ("/company/companies", |psa| psa.company().list_companies().decode_as()),
    ("/company/configurations", |psa| psa.company().list_configurations().decode_as()),
    ("/company/contacts", |psa| psa.company().list_contacts().decode_as()),
    ("/finance/invoices", |psa| psa.finance().list_invoices().decode_as()),
    ("/procurement/catalog", |psa| psa.procurement().list_catalog_items().decode_as()),
    ("/service/boards/1/typesubtypeitemassociations", |psa| {
        psa.service().list_board_type_subtype_item_associations(1).decode_as()
    }),
    ("/service/tickets", |psa| psa.service().list_tickets().decode_as()),
    ("/time/entries", |psa| psa.time().list_time_entries().decode_as()),
];

#[tokio::test]
async fn every_way_of_reading_returns_each_record_once() {
    let (sim, psa) = demo().await;
    for (path, list) in LISTS {
        let stored = sim.store().list(path);
        let all = async |list: List<Value>| list.all().await.unwrap();
        assert_eq!(all(list(&psa).page_size(7)).await, stored, "{path}, forward only");
        assert_eq!(all(list(&psa).page_size(13).from_page(1)).await, stored, "{path}, by page numbers");
        assert_eq!(all(list(&psa).page_size(9).parallel(4)).await, stored, "{path}, in parallel");
        assert_eq!(all(list(&psa)).await, stored, "{path}, in one page");
        let mut descending = all(list(&psa).page_size(11).sort_text("id desc").parallel(3)).await;
        descending.reverse();
        assert_eq!(descending, stored, "{path}, sorted");
        assert_eq!(list(&psa).count().await.unwrap(), i64::try_from(stored.len()).unwrap(), "{path}, counted");
    }
    // Both ways of paging were used.
    assert!(
        sim.requests().iter().any(|request| request.query.contains("pageId=7"))
            && sim.requests().iter().any(|request| request.query.contains("page=5"))
    );
}

#[tokio::test]
async fn sorting_by_a_field_with_equal_values_returns_every_record() {
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
async fn changes_during_the_read_cause_neither_gaps_nor_duplicates() {
    let (sim, psa) = demo().await;
    let store = sim.store();
    let mut pages = psa.company().list_contacts().page_size(10).decode_as::<Value>().pages();
    let (mut read, mut deleted, mut added) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        read.extend(ids(&page.unwrap().items));
        if added.len() < 6 {
            // Deletes a record that has been read, one of the next page and one of a later page. Creates another one.
            let last = *read.last().unwrap();
            for id in [last - 3, last + 2, last + 25] {
                if store.remove("/company/contacts", id).is_some() {
                    deleted.push(id);
                }
            }
            let contact = json!({"firstName": "Late", "company": {"id": 5}});
            let created = psa.company().create_contact(&contact).await.unwrap();
            added.push(i64::from(created.id.unwrap()));
        }
    }
    let mut unique = read.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique, read, "sorted, and no record twice");
    let remaining = ids(&store.list("/company/contacts"));
    assert!(
        deleted.len() > 12 && added.len() == 6 && remaining.iter().all(|id| read.contains(id)),
        "{deleted:?} {added:?}"
    );
    assert!(read.iter().all(|id| remaining.contains(id) || deleted.contains(id)));
}

#[tokio::test]
async fn a_server_without_forward_only_paging_is_read_by_page_numbers() {
    let (sim, psa) = start_sim(Sim::builder().numbered_pages_only()).await;
    let tickets: Vec<Value> = psa.service().list_tickets().page_size(60).decode_as().all().await.unwrap();
    assert_eq!(tickets, sim.store().list("/service/tickets"));
    // Seven pages of 60 contain the 400 tickets of the demo data.
    assert!(sim.requests().iter().any(|request| request.query.contains("page=7")), "{:?}", sim.requests().last());
}

#[tokio::test]
async fn another_program_can_resume_a_list_with_a_bookmark() {
    let (sim, psa) = demo().await;
    let list = |psa: &Psa| psa.service().list_tickets().filter(|ticket| ticket.board().id().eq(1)).page_size(20);
    let expected: Vec<Value> =
        sim.store().list("/service/tickets").into_iter().filter(|ticket| ticket["board"]["id"] == 1).collect();

    // A stream of records: its bookmark is the start of the current page. The records that the stream has already
    // returned from this page are returned again.
    let mut stream = list(&psa).decode_as::<Value>().stream();
    assert_eq!(stream.bookmark(), None);
    let mut first = Vec::new();
    // Two pages of 20, and 7 records of the third page.
    for _ in 0..47 {
        first.push(stream.next().await.unwrap().unwrap());
    }
    let text = stream.bookmark().unwrap().to_string();
    drop(stream);
    // Meanwhile, a record that has been read and one that has not are deleted.
    let deleted = [first[5]["id"].as_i64().unwrap(), expected[60]["id"].as_i64().unwrap()];
    for id in deleted {
        assert!(sim.store().remove("/service/tickets", id).is_some());
    }
    let rest: Vec<Value> = list(&sim.psa()).decode_as().resume(text.parse::<Bookmark>().unwrap()).all().await.unwrap();
    assert_eq!(ids(&rest)[..7], ids(&first)[40..]);
    let mut whole = ids(&first);
    whole.extend(&ids(&rest)[7..]);
    assert_eq!(whole, ids(&expected).into_iter().filter(|id| *id != deleted[1]).collect::<Vec<_>>());

    // A stream of pages: its bookmark is the start of the next page, so no record is returned again.
    let mut pages = list(&psa).decode_as::<Value>().pages();
    let mut read = Vec::new();
    for _ in 0..3 {
        read.extend(pages.next().await.unwrap().unwrap().items);
    }
    let bookmark: Bookmark = serde_json::from_str(&serde_json::to_string(&pages.bookmark()).unwrap()).unwrap();
    read.extend(list(&sim.psa()).decode_as().resume(bookmark).all().await.unwrap());
    assert_eq!(ids(&read), ids(&expected).into_iter().filter(|id| !deleted.contains(id)).collect::<Vec<_>>());

    // A bookmark is rejected for another list.
    let other = psa.service().list_tickets().filter(|ticket| ticket.board().id().eq(2)).page_size(20).resume(bookmark);
    let error = other.all().await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("another list"), "{error}");
}

#[tokio::test]
async fn a_job_that_reads_a_list_in_batches_gets_every_record() {
    let (sim, psa) = demo().await;
    let mut bookmark: Option<Bookmark> = None;
    let mut read = Vec::new();
    // A nightly job reads one hundred records per run, in pages of twenty, and stores the bookmark.
    for _ in 0..10 {
        let list = psa.company().list_configurations().page_size(20).take(100).decode_as::<Value>();
        let mut stream = match bookmark {
            Some(bookmark) => list.resume(bookmark).stream(),
            None => list.stream(),
        };
        while let Some(record) = stream.next().await {
            read.push(record.unwrap());
        }
        bookmark = stream.bookmark();
        if bookmark.is_none() {
            break;
        }
    }
    assert_eq!((ids(&read), bookmark), (ids(&sim.store().list("/company/configurations")), None));
}

/// Checks that a typed filter returns the same records as a Rust predicate on all records of the server.
async fn check_filter<T>(sim: &Sim, path: &str, list: List<T>, matches: impl Fn(&Value) -> bool) {
    let url = list.dry_run().unwrap().url;
    let found: Vec<Value> = list.decode_as().all().await.unwrap();
    let stored = sim.store().list(path);
    let expected: Vec<_> = stored.iter().filter(|record| matches(record)).cloned().collect();
    assert_eq!(ids(&found), ids(&expected), "{url}");
    assert!(!found.is_empty() && found.len() < stored.len(), "{url}: {} of {}", found.len(), stored.len());
}

fn string<'a>(record: &'a Value, pointer: &str) -> &'a str {
    record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn typed_filters_on_tickets_return_the_matching_records() {
    let (sim, psa) = demo().await;
    let path = "/service/tickets";
    let tickets = || psa.service().list_tickets().page_size(90);
    let timestamp: DateTime =
        sim.store().get(path, 300).unwrap()["_info"]["lastUpdated"].as_str().unwrap().parse().unwrap();
    let date_time = |record: &Value, pointer: &str| string(record, pointer).parse::<DateTime>().unwrap();
    check_filter(&sim, path, tickets().filter(|ticket| ticket.closed_flag().eq(false)), |ticket| {
        ticket["closedFlag"] == false
    })
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.board().name().ne("Help Desk")), |ticket| {
        ticket["board"]["name"] != "Help Desk"
    })
    .await;
    // String comparisons ignore letter case.
    check_filter(&sim, path, tickets().filter(|ticket| ticket.summary().contains("BACKUP")), |ticket| {
        string(ticket, "/summary").to_lowercase().contains("backup")
    })
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.summary().starts_with("new ")), |ticket| {
        string(ticket, "/summary").starts_with("New ")
    })
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.summary().not_contains("e")), |ticket| {
        !string(ticket, "/summary").to_lowercase().contains('e')
    })
    .await;
    // `%` is a wildcard in patterns. In a value for `contains` it is an ordinary character.
    check_filter(&sim, path, tickets().filter(|ticket| ticket.summary().contains("92 % f")), |ticket| {
        string(ticket, "/summary").contains("92 % f")
    })
    .await;
    check_filter(
        &sim,
        path,
        tickets().filter(|ticket| ticket.owner().identifier().is_in(["ann", "deniz"])),
        |ticket| ["ann", "deniz"].contains(&string(ticket, "/owner/identifier")),
    )
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.agreement().id().is_null()), |ticket| {
        ticket["agreement"]["id"].is_null()
    })
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.closed_by().is_not_null()), |ticket| {
        !ticket["closedBy"].is_null()
    })
    .await;
    check_filter(
        &sim,
        path,
        tickets().filter(|ticket| ticket.budget_hours().gt(1.25) & ticket.budget_hours().le(2.5)),
        |ticket| {
            let hours = ticket["budgetHours"].as_f64().unwrap();
            hours > 1.25 && hours <= 2.5
        },
    )
    .await;
    check_filter(
        &sim,
        path,
        tickets().filter(|ticket| ticket.severity().eq(SeverityLevel::High) | ticket.priority().id().eq(4)),
        |ticket| ticket["severity"] == "High" || ticket["priority"]["id"] == 4,
    )
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.last_updated().ge(timestamp)), |ticket| {
        date_time(ticket, "/_info/lastUpdated") >= timestamp
    })
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.required_date().lt(timestamp)), |ticket| {
        date_time(ticket, "/requiredDate") < timestamp
    })
    .await;
    check_filter(&sim, path, tickets().filter(|ticket| ticket.entered_by().eq("api")), |ticket| {
        string(ticket, "/_info/enteredBy") == "api"
    })
    .await;
    check_filter(
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
    check_filter(
        &sim,
        path,
        tickets().filter(|ticket| (ticket.closed_flag().eq(true) | ticket.impact().ne(SeverityLevel::Low)).not()),
        |ticket| ticket["closedFlag"] == false && ticket["impact"] == "Low",
    )
    .await;
}

#[tokio::test]
async fn typed_filters_on_other_records_return_the_matching_records() {
    let (sim, psa) = demo().await;
    check_filter(
        &sim,
        "/company/companies",
        psa.company().list_companies().filter(|company| company.number_of_employees().ge(70)),
        |company| company["numberOfEmployees"].as_i64().unwrap() >= 70,
    )
    .await;
    check_filter(
        &sim,
        "/company/companies",
        psa.company().list_companies().filter_children(|company| company.types().name().eq("Vendor")),
        |company| company["types"].as_array().unwrap().iter().any(|company_type| company_type["name"] == "Vendor"),
    )
    .await;
    check_filter(
        &sim,
        "/company/configurations",
        psa.company().list_configurations().filter(|device: connectwise_psa::fields::Fields<CompanyConfiguration>| {
            device.ip_address().ends_with(".7")
        }),
        |device| string(device, "/ipAddress").ends_with(".7"),
    )
    .await;
    check_filter(
        &sim,
        "/company/configurations",
        psa.company()
            .list_configurations()
            .filter_custom_fields(|field| field.caption().eq("Rack Unit") & field.value().is_not_null()),
        |device| !device["customFields"][1]["value"].is_null(),
    )
    .await;
    check_filter(
        &sim,
        "/time/entries",
        psa.time().list_time_entries().filter(|entry| entry.billable_option().eq(BillableOption::Billable)),
        |entry| entry["billableOption"] == "Billable",
    )
    .await;
    check_filter(
        &sim,
        "/finance/invoices",
        psa.finance().list_invoices().filter(|invoice| invoice.balance().gt(0)),
        |invoice| invoice["balance"].as_f64().unwrap() > 0.0,
    )
    .await;
    check_filter(
        &sim,
        "/system/members",
        psa.system().list_members().filter(|member| member.license_class().eq(MemberLicenseClass::A)),
        |member| member["licenseClass"] == "A",
    )
    .await;
}

#[tokio::test]
async fn values_with_special_characters_are_found() {
    // Some values are equal except for a character that other languages use as a wildcard: "50 % off" and "50 X off".
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
            let url = found.dry_run().unwrap().url;
            assert_eq!(ids(&found.decode_as::<Value>().all().await.unwrap()), [id], "{name}: {url}");
        }
    }
}

#[tokio::test]
async fn pages_with_equal_selected_fields_are_all_returned() {
    let (_sim, psa) = demo().await;
    let list = || psa.service().list_tickets().filter(|ticket| ticket.board().id().eq(1));
    let expected = list().count().await.unwrap();
    for list in [list().page_size(10), list().page_size(10).parallel(3), list().page_size(10).sort_text("summary")] {
        let boards: Vec<Value> = list.select(|ticket| ticket.board().id()).decode_as().all().await.unwrap();
        assert_eq!(boards, vec![json!({"board": {"id": 1}}); usize::try_from(expected).unwrap()]);
    }
    assert!(expected > 30, "{expected}");
}

#[tokio::test]
async fn only_the_selected_fields_are_requested() {
    let (sim, psa) = demo().await;
    let selected = || {
        psa.service()
            .list_tickets()
            .select(|ticket| (ticket.id(), ticket.summary(), ticket.status().name()))
            .page_size(150)
    };
    let raw: Vec<Value> = selected().decode_as().all().await.unwrap();
    let stored = sim.store().list("/service/tickets");
    let expected = stored.iter().map(|ticket| {
        json!({"id": ticket["id"], "summary": ticket["summary"], "status": {"name": ticket["status"]["name"]}})
    });
    assert_eq!(raw, expected.collect::<Vec<_>>());
    let typed: Vec<Ticket> = selected().take(1).all().await.unwrap();
    assert!(
        typed[0].company.is_none() && typed[0].info().is_none() && typed[0].status.as_ref().unwrap().id.is_none(),
        "{:?}",
        typed[0]
    );
    // A synchronisation can request only the ids and the timestamps.
    let timestamps: Vec<Contact> =
        psa.company().list_contacts().select(|contact| (contact.id(), contact.info())).take(3).all().await.unwrap();
    assert!(timestamps.iter().all(
        |contact| contact.info().is_some_and(|info| info.last_updated().is_some()) && contact.first_name.is_none()
    ));
    let one = psa.service().get_ticket(8).select(|ticket| ticket.board().name()).await.unwrap();
    assert_eq!((one.id, one.board.unwrap().name.as_deref()), (None, stored[7]["board"]["name"].as_str()));
    assert_eq!(request_count(&sim, "GET", "/service/tickets/8"), 1);
}

#[tokio::test]
async fn links_in_records_are_requested_from_the_configured_server() {
    let sim = Sim::builder().start().await.unwrap();
    let psa = sim.psa();
    let ticket = psa.service().get_ticket(12).await.unwrap();
    // The link has a double slash, and in this simulation the alias of the code base.
    let link = ticket.company.unwrap().info().unwrap().href("company").unwrap().to_owned();
    assert!(link.starts_with(&format!("{}/v4_6_release/apis/3.0//company/", sim.url())), "{link}");
    let company = psa.request(Method::Get, &link).await.unwrap().into_json().unwrap();
    assert_eq!(Some(company.clone()), sim.store().get("/company/companies", company["id"].as_i64().unwrap()));
    // A link to another host is rejected.
    let other = link.replace(&sim.url(), "https://na.myconnectwise.example");
    let error = psa.request(Method::Get, &other).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("na.myconnectwise.example"), "{error}");
}
