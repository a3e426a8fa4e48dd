"""The scope of a worker token: the accounts it may act on and the addresses it may come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_interface, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from tradertape_core.kernel.errors import InvalidInput

SCOPE = re.compile(r"[a-z][a-z0-9_]{0,19}:[A-Za-z0-9][A-Za-z0-9._-]{0,58}")
MAX_ACCOUNTS = 50
MAX_ADDRESSES = 50


def checked_account(text: str) -> str:
    """Return an account scope such as kite:paper-a; raises ValueError for anything else."""
    if not SCOPE.fullmatch(text):
        raise ValueError("must look like kite:paper-a")
    return text


def checked_address(text: str) -> str:
    """Return an IP address or network in canonical form; raises ValueError with the remedy."""
    try:
        found = ip_interface(text.strip())
    except ValueError:
        message = "must be an address (203.0.113.7, 2001:db8::7) or a network (10.0.0.0/8)"
        raise ValueError(message) from None
    if found.network.prefixlen == found.max_prefixlen:
        return str(found.ip)
    if found.ip != found.network.network_address:
        raise ValueError(f"names an address within a network: write {found.network} or {found.ip}")
    return str(ip_network(found.network))


AccountScope = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"^{SCOPE.pattern}$"}),
    AfterValidator(checked_account),
]
Address = Annotated[str, Field(max_length=50), AfterValidator(checked_address)]


@dataclass(frozen=True, slots=True)
class TokenScope:
    """Allowed accounts and addresses, validated; an empty list allows all."""

    account_scopes: tuple[str, ...] = ()
    allowed_ips: tuple[str, ...] = ()

    @classmethod
    def of(cls, account_scopes: Sequence[str], allowed_ips: Sequence[str]) -> TokenScope:
        """Build a scope of validated entries, without duplicates, in the given order."""
        return cls(tuple(dict.fromkeys(account_scopes)), tuple(dict.fromkeys(allowed_ips)))


UNRESTRICTED = TokenScope()


def checked_token_scope(
    accounts: Sequence[str] | None, addresses: Sequence[str] | None
) -> TokenScope:
    """Parse the options of the command line; raises InvalidInput with the option and value."""
    found: dict[str, list[str]] = {}
    given = (("--account", accounts, checked_account), ("--ip", addresses, checked_address))
    for option, values, check in given:
        found[option] = []
        for value in values or ():
            try:
                found[option].append(check(value))
            except ValueError as error:
                raise InvalidInput(f"{option} {value!r} {error}") from None
    return TokenScope.of(found["--account"], found["--ip"])
