"""Registering: the five functions that tie an application to the provider; `Subsystem` has them as methods."""

from __future__ import annotations

import time
import warnings
from typing import Any, Final, overload

from wsksim._native import DeregisterPatience
from wsksim.errors import SubsystemClosedError
from wsksim.wsk.functions.tables import PROVIDER
from wsksim.wsk.objects.clients import WSK_CLIENT, WSK_PROVIDER_NPI, WSK_REGISTRATION
from wsksim.wsk.objects.provider import Provider
from wsksim.wsk.objects.waiting import dispatch_if_idle, is_alone
from wsksim.wsk.structures.buffers import WSK_CLIENT_DISPATCH, WSK_CLIENT_NPI, WSK_PROVIDER_CHARACTERISTICS
from wsksim.wsk.words.arguments import absent, instance, integer
from wsksim.wsk.words.identifiers import WSK_INFINITE_WAIT
from wsksim.wsk.words.status import NTSTATUS, STATUS_DEVICE_NOT_READY, STATUS_PENDING, STATUS_SUCCESS

__all__ = ["Registering"]

_PAUSE_MS: Final = 20
# Seconds after which a WskDeregister that waits for other threads says for what.
_LONG: Final = 1.0


class Registering:
    """The client side of a subsystem's provider."""

    _provider_made: Provider | None = None

    @property
    def _provider(self) -> Provider:
        """The provider, made when the first WSK function is called."""
        made = self._provider_made
        if made is None:
            subsystem: Any = self
            made = self._provider_made = Provider(subsystem)
            subsystem._set_provider(made)
        return made

    @overload
    def WskRegister(self, WskClientNpi: WSK_CLIENT_NPI | None, WskRegistration: WSK_REGISTRATION) -> int: ...
    @overload
    def WskRegister(self, WskClientNpi: WSK_CLIENT_DISPATCH, WskRegistration: None = None) -> WSK_REGISTRATION: ...
    def WskRegister(
        self, WskClientNpi: WSK_CLIENT_NPI | WSK_CLIENT_DISPATCH | None, WskRegistration: WSK_REGISTRATION | None = None
    ) -> int | WSK_REGISTRATION:
        """WskRegister: makes an application known to the provider.

        Args:
            WskClientNpi: the application's WSK_CLIENT_NPI; its Dispatch has to outlive the registration (O-12). A bare
                WSK_CLIENT_DISPATCH is short for one without context.
            WskRegistration: a WSK_REGISTRATION that is not registered yet. Left out, one is made and returned.

        Returns:
            With a WSK_REGISTRATION given: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: an argument is NULL, Reserved is
            not 0, the registration is in use, or the IRQL is too high (U-29); STATUS_DEVICE_NOT_READY: the subsystem is
            closed. Without: the new registration; if it could not be registered, captures with it answer
            STATUS_DEVICE_NOT_READY.

        Raises:
            ContractError: with check="raise": IRQL above PASSIVE (Q-1).
            SubsystemClosedError: the subsystem is closed, and no status can be returned.

        Rules: O-10 to O-12, Q-1; page nf-wsk-wskregister. IRQL: PASSIVE.
        """
        if isinstance(WskClientNpi, WSK_CLIENT_DISPATCH):
            WskClientNpi = WSK_CLIENT_NPI(None, WskClientNpi)
        elif WskClientNpi is not None and not isinstance(WskClientNpi, WSK_CLIENT_NPI):
            kind = type(WskClientNpi).__name__
            raise TypeError(f"WskRegister: asked for a WSK_CLIENT_NPI or WSK_CLIENT_DISPATCH; found {kind}; pass one")
        given = instance("WskRegister", "WskRegistration", WskRegistration, WSK_REGISTRATION)
        registration = given if given is not None else WSK_REGISTRATION()
        status = self._registered(WskClientNpi, registration)
        if status == STATUS_DEVICE_NOT_READY and WskRegistration is None:
            raise SubsystemClosedError("WskRegister: asked to register with a closed subsystem; make another one")
        return registration if WskRegistration is None else status

    def _registered(self, npi: WSK_CLIENT_NPI | None, registration: WSK_REGISTRATION) -> int:
        provider = self._provider
        table = npi.Dispatch if npi is not None else None
        status, number = provider.register(table, registered=registration.id != 0)
        if table is not None and status == STATUS_SUCCESS:
            registration.begin(provider, number, table.Version)
        return status

    def WskCaptureProviderNPI(
        self, WskRegistration: WSK_REGISTRATION, WaitTimeout: int, WskProviderNpi: None = None
    ) -> tuple[int, WSK_PROVIDER_NPI | None]:
        """WskCaptureProviderNPI: takes hold of the provider, waiting for it if need be.

        Args:
            WskRegistration: a registered one.
            WaitTimeout: ULONG: WSK_NO_WAIT, WSK_INFINITE_WAIT, or milliseconds.
            WskProviderNpi: left out; it is returned.

        Returns:
            (STATUS_SUCCESS, the WSK_PROVIDER_NPI); or None in its place with STATUS_DEVICE_NOT_READY: there is no
            provider within the wait, or it is not registered with this subsystem, or no more (O-14);
            STATUS_NOINTERFACE: not this version; STATUS_INVALID_PARAMETER: WaitTimeout is no ULONG, or the IRQL is too
            high (U-29).

        Raises:
            ContractError: with check="raise": IRQL above PASSIVE, or above DISPATCH with WSK_NO_WAIT (Q-1); waiting
                inside a callback (D-10).

        Rules: O-13 to O-15, Q-1; page nf-wsk-wskcaptureprovidernpi. IRQL: PASSIVE; up to DISPATCH with WSK_NO_WAIT.
        """
        absent("WskCaptureProviderNPI", "WskProviderNpi", WskProviderNpi)
        provider = self._provider
        number = _registration("WskCaptureProviderNPI", WskRegistration, provider)
        integer("WskCaptureProviderNPI", "WaitTimeout", WaitTimeout, "ULONG")
        fits = 0 <= WaitTimeout <= 0xFFFFFFFF
        if not provider.may_capture(WaitTimeout if fits else WSK_INFINITE_WAIT) or not fits:
            return NTSTATUS.STATUS_INVALID_PARAMETER, None
        began = time.monotonic()
        while True:
            seen = provider.changes
            look = provider.capture(number, WaitTimeout, time.monotonic() - began)
            if look.status == STATUS_SUCCESS:
                WskRegistration.capture(1)
                return look.status, WSK_PROVIDER_NPI(WSK_CLIENT(provider, look.client, WskRegistration), PROVIDER)
            if look.status != STATUS_PENDING:
                return look.status, None
            provider.wait_change(seen, look.left_ms)

    def WskReleaseProviderNPI(self, WskRegistration: WSK_REGISTRATION) -> None:
        """WskReleaseProviderNPI: gives one capture back.

        Args:
            WskRegistration: captured before; the client-level functions are barred once no capture is left (O-16).

        Returns:
            Nothing; it has no status. One that is not captured is left alone, which is a finding.

        Raises:
            ContractError: with check="raise": it is not registered with this subsystem, or no more (O-12), or it is not
                captured (O-13); IRQL above DISPATCH (Q-1).

        Rules: O-12, O-13, O-16; page nf-wsk-wskreleaseprovidernpi. IRQL: up to DISPATCH.
        """
        provider = self._provider
        number = _registration("WskReleaseProviderNPI", WskRegistration, provider)
        if provider.release_npi(number, WskRegistration.is_over):
            WskRegistration.capture(-1)

    def WskQueryProviderCharacteristics(
        self, WskRegistration: WSK_REGISTRATION, WskProviderCharacteristics: None = None
    ) -> tuple[int, WSK_PROVIDER_CHARACTERISTICS | None]:
        """WskQueryProviderCharacteristics: asks which versions the provider offers.

        Args:
            WskRegistration: a registered one.
            WskProviderCharacteristics: left out; it is returned.

        Returns:
            (STATUS_SUCCESS, the versions); or None in their place with STATUS_DEVICE_NOT_READY: there is no provider,
            or it is not registered with this subsystem; STATUS_INVALID_PARAMETER: the IRQL is too high (U-29).

        Raises:
            ContractError: with check="raise": IRQL above DISPATCH (Q-1).

        Rules: O-19; page nf-wsk-wskqueryprovidercharacteristics. IRQL: up to DISPATCH.
        """
        absent("WskQueryProviderCharacteristics", "WskProviderCharacteristics", WskProviderCharacteristics)
        provider = self._provider
        number = _registration("WskQueryProviderCharacteristics", WskRegistration, provider)
        status, highest, lowest = provider.query_characteristics(number)
        found = WSK_PROVIDER_CHARACTERISTICS(highest, lowest) if status == STATUS_SUCCESS else None
        return status, found

    def WskDeregister(self, WskRegistration: WSK_REGISTRATION) -> None:
        """WskDeregister: ends a registration; blocks until nothing of it is left, completion routines included (O-17).

        When nothing drives the subsystem, this call dispatches while it waits. It never waits for a closed subsystem.
        If it waits for long, a RuntimeWarning says for which sockets. In a program of one thread, which could not end
        the wait, that is a finding as well, and the call returns: the registration stays, to be ended by another call.

        Args:
            WskRegistration: a registered one; further captures with it fail at once (O-14).

        Returns:
            Nothing; it has no status. One that is not registered with this subsystem, or no more, is left alone, which
            is a finding.

        Raises:
            ContractError: with check="raise": called inside a callback or completion routine (U-42), above PASSIVE
                (Q-1), or without a registration of this subsystem (O-12); otherwise such a call does nothing. Also
                where the wait could not end (O-17).

        Rules: O-12, O-14, O-17, O-18, U-42; page nf-wsk-wskderegister. IRQL: PASSIVE.
        """
        provider = self._provider
        number = _registration("WskDeregister", WskRegistration, provider)
        if not provider.may_deregister(number, WskRegistration.is_over):
            return
        patience = DeregisterPatience(_LONG)
        while True:
            seen, alone = provider.changes, is_alone()
            if provider.deregistered(number):
                break
            idle = dispatch_if_idle(self) and provider.changes == seen
            said = patience.look(provider, number, idle=idle, alone=alone)
            if said is not None:
                held_by, ends = said
                # Who waits without end reads no findings.
                text = f"WskDeregister waits: it is held by {held_by} [O-17]"
                warnings.warn(text, RuntimeWarning, stacklevel=2)
                if ends:
                    return
            provider.wait_change(seen, _PAUSE_MS)
        WskRegistration.end()


def _registration(name: str, registration: object, provider: Provider) -> int:
    """The machine's number of a registration; 0 if it is not registered here."""
    if not isinstance(registration, WSK_REGISTRATION):
        kind = type(registration).__name__
        raise TypeError(f"{name}: asked for a WSK_REGISTRATION; found {kind}; pass what WskRegister made")
    return registration.id if registration.is_of(provider) else 0
