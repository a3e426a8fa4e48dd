"""Members' books put together, as one of the family may see them.

Rupees and quantities are summed over members who share amounts in full. Whoever shares
percentages, or whose stored quantities are scaled by a private factor, is in no sum: a scaled
rupee added to a real one would be a wrong number that looks right, and a share of the total would
tell the amount.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tradertape_core.wealth.executions import NIL, total
from tradertape_core.wealth.family import (
    Amounts,
    Consolidated,
    FundRow,
    HeldFund,
    HeldShare,
    MemberBook,
    MemberPart,
    MemberView,
    Part,
    PositionRow,
    ShareRow,
    Totals,
    shown_to,
)
from tradertape_core.wealth.returns import xirr

STALE_AFTER = timedelta(days=1)
EQUITY, MUTUAL_FUNDS, CASH = "equity", "mutual_funds", "cash"
NO_SECTOR = "Other"
_HUNDRED = Decimal(100)
_PERCENT = Decimal("0.01")


def consolidate(viewer: int, books: Iterable[MemberBook], now: datetime) -> Consolidated:
    """Put the books of a family together as `viewer` may see them."""
    seen = _with_one_key([shown_to(viewer, book) for book in books])
    full = [book for book in seen if book.sharing.amounts is Amounts.FULL]
    totals = _totals(full)
    return Consolidated(
        totals=totals,
        members=[_member(book, totals.net_worth, now) for book in seen],
        holdings=_holdings(seen, totals.equity + totals.mutual_funds),
        funds=_funds(seen, totals.equity + totals.mutual_funds),
        positions=[PositionRow(book.user_id, one) for book in full for one in book.positions],
        by_asset=_parts(
            (EQUITY, totals.equity), (MUTUAL_FUNDS, totals.mutual_funds), (CASH, totals.cash)
        ),
        by_sector=_parts(*((s.sector or NO_SECTOR, s.value) for b in full for s in b.shares)),
        by_member=_parts(*((book.name, _net_worth(book)) for book in full)),
        by_broker=_parts(*(part for book in full for part in _at_brokers(book))),
        warnings=[text for book in seen for text in _warnings(book, viewer, now)],
    )


def _with_one_key(books: Sequence[MemberBook]) -> list[MemberBook]:
    """A row that states no ISIN is of the share that another row of its symbol states."""
    known = {
        share.symbol: share.instrument
        for book in books
        for share in book.shares
        if share.instrument != share.symbol
    }
    return [
        replace(
            book,
            shares=[replace(s, instrument=known.get(s.symbol, s.instrument)) for s in book.shares],
        )
        for book in books
    ]


def _totals(full: Sequence[MemberBook]) -> Totals:
    shares = [share for book in full for share in book.shares]
    funds = [fund for book in full for fund in book.funds]
    equity, in_funds = total(s.value for s in shares), total(f.value for f in funds)
    cash = total(amount for book in full for _, amount in book.cash)
    invested = total(s.cost for s in shares) + total(f.cost for f in funds)
    day_profit = total(s.day_profit or NIL for s in shares)
    return Totals(
        net_worth=equity + in_funds + cash,
        equity=equity,
        mutual_funds=in_funds,
        cash=cash,
        invested=invested,
        unrealised=equity + in_funds - invested,
        day_profit=day_profit,
        day_profit_pct=_pct(day_profit, equity - day_profit),
        positions_profit=total(one.profit for book in full for one in book.positions),
        xirr_pct=_rate(_together(full)),
    )


def _together(full: Sequence[MemberBook]) -> float | None:
    """The rate of all payments together: rates of two people cannot be averaged. None where those
    of somebody who has shares or funds are not known: it would be the others'."""
    owners = [book for book in full if book.shares or book.funds]
    if len(owners) == 1:
        return owners[0].xirr
    if not all(book.flows for book in owners):
        return None
    return xirr([flow for book in owners for flow in book.flows])


def _member(book: MemberBook, whole: Decimal, now: datetime) -> MemberView:
    sharing = book.sharing
    is_full = sharing.amounts is Amounts.FULL
    own = _net_worth(book)
    equity = total(share.value for share in book.shares)
    day = total(share.day_profit or NIL for share in book.shares)
    by_asset = _parts(
        (EQUITY, equity),
        (MUTUAL_FUNDS, total(fund.value for fund in book.funds)),
        (CASH, total(amount for _, amount in book.cash)),
    )
    return MemberView(
        user_id=book.user_id,
        name=book.name,
        amounts=sharing.amounts,
        is_scaled=book.is_scaled,
        is_stale=_is_stale(book, now),
        last_sync=book.last_sync,
        net_worth=own if is_full else None,
        day_profit=day if is_full else None,
        day_profit_pct=_pct(day, equity - day),
        share_pct=_pct(own, whole) if is_full else None,
        xirr_pct=_rate(book.xirr),
        by_asset=by_asset if is_full else [replace(part, value=None) for part in by_asset],
        sources=book.sources,
    )


def _holdings(seen: Sequence[MemberBook], whole: Decimal) -> list[ShareRow]:
    rows: dict[str, list[tuple[MemberBook, HeldShare]]] = defaultdict(list)
    for book in seen:
        for share in book.shares:
            rows[share.instrument].append((book, share))
    found = [_share_row(held, whole) for held in rows.values()]
    return sorted(found, key=lambda row: (-(row.value or NIL), row.symbol))


def _share_row(held: Sequence[tuple[MemberBook, HeldShare]], whole: Decimal) -> ShareRow:
    shares = [share for _, share in held]
    summed = [share for book, share in held if book.sharing.amounts is Amounts.FULL]
    quantity, cost = total(s.quantity for s in summed), total(s.cost for s in summed)
    value = total(share.value for share in summed)
    days = [share.day_profit for share in summed if share.day_profit is not None]
    prices = [share.price for share in shares if share.price is not None]
    is_summed, is_priced = bool(summed), any(share.price is not None for share in summed)
    return ShareRow(
        symbol=shares[0].symbol,
        isin=next((share.isin for share in shares if share.isin), ""),
        name=next((share.name for share in shares if share.name), ""),
        sector=next((share.sector for share in shares if share.sector), ""),
        price=prices[-1] if prices else None,
        quantity=quantity if is_summed else None,
        average_price=cost / quantity if quantity else None,
        cost=cost if is_summed else None,
        value=value if is_summed else None,
        profit=value - cost if is_priced else None,
        day_profit=total(days) if days else None,
        weight_pct=_pct(value, whole) if is_summed else None,
        by_member=_by_member((book, share.quantity, share.value) for book, share in held),
    )


def _funds(seen: Sequence[MemberBook], whole: Decimal) -> list[FundRow]:
    rows: dict[str, list[tuple[MemberBook, HeldFund]]] = defaultdict(list)
    for book in seen:
        for fund in book.funds:
            rows[fund.isin or fund.scheme].append((book, fund))
    found = [_fund_row(held, whole) for held in rows.values()]
    return sorted(found, key=lambda row: (-(row.value or NIL), row.scheme))


def _fund_row(held: Sequence[tuple[MemberBook, HeldFund]], whole: Decimal) -> FundRow:
    funds = [fund for _, fund in held]
    summed = [fund for book, fund in held if book.sharing.amounts is Amounts.FULL]
    is_summed = bool(summed)
    value = total(fund.value for fund in summed)
    return FundRow(
        isin=funds[0].isin,
        scheme=funds[0].scheme,
        nav=next((fund.nav for fund in funds if fund.nav is not None), None),
        units=total(fund.units for fund in summed) if is_summed else None,
        cost=total(fund.cost for fund in summed) if is_summed else None,
        value=value if is_summed else None,
        weight_pct=_pct(value, whole) if is_summed else None,
        xirr_pct=_rate(funds[0].xirr) if len(funds) == 1 else None,
        by_member=_by_member((book, fund.units, fund.value) for book, fund in held),
    )


def _by_member(held: Iterable[tuple[MemberBook, Decimal, Decimal]]) -> list[MemberPart]:
    books: dict[int, MemberBook] = {}
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for book, quantity, value in held:
        before = sums.get(book.user_id, (NIL, NIL))
        books[book.user_id] = book
        sums[book.user_id] = before[0] + quantity, before[1] + value
    found: list[MemberPart] = []
    for user_id, (quantity, value) in sums.items():
        book = books[user_id]
        is_full = book.sharing.amounts is Amounts.FULL
        found.append(
            MemberPart(
                user_id=user_id,
                quantity=quantity if is_full else None,
                value=value if is_full else None,
                weight_pct=_pct(value, _invested_worth(book)) or NIL,
            )
        )
    return found


def _at_brokers(book: MemberBook) -> list[tuple[str, Decimal]]:
    """Shares and cash by broker; funds are at their registrars."""
    return [(share.broker, share.value) for share in book.shares] + list(book.cash)


def _invested_worth(book: MemberBook) -> Decimal:
    return total(s.value for s in book.shares) + total(f.value for f in book.funds)


def _net_worth(book: MemberBook) -> Decimal:
    return _invested_worth(book) + total(amount for _, amount in book.cash)


def _parts(*named: tuple[str, Decimal]) -> list[Part]:
    """Parts by name, the largest first; percentages of what is above zero."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for name, value in named:
        sums[name] += value
    whole = total(value for value in sums.values() if value > 0)
    found = [
        Part(name, value, (_pct(value, whole) or NIL) if value > 0 else NIL)
        for name, value in sums.items()
        if value
    ]
    return sorted(found, key=lambda part: (-(part.value or NIL), part.name))


def _is_stale(book: MemberBook, now: datetime) -> bool:
    return book.last_sync is not None and now - book.last_sync > STALE_AFTER


def _warnings(book: MemberBook, viewer: int, now: datetime) -> list[str]:
    whose, who = ("Your", "you") if book.user_id == viewer else (f"{book.name}'s", book.name)
    found = [f"{whose} {note}" for note in book.notes]
    if book.last_sync is not None and _is_stale(book, now):
        days = (now - book.last_sync).days
        found.append(f"{whose} data is {days} day{'s' if days > 1 else ''} old")
    if book.is_scaled and book.sharing.amounts is not Amounts.HIDDEN:
        found.append(f"{whose} quantities are obfuscated: percentages only, in no rupee sum")
    elif book.sharing.amounts is Amounts.PERCENT:
        found.append(f"{whose} amounts are shared as percentages only, in no rupee sum")
    elif book.sharing.amounts is Amounts.HIDDEN:
        found.append(f"{who} shares no figures")
    unpriced = sum(share.price is None for share in book.shares)
    if unpriced and book.sharing.amounts is Amounts.FULL:
        found.append(f"{whose} book has {unpriced} shares without a price, valued at cost")
    return found


def _pct(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part / whole * _HUNDRED).quantize(_PERCENT) if whole > 0 else None


def _rate(rate: float | None) -> Decimal | None:
    return None if rate is None else (Decimal(repr(rate)) * _HUNDRED).quantize(_PERCENT)
