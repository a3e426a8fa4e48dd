"""Requests generated from the API's description: no 500, and no answer it does not describe.

Each route is called by an administrator in a browser, with a worker token, and by nobody; with ids
of things that exist and with generated ones; with values that fit the description and with others.
`make test` makes a few calls of each kind, `make test-all` many.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BASE_URL = "http://localhost:18777"
PLENTY = 10**9
STREAM = "/stream"  # it does not end while its reader listens
# Of parameters: what no column holds, and the numbers beside it.
ODD_NUMBERS = [-(10**30), -(2**63) - 1, -(2**63), -(2**31), -1, 0, 2**31, 2**63 - 1, 2**63, 10**30]

Json = dict[str, Any]
Operation = APIOperation[Any, Any, Any, Any]
Who = Literal["administrator", "worker", "nobody"]

pytestmark = [
    pytest.mark.parametrize("engine", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("with_market"),
]


@pytest.fixture
def overrides() -> Json:
    limits = {"requests_per_minute": PLENTY, "anonymous_requests_per_minute": PLENTY}
    return {"feed": "simulated", **limits}


@dataclass(frozen=True)
class Api:
    """The described application. things: ids that exist, by the name of the path's parameter."""

    operations: list[Operation]
    callers: dict[Who, Callable[[], TestClient]]
    things: Json

    def known(self, operation: Operation) -> Json:
        names = [parameter.name for parameter in operation.path_parameters]
        return {name: self.things[name] for name in names if name in self.things}


@pytest.fixture
def things(sign_in: Any, worker: Any, new_run: Any, buy: Any, api: Any) -> Json:
    person, caller = sign_in(is_admin=True), worker()
    new_run(caller)
    placed = caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    assert placed.status_code == 200, placed.text
    strategy = {"name": "Mine", "base_model": "v3_dip_buyer"}
    return {
        "strategy_run_id": "run-1",
        "order_id": placed.json()["order_id"],
        "watchlist_id": person.post("/api/watchlists", json={"name": "Mine"}).json()["id"],
        "strategy_id": person.post("/api/strategies", json=strategy).json()["id"],
        "version": 1,
        "user_id": person.get("/api/auth/me").json()["id"],
        "channel_id": person.post(
            "/api/notifications/channels", json={"kind": "email", "name": "Mail"}
        ).json()["channel"]["id"],
        "hook_id": person.post("/api/hooks", json={"name": "Mine", "source": "chartink"}).json()[
            "hook"
        ]["id"],
        "underlying": "NIFTY",
        "symbol": "INFY",
        "name": "nifty_50",
    }


@pytest.fixture
def described(app: FastAPI, things: Json, sign_in: Any, worker: Any) -> Api:
    found = schemathesis.openapi.from_dict(app.openapi()).get_all_operations()
    token = worker()
    return Api(
        [one for one in (result.ok() for result in found) if not one.path.endswith(STREAM)],
        {
            # A new session each time: to sign out is among the routes.
            "administrator": partial(sign_in, is_admin=True),
            "worker": lambda: token,
            "nobody": lambda: TestClient(app, base_url=BASE_URL),
        },
        things,
    )


def answer_to(client: TestClient, case: Case) -> int:
    """Make the call; raises where the answer is a 500 or not what the description has."""
    given = case.as_transport_kwargs(base_url=BASE_URL)
    parts = {name: given[name] for name in ("params", "json", "data") if name in given}
    if isinstance(parts.get("data"), bytes | str):
        parts["content"] = parts.pop("data")
    headers = {name.lower(): value for name, value in given["headers"].items()}
    for name in ("authorization", "cookie"):  # generated ones are nobody's
        headers.pop(name, None)
    headers |= {name: value for name, value in client.headers.items() if name == "authorization"}
    # Not the client's own check of answers: here the description is what counts.
    request = partial(TestClient.request, client)
    response = request(given["method"], given["url"], headers=headers, **parts)
    assert response.status_code != 500, f"{case.method} {case.path} {parts}: {response.text}"
    case.validate_response(response, checks=CHECKS)
    return response.status_code


def ways(described: Api, operation: Operation, *, every: bool) -> Iterator[Any]:
    """How requests of a route are generated: two ways, or every one."""
    known = described.known(operation) or None
    fitting, other = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    found = [(fitting, known), (other, None)]
    if every and known:
        found += [(fitting, None), (other, known)]
    for mode, ids in found:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield operation.as_strategy(mode, path_parameters=ids)


def call(described: Api, *, examples: int, every: bool) -> tuple[Counter[int], list[str]]:
    """Call every route so often in each way, each time by every caller.

    Returns how often each status came, and what was wrong.
    """
    statuses: Counter[int] = Counter()
    wrong: list[str] = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(clients: list[TestClient], case: Case) -> None:
        for client in clients:
            statuses[answer_to(client, case)] += 1

    for operation in described.operations:
        clients = [make() for make in described.callers.values()]
        for way in ways(described, operation, every=every):
            try:
                given(case=way)(ask)(clients)
            except Unsatisfiable:
                continue  # nothing can be wrong with a request without parameters
            except (Exception, FailureGroup) as error:  # noqa: BLE001 - all routes are tried
                wrong.append(f"{operation.label}: {error}")
    return statuses, wrong


def numbers(operation: Operation) -> list[Any]:
    """The parameters of a route that are whole numbers."""
    places = (*operation.path_parameters, *operation.query)
    return [one for one in places if "'type': 'integer'" in str(one.definition)]


def test_numbers_that_no_column_holds_are_refused(described: Api) -> None:
    """Ids below -2^63 were a 500 at 25 routes."""
    wrong: list[str] = []
    tried = 0
    client = described.callers["administrator"]()
    for operation in described.operations:
        for parameter in numbers(operation):
            for number in ODD_NUMBERS:
                ids, query = described.known(operation), {}
                (ids if parameter.location == "path" else query)[parameter.name] = number
                rest = {one.name: "1" for one in operation.path_parameters if one.name not in ids}
                case = operation.Case(path_parameters={**rest, **ids}, query=query)
                tried += 1
                try:
                    answer_to(client, case)
                except (Exception, FailureGroup) as error:  # noqa: BLE001 - all are tried
                    wrong.append(f"{operation.label} {parameter.name}={number}: {error}")
    assert wrong == []
    assert tried > 400


def test_a_few_requests_of_each_route(described: Api) -> None:
    statuses, wrong = call(described, examples=1, every=False)
    assert wrong == []
    assert statuses[200] > 50
    assert statuses.total() > 900


@pytest.mark.slow
def test_many_requests_of_each_route(described: Api) -> None:
    statuses, wrong = call(described, examples=20, every=True)
    assert wrong == []
    assert statuses.total() > 20_000
