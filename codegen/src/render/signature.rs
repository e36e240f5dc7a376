//! The signatures that progenitor made, held against the description: an operation that progenitor reads in another way
//! is refused.

use heck::ToSnakeCase;
use syn::ext::IdentExt;
use syn::{FnArg, GenericArgument, Pat, PathArguments, ReturnType, Signature, Type};

use crate::model::Operation;
use crate::problem::Problems;

/// Checks that a signature has one argument for each parameter, and an answer.
///
/// # Errors
/// What does not fit.
pub fn check(operation: &Operation, signature: &Signature) -> Result<(), Problems> {
    let misfit = |what: &str| {
        Problems::one(
            operation.label(),
            format!("progenitor's signature does not fit: {what}"),
            "compare the output of this progenitor version with codegen's `signature::check`",
        )
    };
    if !returns_response_value(signature) {
        return Err(misfit("it returns no ResponseValue"));
    }
    let arguments: Vec<String> = argument_names(signature).filter(|name| name != "body").collect();
    if arguments.len() != operation.parameters.len() {
        return Err(misfit(&format!("{} arguments for {} parameters", arguments.len(), operation.parameters.len())));
    }
    // Progenitor sorts query parameters by name and adds an underscore to words of the language.
    let has_argument =
        |name: &str| arguments.iter().any(|argument| argument.trim_end_matches('_') == name.to_snake_case());
    match operation.parameters.iter().find(|parameter| !has_argument(&parameter.name)) {
        Some(parameter) => Err(misfit(&format!("it has no argument for `{}`", parameter.name))),
        None => Ok(()),
    }
}

/// The names of a signature's arguments but `self`.
fn argument_names(signature: &Signature) -> impl Iterator<Item = String> {
    signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) => Some(pattern.ident.unraw().to_string()),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
}

/// Whether a signature returns `Result<ResponseValue<T>, E>`.
fn returns_response_value(signature: &Signature) -> bool {
    let ReturnType::Type(_, returned) = &signature.output else { return false };
    let Type::Path(result) = &**returned else { return false };
    let Some(PathArguments::AngleBracketed(arguments)) = result.path.segments.last().map(|last| &last.arguments) else {
        return false;
    };
    let Some(GenericArgument::Type(Type::Path(answer))) = arguments.args.first() else { return false };
    answer.path.segments.last().is_some_and(|last| last.ident == "ResponseValue")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_the_marks_of_the_language() {
        let signature =
            syn::parse_quote!(async fn a<'a>(&'a self, r#type: i32, self_: Option<&'a str>, body: &'a types::Ticket));
        assert_eq!(argument_names(&signature).collect::<Vec<_>>(), ["type", "self_", "body"]);
    }

    #[test]
    fn an_answer_is_found_by_its_type() {
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
