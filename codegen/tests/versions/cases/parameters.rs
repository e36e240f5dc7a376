//! Changes of parameters in the query, the path and the header.

use serde_json::json;

use super::{Case, case};
use crate::document::{integer, json_response, list_parameter, one_of, path_parameter, query, reference, string};

const TICKETS: &str = "GET /service/tickets";
const DOCUMENTS: &str = "GET /system/documents";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("an optional parameter is added", |document| {
            document.parameters(DOCUMENTS).push(query("title", string()))
        })
        .added("system::list_documents", &["`title`"]),
        case("the first optional parameter is added", |document| {
            document
                .parameters("POST /service/tickets/{parentId}/convert")
                .push(query("copyNotes", json!({"type": "boolean"})));
        })
        .added("service::convert_ticket", &["`copy_notes`"]),
        case("an optional parameter is removed", |document| document.remove_parameters(DOCUMENTS, &["recordId"]))
            .breaking("system::list_documents", &["`record_id`"])
            .breaks("system::ListDocumentsParameters::new().record_id(7);")
            .compiles("system::ListDocumentsParameters::new().record_type(DocumentRecordType::Ticket);"),
        case("the last optional parameter is removed", |document| {
            document.remove_parameters("DELETE /company/contacts/{id}", &["transferContactId"]);
        })
        .breaking("company::delete_contact", &["`transfer_contact_id`"])
        .breaks("company.delete_contact_with(3, &company::DeleteContactParameters::new()).await?;")
        .compiles("company.delete_contact(3).await?;"),
        case("an optional parameter becomes required", |document| {
            document.parameter(DOCUMENTS, "recordId")["required"] = json!(true);
        })
        .breaking("system::list_documents", &["`record_id`", "required"])
        .breaks("system.list_documents();")
        .breaks("system::ListDocumentsParameters::new().record_id(7);"),
        case("a required parameter becomes optional", |document| {
            document.parameter(DOCUMENTS, "recordId").as_object_mut().unwrap().remove("required");
        })
        .from(|document| document.parameter(DOCUMENTS, "recordId")["required"] = json!(true))
        .breaking("system::list_documents", &["`record_id`", "optional"])
        .breaks("system.list_documents(7);"),
        case("a required parameter is added", |document| {
            let mut owner = query("ownerId", integer());
            owner["required"] = json!(true);
            document.parameters(DOCUMENTS).push(owner);
        })
        .breaking("system::list_documents", &["`owner_id`"])
        .breaks("system.list_documents();"),
        case("the type of an optional parameter changes", |document| {
            document.parameter(DOCUMENTS, "recordId")["schema"] = string();
        })
        .breaking("system::list_documents", &["`record_id`", "integer", "string"])
        .breaks("system::ListDocumentsParameters::new().record_id(7);"),
        case("a parameter becomes a 64-bit integer", |document| {
            document.parameter(DOCUMENTS, "recordId")["schema"] = json!({"type": "integer", "format": "int64"});
        })
        .breaking("system::list_documents", &["`record_id`", "int64"])
        .breaks("let id: i32 = 7; system::ListDocumentsParameters::new().record_id(id);")
        .compiles("system::ListDocumentsParameters::new().record_id(7);"),
        case("an optional parameter gets another name", |document| {
            document.parameter(DOCUMENTS, "recordId")["name"] = json!("objectId");
        })
        .breaking("system::list_documents", &["`record_id`"])
        .reported("system::list_documents", &["`object_id`"])
        .breaks("system::ListDocumentsParameters::new().record_id(7);"),
        case("the name of a parameter changes in letter case", |document| {
            document.parameter(DOCUMENTS, "recordId")["name"] = json!("RecordId");
        })
        .changed("system::list_documents", &["recordId", "RecordId"]),
        case("two required parameters change places", |document| {
            let parameters = document.parameters(DOCUMENTS);
            let (first, second) = (parameters.len() - 2, parameters.len() - 1);
            parameters.swap(first, second);
        })
        .from(|document| {
            for name in ["first", "second"] {
                let mut parameter = query(name, integer());
                parameter["required"] = json!(true);
                document.parameters(DOCUMENTS).push(parameter);
            }
        })
        .breaking("system::list_documents", &["reordered"])
        .in_requests("both arguments are integers, so that calls compile and pass each value as the other one"),
        case("a parameter that is an enum gets a value", |document| {
            document.parameter(DOCUMENTS, "recordType")["schema"] =
                one_of(&["Ticket", "Company", "Contact", "Invoice"]);
        })
        .added("DocumentRecordType|system::list_documents", &["`Invoice`"])
        // The form of an upload has the same values.
        .may_mention("DocumentFormData.recordType"),
        case("a parameter that is an enum loses a value", |document| {
            document.parameter(DOCUMENTS, "recordType")["schema"] = one_of(&["Ticket", "Company"]);
        })
        .breaking("DocumentRecordType|system::list_documents", &["`Contact`"])
        .consequences("DocumentFormData.recordType")
        .breaks("let _ = DocumentRecordType::Contact;"),
        case("a parameter becomes an enum", |document| {
            document.parameter("GET /company/contacts", "order")["schema"] = one_of(&["name", "birthday"]);
        })
        .from(|document| document.parameters("GET /company/contacts").push(query("order", string())))
        .reported("company::list_contacts", &["`order`"])
        .added("ContactOrder", &["enum"]),
        case("the filters of a list are removed", |document| {
            document.remove_parameters(TICKETS, &["conditions", "childConditions", "customFieldConditions"]);
        })
        .breaking("service::list_tickets", &["filter|conditions"])
        .may_mention("service::list_tickets")
        .in_requests("`filter` compiles, and the server ignores it"),
        case("only `conditions` is removed from a list", |document| {
            document.remove_parameters(TICKETS, &["conditions"])
        })
        .breaking("service::list_tickets", &["filter|conditions"])
        .in_requests("`filter` compiles, and the server ignores it"),
        case("`childConditions` is removed from a list", |document| {
            document.remove_parameters(TICKETS, &["childConditions"])
        })
        .breaking("service::list_tickets", &["child"])
        .in_requests("`filter_children` compiles, and the server ignores it"),
        case("the order of a list is removed", |document| document.remove_parameters(TICKETS, &["orderBy"]))
            .breaking("service::list_tickets", &["order|sort"])
            .in_requests("`sort` compiles, and the server ignores it"),
        case("`fields` is removed from a list", |document| document.remove_parameters(TICKETS, &["fields"]))
            .breaking("service::list_tickets", &["fields|select"])
            .in_requests("`select` compiles, and the server ignores it"),
        case("the pages of a list are removed", |document| {
            document.remove_parameters(TICKETS, &["page", "pageSize", "pageId"])
        })
        .breaking("service::list_tickets", &["pag"])
        .in_requests("`all` compiles, and the server sends every record at once"),
        case("`pageId` is removed from a list", |document| document.remove_parameters(TICKETS, &["pageId"]))
            .breaking("service::list_tickets", &["pageId|page_id|forward-only"])
            .in_requests("forward-only paging compiles, and the server ignores it"),
        case("the pages of a list are replaced by a cursor", |document| {
            document.remove_parameters(TICKETS, &["page", "pageSize", "pageId"]);
            document.parameters(TICKETS).push(query("cursor", string()));
        })
        .breaking("service::list_tickets", &["pag"])
        .added("service::list_tickets", &["`cursor`"])
        .in_requests("`all` compiles, and reads the first page only"),
        case("a list loses all list parameters", |document| {
            document.remove_parameters(TICKETS, &crate::document::LIST_PARAMETERS);
        })
        .breaking("service::list_tickets", &["filter|conditions"])
        .consequences("service::list_tickets")
        .in_requests("`filter` and `all` compile, and the server ignores what they send"),
        case("the filters of a count are removed", |document| {
            document.remove_parameters(
                "GET /service/tickets/count",
                &["conditions", "childConditions", "customFieldConditions"],
            );
        })
        .breaking("service::count_tickets", &["filter|conditions"])
        .consequences("service::count_tickets")
        .consequences("service::list_tickets")
        .breaks("service.count_tickets().filter(|ticket| ticket.closed_flag().eq(true));"),
        case("`fields` is removed from a record", |document| {
            document.remove_parameters("GET /service/tickets/{id}", &["fields"]);
        })
        .breaking("service::get_ticket", &["fields|select"])
        .may_mention("service::get_ticket")
        .in_requests("`select` compiles, and the server ignores it"),
        case("a list gets its filters back", |document| {
            document.parameters(TICKETS).push(list_parameter("conditions"))
        })
        .from(|document| document.remove_parameters(TICKETS, &["conditions"]))
        .reported("service::list_tickets", &["filter|conditions"]),
        case("a header is required", |document| {
            document
                .parameters(TICKETS)
                .push(json!({"name": "X-Tenant", "in": "header", "required": true, "schema": {"type": "string"}}));
        })
        .decision("GET /service/tickets", &["X-Tenant", "header"])
        .may_mention("service::list_tickets"),
        case("a parameter is a list", |document| {
            document.parameters(DOCUMENTS).push(query("ids", json!({"type": "array", "items": {"type": "integer"}})));
        })
        .decision("GET /system/documents", &["`ids`"])
        .may_mention("system::list_documents"),
        case("a parameter has a style", |document| {
            let mut range = query("range", string());
            range["style"] = json!("pipeDelimited");
            document.parameters(DOCUMENTS).push(range);
        })
        .decision("GET /system/documents", &["`range`", "style"])
        .may_mention("system::list_documents"),
        case("a path parameter is not declared", |document| {
            document.add(
                "GET /company/contacts/{id}",
                "getCompanyContactsById",
                None,
                "200",
                json_response(&reference("Contact")),
            );
            document.remove_parameters("GET /company/contacts/{id}", &["id"]);
        })
        .decision("GET /company/contacts/{id}", &["`{id}`"])
        .added("company::get_contact", &["GET /company/contacts/{id}"]),
        case("parameters become shared", |document| {
            let shared = json!({
                "RecordId": document.parameter(DOCUMENTS, "recordId").take(),
                "Page": document.parameter(DOCUMENTS, "page").take()
            });
            document.0["components"]["parameters"] = shared;
            let parameters = document.parameters(DOCUMENTS);
            parameters.retain(|parameter| !parameter.is_null());
            parameters.extend([
                json!({"$ref": "#/components/parameters/RecordId"}),
                json!({"$ref": "#/components/parameters/Page"}),
            ]);
        }),
        case("parameters move to the path", |document| {
            let id = document.parameters("GET /service/tickets/{id}").remove(0);
            for method in ["PUT", "PATCH", "DELETE"] {
                document.remove_parameters(&format!("{method} /service/tickets/{{id}}"), &["id"]);
            }
            document.0["paths"]["/service/tickets/{id}"]["parameters"] = json!([id]);
        }),
        case("a shared parameter does not exist", |document| {
            document.parameters(DOCUMENTS).push(json!({"$ref": "#/components/parameters/Gone"}));
        })
        .decision("/system", &["#/components/parameters/Gone"])
        .may_mention("system::list_documents"),
        case("a parameter is called as a keyword", |document| {
            document.parameters(DOCUMENTS).push(query("type", string()))
        })
        .added("system::list_documents", &["`type_`"]),
        case("two parameters have the same Rust name", |document| {
            document.parameters(DOCUMENTS).push(query("record_id", integer()));
        })
        .added("system::list_documents", &["record"]),
        case("a parameter has the name of a body", |document| {
            document.parameters("POST /service/tickets/{parentId}/merge").push(query("body", string()));
        })
        .added("service::merge_ticket", &["body"]),
        case("a parameter has no ASCII name", |document| {
            document.parameters(DOCUMENTS).push(query("größe", integer()))
        })
        .added("system::list_documents", &["integer"]),
        case("a parameter moves from the path to the query", |document| {
            document.rename("GET /system/reports/{reportName}/columns", "GET /system/reports/columns");
        })
        .breaking("system::list_report_columns", &["`report_name`"])
        .reported("system::list_report_columns", &["GET /system/reports/columns"])
        .may_mention("system::list_report_columns")
        .breaks("system.list_report_columns(\"Time\");"),
        case("a parameter outside of the path is declared as one in the path", |document| {
            document.parameters("POST /service/tickets/{parentId}/convert").push(path_parameter("boardId", integer()));
        })
        .added("service::convert_ticket", &["`board_id`"]),
    ]
}
