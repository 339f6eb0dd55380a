//! Objects: drivers that `wsksim cc` has built, run by the kernel: the goals A2, A5, A6 and A9.

use crate::{Asked, adds, connect, each, now, ordered};
use corosensei::{Coroutine, CoroutineResult};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::Path;
use std::rc::Rc;
use wsksim::c::kernel::{Kernel, Object, Options};
use wsksim::core::chooser::Schedule;
use wsksim::core::subsystem;
use wsksim::network::address::{AF_INET, Address};
use wsksim::wsk::{Completions, Policies};

/// The port of benches/drivers/server.c.
const PORT: u16 = 7010;
/// Switches of one seed.
const SWITCHES: usize = 40;

fn read(path: &str) -> Object {
    Object::read(Path::new(path)).expect("an object of wsksim cc")
}

fn started(object: &Object, options: Options) -> Rc<Kernel> {
    let kernel = Kernel::load(object, options).expect("it loads");
    assert_eq!(kernel.start_driver(), Some(0), "{:?}", kernel.ended());
    kernel
}

fn unload(kernel: &Rc<Kernel>) {
    kernel.unload();
    assert_eq!((kernel.ended(), kernel.driver().core().findings()), (None, Vec::new()));
}

fn server(asked: &Asked, path: &str) -> Rc<Kernel> {
    let policies =
        Policies { completions: asked.completions, backlog: 10_000, ..Policies::default() };
    started(&read(path), Options { policies, steps: u64::MAX, ..Options::default() })
}

fn clients(kernel: &Rc<Kernel>, count: usize) -> Vec<u64> {
    let to = Address::new(AF_INET, &[127, 0, 0, 1], PORT).expect("four bytes");
    let remotes = connect(kernel.driver(), to, count);
    kernel.drive();
    remotes
}

/// Lives: accept, disconnect, close.
pub(crate) fn life(asked: &Asked, path: &str) {
    let kernel = server(asked, path);
    for _ in 0..asked.rounds {
        let begun = now();
        let remotes = clients(&kernel, asked.count);
        let connected = now();
        let remotes = ordered(asked, remotes);
        let shuffled = now();
        each(kernel.driver(), &remotes, |turn, remote| _ = turn.remote_disconnect(remote));
        kernel.drive();
        each(kernel.driver(), &remotes, |turn, remote| turn.remote_close(remote));
        let each = (now() - begun - (shuffled - connected)) as f64 / asked.count as f64;
        println!("{{\"ns\": {each:.1}, \"add\": {:.2}}}", adds(100_000));
    }
    unload(&kernel);
}

/// Messages: so many bytes come and go back.
pub(crate) fn message(asked: &Asked, bytes: usize, path: &str) {
    let kernel = server(asked, path);
    let count = if bytes > 4_096 { 16 } else { 1_000 };
    let remotes = ordered(asked, clients(&kernel, count));
    let data = vec![7_u8; bytes];
    let mut copied = vec![0_u8; bytes];
    for _ in 0..asked.rounds {
        let (mut made, begun) = (0, now());
        while made < asked.count {
            for &remote in &remotes {
                kernel.driver().turn(|turn| turn.remote_send(remote, data.clone()));
            }
            kernel.drive();
            for &remote in &remotes {
                let read = kernel.driver().turn(|turn| turn.remote_read(remote, usize::MAX));
                assert_eq!(read.len(), bytes);
            }
            made += count;
        }
        let each = (now() - begun) as f64 / made as f64;
        let begun = now();
        for _ in 0..made {
            black_box(&mut copied).copy_from_slice(black_box(&data));
        }
        let copy = (now() - begun) as f64 / made as f64;
        println!("{{\"ns\": {each:.1}, \"add\": {:.2}, \"copy\": {copy:.1}}}", adds(100_000));
    }
    for remote in remotes {
        kernel.driver().turn(|turn| _ = turn.remote_disconnect(remote));
        kernel.drive();
        kernel.driver().turn(|turn| turn.remote_close(remote));
    }
    unload(&kernel);
}

/// Seeds: each with a fresh image, from DriverEntry to unload; beside them what a fresh image and the switches cost alone.
pub(crate) fn seeds(asked: &Asked, path: &str) {
    let object = read(path);
    let file = std::fs::read(path).expect("it was read before");
    for _ in 0..asked.rounds {
        let begun = now();
        for seed in 0..asked.count {
            let schedule = Schedule::Explore;
            let subsystem =
                subsystem::Options { seed: seed as u64, schedule, ..subsystem::Options::default() };
            let policies = Policies { completions: Completions::Drawn, ..Policies::default() };
            let kernel = started(&object, Options { subsystem, policies, ..Options::default() });
            kernel.settle(0);
            unload(&kernel);
        }
        let each = (now() - begun) as f64 / asked.count as f64;
        let begun = now();
        (0..asked.count).for_each(|_| image(&file));
        let image = (now() - begun) as f64 / asked.count as f64;
        println!(
            "{{\"ns\": {each:.1}, \"image\": {image:.1}, \"switches\": {:.1}}}",
            switches(asked.count)
        );
    }
}

/// Loads a copy of its own, and lets go of it.
fn image(file: &[u8]) {
    // SAFETY: the name is text that ends with NUL.
    let number = unsafe { libc::memfd_create(c"bench".as_ptr(), libc::MFD_CLOEXEC) };
    // SAFETY: it was just made.
    let mut copy = unsafe { File::from_raw_fd(number) };
    copy.write_all(file).expect("there is room");
    let path = format!("/proc/self/fd/{}", copy.as_raw_fd());
    // SAFETY: the object has no initialisers.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
    drop(black_box(library.expect("it loads")));
}

/// Nanoseconds of the switches of one seed, there and back, with the coroutine that they need.
fn switches(count: usize) -> f64 {
    let mut endless = Coroutine::new(|back: &corosensei::Yielder<(), ()>, ()| {
        loop {
            back.suspend(());
        }
    });
    let begun = now();
    for _ in 0..count * SWITCHES / 2 {
        let resumed: CoroutineResult<(), ()> = endless.resume(());
        black_box(resumed);
    }
    let each = (now() - begun) as f64 / count as f64;
    // SAFETY: its stack holds nothing.
    unsafe { endless.force_reset() };
    each
}
