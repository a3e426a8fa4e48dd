"""What execution needs of the market and of its listeners; `wiring` joins them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind, Segment
from tradertape_core.market.tick import Tick
from tradertape_core.orders.codec import event_document
from tradertape_core.orders.events import OrderEvent

OnTick = Callable[[Tick], None]


class Market(Protocol):
    """Instruments and their latest ticks. What is called on the trader's thread never blocks."""

    def instrument(self, instrument_id: str) -> Instrument | None:
        """The instrument called `NSE:INFY`; None when there is none."""
        ...

    def hint(self, name: str) -> str:
        """What to say of a name that is no instrument's: why it is none, and others like it."""
        ...

    def underlying_price(self, instrument: Instrument) -> Decimal | None:
        """The latest price of what an option is on."""
        ...

    def closing_price(self, contract: Instrument) -> Decimal | None:
        """What a contract's underlying closed at on its expiry day; None where it is not known.

        May take a second: not to be asked on the trader's thread.
        """
        ...

    def settlement_price(self, contract: Instrument, day: date) -> Decimal | None:
        """What a future closed at on a day; None where it is not known.

        May take a second: not to be asked on the trader's thread.
        """
        ...

    def tick(self, instrument_id: str) -> Tick | None:
        """Its latest tick; None before the first."""
        ...

    def segment(self, instrument: Instrument) -> Segment:
        """Whose hours an instrument keeps."""
        ...

    def phase(self, instrument: Instrument, now: datetime) -> PhaseKind | None:
        """What becomes of an order now: traded on, held for an auction; None: closed."""
        ...

    def is_open(self, now: datetime) -> bool:
        """Whether orders of any segment are taken now."""
        ...

    def auction_price(self, instrument: Instrument, kind: PhaseKind) -> Decimal | None:
        """What today's pre-open or closing auction comes to; None where it is not known.

        May take a second: not to be asked on the trader's thread.
        """
        ...

    @property
    def never_closes(self) -> bool:
        """Whether the market runs at any hour, as the simulated one does."""
        ...

    @property
    def has_auctions(self) -> bool:
        """Whether a day opens and closes as the exchange's does; a recording has sessions alone."""
        ...

    @property
    def is_stale(self) -> bool:
        """Whether prices have stopped coming, or never came."""
        ...

    def watch(self, instrument_ids: Collection[str], listener: OnTick) -> None:
        """Have the listener called with every tick of exactly these instruments from now on.

        A later call with the same listener replaces its set; others keep theirs.
        """
        ...


@dataclass(slots=True)  # not frozen: an order makes five, and that takes several times as long
class TimelineEvent:
    """An event that is on disk, as listeners get it: the row of the timeline. Nobody changes it.

    content: its payload, an order's event as it is: few are ever asked for their `payload`.
    """

    seq: int
    account_id: int
    run_id: str | None
    order_id: str | None
    kind: str
    event_type: str
    source: str
    resource_type: str | None
    resource_id: str | None
    summary: str
    content: dict[str, object] | OrderEvent
    at: datetime

    @property
    def payload(self) -> dict[str, object]:
        """Its content as JSON, members that are None left out of an order's event."""
        return self.content if isinstance(self.content, dict) else event_document(self.content)


Listener = Callable[[tuple[TimelineEvent, ...]], None]
