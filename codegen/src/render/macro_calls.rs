//! Formats the two macro calls that contain data, with one line for each entry. Prettyplease does not format macros.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, ItemMacro, Lit, LitStr, Meta, Token, Visibility, braced};

/// The arguments of `open_enum!`: `/// … pub enum NAME { /// … VARIANT => "text", … }`.
struct OpenEnum {
    attributes: Vec<Attribute>,
    name: Ident,
    variants: Punctuated<Variant, Token![,]>,
}

struct Variant {
    attributes: Vec<Attribute>,
    name: Ident,
    text: LitStr,
}

impl Parse for OpenEnum {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        input.parse::<Token![enum]>()?;
        let name = input.parse()?;
        let variants;
        braced!(variants in input);
        Ok(Self { attributes, name, variants: Punctuated::parse_terminated(&variants)? })
    }
}

impl Parse for Variant {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok(Self { attributes, name, text: input.parse()? })
    }
}

/// The arguments of `json_schema!`: `NAME: "schema", …`.
struct SchemaNames(Punctuated<Pair, Token![,]>);

struct Pair {
    name: Ident,
    schema: LitStr,
}

impl Parse for SchemaNames {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self(Punctuated::parse_terminated(input)?))
    }
}

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Self { name, schema: input.parse()? })
    }
}

/// Returns a call of `open_enum!` or `json_schema!` as text, or `None` for any other macro.
#[must_use]
pub fn layout(item: &ItemMacro) -> Option<String> {
    let name = item.mac.path.segments.last()?.ident.to_string();
    match name.as_str() {
        "open_enum" => {
            let call: OpenEnum = item.mac.parse_body().ok()?;
            let mut text = "psa::open_enum! {\n".to_owned();
            text.push_str(&documentation(&call.attributes, "    "));
            text.push_str(&format!("    pub enum {} {{\n", call.name));
            for variant in &call.variants {
                text.push_str(&documentation(&variant.attributes, "        "));
                text.push_str(&format!("        {} => {:?},\n", variant.name, variant.text.value()));
            }
            text.push_str("    }\n}");
            Some(text)
        }
        "json_schema" => {
            let SchemaNames(pairs) = item.mac.parse_body().ok()?;
            let mut text = "#[cfg(feature = \"schemas\")]\ncrate::schemas::json_schema! {\n".to_owned();
            for pair in &pairs {
                text.push_str(&format!("    {}: {:?},\n", pair.name, pair.schema.value()));
            }
            text.push('}');
            Some(text)
        }
        _ => None,
    }
}

fn documentation(attributes: &[Attribute], indent: &str) -> String {
    attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(format!("{indent}///{}\n", text.value())),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enum_is_formatted() {
        let item: ItemMacro = syn::parse_quote! { psa::open_enum! { #[doc = " A level."] pub enum Level { #[doc = " `a \"b\"`"] AB => "a \"b\"", } } };
        assert_eq!(
            layout(&item).unwrap(),
            "psa::open_enum! {\n    /// A level.\n    pub enum Level {\n        /// `a \"b\"`\n        AB => \"a \\\"b\\\"\",\n    }\n}"
        );
    }

    #[test]
    fn schema_names_are_formatted_and_other_macros_are_not() {
        let item: ItemMacro =
            syn::parse_quote! { #[cfg(feature = "schemas")] crate::schemas::json_schema! { A: "A", B: "b" } };
        assert_eq!(
            layout(&item).unwrap(),
            "#[cfg(feature = \"schemas\")]\ncrate::schemas::json_schema! {\n    A: \"A\",\n    B: \"b\",\n}"
        );
        assert!(layout(&syn::parse_quote! { psa::object!(A); }).is_none());
    }
}
