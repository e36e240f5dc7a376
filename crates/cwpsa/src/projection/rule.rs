//! The rule for types without a list of fields of their own: what identifies a record, what it belongs to, its state,
//! dates and amounts.

use serde_json::Value;

/// The most fields that the rule chooses.
const MAX_FIELDS: usize = 7;

/// Fields that are chosen if the type has them, in this order. For a reference, the name of the record stands for it.
const PREFERRED: [&str; 45] = [
    "id",
    "identifier",
    "name",
    "title",
    "summary",
    "subject",
    "caption",
    "description",
    "fieldName",
    "text",
    "notes",
    "value",
    "company",
    "board",
    "ticket",
    "project",
    "product",
    "catalogItem",
    "member",
    "contact",
    "vendor",
    "manufacturer",
    "agreement",
    "workType",
    "workRole",
    "location",
    "type",
    "status",
    "category",
    "priority",
    "date",
    "dateStart",
    "startDate",
    "effectiveDate",
    "dateCreated",
    "dateEntered",
    "quantity",
    "hours",
    "actualHours",
    "amount",
    "price",
    "cost",
    "rate",
    "total",
    "inactiveFlag",
];

/// Returns the fields of a type by its schema.
pub(super) fn fields(schema: &Value) -> Vec<String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let preferred = PREFERRED.iter().filter_map(|name| path(schema, name, properties.get(*name)?));
    let mut fields: Vec<String> = preferred.take(MAX_FIELDS).collect();
    // Types without well-known names: their first simple fields.
    let simple = properties.iter().filter(|(name, _)| !name.starts_with('_') && !PREFERRED.contains(&name.as_str()));
    let missing = MAX_FIELDS.saturating_sub(fields.len());
    fields.extend(simple.filter_map(|(name, property)| path(schema, name, property)).take(missing));
    fields
}

/// Returns the path of a field that a table can show. `None` for lists and for objects without a name.
fn path(schema: &Value, name: &str, property: &Value) -> Option<String> {
    if let Some(target) = property.get("$ref").and_then(Value::as_str) {
        let definition = schema.pointer(target.strip_prefix('#')?)?;
        let Some(inner) = definition.get("properties") else { return Some(name.to_owned()) };
        let part = ["name", "identifier", "id"].into_iter().find(|part| inner.get(part).is_some())?;
        return Some(format!("{name}/{part}"));
    }
    let types = property.get("type");
    let is_nested = |name: &str| types == Some(&Value::from(name));
    (!is_nested("array") && !is_nested("object")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_shown_by_name_and_lists_are_not_shown() {
        let schema = json!({
            "properties": {
                "_info": {"$ref": "#/$defs/Info"},
                "code": {"type": "string"},
                "company": {"$ref": "#/$defs/CompanyReference"},
                "customFields": {"type": "array"},
                "id": {"type": "integer"},
                "kind": {"$ref": "#/$defs/Kind"},
                "part": {"$ref": "#/$defs/Part"},
            },
            "$defs": {
                "CompanyReference": {"properties": {"id": {}, "identifier": {}, "name": {}}},
                "Info": {"properties": {"lastUpdated": {}}},
                "Kind": {"type": "string"},
                "Part": {"properties": {"size": {}}},
            }
        });
        assert_eq!(fields(&schema), ["id", "company/name", "code", "kind"]);
        assert_eq!(fields(&json!({"type": "string"})), [""; 0]);
    }
}
