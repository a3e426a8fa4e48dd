"""What a fill costs, for the reference simulator."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.backtest.config import BacktestConfig, FlatCharges
from tradertape_core.kernel.money import Price, paise_from_rupees
from tradertape_core.ledger.charges import Leg, charges_for, schedule


@dataclass(slots=True)
class Purse:
    """What a fill costs on a day, in Decimal."""

    config: BacktestConfig
    dates: list[date]
    proportion: list[float] = field(default_factory=list[float])
    fee: list[float] = field(default_factory=list[float])

    def charges(self, today: int, side: str, value: int, *, delivers: bool = False) -> int:
        terms = self.config.charges
        rupees = Decimal(value) / 100
        if isinstance(terms, FlatCharges):
            part = (value * Decimal(str(terms.bps)) / 10_000).quantize(Decimal(1), ROUND_HALF_UP)
            return int(part) + paise_from_rupees(terms.per_order)
        leg = Leg("BUY" if side == "BUY" else "SELL", Price(rupees), 1)
        debits = [rupees] if delivers else []
        return charges_for(schedule(terms), self.dates[today], [leg], demat_debits=debits).total
