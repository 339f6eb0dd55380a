//! Border: what every function of the kernel does before and after its own work: whose driver calls, from where, at which
//! level; a point of the scheduler; and no panic passes.

use crate::c::kernel::imports::{KERNEL, PROVIDED};
use crate::c::kernel::threads::said;
use crate::c::kernel::{Ended, Kernel};
use crate::c::site;
use crate::c::surface::Function;
use crate::core::irql::Irql;
use crate::provider::processor;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;

thread_local! {
    /// The kernel whose driver runs on this thread.
    static KERNEL_HERE: Cell<*const Kernel> = const { Cell::new(ptr::null()) };
}

/// Runs `act` with a kernel that stays for that long, and for whoever calls it from the driver.
pub(crate) fn on<T>(kernel: *const Kernel, act: impl FnOnce(&Rc<Kernel>) -> T) -> T {
    let outer = KERNEL_HERE.replace(kernel);
    // SAFETY: whoever runs a driver holds its kernel, by a count of its own; this one is not counted.
    let borrowed = std::mem::ManuallyDrop::new(unsafe { Rc::from_raw(kernel) });
    let result = act(&borrowed);
    KERNEL_HERE.set(outer);
    result
}

/// Looks at the kernel whose driver runs on this thread, if one does.
pub(crate) fn running<T>(look: impl FnOnce(&Kernel) -> T) -> Option<T> {
    let kernel = KERNEL_HERE.get();
    (!kernel.is_null()).then(|| on(kernel, |kernel| look(kernel)))
}

/// One function, as the border knows it.
struct Row {
    name: &'static str,
    /// How high it may be called, if that is judged here: waits have their own rule, and of WSK's functions the provider
    /// judges.
    highest: Option<Irql>,
}

/// The rows of the table.
fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let is_judged = |name: &str| !name.starts_with("KeWait") && !name.starts_with("Wsk");
        let own = Function::slots().take(KERNEL).map(|row| Row {
            name: row.name,
            highest: row.highest.filter(|_| is_judged(row.name)),
        });
        let provided = Function::provided().map(|row| Row { name: row.name, highest: None });
        own.chain(provided).collect()
    })
}

/// The name of the function with this place.
pub(crate) fn name_of(place: usize) -> &'static str {
    rows().get(place).map_or("a function", |row| row.name)
}

/// A function that the driver calls.
pub(crate) fn border<T: Default>(place: usize, act: impl FnOnce(&Rc<Kernel>) -> T) -> T {
    let (mut act, mut result) = (Some(act), T::default());
    guarded(place, &mut |kernel| {
        if let Some(act) = act.take() {
            result = act(kernel);
        }
    });
    result
}

/// The same for all types, so that it is there once.
fn guarded(place: usize, act: &mut dyn FnMut(&Rc<Kernel>)) {
    let kernel = KERNEL_HERE.get();
    if kernel.is_null() {
        // A thread of libc's own, or a call after the run.
        return;
    }
    // SAFETY: whoever runs a driver holds its kernel, by a count of its own; this one is not counted.
    let kernel = std::mem::ManuallyDrop::new(unsafe { Rc::from_raw(kernel) });
    let outer = site::replace(kernel.site());
    let ran = catch_unwind(AssertUnwindSafe(|| {
        kernel.enter(place);
        act(&kernel);
    }));
    site::replace(outer);
    if let Err(panic) = ran {
        let text = format!("{}: {}", name_of(place), said(&*panic));
        kernel.stop(Ended::Failed(text));
    }
}

impl Kernel {
    /// A call begins.
    fn enter(&self, place: usize) {
        self.note(place as u32);
        self.preempt();
        let row = &rows()[place];
        if let Some(highest) = row.highest
            && processor::level() > highest
        {
            self.too_high(row.name, highest);
        }
        debug_assert!(place < KERNEL + PROVIDED, "Invariant: the table has the place");
    }

    /// A function was called above its level.
    #[cold]
    fn too_high(&self, name: &'static str, highest: Irql) {
        let mut app = self.application();
        let _ = self.driver().with_door(|door| door.level_allowed(&mut app, name, highest, 0));
    }
}

/// A function that is not simulated yet: the driver cannot go on.
pub(crate) unsafe extern "C" fn missing<const PLACE: usize>() -> usize {
    not_simulated(PLACE)
}

fn not_simulated(place: usize) -> usize {
    border(place, |kernel| kernel.stop(Ended::Missing(name_of(place))))
}
