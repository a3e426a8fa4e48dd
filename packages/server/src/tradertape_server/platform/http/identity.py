"""Who a request comes from, as every floor sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal

from fastapi import Request

from tradertape_server.platform.errors import Forbidden

Via = Literal["session", "agent", "worker"]

STATE_KEY = "identity"
REFUSAL_KEY = "refusal"


@dataclass(frozen=True, slots=True)
class Identity:
    """A known caller: the account, and the credential it was shown with."""

    id: int  # of the user
    email: str
    name: str
    is_admin: bool
    via: Via
    credential_id: int  # of the session or key
    scopes: frozenset[str] = frozenset()
    account_scopes: tuple[str, ...] = ()  # none: all of the person's
    networks: tuple[IPv4Network | IPv6Network, ...] = ()  # none: anywhere
    secret_hash: str = field(default="", repr=False)  # of a key: it may be given another secret

    def may_act_on(self, account_scope: str) -> bool:
        """Whether the credential reaches an account of the person's."""
        return not self.account_scopes or account_scope in self.account_scopes

    def may_call_from(self, address: str) -> bool:
        """Whether the credential is good at an address; one that is none is nowhere."""
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        # A socket for both families gives an IPv4 caller's address in IPv6 clothes.
        forms = (found, getattr(found, "ipv4_mapped", None))
        return any(form in network for form in forms if form for network in self.networks)


class AddressRefused(Forbidden):
    """The token is good, but not from there."""

    def __init__(self) -> None:
        super().__init__(
            "This token may not be used from this address.", code="address_not_allowed"
        )


def identity_of(request: Request) -> Identity | None:
    """The caller the gate found, if any."""
    return request.scope.get("state", {}).get(STATE_KEY)


def refusal_of(request: Request) -> AddressRefused | None:
    """Why the gate did not believe a token it knows, if that is so."""
    return request.scope.get("state", {}).get(REFUSAL_KEY)
