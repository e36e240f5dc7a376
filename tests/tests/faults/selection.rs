//! Which cells are run: all, or a part that a seed selects.

use std::collections::BTreeMap;
use std::fmt;

use crate::cell::Cell;

/// The default seed.
const SEED: u64 = 13;

/// How many cells of each fault are in the part.
const CELLS_PER_FAULT: usize = 10;

/// The selection.
pub(crate) struct Selection {
    /// `all`, `write`, or nothing for a part.
    mode: String,
    seed: u64,
    label: Option<String>,
}

impl Selection {
    pub(crate) fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            mode: variable("FAULT_MATRIX").unwrap_or_default(),
            seed: variable("FAULT_SEED").map_or(SEED, |text| text.parse().expect("FAULT_SEED is a number")),
            label: variable("FAULT_CELLS"),
        }
    }

    /// Returns whether the page is written.
    pub(crate) fn writes_page(&self) -> bool {
        self.mode == "write"
    }

    /// Returns the cells to run.
    pub(crate) fn choose(&self, cells: Vec<Cell>) -> Vec<Cell> {
        let mut cells = cells;
        if let Some(label) = &self.label {
            cells.retain(|cell| cell.to_string().contains(label));
            return cells;
        }
        if !self.mode.is_empty() {
            return cells;
        }
        // The cells of a fault in an order that depends on the seed and their labels only.
        let mut by_fault: BTreeMap<String, Vec<(u64, Cell)>> = BTreeMap::new();
        for cell in cells {
            by_fault.entry(cell.fault.label()).or_default().push((hash(self.seed, &cell.to_string()), cell));
        }
        let chosen = by_fault.into_values().flat_map(|mut cells| {
            cells.sort_by_key(|(hash, _)| *hash);
            cells.into_iter().take(CELLS_PER_FAULT).map(|(_, cell)| cell)
        });
        chosen.collect()
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.label, self.mode.as_str()) {
            (Some(label), _) => write!(f, "FAULT_CELLS={label}"),
            (None, "") => write!(f, "FAULT_SEED={}", self.seed),
            (None, mode) => write!(f, "FAULT_MATRIX={mode}"),
        }
    }
}

/// Returns a hash that is the same on every machine (FNV-1a).
fn hash(seed: u64, text: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
