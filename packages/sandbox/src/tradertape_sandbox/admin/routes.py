"""Routes of the admin door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, InvalidInput
from tradertape_core.market.hours import session_hours
from tradertape_sandbox.admin import views
from tradertape_sandbox.admin.bodies import (
    action_of,
    addresses_of,
    app_of,
    body_of,
    day_of_body,
    holdings_of,
    moment_of,
    path_of_body,
    plan_of,
    price_of,
    prices_of,
)
from tradertape_sandbox.admin.guard import KEY_HEADER, is_allowed
from tradertape_sandbox.exchange.errors import Refused, SandboxError
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.faults.plans import FaultBook
from tradertape_sandbox.wire.sessions import Sessions

_BEFORE_OPEN = timedelta(seconds=1)


@dataclass(slots=True)
class AdminDoor:
    """What the admin door works on. reset: opens a user's account at a broker anew."""

    exchange: Exchange
    sessions: Mapping[str, Sessions]
    faults: FaultBook
    key: str
    cut_sockets: Callable[[str | None], int]
    reset: Callable[[str, str], None]

    def routes(self) -> list[Route]:
        """All routes, below `/admin`."""
        rows: tuple[tuple[str, str, Callable[[Request], Awaitable[object]]], ...] = (
            ("GET", "/", self.state),
            ("PUT", "/prices", self.set_prices),
            ("DELETE", "/prices", self.release_prices),
            ("POST", "/prices/path", self.plan_prices),
            ("PUT", "/clock", self.set_clock),
            ("DELETE", "/clock", self.reset_clock),
            ("POST", "/replay", self.replay),
            ("POST", "/corporate-actions", self.announce),
            ("GET", "/accounts/{broker}/{user_id}", self.account),
            ("PUT", "/accounts/{broker}/{user_id}", self.open_account),
            ("POST", "/accounts/{broker}/{user_id}/funds", self.pay_in),
            ("PUT", "/apps/{broker}/{api_key}", self.register_app),
            ("PUT", "/apps/{broker}/{api_key}/addresses", self.register_addresses),
            ("POST", "/reset", self.reset_all),
            ("GET", "/faults", self.plans),
            ("POST", "/faults", self.add_plan),
            ("DELETE", "/faults", self.remove_plans),
            ("DELETE", "/faults/{plan_id:int}", self.remove_plans),
            ("POST", "/sessions/expire", self.expire_sessions),
            ("POST", "/sockets/cut", self.cut),
        )
        return [
            Route(path, self._answered(handler), methods=[method]) for method, path, handler in rows
        ]

    # --- prices and time ----------------------------------------------------------------------

    async def state(self, _request: Request) -> object:
        """The clock, the set prices, the accounts and the fault plans."""
        return {**views.state_json(self.exchange), "faults": await self.plans(_request)}

    async def set_prices(self, request: Request) -> object:
        """Have instruments trade at prices until they are released; orders meet them at once."""
        for name, price in prices_of(await body_of(request, "prices")).items():
            self.exchange.market.set_price(name, price)
        self.exchange.advance()
        return views.state_json(self.exchange)["prices"]

    async def release_prices(self, request: Request) -> object:
        """Return one instrument (`?instrument=`), or all, to the simulation's prices."""
        name = request.query_params.get("instrument")
        if name is None:
            self.exchange.plan.clear()
        self.exchange.market.release_price(name)
        return views.state_json(self.exchange)["prices"]

    async def plan_prices(self, request: Request) -> object:
        """Have a price move along steps or through candles, from now on."""
        body = await body_of(request, "instrument", "steps", "candles", "interval")
        rows = path_of_body(body, self.exchange)
        self.exchange.plan.add(rows)
        return {"planned_prices": len(rows), "last_at": rows[-1].at.isoformat()}

    async def set_clock(self, request: Request) -> object:
        """Set the time (`at`), its speed (`rate`, 0 stops it), or move it on (`by_s`)."""
        body = await body_of(request, "at", "rate", "by_s")
        clock = self.exchange.clock
        if "at" in body:
            await self._move_to(moment_of(body["at"], "/at"))
        if "by_s" in body:
            by = timedelta(seconds=float(price_of(body["by_s"], "/by_s")))
            await self._move_to(clock.now() + by)
        if "rate" in body:
            clock.run(float(price_of(body["rate"], "/rate")))
        self.exchange.advance()
        return self._clock()

    async def reset_clock(self, _request: Request) -> object:
        """Return to the machine's time."""
        self.exchange.clock.reset()
        self.exchange.advance()
        return self._clock()

    async def replay(self, request: Request) -> object:
        """Replay a trading day of the simulated market from its open, at a speed."""
        body = await body_of(request, "day", "rate")
        day = day_of_body(body.get("day"), "/day")
        hours = session_hours(self.exchange.times.calendar, day)
        if hours is None:
            raise InvalidInput(f"{day} is no trading day; choose another", pointer="/day")
        self.exchange.market.release_price()
        self.exchange.plan.clear()
        await self._move_to(hours.start - _BEFORE_OPEN)
        self.exchange.clock.run(float(price_of(body.get("rate", 1), "/rate")))
        self.exchange.advance()
        return self._clock()

    async def _move_to(self, moment: datetime) -> None:
        """Set the clock, once the day that it moves to is made: others are answered meanwhile."""
        await asyncio.to_thread(self.exchange.market.make_ready, moment)
        self.exchange.clock.set(moment)

    def _clock(self) -> object:
        return {
            "now": self.exchange.now().astimezone(IST).isoformat(),
            "rate": self.exchange.clock.rate,
        }

    # --- accounts -----------------------------------------------------------------------------

    async def announce(self, request: Request) -> object:
        """Announce a split, bonus or dividend: it comes with the start of its ex-date."""
        members = ("kind", "instrument", "new", "old", "amount", "ex_date")
        action = action_of(await body_of(request, *members), self.exchange)
        self.exchange.corporate.announce(action)
        starts = datetime.combine(action.ex_date, time(0), tzinfo=IST)
        return {"action_id": action.action_id, "takes_effect_at": starts.isoformat()}

    async def account(self, request: Request) -> object:
        """An account's true book: orders, trades, positions."""
        return views.book_json(self.exchange, self.exchange.account(_key(request)))

    async def open_account(self, request: Request) -> object:
        """Open an account, or begin it anew, with cash and settled holdings."""
        body = await body_of(request, "cash", "holdings")
        key = _key(request)
        self._sessions_of(key.broker)
        cash = price_of(body.get("cash", 1_000_000), "/cash")
        account = self.exchange.open_account(key, cash, holdings=holdings_of(body))
        return views.account_json(account)

    async def pay_in(self, request: Request) -> object:
        """Pay money in; a negative amount takes it out."""
        body = await body_of(request, "amount")
        account = self.exchange.account(_key(request))
        account.pay_in(price_of(body.get("amount"), "/amount"))
        return views.account_json(account)

    async def register_app(self, request: Request) -> object:
        """Register a program with its own user, who gets an account unless there is one."""
        body = await body_of(request, "user_id", "secret", "redirect_url", "postback_url")
        broker = request.path_params["broker"]
        sessions = self._sessions_of(broker)
        app = app_of(body, request.path_params["api_key"])
        sessions.register(app)
        key = AccountKey(broker, app.user_id)
        if all(one.key != key for one in self.exchange.accounts):
            self.reset(broker, app.user_id)
        return {"api_key": app.api_key, **views.account_json(self.exchange.account(key))}

    async def register_addresses(self, request: Request) -> object:
        """Take a program's orders from these addresses alone; of an empty list, from all."""
        broker, api_key = request.path_params["broker"], request.path_params["api_key"]
        addresses = addresses_of(await body_of(request, "addresses"))
        sessions = self._sessions_of(broker)
        if sessions.app(api_key) is None:
            raise InvalidInput(f"there is no program {api_key} at {broker}: register it first")
        sessions.register_addresses(api_key, addresses)
        return {"api_key": api_key, "addresses": addresses}

    def _sessions_of(self, broker: str) -> Sessions:
        found = self.sessions.get(broker)
        if found is None:
            known = ", ".join(self.sessions) or "none"
            raise InvalidInput(f"there is no broker {broker}; there are {known}")
        return found

    async def reset_all(self, _request: Request) -> object:
        """Begin anew: every program's account, simulated prices, the machine's time,
        no faults, orders from every address."""
        self.faults.remove()
        self.exchange.plan.clear()
        self.exchange.clock.reset()
        self.exchange.reset()
        for broker, sessions in self.sessions.items():
            sessions.release_addresses()
            for user_id in {app.user_id for app in sessions.apps}:
                self.reset(broker, user_id)
        return views.state_json(self.exchange)

    # --- faults -------------------------------------------------------------------------------

    async def plans(self, _request: Request) -> object:
        """The fault plans, and how often each fault came."""
        return [views.plan_json(one) for one in self.faults.plans]

    async def add_plan(self, request: Request) -> object:
        """Plan a fault."""
        members = (
            "kind",
            "broker",
            "endpoint",
            "count",
            "probability",
            "seed",
            "delay_s",
            "status",
        )
        return views.plan_json(self.faults.add(plan_of(await body_of(request, *members))))

    async def remove_plans(self, request: Request) -> object:
        """End one plan, or all."""
        return {"removed": self.faults.remove(request.path_params.get("plan_id"))}

    async def expire_sessions(self, request: Request) -> object:
        """End every session of a broker (`broker`), or of all, now."""
        broker = (await body_of(request, "broker")).get("broker")
        found = [one for name, one in self.sessions.items() if broker in (None, name)]
        return {"ended": sum(one.close_all() for one in found)}

    async def cut(self, request: Request) -> object:
        """Cut the open sockets of a broker (`broker`), or of all."""
        broker = (await body_of(request, "broker")).get("broker")
        return {"cut": self.cut_sockets(None if broker is None else str(broker))}

    # --- answers ------------------------------------------------------------------------------

    def _answered(
        self, handler: Callable[[Request], Awaitable[object]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not is_allowed(request, self.key):
                words = f"send the printed key as {KEY_HEADER}, or call from this machine"
                return _json({"error": words}, 403)
            try:
                return _json(await handler(request))
            except InvalidDocument as error:
                problems = [{"pointer": one.pointer, "message": one.message}
                            for one in error.problems]  # fmt: skip
                return _json({"error": error.message, "problems": problems}, 400)
            except (InvalidInput, Refused) as error:
                return _json({"error": str(error)}, 400)
            except SandboxError as error:
                return _json({"error": str(error)}, 404)

        return answer


def _key(request: Request) -> AccountKey:
    return AccountKey(request.path_params["broker"], request.path_params["user_id"])


def _json(answer: object, status: int = 200) -> Response:
    text = orjson.dumps(answer, default=str)
    return Response(text, status_code=status, media_type="application/json")
