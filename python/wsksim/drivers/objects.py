"""Objects: a driver's file that can be loaded: an object, or what its source is compiled to."""

from collections.abc import Callable
from pathlib import Path

from wsksim._native import DriverObject
from wsksim.compiling import building
from wsksim.compiling.compilers import find_compiler
from wsksim.compiling.flags import Options
from wsksim.compiling.refusing import CompilingError
from wsksim.drivers.naming import OBJECT
from wsksim.drivers.sanitizers import Sanitizer
from wsksim.errors import DriverError

__all__ = ["loadable"]


def loadable(path: str, folder: Path, say: Callable[[str], None] | None = None) -> str:
    """The path of an object that can be loaded; source is compiled into the folder, as `wsksim cc` does.

    Args:
        path: of the driver.
        folder: for what is compiled.
        say: prints what the compiler says; without it, its messages are the error's.

    Raises:
        DriverError: it cannot be compiled or loaded.
    """
    if Path(path).suffix.lower() != OBJECT:
        path = _compiled(path, folder, say)
    try:
        sanitizer = Sanitizer.of(DriverObject(path).words)
    except ValueError as error:
        raise DriverError(str(error)) from None
    missing = "" if sanitizer is None else sanitizer.missing()
    if missing:
        raise DriverError(missing)
    return path


def _compiled(path: str, folder: Path, say: Callable[[str], None] | None) -> str:
    said: list[str] = []
    made = folder / (Path(path).stem + OBJECT)
    options = Options()
    try:
        sources = building.check_sources((path,))
        build = building.plan(find_compiler(None, None), sources, options, made, folder)
        building.run(build, say or said.append)
    except CompilingError as error:
        raise DriverError("\n".join([*said, str(error), *(f"  {hint}" for hint in error.hints)])) from None
    except OSError as error:
        raise DriverError(f"asked to compile {path}; found {error}; name files that can be read") from None
    return str(made)
