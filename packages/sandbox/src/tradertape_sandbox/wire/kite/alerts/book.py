"""Alerts of all users, and when their conditions come true."""

from __future__ import annotations

import operator
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.market.tick import Tick
from tradertape_sandbox.exchange.events import Event, Ticked
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError

MOST_ALERTS = 500  # of a user

OPERATORS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq,
}  # fmt: skip
# Attributes of a tick that conditions compare, by their names on the wire.
ATTRIBUTES: Mapping[str, Callable[[Tick], Decimal | None]] = {
    "LastTradedPrice": lambda tick: tick.last_price,
    "DayOpenPrice": lambda tick: tick.open,
    "DayHighPrice": lambda tick: tick.high,
    "DayLowPrice": lambda tick: tick.low,
    "PreviousClosePrice": lambda tick: tick.close,
}


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a condition: an attribute of an instrument, or a constant."""

    instrument: str = ""
    attribute: str = ""
    constant: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AlertTerms:
    """What the user asks for. `operator`: one of `OPERATORS`."""

    name: str
    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a condition came true, with the tick that did it."""

    at: datetime
    condition: str
    tick: Tick


@dataclass(slots=True)
class Alert:
    """One alert. It tells once each time that its condition comes true after it was not."""

    number: str
    user_id: str
    terms: AlertTerms
    created_at: datetime
    updated_at: datetime
    is_true: bool = False
    history: list[Occurrence] = field(default_factory=list[Occurrence])


class AlertBook:
    """The alerts of the door. Each tick that the exchange tells of is held against them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._alerts: dict[str, Alert] = {}
        exchange.listen(self._hear)

    def create(self, user_id: str, terms: AlertTerms) -> Alert:
        """Begin an alert; a condition that is true already does not tell."""
        if len(self.of(user_id)) >= MOST_ALERTS:
            raise KiteError(Kind.INPUT, f"At most {MOST_ALERTS} alerts can be created")
        now = self._exchange.now()
        alert = Alert(str(uuid.uuid4()), user_id, terms, now, now)
        alert.is_true = self._holds(alert) is not None
        self._alerts[alert.number] = alert
        self._watch()
        return alert

    def change(self, user_id: str, number: str, terms: AlertTerms) -> Alert:
        """Give an alert new terms."""
        alert = self.find(user_id, number)
        alert.terms, alert.updated_at = terms, self._exchange.now()
        alert.is_true = self._holds(alert) is not None
        self._watch()
        return alert

    def delete(self, user_id: str, numbers: Iterable[str]) -> None:
        """Delete alerts; unknown ones refuse the whole call."""
        for alert in [self.find(user_id, number) for number in numbers]:
            self._alerts.pop(alert.number, None)
        self._watch()

    def of(self, user_id: str) -> list[Alert]:
        """A user's alerts, oldest first."""
        return [alert for alert in self._alerts.values() if alert.user_id == user_id]

    def find(self, user_id: str, number: str) -> Alert:
        """One alert."""
        found = self._alerts.get(number)
        if found is None or found.user_id != user_id:
            raise KiteError(Kind.GENERAL, "Couldn't find that alert.", status=404)
        return found

    def _watch(self) -> None:
        terms = [alert.terms for alert in self._alerts.values()]
        names = {side.instrument for one in terms for side in (one.left, one.right)}
        self._exchange.watch(self, names - {""})

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Ticked):
            return
        for alert in self._alerts.values():
            tick = self._holds(alert)
            if tick is not None and not alert.is_true:
                text = condition_text(alert.terms)
                alert.history.append(Occurrence(self._exchange.now(), text, tick))
            alert.is_true = tick is not None

    def _holds(self, alert: Alert) -> Tick | None:
        """The tick of the left side while the condition is true."""
        terms = alert.terms
        tick = self._exchange.tick(terms.left.instrument)
        left, right = self._value(terms.left), self._value(terms.right)
        if tick is None or left is None or right is None:
            return None
        return tick if OPERATORS[terms.operator](left, right) else None

    def _value(self, side: Operand) -> Decimal | None:
        if side.constant is not None:
            return side.constant
        tick = self._exchange.tick(side.instrument)
        return None if tick is None else ATTRIBUTES[side.attribute](tick)


def condition_text(terms: AlertTerms) -> str:
    """The condition in one line: `LastTradedPrice("NSE:INFY") >= 1500`."""
    return f"{_side_text(terms.left)} {terms.operator} {_side_text(terms.right)}"


def _side_text(side: Operand) -> str:
    if side.constant is not None:
        return f"{side.constant.normalize():f}"
    return f'{side.attribute}("{side.instrument}")'
