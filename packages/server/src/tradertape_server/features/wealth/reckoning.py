"""A person's whole book, reckoned once from the records and the market and then only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from tradertape_core.wealth.cash import CashReport, compare_cash
from tradertape_core.wealth.charging import with_charges
from tradertape_core.wealth.dividends import Dividend, dividends_of
from tradertape_core.wealth.executions import Execution, Kind, split_by_kind, total
from tradertape_core.wealth.expiries import expired_symbols, settled_at_expiry
from tradertape_core.wealth.fund_rates import has_rate
from tradertape_core.wealth.funds import (
    FundClass,
    FundClasses,
    fund_executions,
    fund_payouts,
)
from tradertape_core.wealth.instruments import identify
from tradertape_core.wealth.lots import Book, Match, build_book
from tradertape_core.wealth.records import FundTransaction, Segment
from tradertape_core.wealth.returns import xirr
from tradertape_core.wealth.statements.quality import ImportedFile
from tradertape_core.wealth.tax import TaxYear, tax_year
from tradertape_server.features.wealth.ports import Records
from tradertape_server.features.wealth.prices import MarketFacts, MarketPrices
from tradertape_server.features.wealth.worth import Worth, worth_over_time

_OWNED = (Kind.DELIVERY, Kind.FUND)
Progress = Callable[[int], None]


def no_progress(percent: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Reckoning:
    """Everything that is known of one person on one day; never changed once it is made."""

    today: date
    market: MarketFacts
    executions: Sequence[Execution]
    fund_executions: Sequence[Execution]
    shares: Book
    funds: Book
    navs: Mapping[str, tuple[date, Decimal]]  # the latest a statement has, by instrument
    payouts: Sequence[FundTransaction]
    cash: Sequence[CashReport]
    files: Sequence[ImportedFile] = ()
    classes: FundClasses = field(default_factory=FundClasses)
    stated: frozenset[str] = frozenset()  # contracts of which the person stated the settlement

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """All that was realised, oldest first."""
        return tuple(sorted((*self.shares.matches, *self.funds.matches), key=_closed))

    @cached_property
    def taxed(self) -> tuple[Match, ...]:
        """What the tax report is about: funds where it is known how they are taxed."""
        return tuple(one for one in self.matches if one.kind is not Kind.FUND or self.has_rate(one))

    @cached_property
    def other_fund_matches(self) -> tuple[Match, ...]:
        """The other sales of funds."""
        return tuple(one for one in self.funds.matches if not self.has_rate(one))

    def has_rate(self, match: Match) -> bool:
        """Whether it is known how a sale of a fund is taxed."""
        return has_rate(self._class_of(match), match.closed_on)

    def _class_of(self, match: Match) -> FundClass:
        return self.classes.of(match.account.instrument, match.symbol)

    @cached_property
    def dividends(self) -> list[Dividend]:
        """Of shares, by what companies declared."""
        return dividends_of(self.shares.history, self.market.declared)

    @cached_property
    def worth(self) -> Worth:
        """What shares and funds were worth on every day of the market's data."""
        return worth_over_time(
            self.market, (self.shares, self.funds), self.flows, self.navs_over_time, self.income
        )

    @cached_property
    def navs_over_time(self) -> Mapping[str, Sequence[tuple[date, float]]]:
        """Each fund's net asset values of the days with a transaction."""
        found: dict[str, list[tuple[date, float]]] = {}
        for one in self.fund_executions:
            found.setdefault(one.instrument, []).append((one.day, float(one.trade.price)))
        return found

    @cached_property
    def income(self) -> list[tuple[date, Decimal]]:
        """Dividends of shares and payouts of funds."""
        return [(one.ex_date, one.amount) for one in self.dividends] + [
            (one.happened_on, abs(one.amount)) for one in self.payouts
        ]

    @cached_property
    def xirr(self) -> float | None:
        """The yearly rate of what was put into shares and funds."""
        return xirr(self.rated_flows)

    @cached_property
    def rated_flows(self) -> list[tuple[date, Decimal]]:
        """What the rate is of: money put in and taken out, income, and the worth of today."""
        value = total(worth for _, worth in self.values)
        return [*self.flows, *self.income, (self.today, value)]

    @cached_property
    def values(self) -> list[tuple[str, Decimal]]:
        """The worth of each open lot of shares and funds, at cost where there is no price."""
        found: list[tuple[str, Decimal]] = []
        for lot in (*self.shares.lots, *self.funds.lots):
            if lot.kind in _OWNED:
                price = self.price(lot.account.instrument)
                worth = lot.value if price is None else price * lot.quantity
                found.append((lot.account.instrument, worth))
        return found

    def price(self, instrument: str) -> Decimal | None:
        """The market's last close of a share, or the last net asset value of a fund."""
        nav = self.navs.get(instrument)
        return nav[1] if nav else self.market.last_two(instrument)[0]

    def tax(self, year: int) -> TaxYear:
        """The report of the financial year that starts in `year`."""
        return tax_year(year, self.taxed, self.market.highs_2018.get, self._class_of)

    @cached_property
    def flows(self) -> list[tuple[date, Decimal]]:
        """Money put into shares and funds, below zero, and taken out of them, charges included.

        Intraday trades and derivatives are left out, and so are sales that no purchase on file
        covers: they would return money that was never put in.
        """
        found: list[tuple[date, Decimal]] = []
        for one in self.matches:
            if one.kind in _OWNED:
                found.append((one.bought_on, -one.cost - one.buy_charges))
                found.append((one.sold_on, one.proceeds - one.sell_charges))
        found += [
            (lot.opened_on, -lot.value - lot.charges)
            for lot in (*self.shares.lots, *self.funds.lots)
            if lot.kind in _OWNED
        ]
        return found

    @cached_property
    def settlements(self) -> list[Execution]:
        """The ends of contracts that were held until they expired, the latest first."""
        found = [one for one in self.executions if one.is_expiry]
        return sorted(found, key=lambda one: (one.day, one.trade.symbol), reverse=True)

    @property
    def balance(self) -> Decimal:
        """Cash by the ledgers' closing balances."""
        return total(one.closing for one in self.cash)

    @property
    def factor_id(self) -> str | None:
        """The label of the factor that the figures are scaled with; None of real ones."""
        return next((one.factor_id for one in self.files if one.factor_id), None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was uploaded."""
        return not (self.executions or self.fund_executions or self.cash)


def reckon(
    records: Records,
    user_id: int,
    prices: MarketPrices,
    today: date,
    progress: Progress = no_progress,
) -> Reckoning:
    """Read a person's records and the market, and reckon the book. progress: percent, to 60."""
    trades = records.trades(user_id)
    progress(25)
    identities = identify(trades)
    symbols: dict[str, list[str]] = {}
    for trade in trades:
        if trade.segment is Segment.EQUITY:
            known = symbols.setdefault(identities.of(trade), [])
            if trade.symbol not in known:
                known.insert(0, trade.symbol)  # the latest name first
    market = prices.facts(symbols)
    stated = records.settlement_prices(user_id)
    worth = {**prices.at_expiry(expired_symbols(trades, today)), **stated}
    executions = settled_at_expiry(
        with_charges(split_by_kind(trades, identities)), lambda one: worth.get(one.symbol), today
    )
    progress(50)
    transactions = records.fund_transactions(user_id)
    of_funds = fund_executions(transactions)
    made = Reckoning(
        today=today,
        market=market,
        executions=executions,
        fund_executions=of_funds,
        shares=build_book(executions, market.actions),
        funds=build_book(of_funds),
        navs={one.instrument: (one.day, one.trade.price) for one in of_funds if one.trade.price},
        payouts=fund_payouts(transactions),
        cash=compare_cash(executions, records.ledger_lines(user_id)),
        files=records.files(user_id),
        classes=FundClasses(records.fund_classes(user_id)),
        stated=frozenset(stated),
    )
    progress(60)
    return made


def _closed(match: Match) -> tuple[date, str, date]:
    return match.closed_on, match.account.instrument, match.bought_on
