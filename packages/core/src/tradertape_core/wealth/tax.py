"""A financial year's tax on shares, equity funds, intraday and derivative trades.

The order is the law's: losses of a head first against gains of the same kind, a short term loss
then against a long term gain, a speculative loss against nothing but speculative profit; the
yearly exemption comes last. Where the law leaves a choice, the higher rate is relieved first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.wealth.executions import NIL, Kind, total
from tradertape_core.wealth.lots import GRANDFATHERED, Match
from tradertape_core.wealth.tax_rates import (
    exemption_of,
    financial_year,
    is_long_term,
    rates_on,
    same_day_next_year,
)

_PAISA = Decimal("0.01")
# The highest price of 2018-01-31 a unit as it was that day, None where it is not known.
HighOf2018 = Callable[[str], Decimal | None]


class Term(StrEnum):
    """How a pair is taxed."""

    SHORT = "short_term"
    LONG = "long_term"
    SPECULATIVE = "speculative"
    BUSINESS = "business"  # futures and options: not speculative, section 43(5)(d)


@dataclass(frozen=True, slots=True)
class TaxItem:
    """One pair as the return wants it. Rupees.

    cost: what the law takes, purchase expenses inside: on a grandfathered share it may be above
    `actual_cost`. expenses: of the sale, without the transaction tax where a capital gain may
    not deduct it. lacks_price: grandfathering would apply, but the price of 2018 is not known.
    """

    match: Match
    term: Term
    actual_cost: Decimal
    cost: Decimal
    expenses: Decimal
    gain: Decimal
    rate: Decimal | None  # None: at the person's own slab
    lacks_price: bool = False

    @property
    def is_grandfathered(self) -> bool:
        """Whether the price of 2018-01-31 stands for the cost."""
        return self.cost != self.actual_cost


@dataclass(frozen=True, slots=True)
class Bucket:
    """Gains of one term and rate. net = gains - losses; taxable is never below zero."""

    term: Term
    rate: Decimal
    gains: Decimal
    losses: Decimal
    remaining: Decimal  # after set-off; below zero: a loss that is left
    exempt: Decimal = NIL

    @property
    def taxable(self) -> Decimal:
        """What the rate applies to."""
        return max(self.remaining - self.exempt, NIL)

    @property
    def tax(self) -> Decimal:
        """Rupees, surcharge and cess apart."""
        return (self.taxable * self.rate).quantize(_PAISA, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class SetOff:
    """A loss that relieved a gain, and the section that orders it."""

    loss: str
    gain: str
    amount: Decimal
    section: str


@dataclass(frozen=True, slots=True)
class BusinessIncome:
    """Intraday or derivatives: profit less loss, all charges deducted; turnover by the ICAI.

    remaining: after set-off; below zero: a loss that is left.
    """

    pairs: int
    turnover: Decimal
    gross: Decimal
    charges: Decimal
    remaining: Decimal

    @property
    def net(self) -> Decimal:
        """Rupees before set-off."""
        return self.gross - self.charges


@dataclass(frozen=True, slots=True)
class TaxYear:
    """A year's report. tax: of the buckets; business income is taxed at the person's slab."""

    year: int
    items: tuple[TaxItem, ...]
    buckets: tuple[Bucket, ...]
    set_offs: tuple[SetOff, ...]
    speculative: BusinessIncome
    derivatives: BusinessIncome
    exemption: Decimal  # the year's limit

    @property
    def tax(self) -> Decimal:
        """Rupees, surcharge and cess apart."""
        return total(bucket.tax for bucket in self.buckets)

    def loss_left(self, term: Term) -> Decimal:
        """The loss to carry forward of a term, zero or above."""
        if term is Term.SPECULATIVE:
            return max(-self.speculative.remaining, NIL)
        if term is Term.BUSINESS:
            return max(-self.derivatives.remaining, NIL)
        return total(
            -one.remaining for one in self.buckets if one.term is term and one.remaining < 0
        )


def tax_year(year: int, matches: Iterable[Match], high_of_2018: HighOf2018) -> TaxYear:
    """Return the report of the financial year that starts in April of `year`.

    matches: of any years; of funds, those of equity funds alone.
    """
    items = [
        tax_item(one, high_of_2018) for one in matches if financial_year(one.closed_on) == year
    ]
    items.sort(key=lambda item: (item.match.closed_on, item.match.symbol, item.match.bought_on))
    speculative = _business(items, Term.SPECULATIVE)
    derivatives = _business(items, Term.BUSINESS)
    buckets, offs = _set_off_capital(_buckets(items))
    relieved = min(max(-derivatives.remaining, NIL), max(speculative.remaining, NIL))
    if relieved:
        derivatives = replace(derivatives, remaining=derivatives.remaining + relieved)
        speculative = replace(speculative, remaining=speculative.remaining - relieved)
        offs.append(SetOff(Term.BUSINESS.value, Term.SPECULATIVE.value, relieved, "70(1)"))
    exemption = exemption_of(year)
    return TaxYear(
        year, tuple(items), tuple(_exempted(buckets, exemption)), tuple(offs), speculative,
        derivatives, exemption,
    )  # fmt: skip


def tax_item(match: Match, high_of_2018: HighOf2018) -> TaxItem:
    """Return how the law sees one pair."""
    if match.kind in (Kind.INTRADAY, Kind.DERIVATIVE):
        term = Term.SPECULATIVE if match.kind is Kind.INTRADAY else Term.BUSINESS
        cost = match.cost + match.buy_charges
        return TaxItem(match, term, cost, cost, match.sell_charges, match.profit, None)
    is_long = not match.is_short and is_long_term(match.bought_on, match.sold_on)
    rates = rates_on(match.closed_on)
    # Section 48: the transaction tax is no expense of a capital gain.
    actual = match.cost + match.buy_charges - match.buy_stt
    expenses = match.sell_charges - match.sell_stt
    cost, lacks_price = actual, False
    if is_long and match.bought_on <= GRANDFATHERED and rates.long:
        high = high_of_2018(match.account.instrument)
        lacks_price = high is None
        if high is not None:
            worth = high * match.quantity / match.units_2018
            cost = max(actual, min(worth, match.proceeds))  # section 55(2)(ac)
    return TaxItem(
        match,
        Term.LONG if is_long else Term.SHORT,
        actual,
        cost,
        expenses,
        match.proceeds - cost - expenses,
        rates.long if is_long else rates.short,
        lacks_price,
    )


def _business(items: Sequence[TaxItem], term: Term) -> BusinessIncome:
    pairs = [item.match for item in items if item.term is term]
    gross, charges = total(one.gross for one in pairs), total(one.charges for one in pairs)
    turnover = total(abs(one.gross) for one in pairs)
    return BusinessIncome(len(pairs), turnover, gross, charges, gross - charges)


def _buckets(items: Sequence[TaxItem]) -> list[Bucket]:
    """By term and rate, the highest rate first; short term before long term."""
    found: dict[tuple[Term, Decimal], list[Decimal]] = {}
    for item in items:
        if item.rate is not None:
            found.setdefault((item.term, item.rate), []).append(item.gain)
    made = [
        Bucket(
            term, rate,
            gains=total(gain for gain in gains if gain > 0),
            losses=-total(gain for gain in gains if gain < 0),
            remaining=total(gains),
        )
        for (term, rate), gains in found.items()
    ]  # fmt: skip
    return sorted(made, key=lambda one: (one.term is Term.LONG, -one.rate))


def _set_off_capital(buckets: list[Bucket]) -> tuple[list[Bucket], list[SetOff]]:
    """Section 70: a loss first against its own term, then a short term one against long term.

    A bucket without a rate is exempt (before April 2018): its losses relieve nothing.
    """
    offs: list[SetOff] = []
    orders = (
        (Term.SHORT, Term.SHORT, "70(2)"),
        (Term.LONG, Term.LONG, "70(3)"),
        (Term.SHORT, Term.LONG, "70(2)"),
    )
    for losing, gaining, section in orders:
        for place, loss in enumerate(buckets):
            if loss.term is not losing or not loss.rate:
                continue
            for other, gain in enumerate(buckets):
                amount = min(-buckets[place].remaining, gain.remaining)
                if gain.term is not gaining or not gain.rate or amount <= 0:
                    continue
                buckets[place] = _moved(buckets[place], amount)
                buckets[other] = _moved(gain, -amount)
                offs.append(SetOff(_name(loss), _name(gain), amount, section))
    return buckets, offs


def _moved(bucket: Bucket, amount: Decimal) -> Bucket:
    return replace(bucket, remaining=bucket.remaining + amount)


def _name(bucket: Bucket) -> str:
    return f"{bucket.term.value} at {(bucket.rate * 100).normalize():f}%"


def _exempted(buckets: Sequence[Bucket], limit: Decimal) -> list[Bucket]:
    """Section 112A(2): once a year, on what is left after set-off."""
    found: list[Bucket] = []
    for bucket in buckets:
        exempt = NIL
        if bucket.term is Term.LONG and bucket.remaining > 0:
            exempt = bucket.remaining if not bucket.rate else min(limit, bucket.remaining)
            limit -= exempt if bucket.rate else NIL
        found.append(replace(bucket, exempt=exempt))
    return found


def years_of(matches: Iterable[Match]) -> list[int]:
    """Financial years in which something was realised, the latest first."""
    return sorted({financial_year(one.closed_on) for one in matches}, reverse=True)


def long_term_from(bought_on: date) -> date:
    """The first day on which a sale of a listed share is long term."""
    return same_day_next_year(bought_on) + timedelta(days=1)
