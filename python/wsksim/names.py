"""The names of hosts: what WskGetAddressInfo and WskGetNameInfo find beside literal addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import TYPE_CHECKING

from wsksim.wsk.structures.addresses import SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6
from wsksim.wsk.words.identifiers import AF_INET, AF_INET6

if TYPE_CHECKING:
    from wsksim._native import Remotes

__all__ = ["Names"]


class Names(MutableMapping[str, list[SOCKADDR]]):
    """The names of hosts; `subsystem.network.names`.

    `names["storage.example"] = ["192.0.2.9", "2001:db8::9"]` has that name stand for these hosts. They are given as
    text, or as addresses whose ports do not matter, and read as addresses with port 0, in their order. Names are
    compared without regard to upper and lower case.
    """

    def __init__(self, remotes: Remotes) -> None:
        """The names of one network."""
        self._remotes = remotes

    def __setitem__(self, name: str, hosts: Iterable[str | SOCKADDR]) -> None:
        """Has a name stand for these hosts.

        Raises:
            TypeError, ValueError: the name is no text or empty, or a host is no address.
        """
        _check(name)
        if isinstance(hosts, str):
            raise TypeError(f"names: asked for a list of hosts for {name!r}; found text; pass [{hosts!r}]")
        found = [_host(host) if isinstance(host, str) else host for host in hosts]
        self._remotes.set_name(name, found)

    def __getitem__(self, name: str) -> list[SOCKADDR]:
        """The hosts that a name stands for.

        Raises:
            KeyError: the name is unknown.
        """
        hosts = self._remotes.find_name(name) if _is_text(name) else None
        if hosts is None:
            raise KeyError(name)
        return hosts

    def __delitem__(self, name: str) -> None:
        """Forgets a name.

        Raises:
            KeyError: the name is unknown.
        """
        if not _is_text(name) or not self._remotes.remove_name(name):
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """The names, by the alphabet."""
        return iter(self._remotes.names())

    def __len__(self) -> int:
        """How many names are known."""
        return len(self._remotes.names())

    def __repr__(self) -> str:
        return f"<Names {dict(self)!r}>"


def _is_text(name: object) -> bool:
    return isinstance(name, str)


def _check(name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"names: asked for a name as text; found {type(name).__name__}; pass text")
    if not name:
        raise ValueError("names: asked for the empty name; no host has it; pass another one")


def _host(text: str) -> SOCKADDR:
    return SOCKADDR_IN6(AF_INET6, 0, 0, text) if ":" in text else SOCKADDR_IN(AF_INET, 0, text)
