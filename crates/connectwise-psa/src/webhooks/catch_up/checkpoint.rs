//! How far a catch-up has come with one type of record, and its durable form.

use std::io;

use connectwise_psa_core::chrono::{TimeZone as _, Utc};
use connectwise_psa_core::json::DateTime;
use sha2::{Digest as _, Sha256};

use crate::webhooks::catch_up::known_ids::KnownIds;

/// The start of the durable form, with its version.
const MAGIC: &[u8] = b"connectwise-psa checkpoint 1\n";

/// The bytes of the SHA-256 hash at the end of the durable form.
const HASH: usize = 32;

/// How far a catch-up has come with one type of record: what it compares the lists of the server with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The company whose records these are. A catch-up rejects the checkpoint of another company, because it would report
    /// all records as deleted.
    pub company: String,
    /// The `lastUpdated` of the record that was changed last when the catch-up began: a time of the server's clock.
    /// `None` if there was no record.
    pub time: Option<DateTime>,
    /// The ids of the records that existed.
    pub known: KnownIds,
}

impl Checkpoint {
    /// Returns the durable form, with a hash that detects damage.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        write_number(&mut bytes, self.company.len() as u64);
        bytes.extend_from_slice(self.company.as_bytes());
        // Milliseconds since 1970, plus one; 0 if there is no time.
        let time = self.time.map_or(0, |time| u64::try_from(time.timestamp_millis()).map_or(0, |millis| millis + 1));
        write_number(&mut bytes, time);
        write_number(&mut bytes, self.known.len() as u64);
        let mut previous = 0;
        for id in self.known.iter() {
            write_number(&mut bytes, u64::from(id.abs_diff(previous)));
            previous = id;
        }
        let hash = Sha256::digest(&bytes);
        bytes.extend_from_slice(&hash);
        bytes
    }

    /// Reads the durable form.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the bytes are damaged, truncated, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the checkpoint of a catch-up is damaged");
        let split = bytes.len().checked_sub(HASH).ok_or_else(damaged)?;
        let (content, hash) = bytes.split_at_checked(split).ok_or_else(damaged)?;
        if Sha256::digest(content).as_slice() != hash {
            return Err(damaged());
        }
        let mut rest = content.strip_prefix(MAGIC).ok_or_else(damaged)?;
        Self::read(&mut rest).filter(|_| rest.is_empty()).ok_or_else(damaged)
    }

    fn read(rest: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(read_number(rest)?).ok()?;
        let (company, after) = rest.split_at_checked(length)?;
        *rest = after;
        let company = String::from_utf8(company.to_vec()).ok()?;
        let time = match read_number(rest)? {
            0 => None,
            millis => Some(Utc.timestamp_millis_opt(i64::try_from(millis - 1).ok()?).single()?),
        };
        let count = read_number(rest)?;
        let mut known = KnownIds::new();
        let mut id: i32 = 0;
        for _ in 0..count {
            id = id.checked_add(i32::try_from(read_number(rest)?).ok()?)?;
            known.insert(id);
        }
        Some(Self { company, time, known })
    }
}

/// Writes a number with seven bits in each byte; the upper bit says that more bytes follow.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = (number & 0x7f).to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn read_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(ids: &[i32]) -> Checkpoint {
        Checkpoint {
            company: "acme".to_owned(),
            time: Some("2026-06-09T21:59:49.123Z".parse().unwrap()),
            known: ids.iter().copied().collect(),
        }
    }

    #[test]
    fn the_durable_form_keeps_everything() {
        for checkpoint in [
            checkpoint(&[1, 2, 3, 70_000, i32::MAX]),
            checkpoint(&[]),
            Checkpoint::default(),
            Checkpoint { time: None, ..checkpoint(&[128, 16_384]) },
        ] {
            assert_eq!(Checkpoint::from_bytes(&checkpoint.to_bytes()).unwrap(), checkpoint);
        }
        // Ids in a row take one byte each.
        let bytes = Checkpoint { known: (1..=10_000).collect(), ..checkpoint(&[]) }.to_bytes();
        assert!(bytes.len() < 10_100, "{}", bytes.len());
    }

    #[test]
    fn damage_is_detected() {
        let bytes = checkpoint(&[1, 2, 300]).to_bytes();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert!(Checkpoint::from_bytes(&damaged).is_err(), "byte {at}");
            assert!(Checkpoint::from_bytes(&bytes[..at]).is_err(), "{at} bytes");
        }
        let error = Checkpoint::from_bytes(b"").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
