"""The gateway of an account at a broker: the broker's ports behind the port of venues.

It outlives sessions: each call takes the connection that is alive then. Without one nothing asks
the broker, so that a session's end costs one refused request and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from tradertape_brokers import errors as broker
from tradertape_brokers.gtts import GttPort, VenueGtt
from tradertape_brokers.limiter import Kind, Limiter, Urgency
from tradertape_brokers.port import Broker
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.gtt import GttRequest, GttType
from tradertape_core.orders.order import Change, Order, OrderRequest
from tradertape_core.orders.reports import ExecutionReport, VenueOrder
from tradertape_server.features.brokerage.accounts import Connected
from tradertape_server.features.execution.venues import gateway as venue


@dataclass(frozen=True, slots=True)
class AccountPace:
    """The pace of an account's one limiter, which the broker's ports count in themselves."""

    limiter: Limiter

    def delay_s(self, now_s: float, *, is_exit: bool) -> float:  # noqa: ARG002 - of its own clock
        """Seconds until an exit or an entry may leave."""
        urgency = Urgency.EXIT if is_exit else Urgency.ENTRY
        return self.limiter.delay_s(Kind.ORDERS, urgency)

    def sent(self, now_s: float) -> None:
        """Nothing: the port counts its own requests."""


class BrokerGateway:
    """One account at a broker: an `OrderGateway`.

    connected: its connection; None while nobody is signed in. expired: told when the broker has
    ended the session, with its reason. rules: what it takes of triggers; None: none. refused: told
    the broker's words when it refuses a request.
    """

    def __init__(
        self,
        connected: Callable[[], Connected | None],
        expired: Callable[[Connected, str], None],
        pace: venue.Pace,
        rules: venue.GttRules | None = None,
        refused: Callable[[Connected, str], None] = lambda _connected, _words: None,
    ) -> None:
        self._connected = connected
        self._expired, self._refused = expired, refused
        self.pace: venue.Pace | None = pace
        self.gtts = None if rules is None else BrokerGtts(rules, self.connection)

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Send a new order, once. Raises GatewayError."""
        with self.connection() as one:
            return one.ports.orders.submit(_protected(order, one), is_exit=is_exit)

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order. Raises GatewayError."""
        with self.connection() as one:
            return one.ports.orders.modify(order, ask, _protected_change(order, change, one))

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order. Raises GatewayError."""
        with self.connection() as one:
            return one.ports.orders.cancel(order, ask)

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders of the account, from every terminal. Raises GatewayError."""
        with self.connection() as one:
            return one.ports.orders.order_book()

    @contextmanager
    def connection(self) -> Generator[Connected, None, None]:
        """The connection there is, its errors as those of the port. Raises GatewayError."""
        one = self._connected()
        if one is None:
            raise venue.SessionExpired("nobody is signed in at the broker: sign in again")
        try:
            yield one
        except broker.SessionExpired as error:
            self._expired(one, str(error))
            raise venue.SessionExpired(str(error)) from error
        except broker.NotSent as error:
            raise venue.NotSent(str(error)) from error
        except broker.Refused as error:
            self._refused(one, str(error))
            raise venue.RequestRefused(str(error)) from error
        except broker.OutcomeUnknown as error:
            raise venue.OutcomeUnknown(str(error)) from error


class BrokerGtts:
    """The triggers of one account at a broker: a `GttGateway`."""

    def __init__(
        self,
        rules: venue.GttRules,
        connection: Callable[[], AbstractContextManager[Connected]],
    ) -> None:
        self.rules = rules
        self._connection = connection

    def place(self, request: GttRequest) -> str:
        """Create a trigger, once; returns the broker's id. Raises GatewayError."""
        with self._connection() as one:
            return _gtts(one).place(request)

    def modify(self, trigger_id: str, request: GttRequest) -> None:
        """Replace the terms of a trigger. Raises GatewayError."""
        with self._connection() as one:
            _gtts(one).modify(trigger_id, request)

    def cancel(self, trigger_id: str) -> None:
        """Delete a trigger. Raises GatewayError."""
        with self._connection() as one:
            _gtts(one).cancel(trigger_id)

    def list(self) -> Sequence[VenueGtt]:
        """Read the triggers of the account, from every terminal. Raises GatewayError."""
        with self._connection() as one:
            return _gtts(one).list()


def gtt_rules(of: Broker) -> venue.GttRules | None:
    """What a broker takes of triggers; None where it takes none."""
    can = of.capabilities
    single = {GttType.SINGLE} if can.gtt_single else set[GttType]()
    types = frozenset(single | ({GttType.TWO_LEG} if can.gtt_two_leg else set()))
    if not types:
        return None
    return venue.GttRules(
        types=types, title=of.title, most=can.gtt_most, life=timedelta(days=can.gtt_days)
    )


def _gtts(one: Connected) -> GttPort:
    if one.ports.gtts is None:
        raise broker.Refused(f"{one.broker.title} takes no triggers")
    return one.ports.gtts


def _protected(order: Order, one: Connected) -> Order:
    """The order as it is sent. A market order that asks for no band got here because it closes a
    position, which nothing refuses: it is sent with the broker's own band."""
    if not _is_naked(order.request, one):
        return order
    return replace(order, request=replace(order.request, market_protection=AUTOMATIC_PROTECTION))


def _protected_change(order: Order, change: Change, one: Connected) -> Change:
    """The same of a change."""
    if not _is_naked(change.applied_to(order.request), one):
        return change
    return replace(change, market_protection=AUTOMATIC_PROTECTION)


def _is_naked(request: OrderRequest, one: Connected) -> bool:
    """Whether exchanges would refuse a program's market order for its lack of a band."""
    if request.order_type.has_limit or request.market_protection:
        return False
    return one.broker.capabilities.protects_markets
