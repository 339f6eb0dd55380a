//! Addresses that this machine loses: what goes with them.

use crate::network::{connecting, far};
use crate::stage::{OK, PENDING, Seen, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::network::remote::RemoteState;
use wsksim::network::routes::Route;
use wsksim::wsk::{State, Table};

#[test]
fn an_address_that_goes_takes_the_connects_from_it_along() {
    // U-45, L-15: also of a socket that is bound to the wildcard, and gets its address as it connects
    let mut stage = Stage::new();
    stage.turn(|turn| turn.set_route(far(80), Route::Silent));
    let own = far(80).source(1, 0);
    let (id, returned, irp) = connecting(&mut stage, far(80));
    assert_eq!(returned, PENDING);
    stage.turn(|turn| turn.remove_address(local(0).unwrap()));
    assert_eq!((stage.drive(), stage.state(id)), (vec![], Some(State::Connecting)), "another one");
    stage.turn(|turn| turn.remove_address(own));
    assert_eq!(stage.drive(), [Seen::Done(irp, NtStatus::CONNECTION_ABORTED, 0)]);
    assert_eq!(stage.state(id), Some(State::Bound), "U-43");
    stage.turn(|turn| turn.restore_route(own));
    stage.turn(|turn| turn.set_route(far(80), Route::Silent));
    let again = stage.ask(|turn, irp| turn.connect(id, Some(far(80)), 0, None, irp));
    assert_eq!(again.status, PENDING, "it may be tried again");
    stage.end(&[id]);
}

#[test]
fn an_address_that_goes_takes_undecided_requests_along() {
    // U-45: dropped before it was established; the peer hears nothing
    for asked in [true, false] {
        let mut stage = Stage::new();
        let listener = stage.socket(1, 5);
        stage.ask(|turn, irp| turn.set_option(listener, 0x3002, Some(1), irp));
        stage.ask(|turn, irp| turn.bind(listener, any(80), 0, irp));
        stage.answers.inspect = 2;
        let end = stage.turn(|turn| turn.remote_connect(local(80).unwrap(), None)).1;
        let mut request = None;
        if asked {
            let [Seen::Inspect(id)] = stage.drive()[..] else { panic!("inspected") };
            request = Some(id);
        }
        stage.turn(|turn| turn.remove_address(local(0).unwrap()));
        let told = stage.drive();
        assert_eq!(told, request.map(Seen::Abort).into_iter().collect::<Vec<_>>());
        if let Some(request) = request {
            let late = stage.ask(|turn, irp| turn.inspect_complete(listener, request, 1, irp));
            assert_eq!(late.status, OK);
        }
        let accept = stage.ask(|turn, irp| turn.accept(listener, 0, Table::default(), irp));
        assert_eq!(accept.status, PENDING, "nothing is established");
        let state = stage.turn(|turn| turn.remote_state(end));
        assert_eq!(state, Some(RemoteState::Connecting));
        stage.turn(|turn| turn.remote_close(end));
        stage.end(&[listener]);
    }
}
