"""The identity of a request's caller, as every layer sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal

from fastapi import Request

from tradertape_server.platform.errors import Forbidden, Unauthenticated

Via = Literal["session", "agent", "worker"]

STATE_KEY = "identity"
REFUSAL_KEY = "refusal"


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated caller: the account and the credential that was presented."""

    id: int  # of the user
    email: str
    name: str
    is_admin: bool
    via: Via
    credential_id: int  # of the session or key
    scopes: frozenset[str] = frozenset()
    account_scopes: tuple[str, ...] = ()  # empty: all accounts of the user
    networks: tuple[IPv4Network | IPv6Network, ...] = ()  # empty: any address
    secret_hash: str = field(default="", repr=False)  # of a key, whose secret may be replaced

    def allows_account(self, account_scope: str) -> bool:
        """Whether the credential's scope allows an account of the user."""
        return not self.account_scopes or account_scope in self.account_scopes

    def allows_address(self, address: str) -> bool:
        """Whether the credential is valid from an address; never from an invalid address."""
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        # A dual-stack socket reports an IPv4 caller as an IPv4-mapped IPv6 address.
        forms = (found, getattr(found, "ipv4_mapped", None))
        return any(form in network for form in forms if form for network in self.networks)


class AddressRefused(Forbidden):
    """The token is valid, but not from this address."""

    def __init__(self) -> None:
        super().__init__(
            "This token may not be used from this address.", code="address_not_allowed"
        )


class TokenInvalid(Unauthenticated):
    """The request has a token that is not valid, or not any more; code: which."""


# Why a token was refused; the request continues as an anonymous one.
Refusal = AddressRefused | TokenInvalid


def identity_of(request: Request) -> Identity | None:
    """The authenticated caller, if any."""
    return request.scope.get("state", {}).get(STATE_KEY)


def refusal_of(request: Request) -> Refusal | None:
    """Why the request's token was refused, if it has one that was."""
    return request.scope.get("state", {}).get(REFUSAL_KEY)
