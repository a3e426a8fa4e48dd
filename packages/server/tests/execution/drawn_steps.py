"""Steps of traders and of a market, drawn from a seed: close prices, orders of every kind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from exchange_steps import (
    FUTURE,
    PRICES,
    Alter,
    Basket,
    Exit,
    Place,
    Quote,
    Step,
    Trigger,
    Until,
    Wait,
    Withdraw,
)

SHARES = ("NSE:INFY", "NSE:TCS")
NEAR = 12  # steps of 5 paise from the first price of each instrument


@dataclass
class Draw:
    """Draws steps; no two of them share a key."""

    random: random.Random
    traders: int = 2
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def steps(self, number: int) -> list[Step]:
        """Steps within the hours of trading."""
        return [self.step() for _ in range(number)]

    def step(self) -> Step:
        """One step of any kind."""
        kinds = {
            self.quote: 36, self.place: 30, self.alter: 12, self.withdraw: 5, self.trigger: 3,
            self.basket: 3, self.exit: 1, self.wait: 14,
        }  # fmt: skip
        return self.random.choices(list(kinds), list(kinds.values()))[0]()

    def quote(self) -> Quote:
        """A price near the last ones, or a jump."""
        draw = self.random
        name = draw.choices([*SHARES, FUTURE.id], (5, 3, 2))[0]
        last = draw.randint(-NEAR, NEAR) if draw.random() < 0.9 else draw.randint(-150, 150)
        spread, shown = draw.choice((0, 1, 1, 3)), draw.choice((1, 5, 1000))
        return Quote(name, last, spread, shown, draw.choice((0, 0, 5, 40)))

    def place(self) -> Place:
        """An order, at times with a tick that comes in the same moment."""
        quote = self.quote() if self.random.random() < 0.3 else None
        return Place(self.who(), self.key("place"), tuple(self.order().items()), quote)

    def after_market(self) -> Place:
        """An order for the next open."""
        fields = self.order()
        while fields["variety"] in ("iceberg", "co"):
            fields = self.order()
        return Place(self.who(), self.key("amo"), tuple((fields | {"variety": "amo"}).items()))

    def basket(self) -> Basket:
        """Two or three orders."""
        legs = [tuple(self.order().items()) for _ in range(self.random.randint(2, 3))]
        return Basket(self.who(), self.key("basket"), tuple(legs))

    def alter(self) -> Alter:
        """A change of quantity, price, trigger, validity or order type."""
        draw = self.random
        price = round(1500 + draw.randint(-NEAR, NEAR) / 20, 2)
        patches: list[dict[str, Any]] = [
            {"quantity": draw.randint(1, 40)},
            {"price": price},
            {"trigger_price": price},
            {"validity": "TTL", "validity_ttl": draw.randint(1, 3)},
            {"order_type": "LIMIT", "price": price},
            {"order_type": "SL-M", "trigger_price": price},
            {"order_type": "MARKET"},
        ]
        patch = tuple(draw.choice(patches).items())
        return Alter(self.who(), self.key("alter"), draw.randint(0, 9), patch)

    def withdraw(self) -> Withdraw:
        """A cancel."""
        return Withdraw(self.who(), self.key("cancel"), self.random.randint(0, 9))

    def trigger(self) -> Trigger:
        """A trigger to sell what is held, close enough to be reached by a jump."""
        away = self.random.choice((-6, -5, 5, 6))
        return Trigger(self.who(), self.key("gtt"), "NSE:INFY", away, self.random.randint(1, 9))

    def exit(self) -> Exit:
        """Intraday positions are closed."""
        return Exit(self.who(), self.key("exit"))

    def wait(self) -> Wait:
        """A second, a few, a minute or two."""
        return Wait(self.random.choice((1, 1, 2, 4, 7, 61, 130)))

    def who(self) -> int:
        """Which trader."""
        return self.random.randrange(self.traders)

    def key(self, what: str) -> str:
        """A key nobody used."""
        return f"{what}-{next(self._numbers):06d}"

    def order(self) -> dict[str, Any]:
        """An order of any type, variety, product and validity."""
        draw = self.random
        name = draw.choices([*SHARES, FUTURE.id], (6, 3, 2))[0]
        exchange, _, symbol = name.partition(":")
        unit = 65 if name == FUTURE.id else 1
        kind = draw.choice(("LIMIT", "LIMIT", "LIMIT", "MARKET", "SL", "SL-M"))
        variety = draw.choices(("regular", "amo", "iceberg", "co"), (12, 3, 3, 2))[0]
        validity = draw.choices(("DAY", "TTL", "IOC"), (8, 2, 1))[0]
        fields: dict[str, Any] = {
            "exchange": exchange,
            "tradingsymbol": symbol,
            "transaction_type": draw.choice(("BUY", "BUY", "SELL")),
            "product": draw.choice(("MIS", "NRML" if unit > 1 else "CNC")),
            "variety": variety,
            "validity": validity,
            "quantity": unit * draw.randint(1, 3 if unit > 1 else 30),
        }
        if variety == "iceberg":
            fields |= {"iceberg_legs": 3, "quantity": unit * 12}
            kind, fields["validity"] = "LIMIT", "TTL" if validity == "TTL" else "DAY"
        if variety == "co":
            fields |= {"product": "MIS", "stoploss": draw.choice((0.3, 0.5, 2)), "validity": "DAY"}
            fields |= {"squareoff": draw.choice((0, 0.4, 1))}
            fields |= {"trailing_stoploss": draw.choice((0, 0.1))}
            kind = draw.choice(("LIMIT", "MARKET"))
        fields["order_type"] = kind
        if kind in ("LIMIT", "SL"):
            fields["price"] = self.near(name)
        if kind in ("SL", "SL-M"):
            fields["trigger_price"] = fields.get("price", self.near(name))
        if fields["validity"] == "TTL":
            fields["validity_ttl"] = draw.randint(1, 3)
        return fields

    def near(self, name: str) -> float:
        """A price near the last ones."""
        return float(PRICES[name] + Decimal(self.random.randint(-NEAR, NEAR)) / 20)


def morning(seed: int, number: int) -> list[Step]:
    """Steps from ten in the morning on, and the next morning's open among them."""
    draw = Draw(random.Random(seed))
    half = number // 2
    first, second = draw.steps(half), draw.steps(number - half)
    night = [draw.after_market() for _ in range(4)]
    # The close, a night of after-market orders, and the open.
    turn: list[Step] = [
        Until(0, 15, 21),
        Until(0, 15, 41),
        *night,
        Until(1, 9, 15),
        Until(1, 9, 16),
    ]
    return [Until(0, 10, 0), *(draw.quote() for _ in range(3)), *first, *turn, *second]


def trading_day(draw: Draw, day: int, number: int) -> list[Step]:
    """A day of the exchange from the pre-open to a night of after-market orders."""
    steps: list[Step] = [Until(day, 9, 1), draw.quote(), draw.place(), draw.place()]
    steps += [Until(day, 9, 8, 30), Until(day, 9, 15), *_quotes(draw)]
    for hour, minute in ((9, 20), (11, 0), (13, 30), (14, 55)):
        steps += [Until(day, hour, minute), *_quotes(draw), *draw.steps(number // 4)]
    # Intraday positions are closed on prices of the moment: of shares, then of futures.
    for hour, minute in ((15, 5), (15, 6), (15, 15), (15, 20), (15, 21), (15, 31), (15, 36)):
        steps += [Until(day, hour, minute), *_quotes(draw), Wait(1), draw.place(), Wait(1)]
    night = [draw.after_market() for _ in range(3)]
    return [*steps, Until(day, 15, 41), *night, draw.withdraw(), Until(day, 20, 0)]


def two_weeks(seed: int, number: int) -> list[Step]:
    """Ten days of the exchange."""
    draw = Draw(random.Random(seed))
    days = [day for day in range(12) if day % 7 < 5]
    return [step for day in days for step in trading_day(draw, day, number)]


def _quotes(draw: Draw) -> list[Step]:
    return [Quote(name, draw.random.randint(-NEAR, NEAR)) for name in PRICES]
