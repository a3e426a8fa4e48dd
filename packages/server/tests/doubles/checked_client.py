"""A test client that compares answers with the models that their routes declare."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urljoin

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from starlette.routing import Match

# Of one route in one test process: enough for every shape that a test module gets.
MOST_CHECKS = 40
_checked: Counter[str] = Counter()
_adapters: dict[str, TypeAdapter[Any]] = {}
_JSON = "application/json"


class CheckedClient(TestClient):
    """Fails where a JSON answer is not exactly what its route declares, undeclared fields included.

    Routes that return plain dicts are not validated by the framework: this is what does it.
    """

    def request(self, method: str, url: Any, **options: Any) -> httpx.Response:  # type: ignore[override]
        response = super().request(method, url, **options)
        if response.status_code == 200 and response.headers.get("content-type") == _JSON:
            check_answer(self.app, response)
        return response

    def websocket_connect(self, url: str, *args: Any, **options: Any) -> Any:
        """As the base class, which knows only the host `testserver`."""
        base = str(self.base_url).replace("http", "ws", 1)
        return super().websocket_connect(urljoin(base, url), *args, **options)


def check_answer(app: Any, response: httpx.Response) -> None:
    """Validate the first answers of each route that documents a model."""
    route = route_of(app, response.request.method, response.request.url.path)
    if route is None:
        return
    name = f"{response.request.method} {route.path}"
    _checked[name] += 1
    if _checked[name] <= MOST_CHECKS:
        validate_answer(route, response.content)


def validate_answer(route: APIRoute, content: bytes) -> None:
    """Raise ValidationError where an answer is not of the model that its route documents."""
    model = route.responses.get(200, {}).get("model")
    if model is None:
        return
    if route.unique_id not in _adapters:
        _adapters[route.unique_id] = TypeAdapter(model)
    _adapters[route.unique_id].validate_json(content, strict=True, extra="forbid")


def route_of(app: FastAPI, method: str, path: str) -> APIRoute | None:
    """The API route that answers a request."""
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    for route in app.router.routes:
        if isinstance(route, APIRoute) and route.matches(scope)[0] is Match.FULL:
            return route
    return None
