"""What each execution cost: as the file states it, else estimated by the tables of the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.kernel.money import Price
from tradertape_core.ledger.charges import Leg, charges_for, demat_of
from tradertape_core.ledger.statutory import Exchange
from tradertape_core.ledger.statutory import Segment as Charged
from tradertape_core.ledger.tariffs import SCHEDULES, ChargeSchedule, Tariff, tariff_on
from tradertape_core.wealth.executions import NIL, Execution, Kind, part_of
from tradertape_core.wealth.records import Segment

_TARIFF_OF = {"kite": "zerodha", "upstox": "upstox", "groww": "groww"}
_EXCHANGES: dict[str, Exchange] = {"NSE": "NSE", "NFO": "NSE", "BSE": "BSE", "BFO": "BSE"}
_PAISA = Decimal("0.01")
_TAXES_ALONE = (Tariff(date(2010, 1, 1), "no brokerage: the broker's tariff is not known"),)
Order = tuple[str, str, str, str, Charged, str, date]


def with_charges(executions: Sequence[Execution]) -> list[Execution]:
    """Return the executions, in their order, with what they cost.

    Charges of the file are kept, shared by quantity between the parts of one trade; the
    transaction tax inside them is taken from the tables. Where the file is silent, an order's
    charges are estimated by the broker's tariff and the statutory rates of the day, shared by
    value and flagged, with the depository's charge once for each share and day sold. A broker
    without a tariff is charged taxes and fees alone. Currency and commodity contracts have no
    table: nothing is added, and that is flagged too.
    """
    found = list(executions)
    orders: dict[Order, list[int]] = defaultdict(list)
    for place, one in enumerate(found):
        segment = _segment(one)
        if segment is None or one.trade.exchange not in _EXCHANGES:
            found[place] = _as_stated(one, NIL)
        else:
            orders[_order(one, segment)].append(place)
    for order, places in orders.items():
        _charge_order(order, places, found)
    _charge_depository(found)
    return found


def _order(one: Execution, segment: Charged) -> Order:
    trade = one.trade
    number = trade.order_id or f"trade:{trade.trade_id}"
    return (
        trade.broker, trade.account, trade.exchange, one.instrument, segment,
        f"{trade.side.value}{number}", trade.traded_on,
    )  # fmt: skip


def _segment(one: Execution) -> Charged | None:
    if one.kind is Kind.INTRADAY:
        return "intraday"
    if one.kind is Kind.DELIVERY:
        return "delivery"
    if one.trade.segment is not Segment.DERIVATIVES:
        return None
    return "options" if one.trade.symbol.endswith(("CE", "PE")) else "futures"


def _schedule(broker: str, segment: Charged) -> ChargeSchedule:
    tariff = _TARIFF_OF.get(broker, broker)
    name = (
        f"{tariff}_{segment}"
        if segment in ("futures", "options")
        else (f"{tariff}_equity_{segment}")
    )
    return SCHEDULES.get(name) or ChargeSchedule(broker, broker, segment, _TAXES_ALONE)


def _charge_order(order: Order, places: list[int], found: list[Execution]) -> None:
    broker, _, exchange, _, segment, _, day = order
    values = [found[place].value for place in places]
    side = found[places[0]].trade.side
    leg = Leg("BUY" if side == "BUY" else "SELL", Price(sum(values, NIL)), 1)
    costs = charges_for(_schedule(broker, segment), day, [leg], exchange=_EXCHANGES[exchange])
    total, stt = Decimal(costs.total) / 100, Decimal(costs.stt) / 100
    for place, whole, tax in zip(places, shared(total, values), shared(stt, values), strict=True):
        one = found[place]
        if one.trade.charges is None:
            found[place] = replace(one, charges=whole, stt=tax, is_estimated=True)
        else:
            found[place] = _as_stated(one, tax)


def _as_stated(one: Execution, stt: Decimal) -> Execution:
    stated = one.trade.charges
    if stated is None:
        return replace(one, is_estimated=True)
    whole = one.trade.quantity
    if one.kind is Kind.DELIVERY:  # a trade's two parts add up to what the file states
        part = stated - part_of(stated, whole - one.quantity, whole)
    else:
        part = part_of(stated, one.quantity, whole)
    return replace(one, charges=part, stt=min(stt, part))


def _charge_depository(found: list[Execution]) -> None:
    """The depository's charge, on the first estimated delivery sale of a share and day."""
    sold: dict[tuple[str, str, str, date], list[int]] = defaultdict(list)
    for place, one in enumerate(found):
        if one.kind is Kind.DELIVERY and not one.is_buy and one.trade.charges is None:
            sold[one.trade.broker, one.trade.account, one.instrument, one.day].append(place)
    for (broker, _, _, day), places in sold.items():
        value = sum((found[place].value for place in places), NIL)
        tariff = tariff_on(_schedule(broker, "delivery").tariffs, day)
        fee = Decimal(demat_of(tariff, value)) / 100
        first = found[places[0]]
        found[places[0]] = replace(first, charges=first.charges + fee, is_estimated=True)


def shared(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Share an amount of rupees by weight, to the paisa; the parts add up to it exactly."""
    total = sum(weights, NIL)
    if len(weights) == 1 or not total:
        return [amount, *[NIL] * (len(weights) - 1)]
    parts: list[Decimal] = []
    given = seen = NIL
    for weight in weights:
        seen += weight
        until = (amount * seen / total).quantize(_PAISA, ROUND_HALF_UP) if seen != total else amount
        parts.append(until - given)
        given = until
    return parts
