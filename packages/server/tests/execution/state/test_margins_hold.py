"""No order takes an account's free funds below zero, and every cap holds when all that rests fills.

Two runs of one account trade against each other's margin, at prices that move; what a run may hold
is worked out here anew, from its positions and open orders alone.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from tradertape_core.ledger.position import key_of
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Product
from tradertape_core.risk.rules import RiskLimits
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.orders.risk_facts import Risk
from tradertape_server.features.execution.service import ExecutionService, RunRef, Settings
from tradertape_server.platform.errors import ApiError

CAP_PAISE = 4_00_000_00
OPENING_PAISE = 5_00_000_00
CALL, PUT, FUTURE = "NIFTY2610624000CE", "NIFTY2610624000PE", "NIFTY26106FUT"
LOT = 65
PRICES = {"INFY": 1500, "TCS": 3000, CALL: 300, PUT: 280, FUTURE: 24000}
MARGIN_DENIALS = {"insufficient_margin", "allocation_cap_reached"}


@dataclass
class Account:
    """An account of two runs, the second of them capped, and what became of its orders."""

    execution: ExecutionService
    market: Any
    settle: Callable[..., None]
    account_id: int
    random: random.Random
    told: Counter[str] = field(default_factory=Counter)
    _keys: int = 0

    def __post_init__(self) -> None:
        capped = Risk(limits=RiskLimits(allocation_paise=CAP_PAISE, price_band_pct=None))
        free = Risk(limits=RiskLimits(price_band_pct=None))
        self.runs = [
            RunRef(account_id=self.account_id, run_id="free", risk=free),
            RunRef(account_id=self.account_id, run_id="capped", risk=capped),
        ]
        for symbol, price in PRICES.items():
            self.market.trade(_id(symbol), f"{price}.00")

    @property
    def available(self) -> int:
        return self.execution.funds(self.account_id).available_paise

    def step(self) -> None:
        kinds = {self.place: 12, self.basket: 3, self.change: 3, self.quote: 4, self.exit: 1}
        self.random.choices(list(kinds), list(kinds.values()))[0]()

    def place(self) -> None:
        run = self.random.choice(self.runs)
        self._command(run, lambda key: self.execution.place(run, self._order(), key=key))

    def basket(self) -> None:
        run, legs = self.random.choice(self.runs), [self._order() for _ in range(2)]
        self._command(run, lambda key: self.execution.place_basket(run, legs, key=key))

    def change(self) -> None:
        run = self.random.choice(self.runs)
        resting = self.execution.orders(run_id=run.run_id, open_only=True)
        if resting:
            order = self.random.choice(resting)
            patch = {"quantity": order.request.quantity * self.random.choice((2, 3))}
            self._command(
                run,
                lambda _key: self.execution.modify(
                    run.run_id, order.order_id, patch, risk=run.risk
                ),
            )

    def exit(self) -> None:
        run = self.random.choice(self.runs)
        for product in (Product.MIS, Product.CNC, Product.NRML):
            self._keys += 1
            self.execution.exit_run(run, key=f"exit-{self._keys:06d}", product=product)
        self.told["exits"] += 1

    def quote(self) -> None:
        """A move, and the most that it can take: all that is held or rests, each rupee of it."""
        symbol = self.random.choice(list(PRICES))
        before, former = self.available, self.market.tick(_id(symbol)).last_price
        units = self._units(_id(symbol))
        price = PRICES[symbol] * (1 + Decimal(self.random.randint(-30, 30)) / 1000)
        price = (price / Decimal("0.05")).quantize(Decimal(1)) * Decimal("0.05")
        self.market.trade(_id(symbol), f"{price:.2f}")
        self.settle()
        if symbol in (CALL, PUT, FUTURE):
            return  # margin follows the scenarios of the new price, not the move alone
        most = (abs(price - former) + Decimal("0.1")) * units * 100 * Decimal("1.2")
        fees = most / 100 + 100_00  # of what has filled: an exit pays its own
        assert self.available >= min(before, 0) - most - fees
        self.told["quotes"] += 1

    # --- what must hold -----------------------------------------------------------------------

    def _command(self, run: RunRef, ask: Callable[[str], Any]) -> None:
        self._keys += 1
        before, seen, held = self.available, self._fills(), self._held()
        try:
            ask(f"order-{self._keys:06d}")
        except OrderDenied as denied:
            found = {one.reason for one in denied.denials} & MARGIN_DENIALS
            self.told.update(found or {"denied otherwise"})
            assert self.available == before, "what is refused takes nothing"
            return
        except ApiError:
            return
        self.settle()
        self.told["accepted"] += 1
        new = [one for one in self._fills().values() if one.trade_id not in seen]
        self.told["fills"] += len(new)
        spread = sum(abs(one.price - self._last(one.instrument)) * one.quantity for one in new)
        slack = spread * 100 * 2 + sum(_exit_fee(one, held) for one in new)
        # What closes a hedge is not refused: docs/margins.md.
        uncovers = any("NFO:" in one.instrument and _exit_fee(one, held) for one in new)
        assert uncovers or self.available >= min(before, 0) - slack, (
            f"from {before}: {self._state()}"
        )
        if run.run_id.startswith("capped") and not uncovers:
            assert self._largest(run) <= max(CAP_PAISE, self._held_value(run)) + slack

    def _largest(self, run: RunRef) -> Decimal:
        """The most that the run can hold, in paise, whichever of its orders fill."""
        places: dict[Any, list[Decimal]] = {}
        for one in self.execution.positions(run_id=run.run_id, open_only=True):
            place = one.key.instrument, one.key.product
            places[place] = [one.quantity, self._last(one.key.instrument), 0, 0, 0, 0]
        for order in self.execution.orders(run_id=run.run_id, open_only=True):
            asked = order.request
            if order.slices:
                continue
            known = places.setdefault((asked.instrument, asked.product), [0, 0, 0, 0, 0, 0])
            price = asked.price or asked.trigger_price or self._last(asked.instrument)
            side = 2 if asked.side == "BUY" else 4
            known[side] += order.pending_quantity
            known[side + 1] += order.pending_quantity * price
        total = Decimal(0)
        for held, price, bought, paid, sold, got in places.values():
            longs = max(held, 0) * price + _beyond(bought, paid, max(-held, 0))
            shorts = max(-held, 0) * price + _beyond(sold, got, max(held, 0))
            total += max(longs, shorts)
        return total * 100

    def _held_value(self, run: RunRef) -> Decimal:
        """What has grown past the cap by its price alone may stay."""
        held = self.execution.positions(run_id=run.run_id, open_only=True)
        return sum((abs(p.quantity) * self._last(p.key.instrument) * 100 for p in held), Decimal(0))

    def _fills(self) -> dict[str, Any]:
        orders = [o for run in self.runs for o in self.execution.orders(run_id=run.run_id)]
        return {fill.trade_id: fill for order in orders for fill in order.fills}

    def _held(self) -> dict[Any, int]:
        return {one.key: one.quantity for one in self.execution.positions(open_only=True)}

    def _units(self, instrument: str) -> int:
        held = self.execution.positions(open_only=True)
        orders = [o for run in self.runs for o in self.execution.orders(run_id=run.run_id)]
        return sum(abs(p.quantity) for p in held if p.key.instrument == instrument) + sum(
            o.pending_quantity for o in orders if o.is_open and o.request.instrument == instrument
        )

    def _last(self, instrument: str) -> Decimal:
        tick: Tick = self.market.tick(instrument)
        return tick.last_price

    def _order(self) -> dict[str, Any]:
        draw = self.random
        symbol = draw.choices(list(PRICES), (6, 4, 2, 2, 1))[0]
        is_share = symbol in ("INFY", "TCS")
        last = self._last(_id(symbol))
        away = Decimal(draw.choice((-40, -20, -5, 0, 5, 20, 40))) / 1000
        price = (last * (1 + away) / Decimal("0.05")).quantize(Decimal(1)) * Decimal("0.05")
        kind = draw.choice(("MARKET", "LIMIT", "LIMIT", "SL"))
        whole = draw.choice((3, 10, 20, 50, 100, 333, 1600)) if is_share else 1
        unit = max(1, int(whole * 1500 / PRICES[symbol])) if is_share else LOT
        order = {
            "exchange": "NSE" if is_share else "NFO",
            "tradingsymbol": symbol,
            "transaction_type": draw.choice(("BUY", "SELL")),
            "product": draw.choice(("MIS", "MIS", "CNC") if is_share else ("NRML", "MIS")),
            "order_type": kind,
            "quantity": unit,
        }
        if kind != "MARKET":
            order["price"] = float(price)
        if kind == "SL":
            order["trigger_price"] = float(price)
        return order

    def _state(self) -> str:
        lines = [str(self.execution.funds(self.account_id))]
        for run in self.runs:
            held = self.execution.positions(run_id=run.run_id, open_only=True)
            lines += [f"{run.run_id} holds {p.quantity} {p.key.instrument}" for p in held]
            for order in self.execution.orders(run_id=run.run_id):
                asked, units = order.request, (order.pending_quantity, order.filled_quantity)
                lines.append(
                    f"{order.order_id} {run.run_id} {asked.side} {units} {asked.instrument}"
                    f" {asked.product} {asked.order_type} {asked.price} {order.status}"
                )
        return "\n".join(lines)


def _id(symbol: str) -> str:
    return f"{'NFO' if 'NIFTY' in symbol else 'NSE'}:{symbol}"


def _exit_fee(fill: Any, held: dict[Any, int]) -> Decimal:
    """What closes needs nothing and is charged all the same: more than it can be."""
    closes = held.get(key_of(fill), 0) * (1 if fill.side == "BUY" else -1) < 0
    return fill.price * fill.quantity + 50_00 if closes else Decimal(0)


def _beyond(units: Decimal, value: Decimal, closes: Decimal) -> Decimal:
    return value * max(units - closes, Decimal(0)) / units if units else Decimal(0)


Make = Callable[[int], Account]


@pytest.fixture
def make(
    start: Callable[..., ExecutionService],
    market: Any,
    settle: Callable[..., None],
    database: Any,
    clock: Any,
) -> Make:
    """Accounts, each with its own draw of orders."""
    service = start(settings=replace(Settings(), opening_paise=OPENING_PAISE))

    def account(seed: int) -> Account:
        with database.write() as session:
            user = User(email=f"margin-{seed}@example.com", created_at=clock.now())
            session.add(user)
            session.flush()
            user_id = user.id
        account_id = service.account(user_id, "kite:paper-a").id
        found = Account(service, market, lambda: settle(service), account_id, random.Random(seed))
        found.runs = [replace(run, run_id=f"{run.run_id}-{seed}") for run in found.runs]
        return found

    return account


def demand(make: Make, seeds: range, steps: int) -> None:
    told: Counter[str] = Counter()
    for seed in seeds:
        account = make(seed)
        for _ in range(steps):
            account.step()
        told += account.told
    sys.stdout.write(f"\n{dict(told)}\n")
    assert told["accepted"] > len(seeds) * steps / 10
    assert min(told[one] for one in MARGIN_DENIALS) > len(seeds) / 2


def test_no_order_takes_more_than_there_is(make: Make) -> None:
    demand(make, range(2), 80)


@pytest.mark.slow
def test_no_order_of_many_takes_more_than_there_is(make: Make) -> None:
    demand(make, range(100, 130), 200)
