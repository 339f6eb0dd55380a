//! Devices, symbolic links and notifications of a shutdown, as bookkeeping: nobody opens a device here.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, Block, read, write};
use crate::c::site;

/// Where members of a `DEVICE_OBJECT` lie, and of a `DRIVER_OBJECT` its first device.
const OWNER: usize = 8;
const NEXT: usize = 16;
const FLAGS: usize = 48;
const CHARACTERISTICS: usize = 52;
const EXTENSION: usize = 64;
const TYPE: usize = 72;
const LOCATIONS: usize = 76;
const SIZE: usize = 336;
const FIRST: usize = 8;
/// `IO_TYPE_DEVICE`, `DO_DEVICE_INITIALIZING`, `DO_EXCLUSIVE`.
const IS_DEVICE: u16 = 3;
const INITIALIZING: u32 = 0x80;
const EXCLUSIVE: u32 = 0x8;
const FREED: u8 = 0xDD;

const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const NAME_NOT_FOUND: i32 = 0xC000_0034_u32.cast_signed();
const NAME_COLLISION: i32 = 0xC000_0035_u32.cast_signed();
const INSUFFICIENT_RESOURCES: i32 = 0xC000_009A_u32.cast_signed();

#[derive(Debug)]
struct Device {
    block: Block,
    name: Vec<u16>,
    site: u64,
}

/// The driver's devices, links and notifications.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    live: Vec<Device>,
    links: Vec<(Vec<u16>, u64)>,
    notified: Vec<(usize, u64)>,
    /// Deleted ones stay, to be told apart.
    deleted: Vec<Device>,
}

impl Devices {
    /// Whether a device lies there.
    pub(crate) fn has(&self, at: usize) -> bool {
        self.live.iter().any(|device| device.block.at() == at)
    }

    /// What was not deleted, and where it was made (K-4).
    pub(crate) fn left(&self) -> Vec<(String, u64)> {
        let devices = self.live.iter().map(|one| ("a device was not deleted", one.site));
        let links = self.links.iter().map(|(_, site)| ("a symbolic link was not deleted", *site));
        let notified = self.notified.iter();
        let notified = notified.map(|(_, site)| {
            ("IoUnregisterShutdownNotification was not called for a device", *site)
        });
        devices.chain(links).chain(notified).map(|(what, at)| (what.to_owned(), at)).collect()
    }
}

/// Names do not tell large letters from small ones.
fn folded(string: usize) -> Vec<u16> {
    let fold = |unit: u16| u8::try_from(unit).map_or(unit, |byte| byte.to_ascii_uppercase().into());
    if string == 0 { Vec::new() } else { memory::wide(string).into_iter().map(fold).collect() }
}

impl Kernel {
    fn create_device(
        &self,
        length: u32,
        name: usize,
        kind: u32,
        flags: [u32; 2],
    ) -> Result<usize, i32> {
        let name = folded(name);
        let mut devices = self.devices.borrow_mut();
        if !name.is_empty() && devices.live.iter().any(|device| device.name == name) {
            return Err(NAME_COLLISION);
        }
        let length = SIZE + length as usize;
        let Some(block) = Block::new(length) else { return Err(INSUFFICIENT_RESOURCES) };
        let (at, driver) = (block.at(), self.objects.at());
        write(at, [IS_DEVICE, length.min(usize::from(u16::MAX)) as u16]);
        write(at + OWNER, driver);
        write(at + NEXT, read::<usize>(driver + FIRST));
        let [characteristics, exclusive] = flags;
        write(at + FLAGS, INITIALIZING | exclusive);
        write(at + CHARACTERISTICS, characteristics);
        write(at + EXTENSION, if length > SIZE { at + SIZE } else { 0 });
        write(at + TYPE, kind);
        write(at + LOCATIONS, 1_u8);
        write(driver + FIRST, at);
        devices.live.push(Device { block, name, site: site::here() });
        Ok(at)
    }

    /// Deletes a device (K-2) and its extension; while a work item has it, its memory stays as it is.
    fn delete_device(&self, at: usize) {
        let name = "IoDeleteDevice";
        let place = self.devices.borrow().live.iter().position(|device| device.block.at() == at);
        let Some(place) = place else {
            return self.report("K-2", format!("{name} was given what is no device"));
        };
        let device = self.devices.borrow_mut().live.remove(place);
        let mut link = self.objects.at() + FIRST;
        while read::<usize>(link) != 0 && read::<usize>(link) != at {
            link = read::<usize>(link) + NEXT;
        }
        write(link, read::<usize>(at + NEXT));
        let length = device.block.length();
        self.check_held(at, length, name);
        self.check_in_use(at, length, name);
        if !self.work.borrow().uses(at) {
            memory::fill(at, length, FREED);
        }
        self.devices.borrow_mut().deleted.push(device);
    }
}

pub(crate) unsafe extern "C" fn create(
    driver: usize,
    extension: u32,
    name: usize,
    kind: u32,
    characteristics: u32,
    exclusive: u8,
    out: usize,
) -> i32 {
    border(place::IoCreateDevice, |kernel| {
        if driver != kernel.objects.at() {
            kernel.no_object("IoCreateDevice");
        }
        if kernel.fails(place::IoCreateDevice) {
            return INSUFFICIENT_RESOURCES;
        }
        let exclusive = if exclusive == 0 { 0 } else { EXCLUSIVE };
        match kernel.create_device(extension, name, kind, [characteristics, exclusive]) {
            Ok(device) => {
                write(out, device);
                0
            }
            Err(status) => status,
        }
    })
}

pub(crate) unsafe extern "C" fn delete(device: usize) {
    border(place::IoDeleteDevice, |kernel| kernel.delete_device(device));
}

pub(crate) unsafe extern "C" fn create_link(link: usize, _device: usize) -> i32 {
    border(place::IoCreateSymbolicLink, |kernel| {
        let name = folded(link);
        let mut devices = kernel.devices.borrow_mut();
        if name.is_empty() {
            return INVALID_PARAMETER;
        }
        if devices.links.iter().any(|(other, _)| *other == name) {
            return NAME_COLLISION;
        }
        devices.links.push((name, site::here()));
        0
    })
}

pub(crate) unsafe extern "C" fn delete_link(link: usize) -> i32 {
    border(place::IoDeleteSymbolicLink, |kernel| {
        let name = folded(link);
        let links = &mut kernel.devices.borrow_mut().links;
        let Some(place) = links.iter().position(|(other, _)| *other == name) else {
            return NAME_NOT_FOUND;
        };
        links.remove(place);
        0
    })
}

pub(crate) unsafe extern "C" fn register_shutdown(device: usize) -> i32 {
    border(place::IoRegisterShutdownNotification, |kernel| {
        if !kernel.devices.borrow().has(device) {
            kernel.no_object("IoRegisterShutdownNotification");
        }
        kernel.devices.borrow_mut().notified.push((device, site::here()));
        0
    })
}

pub(crate) unsafe extern "C" fn unregister_shutdown(device: usize) {
    border(place::IoUnregisterShutdownNotification, |kernel| {
        kernel.devices.borrow_mut().notified.retain(|(other, _)| *other != device);
    });
}
