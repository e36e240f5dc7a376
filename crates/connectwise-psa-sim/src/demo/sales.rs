//! Opportunities with their choices, and activities.

use chrono::Duration;
use serde_json::{Value, json};

use super::companies::Customer;
use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, nth, share};
use crate::records::into_object;
use crate::store::timestamp;

/// At scale 1.
const OPPORTUNITIES: usize = 40;
const ACTIVITIES: usize = 25;

/// An opportunity with the place of its customer.
pub(super) struct Chance {
    pub(super) named: SeededRecord,
    pub(super) customer: usize,
}

/// Stage, its place among the probabilities.
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

pub(super) fn seed(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    customers: &[Customer],
    scale: usize,
) -> Vec<Chance> {
    let mut random = Random::named("sales");
    let probabilities = [10, 30, 50, 70, 90].map(|percent| json!({ "probability": percent }));
    let probabilities = to.choices("OpportunityProbabilityReference", "/sales/probabilities", probabilities);
    let stages = (1..).zip(STAGES).map(|(order, (name, chance, color)): (i64, _)| {
        let mut stage = into_object(json!({"name": name, "color": color, "sequenceNumber": order}));
        if let Some(chance) = probabilities.get(*chance) {
            to.link(&mut stage, &[("probability", chance)]);
        }
        Value::Object(stage)
    });
    let stages = stages.collect::<Vec<_>>();
    let stages = to.choices("OpportunityStageReference", "/sales/stages", stages);
    let began = timestamp(to.began());
    let statuses = [("Open", false, false, false), ("Won", true, true, false), ("Lost", true, false, true)];
    let statuses = statuses.map(|(name, closed, won, lost)| {
        json!({
            "name": name, "closedFlag": closed, "wonFlag": won, "lostFlag": lost, "defaultFlag": !closed, "inactiveFlag": false, "dateEntered": began, "enteredBy": "api",
        })
    });
    let statuses = to.choices("OpportunityStatusReference", "/sales/opportunities/statuses", statuses);
    let kinds = ["Recurring", "Project", "Hardware"].map(|name| json!({"description": name, "inactiveFlag": false}));
    let kinds = to.choices("OpportunityTypeReference", "/sales/opportunities/types", kinds);
    let ratings =
        (1..).zip(["Cold", "Warm", "Hot"]).map(|(order, name): (i64, _)| json!({"name": name, "sortOrder": order}));
    let ratings = to.choices("OpportunityRatingReference", "/sales/opportunities/ratings", ratings);
    let buyers: Vec<usize> = (0..customers.len())
        .filter(|at| *at > 0 && customers.get(*at).is_some_and(|customer| !customer.is_vendor))
        .collect();
    let count = OPPORTUNITIES * scale;
    let mut seeded = Vec::with_capacity(count);
    for number in 0..count {
        let Some((at, customer)) = nth(&buyers, number).and_then(|at| Some((*at, customers.get(*at)?))) else { break };
        let Some(contact) = customer.contacts.first() else { continue };
        let entered = to.calendar.between(118.0, 1.0, share(number, count, random.fraction())).max(customer.since);
        let old = share(number, count, 0.0) < 0.5;
        let status = if old { usize::from(random.percent(40)) + 1 } else { 0 };
        let stage = if old { STAGES.len() - 1 } else { random.below(STAGES.len() - 1) };
        let seller = &organisation.seller;
        let mut record = into_object(json!({
            "name": random.word(SUBJECTS), "expectedCloseDate": timestamp(entered + Duration::days(45)), "dateBecameLead": timestamp(entered), "pipelineChangeDate": timestamp(entered),
            "source": random.word(&["Referral", "Review", "Web site", "Event"]), "notes": "", "totalSalesTax": 0.0,
        }));
        if old {
            record.insert("closedDate".to_owned(), Value::from(timestamp(entered + Duration::days(20))));
            to.link(&mut record, &[("closedBy", &seller.named)]);
        }
        to.link(
            &mut record,
            &[
                ("company", &customer.named),
                ("contact", &contact.named),
                ("site", &customer.site),
                ("primarySalesRep", &seller.named),
            ],
        );
        to.link(&mut record, &[("currency", &organisation.currency)]);
        let links = [
            ("stage", stages.get(stage)),
            ("probability", STAGES.get(stage).and_then(|stage| probabilities.get(stage.1))),
            ("status", statuses.get(status)),
            ("type", nth(&kinds, random.below(3))),
            ("rating", nth(&ratings, random.below(3))),
            ("billingTerms", organisation.terms.get(1)),
        ];
        for (field, named) in links {
            if let Some(named) = named {
                to.link(&mut record, &[(field, named)]);
            }
        }
        let changed = if old { entered + Duration::days(20) } else { entered };
        let info = RecordInfo::new(entered, seller.identifier).changed(changed.min(to.calendar.now), seller.identifier);
        let named = to.add_named("OpportunityReference", "/sales/opportunities", Value::Object(record), info);
        seeded.push(Chance { named, customer: at });
    }
    seed_activities(to, organisation, customers, &seeded, scale);
    seeded
}

fn seed_activities(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    customers: &[Customer],
    chances: &[Chance],
    scale: usize,
) {
    let mut random = Random::named("activities");
    let kinds = ["Call", "Meeting", "E-mail"].map(|name| json!({"name": name, "defaultFlag": name == "Call", "emailFlag": name == "E-mail", "memoFlag": false, "historyFlag": false, "inactiveFlag": false, "points": 1}));
    let kinds = to.choices("ActivityTypeReference", "/sales/activities/types", kinds);
    let statuses = [("Open", false), ("Closed", true)]
        .map(|(name, closed)| json!({"name": name, "closedFlag": closed, "defaultFlag": !closed, "inactiveFlag": false, "spawnFollowupFlag": false}));
    let statuses = to.choices("ActivityStatusReference", "/sales/activities/statuses", statuses);
    let count = ACTIVITIES * scale;
    for number in 0..count {
        let Some(chance) = nth(chances, number * OPPORTUNITIES / ACTIVITIES) else { return };
        let Some(customer) = customers.get(chance.customer) else { continue };
        let progress = share(number, count, 0.4);
        let entered = to.calendar.between(60.0, 0.2, progress);
        let start = entered + Duration::days(2);
        let kind = random.below(kinds.len());
        let word = ["Call", "Visit", "Write to"].get(kind).copied().unwrap_or_default();
        let mut record = into_object(json!({
            "name": format!("{word} {} about {}", customer.named.name(), chance.named.name().to_lowercase()), "dateStart": timestamp(start),
            "dateEnd": timestamp(start + Duration::minutes(30)), "notes": "", "notifyFlag": false,
        }));
        if let Some(person) = customer.contacts.first() {
            to.link(&mut record, &[("contact", &person.named)]);
            record.insert("email".to_owned(), Value::from(person.email.as_str()));
            record.insert("phoneNumber".to_owned(), Value::from(person.phone.as_str()));
        }
        to.link(
            &mut record,
            &[
                ("company", &customer.named),
                ("opportunity", &chance.named),
                ("assignTo", &organisation.seller.named),
                ("assignedBy", &organisation.seller.named),
            ],
        );
        for (field, named) in [("type", kinds.get(kind)), ("status", statuses.get(usize::from(progress < 0.8)))] {
            if let Some(named) = named {
                to.link(&mut record, &[(field, named)]);
            }
        }
        to.add("/sales/activities", record, RecordInfo::new(entered, organisation.seller.identifier));
    }
}
