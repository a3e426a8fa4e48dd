"""Good-till-triggered orders: created, changed, fired by prices, ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders import gtt as gtts
from tradertape_core.orders.denials import DenialReason
from tradertape_core.orders.gtt import Gtt, GttRequest, GttResult, GttStatus
from tradertape_core.orders.order import OrderRequest, OrderStatus
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.books import Numbers
from tradertape_sandbox.exchange.checking import refused
from tradertape_sandbox.exchange.errors import Refused, UnknownGtt
from tradertape_sandbox.exchange.events import AccountKey, Event, GttChanged
from tradertape_sandbox.exchange.trading import Trading
from tradertape_sandbox.exchange.venue_market import VenueMarket

# The order is checked again when it is placed: a limit far from today's prices may be taken then.
_CHECKED_LATER = frozenset({DenialReason.PRICE_OUTSIDE_CIRCUIT, DenialReason.OVER_FREEZE_QUANTITY})


@dataclass(slots=True)
class Triggers:
    """The triggers of all accounts. An account may have 250 active ones, each for a year."""

    trading: Trading
    market: VenueMarket
    numbers: Numbers
    accounts: Mapping[AccountKey, Account]
    emit: Callable[[Event], None]

    @property
    def instruments(self) -> frozenset[str]:
        """Instruments that an active trigger waits for."""
        return frozenset(gtt.request.instrument for _, gtt in self._active())

    def create(self, account: Account, request: GttRequest) -> Gtt:
        """Create a trigger. Raises Refused."""
        tick = self._checked(account, request, exempt=None)
        gtt = gtts.create(
            self.numbers.trigger_id(),
            str(account.key),
            request,
            last_price=None if tick is None else tick.last_price,
            now=self.market.now,
        )
        return self._keep(account, gtt)

    def modify(self, account: Account, trigger_id: int, request: GttRequest) -> Gtt:
        """Give an active trigger new terms. Raises UnknownGtt or Refused."""
        known = self._active_one(account, trigger_id)
        tick = self._checked(account, request, exempt=trigger_id)
        last = None if tick is None else tick.last_price
        changed = gtts.change(known, request, last_price=last, now=self.market.now)
        return self._keep(account, changed)

    def delete(self, account: Account, trigger_id: int) -> Gtt:
        """Delete an active trigger. Raises UnknownGtt or Refused."""
        known = self._active_one(account, trigger_id)
        return self._keep(account, gtts.end(known, GttStatus.DELETED, self.market.now))

    def find(self, account: Account, trigger_id: int) -> Gtt:
        """One trigger, ended ones too. Raises UnknownGtt."""
        found = account.gtts.get(trigger_id)
        if found is None:
            raise UnknownGtt(f"there is no trigger {trigger_id}")
        return found

    def on_ticks(self, ticks: Iterable[Tick]) -> None:
        """Fire what the latest prices reach."""
        by_name = {tick.instrument_id: tick for tick in ticks}
        for account, gtt in self._active():
            tick = by_name.get(gtt.request.instrument)
            leg = None if tick is None else gtts.due_leg(gtt, tick.last_price)
            if tick is not None and leg is not None and self._takes_orders(gtt):
                self._fire(account, gtt, leg, tick)

    def expire(self, now: datetime) -> None:
        """End the triggers whose year is over."""
        for account, gtt in self._active():
            for over in gtts.expired([gtt], now):
                self._keep(account, over)

    def _takes_orders(self, gtt: Gtt) -> bool:
        return self.market.phase_of(gtt.request.instrument) is not None

    def _fire(self, account: Account, gtt: Gtt, leg: int, tick: Tick) -> None:
        now = self.market.now
        instrument = self.market.find(gtt.request.instrument)
        fired = gtts.fire(gtt, leg, now)
        account.gtts[gtt.trigger_id] = fired
        closes = self._closes(account, gtt.request.orders[leg])
        request = gtts.order_to_place(gtt, leg, instrument, tick, closes=closes)
        result = self._place(account, gtt, request, leg)
        self._keep(account, gtts.with_result(fired, result))

    def _place(self, account: Account, gtt: Gtt, request: OrderRequest, leg: int) -> GttResult:
        now, meta = self.market.now, {"gtt": gtt.trigger_id}
        try:
            placed = self.trading.place(account, request, autoslice=True, meta=meta)
        except Refused as refusal:
            return GttResult(leg=leg, at=now, reason=refusal.message)
        if placed.order.status is OrderStatus.REJECTED:
            return GttResult(leg=leg, at=now, reason=placed.order.status_message)
        return GttResult(leg=leg, at=now, order_id=placed.order.order_id)

    def _closes(self, account: Account, request: OrderRequest) -> bool:
        side = account.position(request.instrument, request.product).side
        return side is not None and side is not request.side

    def _checked(self, account: Account, request: GttRequest, *, exempt: int | None) -> Tick | None:
        instrument: Instrument = self.market.find(request.instrument)
        tick = self.market.tick(instrument.id)
        active = sum(one.is_active and one.trigger_id != exempt for one in account.gtts.values())
        denials = gtts.check_gtt(
            request,
            instrument,
            now=self.market.now,
            last_price=None if tick is None else tick.last_price,
            active=active,
        )
        found = [one for one in denials if one.reason not in _CHECKED_LATER]
        if found:
            raise refused(found)
        return tick

    def _active_one(self, account: Account, trigger_id: int) -> Gtt:
        known = self.find(account, trigger_id)
        refusal = gtts.refusal(known)
        if refusal is not None:
            raise refused([refusal])
        return known

    def _active(self) -> list[tuple[Account, Gtt]]:
        return [
            (account, gtt)
            for account in self.accounts.values()
            for gtt in account.gtts.values()
            if gtt.is_active
        ]

    def _keep(self, account: Account, gtt: Gtt) -> Gtt:
        account.gtts[gtt.trigger_id] = gtt
        self.emit(GttChanged(account.key, gtt))
        return gtt
