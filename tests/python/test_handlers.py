"""What becomes a handler, and what is refused with a word of advice."""

import ctypes
import gc
import sys
import weakref
from array import array

import pytest

import wsksim
from wsksim._native import BatchHandler, NativeHandler
from wsksim.errors import HandlerError
from wsksim.handlers import describe_handler, is_library, load_handler, native_library

PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)


def indicate_once(handler, context=0):
    """Connects, disconnects, dispatches; returns the counters."""
    contexts = (ctypes.c_ubyte * 64 * 1)() if context is None else array("Q", [context])
    with wsksim.Subsystem() as subsystem:
        subsystem.connect_many(1, handler, contexts=contexts).remote.abort()
        subsystem.dispatch()
        assert subsystem.findings == []
        return subsystem.counters()["indicated"]


def test_ctypes_callback_is_called_through_its_address():
    seen = []
    handler = wsksim.native_handler(PROTOTYPE(lambda context, flags: seen.append((context, flags)) or 0))
    assert indicate_once(handler, context=4096) == {"graceful": 0, "abortive": 1}
    assert seen == [(4096, 1)]


def test_function_of_a_library_is_called(c_library):
    function = ctypes.CDLL(str(c_library)).Good
    handler = wsksim.native_handler(function)
    assert handler.name == "Good"
    assert handler.address == ctypes.cast(function, ctypes.c_void_p).value
    assert indicate_once(handler, context=None)["abortive"] == 1


def test_ctypes_function_stays_alive_though_its_other_references_are_dropped():
    seen = []
    with wsksim.Subsystem() as subsystem:
        function = PROTOTYPE(lambda context, flags: seen.append(flags) or 0)
        fleet = subsystem.connect_many(3, wsksim.native_handler(function), contexts=array("Q", [0, 0, 0]))
        alive = weakref.ref(function)
        del function
        gc.collect()
        assert alive() is not None
        fleet.remote.disconnect()
        subsystem.dispatch()
        assert seen == [0, 0, 0]
        fleet.close()


@pytest.mark.parametrize("declared", ["int32_t(void *, uint32_t)", "int(char *, unsigned)"])
def test_cffi_function_pointer_is_called(declared):
    cffi = pytest.importorskip("cffi")
    ffi = cffi.FFI()
    seen = []
    function = ffi.callback(declared, lambda context, flags: seen.append(flags) or 0)
    assert indicate_once(wsksim.native_handler(function))["abortive"] == 1
    assert seen == [1]


@pytest.mark.rule("D-1")
@pytest.mark.parametrize(
    "declared",
    ["int(void *)", "int(void *, unsigned long)", "int(float, unsigned)", "void(void *, unsigned)", "int(void *, ...)"],
)
def test_contradicting_cffi_signature_is_refused(declared):
    cffi = pytest.importorskip("cffi")
    ffi = cffi.FFI()
    with pytest.raises(TypeError, match=r"asked for NTSTATUS .* found .* declare .*\[D-1\]"):
        wsksim.native_handler(ffi.cast(declared.replace("(", "(*)(", 1), 4096))


def test_cffi_data_pointer_is_refused():
    cffi = pytest.importorskip("cffi")
    ffi = cffi.FFI()
    with pytest.raises(TypeError, match="function pointer"):
        wsksim.native_handler(ffi.new("int *"))
    with pytest.raises(ValueError, match="NULL"):
        wsksim.native_handler(ffi.cast("int(*)(void *, unsigned)", 0))


def test_numba_cfunc_is_called():
    numba = pytest.importorskip("numba", reason="numba is not installed")
    handler = numba.cfunc("int32(voidptr, uint32)")(lambda context, flags: 0)
    assert indicate_once(wsksim.native_handler(handler))["abortive"] == 1


def test_object_with_an_address_is_taken_and_kept_alive():
    class Compiled:
        def __init__(self, function):
            self.function = function
            self.address = ctypes.cast(function, ctypes.c_void_p).value

    seen = []
    compiled = Compiled(PROTOTYPE(lambda context, flags: seen.append(flags) or 0))
    handler = wsksim.native_handler(compiled, name="compiled")
    alive = weakref.ref(compiled)
    del compiled
    gc.collect()
    assert alive() is not None
    assert handler.name == "compiled"
    assert indicate_once(handler)["abortive"] == 1
    assert seen == [1]


@pytest.mark.parametrize("name", [None, b"wsksim.handler"])
def test_capsule_is_opened_by_its_own_name(name):
    seen = []
    function = PROTOTYPE(lambda context, flags: seen.append(flags) or 0)
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    capsule = new(ctypes.cast(function, ctypes.c_void_p), name, None)
    assert indicate_once(wsksim.native_handler(capsule))["abortive"] == 1
    assert seen == [1]


def test_address_is_taken_as_it_is():
    seen = []
    function = PROTOTYPE(lambda context, flags: seen.append(flags) or 0)
    address = ctypes.cast(function, ctypes.c_void_p).value
    handler = wsksim.native_handler(address)
    assert handler.address == address
    assert indicate_once(handler)["abortive"] == 1


@pytest.mark.parametrize("address", [0, -1, 2**64, 10**40], ids=["null", "negative", "wide", "huge"])
def test_address_that_cannot_be_one_is_refused(address):
    with pytest.raises(ValueError, match=r"native_handler: asked for .*; found .*; "):
        wsksim.native_handler(address)


def test_null_function_pointer_is_refused():
    with pytest.raises(ValueError, match="found NULL"):
        wsksim.native_handler(PROTOTYPE(0))


@pytest.mark.parametrize("thing", [True, None, "text", 1.5, object(), len, lambda c, f: 0], ids=repr)
def test_what_is_no_c_function_is_refused(thing):
    with pytest.raises(TypeError, match=r"native_handler: asked for .*; found .*; "):
        wsksim.native_handler(thing)


@pytest.mark.rule("D-1")
@pytest.mark.parametrize(
    "prototype",
    [
        ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p),
        ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_uint32, ctypes.c_void_p),
        ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint64),
        ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_float),
        ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_uint32),
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32),
        ctypes.PYFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32),
    ],
    ids=["one parameter", "swapped", "64-bit flags", "float flags", "64-bit result", "no result", "needs the gil"],
)
def test_contradicting_ctypes_signature_is_refused(prototype):
    with pytest.raises(TypeError, match=r"asked for NTSTATUS .* found .*\[D-1\]"):
        wsksim.native_handler(prototype(lambda *_: 0))


def test_signature_of_a_library_function_is_checked_once_declared(c_library):
    function = ctypes.CDLL(str(c_library)).Good
    function.argtypes = [ctypes.POINTER(ctypes.c_int), ctypes.c_uint32]
    wsksim.native_handler(function)
    function.argtypes = [ctypes.c_void_p]
    with pytest.raises(TypeError, match="declare two"):
        wsksim.native_handler(function)


def test_handlers_pass_through():
    native = wsksim.native_handler(PROTOTYPE(lambda *_: 0))
    batch = wsksim.batch_handler(lambda contexts, flags: None)
    assert wsksim.native_handler(native) is native
    assert wsksim.batch_handler(batch) is batch
    for handler in (native, batch, print):
        assert load_handler(handler) is handler


def test_batch_handler_wants_a_callable():
    with pytest.raises(TypeError, match=r"asked for a callable .* found int"):
        wsksim.batch_handler(5)


def test_module_function_is_loaded_from_the_current_folder(workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "some_handlers", raising=False)
    handler = load_handler("some_handlers:good")
    assert handler({}, 0) == 0
    assert describe_handler(handler) == "some_handlers:good"
    with pytest.raises(HandlerError, match=r"asked for 'missing' .* no such attribute"):
        load_handler("some_handlers:missing")
    with pytest.raises(HandlerError, match=r"asked for something to call; found a int"):
        load_handler("some_handlers:not_callable")


def test_module_that_fails_keeps_its_cause(tmp_path, monkeypatch):
    (tmp_path / "fails_early.py").write_text("1 / 0\n")
    (tmp_path / "leaves_early.py").write_text("raise SystemExit(3)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(HandlerError, match=r"to import .* ZeroDivisionError") as caught:
        load_handler("fails_early:handler")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(HandlerError, match="SystemExit"):
        load_handler("leaves_early:handler")
    with pytest.raises(HandlerError, match="ModuleNotFoundError"):
        load_handler("no_such_module_anywhere:handler")


@pytest.mark.parametrize("text", ["", ":", "module", "module:", ":name"])
def test_text_of_another_form_is_refused(text):
    with pytest.raises(HandlerError, match="another form"):
        load_handler(text)


def test_object_that_is_no_handler_is_refused():
    with pytest.raises(TypeError, match=r"asked for a callable.* found int"):
        load_handler(42)


def test_library_is_told_from_module():
    assert is_library("./lib.so:Symbol")
    assert is_library("lib.so:Symbol")
    assert is_library("lib.so.1.2:Symbol")
    assert is_library("folder/lib:Symbol")
    assert is_library(r"C:\drivers\my.dll:Symbol")
    assert not is_library("package.module:function")


def test_library_handler_is_loaded(c_library):
    handler = load_handler(f"{c_library}:Good")
    assert isinstance(handler, NativeHandler)
    assert indicate_once(handler, context=None)["abortive"] == 1
    assert isinstance(native_library(c_library, "Pends"), NativeHandler)


def test_library_that_cannot_be_used_is_refused(c_library, tmp_path):
    with pytest.raises(HandlerError, match="no file"):
        load_handler("./no_such_library.so:Good")
    with pytest.raises(HandlerError, match=r"for the symbol 'Missing'; found that the library has none"):
        load_handler(f"{c_library}:Missing")
    foreign = tmp_path / "foreign.so"
    foreign.write_bytes(b"this is no library")
    with pytest.raises(HandlerError, match="cannot be loaded"):
        load_handler(f"{foreign}:Good")


def test_handlers_are_named_in_reports(c_library):
    assert describe_handler("some:text") == "some:text"
    assert describe_handler(native_library(c_library, "Good")) == f"{c_library}:Good"
    assert describe_handler(BatchHandler(indicate_once)) == "test_handlers:indicate_once"
