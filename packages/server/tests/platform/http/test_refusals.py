"""The API's description states the refusals of every route."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
EVERY = {"422", "429", "503"}


@pytest.fixture
def description(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest.mark.parametrize(
    ("operation", "refusals"),
    [
        ("GET /api/changelog", set()),
        ("GET /api/auth/me", {"401", "403"}),
        ("GET /api/watchlists/{watchlist_id}/instruments", {"400", "401", "403", "404"}),
        (
            "PATCH /api/watchlists/{watchlist_id}",
            {"400", "401", "403", "404", "408", "409", "413"},
        ),
        ("POST /api/auth/password-login", {"400", "401", "403", "404", "408", "409", "413"}),
    ],
)
def test_refusals_follow_from_the_kind_of_route(
    description: dict[str, Any], operation: str, refusals: set[str]
) -> None:
    method, _, path = operation.partition(" ")
    responses = description["paths"][path][method.lower()]["responses"]
    assert {status for status in responses if status >= "4"} == EVERY | refusals


def test_what_a_route_describes_itself_is_kept(description: dict[str, Any]) -> None:
    health = description["paths"]["/api/health"]["get"]["responses"]
    assert health["503"]["description"] == "Something is down"


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        if isinstance(value, list):
            return set().union(*map(references, value))
        return set()

    for reference in references(description):
        place: Any = description
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    assert "HTTPValidationError" not in str(description)
