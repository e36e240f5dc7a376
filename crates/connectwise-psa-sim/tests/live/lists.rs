//! The lists of the demo data, and the records that a POST to a list creates.

use connectwise_psa::catalogue::{BodyEncoding, Operation, QueryKind, ResponseKind};
use connectwise_psa::{Method, Psa, Value, catalogue, schemas};
use connectwise_psa_sim::{Sim, Store};
use serde_json::{Map, json};

/// The maximum number of records of a list to compare.
const COMPARED: usize = 200;

/// A list that a POST adds records to.
pub(crate) struct CreatableList {
    pub(crate) operation: &'static Operation,
    /// The type of its records.
    pub(crate) type_name: &'static str,
}

impl CreatableList {
    /// Returns all of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        // Documents are created from multipart forms.
        let takes_json = |operation: &&Operation| operation.body.is_none_or(|body| body.encoding == BodyEncoding::Json);
        let creating = catalogue::all().filter(|operation| operation.method == Method::Post).filter(takes_json);
        creating.filter_map(|operation| {
            let ResponseKind::One(type_name) = operation.response else { return None };
            let is_list = |other: &&Operation| {
                other.query == QueryKind::List
                    && other.path.trim_end_matches('/').eq_ignore_ascii_case(operation.path.trim_end_matches('/'))
                    && other.response == ResponseKind::Many(type_name)
            };
            catalogue::all().find(is_list).map(|_| Self { operation, type_name })
        })
    }

    /// Returns the path of such a list in the demo data that has records; `None` if there is none.
    pub(crate) fn path_with_records(&self, store: &Store) -> Option<String> {
        path_with_records(store, self.operation.path)
    }

    /// Creates a record with only the required fields, with the values of a seeded record.
    pub(crate) async fn create(&self, psa: &Psa, path: &str, seeded: &Value) -> Result<Value, connectwise_psa::Error> {
        let response = psa.request(Method::Post, path).json(&self.body(seeded)).await?;
        Ok(response.into_json().unwrap())
    }

    fn body(&self, seeded: &Value) -> Value {
        let schema = schemas::get(self.type_name).unwrap();
        let required = schema["x-required-on-create"].as_array().cloned().unwrap_or_default();
        let mut body = Map::new();
        for name in required.iter().filter_map(Value::as_str).chain(EXTRA_FIELDS.iter().copied()) {
            let Some(value) = seeded.get(name) else { continue };
            let is_known = schema["properties"].get(name).is_some();
            let value = match value {
                Value::Object(reference) if reference.contains_key("id") => json!({"id": reference["id"]}),
                // Identifiers and the URLs of callbacks are unique.
                Value::String(text) if name == "identifier" || name == "url" => {
                    let most = schema["properties"][name]["maxLength"].as_u64().unwrap_or(200);
                    let kept = usize::try_from(most).unwrap() - 1;
                    json!(format!("{}X", text.chars().take(kept).collect::<String>()))
                }
                // Agreements create their invoices themselves.
                Value::String(text) if text == "Agreement" => json!("Standard"),
                value => value.clone(),
            };
            if is_known {
                body.insert(name.to_owned(), value);
            }
        }
        // A record that exists already is added to a list of references.
        if self.type_name.ends_with("Reference") {
            body.insert("id".to_owned(), seeded["id"].clone());
        }
        Value::Object(body)
    }
}

/// Fields that servers require in some lists, although the OpenAPI document does not say so, and those that select the
/// place of a ticket note or the kind of an invoice.
const EXTRA_FIELDS: [&str; 9] = [
    "firstName",
    "detailDescriptionFlag",
    "internalAnalysisFlag",
    "resolutionFlag",
    "chargeToId",
    "chargeToType",
    "objectId",
    "timeStart",
    "url",
];

/// Returns the path of a list that has records, with ids in place of the path parameters.
pub(crate) fn path_with_records(store: &Store, template: &str) -> Option<String> {
    let Some((start, rest)) = template.split_once('{') else {
        return (store.count(template) > 0).then(|| template.to_owned());
    };
    let (_, rest) = rest.split_once('}')?;
    store.list(start).iter().take(COMPARED).find_map(|owner| {
        let id = owner["id"].as_i64()?;
        path_with_records(store, &format!("{start}{id}{rest}"))
    })
}

/// Returns the records of a list as a client reads them.
pub(crate) async fn read(psa: &Psa, path: &str) -> Vec<Value> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let response = psa.request(Method::Get, &format!("{path}{separator}pageSize={COMPARED}")).await.unwrap();
    match response.into_json().unwrap() {
        Value::Array(records) => records,
        one => vec![one],
    }
}

/// Starts a simulator with the demo data and a callback, of which the demo data has none.
pub(crate) async fn demo() -> (Sim, Psa) {
    let sim = Sim::builder().start().await.unwrap();
    let psa = sim.psa();
    let callback = json!({"url": "http://127.0.0.1:9/?recordId=", "objectId": 1, "type": "contact", "level": "owner"});
    psa.request(Method::Post, "/system/callbacks").json(&callback).await.unwrap();
    (sim, psa)
}
