//! Peers: what the remote ends of a storm do on the contract machine, whatever language the application is in.

use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::storm::ends::{Dialled, Told};
use crate::storm::lives::Ending;
use crate::wsk::{Notice, Turn};

/// A remote end connects.
pub fn connect(turn: &mut Turn<'_>, to: Address) -> Dialled {
    let full = turn.arrivals().full;
    let (status, end) = turn.remote_connect(to, None);
    match status {
        NtStatus::SUCCESS => Dialled::Connected(end),
        NtStatus::PENDING => Dialled::Waiting(end),
        NtStatus::CONNECTION_REFUSED => Dialled::Refused { full: turn.arrivals().full > full },
        _ => Dialled::Failed,
    }
}

/// A remote end sends so many bytes, all of them 0.
pub fn send(turn: &mut Turn<'_>, end: u64, bytes: u64) {
    let data = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
    let _ = turn.remote_send(end, data);
}

/// A remote end reads at most so many bytes; how many it were.
pub fn read(turn: &mut Turn<'_>, end: u64, most: u64) -> u64 {
    turn.remote_read(end, usize::try_from(most).unwrap_or(usize::MAX)).len() as u64
}

/// A remote end ends.
pub fn end(turn: &mut Turn<'_>, end: u64, ending: Ending) {
    match ending {
        Ending::Disconnect => drop(turn.remote_disconnect(end)),
        Ending::Close => turn.remote_close(end),
        Ending::Abort => drop(turn.remote_abort(end)),
        Ending::Vanish => turn.remote_vanish(end),
    }
}

/// How the peer of a remote end has ended already, if it has.
#[must_use]
pub fn seen(turn: &Turn<'_>, end: u64) -> Option<Told> {
    match turn.remote_seen(end) {
        (_, true) => Some(Told::Aborted),
        (true, false) => Some(Told::Finished),
        (false, false) => None,
    }
}

/// What the machine notices of a remote end, in a storm's words.
#[must_use]
pub fn told((end, notice): (u64, Notice)) -> (u64, Told) {
    let what = match notice {
        Notice::Connected => Told::Connected,
        Notice::Refused => Told::Refused,
        Notice::Arrived => Told::Arrived,
        Notice::Sent => Told::Sent,
        Notice::Finished => Told::Finished,
        Notice::Aborted => Told::Aborted,
        Notice::Reset => Told::Reset,
    };
    (end, what)
}
