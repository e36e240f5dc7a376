//! `Shared`: the pointer through which records hold their references. Equal references of a page are stored once.
//!
//! A list repeats the same references in most of its records: the board, the status, the company. They take nearly half
//! of the JSON of a ticket, because each has an `_info` with links. While a page is decoded, the text of each reference
//! is looked up among those that were decoded before, and parsed only if it is not there. References that are mostly
//! different, such as the contacts of tickets, gain nothing from that. So the search ends early for a field with such
//! references, and for a page with many of them. The pointer also keeps a record small: a missing reference takes 8
//! bytes.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::json::lengths::LengthCheck;
use crate::json::object::{NameSeed, Object};
use crate::json::property::{Property, null_is_none};
use crate::json::scalars::{RAW_VALUE_TOKEN, TextSeed};

/// A reference of a record, such as the company of a ticket. Records of the same page can hold the same one, which
/// saves memory. Objects that can contain their own type are in a `Shared` as well.
///
/// It is used like the reference itself: its fields are read and changed directly. A change never affects another
/// record, because a reference that others hold is copied before it is changed. References and ids convert into it.
///
/// ```
/// use connectwise_psa_core::json::{Reference, Shared};
///
/// let mut company: Option<Shared<Reference>> = Some(250.into());
/// assert_eq!(company.as_ref().and_then(|company| company.id), Some(250));
/// company = Some(Reference::by_name("Harbour Bakery").into());
///
/// let before = company.clone();
/// if let Some(company) = &mut company {
///     company.name = Some("Harbour Bakery Ltd".to_owned());
/// }
/// assert_ne!(company, before);
/// ```
#[derive(Default)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Creates a pointer to a reference.
    #[must_use]
    pub fn new(reference: T) -> Self {
        Self(Arc::new(reference))
    }
}

impl<T: Clone> Shared<T> {
    /// Returns the reference itself, which is copied if other records hold it.
    #[must_use]
    pub fn into_inner(self) -> T {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<T> Clone for Shared<T> {
    /// Returns a pointer to the same reference. Does not copy it.
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    /// Returns the reference. Copies it first if other records hold it.
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> AsRef<T> for Shared<T> {
    fn as_ref(&self) -> &T {
        &self.0
    }
}

impl<T: Object> From<T> for Shared<T> {
    fn from(reference: T) -> Self {
        Self::new(reference)
    }
}

impl<T: Object + From<i32>> From<i32> for Shared<T> {
    /// Creates a reference to the record with this id.
    fn from(id: i32) -> Self {
        Self::new(T::from(id))
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || *self.0 == *other.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de, T: Object + Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(from).map(Self::new)
    }
}

impl<T: Object + 'static> Property for Shared<T> {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Ok(T::read_property(from)?.map(Self::new))
    }

    fn read_field<'de, D: Deserializer<'de>>(from: D, position: usize) -> Result<Option<Self>, D::Error> {
        let field = Field { reference_type: TypeId::of::<T>(), position };
        if is_searched(field) {
            from.deserialize_newtype_struct(RAW_VALUE_TOKEN, SharedVisitor { field, reference: PhantomData })
        } else {
            Self::read_property(from)
        }
    }

    fn read_element<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Ok(T::read_element(from)?.map(Self::new))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write_property(to)
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug_property(f)
    }

    fn check_property(&self, check: &mut LengthCheck) {
        self.0.check_property(check);
    }
}

/// Reads a reference: from its text if the input is JSON, otherwise from its fields.
struct SharedVisitor<T> {
    field: Field,
    reference: PhantomData<T>,
}

impl<'de, T: Object + 'static> Visitor<'de> for SharedVisitor<T> {
    type Value = Option<Shared<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of type ")?;
        f.write_str(T::NAME)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        Ok(T::read_property(from)?.map(Shared::new))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        match map.next_key_seed(NameSeed)? {
            Some(name) if name == RAW_VALUE_TOKEN => {
                let json = map.next_value_seed(TextSeed)?;
                find_or_read(self.field, &json).map_err(A::Error::custom)
            }
            // Only an input that is not JSON and ignores the requested type comes here.
            _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }

    null_is_none!();
}

thread_local! {
    /// The references of the page that this thread decodes. `None` while it decodes none, while references are not
    /// looked up ([`without_shared_references`]), and after the search for equal references has ended.
    static DECODED: RefCell<Option<DecodedReferences>> = const { RefCell::new(None) };
}

/// Returns whether equal references are looked for among the values of this field.
fn is_searched(field: Field) -> bool {
    DECODED.with_borrow(|decoded| decoded.as_ref().is_some_and(|decoded| decoded.searches(field)))
}

/// Decodes a page. Its equal references are stored once.
///
/// The position of an error inside a reference is lost, because the reference is parsed on its own. After an error, the
/// caller of this function decodes again, with [`without_shared_references`] or outside of this function.
pub(crate) fn with_shared_references<R>(decode: impl FnOnce() -> R) -> R {
    with_decoded(Some(DecodedReferences::new()), decode)
}

/// Decodes a part of a page without looking up its references.
pub(crate) fn without_shared_references<R>(decode: impl FnOnce() -> R) -> R {
    with_decoded(None, decode)
}

fn with_decoded<R>(references: Option<DecodedReferences>, decode: impl FnOnce() -> R) -> R {
    /// Restores what was there before, also after a panic in a type of the caller.
    struct Restore(Option<DecodedReferences>);

    impl Drop for Restore {
        fn drop(&mut self) {
            DECODED.set(self.0.take());
        }
    }

    // A type of the caller can decode a page inside its own `Deserialize`.
    let _restore = Restore(DECODED.replace(references));
    decode()
}

/// Returns the reference that was decoded from the same text before, or decodes it.
fn find_or_read<T: Object + 'static>(field: Field, json: &str) -> serde_json::Result<Option<Shared<T>>> {
    let hash = hash::<T>(json);
    let found = DECODED.with_borrow_mut(|decoded| decoded.as_mut()?.find::<T>(field, hash, json));
    if let Some(shared) = found {
        return Ok(Some(shared));
    }
    // References inside this one are read directly: each text has its own recursion limit, so an input that nests
    // texts without an end would overflow the stack.
    let read = || T::read_property(&mut serde_json::Deserializer::from_str(json));
    let Some(reference) = without_shared_references(read)? else { return Ok(None) };
    let shared = Shared::new(reference);
    // What is removed is dropped after the borrow ends.
    let mut replaced = None;
    let ended = DECODED.with_borrow_mut(|decoded| {
        replaced = decoded.as_mut()?.insert(field, hash, json, shared.clone());
        decoded.take_if(|references| references.are_mostly_different())
    });
    drop((replaced, ended));
    Ok(Some(shared))
}

/// Hashes the start of the text, which has the id, and its length. Hashing all of it would take as long as parsing.
/// Different references may have the same hash: their texts and types are compared, and each hash has one slot.
fn hash<T: Object>(json: &str) -> u64 {
    // An odd number with about as many ones as zeros.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    let start = json.as_bytes().get(..HASHED).unwrap_or(json.as_bytes());
    let (words, rest) = start.as_chunks();
    let hash = words.iter().fold(T::NAME.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    mix(hash, json.len() as u64)
}

/// How many bytes of a text are hashed.
const HASHED: usize = 32;

/// How many references are kept. A page has at most 1,000 records; most of their references are to a few boards,
/// statuses and companies.
const SLOTS: usize = 1 << SLOT_BITS;

const SLOT_BITS: u32 = 10;

/// The longest text of a reference that is kept, in bytes. Observed on live servers: about 250.
const MAX_TEXT: usize = 2048;

/// How many references of a page must be new before the search can end for all its fields: it does if fewer were found.
/// Looking up that many costs little, and a page of records that repeat their references has found more than that by
/// then.
const MIN_NEW: u32 = 512;

/// How many references of a field must be new before the search can end for it: it does if fewer than an eighth of that
/// were found. A field with up to 500 different values in random order on a page of 1,000 records is still searched.
const MIN_NEW_IN_FIELD: u32 = 128;

/// A field with a reference. Two fields of different objects can have the same type and position. Then they are searched
/// or not searched together.
#[derive(Clone, Copy, PartialEq)]
struct Field {
    reference_type: TypeId,
    /// The position of the field in its object.
    position: usize,
}

/// How often references were looked for.
#[derive(Clone, Copy, Default)]
struct Lookups {
    /// How many references were found.
    found: u32,
    /// How many references were decoded because they were not found.
    new: u32,
}

/// References that were decoded, by their text. Each hash has one slot, which holds the latest reference. So the memory
/// is limited, and no order of references makes a search slow.
struct DecodedReferences {
    slots: Vec<Option<Decoded>>,
    total: Lookups,
    /// The fields of the record type, and of objects inside it.
    fields: Vec<(Field, Lookups)>,
}

struct Decoded {
    hash: u64,
    json: Box<str>,
    /// A `Shared<T>`.
    reference: Box<dyn Any>,
}

impl DecodedReferences {
    fn new() -> Self {
        let mut slots = Vec::new();
        slots.resize_with(SLOTS, || None);
        Self { slots, total: Lookups::default(), fields: Vec::new() }
    }

    /// Returns whether the search in this field saves more time than it takes, or is not known to.
    fn searches(&self, field: Field) -> bool {
        let lookups = self.fields.iter().find(|(other, _)| *other == field).map(|(_, lookups)| lookups);
        lookups.is_none_or(|Lookups { found, new }| *new < MIN_NEW_IN_FIELD || *found >= new / 8)
    }

    /// Returns whether the search in all fields takes more time than it saves.
    fn are_mostly_different(&self) -> bool {
        self.total.new >= MIN_NEW && self.total.found < self.total.new
    }

    fn find<T: 'static>(&mut self, field: Field, hash: u64, json: &str) -> Option<Shared<T>> {
        let decoded = self.slots.get(slot(hash))?.as_ref()?;
        let same = decoded.hash == hash && *decoded.json == *json;
        let shared = decoded.reference.downcast_ref::<Shared<T>>().filter(|_| same).cloned()?;
        self.count(field, |lookups| lookups.found += 1);
        Some(shared)
    }

    /// Keeps a reference that was not found. Returns the one that it replaces.
    fn insert<T: 'static>(&mut self, field: Field, hash: u64, json: &str, reference: Shared<T>) -> Option<Decoded> {
        self.count(field, |lookups| lookups.new += 1);
        if json.len() > MAX_TEXT {
            return None;
        }
        self.slots.get_mut(slot(hash))?.replace(Decoded { hash, json: json.into(), reference: Box::new(reference) })
    }

    fn count(&mut self, field: Field, add: impl Fn(&mut Lookups)) {
        add(&mut self.total);
        match self.fields.iter_mut().find(|(other, _)| *other == field) {
            Some((_, lookups)) => add(lookups),
            None => {
                let mut lookups = Lookups::default();
                add(&mut lookups);
                self.fields.push((field, lookups));
            }
        }
    }
}

/// Returns the slot of a hash: its highest bits, which depend on all hashed bytes.
#[allow(clippy::cast_possible_truncation, reason = "only the highest bits remain")]
fn slot(hash: u64) -> usize {
    (hash >> (u64::BITS - SLOT_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json::object::{Reader, Writer};
    use crate::json::record_info::RecordInfo;
    use crate::json::reference::Reference;

    #[derive(Clone, Default, PartialEq)]
    struct Ticket {
        board: Option<Shared<Reference>>,
        company: Option<Shared<Reference>>,
        site: Option<Shared<SiteReference>>,
    }

    impl Object for Ticket {
        const NAME: &'static str = "Ticket";

        fn read<R: Reader>(&mut self, name: &str, from: &mut R) {
            match name {
                "board" => from.field(&mut self.board),
                "company" => from.field(&mut self.company),
                "site" => from.field(&mut self.site),
                _ => crate::json::letter_case::read_other_case(self, name, from),
            }
        }

        fn write<W: Writer>(&self, to: &mut W) {
            to.field("board", &self.board);
            to.field("company", &self.company);
            to.field("site", &self.site);
        }
    }

    crate::object!(Ticket);

    /// Whether references of any field are looked up.
    fn is_sharing() -> bool {
        DECODED.with_borrow(Option::is_some)
    }

    const FIELDS: [&str; 16] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"];

    /// A record with many references.
    #[derive(Clone, Default, PartialEq)]
    struct Wide([Option<Shared<Reference>>; 16]);

    impl Object for Wide {
        const NAME: &'static str = "Wide";

        fn read<R: Reader>(&mut self, name: &str, from: &mut R) {
            match FIELDS.iter().position(|field| *field == name) {
                Some(at) => from.field(&mut self.0[at]),
                None => from.skip(),
            }
        }

        fn write<W: Writer>(&self, to: &mut W) {
            for (name, field) in FIELDS.iter().zip(&self.0) {
                to.field(name, field);
            }
        }
    }

    crate::object!(Wide);

    /// A reference of another type, with the same names.
    #[derive(Clone, Default, PartialEq)]
    struct SiteReference {
        id: Option<i32>,
        name: Option<String>,
        info: Option<RecordInfo>,
    }

    impl Object for SiteReference {
        const NAME: &'static str = "SiteReference";
        const IS_REFERENCE: bool = true;

        fn read<R: Reader>(&mut self, name: &str, from: &mut R) {
            match name {
                "id" => from.field(&mut self.id),
                "name" => from.field(&mut self.name),
                "_info" => from.field(&mut self.info),
                _ => crate::json::letter_case::read_other_case(self, name, from),
            }
        }

        fn write<W: Writer>(&self, to: &mut W) {
            to.field("id", &self.id);
            to.field("name", &self.name);
            to.field("_info", &self.info);
        }
    }

    crate::object!(SiteReference, reference has info name);

    fn page(json: &str) -> serde_json::Result<Vec<Ticket>> {
        with_shared_references(|| serde_json::from_str(json))
    }

    fn same<T>(one: &Option<Shared<T>>, other: &Option<Shared<T>>) -> bool {
        one.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| Arc::ptr_eq(&one.0, &other.0))
    }

    #[test]
    fn equal_references_of_a_page_are_stored_once() {
        let board = r#"{"id":1,"name":"Help Desk","_info":{"board_href":"https://x/1"}}"#;
        let other = r#"{"id":1,"name":"Help desk","_info":{"board_href":"https://x/1"}}"#;
        let json = format!(r#"[{{"board":{board},"company":{board}}},{{"board":{board}}},{{"board":{other}}}]"#);
        let tickets = page(&json).unwrap();
        assert!(same(&tickets[0].board, &tickets[1].board) && same(&tickets[0].board, &tickets[0].company));
        // Another letter makes another reference.
        assert!(!same(&tickets[0].board, &tickets[2].board));
        assert_eq!(tickets[2].board.as_ref().unwrap().name.as_deref(), Some("Help desk"));
        // The records are the same as without sharing, and so is their JSON.
        assert!(tickets == serde_json::from_str::<Vec<Ticket>>(&json).unwrap());
        assert_eq!(serde_json::to_string(&tickets).unwrap(), json);
        // Another page has its own references.
        assert!(!same(&tickets[0].board, &page(&json).unwrap()[0].board));
        let alone: Vec<Ticket> = serde_json::from_str(&json).unwrap();
        assert!(!same(&alone[0].board, &alone[1].board));
    }

    #[test]
    fn the_search_ends_if_most_references_are_different() {
        // Each board is written into one of 16 fields, so that the search does not end for a single field.
        let read = |boards: &[u32]| {
            let references: Vec<String> = boards
                .iter()
                .enumerate()
                .map(|(at, id)| format!(r#"{{"{}":{{"id":{id}}}}}"#, FIELDS[at % 16]))
                .collect();
            let json = format!("[{}]", references.join(","));
            let (records, is_sharing) = with_shared_references(|| {
                let records: Vec<Wide> = serde_json::from_str(&json).unwrap();
                (records, is_sharing())
            });
            let references: Vec<_> = records.iter().filter_map(|record| record.0.iter().flatten().next()).collect();
            let ids: Vec<_> = references.iter().filter_map(|reference| reference.id).collect();
            assert_eq!(ids, boards.iter().map(|id| *id as i32).collect::<Vec<_>>());
            let last_two = (references[references.len() - 1], references[references.len() - 2]);
            (Arc::ptr_eq(&last_two.0.0, &last_two.1.0), is_sharing)
        };
        let last_two_equal = |different: u32| (1..=different).chain([different]).collect::<Vec<_>>();
        assert_eq!(read(&last_two_equal(MIN_NEW - 1)), (true, true));
        assert_eq!(read(&last_two_equal(MIN_NEW)), (false, false));
        // As many were found as were new.
        let each_twice: Vec<u32> = (1..=2 * MIN_NEW).flat_map(|id| [id, id]).collect();
        let one_board: Vec<u32> = vec![7; MIN_NEW as usize];
        assert_eq!(read(&[one_board.clone(), each_twice.clone()].concat()), (true, true));
        assert!(!read(&[each_twice, one_board].concat()).1);
    }

    #[test]
    fn the_search_ends_for_a_field_whose_references_are_mostly_different() {
        // All tickets have the same board. The last two have the same company; of the others, the first `equal` ones.
        let read = |companies: u32, equal: u32| {
            let ids = (1..=companies).map(|id| id.max(equal)).chain([companies + 1, companies + 1]);
            let tickets: Vec<String> =
                ids.map(|id| format!(r#"{{"company":{{"id":{id}}},"board":{{"name":"A"}}}}"#)).collect();
            let tickets = page(&format!("[{}]", tickets.join(","))).unwrap();
            let (last, other) = (&tickets[tickets.len() - 1], &tickets[tickets.len() - 2]);
            assert!(same(&last.board, &other.board));
            same(&last.company, &other.company)
        };
        // With the company of the last two tickets, as many companies are new as the search needs to end.
        assert!(read(MIN_NEW_IN_FIELD - 2, 0) && !read(MIN_NEW_IN_FIELD - 1, 0));
        let found = MIN_NEW_IN_FIELD / 8;
        assert!(read(MIN_NEW_IN_FIELD + found - 1, found + 1) && !read(MIN_NEW_IN_FIELD + found - 2, found));
    }

    #[test]
    fn a_missing_reference_does_not_count_as_a_different_one() {
        let missing = r#"{"board":null},"#.repeat(2 * MIN_NEW as usize);
        with_shared_references(|| {
            let tickets: Vec<Ticket> = serde_json::from_str(&format!("[{missing}{{}}]")).unwrap();
            assert!(tickets.iter().all(|ticket| ticket.board.is_none()) && is_sharing());
        });
    }

    #[test]
    fn references_of_other_types_are_not_mixed_up() {
        let text = r#"{"id":1,"name":"Main"}"#;
        let tickets =
            page(&format!(r#"[{{"company":{text},"site":{text}}},{{"site":{text},"company":{text}}}]"#)).unwrap();
        for ticket in &tickets {
            assert_eq!(ticket.company.as_ref().unwrap().name.as_deref(), Some("Main"));
            assert_eq!(ticket.site.as_ref().unwrap().name.as_deref(), Some("Main"));
        }
        assert!(same(&tickets[0].site, &tickets[1].site));
    }

    #[test]
    fn a_change_of_a_record_does_not_change_another() {
        let mut tickets = page(r#"[{"board":{"id":1,"name":"A"}},{"board":{"id":1,"name":"A"}}]"#).unwrap();
        tickets[0].board.as_mut().unwrap().name = Some("B".to_owned());
        let names: Vec<_> = tickets.iter().map(|ticket| ticket.board.as_ref().unwrap().name.clone().unwrap()).collect();
        assert_eq!(names, ["B", "A"]);
        let inner = tickets.pop().unwrap().board.unwrap().into_inner();
        assert_eq!(inner, Reference { id: Some(1), name: Some("A".to_owned()), ..Reference::default() });
    }

    #[test]
    fn missing_references_are_none_as_without_sharing() {
        for missing in ["null", "{}", r#"{"_info":{"a_href":"x"}}"#, r#"" ""#, r#""""#] {
            let json = format!(r#"[{{"board":{missing}}},{{"board":{missing}}}]"#);
            assert!(page(&json).unwrap().iter().all(|ticket| ticket.board.is_none()), "{missing}");
        }
    }

    #[test]
    fn a_wrong_value_is_an_error_with_its_path() {
        for wrong in ["[1]", "7", "true", r#""x""#, r#"{"id":"x"}"#] {
            let json = format!(r#"[{{"board":{{"id":1}}}},{{"board":{wrong}}}]"#);
            let error = page(&json).unwrap_err().to_string();
            let alone = serde_json::from_str::<Vec<Ticket>>(&json).unwrap_err().to_string();
            let without_position = |text: &str| text.split(" at line").next().unwrap_or_default().to_owned();
            assert_eq!(without_position(&error), without_position(&alone), "{wrong}");
            assert!(error.starts_with("at `board"), "{error}");
        }
    }

    #[test]
    fn other_inputs_than_json_text_are_read() {
        let json = json!([{"board": {"id": 1, "name": "A"}, "company": null}]);
        let tickets = with_shared_references(|| serde_json::from_value::<Vec<Ticket>>(json.clone())).unwrap();
        assert_eq!(tickets[0].board.as_ref().unwrap().name.as_deref(), Some("A"));
        assert_eq!(serde_json::to_value(&tickets).unwrap(), json!([{"board": {"id": 1, "name": "A"}}]));
    }

    #[test]
    fn the_memory_for_the_references_of_a_page_is_limited() {
        let long = "x".repeat(MAX_TEXT);
        let mut decoded = DecodedReferences::new();
        let field = Field { reference_type: TypeId::of::<Reference>(), position: 0 };
        assert!(decoded.insert(field, 0, &long[1..], Shared::new(Reference::default())).is_none());
        assert!(decoded.find::<Reference>(field, 0, &long[1..]).is_some());
        assert!(decoded.insert(field, 1, &format!("{long}x"), Shared::new(Reference::default())).is_none());
        assert!(decoded.find::<Reference>(field, 1, &format!("{long}x")).is_none());
        // A new text replaces the old one in its slot.
        assert!(decoded.insert(field, 0, "y", Shared::new(Reference::default())).is_some());
        assert!(decoded.find::<Reference>(field, 0, &long[1..]).is_none());
        // A page with more references than slots is still read completely.
        let tickets: Vec<String> = (0..3 * SLOTS).map(|id| format!(r#"{{"board":{{"id":{id}}}}}"#)).collect();
        let tickets = page(&format!("[{}]", tickets.join(","))).unwrap();
        let ids: Vec<_> = tickets.iter().map(|ticket| ticket.board.as_ref().and_then(|board| board.id)).collect();
        assert_eq!(ids, (0..3 * SLOTS as i32).map(Some).collect::<Vec<_>>());
    }

    /// An object that contains its own type.
    #[derive(Clone, Default, PartialEq)]
    struct Folder {
        parent: Option<Shared<Folder>>,
    }

    impl Object for Folder {
        const NAME: &'static str = "Folder";

        fn read<R: Reader>(&mut self, name: &str, from: &mut R) {
            match name {
                "parent" => from.field(&mut self.parent),
                _ => crate::json::letter_case::read_other_case(self, name, from),
            }
        }

        fn write<W: Writer>(&self, to: &mut W) {
            to.field("parent", &self.parent);
        }
    }

    crate::object!(Folder);

    #[test]
    fn the_depth_of_objects_that_contain_their_own_type_is_limited() {
        let nested = |depth: usize| {
            let json = format!("[{}null{}]", r#"{"parent":"#.repeat(depth), "}".repeat(depth));
            with_shared_references(|| serde_json::from_str::<Vec<Folder>>(&json).map_err(|error| error.to_string()))
        };
        assert!(nested(100).is_ok());
        let error = nested(100_000).err().unwrap();
        assert!(error.contains("recursion limit exceeded"), "{error}");
    }

    #[test]
    fn sharing_ends_with_the_page() {
        assert!(!is_sharing());
        with_shared_references(|| {
            assert!(is_sharing());
            without_shared_references(|| assert!(!is_sharing()));
            let _ = std::panic::catch_unwind(|| with_shared_references(|| panic!("in a type of the caller")));
            assert!(is_sharing());
        });
        assert!(!is_sharing());
    }
}
