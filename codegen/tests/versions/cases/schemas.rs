//! Changes of schemas as a whole: new, removed and renamed types, references, aliases.

use serde_json::{Value, json};

use super::{Case, case};
use crate::document::{integer, json_response, list, object, reference, string};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("a type is added", |document| {
            document.schemas().insert("Site".into(), object(json!({"name": string()})));
            document.set("Contact", "site", reference("Site"));
        })
        .added("Site", &["struct"])
        .added("Contact.site", &["`Site`"]),
        case("a type is removed", |document| {
            document.schemas().remove("TicketTask");
            document.unset("Ticket", "tasks");
        })
        .breaking("TicketTask", &["removed"])
        .breaking("Ticket.tasks", &["removed"])
        .breaks("let _ = TicketTask::default();"),
        case("a type gets another name", |document| document.rename_schema("TicketTask", "TicketJob"))
            .breaking("TicketTask", &["TicketJob"])
            .breaks("let _ = TicketTask::default();")
            .compiles("let _ = Ticket::default().tasks.unwrap_or_default().len();"),
        case("a type of an operation gets another name", |document| document.rename_schema("SuccessResponse", "Success"))
            .breaking("SuccessResponse", &["`Success`"])
            .breaks("let _ = SuccessResponse::default();")
            .compiles("let _ = service.merge_ticket(7, &TicketMerge::new(vec![1])).await?.success;"),
        case("a type gets a dot in its name", |document| document.rename_schema("TicketTask", "Ticket.Task")),
        case("a count gets a field", |document| document.set("Count", "limit", integer()))
            // Literals with the only field need no `..`, and clippy rejects it there.
            .breaking("Count.limit", &["integer"])
            .breaks("let _ = bindings::types::Count { count: Some(1) };")
            .compiles("let _: i64 = service.count_tickets().await?;"),
        case("a count gets another name", |document| document.rename_schema("Count", "RecordCount"))
            .breaking("Count", &["RecordCount"])
            .consequences("service::count_tickets")
            .consequences("service::list_tickets")
            .breaks("let _ = bindings::types::Count::default();"),
        case("a reference gets a name of its record", |document| document.set("ContactReference", "identifier", string()))
            .reported("Reference.identifier|ContactReference.identifier|ContactReference", &["identifier"])
            .may_mention("ContactReference")
            .compiles("service.list_tickets().filter(|ticket| ticket.contact().name().eq(\"x\"));"),
        case("a reference loses the name of its record", |document| document.unset("BoardReference", "name"))
            .breaking("BoardReference.name|BoardReference|Reference.name|Ticket.board", &["name"])
            .breaks("service.list_tickets().filter(|ticket| ticket.board().name().eq(\"x\"));"),
        case("a reference gets a type of its own", |document| document.set("ContactReference", "email", string()))
            .breaking("ContactReference", &["`Reference`"])
            .may_mention("ContactReference.email")
            .breaks("let _ = Ticket { contact: Some(connectwise_psa_core::json::Reference::from(5).into()), ..Default::default() };"),
        case("a reference loses its type of its own", |document| document.unset("TicketReference", "summary"))
            .breaking("TicketReference", &["`Reference`"])
            .breaks("let _ = TicketReference::default();"),
        case("an operation returns a reference", |document| {
            document.add("GET /company/contacts/{id}", "getCompanyContactsById", None, "200", json_response(&reference("ContactReference")));
        })
        .added("company::get_contact", &["GET /company/contacts/{id}"])
        .breaking("ContactReference", &[])
        .breaks("let _ = Ticket { contact: Some(connectwise_psa_core::json::Reference::from(5).into()), ..Default::default() };"),
        case("a schema combines several schemas", |document| {
            document.schemas().insert("Person".into(), json!({"allOf": [reference("Contact"), object(json!({"age": integer()}))]}));
            document.set("Contact", "boss", reference("Person"));
        })
        .added("Contact.boss", &["`Person`"])
        .added("Person", &["struct"]),
        case("a schema is one of several schemas", |document| {
            document.schemas().insert("Owner".into(), json!({"oneOf": [reference("Contact"), reference("Member")]}));
            document.set("Contact", "owner", reference("Owner"));
        })
        .decision("/components/schemas/Owner", &["oneOf"])
        .added("Contact.owner", &[])
        .may_mention("Owner"),
        case("references are wrapped in allOf, or no longer", |document| {
            document.set("Ticket", "board", json!({"allOf": [reference("BoardReference")], "nullable": true}));
            document.set("Ticket", "company", reference("CompanyReference"));
            document.set_response("GET /service/tickets/{id}", &json!({"allOf": [reference("Ticket")]}));
        }),
        case("a reference goes through an alias", |document| {
            document.schemas().insert("BoardAlias".into(), reference("BoardReference"));
            document.schemas().insert("BoardAlias2".into(), reference("BoardAlias"));
            document.set("Ticket", "board", reference("BoardAlias2"));
        }),
        case("an operation uses an alias", |document| {
            document.schemas().insert("TicketAlias".into(), reference("Ticket"));
            document.set_response("GET /service/tickets/{id}", &reference("TicketAlias"));
            document.set_response("GET /service/tickets", &list(reference("TicketAlias")));
            document.set_body("POST /service/tickets", &json!({"allOf": [reference("TicketAlias")]}));
        }),
        case("a form uses an alias", |document| {
            document.schemas().insert("FormAlias".into(), reference("DocumentFormData"));
            document.body("POST /system/documents")["multipart/form-data"]["schema"] = reference("FormAlias");
        }),
        case("a list contains itself", |document| {
            document.schemas().insert("Tree".into(), list(reference("Tree")));
            document.set("Contact", "tree", reference("Tree"));
        })
        .decision("/components/schemas/Tree", &["itself"])
        .may_mention("*"),
        case("a record contains itself", |document| document.set("Ticket", "children", list(reference("Ticket"))))
            .added("Ticket.children", &["list of `Ticket`"]),
        case("two records contain each other", |document| {
            document.set("TicketTask", "ticket", reference("Ticket"));
        })
        .added("TicketTask.ticket", &["`Ticket`"]),
        case("a reference has no target", |document| document.set("Contact", "site", reference("Gone")))
            .decision("/components/schemas/Contact/properties/site", &["Gone"])
            .added("Contact.site", &[]),
        case("a reference leads to another document", |document| document.set("Contact", "site", json!({"$ref": "common.json#/Site"})))
            .decision("/components/schemas/Contact/properties/site", &["common.json#/Site"])
            .added("Contact.site", &[]),
        case("named values are used", |document| {
            for (name, schema) in [
                ("Text", string()),
                ("Texts", list(reference("Text"))),
                ("Attributes", json!({"type": "object", "additionalProperties": {"type": "string"}})),
            ] {
                document.schemas().insert(name.into(), schema);
            }
            document.set("Ticket", "poNumber", reference("Text"));
            document.set("Ticket", "watchers", reference("Texts"));
            document.set("Company.Configuration", "attributes", reference("Attributes"));
        }),
        case("two types have the same Rust name", |document| {
            for name in ["Site.Address", "SiteAddress"] {
                document.schemas().insert(name.into(), object(json!({"city": string()})));
                document.set("Contact", name, reference(name));
            }
        })
        .decision("Site", &["SiteAddress"])
        .added("Contact.Site.Address", &[])
        .added("Contact.SiteAddress", &[])
        .added("*", &["struct"]),
        case("types have names of Rust", |document| {
            for name in ["Option", "String", "Vec", "Result", "Self", "Default", "Client", "Value"] {
                document.schemas().insert(name.into(), object(json!({"city": string()})));
                document.set("Contact", &format!("one{name}"), reference(name));
            }
        })
        .added("*", &["struct"])
        .added("Contact.oneOption", &[])
        .added("Contact.oneString", &[])
        .added("Contact.oneVec", &[])
        .added("Contact.oneResult", &[])
        .added("Contact.oneSelf", &[])
        .added("Contact.oneDefault", &[])
        .added("Contact.oneClient", &[])
        .added("Contact.oneValue", &[]),
        case("a type has a name that Rust does not allow", |document| {
            document.schemas().insert("2fa-Größe".into(), object(json!({"city": string()})));
            document.set("Contact", "site", reference("2fa-Größe"));
        })
        .decision("2fa", &[])
        .added("Contact.site", &[])
        .added("*", &["struct"]),
        case("lists are nested deeply", |document| {
            document.set("Contact", "deep", (0..16).fold(integer(), |inner, _| list(inner)));
        })
        .added("Contact.deep", &["list of list of"]),
        case("lists are nested too deeply for the compiler", |document| {
            document.set("Contact", "deep", (0..60).fold(integer(), |inner, _| list(inner)));
        })
        .decision("/components/schemas/Contact/properties/deep", &["nested"])
        .added("Contact.deep", &["any JSON"]),
        case("a schema has no content", |document| {
            document.schemas().insert("Nothing".into(), Value::Object(Default::default()));
            document.set("Contact", "nothing", reference("Nothing"));
        })
        .added("Contact.nothing", &["any JSON"]),
    ]
}
