//! JSON: every notation that the server is known to send is read, and one notation is written.

use std::collections::HashSet;

use connectwise_psa_core as psa;
use serde_json::{Value, json};

use crate::sample::{AgreementReference, Ticket, TicketSeverity};

fn read(text: &str) -> Result<Ticket, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Reads a ticket with this field and returns the field as it is written again: `null` if it is not written.
fn round_trip(field: &str, value: &str) -> Result<Value, String> {
    let ticket = read(&format!(r#"{{"{field}":{value}}}"#))?;
    Ok(serde_json::to_value(&ticket).unwrap()[field].clone())
}

#[test]
fn lenient_notations_are_read() {
    for (field, value, expected) in [
        ("id", "13", json!(13)),
        ("id", "13.0", json!(13)),
        ("id", "1.3e1", json!(13)),
        ("id", r#""13""#, json!(13)),
        ("id", r#"" 13.0 ""#, json!(13)),
        ("id", r#""-13""#, json!(-13)),
        ("id", r#""""#, Value::Null),
        ("id", "null", Value::Null),
        ("id", "2147483647", json!(2_147_483_647)),
        // How serde_json passes on a number if its feature `arbitrary_precision` is enabled.
        ("id", r#"{"$serde_json::private::Number":"13"}"#, json!(13)),
        ("large", "9223372036854775807", json!(i64::MAX)),
        ("large", r#""9223372036854775807""#, json!(i64::MAX)),
        ("large", "-9223372036854775808", json!(i64::MIN)),
        ("budgetHours", "1.5", json!(1.5)),
        ("budgetHours", "2", json!(2)),
        ("budgetHours", "2.0", json!(2.0)),
        ("budgetHours", "1E+3", json!(1000)),
        ("budgetHours", r#"{"$serde_json::private::Number":"2.25"}"#, json!(2.25)),
        ("budgetHours", r#""2.25""#, json!(2.25)),
        ("budgetHours", "18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("budgetHours", r#"" ""#, Value::Null),
        ("closedFlag", "true", json!(true)),
        ("closedFlag", r#""true""#, json!(true)),
        ("closedFlag", r#""False""#, json!(false)),
        ("closedFlag", "0", json!(false)),
        ("closedFlag", "1.0", json!(true)),
        ("closedFlag", r#""1""#, json!(true)),
        ("closedFlag", r#""""#, Value::Null),
        ("summary", r#""x""#, json!("x")),
        ("summary", r#""""#, json!("")),
        ("summary", "17", json!("17")),
        ("summary", "-1.0", json!("-1.0")),
        ("summary", "18446744073709551615", json!("18446744073709551615")),
        ("summary", "true", json!("true")),
        ("summary", r#"{"$serde_json::private::Number":"1.50"}"#, json!("1.50")),
        ("summary", r#""a\u0000\u200b\n""#, json!("a\u{0}\u{200b}\n")),
        ("guid", r#""67e55044-10b1-426f-9247-bb680e5fe0c8""#, json!("67e55044-10b1-426f-9247-bb680e5fe0c8")),
        ("guid", r#""67E5504410B1426F9247BB680E5FE0C8""#, json!("67e55044-10b1-426f-9247-bb680e5fe0c8")),
        ("guid", r#""""#, Value::Null),
        ("requiredDate", r#""2026-06-09T21:59:49Z""#, json!("2026-06-09T21:59:49Z")),
        ("requiredDate", r#""2026-06-09T21:59:49.123Z""#, json!("2026-06-09T21:59:49.123Z")),
        ("requiredDate", r#""2026-06-09T21:59:49.1234567Z""#, json!("2026-06-09T21:59:49.1234567Z")),
        ("requiredDate", r#""2026-06-09T21:59:49.000Z""#, json!("2026-06-09T21:59:49Z")),
        ("requiredDate", r#""2026-06-09T21:59:49-04:00""#, json!("2026-06-10T01:59:49Z")),
        ("requiredDate", r#""2026-06-09T21:59:49.5+0130""#, json!("2026-06-09T20:29:49.5Z")),
        // Without an offset, the time is UTC.
        ("requiredDate", r#""2026-06-09T21:59:49""#, json!("2026-06-09T21:59:49Z")),
        ("requiredDate", r#""2026-06-09T21:59""#, json!("2026-06-09T21:59:00Z")),
        ("requiredDate", r#""2026-06-09 21:59:49""#, json!("2026-06-09T21:59:49Z")),
        ("requiredDate", r#""2026-06-09""#, json!("2026-06-09T00:00:00Z")),
        ("requiredDate", r#""""#, Value::Null),
        ("birthday", r#""2026-06-09""#, json!("2026-06-09T00:00:00Z")),
        ("birthday", r#""2026-06-09T00:00:00Z""#, json!("2026-06-09T00:00:00Z")),
        // The date is kept as written; the time and the offset are ignored.
        ("birthday", r#""2026-06-09T23:59:59-11:00""#, json!("2026-06-09T00:00:00Z")),
        ("birthday", r#""""#, Value::Null),
        (
            "company",
            r#"{"id":5,"name":"x","_info":{"a_href":"h"}}"#,
            json!({"id": 5, "name": "x", "_info": {"a_href": "h"}}),
        ),
        ("company", r#"{"id":"5"}"#, json!({"id": 5})),
        ("company", r#"{"identifier":"acme"}"#, json!({"identifier": "acme"})),
        // A reference without a known field is read as missing.
        ("company", "{}", Value::Null),
        ("company", r#"{"id":null,"name":null,"_info":{"a_href":"h"}}"#, Value::Null),
        ("company", r#"{"unknown":1}"#, Value::Null),
        ("company", "null", Value::Null),
        ("company", r#""""#, Value::Null),
        ("agreement", "{}", Value::Null),
        ("agreement", r#"{"_info":{}}"#, Value::Null),
        ("agreement", r#"{"chargeFirmFlag":false}"#, json!({"chargeFirmFlag": false})),
        ("severity", r#""High""#, json!("High")),
        ("severity", r#""Critical""#, json!("Critical")),
        ("severity", r#""high""#, json!("high")),
        ("severity", r#""""#, json!("")),
        ("severity", "3", json!("3")),
        ("severity", "false", json!("false")),
        ("severity", "null", Value::Null),
        ("items", r#"[{"value":"a"},null,{},{"value":"b"}]"#, json!([{"value": "a"}, {}, {"value": "b"}])),
        ("items", "[]", json!([])),
        ("items", "null", Value::Null),
        ("items", r#""""#, Value::Null),
        ("ids", r#"[1,null,"2",3.0]"#, json!([1, 2, 3])),
        ("names", r#"["a",null,1]"#, json!(["a", "1"])),
        ("answer", "false", json!(false)),
        ("answer", r#"{"a":[null]}"#, json!({"a": [null]})),
        ("answer", "null", Value::Null),
        ("parent", r#"{"parent":{"id":1}}"#, json!({"parent": {"id": 1}})),
        ("parent", "{}", json!({})),
        ("parent", r#""""#, Value::Null),
        ("rows", r#"[[1,null,"x"],null,[]]"#, json!([[1, null, "x"], []])),
        ("definitions", r#"{"a b":{"value":"x"},"n":null}"#, json!({"a b": {"value": "x"}})),
        ("_info", r#"{"lastUpdated":"x","n":null,"o":{"p":1}}"#, json!({"lastUpdated": "x", "n": null, "o": {"p": 1}})),
        ("_info", "{}", json!({})),
        ("_info", "null", Value::Null),
        ("unknown", r#"{"deep":[1,{"x":null}]}"#, Value::Null),
    ] {
        assert_eq!(round_trip(field, value), Ok(expected), "{field}: {value}");
    }
}

#[test]
fn a_number_that_a_decimal_cannot_hold_is_kept() {
    for text in ["1e400", r#""1e400""#, r#"{"$serde_json::private::Number":"1e400"}"#] {
        let ticket = read(&format!(r#"{{"budgetHours":{text}}}"#)).unwrap();
        assert_eq!(serde_json::to_string(&ticket).unwrap(), r#"{"budgetHours":1e400}"#, "{text}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_with_its_path() {
    for (text, path) in [
        (r#"{"id":1.5}"#, "id"),
        (r#"{"id":2147483648}"#, "id"),
        (r#"{"id":"2147483648"}"#, "id"),
        (r#"{"id":"x"}"#, "id"),
        (r#"{"id":true}"#, "id"),
        (r#"{"id":{}}"#, "id"),
        (r#"{"id":[1]}"#, "id"),
        (r#"{"large":9223372036854775808}"#, "large"),
        (r#"{"large":9223372036854775807.5e1}"#, "large"),
        (r#"{"budgetHours":"1,234.50"}"#, "budgetHours"),
        (r#"{"budgetHours":true}"#, "budgetHours"),
        (r#"{"budgetHours":{}}"#, "budgetHours"),
        (r#"{"budgetHours":[1.5]}"#, "budgetHours"),
        (r#"{"budgetHours":"NaN"}"#, "budgetHours"),
        (r#"{"budgetHours":"inf"}"#, "budgetHours"),
        (r#"{"large":1e400}"#, "large"),
        (r#"{"closedFlag":2}"#, "closedFlag"),
        (r#"{"closedFlag":"yes"}"#, "closedFlag"),
        (r#"{"summary":{"a":1}}"#, "summary"),
        (r#"{"summary":[]}"#, "summary"),
        (r#"{"guid":"67e55044"}"#, "guid"),
        (r#"{"guid":5}"#, "guid"),
        (r#"{"requiredDate":"tomorrow"}"#, "requiredDate"),
        (r#"{"requiredDate":"2026-13-01T00:00:00Z"}"#, "requiredDate"),
        (r#"{"requiredDate":"26-6-9"}"#, "requiredDate"),
        (r#"{"requiredDate":1780000000}"#, "requiredDate"),
        (r#"{"birthday":"2026-06-09Tnoon"}"#, "birthday"),
        (r#"{"birthday":"2026-02-30"}"#, "birthday"),
        (r#"{"company":5}"#, "company"),
        (r#"{"company":"acme"}"#, "company"),
        (r#"{"company":{"id":{}}}"#, "company.id"),
        (r#"{"severity":{}}"#, "severity"),
        (r#"{"items":{"value":"a"}}"#, "items"),
        (r#"{"items":[{"value":"a"},{"value":{}}]}"#, "items[1].value"),
        (r#"{"items":[null,5]}"#, "items[1]"),
        (r#"{"rows":[[1],2]}"#, "rows[1]"),
        (r#"{"definitions":{"a b":{"value":[]}}}"#, r#"definitions["a b"].value"#),
        (r#"{"parent":{"parent":{"ids":[1,"x"]}}}"#, "parent.parent.ids[1]"),
        (r#"{"_info":[]}"#, "_info"),
    ] {
        let error = read(text).err().unwrap_or_else(|| panic!("{text} was read"));
        assert!(error.starts_with(&format!("at `{path}`: ")), "{text}: {error}");
        // The message contains the position only once, at any depth.
        assert_eq!(error.matches(" at line 1 column ").count(), 1, "{text}: {error}");
        // The errors of formats without positions also have the path. (A number that is too large cannot be a `Value`.)
        if !text.contains(":1e400") {
            let value: Value = serde_json::from_str(text).unwrap();
            let error = serde_json::from_value::<Ticket>(value).unwrap_err().to_string();
            assert!(error.starts_with(&format!("at `{path}`: ")), "{text}: {error}");
        }
    }
}

#[test]
fn a_record_that_is_not_a_field_must_be_an_object() {
    for text in ["null", r#""""#, "5", "[]"] {
        assert!(serde_json::from_str::<Ticket>(text).is_err(), "{text}");
    }
    let error = serde_json::from_str::<Vec<Ticket>>("[null]").unwrap_err();
    assert!(error.to_string().contains("expected an object of type Ticket"), "{error}");
    // An empty reference is missing only as a field.
    assert_eq!(serde_json::from_str::<psa::json::Reference>("{}").unwrap(), psa::json::Reference::default());
}

#[test]
fn the_last_of_two_fields_with_the_same_name_is_kept() {
    for (text, expected) in [
        (r#"{"id":1,"id":2}"#, json!({"id": 2})),
        (r#"{"id":1,"id":null}"#, json!({})),
        (r#"{"definitions":{"a":{"value":"1"},"a":{"value":"2"}}}"#, json!({"definitions": {"a": {"value": "2"}}})),
        (r#"{"definitions":{"a":{"value":"1"},"a":null}}"#, json!({"definitions": {}})),
    ] {
        assert_eq!(serde_json::to_value(read(text).unwrap()).unwrap(), expected, "{text}");
    }
}

#[test]
fn names_are_read_exactly_and_otherwise_in_any_letter_case() {
    for (text, expected) in [
        (r#"{"SUMMARY":"a"}"#, json!({"summary": "a"})),
        (r#"{"Closedflag":"False"}"#, json!({"closedFlag": false})),
        (
            r#"{"company":{"ID":5,"Name":"A","_Info":{"x":1}}}"#,
            json!({"company": {"id": 5, "name": "A", "_info": {"x": 1}}}),
        ),
        (r#"{"items":[{"Value":"a"}]}"#, json!({"items": [{"value": "a"}]})),
        // Names of maps are data.
        (
            r#"{"definitions":{"a":{"VALUE":"1"},"A":{"value":"2"}}}"#,
            json!({"definitions": {"a": {"value": "1"}, "A": {"value": "2"}}}),
        ),
        // The exact name is preferred, whatever the order.
        (r#"{"summary":"a","Summary":"b"}"#, json!({"summary": "a"})),
        (r#"{"Summary":"b","summary":"a"}"#, json!({"summary": "a"})),
        (r#"{"Summary":"b","summary":"c","summary":"a","SUMMARY":"d"}"#, json!({"summary": "a"})),
        (r#"{"Summary":"b","SUMMARY":"c"}"#, json!({"summary": "b"})),
        // The last of both, if one is missing.
        (r#"{"Summary":"b","summary":null}"#, json!({})),
        (r#"{"summary":null,"Summary":"b"}"#, json!({"summary": "b"})),
        // The value of a name that is not read is skipped, whatever its type.
        (r#"{"summary":"a","Summary":{"b":[1]},"Unknown":[{}],"id":5}"#, json!({"id": 5, "summary": "a"})),
        // Only ASCII letters have two cases: "ſ" (U+017F) is an "s" in Unicode.
        ("{\"\u{17f}ummary\":\"a\"}", json!({})),
    ] {
        assert_eq!(serde_json::to_value(read(text).unwrap()).unwrap(), expected, "{text}");
    }
}

#[test]
fn an_invalid_value_of_a_name_in_another_letter_case_is_an_error_with_the_name_of_the_response() {
    let error = read(r#"{"company":{"Id":"x"}}"#).unwrap_err();
    assert!(error.starts_with("at `company.Id`: invalid value"), "{error}");
}

/// Two fields whose names differ only in letter case.
#[derive(Clone, Default, PartialEq)]
struct SimilarNames {
    lower: Option<i32>,
    upper: Option<i32>,
}

impl psa::json::Object for SimilarNames {
    const NAME: &'static str = "SimilarNames";

    fn read<R: psa::json::Reader>(&mut self, name: &str, from: &mut R) {
        match name {
            "sort" => from.field(&mut self.lower),
            "Sort" => from.field(&mut self.upper),
            _ => psa::generated::read_other_case(self, name, from),
        }
    }

    fn write<W: psa::json::Writer>(&self, to: &mut W) {
        to.field("sort", &self.lower);
        to.field("Sort", &self.upper);
        // A name that `read` does not have.
        to.field("SORT", &None::<i32>);
    }
}
psa::object!(SimilarNames);

/// An output whose second write fails. All others succeed.
#[derive(Default)]
struct FailsOnce {
    writes: usize,
}

impl std::io::Write for FailsOnce {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writes += 1;
        if self.writes == 2 { Err(std::io::Error::other("the disk is full")) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_first_error_of_an_output_ends_an_object() {
    let mut output = FailsOnce::default();
    let error = serde_json::to_writer(&mut output, &SimilarNames { lower: Some(1), upper: Some(2) }).unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
    assert_eq!(output.writes, 2);
}

#[test]
fn fields_whose_names_differ_only_in_letter_case_are_separate() {
    for (text, expected) in [
        (r#"{"sort":1,"Sort":2}"#, (Some(1), Some(2))),
        (r#"{"Sort":2,"sort":1}"#, (Some(1), Some(2))),
        (r#"{"Sort":2}"#, (None, Some(2))),
        (r#"{"sOrT":3}"#, (Some(3), None)),
        (r#"{"sort":1,"sOrT":3}"#, (Some(1), None)),
        (r#"{"SORT":3,"sort":1}"#, (Some(1), None)),
    ] {
        let SimilarNames { lower, upper } = serde_json::from_str(text).unwrap();
        assert_eq!((lower, upper), expected, "{text}");
    }
}

#[test]
fn escaped_names_are_read() {
    assert_eq!(read(r#"{"\u0069d":7}"#).unwrap().id, Some(7));
}

#[test]
fn only_fields_that_are_set_are_written() {
    assert_eq!(serde_json::to_string(&Ticket::default()).unwrap(), "{}");
    let ticket = Ticket {
        company: Some(psa::json::Reference::from(5)),
        agreement: Some(AgreementReference::from(6)),
        severity: Some("New".into()),
        ..Ticket::default()
    };
    assert_eq!(
        serde_json::to_string(&ticket).unwrap(),
        r#"{"company":{"id":5},"agreement":{"id":6},"severity":"New"}"#
    );
    assert_eq!(serde_json::to_string(&psa::json::Reference::by_name("x")).unwrap(), r#"{"name":"x"}"#);
    assert_eq!(serde_json::to_string(&psa::json::Reference::by_identifier("x")).unwrap(), r#"{"identifier":"x"}"#);
}

#[test]
fn a_value_that_cannot_be_sent_is_an_error() {
    // In UTC, this is 04:00 on January 1 of the year 10000.
    let year_10000 = "9999-12-31T23:00:00-05:00";
    for ticket in [
        Ticket { budget_hours: Some(f64::NAN.into()), ..Ticket::default() },
        Ticket { budget_hours: Some(f64::INFINITY.into()), ..Ticket::default() },
        read(&format!(r#"{{"requiredDate":"{year_10000}"}}"#)).unwrap(),
        Ticket { birthday: psa::json::Date::from_ymd_opt(-5, 1, 1), ..Ticket::default() },
    ] {
        assert!(serde_json::to_string(&ticket).is_err(), "{ticket:?}");
    }
}

#[test]
fn debug_shows_set_fields_without_secrets() {
    let ticket =
        read(r#"{"id":1,"password":"hunter2","severity":"High","answer":{"apiKey":"hunter2"},"_info":{"resetToken":"hunter2"},"items":[{"value":"a"}]}"#)
            .unwrap();
    let text = format!("{ticket:?} {ticket:#?}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        text.starts_with(r#"Ticket { id: 1, severity: High, items: [Item { value: "a" }], answer: {"apiKey": [redacted]}, password: [redacted],"#),
        "{text}"
    );
    assert!(!text.contains("summary") && !text.contains("None"), "{text}");
}

#[test]
fn enums_keep_every_value_and_recognize_the_known_ones() {
    assert_eq!(TicketSeverity::VALUES, ["Low", "Medium", "High"]);
    for text in ["Low", "Medium", "High", "", "low", "Größer"] {
        let severity: TicketSeverity = text.parse().unwrap();
        assert_eq!((severity.as_str(), severity.to_string().as_str()), (text, text));
        assert_eq!(severity, TicketSeverity::from(text.to_owned()));
        assert_eq!(
            serde_json::from_str::<TicketSeverity>(&serde_json::to_string(&severity).unwrap()).unwrap(),
            severity
        );
        assert_eq!(matches!(severity, TicketSeverity::Unrecognized(_)), !TicketSeverity::VALUES.contains(&text));
    }
    assert_eq!(TicketSeverity::Unrecognized("Low".into()), TicketSeverity::Low);
    assert_eq!(HashSet::from([TicketSeverity::Low, TicketSeverity::from("Low"), TicketSeverity::High]).len(), 2);
    assert!(serde_json::from_str::<TicketSeverity>("null").is_err());
    assert_eq!(format!("{:>5}|", TicketSeverity::Low), "  Low|");
}

#[test]
fn record_info_returns_its_fields() {
    let info: psa::json::RecordInfo = serde_json::from_value(json!({
        "lastUpdated": "2026-06-09T21:59:49Z", "updatedBy": "jdoe", "dateEntered": "soon", "enteredBy": null, "notes_href": "https://h/v2025_1//apis", "n": 5
    }))
    .unwrap();
    // 2026-06-09T21:59:49Z.
    assert_eq!(info.last_updated().map(|timestamp| timestamp.timestamp()), Some(1_781_042_389));
    assert_eq!(info.updated_by(), Some("jdoe"));
    assert_eq!((info.date_entered(), info.entered_by()), (None, None));
    assert_eq!(info.href("notes"), Some("https://h/v2025_1//apis"));
    assert_eq!(info.get("n"), Some(&json!(5)));
    assert_eq!(info.get("enteredBy"), Some(&Value::Null));
    assert_eq!(info.iter().count(), 6);
    let links =
        json!({"Market_href": "a", "board_href": "b", "Board_href": "c", "LASTUPDATED": "2026-06-09T21:59:49Z"});
    let info: psa::json::RecordInfo = serde_json::from_value(links).unwrap();
    assert_eq!([info.href("market"), info.href("board"), info.href("Board")], [Some("a"), Some("b"), Some("c")]);
    assert!(info.last_updated().is_some());
}

#[test]
fn record_info_is_parsed_when_it_is_needed() {
    use psa::json::RecordInfo;
    use serde::Deserialize as _;

    let read = |text: &str| serde_json::from_str::<RecordInfo>(text);
    // Values that cannot be parsed do not fail the record. They cannot be written back, which is an error.
    for text in [r#"{"lastUpdated":1e999}"#.to_owned(), format!(r#"{{"a":{}1{}}}"#, "[".repeat(500), "]".repeat(500))] {
        let info = read(&text).unwrap();
        assert_eq!((info.iter().count(), info.last_updated()), (0, None));
        assert!(serde_json::to_string(&info).is_err(), "{text}");
    }
    assert!(read(r#"{"a":}"#).is_err() && read(r#"{"a":1"#).is_err());

    // Any spelling of the same fields is equal, and is written in one notation.
    let (spaced, dense) =
        (read(r#" { "b" : null, "a" : "\u0041" } "#).unwrap(), read(r#"{"a":"A","b":null}"#).unwrap());
    assert_eq!(spaced, dense);
    assert_ne!(spaced, read(r#"{"a":"A"}"#).unwrap());
    assert_eq!(serde_json::to_string(&spaced).unwrap(), r#"{"a":"A","b":null}"#);
    assert_eq!(serde_json::from_value::<RecordInfo>(json!({"a": "A", "b": null})).unwrap(), dense);

    // A format that does not know serde_json's text of a value passes the fields.
    let entries = serde::de::value::MapDeserializer::<_, serde::de::value::Error>::new([("a", "A")].into_iter());
    assert_eq!(RecordInfo::deserialize(entries).unwrap().get("a"), Some(&json!("A")));

    for (text, message) in [("[1]", "sequence"), ("true", "boolean"), ("7", "number"), (r#""x""#, r#"string "x""#)] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("expected an object"), "{text}: {error}");
    }
    assert_eq!(read(r#"" ""#).unwrap(), RecordInfo::default());
    assert_eq!(read("null").unwrap(), RecordInfo::default());
}
