"""Closes of the active data set for the shares of a book, and its benchmark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.wealth.dividends import Declared
from tradertape_core.wealth.expiries import terms_of
from tradertape_core.wealth.instruments import ActionKind, ShareAction, stable_isin
from tradertape_core.wealth.lots import GRANDFATHERED
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.data_sets.columns import Columns
from tradertape_server.features.market.service import BENCHMARK, MarketService

_STEP = Decimal("0.0001")
_CENT = Decimal("0.01")
_RAW = "raw"
_CLOSE = 3  # of the indices' prices


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What the data set knows of a book's shares, by instrument.

    closes: (T,) on the basis that is served, NaN where it did not trade; is_adjusted: for splits
    and bonuses. benchmark: (T,), None where the set has no such index.
    """

    dates: NDArray[np.datetime64] = field(default_factory=lambda: np.array([], dtype="M8[D]"))
    closes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    highs_2018: Mapping[str, Decimal] = field(default_factory=dict)
    actions: Mapping[str, Sequence[ShareAction]] = field(default_factory=dict)
    declared: Sequence[Declared] = ()
    benchmark: NDArray[np.float64] | None = None
    is_adjusted: bool = True
    is_simulated: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_day(self) -> date | None:
        """The day of the last close."""
        return self.dates[-1].astype(date) if len(self.dates) else None

    def last_two(self, instrument: str) -> tuple[Decimal | None, Decimal | None]:
        """The last close and the one before; None where there is none."""
        closes = self.closes.get(instrument)
        if closes is None:
            return None, None
        found = closes[~np.isnan(closes)][-2:]
        last = [Decimal(str(float(one))).quantize(_STEP) for one in found[::-1]]
        return (last[0] if last else None), (last[1] if len(last) > 1 else None)


class MarketPrices:
    """Reads the market for a book. is_real: a simulated set's prices are not of these shares."""

    def __init__(
        self, market: MarketService, facts: CorporateFacts, *, is_real: bool = False
    ) -> None:
        self._market = market
        self._facts = facts
        self._is_real = is_real

    @property
    def version(self) -> str:
        """Changes with the data; "" without data for these shares."""
        return self._facts.version

    def facts(self, symbols: Mapping[str, Collection[str]]) -> MarketFacts:
        """What is known of instruments, each with the symbols it was traded under."""
        try:
            manifest, columns = self._market.columns()
        except (InvalidInput, StoredDataDamaged):
            return MarketFacts()
        if self._is_real and manifest.simulated:
            return MarketFacts()
        listed = _listed(columns, symbols)
        actions = self._actions(listed, symbols, columns.dates[-1].astype(date))
        places = {
            instrument: columns.symbols.index(symbol) for instrument, symbol in listed.items()
        }
        is_adjusted = manifest.basis != _RAW
        closes = {
            instrument: np.array(columns.values["close"][:, place], dtype=np.float64)
            for instrument, place in places.items()
        }
        about = {i: columns.instruments.get(symbol, ("", "", "")) for i, symbol in listed.items()}
        return MarketFacts(
            np.array(columns.dates).astype("M8[D]"),
            closes,
            _highs_2018(columns, places, actions, is_adjusted=is_adjusted),
            actions,
            self._declared(listed, columns.dates[-1].astype(date)),
            _benchmark(columns),
            is_adjusted,
            manifest.simulated,
            {instrument: one[0] for instrument, one in about.items()},
            {instrument: one[2] for instrument, one in about.items()},
        )

    def at_expiry(self, contracts: Collection[tuple[str, date]]) -> dict[str, Decimal]:
        """What contracts were worth when they expired, by name, as far as it is known.

        contracts: name and day of expiry. By the closing price of the underlying on that day, which
        is what the exchange settles at. Of a simulated set nothing is known of real contracts.
        """
        try:
            manifest, columns = self._market.columns()
        except (InvalidInput, StoredDataDamaged):
            return {}
        if manifest.simulated:
            return {}
        found: dict[str, Decimal] = {}
        for symbol, expiry in contracts:
            terms = terms_of(symbol, expiry)
            row = int(np.searchsorted(columns.dates, np.datetime64(expiry, "D")))
            if terms is None or row >= len(columns.dates) or columns.dates[row] != expiry:
                continue
            closing = self._closing(columns, terms.underlying, row, manifest.basis != _RAW)
            if closing is not None:
                found[symbol] = terms.worth(closing)
        return found

    def _closing(
        self, columns: Columns, underlying: str, row: int, is_adjusted: bool
    ) -> Decimal | None:
        """A close as it was on the day of a row."""
        contract = INDEX_CONTRACTS.get(underlying)
        if contract is not None:
            if contract.index not in columns.index_names:
                return None
            close = columns.indices[_CLOSE, columns.index_names.index(contract.index)][row]
        elif underlying in columns.symbols:
            close = columns.values["close"][row, columns.symbols.index(underlying)]
        else:
            return None
        if np.isnan(close):
            return None
        price = Decimal(str(float(close)))
        day, until = columns.dates[row].astype(date), columns.dates[-1].astype(date)
        if is_adjusted and contract is None:
            for action in self._facts.rescalings([underlying], until):
                if action.ex_date > day:
                    price = price * action.new / action.old
        return price.quantize(_CENT)

    def _actions(
        self, listed: Mapping[str, str], symbols: Mapping[str, Collection[str]], until: date
    ) -> dict[str, list[ShareAction]]:
        owner = {symbol: instrument for instrument, all_ in symbols.items() for symbol in all_}
        owner |= {symbol: instrument for instrument, symbol in listed.items()}
        found: dict[str, dict[tuple[date, str], ShareAction]] = {}
        for one in self._facts.rescalings(owner.keys(), until):
            action = ShareAction(
                symbol=one.symbol, ex_date=one.ex_date, kind=ActionKind(one.kind), new=one.new,
                old=one.old,
            )  # fmt: skip
            # Under an old and a new symbol it is one action.
            found.setdefault(owner[one.symbol], {})[one.ex_date, one.kind] = action
        return {instrument: list(of_day.values()) for instrument, of_day in found.items()}

    def _declared(self, listed: Mapping[str, str], until: date) -> list[Declared]:
        owner = {symbol: instrument for instrument, symbol in listed.items()}
        return [
            Declared(owner[one.symbol], one.symbol, one.ex_date, one.amount)
            for one in self._facts.payments(owner.keys(), until)
        ]


def _listed(columns: Columns, symbols: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The data set's symbol of each instrument: by ISIN, else by a symbol it was traded under."""
    by_isin = {stable_isin(row[1]): symbol for symbol, row in columns.instruments.items() if row[1]}
    known = set(columns.symbols)
    found: dict[str, str] = {}
    for instrument, traded in symbols.items():
        symbol = by_isin.get(instrument) or next((one for one in traded if one in known), None)
        if symbol in known and symbol is not None:
            found[instrument] = symbol
    return found


def _benchmark(columns: Columns) -> NDArray[np.float64] | None:
    if BENCHMARK not in columns.index_names:
        return None
    return np.array(columns.indices[_CLOSE, columns.index_names.index(BENCHMARK)], dtype=float)


def _highs_2018(
    columns: Columns,
    places: Mapping[str, int],
    actions: Mapping[str, Sequence[ShareAction]],
    *,
    is_adjusted: bool,
) -> dict[str, Decimal]:
    """The highest price of 2018-01-31, or of the last day before with a trade, as it was then."""
    row = int(np.searchsorted(columns.dates, np.datetime64(GRANDFATHERED, "D"), side="right"))
    found: dict[str, Decimal] = {}
    for instrument, place in places.items():
        before = columns.values["high"][max(row - 10, 0) : row, place]
        traded = before[~np.isnan(before)]
        if not len(traded):
            continue
        high = Decimal(str(float(traded[-1])))
        for action in actions.get(instrument, ()) if is_adjusted else ():
            if action.ex_date > GRANDFATHERED:
                high = high * action.new / action.old
        found[instrument] = high.quantize(_STEP)
    return found
