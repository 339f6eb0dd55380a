//! Controls: what a program in user mode asks of a driver by `DeviceIoControl`, through the driver's own device.

use crate::c::kernel::Kernel;
use crate::c::kernel::memory::{self, Block, read, write};
use crate::c::kernel::scheduler::Rest;
use std::rc::Rc;

/// Where members of an `IRP` lie, and of the stack location of a control.
const SYSTEM_BUFFER: usize = 24;
const STATUS: usize = 48;
const INFORMATION: usize = 56;
const MODE: usize = 64;
const LOCATION: usize = 184;
const SIZE: usize = 72;
const OUTPUT: usize = 8;
const INPUT: usize = 16;
const CODE: usize = 24;
/// `IRP_MJ_DEVICE_CONTROL`, and `UserMode`.
const CONTROL: u8 = 14;
const USER: u8 = 1;
/// The first device in a `DRIVER_OBJECT`.
const FIRST: usize = 8;

/// How a control ended: its status, and what is in the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controlled {
    /// `IoStatus.Status`.
    pub status: i32,
    /// As many bytes of the buffer as `IoStatus.Information` says.
    pub output: Vec<u8>,
}

impl Kernel {
    /// Sends a control of METHOD_BUFFERED to the driver's first device, with room for so many bytes of output, and lets what
    /// can happen happen until it is completed. `None` without a device, and if it is never completed.
    pub fn control(self: &Rc<Self>, code: u32, input: &[u8], output: usize) -> Option<Controlled> {
        let device = read::<usize>(self.objects.at() + FIRST);
        if device == 0 || self.ended.borrow().is_some() {
            return None;
        }
        let buffer = Block::new(input.len().max(output))?;
        memory::put(buffer.at(), input);
        let irp = self.allocate_irp(1);
        if irp == 0 {
            return None;
        }
        write(irp + SYSTEM_BUFFER, buffer.at());
        write(irp + MODE, USER);
        let location = read::<usize>(irp + LOCATION) - SIZE;
        write(location, CONTROL);
        write(location + OUTPUT, output as u32);
        write(location + INPUT, input.len() as u32);
        write(location + CODE, code);
        self.sent.borrow_mut().push((irp, false));
        let kernel = Rc::downgrade(self);
        self.run_main("a control", 0, move || {
            if let Some(kernel) = kernel.upgrade() {
                let borrowed = Rc::as_ptr(&kernel);
                // A coroutine that is let go of never gives back what it holds.
                drop(kernel);
                super::border::on(borrowed, |kernel| kernel.call_driver(device, irp));
            }
        });
        let completed = move |kernel: &Self| kernel.sent.borrow().contains(&(irp, true));
        let rest = self.run_until(completed);
        let done = completed(self);
        self.sent.borrow_mut().retain(|(other, _)| *other != irp);
        self.forget_irp(irp);
        if rest == Rest::Over || !done {
            return None;
        }
        let length = read::<usize>(irp + INFORMATION).min(buffer.length());
        let status = read::<i32>(irp + STATUS);
        Some(Controlled { status, output: memory::bytes(buffer.at(), length) })
    }

    /// The last routine has returned for an IRP that came from user mode; whether it did.
    pub(crate) fn end_control(&self, irp: usize) -> bool {
        let mut sent = self.sent.borrow_mut();
        let own = sent.iter_mut().find(|(other, _)| *other == irp);
        own.map(|(_, completed)| *completed = true).is_some()
    }
}
