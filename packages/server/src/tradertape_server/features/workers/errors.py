"""Refusals of the worker API.

ApiError
├── UnknownRun        404  no such run of this user: the published client creates it then
├── NoOptionRun       404  a run of single orders, requested as one of option legs
├── AlreadyEntered    409  an option run can be entered only once
├── RunMismatch       409  the id belongs to a run with different fixed fields
├── RunClosed         409  the run is closed or exiting
├── SessionConflict   409  another worker holds the session, or the nonce is not the current one
├── TokenRefused      409  the safety token is expired, used, or of another run, session, protection
├── CursorBeyondEnd   416  the cursor is of events that are not there: the server was restored
├── LiveDisabled      403  live trading is disabled on this server
└── AccountNotAllowed 403  the token is restricted to other accounts
"""

from __future__ import annotations

from collections.abc import Mapping

from tradertape_server.platform.errors import ApiError, Conflict, Forbidden, NotFound


class CursorBeyondEnd(ApiError):
    """The cursor is beyond the last event: those after it were lost, as in a restore."""

    status = 416

    def __init__(self, cursor: int, last: int) -> None:
        super().__init__(
            f"Cursor {cursor} is beyond the last event, {last}: the server was restored from a "
            "backup. Read the run's orders and positions again, then continue from "
            f"{last}.",
            code="cursor_beyond_end",
            more={"last_cursor": last},
        )


class UnknownRun(NotFound):
    """There is no such run of this user; the published client creates it."""

    def __init__(self) -> None:
        super().__init__("Run")


class NoOptionRun(NotFound):
    """The run has no option legs."""

    def __init__(self, run_id: str) -> None:
        super().__init__("Option run")
        self.detail = f"Run {run_id} is not an option run: it has no legs to enter."


class AlreadyEntered(Conflict):
    """The legs of an option run are entered only once."""

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(
            f"Run {run_id} is {status}: an option run can be entered only once. Create another.",
            code="already_entered",
        )


class RunMismatch(Conflict):
    """The fixed fields of an existing run differ from the request."""

    def __init__(self, run_id: str, mismatches: Mapping[str, tuple[str, str]]) -> None:
        differences = "; ".join(
            f"{name} is {stored!r}, not {wanted!r}" for name, (stored, wanted) in mismatches.items()
        )
        super().__init__(
            f"Run {run_id} exists with other fields: {differences}.",
            code="run_mismatch",
            more={
                "mismatches": {
                    name: {"stored": stored, "wanted": wanted}
                    for name, (stored, wanted) in mismatches.items()
                }
            },
        )


class RunClosed(Conflict):
    """The run is closed or exiting and places no more orders."""

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"Run {run_id} is {status}.", code=f"run_{status}")


class SessionConflict(Conflict):
    """The session is held by another worker, or the nonce is out of date."""

    def __init__(self, detail: str, code: str = "session_conflict") -> None:
        super().__init__(detail, code=code)


class TokenRefused(Conflict):
    """The safety token is not accepted; a safety check gives a new one."""

    def __init__(self, why: str) -> None:
        super().__init__(f"safety_token {why}", code="safety_token_refused")


class LiveDisabled(Forbidden):
    """This server does not trade live."""

    code_of_it = "live_disabled"

    def __init__(self) -> None:
        super().__init__(
            "Live trading is disabled on this server: its operator allows it with "
            "TRADERTAPE_LIVE_ENABLED=true",
            code=self.code_of_it,
        )


class AccountNotAllowed(Forbidden):
    """The token is restricted to other accounts of the same person."""

    def __init__(self, account_scope: str | None) -> None:
        """account_scope: as the caller named it; None for that of a run or a GTT."""
        if account_scope is None:
            what = "This token may not act on the account of this run or GTT. Use one of its own"
        else:
            what = f"This token may not act on the account {account_scope}. Name an account it is "
            what += "for"
        super().__init__(
            f"{what}, or create a token for this one under Workers → Tokens.",
            code="account_not_allowed",
        )
