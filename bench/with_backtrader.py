"""The same rules in backtrader: `python bench/with_backtrader.py DAYS SYMBOLS`.

Orders are given at the open ("cheat on open"), for ours are sized by the open's price. Its limit
orders do not slip, so targets earn it 5 bps more and quantities drift apart; days are the same.
"""

from __future__ import annotations

import math
import sys
import time

import backtrader as bt
import numpy as np
import pandas as pd
import setting

SLIP, FEE = setting.SLIPPAGE_BPS / 1e4, setting.FEE_BPS / 1e4
UP, DOWN = 1 + setting.TARGET_PCT / 100, 1 - setting.STOP_PCT / 100


class Dip(bt.Strategy):
    def __init__(self) -> None:
        self.average = [bt.ind.SMA(feed.close, period=20) for feed in self.datas]
        self.strength = [bt.ind.RSI_Safe(feed.close, period=14) for feed in self.datas]
        self.equity = setting.CAPITAL
        self.held: dict[int, dict] = {}
        self.found: list[setting.Trade] = []

    def next_open(self) -> None:
        # The candles have moved on to today, the strategy and its indicators not yet.
        today = len(self.datas[0]) - 1
        cash = self.broker.getcash()
        was_held = set(self.held)
        for column in was_held:
            feed, position = self.datas[column], self.held[column]
            position["bars"] += 1
            price = feed.open[0]
            if (
                not position["stop"] < price < position["target"]
                or position["bars"] >= setting.BARS
            ):
                for order in position["orders"]:
                    self.cancel(order)
                self.sell(feed, size=position["size"])
                cash += position["size"] * price * (1 - SLIP) * (1 - FEE)
                self.leave(column, today)
        self.enter(today, cash, was_held)

    def enter(self, today: int, cash: float, was_held: set[int]) -> None:
        sectors = [column % setting.SECTORS for column in self.held]
        ranked = sorted((self.strength[column][0], column) for column in range(len(self.datas)))
        for strength, column in ranked:
            if strength >= setting.OVERSOLD or len(self.held) >= setting.SLOTS:
                break
            feed, sector = self.datas[column], column % setting.SECTORS
            is_dip = feed.close[-1] < self.average[column][0] * setting.DIP
            if not is_dip or column in was_held or sectors.count(sector) >= setting.A_SECTOR:
                continue
            price = feed.open[0] * (1 + SLIP)
            budget = min(cash, self.equity * setting.SIZE_PCT / 100)
            size = math.floor(budget / (price * (1 + FEE)))
            if size < 1:
                continue
            cash -= size * price * (1 + FEE)
            self.buy(feed, size=size)
            stop, target = price * DOWN, price * UP
            guard = self.sell(feed, size=size, exectype=bt.Order.Stop, price=stop)
            aim = self.sell(feed, size=size, exectype=bt.Order.Limit, price=target, oco=guard)
            self.held[column] = {
                "bars": 0, "size": size, "stop": stop, "target": target, "row": today,
                "orders": (guard, aim),
            }  # fmt: skip
            sectors.append(sector)

    def next(self) -> None:
        for column in list(self.held):
            if any(order.status == bt.Order.Completed for order in self.held[column]["orders"]):
                self.leave(column, len(self) - 1)
        self.equity = self.broker.getvalue()

    def leave(self, column: int, today: int) -> None:
        position = self.held.pop(column)
        self.found.append((column, position["row"], today, position["size"]))


def build(days: int, symbols: int) -> bt.Cerebro:
    panel = setting.market(days, symbols)
    engine = bt.Cerebro(cheat_on_open=True, stdstats=False)
    engine.addstrategy(Dip)
    index = pd.DatetimeIndex(panel.dates)
    for column in range(symbols):
        names = ("open", "high", "low", "close", "volume")
        frame = pd.DataFrame({name: getattr(panel, name)[:, column] for name in names}, index=index)
        engine.adddata(bt.feeds.PandasData(dataname=frame))
    engine.broker.setcash(setting.CAPITAL)
    engine.broker.setcommission(commission=FEE)
    engine.broker.set_slippage_perc(SLIP, slip_open=True, slip_match=True, slip_out=True)
    engine.broker.set_checksubmit(False)
    return engine


def main(days: int, symbols: int) -> None:
    engine = build(days, symbols)
    start = time.perf_counter()
    # The strategy waits for its longest average, 20 bars, before it is asked; ours begins earlier
    # and finds nothing there, for without an average there is no signal.
    strategy = engine.run()[0]
    took_ms = (time.perf_counter() - start) * 1_000
    trades = sorted(trade for trade in strategy.found if not np.isnan(trade[3]))
    setting.report(engine="backtrader", trades=trades, warm_ms=took_ms, first_ms=took_ms)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
