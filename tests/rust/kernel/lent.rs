//! Lists whose memory a request uses that waits: they go back when it is completed, and not before (I-9).

use crate::line_server::{at, options};
use crate::mistakes::{found, is_silent, line_of, mistaken};
use std::rc::Rc;
use wsksim::c::kernel::{Act, Kernel, Options, Remote};
use wsksim::core::chooser::Schedule;
use wsksim::core::findings::Found;
use wsksim::wsk::{Completions, Policies};

const FILE: &str = "tests/drivers/lent.c";

/// One remote end that sends, and reads what comes back.
fn run(switch: Option<&str>, options: Options) -> Option<Rc<Kernel>> {
    let kernel = Kernel::load(&mistaken(FILE, switch)?, options).expect("it loads");
    assert_eq!(kernel.start_driver(), Some(0), "{:?}", kernel.ended());
    let acts = [Act::Connect(at(7020)), Act::Send(b"sent".into()), Act::Await(4), Act::Close];
    kernel.add_remote(Remote::new(acts));
    kernel.settle(10_000_000);
    kernel.unload();
    Some(kernel)
}

/// Where each send waits.
fn waiting() -> Options {
    let policies = Policies { completions: Completions::Later, ..Policies::default() };
    Options { policies, ..options(1, Schedule::Fifo) }
}

#[test]
fn i9_a_list_that_a_waiting_send_uses_is_not_given_back() {
    for (switch, function, mark) in [
        ("RELEASED_EARLY", "WskRelease was given a list", Some("RELEASED_EARLY")),
        ("NOT_KEPT", "WskReceiveEvent did not keep its list", None),
    ] {
        let Some(kernel) = run(Some(switch), waiting()) else { return };
        let findings = kernel.driver().core().findings();
        let finding = found(&findings, "I-9");
        let Found::Text(text) = &finding.found else { panic!("{switch}: {:?}", finding.found) };
        assert!(text.starts_with(function), "{switch}: {text}");
        let place = finding.place.as_ref().expect("a place");
        match mark {
            Some(mark) => assert_eq!(place.line, line_of(FILE, mark), "{switch}: {place:?}"),
            None => assert_eq!(place.function, "OnReceive"),
        }
        let sent = finding.other.as_ref().expect("where the send was made");
        assert_eq!(sent.line, line_of(FILE, "SENT"), "{switch}: {sent:?}");
    }
}

#[test]
fn i9_a_list_that_is_released_when_its_send_is_completed_is_no_finding() {
    is_silent(30, |options| run(None, options));
    let Some(kernel) = run(None, waiting()) else { return };
    assert_eq!(kernel.remotes()[0].received, b"sent");
    assert_eq!(kernel.driver().core().findings(), []);
}
