//! The guides of `openapi/docs.toml`, with plain names instead of references, as a table of the catalogue.

use proc_macro2::TokenStream;
use quote::quote;

use crate::render::docs::context::Context;
use crate::render::docs::lines::Documentation;
use crate::render::docs::links;

/// Returns the file of the table.
#[must_use]
pub fn table(context: &Context<'_>) -> TokenStream {
    let rows = context.docs.texts.guides.iter().map(|(name, guide)| {
        let (title, paths) = (&guide.title, &guide.paths);
        let mut text = Documentation::default();
        text.markdown(
            &guide.text,
            |line| links::plain(context, line),
            |lines| {
                let fence = |mark: &str| std::iter::once(mark.to_owned());
                fence("```console").chain(lines.iter().cloned()).chain(fence("```")).collect()
            },
        );
        let text = text.text();
        quote!((#name, #title, &[#(#paths),*], #text))
    });
    quote! {
        //! The guides to the records that people work with most.
        /// Name, title, paths and text.
        pub(crate) static GUIDES: &[(&str, &str, &[&str], &str)] = &[#(#rows),*];
    }
}
