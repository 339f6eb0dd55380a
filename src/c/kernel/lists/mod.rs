//! Lists of the driver's that several threads share: their memory is the driver's, the order of what is done is ours.

#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod interlocked;
#[allow(unsafe_code, reason = "functions that the driver calls")]
pub(super) mod slists;
