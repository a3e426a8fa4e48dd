"""The lanes of all accounts at venues outside this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from tradertape_server.features.execution.venues.agent_lane import AgentGateway, AgentLane
from tradertape_server.features.execution.venues.gateway import (
    BookRead,
    GatewayOf,
    GttRules,
    Outcome,
    RateLimits,
    VenueEvent,
)
from tradertape_server.features.execution.venues.gtt_reader import Watch
from tradertape_server.features.execution.venues.lane import Lane
from tradertape_server.features.execution.venues.outside import Outside
from tradertape_server.features.execution.venues.rate_limiter import RateLimiter

LimitsOf = Callable[[int], RateLimits]


class Lanes:
    """Makes a lane when an account has its first request, and stops them with the trader.

    gateway_of: of an account. limits_of: its rate limits. may_send: see `Lane`.
    """

    def __init__(
        self, gateway_of: GatewayOf, limits_of: LimitsOf, may_send: Callable[[], None]
    ) -> None:
        self._gateway_of = gateway_of
        self._limits_of = limits_of
        self._may_send = may_send
        self._lanes: dict[int, Lane | AgentLane] = {}
        self._lock = threading.Lock()
        self.deliver: Callable[[VenueEvent], None] = _undelivered

    def is_connected(self, account_id: int) -> bool:
        """Whether the account has a gateway."""
        return self._gateway_of(account_id) is not None

    def lane(self, account_id: int) -> Lane | AgentLane | None:
        """The lane of an account; None where it has no gateway."""
        with self._lock:
            lane = self._lanes.get(account_id)
            if lane is None:
                gateway = self._gateway_of(account_id)
                if gateway is None:
                    return None
                if isinstance(gateway, AgentGateway):
                    lane = self._lanes[account_id] = AgentLane()
                    return lane
                lane = self._lanes[account_id] = Lane(
                    account_id,
                    gateway,
                    gateway.pace or RateLimiter(self._limits_of(account_id)),
                    self.deliver,
                    self._may_send,
                )
            return lane

    def put(self, sends: Mapping[int, Iterable[Outside]]) -> None:
        """Hand requests to the lanes of their accounts; their outbox rows are on disk."""
        for account_id, requests in sends.items():
            lane = self.lane(account_id)
            if lane is not None:
                lane.put(requests)
                continue
            for one in requests:
                reason = "the account is not connected to its broker"
                self.deliver(one.answered(Outcome.NOT_SENT, reason=reason))

    def gtt_rules(self, account_id: int) -> GttRules | None:
        """What the account's broker takes of triggers; None where it takes none."""
        gateway = self._gateway_of(account_id)
        gtts = None if gateway is None else gateway.gtts
        return None if gtts is None else gtts.rules

    def watch_gtts(self, wanted: Mapping[int, Watch]) -> None:
        """Have the triggers of these accounts read so often; those of others rarely."""
        for account_id in set(wanted) | set(self._lanes):
            lane = self.lane(account_id)
            if lane is not None:
                lane.gtts.watch(wanted.get(account_id, Watch.IDLE))

    def read_gtts(self, account_ids: Iterable[int]) -> None:
        """Have the triggers of accounts read as soon as possible."""
        for account_id in account_ids:
            lane = self.lane(account_id)
            if lane is not None:
                lane.gtts.read_soon()

    def holds(self, account_id: int, key: tuple[str, str, int]) -> bool:
        """Whether a lane still has a request, or the trader has not been given what came of it."""
        lane = self.lane(account_id)
        return lane is not None and lane.holds(key)

    def read_books(self, account_ids: Iterable[int]) -> None:
        """Have the order books of accounts read as soon as possible."""
        for account_id in account_ids:
            lane = self.lane(account_id)
            if lane is not None:
                lane.read_book()

    def read_first(self, account_ids: Iterable[int]) -> None:
        """The same, before anything is sent."""
        for account_id in account_ids:
            lane = self.lane(account_id)
            if lane is not None:
                lane.read_first()

    def look(self, account_ids: Iterable[int]) -> None:
        """Have the order books of exactly these accounts read often: something is looked for."""
        wanted = set(account_ids)
        for account_id in wanted | set(self._lanes):
            lane = self.lane(account_id)
            if lane is not None:
                lane.look(is_looking=account_id in wanted)

    def resume(self, account_id: int) -> None:
        """Read the order book, then send what is queued: somebody signed in."""
        lane = self.lane(account_id)
        if lane is not None:
            lane.resume()

    def book_recorded_s(self, account_id: int) -> float:
        """When the latest reading of an account's order book began whose orders and fills are on
        disk, monotonic; 0 before one."""
        lane = self._lanes.get(account_id)
        return 0.0 if lane is None else lane.book_recorded_s

    def recorded(self, event: VenueEvent) -> None:
        """Take note that an event is on disk."""
        if isinstance(event, BookRead) and event.failed is None:
            lane = self._lanes.get(event.account_id)
            if lane is not None:
                lane.book_recorded_s = event.began_s

    def problem(self, account_id: int) -> str | None:
        """Why nothing leaves an account's lane at the moment, if so."""
        lane = self._lanes.get(account_id)
        return None if lane is None else lane.problem

    def stop(self) -> None:
        """Stop every lane; what is queued stays in the outbox."""
        with self._lock:
            lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            lane.stop()


def _undelivered(_event: VenueEvent) -> None:
    """Before the trader listens nothing is sent."""
