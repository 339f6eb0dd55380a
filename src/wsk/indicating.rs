//! Indicating: what `WskReceiveEvent` is given and what its answer means, and `WskRelease`.

use crate::core::chooser::Point;
use crate::core::status::NtStatus;
use crate::network::stream::Segment;
use crate::wsk::callbacks::{Call, Lent, Shown};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Seldom, State};

impl Turn<'_> {
    /// What `WskReceiveEvent` is called with.
    pub(crate) fn show_data(&mut self, id: u64) -> Shown {
        let list = self.new_id();
        let data = self.lend(id);
        self.at(id).rest.shown = Some((list, vec![true]));
        let lent = Lent::List(list, data.iter().map(|segment| segment.len()).sum());
        let call = Call::Receive { list, segments: Some(data.clone()) };
        Shown { lent, data, ..Shown::new(call) }
    }

    /// Lends unread data to a receive callback: what one send brought, in its order; when exploring,
    /// a chosen number of such segments.
    fn lend(&mut self, id: u64) -> Vec<Segment> {
        let core = self.core;
        let socket = self.at(id);
        socket.lending = true;
        let Some((line, side)) = socket.line else { return Vec::new() };
        let Some(at) = self.on.lines.get_mut(line) else { return Vec::new() };
        let incoming = &mut at.ends[side].incoming;
        let most = incoming.segments().max(1) as u32;
        let more = if core.options().explores() { core.choose(Point::Segments, most) } else { 0 };
        incoming.lend(1 + more as usize)
    }

    /// What `WskReceiveEvent` answered (G-16, G-17, E-27).
    pub(crate) fn end_receive(
        &mut self,
        id: u64,
        lent: Vec<Segment>,
        status: NtStatus,
        accepted: Option<usize>,
    ) {
        self.end_showing(id, status);
        let Some(socket) = self.on.sockets.get_mut(id) else { return };
        let length: usize = lent.iter().map(|segment| segment.len()).sum();
        socket.lending = false;
        let accepted = match status {
            // Retained; that does not pause (G-16, G-17), nor delay an indication (D-29, U-24).
            NtStatus::PENDING => length,
            NtStatus::DATA_NOT_ACCEPTED => 0,
            // BytesAccepted counts with success only (G-16); other answers change nothing (E-27).
            NtStatus::SUCCESS => accepted.unwrap_or(length).min(length),
            _ => length,
        };
        socket.paused |= accepted < length;
        if accepted < length
            && self.on.policies.graceful_after_data
            && let Some(handle) = socket.handle
        {
            // Both edges may have come meanwhile: from here on the data is paused (G-18).
            let _ = self.core.supersede(handle);
        }
        let socket = self.at(id);
        if let Some((line, side)) = socket.line {
            let live = socket.state.is_live();
            if let Some(at) = self.on.lines.get_mut(line) {
                // What an abort discarded while the callback ran stays discarded (G-3).
                at.ends[side].incoming.give_back(lent, if live { accepted } else { usize::MAX });
            }
            self.stir(line);
        }
        self.feed(id);
        self.note_unread(id);
    }

    /// The receive callback returned: from here on the application owns the list if it answered
    /// `STATUS_PENDING`, but for what it has released already; else it had nothing to release (C-20).
    pub(crate) fn end_showing(&mut self, id: u64, status: NtStatus) {
        let socket = self.on.sockets.get_mut(id);
        let Some((list, kept)) = socket.and_then(|socket| socket.rest.existing()?.shown.take())
        else {
            return;
        };
        if status != NtStatus::PENDING {
            if kept.contains(&false) {
                self.breach = Some("C-20");
            }
        } else if kept.contains(&true) {
            self.at(id).rest.lists.insert(list, kept);
        }
    }

    /// `WskRelease` (C-20, C-21, C-23): the status, and the rule that a wrong use breaks. A list may be
    /// released while its callback runs: another thread may have it before the callback's answer is here.
    pub fn release(
        &mut self,
        id: u64,
        list: u64,
        items: Option<&[usize]>,
    ) -> (NtStatus, Option<&'static str>) {
        if self.on.shut {
            return (NtStatus::DEVICE_NOT_READY, None);
        }
        let Some(socket) = self.on.sockets.get_mut(id) else {
            return (NtStatus::FILE_FORCED_CLOSED, Some("C-16"));
        };
        if socket.state == State::Closing {
            return (NtStatus::FILE_FORCED_CLOSED, Some("C-16"));
        }
        let rest: &mut Seldom = &mut socket.rest;
        let shown = rest.shown.as_mut().filter(|(shown, _)| *shown == list);
        let kept = rest.lists.get_mut(&list).or(shown.map(|(_, kept)| kept));
        let breach = Some("C-20");
        // Nor is there a list 0: what was handed in is of no one list of this socket.
        let Some(kept) = kept else {
            return (NtStatus::INVALID_PARAMETER, breach); // C-23
        };
        match items {
            // Stream data has one item; of datagrams each may go alone (C-21, U-27); all of them or none.
            Some(items) if items.iter().all(|&item| kept.get(item) == Some(&true)) => {
                items.iter().for_each(|&item| kept[item] = false);
            }
            Some(_) => return (NtStatus::INVALID_PARAMETER, breach),
            None if kept.contains(&false) => return (NtStatus::INVALID_PARAMETER, breach),
            None => kept.fill(false),
        }
        if !kept.contains(&true) {
            socket.rest.lists.remove(&list);
        }
        (NtStatus::SUCCESS, None)
    }

    /// Whether the application has items of a list still.
    #[must_use]
    pub fn is_retained(&self, id: u64, list: u64) -> bool {
        let Some(socket) = self.look(id) else { return false };
        let shown = socket.rest.shown.as_ref().filter(|(shown, _)| *shown == list);
        let kept = socket.rest.lists.get(&list).or(shown.map(|(_, kept)| kept));
        kept.is_some_and(|kept| kept.contains(&true))
    }
}
