//! Snapshots of the Rust for one representative of each shape in the test document. Also checks that the committed
//! crate is the generator's output.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking and reports its counts"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use connectwise_psa_codegen::docs::{Docs, Files};
use connectwise_psa_codegen::render::Rendered;
use connectwise_psa_codegen::report::Report;
use connectwise_psa_codegen::{corrections, document, import, names, render};
use serde_json::Value;

/// The source that the headers of the generated files name.
const SOURCE: &str = "codegen/snapshots/vendor.json";

struct Generated {
    psa: Value,
    docs: Docs,
    report: Report,
    rendered: Rendered,
}

static GENERATED: LazyLock<Generated> = LazyLock::new(|| {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let (corrections, lexicon) =
        (corrections::read(&read("corrections.toml")).unwrap(), names::read(&read("names.toml")).unwrap());
    let (psa, report) =
        import::import(&read("vendor.json"), &corrections, &lexicon).unwrap_or_else(|problems| panic!("{problems}"));
    let docs = Docs::read(&Files {
        texts: &read("docs.toml"),
        known_values: &read("known_values.csv"),
        rights: &read("rights.csv"),
        reference_paths: &read("references.csv"),
        actions: &read("actions.csv"),
    })
    .unwrap_or_else(|problems| panic!("{problems}"));
    let rendered = render::render(&psa, &docs, SOURCE).unwrap_or_else(|problems| panic!("{problems}"));
    Generated { psa, docs, report, rendered }
});

/// Returns the item that begins with `head` in a generated file, together with the documentation of the item.
fn item(file: &str, head: &str) -> String {
    let text = &GENERATED.rendered.bindings[file];
    let at = text.find(head).unwrap_or_else(|| panic!("`{head}` is not in {file}"));
    let start = text[..at].rfind("\n\n").map_or(0, |at| at + 2);
    let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let first_line = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let end = if text[..first_line].ends_with(';') {
        first_line
    } else {
        let closing = format!("\n{}}}", " ".repeat(at - line_start));
        text[at..].find(&closing).map_or(text.len(), |end| at + end + closing.len())
    };
    text[start..end].to_owned()
}

macro_rules! snapshots {
    ($($name:ident: $file:literal, $($head:literal),+;)+) => {
        $(#[test]
        fn $name() {
            let parts = [$(item($file, $head)),+];
            insta::assert_snapshot!(stringify!($name), parts.join("\n\n"));
        })+
    };
}

snapshots! {
    collection: "service/operations/tickets.rs", "pub fn list_tickets(", "pub fn list_ticket_notes(", "pub fn create_ticket(";
    item_operations: "service/operations/tickets.rs", "pub fn get_ticket(", "pub fn replace_ticket(", "pub fn update_ticket(", "pub fn delete_ticket(", "pub fn get_ticket_note(";
    count: "service/operations/tickets.rs", "pub fn count_tickets(";
    info: "service/operations/tickets.rs", "pub fn list_ticket_infos(";
    usages: "service/operations/tickets.rs", "pub fn list_ticket_usages(";
    action: "service/operations/tickets.rs", "pub fn merge_ticket(", "pub fn copy_ticket_type(", "pub fn search_tickets(";
    bulk: "company/operations/configurations.rs", "pub fn bulk_create_configurations(", "pub fn bulk_delete_configurations(";
    binary: "company/operations/contacts.rs", "pub fn download_contact_image(";
    parameter_moved_to_the_query: "company/operations/contacts.rs", "pub fn delete_contact(";
    multipart: "system/operations/documents.rs", "pub fn upload_document(";
    enum_parameter: "system/operations/documents.rs", "pub fn list_documents(";
    report: "system/operations/reports.rs", "pub fn get_report(", "pub fn list_report_columns(";
    integer_response: "system/operations/members.rs", "pub fn create_member_pin(";
    table_entries: "system/catalogue/documents.rs", "pub static UPLOAD_DOCUMENT:", "pub static LIST_DOCUMENTS:";
    client: "service/operations/mod.rs", "pub struct Client {";
    collection_heading: "service/operations/tickets.rs", "impl Client {";
    table: "system/catalogue/mod.rs", "pub static ALL:", "pub(crate) static TEXTS:";
    object: "service/types.rs", "pub struct Ticket {", "impl Ticket {", "impl psa::Object for Ticket {";
    enumeration: "service/types.rs", "psa::open_enum! {";
    extended_reference: "service/types.rs", "impl psa::Object for TicketReference {", "psa::object!(TicketReference";
    any_json: "service/types.rs", "pub struct CustomFieldValue {", "impl psa::Object for CustomFieldValue {";
    secret: "company/types.rs", "impl psa::Object for Credential {";
    fields: "service/fields.rs", "pub struct Ticket<", "impl<S> Ticket<S> {", "impl<S: psa::Scope> Ticket<S> {", "psa::record!(types::Ticket,";
    form: "system/types.rs", "pub struct DocumentFormData {";
}

#[test]
fn root_module() {
    insta::assert_snapshot!(GENERATED.rendered.bindings["mod.rs"]);
}

#[test]
fn one_generated_call() {
    let text = &GENERATED.rendered.tests["system.rs"];
    insta::assert_snapshot!(text);
}

#[test]
fn normalised_document() {
    insta::assert_snapshot!(document::canonical(&GENERATED.psa));
}

#[test]
fn import_report() {
    insta::assert_snapshot!(format!("{}{}", GENERATED.report, GENERATED.rendered.totals));
}

#[test]
fn the_vendors_prose_is_removed() {
    let everything =
        GENERATED.rendered.bindings.values().chain(GENERATED.rendered.tests.values()).cloned().collect::<String>()
            + &GENERATED.psa.to_string();
    assert!(!everything.contains("Words of the vendor"));
}

#[test]
fn output_is_deterministic() {
    let again = render::render(&GENERATED.psa, &GENERATED.docs, SOURCE).unwrap();
    assert_eq!(again.bindings, GENERATED.rendered.bindings);
    assert_eq!(again.tests, GENERATED.rendered.tests);
}

#[test]
fn a_text_about_something_that_does_not_exist_stops_the_rendering() {
    let files = Files {
        texts: "[operations.getServiceBurn]\nabout = \"{type:Ashes}\"\n",
        known_values: "type,field,values,when\nTicket,colour,Red,\n",
        rights: "path,area,entry\n/service/fires,Service Desk,Fires\n",
        reference_paths: "type,path,link\nTicketReference,/service/fires,\n",
        actions: "category,action,method,path,vendor_operation_id,reason,popular\nFires,Burn,POST,/service/fires,postServiceFires,,\n",
    };
    let problems = render::render(&GENERATED.psa, &Docs::read(&files).unwrap(), SOURCE).unwrap_err().to_string();
    for expected in [
        "openapi/docs.toml [operations.getServiceBurn]: the API has no operation",
        "[operations.getServiceBurn] about: {type:Ashes}: the API has no type",
        "Ticket.colour: the API has no such field",
        "no operation is at /service/fires",
        "TicketReference: no operation lists /service/fires",
        "postServiceFires is not an operation",
    ] {
        assert!(problems.contains(expected), "{expected} in {problems}");
    }
}

#[test]
fn the_committed_crate_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated");
    let mut committed = BTreeMap::new();
    let mut pending = vec![folder.clone()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                committed.insert(
                    path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/"),
                    fs::read_to_string(&path).unwrap(),
                );
            }
        }
    }
    assert_eq!(
        committed.keys().collect::<Vec<_>>(),
        GENERATED.rendered.bindings.keys().collect::<Vec<_>>(),
        "run `cargo xtask regen`"
    );
    for (name, text) in &committed {
        assert!(*text == GENERATED.rendered.bindings[name], "{name} is outdated: run `cargo xtask regen`");
    }
}
