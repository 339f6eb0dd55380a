//! Bytes: parts of Python's memory that are copied out and in.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

/// A copy of a part of a buffer whose bytes lie together; `None` if it has no such part.
pub(crate) fn copied(
    _: Python<'_>,
    view: &PyBuffer<u8>,
    begin: usize,
    length: usize,
) -> Option<Vec<u8>> {
    if begin.checked_add(length)? > view.len_bytes() || !view.is_c_contiguous() {
        return None;
    }
    if length == 0 {
        return Some(Vec::new());
    }
    let first = view.buf_ptr().cast::<u8>().wrapping_add(begin);
    // SAFETY: the buffer is exported as long as `view` lives, and the part lies within it, see above. This thread is
    // attached, so that no Python code writes there meanwhile.
    let bytes = unsafe { std::slice::from_raw_parts(first, length) };
    let mut copy = Vec::new();
    copy.try_reserve_exact(length).ok()?;
    copy.extend_from_slice(bytes);
    Some(copy)
}

/// Writes to the beginning of a writable buffer as much as it has room for; how much that was.
pub(crate) fn written(_: Python<'_>, view: &PyBuffer<u8>, data: &[u8]) -> usize {
    let length = data.len().min(view.len_bytes());
    if length == 0 || view.readonly() || !view.is_c_contiguous() {
        return 0;
    }
    // SAFETY: as in `copied`; the buffer is writable, and `data` is memory of Rust's.
    unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), view.buf_ptr().cast::<u8>(), length) };
    length
}
