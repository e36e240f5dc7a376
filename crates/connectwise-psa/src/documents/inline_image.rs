//! Images inside the text of notes. They are outside the API, so they have no operation: the text has their links.

use std::collections::HashSet;

/// The path of an inline image below the code base; the id of the company and a GUID follow.
const MARKER: &str = "/api/inlineimages/";

/// The most characters of a link before [`MARKER`]. So a long text without spaces takes little time.
const MAX_BEFORE: usize = 300;

/// Returns the links of the inline images in the text of a note, in their order, without duplicates. The text can be plain
/// text, Markdown or HTML. [`Documents::inline_image`](crate::documents::Documents::inline_image) downloads them.
///
/// Observed on live servers: the path of a link is `/v4_6_release/api/inlineimages/{companyId}/{guid}`. A link can also
/// have the host in front.
///
/// ```
/// use connectwise_psa::documents::inline_image_links;
///
/// let text = "See ![photo](https://na.myconnectwise.net/v4_6_release/api/inlineimages/acme/\
///             1f0c3a52-7a39-4d0c-9d5b-0a3b6a2f4c11).";
/// assert_eq!(inline_image_links(text).len(), 1);
/// ```
#[must_use]
pub fn inline_image_links(text: &str) -> Vec<String> {
    // ASCII lower case has the same length, so that the positions are those of the text.
    let lower = text.to_ascii_lowercase();
    let mut links: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for (at, _) in lower.match_indices(MARKER) {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + MARKER.len()..)) else { continue };
        let (Some(start), Some(end)) = (link_start(before), image_length(after)) else { continue };
        let Some(link) = text.get(start..at + MARKER.len() + end) else { continue };
        if is_inline_image(link) && known.insert(link) {
            links.push(link.to_owned());
        }
    }
    links
}

/// Returns where the link starts that continues after the text; `None` if it is too long.
fn link_start(before: &str) -> Option<usize> {
    for (length, (at, character)) in before.char_indices().rev().enumerate() {
        if ends_link(character) {
            return Some(at + character.len_utf8());
        }
        if length >= MAX_BEFORE {
            return None;
        }
    }
    Some(0)
}

/// Returns whether a link is that of an inline image: a path or a URL that ends in the company and the GUID.
pub(crate) fn is_inline_image(link: &str) -> bool {
    let lower = link.to_ascii_lowercase();
    let Some((before, after)) = lower.split_once(MARKER) else { return false };
    let starts_like_link =
        before.is_empty() || before.starts_with('/') || before.starts_with("https://") || before.starts_with("http://");
    starts_like_link
        && !before.contains(ends_link)
        && !before.contains(['?', '#'])
        && image_length(after) == Some(after.len())
}

/// Returns whether a character cannot be inside a link.
fn ends_link(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '"' | '\'' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '=' | ',' | ';' | '\\' | '|'
        )
}

/// Returns the length of `{company}/{guid}` at the start of the text.
fn image_length(text: &str) -> Option<usize> {
    let (company, rest) = text.split_once('/')?;
    let is_company = !company.is_empty()
        && !company.contains(ends_link)
        && !company.contains(['?', '#', '&'])
        && !matches!(company, "." | "..");
    let guid = rest.find(|character: char| !character.is_ascii_hexdigit() && character != '-').unwrap_or(rest.len());
    let is_guid = rest.get(..guid).is_some_and(|guid| uuid::Uuid::parse_str(guid).is_ok());
    (is_company && is_guid).then_some(company.len() + 1 + guid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "1f0c3a52-7a39-4d0c-9d5b-0a3b6a2f4c11";

    #[test]
    fn links_are_found_in_text_markdown_and_html() {
        let path = format!("/v4_6_release/api/inlineimages/acme/{GUID}");
        let url = format!("https://na.myconnectwise.net{path}");
        for (text, expected) in [
            (path.clone(), vec![path.clone()]),
            (format!("see {url}, please"), vec![url.clone()]),
            (format!("![photo]({url}) and ![again]({url})"), vec![url.clone()]),
            (format!("<img src=\"{url}\"><img src={path}>"), vec![url.clone(), path.clone()]),
            (format!("写真{url}。", url = format_args!(" {url}")), vec![url.clone()]),
            (format!("{}?w=100", url), vec![url.clone()]),
            (url.replace("inlineimages", "InlineImages"), vec![url.replace("inlineimages", "InlineImages")]),
            (format!("https://x.example/api/inlineimages/acme/{}", &GUID[..20]), vec![]),
            (format!("/v4_6_release/api/inlineimages//{GUID}"), vec![]),
            (format!("/v4_6_release/api/inlineimages/../{GUID}"), vec![]),
            (format!("javascript:/api/inlineimages/acme/{GUID}"), vec![]),
            (format!("ftp://x/api/inlineimages/acme/{GUID}"), vec![]),
            (format!("https://{}.example{path}", "x".repeat(500)), vec![]),
            ("no image /api/inlineimages/".to_owned(), vec![]),
            (String::new(), vec![]),
        ] {
            assert_eq!(inline_image_links(&text), expected, "{text}");
        }
    }

    #[test]
    fn only_whole_links_of_images_are_accepted() {
        for (link, expected) in [
            (format!("/v4_6_release/api/inlineimages/acme/{GUID}"), true),
            (format!("https://psa.example/v4_6_release/api/inlineimages/acme/{GUID}"), true),
            (format!("/v4_6_release/api/inlineimages/acme/{GUID}/../../x"), false),
            (format!("/v4_6_release/api/inlineimages/acme/{GUID}?a=b"), false),
            (format!("/x?y=/api/inlineimages/acme/{GUID}"), false),
            ("/service/tickets/5".to_owned(), false),
        ] {
            assert_eq!(is_inline_image(&link), expected, "{link}");
        }
    }
}
