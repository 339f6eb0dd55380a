"""Names that a driver asks for and nobody has: whose they are, and whether they are left out on purpose."""

import re
from typing import Final

__all__ = ["left_out", "left_out_header", "whose"]

# What wsksim never simulates, by how its names begin.
_LEFT_OUT: Final = (
    (r"Ndis[A-Z]|NDIS_|NdisM|NET_BUFFER", "NDIS"),
    (r"Fwp[sm][A-Z]|FWP[SM]?_", "the Windows Filtering Platform (WFP)"),
    (r"Wdf[A-Z]|WDF_|WDF[A-Z]+\b|_WDF|EVT_WDF", "the objects of WDF"),
    (r"Flt[A-Z]|FLT_", "the filter manager"),
    (r"StorPort[A-Z]|ScsiPort[A-Z]|SCSI_|HW_INITIALIZATION", "StorPort and ScsiPort"),
    (r"Rx[A-Z]|RDBSS", "the redirected drive buffering subsystem"),
    (r"Tdi[A-Z]|TDI_", "the older transport interface (TDI)"),
    (r"USBD_|Usb[A-Z]|URB\b", "USB"),
    (
        r"Cm[A-Z]|CmRegister|Ps(Set|Remove)\w*Notify|Ob(Un)?RegisterCallbacks",
        "callbacks of the registry and of processes",
    ),
    (r"(Zw|Nt)(Create|Open|Read|Write|Query|Set|Delete|Enumerate|Map|Unmap)\w+", "files, sections and the registry"),
    (
        r"Po[A-Z]|IoWMI|IoConnectInterrupt|Hal[A-Z]|READ_PORT|WRITE_PORT|READ_REGISTER|WRITE_REGISTER",
        "hardware and power",
    ),
    (r"PsLookup|KeStackAttach|MmCopyVirtual|MmMapIo|MmAllocateContiguous", "other processes and physical memory"),
)
_HEADERS: Final = {
    "ndis.h": "NDIS",
    "nblapi.h": "NDIS",
    "fwpsk.h": "the Windows Filtering Platform (WFP)",
    "fwpmk.h": "the Windows Filtering Platform (WFP)",
    "wdfldr.h": "the objects of WDF",
    "fltkernel.h": "the filter manager",
    "storport.h": "StorPort and ScsiPort",
    "scsi.h": "StorPort and ScsiPort",
    "ntddscsi.h": "StorPort and ScsiPort",
    "scsiwmi.h": "StorPort and ScsiPort",
    "srb.h": "StorPort and ScsiPort",
    "ntdddisk.h": "disks",
    "tdi.h": "the older transport interface (TDI)",
    "tdikrnl.h": "the older transport interface (TDI)",
    "usb.h": "USB",
    "usbdi.h": "USB",
    "hidport.h": "HID",
    "windows.h": "user space",
    "winsock2.h": "user space",
    "netioapi.h": "the IP helper",
}
_OF_USER_SPACE: Final = re.compile(
    r"(printf|puts|malloc|calloc|realloc|free|exit|socket|listen|send|recv|poll|select|pthread_\w+|fopen|CreateFile\w*|"
    r"CreateThread|WaitForSingleObject|CloseHandle|WSA\w+|getaddrinfo|Sleep|GetLastError|HeapAlloc)\b"
)


def left_out(name: str) -> str | None:
    """What a name belongs to, if that is left out on purpose."""
    return next((what for pattern, what in _LEFT_OUT if re.match(pattern, name)), None)


def left_out_header(name: str) -> str | None:
    """What a header belongs to, if that is left out on purpose."""
    return _HEADERS.get(name.replace("\\", "/").rpartition("/")[2].lower())


def whose(name: str) -> str:
    """One line about a name that nobody defines."""
    if what := left_out(name):
        return f"{name}: left out on purpose, it belongs to {what}; keep its users out of the driver under test"
    if _OF_USER_SPACE.fullmatch(name):
        return f"{name}: of user space; no kernel has it"
    if name in {"_Unwind_Resume", "__gxx_personality_v0"} or name.startswith(("__cxa_", "std::", "_ZSt", "_ZNSt")):
        return f"{name}: exceptions, run-time types and the library of C++; no kernel has them"
    if name.startswith(("operator new", "operator delete", "_Znw", "_Zna", "_Zdl", "_Zda")):
        return f"{name}: a driver defines it over the pool, such as with ExAllocatePool2"
    return (
        f"{name}: not among the kernel's functions that wsksim knows; if it is the driver's own, name the file that "
        "defines it; if it is the kernel's, define a stand-in, or ask for it"
    )
