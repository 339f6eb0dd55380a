//! Remotes: remote ends that act by a script, whenever the scheduler lets them.

use crate::c::kernel::Kernel;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use std::collections::VecDeque;

/// What a remote end does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It connects, and stays away if it is refused.
    Connect(Address),
    /// It is the next connection at a remote listener, once there is one.
    Accept(u64),
    /// It sends.
    Send(Vec<u8>),
    /// It waits until it has received so many bytes more, or its peer has ended.
    Await(usize),
    /// It waits until its peer has finished or aborted.
    AwaitEnd,
    /// It finishes.
    Disconnect,
    /// It aborts.
    Abort,
    /// It goes silent.
    Vanish,
    /// It closes as `closesocket` does.
    Close,
}

/// One remote end.
#[derive(Clone, Debug, Default)]
pub struct Remote {
    acts: VecDeque<Act>,
    number: u64,
    /// Bytes that it still waits for.
    wanted: Option<usize>,
    /// All that it has received.
    pub received: Vec<u8>,
}

impl Remote {
    /// One that does this.
    #[must_use]
    pub fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self { acts: acts.into_iter().collect(), ..Self::default() }
    }

    /// Whether it has done everything.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.acts.is_empty()
    }
}

impl Kernel {
    /// The remote ends that could act, by their places.
    pub(crate) fn remotes_due(&self) -> Vec<usize> {
        let mut remotes = self.remotes.borrow_mut();
        let mut due = Vec::new();
        for (place, remote) in remotes.iter_mut().enumerate() {
            let is_due = match remote.acts.front() {
                None => false,
                Some(Act::Connect(_)) => true,
                Some(Act::Accept(listener)) => {
                    let listener = *listener;
                    if remote.number == 0 {
                        let accepted = self.driver().turn(|turn| turn.remote_accept(listener));
                        remote.number = accepted.unwrap_or(0);
                    }
                    remote.number != 0
                }
                Some(act) if remote.number == 0 => {
                    // It was refused: what comes after the connect is nothing.
                    debug_assert!(!matches!(act, Act::Connect(_)), "Invariant: seen above");
                    remote.acts.clear();
                    false
                }
                Some(Act::Await(count)) => {
                    let left = remote.wanted.unwrap_or(*count);
                    self.has_received(remote, left)
                }
                Some(Act::AwaitEnd) => self.has_received(remote, usize::MAX),
                Some(_) => true,
            };
            if is_due {
                due.push(place);
            }
        }
        due
    }

    /// Reads what is there; whether it was as much as is waited for, or the peer has ended.
    fn has_received(&self, remote: &mut Remote, left: usize) -> bool {
        let number = remote.number;
        let data = self.driver().turn(|turn| turn.remote_read(number, usize::MAX));
        let left = left.saturating_sub(data.len());
        remote.received.extend(data);
        remote.wanted = Some(left);
        let (finished, aborted) = self.driver().turn(|turn| turn.remote_seen(number));
        left == 0 || finished || aborted
    }

    /// A remote end does what is next.
    pub(crate) fn act_remote(&self, place: usize) {
        let mut remotes = self.remotes.borrow_mut();
        let Some(remote) = remotes.get_mut(place) else { return };
        let Some(act) = remote.acts.pop_front() else { return };
        self.note(1 << 16 | (place as u32) << 8 | remote.acts.len() as u32);
        let number = remote.number;
        let status = self.driver().turn(|turn| match act {
            Act::Connect(to) => {
                let (status, number) = turn.remote_connect(to, None);
                remote.number = number;
                status
            }
            Act::Accept(_) => NtStatus::SUCCESS,
            Act::Send(data) => turn.remote_send(number, data),
            Act::Await(_) | Act::AwaitEnd => {
                remote.wanted = None;
                NtStatus::SUCCESS
            }
            Act::Disconnect => turn.remote_disconnect(number),
            Act::Abort => turn.remote_abort(number),
            Act::Vanish => {
                turn.remote_vanish(number);
                NtStatus::SUCCESS
            }
            Act::Close => {
                turn.remote_close(number);
                NtStatus::SUCCESS
            }
        });
        self.note(status.bits());
    }
}
