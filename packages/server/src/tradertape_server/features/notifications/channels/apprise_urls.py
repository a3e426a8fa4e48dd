"""Apprise URLs: some hundred messaging services by one URL each. https://github.com/caronc/apprise

Apprise says only whether a message was sent, so one that was not is taken as surely not arrived.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from tradertape_server.features.notifications.channels.addresses import (
    Addresses,
    AddressNotAllowed,
    AddressUnknown,
)
from tradertape_server.features.notifications.channels.message import SENT, Message, Outcome, Target

CONNECT_S, READ_S = 5.0, 15.0
MOST_CHARACTERS = 30_000
# Services that act on this machine, or have channels of their own here.
NOT_HERE = frozenset(
    {"dbus", "qt", "glib", "kde", "gnome", "macosx", "windows", "syslog", "mailto", "mailtos"}
)
# They log the addresses they send to.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class NoAppriseUrl(ValueError):
    """The text is no URL that Apprise knows, or one that is not sent to."""


@dataclass(frozen=True, slots=True)
class AppriseSender:
    """Sends by Apprise. A target's secret is its URL."""

    addresses: Addresses

    def check(self, url: str) -> str:
        """Return what may be shown of a URL. Raises NoAppriseUrl, AddressUnknown."""
        service = self._opened(url)
        return f"{service.service_name} ({url.partition('://')[0].lower()})"

    def send(self, target: Target, message: Message) -> Outcome:
        """Send once, on the caller's thread."""
        try:
            service = self._opened(target.secret)
        except NoAppriseUrl as error:
            return Outcome("refused", str(error))
        except AddressUnknown as error:
            return Outcome("not_sent", str(error))
        try:
            sent = service.notify(title=message.title, body=message.text(MOST_CHARACTERS))
        except Exception as error:  # noqa: BLE001 - a hundred plug-ins raise what they like
            return Outcome("unknown", f"{service.service_name} failed ({type(error).__name__}).")
        return SENT if sent else Outcome("not_sent", f"{service.service_name} did not accept it.")

    def _opened(self, url: str) -> Any:
        scheme = url.partition("://")[0].strip().lower()
        if scheme in NOT_HERE:
            raise NoAppriseUrl(f"Messages by {scheme}:// are not sent from a server.")
        try:
            found = _apprise().Apprise.instantiate(url, suppress_exceptions=True)
        except Exception:  # noqa: BLE001 - as above; its text may have the URL
            found = None
        if found is None or not isinstance(found, _apprise().NotifyBase):
            raise NoAppriseUrl("This is no URL that Apprise knows: see https://appriseit.com")
        for host in _hosts(found):
            try:
                self.addresses.resolve(host, getattr(found, "port", None) or 443)
            except AddressNotAllowed as error:
                raise NoAppriseUrl(str(error)) from None
        found.redirects = False
        found.socket_connect_timeout, found.socket_read_timeout = CONNECT_S, READ_S
        return found


def _hosts(service: Any) -> list[str]:
    """The hosts that the URL of a service names; other services have an address of their own."""
    templates = " ".join(getattr(service, "templates", ()))
    found = [
        getattr(service, name, None) for name in ("host", "endpoint") if f"{{{name}}}" in templates
    ]
    return [one.partition("://")[2] or one for one in found if isinstance(one, str) and one]


@cache
def _apprise() -> Any:
    """The library, imported by the first who needs it: it takes a fifth of a second."""
    return import_module("apprise")
