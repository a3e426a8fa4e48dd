"""Reading what a caller sends: JSON bodies and query strings, each wrong value named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar, cast

from tradertape_core.kernel.clock import IST
from tradertape_core.orders.reading import LARGEST_QUANTITY
from tradertape_sandbox.wire.groww.envelopes import bad_request
from tradertape_sandbox.wire.groww.names import CASH, COMMODITY, EXCHANGES, FNO

Value = TypeVar("Value")

EXCHANGE_NAMES = {name: name for name in EXCHANGES}
_SEGMENT_NAMES = {name: name for name in (CASH, FNO, COMMODITY)}
_EARLIEST_S, _LATEST_S = 946_684_800, 4_102_444_800  # the years 2000 and 2100


class Document:
    """Members of a body or a query. Each reader raises GrowwError with the member's name."""

    def __init__(self, source: Mapping[str, object]) -> None:
        self._source = source

    def has(self, name: str) -> bool:
        """Whether a member is there and is not null."""
        return self._source.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._source.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise bad_request(f"{name} is required")
        return value.strip()

    def choice(self, name: str, known: Mapping[str, Value], default: Value | None = None) -> Value:
        """One of the known words."""
        if default is not None and not self.has(name):
            return default
        text = self.text(name)
        if text not in known:
            raise bad_request(f"{name} must be one of {', '.join(known)}; was {text!r}")
        return known[text]

    def segment(self, default: str | None = None) -> str:
        """The segment."""
        return self.choice("segment", _SEGMENT_NAMES, default)

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within limits, as a number or as digits."""
        value = self._source.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.isascii() and value.lstrip("-").isdigit():
            value = int(value) if len(value) < 20 else high + 1
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise bad_request(f"{name} must be a whole number from {low} to {high}")
        return value

    def quantity(self, name: str) -> int:
        """Units of an order."""
        return self.whole(name, 1, LARGEST_QUANTITY)

    def price(self, name: str) -> Decimal:
        """Rupees, 0 or above, as a number or as its text."""
        value = self._source.get(name)
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise InvalidOperation
            found = Decimal(str(value))
        except InvalidOperation:
            raise bad_request(f"{name} must be an amount in rupees") from None
        if not found.is_finite() or not 0 <= found <= 10_000_000:
            raise bad_request(f"{name} must be an amount in rupees from 0 to 10000000")
        return found

    def moment(self, name: str) -> datetime:
        """A time: `yyyy-MM-dd HH:mm:ss` of India, ISO 8601, or a number of (milli)seconds."""
        text = str(self._source.get(name) or "").strip()
        if text.isascii() and text.isdigit() and len(text) <= 13:
            seconds = int(text) / 1_000 if len(text) == 13 else int(text)
            if _EARLIEST_S <= seconds <= _LATEST_S:
                return datetime.fromtimestamp(seconds, IST)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise bad_request(
                f"{name} must be a time such as 2025-09-24 10:30:00, or seconds since 1970"
            ) from None
        return found if found.tzinfo else found.replace(tzinfo=IST)

    def part(self, name: str) -> Document:
        """An object within."""
        value = self._source.get(name)
        if not isinstance(value, Mapping):
            raise bad_request(f"{name} must be an object")
        return Document(cast(Mapping[str, object], value))
