//! The heartbeat client of the examples: blocking calls with time-outs, a wait for three things at once, a new connection
//! while the old one is being closed; against servers that finish, abort, fall silent, or are not there.

use crate::build::driver;
use crate::line_server::{at, options};
use std::collections::HashSet;
use wsksim::c::kernel::{Act, Kernel, Object, Options, Remote};
use wsksim::core::chooser::Schedule;

const FILES: [&str; 1] = ["examples/drivers/heartbeat_client.c"];
/// Units of virtual time in a second.
const SECOND: u64 = 10_000_000;

fn run(object: &Object, options: Options, name: bool) -> (u64, Vec<String>, String) {
    let kernel = Kernel::load(object, options).expect("it loads");
    let (listener, _) = kernel.driver().turn(|turn| {
        if name {
            turn.names_mut().set("heartbeat.example", vec![at(0)]);
        }
        turn.remote_listen(at(7008)).expect("the port is free")
    });
    assert_eq!(kernel.start_driver(), Some(0), "{:?}", kernel.ended());
    let accept = Act::Accept(listener);
    kernel.add_remote(Remote::new([accept.clone(), Act::Await(5), Act::Disconnect, Act::AwaitEnd]));
    kernel.add_remote(Remote::new([accept.clone(), Act::Await(10), Act::Abort]));
    kernel.add_remote(Remote::new([accept.clone(), Act::Vanish]));
    kernel.add_remote(Remote::new([accept, Act::AwaitEnd]));
    kernel.settle(60 * SECOND);
    kernel.unload();
    let findings = kernel.driver().core().findings();
    let told: Vec<_> = findings
        .iter()
        .map(|one| format!("{} {:?} {:?}", one.rule.id, one.found, one.place))
        .collect();
    let beats = String::from_utf8_lossy(&kernel.remotes()[0].received).into_owned();
    assert_eq!(kernel.ended(), None);
    (kernel.trace(), told, beats)
}

#[test]
fn it_beats_and_connects_again() {
    let Some(object) = driver(&FILES, None) else { return };
    let (_, told, beats) = run(&object, Options::default(), true);
    assert_eq!((told, beats.as_str()), (vec![], "beat\n"));
}

#[test]
fn in_every_order_nothing_is_found_and_nothing_is_left() {
    let Some(object) = driver(&FILES, None) else { return };
    let mut traces = HashSet::new();
    for seed in 0..100 {
        let name = seed % 10 != 9;
        let (trace, told, _) = run(&object, options(seed, Schedule::Explore), name);
        assert_eq!(told, [""; 0], "seed {seed}");
        let (again, ..) = run(&object, options(seed, Schedule::Explore), name);
        assert_eq!(trace, again, "seed {seed}");
        traces.insert(trace);
    }
    assert!(traces.len() > 80, "{} traces", traces.len());
}
