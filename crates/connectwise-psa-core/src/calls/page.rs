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
        self.link.next()
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
        Link::read(headers).next()
    }
}

/// What the `Link` headers of a response say about the next page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// There is no header, or none about pages.
    #[default]
    Absent,
    /// The header is empty. Observed on live servers: the last page of forward-only paging has such a header.
    Last,
    /// The headers name only other pages, such as the first one: `last` is the number of the last page, if they name it.
    OtherPages { last: Option<u32> },
    /// A header is about a next page, or may be, but cannot be read.
    Unreadable,
    /// The next page. Both fields can be `None`: there is a next page, but its position is unknown.
    Next(NextPage),
}

impl Link {
    /// Reads the headers. Only the page parameters of the next page's URL are used. Observed on live servers: the URL
    /// names another host, re-encodes the other parameters, and sometimes has a slash before the `?`.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let of_header = |header: &http::HeaderValue| link_in(&String::from_utf8_lossy(header.as_bytes()));
        headers.get_all(LINK).iter().map(of_header).fold(Self::Absent, Self::or_stronger)
    }

    /// Returns the position of the next page, if the headers name it.
    pub(crate) fn next(self) -> Option<NextPage> {
        match self {
            Self::Next(next) => Some(next),
            _ => None,
        }
    }

    /// Combines two links of one response: the first next page counts, and what is unreadable may be one.
    fn or_stronger(self, other: Self) -> Self {
        let rank = |link: Self| match link {
            Self::Absent => 0,
            Self::Last => 1,
            Self::OtherPages { .. } => 2,
            Self::Unreadable => 3,
            Self::Next(_) => 4,
        };
        match (self, other) {
            (Self::OtherPages { last }, Self::OtherPages { last: other }) => Self::OtherPages { last: last.max(other) },
            _ if rank(other) > rank(self) => other,
            _ => self,
        }
    }
}

/// Reads one header: links, separated by commas.
fn link_in(header: &str) -> Link {
    let mut rest = header.trim();
    if rest.is_empty() {
        return Link::Last;
    }
    let mut found = Link::Absent;
    while let Some(start) = rest.strip_prefix('<') {
        let Some((url, after)) = url_end(start) else { return found.or_stronger(Link::Unreadable) };
        let (parameters, next) = parameters_end(after);
        found = found.or_stronger(match relation(parameters) {
            // A comma is missing between two links.
            _ if parameters.contains('<') => Link::Unreadable,
            Some(Relation::Next) => Link::Next(page_of(url)),
            Some(Relation::LastPage) => Link::OtherPages { last: page_of(url).page },
            Some(Relation::OtherPage) => Link::OtherPages { last: None },
            Some(Relation::Other) => Link::Absent,
            None => Link::Unreadable,
        });
        rest = next;
    }
    if rest.trim().is_empty() { found } else { found.or_stronger(Link::Unreadable) }
}

/// Splits the text at the comma that ends the parameters of a link; a quoted value can contain others.
fn parameters_end(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    let (parameters, rest) = end.and_then(|end| text.split_at_checked(end)).unwrap_or((text, ""));
    (parameters, rest.trim_start_matches(',').trim_start())
}

enum Relation {
    Next,
    LastPage,
    /// Another page of the list, which shows that the server pages.
    OtherPage,
    /// Not a page: proxies add such links.
    Other,
}

/// Returns the relation in the parameters of a link; `None` if there is none. It can be quoted, and one of several.
fn relation(parameters: &str) -> Option<Relation> {
    let mut values = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, value) = values.find(|(name, _)| name.trim().eq_ignore_ascii_case("rel"))?;
    let names: Vec<_> = value.trim().trim_matches('"').split_whitespace().map(str::to_ascii_lowercase).collect();
    let has = |expected: &[&str]| names.iter().any(|name| expected.contains(&name.as_str()));
    match () {
        () if names.is_empty() => None,
        () if has(&["next"]) => Some(Relation::Next),
        () if has(&["last"]) => Some(Relation::LastPage),
        () if has(&["first", "prev", "previous"]) => Some(Relation::OtherPage),
        () => Some(Relation::Other),
    }
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
        let page = |page| Link::Next(NextPage { page: Some(page), page_id: None });
        let id = |id| Link::Next(NextPage { page: None, page_id: Some(id) });
        for (values, expected) in [
            (&[][..], Link::Absent),
            (&[""], Link::Last),
            (&[" "], Link::Last),
            (
                &[
                    r#"<https://h/v2025_1//apis/3.0/x/?conditions=LastUpdated+%3e%3d+%5b2025%5d&pageSize=2&page=2>; rel="next", <https://h/x?page=9>; rel="last""#,
                ],
                page(2),
            ),
            (
                &[r#"<https://h/x?page=1>; rel="first", <https://h/x?page=4>; rel="prev""#],
                Link::OtherPages { last: None },
            ),
            (
                &[r#"<https://h/x?page=6>; rel="last", <https://h/x?page=1>; rel="first""#, ""],
                Link::OtherPages { last: Some(6) },
            ),
            (&[r#"<https://h/x?page=1>; rel="first", <https://h/x?page=6>; rel="next""#], page(6)),
            (&["<https://h/x?page=3>;rel=next"], page(3)),
            (&[r#"<https://h/x?PAGE=3>; title="a"; Rel="last NEXT""#], page(3)),
            (&[r#"<https://h/x?fields=id,summary&pageId=4711>; rel="next""#], id(4711)),
            (&[r#"<https://h/x?conditions=id>5&page=2>; rel="next""#], page(2)),
            // The first `page` belongs to the conditions. `%34` is the digit 4.
            (&[r#"<https://h/x?conditions=a%26page%3D9&page=%34&page;size=7>; rel="next""#], page(4)),
            (&[r#"<https://h/x?page=+5+&fields>; rel="next""#], page(5)),
            (&[r#"<https://h/x?pageId=%2B4711>; rel="next""#], id(4711)),
            (&[r#"<https://h/x?pageSize=5>; rel="next""#], Link::Next(NextPage::default())),
            (&[r#"<https://h/x?page=two>; rel="next""#], Link::Next(NextPage::default())),
            (&[r#"<https://h/x?page=9>; rel="last""#, r#"<https://h/x?page=2>; rel="next""#], page(2)),
            // A proxy's link is not about pages.
            (&[r#"</style.css>; rel="preload"; as="style""#], Link::Absent),
            (&[r#"</style.css>; rel=preload, <https://h/x?page=2>; rel="next""#], page(2)),
            (&["</style.css>; rel=preload", ""], Link::Last),
            (&["<https://h/x?page=2"], Link::Unreadable),
            (&["<https://h/x?page=2>"], Link::Unreadable),
            (&[r#"<https://h/x?page=2>; rel="""#], Link::Unreadable),
            (&["garbage"], Link::Unreadable),
            (&[r#"<https://h/x?page=1>; rel="first", https://h/x?page=2; rel="#], Link::Unreadable),
            (&[r#"<https://h/x?page=1>; rel="first" <https://h/x?page=2>; rel="next""#], Link::Unreadable),
            (&[r#"<https://h/x?page=1>; title="a, <b>"; rel="first", <https://h/x?page=2>; rel="next""#], page(2)),
            (&[r#"<https://h/x?page=1>; rel="first", <https://h/x?pa"#], Link::Unreadable),
            (&[r#"<https://h/x?page=2>; rel="next", <https://h/x?pa"#], page(2)),
        ] {
            assert_eq!(read(values), expected, "{values:?}");
        }
    }
}
