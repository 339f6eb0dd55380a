//! Text: statuses and what was heard, as the table of calls writes them.

use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;

macro_rules! statuses {
    ($($name:ident)*) => {
        const STATUSES: &[(&str, NtStatus)] = &[
            ("UNSUCCESSFUL", NtStatus::from_bits(0xC000_0001)),
            $((stringify!($name), NtStatus::$name)),*
        ];
    };
}

statuses! {
    SUCCESS PENDING EVENT_PENDING BUFFER_OVERFLOW NOT_IMPLEMENTED INVALID_HANDLE INVALID_PARAMETER
    MORE_PROCESSING_REQUIRED INVALID_DEVICE_REQUEST ACCESS_DENIED BUFFER_TOO_SMALL INSUFFICIENT_RESOURCES
    DEVICE_NOT_READY IO_TIMEOUT FILE_FORCED_CLOSED NOT_SUPPORTED REQUEST_NOT_ACCEPTED CANCELLED
    INVALID_DEVICE_STATE ADDRESS_ALREADY_EXISTS CONNECTION_RESET DATA_NOT_ACCEPTED NOT_FOUND
    CONNECTION_REFUSED CONNECTION_ABORTED NOINTERFACE
}

/// What the headers call a status, without `STATUS_`.
pub(crate) fn name_of(status: NtStatus) -> String {
    let known = STATUSES.iter().find(|(_, known)| *known == status);
    known.map_or_else(|| format!("{status:?}"), |(name, _)| (*name).to_owned())
}

/// The status of that name.
pub(crate) fn status_of(name: &str) -> Option<NtStatus> {
    STATUSES.iter().find(|(known, _)| *known == name).map(|(_, status)| *status)
}

/// Bytes in quotes: letters, or how many zeros.
pub(crate) fn quoted(data: &[u8]) -> String {
    if !data.is_empty() && data.iter().all(|byte| *byte == 0) {
        return format!("{}*0", data.len());
    }
    format!("\"{}\"", String::from_utf8_lossy(data))
}

/// The flags of a callback, and its level unless that is PASSIVE.
pub(crate) fn flags_at(flags: u32, level: Irql) -> String {
    match level {
        Irql::Passive => flags.to_string(),
        other => format!("{flags}@{}", other.name()),
    }
}
