"""GTT orders of v3: what callers send and see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar, cast

from starlette.responses import Response

from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import NIL, Side
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid, success
from tradertape_sandbox.wire.upstox.forms import (
    Body,
    number,
    product_of,
    product_word,
    protection_of,
    quantity_of,
    side_of,
)
from tradertape_sandbox.wire.upstox.gtt_rules import (
    GttKind,
    GttTerms,
    Rule,
    RuleTerms,
    Strategy,
    TriggerType,
    UpstoxGtt,
)
from tradertape_sandbox.wire.upstox.keys import key_of
from tradertape_sandbox.wire.upstox.switches import check_segment

_LATENCY = {"latency": 0}
_MOST_RULES = 3
Word = TypeVar("Word", GttKind, Strategy, TriggerType)


def place(call: Call) -> Response:
    """Create a GTT."""
    body = call.document
    instrument = call.door.instrument(str(body.get("instrument_token") or ""))
    check_segment(call, instrument)
    side = side_of(body)
    kind = _word(GttKind, body, "type")
    terms = GttTerms(
        kind=kind,
        instrument=instrument,
        product=product_of(body.get("product"), instrument),
        side=side,
        quantity=_lots(quantity_of(body), instrument),
        rules=_rules(body, kind, side, instrument),
    )
    return _ids(call.door.gtts.create(call.key, terms))


def modify(call: Call) -> Response:
    """Change a GTT that waits."""
    body = call.document
    gtt = call.door.gtts.find(call.key, _id(body))
    if _word(GttKind, body, "type") is not gtt.terms.kind:
        raise invalid("The type of a GTT order cannot be modified", "type")
    terms = gtt.terms
    rules = _rules(body, terms.kind, terms.side, terms.instrument)
    call.door.gtts.change(gtt, _lots(quantity_of(body), terms.instrument), rules)
    return _ids(gtt)


def cancel(call: Call) -> Response:
    """Cancel a GTT that waits."""
    gtt = call.door.gtts.find(call.key, _id(call.document))
    call.door.gtts.cancel(gtt)
    return _ids(gtt)


def details(call: Call) -> Response:
    """One GTT, or all of them."""
    gtt_id = call.query.get("gtt_order_id")
    book = call.door.gtts
    found = [book.find(call.key, gtt_id)] if gtt_id else book.of(call.key)
    return success([gtt_json(one) for one in found], metadata=_LATENCY)


def gtt_json(gtt: UpstoxGtt) -> dict[str, Any]:
    """A GTT with its rules; times are microseconds since 1970."""
    return {
        "type": gtt.terms.kind.value,
        "exchange": gtt.terms.instrument.exchange,
        "quantity": gtt.terms.quantity,
        "product": product_word(gtt.terms.product),
        "rules": [_rule_json(gtt, rule) for rule in gtt.rules],
        "trading_symbol": gtt.terms.instrument.tradingsymbol,
        "instrument_token": key_of(gtt.terms.instrument),
        "gtt_order_id": gtt.gtt_id,
        "expires_at": int(gtt.expires_at.timestamp() * 1_000_000),
        "created_at": int(gtt.created_at.timestamp() * 1_000_000),
    }


def _rule_json(gtt: UpstoxGtt, rule: Rule) -> dict[str, Any]:
    gap = rule.terms.trailing_gap
    return {
        "strategy": rule.terms.strategy.value,
        "status": rule.status.value,
        "message": rule.message,
        "trigger_type": rule.terms.trigger_type.value,
        "trigger_price": float(rule.trigger_price),
        "transaction_type": gtt.side_of(rule).value,
        "order_id": rule.order_ids[0] if rule.order_ids else None,
        "trailing_gap": float(gap) if gap else None,
    }


def _ids(gtt: UpstoxGtt) -> Response:
    return success({"gtt_order_ids": [gtt.gtt_id]}, metadata=_LATENCY)


def _id(body: Body) -> str:
    gtt_id = body.get("gtt_order_id")
    if not isinstance(gtt_id, str) or not gtt_id:
        raise invalid("gtt_order_id is required", "gtt_order_id")
    return gtt_id


def _lots(quantity: int, instrument: Instrument) -> int:
    if quantity % instrument.lot_size:
        words = f"The quantity must be a multiple of {instrument.lot_size}, was {quantity}"
        raise invalid(words, "quantity", quantity)
    return quantity


def _rules(body: Body, kind: GttKind, side: Side, instrument: Instrument) -> tuple[RuleTerms, ...]:
    given = body.get("rules")
    rows = cast(Sequence[object], given) if isinstance(given, list) else ()
    rules = tuple(_rule(row, instrument) for row in rows[: _MOST_RULES + 1])
    by_strategy = {rule.strategy: rule for rule in rules}
    if len(rules) != len(by_strategy) or Strategy.ENTRY not in by_strategy:
        raise invalid("The rules must have one ENTRY, and at most one of each other kind", "rules")
    if kind is GttKind.SINGLE and len(rules) != 1:
        raise invalid("A SINGLE GTT order has the ENTRY rule alone", "rules")
    if kind is GttKind.MULTIPLE and len(rules) == 1:
        raise invalid("A MULTIPLE GTT order needs a TARGET, a STOPLOSS or both", "rules")
    _check_sides(by_strategy, side)
    return rules


def _check_sides(rules: Mapping[Strategy, RuleTerms], side: Side) -> None:
    entry, sign = rules[Strategy.ENTRY].trigger_price, 1 if side is Side.BUY else -1
    target, stop = rules.get(Strategy.TARGET), rules.get(Strategy.STOPLOSS)
    if target is not None and sign * (target.trigger_price - entry) <= 0:
        where = "above" if sign > 0 else "below"
        raise invalid(f"The TARGET must be {where} the ENTRY's price", "rules")
    if stop is not None and sign * (entry - stop.trigger_price) <= 0:
        where = "below" if sign > 0 else "above"
        raise invalid(f"The STOPLOSS must be {where} the ENTRY's price", "rules")


def _rule(row: object, instrument: Instrument) -> RuleTerms:
    if not isinstance(row, dict):
        raise invalid("A rule must be a JSON object", "rules")
    body = cast(dict[str, Any], row)
    strategy = _word(Strategy, body, "strategy")
    kind = _word(TriggerType, body, "trigger_type")
    if strategy is not Strategy.ENTRY and kind is not TriggerType.IMMEDIATE:
        raise invalid("The trigger type of TARGET and STOPLOSS must be IMMEDIATE", "trigger_type")
    gap = number(body, "trailing_gap")
    if gap and strategy is not Strategy.STOPLOSS:
        raise invalid("trailing_gap is of the STOPLOSS alone", "trailing_gap")
    price = _on_tick(number(body, "trigger_price"), instrument, "trigger_price")
    if not price:
        raise UpstoxError("UDAPI1036", "trigger_price is required", field="trigger_price")
    return RuleTerms(
        strategy=strategy,
        trigger_type=kind,
        trigger_price=price,
        trailing_gap=_on_tick(gap, instrument, "trailing_gap") if gap else NIL,
        protection=protection_of(body),
    )


def _on_tick(price: Decimal, instrument: Instrument, name: str) -> Decimal:
    if price % instrument.tick_size:
        words = f"{name} must be a multiple of {instrument.tick_size}"
        raise invalid(words, name, str(price))
    return price


def _word(kind: type[Word], body: Body, name: str) -> Word:
    try:
        return kind(str(body.get(name)))
    except ValueError:
        words = f"Invalid {name}: it must be one of {', '.join(kind)}"
        raise invalid(words, name, body.get(name)) from None


ENDPOINTS = (
    Endpoint("POST", "/v3/order/gtt/place", place, "order"),
    Endpoint("PUT", "/v3/order/gtt/modify", modify, "order"),
    Endpoint("DELETE", "/v3/order/gtt/cancel", cancel, "order"),
    Endpoint("GET", "/v3/order/gtt", details),
)
