//! Filters, sorts and selections built from typed fields: the text of their conditions, and the requests that list,
//! count and get calls send for them.

use chrono::{FixedOffset, TimeZone as _, Utc};
use connectwise_psa_core as psa;
use psa::fields::Filter;
use psa::fields::scope::{Children, CustomFields};
use psa::query::Verbatim;

use crate::sample::{Script, Ticket, TicketFields, TicketSeverity, response};

fn text<S>(filter: Filter<S>) -> String {
    filter.condition().unwrap().unwrap().to_string()
}

#[test]
fn every_comparison_has_its_text() {
    let (ticket, ids, names, name) = (Ticket::fields(), vec![1_i64, 2], ["a", "b"], String::from("x"));
    let timestamp = Utc.with_ymd_and_hms(2025, 1, 2, 3, 4, 5).unwrap();
    let offset = FixedOffset::east_opt(7200).unwrap().with_ymd_and_hms(2025, 1, 2, 3, 4, 5).unwrap();
    let date = psa::json::Date::from_ymd_opt(2025, 1, 31).unwrap();
    let guid = uuid::Uuid::nil();
    for (filter, expected) in [
        (ticket.summary().eq("x"), r#"summary="x""#),
        (ticket.summary().eq(String::from("it's")), r#"summary="it's""#),
        (ticket.summary().ne("a \"b\""), r#"summary!='a "b"'"#),
        (ticket.summary().contains("x"), r#"summary contains "x""#),
        (ticket.summary().not_contains("x"), r#"summary not contains "x""#),
        (ticket.summary().like("x%"), r#"summary like "x%""#),
        (ticket.summary().not_like("x*"), r#"summary not like "x*""#),
        (ticket.summary().starts_with("[50%]_*"), r#"summary like "[[]50[%]][_][*]%""#),
        (ticket.summary().starts_with("C:\\"), r#"summary like "C:\%""#),
        (ticket.summary().ends_with("x"), r#"summary like "%x""#),
        // Plain text: the wildcards are escaped.
        (ticket.summary().contains_pattern("["), r#"summary like "%[[]%""#),
        (ticket.summary().is_in(["a", "b"]), r#"summary in ("a","b")"#),
        (ticket.summary().not_in(vec!["a".to_owned()]), r#"summary not in ("a")"#),
        (ticket.summary().is_null(), "summary=null"),
        (ticket.summary().is_not_null(), "summary!=null"),
        (ticket.id().eq(5), "id=5"),
        (ticket.id().eq(-5_i64), "id=-5"),
        (ticket.id().lt(5_u8), "id<5"),
        (ticket.id().is_in(1..=3), "id in (1,2,3)"),
        (ticket.id().is_in(&ids), "id in (1,2)"),
        (ticket.id().is_in([1_usize].iter()), "id in (1)"),
        (ticket.id().lt(u64::MAX), "id<18446744073709551615"),
        (ticket.summary().is_in(names.iter()), r#"summary in ("a","b")"#),
        (ticket.summary().eq(&name), r#"summary="x""#),
        (ticket.budget_hours().eq(0.1_f32), "budgetHours=0.1"),
        (ticket.severity().eq(&TicketSeverity::Low), r#"severity="Low""#),
        (ticket.budget_hours().ge(1.5), "budgetHours>=1.5"),
        (ticket.budget_hours().le(2), "budgetHours<=2"),
        (ticket.closed_flag().eq(false), "closedFlag=false"),
        (ticket.guid().eq(guid), r#"guid="00000000-0000-0000-0000-000000000000""#),
        (ticket.required_date().gt(timestamp), "requiredDate>[2025-01-02T03:04:05Z]"),
        (ticket.required_date().ge(offset), "requiredDate>=[2025-01-02T01:04:05Z]"),
        (ticket.required_date().lt(date), "requiredDate<[2025-01-31]"),
        // Bounds are whole seconds: lower bounds are rounded down and upper bounds up, so that no record is missed.
        (
            ticket.required_date().gt(timestamp + chrono::TimeDelta::milliseconds(1)),
            "requiredDate>[2025-01-02T03:04:05Z]",
        ),
        (
            ticket.required_date().lt(timestamp + chrono::TimeDelta::milliseconds(1)),
            "requiredDate<[2025-01-02T03:04:06Z]",
        ),
        (ticket.birthday().eq(date), "birthday=[2025-01-31]"),
        (ticket.closed_date().gt(date), "closedDate>[2025-01-31]"),
        (ticket.closed_date().contains("2025"), r#"closedDate contains "2025""#),
        (ticket.company().id().eq(1), "company/id=1"),
        (ticket.company().name().eq("x"), r#"company/name="x""#),
        (ticket.company().identifier().eq("x"), r#"company/identifier="x""#),
        (ticket.parent().company().name().eq("x"), r#"parent/company/name="x""#),
        (ticket.severity().eq(TicketSeverity::High), r#"severity="High""#),
        (ticket.severity().is_in([TicketSeverity::Low, "New".into()]), r#"severity in ("Low","New")"#),
        (ticket.last_updated().ge(timestamp), "lastUpdated>=[2025-01-02T03:04:05Z]"),
        (ticket.date_entered().ge(date), "dateEntered>=[2025-01-31]"),
        (ticket.entered_by().eq("jdoe") | ticket.updated_by().eq("jdoe"), r#"enteredBy="jdoe" or updatedBy="jdoe""#),
        (!(ticket.id().gt(5) & ticket.summary().like("x")), r#"id<=5 or summary not like "x""#),
        (
            {
                let mut filter = ticket.id().eq(1);
                filter |= ticket.id().eq(2);
                filter &= ticket.id().gt(0);
                filter
            },
            "(id=1 or id=2) and id>0",
        ),
        (ticket.id().eq(1).and(ticket.id().eq(2)).or(ticket.id().eq(3)).not(), "(id!=1 or id!=2) and id!=3"),
        (Filter::all([ticket.id().eq(1), ticket.id().eq(2)]).unwrap(), "id=1 and id=2"),
        (
            ticket.id().eq(1) & Filter::from("summary='x' or id=2".parse::<psa::conditions::Condition>().unwrap()),
            r#"id=1 and (summary="x" or id=2)"#,
        ),
    ] {
        assert_eq!(text(filter.clone()), expected);
        assert_eq!(expected.parse::<psa::conditions::Condition>().ok(), filter.condition().unwrap());
    }
}

#[test]
fn an_invalid_value_is_an_error_that_names_the_field() {
    let ticket = Ticket::fields();
    for (filter, expected) in [
        (
            ticket.summary().eq("a\"b'c"),
            r#"summary cannot be compared with "a\"b'c": it contains both single and double quotes"#,
        ),
        (
            ticket.id().eq(1) & ticket.summary().contains("a\nb"),
            r#"summary cannot be compared with "a\nb": it contains a control character"#,
        ),
        (ticket.budget_hours().eq(f64::NAN), "budgetHours cannot be compared with NaN"),
        (ticket.required_date().ge(psa::json::DateTime::MAX_UTC), "requiredDate cannot be compared with"),
        (
            ticket.company().id().is_in(Vec::<i32>::new()),
            "company/id is compared with an empty list, so no record matches",
        ),
    ] {
        let error = filter.condition().unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn an_empty_list_matches_every_record_or_none() {
    let ticket = Ticket::fields();
    let none = || ticket.id().is_in([0_i32; 0]);
    let all = || ticket.id().not_in([0_i32; 0]);
    let some = || ticket.summary().eq("x");
    let bad = || ticket.summary().eq("\0");
    let (x, every, no, invalid) =
        (Ok(Some("summary=\"x\"")), Ok(None), Err("id is compared with"), Err("summary cannot"));
    for (filter, expected) in [
        (all(), every),
        (none(), no),
        (some() & all(), x),
        (all() & some(), x),
        (some() | all(), every),
        (all() | some(), every),
        (some() & none(), no),
        (none() & some(), no),
        (some() | none(), x),
        (none() | some(), x),
        (none() | all(), every),
        (none() & all(), no),
        (!all(), no),
        (!none(), every),
        (!(some() | none()), Ok(Some("summary!=\"x\""))),
        (Filter::all([all(), some(), all()]).unwrap(), x),
        (Filter::any([none(), some(), none()]).unwrap(), x),
        // A value that cannot be sent stays an error.
        (bad() | all(), invalid),
        (all() | bad(), invalid),
        (none() & bad(), invalid),
        (!bad(), invalid),
    ] {
        let found = filter.condition();
        match expected {
            Ok(expected) => assert_eq!(found.unwrap().map(|found| found.to_string()).as_deref(), expected),
            Err(expected) => assert!(found.unwrap_err().to_string().contains(expected), "{expected}"),
        }
    }
    let client = Script::new([]).client();
    let empty = || Vec::<i32>::new();
    let list = client.list_tickets().filter(|ticket| ticket.id().not_in(empty()));
    let list = list.filter_children(|ticket| ticket.items().id().not_in(empty()));
    let list = list.filter_custom_fields(|field| field.value().not_in(empty()));
    assert_eq!(list.to_query(), psa::query::ListQuery::new());
    let list = list.filter(|ticket| ticket.id().eq(5)).filter(|ticket| ticket.company().id().not_in(empty()));
    assert_eq!(list.to_query(), psa::query::ListQuery::new().conditions("id=5"));
    for list in [
        list.filter(|ticket| ticket.company().id().is_in(empty())),
        client.list_tickets().filter_children(|ticket| ticket.items().id().is_in(empty())),
        client.list_tickets().filter_custom_fields(|field| field.value().is_in(empty())),
    ] {
        let error = list.dry_run().unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("no record matches"), "{error}");
    }
}

#[tokio::test]
async fn filters_that_no_element_can_satisfy_are_rejected_before_anything_is_sent() {
    let script = Script::new([]);
    let client = script.client();
    let caption = |name: &'static str| move |field: psa::fields::CustomFieldFields<Ticket>| field.caption().eq(name);
    let item = |id: i32| move |ticket: psa::fields::ChildFields<Ticket>| ticket.items().id().eq(id);
    let list = || client.list_tickets();
    let children =
        "childConditions matches no record: `items/id=4` and `items/id=7` cannot both be true for one list element";
    let fields = "customFieldConditions matches no record: `caption=\"A\"` and `caption=\"B\"` cannot both be true for one \
                  custom field; join the two with `or` if one is enough; if a record must have both";
    for (list, expected) in [
        (list().filter_custom_fields(caption("A")).filter_custom_fields(caption("B")), fields),
        (list().filter_custom_fields(|field| field.caption().eq("A") & field.caption().eq("B")), fields),
        (list().filter_custom_fields_text("caption='A'").filter_custom_fields(caption("B")), fields),
        (list().filter_custom_fields_text("caption='A'").filter_custom_fields_text("caption='B'"), fields),
        (
            list().with_query(psa::query::ListQuery::new().custom_field_conditions("caption='A' and caption='B'")),
            fields,
        ),
        (list().filter_children(item(4)).filter_children(item(7)), children),
        (list().filter_children_text("items/id=4").filter_children(item(7)), children),
    ] {
        let query = list.to_query();
        let with_query = || client.list_tickets().with_query(query.clone());
        let errors = [
            list.dry_run().unwrap_err(),
            list.all().await.unwrap_err(),
            with_query().first().await.unwrap_err(),
            with_query().page(1).await.unwrap_err(),
            with_query().parallel(2).all().await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_invalid_input() && error.to_string().contains(expected), "{error}");
        }
    }
    let count = client.count_tickets().filter_custom_fields(caption("A")).filter_custom_fields(caption("B"));
    assert!(count.await.unwrap_err().to_string().contains(fields));
    for list in [
        list().filter_custom_fields(caption("A")).filter_custom_fields(caption("a")),
        list().filter_custom_fields(|field| field.caption().eq("A") | field.caption().eq("B")),
        list().filter_custom_fields(caption("A")).filter_children(item(4)),
        list().filter_children(item(4)).filter_children(|ticket| ticket.items().id().ne(7)),
        // A record has one id, so this asks for nothing, as the caller wrote it.
        list().filter(|ticket| ticket.id().eq(1)).filter(|ticket| ticket.id().eq(2)),
        list().with_query(
            psa::query::ListQuery::new().custom_field_conditions(Verbatim::new("caption='A' and caption='B'")),
        ),
    ] {
        list.dry_run().unwrap();
    }
    assert_eq!(script.requests().len(), 0);
}

#[test]
fn no_filters_join_to_none() {
    assert!(Filter::<Ticket>::all([]).is_none() && Filter::<Ticket>::any([]).is_none());
}

#[test]
fn debug_shows_the_condition_or_the_problem() {
    let ticket = Ticket::fields();
    assert!(
        format!("{:?} {:?}", ticket.id().eq(1), ticket.summary().eq("\0"))
            .starts_with("Filter(id=1) Filter(summary: cannot")
    );
}

#[tokio::test]
async fn list_count_and_get_send_filters_sorts_and_selections() {
    let script =
        Script::new([response(200, "[]"), response(200, r#"{"count":3}"#), response(200, "{}"), response(200, "[]")]);
    let client = script.client();
    let list = client
        .list_tickets()
        .filter(|ticket| ticket.id().gt(5))
        .filter(|ticket| ticket.closed_flag().eq(false) | ticket.id().eq(7));
    // `childConditions` cannot contain `in`: `is_in` is sent as `=` joined with `or`, `not_in` as `!=` joined with
    // `and`.
    let list = list.filter_children(|ticket| {
        ticket.items().id().is_in([1, 2]) & ticket.items().company().name().not_in(["a", "b"])
    });
    let list = list.filter_custom_fields(|field| field.caption().eq("Seats") & field.value().ge(5));
    let list = list.sort(|ticket| (ticket.last_updated().desc(), ticket.id().asc()));
    list.select(|ticket| {
        (
            ticket.id(),
            ticket.company(),
            ticket.company().name(),
            ticket.items(),
            ticket.items().summary(),
            ticket.names(),
            ticket.info(),
            ticket.last_updated(),
        )
    })
    .page(1)
    .await
    .unwrap();
    client
        .count_tickets()
        .filter(|ticket| ticket.id().gt(5))
        .filter_children(|ticket| ticket.items().id().eq(1))
        .await
        .unwrap();
    client.get_ticket(5).select(|ticket| ticket.summary()).await.unwrap();
    client
        .list_tickets()
        .filter(|ticket| ticket.id().lt(9))
        .filter_text("id>5")
        .sort_text("id")
        .select_text("id,summary")
        .page(1)
        .await
        .unwrap();
    let sent: Vec<String> = script
        .lines()
        .iter()
        .map(|line| percent_encoding::percent_decode_str(line).decode_utf8().unwrap().into_owned())
        .collect();
    assert_eq!(
        sent,
        [
            "GET /service/tickets?conditions=id>5 and (closedFlag=false or id=7)\
             &childConditions=(items/id=1 or items/id=2) and items/company/name!=\"a\" and items/company/name!=\"b\"\
             &customFieldConditions=caption=\"Seats\" and value>=5&orderBy=lastUpdated desc,id asc\
             &fields=id,company,company/name,items,items/summary,names,_info,_info/lastUpdated&page=1&pageSize=1000",
            "GET /service/tickets/count?conditions=id>5&childConditions=items/id=1",
            "GET /service/tickets/5?fields=summary",
            "GET /service/tickets?conditions=id>5 and id<9&orderBy=id asc&fields=id,summary&page=1&pageSize=1000",
        ]
    );
}

/// `filter_text`, also with `None` or an empty string such as an unset option, and `with_query` add to the filters of a
/// list and never replace them.
#[test]
fn filters_are_kept_whatever_else_is_set() {
    let script = Script::new([]);
    let list = || script.client().list_tickets().filter(|ticket| ticket.company().id().eq(5));
    let sent = |list: psa::calls::List<Ticket>| {
        percent_encoding::percent_decode_str(&list.dry_run().unwrap().url).decode_utf8().unwrap().into_owned()
    };
    assert_eq!(sent(list().filter_text(None)), "/service/tickets?conditions=company/id=5&page=1&pageSize=1000");
    assert_eq!(sent(list().filter_text("")), "/service/tickets?conditions=company/id=5&page=1&pageSize=1000");
    assert_eq!(
        sent(list().filter_text("id=1 or id=2").filter_text("id=3")),
        "/service/tickets?conditions=(id=1 or id=2) and id=3 and company/id=5&page=1&pageSize=1000"
    );
    assert_eq!(
        sent(list().with_query(psa::query::ListQuery::new().conditions("id=1 or id=2"))),
        "/service/tickets?conditions=(id=1 or id=2) and company/id=5&page=1&pageSize=1000"
    );
    assert_eq!(sent(list().filter(|_| None)), "/service/tickets?conditions=company/id=5&page=1&pageSize=1000");
    assert_eq!(
        sent(list().filter(|ticket| Some(ticket.id().eq(1)))),
        "/service/tickets?conditions=company/id=5 and id=1&page=1&pageSize=1000"
    );
    // `decode_as` keeps the filter.
    let query = list().decode_as::<serde_json::Value>().to_query();
    assert_eq!(query.pairs(), [("conditions", "company/id=5".to_owned())]);
}

#[test]
fn the_list_of_a_child_resource_contains_the_id_of_its_parent() {
    let script = Script::new([]);
    assert!(script.client().list_ticket_notes(5).dry_run().unwrap().url.starts_with("/service/tickets/5/notes"));
}

#[tokio::test]
async fn invalid_filters_sorts_and_selections_are_rejected_before_sending() {
    let script = Script::new([]);
    let client = script.client();
    let list = || client.list_tickets();
    for (list, expected) in [
        (list().filter(|ticket| ticket.summary().eq("\"'")), "summary cannot be compared with"),
        (list().filter_children(|ticket| ticket.items().summary().eq("\"'")), "items/summary cannot be compared with"),
        (
            list().filter_children(|ticket| ticket.items().id().is_in(Vec::<i32>::new())),
            "items/id is compared with an empty list",
        ),
        (list().filter_text("id=").filter(|ticket| ticket.id().eq(1)), "conditions has a syntax error at byte 3"),
        (
            list().filter_text(Verbatim::new("x")).filter(|ticket| ticket.id().eq(1)),
            "conditions contains verbatim text",
        ),
        (list().sort(|ticket| [ticket.id().asc(), ticket.id().desc()]), "sort lists a field twice: id, id"),
        (list().sort(|_| Vec::new()), "sort lists no fields"),
        (
            list().select(|_| Vec::<psa::fields::Field<Ticket, psa::fields::field_types::Text>>::new()),
            "select lists no fields",
        ),
        (list().sort_text("id").page_id(0), "order_by cannot be used together with page_id"),
    ] {
        let dry_run_error = list.dry_run().unwrap_err();
        let error = list.page(1).await.unwrap_err();
        assert_eq!(dry_run_error.to_string(), error.to_string());
        assert!(error.is_invalid_input() && error.to_string().contains(expected), "{error}");
    }
    assert!(script.lines().is_empty());
}

#[test]
fn the_filter_methods_accept_named_functions() {
    fn children(ticket: TicketFields<psa::fields::scope::ChildRoot<Ticket>>) -> Filter<Children<Ticket>> {
        ticket.items().id().eq(1)
    }
    fn custom(field: psa::fields::CustomFieldFields<Ticket>) -> Filter<CustomFields<Ticket>> {
        field.value().is_not_null() | field.value().eq(true) | field.value().eq(1.5) | field.value().contains("x")
    }
    let script = Script::new([]);
    let counted = script.client().count_tickets().filter_children(children).dry_run().unwrap().url;
    assert_eq!(counted, "/service/tickets/count?childConditions=items%2Fid%3D1");
    let sent =
        script.client().list_tickets().filter_children(children).filter_custom_fields(custom).dry_run().unwrap().url;
    let sent = percent_encoding::percent_decode_str(&sent).decode_utf8().unwrap();
    assert_eq!(
        sent,
        "/service/tickets?childConditions=items/id=1&customFieldConditions=value!=null or value=true or value=1.5 or value contains \"x\"&page=1&pageSize=1000"
    );
}
