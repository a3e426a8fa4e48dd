"""One market at a time: accounts of another market rest, and nothing of it becomes theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tradertape_server.features.execution.errors import OtherMarket
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.service import ExecutionService, RunRef, Settings
from tradertape_server.features.execution.state.command import Command

REAL = Settings(market="exchange")


@pytest.fixture
def simulated(
    start: Callable[..., ExecutionService], user_id: int, order: Callable[..., Any], market: Any
) -> RunRef:
    """A run on the simulated market with a position, a resting order and a trigger; then a stop."""
    service = start()
    run = RunRef(account_id=service.account(user_id, "kite:paper-a").id, run_id="run-1")
    service.place(run, order(), key="key-held-1")
    service.place(run, order(order_type="LIMIT", price=1490), key="key-rests-1")
    service.trader.stop()
    return run


def settled(service: ExecutionService) -> None:
    """Wait until the trader has worked off what it was told before."""
    for _ in range(2):
        service.trader.execute(Command(lambda _uow: None))


def test_an_account_of_another_market_refuses_orders_with_what_to_do(
    start: Callable[..., ExecutionService], simulated: RunRef, order: Callable[..., Any],
    user_id: int,
) -> None:  # fmt: skip
    real = start(settings=REAL)
    (resting,) = real.orders(run_id="run-1", open_only=True)

    with pytest.raises(OtherMarket) as refused:
        real.place(simulated, order(), key="key-other-1")

    assert refused.value.code == "other_market"
    assert "kite:paper-a is of the simulated market" in refused.value.detail
    assert "Open a paper account of this market" in refused.value.detail
    with pytest.raises(OtherMarket):
        real.cancel("run-1", resting.order_id)
    opened = real.open_paper_account(user_id, "kite:real")
    assert opened.market == "exchange"
    run = RunRef(account_id=opened.id, run_id="run-2")
    real.place(run, order(), key="key-bought-1")
    assert [one.key.instrument for one in real.positions(run_id="run-2")] == ["NSE:INFY"]


def test_another_markets_prices_neither_fill_nor_value_it(
    start: Callable[..., ExecutionService], simulated: RunRef, market: Any,
) -> None:  # fmt: skip
    real = start(settings=REAL)
    assert real.trader.resting == 0

    market.trade("NSE:INFY", "1200.00")
    settled(real)

    (resting,) = real.orders(run_id="run-1", open_only=True)
    assert resting.filled_quantity == 0
    assert real.pnl(simulated).totals.unrealised_paise == 0
    assert real.funds(simulated.account_id).unrealised_paise == 0
    assert real.account_figures(1)[0].market == "simulated"


def test_the_kill_switch_of_everybody_leaves_resting_accounts_alone(
    start: Callable[..., ExecutionService], simulated: RunRef
) -> None:
    real = start(settings=REAL)
    accounts = [simulated.account_id]
    cancel = Command(
        lambda uow: kill_switch_exits.cancel_entries(uow, accounts, real.gtt, why="drill")
    )
    assert real.trader.execute(cancel) == 0
    assert len(real.orders(run_id="run-1", open_only=True)) == 1


def test_back_on_its_market_an_account_goes_on_where_it_was(
    start: Callable[..., ExecutionService], simulated: RunRef, market: Any,
) -> None:  # fmt: skip
    start(settings=REAL).trader.stop()
    again = start()
    assert again.trader.resting == 1

    market.trade("NSE:INFY", "1489.00")
    settled(again)

    assert again.orders(run_id="run-1", open_only=True) == []
