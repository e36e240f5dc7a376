//! Custom fields by caption, typed as the record or the tenant defines them.

use connectwise_psa::Psa;
use serde_json::{Map, Value, json};

use crate::error::CommandError;
use crate::records::property::{ValueType, typed};

/// Adds custom fields to the fields of a record that exists and was read.
pub(crate) fn add_to_update(
    values: &mut Map<String, Value>,
    custom_fields: &[(String, Value)],
    current: Option<&Value>,
) -> Result<(), CommandError> {
    if custom_fields.is_empty() {
        return Ok(());
    }
    add(values, custom_fields, &definitions(current))
}

/// Returns custom fields with the captions and the types that they have in a record: the text "3" of a number is 3.
pub(crate) fn of_record(
    record: &Value,
    custom_fields: &[(String, Value)],
) -> Result<Vec<(String, Value)>, CommandError> {
    let definitions = definitions(Some(record));
    let typed = custom_fields.iter().map(|(caption, value)| {
        let definition = find(caption, &definitions)?;
        Ok((definition.caption.clone(), definition.value(caption, value)?))
    });
    typed.collect()
}

/// Returns the custom fields that a record has.
fn definitions(record: Option<&Value>) -> Vec<Definition> {
    let own = record.and_then(|record| record.get("customFields")).and_then(Value::as_array);
    own.into_iter().flatten().filter_map(Definition::of_record).collect()
}

/// Adds custom fields to the fields of a new record. Reads the definitions of the tenant.
pub(crate) async fn add_to_new(
    values: &mut Map<String, Value>,
    custom_fields: &[(String, Value)],
    psa: Option<&Psa>,
) -> Result<(), CommandError> {
    if custom_fields.is_empty() {
        return Ok(());
    }
    let Some(psa) = psa else {
        return Err(CommandError::usage("custom fields are read from the server, and a dry run sends nothing")
            .with_next_step(r#"give the id: --input '{"customFields": [{"id": 3, "value": "x"}]}'"#));
    };
    let definitions = psa.custom_fields().definitions().await?;
    let definitions: Vec<Definition> = definitions
        .all()
        .iter()
        .filter_map(|definition| {
            let caption = definition.caption.clone()?;
            let type_name = definition.field_type_identifier.as_ref().map(ToString::to_string).unwrap_or_default();
            Some(Definition { id: i64::from(definition.id?), caption, type_name })
        })
        .collect();
    add(values, custom_fields, &definitions)
}

/// A custom field that a record has.
struct Definition {
    id: i64,
    caption: String,
    type_name: String,
}

impl Definition {
    fn of_record(field: &Value) -> Option<Self> {
        let text = |name: &str| field.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = field.get("id")?.as_i64()?;
        Some(Self { id, caption: text("caption")?, type_name: text("type").unwrap_or_default() })
    }

    /// Returns a value with the type of the field.
    fn value(&self, caption: &str, value: &Value) -> Result<Value, CommandError> {
        match value {
            Value::String(text) => typed(&format!("customField:{caption}"), &self.kind(), text),
            value => Ok(value.clone()),
        }
    }

    fn kind(&self) -> ValueType {
        match self.type_name.as_str() {
            "Number" | "Percent" | "Currency" => ValueType::Number,
            "Checkbox" => ValueType::Boolean,
            "Date" => ValueType::DateTime,
            _ => ValueType::Text,
        }
    }
}

fn add(
    values: &mut Map<String, Value>,
    custom_fields: &[(String, Value)],
    definitions: &[Definition],
) -> Result<(), CommandError> {
    let mut elements = match values.remove("customFields") {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    };
    for (caption, value) in custom_fields {
        let definition = find(caption, definitions)?;
        let value = definition.value(caption, value)?;
        if elements.iter().any(|element| element.get("id").and_then(Value::as_i64) == Some(definition.id)) {
            return Err(CommandError::usage(format!("the custom field {:?} is set twice", definition.caption)));
        }
        elements.push(json!({ "id": definition.id, "value": value }));
    }
    values.insert("customFields".to_owned(), Value::Array(elements));
    Ok(())
}

fn find<'d>(caption: &str, definitions: &'d [Definition]) -> Result<&'d Definition, CommandError> {
    let named: Vec<&Definition> =
        definitions.iter().filter(|definition| definition.caption.to_lowercase() == caption.to_lowercase()).collect();
    let lines = |definitions: &[&Definition]| {
        let lines: Vec<String> =
            definitions.iter().map(|definition| format!("  {}  {}", definition.id, definition.caption)).collect();
        lines.join("\n")
    };
    match named.as_slice() {
        [one] => Ok(one),
        [] => {
            let all: Vec<&Definition> = definitions.iter().collect();
            Err(CommandError::usage(format!("there is no custom field {caption:?}; there are:\n{}", lines(&all))))
        }
        several => {
            Err(CommandError::usage(format!("several custom fields are called {caption:?}:\n{}", lines(several)))
                .with_next_step(r#"give the id: --input '{"customFields": [{"id": 3, "value": "x"}]}'"#))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_type_of_the_custom_field() {
        let record = json!({"customFields": [
            {"id": 1, "caption": "Floor", "type": "Number"},
            {"id": 2, "caption": "VIP", "type": "Checkbox"},
            {"id": 3, "caption": "Cause", "type": "Text"},
            {"id": 4, "caption": "cause", "type": "Text"},
        ]});
        let set = |caption: &str, value: Value| {
            let mut values = Map::new();
            add_to_update(&mut values, &[(caption.to_owned(), value)], Some(&record)).map(|()| values)
        };
        assert_eq!(set("floor", json!("3")).unwrap()["customFields"], json!([{"id": 1, "value": 3}]));
        assert_eq!(set("VIP", json!("yes")).unwrap()["customFields"], json!([{"id": 2, "value": true}]));
        assert_eq!(set("VIP", Value::Null).unwrap()["customFields"], json!([{"id": 2, "value": null}]));
        for (caption, value, expected) in
            [("Floor", "x", "is not a number"), ("Cause", "x", "several"), ("None", "x", "  1  Floor")]
        {
            let error = set(caption, json!(value)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let typed = of_record(&record, &[("floor".to_owned(), json!("3")), ("vip".to_owned(), json!(true))]).unwrap();
        assert_eq!(typed, [("Floor".to_owned(), json!(3)), ("VIP".to_owned(), json!(true))]);
        let twice = [("Floor".to_owned(), json!("3")), ("floor".to_owned(), json!("4"))];
        let error = add_to_update(&mut Map::new(), &twice, Some(&record)).unwrap_err().to_string();
        assert!(error.contains(r#""Floor" is set twice"#), "{error}");
    }
}
