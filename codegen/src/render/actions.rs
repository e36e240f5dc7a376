//! The actions of `openapi/actions.csv`, with our names of their operations, as a table of the catalogue.

use crate::render::docs::context::Context;

/// Returns the table: key, category, name, section and id of the operation, `yes` for a popular action, and the reason
/// for having no operation. Only the reason can contain commas.
#[must_use]
pub fn table(context: &Context<'_>) -> String {
    let mut table = "key,category,name,section,id,popular,reason\n".to_owned();
    for action in &context.docs.actions {
        let found = context.api.operations.iter().find(|operation| operation.vendor_id == action.vendor_operation_id);
        let (section, id) = found.map_or(("", ""), |operation| (operation.section.as_str(), operation.name.as_str()));
        let key = action.key();
        let cells = [&key, &action.category, &action.action, section, id, &action.popular, &action.reason];
        table.push_str(&cells.join(","));
        table.push('\n');
    }
    table
}
