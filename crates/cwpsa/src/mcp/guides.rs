//! Guides as resources: one for each main entity.

use rmcp::model::{Resource, ResourceContents};

/// The start of the addresses of guides.
const PREFIX: &str = "psa://guides/";
const MEDIA_TYPE: &str = "text/markdown";

/// A guide: the name of the entity in lower case, what it is about in one line, and its text.
struct Guide {
    name: &'static str,
    title: &'static str,
    text: &'static str,
}

/// The guides of the catalogue.
fn all() -> impl Iterator<Item = Guide> {
    std::iter::empty()
}

/// Returns the list of guides.
pub(crate) fn list() -> Vec<Resource> {
    all()
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
    let guide = all().find(|guide| guide.name == name)?;
    Some(ResourceContents::text(guide.text, uri).with_mime_type(MEDIA_TYPE))
}
