//! Documents of tickets, companies, opportunities, projects and sales orders, and the photos of members. Their content is
//! not stored: the download generates it from the name and the title.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::organisation::member_names;
use super::random::Random;
use super::sales_orders::Sources;
use super::seeder::{RecordInfo, SeededRecord, Seeder};
use super::work::has_document;
use crate::placeholders::files;
use crate::records::document_types::document_type;
use crate::records::into_object;
use crate::store::timestamp;

const LIST: &str = "/system/documents";

/// A document before it is added.
struct Document {
    entered: DateTime<Utc>,
    owner: &'static str,
    title: String,
    file_name: String,
    /// The `recordType` and the id of the record that it belongs to.
    record: (&'static str, i64),
}

/// Returns the id of the photo of a member. The photos are the first documents, in the order of the members.
pub(super) const fn photo_id(member: i64) -> i64 {
    member
}

/// Returns the id of the icon of the first board, which is the document after the photos.
pub(super) fn icon_id() -> i64 {
    i64::try_from(member_names().count() + 1).unwrap_or_default()
}

/// Adds the photos of the members, and the icon of the first board.
pub(super) fn seed_photos(seeder: &mut Seeder<'_>) {
    let entered = seeder.system_start();
    for (id, name) in (1..).zip(member_names()) {
        let file_name = format!("{}.png", name.replace(' ', "-").to_lowercase());
        add(
            seeder,
            Document { entered, owner: "api", title: format!("Photo of {name}"), file_name, record: ("Member", id) },
        );
    }
    let icon = Document {
        entered,
        owner: "api",
        title: "Help Desk icon".to_owned(),
        file_name: "help-desk.png".to_owned(),
        record: ("ServiceBoard", 1),
    };
    add(seeder, icon);
}

/// Adds all other documents, sorted by date.
pub(super) fn seed(seeder: &mut Seeder<'_>, sources: &Sources<'_>) {
    let clients = sources.companies.iter().filter(|company| company.is_active_client);
    let companies = clients.flat_map(|company| {
        let record = ("Company", company.record.id);
        let (owner, entered) = ("goran", company.since);
        let file = |title: &str, file_name: &str| Document {
            entered,
            owner,
            title: format!("{title} of {}", company.record.name()),
            file_name: file_name.to_owned(),
            record,
        };
        [file("Contract", "contract.pdf"), file("Network plan", "network-plan.png")]
    });
    let with_document = sources.tickets.iter().filter(|ticket| has_document(ticket.id));
    let tickets = with_document.map(|ticket| {
        let (title, name) = if ticket.id % 3 == 0 { ("Log", "events.txt") } else { ("Screenshot", "screenshot.png") };
        Document {
            entered: ticket.entered,
            owner: ticket.owner,
            title: format!("{title}: {}", ticket.summary),
            file_name: format!("{}-{name}", ticket.id),
            record: ("Ticket", ticket.id),
        }
    });
    let opportunities = sources.opportunities.iter().step_by(2).map(|opportunity| Document {
        entered: opportunity.entered,
        owner: "goran",
        title: format!("Quote: {}", opportunity.record.name()),
        file_name: format!("quote-{}.pdf", opportunity.record.id),
        record: ("Opportunity", opportunity.record.id),
    });
    let projects = sources.projects.iter().map(|project| Document {
        entered: project.entered,
        owner: "freya",
        title: format!("Plan: {}", project.record.name()),
        file_name: format!("plan-{}.pdf", project.record.id),
        record: ("Project", project.record.id),
    });
    let mut documents: Vec<Document> = companies.chain(tickets).chain(opportunities).chain(projects).collect();
    documents.sort_by_key(|document| document.entered);
    for document in documents {
        add(seeder, document);
    }
}

fn add(seeder: &mut Seeder<'_>, document: Document) -> SeededRecord {
    let Document { entered, owner, title, file_name, record: (record_type, id) } = document;
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let guid = guid(&format!("{record_type} {id} {file_name}"));
    let record = into_object(json!({
        "size": files::sample(&file_name, &title).len(), "serverFileName": format!("{guid}.{extension}"), "imageFlag": extension == "png", "guid": guid,
        "title": title, "fileName": file_name, "owner": owner, "publicFlag": true, "documentType": document_type(&file_name), "createdOnDate": timestamp(entered),
        "_attached": {"recordType": record_type, "recordId": id.to_string()},
    }));
    seeder.add_referenced("DocumentReference", LIST, Value::Object(record), RecordInfo::new(entered, owner))
}

/// Returns a GUID that depends only on the name.
fn guid(name: &str) -> String {
    let mut random = Random::from_name(name);
    let mut digits = |count: usize| (0..count).map(|_| format!("{:x}", random.below(16))).collect::<String>();
    // The digits that mark a random GUID, as in RFC 9562.
    format!("{}-{}-4{}-a{}-{}", digits(8), digits(4), digits(3), digits(3), digits(12))
}
