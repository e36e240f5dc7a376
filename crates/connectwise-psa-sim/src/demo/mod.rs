//! Demo data: a believable small managed-service provider, made by a generator from a fixed beginning.
//!
//! Everything is invented. The same records come each time; only their dates move with the moment they are added at, so
//! that there are always tickets of this week. Areas are added in an order in which what is referred to comes first,
//! and references are built from what was added: nothing is looked up, so that large companies are added fast.

mod calendar;
mod companies;
mod devices;
mod finance;
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
mod words;

use chrono::{DateTime, Utc};

use crate::store::Records;
use calendar::Calendar;
use seeder::Seeder;

/// Adds the demo data: `scale` multiplies customers and what hangs on them, `base` is what links begin with, and dates
/// lie before `now`.
pub(crate) fn seed(records: &mut Records, base: &str, scale: usize, now: DateTime<Utc>) {
    let mut to = Seeder { records, base, calendar: Calendar { now } };
    let organisation = organisation::seed(&mut to);
    let service_desk = service_desk::seed(&mut to, &organisation);
    let products = products::seed(&mut to);
    let customers = companies::seed(&mut to, &organisation, scale);
    let agreements = finance::seed_agreements(&mut to, &organisation, &customers, &products, scale);
    devices::seed(&mut to, &organisation, &customers, scale);
    let opportunities = sales::seed(&mut to, &organisation, &customers, scale);
    tickets::seed(&mut to, &organisation, &service_desk, &customers, &agreements, scale);
    projects::seed(&mut to, &organisation, &service_desk, &customers, &opportunities, scale);
    finance::seed_invoices(&mut to, &organisation, &customers, &agreements, scale);
    products::seed_orders(&mut to, &organisation, &customers, &products);
}
