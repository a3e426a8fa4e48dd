"""What stops an account's orders: the kill switch of a segment, and the registered IP addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from tradertape_core.market.instrument import Instrument
from tradertape_sandbox.wire.upstox.account_state import Addresses
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid
from tradertape_sandbox.wire.upstox.keys import segment_of
from tradertape_sandbox.wire.upstox.order_shapes import stamp

SEGMENTS = (
    "NSE_EQ", "BSE_EQ", "NSE_FO", "BSE_FO", "NCD_FO", "BCD_FO", "MCX_FO", "NSE_COM",
)  # fmt: skip
COOLING = timedelta(hours=12)
_LONGEST_ADDRESS = 45


def kill_switches(call: Call) -> list[dict[str, Any]]:
    """The kill switch of each segment."""
    killed = call.door.switches.killed.get(call.key, {})
    return [
        {
            "segment": segment,
            "segment_status": "INACTIVE" if segment in killed else "ACTIVE",
            "kill_switch_enabled": segment in killed,
        }
        for segment in SEGMENTS
    ]


def update_kill_switches(call: Call) -> list[dict[str, Any]]:
    """Enable or disable kill switches: all that the body names, or none."""
    wanted = [_update(row) for row in _rows(call)]
    killed = call.door.switches.killed.setdefault(call.key, {})
    for segment, action in wanted:
        _check_switch(call, killed, segment, action)
    for segment, action in wanted:
        if action == "ENABLE":
            killed.setdefault(segment, call.exchange.now())
        else:
            killed.pop(segment, None)
    return kill_switches(call)


def addresses(call: Call) -> dict[str, Any]:
    """The registered addresses."""
    return _addresses_json(_kept(call))


def update_addresses(call: Call) -> dict[str, Any]:
    """Register the addresses that orders come from. A change ends the user's access tokens."""
    body = call.document
    primary, secondary = (_address(body.get(name), name) for name in ("primary_ip", "secondary_ip"))
    if primary is None:
        raise UpstoxError("UDAPI1179", "primary_ip is required", field="primary_ip")
    if primary == secondary:
        words = "secondary_ip must be another address than primary_ip"
        raise UpstoxError("UDAPI1180", words, field="secondary_ip")
    kept, now = _kept(call), call.exchange.now()
    changed = (primary, secondary) != (kept.primary, kept.secondary)
    if primary != kept.primary:
        kept.primary, kept.primary_at = primary, now
    if secondary != kept.secondary:
        kept.secondary, kept.secondary_at = secondary, now if secondary else None
    user_id, registered = call.session.user_id, (primary, secondary)
    call.door.sessions.register_user_addresses(user_id, [one for one in registered if one])
    if changed:
        call.door.sessions.close_of(user_id)
    return {**_addresses_json(kept), "access_tokens_invalidated": changed}


def check_segment(call: Call, instrument: Instrument) -> None:
    """Raise UpstoxError where the kill switch of the instrument's segment is enabled."""
    segment = segment_of(instrument)
    if call.door.switches.is_killed(call.key, instrument):
        words = f"The kill switch of {segment} is enabled: disable it to place orders"
        raise UpstoxError("UDAPI100049", words, status=423)


def _rows(call: Call) -> Sequence[object]:
    rows = call.json
    if not isinstance(rows, list) or not rows:
        raise invalid("Invalid input: the body must be a list of segments with an action")
    return cast(list[object], rows)


def _update(row: object) -> tuple[str, str]:
    fields = cast(dict[str, Any], row) if isinstance(row, dict) else {}
    segment, action = fields.get("segment"), fields.get("action")
    if segment not in SEGMENTS:
        words = f"The segment must be one of {', '.join(SEGMENTS)}"
        raise UpstoxError("UDAPI1186", words, field="segment", value=segment)
    if action not in ("ENABLE", "DISABLE"):
        words = "The action must be ENABLE or DISABLE"
        raise UpstoxError("UDAPI1187", words, field="action", value=action)
    return str(segment), str(action)


def _check_switch(call: Call, killed: dict[str, datetime], segment: str, action: str) -> None:
    if action == "DISABLE":
        since = killed.get(segment)
        if since is not None and call.exchange.now() < since + COOLING:
            hours = int(COOLING.total_seconds() // 3600)
            words = f"A kill switch can be disabled {hours} hours after it was enabled"
            raise UpstoxError("UDAPI1185", words, field="action")
        return
    rows = [one for one in call.exchange.positions(call.key).net if one.quantity]
    orders = [one for one in call.exchange.orders(call.key) if one.is_open]
    waiting = [call.exchange.instrument(one.request.instrument) for one in orders]
    if segment in {segment_of(one) for one in (*waiting, *(row.instrument for row in rows))}:
        words = f"Close the open positions and orders in {segment} before its kill switch"
        raise UpstoxError("UDAPI1184", words, field="segment", value=segment)


def _kept(call: Call) -> Addresses:
    """What the account has registered; nothing once the admin door has released all addresses."""
    kept = call.door.switches.addresses
    if not call.door.sessions.user_addresses(call.session.user_id):
        kept[call.key] = Addresses()
    return kept[call.key]


def _address(value: object, name: str) -> str | None:
    if value in (None, ""):
        return None
    try:
        return str(ipaddress.ip_address(str(value)[:_LONGEST_ADDRESS]))
    except ValueError:
        words = f"{name} must be an IPv4 or IPv6 address"
        raise UpstoxError("UDAPI1179", words, field=name, value=value) from None


def _addresses_json(kept: Addresses) -> dict[str, Any]:
    return {
        "primary_ip": kept.primary,
        "secondary_ip": kept.secondary,
        "primary_ip_updated_at": stamp(kept.primary_at),
        "secondary_ip_updated_at": stamp(kept.secondary_at),
    }


ENDPOINTS = (
    Endpoint("GET", "/v2/user/kill-switch", kill_switches),
    Endpoint("POST", "/v2/user/kill-switch", update_kill_switches),
    Endpoint("GET", "/v2/user/ip", addresses),
    Endpoint("PUT", "/v2/user/ip", update_addresses),
)
