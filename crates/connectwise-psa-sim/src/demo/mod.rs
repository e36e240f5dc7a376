//! Demo data: a realistic small managed-service provider, generated from a fixed seed.
//!
//! All names are invented. Every run creates the same records. Only the dates depend on the current time: the newest
//! ticket is always less than one working day old. Records are added before the records that refer to them, except for
//! companies and their contacts, which refer to each other. References are built without lookups from what was added,
//! which keeps large data sets fast.

mod calendar;
mod campaigns;
mod companies;
mod company_choices;
mod company_teams;
mod contacts;
mod devices;
mod documents;
mod expenses;
mod finance;
mod holidays;
mod members;
mod names;
mod organisation;
mod products;
mod project_work;
mod projects;
mod random;
mod sales;
mod sales_orders;
mod scenarios;
mod seeder;
mod service_desk;
mod setup_lists;
#[cfg(test)]
mod tests;
mod ticket_content;
mod ticket_work;
mod tickets;
mod time_sheets;
mod weeks;
mod work;

use chrono::{DateTime, Utc};

use crate::store::Records;
use calendar::Calendar;
use seeder::Seeder;

/// Adds the demo data. `scale` multiplies the customers and their records. No record is created or changed after `now`.
pub(crate) fn seed(records: &mut Records, scale: usize, now: DateTime<Utc>) {
    let mut seeder = Seeder { records, calendar: Calendar { now } };
    documents::seed_photos(&mut seeder);
    let organisation = organisation::seed(&mut seeder);
    setup_lists::seed(&mut seeder, setup_lists::Phase::BeforeCompanies);
    holidays::seed(&mut seeder);
    let service_desk = service_desk::seed(&mut seeder, &organisation);
    let products = products::seed(&mut seeder);
    let companies = companies::seed(&mut seeder, &organisation, scale);
    company_teams::seed(&mut seeder, &organisation, &companies);
    members::complete(&mut seeder);
    let agreements = finance::seed_agreements(&mut seeder, &organisation, &companies, &products, scale);
    let devices = devices::seed(&mut seeder, &organisation, &companies, scale);
    let mut work = work::Work::default();
    let opportunities = sales::seed(&mut seeder, &organisation, &service_desk, &companies, &mut work, scale);
    let context = work::TicketContext {
        organisation: &organisation,
        service_desk: &service_desk,
        companies: &companies,
        agreements: &agreements,
        devices: &devices,
    };
    let tickets = tickets::seed(&mut seeder, context, &mut work, scale);
    let projects = projects::seed(&mut seeder, context, &opportunities, &mut work, scale);
    let work::Work { time, schedule } = work;
    let invoices = finance::seed_invoices(&mut seeder, &organisation, &companies, &agreements, scale);
    time_sheets::seed(&mut seeder, &organisation, time, &invoices);
    work::seed_schedule(&mut seeder, schedule);
    expenses::seed(&mut seeder, &organisation, &companies, &tickets);
    products::seed_orders(&mut seeder, &organisation, &companies, &products);
    let sold = sales_orders::Sources {
        companies: &companies,
        products: &products,
        opportunities: &opportunities,
        tickets: &tickets,
        projects: &projects,
    };
    sales_orders::seed(&mut seeder, &organisation, &sold);
    documents::seed(&mut seeder, &sold);
    setup_lists::seed(&mut seeder, setup_lists::Phase::AfterCompanies);
    service_desk::link_email_templates(&mut seeder, &service_desk);
}
