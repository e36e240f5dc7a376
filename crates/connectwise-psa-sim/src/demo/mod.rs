//! Demo data: a realistic small managed-service provider, generated from a fixed seed.
//!
//! All names are invented. Every run creates the same records. Only the dates depend on the current time: the newest
//! ticket is always less than one working day old. Records are added before the records that refer to them, except for
//! companies and their contacts, which refer to each other. References are built without lookups from what was added,
//! which keeps large data sets fast.

mod calendar;
mod companies;
mod devices;
mod finance;
mod names;
mod organisation;
mod products;
mod projects;
mod random;
mod sales;
mod seeder;
mod service_desk;
#[cfg(test)]
mod tests;
mod tickets;

use chrono::{DateTime, Utc};

use crate::store::Records;
use calendar::Calendar;
use seeder::Seeder;

/// Adds the demo data. `scale` multiplies the customers and their records. No record is created or changed after `now`.
pub(crate) fn seed(records: &mut Records, scale: usize, now: DateTime<Utc>) {
    let mut seeder = Seeder { records, calendar: Calendar { now } };
    let organisation = organisation::seed(&mut seeder);
    let service_desk = service_desk::seed(&mut seeder, &organisation);
    let products = products::seed(&mut seeder);
    let companies = companies::seed(&mut seeder, &organisation, scale);
    let agreements = finance::seed_agreements(&mut seeder, &organisation, &companies, &products, scale);
    devices::seed(&mut seeder, &organisation, &companies, scale);
    let opportunities = sales::seed(&mut seeder, &organisation, &companies, scale);
    tickets::seed(&mut seeder, &organisation, &service_desk, &companies, &agreements, scale);
    projects::seed(&mut seeder, &organisation, &service_desk, &companies, &opportunities, scale);
    finance::seed_invoices(&mut seeder, &organisation, &companies, &agreements, scale);
    products::seed_orders(&mut seeder, &organisation, &companies, &products);
}
