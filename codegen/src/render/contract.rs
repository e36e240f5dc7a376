//! The generated tests: one call of every operation and one check of every type, for the workspace's contract tests to
//! run.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{Api, Kind, Operation, Parameter, SchemaKind, Shape, type_name};
use crate::render::operations::{self, Form};

/// Text that is different on the wire: a path or query that is not encoded shows.
pub const SAMPLE_TEXT: &str = "a b/c+d&e%ü";

/// The calls of one section: a table of operation and call.
#[must_use]
pub fn calls(api: &Api, section: &str, operations: &[&Operation]) -> TokenStream {
    let section_ident = format_ident!("{section}");
    let cases = operations.iter().map(|operation| {
        let (fact, call) = (operations::static_name(operation), call(api, operation));
        quote!(Case { operation: &catalogue::#fact, call: |connection| Box::pin(async move { let client = Client::new(&connection); #call }) })
    });
    let about = format!(" Every operation of the section `{section}`, called once.");
    quote! {
        #![doc = #about]
        use connectwise_psa_bindings::#section_ident::{Client, catalogue};
        use connectwise_psa_bindings::types;
        use crate::calls::{Case, bytes, check, every_list_parameter, json, patch, records, upload};
        use crate::samples::{sample, samples};
        #[tokio::test]
        async fn every_operation_is_on_the_wire_what_the_description_says() {
            check(#section, CASES).await;
        }
        /// The calls.
        pub(crate) static CASES: &[Case] = &[#(#cases),*];
    }
}

fn call(api: &Api, operation: &Operation) -> TokenStream {
    let ident = format_ident!("{}", operation.name);
    let mut arguments: Vec<TokenStream> = Vec::new();
    let mut optional: Vec<TokenStream> = Vec::new();
    for (index, parameter) in operation.parameters.iter().enumerate() {
        if operations::is_optional(parameter) {
            let setter = format_ident!("{}", parameter.argument);
            let value = owned_argument(parameter, index);
            optional.push(quote!(.#setter(#value)));
        } else {
            arguments.push(argument(parameter, index));
        }
    }
    if let Some(body) = &operation.body {
        let named = |name: &str| {
            let ident = format_ident!("{}", type_name(name));
            quote!(types::#ident)
        };
        if operation.method == "patch" && body.shape == Shape::Many("PatchOperation".into()) {
            arguments.push(quote!(&patch()));
        } else if body.multipart {
            let form = body.shape.schema().map(|name| (name, named(name)));
            if let Some((name, form)) = form {
                arguments.push(quote!(&sample::<#form>(#name)));
            }
            arguments.push(quote!(Some(upload())));
        } else {
            let value = match &body.shape {
                Shape::One(name) if matches!(api.kind(name), SchemaKind::Core(_)) => {
                    quote!(sample::<serde_json::Value>(#name))
                }
                Shape::One(name) => {
                    let body = named(name);
                    quote!(sample::<#body>(#name))
                }
                Shape::Many(name) => {
                    let body = named(name);
                    quote!(samples::<#body>(#name))
                }
                Shape::Scalar(_) | Shape::Scalars(_) => quote!(serde_json::Value::from("any")),
                Shape::Map(_) | Shape::ManyMaps(_) | Shape::Any | Shape::ManyAny => {
                    quote!(serde_json::Value::from("any"))
                }
            };
            arguments.push(if body.required { quote!(&#value) } else { quote!(Some(&#value)) });
        }
    }
    let called = match operations::optional_parameters_type(operation) {
        Some(parameters) => {
            let (section, with) = (format_ident!("{}", operation.section), format_ident!("{}_with", operation.name));
            quote!(client.#with(#(#arguments,)* &connectwise_psa_bindings::#section::#parameters::new() #(#optional)*))
        }
        None => quote!(client.#ident(#(#arguments),*)),
    };
    match operations::form(operation) {
        Form::List => {
            quote!(#called.with_query(every_list_parameter()).pages().next().await.unwrap_or_else(|| panic!("a page")).map(|page| records(&page)))
        }
        Form::Get if operation.query == crate::model::Query::List => {
            quote!(#called.with_query(every_list_parameter()).await.map(json))
        }
        Form::Get if operation.query == crate::model::Query::None => quote!(#called.await.map(json)),
        Form::Get => quote!(#called.select_text("id,name").await.map(json)),
        Form::Count => {
            quote!(#called.filter_text("id > 1").filter_children_text("types/id = 2").filter_custom_fields_text("value != null").await.map(|count| serde_json::Value::from(count)))
        }
        Form::Download => quote!(bytes(#called.await?).await),
        Form::Empty => quote!(#called.await.map(|()| serde_json::Value::Null)),
        Form::Value => quote!(#called.await.map(json)),
    }
}

/// The value of the parameter at a position: `tests/support` expects the same ones.
fn argument(parameter: &Parameter, index: usize) -> TokenStream {
    let number = i32::try_from(index).unwrap_or_default() + 41;
    match &parameter.kind {
        Kind::Integer => quote!(#number),
        Kind::Long => {
            let number = i64::from(number);
            quote!(#number)
        }
        Kind::Number => {
            let number = f64::from(number) + 0.5;
            quote!(connectwise_psa_core::json::Amount::from(#number))
        }
        Kind::Boolean => quote!(true),
        Kind::Text => quote!(#SAMPLE_TEXT),
        Kind::DateTime => quote!(&crate::calls::moment()),
        Kind::Date => quote!(&crate::calls::date()),
        Kind::Uuid => quote!(&crate::calls::uuid()),
        Kind::Enumeration(name) => {
            let ident = format_ident!("{}", type_name(name));
            quote!(&types::#ident::from(#SAMPLE_TEXT))
        }
        Kind::Object(name) => {
            let ident = format_ident!("{}", type_name(name));
            quote!(&sample::<types::#ident>(#name))
        }
    }
}

/// The same value where it is given away.
fn owned_argument(parameter: &Parameter, index: usize) -> TokenStream {
    let value = argument(parameter, index);
    match &parameter.kind {
        Kind::DateTime | Kind::Date | Kind::Uuid | Kind::Enumeration(_) | Kind::Object(_) => quote!((#value).clone()),
        _ => value,
    }
}

/// The list of every type with its schema.
#[must_use]
pub fn types(api: &Api) -> TokenStream {
    let named = |wanted: fn(SchemaKind) -> bool| {
        api.schemas.keys().filter(move |name| wanted(api.kind(name))).map(|name| {
            let ident = format_ident!("{}", type_name(name));
            (name.clone(), ident)
        })
    };
    let objects =
        named(|kind| kind == SchemaKind::Object).map(|(name, ident)| quote!((#name, check_object::<types::#ident>)));
    let enums = named(|kind| kind == SchemaKind::Enumeration)
        .map(|(name, ident)| quote!((#name, check_enum::<types::#ident>, types::#ident::VALUES)));
    quote! {
        //! Every type with its check.
        use connectwise_psa_bindings::types;
        use crate::every_type::{Check, check_enum, check_object};
        /// Every type that is an object.
        pub(crate) static OBJECTS: &[(&str, Check)] = &[#(#objects),*];
        /// Every enum.
        pub(crate) static ENUMS: &[(&str, Check, &[&str])] = &[#(#enums),*];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_differ_by_position() {
        let parameter =
            |kind, in_path| Parameter { name: "p".into(), argument: "p".into(), in_path, kind, required: false };
        assert_eq!(argument(&parameter(Kind::Integer, true), 1).to_string(), "42i32");
        assert_eq!(argument(&parameter(Kind::Boolean, false), 0).to_string(), "true");
        assert_eq!(
            argument(&parameter(Kind::Enumeration("E".into()), false), 0).to_string(),
            format!("& types :: E :: from ({SAMPLE_TEXT:?})")
        );
    }
}
