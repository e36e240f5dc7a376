//! Guides as resources: one for each main entity.

use connectwise_psa::catalogue::guides;
use rmcp::model::{Resource, ResourceContents};

/// The start of the addresses of guides.
pub(crate) const PREFIX: &str = "psa://guides/";
const MEDIA_TYPE: &str = "text/markdown";

/// Returns the list of guides.
pub(crate) fn list() -> Vec<Resource> {
    guides()
        .map(|guide| {
            Resource::new(format!("{PREFIX}{}", guide.name), guide.name)
                .with_title(guide.title)
                .with_mime_type(MEDIA_TYPE)
        })
        .collect()
}

/// Returns the guide with an address.
pub(crate) fn read(uri: &str) -> Option<ResourceContents> {
    let name = uri.strip_prefix(PREFIX)?;
    let guide = guides().find(|guide| guide.name == name)?;
    Some(ResourceContents::text(guide.text, uri).with_mime_type(MEDIA_TYPE))
}
