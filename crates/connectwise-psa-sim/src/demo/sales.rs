//! Opportunities with their choice lists, and activities.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::campaigns;
use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, position, wrapping_get};
use super::service_desk::ServiceDesk;
use super::work::{PlannedSchedule, Work};
use crate::records::into_object;
use crate::store::timestamp;

/// Numbers of records at scale 1.
const OPPORTUNITIES: usize = 40;
const ACTIVITIES: usize = 25;

/// An opportunity with the index of its customer.
pub(super) struct Opportunity {
    pub(super) record: SeededRecord,
    pub(super) customer: usize,
    pub(super) entered: DateTime<Utc>,
    /// When it was won, if it was.
    pub(super) won: Option<DateTime<Utc>>,
}

/// Stage, the index of its probability, colour.
const STAGES: &[(&str, usize, &str)] = &[
    ("Lead", 0, "Gray"),
    ("Qualified", 1, "Blue"),
    ("Quoted", 2, "Orange"),
    ("Negotiation", 3, "Purple"),
    ("Decided", 4, "Green"),
];

const SUBJECTS: &[&str] = &[
    "Server replacement",
    "Move to managed services",
    "Backup for all sites",
    "New wireless",
    "Laptop refresh",
    "Phone system",
    "Second site",
];

/// The notes of opportunities.
const NOTES: &[&str] = &[
    "Wants the offer before the end of the quarter.",
    "Compares prices with another provider.",
    "Requested references of companies of the same size.",
];

pub(super) fn seed<'a>(
    seeder: &mut Seeder<'_>,
    organisation: &'a Organisation,
    service_desk: &'a ServiceDesk,
    companies: &'a [SeededCompany],
    work: &mut Work<'a>,
    scale: usize,
) -> Vec<Opportunity> {
    let mut random = Random::from_name("sales");
    let probabilities = [10, 30, 50, 70, 90].map(|percent| json!({ "probability": percent }));
    let probabilities = seeder.add_choices("OpportunityProbabilityReference", "/sales/probabilities", probabilities);
    let stages = (1..).zip(STAGES).map(|(order, (name, probability, color)): (i64, _)| {
        let mut stage = into_object(json!({"name": name, "color": color, "sequenceNumber": order}));
        if let Some(probability) = probabilities.get(*probability) {
            seeder.link(&mut stage, &[("probability", probability)]);
        }
        Value::Object(stage)
    });
    let stages = stages.collect::<Vec<_>>();
    let stages = seeder.add_choices("OpportunityStageReference", "/sales/stages", stages);
    let start = timestamp(seeder.system_start());
    let statuses = [("Open", false, false, false), ("Won", true, true, false), ("Lost", true, false, true)];
    let statuses = statuses.map(|(name, closed, won, lost)| {
        json!({
            "name": name, "closedFlag": closed, "wonFlag": won, "lostFlag": lost, "defaultFlag": !closed, "inactiveFlag": false, "dateEntered": start, "enteredBy": "api",
        })
    });
    let statuses = seeder.add_choices("OpportunityStatusReference", "/sales/opportunities/statuses", statuses);
    let types = ["Recurring", "Project", "Hardware"].map(|name| json!({"description": name, "inactiveFlag": false}));
    let types = seeder.add_choices("OpportunityTypeReference", "/sales/opportunities/types", types);
    let ratings =
        (1..).zip(["Cold", "Warm", "Hot"]).map(|(order, name): (i64, _)| json!({"name": name, "sortOrder": order}));
    let ratings = seeder.add_choices("OpportunityRatingReference", "/sales/opportunities/ratings", ratings);
    // The first company is the provider itself.
    let buyers: Vec<usize> = (0..companies.len())
        .filter(|at| *at > 0 && companies.get(*at).is_some_and(|company| !company.is_vendor))
        .collect();
    let campaigns = campaigns::seed(seeder, organisation);
    let count = OPPORTUNITIES * scale;
    let mut seeded = Vec::with_capacity(count);
    for number in 0..count {
        let Some((at, customer)) = wrapping_get(&buyers, number).and_then(|at| Some((*at, companies.get(*at)?))) else {
            break;
        };
        let Some(contact) = customer.contacts.first() else { continue };
        let entered =
            seeder.calendar.between(118.0, 1.0, position(number, count, random.fraction())).max(customer.since);
        // The older half is decided: won, or in 40 % of the cases lost.
        let old = position(number, count, 0.0) < 0.5;
        let status = if old { usize::from(random.percent(40)) + 1 } else { 0 };
        let stage = if old { STAGES.len() - 1 } else { random.below(STAGES.len() - 1) };
        let seller = &organisation.seller;
        let mut record = into_object(json!({
            "name": random.word(SUBJECTS), "expectedCloseDate": timestamp(entered + Duration::days(45)), "dateBecameLead": timestamp(entered), "pipelineChangeDate": timestamp(entered),
            "source": random.word(&["Referral", "Review", "Web site", "Event"]), "notes": "", "totalSalesTax": 0.0, "locationId": 1, "businessUnitId": 3, "companyLocationId": 1,
            // The list of priorities has no endpoint.
            "priority": {"id": 1 + number % 3, "name": wrapping_get(&["Low", "Medium", "High"], number)},
        }));
        if old {
            record.insert("closedDate".to_owned(), Value::from(timestamp(entered + Duration::days(20))));
            seeder.link(&mut record, &[("closedBy", &seller.record)]);
        }
        seeder.link(
            &mut record,
            &[
                ("company", &customer.record),
                ("contact", &contact.record),
                ("site", &customer.site),
                ("primarySalesRep", &seller.record),
            ],
        );
        seeder.link(&mut record, &[("currency", &organisation.currency), ("taxCode", &organisation.tax_code)]);
        seeder.link(
            &mut record,
            &[
                ("billToCompany", &customer.record),
                ("billToContact", &contact.record),
                ("billToSite", &customer.site),
                ("shipToCompany", &customer.record),
                ("shipToContact", &contact.record),
                ("shipToSite", &customer.site),
            ],
        );
        let competitor = wrapping_get(&["Northpier IT", "Own staff", "None known"], number).map(|name| json!(name));
        let decides = wrapping_get(&["Owner", "Board", "Finance"], number / 2).map(|name| json!(name));
        record.insert(
            "customFields".to_owned(),
            custom_fields(
                &organisation.opportunity_fields,
                [competitor.unwrap_or_default(), decides.unwrap_or_default()],
            ),
        );
        let campaign = campaigns.first().filter(|_| number % 4 == 0);
        seeder.link_known(&mut record, &[("campaign", campaign)]);
        let links = [
            ("stage", stages.get(stage)),
            ("probability", STAGES.get(stage).and_then(|stage| probabilities.get(stage.1))),
            ("status", statuses.get(status)),
            ("type", wrapping_get(&types, random.below(3))),
            ("rating", wrapping_get(&ratings, random.below(3))),
            ("billingTerms", organisation.terms.get(1)),
        ];
        for (field, target) in links {
            if let Some(target) = target {
                seeder.link(&mut record, &[(field, target)]);
            }
        }
        let changed = if old { entered + Duration::days(20) } else { entered };
        let info =
            RecordInfo::new(entered, seller.identifier).changed(changed.min(seeder.calendar.now), seller.identifier);
        let record = seeder.add_referenced("OpportunityReference", "/sales/opportunities", Value::Object(record), info);
        seed_note(seeder, organisation, &record, number, info);
        let won = (status == 1).then(|| (entered + Duration::days(20)).min(seeder.calendar.now));
        seeded.push(Opportunity { record, customer: at, entered, won });
    }
    seed_activities(seeder, (organisation, service_desk), companies, &seeded, work, scale);
    seeded
}

/// Adds a note to every second opportunity.
fn seed_note(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    opportunity: &SeededRecord,
    number: usize,
    info: RecordInfo<'_>,
) {
    let Some(text) = wrapping_get(NOTES, number / 2).filter(|_| number.is_multiple_of(2)) else { return };
    let mut note = into_object(json!({
        "opportunityId": opportunity.id, "text": text, "flagged": number.is_multiple_of(8), "enteredBy": organisation.seller.identifier,
    }));
    let note_type = seeder.find("NoteTypeReference", "/company/noteTypes", 1);
    seeder.link_known(&mut note, &[("type", note_type.as_ref())]);
    seeder.add(&format!("/sales/opportunities/{}/notes", opportunity.id), note, info);
}

fn seed_activities<'a>(
    seeder: &mut Seeder<'_>,
    (organisation, service_desk): (&'a Organisation, &'a ServiceDesk),
    companies: &'a [SeededCompany],
    opportunities: &[Opportunity],
    work: &mut Work<'a>,
    scale: usize,
) {
    let mut random = Random::from_name("activities");
    let types = ["Call", "Meeting", "E-mail"].map(|name| json!({"name": name, "defaultFlag": name == "Call", "emailFlag": name == "E-mail", "memoFlag": false, "historyFlag": false, "inactiveFlag": false, "points": 1}));
    let types = seeder.add_choices("ActivityTypeReference", "/sales/activities/types", types);
    let statuses = [("Open", false), ("Closed", true)]
        .map(|(name, closed)| json!({"name": name, "closedFlag": closed, "defaultFlag": !closed, "inactiveFlag": false, "spawnFollowupFlag": false}));
    let statuses = seeder.add_choices("ActivityStatusReference", "/sales/activities/statuses", statuses);
    let count = ACTIVITIES * scale;
    for number in 0..count {
        let Some(opportunity) = wrapping_get(opportunities, number * OPPORTUNITIES / ACTIVITIES) else { return };
        let Some(customer) = companies.get(opportunity.customer) else { continue };
        let progress = position(number, count, 0.4);
        let entered = seeder.calendar.between(60.0, 0.2, progress);
        let start = entered + Duration::days(2);
        let type_index = random.below(types.len());
        let verb = ["Call", "Visit", "Write to"].get(type_index).copied().unwrap_or_default();
        let mut record = into_object(json!({
            "name": format!("{verb} {} about {}", customer.record.name(), opportunity.record.name().to_lowercase()), "dateStart": timestamp(start),
            "dateEnd": timestamp(start + Duration::minutes(30)), "notes": "", "notifyFlag": false,
            "customFields": custom_fields(&organisation.activity_fields, [Value::from(type_index == 1)]),
        }));
        if let Some(contact) = customer.contacts.first() {
            seeder.link(&mut record, &[("contact", &contact.record)]);
            record.insert("email".to_owned(), Value::from(contact.email.as_str()));
            record.insert("phoneNumber".to_owned(), Value::from(contact.phone.as_str()));
        }
        seeder.link(
            &mut record,
            &[
                ("company", &customer.record),
                ("opportunity", &opportunity.record),
                ("assignTo", &organisation.seller.record),
                ("assignedBy", &organisation.seller.record),
            ],
        );
        let done = progress < 0.8;
        seeder.link_known(
            &mut record,
            &[
                ("type", types.get(type_index)),
                ("status", statuses.get(usize::from(done))),
                ("scheduleStatus", service_desk.schedule_statuses.first()),
                ("where", service_desk.locations.get(usize::from(type_index == 1))),
                ("reminder", service_desk.reminder.as_ref()),
                ("currency", Some(&organisation.currency)),
            ],
        );
        let name = record.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let by = organisation.seller.identifier;
        let id = seeder.add("/sales/activities", record, RecordInfo::new(entered, by));
        let build = move |seeder: &Seeder<'_>| {
            let mut entry = into_object(json!({
                "objectId": id, "name": format!("{} / {name}", customer.record.name()), "dateStart": timestamp(start), "dateEnd": timestamp(start + Duration::minutes(30)),
                "hours": 0.5, "doneFlag": done, "acknowledgedFlag": true, "ownerFlag": true,
            }));
            seeder.link_known(
                &mut entry,
                &[
                    ("member", Some(&organisation.seller.record)),
                    ("type", Some(&service_desk.sales_entries)),
                    ("status", service_desk.schedule_statuses.first()),
                    ("where", service_desk.locations.get(usize::from(type_index == 1))),
                    ("reminder", service_desk.reminder.as_ref()),
                ],
            );
            entry
        };
        work.schedule.push(PlannedSchedule { entered, by, build: Box::new(build) });
    }
}
