//! Options: the words that users give for a subsystem's options, and back.

use crate::core::irql::IrqlPolicy;
use crate::core::subsystem::Check;
use crate::wsk::Schedule;

/// Words of `schedule`.
pub(crate) const SCHEDULES: [(&str, Schedule); 2] =
    [("fifo", Schedule::Fifo), ("explore", Schedule::Explore)];

/// Bytes in flight per direction of a connection, unless asked otherwise, and at most.
pub(crate) const WINDOW: u64 = 65_536;
/// The largest window.
pub(crate) const MAX_WINDOW: u64 = 1 << 30;

/// Words of `check`.
pub(crate) const CHECKS: [(&str, Check); 3] =
    [("report", Check::Report), ("raise", Check::Raise), ("off", Check::Off)];

/// Words of `irql`.
pub(crate) const LEVELS: [(&str, IrqlPolicy); 3] = [
    ("passive", IrqlPolicy::Passive),
    ("dispatch", IrqlPolicy::Dispatch),
    ("mixed", IrqlPolicy::Mixed),
];

/// The word for a value.
pub(crate) fn name_of<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, meaning)| *meaning == value).map_or("", |(word, _)| word)
}
