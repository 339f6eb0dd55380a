//! Handles: system threads, what names them, and who counts on their objects.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, Block};
use crate::c::kernel::threads::{Kind, State};
use crate::c::sanitizers;
use crate::c::site;
use crate::core::irql::Irql;
use crate::provider::processor;
use std::collections::BTreeMap;
use std::rc::Rc;

const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const INSUFFICIENT_RESOURCES: i32 = 0xC000_009A_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
/// Handles of the kernel are so far apart, and look so.
const STEP: usize = 4;
const KERNEL_HANDLE: usize = 0xFFFF_FFFF_8000_0000;
/// `SignalState` in a header.
const STATE: usize = 4;

/// What the driver's handles name, and references to objects, each with where it was made.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    open: BTreeMap<usize, (usize, u64)>,
    references: BTreeMap<usize, Vec<u64>>,
    last: usize,
    /// What WskGetAddressInfo allocated, and where.
    names: BTreeMap<usize, (Block, u64)>,
}

impl Handles {
    /// WskGetAddressInfo returns this list.
    pub(crate) fn keep_names(&mut self, list: Block) {
        self.names.insert(list.at(), (list, site::here()));
    }

    /// It is freed; whether it was there.
    pub(crate) fn drop_names(&mut self, list: usize) -> bool {
        self.names.remove(&list).is_some()
    }

    /// What was not closed or dereferenced, and where it was made (K-4).
    pub(crate) fn left(&self) -> Vec<(String, u64)> {
        let open = self.open.values().map(|(_, at)| ("a handle was not closed".to_owned(), *at));
        let references = self.references.values().flatten();
        let kept = references.map(|at| ("an object was not dereferenced".to_owned(), *at));
        // By address they would come in another order in each run.
        let lists = self.names.values();
        let lists =
            lists.map(|(_, at)| ("a list of WskGetAddressInfo was not freed".to_owned(), *at));
        let mut left: Vec<_> = open.chain(kept).chain(lists).collect();
        left.sort_by_key(|(_, at)| *at);
        left
    }
}

impl Kernel {
    /// A thread has ended: who waits for it goes on.
    pub(crate) fn thread_ended(&self, object: usize) {
        memory::write(object + STATE, 1_i32);
        self.signalled(object);
    }

    /// This thread ends.
    fn terminate(&self) {
        let current = self.current.get();
        let start = {
            let mut threads = self.threads.borrow_mut();
            threads.get_mut(current).map_or(0, |thread| thread.start)
        };
        self.check_locks("PsTerminateSystemThread was called, and the thread", start);
        if let Some(thread) = self.threads.borrow_mut().get_mut(current) {
            thread.state = State::Ended;
        }
        sanitizers::release(sanitizers::of_thread(current));
        loop {
            self.suspend();
        }
    }
}

pub(crate) unsafe extern "C" fn create_thread(
    handle: usize,
    _access: u32,
    _attributes: usize,
    _process: usize,
    _client: usize,
    routine: usize,
    context: usize,
) -> i32 {
    border(place::PsCreateSystemThread, |kernel| {
        if handle == 0 || routine == 0 {
            return INVALID_PARAMETER;
        }
        let start = routine as u64;
        let body = move |kernel: &Rc<Kernel>| {
            memory::call(routine, context);
            let left = processor::here().level();
            if left != Irql::Passive {
                let found = format!("a thread's routine left {} behind", left.name());
                kernel.report_at("K-9", found, start);
            }
            kernel.check_locks("a thread's routine", start);
        };
        let Some(number) = kernel.start(Kind::System, start, body) else {
            return INSUFFICIENT_RESOURCES;
        };
        let object = kernel.threads.borrow().get(number).map_or(0, |thread| thread.object.at());
        let mut handles = kernel.handles.borrow_mut();
        handles.last += STEP;
        let name = KERNEL_HANDLE + handles.last;
        handles.open.insert(name, (object, site::here()));
        memory::write(handle, name);
        0
    })
}

pub(crate) unsafe extern "C" fn terminate_thread(_status: i32) -> i32 {
    border(place::PsTerminateSystemThread, |kernel| {
        let current = kernel.current.get();
        let kind = kernel.threads.borrow().get(current).map(|thread| thread.kind);
        if kind != Some(Kind::System) {
            kernel.report(
                "K-8",
                "PsTerminateSystemThread was called by a thread that the driver had not started",
            );
            return INVALID_PARAMETER;
        }
        kernel.terminate();
        0
    })
}

pub(crate) unsafe extern "C" fn reference_by_handle(
    handle: usize,
    _access: u32,
    _kind: usize,
    _mode: u8,
    out: usize,
    information: usize,
) -> i32 {
    border(place::ObReferenceObjectByHandle, |kernel| {
        let mut handles = kernel.handles.borrow_mut();
        let Some(&(object, _)) = handles.open.get(&handle) else {
            drop(handles);
            kernel.report("K-2", "ObReferenceObjectByHandle was given what is no open handle");
            return INVALID_HANDLE;
        };
        handles.references.entry(object).or_default().push(site::here());
        memory::write(out, object);
        memory::write(information, 0_u64);
        0
    })
}

pub(crate) unsafe extern "C" fn reference(object: usize) -> isize {
    border(place::ObfReferenceObject, |kernel| {
        let mut handles = kernel.handles.borrow_mut();
        let references = handles.references.entry(object).or_default();
        references.push(site::here());
        references.len() as isize
    })
}

pub(crate) unsafe extern "C" fn dereference(object: usize) -> isize {
    border(place::ObfDereferenceObject, |kernel| {
        let mut handles = kernel.handles.borrow_mut();
        let left = handles.references.get_mut(&object).map(|references| {
            references.pop();
            references.len()
        });
        match left {
            None => {
                drop(handles);
                kernel.report(
                    "K-2",
                    "ObDereferenceObject was called more often than the object was referenced",
                );
                0
            }
            Some(0) => {
                handles.references.remove(&object);
                0
            }
            Some(left) => left as isize,
        }
    })
}

pub(crate) unsafe extern "C" fn close(handle: usize) -> i32 {
    border(place::ZwClose, |kernel| {
        if kernel.handles.borrow_mut().open.remove(&handle).is_some() {
            return 0;
        }
        kernel.report("K-2", "ZwClose was given what is no open handle");
        INVALID_HANDLE
    })
}

pub(crate) unsafe extern "C" fn wait_handle(handle: usize, _alertable: u8, timeout: usize) -> i32 {
    border(place::ZwWaitForSingleObject, |kernel| {
        let object = kernel.handles.borrow().open.get(&handle).map(|(object, _)| *object);
        let Some(object) = object else {
            kernel.report("K-2", "ZwWaitForSingleObject was given what is no open handle");
            return INVALID_HANDLE;
        };
        kernel.wait_for("ZwWaitForSingleObject", vec![object], false, timeout)
    })
}
