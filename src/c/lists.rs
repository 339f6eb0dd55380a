//! Lists: the memory of what `WskReceiveEvent` and `WskReceiveFromEvent` are indicated, from the call until the
//! provider lets go of it.

use crate::c::places::Places;
use crate::c::structures::{
    MDL, SOCKADDR, Shown, WSK_BUF, WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION,
};
use crate::core::ledger::Ledger;
use crate::network::address::Address;
use crate::network::stream::Segment;
use crate::provider::Part;
use std::ffi::c_void;
use std::ptr;

/// So many items that are gone are told apart from new ones.
const RESTING: usize = 256;

/// What a driver sees of an item; each of them begins with `Next`.
#[repr(C)]
union Face {
    data: WSK_DATA_INDICATION,
    datagram: WSK_DATAGRAM_INDICATION,
}

/// One item of a list, which is known by its address.
#[repr(C)]
struct Item {
    shown: Face,
    mdl: MDL,
    /// None once its list is gone.
    bytes: Option<Segment>,
    address: Option<Shown>,
    /// What it is called by; no list's, where it cannot be given back by itself.
    part: Part,
    /// The place of the item behind it in its list.
    next: Option<u32>,
    /// Of the first of a list: where some of it was given back last; 0 before.
    released: u64,
}

impl Default for Item {
    fn default() -> Self {
        let none = Part { socket: 0, list: 0, item: None, count: 0 };
        let (mdl, shown) = (MDL::of(ptr::null_mut(), 0), Face { data: WSK_DATA_INDICATION::NONE });
        Self { shown, mdl, bytes: None, address: None, part: none, next: None, released: 0 }
    }
}

// SAFETY: what it points to is its own memory, and that of items of the same list.
unsafe impl Send for Item {}

/// The lists that a driver has.
pub(crate) struct Lists {
    items: Places<Item>,
    /// The first item of each.
    firsts: Ledger<u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { items: Places::new(RESTING), firsts: Ledger::default() }
    }
}

impl std::fmt::Debug for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.firsts.numbers()).finish()
    }
}

impl Lists {
    pub(crate) fn len(&self) -> usize {
        self.firsts.len()
    }

    /// Shows pieces of a stream: the first stands for all.
    pub(crate) fn show_data(
        &mut self,
        socket: u64,
        list: u64,
        segments: Vec<Segment>,
    ) -> *mut WSK_DATA_INDICATION {
        let count = segments.len();
        let none = Part { socket: 0, list: 0, item: None, count: 0 };
        let (mut next, mut first) = (None, ptr::null_mut::<Item>());
        for (at, bytes) in segments.into_iter().enumerate().rev() {
            let part = if at == 0 { Part { socket, list, item: None, count } } else { none };
            let place = self.fill(bytes, None, part, next);
            let item = self.items.at(place);
            let behind = first.cast::<WSK_DATA_INDICATION>();
            // SAFETY: a place that the driver does not know yet.
            let buffer = unsafe { buffer_of(item) };
            let data = WSK_DATA_INDICATION { Next: behind, Buffer: buffer };
            // SAFETY: likewise.
            unsafe { (*item).shown = Face { data } };
            (next, first) = (Some(place), item);
        }
        self.keep(list, next);
        first.cast()
    }

    /// Shows datagrams, each of which stands for itself.
    pub(crate) fn show_datagrams(
        &mut self,
        socket: u64,
        list: u64,
        datagrams: Vec<(Vec<u8>, Address)>,
    ) -> *mut WSK_DATAGRAM_INDICATION {
        let count = datagrams.len();
        let (mut next, mut first) = (None, ptr::null_mut::<Item>());
        for (at, (data, from)) in datagrams.into_iter().enumerate().rev() {
            let part = Part { socket, list, item: Some(at), count };
            let place = self.fill(Segment::new(data), Some(from), part, next);
            let item = self.items.at(place);
            // SAFETY: a place that the driver does not know yet.
            let buffer = unsafe { buffer_of(item) };
            // SAFETY: likewise.
            let sender = unsafe { &mut (*item).address };
            let sender: *mut SOCKADDR = sender.as_mut().map_or(ptr::null_mut(), Shown::pointer);
            let datagram = WSK_DATAGRAM_INDICATION {
                Next: first.cast(),
                Buffer: buffer,
                ControlInfo: ptr::null_mut(),
                ControlInfoLength: 0,
                RemoteAddress: sender,
            };
            // SAFETY: likewise.
            unsafe { (*item).shown = Face { datagram } };
            (next, first) = (Some(place), item);
        }
        self.keep(list, next);
        first.cast()
    }

    /// A place for an item with all but what the driver sees.
    fn fill(
        &mut self,
        bytes: Segment,
        from: Option<Address>,
        part: Part,
        next: Option<u32>,
    ) -> u32 {
        let place = self.items.take();
        let item = self.items.at(place);
        // A driver may write there, as it may in the kernel; nobody reads it meanwhile. What is sent at once is shorter
        // than 4 GiB.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mdl = MDL::of(bytes.as_ptr().cast_mut(), length);
        let shown = Face { data: WSK_DATA_INDICATION::NONE };
        let address = from.map(Shown::of);
        let bytes = Some(bytes);
        // SAFETY: a place that nobody has.
        unsafe { *item = Item { shown, mdl, bytes, address, part, next, released: 0 } };
        place
    }

    fn keep(&mut self, list: u64, first: Option<u32>) {
        if let Some(first) = first {
            self.firsts.insert(list, first);
        }
    }

    /// The provider holds a list no longer.
    pub(crate) fn remove(&mut self, list: u64) {
        let mut next = self.firsts.remove(list);
        while let Some(place) = next {
            let item = self.items.at(place);
            // SAFETY: an item of a list that is there; the driver has it no more.
            let item = unsafe { &mut *item };
            (item.bytes, next) = (None, item.next.take());
            self.items.give(place);
        }
    }

    /// Some of a list is given back by the call behind which this address stands.
    pub(crate) fn note_release(&mut self, list: u64, at: u64) {
        if let Some(&first) = self.firsts.get(list) {
            // SAFETY: an item of a list that is there, of which the driver does not see this.
            unsafe { (*self.items.at(first)).released = at };
        }
    }

    /// Where some of a list was given back, also of one that is gone and whose items rest; 0 if it was not.
    pub(crate) fn released(&self, list: u64) -> u64 {
        // SAFETY: places of ours, which nobody writes meanwhile.
        let mut items = self.items.all().map(|item| unsafe { &*item });
        items
            .find(|item| item.part.list == list && item.released != 0)
            .map_or(0, |item| item.released)
    }

    /// The memory of a list's bytes: where each piece begins and how long it is.
    pub(crate) fn memory(&self, list: u64) -> impl Iterator<Item = (usize, usize)> {
        let mut next = self.firsts.get(list).copied();
        std::iter::from_fn(move || {
            // SAFETY: an item of a list that is there.
            let item = unsafe { &*self.items.at(next?) };
            next = item.next;
            let bytes = item.bytes.as_ref().map_or(&[][..], |bytes| bytes.as_slice());
            Some((bytes.as_ptr().addr(), bytes.len()))
        })
    }

    /// The items that the driver chained to `first`, up to one of a list that is gone, or of none.
    pub(crate) fn chained(&self, first: *mut c_void) -> Vec<Part> {
        let (mut chain, mut next) = (Vec::new(), first);
        while !next.is_null() {
            let place = self.items.of(next.addr());
            // SAFETY: a place of ours, which nobody writes meanwhile.
            let item = place.map(|place| unsafe { &*self.items.at(place) });
            let (part, is_there) =
                item.map_or_else(Default::default, |item| (item.part, item.bytes.is_some()));
            chain.push(part);
            // A stream's list goes as a whole; more items than the list has are one list's no more.
            if !is_there || part.item.is_none() || chain.len() > part.count {
                break;
            }
            // SAFETY: the address is one of an item of a list that is there; `Next` is its first member.
            next = unsafe { next.cast::<*mut c_void>().read() };
        }
        chain
    }
}

/// What describes the bytes of an item.
///
/// # Safety
///
/// It is filled, and lies where it stays.
unsafe fn buffer_of(item: *mut Item) -> WSK_BUF {
    // SAFETY: the caller's promise.
    let length = unsafe { (*item).bytes.as_ref() }.map_or(0, |bytes| bytes.len());
    // SAFETY: likewise.
    let mdl = unsafe { &raw mut (*item).mdl };
    WSK_BUF { Mdl: mdl, Offset: 0, Length: length }
}
