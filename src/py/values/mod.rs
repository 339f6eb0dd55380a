//! Values: what passes between Python and the core, and the unsafe corner that reads memory of Python's.

#[forbid(unsafe_code)]
pub(crate) mod arguments;
#[forbid(unsafe_code)]
pub(crate) mod books;
#[allow(unsafe_code, reason = "memory of Python's")]
pub(crate) mod bytes;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "signals")]
mod crash;
#[forbid(unsafe_code)]
pub(crate) mod dying;
#[forbid(unsafe_code)]
pub(crate) mod errors;
#[allow(
    unsafe_code,
    reason = "a cleanup handler of the C library's, and exceptions for other threads"
)]
pub(crate) mod exits;
#[allow(unsafe_code, reason = "buffers, borrowed contexts and shared memory")]
pub(crate) mod export;
#[forbid(unsafe_code)]
pub(crate) mod once;
#[forbid(unsafe_code)]
pub(crate) mod options;
#[allow(unsafe_code, reason = "a pending call of the interpreter")]
pub(crate) mod passing;
#[forbid(unsafe_code)]
pub(crate) mod places;
#[forbid(unsafe_code)]
pub(crate) mod rules;
