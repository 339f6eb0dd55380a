//! Sharing: which address may be bound, or taken at connect, beside those that are in use (sharing-transport-addresses.md).

use crate::stage::{OK, Stage, any, local};
use wsksim::core::status::NtStatus;
use wsksim::network::address::Address;
use wsksim::wsk::State;

const USED: NtStatus = NtStatus::ADDRESS_ALREADY_EXISTS;
const DENIED: NtStatus = NtStatus::ACCESS_DENIED;
/// The access check passes, for no security descriptor is looked at (docs/simulated.md).
const CHECK: NtStatus = OK;

/// `SO_REUSEADDR` and `SO_EXCLUSIVEADDRUSE`.
const REUSE: u32 = 0x4;
const EXCLUSIVE: u32 = !0x4;
const MODES: [u32; 3] = [0, REUSE, EXCLUSIVE];

/// A socket that is bound, and what that came to.
fn bound(stage: &mut Stage, option: u32, address: Option<Address>) -> (u64, NtStatus) {
    let id = stage.socket(2, 1);
    if option != 0 {
        stage.ask(|turn, irp| turn.set_option(id, option, Some(1), irp));
    }
    (id, stage.ask(|turn, irp| turn.bind(id, address, 0, irp)).status)
}

/// A remote end that is connected, and the address that it connects from.
fn client(stage: &mut Stage, to: Option<Address>, from: Option<Address>) -> (u64, Address) {
    let (status, end) = stage.turn(|turn| turn.remote_connect(to.unwrap(), from));
    assert_eq!(status, OK);
    (end, stage.turn(|turn| turn.remote_addresses(end)).unwrap().0)
}

#[test]
fn addresses_are_shared_as_the_table_says() {
    // The second bind by its option, at the wildcard and at a host; beside the first, likewise.
    let table = [
        [USED, OK, USED, OK, USED, OK],
        [CHECK, USED, CHECK, DENIED, DENIED, USED],
        [DENIED, OK, OK, OK, DENIED, OK],
        [CHECK, DENIED, OK, OK, DENIED, DENIED],
        [USED, USED, USED, USED, USED, USED],
        [CHECK, USED, CHECK, USED, DENIED, USED],
    ];
    let mut stage = Stage::new();
    let mut port = 100;
    for (row, results) in table.into_iter().enumerate() {
        for (column, expected) in results.into_iter().enumerate() {
            port += 1;
            let at = |place: usize| if place.is_multiple_of(2) { any(port) } else { local(port) };
            let (first, status) = bound(&mut stage, MODES[column / 2], at(column));
            assert_eq!(status, OK);
            let (second, status) = bound(&mut stage, MODES[row / 2], at(row));
            assert_eq!(status, expected, "row {row}, column {column}");
            stage.close(first);
            stage.close(second);
        }
    }
    stage.end(&[]);
}

#[test]
fn two_hosts_share_nothing() {
    let mut stage = Stage::new();
    for option in MODES {
        let other = local(90).map(|local| local.sources(1)[1].with_port(90));
        let (one, status) = bound(&mut stage, option, local(90));
        assert_eq!(status, OK);
        let (two, status) = bound(&mut stage, option, other);
        assert_eq!(status, OK);
        stage.close(one);
        stage.close(two);
    }
}

#[test]
fn the_wildcard_beside_a_port_that_a_client_has() {
    // A client's port is a default bind at its host; who wants the whole port for himself finds it in use.
    for (option, beside) in [(0, OK), (REUSE, OK), (EXCLUSIVE, USED)] {
        let mut stage = Stage::new();
        let listener = stage.listener(80);
        let (end, from) = client(&mut stage, local(80), None);
        let (id, status) = bound(&mut stage, option, any(from.port()));
        assert_eq!(status, beside);
        stage.close(id);
        stage.turn(|turn| turn.remote_abort(end));
        stage.turn(|turn| turn.remote_close(end));
        let (again, status) = bound(&mut stage, option, any(from.port()));
        assert_eq!(status, OK, "the client is gone");
        stage.end(&[again, listener]);
    }
}

#[test]
fn the_wildcard_is_not_the_ports_of_other_machines() {
    let mut stage = Stage::new();
    let listener = stage.listener(80);
    let stranger = Address::new(2, &[10, 0, 0, 1], 5_000);
    let (end, _) = client(&mut stage, local(80), stranger);
    let (id, status) = bound(&mut stage, EXCLUSIVE, any(5_000));
    assert_eq!(status, OK);
    stage.turn(|turn| turn.remote_abort(end));
    stage.turn(|turn| turn.remote_close(end));
    stage.end(&[id, listener]);
}

#[test]
fn no_connect_takes_the_address_of_a_client() {
    // L-15: the address is taken at connect, as a bind that was put off; two connections would have the same two addresses.
    for (option, expected) in [(0, USED), (REUSE, DENIED)] {
        let mut stage = Stage::new();
        let listener = stage.listener(80);
        let (end, from) = client(&mut stage, local(80), None);
        let (id, status) = bound(&mut stage, option, any(from.port()));
        assert_eq!(status, OK);
        let connect = |stage: &mut Stage| {
            stage.ask(|turn, irp| turn.connect(id, local(80), 0, None, irp)).status
        };
        assert_eq!(connect(&mut stage), expected);
        assert_eq!(stage.state(id), Some(State::Bound), "U-43");
        stage.turn(|turn| turn.remote_abort(end));
        stage.turn(|turn| turn.remote_close(end));
        assert_eq!(connect(&mut stage), OK, "the client is gone");
        stage.end(&[id, listener]);
    }
}
