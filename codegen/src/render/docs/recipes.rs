//! Code blocks in documentation. Each is compiled as a documentation test, in a function whose hidden arguments are the
//! clients of the sections that it uses.

use std::collections::BTreeSet;

use proc_macro2::{Spacing, TokenStream, TokenTree};

use crate::model::type_name;
use crate::render::docs::context::Context;

/// Returns a code block of `openapi/docs.toml` with the hidden lines that it needs. It compiles with every combination of
/// features: without the sections that it uses, it is empty.
#[must_use]
pub fn block(context: &Context<'_>, visible: &[String]) -> Vec<String> {
    let code = visible.join("\n");
    let (mut variables, mut names) = (BTreeSet::new(), BTreeSet::new());
    // `Texts::check` has reported code that is not Rust.
    collect(code.parse().unwrap_or_default(), &mut variables, &mut names);
    let sections: Vec<&str> =
        context.collections.keys().copied().filter(|section| variables.contains(*section)).collect();
    let mut conditions: BTreeSet<String> = sections.iter().map(|section| format!("feature = {section:?}")).collect();
    for schema in context.api.schemas.keys().filter(|schema| names.contains(&type_name(schema))) {
        let for_type = context.sections_of(schema);
        // Types of core, and types that a section of the block compiles, need no further feature.
        if !for_type.is_empty() && !sections.iter().any(|section| for_type.contains(section)) {
            let any: Vec<String> = for_type.iter().map(|section| format!("feature = {section:?}")).collect();
            conditions.insert(format!("any({})", any.join(", ")));
        }
    }
    let condition = (!conditions.is_empty())
        .then(|| format!("#[cfg(all({}))]", conditions.into_iter().collect::<Vec<_>>().join(", ")));
    compiled(&sections, condition.as_deref(), &[], visible)
}

/// Returns a code block with hidden lines: imports, an async function with the clients as arguments, and `hidden` at its
/// beginning.
#[must_use]
pub fn compiled(sections: &[&str], condition: Option<&str>, hidden: &[String], visible: &[String]) -> Vec<String> {
    let hide = |line: &str| format!("# {line}");
    let mut lines = vec!["```".to_owned()];
    lines.extend(condition.map(hide));
    lines.push(hide("mod example {"));
    lines.push(hide("use connectwise_psa_bindings::types::*;"));
    if !sections.is_empty() {
        lines.push(hide(&format!("use connectwise_psa_bindings::{{{}}};", sections.join(", "))));
    }
    lines.push(hide("use connectwise_psa_core::json::{Amount, DateText, Record as _, Reference};"));
    lines.push(hide("use connectwise_psa_core::patch::Patch;"));
    lines.push(hide("use connectwise_psa_core::transport::Upload;"));
    let arguments: Vec<String> = sections.iter().map(|section| format!("{section}: {section}::Client")).collect();
    // With the paths of the standard library, because the API may have a type `Result`.
    lines.push(hide(&format!(
        "async fn example({}) -> ::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>> {{",
        arguments.join(", ")
    )));
    lines.extend(hidden.iter().map(|line| hide(line)));
    // Rustdoc hides lines that begin with `#`, such as attributes. A second `#` shows them.
    lines.extend(
        visible.iter().map(|line| if line.trim_start().starts_with('#') { format!("#{line}") } else { line.clone() }),
    );
    lines.extend([hide("Ok(())"), hide("}"), hide("}"), "```".to_owned()]);
    lines
}

/// Collects the identifiers in code: all of them, and those that are not the name of a field or method.
fn collect(tokens: TokenStream, variables: &mut BTreeSet<String>, names: &mut BTreeSet<String>) {
    let mut after_period = false;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if !after_period {
                    variables.insert(name.to_string());
                }
                names.insert(name.to_string());
                after_period = false;
            }
            TokenTree::Punct(punct) => after_period = punct.as_char() == '.' && punct.spacing() == Spacing::Alone,
            TokenTree::Group(group) => {
                collect(group.stream(), variables, names);
                after_period = false;
            }
            TokenTree::Literal(_) => after_period = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docs::Docs;
    use crate::model::{Api, Operation, ResponseBody, Shape};
    use crate::render::summary::tests::operation_named;

    #[test]
    fn a_block_compiles_only_with_what_it_uses() {
        let get = |section: &str, schema: &str| Operation {
            section: section.into(),
            response: ResponseBody::Json(Shape::One(schema.into())),
            ..operation_named("get_it")
        };
        let api = Api {
            version: String::new(),
            operations: vec![get("service", "Ticket"), get("time", "TimeEntry"), get("sales", "Order")],
            schemas: ["Ticket", "TimeEntry", "Order"].map(|name| (name.to_owned(), json!({"properties": {}}))).into(),
        };
        let docs = Docs::default();
        let context = Context::new(&api, &docs);
        let visible = [
            "let ticket: Ticket = service.get_ticket(1).await?;",
            "TimeEntry::default();",
            "#[cfg(a)] fn f() { a.sales(\"Order sales\") } // Order",
        ];
        let lines = block(&context, &visible.map(str::to_owned));
        assert_eq!(lines[1], "# #[cfg(all(any(feature = \"time\"), feature = \"service\"))]");
        assert!(lines.contains(&"# use connectwise_psa_bindings::{service};".to_owned()), "{lines:?}");
        assert!(
            lines.iter().any(|line| line.starts_with("# async fn example(service: service::Client) ->")),
            "{lines:?}"
        );
        assert!(
            lines.contains(&visible[0].to_owned()) && lines.iter().any(|line| line.starts_with("##[cfg(a)]")),
            "{lines:?}"
        );
        let lines = block(&context, &["let a = 1;".to_owned()]);
        assert_eq!(lines[1], "# mod example {");
    }
}
