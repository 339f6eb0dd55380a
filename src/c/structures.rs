//! Structures: what drivers and the provider hand each other, as it lies in memory (contract 1.7).
#![allow(
    non_snake_case,
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "names of the headers"
)]

use crate::network::address::{AF_INET, AF_INET6, Address};
use crate::provider::Buffer;
use std::ffi::c_void;
use std::ptr;

/// `SOCKADDR`: the family, and what is common to all of them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SOCKADDR {
    /// `AF_INET` or `AF_INET6`.
    pub sa_family: u16,
    /// The port in network order, and the beginning of the rest.
    pub sa_data: [u8; 14],
}

/// `SOCKADDR_IN`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SOCKADDR_IN {
    /// `AF_INET`.
    pub sin_family: u16,
    /// In network order.
    pub sin_port: [u8; 2],
    /// The host.
    pub sin_addr: [u8; 4],
    /// Zero.
    pub sin_zero: [u8; 8],
}

/// `SOCKADDR_IN6`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SOCKADDR_IN6 {
    /// `AF_INET6`.
    pub sin6_family: u16,
    /// In network order.
    pub sin6_port: [u8; 2],
    /// Zero.
    pub sin6_flowinfo: u32,
    /// The host.
    pub sin6_addr: [u8; 16],
    /// Zero.
    pub sin6_scope_id: u32,
}

/// Memory for an address of either family.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) union Shown {
    v4: SOCKADDR_IN,
    v6: SOCKADDR_IN6,
}

/// Reads a `SOCKADDR` of the driver's; `None` for NULL and for another family.
pub(crate) fn read_address(from: *const SOCKADDR) -> Option<Address> {
    if from.is_null() {
        return None;
    }
    // SAFETY: the driver vouches for what it passes.
    let family = unsafe { from.cast::<u16>().read_unaligned() };
    if family == AF_INET {
        // SAFETY: likewise: of this family it is as long.
        let v4 = unsafe { from.cast::<SOCKADDR_IN>().read_unaligned() };
        return Address::new(family, &v4.sin_addr, u16::from_be_bytes(v4.sin_port));
    }
    if family != AF_INET6 {
        return None;
    }
    // SAFETY: likewise.
    let v6 = unsafe { from.cast::<SOCKADDR_IN6>().read_unaligned() };
    Address::new(family, &v6.sin6_addr, u16::from_be_bytes(v6.sin6_port))
}

/// Writes an address to a `SOCKADDR` of the driver's, unless that is NULL.
pub(crate) fn write_address(to: *mut SOCKADDR, address: Address) {
    if to.is_null() {
        return;
    }
    let mut shown = Shown::of(address);
    let length = if address.family() == AF_INET {
        size_of::<SOCKADDR_IN>()
    } else {
        size_of::<SOCKADDR_IN6>()
    };
    // SAFETY: the driver vouches for what it passes; of either family that many bytes are shown.
    unsafe { ptr::copy_nonoverlapping(shown.pointer().cast::<u8>(), to.cast::<u8>(), length) };
}

impl Shown {
    pub(crate) fn of(address: Address) -> Self {
        let port = address.port().to_be_bytes();
        match *address.host() {
            [a, b, c, d] if address.family() == AF_INET => Self {
                v4: SOCKADDR_IN {
                    sin_family: AF_INET,
                    sin_port: port,
                    sin_addr: [a, b, c, d],
                    sin_zero: [0; 8],
                },
            },
            ref host => Self {
                v6: SOCKADDR_IN6 {
                    sin6_family: address.family(),
                    sin6_port: port,
                    sin6_flowinfo: 0,
                    sin6_addr: host.try_into().unwrap_or([0; 16]),
                    sin6_scope_id: 0,
                },
            },
        }
    }

    pub(crate) fn pointer(&mut self) -> *mut SOCKADDR {
        ptr::from_mut(self).cast()
    }
}

/// `MDL`: one stretch of mapped memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MDL {
    /// The next stretch of a chain.
    pub Next: *mut MDL,
    /// `sizeof(MDL)`.
    pub Size: i16,
    /// How it is mapped.
    pub MdlFlags: i16,
    /// NULL.
    pub Process: *mut c_void,
    /// Where the memory lies.
    pub MappedSystemVa: *mut c_void,
    /// The same.
    pub StartVa: *mut c_void,
    /// How much there is.
    pub ByteCount: u32,
    /// 0.
    pub ByteOffset: u32,
}

/// A chain of more MDLs has no end.
pub(crate) const LONGEST_CHAIN: u32 = 65_536;
/// `MDL_MAPPED_TO_SYSTEM_VA` and `MDL_SOURCE_IS_NONPAGED_POOL`.
pub(crate) const MAPPED: i16 = 0x5;

impl MDL {
    /// Where what it describes begins.
    fn start(&self) -> *mut u8 {
        self.StartVa.cast::<u8>().wrapping_add(self.ByteOffset as usize)
    }

    /// One that describes `count` bytes from `start` on.
    #[must_use]
    pub const fn of(start: *mut u8, count: u32) -> Self {
        let (start, none) = (start.cast(), ptr::null_mut());
        Self {
            Next: ptr::null_mut(),
            Size: size_of::<Self>() as i16,
            MdlFlags: MAPPED,
            Process: none,
            MappedSystemVa: start,
            StartVa: start,
            ByteCount: count,
            ByteOffset: 0,
        }
    }
}

/// `WSK_BUF`: a part of a chain of MDLs.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_BUF {
    /// The first MDL.
    pub Mdl: *mut MDL,
    /// Where the part begins in that MDL.
    pub Offset: u32,
    /// How long it is.
    pub Length: usize,
}

impl WSK_BUF {
    /// The part's bytes, as a driver sends them.
    ///
    /// # Safety
    ///
    /// Each MDL of the chain, and what it describes, is there, and nobody writes to it meanwhile (I-9).
    #[must_use]
    pub unsafe fn read(&self) -> Vec<u8> {
        let mut read = Vec::with_capacity(self.Length);
        // SAFETY: the caller's promise.
        for (at, count) in unsafe { self.stretches(self.Length) } {
            // SAFETY: a stretch of the chain, which nobody writes to.
            read.extend_from_slice(unsafe { std::slice::from_raw_parts(at, count) });
        }
        read
    }

    /// Writes `data` to the part's beginning.
    ///
    /// # Safety
    ///
    /// Each MDL of the chain, and what it describes, is there and is not used by anybody else meanwhile (I-9).
    pub unsafe fn write(&self, data: &[u8]) {
        let mut left = data;
        // SAFETY: the caller's promise.
        for (at, count) in unsafe { self.stretches(self.Length.min(data.len())) } {
            let (now, later) = left.split_at(count);
            // SAFETY: a stretch of the chain, which does not overlap with data of the provider's.
            unsafe { ptr::copy_nonoverlapping(now.as_ptr(), at, count) };
            left = later;
        }
    }

    /// Where it lies, and how much its MDLs describe.
    ///
    /// # Safety
    ///
    /// Each MDL of the chain is there.
    pub(crate) unsafe fn measure(&self) -> Buffer {
        let (mut next, mut memory, mut seen) = (self.Mdl, Some(0), 0);
        while !next.is_null() {
            // SAFETY: the caller's promise.
            let mdl = unsafe { next.read() };
            memory = memory.map(|total| total + u64::from(mdl.ByteCount));
            (next, seen) = (mdl.Next, seen + 1);
            if seen == LONGEST_CHAIN {
                memory = None;
                break;
            }
        }
        Buffer { offset: self.Offset.into(), length: self.Length as u64, memory, freed: false }
    }

    /// The stretches of memory that it describes.
    ///
    /// # Safety
    ///
    /// Each MDL of the chain is there.
    pub(crate) unsafe fn memory(&self) -> Vec<(usize, usize)> {
        // SAFETY: the caller's promise.
        let stretches = unsafe { self.stretches(self.Length) };
        stretches.map(|(at, count)| (at.addr(), count)).collect()
    }

    /// The addresses of the chain's MDLs.
    ///
    /// # Safety
    ///
    /// Each MDL of the chain is there.
    pub(crate) unsafe fn mdls(&self) -> Vec<u64> {
        let (mut found, mut next) = (Vec::new(), self.Mdl);
        while !next.is_null() && !found.contains(&(next.addr() as u64)) {
            found.push(next.addr() as u64);
            // SAFETY: the caller's promise.
            next = unsafe { next.read() }.Next;
        }
        found
    }

    /// Where the first `length` bytes lie.
    ///
    /// # Safety
    ///
    /// Each MDL of the chain is there as long as the stretches are looked at.
    unsafe fn stretches(&self, length: usize) -> impl Iterator<Item = (*mut u8, usize)> {
        let (mut next, mut offset, mut left) = (self.Mdl, self.Offset as usize, length);
        std::iter::from_fn(move || {
            if next.is_null() || left == 0 {
                return None;
            }
            // SAFETY: the caller's promise.
            let mdl = unsafe { next.read() };
            let count = (mdl.ByteCount as usize).saturating_sub(offset).min(left);
            let stretch = (mdl.start().wrapping_add(offset), count);
            (next, offset, left) = (mdl.Next, 0, left - count);
            Some(stretch)
        })
    }
}

/// `WSK_DATA_INDICATION`: one piece of the data that `WskReceiveEvent` indicates.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_DATA_INDICATION {
    /// The next piece.
    pub Next: *mut WSK_DATA_INDICATION,
    /// Where it lies.
    pub Buffer: WSK_BUF,
}

impl WSK_DATA_INDICATION {
    /// Nothing, and nothing behind it.
    pub(crate) const NONE: Self = Self {
        Next: ptr::null_mut(),
        Buffer: WSK_BUF { Mdl: ptr::null_mut(), Offset: 0, Length: 0 },
    };
}

/// `WSK_DATAGRAM_INDICATION`: one datagram that `WskReceiveFromEvent` indicates.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_DATAGRAM_INDICATION {
    /// The next datagram.
    pub Next: *mut WSK_DATAGRAM_INDICATION,
    /// Where it lies.
    pub Buffer: WSK_BUF,
    /// NULL.
    pub ControlInfo: *mut c_void,
    /// 0.
    pub ControlInfoLength: u32,
    /// Its sender.
    pub RemoteAddress: *mut SOCKADDR,
}

/// `WSK_INSPECT_ID`: names a request for a connection.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_INSPECT_ID {
    /// Its first half.
    pub Key: usize,
    /// Its second half.
    pub SerialNumber: u32,
}

/// `WSK_SOCKET`: what a driver knows a socket by.
#[repr(C)]
#[derive(Debug)]
pub struct WSK_SOCKET {
    /// The table of the functions of its category; NULL for a driver that no kernel has loaded.
    pub Dispatch: *const c_void,
}

impl Default for WSK_SOCKET {
    fn default() -> Self {
        Self { Dispatch: ptr::null() }
    }
}

// SAFETY: the table is read, never written.
unsafe impl Send for WSK_SOCKET {}

/// `IO_STATUS_BLOCK`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct IO_STATUS_BLOCK {
    /// How the request ended.
    pub Status: i32,
    /// Bytes, or the socket that it yields (I-7).
    pub Information: usize,
}

const _: () = {
    assert!(size_of::<WSK_SOCKET>() == 8 && size_of::<MDL>() == 48);
    assert!(size_of::<WSK_BUF>() == 24 && size_of::<WSK_DATA_INDICATION>() == 32);
    assert!(std::mem::offset_of!(WSK_BUF, Offset) == 8);
    assert!(std::mem::offset_of!(WSK_BUF, Length) == 16);
    assert!(std::mem::offset_of!(WSK_DATA_INDICATION, Buffer) == 8);
    assert!(size_of::<WSK_DATAGRAM_INDICATION>() == 56);
    assert!(std::mem::offset_of!(WSK_DATAGRAM_INDICATION, ControlInfo) == 32);
    assert!(std::mem::offset_of!(WSK_DATAGRAM_INDICATION, RemoteAddress) == 48);
    assert!(size_of::<WSK_INSPECT_ID>() == 16 && size_of::<IO_STATUS_BLOCK>() == 16);
    assert!(size_of::<SOCKADDR>() == 16 && size_of::<SOCKADDR_IN>() == 16);
    assert!(size_of::<SOCKADDR_IN6>() == 28);
};
