"""Use cases of the page of triggers. Execution makes and fires them; here they meet a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.orders.gtt import Gtt, GttResult
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.gtts import repository
from tradertape_server.features.gtts.schemas import (
    GttAccountOut,
    GttIn,
    GttLegIn,
    GttLegOut,
    GttOut,
    GttResultOut,
)
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound

Json = dict[str, Any]


class GttPageService:
    """Triggers over all paper accounts of a person."""

    def __init__(
        self, database: Database, execution: ExecutionService, instruments: InstrumentService
    ) -> None:
        self._database = database
        self._execution = execution
        self._instruments = instruments

    def accounts(self, user_id: int) -> list[GttAccountOut]:
        """A person's paper accounts, oldest first."""
        with self._database.read() as session:
            found = repository.accounts(session, user_id)
        return [GttAccountOut(id=one.id, scope=one.scope, active=active) for one, active in found]

    def page(
        self, user_id: int, *, active: bool | None, limit: int, offset: int
    ) -> tuple[list[GttOut], int]:
        """A page of triggers and how many there are in all."""
        with self._database.read() as session:
            found, total = repository.page(
                session, user_id, active=active, limit=limit, offset=offset
            )
            made = {r.order_id for gtt, _ in found for r in gtt.results if r.order_id}
            orders = repository.orders(session, made)
        return [_shown(gtt, scope, orders) for gtt, scope in found], total

    def get(self, user_id: int, gtt_id: int) -> GttOut:
        """One trigger. Raises NotFound, for somebody else's too."""
        gtt, scope = self._owned(user_id, gtt_id)
        with self._database.read() as session:
            made = {result.order_id for result in gtt.results if result.order_id}
            return _shown(gtt, scope, repository.orders(session, made))

    def create(self, user_id: int, asked: GttIn) -> GttOut:
        """Make a trigger. Raises InvalidDocument that names the leg and the field."""
        instrument = self._instruments.get(asked.instrument).id
        account = self._execution.account(user_id, asked.account_scope)
        legs, places = _in_order(asked.legs)
        document = self._document(instrument, legs)
        try:
            made = self._execution.create_gtt(account.id, document)
        except (InvalidDocument, OrderDenied) as refused:
            raise _located(refused, places) from refused
        return self.get(user_id, made)

    def change(self, user_id: int, gtt_id: int, asked: Sequence[GttLegIn]) -> GttOut:
        """Give an active trigger other legs. Raises NotFound, Conflict, InvalidDocument."""
        gtt, _ = self._owned(user_id, gtt_id)
        legs, places = _in_order(asked)
        document = self._document(gtt.request.instrument, legs)
        try:
            self._execution.modify_gtt(int(gtt.account), gtt_id, document)
        except (InvalidDocument, OrderDenied) as refused:
            raise _located(refused, places) from refused
        return self.get(user_id, gtt_id)

    def delete(self, user_id: int, gtt_id: int) -> GttOut:
        """End an active trigger. Raises NotFound, Conflict."""
        gtt, _ = self._owned(user_id, gtt_id)
        self._execution.delete_gtt(int(gtt.account), gtt_id)
        return self.get(user_id, gtt_id)

    def _owned(self, user_id: int, gtt_id: int) -> tuple[Gtt, str]:
        with self._database.read() as session:
            found = repository.owned(session, user_id, gtt_id)
        if found is None:
            raise NotFound("Trigger")
        return found

    def _document(self, instrument: str, legs: Sequence[GttLegIn]) -> Json:
        exchange, _, symbol = instrument.partition(":")
        tick = self._execution.market.tick(instrument)
        return {
            "type": "single" if len(legs) == 1 else "two-leg",
            "condition": {
                "exchange": exchange,
                "tradingsymbol": symbol,
                "trigger_values": [leg.trigger for leg in legs],
                # Where no price is known yet, the first limit says from where it is reached.
                "last_price": float(tick.last_price) if tick else legs[0].price,
            },
            "orders": [
                {
                    "exchange": exchange,
                    "tradingsymbol": symbol,
                    "transaction_type": leg.transaction_type,
                    "quantity": leg.quantity,
                    "order_type": "LIMIT",
                    "product": leg.product,
                    "price": leg.price,
                }
                for leg in legs
            ],
        }


def _in_order(legs: Sequence[GttLegIn]) -> tuple[list[GttLegIn], list[int]]:
    """The legs by trigger, as execution keeps them, and where each stood when it was asked."""
    places = sorted(range(len(legs)), key=lambda place: legs[place].trigger)
    return [legs[place] for place in places], places


def _located(refused: InvalidDocument | OrderDenied, places: Sequence[int]) -> InvalidDocument:
    """The refusal with pointers into what the page sent."""
    if isinstance(refused, OrderDenied):
        problems = [Problem(one.pointer, one.message) for one in refused.denials]
    else:
        problems = list(refused.problems)
    return InvalidDocument([Problem(_pointer(p.pointer, places), p.message) for p in problems])


def _pointer(pointer: str, places: Sequence[int]) -> str:
    parts = pointer.split("/")[1:]
    if parts[:2] == ["condition", "trigger_values"] and len(parts) == 3:
        return f"/legs/{places[int(parts[2])]}/trigger"
    if parts[:1] == ["orders"] and len(parts) >= 2:
        return "/".join(["/legs", str(places[int(parts[1])]), *parts[2:]])
    return (
        "/instrument" if parts[:1] == ["condition"] and parts[-1] != "trigger_values" else "/legs"
    )


def _shown(gtt: Gtt, scope: str, orders: dict[str, Order]) -> GttOut:
    results = {result.leg: result for result in gtt.results}
    return GttOut(
        id=gtt.trigger_id,
        account_scope=scope,
        type=gtt.request.type.value,
        status=gtt.status.value,
        instrument=gtt.request.instrument,
        reference=float(gtt.reference),
        legs=[
            GttLegOut(
                trigger=float(trigger),
                transaction_type=order.side.value,
                quantity=order.quantity,
                price=float(order.price),
                product=order.product.value,
                result=_result(results.get(place), orders),
            )
            for place, (trigger, order) in enumerate(
                zip(gtt.request.trigger_values, gtt.request.orders, strict=True)
            )
        ],
        created_at=gtt.created_at,
        updated_at=gtt.updated_at,
        expires_at=gtt.expires_at,
    )


def _result(result: GttResult | None, orders: dict[str, Order]) -> GttResultOut | None:
    if result is None:
        return None
    order = orders.get(result.order_id or "")
    filled = order.filled_quantity if order else 0
    return GttResultOut(
        at=result.at,
        order_id=result.order_id,
        reason=result.reason or (order.status_message if order and not filled else None),
        status=order.status.value if order else None,
        filled_quantity=filled,
        average_price=float(order.average_price) if order and filled else None,
    )
