"""Whether brokers take orders from this server's address: asked after a login, and again."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tradertape_brokers import errors as broker
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders import events as ev
from tradertape_core.orders.order import Order, OrderRequest, OrderType, Product, Side
from tradertape_core.orders.transitions import evolve
from tradertape_server.features.brokerage.accounts import BrokerAccount, Connected, Preflight
from tradertape_server.features.execution.outgoing_address import address_in, own_address
from tradertape_server.features.execution.store.models import BROKER
from tradertape_server.platform.logging import get_logger

# An address that is registered while somebody is signed in counts within this time.
REFUSED_IS_ASKED_AGAIN_S = 60.0
_ABOUT_ADDRESS = re.compile(r"\bIPs?\b|static ip|whitelist", re.IGNORECASE)
_NO_SUCH_ORDER = "0"

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a broker said in the session of `since`. refused: its words, where it takes none.

    at_s: monotonic, as a clock may be set meanwhile.
    """

    since: datetime
    at: datetime
    at_s: float
    refused: str | None


class AddressChecks:
    """Any thread may call any method; only `ask` asks a broker.

    expired: told when the broker has ended the session instead, with its reason.
    """

    def __init__(self, clock: Clock, expired: Callable[[Connected, str], None]) -> None:
        self._clock, self._expired = clock, expired
        self._answers: dict[BrokerAccount, _Answer] = {}
        self._lock = threading.Lock()

    def ask(self, connected: Connected, *, again: bool = False) -> None:
        """Ask to cancel an order that does not exist: a broker that takes no orders from this
        address says so, any other that it does not know the order.

        Once for a session; a refusal is asked about again after a minute. again: now.
        """
        if not again and not self._is_due(connected):
            return
        try:
            connected.ports.orders.cancel(no_such_order(self._clock.now()), 1)
        except broker.SessionExpired as error:
            self._expired(connected, str(error))
            return
        except broker.Refused as error:
            words = str(error)
            self._note(connected, words if _ABOUT_ADDRESS.search(words) else None)
        except broker.BrokerError as error:
            logger.warning("a broker did not say whether it takes orders", reason=str(error))
            return  # asked again
        else:
            self._note(connected, None)

    def note_refusal(self, connected: Connected, words: str) -> None:
        """Take a refusal of an order: one that is about the address counts at once."""
        if _ABOUT_ADDRESS.search(words):
            self._note(connected, words)

    def refusal(self, connected: Connected) -> str | None:
        """The broker's words, if it takes no orders from here as far as is known."""
        found = self._answer(connected)
        return None if found is None else found.refused

    def state(self, connected: Connected) -> Preflight:
        """What the broker said in this session, as far as it was asked."""
        found = self._answer(connected)
        if found is None:
            return Preflight(result="unknown", address=own_address())
        words = found.refused or ""
        return Preflight(
            result="refused" if words else "taken",
            words=words,
            address=address_in(words) or own_address(),
            checked_at=found.at,
        )

    def _is_due(self, connected: Connected) -> bool:
        found = self._answer(connected)
        if found is None:
            return True
        age_s = self._clock.monotonic() - found.at_s
        return found.refused is not None and age_s >= REFUSED_IS_ASKED_AGAIN_S

    def _answer(self, connected: Connected) -> _Answer | None:
        with self._lock:
            found = self._answers.get(connected.account)
        return found if found is not None and found.since == connected.since else None

    def _note(self, connected: Connected, refused: str | None) -> None:
        now, now_s = self._clock.now(), self._clock.monotonic()
        answer = _Answer(connected.since, now, now_s, refused)
        with self._lock:
            self._answers[connected.account] = answer


def no_such_order(now: datetime) -> Order:
    """An order that no broker has."""
    request = OrderRequest(
        exchange="NSE",
        tradingsymbol="INFY",
        side=Side.BUY,
        product=Product.CNC,
        order_type=OrderType.MARKET,
        quantity=1,
    )
    placed = ev.OrderPlaced(
        order_id=_NO_SUCH_ORDER,
        at=now,
        account="0",
        run_id="preflight",
        request=request,
        venue=BROKER,
        tag=_NO_SUCH_ORDER,
    )
    return replace(evolve(None, placed), venue_order_id=_NO_SUCH_ORDER)
