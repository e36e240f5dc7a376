//! Billing and purchasing: agreements with additions, invoices and their PDF files, and bulk operations on the lines of
//! purchase orders and on configurations.

use connectwise_psa::types::{
    Addition, Agreement, BillCustomer, CompanyConfiguration, IdCollection, Invoice, InvoiceType, PurchaseOrderLineItem,
    ResultInfo,
};
use connectwise_psa::{Amount, Decimal, Method, Patch, Value};
use connectwise_psa_sim::Fault;

use crate::setup::{changed_fields, demo, ids, request_count};

/// The number of configurations in the demo data. Their ids are 1 to 300.
const CONFIGURATIONS: usize = 300;

/// Returns the index of the record in the request, whether it succeeded, and the status, for each result of a bulk
/// operation.
fn outcomes(results: &[ResultInfo]) -> Vec<(i32, bool, i32)> {
    results
        .iter()
        .map(|result| (result.original_index.unwrap(), result.success.unwrap(), result.status_code.unwrap()))
        .collect()
}

#[tokio::test]
async fn an_agreement_gets_additions_and_is_deleted() {
    let (sim, psa) = demo().await;
    // The agreement is of company 5, so its contact must be one of that company.
    let contact =
        sim.store().list("/company/contacts").into_iter().find(|contact| contact["company"]["id"] == 5).unwrap()["id"]
            .as_i64()
            .unwrap();
    let new = Agreement {
        bill_amount: Some(1234.56.into()),
        ..Agreement::new("Care", 1, 5, i32::try_from(contact).unwrap())
    };
    let id = psa.finance().create_agreement(&new).await.unwrap().id.unwrap();
    let path = format!("/finance/agreements/{id}/additions");
    // The products 57, 58 and 59 are in the catalogue of the demo data.
    for (product, quantity, price) in [(57, 12.0, 17.1), (58, 0.25, 0.1), (59, 3.0, 1_000_000.01)] {
        let addition = Addition {
            quantity: Some(quantity.into()),
            unit_price: Some(price.into()),
            ..Addition::new(product, BillCustomer::Billable)
        };
        let added = psa.finance().create_agreement_addition(id, &addition).await.unwrap();
        let stored = sim.store().get(&path, added.id.unwrap().into()).unwrap();
        // The amounts keep every digit. The server adds the product's identifier, although only its id was sent.
        assert_eq!(
            (stored["quantity"].as_f64(), stored["unitPrice"].as_f64(), added.unit_price),
            (Some(quantity), Some(price), Some(price.into()))
        );
        let product = sim.store().get("/procurement/catalog", product.into()).unwrap();
        assert_eq!(added.product.unwrap().identifier.as_deref(), product["identifier"].as_str());
    }
    let additions: Vec<Addition> = psa.finance().list_agreement_additions(id).all().await.unwrap();
    let addition_ids: Vec<_> = additions.iter().map(|addition| addition.id.unwrap()).collect();
    let before = sim.store().list(&path);
    psa.finance()
        .update_agreement_addition(id, addition_ids[1], &Patch::new().set(Addition::fields().quantity(), 0.5))
        .await
        .unwrap();
    psa.finance().delete_agreement_addition(id, addition_ids[2]).await.unwrap();
    let after = sim.store().list(&path);
    // The server computes the amounts of the addition.
    let changed = ["billedQuantity", "extCost", "extPrice", "margin", "quantity"].map(str::to_owned);
    assert_eq!((after.len(), &after[0]), (2, &before[0]));
    assert_eq!(changed_fields(&before[1], &after[1]), changed);
    // An addition can be read only by the path of its own agreement, which agreement 1 is not.
    assert!(psa.finance().get_agreement_addition(1, addition_ids[0]).await.unwrap_err().is_not_found());
    psa.finance().delete_agreement(id).await.unwrap();
    assert!(psa.finance().list_agreement_additions(id).page(1).await.unwrap_err().is_not_found());
    // The 30 agreements of the demo data are left, and the additions of another agreement were not deleted.
    assert_eq!(
        (sim.store().count("/finance/agreements"), sim.store().count("/finance/agreements/1/additions") > 0),
        (30, true)
    );
}

#[tokio::test]
async fn an_invoice_is_created_edited_and_downloaded_as_pdf() {
    let (sim, psa) = demo().await;
    let new = Invoice { reference: Some("March".into()), ..Invoice::new(InvoiceType::Miscellaneous, 5) };
    let invoice = psa.finance().create_invoice(&new).await.unwrap();
    let id = invoice.id.unwrap();
    let stored = sim.store().get("/finance/invoices", id.into()).unwrap();
    assert_eq!((stored["type"].as_str(), stored["company"]["id"].as_i64()), (Some("Miscellaneous"), Some(5)));
    // An edit of one field leaves all others unchanged, also the amounts. Invoice 7 is any invoice of the demo data.
    let before = sim.store().get("/finance/invoices", 7).unwrap();
    psa.finance().get_invoice(7).edit(|invoice| invoice.customer_po = Some("PO-1".into())).await.unwrap();
    assert_eq!(changed_fields(&before, &sim.store().get("/finance/invoices", 7).unwrap()), ["customerPO"]);
    let pdf = psa.finance().download_invoice_pdf(id).await.unwrap();
    let name = format!("Invoice_{}.pdf", stored["invoiceNumber"].as_str().unwrap());
    assert_eq!((pdf.media_type.as_deref(), pdf.file_name.as_deref()), (Some("application/pdf"), Some(name.as_str())));
    let length = pdf.length.unwrap();
    let bytes = pdf.bytes().await.unwrap();
    assert!(bytes.starts_with(b"%PDF-") && bytes.ends_with(b"%%EOF\n") && bytes.len() as u64 == length);
}

#[tokio::test]
async fn the_balances_of_due_invoices_are_summed_as_decimals() {
    let (sim, psa) = demo().await;
    let due = psa
        .finance()
        .list_invoices()
        .filter(|invoice| invoice.balance().gt(0) & invoice.type_().eq(InvoiceType::Standard));
    let due: Vec<Invoice> = due.all().await.unwrap();
    let total: Decimal = due.iter().map(|invoice| invoice.balance.as_ref().unwrap().decimal().unwrap()).sum();
    let is_due =
        |invoice: &&Value| invoice["type"] == "Standard" && invoice["balance"].as_f64().unwrap_or_default() > 0.0;
    let balance = |invoice: &Value| Amount::from(invoice["balance"].as_f64().unwrap()).decimal().unwrap();
    assert_eq!(total, sim.store().list("/finance/invoices").iter().filter(is_due).map(balance).sum::<Decimal>());
    assert!(total > Decimal::ZERO);
}

#[tokio::test]
async fn each_line_of_a_bulk_request_succeeds_or_fails_separately() {
    let (sim, psa) = demo().await;
    let lines = "/procurement/purchaseorders/1/lineitems";
    let before = sim.store().list(lines);
    // The demo data has the products 3, 4 and 5, and no product 9999.
    let line =
        |number: i32, product: i32| PurchaseOrderLineItem::new(format!("Line {number}"), number, product, 2.5, 1);
    let results = psa
        .procurement()
        .bulk_create_purchase_order_line_items(1, &vec![line(10, 3), line(11, 9999), line(12, 4)])
        .await
        .unwrap()
        .payload
        .unwrap();
    assert_eq!(outcomes(&results), [(0, true, 201), (1, false, 400), (2, true, 201)]);
    let error = results[1].error.as_ref().unwrap().errors.as_ref().unwrap();
    assert_eq!((error[0].code.as_deref(), error[0].field.as_deref()), (Some("NotFound"), Some("product/id")));
    let stored = sim.store().list(lines);
    assert_eq!((stored.len(), stored[..before.len()] == before[..]), (before.len() + 2, true));
    let created: Vec<i32> = [0, 2].map(|index: usize| results[index].data.as_ref().unwrap().id.unwrap()).into();
    assert_eq!(ids(&stored[before.len()..]), created.iter().map(|id| i64::from(*id)).collect::<Vec<_>>());

    // The new lines have the ids of the store's sequence, far below 99,999.
    let changed = PurchaseOrderLineItem { id: Some(created[0]), ..line(20, 5) };
    let unknown = PurchaseOrderLineItem { id: Some(99_999), ..line(21, 5) };
    let results = psa
        .procurement()
        .bulk_replace_purchase_order_line_items(1, &vec![unknown, changed])
        .await
        .unwrap()
        .payload
        .unwrap();
    assert_eq!(outcomes(&results), [(0, false, 404), (1, true, 200)]);
    assert_eq!(sim.store().get(lines, created[0].into()).unwrap()["lineNumber"], 20);

    let id_collection = |ids: &[i32]| IdCollection { ids: Some(ids.iter().map(|id| i64::from(*id)).collect()) };
    let results = psa
        .procurement()
        .bulk_delete_purchase_order_line_items(1, &id_collection(&[created[0], 99_999]))
        .await
        .unwrap()
        .payload
        .unwrap();
    assert_eq!(outcomes(&results), [(0, true, 204), (1, false, 404)]);
    psa.procurement().delete_line_item_of_purchase_order(1, created[1]).await.unwrap();
    assert_eq!(sim.store().list(lines), before, "the other lines are unchanged");
    // A DELETE on the path of the list is probably a mistake, a path without its id. The client rejects it.
    let without_id = psa.request(Method::Delete, "/procurement/purchaseorders/1/lineitems").await.unwrap_err();
    assert!(without_id.is_invalid_input() && without_id.to_string().contains("id is missing"), "{without_id}");
    assert_eq!(sim.store().list(lines), before);
}

/// The OpenAPI document that ConnectWise publishes declares a single record as the response, in which a program could
/// not see which records failed. `openapi/psa.json` declares a result for each record.
#[tokio::test]
async fn a_bulk_request_for_configurations_reports_each_failure() {
    let (sim, psa) = demo().await;
    let device = |name: &str, company: i32| CompanyConfiguration::new(name, 1, company);
    let devices = vec![device("PC-1", 5), device("PC-2", 9999), device("PC-3", 6)];
    let results = psa.company().bulk_create_configurations(&devices).await.unwrap().payload.unwrap();
    assert_eq!(outcomes(&results), [(0, true, 201), (1, false, 400), (2, true, 201)]);
    assert!(
        results[1].error.as_ref().unwrap().errors.as_ref().unwrap()[0]
            .message
            .as_deref()
            .unwrap()
            .contains("9999 not found")
    );
    let ids: Vec<i64> = results.iter().filter_map(|result| result.data.as_ref()?.id).map(i64::from).collect();
    // The names of the configurations that are not in the demo data.
    let new_names = || {
        sim.store().list("/company/configurations")[CONFIGURATIONS..]
            .iter()
            .map(|device| device["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!((ids.as_slice(), new_names()), (&[301, 302][..], vec!["PC-1".to_owned(), "PC-3".to_owned()]));
    let renamed = vec![CompanyConfiguration { id: Some(302), ..device("PC-4", 6) }];
    let results = psa.company().bulk_replace_configurations(&renamed).await.unwrap().payload.unwrap();
    assert_eq!((outcomes(&results), new_names()), (vec![(0, true, 200)], vec!["PC-1".to_owned(), "PC-4".to_owned()]));
    let results = psa
        .company()
        .bulk_delete_configurations(&IdCollection { ids: Some(vec![301, 302]) })
        .await
        .unwrap()
        .payload
        .unwrap();
    assert_eq!((outcomes(&results).iter().all(|(_, success, _)| *success), new_names()), (true, Vec::new()));
}

#[tokio::test]
async fn a_bulk_create_request_with_a_lost_response_is_not_retried() {
    let (sim, psa) = demo().await;
    sim.inject(Fault::next(1).on("POST", "/company/configurations/bulk").with_lost_response());
    let error =
        psa.company().bulk_create_configurations(&vec![CompanyConfiguration::new("PC-1", 1, 5)]).await.unwrap_err();
    assert!(error.is_ambiguous() && !error.is_retryable(), "{error}");
    // The server has carried out the only request.
    assert_eq!(
        (request_count(&sim, "POST", "/company/configurations/bulk"), sim.store().count("/company/configurations")),
        (1, CONFIGURATIONS + 1)
    );
}
