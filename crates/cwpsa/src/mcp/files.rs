//! Files as resources: a result has a link, and reading the link returns the bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connectwise_psa::Psa;
use connectwise_psa::catalogue::{Operation, ResponseKind};
use rmcp::model::{Resource, ResourceContents};
use serde_json::{Map, Value};

use crate::calls::Input;
use crate::mcp::failure::Failure;
use crate::mcp::policy::{Access, Need};
use crate::operations::id;

/// The start of the addresses of files.
const PREFIX: &str = "psa://files/";
/// The largest file that an agent gets, in bytes.
const MAX_BYTES: usize = 5 * 1024 * 1024;

/// Returns the link to the file of an operation.
pub(crate) fn link(operation: &'static Operation, parameters: &Map<String, Value>, media_type: &str) -> Resource {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        match value {
            Value::String(text) => query.append_pair(name, text),
            other => query.append_pair(name, &other.to_string()),
        };
    }
    let name = id::name(operation);
    Resource::new(format!("{PREFIX}{name}?{}", query.finish()), name).with_mime_type(media_type)
}

/// Reads the file of a link. `None` if the address is not that of a file.
pub(crate) async fn read(psa: &Psa, uri: &str) -> Option<Result<ResourceContents, Failure>> {
    let (name, query) = uri.strip_prefix(PREFIX)?.split_once('?')?;
    let operation = id::find(name).ok()?;
    if !matches!(operation.response, ResponseKind::Bytes(_)) || Need::of(operation).access != Access::Read {
        return None;
    }
    let parameters = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    Some(download(psa, operation, Input { parameters, body: None }, uri).await)
}

async fn download(
    psa: &Psa,
    operation: &'static Operation,
    input: Input,
    uri: &str,
) -> Result<ResourceContents, Failure> {
    let mut download = input.request(psa, operation).download().await?;
    let media_type = download.media_type.clone();
    let mut bytes = Vec::new();
    while let Some(part) = download.next().await {
        bytes.extend_from_slice(&part?);
        if bytes.len() > MAX_BYTES {
            return Err(Failure::rejected("too_large", format!("the file is larger than {MAX_BYTES} bytes")));
        }
    }
    let contents = ResourceContents::blob(STANDARD.encode(bytes), uri);
    Ok(match media_type {
        Some(media_type) => contents.with_mime_type(media_type),
        None => contents,
    })
}
