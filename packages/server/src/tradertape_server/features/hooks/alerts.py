"""Alerts as they arrive: who may send them, and what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from tradertape_server.features.notifications.channels.signing import is_signed
from tradertape_server.platform.secrets import constant_time_equal

Json = dict[str, Any]
SIGNED_WITHIN = timedelta(minutes=5)
MOST_SYMBOLS = 20
SIGNED, TRADINGVIEW, CHARTINK = "signed", "tradingview", "chartink"


class NotAccepted(Exception):
    """An alert that is not accepted. is_forged: its sender has not proved who it is."""

    def __init__(self, text: str, *, is_forged: bool = False) -> None:
        super().__init__(text)
        self.is_forged = is_forged


@dataclass(frozen=True, slots=True)
class AlertSymbol:
    """One symbol of an alert. exchange: "" where the alert does not say. price: None likewise."""

    symbol: str
    exchange: str
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Alert:
    """What an alert says. key: a second one with it is the same alert. left_out: symbols beyond
    the most that one alert may name."""

    key: str
    action: str
    text: str
    instruments: Sequence[AlertSymbol]
    left_out: Sequence[str] = ()


def read(source: str, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Alert:
    """Check who sent an alert and read it. Raises NotAccepted."""
    if source == SIGNED:
        key = _signed_key(secret, headers, body, now)
        return _alert(_document(body), key)
    document = _document(body)
    if source == CHARTINK:
        return _of_chartink(document, _content_key(body, now))
    given = document.pop("secret", None)
    if not isinstance(given, str) or not constant_time_equal(given, secret):
        raise NotAccepted("The alert's `secret` is missing or wrong.", is_forged=True)
    sent = document.get("time")
    if sent is None:
        return _alert(document, _content_key(body, now))
    _demand_recent(sent, now)
    return _alert(document, hashlib.sha256(body).hexdigest())


def _signed_key(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not message_id or len(message_id) > 70 or not stamp.isascii() or not stamp.isdigit():
        raise NotAccepted(
            "The headers webhook-id, webhook-timestamp and webhook-signature are needed.",
            is_forged=True,
        )
    if len(stamp) > 12 or not is_signed(secret, message_id, int(stamp), body, given):
        raise NotAccepted("The signature is wrong.", is_forged=True)
    if abs(now.timestamp() - int(stamp)) > SIGNED_WITHIN.total_seconds():
        raise NotAccepted("It was signed more than 5 minutes ago: check the sender's clock.")
    return f"id:{message_id}"


def _content_key(body: bytes, now: datetime) -> str:
    """The same text within five minutes is the same alert; of an alert that says no time."""
    slot = int(now.timestamp() // SIGNED_WITHIN.total_seconds())
    return f"{hashlib.sha256(body).hexdigest()[:48]}:{slot}"


def _demand_recent(sent: Any, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(str(sent))
        age = abs(now - at)
    except (ValueError, TypeError):
        raise NotAccepted("`time` must be {{timenow}}, as 2026-01-05T09:15:00Z.") from None
    if age > SIGNED_WITHIN:
        raise NotAccepted("The alert is more than 5 minutes old.")


def _document(body: bytes) -> Json:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise NotAccepted("The body must be a JSON object.")
    return found


def _alert(document: Json, key: str) -> Alert:
    symbol, exchange = document.get("symbol"), document.get("exchange", "")
    if not isinstance(symbol, str) or not symbol.strip():
        raise NotAccepted("`symbol` is missing.")
    action = str(document.get("action", "buy")).strip().lower()
    if action not in ("buy", "sell"):
        raise NotAccepted("`action` must be buy or sell.")
    where = str(exchange).strip().upper()
    if ":" in symbol:
        where, _, symbol = symbol.partition(":")
    one = AlertSymbol(symbol.strip().upper()[:60], where.strip().upper()[:10],
                _price(document.get("price")))  # fmt: skip
    return Alert(key, action, str(document.get("text", ""))[:500], [one])


def _of_chartink(document: Json, key: str) -> Alert:
    stocks, prices = document.get("stocks"), str(document.get("trigger_prices", "")).split(",")
    if not isinstance(stocks, str) or not stocks.strip():
        raise NotAccepted("`stocks` is missing.")
    symbols = [one.strip().upper()[:60] for one in stocks.split(",") if one.strip()]
    padded = [*prices, *[""] * len(symbols)]
    instruments = [
        AlertSymbol(one, "NSE", _price(price)) for one, price in zip(symbols, padded, strict=False)
    ]
    name = document.get("alert_name") or document.get("scan_name") or ""
    taken, beyond = instruments[:MOST_SYMBOLS], symbols[MOST_SYMBOLS:]
    return Alert(key, "buy", str(name)[:500], taken, beyond)


def _price(given: Any) -> Decimal | None:
    if given in (None, ""):
        return None
    try:
        price = Decimal(str(given).strip())
    except InvalidOperation:
        raise NotAccepted("`price` must be a number.") from None
    if not price.is_finite() or not 0 < price < 10_000_000:
        raise NotAccepted("`price` must be a price in rupees.")
    return price
