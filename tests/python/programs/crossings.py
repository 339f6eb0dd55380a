"""How often one WskSend of one byte passes the border between Python and Rust; prints the calls in and the calls out.

`crossings.py rust` asks the extension, which has to be one that records its history; `crossings.py python` asks the
interpreter's own profiling hook, which sees calls of extension functions and calls of Python functions.
"""

import sys

import wsksim
from wsksim import _native, wsk


class Profile:
    """Counts the extension's functions that Python calls, and Python's functions that these call."""

    def __init__(self):
        self.inward = self.outward = 0
        self._inside = []

    def __enter__(self):
        sys.setprofile(self._see)
        return self

    def __exit__(self, *raised):
        sys.setprofile(None)

    def _see(self, frame, event, argument):
        if event == "c_call":
            ours = type(getattr(argument, "__self__", None)).__module__.startswith("wsksim")
            self.inward += ours
            self._inside.append(ours)
        elif event in ("c_return", "c_exception") and self._inside:
            self._inside.pop()
        elif event == "call":
            self.outward += bool(self._inside) and self._inside[-1]
            self._inside.append(False)
        elif event == "return" and self._inside:
            self._inside.pop()


def done(device, irp, context):
    """The completion routine: notes that it ran."""
    context.append("routine")
    return wsk.STATUS_MORE_PROCESSING_REQUIRED


def connected(subsystem, npi):
    """A connected socket and its remote end."""
    here = wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1")
    listener = subsystem.network.listen(here)
    irp = wsk.IRP()
    kind = wsk.SOCK_STREAM, wsk.IPPROTO_TCP
    npi.WskSocketConnect(*kind, here, listener.address, 0, None, None, None, None, None, irp)
    subsystem.dispatch()
    assert irp.IoStatus.Status == wsk.STATUS_SUCCESS
    return irp.IoStatus.Information, listener.accept()


with wsksim.Subsystem() as subsystem:
    registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
    status, npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)
    assert status == wsk.STATUS_SUCCESS
    socket, remote = connected(subsystem, npi)
    irp, seen, buffer = wsk.IRP(), [], wsk.WSK_BUF(b"x", 0, 1)
    wsk.IoSetCompletionRoutine(irp, done, seen, True, True, True)
    if sys.argv[1] == "rust":
        _native._take_crossings()
        status = socket.WskSend(buffer, 0, irp)
        crossed = _native._take_crossings()
    else:
        profile = Profile()
        with profile:
            status = socket.WskSend(buffer, 0, irp)
        crossed = (profile.inward, profile.outward)
    assert (status, seen) == (wsk.STATUS_SUCCESS, ["routine"])
    assert remote.read() == b"x"
    print(*crossed)
