//! What drivers are compiled against says what the rest of this library says: levels, statuses, numbers, places.

use std::collections::BTreeMap;
use std::mem::offset_of;
use wsksim::c::surface::{Function, How, constants, layout, places};
use wsksim::c::{
    IO_STATUS_BLOCK, MDL, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, WSK_BUF,
    WSK_CLIENT_CONNECTION_DISPATCH, WSK_CLIENT_DATAGRAM_DISPATCH, WSK_CLIENT_LISTEN_DISPATCH,
    WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION, WSK_INSPECT_ID, WSK_SOCKET,
};
use wsksim::contract::Status;
use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;
use wsksim::provider::function;
use wsksim::wsk::{event, ioctl};

#[test]
fn every_function_of_the_provider_has_its_row_and_its_level() {
    for one in function::ALL {
        let row = Function::find(one.name).unwrap_or_else(|| panic!("no row of {}", one.name));
        assert_eq!(row.highest, Some(one.highest), "{}", one.name);
        assert_eq!(row.header, "wsk");
    }
    let of_wsk = Function::all()
        .iter()
        .filter(|row| row.how == How::Provider || (row.header == "wsk" && row.how == How::Import));
    assert_eq!(of_wsk.count(), function::ALL.len());
}

#[test]
fn callbacks_are_entered_at_dispatch_level_at_most() {
    let callbacks: Vec<_> = Function::all().iter().filter(|row| row.how == How::Callback).collect();
    assert_eq!(callbacks.len(), 8);
    assert!(callbacks.iter().all(|row| row.highest == Some(Irql::Dispatch)));
}

#[test]
fn every_status_that_the_core_names_is_that_of_the_table() {
    let code = include_str!("../../../src/core/status.rs");
    let mut seen = 0;
    for line in code.lines().map(str::trim) {
        let Some((name, bits)) =
            line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": Self = Self(0x"))
        else {
            continue;
        };
        let bits = u32::from_str_radix(&bits.trim_end_matches(");").replace('_', ""), 16)
            .expect("a number");
        let row = Status::all().iter().find(|row| row.name == format!("STATUS_{name}"));
        assert_eq!(row.map(|row| row.value), Some(bits), "{name}");
        seen += 1;
    }
    assert!(seen > 25);
    assert_eq!(NtStatus::SUCCESS.to_string(), "0x00000000 (STATUS_SUCCESS)");
    assert_eq!(NtStatus::from_bits(0xC000_00D8).to_string(), "0xC00000D8 (STATUS_CANT_WAIT)");
    assert_eq!(NtStatus::from_bits(0xE000_0001).to_string(), "0xE0000001");
}

#[test]
fn no_name_stands_twice() {
    let names = Function::all().iter().map(|row| row.name);
    let names = names.chain(constants().map(|(name, _)| name));
    let mut names: Vec<_> = names.chain(Status::all().iter().map(|row| row.name)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn numbers_of_the_machine_are_those_of_the_table() {
    let known: BTreeMap<_, _> = constants().collect();
    for (name, value) in [
        ("WSK_EVENT_SEND_BACKLOG", event::SEND_BACKLOG),
        ("WSK_EVENT_RECEIVE", event::RECEIVE),
        ("WSK_EVENT_DISCONNECT", event::DISCONNECT),
        ("WSK_EVENT_RECEIVE_FROM", event::RECEIVE_FROM),
        ("WSK_EVENT_ACCEPT", event::ACCEPT),
        ("WSK_EVENT_DISABLE", event::DISABLE),
        ("SIO_WSK_SET_REMOTE_ADDRESS", ioctl::WSK_SET_REMOTE_ADDRESS),
        ("SIO_WSK_REGISTER_EXTENSION", ioctl::WSK_REGISTER_EXTENSION),
        ("SIO_WSK_QUERY_IDEAL_SEND_BACKLOG", ioctl::WSK_QUERY_IDEAL_SEND_BACKLOG),
        ("SIO_WSK_QUERY_RECEIVE_BACKLOG", ioctl::WSK_QUERY_RECEIVE_BACKLOG),
        ("SIO_WSK_QUERY_INSPECT_ID", ioctl::WSK_QUERY_INSPECT_ID),
        ("SIO_WSK_SET_SENDTO_ADDRESS", ioctl::WSK_SET_SENDTO_ADDRESS),
        ("SIO_WSK_SET_TCP_SILENT_MODE", ioctl::WSK_SET_TCP_SILENT_MODE),
        ("SIO_ADDRESS_LIST_QUERY", ioctl::ADDRESS_LIST_QUERY),
        ("SIO_ADDRESS_LIST_CHANGE", ioctl::ADDRESS_LIST_CHANGE),
        ("SIO_ADDRESS_LIST_SORT", ioctl::ADDRESS_LIST_SORT),
        ("PASSIVE_LEVEL", Irql::Passive as u32),
        ("APC_LEVEL", Irql::Apc as u32),
        ("DISPATCH_LEVEL", Irql::Dispatch as u32),
    ] {
        assert_eq!(known.get(name), Some(&value), "{name}");
    }
}

macro_rules! laid_out {
    ($($structure:ident { $($member:ident),* })*) => {
        vec![$((stringify!($structure), "sizeof", size_of::<$structure>()),
            $((stringify!($structure), stringify!($member), offset_of!($structure, $member))),*),*]
    };
}

#[test]
fn structures_lie_as_the_table_says() {
    let known: BTreeMap<_, _> =
        places().map(|place| ((place.structure, place.member), place.bytes)).collect();
    let ours = laid_out! {
        MDL { Next, Size, MdlFlags, Process, MappedSystemVa, StartVa, ByteCount, ByteOffset }
        WSK_BUF { Mdl, Offset, Length }
        WSK_DATA_INDICATION { Next, Buffer }
        WSK_DATAGRAM_INDICATION { Next, Buffer, ControlInfo, ControlInfoLength, RemoteAddress }
        WSK_INSPECT_ID { Key, SerialNumber }
        WSK_SOCKET { Dispatch }
        IO_STATUS_BLOCK { Status, Information }
        SOCKADDR { sa_family, sa_data }
        SOCKADDR_IN { sin_family, sin_port, sin_addr, sin_zero }
        SOCKADDR_IN6 { sin6_family, sin6_port, sin6_flowinfo, sin6_addr, sin6_scope_id }
        WSK_CLIENT_CONNECTION_DISPATCH { WskReceiveEvent, WskDisconnectEvent, WskSendBacklogEvent }
        WSK_CLIENT_LISTEN_DISPATCH { WskAcceptEvent, WskInspectEvent, WskAbortEvent }
        WSK_CLIENT_DATAGRAM_DISPATCH { WskReceiveFromEvent }
    };
    for (structure, member, bytes) in ours {
        assert_eq!(known.get(&(structure, member)), Some(&bytes), "{structure}.{member}");
    }
}

#[test]
fn the_headers_have_the_same_table() {
    let header = include_str!("../../../python/wsksim/include/km/wsksim/imports.h");
    assert!(header.contains(&format!("#define WSKSIM_LAYOUT 0x{:016X}ULL\n", layout())));
    let slots = Function::slots().count();
    assert!(header.contains(&format!("#define WSKSIM_IMPORT_COUNT {slots}\n")));
    let table = header.split("typedef struct _WSKSIM_IMPORTS {\n").nth(1).expect("the table");
    for (line, function) in table.lines().zip(Function::slots()) {
        assert!(line.contains(&format!("(*{})(", function.name)), "{line}: {}", function.name);
    }
}
