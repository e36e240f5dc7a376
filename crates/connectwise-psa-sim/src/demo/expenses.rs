//! Expense reports with their expense entries: the mileage and the parking fees of visits to customers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::seeder::{RecordInfo, SeededRecord, Seeder, amount};
use super::time_sheets::sheet_info;
use super::weeks::Week;
use super::work::SeededTicket;
use crate::records::into_object;
use crate::store::timestamp;

/// The rate of mileage, in tenths of a cent per mile.
const MILEAGE_RATE: i64 = 670;

/// An expense entry before it is added.
struct Expense<'a> {
    ticket: &'a SeededTicket,
    /// The name of the expense type.
    expense_type: &'static str,
    cents: i64,
    /// Of mileage.
    miles: Option<i64>,
}

/// Adds the expenses of every second visit.
pub(super) fn seed(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    companies: &[SeededCompany],
    tickets: &[SeededTicket],
) {
    let mut visits: Vec<&SeededTicket> =
        tickets.iter().filter(|ticket| ticket.was_visited && ticket.id % 2 == 0).collect();
    visits.sort_by_key(|ticket| (ticket.worked, ticket.id));
    let expenses: Vec<Expense<'_>> = visits.into_iter().flat_map(expenses_of).collect();
    let mut totals: BTreeMap<(Week, &'static str), i64> = BTreeMap::new();
    for expense in &expenses {
        *totals.entry((Week::of(expense.ticket.worked), expense.ticket.owner)).or_default() += expense.cents;
    }
    let reports: BTreeMap<(Week, &str), (SeededRecord, &'static str)> = (0..)
        .zip(totals)
        .map(|(number, ((week, member), cents))| {
            ((week, member), add_report(seeder, organisation, number, (week, member), cents))
        })
        .collect();
    let types = ["Mileage", "Meals", "Parts", "Parking"];
    let types: Vec<SeededRecord> =
        (1..).zip(types).filter_map(|(id, _)| seeder.find("ExpenseTypeReference", "/expense/types", id)).collect();
    let classification = seeder.find("ClassificationReference", "/expense/classifications", 1);
    let payment = seeder.find("PaymentMethodReference", "/expense/paymentTypes", 1);
    for expense in expenses {
        let ticket = expense.ticket;
        let report = reports.get(&(Week::of(ticket.worked), ticket.owner));
        let mut record = into_object(json!({
            "amount": amount(expense.cents), "billAmount": amount(expense.cents), "invoiceAmount": amount(expense.cents), "agreementAmount": 0.0,
            "date": ticket.worked.format("%Y-%m-%dT00:00:00Z").to_string(), "chargeToId": ticket.id, "chargeToType": "ServiceTicket", "billableOption": "Billable",
            "notes": ticket.summary, "status": report.map_or("Open", |(_, status)| *status), "locationId": 1, "businessUnitId": 1,
        }));
        if let Some(miles) = expense.miles {
            record.insert("odometerStart".to_owned(), Value::from((ticket.id * 37) as f64));
            record.insert("odometerEnd".to_owned(), Value::from((ticket.id * 37 + miles) as f64));
        }
        seeder.link_known(
            &mut record,
            &[
                ("expenseReport", report.map(|(report, _)| report)),
                ("type", types.iter().find(|known| known.name() == expense.expense_type)),
                ("classification", classification.as_ref()),
                ("paymentMethod", payment.as_ref()),
                ("company", companies.get(ticket.customer).map(|company| &company.record)),
                ("member", organisation.member(ticket.owner)),
                ("ticket", Some(&ticket.reference())),
                ("currency", Some(&organisation.currency)),
            ],
        );
        seeder.add("/expense/entries", record, RecordInfo::new(ticket.worked, ticket.owner));
    }
}

/// Returns the expenses of a visit. They depend only on the ticket.
fn expenses_of(ticket: &SeededTicket) -> Vec<Expense<'_>> {
    let miles = 8 + ticket.id * 13 % 60;
    let mileage = Expense { ticket, expense_type: "Mileage", cents: miles * MILEAGE_RATE / 10, miles: Some(miles) };
    let parking = (ticket.id % 3 == 0).then_some(Expense { ticket, expense_type: "Parking", cents: 450, miles: None });
    [Some(mileage), parking].into_iter().flatten().collect()
}

fn add_report(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    number: usize,
    (week, member): (Week, &'static str),
    cents: i64,
) -> (SeededRecord, &'static str) {
    let status = week.status(seeder.calendar.now, number);
    let (year, period) = week.year_and_number();
    let mut record = into_object(json!({
        "year": year, "period": period, "dateStart": timestamp(week.monday), "dateEnd": timestamp(week.sunday()), "dueDate": timestamp(week.deadline()),
        "total": amount(cents), "status": status,
    }));
    seeder.link_known(&mut record, &[("member", organisation.member(member))]);
    let info = sheet_info(seeder, week, member, status);
    (seeder.add_referenced("ExpenseReportReference", "/expense/reports", Value::Object(record), info), status)
}
