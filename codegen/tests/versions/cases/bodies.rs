//! Changes of request bodies, responses and media types.

use serde_json::json;

use super::{Case, case};
use crate::document::{VERSION, json_response, list, object, reference, string, versioned};

const CONVERT: &str = "POST /service/tickets/{parentId}/convert";
const MERGE: &str = "POST /service/tickets/{parentId}/merge";
const CREATE: &str = "POST /company/contacts";
const TICKET: &str = "GET /service/tickets/{id}";
const IMAGE: &str = "GET /company/contacts/{id}/image";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("a body is added", |document| document.set_body(CONVERT, &reference("IdCollection")))
            .breaking("service::convert_ticket", &["body", "IdCollection"])
            .breaks("service.convert_ticket(7).await?;"),
        case("a body is removed", |document| drop(document.operation(MERGE).as_object_mut().unwrap().remove("requestBody")))
            .breaking("service::merge_ticket", &["body"])
            .breaks("service.merge_ticket(7, &TicketMerge::new(vec![1])).await?;")
            .compiles("let _ = TicketMerge::new(vec![1]);"),
        case("a body becomes optional", |document| document.operation(MERGE)["requestBody"]["required"] = json!(false))
            .breaking("service::merge_ticket", &["optional"])
            .breaks("service.merge_ticket(7, &TicketMerge::new(vec![1])).await?;"),
        case("a body becomes required", |document| document.operation(MERGE)["requestBody"]["required"] = json!(true))
            .from(|document| document.operation(MERGE)["requestBody"]["required"] = json!(false))
            .breaking("service::merge_ticket", &["optional"])
            .breaks("service.merge_ticket(7, None::<&TicketMerge>).await?;"),
        case("a body gets another type", |document| document.set_body(CREATE, &reference("Member")))
            .breaking("company::create_contact", &["Contact", "Member"])
            .breaks("company.create_contact(&Contact::new(\"Anna\", \"Archer\")).await?;"),
        case("a body becomes a list", |document| document.set_body(CREATE, &list(reference("Contact"))))
            .breaking("company::create_contact", &["list of"])
            .breaks("company.create_contact(&Contact::new(\"Anna\", \"Archer\")).await?;"),
        case("a body becomes a form", |document| {
            document.operation(CREATE)["requestBody"]["content"] = json!({"multipart/form-data": {"schema": reference("Contact")}});
        })
        .changed("company::create_contact", &["form"])
        ,
        case("an update becomes a body of another type", |document| {
            document.set_body("PATCH /service/tickets/{id}", &reference("Ticket"));
        })
        .breaking("service::update_ticket", &["Patch"])
        .may_mention("service::update_ticket")
        .reported("service::update_ticket", &["Ticket"])
        .breaks("service.update_ticket(7, &connectwise_psa_core::patch::Patch::new()).await?;"),
        case("a body is sent in the vendor's media type", |document| {
            document.operation(CREATE)["requestBody"]["content"] = versioned(&reference("Contact"));
        })
        .may_mention("company::create_contact"),
        case("a body is CSV", |document| {
            document.operation(CREATE)["requestBody"]["content"] = json!({"text/csv": {"schema": {"type": "string"}}});
        })
        .decision(CREATE, &["text/csv"])
        .breaking("company::create_contact", &["any JSON"])
        .breaks("company.create_contact(&Contact::new(\"Anna\", \"Archer\")).await?;"),
        case("a body is a map", |document| {
            document.set_body(CREATE, &json!({"type": "object", "additionalProperties": {"type": "string"}}));
        })
        .breaking("company::create_contact", &["Contact"])
        .breaks("company.create_contact(&Contact::new(\"Anna\", \"Archer\")).await?;"),
        case("a body is an inline object", |document| document.set_body(CREATE, &object(json!({"firstName": string()}))))
            .decision(CREATE, &["inline|no name"])
            .breaking("company::create_contact", &["Contact"])
            .breaks("company.create_contact(&Contact::new(\"Anna\", \"Archer\")).await?;"),
        case("shared bodies and responses are used", |document| {
            let body = document.operation(CREATE)["requestBody"].take();
            let response = document.responses(CREATE)["201"].take();
            document.0["components"]["requestBodies"] = json!({"Contact": body});
            document.0["components"]["responses"] = json!({"Contact": response});
            document.operation(CREATE)["requestBody"] = json!({"$ref": "#/components/requestBodies/Contact"});
            document.responses(CREATE)["201"] = json!({"$ref": "#/components/responses/Contact"});
        }),
        case("a shared response refers to another one", |document| {
            let response = document.responses(CREATE)["201"].take();
            document.0["components"]["responses"] = json!({"Contact": response, "Created": {"$ref": "#/components/responses/Contact"}});
            document.responses(CREATE)["201"] = json!({"$ref": "#/components/responses/Created"});
        }),
        case("a shared body does not exist", |document| {
            document.operation(CREATE)["requestBody"] = json!({"$ref": "#/components/requestBodies/Gone"});
        })
        .decision("/company/contacts", &["#/components/requestBodies/Gone"])
        .may_mention("company::create_contact")
        .breaking("company::create_contact", &["any JSON"])
        .breaks("company.create_contact(&Contact::new(\"Anna\", \"Archer\")).await?;"),
        case("a response becomes a list", |document| document.set_response(TICKET, &list(reference("Ticket"))))
            .breaking("service::get_ticket", &["list of"])
            .may_mention("service::get_ticket")
            .breaks("let _: Option<i32> = service.get_ticket(7).await?.id;"),
        case("a list becomes one record", |document| document.set_response("GET /company/contacts", &reference("Contact")))
            .breaking("company::list_contacts", &["list of"])
            .reported("company::list_contacts", &[])
            .breaks("company.list_contacts().all().await?;"),
        case("a response gets another type", |document| document.set_response(TICKET, &reference("TicketNote")))
            .breaking("service::get_ticket", &["Ticket", "TicketNote"])
            .consequences("service::get_ticket")
            .breaks("let _ = service.get_ticket(7).await?.board;"),
        case("the records of a list get another type", |document| {
            document.set_response("GET /service/info/boards", &list(reference("ResultInfo")));
        })
        .breaking("service::list_board_infos", &["BoardInfo", "ResultInfo"])
        .breaks("service.list_board_infos().filter(|board| board.name().eq(\"x\"));"),
        case("a response becomes empty", |document| {
            *document.responses(MERGE) = json!({"204": {"description": "No Content"}});
        })
        .breaking("service::merge_ticket", &["nothing"])
        .changed("service::merge_ticket", &["200", "204"])
        .breaks("let _ = service.merge_ticket(7, &TicketMerge::new(vec![1])).await?.success;"),
        case("an empty response gets a body", |document| {
            *document.responses("DELETE /service/tickets/{id}") = json!({"200": json_response(&reference("SuccessResponse"))});
        })
        .breaking("service::delete_ticket", &["nothing", "SuccessResponse"])
        .changed("service::delete_ticket", &["204", "200"])
        .breaks("let (): () = service.delete_ticket(7).await?;"),
        case("a response becomes bytes", |document| {
            document.responses(TICKET)["200"]["content"] = json!({"application/pdf": {"schema": {"type": "string", "format": "binary"}}});
        })
        .breaking("service::get_ticket", &["application/pdf"])
        .may_mention("service::get_ticket")
        .reported("service::get_ticket", &[])
        .breaks("let _ = service.get_ticket(7).await?.id;"),
        case("a download gets another media type", |document| {
            document.responses(IMAGE)["200"]["description"] = json!("ContentType = image/jpeg");
        })
        .changed("company::download_contact_image", &["image/png", "image/jpeg"]),
        case("a response becomes a number", |document| document.set_response(MERGE, &json!({"type": "integer"})))
            .breaking("service::merge_ticket", &["integer"])
            .breaks("let _ = service.merge_ticket(7, &TicketMerge::new(vec![1])).await?.success;"),
        case("a response that is a number becomes a string", |document| document.set_response("POST /system/members/{id}/pin", &string()))
            .breaking("system::create_member_pin", &["integer", "string"])
            .breaks("let _: i64 = system.create_member_pin(3).await?;"),
        case("a success status changes", |document| {
            let response = document.responses(MERGE)["200"].take();
            *document.responses(MERGE) = json!({"202": response});
        })
        .changed("service::merge_ticket", &["200", "202"]),
        case("error responses are described", |document| {
            document.responses(TICKET)["404"] = json_response(&reference("SuccessResponse"));
            document.responses(TICKET)["default"] = json_response(&reference("SuccessResponse"));
        }),
        case("two success responses have the same body", |document| {
            document.responses(MERGE)["201"] = json_response(&reference("SuccessResponse"));
        })
        .may_mention("service::merge_ticket"),
        case("two success responses have different bodies", |document| {
            document.responses(MERGE)["201"] = json_response(&reference("Ticket"));
        })
        .decision(MERGE, &["response"])
        .may_mention("service::merge_ticket"),
        case("a success response is missing", |document| {
            *document.responses(MERGE) = json!({"400": json_response(&reference("SuccessResponse"))});
        })
        .decision(MERGE, &["success response"])
        .breaking("service::merge_ticket", &[])
        .breaks("let _ = service.merge_ticket(7, &TicketMerge::new(vec![1])).await?.success;")
        // The success status is no longer 200.
        .may_mention("service::merge_ticket"),
        case("a second media version has the same schema", |document| {
            document.responses(TICKET)["200"]["content"]["application/vnd.connectwise.com+json; version=2031.1"] = json!({"schema": reference("Ticket")});
        })
        .may_mention("service::get_ticket"),
        case("a second media version has another schema", |document| {
            document.responses(TICKET)["200"]["content"]["application/vnd.connectwise.com+json; version=2031.1"] = json!({"schema": reference("TicketNote")});
        })
        .decision(TICKET, &["version|several contents"])
        .may_mention("service::get_ticket"),
        case("the media type of all responses gets another version", |document| {
            document.0 = serde_json::from_str(&document.text().replace(&format!("version={VERSION}"), "version=2031.1")).unwrap();
        })
        .may_mention("API_VERSION"),
        case("a response is also offered as CSV", |document| {
            document.responses("GET /company/contacts")["200"]["content"]["text/csv"] = json!({"schema": {"type": "string"}});
        })
        .changed("company::list_contacts", &["text/csv"]),
        case("a body is both JSON and a form", |document| {
            document.body(CREATE)["multipart/form-data"] = json!({"schema": reference("Contact")});
        })
        .decision(CREATE, &["form|multipart"])
        .may_mention("company::create_contact"),
        case("a response is a list of lists", |document| {
            document.set_response(MERGE, &list(list(reference("Ticket"))));
        })
        .breaking("service::merge_ticket", &[])
        .breaks("let _ = service.merge_ticket(7, &TicketMerge::new(vec![1])).await?.success;"),
        case("a response is an inline object", |document| document.set_response(MERGE, &object(json!({"id": {"type": "integer"}}))))
            .decision(MERGE, &["inline|no name"])
            .breaking("service::merge_ticket", &[])
        .breaks("let _ = service.merge_ticket(7, &TicketMerge::new(vec![1])).await?.success;"),
        case("a form loses its file", |document| document.unset("DocumentFormData", "file"))
            .breaking("DocumentFormData.file|system::upload_document", &["file"])
            .may_mention("DocumentFormData.file")
            .breaks("system.upload_document(&DocumentFormData::default(), Some(connectwise_psa_core::transport::Upload::from_bytes(\"a\", vec![1]))).await?;"),
        case("a form gets a second file", |document| document.set("DocumentFormData", "thumbnail", json!({"type": "string", "format": "binary"})))
            .decision("POST /system/documents", &["several files"])
            .may_mention("DocumentFormData.thumbnail"),
        case("a file gets another name", |document| {
            document.unset("DocumentFormData", "file");
            document.set("DocumentFormData", "content", json!({"type": "string", "format": "binary"}));
        })
        .reported("DocumentFormData.file|DocumentFormData.content|system::upload_document", &["file"])
        .may_mention("DocumentFormData.content")
        .may_mention("DocumentFormData.file"),
        case("a form gets a field", |document| document.set("DocumentFormData", "privateFlag", json!({"type": "boolean"})))
            .added("DocumentFormData.privateFlag", &["boolean"]),
    ]
}
