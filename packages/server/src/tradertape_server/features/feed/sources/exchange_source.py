"""A real market through connected brokers: each instrument from one account's feed.

Only the process that trades polls, so only it opens sockets at brokers.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path

from tradertape_brokers.errors import BrokerError, Refused
from tradertape_brokers.feed import FeedCondition, FeedState
from tradertape_brokers.marketdata import QuotesPort
from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours, hours_at, trading_phase
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.brokerage.accounts import BrokerAccount, Connected
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.feed.sources.broker_source import BrokerSource
from tradertape_server.features.feed.sources.kept_candles import KeptCandles
from tradertape_server.features.feed.sources.source_details import BrokerFeed, FeedReport
from tradertape_server.features.feed.sources.tick_source import Subscription
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.traded_market import TradedMarket
from tradertape_server.platform.logging import get_logger

NOT_CONNECTED = (
    "no broker is connected: sign in at one in Settings → Brokers, prices come from there"
)

logger = get_logger(__name__)
_DOWN = frozenset({FeedCondition.SIGNED_OUT, FeedCondition.CLOSED, FeedCondition.BACKING_OFF})


@dataclass(slots=True)
class _Feeding:
    """An account, its source, and the instruments that it is to give."""

    connected: Connected
    source: BrokerSource
    capacity: int
    failure: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether instruments may be given to it."""
        return not self.failure and self.source.state.condition not in _DOWN


class ExchangeSource:
    """Routes each instrument to the feed of one account, and to another when that one fails.

    A full feed's instruments go to the next account. What no account gives has no price, and
    `why_unpriced` says why. Nothing here is simulated.
    """

    is_simulated = False

    def __init__(
        self, market: TradedMarket, connections: Connections, masters: BrokerMasters,
        calendar: Calendar, clock: Clock, folder: Path, *, any_hour: bool = False,
    ) -> None:  # fmt: skip
        self._any_hour = any_hour  # a sandbox trades at night as well
        self.name = market.value
        self.market = market
        self._connections = connections
        self._masters = masters
        self._calendar = calendar
        self._kept = KeptCandles(folder / market.value, clock)
        self._numbers = count(1)
        self._lock = threading.RLock()
        self._feeds: dict[BrokerAccount, _Feeding] = {}
        self._routes: dict[int, BrokerAccount] = {}
        self._unpriced: dict[str, str] = {}
        self._held: list[Tick] = []  # of feeds that live, while another's failure is told

    @property
    def is_open_at_any_hour(self) -> bool:
        """Whether it has no night: a sandbox's."""
        return self._any_hour

    def market_time(self, now: datetime) -> datetime:
        """The clock's time."""
        return now

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The ticks of all accounts since the last call.

        Raises OSError while no account gives any, and once when one of several begins to fail.
        """
        with self._lock:
            self._connect()
            if not self._feeds:
                raise OSError(NOT_CONNECTED)
            shares = self._shares(wanted)
            ticks, self._held = self._held, []
            failures: list[str] = []
            has_news = False
            for account, feeding in self._feeds.items():
                before, feeding.failure = feeding.failure, ""
                try:
                    ticks += feeding.source.poll(shares.get(account, ()), now)
                except OSError as error:
                    feeding.failure = str(error)
                    failures.append(f"{feeding.connected.broker.title}: {error}")
                    has_news = has_news or not before
            if failures and (has_news or len(failures) == len(self._feeds)):
                self._held = ticks
                raise OSError("; ".join(failures))
            return ticks

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The present tick of each instrument; raises OSError when no broker can be asked."""
        with self._lock:
            self._connect()
            feeds = {a: one.source for a, one in self._feeds.items()}
            shares = self._shares(wanted, keep=False)
        if not feeds:
            raise OSError(NOT_CONNECTED)
        ticks: list[Tick] = []
        problem: OSError | None = None
        for account, share in shares.items():
            try:
                ticks += feeds[account].quote(share, now)
            except OSError as error:
                problem = error
        if problem is not None and not ticks:
            raise problem
        return ticks

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The exchange's session; a sandbox's is the demo session outside it."""
        if self._any_hour:
            return hours_at(self._calendar, moment, any_hour=True)
        return hours_at(self._calendar, moment, segment)

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """The exchange's phase, auctions included; at any hour continuous trading."""
        if self._any_hour:
            return trading_phase(self.hours(moment), moment)
        return self._calendar.phase_at(moment, segment)

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """A broker's candles of the day, up to a moment; none when none can be asked."""
        day = moment.astimezone(IST).date()
        return self._kept.session(instrument, interval, day, moment, self._fetch)

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """A broker's candles, kept on disk for the day; none when none can be asked."""
        return self._kept.past(instrument, interval, start, end, self._fetch)

    def close(self) -> None:
        """Close the connections; a later poll opens them again."""
        with self._lock:
            feeds, self._feeds = list(self._feeds.values()), {}
            self._routes.clear()
        for one in feeds:
            one.source.close()

    # --- what is said of it -------------------------------------------------------------------

    def feeds(self) -> list[BrokerFeed]:
        """The accounts' feeds, as the health page has them."""
        with self._lock:
            found = list(self._feeds.values())
        return [_described(one.connected, one.source, one.failure) for one in found]

    def broker_of(self, token: int) -> str:
        """The broker that an instrument comes from; empty when none."""
        with self._lock:
            account = self._routes.get(token)
        return "" if account is None else account.broker

    def away(self) -> str:
        """That nobody is signed in at a broker: the rest is known after a poll."""
        return "" if self._feeds or self._connected() else NOT_CONNECTED

    def report(self) -> FeedReport:
        """What other processes are told, which have no connection to a broker."""
        feeds = tuple(self.feeds())
        with self._lock:
            connected = bool(self._feeds or self._connected())
            routes = {token: account.broker for token, account in self._routes.items()}
            unpriced = dict(self._unpriced)
        streamed = frozenset(token for token in routes if self.is_streamed(token))
        return FeedReport(feeds, routes, streamed, unpriced if connected else {})

    def why_unpriced(self, instrument_id: str) -> str:
        """Why an instrument has no price; empty when there is no reason known."""
        with self._lock:
            if not self._feeds and not self._connected():
                return NOT_CONNECTED
            return self._unpriced.get(instrument_id, "")

    def is_streamed(self, token: int) -> bool:
        """Whether the last tick of an instrument is its present price."""
        with self._lock:
            account = self._routes.get(token)
            feeding = None if account is None else self._feeds.get(account)
        return feeding is not None and not feeding.failure and feeding.source.is_streamed(token)

    # --- inside -------------------------------------------------------------------------------

    def _connected(self) -> list[Connected]:
        environment = self.market.environment
        return [o for o in self._connections.all() if o.account.environment is environment]

    def _connect(self) -> None:
        """Make the feeds those of the connected accounts; a new session renews a feed."""
        found = {one.account: one for one in self._connected()}
        for account in [one for one in self._feeds if one not in found]:
            # On a thread of its own: a socket that does not close must not hold up the others.
            source = self._feeds.pop(account).source
            threading.Thread(target=source.close, name="feed-close", daemon=True).start()
        for account, connected in found.items():
            known = self._feeds.get(account)
            if known is None and connected.ports.feed is not None:
                self._feeds[account] = self._opened(connected)
            elif known is not None and known.connected.session != connected.session:
                known.connected = connected
                known.source.renew(connected.session, connected.ports.quotes)

    def _opened(self, connected: Connected) -> _Feeding:
        account, capacity = connected.account, connected.broker.capabilities.feed_instruments
        assert connected.ports.feed is not None  # noqa: S101 - asked for by the caller
        source = BrokerSource(
            connected.broker.title, connected.ports.feed, connected.ports.quotes,
            lambda one: self._masters.row_of(account.broker, one), self._calendar,
            numbers=self._numbers,
            on_order=lambda order: self._connections.deliver_orders(account, (order,)),
            on_missed=lambda: self._connections.deliver_hint(account),
            most_asked=max(capacity // 2, 100),
        )  # fmt: skip
        logger.info("a broker feeds the market", broker=account.broker, market=self.name)
        return _Feeding(connected, source, capacity)

    def _shares(
        self, wanted: Sequence[Subscription], *, keep: bool = True
    ) -> dict[BrokerAccount, list[Subscription]]:
        """The wanted instruments by the account that is to give them."""
        shares: dict[BrokerAccount, list[Subscription]] = {account: [] for account in self._feeds}
        usable = [a for a, one in self._feeds.items() if one.is_usable] or list(self._feeds)
        unpriced: dict[str, str] = {}
        for one in wanted:
            token, name = one.instrument.instrument_token, one.instrument.id
            kept = self._routes.get(token)
            order = [kept, *usable] if kept in usable else usable
            chosen = next((a for a in order if a and self._takes(a, shares[a], name)), None)
            if chosen is None:
                reasons = (self._feeds[a].source.refused.get(name, "") for a in usable)
                unpriced[name] = next(filter(None, reasons), "every broker's feed is full")
                continue
            self._routes[token] = chosen
            shares[chosen].append(one)
        if keep:
            self._unpriced = unpriced
        return shares

    def _takes(self, account: BrokerAccount, share: list[Subscription], name: str) -> bool:
        feeding = self._feeds[account]
        return len(share) < feeding.capacity and name not in feeding.source.refused

    def _fetch(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime
    ) -> list[Candle] | None:
        """Candles of the first broker that gives them; None when none can be asked."""
        for connected in self._connected():
            quotes: QuotesPort | None = connected.ports.quotes
            if quotes is None or interval not in connected.broker.capabilities.candle_days:
                continue
            try:
                row = self._masters.row_of(connected.account.broker, instrument)
                return list(quotes.candles(row, interval, start, end))
            except Refused as error:
                logger.info("no candles", broker=connected.account.broker, reason=str(error))
            except BrokerError as error:
                logger.warning("no candles", broker=connected.account.broker, reason=str(error))
        return None


def _described(connected: Connected, source: BrokerSource, failure: str) -> BrokerFeed:
    state: FeedState = source.state
    return BrokerFeed(
        broker=connected.account.broker,
        title=connected.broker.title,
        condition=state.condition.value,
        reason=failure or state.reason,
        instruments=source.subscribed,
        last_tick_at=state.last_tick_at,
        reconnects=state.reconnects,
        dropped=state.dropped + source.lost_ticks,
    )
