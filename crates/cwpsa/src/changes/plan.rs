//! The plan of a file: the server's records are read, and compared with the file.

use connectwise_psa::Psa;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::calls::Input;
use crate::calls::items::json_of;
use crate::changes::difference::{Difference, differences};
use crate::changes::file::FileRecord;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::records::property::Properties;
use crate::records::resolver::Resolver;
use crate::records::types::RecordType;
use crate::records::{body, custom_fields, exact};

/// The change of one record.
pub(crate) struct Change {
    /// The name of the record for people.
    pub(crate) name: String,
    pub(crate) record_type: &'static RecordType,
    pub(crate) id: Option<i64>,
    pub(crate) differences: Vec<Difference>,
    /// The request: a patch of the fields that differ, or a new record.
    pub(crate) input: Input,
    /// When the record was last updated before it was compared.
    last_updated: Option<String>,
}

/// Reads the records and returns what has to change. Records that do not differ are left out.
pub(crate) async fn plan(psa: &Psa, wanted: &[FileRecord]) -> Result<Vec<Change>, CommandError> {
    let mut resolver = Resolver::new(Some(psa));
    let mut changes = Vec::new();
    for record in wanted {
        let change = change(psa, &mut resolver, record).await.map_err(|error| error.about(&record.name()))?;
        changes.extend(change);
    }
    Ok(changes)
}

async fn change(psa: &Psa, resolver: &mut Resolver<'_>, wanted: &FileRecord) -> Result<Option<Change>, CommandError> {
    let properties = Properties::of(wanted.record_type.schema);
    let current = match wanted.id {
        Some(id) => Some(read(psa, wanted.record_type, id).await?),
        None => None,
    };
    let mut values = wanted.fields.clone();
    resolver.resolve(&properties, &mut values, current.as_ref()).await?;
    let (operation, differences, input) = match &current {
        Some(current) => {
            let differences = differences(current, &values);
            let custom = custom_fields::of_record(current, &wanted.custom_fields)?;
            let custom_differences = custom_differences(current, &custom);
            values.retain(|field, _| differences.iter().any(|difference| difference.field == *field));
            let changed: Vec<(String, Value)> = custom
                .into_iter()
                .filter(|(caption, _)| custom_differences.iter().any(|difference| difference.field == *caption))
                .collect();
            custom_fields::add_to_update(&mut values, &changed, Some(current))?;
            let mut differences = [differences, custom_differences].concat();
            if differences.is_empty() {
                return Ok(None);
            }
            name_references(&mut differences, &wanted.fields);
            let body = Some(body::patch(&properties, &values)?);
            (wanted.record_type.update()?, differences, Input { parameters: id_of(wanted.id), body })
        }
        None => {
            custom_fields::add_to_new(&mut values, &wanted.custom_fields, Some(psa)).await?;
            let mut differences = differences(&Value::Null, &values);
            name_references(&mut differences, &wanted.fields);
            let body = Some(body::create(&values)?);
            (wanted.record_type.create()?, differences, Input { parameters: Map::new(), body })
        }
    };
    input.check(operation, "")?;
    Ok(Some(Change {
        name: wanted.name(),
        record_type: wanted.record_type,
        id: wanted.id,
        differences,
        input,
        last_updated: current.as_ref().and_then(last_updated),
    }))
}

/// Returns the requests that would set all fields of a file, without reading anything.
pub(crate) fn requests_without_reading(wanted: &FileRecord) -> Result<Input, CommandError> {
    let needs_reading = wanted
        .fields
        .iter()
        .find(|(field, value)| value.is_string() && Properties::of(wanted.record_type.schema).is_reference(field));
    if let Some((field, _)) = needs_reading {
        return Err(CommandError::usage(format!(
            "{}: {field} is given by name, and a dry run reads nothing",
            wanted.name()
        ))
        .with_next_step("give ids, or use `cwpsa diff`, which reads but changes nothing"));
    }
    if !wanted.custom_fields.is_empty() {
        return Err(CommandError::usage(format!(
            "{}: custom fields are looked up, and a dry run reads nothing",
            wanted.name()
        ))
        .with_next_step("use `cwpsa diff`, which reads but changes nothing"));
    }
    let properties = Properties::of(wanted.record_type.schema);
    let (operation, body) = match wanted.id {
        Some(_) => (wanted.record_type.update()?, body::patch(&properties, &wanted.fields)?),
        None => (wanted.record_type.create()?, body::create(&wanted.fields)?),
    };
    let input = Input { parameters: id_of(wanted.id), body: Some(body) };
    input.check(operation, "")?;
    Ok(input)
}

impl Change {
    /// Sends the change, if the record was not updated since it was compared. Between this check and the change, another
    /// update is still possible: PSA has no conditional updates.
    pub(crate) async fn send(&self, psa: &Psa) -> Result<(u16, Box<RawValue>), CommandError> {
        let operation = match self.id {
            Some(id) => {
                let now = last_updated(&read(psa, self.record_type, id).await?);
                if now != self.last_updated {
                    return Err(CommandError::new(
                        Exit::Failure,
                        "conflict",
                        format!("{} was updated after it was compared, so it was not changed", self.name),
                    )
                    .with_next_step("run the command again to compare it again"));
                }
                self.record_type.update()?
            }
            None => self.record_type.create()?,
        };
        let response = self.input.request(psa, operation).await?;
        Ok((response.status.as_u16(), json_of(&response)?))
    }

    /// Returns the change for programs.
    pub(crate) fn to_json(&self) -> Result<Box<RawValue>, CommandError> {
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|difference| json!({ "field": difference.field, "from": difference.from, "to": difference.to }))
            .collect();
        let body: Value = match &self.input.body {
            Some(body) => exact::value(body)?,
            None => Value::Null,
        };
        let name = if self.id.is_some() { "patch" } else { "new" };
        exact::json(&json!({
            "type": self.record_type.command,
            "id": self.id,
            "changes": differences,
            name: body,
        }))
    }
}

async fn read(psa: &Psa, record_type: &RecordType, id: i64) -> Result<Value, CommandError> {
    let input = Input { parameters: id_of(Some(id)), body: None };
    let response = input.request(psa, record_type.get()?).await?;
    exact::value(&json_of(&response)?)
}

fn id_of(id: Option<i64>) -> Map<String, Value> {
    id.into_iter().map(|id| ("id".to_owned(), Value::from(id))).collect()
}

fn last_updated(record: &Value) -> Option<String> {
    record.pointer("/_info/lastUpdated").and_then(Value::as_str).map(str::to_owned)
}

/// Returns the custom fields that differ, by caption.
fn custom_differences(current: &Value, wanted: &[(String, Value)]) -> Vec<Difference> {
    let fields = current.get("customFields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let value_of = |caption: &str| {
        let has_caption = |field: &&Value| {
            field.get("caption").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(caption))
        };
        fields.iter().find(has_caption).and_then(|field| field.get("value")).cloned().unwrap_or_default()
    };
    let now: Map<String, Value> = wanted.iter().map(|(caption, _)| (caption.clone(), value_of(caption))).collect();
    differences(&Value::Object(now), &wanted.iter().cloned().collect())
}

/// Adds the names that the file has for references, and leaves out the server's metadata. For display.
fn name_references(differences: &mut [Difference], fields: &Map<String, Value>) {
    for Difference { field, from, to } in differences {
        if let Some(from) = from.as_object_mut() {
            from.remove("_info");
        }
        if let (Some(to), Some(Value::String(name))) = (to.as_object_mut(), fields.get(field)) {
            to.insert("name".to_owned(), name.as_str().into());
        }
    }
}

/// Returns a value as a line for people.
pub(crate) fn shown(value: &Value) -> Result<String, CommandError> {
    let name = |name: &str| value.get(name).and_then(Value::as_str);
    Ok(match (value, name("name").or_else(|| name("identifier")), value.get("id")) {
        (Value::Null, ..) => "(empty)".to_owned(),
        (Value::String(text), ..) => exact::shown(text).to_owned(),
        (_, Some(name), Some(id)) => format!("{name} ({id})"),
        (_, None, Some(id)) => format!("id {id}"),
        _ => exact::json(value)?.get().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use connectwise_psa_sim::Sim;

    use super::*;
    use crate::changes::file;

    async fn planned(sim: &Sim, text: &str) -> Result<Vec<Change>, CommandError> {
        plan(&sim.psa(), &file::parse(text).unwrap()).await
    }

    #[tokio::test]
    async fn a_patch_has_only_the_fields_that_differ() {
        let sim = Sim::builder().start().await.unwrap();
        let before = sim.store().get("/service/tickets", 72).unwrap();
        let file = json!({"type": "tickets", "id": 72, "fields": {
            "summary": before["summary"], "board": before["board"]["name"], "status": "New", "budgetHours": 12.50
        }});
        let changes = planned(&sim, &file.to_string()).await.unwrap();
        let patch = changes[0].input.body.as_ref().unwrap().get();
        let expected = json!([
            {"op": "replace", "path": "budgetHours", "value": 12.5},
            {"op": "replace", "path": "status", "value": {"id": 1}},
        ]);
        assert_eq!(serde_json::from_str::<Value>(patch).unwrap(), expected);
        changes[0].send(&sim.psa()).await.unwrap();
        assert!(planned(&sim, &file.to_string()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_record_that_was_updated_in_between_is_not_changed() {
        let sim = Sim::builder().start().await.unwrap();
        let file = r#"{"type": "tickets", "id": 72, "fields": {"summary": "From the file"}}"#;
        let changes = planned(&sim, file).await.unwrap();
        let patch = json!([{"op": "replace", "path": "summary", "value": "From somebody else"}]);
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        sim.psa().operation("service.update_ticket").parameters(&json!({"id": 72})).json(&patch).await.unwrap();
        let error = changes[0].send(&sim.psa()).await.unwrap_err();
        assert!(error.to_string().contains("was updated after it was compared"), "{error}");
        assert_eq!(sim.store().get("/service/tickets", 72).unwrap()["summary"], "From somebody else");
    }

    #[tokio::test]
    async fn wrong_records_are_errors_that_name_the_record() {
        let sim = Sim::builder().start().await.unwrap();
        for (text, expected) in [
            (r#"{"type": "tickets", "id": 999999, "fields": {"summary": "x"}}"#, "ticket 999999: "),
            (r#"{"type": "tickets", "id": 72, "fields": {"status": "Burnt"}}"#, "ticket 72: status"),
        ] {
            let error = planned(&sim, text).await.err().expect(text).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
