"""SOCKADDR_IN and SOCKADDR_IN6: transport addresses as plain values."""

from __future__ import annotations

from wsksim._native import SOCKADDR_IN, SOCKADDR_IN6

__all__ = ["SOCKADDR", "SOCKADDR_IN", "SOCKADDR_IN6"]

SOCKADDR = SOCKADDR_IN | SOCKADDR_IN6
