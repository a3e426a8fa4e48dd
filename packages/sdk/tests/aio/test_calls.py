"""Every call of the asyncio client sends what the published and the sync client send."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from ..doubles.calls import ANSWERS, SYNC, shown, wire

pytestmark = pytest.mark.usefixtures("every_answer")


def test_the_asyncio_client_sends_what_the_published_one_sends(
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


def test_the_asyncio_client_has_every_call_of_the_sync_client() -> None:
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


def test_the_asyncio_client_sends_what_the_sync_client_sends(server: Any) -> None:
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
