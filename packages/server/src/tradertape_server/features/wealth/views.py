"""The parts of a reckoning as response bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import numpy as np

from tradertape_core.wealth.cash import CashReport, DifferenceKind
from tradertape_core.wealth.executions import NIL, Kind, total
from tradertape_core.wealth.funds import fund_class
from tradertape_core.wealth.lots import Match, OpenLot
from tradertape_core.wealth.returns import xirr
from tradertape_core.wealth.tax import BusinessIncome, TaxItem, TaxYear, Term, long_term_from
from tradertape_core.wealth.tax_rates import financial_year, year_name
from tradertape_server.features.market.service import BENCHMARK
from tradertape_server.features.wealth import schemas
from tradertape_server.features.wealth.reckoning import Reckoning

_PRICE = Decimal("0.0001")
SHOWN_LOTS = 50
MEANINGS = {
    DifferenceKind.ESTIMATED_CHARGES: "The file has no charges: they were estimated.",
    DifferenceKind.UNSETTLED: "Traded on the last days of the ledger, settled after it ends.",
    DifferenceKind.OUTSIDE_LEDGER: "Traded on days that the ledger does not cover: upload more.",
    DifferenceKind.MISSING_TRADES: "The ledger settles days without a trade: upload the tradebook.",
    DifferenceKind.MISSING_SETTLEMENT: "Trades that the ledger does not settle.",
    DifferenceKind.DAILY_SETTLEMENT: "Futures are settled in cash every day, in the book at once.",
    DifferenceKind.UNEXPLAINED: "No known reason: compare these days with the contract notes.",
}


def summary(book: Reckoning) -> schemas.WealthSummaryOut:
    """Net worth and returns."""
    owned = [
        lot for lot in (*book.shares.lots, *book.funds.lots) if lot.kind is not Kind.DERIVATIVE
    ]
    in_funds = {lot.account.instrument for lot in book.funds.lots}
    shares = total(worth for name, worth in book.values if name not in in_funds)
    funds = total(worth for name, worth in book.values if name in in_funds)
    invested = total(lot.value for lot in owned)
    worth = book.worth
    profit = worth.last_day_profit
    unpriced = sorted({lot.symbol for lot in owned if book.price(lot.account.instrument) is None})
    return schemas.WealthSummaryOut(
        is_empty=book.is_empty,
        as_of=book.market.last_day,
        net_worth=shares + funds + book.balance,
        shares=shares,
        funds=funds,
        cash=book.balance,
        invested=invested,
        unrealised=shares + funds - invested,
        realised=total(one.profit for one in book.matches),
        day_profit=None if profit is None else Decimal(repr(profit)),
        dividends=total(amount for _, amount in book.income),
        xirr=book.xirr,
        twr=worth.time_weighted,
        benchmark=BENCHMARK,
        benchmark_return=worth.benchmark_return,
        trades=len({id(one.trade) for one in book.executions if not one.is_expiry}),
        unpriced=unpriced,
        is_simulated=book.market.is_simulated,
        warnings=_warnings(book, unpriced),
    )


def _warnings(book: Reckoning, unpriced: Sequence[str]) -> list[str]:
    found: list[str] = []
    missing = len(book.shares.unmatched) + len(book.funds.unmatched)
    if missing:
        who, what = f"{missing} sales have no purchase", "they are"
        if missing == 1:
            who, what = "1 sale has no purchase", "it is"
        found.append(
            f"{who} in your files, so that {what} in no profit: upload the files of earlier years."
        )
    if unpriced:
        found.append(
            f"Valued at cost, as there is no price here: {len(unpriced)} of your instruments."
        )
    if any(one.is_estimated for one in book.executions):
        found.append("Charges are estimated where your files have none.")
    if book.market.is_simulated and book.executions:
        found.append("The market data is simulated: values and corporate actions are not real.")
    if any(_is_expired(lot, book.today) for lot in book.shares.lots):
        found.append(
            "Contracts have expired without a closing trade: their result is not counted until you "
            "state their settlement under Holdings."
        )
    if any(one.trade.symbol not in book.stated for one in book.settlements):
        found.append(
            "Contracts without a closing trade are settled at the close of their underlying on the "
            "day they expired: upload the missing files if you closed them before."
        )
    return found


def holdings(
    book: Reckoning,
) -> tuple[schemas.WealthHoldingsOut, dict[str, list[schemas.LotOut]]]:
    """Shares with the first of their lots, the largest value first; and all lots by instrument."""
    by_instrument: dict[str, list[OpenLot]] = defaultdict(list)
    for lot in book.shares.lots:
        if lot.kind is Kind.DELIVERY:
            by_instrument[lot.account.instrument].append(lot)
    whole = total(worth for _, worth in book.values)
    found = [_holding(book, name, lots, whole) for name, lots in by_instrument.items()]
    found.sort(key=lambda one: (-one.value, one.symbol))
    contracts = [
        _contract(lot, book.today) for lot in book.shares.lots if lot.kind is Kind.DERIVATIVE
    ]
    unmatched = [_unmatched(lot) for lot in (*book.shares.unmatched, *book.funds.unmatched)]
    body = schemas.WealthHoldingsOut(
        as_of=book.market.last_day,
        holdings=found,
        contract_count=len(contracts),
        contracts=contracts,
        settlement_count=len(book.settlements),
        unmatched_count=len(unmatched),
        unmatched=unmatched,
    )
    lots = {
        one.instrument: [_lot(lot, book.today) for lot in by_instrument[one.instrument]]
        for one in found
    }
    return body, lots


def _holding(
    book: Reckoning, instrument: str, lots: Sequence[OpenLot], whole: Decimal
) -> schemas.WealthHoldingOut:
    quantity, cost = total(lot.quantity for lot in lots), total(lot.value for lot in lots)
    price, before = book.market.last_two(instrument)
    value = cost if price is None else price * quantity
    long = [lot for lot in lots if long_term_from(lot.opened_on) <= book.today]
    return schemas.WealthHoldingOut(
        instrument=instrument,
        symbol=lots[-1].symbol,
        name=book.market.names.get(instrument, ""),
        sector=book.market.sectors.get(instrument, ""),
        quantity=quantity,
        average_price=(cost / quantity).quantize(_PRICE),
        cost=cost,
        price=price,
        value=value,
        unrealised=None if price is None else value - cost,
        day_profit=None if price is None or before is None else (price - before) * quantity,
        weight=float(value / whole) if whole else 0.0,
        long_term_quantity=total(lot.quantity for lot in long),
        by_account=_by_account(lots),
        lot_count=len(lots),
        lots=[_lot(lot, book.today) for lot in lots[:SHOWN_LOTS]],
    )


def _by_account(lots: Sequence[OpenLot]) -> list[schemas.AccountPartOut]:
    found: dict[tuple[str, str], list[OpenLot]] = defaultdict(list)
    for lot in lots:
        found[lot.account.broker, lot.account.account].append(lot)
    return [
        schemas.AccountPartOut(
            broker=broker, account=account, quantity=total(one.quantity for one in ones),
            cost=total(one.value for one in ones),
        )
        for (broker, account), ones in found.items()
    ]  # fmt: skip


def _lot(lot: OpenLot, today: date) -> schemas.LotOut:
    first = long_term_from(lot.opened_on)
    return schemas.LotOut(
        broker=lot.account.broker,
        account=lot.account.account,
        opened_on=lot.opened_on,
        quantity=lot.quantity,
        price=(lot.value / lot.quantity).quantize(_PRICE),
        cost=lot.value,
        charges=lot.charges,
        days=(today - lot.opened_on).days,
        is_long_term=first <= today,
        long_term_from=first,
        is_bonus=lot.is_bonus,
        is_short=lot.is_short,
        is_estimated=lot.is_estimated,
    )


def _contract(lot: OpenLot, today: date) -> schemas.OpenContractOut:
    return schemas.OpenContractOut(
        broker=lot.account.broker,
        account=lot.account.account,
        symbol=lot.symbol,
        expiry=lot.expiry,
        quantity=-lot.quantity if lot.is_short else lot.quantity,
        price=(lot.value / lot.quantity).quantize(_PRICE),
        opened_on=lot.opened_on,
        is_expired=_is_expired(lot, today),
    )


def _is_expired(lot: OpenLot, today: date) -> bool:
    return lot.expiry is not None and lot.expiry < today


def _unmatched(lot: OpenLot) -> schemas.UnmatchedOut:
    return schemas.UnmatchedOut(
        broker=lot.account.broker,
        account=lot.account.account,
        symbol=lot.symbol,
        sold_on=lot.opened_on,
        quantity=lot.quantity,
        proceeds=lot.value,
    )


def funds(book: Reckoning) -> list[schemas.FundOut]:
    """Each fund of each folio, also one that is sold."""
    found: list[schemas.FundOut] = []
    for account, history in book.funds.history.items():
        lots = [lot for lot in book.funds.lots if lot.account == account]
        pairs = [one for one in book.funds.matches if one.account == account]
        payouts = [
            one
            for one in book.payouts
            if one.folio == account.account and account.instrument in (one.isin, one.scheme)
        ]
        scheme = (lots or pairs)[-1].symbol
        nav_on, nav = book.navs.get(account.instrument, (None, None))
        units, cost = history[-1].quantity, history[-1].cost
        value = cost if nav is None else nav * units
        flows = [(lot.opened_on, -lot.value) for lot in lots]
        flows += [(one.bought_on, -one.cost) for one in pairs]
        flows += [(one.sold_on, one.proceeds) for one in pairs]
        flows += [(one.happened_on, abs(one.amount)) for one in payouts]
        found.append(
            schemas.FundOut(
                folio=account.account,
                instrument=account.instrument,
                isin=account.instrument if account.instrument != scheme else "",
                scheme=scheme,
                fund_class=book.classes.of(account.instrument, scheme).value,
                class_is_guess=book.classes.is_guess(account.instrument),
                guessed_class=fund_class(scheme).value,
                units=units,
                cost=cost,
                nav=nav,
                nav_on=nav_on,
                value=value,
                unrealised=value - cost,
                realised=total(one.profit for one in pairs),
                payouts=total(abs(one.amount) for one in payouts),
                xirr=xirr([*flows, (book.today, value)]),
            )
        )
    return sorted(found, key=lambda one: (-one.value, one.scheme, one.folio))


def realised(
    matches: Sequence[Match], years: Sequence[int], year: int | None
) -> schemas.RealisedOut:
    """The sums of a year's pairs, or of all; without the pairs."""
    by_kind: dict[str, Decimal] = defaultdict(Decimal)
    for one in matches:
        by_kind[one.kind.value] += one.profit
    return schemas.RealisedOut(
        fy=None if year is None else year_name(year),
        years=[year_name(one) for one in years],
        total=len(matches),
        profit=total(one.profit for one in matches),
        charges=total(one.charges for one in matches),
        by_kind=dict(by_kind),
        items=[],
    )


def match_out(one: Match) -> schemas.MatchOut:
    """One pair."""
    return schemas.MatchOut(
        kind=one.kind.value,
        broker=one.account.broker,
        account=one.account.account,
        symbol=one.symbol,
        bought_on=one.bought_on,
        sold_on=one.sold_on,
        days=one.days,
        quantity=one.quantity,
        cost=one.cost,
        proceeds=one.proceeds,
        charges=one.charges,
        profit=one.profit,
        is_short=one.is_short,
        is_bonus=one.is_bonus,
        is_estimated=one.is_estimated,
    )


def tax(book: Reckoning, report: TaxYear | None, years: Sequence[int]) -> schemas.TaxOut:
    """A year's report; without one, where nothing was realised yet, an empty body."""
    items = report.items if report else ()
    missing = sorted({item.match.symbol for item in items if item.lacks_price})
    sold = _funds_sold(book, report.year) if report else []
    others = [
        one
        for one in book.other_fund_matches
        if report is not None and financial_year(one.closed_on) == report.year
    ]
    return schemas.TaxOut(
        fy=year_name(report.year) if report else None,
        years=[year_name(one) for one in years],
        buckets=[
            schemas.BucketOut.model_validate(one) for one in (report.buckets if report else ())
        ],
        set_offs=[
            schemas.SetOffOut.model_validate(one) for one in (report.set_offs if report else ())
        ],
        speculative=_business(report.speculative) if report else None,
        derivatives=_business(report.derivatives) if report else None,
        exemption=report.exemption if report else NIL,
        tax=report.tax if report else NIL,
        losses_left={term.value: report.loss_left(term) for term in Term} if report else {},
        grandfathered=sum(item.is_grandfathered for item in items),
        without_price_2018=missing,
        is_estimated=any(item.match.is_estimated for item in items),
        other_funds=total(one.profit for one in others),
        funds=sold,
        notes=_tax_notes(items, missing, sold),
    )


def _funds_sold(book: Reckoning, year: int) -> list[schemas.SoldFundOut]:
    """The funds of which something was sold in a year, by name."""
    profits: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    without: set[tuple[str, str]] = set()
    for one in book.funds.matches:
        if financial_year(one.closed_on) == year:
            name = one.account.instrument, one.symbol
            profits[name] += one.profit
            if not book.has_rate(one):
                without.add(name)
    return [
        schemas.SoldFundOut(
            instrument=instrument,
            scheme=scheme,
            fund_class=book.classes.of(instrument, scheme).value,
            class_is_guess=book.classes.is_guess(instrument),
            guessed_class=fund_class(scheme).value,
            is_taxed_here=(instrument, scheme) not in without,
            profit=profit,
        )
        for (instrument, scheme), profit in sorted(profits.items(), key=lambda one: one[0][1])
    ]


def _tax_notes(
    items: Sequence[TaxItem], missing: Sequence[str], sold: Sequence[schemas.SoldFundOut]
) -> list[str]:
    found = ["Tax is before surcharge and cess. Losses of earlier years are not brought forward."]
    if missing:
        found.append(
            "The price of 31 January 2018 is not in the market data for some shares: their actual "
            "cost is used, and the tax may be lower."
        )
    if guesses := sum(one.class_is_guess for one in sold):
        found.append(
            f"The class of {guesses} of the {len(sold)} funds sold is guessed from its name: set "
            "it if the guess is wrong."
        )
    if any(not one.is_taxed_here for one in sold):
        found.append(
            "Some funds are in no figure, since it is not known how they are taxed: those that are "
            "neither equity, debt nor hybrid funds, and sales before 11 July 2014 of any but "
            "equity funds. Set the class of the fund if it is one of them."
        )
    if any(item.rate is None and item.term is Term.SHORT for item in items):
        found.append(
            "Short term gains on debt and hybrid funds are taxed at your slab, which is not known "
            "here: their tax is not in the sum, and losses relieve them after all other gains."
        )
    if any(item.is_indexed for item in items):
        found.append(
            "Gains at 20% of section 112 are those of sales until 22 July 2024, with the cost "
            "indexed to the year of the sale; later ones are at 12.5% without."
        )
    if any(item.section in ("112", "50AA") for item in items):
        found.append(
            "Debt funds are taken to have at most 35% in shares of Indian companies, hybrid funds "
            "35 to 65%, and units not to be listed on an exchange. An exemption for a house that "
            "was bought, and the choice of a value of 2001, are not reckoned."
        )
    return found


def _business(income: BusinessIncome) -> schemas.BusinessOut:
    return schemas.BusinessOut.model_validate(income)


def dividends(book: Reckoning) -> schemas.DividendsOut:
    """Dividends of shares and payouts of funds, the latest first."""
    found = [
        schemas.DividendOut(
            paid_by=one.symbol, account=one.account.account, on=one.ex_date,
            quantity=one.quantity, per_share=one.per_share, amount=one.amount,
        )
        for one in book.dividends
    ] + [
        schemas.DividendOut(
            paid_by=one.scheme, account=one.folio, on=one.happened_on, quantity=None,
            per_share=None, amount=abs(one.amount),
        )
        for one in book.payouts
    ]  # fmt: skip
    found.sort(key=lambda one: (one.on, one.paid_by), reverse=True)
    by_year: dict[str, Decimal] = defaultdict(Decimal)
    for one in found:
        by_year[year_name(financial_year(one.on))] += one.amount
    return schemas.DividendsOut(by_year=dict(by_year), total=len(found), items=found)


def net_worth(book: Reckoning, limit: int) -> schemas.NetWorthOut:
    """At most `limit` days, evenly spread, the first and the last among them."""
    worth = book.worth
    days = len(worth.dates)
    spread = np.linspace(0, days - 1, min(limit, days)) if days else np.array([])
    rows: list[int] = np.unique(spread.round().astype(int)).tolist()
    return schemas.NetWorthOut(
        benchmark=BENCHMARK,
        points=[
            schemas.WorthPointOut(
                on=worth.dates[row].item(),
                value=Decimal(repr(float(worth.value[row]))),
                invested=Decimal(repr(float(worth.invested[row]))),
                benchmark=_level(float(worth.benchmark[row]))
                if worth.benchmark is not None
                else None,
            )
            for row in rows
        ],
    )


def _level(close: float) -> Decimal | None:
    return None if np.isnan(close) else Decimal(repr(close))


def reconciliation(reports: Iterable[CashReport]) -> schemas.CashReconciliationOut:
    """The ledgers, each difference with what its kind means."""
    return schemas.CashReconciliationOut(accounts=[_cash(one) for one in reports])


def _cash(one: CashReport) -> schemas.CashOut:
    return schemas.CashOut(
        broker=one.broker,
        account=one.account,
        first=one.first,
        last=one.last,
        opening=one.opening,
        closing=one.closing,
        gap=one.gap,
        by_kind={kind.value: amount for kind, amount in one.by_kind.items()},
        book=one.book,
        settled=one.settled,
        differences=[
            schemas.CashDifferenceOut(
                kind=each.kind.value, amount=each.amount, days=each.days,
                meaning=MEANINGS[each.kind],
            )
            for each in one.differences
        ],
    )  # fmt: skip
