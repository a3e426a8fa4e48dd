"""What decides the fills of a resting order, besides the order: stored, so that a restart changes
none of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.market.tick import Tick


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A tick, as far as later ones are compared with it.

    volume: units traded that day. last_price: None once the price is known to have moved since,
    which a feed without volumes does not tell otherwise.
    """

    seq: int
    at: datetime
    volume: int
    last_price: Decimal | None

    def precedes(self, tick: Tick) -> bool:
        """Whether a tick is later.

        A feed numbers its ticks, and begins anew when it starts; the clock may be set back, and
        goes on when a feed starts: an older tick is older by both.
        """
        return tick.seq > self.seq or tick.at > self.at

    def shows_trade(self, tick: Tick) -> bool:
        """Whether something was traded between the two."""
        return tick.volume != self.volume or tick.last_price != self.last_price


def mark_of(tick: Tick) -> Mark:
    """What is kept of a tick."""
    return Mark(seq=tick.seq, at=tick.at, volume=tick.volume, last_price=tick.last_price)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class RestingState:
    """The state of an order in the paper market.

    arrival: its rank among orders of one price. sequence: of its latest report. triggered: its
    trigger price was reached. has_met_market: it was matched with a tick since it came, so that it
    rests and is filled at its own price. ahead: units queued before it. opens_at: the open that an
    after-market order waits for. expires_at: the end of its time to live. mark: the tick at which
    it came, changed or filled: only later ones concern it.
    """

    arrival: int
    sequence: int
    triggered: bool = False
    has_met_market: bool = False
    ahead: int = 0
    opens_at: datetime | None = None
    expires_at: datetime | None = None
    mark: Mark | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class BookState:
    """The state of an instrument's book where fills depend on quantities.

    mark: its latest tick. bought, sold: units of it that our orders took.
    """

    mark: Mark
    bought: int = 0
    sold: int = 0
