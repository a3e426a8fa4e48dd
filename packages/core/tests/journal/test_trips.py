"""Round trips by hand, and against the book of lots on random histories."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.journal.trips import RoundTrip, round_trips
from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import Side
from tradertape_core.wealth.executions import Execution, Kind, split_by_kind
from tradertape_core.wealth.instruments import ActionKind, ShareAction
from tradertape_core.wealth.lots import build_book
from tradertape_core.wealth.records import BookTrade, Segment

D = Decimal
START = date(2024, 1, 1)


def trade(
    side: str, quantity: object, price: object, day: int, number: int = 0, *,
    segment: Segment = Segment.EQUITY, **more: object,
) -> BookTrade:  # fmt: skip
    on = START + timedelta(days=day)
    made: dict[str, object] = {
        "broker": "kite", "account": "AB0001", "exchange": "NSE", "symbol": "INFY",
        "isin": "INE009A01021", "trade_id": str(number or day * 100 + 1),
        "at": datetime(on.year, on.month, on.day, 10, 15, tzinfo=IST),
    } | more  # fmt: skip
    return BookTrade(
        segment=segment, side=Side(side), quantity=D(str(quantity)), price=D(str(price)),
        traded_on=on, **made,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


def trips(*trades: BookTrade) -> list[RoundTrip]:
    return round_trips(split_by_kind(trades))


def test_scaling_in_and_out_is_one_trip() -> None:
    [one] = trips(
        trade("BUY", 10, 100, 0), trade("BUY", 10, 120, 1), trade("SELL", 5, 130, 2),
        trade("SELL", 15, 140, 5),
    )  # fmt: skip
    assert (one.quantity, one.value, one.closing_value) == (20, 2200, 2750)
    assert (one.gross, one.net, one.days, one.trades, one.is_short) == (550, 550, 5, 4, False)
    assert one.opened_at is not None


def test_a_contract_sold_first_is_short_and_a_flip_is_two_trips() -> None:
    first, second = trips(
        trade("SELL", 50, 200, 0, segment=Segment.DERIVATIVES),
        trade("BUY", 80, 150, 1, segment=Segment.DERIVATIVES),
        trade("SELL", 30, 160, 2, segment=Segment.DERIVATIVES),
    )
    assert (first.is_short, first.gross, first.closed_on) == (True, 2500, START + timedelta(days=1))
    assert (second.is_short, second.quantity, second.gross) == (False, 30, 300)
    assert first.key != second.key


def test_intraday_and_delivery_of_one_day_are_trips_of_their_own() -> None:
    intraday, delivered = sorted(
        trips(trade("BUY", 15, 100, 0, 1), trade("SELL", 10, 104, 0, 2)), key=lambda t: t.quantity
    )[::-1]
    assert (intraday.kind, intraday.gross, intraday.days) == (Kind.INTRADAY, 40, 0)
    assert (delivered.kind, delivered.quantity, delivered.net) == (Kind.DELIVERY, 5, None)


def test_a_split_while_held_leaves_one_trip_and_its_money() -> None:
    executions = split_by_kind([trade("BUY", 10, 500, 0), trade("SELL", 50, 110, 9)])
    split = ShareAction(
        symbol="INFY", ex_date=START + timedelta(days=3), kind=ActionKind.SPLIT, new=5, old=1
    )
    [one] = round_trips(executions, {executions[0].instrument: [split]})
    assert (one.gross, one.closed_on) == (500, START + timedelta(days=9))


def test_shares_delivered_without_a_purchase_belong_to_no_trip() -> None:
    assert trips(trade("SELL", 10, 100, 0)) == []
    [one] = trips(trade("BUY", 4, 100, 0), trade("SELL", 10, 110, 1))
    assert (one.quantity, one.closing_value, one.gross) == (4, 440, 40)


def test_charges_go_with_the_part_they_belong_to() -> None:
    def cost(side: str, quantity: int, charges: str, day: int) -> Execution:
        of = trade(side, quantity, 100, day, segment=Segment.DERIVATIVES)
        return Execution(of, "NIFTY", Kind.DERIVATIVE, of.quantity, D(charges))

    first, second = round_trips([cost("SELL", 10, "5", 0), cost("BUY", 40, "8", 1)])
    assert (first.charges, first.net, second.charges) == (7, -7, 6)


@settings(max_examples=settings.default.max_examples)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(0, 12)), max_size=30))
def test_closed_trips_earn_what_the_lots_earn(steps: list[tuple[bool, int, int]]) -> None:
    """Where everything is closed at the end, both reckonings have the same profit."""
    trades = [
        trade(
            "BUY" if is_buy else "SELL", quantity, 100 + number, day, number + 1,
            segment=Segment.DERIVATIVES,
        )
        for number, (is_buy, quantity, day) in enumerate(steps)
    ]  # fmt: skip
    held = sum((one.quantity if one.side is Side.BUY else -one.quantity for one in trades), D(0))
    if held:
        side = "SELL" if held > 0 else "BUY"
        trades.append(trade(side, abs(held), 90, 20, 99, segment=Segment.DERIVATIVES))
    executions = split_by_kind(trades)
    found = round_trips(executions)
    assert all(one.closed_on for one in found)
    profits = sum((one.gross or D(0) for one in found), D(0))
    assert profits == sum((one.profit for one in build_book(executions).matches), D(0))
    assert len({one.key for one in found}) == len(found)
    assert [one.key for one in round_trips(split_by_kind(trades[::-1]))] == [
        one.key for one in found
    ]
