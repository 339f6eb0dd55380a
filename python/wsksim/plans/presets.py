"""Presets: scripts of peers by name, for the ways in which networks go wrong. Other keys of the peers go before."""

from typing import Any, Final

__all__ = ["PRESETS"]

_ASKS: Final = {"send": "64B..1KiB"}

PRESETS: Final[dict[str, dict[str, Any]]] = {
    # What was asked for is not waited for.
    "reset-peer": {"life": [_ASKS, {"wait": "exp 100ms"}, {"end": "abort"}]},
    # The application's end waits long for the peer's.
    "slow-close": {"life": [_ASKS, {"wait": "100ms"}, {"read": "all"}, {"wait": "1s..10s"}, {"end": "disconnect"}]},
    # Hosts are taken down one after the other, and their connections come back elsewhere.
    "rolling-restart": {"life": [_ASKS, {"wait": "9s..11s"}, {"end": "close"}]},
    # A device between the two forgets a connection on which nothing happens.
    "nat-timeout": {"life": [_ASKS, {"wait": "exp 5min"}, {"end": "vanish"}]},
    # The question ends with a FIN; the answer is read behind it.
    "half-close": {"life": [_ASKS, {"end": "disconnect"}]},
    # Hosts that lose their power.
    "vanish": {"life": [_ASKS, {"wait": "exp 100ms"}, {"end": "vanish"}]},
}
