"""Every JSON answer of the server has a model in the API's description."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI
from packages.server.tests.doubles.checked_client import route_of, validate_answer
from pydantic import ValidationError

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

# A strategy is a document of the strategy language; its own parser describes it.
FREE = {"GET /api/strategies/{strategy_id}/export"}


def is_free(schema: dict[str, Any]) -> bool:
    """Whether a schema allows any object."""
    return not schema or (schema.get("type") == "object" and "properties" not in schema)


def test_every_json_answer_has_a_model(app: FastAPI) -> None:
    found = {
        f"{method.upper()} {path}"
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        for kind, content in response.get("content", {}).items()
        if status.startswith("2") and kind.startswith(("application/json", "text/event-stream"))
        and is_free(content.get("schema", {}))
    }  # fmt: skip
    assert found == FREE


def test_every_reference_in_the_description_resolves(app: FastAPI) -> None:
    """Streams name the models of other routes."""
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
