//! Tests of `check_lengths`, which finds the strings of a record that are longer than the API allows.

use connectwise_psa_core as psa;

use crate::sample::{Item, Ticket};

fn item(value: &str) -> Item {
    Item { value: Some(value.to_owned()) }
}

#[test]
fn every_string_that_is_too_long_is_listed_with_its_path() {
    let ticket = Ticket {
        summary: Some("12345678901".to_owned()),
        items: Some(vec![item("12345"), item("123456")]),
        definitions: Some([("a b".to_owned(), item("1234567"))].into()),
        parent: Some(psa::json::Shared::new(Ticket { summary: Some("123456789012".to_owned()), ..Ticket::default() })),
        password: Some("123456789".to_owned()),
        ..Ticket::default()
    };
    let error = ticket.check_lengths().unwrap_err();
    assert!(error.is_invalid_input());
    let found: Vec<_> = error
        .field_errors()
        .iter()
        .map(|field| (field.field.clone().unwrap(), field.message.clone().unwrap()))
        .collect();
    let expected = [
        ("summary", 11, 10),
        ("items[1].value", 6, 5),
        ("parent.summary", 12, 10),
        (r#"definitions["a b"].value"#, 7, 5),
        ("password", 9, 8),
    ];
    let expected: Vec<_> = expected
        .map(|(path, length, max)| (path.to_owned(), format!("is {length} characters long, at most {max} are allowed")))
        .into_iter()
        .collect();
    assert_eq!(found, expected);
    let text = error.to_string();
    assert!(
        text.starts_with("invalid input: Ticket holds text that is too long [summary: is 11 characters long")
            && text.ends_with("are allowed]."),
        "{text}"
    );
    assert!(!text.contains("123456789"), "the error must not quote the string: {text}");
}

#[test]
fn lengths_are_utf_16_code_units() {
    // `Item::value` holds at most 5 code units. An emoji has two.
    for (text, fits) in [
        ("12345", true),
        ("äöüäö", true),
        ("€€€€€", true),
        ("😀😀", true),
        ("😀😀1", true),
        ("😀😀😀", false),
        ("äöüäöü", false),
        ("", true),
    ] {
        assert_eq!(psa::json::check_lengths(&item(text)).is_ok(), fits, "{text}");
    }
}
