"""A model-based test: user, clock, broker and crashes in any order, at an account of a broker.

The model is the broker itself: what it was asked to buy and to sell. After every step nothing may
have been asked for twice, and no more may be for sale than is held. In the end everything is
explained, and the laws of execution's tables hold (each intent one order, fills equal ledger
entries, debits equal credits, positions the sum of fills, no gap in the timeline, no outbox row).
"""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from packages.server.tests.doubles.scripted_gtts import lost_once
from packages.server.tests.execution import oracles

from tradertape_core.orders.gtt import GttStatus
from tradertape_core.orders.order import OrderStatus, Side
from tradertape_server.features.execution.venues.gateway import RequestRefused
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live import placing
from tradertape_server.features.portfolios.models import PortfolioSignal

from .conftest import BrokerDesk, Json

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
SIGNALS = 3
DAY = timedelta(days=1)
WHICH = st.integers(0, SIGNALS - 1)
SHARE = st.sampled_from([0.0, 0.4, 1.0])
ACTIONS = st.sampled_from(["approve"] * 4 + ["retry"] * 2 + ["cancel", "reject", "expire"])
PRICES = st.sampled_from([0.8, 0.97, 1.0, 1.001, 1.003, 1.05, 1.3])


class AnyOrder(RuleBasedStateMachine):
    """Three new signals of one portfolio; what happens to them is drawn."""

    def __init__(self, desk: BrokerDesk, portfolio: Json, templates: list[int]) -> None:
        super().__init__()
        self.desk, self.portfolio = desk, portfolio
        self.entries_before = set(desk.there.entries)
        self.orders_before = set(desk.venue.orders)
        self.quiet()
        self.ids = [self.fresh(one) for one in templates[:SIGNALS]]
        self.signals = [desk.signal(one) for one in self.ids]
        for one in self.signals:
            desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price']:.2f}")

    def fresh(self, signal_id: int) -> int:
        """A signal that waits for approval, as one that was raised."""
        with self.desk.container.database.write() as session:
            row = session.get_one(PortfolioSignal, signal_id)
            names = ("portfolio_id", "epoch", "symbol", "side", "kind", "signal_date", "conviction",
                     "rank", "sector", "company", "isin", "reason", "ref_price", "trigger_price",
                     "limit_price", "stop_price", "target_price", "quantity")  # fmt: skip
            now = self.desk.clock.now()
            made = PortfolioSignal(
                **{name: getattr(row, name) for name in names}, status="pending_approval",
                number=repository.next_number(session, row), history=[], committed_paise=0,
                filled_quantity=0, attempts=0, version=1, created_at=now, updated_at=now,
                expires_at=now + DAY, valid_until=now + DAY,
            )  # fmt: skip
            session.add(made)
            session.flush()
            return made.id

    def quiet(self) -> None:
        """Nothing goes wrong by itself."""
        self.desk.there.before = self.desk.there.after = lambda _name: None

    # --- the user -----------------------------------------------------------------------------

    @rule(which=WHICH, action=ACTIONS)
    def acts(self, which: int, action: str) -> None:
        url = f"/api/model/signals/{self.ids[which]}/{action}"
        answer = self.desk.client.post(url, json={})
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 409:
            assert answer.json()["detail"].startswith(("Signal ", "Portfolio "))

    @rule()
    def approves_all(self) -> None:
        self.desk.post("signals/bulk", {"ids": self.ids, "action": "approve"})

    @rule()
    def places(self) -> None:
        answer = self.desk.client.post("/api/model/cart/place", json={"signal_ids": self.ids})
        assert answer.status_code in (200, 400, 409), answer.text

    @rule(order=st.sampled_from(["market", "limit", "gtt"]))
    def closes(self, order: str) -> None:
        for held in self.held():
            body = {"order": order, "limit_price": 10_000}
            answer = self.desk.client.post(f"/api/model/positions/{held['id']}/close", json=body)
            assert answer.status_code in (200, 409), answer.text

    @rule(action=st.sampled_from(["pause", "resume", "resume"]))
    def pauses(self, action: str) -> None:
        url = f"/api/model/portfolios/{self.portfolio['id']}/{action}"
        assert self.desk.client.post(url).status_code in (200, 409)

    # --- the clock and the market -------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 10, 40, 90]))
    def waits(self, seconds: int) -> None:
        self.desk.clock.advance(seconds=seconds)
        self.desk.market.refresh()

    @rule(which=WHICH, share=PRICES)
    def trades(self, which: int, share: float) -> None:
        one = self.signals[which]
        price = round(one["trigger_price"] * share * 20) / 20
        self.desk.market.trade(f"NSE:{one['symbol']}", f"{price:.2f}")
        self.desk.idle()

    # --- the broker ---------------------------------------------------------------------------

    @rule(what=st.sampled_from(["place", "cancel"]), when=st.sampled_from(["before", "after"]))
    def loses_an_answer(self, what: str, when: str) -> None:
        setattr(self.desk.there, when, lost_once(what))

    @rule()
    def refuses(self) -> None:
        left = ["once"]

        def refuse(_name: str) -> None:
            if left:
                left.pop()
                raise RequestRefused("not now")

        self.desk.there.before = refuse

    @rule(which=WHICH, share=SHARE, is_rejected=st.booleans())
    def is_triggered(self, which: int, share: float, is_rejected: bool) -> None:
        for entry in self.resting(which):
            request = entry.request.orders[0]
            number = self.desk.venue.external(request, filled=False)
            self.desk.there.fire(entry.trigger_id, order_id=number)
            if share:
                self.desk.fill(number, max(1, int(request.quantity * share)))
            elif is_rejected:
                self.desk.refuse(number)

    @rule(which=WHICH, status=st.sampled_from([GttStatus.DELETED, GttStatus.DISABLED]))
    def ends_there(self, which: int, status: GttStatus) -> None:
        for entry in self.resting(which):
            self.desk.there.end(entry.trigger_id, status)

    @rule(share=SHARE)
    def executes(self, share: float) -> None:
        """What is open at the broker is filled, in part, or ended with the day."""
        for number, kept in self.orders():
            if kept.entry.status.is_terminal:
                continue
            left = kept.entry.request.quantity - sum(one.quantity for one in kept.trades)
            if share:
                self.desk.fill(number, max(1, int(left * share)))
            else:
                self.desk.venue.report(number, OrderStatus.CANCELLED, message="the day ended")

    # --- the server ---------------------------------------------------------------------------

    @rule()
    def looks(self) -> None:
        self.desk.read()
        self.desk.upkeep.run_once()
        self.desk.container.guardian.check_all()

    @rule()
    def starts_again(self) -> None:
        self.desk.down()
        self.desk.up()

    @rule(step=st.sampled_from(["before_send", "after_send"]))
    def dies_while_placing(self, step: str) -> None:
        # No precondition: what is in the cart also depends on answers that are on their way.
        if not self.desk.get(f"signals?status=in_cart&portfolio_id={self.pid}"):
            return

        def die(reached: str) -> None:
            if reached == step:
                raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(placing, "crash_point", die)
            try:
                self.desk.upkeep.placing.place(self.pid, self.ids, by="me", alone=False)
            except Killed:
                self.starts_again()

    # --- what must be true --------------------------------------------------------------------

    @property
    def pid(self) -> int:
        return self.portfolio["id"]

    def held(self) -> list[Json]:
        found = self.desk.get(f"positions?portfolio_id={self.pid}&status=open")
        return [one for one in found if one["signal_id"] in self.ids]

    def resting(self, which: int) -> list[Any]:
        symbol = self.signals[which]["symbol"]
        return [e for e in self.desk.resting if e.request.tradingsymbol == symbol]

    def orders(self) -> list[tuple[str, Any]]:
        kept = self.desk.venue.orders.items()
        return [(name, one) for name, one in kept if name not in self.orders_before]

    def amount(self, symbol: str, side: str, *, is_open: bool) -> int:
        """Units of a symbol that were traded, or that may still be, at the broker."""
        total = 0
        for _, kept in self.orders():
            request = kept.entry.request
            if (request.tradingsymbol, request.side.value) != (symbol, side):
                continue
            done = sum(one.quantity for one in kept.trades)
            is_over = kept.entry.status.is_terminal
            total += 0 if is_open and is_over else request.quantity - done if is_open else done
        for entry in self.desk.resting if is_open else ():
            order = entry.request.orders[0]  # of two legs one fires
            if (order.tradingsymbol, order.side.value) == (symbol, side):
                total += order.quantity
        return total

    @invariant()
    def nothing_is_bought_or_sold_twice(self) -> None:
        for one in self.signals:
            bought = self.amount(one["symbol"], "BUY", is_open=False)
            buying = self.amount(one["symbol"], "BUY", is_open=True)
            sold = self.amount(one["symbol"], "SELL", is_open=False)
            selling = self.amount(one["symbol"], "SELL", is_open=True)
            assert bought + buying <= one["quantity"], "an entry is bought twice"
            assert sold + selling <= bought, "more is for sale than is held"

    def teardown(self) -> None:
        self.quiet()
        self.desk.post(f"portfolios/{self.pid}/pause", status=self.unpaused(200, 409))
        for _ in range(8):
            self.desk.clock.advance(seconds=40)
            self.desk.market.refresh()
            self.desk.settle()
        self.closes("market")
        for _ in range(4):
            self.sales_are_triggered()
            self.executes(1.0)
            self.desk.settle()
        self.everything_is_explained()
        self.desk.post(f"portfolios/{self.pid}/resume")
        oracles.check(self.desk.container.database)

    def sales_are_triggered(self) -> None:
        """Closes that wait for their price reach it."""
        for entry in self.desk.resting:
            order = entry.request.orders[0]
            if order.side is Side.SELL and entry.trigger_id not in self.entries_before:
                number = self.desk.venue.external(order, filled=False)
                self.desk.there.fire(entry.trigger_id, order_id=number)

    def unpaused(self, yes: int, no: int) -> int:
        return yes if self.desk.get(f"portfolios/{self.pid}")["status"] == "active" else no

    def everything_is_explained(self) -> None:
        assert [e for e in self.desk.resting if e.trigger_id not in self.entries_before] == []
        for before in self.signals:
            symbol, one = before["symbol"], self.desk.signal(before["id"])
            bought = self.amount(symbol, "BUY", is_open=False)
            assert one["filled_quantity"] == bought, one
            assert bought == self.amount(symbol, "SELL", is_open=False), "it is flat"
            assert one["gtt_status"] not in ("placing", "unknown", "active", "triggered"), one
            assert (one["status"] == "executed") == (bought > 0), one
            if one["status"] == "failed":
                assert one["failure_reason"], one
            if one["actor_history"]:
                assert one["actor_history"][-1]["status"] == one["status"]


class Killed(BaseException):
    """The process died."""


def run(desk: BrokerDesk, examples: int, steps: int, stops_at: str = "server") -> None:
    portfolio = desk.deploy_live(max_oversubscription=2.0, stops_at=stops_at)
    at, signals = desk.first_signals(portfolio)
    desk.at(desk.days[at + 1])
    assert len({one["symbol"] for one in signals[:SIGNALS]}) == SIGNALS
    templates = [one["id"] for one in signals]
    wanted = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(
        functools.partial(AnyOrder, desk, portfolio, templates), settings=wanted
    )


@ON_SQLITE
def test_sg_07_in_any_order_nothing_is_doubled_and_all_is_explained(desk: BrokerDesk) -> None:
    run(desk, examples=5, steps=25)


@ON_SQLITE
@pytest.mark.slow
@pytest.mark.parametrize("stops_at", ["server", "broker"])
def test_sg_07_in_many_orders_nothing_is_doubled(desk: BrokerDesk, stops_at: str) -> None:
    run(desk, examples=40, steps=30, stops_at=stops_at)


@ON_POSTGRESQL
@pytest.mark.slow
@pytest.mark.parametrize("stops_at", ["server", "broker"])
def test_sg_07_in_any_order_on_postgresql_nothing_is_doubled(
    desk: BrokerDesk, stops_at: str
) -> None:
    """Fewer examples: each takes two to three times as long as on SQLite, most of it waiting."""
    run(desk, examples=6, steps=25, stops_at=stops_at)
