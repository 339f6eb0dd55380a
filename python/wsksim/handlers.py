"""Handlers: what the subsystem calls for a disconnect, and how a name becomes one.

A plain Python callable needs nothing from here. `batch_handler` wraps a callable over arrays, `native_handler`
a C function. `load_handler` reads the form that the command line takes.
"""

import importlib
import importlib.util
import inspect
import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeGuard, cast

from wsksim._native import BatchHandler, NativeHandler
from wsksim.errors import HandlerError
from wsksim.kinds import is_a
from wsksim.pointers import address_of, name_of
from wsksim.signatures import check_handler, misfit
from wsksim.wording import cited, hint, named, printable

__all__ = [
    "batch_handler",
    "describe_handler",
    "is_alone",
    "is_library",
    "load_callable",
    "load_handler",
    "load_target",
    "native_handler",
    "native_library",
    "obstacle",
]

Handler = Callable[[Any, int], object] | BatchHandler | NativeHandler

_ARGUMENTS: Final = ("SocketContext", "Flags")
_DRIVER: Final = (
    "what is called as a driver in C is, which is run from its DriverEntry on",
    "run it with wsksim run or wsksim.Driver; name a function of it behind a colon, if it is a handler",
)
# What is found, and what to do.
_APPLICATION: Final = (
    "an application, which a storm is let loose upon by a plan",
    "run it with --plan FILE, such as one of wsksim --examples, or call wsksim.run_plan",
)
# What to do with a function in C where an application is asked for.
_FUNCTION: Final = (
    "name a driver by its file alone, such as ./driver.so of wsksim cc, or run the function without a plan"
)
_SOURCE = re.compile(r"\.(c|cc|cpp|cxx)$", re.IGNORECASE)
_MODULE = re.compile(r"\.pyw?$", re.IGNORECASE)
_LIBRARY = re.compile(r"\.(so(\.\d+)*|dylib|dll|pyd)$", re.IGNORECASE)


def batch_handler(function: Callable[..., object]) -> BatchHandler:
    """Makes a handler that is called once for many sockets.

    Args:
        function: called as `function(contexts, flags)` with two arrays of one shape `(n,)`; it returns
            None, which stands for STATUS_SUCCESS everywhere, or n statuses. A batch holds at most one
            edge per socket.

    Returns:
        A handler for `connect` and `connect_many`.

    Raises:
        TypeError: `function` cannot be called.

    Rules: D-8, D-24.
    """
    if isinstance(function, BatchHandler):
        return function
    if not callable(function):
        raise TypeError(
            f"batch_handler: asked for a callable (contexts, flags); found {type(function).__name__}; pass a function"
        )
    return BatchHandler(function)


def native_handler(function: object, *, name: str | None = None) -> NativeHandler:
    """Makes a handler from a C function, which is called without the GIL.

    The function has the signature `NTSTATUS (PVOID SocketContext, ULONG Flags)`; `include/wsksim.h` declares
    it. What a ctypes or cffi object declares is checked. The object is kept alive as long as any socket may
    call it; for a bare address that is the caller's duty.

    Args:
        function: a ctypes or cffi function pointer, a numba cfunc, a PyCapsule, or an address
            (int, 1 to the largest pointer).
        name: name for reports; the function's own if left out.

    Returns:
        A handler for `connect` and `connect_many`.

    Raises:
        TypeError: it is no C function, or its declared signature contradicts the handler's (D-1).
        ValueError: the pointer is NULL, negative, or wider than a pointer.

    Rules: D-1; page nc-wsk-pfn_wsk_disconnect_event.
    """
    if isinstance(function, NativeHandler):
        return function
    address = address_of(function)
    return NativeHandler(address, function, name=name or name_of(function, address))


def native_library(path: str | os.PathLike[str], symbol: str) -> NativeHandler:
    """Loads a shared library and makes a handler from one of its functions.

    Args:
        path: the library's file.
        symbol: the function's exported name.

    Returns:
        A handler that keeps the library loaded.

    Raises:
        HandlerError: no such file, not a library of this machine, or no such symbol.
    """
    import ctypes  # start-up: 2 ms, for C functions only

    full = Path(path).absolute()
    asked = printable(f"{os.fspath(path)}:{symbol}")
    if not _is_file(full):
        found = f"no file {named(str(full))}"
        raise HandlerError(
            _text(f"handler {cited(asked)}", "to load a library", found, "build it, or correct the path")
        )
    try:
        library = ctypes.CDLL(str(full.resolve()))
    except OSError as error:
        do = "build a shared library for this machine"
        raise HandlerError(
            _text(f"handler {cited(asked)}", "to load a library", f"that it cannot be loaded ({error})", do)
        ) from error
    try:
        function = getattr(library, symbol)
    except AttributeError as error:
        do = 'export the function by that name (extern "C" in C++)'
        raise HandlerError(
            _text(f"handler {cited(asked)}", f"for the symbol {cited(symbol)}", "that the library has none", do)
        ) from error
    return native_handler(function, name=asked)


def load_handler(target: object) -> Handler:
    """Turns the command line's form of a handler into one; handlers pass through as they are.

    Args:
        target: `"module:callable"`, imported with the current folder on the path, `"file.py:callable"`,
            `"./lib.so:Symbol"`, or anything that is a handler already.

    Returns:
        The handler.

    Raises:
        HandlerError: it cannot be found, imported, or called; the cause is kept.
        TypeError: `target` is neither text nor callable.
    """
    if not is_a(target, str):
        if _is_application(target):
            what, do = _APPLICATION
            raise TypeError(f"handler: asked for a callable (SocketContext, Flags); found {what}; {do}")
        if _is_handler(target):
            _check(target)
            return target
        raise TypeError(
            f"handler: asked for a callable, batch_handler, native_handler, or text; found "
            f"{type(target).__name__}; pass a function (SocketContext, Flags) -> status"
        )
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        asked = "for 'module:callable', 'file.py:callable' or './lib.so:Symbol'"
        raise HandlerError(_text(f"handler {cited(target)}", asked, *_other_form(target)))
    # A module may be called `c`, so only a file that is there is one.
    if _SOURCE.search(place) and _is_file(place):
        asked = "for a function of a shared library"
        raise HandlerError(
            _text(f"handler {cited(target)}", asked, "C source, which is not compiled", _compiling(place, name))
        )
    if is_library(target):
        return native_library(place, name)
    found = _import(f"handler {cited(target)}", place, name)
    if _is_application(found):
        raise HandlerError(_text(f"handler {cited(target)}", "for a function (SocketContext, Flags)", *_APPLICATION))
    if not _is_handler(found):
        do = "name a function (SocketContext, Flags)"
        raise HandlerError(_text(f"handler {cited(target)}", "for something to call", f"a {type(found).__name__}", do))
    if not isinstance(found, BatchHandler | NativeHandler) and (wrong := misfit(found, _ARGUMENTS)):
        raise HandlerError(_text(f"handler {cited(target)}", "for a function (SocketContext, Flags)", *wrong))
    return found


def load_callable(option: str, target: str, *, otherwise: str) -> Callable[..., Any]:
    """Turns `"module:callable"`, given to an option that takes other values too, into the callable.

    Args:
        option: its name, for the message.
        target: what was given.
        otherwise: the other values, for the message.

    Raises:
        HandlerError: it cannot be found, imported, or called; the cause is kept.
    """
    what, asked = f"{option} {cited(target)}", f"for {otherwise} or 'module:callable'"
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise HandlerError(_text(what, asked, "another form", "write it so"))
    if is_library(target):
        raise HandlerError(_text(what, asked, "a library's function", "name a function written in Python"))
    found = _import(what, place, name)
    if not callable(found):
        raise HandlerError(_text(what, asked, f"a {type(found).__name__}", "name a function"))
    return cast("Callable[..., Any]", found)


def load_target(what: str, target: str) -> object:
    """Turns `"module:name"` or `"file.py:name"` into what it names.

    Args:
        what: what is to be loaded, for the message.
        target: the text.

    Raises:
        HandlerError: it cannot be found or imported; the cause is kept.
    """
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise HandlerError(_text(what, "for 'module:name' or 'file.py:name'", *_other_form(target)))
    if is_library(target):
        raise HandlerError(_text(what, "for 'module:name' or 'file.py:name'", "a library", _FUNCTION))
    if _SOURCE.search(place) and _is_file(place):
        raise HandlerError(_text(what, "for 'module:name' or 'file.py:name'", "C source", _FUNCTION))
    return _import(what, place, name)


def _other_form(target: str) -> tuple[str, str]:
    """What a target without a colon is, and what to do."""
    is_driver = _SOURCE.search(target) or _LIBRARY.search(target)
    return _DRIVER if is_driver else ("another form", "write it so")


def is_library(target: str) -> bool:
    """Whether the text names a function of a shared library rather than of a Python module."""
    place = target.rpartition(":")[0]
    if _MODULE.search(place):
        return False
    return "/" in place or os.sep in place or _LIBRARY.search(place) is not None


def is_alone(found: object) -> TypeGuard[Callable[[Any, int], object]]:
    """Whether it is a disconnect handler in Python that is called for each connection, and no application."""
    if not callable(found) or isinstance(found, type | BatchHandler | NativeHandler):
        return False
    if inspect.isgeneratorfunction(found) or all(callable(getattr(found, name, None)) for name in ("start", "stop")):
        return False
    return misfit(found, _ARGUMENTS) is None


def describe_handler(target: object) -> str:
    """Names a handler for a report."""
    if is_a(target, str):
        return target
    if isinstance(target, NativeHandler):
        return target.name
    function = target.function if isinstance(target, BatchHandler) else target
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return f"{getattr(function, '__module__', None) or type(function).__module__}:{name}"


def obstacle(handler: object, contexts: object) -> str:
    """What to do before a line of text can name a handler and its contexts again; empty if one can already."""
    if not is_a(handler, str) and not _is_named(handler):
        wrapped = isinstance(handler, BatchHandler)
        what = "give the wrapped handler a name" if wrapped else "define the handler"
        return f"{what} at the top level of a module, and pass it as 'module:name'"
    if callable(contexts):
        return "pass the same callable as contexts"
    return ""


def _is_file(name: str | Path) -> bool:
    # Path would raise for a name that no file can have.
    return os.path.isfile(name)  # noqa: PTH113


def _is_named(handler: object) -> bool:
    """Whether `describe_handler` gives what `load_handler` would find it by."""
    if isinstance(handler, NativeHandler):
        place, _, name = handler.name.rpartition(":")
        return bool(name) and is_library(handler.name) and _is_file(place)
    place, _, name = describe_handler(handler).rpartition(":")
    found: Any = sys.modules.get(place)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is handler


def _is_application(found: object) -> bool:
    """Whether it is written as an application is: a generator function, or a class with `start` and `stop`."""
    both = all(callable(inspect.getattr_static(found, name, None)) for name in ("start", "stop"))
    is_written_so = both or inspect.isgeneratorfunction(found)
    return is_written_so and (not callable(found) or misfit(found, _ARGUMENTS) is not None)


def _check(handler: Handler) -> None:
    if not isinstance(handler, BatchHandler | NativeHandler):
        check_handler("handler", handler)


def _compiling(source: str, symbol: str) -> str:
    """How to make the library that a source file becomes, and what to name then."""
    compiler = "cc" if source.lower().endswith(".c") else "c++"
    library = f"{Path(source).with_suffix('')}.so"
    command = f'{compiler} -shared -fPIC -I"$(wsksim --include)" -o {shlex.quote(library)} {shlex.quote(source)}'
    named = library if "/" in library else f"./{library}"
    return f"compile it with {command} and name {named}:{symbol}"


def _named_file(file: str, folder: str) -> str:
    """A library as the command line takes it."""
    inside = Path(file).is_relative_to(folder)
    return f"./{Path(file).relative_to(folder)}" if inside else file


def _import(what: str, place: str, name: str) -> object:
    folder = str(Path.cwd())
    if folder not in sys.path and "" not in sys.path:
        sys.path.insert(0, folder)
    try:
        found: Any = _load_file(Path(place)) if _MODULE.search(place) else importlib.import_module(place)
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}"
        do = "correct the module, or run from the folder that holds it"
        if _MODULE.search(place):
            do = "correct the file, or its name"
        if isinstance(error, ImportError) and "PyInit_" in str(error) and error.path is not None:
            reason = f"{Path(error.path).name}, a library that is no Python module"
            do = f"name a C function of it as {_named_file(error.path, folder)}:{name}"
        raise HandlerError(_text(what, f"to import the module {cited(place)}", reason, do)) from error
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            functions = [one for one, value in vars(found).items() if callable(value) and not one.startswith("_")]
            do = f"name a function of that module{hint(part, functions)}"
            raise HandlerError(_text(what, f"for {cited(name)} in {cited(place)}", "no such attribute", do)) from error
    return found


def _load_file(path: Path) -> Any:
    """Imports a file as the module of its name, with what lies beside it within reach."""
    if not _is_file(path):
        raise FileNotFoundError(f"there is no file {named(str(path.absolute()))}")
    full = path.resolve()
    known = sys.modules.get(full.stem)
    if known is not None and getattr(known, "__file__", None) == str(full):
        return known
    name = full.stem if known is None else f"{full.stem} of {full.parent}"
    spec = importlib.util.spec_from_file_location(name, full)
    if spec is None or spec.loader is None:
        raise ImportError(f"'{full}' cannot be imported")
    if str(full.parent) not in sys.path:
        sys.path.insert(0, str(full.parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_handler(found: object) -> TypeGuard[Handler]:
    return callable(found) or isinstance(found, BatchHandler | NativeHandler)


def _text(what: str, asked: str, found: str, do: str) -> str:
    return f"{what}: asked {asked}; found {found}; {do}"
