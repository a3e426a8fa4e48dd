"""A split of what a portfolio holds: value unchanged to the paisa, and no false exit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.market.panel import Panel, Splits
from tradertape_core.portfolio.book import document, from_document
from tradertape_core.portfolio.daily import PaperBook, PaperTrading
from tradertape_core.portfolio.rescaling import rescaled
from tradertape_core.strategy.parse.document import complete, parse_strategy

DAYS = np.busday_offset("2024-01-01", np.arange(8)).astype("datetime64[D]")
PRICES = np.array([1000.0, 1003.0, 1001.0, 1004.0, 1002.0, 1003.0, 1001.0, 1000.0])


def panel(until: int, ratio: float = 1.0, at: int = 4) -> Panel:
    """Candles of two stocks up to a row; from row `at` on B is split, earlier prices adjusted."""
    close = np.stack([PRICES, PRICES / ratio], axis=1)[:until]
    splits = Splits(np.array([at]), np.array([1]), np.array([ratio])) if ratio != 1 else Splits(
        np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    )  # fmt: skip
    return Panel(
        dates=DAYS[:until], symbols=("A", "B"), open=close, high=close * 1.001, low=close * 0.999,
        close=close, volume=np.full(close.shape, 1e9), member=np.ones(close.shape, bool),
        sectors=("", ""), splits=splits, last_traded=DAYS[[-1, -1]],
    )  # fmt: skip


def trader(of: Panel, fill_model: str = "close") -> PaperTrading:
    strategy = parse_strategy(complete({
        "name": "Always", "base_model": "v1_momentum",
        "entry_rules": {"type": "compare", "left": {"type": "indicator", "name": "close"},
                        "op": ">", "right": {"type": "literal", "value": 0}},
        "exit_rules": [], "stops": {"stop_loss_pct": 8}, "entry": {"buffer_pct": 3},
    }))  # fmt: skip
    config = BacktestConfig(date(2024, 1, 1), date(2024, 12, 31), fill_model=fill_model,
                            position_size_pct=20)  # fmt: skip
    return PaperTrading(of, strategy, config)


def traded(rows: range, book: PaperBook, of: Panel, fill_model: str = "close") -> PaperBook:
    for row in rows:
        found = trader(of, fill_model).trade(book, DAYS[row].item(), set(), take_all=True)
        assert found.sales == ()
        book = from_document(document(found.book))
    return book


def value(book: PaperBook) -> int:
    """Cash and shares at their last close, in paise."""
    held = (round(one.num[k.LAST_CLOSE] * one.quantity * 100) for one in book.holdings)
    return book.cash + sum(held)


@pytest.mark.parametrize("ratio", [10.0, 2.0, 0.1])
def test_a_split_overnight_changes_no_value_and_stops_nothing(ratio):
    before = traded(range(4), PaperBook.opened(100_000_000), panel(4))
    after = traded(range(4, 8), before, panel(8, ratio))
    never = traded(range(4, 8), before, panel(8))
    assert value(rescaled(before, panel(8, ratio)).book) == value(before)
    if ratio > 1:  # otherwise a fraction was paid out before the price moved on
        assert abs(after.equity - never.equity) <= 1
    held, same = after.holding("B"), never.holding("B")
    assert held is not None
    assert same is not None
    assert held.quantity == int(same.quantity * ratio + 1e-9)
    assert held.num[k.STOP] == pytest.approx(same.num[k.STOP] / ratio)
    assert held.whole[k.INVESTED] == same.whole[k.INVESTED]
    assert after.holding("A") == never.holding("A")


def test_a_fraction_of_a_share_is_paid_in_cash():
    before = traded(range(4), PaperBook.opened(100_000_000), panel(4))
    held = before.holding("B")
    assert held is not None
    odd = replace(held, whole=(*held.whole[: k.QUANTITY], 15, *held.whole[k.QUANTITY + 1 :]))
    book = replace(before, holdings=(odd,))
    found = rescaled(book, panel(8, 0.1)).book
    assert found.holdings[0].quantity == 1
    assert found.cash - book.cash == round(0.5 * PRICES[3] * 10 * 100)


def test_a_book_that_was_traded_in_adjusted_prices_is_left_alone():
    adjusted = panel(8, 10.0)
    book = traded(range(3), PaperBook.opened(100_000_000), adjusted)
    assert rescaled(book, adjusted).ratios == {}


def test_an_entry_order_rests_at_the_price_after_the_split():
    book = traded(range(4), PaperBook.opened(100_000_000), panel(4), "gtt_touch")
    found = rescaled(book, panel(8, 10.0))
    assert found.ratios == {"B": 10.0}
    (before,), (after,) = (
        [one for one in each.resting if one.symbol == "B"] for each in (book, found.book)
    )
    assert after.trigger == pytest.approx(before.trigger / 10)
