"""Use cases of the console's GTT page; execution creates, changes and fires GTTs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.orders.gtt import MOST_ACTIVE, GttType
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.orders.idempotency import CallersKey
from tradertape_server.features.execution.queries import GttAccount
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.gtts.schemas import (
    ExternalGttOut,
    GttAccountOut,
    GttIn,
    GttLegIn,
    GttOut,
)
from tradertape_server.features.gtts.views import shown, shown_external
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.platform.errors import Conflict

Json = dict[str, Any]
PORTFOLIO_RUN = "portfolio:"  # what the run ids of portfolios' signals begin with


class GttPageService:
    """GTTs of all trading accounts of a person."""

    def __init__(
        self, execution: ExecutionService, instruments: InstrumentService, brokers: LiveAccounts
    ) -> None:
        self._execution = execution
        self._instruments = instruments
        self._brokers = brokers

    def accounts(self, user_id: int) -> list[GttAccountOut]:
        """A person's trading accounts, oldest first."""
        return [self._account(user_id, one) for one in self._execution.gtt_accounts(user_id)]

    def external(self, user_id: int) -> list[ExternalGttOut]:
        """Triggers of a person's brokers that other terminals created, newest first."""
        return [shown_external(*one) for one in self._execution.external_gtts(user_id)]

    def settle(self, user_id: int, gtt_id: int, broker_trigger_id: str | None) -> GttOut:
        """Record a person's word on a GTT in doubt. Raises NotFound, Conflict."""
        gtt = self._execution.gtt_record(user_id, gtt_id).gtt
        self._execution.settle_gtt(int(gtt.account), gtt_id, broker_trigger_id)
        return self.get(user_id, gtt_id)

    def _account(self, user_id: int, one: GttAccount) -> GttAccountOut:
        if one.is_paper:
            return GttAccountOut(
                id=one.id, scope=one.scope, kind="paper", active=one.active,
                types=[kind.value for kind in GttType], most=MOST_ACTIVE, is_sandbox=False,
                blocked=None,
            )  # fmt: skip
        rules = self._execution.lanes.gtt_rules(one.id)
        reasons = self._brokers.why_not(user_id, one.scope)
        blocked = ". ".join(reason.words for reason in reasons) or None
        if rules is None:
            blocked = "This broker takes no triggers from programs"
        return GttAccountOut(
            id=one.id, scope=one.scope, kind="broker", active=one.active,
            types=sorted(kind.value for kind in rules.types) if rules else [],
            most=rules.most if rules else 0,
            is_sandbox=self._brokers.is_sandbox(user_id, one.scope), blocked=blocked,
        )  # fmt: skip

    def page(
        self, user_id: int, *, active: bool | None, limit: int, offset: int
    ) -> tuple[list[GttOut], int]:
        """A page of GTTs and how many there are in all."""
        found, total = self._execution.gtt_page(user_id, active=active, limit=limit, offset=offset)
        return [shown(one) for one in found], total

    def get(self, user_id: int, gtt_id: int) -> GttOut:
        """One GTT. Raises NotFound, also for another person's."""
        return shown(self._execution.gtt_record(user_id, gtt_id))

    def create(self, user_id: int, request: GttIn, key: str | None = None) -> GttOut:
        """Create a GTT, once for its key. Raises InvalidDocument that names the leg and the field,
        KeyReused."""
        instrument = self._instruments.get(request.instrument).id
        account = self._execution.account(user_id, request.account_scope)
        legs, places = _in_order(request.legs)
        document = self._document(instrument, legs)
        try:
            made = self._execution.create_gtt(
                account.id, document, key=_key_of(user_id, key, create=request.model_dump())
            )
        except (InvalidDocument, OrderDenied) as refused:
            raise _located(refused, places) from refused
        return self.get(user_id, made)

    def change(
        self, user_id: int, gtt_id: int, request: Sequence[GttLegIn], key: str | None = None
    ) -> GttOut:
        """Replace the legs of an active GTT, once for its key.

        Raises NotFound, Conflict, also for a GTT of a portfolio, InvalidDocument, KeyReused.
        """
        gtt = self._execution.gtt_record(user_id, gtt_id).gtt
        _demand_own(gtt.run_id)
        legs, places = _in_order(request)
        document = self._document(gtt.request.instrument, legs)
        try:
            self._execution.modify_gtt(
                int(gtt.account),
                gtt_id,
                document,
                key=_key_of(user_id, key, gtt=gtt_id, legs=[leg.model_dump() for leg in request]),
            )
        except (InvalidDocument, OrderDenied) as refused:
            raise _located(refused, places) from refused
        return self.get(user_id, gtt_id)

    def delete(self, user_id: int, gtt_id: int, key: str | None = None) -> GttOut:
        """Delete an active GTT, once for its key. Raises NotFound, Conflict, KeyReused."""
        gtt = self._execution.gtt_record(user_id, gtt_id).gtt
        self._execution.delete_gtt(
            int(gtt.account), gtt_id, key=_key_of(user_id, key, delete=gtt_id)
        )
        return self.get(user_id, gtt_id)

    def _document(self, instrument: str, legs: Sequence[GttLegIn]) -> Json:
        exchange, _, symbol = instrument.partition(":")
        tick = self._execution.market.tick(instrument)
        return {
            "type": "single" if len(legs) == 1 else "two-leg",
            "condition": {
                "exchange": exchange,
                "tradingsymbol": symbol,
                "trigger_values": [leg.trigger for leg in legs],
                # Without a known price, the first limit price is the reference.
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


def _demand_own(run_id: str | None) -> None:
    """Raise Conflict for the GTT of a portfolio's signal or position: price and quantity are those
    that were approved, and that its limits and capital were judged by."""
    if run_id is not None and run_id.startswith(PORTFOLIO_RUN):
        portfolio_id = run_id.removeprefix(PORTFOLIO_RUN).split(":")[0]
        raise Conflict(
            f"This trigger belongs to portfolio {portfolio_id}, which alone changes it. To end it, "
            "cancel its signal under Approvals, At the market, or close its position.",
            code="gtt_of_portfolio",
        )


def _key_of(user_id: int, key: str | None, **content: Any) -> CallersKey | None:
    return None if key is None else CallersKey(f"user-{user_id}", key, content)


def _in_order(legs: Sequence[GttLegIn]) -> tuple[list[GttLegIn], list[int]]:
    """The legs by trigger price, as execution stores them, and their places in the request."""
    places = sorted(range(len(legs)), key=lambda place: legs[place].trigger)
    return [legs[place] for place in places], places


def _located(refused: InvalidDocument | OrderDenied, places: Sequence[int]) -> InvalidDocument:
    """The refusal with pointers into the page's own request."""
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
