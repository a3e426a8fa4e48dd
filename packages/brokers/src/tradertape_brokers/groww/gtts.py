"""An account's GTTs at Groww."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tradertape_brokers.errors import BrokerError, Unavailable
from tradertape_brokers.groww.answers import as_object, lost, rows_of
from tradertape_brokers.groww.gtt_mapping import (
    SINGLE,
    STATUSES,
    TWO_LEG,
    GrowwGtt,
    change_body,
    create_body,
    gtt_of,
)
from tradertape_brokers.groww.names import Names
from tradertape_brokers.groww.orders_mapping import UnknownRow
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Urgency
from tradertape_core.orders.gtt import GttRequest, GttStatus

_A_PAGE, _MOST_PAGES = 50, 20
_ALL: Final = tuple(STATUSES)


class GrowwGtts:
    """Creates, changes, deletes and lists triggers. Each method raises BrokerError."""

    def __init__(self, rest: Rest, names: Names) -> None:
        self._rest = rest
        self._names = names

    def create(self, request: GttRequest, reference: str) -> GrowwGtt:
        """Create a trigger, once. reference: 8 to 20 letters and digits, by which it is found in
        the list when the answer was lost; Groww takes each only once."""
        body = create_body(request, reference, self._names)
        answer = self._rest.write("POST", "/order-advance/create", body, Urgency.EXIT)
        return self._gtt(answer, is_write=True)

    def modify(self, gtt: GrowwGtt, request: GttRequest) -> GrowwGtt:
        """Give an active trigger new terms."""
        path = f"/order-advance/modify/{gtt.gtt_id}"
        answer = self._rest.write("PUT", path, change_body(gtt, request), Urgency.EXIT)
        return self._gtt(answer, is_write=True)

    def delete(self, gtt: GrowwGtt) -> GrowwGtt:
        """End an active trigger."""
        path = f"/order-advance/cancel/{gtt.segment}/{gtt.kind}/{gtt.gtt_id}"
        return self._gtt(self._rest.write("POST", path, None, Urgency.EXIT), is_write=True)

    def find(self, gtt: GrowwGtt) -> GrowwGtt:
        """A trigger as it is now."""
        path = f"/order-advance/status/{gtt.segment}/{gtt.kind}/internal/{gtt.gtt_id}"
        return self._gtt(self._rest.get(path), is_write=False)

    def active(self) -> list[GrowwGtt]:
        """The triggers that wait for their price, newest first."""
        return self._list([name for name in _ALL if STATUSES[name] is GttStatus.ACTIVE])

    def all(self) -> list[GrowwGtt]:
        """The ended ones too."""
        return self._list(_ALL)

    def _list(self, statuses: Sequence[str]) -> list[GrowwGtt]:
        found: dict[str, GrowwGtt] = {}
        for kind in (SINGLE, TWO_LEG):
            for status in statuses:
                for one in self._pages(kind, status):
                    found[one.gtt_id] = one
        return sorted(found.values(), key=lambda one: one.created_at, reverse=True)

    def _pages(self, kind: str, status: str) -> list[GrowwGtt]:
        found: list[GrowwGtt] = []
        for page in range(_MOST_PAGES):
            params = {
                "smart_order_type": kind, "status": status, "page": page, "page_size": _A_PAGE,
            }  # fmt: skip
            rows = rows_of(self._rest.get("/order-advance/list", params), "orders")
            found += [self._gtt(row, is_write=False) for row in rows]
            if len(rows) < _A_PAGE:
                return found
        raise Unavailable("Groww's list of triggers has no end")

    def _gtt(self, answer: object, *, is_write: bool) -> GrowwGtt:
        try:
            return gtt_of(as_object(answer) or {}, self._names)
        except UnknownRow as error:
            ours: BrokerError = lost(f"Groww's trigger cannot be read: {error}", is_write=is_write)
        raise ours
