//! Marketing campaigns.

use chrono::Duration;
use serde_json::json;

use super::organisation::Organisation;
use super::seeder::{RecordInfo, SeededRecord, Seeder};
use crate::records::into_object;
use crate::store::timestamp;

/// Name, index of the type and subtype, days since the start, duration in days, index of the status.
const CAMPAIGNS: &[(&str, usize, i64, i64, usize)] =
    &[("Autumn Newsletter", 0, 150, 60, 2), ("Open Day", 1, 40, 1, 2), ("Backup Check", 0, 20, 90, 1)];

/// Adds the campaigns.
pub(super) fn seed(seeder: &mut Seeder<'_>, organisation: &Organisation) -> Vec<SeededRecord> {
    let find = |reference: &str, path: &str, at: usize| {
        seeder.find(reference, path, i64::try_from(at + 1).unwrap_or_default())
    };
    let plans: Vec<_> = CAMPAIGNS
        .iter()
        .map(|plan| {
            let (_, kind, .., status) = plan;
            (
                plan,
                find("CampaignTypeReference", "/marketing/campaigns/types", *kind),
                find("CampaignSubTypeReference", "/marketing/campaigns/subTypes", *kind),
                find("CampaignStatusReference", "/marketing/campaigns/statuses", *status),
                find("GroupReference", "/marketing/groups", 0),
            )
        })
        .collect();
    let mut seeded = Vec::new();
    for ((name, _, age, duration, _), campaign_type, subtype, status, group) in plans {
        let start = seeder.calendar.now - Duration::days(*age);
        let mut record = into_object(json!({
            "name": name, "startDate": timestamp(start), "endDate": timestamp(start + Duration::days(*duration)), "locationId": 1, "notes": "",
            "budgetCost": 500.0, "budgetRevenue": 20_000.0, "actualCost": 430.0, "emailsSent": 120, "impressions": 0,
        }));
        seeder.link_known(
            &mut record,
            &[
                ("type", campaign_type.as_ref()),
                ("subType", subtype.as_ref()),
                ("status", status.as_ref()),
                ("defaultGroup", group.as_ref()),
                ("member", Some(&organisation.seller.record)),
            ],
        );
        let info = RecordInfo::new(start - Duration::days(5), organisation.seller.identifier);
        let value = serde_json::Value::Object(record);
        seeded.push(seeder.add_referenced("CampaignReference", "/marketing/campaigns", value, info));
    }
    seeded
}
