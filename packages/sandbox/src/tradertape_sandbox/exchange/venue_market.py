"""The market as order matching sees it: instruments, latest ticks, phases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_sandbox.exchange.errors import RefusalKind, Refused
from tradertape_sandbox.exchange.market import Market


@dataclass(slots=True)
class VenueMarket:
    """Reads the market. Instruments that were traded stay known after they are listed no more."""

    market: Market
    clock: Clock
    _known: dict[str, Instrument] = field(default_factory=dict[str, Instrument])

    @property
    def now(self) -> datetime:
        """The exchange's time."""
        return self.clock.now()

    def find(self, instrument_id: str) -> Instrument:
        """An instrument by its id. Raises Refused for an unknown one."""
        found = self.market.instruments.get(instrument_id) or self._known.get(instrument_id)
        if found is None:
            raise Refused(RefusalKind.INPUT, f"{instrument_id} is not a listed instrument")
        return self._known.setdefault(instrument_id, found)

    def tick(self, instrument_id: str) -> Tick | None:
        """The latest market of an instrument."""
        return self.market.tick(instrument_id)

    def phase(self, instrument: Instrument) -> PhaseKind | None:
        """What the exchange does with an instrument's orders now; None while it is closed."""
        has_derivatives = bool(self.market.instruments.derivatives(instrument.tradingsymbol))
        return self.market.times.phase(instrument, self.now, has_derivatives=has_derivatives)

    def phase_of(self, instrument_id: str) -> PhaseKind | None:
        """The same by id."""
        return self.phase(self.find(instrument_id))

    def next_open(self, instrument: Instrument, placed_at: datetime) -> datetime | None:
        """The open that an after-market order waits for."""
        return self.market.times.next_open(instrument, placed_at)

    def spot(self, derivative: Instrument) -> Decimal | None:
        """The price of a derivative's underlying."""
        spot = self.market.instruments.spot_of(derivative)
        tick = None if spot is None else self.market.tick(spot.id)
        return None if tick is None else tick.last_price

    def closing_price(self, contract: Instrument) -> Decimal | None:
        """What a contract is settled by: its underlying's price that was set, else its close on the
        expiry day, else its latest price."""
        spot = self.market.instruments.spot_of(contract)
        if spot is None or contract.expiry is None:
            return None
        held = self.market.set_prices.get(spot.id)
        if held is not None:
            return held
        start = datetime.combine(contract.expiry, time(0), tzinfo=IST)
        end = start + timedelta(days=1)
        candles = self.market.candles(spot, Interval.DAY, start, end - timedelta(seconds=1))
        return candles[0].close if candles else self.spot(contract)
