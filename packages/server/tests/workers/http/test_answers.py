"""Every JSON answer of the server has a model in the API's description."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from packages.server.tests.doubles.checked_client import route_of, validate_answer
from pydantic import ValidationError

from tradertape_core.market.candle import Interval
from tradertape_server.container import Container
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.http.market_streams import candle_events, tick_events
from tradertape_server.features.workers.monitoring.run_streams import timeline_events

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

# Documents with a language of their own, or columns that depend on what was asked.
FREE = {
    "GET /api/strategies/{strategy_id}/export": "a document of the strategy language",
    "GET /api/backtest/studies/{study_id}/rows": "columns of the study's own parameters",
}
FILES = {
    "GET /api/backtest/runs/{run_id}/equity.csv",
    "GET /api/backtest/runs/{run_id}/tear-sheet.html",
    "GET /api/backtest/runs/{run_id}/trades.csv",
    "GET /api/wealth/tax/export",
}
# Numbers without a unit: ratios, and a control in the unit that its worker states.
PLAIN = {
    ("PutCallRatios", "pcr"), ("PutCallRatios", "pcr_oi"), ("PutCallRatios", "pcr_volume"),
    ("Chain", "pcr"), ("RiskControl", "min"), ("RiskControl", "max"), ("RiskControl", "step"),
}  # fmt: skip
WORKERS = "/api/algo-workers/worker/"
Json = dict[str, Any]


def successes(app: FastAPI) -> Iterator[tuple[str, str, Json]]:
    """Each route with the status and the content of its success."""
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if status.startswith("2"):
                    yield f"{method.upper()} {path}", status, response.get("content", {})


def is_free(schema: Json) -> bool:
    """Whether a schema allows any object, alone or in a list."""
    if schema.get("type") == "array":
        return is_free(schema.get("items", {}))
    return not schema or (schema.get("type") == "object" and "properties" not in schema)


def test_every_json_answer_has_a_model(app: FastAPI) -> None:
    found = {
        name
        for name, _, content in successes(app)
        for kind, described in content.items()
        if kind.startswith(("application/json", "text/event-stream"))
        and is_free(described.get("schema", {}))
    }
    assert found == set(FREE)


def test_only_files_and_empty_answers_are_no_json(app: FastAPI) -> None:
    found = {name for name, status, content in successes(app) if not content and status != "204"}
    assert found == FILES


def test_every_number_of_the_worker_api_states_its_unit(app: FastAPI) -> None:
    models = app.openapi()["components"]["schemas"]
    found = {
        (name, field)
        for name in _models_of_workers(app, models)
        for field, schema in models[name].get("properties", {}).items()
        for one in _alternatives(schema)
        if one.get("type") == "number" and "description" not in one
    }
    assert found == PLAIN


def _models_of_workers(app: FastAPI, models: Json) -> set[str]:
    """The names of the models in the answers of the worker API, and of those in them."""
    named: set[str] = set()
    texts = [str(content) for name, _, content in successes(app) if WORKERS in name]
    while texts:
        new = set(re.findall(r"#/components/schemas/([\w.-]+)", texts.pop())) - named
        named |= new
        texts += [str(models[name]) for name in new]
    return named


def _alternatives(schema: Json) -> Iterator[Json]:
    """A field's schema, or those of a list's items and of each alternative."""
    parts = schema.get("anyOf") or ([schema["items"]] if "items" in schema else [])
    if not parts:
        yield schema
    for part in parts:
        yield from _alternatives(part)


def test_every_reference_in_the_description_resolves(app: FastAPI) -> None:
    described = app.openapi()
    named = set(re.findall(r"#/components/schemas/([\w.-]+)", repr(described)))
    assert len(named) > 100
    assert named <= described["components"]["schemas"].keys()


def test_an_answer_with_another_field_is_noticed(
    worker: Any, new_run: Any, api: Any, app: FastAPI
) -> None:
    """The client of the tests validates what routes return as plain dicts."""
    caller = worker()
    new_run(caller)
    response = caller.get(api("runs/run-1"))
    route = route_of(app, "GET", api("runs/run-1"))
    assert route is not None
    validate_answer(route, response.content)
    changed = json.dumps({**response.json(), "undeclared": 1}).encode()
    with pytest.raises(ValidationError, match="undeclared"):
        validate_answer(route, changed)


async def data_of(events: AsyncIterator[bytes]) -> bytes:
    """The data of a stream's first event."""
    async for chunk in events:
        for line in chunk.splitlines():
            if line.startswith(b"data: "):
                return line.removeprefix(b"data: ")
    raise AssertionError("no event")


def check_event(app: FastAPI, path: str, data: bytes) -> Json:
    """Compare an event's data with the model of its stream."""
    route = route_of(app, "GET", path)
    assert route is not None
    validate_answer(route, data)
    with pytest.raises(ValidationError, match="undeclared"):
        validate_answer(route, json.dumps({**json.loads(data), "undeclared": 1}).encode())
    return json.loads(data)


@pytest.mark.parametrize("overrides", [{}])
@pytest.mark.parametrize("mode", list(Mode))
def test_ticks_are_as_their_stream_declares(
    app: FastAPI, api: Any, container: Container, mode: Mode
) -> None:
    infy = container.instruments.get("NSE:INFY")
    data = asyncio.run(data_of(tick_events(container.feed, [infy], mode)))
    assert len(check_event(app, api("market/ticks/stream"), data)["ticks"]) == 1


@pytest.mark.parametrize("overrides", [{}])
def test_candles_are_as_their_stream_declares(app: FastAPI, api: Any, container: Container) -> None:
    infy = container.instruments.get("NSE:INFY")
    data = asyncio.run(data_of(candle_events(container.feed, infy, Interval.MINUTE)))
    assert check_event(app, api("market/candles/stream"), data)["symbol"] == "NSE:INFY"


def test_events_of_a_run_are_as_their_streams_declare(
    app: FastAPI, api: Any, container: Container, worker: Any, new_run: Any
) -> None:
    caller, workers = worker(), container.workers
    new_run(caller)
    caller.post(api("runs/run-1/exit"), json={})
    path = api("runs/run-1/pnl/stream")
    snapshot, end = re.findall("data: (.*)", caller.get(path).text)
    assert check_event(app, path, snapshot.encode())["status"] == "closed"
    assert end == "{}"
    with container.database.read() as session:
        run = repository.any_run(session, "run-1")
    data = asyncio.run(data_of(timeline_events(workers.timeline, run, after=0, kind=None)))
    assert check_event(app, api("runs/run-1/timeline/stream"), data)["cursor"] == 1
