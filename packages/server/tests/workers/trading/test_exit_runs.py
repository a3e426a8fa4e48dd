"""Several exits of one run: nothing is sold twice, and none disturbs another."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.service import ExecutionService

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

STOP = {
    "symbol": "NSE:INFY", "product": "MIS", "side": "BUY", "quantity": 10,
    "entry_price": 1500.0, "stoploss_pct": 2.0,
}  # fmt: skip


class Run:
    """Ten shares, intraday, with a stop 2 % below."""

    def __init__(self, caller: Any, api: Any, execution: Any) -> None:
        self.caller, self._api, self._execution = caller, api, execution

    def post(self, path: str, body: Any) -> Any:
        return self.caller.post(self._api(f"runs/run-1/{path}"), json=body)

    def protect(self) -> None:
        body = {"backend_protection": {"positions": [STOP]}}
        path = self._api("runs/run-1/protection")
        assert self.caller.patch(path, json=body).status_code == 200

    @property
    def status(self) -> str:
        return str(self.caller.get(self._api("runs/run-1")).json()["status"])

    @property
    def held(self) -> int:
        return sum(one.quantity for one in self._execution.positions(run_id="run-1"))

    @property
    def orders(self) -> list[tuple[str, int, str]]:
        found = self._execution.orders(run_id="run-1")
        return [(o.request.side.value, o.request.quantity, o.status.value) for o in found]


@pytest.fixture
def run(worker: Any, new_run: Any, api: Any, buy: Any, container: Any) -> Run:
    caller = worker()
    new_run(caller)
    made = Run(caller, api, container.execution)
    assert made.post("intents", buy("key-00001", product="MIS")).status_code == 200
    return made


def test_a_stop_sends_nothing_while_a_target_may_still_fill(
    run: Run, buy: Any, market: Any, guardian: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for the moment in which the target is to be taken back."""
    target = buy(
        "key-00002", product="MIS", transaction_type="SELL", order_type="LIMIT", price=1520
    )
    assert run.post("intents", target).status_code == 200
    run.protect()
    guardian.stop()
    guardian.check_all()

    def paused(*_what: Any) -> None:
        raise TradingPaused

    with monkeypatch.context() as away:
        away.setattr(ExecutionService, "cancel", paused)
        market.trade("NSE:INFY", "1400.00")
        with pytest.raises(TradingPaused):
            guardian.check_all()
    assert run.orders == [("BUY", 10, "COMPLETE"), ("SELL", 10, "OPEN")]
    guardian.check_all()
    assert run.orders[1:] == [("SELL", 10, "CANCELLED"), ("SELL", 10, "COMPLETE")]
    assert run.held == 0


def test_a_stop_leaves_a_run_that_is_being_left_to_its_exit(
    run: Run, market: Any, guardian: Any, container: Any, clock: Any
) -> None:
    """Each would cancel the other's order, until the exit had no attempt left."""
    run.protect()
    guardian.stop()
    guardian.check_all()
    market.no_bids.add("NSE:INFY")
    market.trade("NSE:INFY", "1500.00")
    assert run.post("exit", {"idempotency_key": "exit-00001"}).status_code == 202
    for price in ("1400.00", "1100.00", "850.00", "650.00"):
        clock.advance(seconds=6)
        market.trade("NSE:INFY", price)
        guardian.check_all()
    sent = [one for one in run.orders if one[0] == "SELL"]
    assert len(sent) == 3, "one each ten seconds"
    market.no_bids.clear()
    market.trade("NSE:INFY", "650.00")
    guardian.check_all()
    guardian.check_all()
    assert (run.held, run.status) == (0, "closed")


def test_the_key_of_an_exit_in_an_earlier_life_closes_no_run_that_holds_something(
    run: Run, new_run: Any, buy: Any
) -> None:
    exit_ = {"idempotency_key": "exit-00001"}
    first = run.post("exit", exit_)
    assert (first.json()["status"], run.status) == ("closed", "closed")
    new_run(run.caller, metadata={"restart_of": "run-1"})
    assert run.post("intents", buy("key-00002", product="MIS")).status_code == 200
    again = run.post("exit", exit_)
    assert again.content == first.content
    assert (run.held, run.status) == (10, "open")
    assert run.post("exit", {}).json()["status"] == "closed"
    assert (run.held, run.status) == (0, "closed")
