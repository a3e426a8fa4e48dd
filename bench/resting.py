"""What 1,000 resting orders cost a new one: orders a second beside them and without, in one run.

Half of what rests is in the instrument that is traded. Rounds with and without take turns, so that
both meet the same machine; everything is committed with full sync.

usage: resting.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import sys
import time

from setting import report
from trading import Trading, order, trading

from tradertape_server.features.execution.orders.run_ref import RunRef

SHARES, RESTING, LEGS, ORDERS, GATE_PCT = 10, 1_000, 50, 100, 20.0


def one_round(at: Trading, run: RunRef, name: str) -> float:
    """CPU milliseconds of an order: placed, filled and on disk."""
    freshen(at)
    began = time.process_time()
    for n in range(ORDERS):
        side = "SELL" if n % 2 else "BUY"
        at.execution.place(run, order(1, side, 1), key=f"{name}:{n:06d}")
    return (time.process_time() - began) / ORDERS * 1_000


def freshen(at: Trading) -> None:
    """Prices of now: the risk gate refuses to trade on old ones."""
    for share in range(1, SHARES + 1):
        at.market.trade(f"NSE:S{share}", "1000.00")


def rest(at: Trading, run: RunRef) -> list[str]:
    """A thousand limits far from the market: half in S1, the others in nine more shares."""
    made: list[str] = []
    for n in range(RESTING // LEGS):
        freshen(at)
        shares = [1 if leg % 2 else 2 + leg % 9 for leg in range(LEGS)]
        legs = [order(one, "BUY", 1, order_type="LIMIT", price=960.0) for one in shares]
        answer = at.execution.place_basket(run, legs, key=f"rest:{n:06d}")
        made += [leg["order_id"] for leg in answer.document["result"]["legs"]]
    assert at.execution.trader.resting == RESTING
    return made


def main(rounds: int) -> int:
    with trading(SHARES) as at:
        run = RunRef(account_id=at.account_id, run_id="bench-entry")
        resting = RunRef(account_id=at.account_id, run_id="bench-resting")
        one_round(at, run, "warm")
        without = [one_round(at, run, f"before-{n}") for n in range(rounds)]
        made = rest(at, resting)
        beside = [one_round(at, run, f"beside-{n}") for n in range(2 * rounds)]
        for order_id in made:
            at.execution.cancel("bench-resting", order_id)
        without += [one_round(at, run, f"after-{n}") for n in range(rounds)]
    slower = (statistics.median(beside) / statistics.median(without) - 1) * 100
    report(
        resting=RESTING,
        cpu_ms_without=round(statistics.median(without), 2),
        cpu_ms_beside=round(statistics.median(beside), 2),
        slower_pct=round(slower, 1),
        gate_pct=GATE_PCT,
    )
    return 0 if slower <= GATE_PCT else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
