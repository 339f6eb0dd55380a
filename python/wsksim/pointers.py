"""Machine addresses of C functions, taken from the objects that Python libraries wrap them in.

`ctypes`, `cffi` and `numba` are never imported for this: an object of theirs exists only if they are loaded.
"""

import struct
import sys
from types import ModuleType
from typing import Any

from wsksim.kinds import is_a
from wsksim.wording import shown

__all__ = ["address_of", "name_of"]

POINTER_SIZE = struct.calcsize("P")
_ULONG_SIZE = 4
_NEEDS_GIL = 0x4  # FUNCFLAG_PYTHONAPI of ctypes: the function may only run with the GIL held
_WANTED = "NTSTATUS (PVOID SocketContext, ULONG Flags): a pointer and a 32-bit int in, a 32-bit int out"


def address_of(function: object) -> int:
    """Finds the address that a C function object stands for, and checks what is known of its signature.

    Args:
        function: a ctypes or cffi function pointer, a numba cfunc, a PyCapsule, or an int.

    Returns:
        The address, 1 to the largest pointer.

    Raises:
        TypeError: it is no C function, or its declared signature contradicts a disconnect handler's.
        ValueError: the address is NULL, negative, or wider than a pointer.
    """
    if is_a(function, int):
        return _checked(function, function)
    for finder in (_from_ctypes, _from_cffi, _from_capsule):
        address = finder(function)
        if address is not None:
            return _checked(address, function)
    address = getattr(function, "address", None)  # numba's cfunc, or whoever does the same
    if is_a(address, int) and not isinstance(function, type):
        return _checked(address, function)
    advice = "; for a Python callable pass it as it is, without native_handler" if callable(function) else ""
    raise TypeError(
        "native_handler: asked for a ctypes or cffi function pointer, a numba cfunc, a PyCapsule or an address; "
        f"found {type(function).__name__} {shown(function)}{advice or '; pass one of these'}"
    )


def name_of(function: object, address: int) -> str:
    """Names a C function for reports: its own name if it has one, else its address."""
    for attribute in ("__name__", "native_name"):
        name = getattr(function, attribute, None)
        if is_a(name, str) and name:
            return name
    return f"native@{address:#x}"


def _checked(address: int, function: object) -> int:
    if isinstance(address, bool):
        raise TypeError(f"native_handler: asked for an address; found the bool {address}; pass a function pointer")
    if address == 0:
        raise ValueError(
            f"native_handler: asked for a function to call; found NULL in {shown(function)}; "
            "look the function up before it is passed on"
        )
    if address < 0 or address >= 1 << 8 * POINTER_SIZE:
        raise ValueError(
            f"native_handler: asked for an address of {8 * POINTER_SIZE} bits; found {shown(address)}; "
            "pass the function's address as it is"
        )
    return address


def _refuse(function: object, found: str, do: str) -> TypeError:
    return TypeError(f"native_handler: asked for {_WANTED}; found {found} in {shown(function)}; {do} [D-1]")


def _from_ctypes(function: object) -> int | None:
    ctypes = sys.modules.get("ctypes")
    if ctypes is None or not isinstance(function, ctypes._CFuncPtr):  # noqa: SLF001 - their base class has no other name
        return None
    known: Any = function
    if getattr(known, "_flags_", 0) & _NEEDS_GIL:
        raise _refuse(function, "a function that needs the GIL", "use CFUNCTYPE or CDLL, not PYFUNCTYPE or PyDLL")
    address = ctypes.cast(known, ctypes.c_void_p).value or 0
    if address:
        _check_ctypes(ctypes, known)
    return int(address)


def _check_ctypes(ctypes: ModuleType, function: Any) -> None:
    arguments = function.argtypes
    if arguments is not None:
        if len(arguments) != 2:
            raise _refuse(function, f"{len(arguments)} parameters in argtypes", "declare two")
        context, flags = arguments
        if not _is_ctypes_int(ctypes, context, POINTER_SIZE):
            raise _refuse(function, f"argtypes[0] = {_type_name(context)}", "declare ctypes.c_void_p")
        if not _is_ctypes_int(ctypes, flags, _ULONG_SIZE):
            raise _refuse(function, f"argtypes[1] = {_type_name(flags)}", "declare ctypes.c_uint32")
    result = function.restype
    if result is None or (isinstance(result, type) and not _is_ctypes_int(ctypes, result, _ULONG_SIZE)):
        raise _refuse(function, f"restype = {_type_name(result)}", "declare ctypes.c_int32")


def _is_ctypes_int(ctypes: ModuleType, kind: Any, size: int) -> bool:
    """Whether a ctypes type travels like an integer or pointer of `size` bytes; unknown kinds pass."""
    try:
        width = ctypes.sizeof(kind)
    except TypeError:
        return True  # a class with from_param only: nothing is known
    if issubclass(kind, ctypes.Structure | ctypes.Union | ctypes.Array):
        return False
    return bool(width == size) and getattr(kind, "_type_", None) not in {"f", "d", "g"}


def _type_name(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else repr(kind)


def _from_cffi(function: object) -> int | None:
    backend: Any = sys.modules.get("_cffi_backend")
    if backend is None or not isinstance(function, backend._CDataBase):  # noqa: SLF001 - as above
        return None
    kind = backend.typeof(function)
    if kind.kind != "function":
        raise _refuse(
            function, f"the C type {kind.cname!r}", "pass a function pointer, such as ffi.addressof(lib, name)"
        )
    address = int(backend.cast(backend.new_primitive_type("uintptr_t"), function))
    if address:
        _check_cffi(backend, function, kind)
    return address


def _check_cffi(backend: Any, function: object, kind: Any) -> None:
    if kind.ellipsis or len(kind.args) != 2:
        raise _refuse(function, f"the C type {kind.cname!r}", "declare two parameters")
    context, flags = kind.args
    for part, size, name in (
        (context, POINTER_SIZE, "SocketContext"),
        (flags, _ULONG_SIZE, "Flags"),
        (kind.result, _ULONG_SIZE, "the result"),
    ):
        integer = part.kind in {"pointer", "primitive", "enum"} and part.cname not in {"float", "double", "long double"}
        if not integer or backend.sizeof(part) != size:
            raise _refuse(function, f"{name} of type {part.cname!r}", "declare int32_t (void *, uint32_t)")


def _from_capsule(function: object) -> int | None:
    if type(function).__name__ != "PyCapsule" or type(function).__module__ != "builtins":
        return None
    import ctypes  # start-up: 2 ms, for capsules only

    name_function = ctypes.pythonapi.PyCapsule_GetName
    name_function.restype, name_function.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer_function = ctypes.pythonapi.PyCapsule_GetPointer
    pointer_function.restype, pointer_function.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(pointer_function(function, name_function(function)) or 0)
