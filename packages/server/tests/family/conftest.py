"""Families over the API.

person   makes an account with a name: `person("asha")` is a `Person` with a client and an id
family   makes a group with an owner, an admin and a member, all joined by invitation
known    what brokers and uploads have of each person: `known.shares[id] = [("INFY", 10, 100)]`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.conftest import SignIn

from tradertape_core.kernel.clock import Clock
from tradertape_server.container import Container
from tradertape_server.features.auth.models import User
from tradertape_server.features.brokerage.errors import NotConnected
from tradertape_server.features.family.build import build_family
from tradertape_server.features.family.sources import MemberBooks
from tradertape_server.features.holdings.schemas import HoldingOut, MarginOut, PositionOut
from tradertape_server.features.holdings.service import Listing
from tradertape_server.features.wealth import schemas as wealth
from tradertape_server.main import create_app
from tradertape_server.platform.errors import Unavailable

URL = "/api/family"
MakePerson = Callable[[str], "Person"]
Row = tuple[str, int, int]  # symbol, quantity, price
D = Decimal


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    name: str
    id: int
    client: TestClient

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """Call a route of family; its body."""
        answer = self.client.request(method, URL + path, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def wealth(self, group_id: int, *members: int) -> Any:
        """The consolidated view."""
        chosen = {"members": ",".join(map(str, members))} if members else {}
        return self.ask("GET", "/consolidated", params={"group_id": group_id, **chosen})


@dataclass(frozen=True)
class Sent:
    """A snapshot of an agent."""

    as_of: datetime
    rows: Sequence[dict[str, Any]]
    kind: str = "holdings"
    broker: str = "kite"
    factor: str | None = None
    margins: dict[str, Any] = field(default_factory=dict)
    is_sealed: bool = False


@dataclass(frozen=True)
class FamilyOf:
    """A group of three."""

    id: int
    owner: Person
    admin: Person
    member: Person


@dataclass
class Known:
    """All ports. on_read: called when a book is read; reads: whose were; live: at brokers.

    agents: the snapshots that were sent; changed_at: when files changed last; factor: their scale;
    payments: what the rate of uploads is of; accounts: of a share, when it is in several.
    """

    clock: Clock
    shares: dict[int, list[Row]] = field(default_factory=dict)
    live: dict[int, list[Row]] = field(default_factory=dict)
    environment: dict[int, str] = field(default_factory=dict)
    scaled: set[int] = field(default_factory=set)
    agents: dict[int, list[Sent]] = field(default_factory=dict)
    changed_at: dict[int, datetime] = field(default_factory=dict)
    factors: dict[int, str] = field(default_factory=dict)
    payments: dict[int, list[tuple[date, D]]] = field(default_factory=dict)
    accounts: dict[int, list[tuple[str, str, int, int]]] = field(default_factory=dict)
    reckoning: set[int] = field(default_factory=set)
    reads: list[int] = field(default_factory=list)
    on_read: Callable[[], object] | None = None

    def summary(self, user_id: int) -> wealth.WealthSummaryOut:
        self.reads.append(user_id)
        if self.on_read is not None:
            self.on_read()
        if user_id in self.reckoning:
            raise Unavailable("Your book is being reckoned")
        nil = dict.fromkeys(
            ("net_worth", "shares", "funds", "cash", "invested", "unrealised", "realised",
             "day_profit", "dividends"), D(0),
        )  # fmt: skip
        return wealth.WealthSummaryOut(
            is_empty=user_id not in self.shares, as_of=None, **nil, xirr=0.1, twr=None,
            benchmark="NIFTY 50", benchmark_return=None, trades=0, unpriced=[],
            is_simulated=False, warnings=[],
        )  # fmt: skip

    def of_uploads(self, user_id: int) -> wealth.WealthHoldingsOut:
        rows = [
            _uploaded(*row, self.accounts.get(user_id, [])) for row in self.shares.get(user_id, [])
        ]
        return wealth.WealthHoldingsOut.model_construct(
            as_of=None, holdings=rows, contracts=[], unmatched=[]
        )

    def funds(self, _user_id: int) -> Sequence[wealth.FundOut]:
        return []

    def flows(self, user_id: int) -> list[tuple[date, D]]:
        return self.payments.get(user_id, [])

    def last_change(self, user_id: int) -> datetime | None:
        return self.changed_at.get(user_id, self.clock.now())

    def factor(self, user_id: int) -> str | None:
        return self.factors.get(user_id)

    def latest(self, user_id: int) -> list[Sent]:
        return self.agents.get(user_id, [])

    def reconciliation(self, _user_id: int) -> wealth.CashReconciliationOut:
        return wealth.CashReconciliationOut(accounts=[])

    def at_broker(self, user_id: int, _broker: str | None) -> Listing[HoldingOut]:
        head = self._head(user_id)
        rows = [_held(head, *row) for row in self.live[user_id]]
        return Listing(rows, 0.0, True, {})

    def positions(self, user_id: int, _broker: str | None) -> Listing[PositionOut]:
        self._head(user_id)
        return Listing([], 0.0, True, {})

    def margins(self, user_id: int, _broker: str | None) -> Listing[MarginOut]:
        rows = [
            MarginOut(
                **self._head(user_id), segment="equity", available_cash=D(500),
                available_margin=D(0), used_margin=D(0), collateral=D(0), opening_balance=D(0),
                net=D(0),
            )
        ]  # fmt: skip
        return Listing(rows, 0.0, True, {})

    def _head(self, user_id: int) -> dict[str, Any]:
        if user_id not in self.live:
            raise NotConnected("kite", None)
        return {
            "broker": "kite", "account": "kite:AB1", "as_of": self.clock.now(), "age_s": 0,
            "stale": False, "environment": self.environment.get(user_id, "live"),
        }  # fmt: skip


@dataclass(frozen=True)
class _Port:
    """One of the two ports: both have a method named `holdings`."""

    known: Known
    holdings: Callable[..., Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.known, name)


def _uploaded(
    symbol: str, quantity: int, price: int, accounts: Sequence[tuple[str, str, int, int]]
) -> wealth.WealthHoldingOut:
    lot = wealth.LotOut(
        broker="kite", account="AB1", opened_on=date(2024, 1, 1), quantity=D(quantity),
        price=D(price), cost=D(quantity * price), charges=D(0), days=1, is_long_term=False,
        long_term_from=date(2025, 1, 1), is_bonus=False, is_short=False, is_estimated=False,
    )  # fmt: skip
    whole = accounts or [("kite", "AB1", quantity, quantity * price)]
    return wealth.WealthHoldingOut.model_construct(
        instrument=symbol, symbol=symbol, name="", sector="IT", quantity=D(quantity),
        average_price=D(price), cost=D(quantity * price), price=D(price),
        value=D(quantity * price), unrealised=D(0), day_profit=D(quantity), weight=1.0,
        long_term_quantity=D(0), lots=[lot], lot_count=1,
        by_account=[
            wealth.AccountPartOut(broker=broker, account=account, quantity=D(many), cost=D(cost))
            for broker, account, many, cost in whole
        ],
    )  # fmt: skip


def _held(head: dict[str, Any], symbol: str, quantity: int, price: int) -> HoldingOut:
    nil = dict.fromkeys(("pnl", "pnl_pct", "day_change", "day_change_pct"), D(0))
    return HoldingOut(
        **head, **nil, symbol=symbol, exchange="NSE", isin="", product="CNC", quantity=quantity,
        t1_quantity=0, pledged_quantity=0, average_price=D(price), last_price=D(price),
        close_price=D(price - 1), invested=D(0), value=D(0), instrument_token=None,
    )  # fmt: skip


@pytest.fixture
def known(container: Container) -> Known:
    return Known(container.clock)


@pytest.fixture
def app(container: Container, known: Known) -> FastAPI:
    books = MemberBooks(
        _Port(known, known.at_broker), _Port(known, known.of_uploads),
        lambda who: who in known.scaled, known, known, container.clock,
    )  # fmt: skip
    family = build_family(
        container.database, container.clock, container.mailer, "http://localhost:18777", books
    )
    return create_app(container=replace(container, family=family))


@pytest.fixture
def person(sign_in: SignIn, container: Container) -> MakePerson:
    def make(name: str) -> Person:
        client = sign_in(f"{name}@example.com")
        with container.database.write() as session:
            user = session.query(User).filter_by(email=f"{name}@example.com").one()
            user.name = name.title()
            return Person(name, user.id, client)

    return make


@pytest.fixture
def family(person: MakePerson) -> Callable[[str], FamilyOf]:
    def make(name: str) -> FamilyOf:
        owner, admin, member = (person(f"{name}-{role}") for role in ("owner", "admin", "member"))
        group = owner.ask("POST", "/groups", 201, json={"name": name})["id"]
        for one, role in ((admin, "admin"), (member, "member")):
            join(owner, one, group, role)
        return FamilyOf(group, owner, admin, member)

    return make


def join(inviter: Person, guest: Person, group_id: int, role: str = "member") -> None:
    """Invite somebody, and accept."""
    body = {"email": guest.email, "role": role}
    inviter.ask("POST", f"/groups/{group_id}/invite", 201, json=body)
    guest.ask("POST", f"/groups/{group_id}/accept", json={})


def share(one: Person, group_id: int, **sharing: object) -> None:
    """Set what somebody shows."""
    one.ask("PUT", f"/groups/{group_id}/share", json=sharing)
