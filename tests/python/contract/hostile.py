"""What the tests of wrong arguments share: a subsystem with a socket of every kind, and values that do not fit."""

import inspect
import itertools
import math

import wsksim
from harness import CTX, DISC, Ears, World, at, data
from wsksim import wsk
from wsksim._native import Processor


class Stage:
    """Sockets of every kind and in every condition, requests under way, and a second subsystem beside it."""

    def __init__(self, **options):
        self.world, self.other = World(**options), World(**options)
        self.worlds = (self.world, self.other)
        world = self.world
        self.far = world.net.listen(at())
        self.listener, self.pair = world.listener(), world.pair()
        self.new, self.bound = world.connection(bound=False), world.connection()
        self.udp, self.stream, self.basic = world.datagram(), world.stream(), world.socket(0)
        self.six = self.made(wsk.AF_INET6)
        self.dead, self.closed = world.pair().a, world.connection()
        world.net.break_transport(self.dead)
        assert world.close(self.closed) == 0
        self.foreign = self.other.pair().a
        # A request of each subsystem is under way.
        self.busy = world.receiving(self.pair.b, 4)
        self.busy_elsewhere = self.other.receiving(self.foreign, 4)
        self.used = wsk.IRP()
        self.pair.a.WskSend(data(b""), 0, self.used)
        world.drive()
        assert self.used.is_completed
        self.freed = wsk.IRP()
        wsk.IoFreeIrp(self.freed)
        self.bare = wsk.IoAllocateIrp(1)
        self.idle = world.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        self.unregistered = wsk.WSK_REGISTRATION()
        self.sockets = [one for one in vars(self).values() if isinstance(one, wsk.WSK_SOCKET)]
        self.sockets += [self.pair.a, self.pair.b]

    def made(self, family):
        request = self.world.do(self.world.npi.WskSocket, family, 1, 6, 2, CTX, None, None, None, None)
        return request.information

    def leave(self):
        Processor.set_level(wsk.PASSIVE_LEVEL)
        for world in self.worlds:
            world.end()

    def picture(self):
        """Everything that a refused call must leave as it was."""
        found = [wsk.KeGetCurrentIrql(), Processor.inside()]
        for world in self.worlds:
            provider = world.subsystem._provider
            found += [provider.pending(), provider.transitions(), sorted(provider.sockets)]
            counters = {**world.subsystem.counters(), "findings": None}
            found += [world.subsystem.open_sockets, counters]
            found += [(world.registration.id, world.registration.captures)]
        for socket in self.sockets:
            machine = socket.provider
            found += [machine.state(socket.id), machine.enabled_events(socket.id)]
            found += [socket.context, socket.table, socket.id]
        for irp in (self.busy.irp, self.busy_elsewhere.irp):
            found += [irp.in_use, irp.IoStatus.Status, irp.Cancel]
        found += [(one.id, one.captures) for one in (self.idle, self.unregistered)]
        return found


def sight(thing):
    """What an argument holds, for comparing before and after."""
    if isinstance(thing, wsk.IRP):
        status = thing.IoStatus
        return (thing.in_use, thing.is_completed, thing.Cancel, thing._fresh, thing._freed, status, status.Status)
    if isinstance(thing, wsk.Out):
        return thing.value
    if isinstance(thing, wsk.WSK_BUF):
        return None if not isinstance(thing.Mdl, wsk.MDL) else bytes(thing.Mdl._view)
    if isinstance(thing, wsk.SOCKADDR):
        return dict(vars(thing))
    return bytes(thing) if isinstance(thing, bytearray) else None


REST = {"OwningProcess": None, "OwningThread": None}
OUTPUT = {"OutputSize": 0, "OutputBuffer": None, "OutputSizeReturned": None}
ENABLE = {"RequestType": 0, "ControlCode": wsk.SO_WSK_EVENT_CALLBACK, "Level": wsk.SOL_SOCKET, "InputSize": 16}


def routine(DeviceObject, Irp, Context):
    return wsk.STATUS_MORE_PROCESSING_REQUIRED


# Every function with arguments that it accepts, but for the IRP of requests, which is fresh each time.
GOOD = {
    "WskSocket": lambda s: {
        "Client": s.world.client,
        "AddressFamily": 2,
        "SocketType": 1,
        "Protocol": 6,
        "Flags": 2,
        "SocketContext": CTX,
        "Dispatch": Ears().table,
        **REST,
        "SecurityDescriptor": None,
    },
    "WskSocketConnect": lambda s: {
        "Client": s.world.client,
        "SocketType": 1,
        "Protocol": 6,
        "LocalAddress": at(),
        "RemoteAddress": s.far.address,
        "Flags": 0,
        "SocketContext": CTX,
        "Dispatch": Ears().table,
        **REST,
        "SecurityDescriptor": None,
    },
    "WskControlClient": lambda s: {
        "Client": s.world.client,
        "ControlCode": wsk.WSK_TRANSPORT_LIST_QUERY,
        "InputSize": 0,
        "InputBuffer": None,
        "OutputSize": 112,
        "OutputBuffer": wsk.Out(),
        "OutputSizeReturned": wsk.Out(),
    },
    "WskGetAddressInfo": lambda s: {
        "Client": s.world.client,
        "NodeName": "127.0.0.1",
        "ServiceName": "80",
        "NameSpace": 0,
        "Provider": None,
        "Hints": None,
        "Result": wsk.Out(),
        **REST,
    },
    "WskFreeAddressInfo": lambda s: {"Client": s.world.client, "AddrInfo": wsk.ADDRINFOEXW()},
    "WskGetNameInfo": lambda s: {
        "Client": s.world.client,
        "SockAddr": at(),
        "SockAddrLength": 16,
        "NodeName": wsk.Out(),
        "ServiceName": wsk.Out(),
        "Flags": 0,
        **REST,
    },
    "WskControlSocket": lambda s: {
        "Socket": s.pair.a,
        **ENABLE,
        "InputBuffer": wsk.WSK_EVENT_CALLBACK_CONTROL(EventMask=DISC),
        **OUTPUT,
    },
    "WskCloseSocket": lambda s: {"Socket": s.new},
    "WskBind": lambda s: {"Socket": s.new, "LocalAddress": at(), "Flags": 0},
    "WskListen": lambda s: {"Socket": s.stream},
    "WskConnect": lambda s: {"Socket": s.bound, "RemoteAddress": s.far.address, "Flags": 0},
    "WskConnectEx": lambda s: {"Socket": s.bound, "RemoteAddress": s.far.address, "Buffer": data(b"x"), "Flags": 0},
    "WskAccept": lambda s: {
        "ListenSocket": s.listener,
        "Flags": 0,
        "AcceptSocketContext": CTX,
        "AcceptSocketDispatch": Ears().table,
        "LocalAddress": at(),
        "RemoteAddress": at(),
    },
    "WskInspectComplete": lambda s: {"ListenSocket": s.listener, "InspectID": wsk.WSK_INSPECT_ID(1, 1), "Action": 1},
    "WskGetLocalAddress": lambda s: {"Socket": s.pair.a, "LocalAddress": at()},
    "WskGetRemoteAddress": lambda s: {"Socket": s.pair.a, "RemoteAddress": at()},
    "WskSend": lambda s: {"Socket": s.pair.a, "Buffer": data(b"x"), "Flags": 0},
    "WskReceive": lambda s: {"Socket": s.pair.a, "Buffer": data(4), "Flags": 0},
    "WskDisconnect": lambda s: {"Socket": s.pair.a, "Buffer": None, "Flags": 0},
    "WskRelease": lambda s: {"Socket": s.pair.a, "DataIndication": wsk.WSK_DATA_INDICATION()},
    "WskSendTo": lambda s: {
        "Socket": s.udp,
        "Buffer": data(b"x"),
        "Flags": 0,
        "RemoteAddress": at(9),
        "ControlInfoLength": 0,
        "ControlInfo": None,
    },
    "WskSendMessages": lambda s: {
        "Socket": s.udp,
        "BufferList": wsk.WSK_BUF_LIST(None, data(b"x")),
        "Flags": 0,
        "RemoteAddress": at(9),
        "ControlInfoLength": 0,
        "ControlInfo": None,
    },
    "WskReceiveFrom": lambda s: {
        "Socket": s.udp,
        "Buffer": data(4),
        "Flags": 0,
        "RemoteAddress": at(),
        "ControlInfoLength": wsk.Out(),
        "ControlInfo": None,
        "ControlFlags": wsk.Out(),
    },
    "WskSendEx": lambda s: {
        "Socket": s.pair.a,
        "Buffer": data(b"x"),
        "Flags": 0,
        "ControlInfoLength": 0,
        "ControlInfo": None,
    },
    "WskReceiveEx": lambda s: {
        "Socket": s.pair.a,
        "Buffer": data(4),
        "Flags": 0,
        "ControlInfoLength": wsk.Out(),
        "ControlInfo": None,
        "ControlFlags": wsk.Out(),
    },
    "WskRegister": lambda s: {
        "WskClientNpi": wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH()),
        "WskRegistration": wsk.WSK_REGISTRATION(),
    },
    "WskCaptureProviderNPI": lambda s: {"WskRegistration": s.idle, "WaitTimeout": 0, "WskProviderNpi": None},
    "WskReleaseProviderNPI": lambda s: {"WskRegistration": s.idle},
    "WskQueryProviderCharacteristics": lambda s: {"WskRegistration": s.idle, "WskProviderCharacteristics": None},
    "WskDeregister": lambda s: {"WskRegistration": s.idle},
    "IoAllocateIrp": lambda s: {"StackSize": 1, "ChargeQuota": False},
    "IoSetCompletionRoutine": lambda s: {
        "Irp": wsk.IRP(),
        "CompletionRoutine": routine,
        "Context": None,
        "InvokeOnSuccess": True,
        "InvokeOnError": True,
        "InvokeOnCancel": True,
    },
    "IoReuseIrp": lambda s: {"Irp": s.used, "Iostatus": wsk.STATUS_UNSUCCESSFUL},
    "IoCancelIrp": lambda s: {"Irp": wsk.IRP()},
    "IoFreeIrp": lambda s: {"Irp": wsk.IRP()},
    "IoMarkIrpPending": lambda s: {"Irp": wsk.IRP()},
    "IoAllocateMdl": lambda s: {
        "VirtualAddress": bytearray(4),
        "Length": 4,
        "SecondaryBuffer": False,
        "ChargeQuota": False,
        "Irp": None,
    },
    "IoFreeMdl": lambda s: {"Mdl": wsk.MDL(bytearray(4))},
    "MmBuildMdlForNonPagedPool": lambda s: {"MemoryDescriptorList": wsk.MDL(bytearray(4))},
    "RtlInitUnicodeString": lambda s: {"DestinationString": wsk.UNICODE_STRING(), "SourceString": "7"},
    "RtlUshortByteSwap": lambda s: {"Source": 7},
    "RtlUlongByteSwap": lambda s: {"Source": 7},
    "MmGetMdlByteCount": lambda s: {"Mdl": wsk.MDL(bytearray(4))},
    "MmGetSystemAddressForMdlSafe": lambda s: {"Mdl": wsk.MDL(bytearray(4)), "Priority": 0},
    "KeGetCurrentIrql": lambda s: {},
    "KeRaiseIrql": lambda s: {"NewIrql": 1, "OldIrql": None},
    "KeLowerIrql": lambda s: {"NewIrql": 0},
    "NT_SUCCESS": lambda s: {"Status": 0},
    "MAKE_WSK_VERSION": lambda s: {"Mj": 1, "Mn": 0},
    "WSK_MAJOR_VERSION": lambda s: {"Version": 0x0100},
    "WSK_MINOR_VERSION": lambda s: {"Version": 0x0100},
    "sizeof": lambda s: {"kind": wsk.WSK_BUF},
    "offsetof": lambda s: {"kind": wsk.WSK_BUF, "member": "Length"},
}


def function_of(name, stage=None):
    """The function of that name; those that register are methods of a subsystem."""
    owner = wsk if hasattr(wsk, name) else (wsksim.Subsystem if stage is None else stage.world.subsystem)
    return getattr(owner, name)


def parameters_of(name):
    return [one for one in inspect.signature(function_of(name)).parameters if one != "self"]


class Odd:
    """An object whose text, truth and size all fail."""

    def __repr__(self):
        raise ValueError("no text")

    def __bool__(self):
        raise ValueError("no truth")

    def __len__(self):
        raise ValueError("no size")


def changed(thing, **members):
    """A structure whose members were assigned after it was made."""
    for name, value in members.items():
        setattr(thing, name, value)
    return thing


def loop(thing):
    """A chain that comes back to itself."""
    return changed(thing, Next=thing)


def second_loop():
    first, second = wsk.MDL(bytearray(2)), wsk.MDL(bytearray(2))
    first.Next, second.Next = second, second
    return first


def plain_values():
    """Values that are nobody's structure."""
    yield from (
        None,
        "text",
        "",
        "\ud800",
        1.5,
        math.nan,
        math.inf,
        True,
        False,
        object(),
        Odd(),
        len,
        int,
        wsk.WSK_BUF,
    )
    yield from (-1, 0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 0x80, 1 << 16, 1 << 31, 1 << 32, 1 << 63, 1 << 64, 1 << 200)
    yield from (10**5000, -(1 << 31), -(1 << 63), wsk.EventMask(0x40), wsk.NTSTATUS(0xC000000D))
    yield from (b"", b"bytes", bytes(16), bytearray(3), bytearray(16), memoryview(bytes(16)), memoryview(b"abcd")[::2])
    yield from ([], [[]], ["text"], {}, (), (1, 2), ((1, 2, 3, "x"),), itertools.count(), range(9), {None})


def structures(stage):
    """Structures that are damaged, of another kind, or in use."""
    four, six, buf, mdl = wsk.SOCKADDR_IN, wsk.SOCKADDR_IN6, wsk.WSK_BUF, wsk.MDL
    control, npi = wsk.WSK_EVENT_CALLBACK_CONTROL, wsk.NPI_WSK_INTERFACE_ID
    for port in (-1, 70000, 1 << 70, None, "80", 1.5, True):
        yield changed(four(), sin_port=port)
        yield changed(six(), sin6_port=port)
    for family in (0, 23, -1, 1 << 16, 1 << 70, None, "2"):
        yield changed(four(), sin_family=family)
    for host in (
        "nowhere",
        "::1",
        "1.2.3.4%1",
        "1.2.3.4\0",
        "\ud800",
        None,
        5.5,
        b"abc",
        -1,
        1 << 200,
        10**5000,
        Odd(),
    ):
        yield changed(four(), sin_addr=host)
        yield changed(six(), sin6_addr=host)
    yield from (six(), six(sin6_port=9), changed(six(), sin6_flowinfo=1 << 32), changed(six(), sin6_scope_id="x"))
    memory = bytearray(4)
    for offset, length in ((0, 5), (5, 0), (-1, 2), (0, -1), (1 << 32, 0), (0, 1 << 64), ("0", 4), (0, "4"), (None, 1)):
        yield buf(memory, offset, length)
    yield from (buf(b"read", 0, 4), buf(None, 0, 1), changed(buf(memory, 0, 4), Mdl="text"), buf())
    yield from (buf(loop(mdl(memory)), 0, 4), buf(loop(mdl(memory)), 0, 9), buf(second_loop(), 0, 3))
    yield from (loop(mdl(memory)), changed(mdl(memory), Next="text"), buf(changed(mdl(memory), Next=5), 0, 4))
    yield from (loop(wsk.WSK_BUF_LIST(None, data(b"x"))), wsk.WSK_BUF_LIST(None, None), wsk.WSK_BUF_LIST("text"))
    yield from (wsk.WSK_BUF_LIST(None, buf(memory, 0, 5)), wsk.WSK_BUF_LIST(5, data(b"x")))
    yield from (control(None, DISC), control(b"short", DISC), control("text", DISC), control(bytes(16), DISC))
    yield from (control(npi, 0), control(npi, 1 << 32), control(npi, "x"), control(npi, None), control(npi, 1), Odd())
    yield from (control(npi, wsk.WSK_EVENT_DISABLE), control(npi, 0x800000C0), control(memoryview(npi), DISC | 0x1000))
    yield from (wsk.WSK_INSPECT_ID(1 << 64, 1), wsk.WSK_INSPECT_ID(1, 1 << 32), wsk.WSK_INSPECT_ID(-1, 0))
    yield from (wsk.ADDRINFOEXW(ai_addrlen=5), wsk.ADDRINFOEXW(ai_addr=at()), wsk.ADDRINFOEXW(ai_family="2"))
    yield from (loop(wsk.WSK_DATA_INDICATION()), wsk.WSK_DATAGRAM_INDICATION("next"), wsk.WSK_DATA_INDICATION(5))
    yield from (wsk.WSK_CLIENT_LISTEN_DISPATCH(), wsk.WSK_CLIENT_DATAGRAM_DISPATCH(), wsk.WSK_CLIENT_STREAM_DISPATCH())
    yield from (wsk.WSK_CLIENT_DISPATCH(Version=1 << 16), wsk.WSK_CLIENT_DISPATCH(Reserved=1), wsk.WSK_CLIENT_NPI())
    yield from (wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH(Reserved=1)), wsk.WSK_EXTENSION_CONTROL_IN("npi"))
    yield from (stage.used, stage.freed, stage.bare, stage.busy.irp, stage.busy_elsewhere.irp)
    yield from (stage.world.client, stage.world.npi, stage.other.client, stage.idle, stage.unregistered)
    yield from (stage.other.registration, stage.world.subsystem, stage.world.subsystem._provider)
    yield from stage.sockets
    yield from (wsk.Out(), wsk.Out(Odd()), wsk.MDL(b"read only"))


def values(stage):
    yield from plain_values()
    yield from structures(stage)
