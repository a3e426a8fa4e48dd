"""Splits, bonuses and dividends of the active data set, in the form the ledger needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_server.features.market.data_sets.reference_rows import Action, Dividend
from tradertape_server.features.market.service import MarketService

_LARGEST_PART = 1_000  # of a ratio: 3:7 is exact, and 0.3333 becomes 1:3
_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Rescaling:
    """`new` shares for every `old` one held before `ex_date`."""

    action_id: str
    symbol: str
    ex_date: date
    kind: str  # split | bonus | consolidation
    new: int
    old: int


@dataclass(frozen=True, slots=True)
class Payment:
    """Rupees per share held before `ex_date`, in terms of the shares of that day."""

    action_id: str
    symbol: str
    ex_date: date
    amount: Decimal


class CorporateFacts:
    """Reads corporate actions and dividends; reloads them when the data set changes.

    is_real: the positions are those of the real exchange: a simulated set's actions are not theirs.
    """

    def __init__(self, market: MarketService, *, is_real: bool = False) -> None:
        self._market = market
        self._is_real = is_real
        self._read_at = ""
        self._actions: list[Action] = []
        self._dividends: list[Dividend] = []

    @property
    def version(self) -> str:
        """Changes with the active data set and its content; "" without one, or a damaged one."""
        try:
            manifest = self._market.columns()[0]
            return "" if self._is_real and manifest.simulated else manifest.data_version
        except (InvalidInput, StoredDataDamaged):
            return ""

    def rescalings(self, symbols: Collection[str], until: date) -> list[Rescaling]:
        """Splits, bonuses and consolidations of shares up to a day, oldest first."""
        self._refresh()
        found = sorted(self._actions, key=lambda one: (one.ex_date, one.symbol, one.kind))
        return [_rescaling(a) for a in found if a.symbol in symbols and a.ex_date <= until]

    def payments(self, symbols: Collection[str], until: date) -> list[Payment]:
        """Cash dividends of shares up to a day, oldest first."""
        self._refresh()
        return [
            Payment(
                f"dividend:{one.symbol}:{one.ex_date.isoformat()}",
                one.symbol,
                one.ex_date,
                self._as_paid(one),
            )
            for one in sorted(self._dividends, key=lambda one: (one.ex_date, one.symbol))
            if one.symbol in symbols and one.ex_date <= until and one.amount > 0
        ]

    def _as_paid(self, dividend: Dividend) -> Decimal:
        """The amount per share of that day; an adjusted amount is per share of today."""
        factor = Fraction(1)
        if dividend.adjusted:
            for action in self._actions:
                if action.symbol == dividend.symbol and action.ex_date > dividend.ex_date:
                    factor *= _ratio(action)
        amount = Decimal(str(dividend.amount)) * factor.numerator / factor.denominator
        return amount.quantize(_STEP)

    def _refresh(self) -> None:
        version = self.version
        if version == self._read_at:
            return
        if version:
            from tradertape_server.features.market.data_sets import parquet_tables  # noqa: PLC0415

            manifest, _ = self._market.columns()
            folder, files = self._market.store.folder(manifest.name), manifest.tables
            self._actions = parquet_tables.read_rows(folder, files.get("actions"), Action)
            self._dividends = parquet_tables.read_rows(folder, files.get("dividends"), Dividend)
        else:
            self._actions, self._dividends = [], []
        self._read_at = version


def _ratio(action: Action) -> Fraction:
    return Fraction(action.ratio).limit_denominator(_LARGEST_PART)


def _rescaling(action: Action) -> Rescaling:
    ratio = _ratio(action)
    name = f"{action.kind}:{action.symbol}:{action.ex_date.isoformat()}"
    return Rescaling(
        name, action.symbol, action.ex_date, action.kind, ratio.numerator, ratio.denominator
    )
