"""T-1 to T-8: constants, layouts and tables."""

import dataclasses
import itertools

from harness import contract
from wsksim import wsk

SIZES = {
    "WSK_SOCKET": (8, {"Dispatch": 0}),
    "WSK_BUF": (24, {"Mdl": 0, "Offset": 8, "Length": 16}),
    "WSK_BUF_LIST": (32, {"Next": 0, "Buffer": 8}),
    "WSK_DATA_INDICATION": (32, {"Next": 0, "Buffer": 8}),
    "WSK_DATAGRAM_INDICATION": (
        56,
        {"Next": 0, "Buffer": 8, "ControlInfo": 32, "ControlInfoLength": 40, "RemoteAddress": 48},
    ),
    "WSK_INSPECT_ID": (16, {"Key": 0, "SerialNumber": 8}),
    "WSK_EVENT_CALLBACK_CONTROL": (16, {"NpiId": 0, "EventMask": 8}),
    "WSK_TRANSPORT": (28, {"Version": 0, "SocketType": 2, "Protocol": 4, "AddressFamily": 8, "ProviderId": 12}),
    "WSK_CLIENT_NPI": (16, {"ClientContext": 0, "Dispatch": 8}),
    "WSK_PROVIDER_NPI": (16, {"Client": 0, "Dispatch": 8}),
    "WSK_PROVIDER_CHARACTERISTICS": (4, {"HighestVersion": 0, "LowestVersion": 2}),
    "WSK_CLIENT_DISPATCH": (16, {"Version": 0, "Reserved": 2, "WskClientEvent": 8}),
}

BASIC = ["WskControlSocket", "WskCloseSocket"]
EXTRA = ["WskSendEx", "WskReceiveEx"]
TABLES = {
    "WSK_PROVIDER_DISPATCH": [
        "Version",
        "Reserved",
        "WskSocket",
        "WskSocketConnect",
        "WskControlClient",
        "WskGetAddressInfo",
        "WskFreeAddressInfo",
        "WskGetNameInfo",
    ],
    "WSK_PROVIDER_BASIC_DISPATCH": BASIC,
    "WSK_PROVIDER_LISTEN_DISPATCH": [*BASIC, "WskBind", "WskAccept", "WskInspectComplete", "WskGetLocalAddress"],
    "WSK_PROVIDER_DATAGRAM_DISPATCH": [
        *BASIC,
        "WskBind",
        "WskSendTo",
        "WskReceiveFrom",
        "WskRelease",
        "WskGetLocalAddress",
        "WskSendMessages",
    ],
    "WSK_PROVIDER_CONNECTION_DISPATCH": [
        *BASIC,
        "WskBind",
        "WskConnect",
        "WskGetLocalAddress",
        "WskGetRemoteAddress",
        "WskSend",
        "WskReceive",
        "WskDisconnect",
        "WskRelease",
        "WskConnectEx",
        *EXTRA,
    ],
    "WSK_PROVIDER_STREAM_DISPATCH": [
        *BASIC,
        "WskBind",
        "WskAccept",
        "WskConnect",
        "WskListen",
        "WskSend",
        "WskReceive",
        "WskDisconnect",
        "WskRelease",
        "WskGetLocalAddress",
        "WskGetRemoteAddress",
        "WskConnectEx",
        *EXTRA,
    ],
    "WSK_CLIENT_LISTEN_DISPATCH": ["WskAcceptEvent", "WskInspectEvent", "WskAbortEvent"],
    "WSK_CLIENT_DATAGRAM_DISPATCH": ["WskReceiveFromEvent"],
    "WSK_CLIENT_CONNECTION_DISPATCH": ["WskReceiveEvent", "WskDisconnectEvent", "WskSendBacklogEvent"],
    "WSK_CLIENT_STREAM_DISPATCH": ["Listen", "Connect"],
}


@contract(1, "E-6")
def test_event_masks_have_their_values_and_do_not_overlap(world):
    masks = {
        "WSK_EVENT_SEND_BACKLOG": 0x10,
        "WSK_EVENT_RECEIVE": 0x40,
        "WSK_EVENT_DISCONNECT": 0x80,
        "WSK_EVENT_RECEIVE_FROM": 0x100,
        "WSK_EVENT_ACCEPT": 0x200,
        "WSK_EVENT_DISABLE": 0x80000000,
    }
    assert {name: getattr(wsk, name) for name in masks} == masks
    assert all(one & other == 0 for one, other in itertools.combinations(masks.values(), 2))


@contract(2, "D-5", "L-2")
def test_flags_share_small_values(world):
    assert wsk.WSK_FLAG_ABORTIVE == wsk.WSK_FLAG_LISTEN_SOCKET == wsk.WSK_FLAG_OOB == 1
    assert wsk.WSK_FLAG_AT_DISPATCH_LEVEL == 8
    assert wsk.WSK_FLAG_RELEASE_ASAP == wsk.WSK_FLAG_NODELAY == wsk.WSK_FLAG_WAITALL == 2
    assert wsk.WSK_FLAG_ENTIRE_MESSAGE == wsk.WSK_FLAG_DRAIN == 4
    categories = ["BASIC", "LISTEN", "CONNECTION", "DATAGRAM", "STREAM"]
    assert [getattr(wsk, f"WSK_FLAG_{one}_SOCKET") for one in categories] == [0, 1, 2, 4, 8]


@contract(3, "A-12")
def test_control_codes_are_made_of_their_parts(world):
    assert wsk.IOC_WSK == wsk.IOC_WS2 | 0x07000000 == 0x0F000000
    codes = {
        "SIO_WSK_SET_REMOTE_ADDRESS": (wsk.IOC_IN, 1, 0x8F000001),
        "SIO_WSK_REGISTER_EXTENSION": (wsk.IOC_INOUT, 2, 0xCF000002),
        "SIO_WSK_QUERY_IDEAL_SEND_BACKLOG": (wsk.IOC_OUT, 3, 0x4F000003),
        "SIO_WSK_QUERY_RECEIVE_BACKLOG": (wsk.IOC_OUT, 4, 0x4F000004),
        "SIO_WSK_QUERY_INSPECT_ID": (wsk.IOC_OUT, 5, 0x4F000005),
        "SIO_WSK_SET_SENDTO_ADDRESS": (wsk.IOC_IN, 6, 0x8F000006),
        "SIO_WSK_SET_TCP_SILENT_MODE": (wsk.IOC_VOID, 7, 0x2F000007),
    }
    for name, (direction, number, value) in codes.items():
        assert getattr(wsk, name) == direction | wsk.IOC_WSK | number == value
    lists = (wsk.SIO_ADDRESS_LIST_QUERY, wsk.SIO_ADDRESS_LIST_CHANGE, wsk.SIO_ADDRESS_LIST_SORT)
    assert lists == (0x48000016, 0x28000017, 0xC8000019)
    options = {
        "SO_WSK_SECURITY": 0x4001,
        "SO_WSK_EVENT_CALLBACK": 0x4002,
        "SO_CONDITIONAL_ACCEPT": 0x3002,
        "SO_REUSEADDR": 0x4,
        "SO_EXCLUSIVEADDRUSE": 0xFFFFFFFB,
        "SO_KEEPALIVE": 0x8,
        "SO_BROADCAST": 0x20,
        "SO_RCVBUF": 0x1002,
        "SOL_SOCKET": 0xFFFF,
        "WSK_SO_BASE": 0x4000,
        "WSK_TRANSPORT_LIST_QUERY": 2,
        "WSK_TRANSPORT_LIST_CHANGE": 3,
        "WSK_CACHE_SD": 4,
        "WSK_RELEASE_SD": 5,
        "WSK_TDI_DEVICENAME_MAPPING": 6,
        "WSK_SET_STATIC_EVENT_CALLBACKS": 7,
        "WSK_TDI_BEHAVIOR": 8,
        "WSK_TDI_BEHAVIOR_BYPASS_TDI": 1,
    }
    assert {name: getattr(wsk, name) for name in options} == options


@contract(4, "O-15")
def test_versions_have_two_bytes(world):
    assert wsk.MAKE_WSK_VERSION(1, 0) == 0x0100
    assert (wsk.WSK_MAJOR_VERSION(0x0203), wsk.WSK_MINOR_VERSION(0x0203)) == (2, 3)


@contract(5, "E-5")
def test_interface_id_has_its_bytes(world):
    assert wsk.NPI_WSK_INTERFACE_ID.hex(" ").upper() == "03 E8 27 22 8B 8D D4 11 AB AD 00 90 27 71 9E 09"


@contract(6, "E-18")
def test_event_pending_is_a_success(world):
    found = [wsk.NT_SUCCESS(one) for one in (wsk.STATUS_EVENT_PENDING, wsk.STATUS_PENDING, wsk.STATUS_BUFFER_OVERFLOW)]
    assert found == [True, True, False]


@contract(7, "O-2")
def test_structures_have_their_layout(world):
    for name, (size, offsets) in SIZES.items():
        kind = getattr(wsk, name)
        assert wsk.sizeof(kind) == size, name
        assert {member: wsk.offsetof(kind, member) for member in offsets} == offsets, name
    assert wsk.sizeof(wsk.WSK_REGISTRATION) == 24
    members = ("ReservedRegistrationState", "ReservedRegistrationContext", "ReservedRegistrationLock")
    assert [wsk.offsetof(wsk.WSK_REGISTRATION, member) for member in members] == [0, 8, 16]


@contract(8, "O-3", "O-7")
def test_tables_have_their_order(world):
    for name, members in TABLES.items():
        assert [one.name for one in dataclasses.fields(getattr(wsk, name))] == members, name
        made = getattr(wsk, name)()
        with_member = members[0]
        try:
            setattr(made, with_member, None)
        except dataclasses.FrozenInstanceError:
            continue
        raise AssertionError(f"{name} is not constant")
    assert TABLES["WSK_CLIENT_CONNECTION_DISPATCH"].index("WskDisconnectEvent") == 1
