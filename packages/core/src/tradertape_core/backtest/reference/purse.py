"""Money of the reference simulator: cash, values and charges (docs/fills.md, section 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from tradertape_core.backtest.config import BacktestConfig, FlatCharges
from tradertape_core.kernel.money import Price, paise_from_rupees
from tradertape_core.ledger.charge_table import ChargeTable, intraday_of
from tradertape_core.ledger.charges import Leg, charges_for, schedule


@dataclass(slots=True)
class Purse:
    """Cash in paise, what fills cost, and what was traded today."""

    config: BacktestConfig
    dates: list[date]
    table: ChargeTable
    cash: int
    traded: int = 0
    _sold: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    _bought: dict[tuple[int, int], tuple[int, int]] = field(  # shares and paise, by day and symbol
        default_factory=dict[tuple[int, int], tuple[int, int]]
    )

    def cost(self, day: int, price: float, quantity: int) -> int:
        """What a purchase takes out of the cash, charges included."""
        value = paise_from_rupees(price * quantity)
        return value + self._charges(day, "BUY", value)

    def buy(self, day: int, symbol: int, price: float, quantity: int) -> tuple[int, int]:
        """Pay for shares. Returns their value and the charges."""
        value = paise_from_rupees(price * quantity)
        charges = self._charges(day, "BUY", value)
        shares, paid = self._bought.get((day, symbol), (0, 0))
        self._bought[day, symbol] = shares + quantity, paid + value
        self.cash -= value + charges
        self.traded += value
        return value, charges

    def sell(self, day: int, symbol: int, price: float, quantity: int) -> tuple[int, int]:
        """Receive the price of shares. Returns their value and the charges: shares bought today are
        intraday, the first others of a day pay the depository."""
        value = paise_from_rupees(price * quantity)
        charges = self._charges(day, "SELL", value)
        both, difference = self._intraday(day, symbol, price, quantity)
        charges += difference
        if both < quantity and (day, symbol) not in self._sold:
            self._sold.add((day, symbol))
            charges += self._depository(day, paise_from_rupees(price * (quantity - both)))
        self.cash += value - charges
        self.traded += value
        return value, charges

    def affordable(self, day: int, price: float, budget: float) -> int:
        """Shares for a budget in rupees, before anything is rounded."""
        fee = float(self.table.fee[day]) / 100
        per_share = price * (1 + float(self.table.proportion[day]))
        return max(0, int((budget - fee) // per_share))

    def _intraday(self, day: int, symbol: int, price: float, quantity: int) -> tuple[int, int]:
        """How many of the shares sold were bought today, and what that adds to the charges."""
        shares, value = self._bought.get((day, symbol), (0, 0))
        both = min(quantity, shares)
        if both == 0:
            return 0, 0
        paid, sold = value * both // shares, paise_from_rupees(price * both)
        self._bought[day, symbol] = shares - both, value - paid
        usual = self._charges(day, "BUY", paid) + self._charges(day, "SELL", sold)
        intraday = self._charges(day, "BUY", paid, intraday=True)
        intraday += self._charges(day, "SELL", sold, intraday=True)
        return both, intraday - usual

    def _depository(self, day: int, value: int) -> int:
        terms = self.config.charges
        if isinstance(terms, FlatCharges):
            return 0
        debits = [Decimal(value) / 100]
        return charges_for(schedule(terms), self.dates[day], [], demat_debits=debits).total

    def _charges(
        self, day: int, side: Literal["BUY", "SELL"], value: int, *, intraday: bool = False
    ) -> int:
        terms, rupees = self.config.charges, Decimal(value) / 100
        if isinstance(terms, FlatCharges):
            part = value * Decimal(str(terms.bps)) / 10_000
            whole = int(part.quantize(Decimal(1), ROUND_HALF_UP))
            return whole + paise_from_rupees(terms.per_order)
        leg, name = Leg(side, Price(rupees), 1), intraday_of(terms) if intraday else terms
        return charges_for(schedule(name), self.dates[day], [leg]).total
