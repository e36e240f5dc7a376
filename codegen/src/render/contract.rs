//! The generated contract tests: one call of each operation and one check of each type.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{Api, Operation, Parameter, SchemaKind, Shape, ValueType, type_name};
use crate::render::operations::{self, CallType};

/// A string that needs encoding. A missing encoding in a path or query makes a test fail.
pub const SAMPLE_TEXT: &str = "a b/c+d&e%ü";

/// Returns the calls of one section: a table of operations and calls.
#[must_use]
pub fn calls(api: &Api, section: &str, operations: &[&Operation]) -> TokenStream {
    let section_ident = format_ident!("{section}");
    let cases = operations.iter().map(|operation| {
        let (table_entry, call) = (operations::static_name(operation), call(api, operation));
        let is_deprecated = operation.annotations.deprecated || !operation.annotations.deprecated_parameters.is_empty();
        let call = if is_deprecated {
            quote!(#[allow(deprecated, reason = "every operation is called")] let result = #call; result)
        } else {
            call
        };
        quote!(Case { operation: &catalogue::#table_entry, call: |connection| Box::pin(async move { let client = Client::new(&connection); #call }) })
    });
    let doc = format!(" One call of each operation of the section `{section}`.");
    quote! {
        #![doc = #doc]
        use connectwise_psa_bindings::#section_ident::{Client, catalogue};
        use connectwise_psa_bindings::types;
        use crate::calls::{Case, bytes, check, every_list_parameter, json, patch, records, upload};
        use crate::samples::{sample, samples};
        #[tokio::test]
        async fn every_operation_sends_what_the_catalogue_says() {
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
            if body.file_part(api).is_some() {
                arguments.push(quote!(Some(upload())));
            }
        } else {
            let value = match &body.shape {
                Shape::One(name) if matches!(api.schema_kind(name), SchemaKind::Core(_)) => {
                    quote!(sample::<serde_json::Value>(#name))
                }
                Shape::One(name) => {
                    let body = named(name);
                    quote!(sample::<#body>(#name))
                }
                Shape::Many(name) if !matches!(api.schema_kind(name), SchemaKind::Core(_)) => {
                    let body = named(name);
                    quote!(samples::<#body>(#name))
                }
                _ => quote!(serde_json::Value::from("any")),
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
    let missing = operations::missing_list_parameters(operation);
    let query = if missing.is_empty() {
        quote!(every_list_parameter())
    } else {
        let table_entry = operations::static_name(operation);
        quote!(crate::calls::every_list_parameter_of(&catalogue::#table_entry))
    };
    match operations::call_type(operation) {
        CallType::List => {
            quote!(#called.with_query(#query).pages().next().await.unwrap_or_else(|| panic!("a page")).map(|page| records(&page)))
        }
        CallType::Get if operation.query == crate::model::Query::List => {
            quote!(#called.with_query(#query).await.map(json))
        }
        CallType::Get if operation.query == crate::model::Query::None => quote!(#called.await.map(json)),
        CallType::Get => quote!(#called.select_text("id,name").await.map(json)),
        CallType::Count => {
            let filters = [
                ("conditions", quote!(.filter_text("id > 1"))),
                ("childConditions", quote!(.filter_children_text("types/id = 2"))),
                ("customFieldConditions", quote!(.filter_custom_fields_text("value != null"))),
            ];
            let filters = filters.into_iter().filter(|(name, _)| !missing.contains(name)).map(|(_, filter)| filter);
            quote!(#called #(#filters)*.await.map(|count| serde_json::Value::from(count)))
        }
        CallType::Download => quote!(bytes(#called.await?).await),
        CallType::Empty => quote!(#called.await.map(|()| serde_json::Value::Null)),
        CallType::Value => quote!(#called.await.map(json)),
    }
}

/// Returns the value of the parameter at a position. Numbers are 41 plus the position, so that a test fails if
/// arguments are swapped. `tests/tests/contract/calls.rs` expects the same values.
fn argument(parameter: &Parameter, index: usize) -> TokenStream {
    let number = i32::try_from(index).unwrap_or_default() + 41;
    match &parameter.value_type {
        ValueType::Integer => quote!(#number),
        ValueType::Long => {
            let number = i64::from(number);
            quote!(#number)
        }
        ValueType::Number => {
            let number = f64::from(number) + 0.5;
            quote!(connectwise_psa_core::json::Amount::from(#number))
        }
        ValueType::Boolean => quote!(true),
        ValueType::String => quote!(#SAMPLE_TEXT),
        ValueType::DateTime => quote!(&crate::calls::timestamp()),
        ValueType::Date => quote!(&crate::calls::date()),
        ValueType::Uuid => quote!(&crate::calls::uuid()),
        ValueType::Enumeration(name) => {
            let ident = format_ident!("{}", type_name(name));
            quote!(&types::#ident::from(#SAMPLE_TEXT))
        }
        ValueType::Object(name) => {
            let ident = format_ident!("{}", type_name(name));
            quote!(&sample::<types::#ident>(#name))
        }
    }
}

/// Returns the same value, owned.
fn owned_argument(parameter: &Parameter, index: usize) -> TokenStream {
    let value = argument(parameter, index);
    match &parameter.value_type {
        ValueType::DateTime | ValueType::Date | ValueType::Uuid | ValueType::Enumeration(_) | ValueType::Object(_) => {
            quote!((#value).clone())
        }
        _ => value,
    }
}

/// Returns the lists of all objects and enums, each with the function that checks it.
#[must_use]
pub fn types(api: &Api) -> TokenStream {
    let types_of = |wanted: fn(SchemaKind) -> bool| {
        api.schemas.keys().filter(move |name| wanted(api.schema_kind(name))).map(|name| {
            let ident = format_ident!("{}", type_name(name));
            (name.clone(), ident)
        })
    };
    let objects =
        types_of(|kind| kind == SchemaKind::Object).map(|(name, ident)| quote!((#name, check_object::<types::#ident>)));
    let enums = types_of(|kind| kind == SchemaKind::Enumeration)
        .map(|(name, ident)| quote!((#name, check_enum::<types::#ident>, types::#ident::VALUES)));
    quote! {
        //! The check of each type.
        use connectwise_psa_bindings::types;
        use crate::every_type::{Check, check_enum, check_object};
        /// The types that are objects.
        pub(crate) static OBJECTS: &[(&str, Check)] = &[#(#objects),*];
        /// The enums.
        pub(crate) static ENUMS: &[(&str, Check, &[&str])] = &[#(#enums),*];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_has_the_value_of_its_type_and_position() {
        let parameter = |value_type, in_path| Parameter {
            name: "p".into(),
            argument: "p".into(),
            in_path,
            value_type,
            required: false,
        };
        assert_eq!(argument(&parameter(ValueType::Integer, true), 1).to_string(), "42i32");
        assert_eq!(argument(&parameter(ValueType::Boolean, false), 0).to_string(), "true");
        assert_eq!(
            argument(&parameter(ValueType::Enumeration("E".into()), false), 0).to_string(),
            format!("& types :: E :: from ({SAMPLE_TEXT:?})")
        );
    }
}
