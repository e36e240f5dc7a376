//! Compares the signatures that progenitor generated with the model. They can differ if progenitor interprets the
//! document in another way than the generator.

use heck::ToSnakeCase;
use syn::ext::IdentExt;
use syn::{FnArg, GenericArgument, Pat, PathArguments, ReturnType, Signature, Type};

use crate::model::{Operation, Parameter};
use crate::problem::Problems;

/// Checks that a signature has one argument for each parameter, and returns a response.
///
/// # Errors
/// Fails if the signature does not match the operation.
pub fn check(operation: &Operation, signature: &Signature) -> Result<(), Problems> {
    let mismatch = |reason: &str| {
        Problems::generator(operation.label(), format!("progenitor's signature does not match: {reason}"))
    };
    if !returns_response_value(signature) {
        return Err(mismatch("it does not return a ResponseValue"));
    }
    let arguments: Vec<String> = argument_names(signature).filter(|name| name != "body").collect();
    if arguments.len() != operation.parameters.len() {
        return Err(mismatch(&format!("{} arguments for {} parameters", arguments.len(), operation.parameters.len())));
    }
    // Progenitor sorts query parameters by name and adds an underscore to keywords. Its view has our names of query
    // parameters.
    let has_argument = |parameter: &&Parameter| {
        let name = if parameter.in_path { parameter.name.to_snake_case() } else { parameter.argument.clone() };
        arguments.iter().any(|argument| argument.trim_end_matches('_') == name.trim_end_matches('_'))
    };
    match operation.parameters.iter().find(|parameter| !has_argument(parameter)) {
        Some(parameter) => Err(mismatch(&format!("it has no argument for `{}`", parameter.name))),
        None => Ok(()),
    }
}

/// Returns the names of the arguments without `self`.
fn argument_names(signature: &Signature) -> impl Iterator<Item = String> {
    signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) => Some(pattern.ident.unraw().to_string()),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
}

/// Returns whether the return type is `Result<ResponseValue<T>, E>`.
fn returns_response_value(signature: &Signature) -> bool {
    let ReturnType::Type(_, returned) = &signature.output else { return false };
    let Type::Path(result) = &**returned else { return false };
    let Some(PathArguments::AngleBracketed(arguments)) = result.path.segments.last().map(|last| &last.arguments) else {
        return false;
    };
    let Some(GenericArgument::Type(Type::Path(response))) = arguments.args.first() else { return false };
    response.path.segments.last().is_some_and(|last| last.ident == "ResponseValue")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_names_have_no_raw_prefix() {
        let signature =
            syn::parse_quote!(async fn a<'a>(&'a self, r#type: i32, self_: Option<&'a str>, body: &'a types::Ticket));
        assert_eq!(argument_names(&signature).collect::<Vec<_>>(), ["type", "self_", "body"]);
    }

    #[test]
    fn a_response_is_recognised_by_its_type() {
        for (signature, expected) in [
            ("fn a() -> Result<ResponseValue<types::Ticket>, Error<()>>", true),
            ("fn a() -> Result<progenitor_client::ResponseValue<()>, Error<()>>", true),
            ("fn a() -> Result<(), Error<ResponseValue<()>>>", false),
            ("fn a() -> i32", false),
            ("fn a()", false),
        ] {
            assert_eq!(returns_response_value(&syn::parse_str(signature).unwrap()), expected, "{signature}");
        }
    }
}
