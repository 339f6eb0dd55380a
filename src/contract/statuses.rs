//! Statuses: the one table of their names and values, `statuses.tsv`, read on first use.
//!
//! The headers that drivers are compiled against are made from it, and findings take the names from here.

use std::sync::OnceLock;

const TABLE: &str = include_str!("statuses.tsv");

/// One status of the public tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its name, with `STATUS_` before it.
    pub name: &'static str,
    /// Its 32 bits.
    pub value: u32,
}

impl Status {
    /// Every status, in the table's order.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static READ: OnceLock<Vec<Status>> = OnceLock::new();
        READ.get_or_init(|| TABLE.lines().skip(1).map(read).collect())
    }

    /// The first status of this value: 0 is a success, before it is the first object of a wait.
    #[must_use]
    pub fn of(value: u32) -> Option<&'static Self> {
        Self::all().iter().find(|status| status.value == value)
    }
}

fn read(line: &'static str) -> Status {
    let row = line
        .split_once("\t0x")
        .and_then(|(name, bits)| Some(Status { name, value: u32::from_str_radix(bits, 16).ok()? }));
    row.unwrap_or_else(|| panic!("Invariant: {line:?} is a name and a value"))
}
