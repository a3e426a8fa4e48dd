"""Good-till-triggered orders: a price to wait for, for up to a year, and the limit order it places.

`single` has one trigger and one order; `two-leg` has two around the last price, and the one that
fires first ends the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import check_against, nearest_tick
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.order import OrderRequest, Product, Side

MOST_ACTIVE = 250  # of an account
LEAST_DISTANCE = Decimal("0.25")  # percent between a trigger and the last price
LIFE = timedelta(days=365)
_R = DenialReason


class GttType(StrEnum):
    """One trigger, or two of which one can fire."""

    SINGLE = "single"
    TWO_LEG = "two-leg"

    @property
    def legs(self) -> int:
        """The number of legs: 1, or 2 for one-cancels-the-other."""
        return 1 if self is GttType.SINGLE else 2


class GttStatus(StrEnum):
    """Kite's words, and two of ours for what a broker has not answered; see `OPEN`."""

    PLACING = "placing"  # on its way to a broker
    IN_DOUBT = "in_doubt"  # the broker's answer was lost: it may rest there or not
    ACTIVE = "active"
    TRIGGERED = "triggered"
    DISABLED = "disabled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    DELETED = "deleted"


OPEN: Final = frozenset({GttStatus.PLACING, GttStatus.IN_DOUBT, GttStatus.ACTIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class GttRequest:
    """What to wait for and what to place; order i belongs to trigger i, lower trigger first.

    last_price: what the caller believed the price to be; it gives the direction when the server
    has no price of its own.
    """

    type: GttType
    exchange: str
    tradingsymbol: str
    trigger_values: tuple[Decimal, ...]
    last_price: Decimal
    orders: tuple[OrderRequest, ...]

    @property
    def instrument(self) -> str:
        """The instrument as `EXCHANGE:SYMBOL`."""
        return f"{self.exchange}:{self.tradingsymbol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GttResult:
    """The result of a leg: its order, or why there is none."""

    leg: int
    at: datetime
    order_id: str | None = None
    reason: str | None = None


class GttAsk(StrEnum):
    """What a broker is asked about a trigger."""

    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBroker:
    """How a trigger rests at a broker: what was asked, and what the broker said.

    trigger_id: the broker's, None until it is known. ask: what has no answer yet, the `number`th
    thing asked, at `asked_at`; in_doubt: its answer was lost. wanted: the terms of a modification.
    ends: it is to be cancelled as soon as it is known to rest. order_id: the broker's, of the order
    that the trigger placed. problem: why the `refused`th thing asked was not done, or what to do.
    is_presumed: over because the broker's list does not have it. checked_at: when it last had.
    """

    trigger_id: str | None = None
    ask: GttAsk | None = None
    number: int = 0
    asked_at: datetime | None = None
    in_doubt: bool = False
    wanted: GttRequest | None = None
    ends: bool = False
    order_id: str | None = None
    fired_at: datetime | None = None
    problem: str | None = None
    refused: int | None = None
    is_presumed: bool = False
    is_told: bool = False  # somebody was alerted that it stays in doubt
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gtt:
    """The present state of a trigger. `reference`: the price at creation, gives the direction.

    run_id: whose position its order opens or closes; None: a person's own. at_broker: how it rests
    there; None: it rests with this server.
    """

    trigger_id: int
    account: str
    request: GttRequest
    reference: Decimal
    status: GttStatus
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    fired_leg: int | None = None
    results: tuple[GttResult, ...] = ()
    run_id: str | None = None
    at_broker: AtBroker | None = None

    @property
    def is_active(self) -> bool:
        """Whether it can still be triggered, as far as is known."""
        return self.status in OPEN


def check_gtt(
    request: GttRequest,
    instrument: Instrument,
    *,
    now: datetime,
    last_price: Decimal | None,
    active: int,
    most: int = MOST_ACTIVE,
) -> tuple[Denial, ...]:
    """Every reason to refuse a trigger before the broker does.

    last_price: the server's own, None when it has none; then the distance is not judged. active:
    triggers of the account that are waiting, this one apart. most: how many there may be.
    """
    found: list[Denial] = []
    if active >= most:
        found.append(denial(_R.GTT_LIMIT, most=most))
    found += _off_tick(request, instrument)
    if last_price is not None:
        found += _too_close(request, last_price)
    found += _sides(request, last_price or request.last_price)
    for leg, order in enumerate(request.orders):
        at = f"/orders/{leg}"
        if order.product not in (Product.CNC, Product.NRML):
            found.append(denial(_R.GTT_PRODUCT, pointer=f"{at}/product", product=order.product))
        found += check_against(order, instrument, now=now, at=at).denials
    return tuple(found)


def create(
    trigger_id: int,
    account: str,
    request: GttRequest,
    *,
    last_price: Decimal | None,
    now: datetime,
    run_id: str | None = None,
) -> Gtt:
    """Return a new active trigger, valid for a year."""
    return Gtt(
        trigger_id=trigger_id,
        account=account,
        request=request,
        reference=last_price or request.last_price,
        status=GttStatus.ACTIVE,
        created_at=now,
        updated_at=now,
        expires_at=now + LIFE,
        run_id=run_id,
    )


def due_leg(gtt: Gtt, last_price: Decimal) -> int | None:
    """Which leg a traded price fires, if any; a trigger is reached from the reference's side."""
    if not gtt.is_active or not last_price.is_finite() or last_price <= 0:
        return None
    for leg, trigger in enumerate(gtt.request.trigger_values):
        reached = last_price >= trigger if trigger > gtt.reference else last_price <= trigger
        if reached:
            return leg
    return None


def order_to_place(
    gtt: Gtt, leg: int, instrument: Instrument, tick: Tick | None, *, closes: bool
) -> OrderRequest:
    """The order of a leg that fires, as the exchange takes it today: nobody can correct it then.

    A limit off a tick size that changed since moves by less than one tick: the way it fills where
    the order closes a position, else the way it is never worse than asked. A limit past the day's
    circuit limit becomes that limit, and a quantity above the freeze quantity is sliced.
    """
    request = gtt.request.orders[leg]
    is_buy, price, size = request.side is Side.BUY, request.price, instrument.tick_size
    rounding = ROUND_CEILING if is_buy == closes else ROUND_FLOOR
    price = max((price / size).quantize(Decimal(1), rounding), Decimal(1)) * size
    if tick is not None and is_buy and tick.upper_circuit is not None:
        price = min(price, tick.upper_circuit)
    if tick is not None and not is_buy and tick.lower_circuit is not None:
        price = max(price, tick.lower_circuit)
    return replace(request, price=price, autoslice=True)


def fire(gtt: Gtt, leg: int, now: datetime) -> Gtt:
    """The trigger has fired: its order is to be placed, once; the other leg is void."""
    return replace(_moved(gtt, GttStatus.TRIGGERED, now), fired_leg=leg)


def with_result(gtt: Gtt, result: GttResult) -> Gtt:
    """Record what came of the order of the leg that fired; a second time changes nothing."""
    if gtt.status is not GttStatus.TRIGGERED or result.leg != gtt.fired_leg:
        raise InvariantBroken(f"trigger {gtt.trigger_id} did not fire leg {result.leg}")
    if gtt.results:
        return gtt
    return replace(gtt, results=(result,), updated_at=max(gtt.updated_at, result.at))


def change(gtt: Gtt, request: GttRequest, *, last_price: Decimal | None, now: datetime) -> Gtt:
    """The trigger with new terms; its year is counted from the first creation."""
    moved = replace(_moved(gtt, GttStatus.ACTIVE, now), request=request)
    return replace(moved, reference=last_price or request.last_price)


def end(gtt: Gtt, status: GttStatus, now: datetime) -> Gtt:
    """The trigger is over without having fired: deleted, expired, disabled, cancelled, rejected."""
    return _moved(gtt, status, now)


def expired(gtts: Sequence[Gtt], now: datetime) -> tuple[Gtt, ...]:
    """Return the triggers whose year is over, with the status `expired`."""
    over = (gtt for gtt in gtts if gtt.is_active and gtt.expires_at <= now)
    return tuple(end(gtt, GttStatus.EXPIRED, now) for gtt in over)


def refusal(gtt: Gtt) -> Denial | None:
    """Why the trigger can no longer be changed or deleted; None when it can."""
    if gtt.is_active:
        return None
    return denial(_R.GTT_NOT_ACTIVE, trigger_id=str(gtt.trigger_id), status=gtt.status)


def _moved(gtt: Gtt, status: GttStatus, now: datetime) -> Gtt:
    if not gtt.is_active:
        raise InvariantBroken(f"trigger {gtt.trigger_id}: {gtt.status} -> {status}")
    return replace(gtt, status=status, updated_at=now)


# --- checks ---------------------------------------------------------------------------------------


def _off_tick(request: GttRequest, instrument: Instrument) -> list[Denial]:
    tick = instrument.tick_size
    return [
        denial(
            _R.NOT_A_TICK,
            pointer=f"/condition/trigger_values/{place}",
            field="trigger",
            tick=tick,
            value=value,
            near=nearest_tick(value, tick),
        )
        for place, value in enumerate(request.trigger_values)
        if value % tick
    ]


def _too_close(request: GttRequest, last_price: Decimal) -> list[Denial]:
    return [
        denial(
            _R.GTT_TOO_CLOSE,
            pointer=f"/condition/trigger_values/{place}",
            trigger=value,
            percent=LEAST_DISTANCE,
            last_price=last_price,
        )
        for place, value in enumerate(request.trigger_values)
        if abs(value - last_price) * 100 < LEAST_DISTANCE * last_price
    ]


def _sides(request: GttRequest, last_price: Decimal) -> list[Denial]:
    if request.type is not GttType.TWO_LEG:
        return []
    low, high = request.trigger_values
    if low < last_price < high:
        return []
    pointer = "/condition/trigger_values"
    facts = {"last_price": last_price, "low": low, "high": high}
    return [denial(_R.GTT_SIDES, pointer=pointer, **facts)]
