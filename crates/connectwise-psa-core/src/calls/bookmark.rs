//! Bookmarks: where in a list reading can go on, as text that outlives the program.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::error::Error;

/// The beginning of a page that has not been handed out yet; [`List::resume`](crate::calls::list::List::resume) goes on
/// there.
///
/// It prints as text of letters, digits and slashes, which is read back and is its form in JSON. It holds no
/// conditions, only a mark of them, so that it is not taken for another list.
///
/// ```
/// let bookmark: connectwise_psa_core::calls::Bookmark = "forward/4711/1000/9a3f00c2d17e5b64".parse()?;
/// assert_eq!(bookmark.to_string(), "forward/4711/1000/9a3f00c2d17e5b64");
/// # Ok::<(), connectwise_psa_core::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bookmark {
    pub(crate) position: Position,
    pub(crate) page_size: u32,
    /// Of the path and what was asked.
    pub(crate) mark: u64,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Position {
    /// After this id, reading forward only.
    Forward(i64),
    /// With this page, counted from 1.
    Page(u32),
    /// With the id at this place of a list of ids that is read in parts, counted from 0. How many ids a part holds
    /// depends on the rest of its URL, which may be another one when reading goes on.
    Part(u32),
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Position::Forward(id) => write!(f, "forward/{id}")?,
            Position::Page(page) => write!(f, "page/{page}")?,
            Position::Part(part) => write!(f, "part/{part}")?,
        }
        write!(f, "/{}/{:016x}", self.page_size, self.mark)
    }
}

impl FromStr for Bookmark {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or_else(|| {
            Error::invalid_input("bookmark", "is none: it looks like `forward/4711/1000/9a3f00c2d17e5b64`")
        })
    }
}

fn read(text: &str) -> Option<Bookmark> {
    let mut parts = text.trim().split('/');
    let (kind, place, page_size, mark) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let position = match kind {
        "forward" => Position::Forward(place.parse().ok().filter(|id| *id >= 0)?),
        "page" => Position::Page(place.parse().ok().filter(|page| *page > 0)?),
        "part" => Position::Part(place.parse().ok()?),
        _ => return None,
    };
    let bookmark = Bookmark { position, page_size: page_size.parse().ok()?, mark: u64::from_str_radix(mark, 16).ok()? };
    parts.next().is_none().then_some(bookmark)
}

impl Serialize for Bookmark {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bookmark {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A mark of texts that is the same in every release and on every machine, which the standard library's hashers do not
/// promise: FNV-1a of 64 bits.
pub(crate) fn mark<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |mark, byte| (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks_are_read_as_they_are_written() {
        for position in [Position::Forward(0), Position::Forward(i64::MAX), Position::Page(1), Position::Part(0)] {
            let bookmark = Bookmark { position, page_size: 1000, mark: mark(["a", "b"]) };
            assert_eq!(bookmark.to_string().parse::<Bookmark>().unwrap(), bookmark);
            let json = serde_json::to_string(&bookmark).unwrap();
            assert_eq!(serde_json::from_str::<Bookmark>(&json).unwrap(), bookmark);
        }
        for text in [
            "",
            "page",
            "page/0/1000/00",
            "page/1/1000/zz",
            "forward/-1/1000/00",
            "page/1/1000/00/x",
            "book/1/1000/00",
            "page/1/x/00",
        ] {
            assert!(text.parse::<Bookmark>().unwrap_err().is_invalid_input(), "{text}");
        }
    }

    #[test]
    fn marks_are_always_the_same() {
        assert_eq!(mark([]), 0xcbf2_9ce4_8422_2325);
        // FNV-1a of the bytes `a` and 0, worked out by hand from its definition.
        assert_eq!(mark(["a"]), 0xaf63_dc4c_8601_ec8c_u64.wrapping_mul(0x0100_0000_01b3));
        assert_ne!(mark(["ab", "c"]), mark(["a", "bc"]));
    }
}
