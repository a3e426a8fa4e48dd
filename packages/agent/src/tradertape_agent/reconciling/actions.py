"""What the user may do about a difference: checked anew, recorded, done.

Nothing here happens by itself. Each action names the difference that the user has seen, and is
refused when that is no longer the difference.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from tradertape_agent.desk.account import PrimaryAccount
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import DOUBTFUL, Intent, IntentKind, IntentState
from tradertape_agent.placing import KILL_SWITCH, Placing
from tradertape_agent.reconciling.corrections import Correction, CorrectionRow, Corrections, Counted
from tradertape_agent.reconciling.reconciler import Reconciler
from tradertape_agent.terms import NotPlaceable, request_of
from tradertape_agent.wire import OrderKind, Signal, Terms
from tradertape_agent.withdrawing import Withdrawing
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import OrderRequest, Product, Side

logger = logging.getLogger("tradertape_agent")
CORRECTIVE: Final = "corrective:"  # what keys of corrective orders begin with
_LOOKS_BACK: Final = timedelta(days=400)
_FRESH: Final = timedelta(minutes=15)
_LONGEST_NOTE: Final = 200
Item = dict[str, Any]


class Stale(AgentError):
    """The difference is not what the user has seen, or was not looked at lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The order that would make both sides equal. last_price: None where the broker has none."""

    symbol: str
    difference: int
    request: OrderRequest
    last_price: Decimal | None


class Actions:
    """Adopts, writes off, and orders what is missing or too much."""

    def __init__(
        self,
        journal: Journal,
        account: PrimaryAccount,
        reconciler: Reconciler,
        corrections: Corrections,
        placing: Placing,
        withdrawing: Withdrawing,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._account = account
        self._reconciler = reconciler
        self._corrections = corrections
        self._placing = placing
        self._withdrawing = withdrawing
        self._clock = clock

    # --- what may be done ---------------------------------------------------------------------

    def of(self, item: Item) -> tuple[list[str], str]:
        """Return the actions of a difference, and why there are no others; empty if there are."""
        why = self._why_not(item)
        if why:
            return ["ignore"], why
        return [_fitting(item).value, "corrective_order", "ignore"], ""

    def _why_not(self, item: Item) -> str:
        symbol = str(item["symbol"])
        if not self._is_fresh():
            return "the broker was not read lately: compare again first"
        if not item["is_flagged"]:
            return "it was seen once: what a second comparison shows too can be corrected"
        if self._corrections.counted().get(symbol, Counted()).revision != item["revision"]:
            return "it was corrected a moment ago: compare again first"
        for one in self._orders(symbol):
            if one.state in DOUBTFUL:
                return f"the outcome of an order in {symbol} is unknown: the broker's book decides"
        return ""

    def _is_fresh(self) -> bool:
        report = self._reconciler.report
        at = self._reconciler.compared_at
        if at is None or report["status"] not in ("ok", "drift"):
            return False
        return 0 <= self._clock.monotonic() - at < _FRESH.total_seconds()

    # --- corrections --------------------------------------------------------------------------

    def correct(
        self, symbol: str, action: Correction, difference: int, note: str = ""
    ) -> CorrectionRow:
        """Adopt or write off a difference as it was shown. Raises Stale or AgentError."""
        item = self._shown(symbol, difference)
        if _fitting(item) is not action:
            other = _fitting(item).value.replace("_", " ")
            more = "more" if item["difference"] > 0 else "less"
            raise AgentError(f"the broker has {more} of {symbol} than the books: {other} it")
        row = self._corrections.add(
            symbol, action, int(item["difference"]), cause=str(item["classification"]),
            note=note.strip()[:_LONGEST_NOTE], revision=int(item["revision"]),
        )  # fmt: skip
        logger.warning("reconciliation: %s %+d of %s by the user", action, row.units, symbol)
        return row

    def corrections(self) -> Sequence[CorrectionRow]:
        """Return the corrections, the newest first, undone ones too."""
        return self._corrections.listed()

    def undo(self, number: int) -> CorrectionRow:
        """Take a correction back. Raises AgentError."""
        row = self._corrections.undo(number)
        logger.warning("reconciliation: correction %d of %s is undone", number, row.symbol)
        return row

    # --- corrective orders --------------------------------------------------------------------

    def proposal(self, symbol: str, limit: Decimal | None = None) -> Proposal:
        """Return the order that would settle a difference; nothing is sent.

        limit: a limit price in rupees; None for an order at the market, with protection.
        Raises Stale, AgentError, BrokerError.
        """
        item = self._shown(symbol, None)
        return self._proposed(item, limit)

    def order(self, symbol: str, difference: int, limit: Decimal | None = None) -> Intent:
        """Send the order that settles a difference as it was shown, once.

        Raises Stale, AgentError, or BrokerError when the broker takes nothing now.
        """
        item = self._shown(symbol, difference)
        self._demand_same_at_broker(item)
        proposal = self._proposed(item, limit)
        is_exit = proposal.request.side is Side.SELL
        if self._journal.store.meta(KILL_SWITCH) and not is_exit:
            raise AgentError("the kill switch is on: nothing is bought")
        key = self._free_key(item)
        intent = self._placing.send(None, key, proposal.request, is_exit=is_exit)
        if intent is None:
            raise Stale(f"an order for this difference of {symbol} was sent already")
        return intent

    def cancel(self, key: str) -> None:
        """Ask the broker to cancel a corrective order. Raises AgentError or BrokerError."""
        if not key.startswith(CORRECTIVE) or not self._withdrawing.cancel(key, "by the user"):
            raise AgentError("there is no open order of this name")

    def orders(self) -> list[Intent]:
        """Return the corrective orders, the newest first."""
        return [one for one in self._recent() if one.key.startswith(CORRECTIVE)]

    # --- inside -------------------------------------------------------------------------------

    def _shown(self, symbol: str, difference: int | None) -> Item:
        found = self._reconciler.report["items"]
        item = next((one for one in found if one["symbol"] == symbol), None)
        if item is None:
            raise Stale(f"there is no difference of {symbol} any more")
        if difference is not None and item["difference"] != difference:
            raise Stale(
                f"the difference of {symbol} is {item['difference']} now, not {difference}: "
                "look at it again"
            )
        why = self._why_not(item)
        if why:
            raise Stale(f"{symbol}: {why}")
        return item

    def _demand_same_at_broker(self, item: Item) -> None:
        self._account.forget()
        units = self._reconciler.units_at_broker(str(item["symbol"]))
        if units != item["broker_qty"]:
            raise Stale(
                f"the broker has {units} of {item['symbol']} now, not {item['broker_qty']}: "
                "compare again first"
            )

    def _proposed(self, item: Item, limit: Decimal | None) -> Proposal:
        signal = _signal(item, limit)
        facts = self._placing.facts(signal)
        try:
            request = request_of(signal, abs(int(item["difference"])), facts)
        except NotPlaceable as error:
            raise AgentError(str(error)) from None
        if not isinstance(request, OrderRequest):
            raise TypeError("a corrective order is no trigger")
        return Proposal(
            symbol=str(item["symbol"]), difference=int(item["difference"]), request=request,
            last_price=facts.last_price,
        )  # fmt: skip

    def _free_key(self, item: Item) -> str:
        """The name of the next try. One that is open or has filled anything is the last.

        A name is of one difference as it was first seen: sent twice at once, it is one order.
        """
        name = f"{CORRECTIVE}{item['symbol']}:{item['first_seen']}:"
        tries = [one for one in self._orders(str(item["symbol"])) if one.key.startswith(name)]
        for one in tries:
            if one.filled or one.state is IntentState.FILLED:
                raise Stale(
                    f"an order for this difference of {item['symbol']} was filled: the broker's "
                    "holdings do not show it yet"
                )
        for one in self._orders(str(item["symbol"])):
            if _is_on_its_way(one):
                raise Stale(f"an order in {item['symbol']} is open: wait for it, or cancel it")
        return f"{name}{len(tries) + 1}"

    def _recent(self) -> list[Intent]:
        found = self._journal.intents.since(self._clock.now() - _LOOKS_BACK)
        return found[::-1]

    def _orders(self, symbol: str) -> list[Intent]:
        known = {one.key: one for one in (*self._recent(), *self._journal.intents.unclear())}
        return [one for one in known.values() if one.request.instrument == symbol]


def _is_on_its_way(one: Intent) -> bool:
    """Whether it may fill at any moment: a trigger that rests does not."""
    is_order = one.kind is IntentKind.ORDER and one.state is IntentState.RESTING
    return is_order or one.state in (IntentState.SENDING, IntentState.TRIGGERED)


def _fitting(item: Item) -> Correction:
    return Correction.ADOPT if item["difference"] > 0 else Correction.WRITE_OFF


def _signal(item: Item, limit: Decimal | None) -> Signal:
    """The order as a signal would ask for it: sell what is too much, buy what is missing."""
    exchange, _, name = str(item["symbol"]).partition(":")
    side = Side.SELL if item["difference"] > 0 else Side.BUY
    kind = OrderKind.MARKET if limit is None else OrderKind.LIMIT
    return Signal(
        id="", version=1, key="", exchange=exchange, tradingsymbol=name,
        isin=str(item["isin"]), side=side, kind="exit" if side is Side.SELL else "entry",
        quantity=Decimal(abs(int(item["difference"]))), product=Product.CNC,
        terms=Terms(kind=kind, limit=limit), ref_price=None, max_slippage_pct=None,
        valid_until=None, expires_at=None, lease_until=None, requires_approval=False,
        is_scaled=False, is_paper=False, has_stop=True,
    )  # fmt: skip
