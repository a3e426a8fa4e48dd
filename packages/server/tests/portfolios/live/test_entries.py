"""An entry from the cart to the position (SG-05, SG-07, PO-01)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text

from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.state.command import VenueCommand
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

from .conftest import LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_sg_07_a_triggered_entry_is_bought_and_its_position_is_guarded(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    assert portfolio["is_executed"]
    _, (one,) = desk.placed(portfolio)
    assert (one["status"], one["gtt_status"], one["stage"]) == ("approved", "active", "placed")
    assert one["placement_key"] == f"sig:{one['id']}:a1"
    gtt = desk.container.execution.get_gtt(portfolio["account_id"], one["gtt_id"])
    assert float(gtt.request.trigger_values[0]) == one["trigger_price"]

    desk.trade(one["symbol"], one["trigger_price"])
    one = desk.signal(one["id"])
    assert (one["status"], one["gtt_status"], one["stage"]) == ("executed", "filled", "filled")
    assert one["filled_quantity"] == one["quantity"]
    held = desk.position(portfolio)
    assert (held["status"], held["open_quantity"]) == ("open", one["quantity"])
    assert held["entry_order_id"] == one["order_id"]
    assert held["signal_id"] == one["id"]
    assert held["average_price"] == pytest.approx(one["average_price"])
    assert held["protection_status"] == ("armed" if one["stop_price"] else "unarmed")
    events = desk.get(f"positions/{held['id']}/story")["events"]
    (bought,) = [event["text"] for event in events if event["title"] == "Bought"]
    assert "candle" not in bought  # its price is the market's
    assert "at the paper market" in bought


@pytest.mark.parametrize("by", ["kill switch", "user", "clock"])
def test_sg_05_a_limit_order_that_is_taken_back_says_by_whom(desk: LiveDesk, by: str) -> None:
    """And does not return to the cart: nobody missed a price."""
    entry = {"order": "limit", "limit_offset_pct": 0.0, "valid_days": 1}
    portfolio = desk.deploy_live(strategy_id=desk.strategy(entry=entry), replace_on_unfilled=True)
    _, (one,) = desk.approved(portfolio)
    desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price'] * 1.03:.2f}")
    desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    desk.settle()
    assert desk.signal(one["id"])["gtt_status"] == "active"
    execution, account = desk.container.execution, portfolio["account_id"]
    if by == "kill switch":
        halt = Halt(user_id=1, reason="enough", by="me", since=desk.clock.now(), cancels=True)

        def turn_on(uow: UnitOfWork) -> None:
            uow.switch(1, halt)
            kill_switch_exits.cancel_entries(uow, [account], execution.gtt, why="enough")

        execution.trader.execute(VenueCommand(turn_on))
    elif by == "user":
        desk.post(f"signals/{one['id']}/cancel")
    else:
        desk.at(
            datetime.fromisoformat(desk.signal(one["id"])["valid_until"]).date(), hour=15, minute=31
        )
    desk.settle()
    gone = desk.signal(one["id"])
    expected = {
        "kill switch": ("cancelled", "deleted", "kill_switch"),
        "user": ("cancelled", "cancelled", None),
        "clock": ("expired", "expired", "not_triggered"),
    }[by]
    assert (gone["status"], gone["gtt_status"], gone["failure_reason"]) == expected
    assert desk.get(f"portfolios/{portfolio['id']}")["committed_capital"] == 0


def test_sg_07_stop_and_target_are_from_the_price_that_was_paid(desk: LiveDesk) -> None:
    """One from the signal's limit would be above what a lower opening costs, and sell at once."""
    stops = {"stop_loss_pct": 1.0, "target_pct": 2.0}
    entry = {"order": "market", "valid_days": 1}
    portfolio = desk.deploy_live(
        strategy_id=desk.strategy(entry=entry, stops=stops), atr_stop_multiplier=0
    )
    _, (one,) = desk.approved(portfolio)
    paid = round(one["ref_price"] * 0.97, 1)
    desk.market.trade(f"NSE:{one['symbol']}", f"{paid:.2f}")
    desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    desk.settle()
    assert one["stop_price"] > paid
    held = desk.position(portfolio)
    assert (held["status"], held["open_quantity"]) == ("open", one["quantity"])
    assert held["stop_price"] == pytest.approx(held["average_price"] * 0.99, abs=0.01)
    assert held["target_price"] == pytest.approx(held["average_price"] * 1.02, abs=0.01)
    desk.trade(one["symbol"], held["stop_price"] - 0.1)
    desk.settle()
    assert desk.position(portfolio)["exit_reason"] == "stop"


def test_sg_05_a_limit_order_buys_below_its_limit_and_has_no_trigger(desk: LiveDesk) -> None:
    """As in the backtest: a trigger at the limit would buy where the price has risen to it."""
    entry = {"order": "limit", "limit_offset_pct": 2.0, "valid_days": 1}
    portfolio = desk.deploy_live(strategy_id=desk.strategy(entry=entry))
    _, (one,) = desk.placed(portfolio)
    desk.settle()
    one = desk.signal(one["id"])
    assert (one["trigger_price"], one["order_type"], one["gtt_id"]) == (None, "limit", None)
    assert one["limit_price"] == pytest.approx(one["ref_price"] * 1.02, rel=0.001)
    assert (one["status"], one["filled_quantity"]) == ("executed", one["quantity"])
    assert one["average_price"] < one["ref_price"] * 1.01
    waiting = desk.deploy(strategy_id=desk.strategy(entry=entry), paper_fill="touch")
    _, (other, *_) = desk.first_signals(waiting)
    assert (other["trigger_price"], other["limit_price"]) == (None, one["limit_price"])


def test_sg_05_the_trigger_of_a_signal_is_not_changed_by_hand(desk: LiveDesk) -> None:
    """It would buy what nobody approved, and no limit of the portfolio had judged."""
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    leg = {"trigger": one["trigger_price"], "transaction_type": "BUY", "product": "CNC",
           "quantity": one["quantity"] * 3, "price": one["limit_price"]}  # fmt: skip
    refused = desk.client.put(f"/api/gtts/{one['gtt_id']}", json={"legs": [leg]})
    assert refused.status_code == 409, refused.text
    assert refused.headers["X-Error-Code"] == "gtt_of_portfolio"
    assert f"belongs to portfolio {portfolio['id']}, which alone" in refused.json()["detail"]
    desk.trade(one["symbol"], one["trigger_price"])
    assert desk.position(portfolio)["open_quantity"] == one["quantity"]


def test_the_book_is_that_of_the_ledger_to_the_paisa(desk: LiveDesk) -> None:
    """PO-01: cash, average price and charges are execution's; the row only shows them."""
    portfolio = desk.deploy_live()
    _, _, held = desk.bought(portfolio)
    execution, account_id = desk.container.execution, portfolio["account_id"]
    after = desk.get(f"portfolios/{portfolio['id']}")
    (figures,) = [
        one
        for one in execution.account_figures(1)
        if one.scope == f"model:{portfolio['id']}:{portfolio['epoch']}"
    ]
    assert round(after["cash"] * 100) == figures.cash_paise < 100_000_000
    (position,) = execution.positions(account_id=account_id)
    assert position.quantity == held["open_quantity"]
    assert held["invested"] * 100 == pytest.approx(position.cost_paise, abs=0.5)
    assert held["charges"] * 100 == pytest.approx(position.charges.total, abs=0.5)
    assert after["equity"] == pytest.approx(after["cash"] + held["market_value"], abs=0.02)
    assert after["open_positions"] == 1
    assert [one["quantity"] for one in held["entries"]] == [held["open_quantity"]]


def test_a_trigger_reached_while_nobody_looked_is_found_at_the_start(desk: LiveDesk) -> None:
    """The server was down between the trigger and what follows from it."""
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    desk.market.trade(f"NSE:{one['symbol']}", f"{one['trigger_price']:.2f}")
    desk.idle()
    assert desk.signal(one["id"])["stage"] == "placed"
    desk.parts.upkeep.recover()
    assert desk.signal(one["id"])["stage"] == "filled"
    assert desk.position(portfolio)["protection_status"] == "armed"


def test_a_gap_through_the_limit_is_not_bought_and_may_be_tried_again(desk: LiveDesk) -> None:
    """A triggered GTT is one-shot: its limit rests until the day ends."""
    portfolio = desk.deploy_live()
    at, (one,) = desk.placed(portfolio)
    desk.trade(one["symbol"], one["limit_price"] * 1.05)
    assert desk.signal(one["id"])["stage"] == "triggered"
    execution = desk.container.execution
    (order,) = execution.orders(run_id=f"portfolio:{portfolio['id']}:1:{one['id']}")
    execution.cancel(str(order.run_id), order.order_id)
    desk.settle()
    failed = desk.signal(one["id"])
    assert (failed["status"], failed["gtt_status"]) == ("failed", "rejected")
    assert failed["failure_reason"]
    again = desk.post(f"signals/{one['id']}/retry")
    assert (again["status"], again["gtt_id"]) == ("in_cart", None)
    desk.trade(one["symbol"], one["ref_price"])
    desk.post("cart/place", {"signal_ids": [one["id"]]})
    assert desk.signal(one["id"])["placement_key"] == f"sig:{one['id']}:a2"
    assert at


def test_valid_days_over_the_trigger_is_ended_first(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    at, (one,) = desk.placed(portfolio)
    desk.at(desk.days[-1], 18)
    desk.clock.advance(days=20)
    desk.settle()
    over = desk.signal(one["id"])
    assert (over["status"], over["gtt_status"]) == ("expired", "expired")
    gtt = desk.container.execution.get_gtt(portfolio["account_id"], one["gtt_id"])
    assert not gtt.is_active
    refused = desk.post(f"signals/{one['id']}/reject", status=409)
    assert refused["detail"] == f"Signal {one['id']} is expired and cannot be rejected"
    assert at


def test_a_user_cancels_an_order_that_waits(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, (one, two) = desk.placed(portfolio, most=2)
    gone = desk.post(f"signals/{one['id']}/cancel", {"reason": "results tomorrow"})
    assert (gone["status"], gone["gtt_status"]) == ("cancelled", "cancelled")
    assert gone["actor_history"][-1]["note"] == "results tomorrow"
    desk.post(f"signals/{one['id']}/cancel", status=409)
    desk.trade(one["symbol"], one["trigger_price"])
    assert desk.signal(one["id"])["status"] == "cancelled"
    account = portfolio["account_id"]
    desk.container.execution.delete_gtt(account, two["gtt_id"])  # by hand, elsewhere
    desk.settle()
    lost = desk.signal(two["id"])
    assert (lost["gtt_status"], lost["failure_reason"]) == ("deleted", "user_deleted")


def test_two_tabs_place_one_order(desk: LiveDesk) -> None:
    """SG-05: the second finds that the signal is no longer in the cart."""
    portfolio = desk.deploy_live()
    _, (one,) = desk.approved(portfolio)
    placing, seen = desk.parts.upkeep.placing, []
    create = desk.container.execution.gtt.create_command

    def slowly(*args: object, **more: object) -> object:
        seen.append(placing.place(portfolio["id"], [one["id"]], by="agent", alone=False))
        return create(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.container.execution.gtt, "create_command", slowly)
        desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    assert seen[0][0]["outcome"] == "skipped"
    assert len(desk.container.execution.gtts(portfolio["account_id"])) == 1


@pytest.mark.parametrize("is_made", [True, False])
def test_a_lost_answer_is_looked_for_and_never_sent_again(desk: LiveDesk, is_made: bool) -> None:
    """approved/placing, the answer is lost: unknown; then active, or failed and tried again."""
    portfolio = desk.deploy_live()
    _, (one,) = desk.approved(portfolio)
    execution = desk.container.execution
    create = type(execution).create_gtt

    def lost(*args: object, **more: object) -> int:
        if is_made:
            create(*args, **more)
        raise TradingPaused

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(execution), "create_gtt", lost)
        desk.post("cart/place", {"portfolio_id": portfolio["id"]})
        found = desk.signal(one["id"])
        assert (found["status"], found["gtt_status"]) == ("approved", "unknown")
    desk.clock.advance(seconds=10)
    desk.settle()
    found = desk.signal(one["id"])
    assert found["gtt_status"] == ("active" if is_made else "rejected")
    assert len(execution.gtts(portfolio["account_id"])) == int(is_made)
    if not is_made:  # a command that comes late does nothing: its key is used up
        desk.post(f"signals/{one['id']}/retry")
        desk.post("cart/place", {"portfolio_id": portfolio["id"]})
        assert len(execution.gtts(portfolio["account_id"])) == 1


def test_a_kill_switch_keeps_entries_in_the_cart(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    desk.approved(portfolio)
    with desk.container.database.write() as session:
        session.execute(
            text(
                "INSERT INTO trading_halts (name, user_id, reason, by, since) "
                "VALUES ('user:1', 1, 'enough for today', 'me', '2026-01-05 04:30:00.000000')"
            )
        )
    placed = desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    assert placed["skipped"] == 1
    assert "enough for today" in placed["results"][0]["detail"]
    assert desk.container.execution.gtts(portfolio["account_id"]) == []


def test_a_kill_switch_takes_back_entries_that_wait_at_the_market(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    execution, account = desk.container.execution, portfolio["account_id"]
    halt = Halt(user_id=1, reason="enough", by="me", since=desk.clock.now(), cancels=True)

    def turn_on(uow: UnitOfWork) -> None:
        uow.switch(1, halt)
        kill_switch_exits.cancel_entries(uow, [account], execution.gtt, why="enough")

    execution.trader.execute(VenueCommand(turn_on))
    desk.settle()
    gone = desk.signal(one["id"])
    assert (gone["gtt_status"], gone["failure_reason"]) == ("deleted", "kill_switch")
    assert not execution.get_gtt(account, one["gtt_id"]).is_active
    assert desk.get(f"portfolios/{portfolio['id']}")["committed_capital"] == 0


def test_pf_08_a_scan_that_comes_too_late_says_so_for_each_symbol(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live(max_positions=3)
    at, raised = desk.first_signals(desk.deploy_live(max_positions=3))
    day = desk.days[at]
    desk.at(desk.days[at + 1], hour=16)  # the signals of that day could be traded until 15:30
    found = desk.scan(portfolio, day)
    assert (found["created"], found["matched"]) == (0, len(found["skipped"]))
    late = {one["symbol"] for one in found["skipped"] if one["reason"] == "late"}
    assert late == {one["symbol"] for one in raised if one["signal_date"] == str(day)}
    assert desk.signals(portfolio) == []
