"""The exchange as the brokers' doors use it.

One thread calls it; every call is complete when it returns, the events included. Times are those
of its clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from tradertape_core.execution.matching import PaperRules
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.ledger.charges import Charges
from tradertape_core.market.calendar import Calendar, nse_calendar
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.market.world import DEFAULT_SEED
from tradertape_core.orders.gtt import Gtt, GttRequest
from tradertape_core.orders.order import Change, OrderRequest
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade, Numbers
from tradertape_sandbox.exchange.clock import MarketClock
from tradertape_sandbox.exchange.conversion import Conversion, convert
from tradertape_sandbox.exchange.corporate import CorporateActions
from tradertape_sandbox.exchange.delivery import (
    Delivery,
    Prompt,
    book_of,
    trades_of,
    visible,
)
from tradertape_sandbox.exchange.errors import RefusalKind, Refused, UnknownAccount, UnknownOrder
from tradertape_sandbox.exchange.events import AccountKey, Event, Listener, Ticked
from tradertape_sandbox.exchange.listing import Listing
from tradertape_sandbox.exchange.margins import Basket, Margins, OrderMargin, paise_text
from tradertape_sandbox.exchange.market import Market
from tradertape_sandbox.exchange.portfolio import Funds, Holding, Positions, Views
from tradertape_sandbox.exchange.price_plan import PricePlan
from tradertape_sandbox.exchange.schedule import Schedule
from tradertape_sandbox.exchange.sessions import TradingTimes, day_of
from tradertape_sandbox.exchange.trading import Placed, Trading
from tradertape_sandbox.exchange.triggers import Triggers
from tradertape_sandbox.exchange.venue_market import VenueMarket

MOST_TICKS = 1_000  # of watched instruments in one step
_LONG_HELD = timedelta(days=30)


class Exchange:
    """A simulated market, the orders and the accounts of every broker's door."""

    def __init__(
        self,
        clock: Clock,
        *,
        calendar: Calendar | None = None,
        always_open: bool = True,
        seed: int = DEFAULT_SEED,
        rules: PaperRules | None = None,
    ) -> None:
        self.clock = MarketClock(clock)
        self.times = TradingTimes(calendar or nse_calendar(), always_open=always_open)
        self.market = Market(self.clock, self.times, seed=seed)
        self._venue_market = VenueMarket(self.market, self.clock)
        self.margins = Margins(self._venue_market.find, self.market.tick, self._venue_market.spot)
        numbers = Numbers()
        self.trading = Trading(
            self._venue_market, self.margins, self._emit, numbers, rules or PaperRules()
        )
        self._views = Views(self._venue_market.find, self.market.tick, self.times.day_after)
        self._accounts: dict[AccountKey, Account] = {}
        self.triggers = Triggers(
            self.trading, self._venue_market, numbers, self._accounts, self._emit
        )
        self.corporate = CorporateActions()
        self._schedule = Schedule(
            self.trading, self._venue_market, self.times, self._accounts, self.corporate, self._emit
        )
        self.delivery: Delivery = Prompt()
        self.plan = PricePlan()
        self._listeners: list[Listener] = []
        self._watched: dict[object, frozenset[str]] = {}
        self._watched_from = 0
        self._sent: dict[str, Tick] = {}

    # --- the market ---------------------------------------------------------------------------

    def now(self) -> datetime:
        """The exchange's time."""
        return self.clock.now()

    @property
    def instruments(self) -> Listing:
        """The instruments of the day."""
        return self.market.instruments

    def tick(self, instrument_id: str) -> Tick | None:
        """The latest market of an instrument; None for an unknown one or one without a price."""
        return self.market.tick(instrument_id)

    def candles(
        self, instrument_id: str, interval: Interval, start: datetime, end: datetime
    ) -> Sequence[Candle]:
        """Candles that begin between two aware moments, oldest first. Raises Refused."""
        instrument = self._venue_market.find(instrument_id)
        return self.market.candles(instrument, interval, start, end)

    def advance(self) -> None:
        """Let the time since the last call take effect: sessions, ticks, matching, triggers."""
        for event in self.delivery.released():
            self._tell(event)
        self._schedule.advance()
        for planned in self.plan.due(self.now()):
            self.market.set_price(planned.instrument_id, planned.price)
            self._match()
        self._match()

    def _match(self) -> None:
        resting = self.trading.venue.instruments
        waited_for = self.triggers.instruments
        watched = frozenset[str]().union(*self._watched.values())
        ticks: list[Tick] = []
        wanted = sorted(resting | waited_for | self._next_watched(watched))
        self.market.prepare(wanted)
        for name in wanted:
            tick = self.market.tick(name)
            if tick is not None and self._sent.get(name) is not tick:
                self._sent[name] = tick
                ticks.append(tick)
        self.trading.on_ticks(tick for tick in ticks if tick.instrument_id in resting)
        self.trading.reported(self.trading.venue.expire(self.now()))
        self.triggers.expire(self.now())
        self.triggers.on_ticks(tick for tick in ticks if tick.instrument_id in waited_for)
        if ticks:
            self._emit(Ticked(tuple(tick for tick in ticks if tick.instrument_id in watched)))

    def _next_watched(self, watched: frozenset[str]) -> frozenset[str]:
        """The watched instruments of this step: all, or as many as a step has time for, in turn."""
        if len(watched) <= MOST_TICKS:
            return watched
        ordered = sorted(watched)
        start = self._watched_from % len(ordered)
        self._watched_from = start + MOST_TICKS
        return frozenset((ordered + ordered)[start : start + MOST_TICKS])

    def watch(self, owner: object, instrument_ids: Collection[str]) -> None:
        """Have every tick of these instruments emitted; replaces the owner's former list."""
        if instrument_ids:
            self._watched[owner] = frozenset(instrument_ids)
        else:
            self._watched.pop(owner, None)

    def instrument(self, instrument_id: str) -> Instrument:
        """An instrument by its id. Raises Refused for an unknown one."""
        return self._venue_market.find(instrument_id)

    # --- accounts -----------------------------------------------------------------------------

    def open_account(
        self,
        key: AccountKey,
        cash: Decimal,
        *,
        holdings: Sequence[tuple[str, int, Decimal]] = (),
    ) -> Account:
        """Open an account, or replace it. holdings: settled shares: id, units, average price."""
        now = self.now()
        paise = paise_from_rupees(cash)
        account = Account(key, paise, paise, day_of(now), day_opening_paise=paise)
        for name, quantity, price in holdings:
            self._venue_market.find(name)
            account.hold(name, quantity, price, now - _LONG_HELD)
        self._accounts[key] = account
        return account

    def account(self, key: AccountKey) -> Account:
        """An open account. Raises UnknownAccount."""
        found = self._accounts.get(key)
        if found is None:
            raise UnknownAccount(f"no account {key.user_id} is open at {key.broker}")
        return found

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts."""
        return tuple(self._accounts.values())

    def holdings(self, key: AccountKey) -> tuple[Holding, ...]:
        """Delivered shares."""
        return self._views.holdings(self.account(key), self.today)

    def positions(self, key: AccountKey) -> Positions:
        """Positions of the day and those carried over."""
        return self._views.positions(self.account(key), self.today)

    def funds(self, key: AccountKey) -> Funds:
        """Money of the account."""
        account = self.account(key)
        return self._views.funds(account, self.margins.held(account, self.now()), self.today)

    # --- orders -------------------------------------------------------------------------------

    def place(
        self, key: AccountKey, request: OrderRequest, *, tag: str | None = None,
        autoslice: bool = False,
    ) -> Placed:  # fmt: skip
        """Place an order and match it at once. Raises Refused, with nothing recorded."""
        return self.trading.place(self.account(key), request, tag=tag, autoslice=autoslice)

    def modify(self, key: AccountKey, order_id: str, change: Change) -> BookedOrder:
        """Change an open order. Raises UnknownOrder or Refused."""
        return self.trading.modify(self.account(key), order_id, change)

    def cancel(self, key: AccountKey, order_id: str) -> BookedOrder:
        """Cancel an open order. Raises UnknownOrder or Refused."""
        return self.trading.cancel(self.account(key), order_id)

    def orders(self, key: AccountKey) -> Sequence[BookedOrder]:
        """The day's orders, oldest first."""
        return book_of(self.account(key), self.delivery, self.now())

    def order(self, key: AccountKey, order_id: str) -> BookedOrder:
        """One order. Raises UnknownOrder."""
        return self.history(key, order_id)[-1]

    def history(self, key: AccountKey, order_id: str) -> Sequence[BookedOrder]:
        """The states of an order, oldest first. Raises UnknownOrder."""
        record = self.account(key).orders.get(order_id)
        if record is None:
            raise UnknownOrder(f"there is no order {order_id}")
        delay = self.delivery.book_delay(key, order_id)
        states = visible(record, self.now() - delay)
        if not states:
            raise UnknownOrder(f"there is no order {order_id}")
        return tuple(states)

    def trades(self, key: AccountKey, order_id: str | None = None) -> Sequence[BookedTrade]:
        """The day's trades, oldest first, of one order or of all. Raises UnknownOrder."""
        account = self.account(key)
        if order_id is not None and order_id not in account.orders:
            raise UnknownOrder(f"there is no order {order_id}")
        found = trades_of(account, self.delivery, self.now())
        return [trade for trade in found if order_id in (None, trade.order_id)]

    # --- margins, charges, conversions --------------------------------------------------------

    def margin_of(self, key: AccountKey, requests: Sequence[OrderRequest]) -> Sequence[OrderMargin]:
        """What each order needs by itself, as if the account held nothing, and what it costs."""
        account, now = self.account(key), self.now()
        return [self.margins.of_order(account, one, now, with_held=False) for one in requests]

    def basket_margin(
        self, key: AccountKey, requests: Sequence[OrderRequest], *, consider_positions: bool = True
    ) -> Basket:
        """What orders need one by one and together."""
        account, now = self.account(key), self.now()
        orders = self.margin_of(key, requests)
        together = self.margins.together(account, requests, now, with_held=consider_positions)
        return Basket(tuple(orders), together)

    def charges_of(
        self, key: AccountKey, orders: Sequence[tuple[OrderRequest, Decimal]]
    ) -> Sequence[Charges]:
        """What orders that were filled at an average price cost: the virtual contract note."""
        tariff, now = self.account(key).tariff, self.now()
        return [self.margins.charges_of(tariff, one, now, price) for one, price in orders]

    def convert(self, key: AccountKey, conversion: Conversion) -> None:
        """Convert units of a position to another product. Raises Refused."""
        account, now = self.account(key), self.now()
        instrument = self._venue_market.find(conversion.instrument)
        before = account.cash_paise, dict(account.positions), dict(account.carried)
        free = self.margins.available(account, now)
        convert(account, instrument, conversion)
        short = -self.margins.available(account, now)
        if short > max(0, -free):
            account.cash_paise, account.positions, account.carried = before
            words = f"the conversion needs {paise_text(short)} rupees more than are available"
            raise Refused(RefusalKind.MARGIN, words)

    def authorise(self, key: AccountKey, quantities: Mapping[str, int]) -> None:
        """Authorise units of holdings for sale, by instrument id."""
        self.account(key).authorised.update(quantities)

    # --- triggers -----------------------------------------------------------------------------

    def create_gtt(self, key: AccountKey, request: GttRequest) -> Gtt:
        """Create a trigger. Raises Refused."""
        return self.triggers.create(self.account(key), request)

    def modify_gtt(self, key: AccountKey, trigger_id: int, request: GttRequest) -> Gtt:
        """Give an active trigger new terms. Raises UnknownGtt or Refused."""
        return self.triggers.modify(self.account(key), trigger_id, request)

    def delete_gtt(self, key: AccountKey, trigger_id: int) -> Gtt:
        """Delete an active trigger. Raises UnknownGtt or Refused."""
        return self.triggers.delete(self.account(key), trigger_id)

    def gtts(self, key: AccountKey) -> Sequence[Gtt]:
        """All triggers, ended ones too, oldest first."""
        return tuple(self.account(key).gtts.values())

    def gtt(self, key: AccountKey, trigger_id: int) -> Gtt:
        """One trigger. Raises UnknownGtt."""
        return self.triggers.find(self.account(key), trigger_id)

    # --- events -------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a function called with every event; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _emit(self, event: Event) -> None:
        for one in self.delivery.relayed(event):
            self._tell(one)

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    @property
    def today(self) -> date:
        """The exchange's date, in India."""
        return day_of(self.now())

    def reset(self) -> None:
        """End every order and account, and return to the simulation's prices."""
        self.trading.forget()
        self._accounts.clear()
        self.corporate.announced.clear()
        self.market.reset()
        self._sent.clear()
