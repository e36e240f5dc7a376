//! A page of a list, and its `Link` header.

use std::ops::Deref;

use http::HeaderMap;
use http::header::LINK;

/// One page of a list: its records, and the position of the next page.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records, in the server's order.
    pub items: Vec<T>,
    /// The headers of the response.
    pub headers: HeaderMap,
    pub(crate) link: Link,
}

impl<T> Page<T> {
    /// Returns the server's link to the next page; `None` if there is none.
    #[must_use]
    pub fn next_page(&self) -> Option<NextPage> {
        self.link.next
    }
}

impl<T> Deref for Page<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// The position of the next page, from the server's `Link` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextPage {
    /// The page number, for [`from_page`](crate::query::list_query::ListQuery::from_page); `None` if the link has none.
    pub page: Option<u32>,
    /// The id after which the page starts, for [`page_id`](crate::query::list_query::ListQuery::page_id); `None` if the
    /// link has none.
    pub page_id: Option<i64>,
}

impl NextPage {
    /// Reads the link to the next page from the `Link` headers of a response; `None` if there is none.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        Link::read(headers).next
    }
}

/// The `Link` headers of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Whether the response has a `Link` header, even an empty one.
    pub(crate) present: bool,
    pub(crate) next: Option<NextPage>,
}

impl Link {
    /// Reads the headers. Only the page parameters of the next page's URL are used. Observed on live servers: the URL
    /// names another host, re-encodes the other parameters, and sometimes has a slash before the `?`.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut link = Self::default();
        for header in headers.get_all(LINK) {
            link.present = true;
            let text = String::from_utf8_lossy(header.as_bytes());
            link.next = link.next.or_else(|| next_in(&text));
        }
        link
    }
}

fn next_in(header: &str) -> Option<NextPage> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (url, after) = url_end(after)?;
        let (parameters, next) = after
            .split_once('<')
            .map_or((after, ""), |(parameters, _)| (parameters, after.get(parameters.len()..).unwrap_or_default()));
        if is_next(parameters) {
            return Some(page_of(url));
        }
        rest = next;
    }
    None
}

/// Splits the text at the `>` that ends the URL: the first one that is followed by a semicolon, a comma or the end of
/// the text. Conditions in the URL can contain other `>`.
fn url_end(text: &str) -> Option<(&str, &str)> {
    text.match_indices('>').find_map(|(at, _)| {
        let after = text.get(at + 1..)?;
        let ends = matches!(after.trim_start().bytes().next(), None | Some(b';' | b','));
        if ends { Some((text.get(..at)?, after)) } else { None }
    })
}

/// Returns whether the parameters of a link include the relation `next`, quoted or not, also among other relations.
fn is_next(parameters: &str) -> bool {
    parameters.split([';', ',']).filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        let relations = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel")
            && relations.split_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

fn page_of(url: &str) -> NextPage {
    let mut page = NextPage::default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name.eq_ignore_ascii_case("page") {
            page.page = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("pageId") {
            page.page_id = value.trim().parse().ok();
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(values: &[&str]) -> Link {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Link::read(&headers)
    }

    #[test]
    fn links_are_read() {
        let page = |page| Some(NextPage { page: Some(page), page_id: None });
        let id = |id| Some(NextPage { page: None, page_id: Some(id) });
        for (values, present, next) in [
            (&[][..], false, None),
            (&[""], true, None),
            (
                &[
                    r#"<https://h/v2025_1//apis/3.0/x/?conditions=LastUpdated+%3e%3d+%5b2025%5d&pageSize=2&page=2>; rel="next", <https://h/x?page=9>; rel="last""#,
                ],
                true,
                page(2),
            ),
            (&[r#"<https://h/x?page=1>; rel="first", <https://h/x?page=4>; rel="prev""#], true, None),
            (&[r#"<https://h/x?page=1>; rel="first", <https://h/x?page=6>; rel="next""#], true, page(6)),
            (&["<https://h/x?page=3>;rel=next"], true, page(3)),
            (&[r#"<https://h/x?PAGE=3>; title="a"; Rel="last NEXT""#], true, page(3)),
            (&[r#"<https://h/x?fields=id,summary&pageId=4711>; rel="next""#], true, id(4711)),
            (&[r#"<https://h/x?conditions=id>5&page=2>; rel="next""#], true, page(2)),
            // The first `page` belongs to the conditions. `%34` is the digit 4.
            (&[r#"<https://h/x?conditions=a%26page%3D9&page=%34&page;size=7>; rel="next""#], true, page(4)),
            (&[r#"<https://h/x?page=+5+&fields>; rel="next""#], true, page(5)),
            (&[r#"<https://h/x?pageId=%2B4711>; rel="next""#], true, id(4711)),
            (&[r#"<https://h/x?pageSize=5>; rel="next""#], true, Some(NextPage::default())),
            (&[r#"<https://h/x?page=two>; rel="next""#], true, Some(NextPage::default())),
            (&[r#"<https://h/x?page=9>; rel="last""#, r#"<https://h/x?page=2>; rel="next""#], true, page(2)),
            (&["<https://h/x?page=2"], true, None),
            (&["garbage"], true, None),
        ] {
            assert_eq!(read(values), Link { present, next }, "{values:?}");
        }
    }
}
