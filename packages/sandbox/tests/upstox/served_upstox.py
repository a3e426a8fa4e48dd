"""Upstox's door in process."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from packages.sandbox.tests.served_door import ServedDoor, built

from tradertape_core.market.instrument import Instrument
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET, SANDBOX_USER

BACK = "http://127.0.0.1:9/back"
INFY = "NSE_EQ|INE009A01021"
SBIN = "NSE_EQ|INE062A01020"
NIFTY = "NSE_INDEX|Nifty 50"
KEY = AccountKey("upstox", SANDBOX_USER)


class ServedUpstox(ServedDoor):
    """Upstox's door, and the headers of a caller who is signed in."""

    prefix: ClassVar[str] = "/upstox"
    extended: str = ""

    def error(self, method: str, path: str, **terms: Any) -> tuple[int, str]:
        """Status and code of a call that is refused."""
        reply = self.call(method, path, **terms)
        body = reply.json()
        assert body["status"] == "error", reply.text
        return reply.status_code, body["errors"][0]["error_code"]

    def code(self) -> str:
        """The code that the login dialog's button gives."""
        query = {"response_type": "code", "client_id": "sandbox", "redirect_uri": BACK}
        reply = self.call("POST", "/v2/login/authorization/dialog", params=query)
        return parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]

    def sign_in(self) -> dict[str, Any]:
        """Open a session, and use it from now on."""
        form = {
            "code": self.code(), "client_id": "sandbox", "client_secret": SANDBOX_SECRET,
            "redirect_uri": BACK, "grant_type": "authorization_code",
        }  # fmt: skip
        session = self.call("POST", "/v2/login/authorization/token", data=form).json()
        self.headers = {"Authorization": f"Bearer {session['access_token']}"}
        self.extended = session["extended_token"]
        return session

    def last(self, name: str = "NSE:INFY") -> Decimal:
        """The last price of an instrument."""
        tick = self.sandbox.exchange.tick(name)
        assert tick is not None
        return tick.last_price

    def set_price(self, price: Decimal, name: str = "NSE:INFY") -> None:
        """Set a price, and let the exchange match with it."""
        self.sandbox.exchange.market.set_price(name, price)
        self.step()

    def at(self, factor: str, name: str = "NSE:INFY") -> float:
        """A price on the tick, so many times the last."""
        size = self.instrument(name).tick_size
        return float(self.last(name) * Decimal(factor) // size * size)

    def instrument(self, name: str) -> Instrument:
        """An instrument by its id."""
        return self.sandbox.exchange.instrument(name)

    def status(self, order_id: str) -> str:
        """The status of an order."""
        return self.data("GET", "/v2/order/details", params={"order_id": order_id})["status"]


def body(kind: str = "MARKET", price: float = 0.0, quantity: int = 1, **more: Any) -> Any:
    """An order for Infosys."""
    return {
        "quantity": quantity, "product": "D", "validity": "DAY", "price": price,
        "instrument_token": INFY, "order_type": kind, "transaction_type": "BUY",
        "disclosed_quantity": 0, "trigger_price": 0.0, "is_amo": False, **more,
    }  # fmt: skip


def served_upstox(**settings: Any) -> ServedUpstox:
    """A fresh sandbox, with nobody signed in."""
    return ServedUpstox(*built(**settings))
