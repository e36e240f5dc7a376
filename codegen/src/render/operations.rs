//! Operations: methods whose bodies are one call into core; the table of operations beside them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Signature;

use crate::document;
use crate::model::{Answer, Api, Body, Kind, Operation, Parameter, Query, Shape};
use crate::problem::Problems;
use crate::render::code::References;
use crate::render::rust_type::RustType;
use crate::render::{docs, signature};

/// The method of one operation.
///
/// # Errors
/// A signature of progenitor's that does not fit the description.
pub fn method(api: &Api, operation: &Operation, signature: &Signature) -> Result<TokenStream, Problems> {
    signature::check(operation, signature)?;
    let returned = returned_type(api, operation).map(|returned| returned.tokens());
    let mut arguments = Vec::new();
    let mut steps = Vec::new();
    for parameter in &operation.parameters {
        let ident = format_ident!("{}", parameter.argument);
        let rust = argument_type(api, parameter);
        arguments.push(quote!(#ident: #rust));
        steps.push(step(parameter, &ident));
    }
    if let Some(body) = &operation.body {
        let (more, step) = body_argument(api, operation, body);
        arguments.extend(more);
        steps.push(step);
    }
    let doc = docs::operation(operation);
    let (vendor_id, ident, fact) = (&operation.vendor_id, format_ident!("{}", operation.name), static_name(operation));
    let call = quote!(psa::Call::new(&self.connection, &#fact) #(#steps)*);
    // Builders are #[inline] and the rest async, so that neither is compiled before it is called.
    let method = match form(operation) {
        Form::List => quote!(#[inline] pub fn #ident(&self, #(#arguments),*) -> psa::List<#returned> { #call.list() }),
        Form::Get => quote!(#[inline] pub fn #ident(&self, #(#arguments),*) -> psa::Get<#returned> { #call.get() }),
        Form::Count => quote!(#[inline] pub fn #ident(&self, #(#arguments),*) -> psa::Count<#returned> { #call.count() }),
        Form::Download => quote!(pub async fn #ident(&self, #(#arguments),*) -> Result<psa::Download, psa::Error> { #call.download().await }),
        Form::Finish => quote!(pub async fn #ident(&self, #(#arguments),*) -> Result<(), psa::Error> { #call.finish().await }),
        Form::Send => {
            // Serde's own numbers are stricter than members are.
            let send = if matches!(operation.answer, Answer::Json(Shape::Scalar(_))) { quote!(send_scalar) } else { quote!(send) };
            quote!(pub async fn #ident(&self, #(#arguments),*) -> Result<#returned, psa::Error> { #call.#send().await })
        }
    };
    Ok(quote! {
        #(#[doc = #doc])*
        #[doc(alias = #vendor_id)]
        #method
    })
}

/// How an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A builder, awaited for a page or streamed.
    List,
    /// A builder, awaited for a record.
    Get,
    /// A builder, awaited for a number.
    Count,
    /// An async method whose answer is bytes.
    Download,
    /// An async method without an answer.
    Finish,
    /// An async method whose answer is decoded.
    Send,
}

/// The form of an operation, from its method and answer.
#[must_use]
pub fn form(operation: &Operation) -> Form {
    match &operation.answer {
        Answer::Nothing => Form::Finish,
        Answer::Bytes(_) => Form::Download,
        Answer::Json(_) if operation.is_list() => Form::List,
        Answer::Json(_) if operation.query == Query::Count => Form::Count,
        Answer::Json(_) if operation.method == "get" => Form::Get,
        Answer::Json(_) => Form::Send,
    }
}

/// The schema of the records that a count counts: those of the list whose path this is but for `/count`. Some counts have no such list.
fn counted<'a>(api: &'a Api, operation: &Operation) -> Option<&'a str> {
    let steps = |path: &str| path.split('/').filter(|step| !step.is_empty()).map(str::to_lowercase).collect::<Vec<_>>();
    let mut list = steps(&operation.path);
    list.remove(list.iter().rposition(|step| step == "count")?);
    let found = api.operations.iter().find(|other| other.method == "get" && steps(&other.path) == list)?;
    match &found.answer {
        Answer::Json(Shape::Many(name)) => Some(name),
        _ => None,
    }
}

/// The generated types that the method of an operation names.
#[must_use]
pub fn references(api: &Api, operation: &Operation) -> References {
    let parameters = operation.parameters.iter().map(|parameter| RustType::from_kind(api, &parameter.kind));
    let body = operation.body.as_ref().filter(|body| !is_patch(operation, body)).map(|body| body_type(api, body));
    let mut references = References::default();
    parameters.chain(body).chain(returned_type(api, operation)).for_each(|named| references.add_rust_type(&named));
    references
}

/// What a call gives: a record of a list, the records that a count counts, the whole answer otherwise; `None` for bytes and nothing.
fn returned_type(api: &Api, operation: &Operation) -> Option<RustType> {
    let Answer::Json(shape) = &operation.answer else { return None };
    Some(match (form(operation), RustType::from_shape(api, shape)) {
        // A count of records that are not known takes text alone.
        (Form::Count, _) => counted(api, operation).map_or(RustType::Json, |name| RustType::from_name(api, name)),
        (Form::List, RustType::List(record)) => *record,
        (_, whole) => whole,
    })
}

/// The type of an argument.
fn argument_type(api: &Api, parameter: &Parameter) -> TokenStream {
    let written = RustType::from_kind(api, &parameter.kind).argument_tokens();
    if parameter.in_path || parameter.required { written } else { quote!(Option<#written>) }
}

fn step(parameter: &Parameter, ident: &syn::Ident) -> TokenStream {
    let name = &parameter.name;
    match (parameter.in_path, parameter.required) {
        (_, required) if matches!(parameter.kind, Kind::Object(_)) => {
            let given = if required { quote!(Some(#ident)) } else { quote!(#ident) };
            quote!(.query_object(#given))
        }
        (true, _) => quote!(.path(#ident)),
        (false, true) => quote!(.query(#name, Some(#ident))),
        (false, false) => quote!(.query(#name, #ident)),
    }
}

/// The arguments of a body and the step that sends it.
fn body_argument(api: &Api, operation: &Operation, body: &Body) -> (Vec<TokenStream>, TokenStream) {
    if is_patch(operation, body) {
        return (vec![quote!(patch: &psa::Patch)], quote!(.patch(patch)));
    }
    let body_type = body_type(api, body);
    let carried = body_type.tokens();
    if body.multipart {
        let file = body.shape.schema().and_then(|name| file_member(api, name)).unwrap_or_else(|| "file".to_owned());
        return (vec![quote!(form: &(impl psa::Body<#carried> + ?Sized)), quote!(file: Option<psa::Upload>)], quote!(.multipart(form, #file, file)));
    }
    match (body.required, body_type) {
        (true, RustType::Json) => (vec![quote!(body: &psa::Value)], quote!(.json(body))),
        (true, _) => (vec![quote!(body: &(impl psa::Body<#carried> + ?Sized))], quote!(.json(body))),
        (false, _) => (vec![quote!(body: Option<&#carried>)], quote!(.json_opt(body))),
    }
}

/// Whether a body is a JSON patch, which core has a type for.
fn is_patch(operation: &Operation, body: &Body) -> bool {
    operation.method == "patch" && body.shape == Shape::Many("PatchOperation".to_owned())
}

/// What a body carries. What has no type of its own is sent as JSON.
fn body_type(api: &Api, body: &Body) -> RustType {
    match &body.shape {
        Shape::One(_) | Shape::Many(_) => RustType::from_shape(api, &body.shape),
        Shape::Scalar(_) | Shape::Scalars(_) | Shape::Map(_) | Shape::ManyMaps(_) | Shape::Any | Shape::ManyAny => RustType::Json,
    }
}

/// The member of a form that carries the file.
fn file_member(api: &Api, schema: &str) -> Option<String> {
    let properties = api.schemas.get(schema)?.get("properties")?.as_object()?;
    properties.iter().find(|(_, property)| document::is_binary(property)).map(|(name, _)| name.clone())
}

/// The name of an operation's row in the table: `LIST_TICKETS`.
#[must_use]
pub fn static_name(operation: &Operation) -> syn::Ident {
    format_ident!("{}", operation.name.to_uppercase())
}

/// The row of one operation in the table.
#[must_use]
pub fn row(api: &Api, operation: &Operation) -> TokenStream {
    let Operation { section, name, vendor_id, path, tag, .. } = operation;
    let fact = static_name(operation);
    let method = format_ident!("{}", heck::AsPascalCase(&operation.method).to_string());
    let parameters = operation.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        let location = if parameter.in_path { quote!(Path) } else { quote!(Query) };
        let kind = match &parameter.kind {
            Kind::Integer | Kind::Long => quote!(Integer),
            Kind::Number => quote!(Number),
            Kind::Boolean => quote!(Boolean),
            Kind::Text | Kind::DateTime | Kind::Date | Kind::Uuid => quote!(Text),
            Kind::Enumeration(name) => quote!(Enumeration(#name)),
            Kind::Object(name) => quote!(Object(#name)),
        };
        let required = parameter.required;
        quote!(psa::Parameter { name: #name, location: psa::ParameterLocation::#location, kind: psa::ParameterKind::#kind, required: #required })
    });
    let body = match &operation.body {
        None => quote!(None),
        Some(body) => {
            let type_name = body.shape.schema().unwrap_or("");
            let many = matches!(body.shape, Shape::Many(_) | Shape::ManyMaps(_) | Shape::ManyAny | Shape::Scalars(_));
            let media = if body.multipart { quote!(Multipart) } else { quote!(Json) };
            let required = body.required;
            quote!(Some(psa::BodySpec { type_name: #type_name, many: #many, encoding: psa::BodyEncoding::#media, required: #required }))
        }
    };
    let answer = match &operation.answer {
        Answer::Nothing => quote!(None),
        Answer::Bytes(media) => quote!(Bytes(#media)),
        Answer::Json(Shape::One(name)) if api.schemas.contains_key(name) => quote!(One(#name)),
        Answer::Json(Shape::Many(name)) => quote!(Many(#name)),
        Answer::Json(_) => quote!(Any),
    };
    let query = match operation.query {
        _ if matches!(operation.answer, Answer::Bytes(_)) => quote!(None),
        Query::None => quote!(None),
        Query::Fields => quote!(Fields),
        Query::Count => {
            let records = counted(api, operation).map_or_else(|| quote!(None), |name| quote!(Some(#name)));
            quote!(Count(#records))
        }
        Query::List => quote!(List),
    };
    let paging = if !operation.is_list() || operation.query != Query::List {
        quote!(None)
    } else if NO_FORWARD_ONLY.contains(&operation.path.as_str()) {
        quote!(Page)
    } else {
        quote!(PageOrForward)
    };
    let related = related(api, operation);
    let doc = format!(" `{} {path}`", operation.method.to_uppercase());
    quote! {
        #[doc = #doc]
        pub static #fact: psa::Operation = psa::Operation {
            id: #name, section: #section, vendor_id: #vendor_id, method: psa::Method::#method, path: #path,
            parameters: &[#(#parameters),*], body: #body, response: psa::ResponseKind::#answer, query: psa::QueryKind::#query, paging: psa::Paging::#paging, tag: #tag,
            related: #related,
        };
    }
}

/// The operations on the same records that help this one out: a list's count and search, a record's patch.
fn related(api: &Api, operation: &Operation) -> TokenStream {
    let place = |path: &str| path.trim_end_matches('/').to_ascii_lowercase();
    let at = |method: &str, path: &str| {
        let same = |other: &&Operation| other.section == operation.section && other.method == method && place(&other.path) == path;
        api.operations.iter().find(same)
    };
    let here = place(&operation.path);
    let mut related = Vec::new();
    if operation.method == "get" && operation.is_list() && operation.query == Query::List {
        let count = at("get", &format!("{here}/count")).filter(|count| count.query == Query::Count);
        let search = at("post", &format!("{here}/search")).filter(|search| search.answer == operation.answer);
        related.push(("count", count));
        related.push(("search", search));
    } else if operation.method == "get" && matches!(operation.answer, Answer::Json(Shape::One(_))) {
        related.push(("update", at("patch", &here).filter(|update| update.answer == operation.answer)));
    }
    let related: Vec<_> = related.into_iter().filter_map(|(name, operation)| Some((format_ident!("{name}"), static_name(operation?)))).collect();
    if related.is_empty() {
        return quote!(psa::RelatedOperations::NONE);
    }
    let (names, statics): (Vec<_>, Vec<_>) = related.into_iter().unzip();
    quote!(psa::RelatedOperations { #(#names: Some(&#statics),)* ..psa::RelatedOperations::NONE })
}

/// Lists that are known to ignore forward-only paging. facts: the audit trail; no full list is known, and core notices the others by their answers.
const NO_FORWARD_ONLY: &[&str] = &["/system/audittrail"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn api() -> Api {
        let schemas: BTreeMap<_, _> = [
            ("Ticket", serde_json::json!({"properties": {}})),
            ("Form", serde_json::json!({"properties": {"upload": {"type": "string", "format": "binary"}}})),
            ("Level", serde_json::json!({"enum": ["a"]})),
        ]
        .map(|(name, schema)| (name.to_owned(), schema))
        .into();
        Api { version: "1".into(), operations: Vec::new(), schemas }
    }

    fn operation(method: &str, answer: Answer) -> Operation {
        Operation {
            section: "service".into(),
            name: "do_it".into(),
            vendor_id: "vendorDoIt".into(),
            method: method.into(),
            path: "/service/x/{parentId}".into(),
            tag: "T".into(),
            parameters: vec![Parameter { name: "parentId".into(), argument: "x_id".into(), in_path: true, kind: Kind::Integer, required: true }],
            query: Query::None,
            body: None,
            answer,
            status: "200".into(),
        }
    }

    fn render(operation: &Operation, signature: &str) -> String {
        let api = api();
        method(&api, operation, &syn::parse_str(signature).unwrap()).unwrap().to_string().replace(' ', "")
    }

    #[test]
    fn each_form_is_one_call() {
        let json = |shape| Answer::Json(shape);
        let signature = |answer: &str| format!("async fn service_do_it<'a>(&'a self, parent_id: i32) -> Result<ResponseValue<{answer}>, Error<()>>");
        for (method, answer, query, returned, expected) in [
            (
                "get",
                json(Shape::Many("Ticket".into())),
                Query::List,
                "::std::vec::Vec<types::Ticket>",
                "->psa::List<types::Ticket>{psa::Call::new(&self.connection,&DO_IT).path(x_id).list()}",
            ),
            (
                "get",
                json(Shape::One("Ticket".into())),
                Query::Fields,
                "types::Ticket",
                "->psa::Get<types::Ticket>{psa::Call::new(&self.connection,&DO_IT).path(x_id).get()}",
            ),
            ("get", json(Shape::One("Ticket".into())), Query::Count, "types::Ticket", "->psa::Count<psa::Value>{"),
            ("get", Answer::Bytes("application/pdf".into()), Query::None, "ByteStream", "asyncfndo_it(&self,x_id:i32)->Result<psa::Download,psa::Error>{"),
            ("delete", Answer::Nothing, Query::None, "()", "->Result<(),psa::Error>{psa::Call::new(&self.connection,&DO_IT).path(x_id).finish().await}"),
            ("post", json(Shape::Scalar(Kind::Long)), Query::None, "i64", "->Result<i64,psa::Error>{"),
        ] {
            let mut operation = operation(method, answer);
            operation.query = query;
            let text = render(&operation, &signature(returned));
            assert!(text.contains(expected), "{expected} in {text}");
            assert!(text.contains("#[doc(alias=\"vendorDoIt\")]"), "{text}");
        }
    }

    #[test]
    fn bodies_by_their_kind() {
        let signature = "async fn service_do_it<'a>(&'a self, parent_id: i32, body: &'a types::Ticket) -> Result<ResponseValue<()>, Error<()>>";
        for (method, shape, multipart, required, expected) in [
            ("post", Shape::One("Ticket".into()), false, true, "body:&(implpsa::Body<types::Ticket>+?Sized)"),
            ("post", Shape::Many("Ticket".into()), false, true, "body:&(implpsa::Body<Vec<types::Ticket>>+?Sized)"),
            ("post", Shape::Any, false, false, "body:Option<&psa::Value>"),
            ("patch", Shape::Many("PatchOperation".into()), false, true, "patch:&psa::Patch"),
            ("post", Shape::One("Form".into()), true, true, "form:&(implpsa::Body<types::Form>+?Sized),file:Option<psa::Upload>"),
        ] {
            let mut operation = operation(method, Answer::Nothing);
            operation.body = Some(Body { shape, multipart, required });
            let text = render(&operation, signature);
            assert!(text.contains(expected), "{expected} in {text}");
            if multipart {
                assert!(text.contains(".multipart(form,\"upload\",file)"), "{text}");
            }
        }
    }

    #[test]
    fn query_parameters_and_enums() {
        let mut operation = operation("post", Answer::Nothing);
        operation.parameters.push(Parameter {
            name: "recordType".into(),
            argument: "record_type".into(),
            in_path: false,
            kind: Kind::Enumeration("Level".into()),
            required: false,
        });
        operation.parameters.push(Parameter { name: "url".into(), argument: "url".into(), in_path: false, kind: Kind::Text, required: true });
        let text = render(
            &operation,
            "async fn x<'a>(&'a self, parent_id: i32, record_type: Option<types::Level>, url: &'a str) -> Result<ResponseValue<()>, Error<()>>",
        );
        for expected in ["record_type:Option<&types::Level>", ".query(\"recordType\",record_type)", "url:&str", ".query(\"url\",Some(url))"] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }

    #[test]
    fn a_method_refers_to_the_types_it_names() {
        let mut patched = operation("patch", Answer::Nothing);
        patched.body = Some(Body { shape: Shape::Many("PatchOperation".into()), multipart: false, required: true });
        let mut created = operation("post", Answer::Nothing);
        created.body = Some(Body { shape: Shape::One("Ticket".into()), multipart: false, required: true });
        let mut counted = operation("get", Answer::Json(Shape::One("Ticket".into())));
        counted.query = Query::Count;
        for (operation, expected) in [
            (operation("get", Answer::Json(Shape::Many("Ticket".into()))), "use crate :: types ;"),
            (operation("get", Answer::Json(Shape::Any)), ""),
            (created, "use crate :: types ;"),
            (patched, ""),
            (counted, ""),
        ] {
            assert_eq!(references(&api(), &operation).imports().to_string(), expected, "{operation:?}");
        }
    }

    #[test]
    fn a_signature_that_does_not_fit_is_refused() {
        let (api, operation) = (api(), operation("post", Answer::Nothing));
        for signature in [
            "fn x(&self, parent_id: i32)",
            "fn x(&self) -> Result<ResponseValue<()>, Error<()>>",
            "fn x(&self, other: i32) -> Result<ResponseValue<()>, Error<()>>",
        ] {
            let problems = method(&api, &operation, &syn::parse_str(signature).unwrap()).unwrap_err();
            assert!(problems.to_string().contains("POST /service/x/{parentId} (vendorDoIt)"), "{problems}");
        }
    }

    #[test]
    fn a_count_knows_what_it_counts() {
        let list = |path: &str| Operation { path: path.into(), ..operation("get", Answer::Json(Shape::Many("Ticket".into()))) };
        let api = Api { operations: vec![list("/service/tickets/"), list("/service/tickets/info")], ..api() };
        for (path, counted_record) in [
            ("/service/tickets/count", Some("Ticket")),
            ("/service/Tickets/Count/", Some("Ticket")),
            ("/service/tickets/count/info", Some("Ticket")),
            ("/service/tickets/info/count", Some("Ticket")),
            ("/service/boards/count", None),
            ("/service/tickets", None),
        ] {
            assert_eq!(counted(&api, &list(path)), counted_record, "{path}");
        }
    }

    #[test]
    fn a_list_knows_its_count_and_search_and_a_record_its_patch() {
        let at = |name: &str, method: &str, path: &str, answer, query| Operation { name: name.into(), path: path.into(), query, ..operation(method, answer) };
        let tickets = || Answer::Json(Shape::Many("Ticket".into()));
        let ticket = || Answer::Json(Shape::One("Ticket".into()));
        let operations = vec![
            at("list", "get", "/service/tickets/", tickets(), Query::List),
            at("count", "get", "/service/Tickets/count", Answer::Json(Shape::One("Count".into())), Query::Count),
            at("search", "post", "/service/tickets/search", tickets(), Query::None),
            at("get", "get", "/service/tickets/{id}", ticket(), Query::Fields),
            at("update", "patch", "/service/tickets/{id}", ticket(), Query::None),
            at("list_boards", "get", "/service/boards", tickets(), Query::List),
            at("get_board", "get", "/service/boards/{id}", ticket(), Query::Fields),
            at("update_board", "patch", "/service/boards/{id}", tickets(), Query::None),
        ];
        let api = Api { operations, ..api() };
        for (name, expected) in [
            ("list", "psa::RelatedOperations{count:Some(&COUNT),search:Some(&SEARCH),..psa::RelatedOperations::NONE}"),
            ("get", "psa::RelatedOperations{update:Some(&UPDATE),..psa::RelatedOperations::NONE}"),
            ("count", "psa::RelatedOperations::NONE"),
            ("search", "psa::RelatedOperations::NONE"),
            ("update", "psa::RelatedOperations::NONE"),
            ("list_boards", "psa::RelatedOperations::NONE"),
            ("get_board", "psa::RelatedOperations::NONE"),
        ] {
            let operation = api.operations.iter().find(|operation| operation.name == name).unwrap();
            assert_eq!(related(&api, operation).to_string().replace(' ', ""), expected, "{name}");
        }
    }

    #[test]
    fn a_row_holds_the_facts() {
        let mut operation = operation("get", Answer::Json(Shape::Many("Ticket".into())));
        operation.query = Query::List;
        let text = row(&api(), &operation).to_string().replace(' ', "");
        for expected in [
            "pubstaticDO_IT:psa::Operation",
            "vendor_id:\"vendorDoIt\"",
            "psa::ResponseKind::Many(\"Ticket\")",
            "psa::Paging::PageOrForward",
            "psa::QueryKind::List",
            "name:\"parentId\",location:psa::ParameterLocation::Path",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}
