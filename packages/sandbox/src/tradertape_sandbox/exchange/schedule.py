"""What happens by the clock: opens, auctions, closes, intraday square-off, the end of a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.execution.simulated import everything
from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.ledger.journal import Book, post_settlement
from tradertape_core.ledger.position import exits_of
from tradertape_core.ledger.settlement import settlement_charges, settlement_of
from tradertape_core.market.hours import (
    SQUARED_OFF,
    TradingHours,
    intraday_due,
    segment_of,
    session_hours,
)
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import CLOSING_AUCTION, PRE_OPEN_OVER, PhaseKind, Segment
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Variety
from tradertape_core.orders.reports import CancelReason
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.corporate import CorporateActions, carry_out, factor_of
from tradertape_sandbox.exchange.errors import Refused
from tradertape_sandbox.exchange.events import AccountKey, ActionTaken, Event, GttChanged
from tradertape_sandbox.exchange.sessions import TradingTimes, day_of
from tradertape_sandbox.exchange.trading import BROKERS_TAG, Trading
from tradertape_sandbox.exchange.venue_market import VenueMarket

_STILL_IN_AUCTION = CLOSING_AUCTION - {PhaseKind.CLOSING_MATCHING}


class Schedule:
    """Does each thing once a session. With an always open market only days end."""

    def __init__(
        self,
        trading: Trading,
        market: VenueMarket,
        times: TradingTimes,
        accounts: Mapping[AccountKey, Account],
        corporate: CorporateActions,
        emit: Callable[[Event], None],
    ) -> None:
        self._corporate = corporate
        self._emit = emit
        self._trading = trading
        self._market = market
        self._times = times
        self._accounts = accounts
        self._last: datetime | None = None
        self._done: set[tuple[str, Segment, date]] = set()

    def advance(self) -> None:
        """Do all that is due now. A clock that was set back begins its day anew."""
        now = self._market.now
        if self._last is not None and now < self._last:
            self._done.clear()
            for account in self._accounts.values():
                if account.day > day_of(now):
                    account.begin_day(day_of(now))
        self._last = now
        if any(account.day < day_of(now) for account in self._accounts.values()):
            self._end_day(now)
        if self._times.always_open:
            self._trading.reported(self._trading.venue.open_session(now, everything))
            return
        for segment in Segment:
            hours = session_hours(self._times.calendar, day_of(now), segment)
            if hours is not None:
                self._session(segment, hours, now)

    def _session(self, segment: Segment, hours: TradingHours, now: datetime) -> None:
        def among(instrument: Instrument) -> bool:
            return self._segment(instrument) is segment

        venue, phase = self._trading.venue, self._phase(segment, hours, now)
        if phase in PRE_OPEN_OVER and self._first("pre-open", segment, hours):
            self._match_auction(segment, now, opens=hours)
        if hours.start <= now < hours.end and venue.waiting_for_open:
            self._trading.reported(venue.open_session(now, among))
        due = intraday_due(self._times.calendar, hours.day, segment)
        if due is not None and due <= now < hours.end and segment in SQUARED_OFF:
            self._square_off(SQUARED_OFF[segment])
        if phase in _STILL_IN_AUCTION and self._first("auction", segment, hours):
            self._trading.reported(venue.enter_auction(now, among))
        matched_at = self._matching_at(segment, hours)
        if now >= (matched_at or hours.end) and self._first("close", segment, hours):
            if matched_at is not None:
                self._match_auction(segment, now)
            self._trading.reported(venue.close_session(now, among))
            self._square_off(SQUARED_OFF.get(segment, frozenset()), is_over=True)

    def _end_day(self, now: datetime) -> None:
        """End the orders of the day that is over, close what is intraday, settle what expired.

        After-market orders wait on where the market has an open to wait for.
        """
        self._trading.reported(self._trading.venue.close_session(now, everything))
        self._square_off(frozenset(("NSE", "BSE", "NFO", "BFO")), is_over=True)
        today = day_of(now)
        for account in self._accounts.values():
            self._settle_expired(account, now)
            if account.day < today:
                account.end_day(now)
                account.begin_day(today)
        for action in self._corporate.due(today):
            for account in self._accounts.values():
                for gtt in carry_out(account, action, now):
                    self._emit(GttChanged(account.key, gtt))
            self._emit(ActionTaken(action))
            if isinstance(action, CorporateAction):
                self._market.market.rescale(action.instrument, factor_of(action))

    def _settle_expired(self, account: Account, now: datetime) -> None:
        """Settle in cash the contracts whose last day is over."""
        for key, position in list(account.positions.items()):
            contract = self._market.find(key.instrument)
            if contract.expiry is None or contract.expiry >= day_of(now) or not position.is_open:
                continue
            price = self._market.closing_price(contract)
            if price is None:
                continue  # tried again at the next day's end
            settlement = settlement_of(contract, price)
            charges = settlement_charges(
                contract, position.quantity, settlement, broker=account.tariff
            )
            postings = post_settlement(
                settlement, charges, key, Book({key: position}),
                kind=contract.instrument_type, at=now,
            )  # fmt: skip
            if postings is not None:
                account.post(postings)

    def _square_off(self, exchanges: frozenset[str], *, is_over: bool = False) -> None:
        """Close intraday positions and cancel intraday orders. is_over: the session has ended, and
        what is still open is closed at the last price."""
        for account in list(self._accounts.values()):
            for record in list(account.orders.values()):
                request = record.order.request
                if (
                    record.order.is_resting
                    and request.product is Product.MIS
                    and request.variety is not Variety.AMO
                    and request.exchange in exchanges
                    and record.tag != BROKERS_TAG
                ):
                    self._trading.cancel(account, record.order.order_id, CancelReason.EXIT)
            self._close_intraday(account, exchanges, is_over=is_over)

    def _close_intraday(
        self, account: Account, exchanges: frozenset[str], *, is_over: bool
    ) -> None:
        closing = {
            record.order.request.instrument
            for record in account.orders.values()
            if record.order.is_open and record.tag == BROKERS_TAG
        }
        for one in exits_of(account.positions.values(), product=Product.MIS):
            exchange, _, symbol = one.key.instrument.partition(":")
            if exchange not in exchanges or one.key.instrument in closing:
                continue
            request = OrderRequest(
                exchange=exchange,
                tradingsymbol=symbol,
                side=one.side,
                product=Product.MIS,
                order_type=OrderType.MARKET,
                quantity=one.quantity,
                market_protection=AUTOMATIC_PROTECTION,
            )
            if is_over:
                tick = self._market.tick(one.key.instrument)
                position = account.positions[one.key]
                price = tick.last_price if tick else position.average_price
                self._trading.close_out(account, request, price)
                continue
            try:
                self._trading.place(account, request, tag=BROKERS_TAG, autoslice=True)
            except Refused:
                continue  # asked again on the next call, and closed at the session's end

    def _match_auction(
        self, segment: Segment, now: datetime, *, opens: TradingHours | None = None
    ) -> None:
        """Fill orders at the auction's price. opens: of the pre-open, the session that follows."""
        prices: dict[str, Decimal] = {}
        for name in self._trading.venue.instruments:
            instrument = self._market.find(name)
            is_in = opens is None or self._market.phase(instrument) is not None
            if self._segment(instrument) is not segment or not is_in:
                continue
            if opens is not None:
                price = self._market.market.opening_price(instrument, opens)
            else:
                tick = self._market.tick(name)
                price = None if tick is None else tick.last_price
            if price is not None:
                prices[name] = price
        if prices:
            self._trading.reported(self._trading.venue.match_auction(prices, now))

    def _segment(self, instrument: Instrument) -> Segment:
        listing = self._market.market.instruments
        has_derivatives = bool(listing.derivatives(instrument.tradingsymbol))
        return segment_of(instrument, has_derivatives=has_derivatives)

    def _phase(self, segment: Segment, hours: TradingHours, now: datetime) -> PhaseKind | None:
        phases = self._times.calendar.session_times(hours.day, segment)
        local = now.astimezone(IST)
        return next((one.kind for one in phases if one.start <= local < one.end), None)

    def _matching_at(self, segment: Segment, hours: TradingHours) -> datetime | None:
        phases = self._times.calendar.session_times(hours.day, segment)
        kind = PhaseKind.CLOSING_MATCHING
        return next((one.start for one in phases if one.kind is kind), None)

    def _first(self, what: str, segment: Segment, hours: TradingHours) -> bool:
        """Whether this is the first time that something is done in a session."""
        name = (what, segment, hours.day)
        if name in self._done:
            return False
        self._done.add(name)
        return True
