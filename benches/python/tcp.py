"""Servers on real loopback TCP that live the lives of A1 and A2: `python tcp.py asyncio|uvloop|epoll COUNT`.

Prints the processor time of the server's process in nanoseconds a life: accept, hear that the client has finished,
close. The clients are a process of their own, whose time does not count; they finish in the random order in which ours
disconnect.
"""

from __future__ import annotations

import asyncio
import importlib
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time_ns
from typing import Any

from reference import load_reference, random_order

SECONDS = 120
# Descriptors that a process has open besides its connections.
OTHERS = 64


class Life(asyncio.Protocol):
    """One connection: its transport closes itself when the client has finished."""

    closed = 0

    def __init__(self, count: int, done: Callable[[], None]) -> None:
        self._count, self._done = count, done

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's name and parameters
        """Counts."""
        Life.closed += 1
        if Life.closed == self._count:
            self._done()


def measure(kind: str, count: int) -> float:
    """Nanoseconds a life of a server, in a process of its own.

    Raises:
        ImportError: the library is not installed.
        RuntimeError: the server failed, or a process cannot have so many connections.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and count + OTHERS > most:
        raise RuntimeError(f"{count} connections need as many descriptors; a process may have {most}")
    if kind == "uvloop":
        importlib.import_module(kind)
    command = [sys.executable, __file__, kind, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return float(done.stdout)


def clients(port: int, count: int) -> subprocess.Popen[bytes]:
    """Starts the clients."""
    program = f"import tcp; tcp.connect({port}, {count})"
    return subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parent)


def allow() -> None:
    """This process may have as many descriptors as it is ever allowed to."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def connect(port: int, count: int) -> None:
    """The clients, in this process."""
    allow()
    reference = load_reference()
    reference.tcp_clients(port, random_order(reference, count))


def serve(kind: str, count: int) -> float:
    """Serves so many lives; nanoseconds a life."""
    allow()
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        listener.settimeout(0)
        process = clients(listener.getsockname()[1], count)
        if kind == "epoll":
            taken = load_reference().epoll_server(listener.fileno(), count)
        else:
            loop: Any = importlib.import_module(kind).new_event_loop()
            begun = process_time_ns()
            loop.run_until_complete(_serve(loop, listener, count))
            taken = process_time_ns() - begun
            loop.close()
        if process.wait():
            raise RuntimeError("a client could not connect")
    return float(taken) / count


async def _serve(loop: Any, listener: socket.socket, count: int) -> None:
    done = asyncio.Event()
    server = await loop.create_server(lambda: Life(count, done.set), sock=listener, backlog=4096)
    await done.wait()
    server.close()


if __name__ == "__main__":
    sys.stdout.write(f"{serve(sys.argv[1], int(sys.argv[2])):.1f}\n")
