//! Amounts and hours. Observed on live servers: they have a fraction even if it is zero, because they are decimals.

use serde_json::Value;

use crate::records::JsonObject;
use crate::schema::{FieldType, type_of};

/// Gives whole numbers in the fields of a type that hold decimals a fraction, in nested records, too.
pub(super) fn complete(type_name: &str, record: &mut JsonObject) {
    let Some(schema) = type_of(type_name) else { return };
    for (name, value) in record {
        match (schema.fields.get(name).map(|field| &field.field_type), value) {
            (Some(FieldType::Number), Value::Number(number)) => {
                if let Some(decimal) =
                    number.as_f64().filter(|_| !number.is_f64()).and_then(serde_json::Number::from_f64)
                {
                    *number = decimal;
                }
            }
            (Some(FieldType::Object(inner)), Value::Object(fields)) => complete(inner, fields),
            (Some(FieldType::List(element)), Value::Array(elements)) => {
                if let FieldType::Object(inner) = &**element {
                    elements.iter_mut().filter_map(Value::as_object_mut).for_each(|fields| complete(inner, fields));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;

    #[test]
    fn decimals_have_a_fraction_and_counts_do_not() {
        let mut ticket = into_object(json!({"budgetHours": 3, "actualHours": 0.25, "duration": 5, "summary": "7"}));
        complete("Ticket", &mut ticket);
        assert_eq!(
            Value::Object(ticket),
            json!({"budgetHours": 3.0, "actualHours": 0.25, "duration": 5, "summary": "7"})
        );
    }
}
