"""What the cloud sends: signals and the state of the account, read once and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import Product, Side

EMPTY: Final[Mapping[str, Any]] = {}
PENDING: Final = "pending:"  # what keys begin with of signals that the cloud has not leased
_ENTRY: Final = "entry"


class Malformed(ValueError):
    """What the cloud sent cannot be read: nothing is placed by it."""


class OrderKind(StrEnum):
    """How a signal is placed."""

    GTT_SINGLE = "gtt_single"
    GTT_OCO = "gtt_oco"
    MARKET = "market"
    LIMIT = "limit"

    @property
    def is_trigger(self) -> bool:
        """Whether it rests at the broker until a price trades."""
        return self in (OrderKind.GTT_SINGLE, OrderKind.GTT_OCO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The prices of a signal's order in rupees; None where it has none.

    buffer_pct: percent between the reference price and the trigger, where the cloud leaves the
    price to the agent. market_protection: percent, -1 the broker's own band.
    """

    kind: OrderKind
    trigger: Decimal | None = None
    limit: Decimal | None = None
    stop_trigger: Decimal | None = None
    stop_limit: Decimal | None = None
    target_trigger: Decimal | None = None
    target_limit: Decimal | None = None
    tick_size: Decimal | None = None
    buffer_pct: Decimal | None = None
    limit_offset_pct: Decimal | None = None
    market_protection: Decimal = Decimal(-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal to execute. quantity: as the cloud counts, scaled where the account is.

    denials: why the risk rules refuse it. lease_until: until then no other agent gets it.
    requires_approval: it is not approved in the cloud, and has no lease. has_stop: the cloud
    watches a stop for the position.
    """

    id: str
    version: int
    key: str
    exchange: str
    tradingsymbol: str
    isin: str
    side: Side
    kind: str
    quantity: Decimal
    product: Product
    terms: Terms
    ref_price: Decimal | None
    max_slippage_pct: Decimal | None
    valid_until: datetime | None
    expires_at: datetime | None
    lease_until: datetime | None
    requires_approval: bool
    is_scaled: bool
    is_paper: bool
    has_stop: bool
    denials: tuple[str, ...] = ()
    portfolio_id: str = ""

    @property
    def instrument(self) -> str:
        """`NSE:RELIANCE`."""
        return f"{self.exchange}:{self.tradingsymbol}"

    @property
    def is_entry(self) -> bool:
        """Whether it opens or adds to a position; what is not for certain an exit is one."""
        return self.side is Side.BUY or self.kind == _ENTRY


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A signal that must not be sent any more, or whose order is to be cancelled at the broker."""

    signal_id: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One answer to a poll. items: with the text of each, as it came."""

    items: tuple[Mapping[str, Any], ...]
    server_time: datetime | None = None
    poll_after_s: float | None = None
    kill_switch: bool = False
    withdrawn: tuple[Withdrawal, ...] = ()
    cancellations: tuple[Withdrawal, ...] = ()
    held: str = ""  # why the cloud hands out nothing
    in_cart: Mapping[str, str] = field(default_factory=dict[str, str])  # why not yet, by signal


def read_poll(answer: object) -> Poll:
    """Read the envelope, or the bare list of older servers. Raises Malformed."""
    if isinstance(answer, list):
        return Poll(items=tuple(_objects(cast("Sequence[object]", answer))))
    if not isinstance(answer, Mapping):
        raise Malformed("pending-signals did not answer with a list")
    envelope = cast("Mapping[str, Any]", answer)
    items = envelope.get("items")
    if not isinstance(items, list):
        raise Malformed("pending-signals has no items")
    after = envelope.get("poll_after_s")
    return Poll(
        items=tuple(_objects(cast("Sequence[object]", items))),
        server_time=moment(envelope.get("server_time")),
        poll_after_s=None if after is None else float(after),
        kill_switch=bool(envelope.get("kill_switch")),
        withdrawn=_withdrawals(envelope.get("withdrawn"), "id"),
        cancellations=_withdrawals(envelope.get("cancellations"), "signal_id"),
        held=str(envelope.get("held") or ""),
        in_cart=_in_cart(envelope.get("in_cart")),
    )


def read_signal(item: Mapping[str, Any]) -> Signal:
    """Read one item. Raises Malformed, which names what is missing or wrong."""
    exchange, symbol = _symbol(item)
    signal_id, version = _required(item, "id"), int(item.get("version") or 1)
    order = item.get("order")
    terms = _terms(cast("Mapping[str, Any]", order) if isinstance(order, Mapping) else EMPTY)
    quantity = _decimal(item, "quantity")
    if quantity is None or quantity <= 0:
        raise Malformed(f"signal {signal_id} has no quantity")
    try:
        side, product = Side(str(item.get("side"))), Product(str(item.get("product") or "CNC"))
    except ValueError as error:
        raise Malformed(f"signal {signal_id}: {error}") from None
    return Signal(
        id=signal_id,
        version=version,
        key=str(item.get("idempotency_key") or f"{PENDING}{signal_id}:{version}"),
        exchange=exchange,
        tradingsymbol=symbol,
        isin=str(item.get("isin") or ""),
        side=side,
        kind=str(item.get("kind") or ""),
        quantity=quantity,
        product=product,
        terms=terms,
        ref_price=_decimal(item, "ref_price"),
        max_slippage_pct=_decimal(item, "max_slippage_pct"),
        valid_until=moment(item.get("valid_until")),
        expires_at=moment(item.get("expires_at")),
        lease_until=moment(item.get("lease_until")),
        requires_approval=bool(item.get("requires_approval")),
        is_scaled=bool(item.get("scaled")),
        is_paper=bool(item.get("paper")),
        has_stop=terms.stop_trigger is not None or bool(item.get("has_stop")),
        denials=_denials(item.get("risk")),
        portfolio_id=str(item.get("portfolio_id") or ""),
    )


def text_of(item: Mapping[str, Any]) -> str:
    """An item as JSON, its numbers to the last digit."""
    return json.dumps(item, default=_plain, ensure_ascii=False)


def moment(value: object) -> datetime | None:
    """Read a time with its zone. Raises Malformed."""
    if value in (None, ""):
        return None
    text = str(value)
    try:  # Python 3.10 does not know the Z
        found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        raise Malformed(f"{text!r} is not a time") from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _plain(value: object) -> object:
    """A Decimal as a text: a float would lose digits, and is read back as a Decimal again."""
    return str(value)


def _in_cart(rows: object) -> Mapping[str, str]:
    found = _objects(cast("Sequence[object]", rows)) if isinstance(rows, list) else ()
    return {_required(one, "id"): str(one.get("reason") or "") for one in found}


def _withdrawals(rows: object, name: str) -> tuple[Withdrawal, ...]:
    found = _objects(cast("Sequence[object]", rows)) if isinstance(rows, list) else ()
    return tuple(
        Withdrawal(
            _required(one, name),
            _required(one, "idempotency_key"),
            str(one.get("reason") or "withdrawn"),
        )
        for one in found
    )


def _objects(items: Sequence[object]) -> list[Mapping[str, Any]]:
    if not all(isinstance(one, Mapping) for one in items):
        raise Malformed("an item of pending-signals is not an object")
    return [cast("Mapping[str, Any]", one) for one in items]


def _symbol(item: Mapping[str, Any]) -> tuple[str, str]:
    symbol, exchange = _required(item, "symbol"), str(item.get("exchange") or "")
    if ":" in symbol:
        prefix, _, symbol = symbol.partition(":")
        if exchange and exchange != prefix:
            raise Malformed(f"{item['symbol']} is not of {exchange}")
        exchange = prefix
    return exchange or "NSE", symbol


def _terms(order: Mapping[str, Any]) -> Terms:
    try:
        kind = OrderKind(str(order.get("type")))
    except ValueError:
        raise Malformed(
            f"the agent does not know orders of the type {order.get('type')!r}: update it"
        ) from None
    protection = _decimal(order, "market_protection")
    return Terms(
        kind=kind,
        trigger=_decimal(order, "trigger_price"),
        limit=_decimal(order, "limit_price"),
        stop_trigger=_decimal(order, "stop_trigger"),
        stop_limit=_decimal(order, "stop_limit"),
        target_trigger=_decimal(order, "target_trigger"),
        target_limit=_decimal(order, "target_limit"),
        tick_size=_decimal(order, "tick_size"),
        buffer_pct=_decimal(order, "buffer_pct"),
        limit_offset_pct=_decimal(order, "limit_offset_pct"),
        market_protection=Decimal(-1) if protection is None else protection,
    )


def _denials(risk: object) -> tuple[str, ...]:
    """The reasons of a verdict that refuses; rules that are only listed refuse nothing."""
    if not isinstance(risk, Mapping):
        return ()
    verdict = cast("Mapping[str, Any]", risk)
    refused = verdict.get("allowed") is False or verdict.get("verdict") in ("denied", "deny")
    reasons = tuple(str(one) for one in verdict.get("reasons") or ())
    return (reasons or ("the risk rules refuse it",)) if refused else ()


def _required(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if value in (None, ""):
        raise Malformed(f"a signal without {name} was sent")
    return str(value)


def _decimal(item: Mapping[str, Any], name: str) -> Decimal | None:
    value = item.get(name)
    if value in (None, ""):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise Malformed(f"{name} {value!r} is not a number")
    return number
