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

/// The methods of one operation: one with what it needs and, where it takes optional query parameters, a second one
/// with those. A parameter that a later version adds then breaks no caller.
///
/// # Errors
/// A signature of progenitor's that does not fit the description.
pub fn methods(api: &Api, operation: &Operation, signature: &Signature) -> Result<TokenStream, Problems> {
    signature::check(operation, signature)?;
    let (vendor_id, ident) = (&operation.vendor_id, format_ident!("{}", operation.name));
    let mut arguments = Vec::new();
    let mut steps = Vec::new();
    for parameter in operation.parameters.iter().filter(|parameter| !is_optional(parameter)) {
        let ident = format_ident!("{}", parameter.argument);
        let rust = RustType::from_kind(api, &parameter.kind).argument_tokens();
        arguments.push(quote!(#ident: #rust));
        steps.push(step(parameter, &quote!(#ident)));
    }
    let (more, body) = operation.body.as_ref().map(|body| body_argument(api, operation, body)).unzip();
    let more: Vec<TokenStream> = more.unwrap_or_default();
    let fact = static_name(operation);
    let (returned, finish) = finish(api, operation);
    let doc = docs::operation(operation);
    // Every method is #[inline], so that none is compiled before it is called.
    let plain = quote! {
        #(#[doc = #doc])*
        #[doc(alias = #vendor_id)]
        #[inline]
        pub fn #ident(&self, #(#arguments,)* #(#more),*) -> #returned {
            psa::RequestBuilder::new(&self.connection, &#fact) #(#steps)* #body #finish
        }
    };
    let Some(parameters) = optional_parameters_type(operation) else { return Ok(plain) };
    let with = format_ident!("{}_with", operation.name);
    let optional = operation.parameters.iter().filter(|parameter| is_optional(parameter)).map(|parameter| {
        let ident = format_ident!("{}", parameter.argument);
        step(parameter, &quote!(parameters.#ident.as_ref()))
    });
    let doc = format!(" [`{ident}`](Self::{ident}) with its optional query parameters.");
    Ok(quote! {
        #plain
        #[doc = #doc]
        #[inline]
        pub fn #with(&self, #(#arguments,)* #(#more,)* parameters: &#parameters) -> #returned {
            psa::RequestBuilder::new(&self.connection, &#fact) #(#steps)* #(#optional)* #body #finish
        }
    })
}

/// The type that a method returns, and the step that finishes its request.
fn finish(api: &Api, operation: &Operation) -> (TokenStream, TokenStream) {
    let returned = returned_type(api, operation).map(|returned| returned.tokens());
    match form(operation) {
        Form::List => (quote!(psa::List<#returned>), quote!(.list())),
        Form::Get => (quote!(psa::Get<#returned>), quote!(.get())),
        Form::Count => (quote!(psa::Count<#returned>), quote!(.count())),
        Form::Download => (quote!(psa::Call<psa::Download>), quote!(.download())),
        Form::Empty => (quote!(psa::Call<()>), quote!(.empty())),
        // Serde's own numbers are stricter than properties are.
        Form::Value if matches!(operation.answer, Answer::Json(Shape::Scalar(_))) => {
            (quote!(psa::Call<#returned>), quote!(.scalar()))
        }
        Form::Value => (quote!(psa::Call<#returned>), quote!(.value())),
    }
}

/// Whether a caller may leave a parameter out. Those of the path cannot be left out.
#[must_use]
pub fn is_optional(parameter: &Parameter) -> bool {
    !parameter.in_path && !parameter.required
}

/// The name of the struct with the optional query parameters of an operation; `None` when it takes none.
#[must_use]
pub fn optional_parameters_type(operation: &Operation) -> Option<syn::Ident> {
    let takes_some = operation.parameters.iter().any(is_optional);
    takes_some.then(|| format_ident!("{}Parameters", heck::AsPascalCase(&operation.name).to_string()))
}

/// The struct with the optional query parameters of an operation; nothing when it takes none. Its fields are private,
/// so that setters are the one way to set them.
#[must_use]
pub fn optional_parameters(api: &Api, operation: &Operation) -> TokenStream {
    let Some(ident) = optional_parameters_type(operation) else { return TokenStream::new() };
    let method = format!("{}_with", operation.name);
    let doc = format!(" The optional query parameters of [`Client::{method}`]. What is not set is not sent.");
    let parameters = || operation.parameters.iter().filter(|parameter| is_optional(parameter));
    let fields = parameters().map(|parameter| {
        let (ident, rust) =
            (format_ident!("{}", parameter.argument), RustType::from_kind(api, &parameter.kind).tokens());
        quote!(#ident: Option<#rust>)
    });
    let setters = parameters().map(|parameter| {
        let (ident, rust) = (format_ident!("{}", parameter.argument), RustType::from_kind(api, &parameter.kind));
        let doc = format!(" Sets `{}` of the query.", parameter.name);
        let written = rust.tokens();
        let (argument, value) = if rust.is_taken_by_conversion() {
            (quote!(impl Into<#written>), quote!(#ident.into()))
        } else {
            (written, quote!(#ident))
        };
        quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #ident(mut self, #ident: #argument) -> Self { self.#ident = Some(#value); self }
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct #ident { #(#fields),* }
        impl #ident {
            /// None is set.
            #[must_use]
            pub fn new() -> Self { Self::default() }
            #(#setters)*
        }
    }
}

/// How an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A list.
    List,
    /// The reading of a record.
    Get,
    /// A count.
    Count,
    /// A call that responds with a file.
    Download,
    /// A call whose response holds nothing of interest.
    Empty,
    /// A call that responds with a value.
    Value,
}

/// The form of an operation, from its method and answer.
#[must_use]
pub fn form(operation: &Operation) -> Form {
    match &operation.answer {
        Answer::Nothing => Form::Empty,
        Answer::Bytes(_) => Form::Download,
        Answer::Json(_) if operation.is_list() => Form::List,
        Answer::Json(_) if operation.query == Query::Count => Form::Count,
        Answer::Json(_) if operation.method == "get" => Form::Get,
        Answer::Json(_) => Form::Value,
    }
}

/// The schema of the records that a count counts: those of the list whose path this is but for `/count`. Some counts
/// have no such list.
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

/// What a call gives: a record of a list, the records that a count counts, the whole answer otherwise; `None` for bytes
/// and nothing.
fn returned_type(api: &Api, operation: &Operation) -> Option<RustType> {
    let Answer::Json(shape) = &operation.answer else { return None };
    Some(match (form(operation), RustType::from_shape(api, shape)) {
        // A count of records that are not known takes text alone.
        (Form::Count, _) => counted(api, operation).map_or(RustType::Json, |name| RustType::from_name(api, name)),
        (Form::List, RustType::List(record)) => *record,
        (_, whole) => whole,
    })
}

/// The step that adds a parameter. A value that can be left out is an `Option` of a reference.
fn step(parameter: &Parameter, value: &TokenStream) -> TokenStream {
    let name = &parameter.name;
    match (parameter.in_path, &parameter.kind) {
        (true, _) => quote!(.path(#value)),
        (false, Kind::Object(_)) if parameter.required => quote!(.query_object(Some(#value))),
        (false, Kind::Object(_)) => quote!(.query_object(#value)),
        (false, _) if parameter.required => quote!(.query(#name, Some(#value))),
        (false, _) => quote!(.query(#name, #value)),
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
        return (
            vec![quote!(form: &(impl psa::Body<#carried> + ?Sized)), quote!(file: Option<psa::Upload>)],
            quote!(.multipart(form, #file, file)),
        );
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
        Shape::Scalar(_) | Shape::Scalars(_) | Shape::Map(_) | Shape::ManyMaps(_) | Shape::Any | Shape::ManyAny => {
            RustType::Json
        }
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
        let location = match (parameter.in_path, parameter.required) {
            (true, _) => quote!(path),
            (false, true) => quote!(required_query),
            (false, false) => quote!(query),
        };
        let kind = match &parameter.kind {
            Kind::Integer | Kind::Long => quote!(Integer),
            Kind::Number => quote!(Number),
            Kind::Boolean => quote!(Boolean),
            Kind::Text | Kind::DateTime | Kind::Date | Kind::Uuid => quote!(Text),
            Kind::Enumeration(name) => quote!(Enumeration(#name)),
            Kind::Object(name) => quote!(Object(#name)),
        };
        quote!(psa::Parameter::#location(#name, psa::ParameterKind::#kind))
    });
    let body = operation.body.as_ref().map(|body| {
        let type_name = body.shape.schema().unwrap_or("");
        let many = matches!(body.shape, Shape::Many(_) | Shape::ManyMaps(_) | Shape::ManyAny | Shape::Scalars(_));
        let media = if body.multipart { quote!(Multipart) } else { quote!(Json) };
        let many = many.then(|| quote!(.many()));
        let optional = (!body.required).then(|| quote!(.optional()));
        quote!(.with_body(psa::BodySpec::new(#type_name, psa::BodyEncoding::#media) #many #optional))
    });
    let answer = match &operation.answer {
        Answer::Nothing => quote!(None),
        Answer::Bytes(media) => quote!(Bytes(#media)),
        Answer::Json(Shape::One(name)) if api.schemas.contains_key(name) => quote!(One(#name)),
        Answer::Json(Shape::Many(name)) => quote!(Many(#name)),
        Answer::Json(_) => quote!(Any),
    };
    let query = match operation.query {
        _ if matches!(operation.answer, Answer::Bytes(_)) => None,
        Query::None => None,
        Query::Fields => Some(quote!(Fields)),
        Query::Count => {
            let records = counted(api, operation).map_or_else(|| quote!(None), |name| quote!(Some(#name)));
            Some(quote!(Count(#records)))
        }
        Query::List => Some(quote!(List)),
    };
    let parameters = (!operation.parameters.is_empty()).then(|| quote!(.with_parameters(&[#(#parameters),*])));
    let paging = if !operation.is_list() || operation.query != Query::List {
        quote!(None)
    } else if NO_FORWARD_ONLY.contains(&operation.path.as_str()) {
        quote!(Page)
    } else {
        quote!(PageOrForward)
    };
    let query = query.map(|query| quote!(.with_query(psa::QueryKind::#query, psa::Paging::#paging)));
    let related = related(api, operation);
    let doc = format!(" `{} {path}`", operation.method.to_uppercase());
    quote! {
        #[doc = #doc]
        pub static #fact: psa::Operation =
            psa::Operation::new(#section, #name, #vendor_id, psa::Method::#method, #path, psa::ResponseKind::#answer)
                #parameters #body #query #related .with_tag(#tag);
    }
}

/// The step that adds the operations on the same records: a list's count and search, a record's patch.
fn related(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let place = |path: &str| path.trim_end_matches('/').to_ascii_lowercase();
    let at = |method: &str, path: &str| {
        let same = |other: &&Operation| {
            other.section == operation.section && other.method == method && place(&other.path) == path
        };
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
    let related: Vec<_> = related
        .into_iter()
        .filter_map(|(name, operation)| Some((format_ident!("with_{name}"), static_name(operation?))))
        .collect();
    let (setters, statics): (Vec<_>, Vec<_>) = related.into_iter().unzip();
    (!setters.is_empty()).then(|| quote!(.with_related(psa::RelatedOperations::NONE #(.#setters(&#statics))*)))
}

/// Lists that are known to ignore forward-only paging. facts: the audit trail; no full list is known, and core notices
/// the others by their answers.
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
            parameters: vec![Parameter {
                name: "parentId".into(),
                argument: "x_id".into(),
                in_path: true,
                kind: Kind::Integer,
                required: true,
            }],
            query: Query::None,
            body: None,
            answer,
            status: "200".into(),
        }
    }

    fn render(operation: &Operation, signature: &str) -> String {
        let api = api();
        methods(&api, operation, &syn::parse_str(signature).unwrap()).unwrap().to_string().replace(' ', "")
    }

    #[test]
    fn each_form_is_one_call() {
        let json = |shape| Answer::Json(shape);
        let signature = |answer: &str| {
            format!(
                "async fn service_do_it<'a>(&'a self, parent_id: i32) -> Result<ResponseValue<{answer}>, Error<()>>"
            )
        };
        for (method, answer, query, returned, expected) in [
            (
                "get",
                json(Shape::Many("Ticket".into())),
                Query::List,
                "::std::vec::Vec<types::Ticket>",
                "->psa::List<types::Ticket>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).list()}",
            ),
            (
                "get",
                json(Shape::One("Ticket".into())),
                Query::Fields,
                "types::Ticket",
                "->psa::Get<types::Ticket>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).get()}",
            ),
            ("get", json(Shape::One("Ticket".into())), Query::Count, "types::Ticket", "->psa::Count<psa::Value>{"),
            (
                "get",
                Answer::Bytes("application/pdf".into()),
                Query::None,
                "ByteStream",
                "#[inline]pubfndo_it(&self,x_id:i32,)->psa::Call<psa::Download>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).download()}",
            ),
            (
                "delete",
                Answer::Nothing,
                Query::None,
                "()",
                "->psa::Call<()>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).empty()}",
            ),
            (
                "post",
                json(Shape::Scalar(Kind::Long)),
                Query::None,
                "i64",
                "->psa::Call<i64>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).scalar()}",
            ),
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
            (
                "post",
                Shape::One("Form".into()),
                true,
                true,
                "form:&(implpsa::Body<types::Form>+?Sized),file:Option<psa::Upload>",
            ),
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
        operation.parameters.push(Parameter {
            name: "url".into(),
            argument: "url".into(),
            in_path: false,
            kind: Kind::Text,
            required: true,
        });
        let text = render(
            &operation,
            "async fn x<'a>(&'a self, parent_id: i32, record_type: Option<types::Level>, url: &'a str) -> Result<ResponseValue<()>, Error<()>>",
        );
        for expected in [
            "pubfndo_it(&self,x_id:i32,url:&str,)",
            ".query(\"url\",Some(url))",
            "pubfndo_it_with(&self,x_id:i32,url:&str,parameters:&DoItParameters)",
            ".query(\"recordType\",parameters.record_type.as_ref())",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        let parameters = optional_parameters(&api(), &operation).to_string().replace(' ', "");
        for expected in
            ["pubstructDoItParameters{record_type:Option<types::Level>}", "record_type:implInto<types::Level>"]
        {
            assert!(parameters.contains(expected), "{expected} in {parameters}");
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
            let problems = methods(&api, &operation, &syn::parse_str(signature).unwrap()).unwrap_err();
            assert!(problems.to_string().contains("POST /service/x/{parentId} (vendorDoIt)"), "{problems}");
        }
    }

    #[test]
    fn a_count_knows_what_it_counts() {
        let list = |path: &str| Operation {
            path: path.into(),
            ..operation("get", Answer::Json(Shape::Many("Ticket".into())))
        };
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
        let at = |name: &str, method: &str, path: &str, answer, query| Operation {
            name: name.into(),
            path: path.into(),
            query,
            ..operation(method, answer)
        };
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
            ("list", ".with_related(psa::RelatedOperations::NONE.with_count(&COUNT).with_search(&SEARCH))"),
            ("get", ".with_related(psa::RelatedOperations::NONE.with_update(&UPDATE))"),
            ("count", ""),
            ("search", ""),
            ("update", ""),
            ("list_boards", ""),
            ("get_board", ""),
        ] {
            let operation = api.operations.iter().find(|operation| operation.name == name).unwrap();
            assert_eq!(related(&api, operation).unwrap_or_default().to_string().replace(' ', ""), expected, "{name}");
        }
    }

    #[test]
    fn a_row_holds_the_facts() {
        let mut operation = operation("get", Answer::Json(Shape::Many("Ticket".into())));
        operation.query = Query::List;
        let text = row(&api(), &operation).to_string().replace(' ', "");
        for expected in [
            "pubstaticDO_IT:psa::Operation",
            "psa::Operation::new(\"service\",\"do_it\",\"vendorDoIt\",",
            "psa::ResponseKind::Many(\"Ticket\")",
            "psa::Paging::PageOrForward",
            "psa::QueryKind::List",
            "psa::Parameter::path(\"parentId\",psa::ParameterKind::Integer)",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}
