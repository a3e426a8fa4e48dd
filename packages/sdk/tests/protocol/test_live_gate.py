"""No real money without KITE_ALGO_ENABLE_LIVE=1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import kite_algo_worker as kaw

ORDER = kaw.equity_market_order("INFY", "BUY", 1)
LIVE = {"strategy_run_id": "r-live", "execution_mode": "live", "status": "open"}
FIELDS = {"template_id": "t", "account_scope": "kite:AB1234", "execution_mode": "live"}


@pytest.mark.parametrize(
    "command",
    [
        lambda client: client.create_run(**FIELDS),
        lambda client: client.create_run_from_config(kaw.RunConfig(**FIELDS)),
        lambda client: client.run(kaw.RunConfig(**FIELDS)).__enter__(),
        lambda client: client.run(kaw.RunConfig(**FIELDS, strategy_run_id="r")).__enter__(),
        lambda client: client.options.create_run(
            strategy_name="s", product="MIS", legs=[], metadata={"execution_mode": "live"}
        ),
        lambda client: client.options.enter("r-1", {"mode": "live"}),
    ],
)
def test_a_live_run_is_refused_before_anything_is_sent(
    server: Any, client: Any, command: Any
) -> None:
    """KC-03."""
    with pytest.raises(kaw.LiveNotEnabledError, match="KITE_ALGO_ENABLE_LIVE=1"):
        command(client)
    assert server.asked == []


@pytest.mark.parametrize(
    "entry",
    [
        lambda client: client.place_order("r-live", ORDER, "r-live:entry:001"),
        lambda client: client.place_basket("r-live", [ORDER], "r-live:basket:001"),
        lambda client: client.modify_order("r-live", "o-1", {"quantity": 100}),
        lambda client: client.options.enter("r-live"),
    ],
)
def test_an_entry_into_a_live_run_is_refused_after_one_read(
    server: Any, client: Any, entry: Any
) -> None:
    """KC-03."""
    server.answer_with(server.answer(LIVE))
    for _ in range(2):
        with pytest.raises(kaw.LiveNotEnabledError):
            entry(client)
    assert [one.method for one in server.asked] == ["GET"]


def test_a_live_run_can_be_read_and_exited(server: Any, client: Any) -> None:
    """KC-03."""
    server.answer_with(server.answer(LIVE))
    client.get_run("r-live")
    client.exit_run("r-live", idempotency_key="r-live:exit:001")
    client.cancel_order("r-live", "o-1")
    client.options.exit("r-live")
    client.place_basket("r-live", [ORDER], "r-live:basket:001", dry_run=True)
    assert [one.method for one in server.asked] == ["GET", "POST", "POST", "POST", "POST"]


def test_a_paper_run_is_read_once(server: Any, client: Any) -> None:
    """KC-03."""
    server.answer_with(server.answer({"strategy_run_id": "r-1", "execution_mode": "paper"}))
    client.place_order("r-1", ORDER, "r-1:entry:001")
    client.place_order("r-1", ORDER, "r-1:entry:002")
    assert [one.method for one in server.asked] == ["GET", "POST", "POST"]


def test_an_entry_into_an_unknown_run_is_sent(server: Any, client: Any) -> None:
    """KC-03."""
    server.answer_with(server.answer({"detail": "Run not found."}, 404))
    with pytest.raises(kaw.KiteAlgoWorkerError, match="Run not found") as caught:
        client.place_order("r-1", ORDER, "r-1:entry:001")
    assert caught.value.status_code == 404
    assert [one.method for one in server.asked] == ["GET", "POST"]


def test_the_environment_enables_live_trading(
    server: Any, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KC-03."""
    client = kaw.KiteAlgoWorkerClient(replace(config, enable_live=None))
    monkeypatch.setenv("KITE_ALGO_ENABLE_LIVE", "yes")
    with pytest.raises(kaw.LiveNotEnabledError):
        client.create_run(**FIELDS)
    monkeypatch.setenv("KITE_ALGO_ENABLE_LIVE", "1")
    server.answer_with(server.answer(LIVE))
    assert client.create_run(**FIELDS) == LIVE
    client.place_order("r-live", ORDER, "r-live:entry:001")
    assert [one.method for one in server.asked] == ["POST", "POST"]
    client.close()


def test_a_config_enables_live_trading(server: Any, config: Any) -> None:
    """KC-03."""
    client = kaw.KiteAlgoWorkerClient(replace(config, enable_live=True))
    server.answer_with(server.answer(LIVE))
    assert client.create_run(**FIELDS) == LIVE
    client.close()
