//! What follows a page of a list, according to its link, the number of its records and their ids.

use crate::calls::bookmark::Position;
use crate::calls::page::{Link, NextPage};

/// What follows a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Page(Position),
    End,
    /// The page is empty and probably the last one, but the server does not say so.
    UnconfirmedEnd,
    /// The list cannot be read further. `resume` is the first position that has certainly not been read; `None` if it
    /// is unknown.
    Fail {
        why: String,
        resume: Option<Position>,
    },
}

/// What is known about a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageFacts {
    pub(crate) link: Link,
    pub(crate) count: usize,
    /// How many records were requested.
    pub(crate) page_size: usize,
    /// The id of the last record; `None` if the page is empty or that record has no integer id.
    pub(crate) last_id: Option<i64>,
    /// Whether this is the first page of the list.
    pub(crate) is_first: bool,
}

/// Returns what follows the page after the id `after`, with forward-only paging.
///
/// The link says whether there is a next page. Where that page begins follows from the ids, if there are any: a wrong id
/// in the link can then neither skip nor repeat a record.
pub(crate) fn after_forward(after: i64, page: PageFacts) -> Step {
    let from_last_id = page.last_id.map(|id| Step::Page(Position::Forward(id)));
    let fail = |why: String| Step::Fail { why, resume: page.last_id.map(Position::Forward) };
    let is_start = page.is_first && after == 0;
    match page.link {
        Link::Last => Step::End,
        // Page id 0 requests the start of the list, so no page can start after an id that is not positive.
        _ if is_start && page.last_id.is_some_and(|id| id <= 0) => after_numbered(1, page),
        Link::Next(NextPage { page_id: Some(page_id), .. }) if page_id > after => {
            from_last_id.unwrap_or(Step::Page(Position::Forward(page_id)))
        }
        Link::Next(NextPage { page_id: Some(page_id), .. }) => {
            fail(format!("the server links from page id {after} back to page id {page_id}"))
        }
        // Without a usable link, the first page can be page 1 of an endpoint that ignores forward-only paging. A shorter
        // page is then the whole list. The page after a full one shows whether the server reads on after the last id.
        Link::Absent | Link::OtherPages { .. } if is_start => match from_last_id {
            Some(step) if page.count >= page.page_size => step,
            _ => after_numbered(1, page),
        },
        Link::Next(NextPage { page: Some(_), .. }) if is_start => after_numbered(1, page),
        Link::Next(NextPage { page: Some(number), .. }) => {
            fail(format!("the server links from page id {after} to page {number}"))
        }
        // No record follows the id.
        Link::Absent | Link::OtherPages { .. } if page.count == 0 => Step::End,
        Link::Absent | Link::OtherPages { .. } | Link::Unreadable | Link::Next(_) => match from_last_id {
            Some(step) => step,
            None if page.count == 0 => Step::UnconfirmedEnd,
            None if is_start => after_numbered(1, page),
            None => fail(format!("the server sent no link to the next page after page id {after}")),
        },
    }
}

/// Returns what follows the page with this number.
pub(crate) fn after_numbered(number: u32, page: PageFacts) -> Step {
    let Some(following) = number.checked_add(1).map(Position::Page) else {
        return Step::Fail { why: "page numbers cannot be greater".to_owned(), resume: None };
    };
    match page.link {
        Link::Last => Step::End,
        Link::Next(NextPage { page: Some(next), .. }) if next <= number => Step::Fail {
            why: format!("the server links from page {number} back to page {next}"),
            resume: Some(following),
        },
        // A link that skips pages would skip their records.
        Link::Next(_) => Step::Page(following),
        Link::Unreadable if page.count == 0 => Step::UnconfirmedEnd,
        Link::Unreadable => Step::Page(following),
        // The server names a later page, but sends no record of this one.
        Link::OtherPages { last: Some(last) } if last > number && page.count == 0 => Step::UnconfirmedEnd,
        Link::OtherPages { last: Some(last) } if last > number => Step::Page(following),
        // Observed on live servers: the last page links to the first one, but page 1 does not.
        Link::OtherPages { last }
            if number > 1 && page.count == page.page_size && last.is_none_or(|last| last == number) =>
        {
            Step::End
        }
        // A shorter page is the last one. After a longer page, the next one shows whether the endpoint pages.
        Link::Absent | Link::OtherPages { .. } if page.count < page.page_size => Step::End,
        Link::Absent | Link::OtherPages { .. } => Step::Page(following),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: PageFacts =
        PageFacts { link: Link::Absent, count: 10, page_size: 10, last_id: Some(50), is_first: false };
    const EMPTY: PageFacts = PageFacts { count: 0, last_id: None, ..PAGE };

    fn next(page: Option<u32>, page_id: Option<i64>) -> Link {
        Link::Next(NextPage { page, page_id })
    }

    #[test]
    fn forward_only_paging_continues_after_the_last_id() {
        let (forward, numbered) = (|id| Step::Page(Position::Forward(id)), |page| Step::Page(Position::Page(page)));
        let first = PageFacts { is_first: true, ..PAGE };
        let no_ids = PageFacts { last_id: None, ..PAGE };
        for (name, after, facts, expected) in [
            ("a link", 40, PageFacts { link: next(None, Some(50)), ..PAGE }, forward(50)),
            ("a link that skips ids", 40, PageFacts { link: next(None, Some(60)), ..PAGE }, forward(50)),
            ("a link that repeats ids", 40, PageFacts { link: next(None, Some(45)), ..PAGE }, forward(50)),
            ("a link without ids", 40, PageFacts { link: next(None, Some(60)), ..no_ids }, forward(60)),
            ("an empty page", 40, PageFacts { link: next(None, Some(60)), ..EMPTY }, forward(60)),
            ("the last page", 40, PageFacts { link: Link::Last, ..PAGE }, Step::End),
            ("no link", 40, PAGE, forward(50)),
            ("no link, a short page", 40, PageFacts { count: 3, ..PAGE }, forward(50)),
            ("no link, an empty page", 40, EMPTY, Step::End),
            ("an unreadable link", 40, PageFacts { link: Link::Unreadable, ..PAGE }, forward(50)),
            (
                "an unreadable link, an empty page",
                40,
                PageFacts { link: Link::Unreadable, ..EMPTY },
                Step::UnconfirmedEnd,
            ),
            ("no link on a full first page", 0, first, forward(50)),
            ("no link on a longer first page", 0, PageFacts { count: 11, ..first }, forward(50)),
            ("no link on a full first page without ids", 0, PageFacts { is_first: true, ..no_ids }, numbered(2)),
            (
                "only a link to the first page",
                0,
                PageFacts { link: Link::OtherPages { last: None }, ..first },
                forward(50),
            ),
            (
                "a link to page 3 as the last one, a short first page",
                0,
                PageFacts { link: Link::OtherPages { last: Some(3) }, count: 9, ..first },
                numbered(2),
            ),
            ("only other pages, later", 40, PageFacts { link: Link::OtherPages { last: None }, ..PAGE }, forward(50)),
            (
                "only other pages, an empty page",
                40,
                PageFacts { link: Link::OtherPages { last: None }, ..EMPTY },
                Step::End,
            ),
            (
                "the id 0 on the first page",
                0,
                PageFacts { link: next(None, Some(0)), last_id: Some(0), count: 1, page_size: 1, ..first },
                numbered(2),
            ),
            ("a negative id on the first page", 0, PageFacts { last_id: Some(-3), ..first }, numbered(2)),
            (
                "a negative id and an unreadable link",
                0,
                PageFacts { link: Link::Unreadable, last_id: Some(-3), ..first },
                numbered(2),
            ),
            ("no link on a short first page", 0, PageFacts { count: 9, ..first }, Step::End),
            ("no link on a first page after an id", 40, first, forward(50)),
            ("an unreadable link on the first page", 0, PageFacts { link: Link::Unreadable, ..first }, forward(50)),
            ("a link to page 2 on the first page", 0, PageFacts { link: next(Some(2), None), ..first }, numbered(2)),
        ] {
            assert_eq!(after_forward(after, facts), expected, "{name}");
        }
        for (name, facts, resume) in [
            ("a link back", PageFacts { link: next(None, Some(40)), ..PAGE }, Some(Position::Forward(50))),
            ("a link to a page number", PageFacts { link: next(Some(2), None), ..PAGE }, Some(Position::Forward(50))),
            ("neither a link nor ids", no_ids, None),
        ] {
            let step = after_forward(40, facts);
            assert!(matches!(&step, Step::Fail { resume: found, .. } if *found == resume), "{name}: {step:?}");
        }
    }

    #[test]
    fn page_numbers_continue_at_the_next_number() {
        let third = Step::Page(Position::Page(3));
        for (name, facts, expected) in [
            ("a link", PageFacts { link: next(Some(3), None), ..PAGE }, third.clone()),
            ("a link that skips a page", PageFacts { link: next(Some(4), None), ..PAGE }, third.clone()),
            ("a link without a number", PageFacts { link: next(None, None), ..PAGE }, third.clone()),
            ("the last page", PageFacts { link: Link::Last, ..PAGE }, Step::End),
            ("no link, a full page", PAGE, third.clone()),
            ("no link, a short page", PageFacts { count: 9, ..PAGE }, Step::End),
            ("no link, a longer page", PageFacts { count: 11, ..PAGE }, third.clone()),
            (
                "only a link to page 1, a full page",
                PageFacts { link: Link::OtherPages { last: None }, ..PAGE },
                Step::End,
            ),
            (
                "only a link to page 1, a short page",
                PageFacts { link: Link::OtherPages { last: None }, count: 9, ..PAGE },
                Step::End,
            ),
            (
                "a later last page, a short page",
                PageFacts { link: Link::OtherPages { last: Some(3) }, count: 9, ..PAGE },
                third.clone(),
            ),
            (
                "a later last page, an empty page",
                PageFacts { link: Link::OtherPages { last: Some(3) }, ..EMPTY },
                Step::UnconfirmedEnd,
            ),
            ("the last page is full", PageFacts { link: Link::OtherPages { last: Some(2) }, ..PAGE }, Step::End),
            ("an unreadable link, a short page", PageFacts { link: Link::Unreadable, count: 9, ..PAGE }, third),
            ("an unreadable link, an empty page", PageFacts { link: Link::Unreadable, ..EMPTY }, Step::UnconfirmedEnd),
        ] {
            assert_eq!(after_numbered(2, facts), expected, "{name}");
        }
        let first = PageFacts { link: Link::OtherPages { last: None }, ..PAGE };
        assert_eq!(after_numbered(1, first), Step::Page(Position::Page(2)), "page 1 does not link to itself");
        let back = after_numbered(2, PageFacts { link: next(Some(2), None), ..PAGE });
        assert!(matches!(back, Step::Fail { resume: Some(Position::Page(3)), .. }), "{back:?}");
        assert!(matches!(after_numbered(u32::MAX, PAGE), Step::Fail { resume: None, .. }));
    }
}
