"""An account's triggers at Groww: the port of `gtts.GttPort`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from tradertape_brokers.errors import BrokerError, Unavailable
from tradertape_brokers.groww.answers import as_object, lost, rows_of
from tradertape_brokers.groww.gtt_mapping import (
    SINGLE,
    STATUSES,
    TWO_LEG,
    SmartName,
    change_body,
    create_body,
    gtt_of,
)
from tradertape_brokers.groww.names import Names
from tradertape_brokers.groww.orders_mapping import UnknownRow
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.gtts import VenueGtt
from tradertape_brokers.limiter import Urgency
from tradertape_core.orders.gtt import GttRequest

_A_PAGE: Final = 50
_MOST_PAGES: Final = 20


class GrowwGtts:
    """Creates, changes, deletes and lists triggers. Each method raises BrokerError."""

    def __init__(self, rest: Rest, names: Names) -> None:
        self._rest = rest
        self._names = names

    def place(self, request: GttRequest) -> str:
        """Create a trigger, once; returns its id."""
        body = create_body(request, f"TT{secrets.token_hex(8)}", self._names)
        answer = self._rest.write("POST", "/order-advance/create", body, Urgency.EXIT)
        return self._gtt(answer, is_write=True).trigger_id

    def modify(self, trigger_id: str, request: GttRequest) -> None:
        """Replace what a trigger waits for and places. Groww keeps the limit prices of two-leg
        triggers as they are: other ones are Refused."""
        name = SmartName.read(trigger_id)
        path = f"/order-advance/status/{name.segment}/{name.kind}/internal/{name.smart_order_id}"
        was = self._gtt(self._rest.get(path), is_write=False).request
        body = change_body(name, was, request)
        path = f"/order-advance/modify/{name.smart_order_id}"
        self._gtt(self._rest.write("PUT", path, body, Urgency.EXIT), is_write=True)

    def cancel(self, trigger_id: str) -> None:
        """Delete a trigger."""
        path = f"/order-advance/cancel/{SmartName.read(trigger_id)}"
        self._gtt(self._rest.write("POST", path, None, Urgency.EXIT), is_write=True)

    def list(self) -> Sequence[VenueGtt]:
        """Read the active triggers and the ended ones, newest first."""
        found = [
            one for kind in (SINGLE, TWO_LEG) for status in STATUSES
            for one in self._pages(kind, status)
        ]  # fmt: skip
        unique = {one.trigger_id: one for one in found}
        return sorted(unique.values(), key=lambda one: one.created_at, reverse=True)

    def _pages(self, kind: str, status: str) -> Sequence[VenueGtt]:
        found: dict[str, VenueGtt] = {}
        for page in range(_MOST_PAGES):
            params = {
                "smart_order_type": kind, "status": status, "page": page, "page_size": _A_PAGE,
            }  # fmt: skip
            rows = rows_of(self._rest.get("/order-advance/list", params), "orders")
            for row in rows:
                one = self._gtt(row, is_write=False)
                found[one.trigger_id] = one
            if len(rows) < _A_PAGE:
                return tuple(found.values())
        raise Unavailable("Groww's list of triggers has no end")

    def _gtt(self, answer: object, *, is_write: bool) -> VenueGtt:
        try:
            return gtt_of(as_object(answer) or {}, self._names)
        except UnknownRow as error:
            ours: BrokerError = lost(f"Groww's trigger cannot be read: {error}", is_write=is_write)
        raise ours
