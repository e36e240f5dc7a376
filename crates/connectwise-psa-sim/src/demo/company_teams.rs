//! What customers have besides sites and contacts: the members who look after them, and notes.

use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::seeder::{RecordInfo, SeededRecord, Seeder, wrapping_get};
use crate::records::into_object;

/// What notes about customers say.
const NOTES: &[&str] = &[
    "The server room is locked; the key is at the reception.",
    "Visits only in the morning.",
    "The managing director approves all orders above 500 dollars.",
    "Please park in the yard.",
];

/// Adds a team and a note to each company that is not a vendor, and a note to its first contact. Companies have teams in
/// the same order at every scale.
pub(super) fn seed(seeder: &mut Seeder<'_>, organisation: &Organisation, companies: &[SeededCompany]) {
    let roles: Vec<SeededRecord> =
        (1..=3).filter_map(|id| seeder.find("TeamRoleReference", "/company/teamRoles", id)).collect();
    let note_type = seeder.find("NoteTypeReference", "/company/noteTypes", 1);
    for (number, company) in companies.iter().enumerate().filter(|(_, company)| !company.is_vendor) {
        let info = RecordInfo::new(company.since, organisation.seller.identifier);
        let engineer = wrapping_get(&organisation.engineers, number).map(|member| &member.record);
        let members = [("accountManagerFlag", 0, Some(&organisation.seller.record), 2), ("techFlag", 2, engineer, 0)];
        for (flag, role, member, department) in members {
            let mut record = into_object(json!({ flag: true }));
            seeder.link_known(
                &mut record,
                &[
                    ("company", Some(&company.record)),
                    ("teamRole", roles.get(role)),
                    ("member", member),
                    ("location", organisation.locations.first()),
                    ("department", organisation.departments.get(department)),
                ],
            );
            seeder.add(&format!("/company/companies/{}/teams", company.record.id), record, info);
        }
        let text = wrapping_get(NOTES, number).copied().unwrap_or_default();
        let note = |owner: (&str, Value)| {
            let mut note = into_object(json!({"text": text, "enteredBy": organisation.seller.identifier}));
            note.insert(owner.0.to_owned(), owner.1);
            note
        };
        let mut company_note = note(("company", Seeder::reference_to(&company.record)));
        seeder.link_known(&mut company_note, &[("type", note_type.as_ref())]);
        seeder.add(&format!("/company/companies/{}/notes", company.record.id), company_note, info);
        if let Some(contact) = company.contacts.first() {
            let mut contact_note = note(("contactId", Value::from(contact.record.id)));
            seeder.link_known(&mut contact_note, &[("type", note_type.as_ref())]);
            seeder.add(&format!("/company/contacts/{}/notes", contact.record.id), contact_note, info);
        }
    }
}
