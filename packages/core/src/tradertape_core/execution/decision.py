"""The engine's input and output: facts in, a decision out. Nothing here acts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.events import OrderEvent
from tradertape_core.orders.order import Change

SERVER_KEYS: Final = "server:"  # what keys of the server's own commands begin with
_TAG_LENGTH = 20  # the longest tag the brokers take
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAIRS = [low + high for high in _DIGITS for low in _DIGITS]  # two digits, the lower one first


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts a decision of the engine depends on, as of now.

    phase: what the exchange does with orders now; None while it is closed. denials: of the
    risk gate. held: units of an open position, where the order only takes from them, else 0.
    """

    instrument: Instrument
    tick: Tick | None = None
    phase: PhaseKind | None = PhaseKind.CONTINUOUS
    denials: tuple[Denial, ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True)
class Submit:
    """Send this order to its venue, once."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Alter:
    """Ask the venue to change this order."""

    order_id: str
    ask: int
    change: Change


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Ask the venue to cancel this order."""

    order_id: str
    ask: int


VenueRequest = Submit | Alter | Withdraw


@quickly_made
@dataclass(frozen=True, slots=True)
class Decision:
    """The engine's output: events to record and requests for the outbox, in sending order.

    With denials there is neither. Warnings never stop anything.
    """

    events: tuple[OrderEvent, ...] = ()
    requests: tuple[VenueRequest, ...] = ()
    denials: tuple[Denial, ...] = ()
    warnings: tuple[Denial, ...] = ()

    @property
    def is_denied(self) -> bool:
        """Whether it refuses the command."""
        return bool(self.denials)

    def __add__(self, other: Decision) -> Decision:
        return Decision(
            self.events + other.events,
            self.requests + other.requests,
            self.denials + other.denials,
            self.warnings + other.warnings,
        )


NOTHING = Decision()


def server_key(name: str) -> str:
    """Return the idempotency key of a command of the server's own: a trigger, an exit, a stop.

    No key of a caller may have this prefix, so no caller's order can take its key or tag.
    """
    return f"{SERVER_KEYS}{name}"


def tag_for(account: str, run_id: str | None, key: str, *, leg: int = 0, part: int = 0) -> str:
    """Return the mark our order carries at the broker: 20 letters and digits.

    The same intent gives the same tag, so an order whose answer was lost is found by it. Two
    intents share one with a chance of 36^-18.
    """
    text = "\0".join((account, run_id or "", key, str(leg), str(part)))
    digest = hashlib.sha256(text.encode()).digest()
    number = int.from_bytes(digest, "big") % len(_DIGITS) ** (_TAG_LENGTH - 2)
    pairs: list[str] = []
    for _ in range(_TAG_LENGTH // 2 - 1):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return "TT" + "".join(pairs)
