"""Every call sends what the published client sends: method, path, query, headers, body."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import Callable
from typing import Any

import pytest

from .calls import ANSWERS, ORDER, SYNC


@pytest.fixture(autouse=True)
def told(server: Any) -> None:
    """Answers that every model takes; streams that end at once."""

    def route(asked: Any) -> Any:
        if asked.path.endswith("/stream"):
            return server.events('data: {"a": 1}\n\n', "event: end\ndata: {}\n\n")
        if asked.path.endswith("/gtt/triggers") and asked.method == "GET":
            return server.answer([{"id": 7}])
        for end, body in ANSWERS.items():
            if asked.path.endswith(end):
                return server.answer(body)
        return server.answer()

    server.route = route


def wire(server: Any) -> list[Any]:
    """What was asked, without what may differ: spelling of flags, the request's own id."""
    seen = [
        (
            one.method,
            one.path,
            {key: value.lower() for key, value in one.query.items() if value != ""},
            {
                name.lower(): value
                for name, value in one.headers.items()
                if name.lower()
                in ("authorization", "accept", "content-type", "x-worker-session-nonce")
            },
            one.document,
        )
        for one in server.asked
    ]
    server.asked.clear()
    return seen


def shown(result: Any) -> Any:
    """A result without its class, which is another in each package."""
    if isinstance(result, list):
        return [shown(one) for one in result]
    return result.model_dump() if hasattr(result, "model_dump") else result


@pytest.mark.parametrize("name", SYNC)
def test_the_sync_client_sends_the_same(
    name: str, server: Any, published_module: Callable[[str], Any]
) -> None:
    """KC-07."""
    import kite_algo_worker as ours

    found: list[Any] = []
    for kit in (published_module(""), ours):
        client = kit.KiteAlgoWorkerClient(kit.AlgoWorkerConfig(server.url, "kwa_secret"))
        if kit is ours:
            client._gate.remember(ANSWERS["/runs/r-1"])
        result = SYNC[name](client, kit)
        found.append((wire(server), shown(result)))
        client.session.close()
    assert found[0][0]
    assert found[1] == found[0]


def test_every_call_goes_to_the_workers_part_of_the_server_and_nowhere_else(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KC-06, KD-01: market data too; no broker is ever called."""
    import kite_algo_worker as ours

    reached: set[Any] = set()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        reached.add(address[1])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    with ours.KiteAlgoWorkerClient(ours.AlgoWorkerConfig(server.url, "kwa_secret")) as client:
        client._gate.remember(ANSWERS["/runs/r-1"])
        for name, call in SYNC.items():
            call(client, ours)
            paths = [one.path for one in server.asked]
            assert paths, name
            assert all(one.startswith("/api/algo-workers/worker/") for one in paths), name
            server.asked.clear()
    assert reached == {int(server.url.rpartition(":")[2])}


def test_every_call_of_the_sync_client_is_compared(
    published_module: Callable[[str], Any],
) -> None:
    kit = published_module("")
    named = {name.partition(",")[0].rpartition(".")[2] for name in SYNC}
    for kind in (kit.KiteAlgoWorkerClient, kit.OptionWorkerClient):
        methods = {name for name, _ in inspect.getmembers(kind, inspect.isfunction)}
        public = {name for name in methods if not name.startswith("_")}
        # run is compared in test_managed_run; these differ by the model they give, not the request
        left = public - named - {"run", "get_gtt_snapshot", "place_gtt_snapshot"}
        assert left - {"resolve_option_contracts"} == set()


def test_the_async_client_sends_the_same(
    server: Any, published_module: Callable[[str], Any]
) -> None:
    """KC-07."""
    import kite_algo_worker as ours

    theirs = published_module("")
    methods = {
        name
        for name, _ in inspect.getmembers(theirs.AsyncKiteAlgoWorkerClient, inspect.isfunction)
        if not name.startswith("_") and name != "close"
    }
    compared = [name for name in SYNC if name.partition(",")[0] in methods]
    assert len(compared) > 25

    async def drive(kit: Any) -> list[Any]:
        seen: list[Any] = []
        async with kit.AsyncKiteAlgoWorkerClient(
            kit.AlgoWorkerConfig(server.url, "kwa_secret")
        ) as client:
            for name in compared:
                await SYNC[name](client, kit)
                seen.append((name, wire(server)))
        return seen

    assert asyncio.run(drive(ours)) == asyncio.run(drive(theirs))


async def awaited(result: Any) -> Any:
    """What a call of the asyncio client gives: the messages of a stream, else the answer."""
    return [one async for one in result] if hasattr(result, "__aiter__") else await result


def test_every_call_of_the_sync_client_is_one_of_the_async_client_too() -> None:
    """KC-07."""
    import kite_algo_worker as ours

    pairs = {
        ours.KiteAlgoWorkerClient: ours.AsyncKiteAlgoWorkerClient,
        ours.OptionWorkerClient: ours.AsyncOptionWorkerClient,
        ours.ManagedRun: ours.AsyncManagedRun,
        ours.EventStream: ours.AsyncEventStream,
    }
    for plain, waiting in pairs.items():
        for name, function in inspect.getmembers(plain, inspect.isfunction):
            if name.startswith("_"):
                continue
            theirs = inspect.signature(getattr(waiting, name)).parameters.values()
            given = {(one.name, one.default) for one in theirs}
            wanted = {
                (one.name, one.default) for one in inspect.signature(function).parameters.values()
            }
            assert given == wanted, name


def test_the_async_client_sends_what_the_sync_one_does(server: Any) -> None:
    import kite_algo_worker as ours

    config = ours.AlgoWorkerConfig(server.url, "kwa_secret")
    client = ours.KiteAlgoWorkerClient(config)
    names = [name for name in SYNC if "options." in name or hasattr(client, name.split(",")[0])]
    client._gate.remember(ANSWERS["/runs/r-1"])
    sent = [(name, shown(SYNC[name](client, ours)), wire(server)) for name in names]
    client.close()

    async def drive() -> list[Any]:
        seen: list[Any] = []
        async with ours.AsyncKiteAlgoWorkerClient(config) as client:
            client._gate.remember(ANSWERS["/runs/r-1"])
            for name in names:
                result = SYNC[name](client, ours)
                seen.append((name, shown(await awaited(result)), wire(server)))
        return seen

    assert asyncio.run(drive()) == sent
    assert {"place_order", "stream_timeline", "options.enter", "exit_run"} <= set(names)


def test_the_async_helpers_ask_what_the_sync_ones_do(server: Any) -> None:
    """KE-02."""
    import kite_algo_worker as ours

    wanted: dict[str, dict[str, Any]] = {
        "ensure_run": {
            "strategy_run_id": "r-1", "template_id": "t", "account_scope": "kite:paper-a",
            "execution_mode": "paper", "metadata": {},
        },
        "preview_then_place_order": {
            "strategy_run_id": "r-1", "order": ORDER, "idempotency_key": "r-1:entry:001",
        },
        "wait_for_history": {"instrument": "NSE:INFY", "attempts": 2, "sleep_seconds": 0.0},
        "warmup_history": {"instrument": "NSE:INFY", "attempts": 2, "sleep_seconds": 0.0},
        "wait_for_quotes": {"instruments": ["NSE:INFY"], "attempts": 2, "sleep_seconds": 0.0},
        "wait_for_terminal_order_state": {"strategy_run_id": "r-1", "order_id": "o-1"},
        "wait_for_fresh_candle": {"instrument": 408065, "attempts": 2, "sleep_seconds": 0.0},
    }  # fmt: skip
    config = ours.AlgoWorkerConfig(server.url, "kwa_secret")
    client = ours.KiteAlgoWorkerClient(config)
    client._gate.remember(ANSWERS["/runs/r-1"])
    sent: list[Any] = []
    for name, given in wanted.items():
        sent.append((name, shown(getattr(ours, name)(client, **given)), wire(server)))
    client.close()

    async def drive() -> list[Any]:
        seen: list[Any] = []
        async with ours.AsyncKiteAlgoWorkerClient(config) as client:
            client._gate.remember(ANSWERS["/runs/r-1"])
            for name, given in wanted.items():
                found = await getattr(client, name)(**given)
                seen.append((name, shown(found), wire(server)))
        return seen

    assert asyncio.run(drive()) == sent


def test_the_async_resolvers_make_the_legs_of_the_sync_ones(server: Any) -> None:
    """KQ-02."""
    import kite_algo_worker as ours

    common = {"underlying": "NIFTY", "product": "MIS", "expiry": "nearest"}
    sides = {"transaction_type": "BUY", "lots": 2, "metadata": {"why": "test"}}
    legs = [{"selection": {"a": 1}, "transaction_type": "SELL"}] * 2
    spread = ours.SpreadSpec(spread_type="s", expiry="nearest", legs=legs)
    wanted: dict[str, dict[str, Any]] = {
        "resolve_option_leg": {**common, **sides, "selection": {"option_type": "CE"}},
        "resolve_offset_leg": {**common, **sides, "option_type": "CE", "offset": "ATM"},
        "resolve_delta_leg": {**common, **sides, "option_type": "CE", "delta_target": 0.3},
        "resolve_spread": {"underlying": "NIFTY", "product": "MIS", "spec": spread},
        "resolve_option_contracts": {"underlying": "NIFTY", "selection_payload": {"legs": []}},
    }
    config = ours.AlgoWorkerConfig(server.url, "kwa_secret")

    def told(result: Any) -> Any:
        many = result if isinstance(result, list) else [result]
        return [{**shown(one), "leg_id": None} for one in many]

    client = ours.KiteAlgoWorkerClient(config)
    sent = [told(getattr(client.options, name)(**given)) for name, given in wanted.items()]
    asked = wire(server)
    client.close()

    async def drive() -> list[Any]:
        async with ours.AsyncKiteAlgoWorkerClient(config) as client:
            options = client.options
            return [told(await getattr(options, name)(**given)) for name, given in wanted.items()]

    assert asyncio.run(drive()) == sent
    assert wire(server) == asked


def test_sockets_ask_for_the_same(published_module: Callable[[str], Any]) -> None:
    """KC-07, KD-07."""
    import kite_algo_worker as ours
    from kite_algo_worker.ws import _Subscription

    client = ours.WorkerWebSocketClient("ws://h", "kwa_x", token_in_query=True)
    url = _Subscription(client, "/worker/ws/market/ticks", "symbols=NSE%3AINFY&mode=quote")._url
    assert url == (
        "ws://h/api/algo-workers/worker/ws/market/ticks?token=kwa_x&symbols=NSE%3AINFY&mode=quote"
    )
