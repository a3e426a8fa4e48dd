"""Ticks of futures and options of one session, priced from their underlying's spot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.market.world.derivatives import (
    DerivativePricer,
    Running,
    derivative_tick,
    on_tick,
)
from tradertape_core.market.world.live import STEPS_A_SECOND, LiveMarket
from tradertape_core.options.contract_path import expected_volatility

_STEP_US = 1_000_000 // STEPS_A_SECOND


@dataclass(slots=True)
class ContractPrices:
    """The running prices of a session's contracts; begun anew with each session.

    Fair prices of contracts on one underlying cost as much as that of one: `prepare` has those of
    a moment made at once.
    """

    pricer: DerivativePricer
    _running: dict[int, Running] = field(default_factory=dict[int, Running])
    _fair: dict[int, float] = field(default_factory=dict[int, float])
    _fair_at: tuple[datetime, dict[str, float]] | None = None

    def prepare(
        self,
        live: LiveMarket,
        contracts: Sequence[Instrument],
        underlying: str,
        moment: datetime,
        *,
        spot: float | None = None,
    ) -> None:
        """Price contracts on one underlying at a moment; `tick` finds them priced."""
        if not (contracts and live.knows(underlying)):
            return
        level = spot or live.implied(underlying, moment)
        if self._fair_at is None or self._fair_at[0] != moment:
            self._fair.clear()
            self._fair_at = (moment, {})
        self._fair_at[1][underlying] = level
        self._begin(live, contracts, underlying)
        prices = self.pricer.prices(
            contracts, spot=level, volatility=expected_volatility(live, moment), at=moment
        )
        for one, price in zip(contracts, prices.tolist(), strict=True):
            self._fair[one.instrument_token] = price

    def tick(
        self,
        live: LiveMarket,
        contract: Instrument,
        underlying: str,
        moment: datetime,
        *,
        hours: TradingHours,
        seq: int,
        spot: float | None = None,
    ) -> Tick | None:
        """The market of a contract at a moment; None where it has no price.

        underlying: the name of the index or share it is on. spot: its price, where it was set.
        """
        token = contract.instrument_token
        if not self._is_prepared(token, underlying, moment, spot):
            self.prepare(live, [contract], underlying, moment, spot=spot)
        fair, running = self._fair.get(token), self._running.get(token)
        if fair is None or running is None or not math.isfinite(fair):
            return None
        running = running.moved_to(on_tick(fair, round(contract.tick_size * 100)))
        self._running[token] = running
        second = hours.second_of(moment)
        step = second * STEPS_A_SECOND + moment.microsecond // _STEP_US
        through = second / hours.seconds
        return derivative_tick(contract, running, moment, through=through, step=step, seq=seq)

    def _is_prepared(
        self, token: int, underlying: str, moment: datetime, spot: float | None
    ) -> bool:
        if self._fair_at is None or self._fair_at[0] != moment or token not in self._fair:
            return False
        return spot is None or self._fair_at[1].get(underlying) == spot

    def _begin(self, live: LiveMarket, contracts: Sequence[Instrument], underlying: str) -> None:
        """Give contracts their prices at the previous close and at the open."""
        new = [one for one in contracts if one.instrument_token not in self._running]
        if not new:
            return
        start, before = live.hours.start, live.previous_close(underlying)
        expected = expected_volatility(live, start)
        opened = live.spot(underlying, start)
        closes = self.pricer.prices(new, spot=before, volatility=expected, at=start)
        opens = self.pricer.prices(new, spot=opened, volatility=expected, at=start)
        interest = self.pricer.interest(new, spot=before, volatility=expected, at=start)
        rows = zip(new, closes.tolist(), opens.tolist(), interest.tolist(), strict=True)
        for one, close, opening, units in rows:
            if math.isfinite(close) and math.isfinite(opening):
                size = round(one.tick_size * 100)
                first = on_tick(opening, size)
                running = Running(on_tick(close, size), first, first, first, first, units)
                self._running[one.instrument_token] = running
