"""Who a request comes from, as every floor sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import Request

Via = Literal["session", "agent", "worker"]

STATE_KEY = "identity"


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


def identity_of(request: Request) -> Identity | None:
    """The caller the gate found, if any."""
    return request.scope.get("state", {}).get(STATE_KEY)
