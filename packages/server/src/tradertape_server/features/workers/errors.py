"""Why a worker is told no.

ApiError
├── UnknownRun        404  not there, or another account's: "create it" to the published client
├── NoOptionRun       404  a run of orders, asked for as one of option legs
├── AlreadyEntered    409  an option run is entered once
├── RunMismatch       409  the id belongs to a run with other fixed fields
├── RunClosed         409  the run is over
├── SessionConflict   409  somebody else holds the run, or the nonce is not the one that counts
├── TokenRefused      409  the safety token is expired, used, or of another run, claim or protection
├── LiveDisabled      403  no real money on this server
└── AccountNotAllowed 403  the token reaches other accounts only
"""

from __future__ import annotations

from collections.abc import Mapping

from tradertape_server.platform.errors import Conflict, Forbidden, NotFound


class UnknownRun(NotFound):
    """The client creates the run when it reads this."""

    def __init__(self) -> None:
        super().__init__("Run")


class NoOptionRun(NotFound):
    """Its orders are its worker's own."""

    def __init__(self, run_id: str) -> None:
        super().__init__("Option run")
        self.detail = f"Run {run_id} is no option run: it has no legs to enter."


class AlreadyEntered(Conflict):
    """A run's legs are bought once."""

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(
            f"Run {run_id} is {status}: an option run is entered once. Create another.",
            code="already_entered",
        )


class RunMismatch(Conflict):
    """What a run is made with stays as it is."""

    def __init__(self, run_id: str, mismatches: Mapping[str, tuple[str, str]]) -> None:
        told = "; ".join(
            f"{name} is {stored!r}, not {wanted!r}" for name, (stored, wanted) in mismatches.items()
        )
        super().__init__(
            f"Run {run_id} exists with other fields: {told}.",
            code="run_mismatch",
            more={
                "mismatches": {
                    name: {"stored": stored, "wanted": wanted}
                    for name, (stored, wanted) in mismatches.items()
                }
            },
        )


class RunClosed(Conflict):
    """A run that is over trades no more."""

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"Run {run_id} is {status}.", code=f"run_{status}")


class SessionConflict(Conflict):
    """Two workers want one run, or one comes back too late."""

    def __init__(self, detail: str, code: str = "session_conflict") -> None:
        super().__init__(detail, code=code)


class TokenRefused(Conflict):
    """Ask for a new one with a safety check."""

    def __init__(self, why: str) -> None:
        super().__init__(f"safety_token {why}", code="safety_token_refused")


class LiveDisabled(Forbidden):
    """This server trades on paper."""

    def __init__(self) -> None:
        super().__init__("Live trading is disabled on this server", code="live_disabled")


class AccountNotAllowed(Forbidden):
    """The token was made for other accounts of the same person."""

    def __init__(self, account_scope: str) -> None:
        super().__init__(
            f"This token may not act on the account {account_scope}. Name an account it was made "
            "for, or make a token for this one under Workers → Tokens.",
            code="account_not_allowed",
        )
