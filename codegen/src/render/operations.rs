//! Generates the methods of the operations, each of which calls core, and the table of operations.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::document::LIST_PARAMETERS;
use crate::model::{Api, Body, Operation, Parameter, Query, ResponseBody, SchemaKind, Shape, ValueType};
use crate::problem::Problems;
use crate::render::code::References;
use crate::render::collections::Collection;
use crate::render::docs::context::Context;
use crate::render::docs::lines::wrapped;
use crate::render::docs::operations as documentation;
use crate::render::rust_type::RustType;
use crate::render::signature;

/// The signature of an operation's method, as tokens. `_with` also takes the optional parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The arguments for the parameters that every call has to pass: the name and the type of each.
    pub arguments: Vec<(String, String)>,
    /// The arguments for the body: the name and the type of each.
    pub body: Vec<(String, String)>,
    /// The setters of the optional parameters: the name, and the type of the argument, of each.
    pub options: Vec<(String, String)>,
    /// The type that the method returns.
    pub returned: String,
}

/// Returns the signature of the method that is generated for an operation.
#[must_use]
pub fn signature(api: &Api, operation: &Operation) -> Signature {
    let text = |parts: Vec<(syn::Ident, TokenStream)>| {
        parts.into_iter().map(|(ident, tokens)| (ident.to_string(), tokens.to_string())).collect()
    };
    let body = operation.body.as_ref().map(|body| body_arguments(api, operation, body).0);
    let options = operation.parameters.iter().filter(|parameter| is_optional(parameter));
    Signature {
        arguments: text(arguments(api, operation)),
        body: text(body.unwrap_or_default()),
        options: text(
            options.map(|parameter| (format_ident!("{}", parameter.argument), setter(api, parameter).0)).collect(),
        ),
        returned: finish(api, operation).0.to_string(),
    }
}

/// Returns the arguments for the parameters that every call has to pass.
fn arguments(api: &Api, operation: &Operation) -> Vec<(syn::Ident, TokenStream)> {
    let required = operation.parameters.iter().filter(|parameter| !is_optional(parameter));
    required
        .map(|parameter| {
            let rust = RustType::from_value_type(api, &parameter.value_type).argument_tokens();
            (format_ident!("{}", parameter.argument), rust)
        })
        .collect()
}

/// The note of a deprecated item.
const DEPRECATED: &str = "the vendor's OpenAPI document marks it as deprecated";

/// Returns the attribute of a deprecated item, or nothing.
#[must_use]
pub fn deprecation(is_deprecated: bool) -> Option<TokenStream> {
    is_deprecated.then(|| quote!(#[deprecated = #DEPRECATED]))
}

/// Returns the methods of one operation: one with the required arguments and, if the operation takes optional query
/// parameters, a second one (`…_with`) that also takes those. A new optional parameter therefore does not break
/// callers.
///
/// # Errors
/// Fails if progenitor's signature does not match the operation.
pub fn methods(
    context: &Context<'_>,
    operation: &Operation,
    signature: &syn::Signature,
) -> Result<TokenStream, Problems> {
    signature::check(operation, signature)?;
    let api = context.api;
    let (vendor_id, ident) = (&operation.vendor_id, format_ident!("{}", operation.name));
    let required = operation.parameters.iter().filter(|parameter| !is_optional(parameter));
    let steps: Vec<TokenStream> = required
        .map(|parameter| {
            let ident = format_ident!("{}", parameter.argument);
            step(parameter, &quote!(#ident))
        })
        .collect();
    let (body_arguments, body) = operation.body.as_ref().map(|body| body_arguments(api, operation, body)).unzip();
    let arguments: Vec<TokenStream> = arguments(api, operation)
        .into_iter()
        .chain(body_arguments.into_iter().flatten())
        .map(|(ident, rust)| quote!(#ident: #rust))
        .collect();
    let table_entry = static_name(operation);
    let (returned, finish) = finish(api, operation);
    let doc = documentation::operation(context, operation).attributes(4);
    let deprecated = deprecation(operation.annotations.deprecated);
    // With `#[inline]`, the compiler generates code for a method only in programs that call it.
    let plain = quote! {
        #doc
        #[doc(alias = #vendor_id)]
        #deprecated
        #[inline]
        pub fn #ident(&self, #(#arguments),*) -> #returned {
            psa::RequestBuilder::new(&self.connection, &#table_entry) #(#steps)* #body #finish
        }
    };
    let Some(parameters) = optional_parameters_type(operation) else { return Ok(plain) };
    let with = format_ident!("{}_with", operation.name);
    let optional = operation.parameters.iter().filter(|parameter| is_optional(parameter)).map(|parameter| {
        let ident = format_ident!("{}", parameter.argument);
        step(parameter, &quote!(parameters.#ident.as_ref()))
    });
    let doc = wrapped(&format!("[`{ident}`](Self::{ident}) with optional query parameters."), 4);
    Ok(quote! {
        #plain
        #(#[doc = #doc])*
        #deprecated
        #[inline]
        pub fn #with(&self, #(#arguments,)* parameters: &#parameters) -> #returned {
            psa::RequestBuilder::new(&self.connection, &#table_entry) #(#steps)* #(#optional)* #body #finish
        }
    })
}

/// Returns the type that a method returns, and the `RequestBuilder` call that makes a value of this type.
fn finish(api: &Api, operation: &Operation) -> (TokenStream, TokenStream) {
    let returned = returned_type(api, operation).map(|returned| returned.tokens());
    match call_type(operation) {
        CallType::List => (quote!(psa::List<#returned>), quote!(.list())),
        CallType::Get => (quote!(psa::Get<#returned>), quote!(.get())),
        CallType::Count => (quote!(psa::Count<#returned>), quote!(.count())),
        CallType::Download => (quote!(psa::Call<psa::Download>), quote!(.download())),
        CallType::Empty => (quote!(psa::Call<()>), quote!(.empty())),
        // `scalar` decodes a string, number or boolean as leniently as a field of a record; `value` would use serde's
        // stricter decoding.
        CallType::Value if matches!(operation.response, ResponseBody::Json(Shape::Scalar(_))) => {
            (quote!(psa::Call<#returned>), quote!(.scalar()))
        }
        CallType::Value => (quote!(psa::Call<#returned>), quote!(.value())),
    }
}

/// Returns whether a caller can leave a parameter out. Path parameters are always required.
#[must_use]
pub fn is_optional(parameter: &Parameter) -> bool {
    !parameter.in_path && !parameter.required
}

/// Returns the name of the struct with the optional query parameters of an operation, or `None` if it takes none.
#[must_use]
pub fn optional_parameters_type(operation: &Operation) -> Option<syn::Ident> {
    let takes_some = operation.parameters.iter().any(is_optional);
    takes_some.then(|| format_ident!("{}Parameters", heck::AsPascalCase(&operation.name).to_string()))
}

/// Returns the struct with the optional query parameters of an operation, or nothing if it takes none. Its fields are
/// private; setters set them.
#[must_use]
pub fn optional_parameters(api: &Api, operation: &Operation) -> TokenStream {
    let Some(ident) = optional_parameters_type(operation) else { return TokenStream::new() };
    let method = format!("{}_with", operation.name);
    let doc = wrapped(
        &format!("The optional query parameters of [`Client::{method}`]. Only those that you set are sent."),
        0,
    );
    let parameters = || operation.parameters.iter().filter(|parameter| is_optional(parameter));
    let fields = parameters().map(|parameter| {
        let (ident, rust) =
            (format_ident!("{}", parameter.argument), RustType::from_value_type(api, &parameter.value_type).tokens());
        quote!(#ident: Option<#rust>)
    });
    let setters = parameters().map(|parameter| {
        let ident = format_ident!("{}", parameter.argument);
        let doc = format!(" Sets the query parameter `{}`.", parameter.name);
        let (argument, value) = setter(api, parameter);
        let deprecated = deprecation(operation.annotations.deprecated_parameters.contains(&parameter.name));
        quote! {
            #[doc = #doc]
            #deprecated
            #[must_use]
            pub fn #ident(mut self, #ident: #argument) -> Self { self.#ident = Some(#value); self }
        }
    });
    quote! {
        #(#[doc = #doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct #ident { #(#fields),* }
        impl #ident {
            /// Creates a value in which no parameter is set.
            #[must_use]
            pub fn new() -> Self { Self::default() }
            #(#setters)*
        }
    }
}

/// Returns the type of the argument of an optional parameter's setter, and the value to store.
fn setter(api: &Api, parameter: &Parameter) -> (TokenStream, TokenStream) {
    let (ident, rust) =
        (format_ident!("{}", parameter.argument), RustType::from_value_type(api, &parameter.value_type));
    let owned = rust.tokens();
    if rust.accepts_conversion() { (quote!(impl Into<#owned>), quote!(#ident.into())) } else { (owned, quote!(#ident)) }
}

/// The type of call that an operation needs. It decides what its method returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallType {
    /// A list.
    List,
    /// A GET of one record, or of other JSON that is not a list.
    Get,
    /// A count.
    Count,
    /// A call that returns a file.
    Download,
    /// A call without a response body.
    Empty,
    /// Any other call that returns JSON.
    Value,
}

/// Returns the call type of an operation.
#[must_use]
pub fn call_type(operation: &Operation) -> CallType {
    match &operation.response {
        ResponseBody::Empty => CallType::Empty,
        ResponseBody::Bytes(_) => CallType::Download,
        ResponseBody::Json(_) if operation.is_list() => CallType::List,
        ResponseBody::Json(_) if operation.query == Query::Count => CallType::Count,
        ResponseBody::Json(_) if operation.method == "get" => CallType::Get,
        ResponseBody::Json(_) => CallType::Value,
    }
}

/// Returns the generated types that the method of an operation refers to.
#[must_use]
pub fn references(api: &Api, operation: &Operation) -> References {
    let parameters = operation.parameters.iter().map(|parameter| RustType::from_value_type(api, &parameter.value_type));
    let body = operation.body.as_ref().filter(|_| !operation.takes_patch()).map(|body| body_type(api, body));
    let mut references = References::default();
    parameters
        .chain(body)
        .chain(returned_type(api, operation))
        .for_each(|rust_type| references.add_rust_type(&rust_type));
    references
}

/// Returns the type argument of the method's return type (`T` in `List<T>` or `Call<T>`): the records of a list, the
/// records that a count counts, otherwise the response body. `None` for bytes and for an empty body.
fn returned_type(api: &Api, operation: &Operation) -> Option<RustType> {
    let ResponseBody::Json(shape) = &operation.response else { return None };
    Some(match (call_type(operation), RustType::from_shape(api, shape)) {
        // Without the schema of its records, a count accepts only conditions as text.
        (CallType::Count, _) => {
            api.counted_schema(operation).map_or(RustType::Json, |name| RustType::from_name(api, name))
        }
        (CallType::List, RustType::List(record)) => *record,
        (_, whole) => whole,
    })
}

/// Returns the `RequestBuilder` call that adds a parameter, such as `.path(id)`. For an optional parameter, `value` has
/// the type `Option<&T>`.
fn step(parameter: &Parameter, value: &TokenStream) -> TokenStream {
    let name = &parameter.name;
    match (parameter.in_path, &parameter.value_type) {
        (true, _) => quote!(.path(#value)),
        (false, ValueType::Object(_)) if parameter.required => quote!(.query_object(Some(#value))),
        (false, ValueType::Object(_)) => quote!(.query_object(#value)),
        (false, _) if parameter.required => quote!(.query(#name, Some(#value))),
        (false, _) => quote!(.query(#name, #value)),
    }
}

/// Returns the arguments of the method that make up the body, and the `RequestBuilder` call that sets the body.
fn body_arguments(api: &Api, operation: &Operation, body: &Body) -> (Vec<(syn::Ident, TokenStream)>, TokenStream) {
    let argument = |name: &str, rust: TokenStream| (format_ident!("{name}"), rust);
    if operation.takes_patch() {
        return (vec![argument("patch", quote!(&psa::Patch))], quote!(.patch(patch)));
    }
    let body_type = body_type(api, body);
    let rust_type = body_type.tokens();
    if body.multipart {
        let form = argument("form", quote!(&(impl psa::Body<#rust_type> + ?Sized)));
        return match body.file_part(api) {
            Some(part) => {
                (vec![form, argument("file", quote!(Option<psa::Upload>))], quote!(.multipart(form, #part, file)))
            }
            None => (vec![form], quote!(.multipart(form, "", None))),
        };
    }
    match (body.required, body_type) {
        (true, RustType::Json) => (vec![argument("body", quote!(&psa::Value))], quote!(.json(body))),
        (true, _) => (vec![argument("body", quote!(&(impl psa::Body<#rust_type> + ?Sized)))], quote!(.json(body))),
        (false, _) => (vec![argument("body", quote!(Option<&#rust_type>))], quote!(.json_opt(body))),
    }
}

/// Returns the type of a body. A body without a named schema is any JSON.
fn body_type(api: &Api, body: &Body) -> RustType {
    match &body.shape {
        // An enum is not an object of core, as a body has to be.
        Shape::One(name) if api.schema_kind(name) == SchemaKind::Enumeration => RustType::Json,
        Shape::One(_) | Shape::Many(_) => RustType::from_shape(api, &body.shape),
        _ => RustType::Json,
    }
}

/// Returns the name of an operation's entry in the table: `LIST_TICKETS`.
#[must_use]
pub fn static_name(operation: &Operation) -> syn::Ident {
    format_ident!("{}", operation.name.to_uppercase())
}

/// Returns whether a list has no forward-only paging: it does not take the parameter, or ignores it.
#[must_use]
pub fn has_only_page_numbers(operation: &Operation) -> bool {
    operation.annotations.without.iter().any(|name| name == "pageId")
        || NO_FORWARD_ONLY.contains(&operation.path.as_str())
}

/// Returns the entry of one operation in the table.
#[must_use]
pub fn table_entry(api: &Api, collection: &Collection<'_>, operation: &Operation) -> TokenStream {
    let Operation { section, name, vendor_id, path, tag, .. } = operation;
    let table_entry = static_name(operation);
    let method = format_ident!("{}", heck::AsPascalCase(&operation.method).to_string());
    let parameters = operation.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        let location = match (parameter.in_path, parameter.required) {
            (true, _) => quote!(path),
            (false, true) => quote!(required_query),
            (false, false) => quote!(query),
        };
        let parameter_kind = match &parameter.value_type {
            ValueType::Integer | ValueType::Long => quote!(Integer),
            ValueType::Number => quote!(Number),
            ValueType::Boolean => quote!(Boolean),
            ValueType::String | ValueType::DateTime | ValueType::Date | ValueType::Uuid => quote!(Text),
            ValueType::Enumeration(name) => quote!(Enumeration(#name)),
            ValueType::Object(name) => quote!(Object(#name)),
        };
        quote!(psa::Parameter::#location(#name, psa::ParameterKind::#parameter_kind))
    });
    let body = operation.body.as_ref().map(|body| {
        let type_name = body.shape.schema().filter(|_| !matches!(body.shape, Shape::Lists(_) | Shape::Maps(_)));
        let type_name = type_name.unwrap_or("");
        let many = matches!(
            body.shape,
            Shape::Many(_) | Shape::ManyMaps(_) | Shape::ManyAny | Shape::Scalars(_) | Shape::Lists(_)
        );
        let media = if body.multipart { quote!(Multipart) } else { quote!(Json) };
        let many = many.then(|| quote!(.many()));
        let optional = (!body.required).then(|| quote!(.optional()));
        quote!(.with_body(psa::BodySpec::new(#type_name, psa::BodyEncoding::#media) #many #optional))
    });
    let response = match &operation.response {
        ResponseBody::Empty => quote!(None),
        ResponseBody::Bytes(media) => quote!(Bytes(#media)),
        ResponseBody::Json(Shape::One(name)) if api.schemas.contains_key(name) => quote!(One(#name)),
        ResponseBody::Json(Shape::Many(name)) => quote!(Many(#name)),
        ResponseBody::Json(_) => quote!(Any),
    };
    let query = match operation.query {
        _ if matches!(operation.response, ResponseBody::Bytes(_)) => None,
        Query::None => None,
        Query::Fields => Some(quote!(Fields)),
        Query::Count => {
            let records = api.counted_schema(operation).map_or_else(|| quote!(None), |name| quote!(Some(#name)));
            Some(quote!(Count(#records)))
        }
        Query::List => Some(quote!(List)),
    };
    let parameters = (!operation.parameters.is_empty()).then(|| quote!(.with_parameters(&[#(#parameters),*])));
    let lacks = |name: &str| operation.annotations.without.iter().any(|other| other == name);
    let paging = if !operation.is_list() || operation.query != Query::List || lacks("page") && lacks("pageId") {
        quote!(None)
    } else if has_only_page_numbers(operation) {
        quote!(Page)
    } else {
        quote!(PageOrForward)
    };
    let without = missing_list_parameters(operation);
    let without = (!without.is_empty()).then(|| quote!(.without(&[#(#without),*])));
    let query = query.map(|query| quote!(.with_query(psa::QueryKind::#query, psa::Paging::#paging)));
    let related = related(api, operation);
    let identified = returns_identified_records(api, operation).then(|| quote!(.identified()));
    let doc = format!(" `{} {path}`", operation.method.to_uppercase());
    let collection = &collection.name;
    quote! {
        #[doc = #doc]
        pub static #table_entry: psa::Operation =
            psa::Operation::new(#section, #name, #vendor_id, psa::Method::#method, #path, psa::ResponseKind::#response)
                #parameters #body #identified #query #without #related .with_tag(#tag).in_collection(#collection);
    }
}

/// Returns the list parameters for which the returned call has methods, but which the operation does not take.
#[must_use]
pub fn missing_list_parameters(operation: &Operation) -> Vec<&str> {
    if operation.is_list() && operation.query == Query::None {
        return LIST_PARAMETERS.to_vec();
    }
    operation.annotations.without.iter().map(String::as_str).collect()
}

/// Returns the list parameters that an operation takes. A response in bytes takes none, even if the document lists some.
#[must_use]
pub fn list_parameters(operation: &Operation) -> Vec<&'static str> {
    let accepted: &[&str] = match operation.query {
        _ if matches!(operation.response, ResponseBody::Bytes(_)) => &[],
        Query::None => &[],
        Query::Fields => &["fields"],
        Query::Count => &["conditions", "childConditions", "customFieldConditions"],
        Query::List => &LIST_PARAMETERS,
    };
    accepted.iter().filter(|name| !operation.annotations.without.iter().any(|other| other == *name)).copied().collect()
}

/// Returns whether the response is a list of records with an `id`, or one such record: the record that `{id}` or another
/// name in the path stands for, or a new record of the list at this path. The record in the response of any other
/// operation, such as a template of defaults, need not be stored.
fn returns_identified_records(api: &Api, operation: &Operation) -> bool {
    let ResponseBody::Json(Shape::One(name) | Shape::Many(name)) = &operation.response else { return false };
    let has_id = api.schemas.get(name).and_then(|schema| schema.get("properties")?.get("id")).is_some();
    let path = operation.path.trim_end_matches('/');
    let is_list_of_same =
        |other: &Operation| other.method == "get" && other.path.trim_end_matches('/') == path && other.is_list();
    has_id
        && match operation.method.as_str() {
            _ if operation.is_list() => true,
            "get" => path.ends_with('}') || path.ends_with("/{id}/info"),
            "put" | "patch" => path.ends_with("/{id}"),
            "post" => api.operations.iter().any(is_list_of_same),
            _ => false,
        }
}

/// Returns the step that adds the operations on the same records.
fn related(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let related = related_operations(api, operation);
    let (setters, statics): (Vec<_>, Vec<_>) =
        related.into_iter().map(|(name, operation)| (format_ident!("with_{name}"), static_name(operation))).unzip();
    (!setters.is_empty()).then(|| quote!(.with_related(psa::RelatedOperations::NONE #(.#setters(&super::#statics))*)))
}

/// Returns the operations on the same records: the count and search of a list, the update of a record.
#[must_use]
pub fn related_operations<'a>(api: &'a Api, operation: &Operation) -> Vec<(&'static str, &'a Operation)> {
    let normalised = |path: &str| path.trim_end_matches('/').to_ascii_lowercase();
    let at = |method: &str, path: &str| {
        let same = |other: &&Operation| {
            other.section == operation.section && other.method == method && normalised(&other.path) == path
        };
        api.operations.iter().find(same)
    };
    let own_path = normalised(&operation.path);
    let mut related = Vec::new();
    if operation.method == "get" && operation.is_list() && operation.query == Query::List {
        let count = at("get", &format!("{own_path}/count")).filter(|count| count.query == Query::Count);
        let search = at("post", &format!("{own_path}/search")).filter(|search| search.response == operation.response);
        related.push(("count", count));
        related.push(("search", search));
    } else if operation.method == "get" && matches!(operation.response, ResponseBody::Json(Shape::One(_))) {
        related.push(("update", at("patch", &own_path).filter(|update| update.response == operation.response)));
    }
    related.into_iter().filter_map(|(name, operation)| Some((name, operation?))).collect()
}

/// Lists that ignore forward-only paging. Observed on live servers: the audit trail does. There may be others, which
/// core detects from their responses.
const NO_FORWARD_ONLY: &[&str] = &["/system/audittrail"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::docs::Docs;
    use crate::model::Annotations;
    use crate::render::collections::in_section;

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

    fn operation(method: &str, response: ResponseBody) -> Operation {
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
                value_type: ValueType::Integer,
                required: true,
            }],
            query: Query::None,
            body: None,
            response,
            status: "200".into(),
            annotations: Annotations::default(),
        }
    }

    fn render(operation: &Operation, signature: &str) -> String {
        let (api, docs) = (api(), Docs::default());
        methods(&Context::new(&api, &docs), operation, &syn::parse_str(signature).unwrap())
            .unwrap()
            .to_string()
            .replace(' ', "")
    }

    #[test]
    fn call_types_have_their_methods() {
        let json = |shape| ResponseBody::Json(shape);
        let signature = |response: &str| {
            format!(
                "async fn service_do_it<'a>(&'a self, parent_id: i32) -> Result<ResponseValue<{response}>, Error<()>>"
            )
        };
        for (method, response, query, returned, expected) in [
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
                ResponseBody::Bytes("application/pdf".into()),
                Query::None,
                "ByteStream",
                "#[inline]pubfndo_it(&self,x_id:i32)->psa::Call<psa::Download>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).download()}",
            ),
            (
                "delete",
                ResponseBody::Empty,
                Query::None,
                "()",
                "->psa::Call<()>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).empty()}",
            ),
            (
                "post",
                json(Shape::Scalar(ValueType::Long)),
                Query::None,
                "i64",
                "->psa::Call<i64>{psa::RequestBuilder::new(&self.connection,&DO_IT).path(x_id).scalar()}",
            ),
        ] {
            let mut operation = operation(method, response);
            operation.query = query;
            let text = render(&operation, &signature(returned));
            assert!(text.contains(expected), "{expected} in {text}");
            assert!(text.contains("#[doc(alias=\"vendorDoIt\")]"), "{text}");
        }
    }

    #[test]
    fn each_body_has_its_arguments() {
        // The check of the signature ignores the type of the body.
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
            let mut operation = operation(method, ResponseBody::Empty);
            operation.body = Some(Body { shape, multipart, required });
            let text = render(&operation, signature);
            assert!(text.contains(expected), "{expected} in {text}");
            if multipart {
                assert!(text.contains(".multipart(form,\"upload\",file)"), "{text}");
            }
        }
    }

    #[test]
    fn a_form_without_a_file_takes_no_file() {
        let signature =
            "async fn x<'a>(&'a self, parent_id: i32, body: &'a types::Ticket) -> Result<ResponseValue<()>, Error<()>>";
        let mut operation = operation("post", ResponseBody::Empty);
        operation.body = Some(Body { shape: Shape::One("Ticket".into()), multipart: true, required: true });
        let text = render(&operation, signature);
        assert!(text.contains("form:&(implpsa::Body<types::Ticket>+?Sized))->"), "{text}");
        assert!(text.contains(".multipart(form,\"\",None)"), "{text}");
    }

    #[test]
    fn a_deprecated_operation_has_the_attribute() {
        let signature =
            "async fn x<'a>(&'a self, parent_id: i32, a: Option<i32>) -> Result<ResponseValue<()>, Error<()>>";
        let mut operation = operation("post", ResponseBody::Empty);
        operation.parameters.push(Parameter {
            name: "a".into(),
            argument: "a".into(),
            in_path: false,
            value_type: ValueType::Integer,
            required: false,
        });
        let count = |text: &str| text.matches("#[deprecated=").count();
        assert_eq!(count(&render(&operation, signature)), 0);
        operation.annotations.deprecated = true;
        assert_eq!(count(&render(&operation, signature)), 2, "`do_it` and `do_it_with`");
        let setters = |operation: &Operation| optional_parameters(&api(), operation).to_string().replace(' ', "");
        assert_eq!(count(&setters(&operation)), 0);
        operation.annotations.deprecated_parameters = vec!["a".into()];
        assert_eq!(count(&setters(&operation)), 1);
    }

    fn entry_of(operation: &Operation) -> String {
        let [collection] = &in_section(&[operation])[..] else { panic!("one collection") };
        table_entry(&api(), collection, operation).to_string().replace(' ', "")
    }

    #[test]
    fn the_table_says_which_list_parameters_an_operation_does_not_take() {
        let list = |query, without: &[&str]| {
            let mut operation = operation("get", ResponseBody::Json(Shape::Many("Ticket".into())));
            operation.query = query;
            operation.annotations.without = without.iter().map(|name| (*name).to_owned()).collect();
            entry_of(&operation)
        };
        for (query, without, expected) in [
            (Query::List, &["conditions"][..], "psa::Paging::PageOrForward).without(&[\"conditions\"])"),
            (Query::List, &["pageId"], "psa::Paging::Page).without(&[\"pageId\"])"),
            (Query::List, &["page", "pageId"], "psa::Paging::None).without(&[\"page\",\"pageId\"])"),
            // The call is a list, with methods for all of them.
            (
                Query::None,
                &[],
                ".without(&[\"conditions\",\"childConditions\",\"customFieldConditions\",\"orderBy\",\"fields\",\"page\",\"pageSize\",\"pageId\"])",
            ),
        ] {
            let text = list(query, without);
            assert!(text.contains(expected), "{text}");
        }
        assert!(!list(Query::List, &[]).contains("without"));
    }

    #[test]
    fn a_signature_has_the_types_of_the_method() {
        let mut operation = operation("post", ResponseBody::Json(Shape::Many("Ticket".into())));
        operation.body = Some(Body { shape: Shape::One("Form".into()), multipart: true, required: true });
        operation.parameters.push(Parameter {
            name: "type".into(),
            argument: "type_".into(),
            in_path: false,
            value_type: ValueType::Enumeration("Level".into()),
            required: false,
        });
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        assert_eq!(
            signature(&api(), &operation),
            Signature {
                arguments: pairs(&[("x_id", "i32")]),
                body: pairs(&[
                    ("form", "& (impl psa :: Body < types :: Form > + ? Sized)"),
                    ("file", "Option < psa :: Upload >")
                ]),
                options: pairs(&[("type_", "impl Into < types :: Level >")]),
                returned: "psa :: Call < Vec < types :: Ticket > >".to_owned(),
            }
        );
    }

    #[test]
    fn optional_query_parameters_have_a_struct() {
        let mut operation = operation("post", ResponseBody::Empty);
        operation.parameters.push(Parameter {
            name: "recordType".into(),
            argument: "record_type".into(),
            in_path: false,
            value_type: ValueType::Enumeration("Level".into()),
            required: false,
        });
        operation.parameters.push(Parameter {
            name: "url".into(),
            argument: "url".into(),
            in_path: false,
            value_type: ValueType::String,
            required: true,
        });
        let text = render(
            &operation,
            "async fn x<'a>(&'a self, parent_id: i32, record_type: Option<types::Level>, url: &'a str) -> Result<ResponseValue<()>, Error<()>>",
        );
        for expected in [
            "pubfndo_it(&self,x_id:i32,url:&str)",
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
    fn a_method_imports_the_types_that_it_names() {
        let mut patched = operation("patch", ResponseBody::Empty);
        patched.body = Some(Body { shape: Shape::Many("PatchOperation".into()), multipart: false, required: true });
        let mut created = operation("post", ResponseBody::Empty);
        created.body = Some(Body { shape: Shape::One("Ticket".into()), multipart: false, required: true });
        let mut counted = operation("get", ResponseBody::Json(Shape::One("Ticket".into())));
        counted.query = Query::Count;
        for (operation, expected) in [
            (operation("get", ResponseBody::Json(Shape::Many("Ticket".into()))), "use crate :: types ;"),
            (operation("get", ResponseBody::Json(Shape::Any)), ""),
            (created, "use crate :: types ;"),
            (patched, ""),
            (counted, ""),
        ] {
            assert_eq!(references(&api(), &operation).imports().to_string(), expected, "{operation:?}");
        }
    }

    #[test]
    fn a_signature_that_does_not_match_is_rejected() {
        let (api, docs, operation) = (api(), Docs::default(), operation("post", ResponseBody::Empty));
        let context = Context::new(&api, &docs);
        for signature in [
            "fn x(&self, parent_id: i32)",
            "fn x(&self) -> Result<ResponseValue<()>, Error<()>>",
            "fn x(&self, other: i32) -> Result<ResponseValue<()>, Error<()>>",
        ] {
            let problems = methods(&context, &operation, &syn::parse_str(signature).unwrap()).unwrap_err();
            assert!(problems.to_string().contains("POST /service/x/{parentId} (vendorDoIt)"), "{problems}");
        }
    }

    #[test]
    fn a_count_has_the_schema_of_its_records() {
        let list = |path: &str| Operation {
            path: path.into(),
            ..operation("get", ResponseBody::Json(Shape::Many("Ticket".into())))
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
            assert_eq!(api.counted_schema(&list(path)), counted_record, "{path}");
        }
    }

    #[test]
    fn a_list_is_related_to_its_count_and_search_and_a_record_to_its_update() {
        let at = |name: &str, method: &str, path: &str, response, query| Operation {
            name: name.into(),
            path: path.into(),
            query,
            ..operation(method, response)
        };
        let tickets = || ResponseBody::Json(Shape::Many("Ticket".into()));
        let ticket = || ResponseBody::Json(Shape::One("Ticket".into()));
        let operations = vec![
            at("list", "get", "/service/tickets/", tickets(), Query::List),
            at("count", "get", "/service/Tickets/count", ResponseBody::Json(Shape::One("Count".into())), Query::Count),
            at("search", "post", "/service/tickets/search", tickets(), Query::None),
            at("get", "get", "/service/tickets/{id}", ticket(), Query::Fields),
            at("update", "patch", "/service/tickets/{id}", ticket(), Query::None),
            at("list_boards", "get", "/service/boards", tickets(), Query::List),
            at("get_board", "get", "/service/boards/{id}", ticket(), Query::Fields),
            // It does not return the same as `get_board`, so it is not its update.
            at("update_board", "patch", "/service/boards/{id}", tickets(), Query::None),
        ];
        let api = Api { operations, ..api() };
        for (name, expected) in [
            (
                "list",
                ".with_related(psa::RelatedOperations::NONE.with_count(&super::COUNT).with_search(&super::SEARCH))",
            ),
            ("get", ".with_related(psa::RelatedOperations::NONE.with_update(&super::UPDATE))"),
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
    fn a_table_entry_describes_the_operation() {
        let mut operation = operation("get", ResponseBody::Json(Shape::Many("Ticket".into())));
        operation.query = Query::List;
        let text = entry_of(&operation);
        for expected in [
            "pubstaticDO_IT:psa::Operation",
            "psa::Operation::new(\"service\",\"do_it\",\"vendorDoIt\",",
            "psa::ResponseKind::Many(\"Ticket\")",
            "psa::Paging::PageOrForward",
            "psa::QueryKind::List",
            "psa::Parameter::path(\"parentId\",psa::ParameterKind::Integer)",
            ".in_collection(\"x\")",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}
