"""The gateway of an account at a broker: the broker's ports behind the port of venues.

It outlives sessions: each call takes the connection that is alive then. Without one nothing asks
the broker, so that a session's end costs one refused request and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tradertape_brokers import errors as broker
from tradertape_brokers.limiter import Kind, Limiter, Urgency
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import Change, Order
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
    ended the session, with its reason.
    """

    def __init__(
        self,
        connected: Callable[[], Connected | None],
        expired: Callable[[Connected, str], None],
        pace: venue.Pace,
    ) -> None:
        self._connected = connected
        self._expired = expired
        self.pace: venue.Pace | None = pace

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Send a new order, once. Raises GatewayError."""
        with self._connection() as one:
            return one.ports.orders.submit(_protected(order, one), is_exit=is_exit)

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order. Raises GatewayError."""
        with self._connection() as one:
            return one.ports.orders.modify(order, ask, change)

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order. Raises GatewayError."""
        with self._connection() as one:
            return one.ports.orders.cancel(order, ask)

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders of the account, from every terminal. Raises GatewayError."""
        with self._connection() as one:
            return one.ports.orders.order_book()

    @contextmanager
    def _connection(self) -> Generator[Connected, None, None]:
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
            raise venue.RequestRefused(str(error)) from error
        except broker.OutcomeUnknown as error:
            raise venue.OutcomeUnknown(str(error)) from error


def _protected(order: Order, one: Connected) -> Order:
    """The order with the market protection that exchanges ask of programs' market orders."""
    request = order.request
    if request.order_type.has_limit or request.market_protection:
        return order
    if not one.broker.capabilities.protects_markets:
        return order
    return replace(order, request=replace(request, market_protection=AUTOMATIC_PROTECTION))
