"""The calls of hostile_calls.py that are made from signatures: each argument in turn is hostile, the others are good.

What a call changes is made anew for each: its socket, its IRP, its memory.
"""

import contextlib
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import wsksim
from wsksim import distributed, plans, wsk

KINDS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
ALONE = inspect.Parameter.POSITIONAL_ONLY
# Made by the provider alone.
NOT_MADE = ("WSK_CLIENT", "WSK_PROVIDER_NPI", "WSK_REGISTRATION", "WSK_SOCKET")
# Made by a subsystem alone.
OF_A_SUBSYSTEM = ("Connection", "Fleet", "FleetRemote", "Remote", "Workers")
TABLES = (
    wsk.WSK_PROVIDER_DISPATCH,
    wsk.WSK_PROVIDER_DATAGRAM_DISPATCH,
    wsk.WSK_PROVIDER_LISTEN_DISPATCH,
    wsk.WSK_PROVIDER_STREAM_DISPATCH,
)


def mdl():
    return wsk.MDL(bytearray(8))


def buffer():
    return wsk.WSK_BUF(mdl(), 0, 8)


def address():
    return wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1")


GOOD = {
    "AddressFamily": lambda: wsk.AF_INET,
    "Buffer": buffer,
    "BufferList": lambda: wsk.WSK_BUF_LIST(None, buffer()),
    "DestinationString": wsk.UNICODE_STRING,
    "InspectID": wsk.WSK_INSPECT_ID,
    "InvokeOnCancel": lambda: True,
    "InvokeOnError": lambda: True,
    "InvokeOnSuccess": lambda: True,
    "Irp": wsk.IRP,
    "Length": lambda: 8,
    "LocalAddress": address,
    "Mdl": mdl,
    "MemoryDescriptorList": mdl,
    "NodeName": lambda: "localhost",
    "OutputSizeReturned": wsk.Out,
    "Protocol": lambda: wsk.IPPROTO_TCP,
    "RemoteAddress": address,
    "Result": wsk.Out,
    "ServiceName": lambda: "80",
    "SockAddr": address,
    "SockAddrLength": lambda: 16,
    "SocketType": lambda: wsk.SOCK_STREAM,
    "SourceString": lambda: "x",
    "StackSize": lambda: 1,
    "VirtualAddress": lambda: bytearray(8),
    "buffer": lambda: bytearray(8),
    "kind": lambda: wsk.WSK_BUF,
    "member": lambda: "Mdl",
    "timeout": lambda: 0,
    "Action": lambda: 1,
    **dict.fromkeys(
        (
            "ControlCode",
            "ControlInfoLength",
            "Flags",
            "InputSize",
            "Iostatus",
            "Level",
            "Mj",
            "Mn",
            "NameSpace",
            "NewIrql",
            "OutputSize",
            "Priority",
            "RequestType",
            "Source",
            "Status",
            "Version",
        ),
        int,
    ),
}


def cases(name, function, good=None, make=None):
    """One case for each argument of a function; `good` makes the others, and `make` the object that it belongs to."""
    known = {**GOOD, **(good or {})}
    parameters = [one for one in inspect.signature(function).parameters.values() if one.kind not in KINDS]
    if make is not None:
        parameters = parameters[1:]

    def call(hostile, value):
        given = {}
        for one in parameters:
            if one.name == hostile:
                given[one.name] = value
            elif one.name in known:
                given[one.name] = known[one.name]()
            else:
                given[one.name] = None if one.default is one.empty else one.default
        alone = [given.pop(one.name) for one in parameters if one.kind is ALONE]
        try:
            function(*([] if make is None else [make()]), *alone, **given)
        finally:
            while wsk.KeGetCurrentIrql():
                wsk.KeLowerIrql(0)

    return [(f"{name}.{one.name}", lambda value, one=one: call(one.name, value)) for one in parameters]


def wsk_cases(subsystem, npi):
    """Every function and structure of `wsksim.wsk`."""

    def socket(*kind):
        irp = wsk.IRP()
        npi.WskSocket(wsk.AF_INET, *kind, None, None, None, None, None, irp)
        irp.wait(0)
        return irp.IoStatus.Information

    def connection():
        return socket(wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET)

    def listener():
        return socket(wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_LISTEN_SOCKET)

    def datagrams():
        return socket(wsk.SOCK_DGRAM, wsk.IPPROTO_UDP, wsk.WSK_FLAG_DATAGRAM_SOCKET)

    functions = {}
    for name in wsk.__all__:
        found = getattr(wsk, name)
        if inspect.isclass(found):
            wanted = not issubclass(found, (BaseException, int, str)) and not name.startswith("WSK_PROVIDER")
        else:
            wanted = inspect.isfunction(found) or inspect.isbuiltin(found)
        if wanted and name not in NOT_MADE:
            functions[name] = found
    for table in TABLES:
        functions |= {name: found for name, found in inspect.getmembers(table) if name.startswith("Wsk")}
    made = []
    for name, function in functions.items():
        of = datagrams if name in {"WskReceiveFrom", "WskSendMessages", "WskSendTo"} else connection
        good = {"Client": lambda: npi.Client, "ListenSocket": listener, "Socket": of}
        made += cases(name, function, good)
    return [*made, *cases("IRP.wait", wsk.IRP.wait, make=wsk.IRP)]


def registration_cases(subsystem):
    """The functions of a subsystem that are called before there is a client."""
    registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
    good = {"WskRegistration": lambda: registration, "WaitTimeout": int, "WskClientNpi": wsk.WSK_CLIENT_DISPATCH}
    names = ("WskRegister", "WskCaptureProviderNPI", "WskDeregister", "WskReleaseProviderNPI")
    functions = [getattr(subsystem, name) for name in (*names, "WskQueryProviderCharacteristics")]
    return [case for function in functions for case in cases(function.__name__, function, good)]


def network_cases(subsystem):
    """The simulated network and its remote ends."""
    network = subsystem.network
    listener = network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 7, "127.0.0.1"))
    datagram = network.datagram(wsk.SOCKADDR_IN(wsk.AF_INET, 9, "127.0.0.1"))
    end = network.connect(listener.address)
    good = {"count": lambda: 2, "to": lambda: listener.address, "status": lambda: wsk.STATUS_HOST_UNREACHABLE}
    good |= {"data": lambda: b"data", "ready": lambda: True}
    methods = [(name, getattr(network, name)) for name in dir(wsksim.Network) if not name.startswith("_")]
    methods += [("send", end.send), ("read", end.read), ("send_to", datagram.send_to)]
    return [case for name, method in methods if callable(method) for case in cases(name, method, good)]


def plan_cases():
    """Plans and what they are made of."""
    life = [{"send": "1KiB"}, {"end": {"disconnect": 1.0}}]
    group = {"connect": "application", "count": 2, "open": 1, "life": life}
    made = plans.Plan(peers={"clients": group})

    @wsksim.application
    def target(subsystem):
        yield

    good = {
        "checks": tuple,
        "operator": lambda: "==",
        "limit": lambda: 0.0,
        "peers": lambda: {"clients": group},
        "plan": lambda: made,
        "shards": lambda: 1,
        "target": lambda: target,
        "values": made.to_dict,
        "text": made.to_toml,
    }
    found = cases("Plan", plans.Plan, good)
    for name in ("from_dict", "from_toml"):
        found += cases(name, getattr(plans.Plan, name), good)
    found += cases("digest", made.digest, good)
    for key in (*group, "timeout", "listen", "arrivals"):
        found.append((f"peers[{key}]", lambda value, key=key: plans.Plan(peers={"clients": {**group, key: value}})))
    for step in ("send", "wait", "read", "end"):
        changed = lambda value, step=step: {**group, "life": [{step: value}]}
        found.append((f"life[{step}]", lambda value, changed=changed: plans.Plan(peers={"c": changed(value)})))
    # The plan and the application without an end are of `wsksim run`'s own tests.
    return [*found, *cases("run_plan", wsksim.run_plan, good), *cases("application", wsksim.application)]


def report_cases():
    """Reports and findings from outside, and the checks of a report."""
    report = wsksim.storm(lambda SocketContext, Flags: None, sockets=2)
    finding = report.finding_list[0]
    found = [("Report.check", lambda value: report.check(value))]
    for name, one in (("Report", report), ("Finding", finding)):
        values, read = one.to_dict(), type(one).from_dict
        found.append((f"{name}.from_dict", read))
        changed = lambda value, key, read=read, values=values: read({**values, key: value})
        found += [(f"{name}[{key}]", lambda value, key=key, changed=changed: changed(value, key)) for key in values]
    return found


def distributed_cases():
    """A run in shards; none is carried out, since its plan is none."""
    good = {"shards": lambda: 1, "plan": lambda: "none", "target": lambda: lambda *_: 0, "checks": tuple}
    good |= {"retries": int, "allow_missing": bool}
    return cases("run", distributed.run, good)


DRIVER = """
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
"""


def driver_cases(folder):
    """A driver in C; none where it cannot be built."""
    if sys.platform != "linux" or not (shutil.which("clang") or shutil.which("gcc")):
        return []
    source, made = Path(folder, "driver.c"), Path(folder, "driver.so")
    source.write_text(DRIVER)
    subprocess.run([sys.executable, "-m", "wsksim", "cc", str(source), "-o", str(made)], check=True)
    driver = wsksim.Driver(made)

    def start(**given):
        with driver.start(**given) as running, contextlib.suppress(wsksim.RemoteError):
            running.settle()

    def connect(value):
        with driver.start() as running:
            running.connect(value)

    def settle(value):
        with driver.start() as running:
            running.settle(value)

    found = [("Driver", wsksim.Driver), ("Running.connect", connect), ("Running.settle", settle)]
    for name in inspect.signature(driver.run).parameters:
        found += [(f"Driver.run.{name}", lambda value, name=name: driver.run(**{"jobs": 1, name: value}))]
    for name in inspect.signature(driver.start).parameters:
        found += [(f"Driver.start.{name}", lambda value, name=name: start(**{name: value}))]
    return found


def number_cases(subsystem, npi, fleet):
    """Twenty arguments, where that is too many."""
    made = {}
    for owner in (wsksim, wsk, subsystem, subsystem.network, npi, fleet, fleet.remote, fleet[0], fleet[0].remote):
        names = owner.__all__ if inspect.ismodule(owner) else [name for name in dir(owner) if not name.startswith("_")]
        for name in names:
            function = getattr(owner, name)
            if (
                name in OF_A_SUBSYSTEM
                or not callable(function)
                or (inspect.isclass(function) and issubclass(function, BaseException))
            ):
                continue
            with contextlib.suppress(TypeError, ValueError):
                if any(one.kind in KINDS for one in inspect.signature(function).parameters.values()):
                    continue
            made[f"{type(owner).__name__}.{name}"] = function
    return [(name, lambda value, function=function: function(*[value] * 20)) for name, function in made.items()]
