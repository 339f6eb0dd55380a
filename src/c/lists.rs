//! Lists: the memory of what `WskReceiveEvent` and `WskReceiveFromEvent` are indicated, from the call until the
//! provider lets go of it.

use crate::c::structures::{
    MDL, SOCKADDR, Shown, WSK_BUF, WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION,
};
use crate::network::address::Address;
use crate::network::stream::Segment;
use crate::provider::Part;
use foldhash::HashMap;
use std::ffi::c_void;
use std::ptr;

/// What one item of a list is made of; an item is known by the address of `shown`.
#[repr(C)]
struct Item<T> {
    shown: T,
    mdl: MDL,
    bytes: Segment,
    address: Option<Shown>,
}

/// One list, linked in its order.
struct List<T>(Vec<*mut Item<T>>);

// SAFETY: the items are this one's alone to free, and the driver may read them from any thread.
unsafe impl<T> Send for List<T> {}

impl<T> List<T> {
    /// Makes items of `pieces`; `link` makes each of the item behind it, where it lies, and who sent it.
    fn new(
        pieces: impl DoubleEndedIterator<Item = (Segment, Option<Address>)>,
        empty: T,
        link: impl Fn(*mut T, WSK_BUF, *mut SOCKADDR) -> T,
    ) -> Self
    where
        T: Copy,
    {
        let (mut items, mut next) = (Vec::new(), ptr::null_mut::<T>());
        for (bytes, from) in pieces.rev() {
            let mdl = MDL::of(ptr::null_mut(), 0);
            let item = Item { shown: empty, mdl, bytes, address: from.map(Shown::of) };
            let item = Box::into_raw(Box::new(item));
            // SAFETY: just allocated, and nobody else has it yet.
            let parts = unsafe { &mut *item };
            // What is sent at once is shorter than 4 GiB.
            let length = parts.bytes.len();
            // A driver may write there, as it may in the kernel; nobody reads it meanwhile.
            let memory = parts.bytes.as_ptr().cast_mut();
            parts.mdl = MDL::of(memory, u32::try_from(length).unwrap_or(u32::MAX));
            let buffer = WSK_BUF { Mdl: &raw mut parts.mdl, Offset: 0, Length: length };
            let from = parts.address.as_mut().map_or(ptr::null_mut(), Shown::pointer);
            parts.shown = link(next, buffer, from);
            next = item.cast();
            items.push(item);
        }
        items.reverse();
        Self(items)
    }

    /// The addresses of its items.
    fn items(&self) -> impl ExactSizeIterator<Item = *mut T> {
        self.0.iter().map(|item| item.cast())
    }

    fn first(&self) -> *mut T {
        self.items().next().unwrap_or(ptr::null_mut())
    }
}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        for item in self.0.drain(..) {
            // SAFETY: `new` made it of a box, and nobody else frees it.
            drop(unsafe { Box::from_raw(item) });
        }
    }
}

/// Pieces of a stream.
fn of_data(segments: Vec<Segment>) -> List<WSK_DATA_INDICATION> {
    let buffer = WSK_BUF { Mdl: ptr::null_mut(), Offset: 0, Length: 0 };
    let empty = WSK_DATA_INDICATION { Next: ptr::null_mut(), Buffer: buffer };
    let pieces = segments.into_iter().map(|segment| (segment, None));
    List::new(pieces, empty, |next, buffer, _| WSK_DATA_INDICATION { Next: next, Buffer: buffer })
}

/// Datagrams with their senders.
fn of_datagrams(datagrams: Vec<(Vec<u8>, Address)>) -> List<WSK_DATAGRAM_INDICATION> {
    let buffer = WSK_BUF { Mdl: ptr::null_mut(), Offset: 0, Length: 0 };
    let none = ptr::null_mut();
    let empty = WSK_DATAGRAM_INDICATION {
        Next: ptr::null_mut(),
        Buffer: buffer,
        ControlInfo: none,
        ControlInfoLength: 0,
        RemoteAddress: ptr::null_mut(),
    };
    let pieces = datagrams.into_iter().map(|(data, from)| (Segment::new(data), Some(from)));
    List::new(pieces, empty, |next, buffer, from| WSK_DATAGRAM_INDICATION {
        Next: next,
        Buffer: buffer,
        RemoteAddress: from,
        ..empty
    })
}

/// The memory of a list that the driver has.
enum Memory {
    Data(List<WSK_DATA_INDICATION>),
    Datagrams(List<WSK_DATAGRAM_INDICATION>),
}

impl Memory {
    /// By which addresses the driver may name it: the first piece of a stream stands for all, of datagrams each
    /// for itself.
    fn parts(&self, socket: u64, list: u64) -> Vec<(usize, Part)> {
        match self {
            Self::Data(data) => {
                let part = Part { socket, list, item: None, count: data.items().len() };
                vec![(data.first().addr(), part)]
            }
            Self::Datagrams(datagrams) => {
                let count = datagrams.items().len();
                let part = |place| Part { socket, list, item: Some(place), count };
                datagrams.items().enumerate().map(|(place, at)| (at.addr(), part(place))).collect()
            }
        }
    }
}

/// The lists that a driver has.
#[derive(Default)]
pub(crate) struct Lists {
    lists: HashMap<u64, (u64, Memory)>,
    parts: HashMap<usize, Part>,
}

impl std::fmt::Debug for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.lists.keys()).finish()
    }
}

impl Lists {
    pub(crate) fn len(&self) -> usize {
        self.lists.len()
    }

    /// Shows pieces of a stream.
    pub(crate) fn show_data(
        &mut self,
        socket: u64,
        list: u64,
        segments: Vec<Segment>,
    ) -> *mut WSK_DATA_INDICATION {
        let data = of_data(segments);
        let first = data.first();
        self.keep(socket, list, Memory::Data(data));
        first
    }

    /// Shows datagrams.
    pub(crate) fn show_datagrams(
        &mut self,
        socket: u64,
        list: u64,
        datagrams: Vec<(Vec<u8>, Address)>,
    ) -> *mut WSK_DATAGRAM_INDICATION {
        let datagrams = of_datagrams(datagrams);
        let first = datagrams.first();
        self.keep(socket, list, Memory::Datagrams(datagrams));
        first
    }

    fn keep(&mut self, socket: u64, list: u64, memory: Memory) {
        self.parts.extend(memory.parts(socket, list));
        self.lists.insert(list, (socket, memory));
    }

    /// The provider holds a list no longer.
    pub(crate) fn remove(&mut self, list: u64) {
        if let Some((socket, memory)) = self.lists.remove(&list) {
            for (address, _) in memory.parts(socket, list) {
                self.parts.remove(&address);
            }
        }
    }

    /// The items that the driver chained to `first`, up to one that is of no list which is there.
    pub(crate) fn chained(&self, first: *mut c_void) -> Vec<Part> {
        let (mut chain, mut next) = (Vec::new(), first);
        while !next.is_null() {
            let part = self.parts.get(&next.addr()).copied().unwrap_or_default();
            chain.push(part);
            // A stream's list goes as a whole; more items than the list has are one list's no more.
            if part.item.is_none() || chain.len() > part.count {
                break;
            }
            // SAFETY: the address is one of an item of a list that is there; `Next` is its first member.
            next = unsafe { next.cast::<*mut c_void>().read() };
        }
        chain
    }
}
