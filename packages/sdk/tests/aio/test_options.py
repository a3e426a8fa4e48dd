"""The asyncio resolvers return the legs of the sync ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ..doubles.calls import shown, wire

pytestmark = pytest.mark.usefixtures("every_answer")


def test_the_asyncio_resolvers_return_the_legs_of_the_sync_ones(server: Any) -> None:
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
