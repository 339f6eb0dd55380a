//! Disconnected: what the answer of a `WskDisconnectEvent` means. A drive of the core has it called; each language's
//! host asks here what came of the call.

use crate::core::findings::Found;
use crate::core::status::NtStatus;
use crate::provider::application::Returned;

/// What is wrong with what a disconnect handler came back with; `None` for `STATUS_SUCCESS`, the only answer that it
/// has (D-8), and where nobody was called.
#[must_use]
pub fn found_of(returned: Returned) -> Option<Found> {
    match returned {
        Returned::Absent | Returned::Status(NtStatus::SUCCESS) => None,
        Returned::Status(status) => Some(Found::Status(status.bits())),
        Returned::Nothing => Some(Found::Nothing),
        Returned::Raised(text) => Some(Found::Raised(text)),
        Returned::Other(text) => Some(Found::Text(format!("it returned {text}"))),
    }
}
