//! Bookmarks: positions in a list where reading can resume, stored as text.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::error::Error;

/// The start of a page that has not been returned completely; [`List::resume`](crate::calls::list::List::resume)
/// continues there.
///
/// It formats as text of letters, digits and slashes. `FromStr` parses that text, and JSON holds it as a string. A
/// bookmark holds no conditions, only a hash of them, which prevents its use with another list.
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
    /// A hash of the path, the conditions and the order.
    pub(crate) list_hash: u64,
}

/// The start of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Position {
    /// After this id, with forward-only paging.
    Forward(i64),
    /// At this page, counted from 1.
    Page(u32),
    /// At this index, counted from 0, in the sorted ids of a list that is read in parts. It is not the number of a
    /// part, because how many ids a part holds depends on the length of the rest of its URL, which can differ when
    /// reading resumes.
    Part(u32),
}

/// Names the page in a message.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward(0) => f.write_str("the first page"),
            Self::Forward(id) => write!(f, "the page after id {id}"),
            Self::Page(page) => write!(f, "page {page}"),
            Self::Part(index) => write!(f, "the part of the ids that begins at index {index}"),
        }
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Position::Forward(id) => write!(f, "forward/{id}")?,
            Position::Page(page) => write!(f, "page/{page}")?,
            Position::Part(index) => write!(f, "part/{index}")?,
        }
        write!(f, "/{}/{:016x}", self.page_size, self.list_hash)
    }
}

impl FromStr for Bookmark {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| {
            Error::invalid_input("bookmark", "is not valid: a bookmark looks like `forward/4711/1000/9a3f00c2d17e5b64`")
        })
    }
}

fn parse(text: &str) -> Option<Bookmark> {
    let mut parts = text.trim().split('/');
    let (paging, number, page_size, hash) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let position = match paging {
        "forward" => Position::Forward(number.parse().ok().filter(|id| *id >= 0)?),
        "page" => Position::Page(number.parse().ok().filter(|page| *page > 0)?),
        "part" => Position::Part(number.parse().ok()?),
        _ => return None,
    };
    let list_hash = u64::from_str_radix(hash, 16).ok()?;
    let bookmark = Bookmark { position, page_size: page_size.parse().ok()?, list_hash };
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

/// Returns the 64-bit FNV-1a hash of the strings. It is the same in every release and on every machine, which the
/// standard library does not guarantee for its hashers.
pub(crate) fn stable_hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    // The 0 after each string separates it from the next one.
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks_round_trip_as_text() {
        for position in [Position::Forward(0), Position::Forward(i64::MAX), Position::Page(1), Position::Part(0)] {
            let bookmark = Bookmark { position, page_size: 1000, list_hash: stable_hash(["a", "b"]) };
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
    fn hashes_are_stable() {
        assert_eq!(stable_hash([]), 0xcbf2_9ce4_8422_2325);
        // The published FNV-1a hash of `a`, and one more multiplication for the byte 0 that follows it.
        assert_eq!(stable_hash(["a"]), 0xaf63_dc4c_8601_ec8c_u64.wrapping_mul(0x0100_0000_01b3));
        assert_ne!(stable_hash(["ab", "c"]), stable_hash(["a", "bc"]));
    }
}
