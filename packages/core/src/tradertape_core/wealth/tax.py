"""A financial year's tax on shares, funds, intraday and derivative trades.

The order is the law's: losses of a head first against gains of the same kind, a short term loss
then against a long term gain, a speculative loss against nothing but speculative profit; the
yearly exemption comes last. Where the law leaves a choice, the higher rate is relieved first; what
is taxed at the person's slab, whose rate is not known, comes after all rates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.wealth.executions import NIL, Kind, total
from tradertape_core.wealth.fund_rates import (
    fund_rates_on,
    indexed,
    is_long_term_fund,
    is_specified,
)
from tradertape_core.wealth.funds import FundClass
from tradertape_core.wealth.lots import GRANDFATHERED, Match
from tradertape_core.wealth.tax_rates import (
    exemption_of,
    financial_year,
    is_long_term,
    rates_on,
    same_day_next_year,
)

_PAISA = Decimal("0.01")
_OF_FUNDS = ("112", "50AA")
# The highest price of 2018-01-31 a unit as it was that day, None where it is not known.
HighOf2018 = Callable[[str], Decimal | None]
ClassOf = Callable[[Match], FundClass]


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
    section: that sets the rate of a capital gain, "" where none but the slab does. is_indexed: the
    cost is in the money of the year of the sale.
    """

    match: Match
    term: Term
    actual_cost: Decimal
    cost: Decimal
    expenses: Decimal
    gain: Decimal
    rate: Decimal | None  # None: at the person's own slab
    lacks_price: bool = False
    section: str = ""
    is_indexed: bool = False

    @property
    def is_grandfathered(self) -> bool:
        """Whether the price of 2018-01-31 stands for the cost."""
        return self.cost != self.actual_cost and not self.is_indexed


@dataclass(frozen=True, slots=True)
class Bucket:
    """Gains of one term, rate and section. net = gains - losses; taxable is never below zero.

    rate: None at the person's own slab, for which no tax is reckoned.
    """

    term: Term
    rate: Decimal | None
    gains: Decimal
    losses: Decimal
    remaining: Decimal  # after set-off; below zero: a loss that is left
    exempt: Decimal = NIL
    section: str = ""

    @property
    def is_exempt(self) -> bool:
        """Whether there is no tax at all on it (before April 2018)."""
        return self.rate == NIL

    @property
    def taxable(self) -> Decimal:
        """What the rate applies to."""
        return max(self.remaining - self.exempt, NIL)

    @property
    def tax(self) -> Decimal:
        """Rupees, surcharge and cess apart."""
        return (self.taxable * (self.rate or NIL)).quantize(_PAISA, ROUND_HALF_UP)


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
    """A year's report. tax: of the buckets with a rate: nothing of what the slab taxes is in it."""

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


def _equity(_: Match) -> FundClass:
    return FundClass.EQUITY


def tax_year(
    year: int, matches: Iterable[Match], high_of_2018: HighOf2018, class_of: ClassOf = _equity
) -> TaxYear:
    """Return the report of the financial year that starts in April of `year`.

    matches: of any years; of funds, those with a rate (`has_rate`) alone. class_of: a fund's.
    """
    items = [
        tax_item(one, high_of_2018, class_of)
        for one in matches
        if financial_year(one.closed_on) == year
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


def tax_item(match: Match, high_of_2018: HighOf2018, class_of: ClassOf = _equity) -> TaxItem:
    """Return how the law sees one pair."""
    if match.kind in (Kind.INTRADAY, Kind.DERIVATIVE):
        term = Term.SPECULATIVE if match.kind is Kind.INTRADAY else Term.BUSINESS
        cost = match.cost + match.buy_charges
        return TaxItem(match, term, cost, cost, match.sell_charges, match.profit, None)
    if match.kind is Kind.FUND and (fund := class_of(match)) is not FundClass.EQUITY:
        return _fund_item(match, fund)
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
        "112A" if is_long else "111A",
    )


def _fund_item(match: Match, fund: FundClass) -> TaxItem:
    """A pair of a fund that is not an equity fund."""
    rates = fund_rates_on(match.closed_on)
    if rates is None:
        raise InvariantBroken(f"no rates are kept for a fund that was sold on {match.closed_on}")
    actual = match.cost + match.buy_charges - match.buy_stt
    expenses = match.sell_charges - match.sell_stt
    specified = is_specified(fund, match.bought_on)
    is_long = not specified and is_long_term_fund(match.bought_on, match.sold_on, rates)
    is_indexed = is_long and rates.is_indexed
    cost = indexed(actual, match.bought_on, match.sold_on) if is_indexed else actual
    return TaxItem(
        match, Term.LONG if is_long else Term.SHORT, actual, cost, expenses,
        match.proceeds - cost - expenses, rates.long if is_long else None,
        section="112" if is_long else "50AA" if specified else "", is_indexed=is_indexed,
    )  # fmt: skip


def _business(items: Sequence[TaxItem], term: Term) -> BusinessIncome:
    pairs = [item.match for item in items if item.term is term]
    gross, charges = total(one.gross for one in pairs), total(one.charges for one in pairs)
    turnover = total(abs(one.gross) for one in pairs)
    return BusinessIncome(len(pairs), turnover, gross, charges, gross - charges)


def _buckets(items: Sequence[TaxItem]) -> list[Bucket]:
    """By term, rate and section: short term before long term, the highest rate first, no rate last.

    Of one rate section 112 comes before 112A, of which a part is exempt.
    """
    found: dict[tuple[Term, Decimal | None, str], list[Decimal]] = {}
    for item in items:
        if item.term in (Term.SHORT, Term.LONG):
            found.setdefault((item.term, item.rate, item.section), []).append(item.gain)
    made = [
        Bucket(
            term, rate,
            gains=total(gain for gain in gains if gain > 0),
            losses=-total(gain for gain in gains if gain < 0),
            remaining=total(gains), section=section,
        )
        for (term, rate, section), gains in found.items()
    ]  # fmt: skip
    return sorted(made, key=lambda one: (one.term is Term.LONG, -(one.rate or NIL), one.section))


def _set_off_capital(buckets: list[Bucket]) -> tuple[list[Bucket], list[SetOff]]:
    """Section 70: a loss first against its own term, then a short term one against long term.

    A bucket that is exempt (before April 2018) is not relieved, and its losses relieve nothing.
    """
    offs: list[SetOff] = []
    orders = (
        (Term.SHORT, Term.SHORT, "70(2)"),
        (Term.LONG, Term.LONG, "70(3)"),
        (Term.SHORT, Term.LONG, "70(2)"),
    )
    for losing, gaining, section in orders:
        for place, loss in enumerate(buckets):
            if loss.term is not losing or loss.is_exempt:
                continue
            for other, gain in enumerate(buckets):
                amount = min(-buckets[place].remaining, gain.remaining)
                if gain.term is not gaining or gain.is_exempt or amount <= 0:
                    continue
                buckets[place] = _moved(buckets[place], amount)
                buckets[other] = _moved(gain, -amount)
                offs.append(SetOff(_name(loss), _name(gain), amount, section))
    return buckets, offs


def _moved(bucket: Bucket, amount: Decimal) -> Bucket:
    return replace(bucket, remaining=bucket.remaining + amount)


def _name(bucket: Bucket) -> str:
    rate = "the slab" if bucket.rate is None else f"{(bucket.rate * 100).normalize():f}%"
    of_section = f", section {bucket.section}" if bucket.section in _OF_FUNDS else ""
    return f"{bucket.term.value} at {rate}{of_section}"


def _exempted(buckets: Sequence[Bucket], limit: Decimal) -> list[Bucket]:
    """Section 112A(2): once a year, on what is left after set-off."""
    found: list[Bucket] = []
    for bucket in buckets:
        exempt = NIL
        if bucket.section == "112A" and bucket.remaining > 0:
            exempt = bucket.remaining if bucket.is_exempt else min(limit, bucket.remaining)
            limit -= NIL if bucket.is_exempt else exempt
        found.append(replace(bucket, exempt=exempt))
    return found


def years_of(matches: Iterable[Match]) -> list[int]:
    """Financial years in which something was realised, the latest first."""
    return sorted({financial_year(one.closed_on) for one in matches}, reverse=True)


def long_term_from(bought_on: date) -> date:
    """The first day on which a sale of a listed share is long term."""
    return same_day_next_year(bought_on) + timedelta(days=1)
