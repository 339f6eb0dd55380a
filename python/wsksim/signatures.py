"""Signatures: a callback that no call can suit is refused when it is given, not when it is first called.

A callable whose parameters cannot be known is accepted: a C function without signature, or one with `*args`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Final

from wsksim.wording import shown

__all__ = ["check_callback", "check_contexts", "check_handler", "misfit"]

_HANDLER: Final = ("SocketContext", "Flags")
# Of a code object: coroutine, iterable coroutine, asynchronous generator.
_WAITED_FOR: Final = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE | inspect.CO_ASYNC_GENERATOR


def check_handler(asked: str, handler: Callable[..., Any]) -> None:
    """Refuses a disconnect handler that cannot be called as `(SocketContext, Flags)`.

    Raises:
        TypeError: it is an `async def`, or takes another number of arguments.

    Rules: D-1.
    """
    check_callback(asked, handler, _HANDLER)


def check_contexts(asked: str, contexts: Callable[..., Any]) -> None:
    """Refuses what is to make contexts and cannot be called as `(index)`.

    Raises:
        TypeError: it is an `async def`, or takes another number of arguments.
    """
    wrong = misfit(contexts, ("index",))
    if wrong is not None:
        found, do = wrong
        raise TypeError(f"{asked}: asked for contexts from a callable (index); found {found}; {do}")


def check_callback(asked: str, callback: Callable[..., Any], arguments: tuple[str, ...], *, rule: str = "D-1") -> None:
    """Refuses a callback that cannot be called with so many arguments.

    Args:
        asked: who asks, for the message.
        callback: the application's.
        arguments: names of what it will be called with.
        rule: which the message names.

    Raises:
        TypeError: it is an `async def`, or takes another number of arguments.
    """
    wrong = misfit(callback, arguments)
    if wrong is not None:
        found, do = wrong
        raise TypeError(f"{asked}: asked for a callable ({', '.join(arguments)}); found {found}; {do} [{rule}]")


def misfit(callback: Callable[..., Any], arguments: tuple[str, ...]) -> tuple[str, str] | None:
    """What is wrong with a callback, and what to do; None if it may fit."""
    if _plainly_fits(callback, len(arguments)):
        return None
    name = getattr(callback, "__qualname__", None) or shown(callback)
    if _is_waited_for(callback):
        return f"{name}, an async def, which nobody awaits", "write a plain def, and start asynchronous work from it"
    try:
        # What a wrapper wraps does not count: the wrapper is called. Nor do annotations, which may name anything.
        signature = inspect.signature(callback, follow_wrapped=False)
    except (TypeError, ValueError):  # written in C, without a signature
        return None
    try:
        signature.bind(*arguments)
    except TypeError:
        wanted = "an argument" if len(arguments) == 1 else f"{len(arguments)} arguments"
        return f"{name}{_parameters(signature)}, which cannot be called so", f"give it {wanted}"
    return None


def _plainly_fits(callback: Any, count: int) -> bool:
    """Whether its code alone says that it fits; looking at a signature takes twenty times as long."""
    if type(callback) is functools.partial:
        if callback.keywords:
            return False
        callback, count = callback.func, count + len(callback.args)
    if type(callback) is MethodType:
        callback, count = callback.__func__, count + 1
    elif not isinstance(callback, FunctionType):
        callback, count = type(callback).__dict__.get("__call__"), count + 1
    if type(callback) is not FunctionType:
        return False
    code = callback.__code__
    return code.co_argcount == count and not code.co_kwonlyargcount and not code.co_flags & _WAITED_FOR


def _is_waited_for(callback: object) -> bool:
    """Whether a call of it only makes something to be awaited."""
    if inspect.iscoroutinefunction(callback) or inspect.isasyncgenfunction(callback):
        return True
    inner = getattr(callback, "func", callback) if not isinstance(callback, FunctionType | MethodType) else callback
    if not isinstance(inner, FunctionType | MethodType):
        inner = inspect.getattr_static(type(inner), "__call__", None)
    code = getattr(inner, "__code__", None)
    return bool(code is not None and code.co_flags & _WAITED_FOR)


def _parameters(signature: inspect.Signature) -> str:
    plain = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty))
