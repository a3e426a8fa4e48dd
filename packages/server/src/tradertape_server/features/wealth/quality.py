"""What is missing or uncertain in a person's files: totals, days, purchases, charges, prices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tradertape_core.wealth.executions import NIL, Kind, total
from tradertape_core.wealth.lots import OpenLot
from tradertape_core.wealth.statements.quality import ImportedFile, Period, gaps_between
from tradertape_server.features.wealth import schemas
from tradertape_server.features.wealth.reckoning import Reckoning

SHOWN = 200


def quality(book: Reckoning) -> schemas.QualityOut:
    """Judge the files by what the book could not do with them."""
    checks = _checks(book.files)
    gaps = [
        schemas.QualityGapOut(
            broker=one.broker, account=one.account, segment=one.segment, first=one.first,
            last=one.last,
        )
        for one in gaps_between(_periods(book.files))
    ]  # fmt: skip
    unmatched = _unmatched((*book.shares.unmatched, *book.funds.unmatched))
    unknown = _unknown(book)
    return schemas.QualityOut(
        is_good=not (gaps or unmatched or unknown or any(one.is_off for one in checks)),
        files=len(book.files),
        checks=checks[:SHOWN],
        gaps=gaps[:SHOWN],
        unmatched_count=len(unmatched),
        unmatched=unmatched[:SHOWN],
        estimates=_estimates(book),
        unknown_count=len(unknown),
        unknown=unknown[:SHOWN],
    )


def _checks(files: Iterable[ImportedFile]) -> list[schemas.QualityCheckOut]:
    """Totals that differ first."""
    found = [
        schemas.QualityCheckOut(
            upload_id=file.upload_id, file=file.name, name=one.name, stated=one.stated,
            parsed=one.parsed, difference=one.difference, is_off=one.is_off,
        )
        for file in files
        for one in file.totals
    ]  # fmt: skip
    return sorted(found, key=lambda one: not one.is_off)


def _periods(files: Iterable[ImportedFile]) -> list[Period]:
    return [
        Period(one.broker, one.account, one.segment or one.kind, one.first, one.last)
        for one in files
        if one.first is not None and one.last is not None and one.kind != "cas"
    ]


def _unmatched(lots: Sequence[OpenLot]) -> list[schemas.QualityUnmatchedOut]:
    """By share, the largest proceeds first."""
    by_symbol: dict[str, list[OpenLot]] = defaultdict(list)
    for lot in lots:
        by_symbol[lot.symbol].append(lot)
    found = [
        schemas.QualityUnmatchedOut(
            symbol=symbol,
            on=min(one.opened_on for one in ones),
            quantity=total(one.quantity for one in ones),
            proceeds=total(one.value for one in ones),
        )
        for symbol, ones in by_symbol.items()
    ]
    return sorted(found, key=lambda one: (-one.proceeds, one.symbol))


def _estimates(book: Reckoning) -> list[schemas.QualityEstimateOut]:
    executions, estimated = Counter[str](), Counter[str]()
    charges: dict[str, Decimal] = defaultdict(lambda: NIL)
    for one in book.executions:
        executions[one.trade.broker] += 1
        if one.is_estimated:
            estimated[one.trade.broker] += 1
            charges[one.trade.broker] += one.charges
    return [
        schemas.QualityEstimateOut(
            broker=broker, estimated=count, executions=executions[broker], charges=charges[broker]
        )
        for broker, count in sorted(estimated.items())
    ]


def _unknown(book: Reckoning) -> list[str]:
    """Shares that the market data does not have, by the symbol of the latest trade."""
    symbols = {
        one.instrument: one.trade.symbol
        for one in book.executions
        if one.kind is not Kind.DERIVATIVE and one.instrument not in book.market.closes
    }
    return sorted(set(symbols.values()))
