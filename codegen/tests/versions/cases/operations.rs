//! Changes of operations, paths, operation IDs and sections.

use serde_json::json;

use super::{Case, case};
use crate::document::{json_response, list, object, operation, reference, string};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("nothing changes", |_| {}),
        case("an operation is added", |document| {
            document.add("GET /company/contacts/{id}", "getCompanyContactsById", None, "200", json_response(&reference("Contact")));
        })
        .added("company::get_contact", &["GET /company/contacts/{id}"]),
        case("an operation is removed", |document| drop(document.remove("GET /company/contacts")))
            .breaking("company::list_contacts", &["removed"])
            .breaks("company.list_contacts();")
            .compiles("company.list_configurations().all().await?;"),
        case("an operation is replaced by another one", |document| {
            document.remove("DELETE /company/contacts/{id}");
            document.add("POST /company/contacts/{id}/deactivate", "postCompanyContactsByIdDeactivate", None, "204", json!({"description": "No Content"}));
        })
        .breaking("company::delete_contact", &["removed"])
        .added("company::deactivate_contact", &["POST /company/contacts/{id}/deactivate"])
        .breaks("company.delete_contact(3).await?;")
        .breaks("company::DeleteContactParameters::new();"),
        case("an operation gets another ID", |document| {
            document.operation("GET /service/tickets")["operationId"] = json!("getTicketsOfService");
        })
        .changed("service::list_tickets", &["getServiceTickets"]),
        case("a path gets another name", |document| {
            document.rename("GET /company/contacts", "GET /company/people");
            document.rename("POST /company/contacts", "POST /company/people");
        })
        .changed("company::list_contacts", &["GET /company/contacts", "GET /company/people"])
        .changed("company::create_contact", &["POST /company/contacts", "POST /company/people"]),
        case("a path changes in letter case", |document| {
            document.rename("POST /service/tickets/{parentId}/merge", "POST /service/tickets/{parentId}/Merge");
        })
        .changed("service::merge_ticket", &["/service/tickets/{parentId}/Merge"]),
        case("a path gets a trailing slash", |document| {
            document.rename("POST /service/tickets/search", "POST /service/tickets/search/");
        })
        .changed("service::search_tickets", &["/service/tickets/search/"]),
        case("a path parameter gets another name", |document| {
            document.rename("POST /service/tickets/{parentId}/convert", "POST /service/tickets/{ticketId}/convert");
            document.parameter("POST /service/tickets/{ticketId}/convert", "parentId")["name"] = json!("ticketId");
        })
        .may_mention("service::convert_ticket"),
        case("an operation moves below another record", |document| {
            let from = "GET /system/documents/{id}/download";
            let to = "GET /system/documents/{id}/versions/{number}/download";
            document.rename(from, to);
            document.parameters(to).push(json!({"name": "number", "in": "path", "required": true, "schema": {"type": "integer", "format": "int32"}}));
        })
        .breaking("system::download_document", &["number"])
        .changed("system::download_document", &["/versions/{number}/download"])
        .breaks("system.download_document(7).await?;"),
        case("an operation gets another method", |document| {
            document.rename("POST /service/tickets/{parentId}/merge", "PUT /service/tickets/{parentId}/merge");
        })
        .changed("service::merge_ticket", &["PUT /service/tickets/{parentId}/merge"]),
        case("an operation becomes deprecated", |document| {
            document.operation("POST /service/tickets/{parentId}/convert")["deprecated"] = json!(true);
        })
        .changed("service::convert_ticket", &["deprecated"]),
        case("an operation is no longer deprecated", |document| {
            document.operation("POST /service/tickets/{parentId}/convert").as_object_mut().unwrap().remove("deprecated");
        })
        .from(|document| document.operation("POST /service/tickets/{parentId}/convert")["deprecated"] = json!(true))
        .changed("service::convert_ticket", &["deprecated"]),
        case("an operation moves to another section", |document| document.rename("GET /system/members", "GET /company/members"))
            .breaking("company::list_members", &["system"])
            .changed("company::list_members", &["/company/members"])
            .breaks("system.list_members();"),
        case("a section is added", |document| {
            document.schemas().insert("TimeEntry".into(), object(json!({"id": {"type": "integer", "format": "int32"}, "notes": string()})));
            document.add("GET /time/entries", "getTimeEntries", None, "200", json_response(&list(reference("TimeEntry"))));
        })
        .added("time", &["1 operation"])
        .added("time::list_entries", &["GET /time/entries"])
        .added("TimeEntry", &["struct"]),
        case("a section is removed", |document| {
            for operation in ["GET /company/configurations", "POST /company/configurations/bulk", "DELETE /company/configurations/bulk", "GET /company/contacts", "POST /company/contacts", "DELETE /company/contacts/{id}", "GET /company/contacts/{id}/image"] {
                document.remove(operation);
            }
        })
        .breaking("company", &["removed"])
        .breaking("company::list_configurations", &["removed"])
        .breaking("company::bulk_create_configurations", &["removed"])
        .breaking("company::bulk_delete_configurations", &["removed"])
        .breaking("company::list_contacts", &["removed"])
        .breaking("company::create_contact", &["removed"])
        .breaking("company::delete_contact", &["removed"])
        .breaking("company::download_contact_image", &["removed"])
        .breaks("let _ = company;")
        .compiles("let _ = Contact::new(\"Anna\", \"Archer\");"),
        case("other methods are described", |document| {
            for method in ["HEAD", "OPTIONS", "TRACE"] {
                document.add(&format!("{method} /service/tickets"), &format!("{method}Tickets"), None, "200", json!({"description": ""}));
            }
        }),
        case("tags, servers, security and words change", |document| {
            document.0["servers"] = json!([{"url": "https://other.invalid"}]);
            document.0["security"] = json!([{"basic": []}]);
            document.0["tags"] = json!([{"name": "tickets", "description": "Tickets"}]);
            document.0["info"]["description"] = json!("A longer description");
            document.operation("GET /service/tickets")["summary"] = json!("Other words.");
            document.operation("GET /service/tickets")["description"] = json!("More words.");
            document.property("Ticket", "summary")["description"] = json!("Other words. Max length: 100;");
        }),
        case("extensions are added", |document| {
            document.0["x-generated-by"] = json!("a tool");
            for key in ["x-internal", "x-name", "x-section", "x-vendor-id", "x-values", "x-rust-name"] {
                document.operation("GET /service/tickets")[key] = json!("other");
                document.parameter("GET /service/tickets", "page")[key] = json!("other");
                document.schema("Ticket")[key] = json!("other");
                document.property("Ticket", "summary")[key] = json!("other");
                document.property("Ticket", "source")[key] = json!("other");
                document.responses("GET /service/tickets")["200"][key] = json!("other");
            }
        }),
        case("the version changes", |document| document.0["info"]["version"] = json!("2030.2"))
            .changed("API_VERSION", &["2030.1", "2030.2"]),
        case("an operation has no ID", |document| {
            document.operation("GET /service/info/boards").as_object_mut().unwrap().remove("operationId");
        })
        .decision("GET /service/info/boards", &["operationId"])
        .may_mention("service::list_board_infos"),
        case("a new operation has no ID", |document| {
            let mut added = operation("GET /company/contacts/{id}", "x", None, "200", json_response(&reference("Contact")));
            added.as_object_mut().unwrap().remove("operationId");
            document.put("GET /company/contacts/{id}", added);
        })
        .decision("GET /company/contacts/{id}", &["operationId"])
        .added("company::get_contact", &["GET /company/contacts/{id}"]),
        case("a new operation has the ID of another one", |document| {
            document.add("GET /company/contacts/{id}", "getCompanyContacts", None, "200", json_response(&reference("Contact")));
        })
        .decision("/company/contacts", &["operationId"])
        .added("company::get_contact", &["GET /company/contacts/{id}"]),
        case("an ID contains whitespace", |document| {
            document.add("GET /company/contacts/{id}", "get a \"contact\"", None, "200", json_response(&reference("Contact")));
        })
        .decision("GET /company/contacts/{id}", &["operationId"])
        .added("company::get_contact", &["GET /company/contacts/{id}"]),
        case("two new operations have the same name", |document| {
            document.add("GET /company/contacts/{id}", "getCompanyContactsById", None, "200", json_response(&reference("Contact")));
            document.add("GET /company/contact/{id}", "getCompanyContactById", None, "200", json_response(&reference("Contact")));
        })
        .decision("/company/contact", &["get_contact"])
        .added("*", &["GET /company/contact/{id}"])
        .added("*", &["GET /company/contacts/{id}"]),
        case("a new operation has the name of an old one", |document| {
            document.add("GET /service/ticket/{id}", "getServiceTicketById", None, "200", json_response(&reference("Ticket")));
        })
        .decision("GET /service/ticket/{id}", &["get_ticket"])
        .added("*", &["GET /service/ticket/{id}"]),
        case("a section has the name of a module", |document| {
            document.schemas().insert("Entry".into(), object(json!({"notes": string()})));
            for section in ["fields", "types", "default", "common", "catalogue", "psa"] {
                document.add(&format!("GET /{section}/entries"), &format!("get{section}Entries"), None, "200", json_response(&list(reference("Entry"))));
            }
        })
        .added("*", &["GET /fields/entries"])
        .added("*", &["GET /types/entries"])
        .added("*", &["GET /default/entries"])
        .added("*", &["GET /common/entries"])
        .added("*", &["GET /catalogue/entries"])
        .added("*", &["GET /psa/entries"])
        .added("*", &["1 operation"])
        .added("Entry", &["struct"]),
        case("a section is called as a keyword", |document| {
            document.schemas().insert("Entry".into(), object(json!({"notes": string()})));
            document.add("GET /type/entries", "getTypeEntries", None, "200", json_response(&list(reference("Entry"))));
        })
        .added("*", &["GET /type/entries"])
        .added("*", &["1 operation"])
        .added("Entry", &["struct"]),
        case("a path cannot be corrected", |document| {
            document.add("GET /company/contacts/{id", "getCompanyContactsBroken", None, "200", json_response(&reference("Contact")));
        })
        .decision("/company/contacts/{id", &["not closed"])
        .may_mention("*"),
    ]
}
