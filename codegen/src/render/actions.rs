//! The actions of `openapi/actions.csv`, with their operations, as a table of the catalogue.

use proc_macro2::TokenStream;
use quote::quote;

use crate::render::docs::context::Context;

/// Returns the file of the table.
#[must_use]
pub fn table(context: &Context<'_>) -> TokenStream {
    let rows = context.docs.actions.iter().map(|action| {
        let (key, category, name, reason) = (action.key(), &action.category, &action.action, &action.reason);
        let found = context.api.operations.iter().find(|operation| operation.vendor_id == action.vendor_operation_id);
        let (section, id) = found.map_or(("", ""), |operation| (&operation.section, &operation.name));
        let is_popular = !action.popular.is_empty();
        quote!((#key, #category, #name, #section, #id, #reason, #is_popular))
    });
    quote! {
        //! The actions that integration products offer.
        /// Key, category, name, section and id of the operation, reason for having no operation, and whether the
        /// action is popular.
        pub(crate) static ACTIONS: &[(&str, &str, &str, &str, &str, &str, bool)] = &[#(#rows),*];
    }
}
