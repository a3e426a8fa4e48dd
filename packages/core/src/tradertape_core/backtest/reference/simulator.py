"""The slow reference simulator: docs/fills.md in plain Python, one position and one day at a time.

It was written from the words of that page. It shares the evaluator, the charge rules in their
Decimal form and nothing else with the day loop of `kernel`: tests demand the same trades, charges,
cash and equity of both. It is for tests and for reading, not for use: some hundred times slower.
"""

from __future__ import annotations

from tradertape_core.backtest.config import (
    BacktestConfig,
    ExitReason,
    FlatCharges,
    Simulation,
    with_fill_model,
)
from tradertape_core.backtest.reference.book import Book
from tradertape_core.backtest.reference.buying import Buyer
from tradertape_core.backtest.reference.candles import Market, signals_by_day
from tradertape_core.backtest.reference.conditions import Conditions
from tradertape_core.backtest.reference.liquidity import Liquidity
from tradertape_core.backtest.reference.purse import Purse
from tradertape_core.backtest.reference.records import Records, part_of
from tradertape_core.backtest.reference.selling import Seller
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.ledger.charge_table import flat_table, table_for
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.entries import evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.language import rules

_ATR = rules.Indicator("atr", (("period", 14),))


def simulate_reference(
    panel: Panel,
    strategy: rules.Strategy,
    config: BacktestConfig,
    *,
    cache: IndicatorCache | None = None,
) -> Simulation:
    """Simulate as `simulate` does, from the words of docs/fills.md."""
    book = _book(panel, strategy, with_fill_model(config, strategy), cache)
    buyer, seller = Buyer(book), Seller(book)
    for day in range(panel.first, len(panel.dates)):
        _pay_dividends(book, panel, day)
        seller.at_open(day)
        if book.config.fill_model == "close":
            _trade_at_close(book, buyer, seller, day)
        else:
            _trade_at_open(book, buyer, seller, day)
        book.end_day(day)
    _mark_open_positions(book)
    return book.records.simulation()


def _trade_at_open(book: Book, buyer: Buyer, seller: Seller, day: int) -> None:
    """Steps 2 to 4 of `next_open` and `gtt_touch`."""
    is_last = day == len(book.market.dates) - 1
    places = book.config.fill_model == "gtt_touch"
    buyer.add_ons(day)
    if places:
        buyer.touch(day)
    elif day > book.market.first:
        buyer.signals(day - 1, day)
    seller.inside(day)
    for position, candle in book.with_candles(day):
        position.see(candle)
    seller.decide(day)
    if places and not is_last:
        buyer.place(day)


def _trade_at_close(book: Book, buyer: Buyer, seller: Seller, day: int) -> None:
    """Step 3, and what is decided and done at a close."""
    seller.inside(day)
    for position, candle in book.with_candles(day):
        position.see(candle)
    book.sold_today.clear()  # what was sold before the close bars no add-on at it
    seller.at_close(day)
    for position, candle in book.with_candles(day):
        if position.exit is None and position.number not in book.sold_today:
            position.adds = seller.may_add(day, position, candle)
            position.adds_half = book.halves(day)
    buyer.add_ons(day, at_close=True)
    buyer.signals(day, day, at_close=True)


def _book(
    panel: Panel, strategy: rules.Strategy, config: BacktestConfig, cache: IndicatorCache | None
) -> Book:
    evaluation = for_strategy(panel, strategy, cache=cache)
    entries = evaluate_entries(strategy, evaluation)
    market = Market(panel, evaluation.value(_ATR))
    capital = paise_from_rupees(config.starting_capital)
    terms = config.charges
    if isinstance(terms, FlatCharges):
        table = flat_table(terms.bps, terms.per_order, len(panel.dates))
    else:
        table = table_for(terms, panel.dates)
    records = Records(panel, capital)
    last = len(panel.dates) - (config.fill_model != "close")
    records.insufficient = int(entries.insufficient[panel.first : last].sum())
    return Book(
        strategy=strategy,
        config=config,
        market=market,
        signals=signals_by_day(entries, len(panel.dates)),
        regime_ok=entries.regime_ok,
        conditions=Conditions(evaluation),
        liquidity=Liquidity(panel, market, config),
        purse=Purse(config, market.dates, table, capital),
        records=records,
        equity=capital,
    )


def _pay_dividends(book: Book, panel: Panel, day: int) -> None:
    if not book.config.dividends:
        return
    paid = panel.dividends
    for at in (paid.row == day).nonzero()[0].tolist():
        for position in book.positions:
            if position.symbol == paid.symbol[at]:
                amount = paise_from_rupees(float(paid.amount[at]) * position.quantity)
                position.dividends += amount
                book.purse.cash += amount


def _mark_open_positions(book: Book) -> None:
    last = len(book.market.dates) - 1
    for position in list(book.positions):
        close = book.market.last_close(last, position.symbol)
        value = paise_from_rupees(close * position.quantity)
        book.records.trades.append(
            part_of(position, -1, close, position.quantity, value=value, reason=ExitReason.OPEN)
        )
