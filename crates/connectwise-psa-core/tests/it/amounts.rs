//! Tests that an `Amount` keeps every digit and a `DateText` every string, when they are read, written, compared, set
//! in patches and compared by `Patch::diff`; and tests of the ids and references of records.

use connectwise_psa_core as psa;
use psa::conditions::Condition;
use psa::json::{Amount, Date, DateText, DateTime, Decimal, Record as _, Reference};
use psa::patch::Patch;
use serde_json::{Value, json};

use crate::sample::{AgreementReference, Script, Ticket, response};

/// A number with more digits than a floating-point number keeps.
const LONG: &str = "123456789012.123456";

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn decimal(text: &str) -> Decimal {
    amount(text).decimal().unwrap()
}

fn ticket(budget_hours: &str) -> Ticket {
    serde_json::from_str(&format!(r#"{{"id":5,"budgetHours":{budget_hours}}}"#)).unwrap()
}

/// Returns the JSON of a patch. With `arbitrary_precision`, serde_json writes exponents with a sign, which is removed.
fn sent(patch: &Patch) -> String {
    serde_json::to_string(patch).unwrap().replace("e+", "e")
}

/// Returns whether JSON values keep every digit, because serde_json's `arbitrary_precision` is enabled in this build.
fn values_are_exact() -> bool {
    serde_json::from_str::<Value>("1.50").is_ok_and(|value| format!("{value}") == "1.50")
}

#[test]
fn a_sum_of_decimals_is_sent_exactly() {
    let sum = decimal("0.1") + decimal("0.2");
    let written = Ticket { budget_hours: Some(sum.into()), ..Ticket::default() };
    assert_eq!(serde_json::to_string(&written).unwrap(), r#"{"budgetHours":0.3}"#);
    let field = Ticket::fields().budget_hours();
    assert_eq!(field.eq(sum).condition().unwrap().unwrap().to_string(), "budgetHours=0.3");
    let patch = serde_json::to_string(&Patch::new().set(field, sum)).unwrap();
    assert_eq!(patch, r#"[{"op":"replace","path":"budgetHours","value":0.3}]"#);
}

#[test]
fn a_record_keeps_every_digit() {
    for text in [LONG, "0.00", "1.50", "5", "5.0", "1e400", "79228162514264337593543950336.5"] {
        assert_eq!(serde_json::to_string(&ticket(text)).unwrap(), format!(r#"{{"id":5,"budgetHours":{text}}}"#));
    }
    // A `Decimal` cannot hold this number.
    assert_eq!(ticket("1e400").budget_hours.unwrap().decimal(), None);
    assert_eq!(ticket("\" 1.50 \"").budget_hours.unwrap().to_string(), "1.50");
    assert_eq!(ticket("\" \"").budget_hours, None);
    assert_eq!(ticket("null").budget_hours, None);
}

#[tokio::test]
async fn a_number_out_of_range_does_not_fail_the_page() {
    let script = Script::new([response(
        200,
        r#"[{"id":1,"budgetHours":1e400},{"id":2,"budgetHours":0.00000000000000000000000000000000001}]"#,
    )]);
    let page = script.client().list_tickets().page(1).await.unwrap();
    let texts: Vec<String> =
        page.items.iter().map(|ticket| ticket.budget_hours.as_ref().unwrap().to_string()).collect();
    assert_eq!(texts, ["1e400", "0.00000000000000000000000000000000001"]);
}

#[test]
fn conditions_are_exact() {
    let field = Ticket::fields().budget_hours();
    let long = decimal(LONG);
    let (long_reference, one_and_a_half) = (&long, &amount("1.50"));
    // The text of a condition has neither exponents nor trailing zeros after the decimal point.
    for (filter, expected) in [
        (field.eq(long), format!("budgetHours={LONG}")),
        (field.gt(long_reference), format!("budgetHours>{LONG}")),
        (field.is_in([amount(LONG), Amount::from(1.5)]), format!("budgetHours in ({LONG},1.5)")),
        (field.le(one_and_a_half), "budgetHours<=1.5".to_owned()),
        (field.eq(amount("1e30")), "budgetHours=1000000000000000000000000000000".to_owned()),
        (field.gt(1.5), "budgetHours>1.5".to_owned()),
        (field.lt(2), "budgetHours<2".to_owned()),
    ] {
        assert_eq!(filter.condition().unwrap().unwrap().to_string(), expected);
    }
    assert!(
        field
            .eq(Amount::from(f64::NAN))
            .condition()
            .unwrap_err()
            .to_string()
            .contains("budgetHours cannot be compared with NaN")
    );
}

#[test]
fn the_matcher_is_exact() {
    let matches = |condition: &str, record: &Value| condition.parse::<Condition>().unwrap().matches(record);
    // `e` is 2^53 + 1, which a floating-point number cannot represent.
    let record = json!({"a": LONG, "b": "1.50", "c": "1e400", "d": 0.3, "e": 9_007_199_254_740_993_i64});
    for (condition, expected) in [
        ("a=123456789012.123456", true),
        ("a=123456789012.123457", false),
        ("a<123456789012.123457 and a>123456789012.123455", true),
        ("b=1.5 and b in (1.500,2)", true),
        ("c>5 and c>1.5", true),
        ("d=0.3 and d<0.30000000000000000001", true),
        ("e=9007199254740993", true),
        ("e=9007199254740992", false),
        ("e=9007199254740992.5", false),
        ("e>9007199254740992.5", true),
    ] {
        assert_eq!(matches(condition, &record), expected, "{condition}");
    }
    let read: Value = serde_json::from_str(&format!(r#"{{"a":{LONG}}}"#)).unwrap();
    assert_eq!(
        matches("a=123456789012.123456", &read),
        values_are_exact(),
        "without `arbitrary_precision`, a JSON value keeps about 15 digits"
    );
}

#[test]
fn patches_keep_every_digit() {
    let field = || Ticket::fields().budget_hours();
    for (patch, value) in [
        (Patch::new().set(field(), decimal(LONG)), LONG),
        (Patch::new().set(field(), &amount(LONG)), LONG),
        (Patch::new().set(field(), amount("1e400")), "1e400"),
        (Patch::new().set(field(), 0.5), "0.5"),
        (Patch::new().set(field(), 2), "2"),
        (Patch::new().replace("budgetHours", amount(LONG)), LONG),
        (Patch::new().replace("budgetHours", json!(0.1)), "0.1"),
    ] {
        let expected = format!(r#"[{{"op":"replace","path":"budgetHours","value":{value}}}]"#);
        assert_eq!(sent(&patch), expected);
    }
    let custom = Patch::new().custom_field(3, amount(LONG));
    assert!(serde_json::to_string(&custom).unwrap().contains(&format!(r#"[{{"id":3,"value":{LONG}}}]"#)));
}

#[test]
fn diff_compares_all_digits() {
    let patch = |before: &str, after: &str| sent(&Patch::diff(&ticket(before), &ticket(after)).unwrap());
    assert_eq!(
        patch(LONG, "123456789012.123457"),
        r#"[{"op":"replace","path":"budgetHours","value":123456789012.123457}]"#
    );
    assert_eq!(patch(LONG, LONG), "[]");
    assert_eq!(patch("1.5", "1.50"), "[]");
    assert_eq!(patch("1", "1.00"), "[]");
    assert_eq!(patch("1e400", "10e399"), "[]");
    assert_eq!(patch("1e400", "1.5"), r#"[{"op":"replace","path":"budgetHours","value":1.5}]"#);
    assert_eq!(patch("1.5", "1e400"), r#"[{"op":"replace","path":"budgetHours","value":1e400}]"#);
    let json = Patch::diff_json(&json!({"a": 0.1, "b": 1.0, "c": 5}), &json!({"a": 0.3, "b": 1, "c": 5.0})).unwrap();
    assert_eq!(serde_json::to_string(&json).unwrap(), r#"[{"op":"replace","path":"a","value":0.3}]"#);
    let parts = |rows: &str| serde_json::from_str::<Ticket>(&format!(r#"{{"rows":[[{rows}]]}}"#)).unwrap();
    assert!(!Patch::diff(&parts("0.1"), &parts("0.2")).unwrap().is_empty());
}

#[tokio::test]
async fn an_edit_sends_all_digits() {
    let script =
        Script::new([response(200, format!(r#"{{"id":5,"budgetHours":{LONG}}}"#)), response(200, r#"{"id":5}"#)]);
    let client = script.client();
    let read = client.get_ticket(5).await.unwrap();
    let added = read.budget_hours.as_ref().unwrap().decimal().unwrap() + decimal("0.000001");
    let after = Ticket { budget_hours: Some(added.into()), ..read.clone() };
    client.update_ticket(5, &Patch::diff(&read, &after).unwrap()).await.unwrap();
    let sent = script.requests();
    assert!(sent[1].body.contains("\"value\":123456789012.123457"), "{sent:?}");
}

#[test]
fn a_date_text_is_read_written_compared_and_set() {
    for text in ["2026-06-09T21:59:49Z", "2026-06-09", "soon", ""] {
        let read: Ticket = serde_json::from_value(json!({"closedDate": text})).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), json!({"closedDate": text}));
        assert_eq!(read.closed_date.unwrap().date_time().is_some(), text.starts_with("2026"), "{text}");
    }
    let timestamp: DateTime = "2026-06-09T21:59:49Z".parse().unwrap();
    let date = Date::from_ymd_opt(2026, 6, 9).unwrap();
    let field = || Ticket::fields().closed_date();
    for (filter, expected) in [
        (field().eq(timestamp), "closedDate=[2026-06-09T21:59:49Z]"),
        (field().eq(DateText::from(timestamp)), "closedDate=[2026-06-09T21:59:49Z]"),
        (field().eq(DateText::from("soon")), r#"closedDate="soon""#),
        (field().eq("soon"), r#"closedDate="soon""#),
        (field().ge(date), "closedDate>=[2026-06-09]"),
    ] {
        assert_eq!(filter.condition().unwrap().unwrap().to_string(), expected);
    }
    for (patch, value) in [
        (Patch::new().set(field(), timestamp), "2026-06-09T21:59:49Z"),
        (Patch::new().set(field(), date), "2026-06-09T00:00:00Z"),
        (Patch::new().set(field(), DateText::from(date)), "2026-06-09T00:00:00Z"),
        (Patch::new().set(field(), "soon"), "soon"),
    ] {
        assert_eq!(
            serde_json::to_value(&patch).unwrap(),
            json!([{"op": "replace", "path": "closedDate", "value": value}])
        );
    }
}

#[test]
fn a_record_returns_its_info_and_its_id_or_an_error_without_one() {
    fn id<T: psa::json::Record>(record: &T) -> Result<i32, psa::error::Error> {
        record.id()
    }
    let read: Ticket = serde_json::from_value(json!({"id": 5, "_info": {"updatedBy": "jdoe"}})).unwrap();
    assert_eq!((id(&read).unwrap(), read.optional_id()), (5, Some(5)));
    assert_eq!(read.info().and_then(psa::json::RecordInfo::updated_by), Some("jdoe"));
    let error = id(&Ticket::default()).unwrap_err();
    assert!(error.is_missing_id() && !error.to_string().contains("sent"), "{error}");
    assert!(error.to_string().starts_with("the Ticket has no id"), "{error}");
    assert_eq!((Ticket::default().optional_id(), Ticket::default().info().is_none()), (None, true));
}

#[test]
fn references_are_created_by_id_name_or_identifier() {
    assert_eq!(serde_json::to_value(Reference::by_name("Closed")).unwrap(), json!({"name": "Closed"}));
    assert_eq!(serde_json::to_value(Reference::by_identifier("ACME")).unwrap(), json!({"identifier": "ACME"}));
    assert_eq!(serde_json::to_value(AgreementReference::from(5)).unwrap(), json!({"id": 5}));
    let ticket = Ticket::fields();
    let patch =
        Patch::new().set_object(ticket.company(), Reference::by_name("Acme")).set_object(ticket.items(), json!([]));
    assert!(serde_json::to_string(&patch).unwrap().contains(r#"{"name":"Acme"}"#), "{patch:?}");
}
