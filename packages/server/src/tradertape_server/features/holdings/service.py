"""What a person has at brokers: asked there, kept for half a minute, in one shape."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from pydantic import BaseModel

from tradertape_brokers.errors import BrokerError, SessionExpired
from tradertape_brokers.port import Connection
from tradertape_core.orders.order import Order
from tradertape_server.features.brokerage.accounts import Connected
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.errors import api_error, words_of
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.features.holdings import views
from tradertape_server.features.holdings.cache import Answer, AnswerCache
from tradertape_server.features.holdings.schemas import (
    BrokerOrderOut,
    HoldingOut,
    MarginOut,
    PositionOut,
)

Out = TypeVar("Out", bound=BaseModel)
_USUAL: Final = "kite"  # whose login a person without any broker is shown


class OwnOrders(Protocol):
    """Execution, as far as it knows which orders at a venue are ours."""

    def orders_at_venue(
        self, user_id: int, scope: str, venue_order_ids: Collection[str], tags: Collection[str]
    ) -> Sequence[Order]:
        """A person's orders by the venue's ids or by our tags."""
        ...


@dataclass(frozen=True, slots=True)
class Listing(Generic[Out]):
    """Rows of all asked accounts. age_s: of the oldest answer; failures: by account, in words."""

    rows: list[Out]
    age_s: float
    is_hit: bool
    failures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HoldingsService:
    """Use cases of what is at the brokers. None of them holds a transaction while it asks."""

    connections: Connections
    brokerage: BrokerageService
    cache: AnswerCache
    own: OwnOrders

    def holdings(
        self, user_id: int, broker: str | None, *, refresh: bool = False
    ) -> Listing[HoldingOut]:
        """Delivered shares. Raises NotConnected, and the broker's error where nothing is kept."""

        def read(ports: Connection) -> Sequence[Any]:
            return ports.portfolio.holdings() if ports.portfolio else ()

        return self._listing(user_id, broker, "holdings", read, _each(views.holding_out), refresh)

    def positions(
        self, user_id: int, broker: str | None, *, refresh: bool = False
    ) -> Listing[PositionOut]:
        """Positions of both kinds; see `holdings`."""

        def read(ports: Connection) -> Sequence[Any]:
            return ports.portfolio.positions() if ports.portfolio else ()

        return self._listing(user_id, broker, "positions", read, _each(views.position_out), refresh)

    def margins(
        self, user_id: int, broker: str | None, *, refresh: bool = False
    ) -> Listing[MarginOut]:
        """Funds of each segment; see `holdings`."""

        def read(ports: Connection) -> Sequence[Any]:
            return ports.portfolio.margins() if ports.portfolio else ()

        return self._listing(user_id, broker, "margins", read, _each(views.margin_out), refresh)

    def orders(
        self, user_id: int, broker: str | None, *, refresh: bool = False
    ) -> Listing[BrokerOrderOut]:
        """Today's orders from every terminal, the newest first; see `holdings`."""

        def read(ports: Connection) -> Sequence[Any]:
            return ports.orders.order_book()

        def shown(one: Connected, answer: Answer) -> list[BrokerOrderOut]:
            ours = self._ours(one, answer)
            made = [views.order_out(row, one, answer, ours) for row in answer.rows]
            return sorted(made, key=lambda row: row.placed_at or row.updated_at, reverse=True)

        return self._listing(user_id, broker, "orders", read, shown, refresh)

    def _ours(self, one: Connected, answer: Answer) -> dict[str, Order]:
        found = self.own.orders_at_venue(
            one.account.user_id,
            one.account.scope,
            {row.venue_order_id for row in answer.rows},
            {row.tag for row in answer.rows if row.tag},
        )
        by_tag = {order.tag: order for order in found}
        return by_tag | {o.venue_order_id: o for o in found if o.venue_order_id}

    def _listing(
        self, user_id: int, broker: str | None, kind: str,
        read: Callable[[Connection], Sequence[Any]],
        shown: Callable[[Connected, Answer], list[Out]], refresh: bool,
    ) -> Listing[Out]:  # fmt: skip
        rows: list[Out] = []
        ages: list[float] = []
        failures: dict[str, str] = {}
        errors: list[tuple[BrokerError, str]] = []
        hits: list[bool] = []
        for one in self._asked(user_id, broker):
            ports, scope = one.ports, one.account.scope
            try:
                answer = self.cache.get(one, kind, lambda ports=ports: read(ports), refresh=refresh)
            except SessionExpired as error:
                self.connections.mark_expired(one.account, words_of(error), one.session)
                failures[scope] = f"{one.broker.title} ended the session: sign in again."
                continue
            except BrokerError as error:
                errors.append((error, one.broker.title))
                failures[scope] = words_of(error)
                continue
            if answer.failure is not None:
                failures[scope] = words_of(answer.failure)
            rows += shown(one, answer)
            ages.append(answer.age_s)
            hits.append(answer.is_hit)
        if not ages:
            if errors:
                raise api_error(*errors[0])
            raise self.brokerage.not_connected(user_id, broker or self._first(user_id))
        return Listing(rows, max(ages), all(hits), failures)

    def _asked(self, user_id: int, broker: str | None) -> Sequence[Connected]:
        if broker is None:
            found = self.connections.of_user(user_id)
        else:
            one = self.connections.of(user_id, self.brokerage.found(broker).name)
            found = [] if one is None else [one]
        if not found:
            raise self.brokerage.not_connected(user_id, broker or self._first(user_id))
        return sorted(found, key=lambda one: one.account.scope)

    def _first(self, user_id: int) -> str:
        """The broker to sign in at: one that is set up, if there is any."""
        return self.brokerage.status(user_id).broker or _USUAL


def _each(
    view: Callable[[Any, Connected, Answer], Out],
) -> Callable[[Connected, Answer], list[Out]]:
    def shown(one: Connected, answer: Answer) -> list[Out]:
        return [view(row, one, answer) for row in answer.rows]

    return shown
