//! Ordering: what of a driver's doings comes before what, for a sanitizer: a request before its routine, and the calls and
//! callbacks of one socket.

use crate::c::driver::Driver;
use crate::c::lending::Lending;
use crate::c::sanitizers;

impl Driver {
    /// What the driver did before it makes a request comes before its routine and before callbacks.
    pub(crate) fn lends(&self, socket: u64, lending: &Lending) {
        if sanitizers::orders() {
            sanitizers::release(lending.irp.expose_provenance());
            sanitizers::release(sanitizers::of_context(lending.yields.context));
            self.ordered(socket, sanitizers::release);
        }
    }

    /// Tells a sanitizer of a socket.
    pub(crate) fn ordered(&self, socket: u64, tell: fn(usize)) {
        if sanitizers::orders()
            && let Some(supplied) = self.supplied(socket)
        {
            tell(sanitizers::of_context(supplied.context));
        }
    }
}
