"""Errors and refusals of execution.

InvalidInput
└── UnknownAccount 400  the person has no account of that name
ApiError
├── OrderDenied    400  our checks or the risk gate refused: nothing was sent
├── RunExiting     409  the run is being closed
├── LiveBlocked    409  an account at a broker cannot be traded now
├── GttRefused     409  the broker did not do what was asked about a trigger
├── KeyReused      409  the idempotency key belongs to another command
├── InProgress     409  the same command is being worked on; come back
└── TradingPaused  503  the database or the venue does not answer; nothing is lost
    └── NotTheTrader  503  another process trades, or none does
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.denials import Denial
from tradertape_server.platform.database.disk_errors import DiskError
from tradertape_server.platform.errors import BadRequest, Conflict, Unavailable
from tradertape_server.platform.http.forwarding import NOT_THE_TRADER, TRADING_PAUSED

RETRY_SOON = {"Retry-After": "1"}


class UnknownAccount(InvalidInput):
    """The person has no such account; `message` says which there are, and how to open one."""

    def among(self, allows: Callable[[str], bool]) -> UnknownAccount:
        """The same error, for a caller who may know of some of the accounts only."""
        return UnknownAccount(self.scope, [one for one in self.known if allows(one)])

    def __init__(self, scope: str, known: Sequence[str]) -> None:
        self.scope, self.known = scope, tuple(dict.fromkeys(known))
        there_are = f"; there are {', '.join(self.known)}" if self.known else ""
        super().__init__(
            f"You have no account {scope}{there_are}. Open it "
            "under Settings, Paper accounts, or with `tradertape account create`.",
            pointer="/account_scope",
        )


class OtherMarket(Conflict):
    """The account's positions have prices of a market that this server does not trade now."""

    def __init__(self, scope: str, market: str, traded: str) -> None:
        super().__init__(
            f"The account {scope} is of {_MARKETS.get(market, market)}, and this server trades "
            f"{_MARKETS.get(traded, traded)} now: the account can be read, and its orders, "
            "triggers and protections rest. Open a paper account of this market, or switch the "
            "market back; both are under Settings, Paper accounts.",
            code="other_market",
        )


class LiveBlocked(Conflict):
    """An account at a broker cannot be traded now; `blocking_reasons` has all reasons."""

    def __init__(self, reasons: Sequence[tuple[str, str]]) -> None:
        """reasons: a code and a sentence each, at least one."""
        super().__init__(
            ". ".join(words for _, words in reasons),
            code=reasons[0][0],
            more={"blocking_reasons": [f"{words} ({code})" for code, words in reasons]},
        )


class GttRefused(Conflict):
    """The broker did not do what was asked about a trigger; the text is its reason."""

    def __init__(self, trigger_id: int, reason: str) -> None:
        super().__init__(
            f"The broker did not take this: {reason}",
            code="gtt_refused",
            more={"trigger_id": trigger_id},
        )


_MARKETS = {
    "simulated": "the simulated market",
    "exchange": "the real exchange",
    "sandbox": "the brokers' sandbox",
}


class RunExiting(Conflict):
    """A run that is being closed places nothing new."""

    def __init__(self) -> None:
        super().__init__(
            "The run is being closed (run_exiting): it places no new orders.", code="run_exiting"
        )


class OrderDenied(BadRequest):
    """Every reason at once; the code is the first one's."""

    def __init__(self, denials: Sequence[Denial]) -> None:
        messages = dict.fromkeys(
            one.message for one in denials
        )  # of a basket, every leg's are the same
        super().__init__("; ".join(messages), code=denials[0].reason.value)
        self.denials = tuple(denials)


class KeyReused(Conflict):
    """A key names one command for the life of its run."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"idempotency_key {key!r} was used for something else: a new command needs a new key.",
            code="idempotency_key_reused",
        )


class InProgress(Conflict):
    """Somebody else is working on this key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The order with idempotency_key {key!r} is being placed: ask again in a second.",
            code="idempotency_key_in_progress",
            headers=dict(RETRY_SOON),
        )


class TradingPaused(Unavailable):
    """What was on its way is finished once the server can; the same key gives its answer."""

    def __init__(self, trouble: DiskError | None = None, *, is_withdrawn: bool = False) -> None:
        """trouble: what the operator has to mend first. is_withdrawn: it is not done later."""
        why = " at the moment." if trouble is None else f": {trouble.problem}. {trouble.remedy}"
        what = "It was withdrawn, and nothing is done" if is_withdrawn else "Nothing is lost"
        super().__init__(
            f"Orders cannot be stored{why} {what}: repeat the request with the same "
            "idempotency_key.",
            code=TRADING_PAUSED if trouble is None else trouble.code,
            headers=dict(RETRY_SOON),
        )


class NotTheTrader(TradingPaused):
    """Another process does this; where there are several, the request is handed to it."""

    def __init__(self) -> None:
        super().__init__()
        self.code = NOT_THE_TRADER
