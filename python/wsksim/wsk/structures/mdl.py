"""MDL and the functions of wdm.h around it: memory as Python buffers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wsksim import _native
from wsksim._native import _spot
from wsksim.kinds import is_a
from wsksim.wsk.objects.irp import IRP
from wsksim.wsk.words.arguments import boolean, byte_view, instance, integer

if TYPE_CHECKING:
    pass

__all__ = [
    "MDL",
    "IoAllocateMdl",
    "IoFreeMdl",
    "MmBuildMdlForNonPagedPool",
    "MmGetMdlByteCount",
    "MmGetSystemAddressForMdlSafe",
]


class MDL(_native.Mdl):
    """MDL: memory that a WSK_BUF points into; here a Python buffer.

    Args:
        buffer: bytes, bytearray, memoryview or anything else with the buffer protocol, contiguous; it must be
            writable where a call or the provider writes into it. A bytearray cannot change its size meanwhile (I-9).
        Next: the MDL that continues this one, or None.

    Raises:
        TypeError: `buffer` has no buffer protocol, or `Next` is no MDL.

    Attributes:
        ByteCount: how many bytes this MDL describes, without `Next`.
        Next: the MDL that continues this one, or None; a chain that comes back to itself is no memory, and whoever is
            given one answers STATUS_INVALID_PARAMETER (U-26).

    Rules: I-9, U-26; page ns-wdm-_mdl.
    """

    __slots__ = ()

    @property
    def ByteCount(self) -> int:
        """How many bytes this MDL describes, without `Next`."""
        return self._view.nbytes

    @property
    def writable(self) -> bool:
        """Whether every MDL of the chain may be written."""
        return all(not view.readonly for view in self.views())

    def chain(self) -> list[MDL] | None:
        """This MDL and those that continue it; None if the chain comes back to itself.

        Raises:
            TypeError: a `Next` is no MDL.
        """
        found, seen, mdl = [self], {id(self)}, self
        while (following := instance("MDL", "Next", mdl.Next, MDL)) is not None:
            if id(following) in seen:
                return None
            seen.add(id(following))
            found.append(following)
            mdl = following
        return found

    def views(self) -> Iterator[memoryview]:
        """The chain's memory, piece by piece, as views that the caller may release.

        Raises:
            TypeError: a `Next` is no MDL.
            ValueError: the chain comes back to itself.
        """
        chain = self.chain()
        if chain is None:
            raise ValueError("MDL: asked for the memory of a chain; found one that comes back to itself; end it [U-26]")
        for mdl in chain:
            yield mdl._view[:]

    def __repr__(self) -> str:
        return f"MDL({self.ByteCount} bytes{', chained' if self.Next is not None else ''})"


def IoAllocateMdl(
    VirtualAddress: Any,
    Length: int,
    SecondaryBuffer: bool = False,
    ChargeQuota: bool = False,
    Irp: IRP | None = None,
) -> MDL | None:
    """IoAllocateMdl: describes memory by an MDL.

    Args:
        VirtualAddress: a buffer.
        Length: ULONG; bytes, no more than the buffer has.
        SecondaryBuffer: BOOLEAN; reserved here; ignored.
        ChargeQuota: BOOLEAN; reserved here; ignored.
        Irp: an IRP or None; ignored: the MDL is not tied to it.

    Returns:
        The MDL; None if the buffer is shorter than `Length`, or `Length` is no ULONG. It has no status.

    Raises:
        TypeError: an argument is of another type.

    Rules: I-9; page nf-wdm-ioallocatemdl. IRQL: up to DISPATCH.
    """
    view = byte_view("IoAllocateMdl", "VirtualAddress", VirtualAddress)
    length = integer("IoAllocateMdl", "Length", Length, "ULONG")
    boolean("IoAllocateMdl", "SecondaryBuffer", SecondaryBuffer)
    boolean("IoAllocateMdl", "ChargeQuota", ChargeQuota)
    instance("IoAllocateMdl", "Irp", Irp, IRP)
    return MDL(view[:length]) if 0 <= length <= min(view.nbytes, 0xFFFFFFFF) else None


def IoFreeMdl(Mdl: MDL) -> None:
    """IoFreeMdl: gives an MDL back, but neither its memory nor the MDLs chained to it.

    What is freed describes no bytes: a call that is given it answers STATUS_INVALID_PARAMETER, and that is a finding. A
    request that is under way keeps the memory that it has begun with, but that the MDL is freed meanwhile is a finding
    too.

    Args:
        Mdl: the MDL; no request waits with it.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: `Mdl` is no MDL.
        ContractError: with check="raise": a request is under way with it (I-9).

    Rules: I-9; page nf-wdm-iofreemdl. IRQL: up to DISPATCH.
    """
    user = _given("IoFreeMdl", Mdl)._user
    provider = None if user is None else user()
    if provider is not None:
        provider.may_free("IoFreeMdl", Mdl)
    Mdl._view = memoryview(b"")
    Mdl._freed = _spot() or ()


def MmBuildMdlForNonPagedPool(MemoryDescriptorList: MDL) -> None:
    """MmBuildMdlForNonPagedPool: completes an MDL that describes nonpaged pool.

    A Python buffer is always there, so nothing is left to be done; a driver needs the call before it uses the MDL.

    Args:
        MemoryDescriptorList: an MDL that IoAllocateMdl made.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: `MemoryDescriptorList` is no MDL.

    Rules: I-9; page nf-wdm-mmbuildmdlfornonpagedpool. IRQL: up to DISPATCH.
    """
    _given("MmBuildMdlForNonPagedPool", MemoryDescriptorList, "MemoryDescriptorList")


def MmGetMdlByteCount(Mdl: MDL) -> int:
    """MmGetMdlByteCount: how many bytes an MDL describes, without the MDLs chained to it.

    Args:
        Mdl: the MDL.

    Returns:
        Bytes, >= 0. It has no status.

    Raises:
        TypeError: `Mdl` is no MDL.

    Rules: I-9; page nf-wdm-mmgetmdlbytecount. IRQL: up to DISPATCH.
    """
    return _given("MmGetMdlByteCount", Mdl).ByteCount


def MmGetSystemAddressForMdlSafe(Mdl: MDL, Priority: int = 0) -> memoryview:
    """MmGetSystemAddressForMdlSafe: the memory of an MDL, without the MDLs chained to it.

    Args:
        Mdl: the MDL.
        Priority: ignored; mapping cannot fail here.

    Returns:
        A view of the bytes, writable if the buffer is. Releasing it, as `with` does, leaves the MDL as it is. It has
        no status.

    Raises:
        TypeError: an argument is of another type.

    Rules: I-9; page nf-wdm-mmgetsystemaddressformdlsafe. IRQL: up to DISPATCH.
    """
    integer("MmGetSystemAddressForMdlSafe", "Priority", Priority, "MM_PAGE_PRIORITY")
    return _given("MmGetSystemAddressForMdlSafe", Mdl)._view[:]


def _given(name: str, mdl: object, parameter: str = "Mdl") -> MDL:
    if not is_a(mdl, MDL):
        raise TypeError(f"{name}: asked for an MDL as {parameter}; found {type(mdl).__name__}; pass one")
    return mdl
