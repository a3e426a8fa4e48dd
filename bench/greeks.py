"""A whole chain's volatilities and Greeks: ours at once beside vollib's option by option.

Both in one process, one core, on the same prices; the ratio is what carries over. Demands that the
two agree, and that ours is at least ten times as fast for each figure of a chain.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import setting
from vollib.black import black
from vollib.black.greeks import analytical
from vollib.black.implied_volatility import implied_volatility as their_volatility

from tradertape_core.options.greeks import black76_greeks, black76_price
from tradertape_core.options.implied import implied_volatility
from tradertape_core.options.surface import SURFACE

FORWARD, YEARS, RATE, LEVEL = 24_100.0, 6.2 / 365.0, 0.06, 0.14
STRIKES = np.tile(np.arange(22_000.0, 26_200.0, 25.0), 2)
CALLS = np.arange(STRIKES.size) < STRIKES.size // 2
FLAGS = ["c" if is_call else "p" for is_call in CALLS]
GREEKS = ("delta", "gamma", "theta", "vega", "rho")
LEAST = 10.0


def best_ms(work: Callable[[], object], *, repeats: int) -> float:
    """Median of several runs after one to warm up, milliseconds."""
    work()
    taken: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def their_volatilities(prices: np.ndarray) -> list[float]:
    return [
        their_volatility(price, FORWARD, strike, RATE, YEARS, flag)
        for price, strike, flag in zip(prices.tolist(), STRIKES.tolist(), FLAGS, strict=True)
    ]


def their_greeks(volatility: np.ndarray) -> list[tuple[float, ...]]:
    functions = [getattr(analytical, name) for name in GREEKS]
    rows = zip(STRIKES.tolist(), volatility.tolist(), FLAGS, strict=True)
    return [
        (
            black(flag, FORWARD, strike, YEARS, RATE, sigma),
            *(of(flag, FORWARD, strike, YEARS, RATE, sigma) for of in functions),
        )
        for strike, sigma, flag in rows
    ]


def main() -> None:
    machine = setting.machine()
    print(f"{machine.name}, {machine.cores} cores, Python {machine.python}, {machine.day}\n")
    volatility = SURFACE.volatility(FORWARD, STRIKES, YEARS, LEVEL)
    prices = black76_price(FORWARD, STRIKES, YEARS, volatility, RATE, CALLS)
    ours = black76_greeks(FORWARD, STRIKES, YEARS, volatility, RATE, CALLS)
    theirs = np.array(their_greeks(volatility))
    mine = np.column_stack([ours.price, *(getattr(ours, name) for name in GREEKS)])
    found = implied_volatility(prices, FORWARD, STRIKES, YEARS, RATE, CALLS)
    agree = np.allclose(mine, theirs, rtol=1e-8, atol=1e-8)
    agree &= bool(np.allclose(found, their_volatilities(prices), rtol=1e-6))

    print(f"{STRIKES.size} options\n")
    print("| figure | ours ms | vollib ms | times |")
    print("| --- | ---: | ---: | ---: |")
    ratios: list[float] = []
    for name, our_work, their_work in (
        (
            "price and five Greeks",
            lambda: black76_greeks(FORWARD, STRIKES, YEARS, volatility, RATE, CALLS),
            lambda: their_greeks(volatility),
        ),
        (
            "implied volatility",
            lambda: implied_volatility(prices, FORWARD, STRIKES, YEARS, RATE, CALLS),
            lambda: their_volatilities(prices),
        ),
    ):
        our_ms, their_ms = best_ms(our_work, repeats=30), best_ms(their_work, repeats=5)
        ratios.append(their_ms / our_ms)
        print(f"| {name} | {our_ms:,.2f} | {their_ms:,.2f} | {ratios[-1]:,.0f} |")
    least = min(ratios)
    verdict = "met" if least >= LEAST else "MISSED"
    print(f"\n* vollib / ours: {least:,.0f} (target {LEAST:.0f}) {verdict}")
    print(f"* the two agree: {'yes' if agree else 'NO'}")
    if not agree:
        sys.exit("ours and vollib disagree")


if __name__ == "__main__":
    main()
