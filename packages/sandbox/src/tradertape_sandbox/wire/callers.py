"""Where a call comes from, and whether orders are taken from there: the same at every door."""

from __future__ import annotations

from starlette.requests import Request

from tradertape_sandbox.wire.sessions import Session, Sessions


class AddressRefused(Exception):
    """An order from an internet address that is not registered; each door says it in its words."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def caller_address(request: Request) -> str:
    """The internet address of a call."""
    return request.client.host if request.client else ""


def check_address(sessions: Sessions, session: Session, request: Request) -> None:
    """Raise AddressRefused where the session's orders are not taken from this call's address."""
    address = caller_address(request)
    if not sessions.admits(session, address):
        raise AddressRefused(address)
