//! Memory: the driver's own, by address. A wrong address of the driver's is the driver's crash, as in the kernel.

use std::alloc::Layout;

/// Reads what lies at an address.
pub(crate) fn read<T: Copy>(at: usize) -> T {
    let pointer = std::ptr::with_exposed_provenance::<T>(at);
    // SAFETY: the driver vouches for the addresses that it passes.
    unsafe { pointer.read_unaligned() }
}

/// Writes to an address; to NULL nothing is written.
pub(crate) fn write<T>(at: usize, value: T) {
    if at == 0 {
        return;
    }
    let pointer = std::ptr::with_exposed_provenance_mut::<T>(at);
    // SAFETY: the driver vouches for the addresses that it passes.
    unsafe { pointer.write_unaligned(value) };
}

/// The bytes at an address.
pub(crate) fn bytes(at: usize, length: usize) -> Vec<u8> {
    if at == 0 || length == 0 {
        return Vec::new();
    }
    let pointer = std::ptr::with_exposed_provenance::<u8>(at);
    // SAFETY: the driver vouches for the addresses that it passes.
    unsafe { std::slice::from_raw_parts(pointer, length) }.to_vec()
}

/// Writes bytes to an address.
pub(crate) fn put(at: usize, bytes: &[u8]) {
    if at == 0 || bytes.is_empty() {
        return;
    }
    let pointer = std::ptr::with_exposed_provenance_mut::<u8>(at);
    // SAFETY: the driver vouches for the addresses that it passes.
    unsafe { std::ptr::copy(bytes.as_ptr(), pointer, bytes.len()) };
}

/// Fills memory with a byte.
pub(crate) fn fill(at: usize, length: usize, byte: u8) {
    let pointer = std::ptr::with_exposed_provenance_mut::<u8>(at);
    // SAFETY: memory of ours, or of the driver's that it gave back.
    unsafe { std::ptr::write_bytes(pointer, byte, length) };
}

/// The text at an address, up to its NUL.
pub(crate) fn text(at: usize) -> String {
    let mut found = Vec::new();
    while at != 0 && found.len() < 4_096 {
        match read::<u8>(at + found.len()) {
            0 => break,
            byte => found.push(byte),
        }
    }
    String::from_utf8_lossy(&found).into_owned()
}

/// The 16-bit characters of a UNICODE_STRING.
pub(crate) fn wide(string: usize) -> Vec<u16> {
    let (length, buffer) = (read::<u16>(string), read::<usize>(string + 8));
    (0..usize::from(length) / 2).map(|place| read::<u16>(buffer + 2 * place)).collect()
}

/// The 16-bit characters at an address, up to their NUL.
pub(crate) fn wide_text(at: usize) -> Vec<u16> {
    let mut found = Vec::new();
    while at != 0 && found.len() < 32_767 {
        match read::<u16>(at + 2 * found.len()) {
            0 => break,
            unit => found.push(unit),
        }
    }
    found
}

/// Memory of ours that a driver is given; it stays where it is.
#[derive(Debug)]
pub(crate) struct Block {
    at: usize,
    layout: Layout,
}

impl Block {
    /// So many bytes, zeroed, on a 16-byte boundary; `None` if there is no room.
    pub(crate) fn new(length: usize) -> Option<Self> {
        Self::aligned(length, 16)
    }

    /// Likewise, on another boundary.
    pub(crate) fn aligned(length: usize, boundary: usize) -> Option<Self> {
        let layout = Layout::from_size_align(length.max(1), boundary).ok()?;
        // SAFETY: the layout is not empty.
        let pointer = unsafe { std::alloc::alloc_zeroed(layout) };
        (!pointer.is_null()).then(|| Self { at: pointer.expose_provenance(), layout })
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) const fn length(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let pointer = std::ptr::with_exposed_provenance_mut::<u8>(self.at);
        // SAFETY: `aligned` allocated it with this layout, and it is dropped once.
        unsafe { std::alloc::dealloc(pointer, self.layout) };
    }
}

/// The function at an address, as one of this type.
macro_rules! function {
    ($at:expr, $kind:ty) => {{
        let function = std::ptr::with_exposed_provenance::<()>($at);
        // SAFETY: the driver vouches for the functions that it names.
        unsafe { std::mem::transmute::<*const (), $kind>(function) }
    }};
}

/// Calls a function of the driver's that takes one pointer and returns nothing.
pub(crate) fn call(function: usize, argument: usize) {
    let function = function!(function, unsafe extern "C" fn(usize));
    // SAFETY: the driver vouches for the functions that it names.
    unsafe { function(argument) };
}

/// Calls a function of the driver's that takes two pointers and returns nothing.
pub(crate) fn call_two(function: usize, [one, other]: [usize; 2]) {
    let function = function!(function, unsafe extern "C" fn(usize, usize));
    // SAFETY: the driver vouches for the functions that it names.
    unsafe { function(one, other) }
}

/// Calls a function of the driver's that takes three pointers and returns nothing.
pub(crate) fn call_three(function: usize, [one, other, third]: [usize; 3]) {
    let function = function!(function, unsafe extern "C" fn(usize, usize, usize));
    // SAFETY: the driver vouches for the functions that it names.
    unsafe { function(one, other, third) }
}

/// Calls a completion routine of the driver's.
pub(crate) fn call_routine(function: usize, [device, irp, context]: [usize; 3]) -> i32 {
    let function = function!(function, unsafe extern "C" fn(usize, usize, usize) -> i32);
    // SAFETY: the driver vouches for the functions that it names.
    unsafe { function(device, irp, context) }
}

/// Calls what a driver initialises something once with; 0 says that it failed.
pub(crate) fn call_once(function: usize, once: usize, parameter: usize, context: usize) -> u32 {
    let function = function!(function, unsafe extern "C" fn(usize, usize, usize) -> u32);
    // SAFETY: the driver vouches for the functions that it names.
    unsafe { function(once, parameter, context) }
}

/// Calls a driver's own function that allocates entries.
pub(crate) fn call_allocate(
    function: usize,
    kind: u32,
    length: usize,
    tag: u32,
    list: usize,
) -> usize {
    let function = function!(function, unsafe extern "C" fn(u32, usize, u32, usize) -> usize);
    // SAFETY: the driver vouches for the functions that it names; one without a list does not look at it.
    unsafe { function(kind, length, tag, list) }
}

/// Calls a deferred routine of the driver's.
pub(crate) fn call_deferred(function: usize, dpc: usize, [context, one, other]: [usize; 3]) {
    let function = function!(function, unsafe extern "C" fn(usize, usize, usize, usize));
    // SAFETY: the driver vouches for the functions that it names.
    unsafe { function(dpc, context, one, other) }
}

/// Calls a function of the driver's that takes two pointers and returns a status.
pub(crate) fn call_entry(function: usize, one: usize, other: usize) -> i32 {
    let function = function!(function, unsafe extern "C" fn(usize, usize) -> i32);
    // SAFETY: the driver vouches for the functions that it names.
    unsafe { function(one, other) }
}
