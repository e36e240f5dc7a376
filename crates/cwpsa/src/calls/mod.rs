//! Calls of operations by id, with JSON in and out: what `cwpsa call`, the commands of records and the agent server share.

pub(crate) mod batch;
pub(crate) mod curl;
pub(crate) mod download;
pub(crate) mod dry_run;
pub(crate) mod failure;
pub(crate) mod input_text;
pub(crate) mod items;
pub(crate) mod listing;
pub(crate) mod upload;

use connectwise_psa::Psa;
use connectwise_psa::catalogue::Operation;
use connectwise_psa::raw::RawRequest;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::CommandError;
use crate::operations::{check, id};

/// What a caller gives an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    /// Path, query and list parameters (`conditions`, `fields` and the others) by name.
    pub(crate) parameters: Map<String, Value>,
    /// The JSON body, as the caller wrote it.
    pub(crate) body: Option<Box<RawValue>>,
}

impl Input {
    /// Makes the request of an operation. Invalid input becomes the error of the request.
    pub(crate) fn request(&self, psa: &Psa, operation: &'static Operation) -> RawRequest {
        let request = psa.operation(&id::name(operation)).parameters(&Value::Object(self.parameters.clone()));
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// Checks the input against the description of the operation. Nothing is sent. `otherwise` is what the user can do
    /// besides correcting the input.
    pub(crate) fn check(&self, operation: &'static Operation, otherwise: &str) -> Result<(), CommandError> {
        let body = match &self.body {
            None => None,
            Some(body) => Some(
                serde_json::from_str(body.get())
                    .map_err(|error| CommandError::usage(format!("the input cannot be read: {error}")))?,
            ),
        };
        let problems = check::problems(operation, &self.parameters, body.as_ref());
        if problems.is_empty() {
            return Ok(());
        }
        let name = id::name(operation);
        Err(CommandError::usage(format!("the input of {name} is wrong, so nothing was sent:\n{}", problems.join("\n")))
            .with_next_step(format!("`cwpsa ops show {name}` shows what it takes{otherwise}")))
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa::catalogue::{self, ParameterKind, ParameterLocation};
    use connectwise_psa::{Method, Upload};

    use super::*;

    /// Returns a valid value of a parameter.
    fn value(kind: ParameterKind) -> Value {
        match kind {
            ParameterKind::Integer | ParameterKind::Number => 7.into(),
            ParameterKind::Boolean => true.into(),
            _ => "7".into(),
        }
    }

    /// Returns input with the required parameters, and an empty body if the operation takes one.
    fn smallest_input(operation: &Operation) -> Input {
        let required = operation.parameters.iter().filter(|parameter| parameter.required);
        let parameters = required.map(|parameter| (parameter.name.to_owned(), value(parameter.kind)));
        let is_array = |many: bool| many || operation.method == Method::Patch;
        let body = operation.body.map(|body| if is_array(body.many) { "[]" } else { "{}" });
        Input {
            parameters: parameters.collect(),
            body: body.map(|body| RawValue::from_string(body.to_owned()).expect("JSON")),
        }
    }

    #[test]
    fn each_operation_of_the_catalogue_can_be_called() {
        let builder = Psa::builder().host("psa.example").company("acme").keys("public", "private");
        let psa = builder.client_id("client").build().expect("a client");
        let mut count = 0;
        for operation in catalogue::all() {
            let name = id::name(operation);
            assert_eq!(id::find(&name).map(|found| found.path).ok(), Some(operation.path), "{name}");
            let request = smallest_input(operation).request(&psa, operation);
            let request = match operation.body.map(|body| body.encoding) {
                Some(catalogue::BodyEncoding::Multipart) => request.upload(Upload::from_bytes("a.txt", "text")),
                _ => request,
            };
            let sent = request.dry_run().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(sent.method, operation.method, "{name}");
            assert_eq!(sent.body.is_some(), operation.body.is_some(), "{name}");
            let path: Vec<&str> = operation.path.split('/').collect();
            let (url, _) = sent.url.split_once('?').unwrap_or((&sent.url, ""));
            let sent_path: Vec<&str> = url.rsplit('/').take(path.len() - 1).collect();
            for (expected, sent) in path.iter().rev().zip(sent_path) {
                assert!(expected == &sent || expected.starts_with('{') && !sent.contains('{'), "{name}: {url}");
            }
            let in_path = |parameter: &&catalogue::Parameter| parameter.location == ParameterLocation::Path;
            assert_eq!(operation.parameters.iter().filter(in_path).count(), operation.path.matches('{').count());
            count += 1;
        }
        assert!(count > 3_000, "{count}");
    }
}
