"""Pages: where Microsoft publishes what docstrings and rules name, such as `nc-wsk-pfn_wsk_disconnect_event`."""

import re
from typing import Final

__all__ = ["url_of"]

_ROOT: Final = "https://learn.microsoft.com/en-us/"
_REFERENCE: Final = re.compile(r"n[cfs]-(?P<header>[a-z0-9]+)-\w+")
_DRIVERS: Final = ("wdm", "wsk")  # headers of the driver kit; the others' pages stand with Win32
_KERNEL: Final = ("managing-hardware-priorities", "using-ntstatus-values")  # the other guides are of the network


def url_of(page: str) -> str:
    """Returns the address of a page of the public documentation.

    Args:
        page: its name, as docstrings and the table of rules have it.

    Returns:
        An https address; whether a page is still there only Microsoft knows.
    """
    found = _REFERENCE.fullmatch(page)
    if found is None:
        return f"{_ROOT}windows-hardware/drivers/{'kernel' if page in _KERNEL else 'network'}/{page}"
    header = found["header"]
    area = "windows-hardware/drivers/ddi" if header in _DRIVERS else "windows/win32/api"
    return f"{_ROOT}{area}/{header}/{page}"
