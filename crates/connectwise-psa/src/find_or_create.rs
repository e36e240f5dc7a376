//! Finds a record by the caller's key, or creates it. PSA does not enforce unique keys.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::time::Duration;

use connectwise_psa_core::calls::{Call, List};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::Record;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

use crate::client::Psa;

/// The locks that serialise the calls of one key in this process. Their number is fixed, so keys cannot make it grow; two
/// keys with the same lock only wait for each other.
static LOCKS: [Mutex<()>; 64] = [const { Mutex::const_new(()) }; 64];

/// The delays before the searches after an ambiguous create request.
const SEARCH_DELAYS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// What [`Psa::find_or_create`] returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FoundOrCreated<T> {
    /// The record of the key: if several have the key, the one with the lowest id.
    pub record: T,
    /// Whether the server confirmed that this call created a record. It is one of `duplicates` if another process was
    /// faster.
    pub created: bool,
    /// Whether the create request of this call was ambiguous: it may have created the record, or one of `duplicates`.
    pub is_ambiguous: bool,
    /// The ids of the other records with this key, in ascending order. Empty too if the search after the create request
    /// failed; a later call finds them. Two processes that create at the same time make
    /// duplicates; both get the same `record`. The program decides what to do with the others, for example to merge them.
    pub duplicates: Vec<i32>,
}

impl Psa {
    /// Finds the record of a key, or creates it.
    ///
    /// - `search` makes the list of the records with this key: `|| psa.company().list_companies().filter(…)`.
    /// - `create` is the create request, which is sent at most once, and only if no record is found. It must write the
    ///   key into the field that `search` compares.
    /// - `has_key` compares exactly. Servers compare text without regard to letter case, so `search` can find more.
    ///
    /// Calls of one process with the same key (of the same company) run one after the other, so they create one record.
    /// Several processes can create duplicates; they agree on the lowest id and report the others. If the create request
    /// is ambiguous, the call searches again instead of creating again. If it finds nothing, or these searches fail, it
    /// returns the ambiguous error.
    ///
    /// One source reports that live servers did not find a new record through conditions for some time. Two processes
    /// that create within this time return different records; a later call reports the duplicate.
    ///
    /// ```no_run
    /// # #[cfg(feature = "company")]
    /// # async fn run(psa: connectwise_psa::Psa, new: connectwise_psa::types::Company) -> Result<(), connectwise_psa::Error> {
    /// // A condition of the client would hide the company, and it would be created again.
    /// let all = psa.without_company_condition();
    /// let found = psa
    ///     .find_or_create(
    ///         "company NewCo",
    ///         || all.company().list_companies().filter(|company| company.identifier().eq("NewCo")),
    ///         psa.company().create_company(&new),
    ///         |company| company.identifier.as_deref() == Some("NewCo"),
    ///     )
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of the search and of the create request.
    pub async fn find_or_create<T: Record>(
        &self,
        key: &str,
        search: impl Fn() -> List<T>,
        create: Call<T>,
        has_key: impl Fn(&T) -> bool,
    ) -> Result<FoundOrCreated<T>, Error> {
        let _lock = lock(&format!("{}\n{}\n{key}", self.pipeline().shared.company, T::NAME)).await;
        let find = || async { by_id(search().all().await?.into_iter().filter(|record| has_key(record))) };
        if let Some(found) = lowest(find().await?, false) {
            return Ok(found);
        }
        let created = match create.await {
            Ok(created) => created,
            // A decode error means that the server has created the record.
            Err(error) if error.is_ambiguous() || error.is_decode() => return self.search_again(find, error).await,
            Err(error) => return Err(error),
        };
        let id = created.id()?;
        // The record exists, so an error of this search must not hide it.
        let mut records = find().await.unwrap_or_default();
        records.entry(id).or_insert(created.clone());
        Ok(lowest(records, true).unwrap_or(FoundOrCreated {
            record: created,
            created: true,
            is_ambiguous: false,
            duplicates: Vec::new(),
        }))
    }

    async fn search_again<T: Record, F: Future<Output = Result<BTreeMap<i32, T>, Error>>>(
        &self,
        find: impl Fn() -> F,
        ambiguous: Error,
    ) -> Result<FoundOrCreated<T>, Error> {
        for delay in SEARCH_DELAYS {
            sleep(delay).await;
            if let Ok(Some(found)) = find().await.map(|records| lowest(records, false)) {
                return Ok(FoundOrCreated { is_ambiguous: true, ..found });
            }
        }
        Err(ambiguous)
    }
}

async fn lock(key: &str) -> Option<MutexGuard<'static, ()>> {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
    let index = usize::try_from(hash % LOCKS.len() as u64).unwrap_or_default();
    Some(LOCKS.get(index)?.lock().await)
}

fn by_id<T: Record>(records: impl Iterator<Item = T>) -> Result<BTreeMap<i32, T>, Error> {
    records.map(|record| Ok((record.id()?, record))).collect()
}

fn lowest<T>(mut records: BTreeMap<i32, T>, created: bool) -> Option<FoundOrCreated<T>> {
    let (_, record) = records.pop_first()?;
    Some(FoundOrCreated { record, created, is_ambiguous: false, duplicates: records.into_keys().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_id_is_the_record() {
        let records = BTreeMap::from([(7, "c"), (3, "a"), (5, "b")]);
        let found = lowest(records, false).unwrap();
        assert_eq!((found.record, found.duplicates), ("a", vec![5, 7]));
        assert!(lowest(BTreeMap::<i32, ()>::new(), true).is_none());
    }

    #[tokio::test]
    async fn one_key_is_locked_once() {
        let first = lock("a").await;
        assert!(tokio::time::timeout(Duration::from_millis(10), lock("a")).await.is_err());
        drop(first);
        lock("a").await;
    }
}
