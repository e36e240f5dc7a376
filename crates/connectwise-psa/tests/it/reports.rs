//! The rows of reports: pages, and responses that are not what a report returns.

use connectwise_psa::Psa;
use connectwise_psa::reports::ReportRow;
use serde_json::{Value, json};

use crate::server::{Action, Server, json_response};

fn table(rows: &[Value]) -> Action {
    let columns = json!([{"id": {"type": "Numeric"}}, {"Name": {"DataType": "Text"}}, {"name": {"type": "Text"}}]);
    json_response(200, json!({"column_definitions": columns, "row_values": rows}).to_string())
}

fn row(id: i64) -> Value {
    json!([id, format!("row {id}"), null])
}

async fn read(actions: impl IntoIterator<Item = Action>) -> (Server, Result<Vec<ReportRow>, connectwise_psa::Error>) {
    let server = Server::with_actions(actions).await;
    let psa: Psa = server.builder().build().unwrap();
    let report = psa.reports().report("A/b").columns(["id", "Name", "name"]).conditions("id > 0").order_by("id asc");
    let rows = report.page_size(2).records().all().await;
    (server, rows)
}

#[tokio::test]
async fn pages_are_read_until_one_is_not_full() {
    let next = |page: u32| format!("<https://x.example/system/reports/A?page={page}>; rel=\"next\"");
    for (pages, count) in [
        (vec![table(&[row(1), row(2)]), table(&[row(3)])], 3),
        (vec![table(&[row(1), row(2)]), table(&[])], 2),
        (vec![table(&[])], 0),
        // The server returns fewer rows than requested, and says that there are more.
        (vec![table(&[row(1)]).header("link", next(2)), table(&[row(2)]).header("link", next(3)), table(&[row(3)])], 3),
        // The server does not know pages.
        (vec![table(&[row(1), row(2), row(3)])], 3),
    ] {
        let requests = pages.len();
        let (server, rows) = read(pages).await;
        let rows = rows.unwrap();
        assert_eq!((rows.len(), server.requests().len()), (count, requests));
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row.number(), index as u64 + 1);
            assert_eq!((row.get("id"), row.get("name_2")), (Some(json!(index + 1)), Some(Value::Null)));
        }
        let target = &server.requests()[0].target;
        for part in [
            "/system/reports/A%2Fb?",
            "columns=id%2CName%2Cname",
            "conditions=id%20%3E%200",
            "orderBy=id%20asc",
            "pageSize=2",
            "page=1",
        ] {
            assert!(target.contains(part), "{part} is not in {target}");
        }
    }
}

#[tokio::test]
async fn pages_that_cannot_be_right_are_errors() {
    let next = "<https://x.example/system/reports/A?page=7>; rel=\"next\"";
    for (pages, expected) in [
        (vec![table(&[row(1), row(2)]), table(&[row(1), row(2)])], "is the same as that to the page before it"),
        (vec![table(&[row(1), row(2)]).header("link", next)], "links to page 7"),
        (vec![table(&[row(1), row(2)]), table(&[json!([3])])], "1 values in row 3, but 3 columns"),
        (vec![json_response(200, r#"{"row_values":[]}"#)], "has no `column_definitions`"),
        (vec![json_response(200, r#"{"column_definitions":[{"a":{},"b":{}}],"row_values":[]}"#)], "column 1"),
        (vec![json_response(200, r#"{"code":"Security","message":"SSL is required."}"#)], "SSL is required"),
    ] {
        let (_server, rows) = read(pages).await;
        let error = rows.unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(error.to_string().contains("system.get_report"), "{error}");
    }
}

#[tokio::test]
async fn a_row_of_the_wrong_type_is_named() {
    let server = Server::with_actions([table(&[row(1), json!(["x", "a", null])])]).await;
    #[derive(serde::Deserialize, Debug)]
    struct Typed {
        id: i32,
    }
    let mut rows = server.psa().reports().report("A").rows::<Typed>();
    assert_eq!(rows.next().await.unwrap().unwrap().id, 1);
    let error = rows.next().await.unwrap().unwrap_err();
    assert!(error.is_unexpected_response() && error.to_string().contains("row 2: column `id`"), "{error}");
    assert!(rows.next().await.is_none());
}

#[tokio::test]
async fn invalid_columns_send_nothing() {
    let server = Server::with_actions([]).await;
    for columns in [vec![], vec![""], vec!["a,b"]] {
        let error = server.psa().reports().report("A").columns(columns).records().all().await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn columns_that_the_report_does_not_have_are_named() {
    #[derive(Debug, serde::Deserialize)]
    struct Row {
        #[allow(dead_code, reason = "the test is about the field that is missing")]
        closed_flag: bool,
    }
    let server = Server::always(table(&[row(1)])).await;
    let psa: Psa = server.builder().build().unwrap();
    let error = psa.reports().report("A").columns(["id", "sumary"]).records().all().await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert!(error.to_string().contains("no column \"sumary\"; its columns are id, Name, name_2"), "{error}");
    // The letter case does not matter.
    psa.reports().report("A").columns(["ID"]).records().all().await.unwrap();

    let error = psa.reports().report("A").rows::<Row>().all().await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("missing field `closed_flag`"), "{error}");
}
